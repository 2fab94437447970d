"""Diaphragm, mediastinum and lungs."""

import numpy as np

from .anatomy import Anatomy, Frame
from .canvas import Canvas, overlap
from .grid import SmoothField
from .heart import HeartModel, Tube, great_vessels, paint_gas, paint_tubes
from .shapes import Profile, capsule, ellipsoid, smooth_union
from .trunk import Trunk


def diaphragm_height(x, y, anatomy: Anatomy, frame: Frame):
    """Height z of the diaphragm over a place in the axial plane: two domes, the plate of the heart, deep recesses."""
    rng = anatomy.stream(12)
    a, b = anatomy.half_width, anatomy.half_depth
    left_peak = -rng.uniform(0, 24)
    front_recess = rng.uniform(0.35, 0.75)
    domes = []
    for side, peak in ((-1, 0.0), (1, left_peak)):
        cx, cy = side * a * rng.uniform(0.42, 0.55), rng.uniform(-12, 10)
        dx = (x - cx) / np.where(side * (x - cx) > 0, a - abs(cx), a * 0.85)
        dy = (y - cy) / np.where(y > cy, b - cy, b + cy)
        depth = np.where(y > cy, 1.0, front_recess).astype(np.float32)
        outward = np.clip(np.sqrt(dx * dx + dy * dy), 0, 1.4)
        fall = (anatomy.recess + peak) * np.maximum(depth, np.abs(dx) / np.maximum(outward, 0.2))
        domes.append(peak - fall * outward ** np.float32(rng.uniform(1.8, 2.8)))
    height = -smooth_union(-domes[0], -domes[1], 10)
    plate = frame.plate_z - 0.0016 * (x - 12) ** 2 - 0.003 * (y + 8) ** 2
    return -smooth_union(-height, -plate, 8)


# The heart's farthest point from its centre, warps left aside.
HEART_REACH_MM = 80.0


class Chest:
    """Distances inside the rib cage on a box of the canvas."""

    def __init__(self, canvas: Canvas, trunk: Trunk):
        anatomy, frame = trunk.anatomy, trunk.frame
        self.anatomy, self.trunk = anatomy, trunk
        rng = anatomy.stream(13)
        a, b = anatomy.half_width, anatomy.half_depth
        self.box = canvas.box((-a, -b, -anatomy.recess - 12), (a, b + 8, anatomy.apex_z + 8))
        x, y, z = canvas.at(self.box)
        self.cage = trunk.cage[self.box]
        self.floor = (z - diaphragm_height(x, y, anatomy, frame)) * np.float32(0.75)
        self.heart = HeartModel(anatomy, frame)
        # Far from the heart its distance is only known to be large.
        self.pericardium = np.full(self.cage.shape, np.float32(99))
        self.heart_box, local = overlap(canvas.around(self.heart.centre, HEART_REACH_MM), self.box)
        self.pericardium[local] = self.heart.distance(canvas.at(self.heart_box), self.cage[local], self.floor[local])
        self.tubes: list[Tube] = great_vessels(anatomy, frame, self.heart)
        t = anatomy.level(z)
        midline = np.float32(rng.normal(0, 4))
        pads = rng.uniform(1.5, 5, 3)

        filled = smooth_union(self.pericardium - np.float32(self.heart.fat_mm + 0.5), self._cardiophrenic(x, y, rng), 12)
        spine = np.sqrt(((x - frame.spine_x(z)) / np.float32(frame.body_width + pads[0])) ** 2
                        + ((y - frame.spine_y(t) - 4) / np.float32(frame.body_depth + 5 + pads[0])) ** 2)
        filled = smooth_union(filled, (spine - 1) * np.float32(frame.body_width), 8)
        gutter = np.abs(x - 4) - np.float32(rng.uniform(12, 22))
        filled = smooth_union(filled, np.maximum(gutter, np.abs(y - frame.spine_y(t) + 26) - 30), 8)
        junction = np.abs(x - midline) - np.float32(rng.uniform(1.8, 13)) - 0.12 * np.clip(-y - 40, 0, 60)
        filled = smooth_union(filled, junction, 5)
        upper = np.maximum(Profile([0, 0.55, 0.7, 0.85, 1.0, 1.1], [1, 8, 26, 27, 23, 20])(t) + np.float32(rng.uniform(-5, 5)), 1)
        column = np.sqrt((x / upper) ** 2 + ((y - 8) / (np.float32(b) * Profile([0, 0.6, 0.78, 0.9, 1.1], [0.6, 0.6, 0.8, 1.3, 1.5])(t))) ** 2)
        filled = smooth_union(filled, np.where(t > 0.5, (column - 1) * upper, np.float32(60)), 8)
        for tube in self.tubes:
            for start, end, r0, r1 in tube.segments():
                self._fill(canvas, filled, start, end, r0, r1, 2.0 if tube.kind == "airway" else pads[1])
        self.mediastinum = filled
        self.lungs = np.maximum(np.maximum(self.cage + 1.5, 3.0 - self.floor), -filled)

    def _cardiophrenic(self, x, y, rng):
        """Fat in the angle between heart and diaphragm."""
        centre = self.heart.centre
        amount = rng.uniform(-6, 14) + self.anatomy.fat * 0.25
        return np.maximum(np.abs(self.floor) - amount, np.hypot(x - centre[0], y - centre[1] + 20) - np.float32(48 + amount))

    def _fill(self, canvas: Canvas, filled, start, end, r0, r1, pad) -> None:
        outer, local = overlap(canvas.around([start, end], max(r0, r1) + pad + 10), self.box)
        if 0 in filled[local].shape:
            return
        rod = capsule(*canvas.at(outer), start, end, r0, r1) - np.float32(pad)
        filled[local] = smooth_union(filled[local], rod, 7)


