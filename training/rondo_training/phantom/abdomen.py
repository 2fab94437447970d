"""What lies below the diaphragm: liver, stomach, spleen, kidneys, bowel with gas, great vessels go on elsewhere."""

import numpy as np

from .canvas import Canvas, overlap
from .chest import diaphragm_height
from .grid import SmoothField
from .shapes import capsule, ellipsoid, smooth_union
from .trunk import Trunk


def paint_abdomen(canvas: Canvas, trunk: Trunk) -> None:
    """Fat, then the organs over it; to be called before the chest is painted."""
    anatomy, frame, tissue = trunk.anatomy, trunk.frame, trunk.anatomy.tissues
    rng = anatomy.stream(15)
    a, b = anatomy.half_width, anatomy.half_depth
    box = canvas.box((-a - 5, -b - 5, -440), (a + 5, b + 20, 5))
    if any(s.start >= s.stop for s in box):
        return
    x, y, z = canvas.at(box)
    under = (z - diaphragm_height(x, y, anatomy, frame)) * np.float32(0.75)
    cage = trunk.cage[box]
    wall = np.float32(rng.uniform(3, 8))
    cavity = np.maximum(cage + wall, under + np.float32(rng.uniform(1.5, 5)))
    fatty = SmoothField(rng, 22).on(canvas.grid, box)
    canvas.paint(box, np.maximum(cage + wall, under), tissue.muscle)
    canvas.paint(box, cavity, tissue.fat + 8 * fatty)

    for side in (1, -1):
        top, bottom = np.array([side * 22, frame.spine_y(-0.3) - 2, -70.0]), np.array([side * 48, frame.spine_y(-1.2) + 8, -260.0])
        spot = canvas.around([top, bottom], 30)
        canvas.paint(spot, capsule(*canvas.at(spot), top, bottom, 7, rng.uniform(16, 26)), tissue.muscle)
        kidney = np.array([side * rng.uniform(50, 64), b * rng.uniform(0.38, 0.55), -rng.uniform(85, 135) - (8 if side < 0 else 0)])
        axes = rng.uniform(0.88, 1.15) * np.array([25, 25, 54])
        spot = canvas.around(kidney, 62)
        shape = ellipsoid(*canvas.at(spot), kidney, axes)
        canvas.paint(spot, shape, tissue.kidney)
        canvas.paint(spot, ellipsoid(*canvas.at(spot), kidney + [-side * 12, -2, 0], axes * [0.4, 0.45, 0.5]), tissue.fat)

    _bowel(canvas, trunk, box, cavity, rng)
    gap = np.float32(rng.uniform(0, 3))
    spleen_at = np.array([a * rng.uniform(0.62, 0.74), b * rng.uniform(0.3, 0.5), -rng.uniform(38, 62)])
    spleen = ellipsoid(x, y, z, spleen_at, rng.uniform(0.75, 1.2) * np.array([28, 46, 50]))
    canvas.paint(box, np.maximum(spleen, cavity + 1), tissue.spleen)

    bottom = -rng.uniform(105, 185)
    liver = np.maximum(cavity + gap, bottom - z + np.clip(x + a * 0.6, 0, 400) * np.float32(rng.uniform(0.55, 0.95)))
    liver = np.maximum(liver, (x - rng.uniform(0, 70) + 0.5 * np.clip(y + 10, -60, 90) - 0.3 * np.clip(z + 40, -120, 40)) * 0.75)
    liver = np.maximum(liver, y - (b * 0.75 - np.clip(x + 40, 0, 100) * np.float32(rng.uniform(0.45, 0.8))))
    liver += 2.5 * SmoothField(rng, 45).on(canvas.grid, box)
    vessels = np.abs(SmoothField(rng, 34).on(canvas.grid, box)) < 0.09
    canvas.label(box, liver, "Liver")
    canvas.paint(box, liver, tissue.liver + np.where(vessels, (tissue.venous - tissue.liver) * 0.5, 0))
    if rng.random() < 0.7:
        bladder = np.array([-rng.uniform(25, 55), -b * 0.45, bottom + rng.uniform(20, 45)])
        spot = canvas.around(bladder, 36)
        canvas.paint(spot, ellipsoid(*canvas.at(spot), bladder, rng.uniform(0.7, 1.2) * np.array([16, 18, 28])), tissue.fluid)

    _hollow(canvas, trunk, box, cavity, liver, rng, np.array([rng.uniform(40, 76), rng.uniform(-35, 15), -rng.uniform(35, 70)]),
            rng.uniform(0.6, 1.35) * np.array([34, 36, 42]))
    if rng.random() < 0.5:
        flexure = np.array([a * rng.uniform(0.45, 0.75), rng.uniform(-45, 20), -rng.uniform(25, 60)])
        _hollow(canvas, trunk, box, cavity, liver, rng, flexure, rng.uniform(16, 30, 3))


def _hollow(canvas, trunk, box, cavity, liver, rng, centre, axes) -> None:
    """Stomach or flexure: a wall, contents, and gas that rises to the front."""
    tissue = trunk.anatomy.tissues
    x, y, z = canvas.at(box)
    shape = ellipsoid(x, y, z, centre, axes)
    shape = smooth_union(shape, capsule(x, y, z, centre, centre + [-45, -12, -45], 22, 14), 16) if axes[0] > 24 else shape
    shape = np.maximum(np.maximum(shape + 3 * SmoothField(rng, 30).on(canvas.grid, box), cavity + 1.5), 2 - liver)
    canvas.paint(box, shape, tissue.muscle)
    inner = shape + np.float32(rng.uniform(2, 5))
    canvas.paint(box, inner, tissue.bowel if rng.random() < 0.8 else rng.uniform(100, 300))
    level = centre[1] + axes[1] * rng.uniform(-1.1, 1.1)
    canvas.paint(box, np.maximum(inner, y - np.float32(level)), tissue.air)


def _bowel(canvas, trunk, box, cavity, rng) -> None:
    """Loops of small and large bowel in the front half, many with gas."""
    anatomy, tissue = trunk.anatomy, trunk.anatomy.tissues
    a, b = anatomy.half_width, anatomy.half_depth
    for _ in range(int(rng.integers(14, 34))):
        centre = np.array([rng.uniform(-0.75, 0.75) * a, rng.uniform(-0.85, 0.25) * b, -rng.uniform(45, 300)])
        end = centre + rng.normal(0, 1, 3) * [34, 12, 26]
        radius = rng.uniform(8, 21)
        spot, local = overlap(canvas.around([centre, end], radius + 4), box)
        if any(part.start >= part.stop for part in spot):
            continue
        x, y, z = canvas.at(spot)
        loop = np.maximum(capsule(x, y, z, centre, end, radius, radius * rng.uniform(0.6, 1.1)), cavity[local] + 2)
        canvas.paint(spot, loop, tissue.muscle - 5)
        inner = loop + np.float32(rng.uniform(1.5, 3.5))
        canvas.paint(spot, inner, tissue.bowel + rng.normal(0, 10))
        if rng.random() < 0.3:
            # Stool: bubbles in a soft mass.
            bubbles = SmoothField(rng, rng.uniform(8, 14)).on(canvas.grid, spot) - np.float32(rng.uniform(-0.3, 0.9))
            canvas.paint(spot, np.maximum(inner, -bubbles * 4), tissue.air)
            continue
        if rng.random() < 0.6:
            level = centre[1] + radius * rng.uniform(-1, 1)
            canvas.paint(spot, np.maximum(inner, y - np.float32(level)), tissue.air if rng.random() < 0.8 else rng.uniform(-600, -150))
