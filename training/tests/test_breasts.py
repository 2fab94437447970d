"""Breasts, surgery and their targets: sides, volumes, borders, determinism."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage

from rondo_training.phantom.anatomy import Frame, draw_anatomy
from rondo_training.phantom.breasts import add_breasts, draw_breasts, paint_breasts
from rondo_training.phantom.canvas import Canvas
from rondo_training.phantom.chest import Chest
from rondo_training.phantom.grid import Grid
from rondo_training.phantom.surgery import clinical_targets, paint_surgery
from rondo_training.phantom.trunk import Trunk, paint_trunk

SPACING = (4.0, 3.5, 4.5)
VOLUMES_CM3 = {
    "Breast": (100, 2200), "CTVp_Breast": (100, 2200), "CTVp_Chestwall": (25, 700), "CTVp_Tumorbed": (1, 200), "CTVp_Boost": (5, 350), "Implant": (150, 550)
}


def woman(seed: int, **changes):
    return replace(draw_anatomy(seed), female=True, **changes)


def operated(kind: str, implant: bool = False, **changes):
    """The first woman with this operation."""
    for seed in range(1, 400):
        anatomy = woman(seed, **changes)
        for breast in draw_breasts(anatomy, Frame(anatomy)):
            if breast.operation is not None and breast.operation.kind == kind and bool(breast.operation.implant) == implant:
                return anatomy
    raise AssertionError(f"no {kind} in 400 seeds")


def scene(anatomy, spacing=SPACING):
    """A trunk without other organs, with breasts, surgery and marks."""
    low = np.array([-270.0, -anatomy.half_depth - 150, -110.0])
    high = np.array([270.0, anatomy.half_depth + 50, anatomy.apex_z + 20])
    size = tuple(int(v) for v in np.ceil((high - low) / spacing))
    canvas = Canvas(Grid(size, spacing, tuple(low)), [[], [], []], 0.9)
    frame = Frame(anatomy)
    # A man's trunk has no breasts: those of `trunk.py` are to go.
    trunk = Trunk(canvas, replace(anatomy, female=False), frame)
    trunk.anatomy = anatomy
    paint_trunk(canvas, trunk)
    trunk.breasts = draw_breasts(anatomy, frame)
    add_breasts(canvas, trunk.breasts, trunk.skin, trunk.muscle)
    everywhere = (slice(None),) * 3
    canvas.paint(everywhere, np.maximum(trunk.skin, -trunk.muscle), anatomy.tissues.fat)
    canvas.paint(everywhere, -trunk.skin, -1000)
    paint_breasts(canvas, trunk)
    paint_surgery(canvas, trunk)
    clinical_targets(canvas, trunk)
    return SimpleNamespace(canvas=canvas, trunk=trunk, parts=canvas.parts, cm3=float(np.prod(spacing)) / 1000)


@pytest.fixture(scope="module", params=["seroma", "scar", "mastectomy", "implant", "arms down", "obese"])
def case(request):
    if request.param == "implant":
        return scene(operated("mastectomy", True))
    if request.param == "arms down":
        return scene(operated("seroma", arms_up=False))
    if request.param == "obese":
        return scene(operated("mastectomy", fat=38.0))
    return scene(operated(request.param))


def test_parts_lie_on_their_side_inside_the_skin_and_outside_the_lungs(case):
    chest = Chest(case.canvas, case.trunk)
    lungs = np.zeros(case.canvas.hu.shape, bool)
    lungs[chest.box] = chest.lungs < 0
    # Where the scan ends there is no skin. The nearest voxel outside lies beyond the skin.
    inside = np.pad(case.trunk.skin < 0, ((1, 1), (0, 0), (0, 0)), mode="edge")
    depth_mm = ndimage.distance_transform_edt(inside, case.canvas.grid.spacing_mm[::-1])[1:-1]
    for name, part in case.parts.items():
        assert part.any(), name
        assert depth_mm[part].min() > 5, f"{name} is 5 mm under the skin"
        assert not (part & lungs).any(), name
        if not name.startswith("CTVp_Tumorbed"):
            side = 1 if name.endswith("_L") else -1
            assert (side * case.canvas.x[part] > 5).all(), f"{name} crosses the midline"


def test_a_removed_breast_has_a_chest_wall_and_any_other_a_breast(case):
    for breast in case.trunk.breasts:
        assert (f"CTVp_Chestwall_{breast.letter}" in case.parts) == breast.removed
        assert (f"CTVp_Breast_{breast.letter}" in case.parts) != breast.removed
        assert (f"Implant_{breast.letter}" in case.parts) == (breast.removed and breast.has_mound)


def test_volumes_are_those_of_clinics(case):
    for name, part in case.parts.items():
        volume = part.sum() * case.cm3
        low, high = next(limits for start, limits in VOLUMES_CM3.items() if name.startswith(start))
        assert low < volume < high, f"{name}: {volume:.0f} cm3"


def test_targets_lie_in_the_breast_and_before_the_muscle(case):
    for breast in case.trunk.breasts:
        if not breast.removed:
            whole, target = case.parts[f"Breast_{breast.letter}"], case.parts[f"CTVp_Breast_{breast.letter}"]
            assert not (target & ~whole).any()
            assert case.trunk.muscle[whole].min() > 0
            if breast.operation is not None:
                assert not (case.parts[f"CTVp_Boost_{breast.letter}"] & ~target).any()


def test_clips_are_metal_near_the_bed_and_a_seroma_is_fluid():
    case = scene(operated("seroma"), (2.5, 2.5, 2.5))
    breast = next(b for b in case.trunk.breasts if b.operation is not None)
    centre = breast.point(*breast.operation.centre, breast.operation.depth * breast.thickness(*breast.operation.centre))
    near = np.sqrt(sum((c - m) ** 2 for c, m in zip((case.canvas.x, case.canvas.y, case.canvas.z), centre)))
    assert case.canvas.hu[near < max(breast.operation.cavity) + 8].max() > 1000
    assert -20 < np.median(case.canvas.hu[near < 3.5]) < 60


def test_a_mastectomy_leaves_a_thin_flap():
    case = scene(operated("mastectomy", fat=38.0))
    breast = next(b for b in case.trunk.breasts if b.removed)
    box, (u, v, _) = breast.on(case.canvas)
    core = (breast.radius(u, v)[0] < 0.6) & (np.abs(case.trunk.skin[box]) < 1.5)
    assert 3 < np.median(case.trunk.muscle[box][core]) < 16


def test_volumes_of_women_spread_about_600():
    volumes = []
    for seed in range(300):
        anatomy = woman(seed)
        volumes += [breast.volume() for breast in draw_breasts(anatomy, Frame(anatomy)) if not breast.removed]
    assert 500 < np.median(volumes) < 750
    assert min(volumes) > 100 and max(volumes) < 2300


def test_a_man_has_none():
    anatomy = replace(draw_anatomy(3), female=False)
    assert draw_breasts(anatomy, Frame(anatomy)) == []


def test_the_grid_does_not_change_the_patient():
    anatomy = operated("scar")
    coarse, fine = scene(anatomy), scene(anatomy, (3.0, 3.0, 3.0))
    assert coarse.parts.keys() == fine.parts.keys()
    for name in coarse.parts:
        a, b = coarse.parts[name].sum() * coarse.cm3, fine.parts[name].sum() * fine.cm3
        assert abs(a - b) < max(0.05 * b, 2.5), f"{name}: {a:.0f} and {b:.0f} cm3"


def test_a_scan_that_misses_the_breasts_is_left_alone():
    anatomy = operated("seroma")
    canvas = Canvas(Grid((40, 30, 10), (12.0, 12.0, 6.0), (-240.0, -180.0, -330.0)), [[], [], []], 0.9)
    trunk = Trunk(canvas, replace(anatomy, female=False), Frame(anatomy))
    trunk.anatomy, trunk.breasts = anatomy, draw_breasts(anatomy, Frame(anatomy))
    before = trunk.skin.copy()
    add_breasts(canvas, trunk.breasts, trunk.skin, trunk.muscle)
    paint_breasts(canvas, trunk)
    paint_surgery(canvas, trunk)
    clinical_targets(canvas, trunk)
    assert np.array_equal(before, trunk.skin)
    assert not any(part.any() for part in canvas.parts.values())
