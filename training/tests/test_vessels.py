"""Vessels, thyroid and nodes: sides, neighbours, sizes, the same on every grid."""

import numpy as np
import pytest

from rondo_training.phantom.anatomy import Frame, draw_anatomy
from rondo_training.phantom.canvas import Canvas
from rondo_training.phantom.chest import Chest, paint_chest
from rondo_training.phantom.grid import Grid
from rondo_training.phantom.heart import HeartModel, great_vessels
from rondo_training.phantom.shapes import ellipsoid
from rondo_training.phantom.trunk import Trunk, arm_lines, paint_trunk
from rondo_training.phantom.vessels import CAVA, LEFT_BRACHIOCEPHALIC, LEFT_CAROTID, RIGHT_BRACHIOCEPHALIC, RIGHT_CAROTID, TRACHEA
from rondo_training.phantom.vessel_painting import paint_vessels
from rondo_training.phantom.vessels import draw_vessels

PAIRED = ("V_Brachioceph", "V_Subclavian", "A_Subclavian", "V_Axillary", "A_Axillary", "V_Jugular", "A_Carotid", "Round_V_Mammary",
          "Sternocleidomastoid", "Scalene_Ant")


def courses(seed: int):
    anatomy = draw_anatomy(seed)
    frame = Frame(anatomy)
    heart = HeartModel(anatomy, frame)
    tubes = great_vessels(anatomy, frame, heart)
    return anatomy, heart, tubes, draw_vessels(anatomy, frame, arm_lines(anatomy, frame), heart, tubes)


def painted(seed: int, spacing=(3.0, 3.0, 3.5)):
    """Canvas, chest and vessels from mid-heart to the neck."""
    anatomy = draw_anatomy(seed)
    low, high = np.array([-250.0, -190.0, 0.0]), np.array([250.0, 180.0, anatomy.apex_z + 85])
    canvas = Canvas(Grid(tuple(int(v) for v in np.ceil((high - low) / spacing)), spacing, tuple(low)), [[], [], []], 0.9)
    trunk = Trunk(canvas, anatomy, Frame(anatomy))
    paint_trunk(canvas, trunk)
    chest = Chest(canvas, trunk)
    paint_chest(canvas, chest)
    vessels = draw_vessels(anatomy, trunk.frame, trunk.arms, chest.heart, chest.tubes)
    paint_vessels(canvas, chest, vessels)
    return canvas, chest, vessels


@pytest.fixture(scope="module", params=(3, 10))
def phantom(request):
    return painted(request.param)


def millilitres(canvas: Canvas, name: str) -> float:
    return float(canvas.parts[name].sum() * np.prod(canvas.grid.spacing_mm) / 1000)


@pytest.mark.parametrize("seed", range(6))
def test_the_great_vessels_are_those_that_are_continued(seed):
    _, _, tubes, vessels = courses(seed)
    for index, side in ((RIGHT_BRACHIOCEPHALIC, -1), (LEFT_BRACHIOCEPHALIC, 1)):
        assert tubes[index].kind == "vein"
        assert np.linalg.norm(tubes[index].points[0] - tubes[CAVA].points[-1]) < 15
        assert np.array_equal(vessels.line("V_Brachioceph", side).points[-1], vessels.junctions[side])
    assert tubes[TRACHEA].kind == "airway" and tubes[TRACHEA].points[-1][2] > tubes[TRACHEA].points[0][2] + 60
    assert tubes[RIGHT_CAROTID].points[-1][0] < 0 < tubes[LEFT_CAROTID].points[-1][0]


