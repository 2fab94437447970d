"""The inclined board that some patients lie on."""

import numpy as np

from .canvas import AIR_HU, Canvas
from .scan import STREAM
from .shapes import capsule
from .trunk import Trunk


def paint_breast_board(canvas: Canvas, trunk: Trunk) -> None:
    """Some patients lie on an inclined board with supports for arms overhead; it replaces what `paint_couch` painted.

    To be called after `paint_couch` and before the patient. The back is level, so that the couch falls away from it
    towards the head; both are flat, unlike the body.
    """
    rng = trunk.anatomy.stream(STREAM)
    wanted, angle = rng.random(), np.radians(rng.uniform(0, 15))
    thick, half, gap = rng.uniform(8, 22), rng.uniform(190, 235), rng.uniform(0, 3)
    shell_hu, foam_hu, shell_mm = rng.uniform(-350, 150), rng.uniform(-980, -880), rng.uniform(1.2, 2.6)
    couch_hu, couch_mm, couch_half = rng.uniform(-500, 200), rng.uniform(30, 70), rng.uniform(200, 265)
    padded, pole, hinge_z = rng.random() < 0.5, rng.random() < 0.6, rng.uniform(-260, -140)
    if not trunk.anatomy.arms_up or wanted > 0.45:
        return
    everywhere = (slice(None),) * 3
    x, y, z = canvas.grid.axis(0), canvas.grid.axis(1)[:, None], canvas.grid.axis(2)[:, None, None]
    top = np.float32(trunk.back_y + gap)
    canvas.hu[...] = AIR_HU

    def slab(depth, thickness_mm: float, half_width: float):
        return np.maximum(np.abs(depth - np.float32(thickness_mm / 2)) - np.float32(thickness_mm / 2), np.abs(x) - np.float32(half_width))

    # The couch lies under the board's hinge and leaves it with the angle of the board.
    fall = np.float32(np.tan(angle)) * np.clip(z - np.float32(hinge_z), 0, None)
    couch = slab(y - (top + np.float32(thick + 3)) - fall, couch_mm, couch_half)
    _sandwich(canvas, everywhere, couch, couch_hu, foam_hu, shell_mm)
    board = slab(y - top, thick, half)
    _sandwich(canvas, everywhere, board, shell_hu, foam_hu, shell_mm)
    if padded:
        canvas.paint(everywhere, np.maximum(np.abs(trunk.skin - 6) - 6, top - 18 - canvas.y), rng.uniform(-980, -930))
    for arm in trunk.arms:
        _paint_arm_support(canvas, arm, top, pole, shell_hu, foam_hu, shell_mm)


def _sandwich(canvas: Canvas, box, shape, shell_hu: float, foam_hu: float, shell_mm: float) -> None:
    """A carbon or plastic shell round foam."""
    canvas.paint(box, shape, shell_hu)
    canvas.paint(box, shape + np.float32(shell_mm), foam_hu)


def _paint_arm_support(canvas: Canvas, arm: dict, top: np.float32, pole: bool, shell_hu: float, foam_hu: float, shell_mm: float) -> None:
    """A trough behind the upper arm on a post that stands on the board, and a pole for the hand."""
    start, foot = (arm["shoulder"] + share * (arm["elbow"] - arm["shoulder"]) for share in (0.22, 0.4))
    end, radius = arm["elbow"], arm["girth"] + 14
    box = canvas.around([start, end], radius + 30)
    x, y, z = canvas.at(box)
    trough = capsule(x, y, z, start, end, radius + 18, radius + 14)
    # Open in front: it holds the arm from behind.
    behind = np.float32(start[1]) + (z - np.float32(start[2])) * np.float32((end[1] - start[1]) / max(end[2] - start[2], 1.0))
    _sandwich(canvas, box, np.maximum(trough, behind + 8 - y), shell_hu, foam_hu, shell_mm)
    canvas.paint(box, np.maximum(capsule(x, y, z, start, end, radius, radius * 0.9), behind + 8 - y), AIR_HU)
    posts = [(foot + [0, radius + 8, 0], np.array([foot[0], float(top) + 6, foot[2]]), 11.0)]
    if pole:
        posts.append((arm["wrist"] + [0, -50, 0], np.array([arm["wrist"][0], float(top) + 6, arm["wrist"][2]]), 14.0))
    for head, base, radius in posts:
        spot = canvas.around([head, base], radius + 2)
        rod = capsule(*canvas.at(spot), head, base, radius, radius)
        canvas.paint(spot, rod, shell_hu)
        canvas.paint(spot, rod + np.float32(2 * shell_mm), AIR_HU)
