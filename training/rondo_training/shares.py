"""Labels that know how much of a voxel a class fills.

A sheet of one or two voxels comes back nearer to its place where voxels hold shares, interpolated and cut at a half, than where each is wholly of
one class. A network that learns from shares can put an edge between voxels where the image shows it.
"""

import numpy as np
import torch
from torch import Tensor

from .tasks import Task

WHOLE, FULL = 0, 255
"""Share of the second class: nothing, and the whole voxel."""


def classes_and_shares(labels: np.ndarray, finer: np.ndarray, task: Task) -> np.ndarray:
    """uint8 [3, z, y, x]: the class at each voxel's centre, the class that fills most of the rest, and its share of the two in 255ths.

    `labels` [z, y, x] are the classes at the centres, `finer` [2z, 2y, 2x] those on half the spacing. What is thinner than a voxel (`task.thin`)
    fills half of none: it keeps whole voxels.
    """
    parts = np.stack([finer[k::2, j::2, i::2] for k in (0, 1) for j in (0, 1) for i in (0, 1)])
    mixed = (parts != labels).any(0)
    own, parts = labels[mixed], parts[:, mixed]
    counts = np.stack([(parts == value).sum(0) for value in range(len(task.classes))])
    first = np.take_along_axis(counts, own[None], 0)[0]
    np.put_along_axis(counts, own[None], 0, 0)
    other = counts.argmax(0).astype(np.uint8)
    second = counts.max(0)
    share = np.round(FULL * second / (first + second)).astype(np.uint8)
    thin = [task.index(name) for name in task.thin]
    share[np.isin(own, thin) | np.isin(other, thin)] = WHOLE
    result = whole(labels)
    result[1][mixed], result[2][mixed] = other, share
    return result


def whole(labels: np.ndarray) -> np.ndarray:
    """As `classes_and_shares`, where each voxel is wholly of the class at its centre."""
    return np.stack([labels, labels, np.full_like(labels, WHOLE)])


def truth_of(target: Tensor, classes: int) -> Tensor:
    """Share of every class float32 [b, class, z, y, x], from targets [b, 3, z, y, x] as of `classes_and_shares`."""
    first, second, share = target[:, 0:1].long(), target[:, 1:2].long(), target[:, 2:3].float() / FULL
    truth = share.new_zeros((target.shape[0], classes, *target.shape[2:]))
    return truth.scatter_(1, first, 1 - share).scatter_add_(1, second, share)


def whole_voxels(target: Tensor) -> Tensor:
    """Targets [b, task, 3, z, y, x] in which each voxel is wholly of the class at its centre."""
    whole = target.clone()
    whole[:, :, 2] = WHOLE
    return whole
