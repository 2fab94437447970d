"""Skin, fat, muscle, breasts, shoulders and arms: everything outside the rib cage."""

import numpy as np

from .anatomy import Anatomy, Frame
from .canvas import Canvas
from .grid import SmoothField
from .shapes import capsule, ellipsoid, smooth_intersection, smooth_union, superellipse


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


class Trunk:
    """Distances to skin, to the muscle envelope and to the pleural side of the rib cage, on a canvas."""

    def __init__(self, canvas: Canvas, anatomy: Anatomy, frame: Frame):
        self.anatomy, self.frame = anatomy, frame
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
        self.breasts = draw_breasts(anatomy, frame) if anatomy.female else []
        for breast in self.breasts:
            box = canvas.around(breast["centre"], 2 * max(breast["axes"]))
            shape = breast_shape(canvas.at(box), breast)
            self.skin[box] = smooth_union(self.skin[box], shape, breast["blend"])
        # Lying on a table flattens the back.
        back = frame.trunk_depth(0.5) + frame.trunk_centre(0.5) + anatomy.fat * 0.7
        self.back_y = float(back - rng.uniform(0, 9) - 0.15 * anatomy.fat)
        self.skin = smooth_intersection(self.skin, y - np.float32(self.back_y), 16)

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


def draw_breasts(anatomy: Anatomy, frame: Frame) -> list[dict]:
    """Two breasts, or one after mastectomy; the volume of each half ellipsoid lies between 100 and 1500 cm3."""
    rng = anatomy.stream(4)
    litres = float(np.exp(rng.uniform(np.log(0.1), np.log(1.5)))) * np.clip(anatomy.fat / 14, 0.5, 1.6)
    litres = np.clip(litres, 0.1, 1.5)
    missing = rng.choice([0, 1, -1], p=[0.78, 0.11, 0.11])
    level, projection, fall = rng.uniform(0.38, 0.56), rng.uniform(0.45, 0.75), rng.uniform(-0.1, 0.4)
    density, blend = rng.uniform(0, 0.9), rng.uniform(8, 18)
    breasts = []
    for side in (1, -1):
        volume = litres * rng.uniform(0.88, 1.12)
        if side == missing:
            continue
        radius = (volume * 1e6 / (2 / 3 * np.pi * projection)) ** (1 / 3)
        axes = np.array([radius * 1.02, radius * projection, radius * rng.uniform(0.92, 1.08)])
        centre_x = side * min(anatomy.half_width * 0.57 + fall * radius * 0.5, anatomy.half_width * 0.9)
        ratio = min(abs(centre_x) / float(frame.trunk_width(level)), 0.93)
        wall_y = float(frame.trunk_centre(level)) - float(frame.trunk_depth(level)) * (1 - ratio**2.3) ** (1 / 2.3)
        centre = np.array([centre_x, wall_y + 4, anatomy.height(level) + rng.normal(0, 4)])
        out = np.array([side * (0.35 + fall), -1.0, -0.1])
        breasts.append({"side": side, "centre": centre, "axes": axes, "out": out / np.linalg.norm(out), "density": density, "blend": blend})
    return breasts


def breast_shape(coordinates, breast: dict):
    """The breast with its nipple; it points along `out`."""
    out = breast["out"]
    side = np.cross([0, 0, 1.0], out)
    side /= np.linalg.norm(side)
    rows = np.stack([side, out, np.cross(side, out)])
    mound = ellipsoid(*coordinates, breast["centre"], breast["axes"], rows)
    tip = breast["centre"] + out * breast["axes"][1]
    nipple = ellipsoid(*coordinates, tip, (6, 6, 6))
    return smooth_union(mound, nipple, 4)


def paint_trunk(canvas: Canvas, trunk: Trunk) -> None:
    """Skin, subcutaneous fat, muscle with fat between its sheets, axillary fat and gland."""
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
    for side in (1, -1):
        centre = np.array([side * (anatomy.half_width * 0.9 + 8), 22.0, anatomy.height(rng.uniform(0.74, 0.84))])
        axes = (rng.uniform(12, 24), rng.uniform(18, 32), rng.uniform(30, 48))
        box = canvas.around(centre, max(axes) + 6)
        pocket = np.maximum(ellipsoid(*canvas.at(box), centre, axes), trunk.skin[box] + 5)
        canvas.paint(box, pocket, tissue.fat)
        for _ in range(int(rng.integers(2, 9))):
            node = centre + rng.uniform(-0.7, 0.7, 3) * axes
            spot = canvas.around(node, 10)
            canvas.paint(spot, ellipsoid(*canvas.at(spot), node, rng.uniform(2, 5.5, 3)), tissue.muscle)
    for breast in trunk.breasts:
        box = canvas.around(breast["centre"], 2 * max(breast["axes"]))
        core = dict(breast, axes=breast["axes"] * np.array([0.72, 0.86, 0.72]))
        threads = SmoothField(rng, 14).on(canvas.grid, box) + SmoothField(rng, 40).on(canvas.grid, box)
        gland = np.maximum(breast_shape(canvas.at(box), core), trunk.skin[box] + 4)
        gland = np.maximum(gland, -trunk.muscle[box])
        amount = np.clip(threads + np.float32(breast["density"] * 2.2 - 1.2), 0, 1)
        canvas.paint(box, gland, tissue.gland, opacity=amount)
