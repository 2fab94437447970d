"""Dice plus cross-entropy, that of edges once more, at every output depth."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from .shares import truth_of
from .tasks import Task, Tasks

DEPTH_WEIGHTS = (1.0, 0.4, 0.2)


def class_weights(task: Task, emphasised: float = 1.0) -> Tensor:
    """Weight of each class in the cross-entropy: thin and small structures vanish in a plain mean over voxels, and then from the network.

    `emphasised`, 0..1, is the power of the weights, but for what is thinner than a voxel: without its weight it would be marked nowhere.
    """
    weights = {"Outside": 1.0, "Body": 1.0, **dict.fromkeys(task.small, 3.0), **dict.fromkeys(task.tiny, 10.0)}
    return torch.tensor([weights.get(name, 1.5) ** (1.0 if name in task.thin else emphasised) for name in task.classes])


def cross_entropy(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Of each voxel [b, z, y, x], weighted by its classes; arguments as of `dice_and_cross_entropy`."""
    return -(logits.log_softmax(1) * truth * weights.view(-1, 1, 1, 1)).sum(1)


def dice_and_cross_entropy(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Loss of logits [b, c, z, y, x] against the share of each class, of the same shape; `weights` as of `class_weights`.

    Dice is the one whose best answer to shares is the shares (DML1 of Wang 2023, arXiv 2303.16296); for whole voxels it is the usual one. It is
    pooled over the batch and skips classes that are absent from it: their false voxels are left to the cross-entropy, which does not jump when a
    single voxel of a class comes into the patch.
    """
    logits = logits.float()
    entropy = cross_entropy(logits, truth, weights).sum() / (truth.sum((0, 2, 3, 4)) @ weights)
    probability = logits.softmax(1)
    axes = (0, 2, 3, 4)
    total = probability.sum(axes) + truth.sum(axes)
    overlap = total - (probability - truth).abs().sum(axes)
    present = truth.sum(axes) > 0
    present[0] = False
    dice = (overlap + 1) / (total + 1)
    return entropy + (1 - dice)[present].mean() if bool(present.any()) else entropy


BOUNDARY_WEIGHT = 3.0


def with_boundary(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Dice and cross-entropy, and the cross-entropy of voxels beside another class once more, by `BOUNDARY_WEIGHT` of their share."""
    classes = truth.argmax(1, keepdim=True).float()
    edge = functional.max_pool3d(classes, 3, 1, 1) != -functional.max_pool3d(-classes, 3, 1, 1)
    again = (cross_entropy(logits.float(), truth, weights) * edge[:, 0]).sum() / (truth.sum((0, 2, 3, 4)) @ weights)
    return dice_and_cross_entropy(logits, truth, weights) + BOUNDARY_WEIGHT * again


Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Of logits, shares and class weights, as `dice_and_cross_entropy` takes them."""


EMPHASIS_GOING_ON = 0.5
"""How far classes weigh unlike where weights are given that know them: enough that small ones are not given up, and what is found too large is calibrated."""


def emphasis(progress: float) -> float:
    """How far classes weigh unlike in a run from nothing, 1..0: fully at its beginning, not at all in its second half.

    A class of weight 3 is worth marking where it fills a quarter of a voxel: weights help a network to find small structures and make them too large.
    """
    return max(1 - 2 * progress, 0.0)


def deep_loss(outputs: list[Tensor], target: Tensor, tasks: Tasks, emphasised: float = 1.0, loss_of: Loss = dice_and_cross_entropy) -> Tensor:
    """Mean over tasks of the weighted mean over depths; `target` is [b, task, 3, z, y, x], for a coarse output every second (fourth) voxel of it.

    `emphasised` as of `class_weights`.
    """
    total = sum(DEPTH_WEIGHTS[: len(outputs)]) * len(tasks)
    loss = outputs[0].new_zeros((), dtype=torch.float32)
    weights = [class_weights(task, emphasised).to(target.device) for task in tasks]
    for depth, logits in enumerate(outputs):
        step = 2**depth
        coarse = target[..., ::step, ::step, ::step]
        for k, own in enumerate(logits.split([len(task.classes) for task in tasks], 1)):
            loss = loss + DEPTH_WEIGHTS[depth] / total * loss_of(own, truth_of(coarse[:, k], own.shape[1]), weights[k])
    return loss
