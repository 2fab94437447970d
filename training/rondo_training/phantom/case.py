"""A phantom case: the anatomy of a seed, painted on the grid of a scan."""

from dataclasses import dataclass

import numpy as np

from ..tasks import OUTSIDE
from .abdomen import paint_abdomen
from .anatomy import Anatomy, Frame, draw_anatomy
from .artefacts import breathe, image, outside_circle
from .breast_board import paint_breast_board
from .breasts import draw_breasts, paint_breasts
from .canvas import Canvas
from .chest import Chest, paint_chest
from .grid import Grid, SmoothField
from .label_maps import label_maps
from .muscles import paint_muscles
from .scanner import couch_room_mm, paint_clothes, paint_couch
from .scan import Scan, draw_quality
from .skeleton import paint_front_and_shoulders, paint_ribs, paint_spine
from .surgery import clinical_targets, paint_surgery
from .trunk import Trunk, paint_trunk
from .vessel_painting import paint_vessels
from .vessels import draw_vessels

MODEL_SPACING_MM = 3.0

# Partial volume alone: the reconstruction decides how sharp edges are.
EDGE_VOXELS = 1.0


@dataclass(frozen=True)
class Case:
    """HU int16 as scanned, and for each task by name its label map uint8; all [z, y, x] on `scan.grid`."""

    seed: int
    anatomy: Anatomy
    scan: Scan
    hu: np.ndarray
    labels: dict[str, np.ndarray]


def _extent(anatomy: Anatomy, rng: np.random.Generator, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper corner of the scan (x, y, z), mm."""
    apex = anatomy.apex_z
    if kind == "thorax":
        low_z, high_z = -rng.uniform(60, 150), apex + rng.uniform(15, 110)
    elif kind == "abdomen":
        low_z, high_z = -rng.uniform(190, 330), rng.uniform(-75, 70)
    else:
        length = rng.uniform(90, 190)
        low_z = rng.uniform(-150, apex + 80 - length)
        high_z = low_z + length
    half = anatomy.half_width + 34 + anatomy.fat * 0.8 + rng.uniform(5, 75)
    front = anatomy.half_depth + 30 + anatomy.fat * 1.3 + (rng.uniform(25, 100) if anatomy.female else rng.uniform(10, 40))
    # Breasts are seldom cut: the technician sees them.
    for breast in draw_breasts(anatomy, Frame(anatomy)):
        reach_low, reach_high = breast.reach()
        half, front = max(half, -reach_low[0], reach_high[0]), max(front, -reach_low[1])
    low = np.array([-half + rng.normal(0, 7), -front, low_z])
    high = np.array([half, couch_room_mm(anatomy) + rng.uniform(12, 85), high_z])
    return low, high


def draw_scan(seed: int, anatomy: Anatomy, purpose: str, extent: str | None = None, spacing_mm: float = MODEL_SPACING_MM) -> Scan:
    """The scan of a seed: for 'training' on a grid of `spacing_mm`, for 'ct' on a CT-like grid of unequal spacings.

    `extent`, 'thorax', 'abdomen' or 'part', is drawn where it is not given.
    """
    rng = np.random.default_rng([seed, 101])
    shares = [0.6, 0.2, 0.2] if purpose == "training" else [0.8, 0.1, 0.1]
    drawn = rng.choice(["thorax", "abdomen", "part"], p=shares)
    low, high = _extent(anatomy, rng, extent or drawn)
    if purpose == "training":
        spacing = (spacing_mm,) * 3
        slice_mm = None
        low = low + rng.uniform(0, spacing_mm, 3)
    else:
        pixel = round(float(rng.uniform(1.15, 1.6)), 3)
        slice_mm = float(rng.choice([2.0, 2.5, 3.0, 4.0, 5.0]))
        spacing = (pixel, pixel, slice_mm)
    size = tuple(int(v) for v in np.ceil((high - low) / spacing))
    return Scan(Grid(size, spacing, tuple(float(round(v, 3)) for v in low)), draw_quality(seed, slice_mm=slice_mm))


def make_case(seed: int, purpose: str = "training", anatomy: Anatomy | None = None, scan: Scan | None = None) -> Case:
    """Paint the phantom of a seed. The same arguments give the same voxels on every call."""
    anatomy = anatomy or draw_anatomy(seed)
    scan = scan or draw_scan(seed, anatomy, purpose)
    canvas, trunk = _paint(seed, anatomy, scan)
    return Case(seed, anatomy, scan, image(canvas.hu, scan.grid, anatomy, scan.quality), _labels(canvas, trunk, scan))


def finer_labels(case: Case) -> dict[str, np.ndarray]:
    """The label maps of a case on half its spacing: eight voxels, [2z, 2y, 2x], for each of its own."""
    grid = case.scan.grid
    half = Grid(
        tuple(2 * n for n in grid.size), tuple(v / 2 for v in grid.spacing_mm),
        tuple(centre - v / 4 for centre, v in zip(grid.origin_mm, grid.spacing_mm)))
    scan = Scan(half, case.scan.quality)
    return _labels(*_paint(case.seed, case.anatomy, scan), scan)


def _paint(seed: int, anatomy: Anatomy, scan: Scan) -> tuple[Canvas, Trunk]:
    """Everything of the phantom, before the scanner."""
    rng = np.random.default_rng([seed, 102])
    large, small = rng.uniform(0.8, 6.5, 3), rng.uniform(0.3, 2.0, 3)
    warps = [[(SmoothField(rng, 72), large[i]), (SmoothField(rng, 30), small[i])] for i in range(3)]
    canvas = Canvas(scan.grid, warps, EDGE_VOXELS)
    frame = Frame(anatomy)
    trunk = Trunk(canvas, anatomy, frame)
    paint_couch(canvas, trunk)
    paint_breast_board(canvas, trunk)
    paint_clothes(canvas, trunk)
    paint_trunk(canvas, trunk)
    paint_breasts(canvas, trunk)
    paint_muscles(canvas, trunk)
    paint_abdomen(canvas, trunk)
    chest = Chest(canvas, trunk)
    if min(chest.lungs.shape) > 0:
        paint_chest(canvas, chest)
        paint_vessels(canvas, chest, draw_vessels(anatomy, frame, trunk.arms, chest.heart, chest.tubes))
    paint_ribs(canvas, trunk)
    paint_front_and_shoulders(canvas, trunk)
    paint_spine(canvas, trunk)
    paint_surgery(canvas, trunk)
    clinical_targets(canvas, trunk)
    return canvas, trunk


def _labels(canvas: Canvas, trunk: Trunk, scan: Scan) -> dict[str, np.ndarray]:
    """What is labelled of a painted phantom, as breathing moves it and the field of view cuts it."""
    maps = label_maps(canvas, trunk)
    beyond = outside_circle(scan.grid, scan.quality)
    for task, labels in maps.items():
        maps[task] = breathe(labels, scan.grid, trunk.anatomy, scan.quality)
        maps[task][:, beyond] = OUTSIDE
    return maps
