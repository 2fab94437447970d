"""Dice plus cross-entropy, at every output depth."""

import torch
from torch import Tensor
from torch.nn import functional

# Thin and small structures vanish in a plain mean over voxels.
CLASS_WEIGHTS = (1.0, 1.0, 1.5, 1.5, 1.5, 3.0)
DEPTH_WEIGHTS = (1.0, 0.4, 0.2)


def dice_and_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Loss of logits [b, c, z, y, x] against classes [b, z, y, x].

    Dice is pooled over the batch and skips classes that are absent from it: their false voxels are left to the
    cross-entropy, which does not jump when a single voxel of a class comes into the patch.
    """
    logits = logits.float()
    classes = logits.shape[1]
    weights = torch.tensor(CLASS_WEIGHTS[:classes], device=logits.device)
    entropy = functional.cross_entropy(logits, target, weight=weights)
    probability = logits.softmax(1)
    truth = functional.one_hot(target, classes).movedim(-1, 1).to(probability.dtype)
    axes = (0, 2, 3, 4)
    overlap = (probability * truth).sum(axes)
    total = probability.sum(axes) + truth.sum(axes)
    present = truth.sum(axes) > 0
    present[0] = False
    dice = (2 * overlap + 1) / (total + 1)
    return entropy + (1 - dice)[present].mean() if bool(present.any()) else entropy


def deep_loss(outputs: list[Tensor], target: Tensor) -> Tensor:
    """Weighted mean over depths; the target of a coarse output is every second (fourth) voxel."""
    total = sum(DEPTH_WEIGHTS[: len(outputs)])
    loss = outputs[0].new_zeros((), dtype=torch.float32)
    for depth, logits in enumerate(outputs):
        step = 2**depth
        loss = loss + DEPTH_WEIGHTS[depth] / total * dice_and_cross_entropy(logits, target[:, ::step, ::step, ::step])
    return loss
