"""Lymph node stations: where the guideline puts them, on both sides."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt, label

from rondo_training.phantom import make_case
from rondo_training.phantom.case import finer_labels
from rondo_training.phantom.grid import Grid
from rondo_training.phantom.anatomy import draw_anatomy
from rondo_training.phantom.scan import Scan, draw_quality
from rondo_training.phantom.stations import MARGIN_MM
from rondo_training.tasks import CTV_NODES, OAR_THORAX

SPACING = (2.5, 2.5, 3.0)
# Women with raised arms: lean with contrast, average, obese.
SEEDS = (800_027, 800_041, 800_025)


@pytest.fixture(scope="module", params=SEEDS)
def case(request):
    anatomy = draw_anatomy(request.param)
    assert anatomy.female and anatomy.arms_up
    low, high = (-250.0, -200.0, -20.0), (250.0, 190.0, anatomy.apex_z + 60)
    size = tuple(int((b - a) / s) for a, b, s in zip(low, high, SPACING))
    return make_case(request.param, "ct", anatomy, Scan(Grid(size, SPACING, low), draw_quality(request.param, "good", SPACING[2])))


def station(case, name: str, side: str) -> np.ndarray:
    return case.labels[CTV_NODES.name] == CTV_NODES.index(f"CTVn_{name}_{side}")


def lateral_mm(case, mask: np.ndarray, side: str) -> float:
    return (1 if side == "L" else -1) * float(case.scan.grid.axis(0)[np.nonzero(mask)[2]].mean())


@pytest.mark.parametrize("side", "LR")
def test_stations_have_the_volume_of_clinics(case, side):
    millilitres = float(np.prod(SPACING)) / 1000
    for name, (least, most) in {"L1": (15, 80), "L2": (5, 35), "L3": (4, 30), "L4": (5, 35), "Interpec": (1.5, 20), "IMN": (2, 15)}.items():
        assert least < station(case, name, side).sum() * millilitres < most, name


@pytest.mark.parametrize("side", "LR")
def test_stations_follow_each_other_from_the_armpit_to_the_neck(case, side):
    places = [lateral_mm(case, station(case, name, side), side) for name in ("L1", "L2", "L3", "L4")]
    assert places == sorted(places, reverse=True) and places[-1] > 15
    front = [np.nonzero(station(case, name, side))[1].mean() for name in ("Interpec", "L2")]
    assert front[0] < front[1], "pectoralis minor lies between them"


def test_no_station_has_islands(case):
    for value, name in enumerate(CTV_NODES.classes):
        if name.startswith("CTVn"):
            sizes = np.bincount(label(case.labels[CTV_NODES.name] == value, np.ones((3, 3, 3)))[0].ravel())[1:]
            # Breathing and the field of view cut what was whole: a few voxels.
            assert sizes.min() * float(np.prod(SPACING)) / 1000 >= (0.07 if "IMN" in name else 0.2), name


def test_where_the_pectoralis_minor_ends_early_level_1_stays_in_its_axilla():
    """On lean ribs the minor is not drawn as far down as level 1 reaches; its edge bounds the station there too."""
    lean = make_case(407, "training")
    for side in "LR":
        mask = lean.labels[CTV_NODES.name] == CTV_NODES.index(f"CTVn_L1_{side}")
        x = np.nonzero(mask.any((0, 1)))[0] * lean.scan.grid.spacing_mm[0]
        assert 20 < np.ptp(x) < 100, side
        assert label(mask, np.ones((3, 3, 3)))[1] == 1, side


@pytest.mark.parametrize("side", "LR")
def test_the_internal_mammary_station_begins_where_level_4_ends(case, side):
    slices = {name: np.nonzero(station(case, name, side).any((1, 2)))[0] for name in ("IMN", "L4")}
    assert abs(slices["L4"].min() - slices["IMN"].max()) <= 2


def test_stations_keep_off_skin_and_lung(case):
    nodes, organs = (case.labels[task.name] for task in (CTV_NODES, OAR_THORAX))
    inside = distance_transform_edt(organs != 0, sampling=SPACING[::-1])
    # Half a voxel of rounding, at most its diagonal.
    assert inside[nodes != 0].min() > MARGIN_MM - 2.5
    lungs = np.isin(organs, [OAR_THORAX.index("Lung_L"), OAR_THORAX.index("Lung_R")])
    assert not (lungs & (nodes != 0)).any()


def test_stations_are_as_large_on_every_grid(case):
    """A margin measured from the centres of a vein's voxels is the smaller the coarser they are: L3 lost a fifth."""
    finer = finer_labels(case)[CTV_NODES.name]
    for name in ("L1", "L2", "L3", "L4", "Interpec", "IMN"):
        # Borders that lie between two slices make one side larger and the other smaller.
        own = sum(station(case, name, side).sum() for side in "LR")
        fine = sum((finer == CTV_NODES.index(f"CTVn_{name}_{side}")).sum() for side in "LR") / 8
        # The interpectoral sheet is hardly thicker than what rounding leaves out.
        assert own == pytest.approx(fine, rel=0.1 if name == "Interpec" else 0.06), name
