"""Muscles of the chest wall and the axilla: side, place, volume, and independence of the grid."""

from dataclasses import replace

import numpy as np
import pytest

from rondo_training.phantom.anatomy import Frame, draw_anatomy
from rondo_training.phantom.canvas import Canvas
from rondo_training.phantom.grid import Grid, SmoothField
from rondo_training.phantom.muscles import RIB_LAYER_MM, coracoid, paint_muscles, pectoralis_minor
from rondo_training.phantom.trunk import Trunk, paint_trunk

VOLUMES_CM3 = {
    "Pectoralis_Maj": (70, 520),
    "Pectoralis_Min": (6, 70),
    "Serratus": (30, 300),
    "Subscapularis": (8, 120),
    "Latissimus": (70, 550),
    "Deltoid": (40, 700),
}
"""From a slight woman to a strong man; subscapularis is thin because the phantom's scapula lies near the ribs."""


def body(seed: int, spacing_mm=(3.5, 3.5, 4.0), **changes):
    """A patient from below the breasts to the arms, with muscles."""
    anatomy = replace(draw_anatomy(seed), **changes)
    low, high = np.array([-250.0, -190.0, -70.0]), np.array([250.0, 190.0, anatomy.apex_z + 60])
    size = tuple(int(v) for v in np.ceil((high - low) / spacing_mm))
    warps = [[(SmoothField(np.random.default_rng([seed, axis]), 72), 4.0)] for axis in range(3)]
    canvas = Canvas(Grid(size, spacing_mm, tuple(low)), warps, 0.9)
    trunk = Trunk(canvas, anatomy, Frame(anatomy))
    paint_trunk(canvas, trunk)
    return canvas, trunk, paint_muscles(canvas, trunk)


def volume_cm3(canvas, name: str) -> float:
    return float(canvas.parts[name].sum() * np.prod(canvas.grid.spacing_mm) / 1000)


@pytest.fixture(scope="module", params=[(3, True), (7, True), (9, True), (16, False), (5, False)], ids=str)
def painted(request):
    seed, arms_up = request.param
    return body(seed, arms_up=arms_up)


def test_each_muscle_lies_on_its_side(painted):
    canvas = painted[0]
    assert set(canvas.parts) == {f"{name}_{side}" for name in VOLUMES_CM3 for side in "LR"}
    for name, part in canvas.parts.items():
        x = canvas.x[part]
        assert (x > 0).all() if name.endswith("L") else (x < 0).all(), name


def test_volumes_are_human_and_sides_alike(painted):
    canvas = painted[0]
    for name, (low, high) in VOLUMES_CM3.items():
        left, right = volume_cm3(canvas, f"{name}_L"), volume_cm3(canvas, f"{name}_R")
        assert low < left < high and low < right < high, (name, left, right)
        assert 0.5 < left / right < 2, (name, left, right)


def test_muscles_lie_between_ribs_and_skin_and_apart(painted):
    canvas, trunk, _ = painted
    for name, part in canvas.parts.items():
        assert trunk.skin[part].max() < -3, name
        assert trunk.muscle[part].max() < 0, name
        assert trunk.cage[part].min() >= RIB_LAYER_MM - 0.01, name
    assert sum(part.astype(int) for part in canvas.parts.values()).max() == 1


def test_pectoralis_minor_lies_under_the_major_between_its_edges(painted):
    canvas, _, muscles = painted
    for muscle in muscles:
        letter = "L" if muscle.side > 0 else "R"
        minor, major = canvas.parts[f"Pectoralis_Min_{letter}"], canvas.parts[f"Pectoralis_Maj_{letter}"]
        assert (muscle.between_edges(canvas.x[minor], canvas.z[minor]) <= 0.01).all()
        # In front of the minor lies the major, except where a thin chest leaves it less than a voxel of this grid.
        covered = np.flip(np.cumsum(np.flip(major, 1), 1), 1) < major.sum(1, keepdims=True)
        assert covered[minor].mean() > 0.7
        z = np.linspace(-80, 220, 50)
        assert (muscle.side * (muscle.lateral_edge(z) - muscle.medial_edge(z)) >= 0).all()


def test_the_coracoid_is_where_the_minor_ends(painted):
    canvas, trunk, _ = painted
    for arm in trunk.arms:
        tip, muscle = coracoid(trunk, arm)[1], pectoralis_minor(trunk, arm)
        assert muscle.between_edges(tip[0], tip[2]) < 0
        assert arm["side"] * tip[0] > 0 and tip[1] < arm["shoulder"][1]
        part = canvas.parts[f"Pectoralis_Min_{'L' if muscle.side > 0 else 'R'}"]
        gap = np.sqrt(sum((c[part] - v) ** 2 for c, v in zip((canvas.x, canvas.y, canvas.z), tip)))
        assert gap.min() < 8


def test_fat_separates_the_pectorals_and_fills_the_axilla():
    canvas, trunk, _ = body(9, arms_up=True)
    tissue = trunk.anatomy.tissues
    major, minor = canvas.parts["Pectoralis_Maj_L"], canvas.parts["Pectoralis_Min_L"]
    assert abs(np.median(canvas.hu[major]) - tissue.muscle) < 25
    assert abs(np.median(canvas.hu[minor]) - tissue.muscle) < 40
    level = trunk.anatomy.level(canvas.z)
    axilla = (canvas.x > trunk.anatomy.half_width * 0.95) & (np.abs(canvas.y - 5) < 12) & (np.abs(level - 0.7) < 0.05)
    axilla &= (trunk.cage > 22) & (trunk.skin < -5)
    assert abs(np.median(canvas.hu[axilla]) - tissue.fat) < 15


def test_the_grid_does_not_change_the_muscles():
    coarse, fine = (body(9, spacing, arms_up=True)[0] for spacing in ((3.5, 3.5, 4.0), (2.6, 3.0, 3.0)))
    for name in ("Pectoralis_Maj_L", "Pectoralis_Maj_R", "Latissimus_L"):
        assert volume_cm3(coarse, name) == pytest.approx(volume_cm3(fine, name), rel=0.05)


def test_a_scan_that_misses_the_muscles_is_painted_without_them():
    anatomy = draw_anatomy(3)
    canvas = Canvas(Grid((30, 30, 10), (10.0, 10.0, 5.0), (-150.0, -150.0, -420.0)), [[], [], []], 0.9)
    muscles = paint_muscles(canvas, Trunk(canvas, anatomy, Frame(anatomy)))
    assert len(muscles) == 2 and not any(part.any() for part in canvas.parts.values())
