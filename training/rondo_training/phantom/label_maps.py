"""What each model shall learn, from the parts that were painted: one label map a task."""

import numpy as np

from ..tasks import CTV_BREAST, CTV_NODES, OAR_THORAX, OUTSIDE, Task
from .canvas import Canvas
from .stations import node_stations
from .trunk import Trunk

# Painted over what stands there as: a breast is body, the LAD lies in the heart.
WITHIN = {"Breast_L": "Body", "Breast_R": "Body", "Glnd_Thyroid": "Body", "A_LAD": "Heart"}


def label_maps(canvas: Canvas, trunk: Trunk) -> dict[str, np.ndarray]:
    """Task name -> label map uint8 [z, y, x]; nothing is labelled outside the skin."""
    stations = {f"{name}_{letter}": mask for side, letter in ((1, "L"), (-1, "R")) for name, mask in node_stations(canvas, trunk, side).items()}
    maps = {
        OAR_THORAX.name: organs(canvas),
        CTV_BREAST.name: painted(CTV_BREAST, canvas.parts, canvas.labels.shape),
        CTV_NODES.name: painted(CTV_NODES, stations, canvas.labels.shape),
    }
    for labels in maps.values():
        labels[trunk.skin >= 0] = OUTSIDE
    return maps


def organs(canvas: Canvas) -> np.ndarray:
    """The canvas's own labels, with the parts that lie within others."""
    labels = canvas.labels.copy()
    for name, around in WITHIN.items():
        if name in canvas.parts:
            labels[canvas.parts[name] & (canvas.labels == OAR_THORAX.index(around))] = OAR_THORAX.index(name)
    return labels


def painted(task: Task, parts: dict[str, np.ndarray], shape) -> np.ndarray:
    """The classes of a task laid over each other in their order: a tumour bed lies in its breast."""
    labels = np.zeros(shape, np.uint8)
    for name in task.classes[1:]:
        if name in parts:
            labels[parts[name]] = task.index(name)
    return labels