def paint_chest(canvas: Canvas, chest: Chest) -> None:
    """Lungs with their vessels, the mediastinum with its contents."""
    anatomy, tissue, box = chest.anatomy, chest.anatomy.tissues, chest.box
    rng = anatomy.stream(14)
    x, y, z = canvas.at(box)
    inside = np.maximum(chest.cage, -chest.floor)
    streaks = SmoothField(rng, 16).on(canvas.grid, box)
    canvas.paint(box, inside, tissue.fat + 12 * np.clip(streaks, 0, 2) + rng.uniform(0, 25))
    dependent = rng.uniform(20, 150) * np.clip((y + 20) / np.float32(2 * anatomy.half_depth), 0, 1) ** 2
    patches = rng.uniform(0, 32) * SmoothField(rng, 24).on(canvas.grid, box)
    canvas.paint(box, chest.lungs, tissue.lung + dependent + patches)
    left = chest.lungs + np.where(x > 0, 0, np.float32(500))
    canvas.label(box, left, "Lung_L")
    canvas.label(box, chest.lungs + np.where(x > 0, np.float32(500), 0), "Lung_R")
    _lung_vessels(canvas, chest, rng)
    _lung_lesions(canvas, chest, rng)
    chest.heart.paint(canvas, chest.heart_box, chest.pericardium[overlap(chest.heart_box, box)[1]])
    paint_tubes(canvas, chest.tubes, anatomy)
    paint_gas(canvas, chest.tubes, anatomy)


def _clip(canvas: Canvas, chest: Chest, box, distance):
    """Keep a shape inside the lungs: `box` may reach beyond the chest's box."""
    fitted, local = overlap(box, chest.box)
    if any(f.start >= f.stop for f in fitted):
        return None, None
    inner = overlap(fitted, box)[1]
    return fitted, np.maximum(distance[inner], chest.lungs[local] + 1)


def _lung_vessels(canvas: Canvas, chest: Chest, rng: np.random.Generator) -> None:
    """A branching tree from each hilum; bright tubes that stay part of the lung."""
    anatomy, tissue = chest.anatomy, chest.anatomy.tissues
    generations, spread = int(rng.integers(4, 6)), rng.uniform(0.45, 0.8)
    for side in (1, -1):
        hilum = np.array([side * 44, chest.heart.centre[1] + 28, chest.heart.top_z - 14])
        goals = rng.normal(0, 1, (6, 3)) * [18, 40, 60] + [side * anatomy.half_width * 0.62, 6, anatomy.height(0.5)]
        branches = [(hilum, (goal - hilum) / np.linalg.norm(goal - hilum), rng.uniform(3.6, 5.2), 0) for goal in goals]
        while branches:
            start, way, radius, generation = branches.pop()
            end = start + way * rng.uniform(22, 38) * 0.88**generation
            box = canvas.around([start, end], radius + 2)
            fitted, rod = _clip(canvas, chest, box, capsule(*canvas.at(box), start, end, radius, radius * 0.8))
            if fitted is not None:
                # A rod thinner than a voxel covers only part of it.
                share = min(1.0, (2 * radius / float(canvas.edge_mm)) ** 1.2)
                canvas.paint(fitted, rod, tissue.arterial if rng.random() < 0.5 else tissue.venous, opacity=share)
            if generation < generations:
                for _ in range(2):
                    turn = way + rng.normal(0, spread, 3)
                    branches.append((end, turn / np.linalg.norm(turn), radius * rng.uniform(0.62, 0.82), generation + 1))


def _lung_lesions(canvas: Canvas, chest: Chest, rng: np.random.Generator) -> None:
    """Nodules, scars and dependent consolidation: dense, and still lung."""
    anatomy = chest.anatomy
    for _ in range(int(rng.integers(1, 6)) if rng.random() < 0.4 else 0):
        side = rng.choice([1, -1])
        centre = rng.normal(0, 1, 3) * [25, 30, 45] + [side * anatomy.half_width * 0.6, 0, anatomy.height(0.5)]
        axes = rng.uniform(3, 16, 3) if rng.random() < 0.8 else rng.uniform(14, 34, 3)
        box = canvas.around(centre, max(axes) + 4)
        fitted, blob = _clip(canvas, chest, box, ellipsoid(*canvas.at(box), centre, axes))
        if fitted is not None:
            canvas.paint(fitted, blob, rng.uniform(-500, 60), opacity=rng.uniform(0.4, 1))
