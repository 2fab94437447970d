"""What makes an untrained network decide: its last layer, fitted by least squares to the tissues of the small CT."""

import numpy as np
import torch
from torch import nn

RIDGE = 1e-3
STEEPNESS = 8.0
"""Logits of the wanted class over the others."""


def fit_head(network: nn.Module, head: nn.Module, image: torch.Tensor, targets: np.ndarray) -> None:
    """Set the 1×1 convolution `head` so that the network tells `targets` (bool [channel, axes]) on `image` [1, 1, axes].

    Everything before it keeps its random weights: what is tested is how tiles, flips and axes go together, and for that a
    network must say something of its own about each voxel, and say it clearly.
    """
    seen = []
    hook = head.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    with torch.no_grad():
        network.eval()(image)
        hook.remove()
        features = seen[0][0].flatten(1).double()
        features = torch.cat([features, torch.ones_like(features[:1])])
        wanted = STEEPNESS * (torch.from_numpy(targets).flatten(1).double() - 0.5)
        gram = features @ features.T
        solved = torch.linalg.solve(gram + RIDGE * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype), features @ wanted.T)
        head.weight.copy_(solved[:-1].T.reshape(head.weight.shape))
        head.bias.copy_(solved[-1])