@pytest.mark.parametrize("seed", (*range(12), 25, 37))
def test_courses_keep_their_order(seed):
    """Vein before artery at the first rib, jugular lateral to carotid, the axillary vein caudal to its artery."""
    anatomy, _, _, vessels = courses(seed)
    for side in (1, -1):
        vein, artery = vessels.line("V_Subclavian", side), vessels.line("A_Subclavian", side)
        x = anatomy.half_width * 0.5
        before, behind = (line.points[np.abs(np.abs(line.points[:, 0]) - x).argmin()] for line in (vein, artery))
        assert before[1] < behind[1] - 5
        assert vessels.line("V_Axillary", side).points[:6, 2].mean() < vessels.line("A_Axillary", side).points[:6, 2].mean()
        assert np.linalg.norm(vein.points[0] - vessels.junctions[side]) < 0.5, "the vein begins at the venous angle"
        medial = vein.points[np.abs(vein.points[:, 0]) < 0.45 * anatomy.half_width]
        assert medial[:, 2].min() > vessels.junctions[side][2] - 4, "and does not dip into the chest"
        jugular, carotid = vessels.line("V_Jugular", side), vessels.line("A_Carotid", side)
        assert side * jugular.points[-1, 0] > side * carotid.points[-1, 0] + carotid.radii[-1] + 2
        assert np.array_equal(vein.points[-1], vessels.line("V_Axillary", side).points[0])
        mammary = vessels.line("V_Mammary", side).points
        assert np.all(side * mammary[mammary[:, 2] < anatomy.height(0.75), 0] > 18)
    for line in vessels.lines.values():
        assert np.isfinite(line.points).all() and len(line.points) == len(line.radii)
        steps = np.linalg.norm(np.diff(line.points, axis=0), axis=1)
        assert steps.min() > 0.1


@pytest.mark.parametrize("seed", range(12))
def test_the_lad_runs_on_the_ventricles_towards_the_apex(seed):
    _, heart, _, vessels = courses(seed)
    line = vessels.line("A_LAD")
    along = (line.points - heart.centre) @ heart.axes[0]
    assert along[-1] > 35 * heart.size and along[-1] > along[0] + 30
    depth = [min(ellipsoid(*p, *heart.chambers[name], heart.axes) for name in ("lv", "rv")) for p in line.points[-4:]]
    assert max(depth) < 6
    assert 2.5 <= 2 * line.radii[0] <= 5 and 1.8 <= 2 * line.radii[-1]


def test_parts_lie_on_their_side_inside_the_skin_and_outside_the_lungs(phantom):
    canvas, chest, _ = phantom
    lungs = np.zeros(canvas.hu.shape, bool)
    lungs[chest.box] = chest.lungs < 0
    for name, part in canvas.parts.items():
        assert part.any() or name.startswith("Node"), name
        assert not (part & lungs).any(), name
        assert not (part & (chest.trunk.skin > -1)).any(), name
        if name.endswith(("_L", "_R")) and not name.startswith("V_Brachioceph"):
            x = canvas.x[part] * (1 if name.endswith("_L") else -1)
            assert x.size == 0 or x.mean() > 8, name
    assert {f"{name}_{side}" for name in PAIRED for side in "LR"} | {"Glnd_Thyroid", "A_LAD"} <= set(canvas.parts)


def test_volumes_are_human(phantom):
    canvas, _, _ = phantom
    assert 8 < millilitres(canvas, "Glnd_Thyroid") < 27
    assert 0.4 < millilitres(canvas, "A_LAD") < 4
    for side in "LR":
        assert 3 < millilitres(canvas, f"V_Axillary_{side}") < 20
        assert 4 < millilitres(canvas, f"V_Subclavian_{side}") < 20
        # From the neck to the sixth rib, 5 mm round artery and vein.
        assert 10 < millilitres(canvas, f"Round_V_Mammary_{side}") < 30


def test_the_grid_does_not_change_the_patient(phantom):
    coarse, chest, vessels = phantom
    fine, _, again = painted(chest.anatomy.seed, (2.6, 2.4, 3.0))
    assert all(np.array_equal(line.points, again.lines[key].points) for key, line in vessels.lines.items())
    for name in ("Glnd_Thyroid", "V_Jugular_L", "V_Axillary_R", "Sternocleidomastoid_R"):
        assert abs(millilitres(coarse, name) - millilitres(fine, name)) < 0.1 * millilitres(fine, name) + 0.3
