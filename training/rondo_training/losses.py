"""Dice plus cross-entropy, at every output depth."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from .tasks import Task, Tasks

DEPTH_WEIGHTS = (1.0, 0.4, 0.2)


def class_weights(task: Task) -> Tensor:
    """Weight of each class in the cross-entropy: thin and small structures vanish in a plain mean over voxels, and then from the network."""
    weights = {"Outside": 1.0, "Body": 1.0, **dict.fromkeys(task.small, 3.0), **dict.fromkeys(task.tiny, 10.0)}
    return torch.tensor([weights.get(name, 1.5) for name in task.classes])


def dice_and_cross_entropy(logits: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Loss of logits [b, c, z, y, x] against classes [b, z, y, x]; `weights` as of `class_weights`.

    Dice is pooled over the batch and skips classes that are absent from it: their false voxels are left to the
    cross-entropy, which does not jump when a single voxel of a class comes into the patch.
    """
    logits = logits.float()
    classes = logits.shape[1]
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


Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Of logits, classes and class weights, as `dice_and_cross_entropy` takes them."""


def deep_loss(outputs: list[Tensor], target: Tensor, tasks: Tasks, loss_of: Loss = dice_and_cross_entropy) -> Tensor:
    """Mean over tasks of the weighted mean over depths; `target` is [b, task, z, y, x], for a coarse output every second (fourth) voxel of it."""
    total = sum(DEPTH_WEIGHTS[: len(outputs)]) * len(tasks)
    loss = outputs[0].new_zeros((), dtype=torch.float32)
    weights = [class_weights(task).to(target.device) for task in tasks]
    for depth, logits in enumerate(outputs):
        step = 2**depth
        coarse = target[:, :, ::step, ::step, ::step].long()
        for k, own in enumerate(logits.split([len(task.classes) for task in tasks], 1)):
            loss = loss + DEPTH_WEIGHTS[depth] / total * loss_of(own, coarse[:, k], weights[k])
    return loss
