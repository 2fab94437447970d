"""Networks that have seen the small CT for a few seconds: what they say of a voxel is clear, and unlike what they say of its mirror image."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

STEPS = 20
RATE = 2e-2


def train_shortly(network: nn.Module, image: np.ndarray, targets: np.ndarray, patch: tuple[int, ...], overlapping: bool, steps: int = STEPS) -> None:
    """Fit the network to `targets` (bool [channel, axes]) in random tiles of `image` (float32 [axes]), rare tissues as much as air.

    Beyond the image a tile holds 0, as in inference.
    """
    random = np.random.default_rng(3)
    optimiser = torch.optim.Adam(network.parameters(), RATE)
    share = targets.reshape(len(targets), -1).mean(1)
    weights = torch.from_numpy((1 / np.maximum(share, 1e-2)) ** 0.5).float()
    network.train()
    for _ in range(steps):
        starts = [int(random.integers(0, max(n - size, 0) + 1)) for n, size in zip(image.shape, patch)]
        tile = tuple(slice(first, first + size) for first, size in zip(starts, patch))
        beyond = [(0, size - len(range(n)[part])) for n, size, part in zip(image.shape, patch, tile)]
        logits = network(torch.from_numpy(np.pad(image[tile], beyond))[None, None])[0].flatten(1)
        wanted = torch.from_numpy(np.pad(targets[(slice(None), *tile)], [(0, 0), *beyond])).flatten(1).float()
        if overlapping:
            loss = functional.binary_cross_entropy_with_logits(logits, wanted)
        else:
            loss = functional.cross_entropy(logits.T, wanted.argmax(0), weights)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    network.eval()
