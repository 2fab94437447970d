"""Skin, fat, muscle, shoulders and arms: everything outside the rib cage but the breasts."""

import numpy as np

from .anatomy import Anatomy, Frame
from .breasts import add_breasts, draw_breasts
from .canvas import Canvas
from .grid import SmoothField
from .shapes import capsule, smooth_intersection, smooth_union, superellipse


def arm_lines(anatomy: Anatomy, frame: Frame) -> list[dict]:
    """Shoulder, elbow and wrist of both arms, mm, with radii."""
    rng = anatomy.stream(2)
    lines = []
    lift = rng.uniform(-6, 22) if anatomy.arms_up else rng.uniform(-30, -8)
    spread, forward, bend = rng.uniform(0.15, 0.9), rng.uniform(-0.75, 0.2), rng.uniform(-0.9, -0.1)
    girth = 30 + 0.45 * anatomy.fat + anatomy.muscle * 0.6 + rng.uniform(0, 8)
    beside = rng.uniform(4, 40)
    for side in (1, -1):
        shoulder = np.array([side * (anatomy.half_width * 0.92 + 20), rng.uniform(18, 34), anatomy.apex_z - 22 + lift])
        if anatomy.arms_up:
            way = np.array([side * spread, forward, 1.0]) + rng.normal(0, 0.08, 3)
            elbow = shoulder + 270 * way / np.linalg.norm(way)
            wrist = elbow + 220 * np.array([-side * 0.8, bend, 0.5])
        else:
            elbow = np.array([side * (anatomy.half_width + 20 + girth + anatomy.fat + beside), 40 + rng.normal(0, 12), shoulder[2] - 270])
            wrist = elbow + np.array([side * rng.uniform(-50, 20), rng.uniform(-60, 10), -230])
        lines.append({"side": side, "shoulder": shoulder, "elbow": elbow, "wrist": wrist, "girth": girth})
    return lines


LEAST_SLOPE = 0.8
"""Of `Trunk.skin`. It is flatter along the middle of what is thin, where the skin is nearer than that would tell."""


class Trunk:
    """`skin`, `muscle` and `cage`: negative inside skin, muscle envelope and the pleural side of the rib cage on a canvas, and near millimetres beside them."""

    def __init__(self, canvas: Canvas, anatomy: Anatomy, frame: Frame):
        self.anatomy, self.frame = anatomy, frame
        self._spacing_mm = canvas.grid.spacing_mm[::-1]
        rng = anatomy.stream(3)
        x, y, z = canvas.x, canvas.y, canvas.z
        t = anatomy.level(z)
        self.cage = superellipse(x, y - frame.cage_centre(t), frame.cage_width(t), frame.cage_depth(t), frame.power)
        # Above the apex there is no cage; the bound keeps its tapering tip from reaching into the neck.
        self.cage = np.maximum(self.cage, (t - np.float32(1.02)) * np.float32(120))
        self.muscle = superellipse(x, y - frame.trunk_centre(t), frame.trunk_width(t), frame.trunk_depth(t), 2.3)
        rough = SmoothField(rng, 60).on(canvas.grid)
        ventral = np.clip(-y / np.float32(anatomy.half_depth), -0.4, 1)
        fat = anatomy.fat * (0.75 + 0.35 * ventral * np.clip(0.6 - t, 0, 1.2) + 0.12 * rough) * np.clip(1.5 - 0.75 * t, 0.35, 1.25)
        self.skin = self.muscle - np.maximum(fat, 2.5)
        self.arms = arm_lines(anatomy, frame)
        for arm in self.arms:
            self._add_arm(canvas, arm)
        self.breasts = draw_breasts(anatomy, frame)
        add_breasts(canvas, self.breasts, self.skin, self.muscle)
        # Lying on a table flattens the back.
        back = frame.trunk_depth(0.5) + frame.trunk_centre(0.5) + anatomy.fat * 0.7
        self.back_y = float(back - rng.uniform(0, 9) - 0.15 * anatomy.fat)
        self.skin = smooth_intersection(self.skin, y - np.float32(self.back_y), 16)

    def skin_distance(self, box):
        """Distance to the skin in a box, mm, negative inside: `skin`, which blends and warps make grow too fast in places, over its slope."""
        skin = self.skin[box]
        slope = np.sqrt(sum(np.gradient(skin, step, axis=axis) ** 2 for axis, step in enumerate(self._spacing_mm) if skin.shape[axis] > 1))
        return skin / np.maximum(slope, np.float32(LEAST_SLOPE))

    def _add_arm(self, canvas: Canvas, arm: dict) -> None:
        girth, fat = arm["girth"], self.anatomy.fat * 0.45 + 2
        inner = np.array([arm["side"] * self.anatomy.half_width * 0.5, arm["shoulder"][1] + 4, arm["shoulder"][2] - 14])
        parts = [(inner, arm["shoulder"], girth + 4, girth + 6), (arm["shoulder"], arm["elbow"], girth + 5, girth * 0.85),
                 (arm["elbow"], arm["wrist"], girth * 0.85, girth * 0.55)]
        for start, end, r0, r1 in parts:
            box = canvas.around([start, end], max(r0, r1) + fat + 30)
            rod = capsule(*canvas.at(box), start, end, r0, r1)
            self.muscle[box] = smooth_union(self.muscle[box], rod, 14)
            self.skin[box] = smooth_union(self.skin[box], rod - np.float32(fat), 16)


def paint_trunk(canvas: Canvas, trunk: Trunk) -> None:
    """Skin, subcutaneous fat, muscle with fat between its sheets."""
    anatomy, tissue = trunk.anatomy, trunk.anatomy.tissues
    rng = anatomy.stream(5)
    everywhere = (slice(None),) * 3
    canvas.paint(everywhere, trunk.skin, tissue.skin)
    canvas.paint(everywhere, trunk.skin + np.float32(rng.uniform(1.4, 2.6)), tissue.fat)
    canvas.label(everywhere, trunk.skin, "Body")
    # Sheets of fat between muscles: the zero set of a smooth field, wider in the obese and the old.
    sheets = np.abs(SmoothField(rng, 26).on(canvas.grid)) - np.float32(rng.uniform(0.05, 0.32))
    muscle = tissue.muscle - np.clip(-sheets * 260, 0, tissue.muscle - tissue.fat)
    # The chest muscles end below the breasts; the trunk's muscle keeps a few millimetres from the skin everywhere.
    inside = np.maximum(trunk.muscle, trunk.skin + 3)
    canvas.paint(everywhere, inside, muscle)
