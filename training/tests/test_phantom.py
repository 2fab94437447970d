"""Phantoms: sides, labels, determinism, files."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from rondo_training.phantom import Grid, Scan, make_case
from rondo_training.phantom.anatomy import draw_anatomy
from rondo_training.phantom.scan import draw_quality
from rondo_training.phantom.files import write_case
from rondo_training.tasks import OAR_THORAX, OUTSIDE

SEEDS = (3, 900_001)
CLASSES = len(OAR_THORAX.classes)
BODY, HEART, LUNG_L, LUNG_R, SPINAL_CORD = map(OAR_THORAX.index, ("Body", "Heart", "Lung_L", "Lung_R", "SpinalCord"))


def organs(case):
    return case.labels[OAR_THORAX.name]


def whole_chest(seed: int, spacing=(5.0, 4.5, 6.0)):
    """A coarse scan of everything from the abdomen to the neck, with unequal spacings and extents."""
    anatomy = draw_anatomy(seed)
    low, high = np.array([-270.0, -250.0, -150.0]), np.array([270.0, 230.0, anatomy.apex_z + 60])
    size = tuple(int(v) for v in np.ceil((high - low) / spacing))
    return make_case(seed, "ct", anatomy, Scan(Grid(size, spacing, tuple(low)), draw_quality(seed, "good", spacing[2])))


@pytest.fixture(scope="module", params=SEEDS)
def case(request):
    return whole_chest(request.param)


def centre_mm(case, value):
    index = np.argwhere(organs(case) == value).mean(0)[::-1]
    return np.array(case.scan.grid.origin_mm) + index * case.scan.grid.spacing_mm


def test_left_is_at_positive_x_and_the_cord_is_posterior(case):
    left, right, heart, cord = (centre_mm(case, v) for v in (LUNG_L, LUNG_R, HEART, SPINAL_CORD))
    assert left[0] > 40 and right[0] < -40
    assert right[0] < heart[0] < left[0]
    assert heart[0] > 0, "the heart lies to the left of the midline"
    assert cord[1] > heart[1] + 40


def test_volumes_are_human(case):
    millilitres = np.bincount(organs(case).ravel(), minlength=CLASSES) * np.prod(case.scan.grid.spacing_mm) / 1000
    assert 250 < millilitres[HEART] < 1400, "from a small heart to a dilated one"
    assert 500 < millilitres[LUNG_L] < 4000 and 500 < millilitres[LUNG_R] < 4000
    assert 8 < millilitres[SPINAL_CORD] < 60
    assert millilitres[BODY] > 5000


def test_the_oesophagus_runs_from_the_neck_to_the_stomach_behind_the_trachea(case):
    labels, (left, posterior, up) = organs(case), case.scan.grid.spacing_mm
    oesophagus, trachea = (labels == OAR_THORAX.index(name) for name in ("Esophagus", "Trachea"))
    slices = np.flatnonzero(oesophagus.any((1, 2)))
    assert (np.diff(slices) == 1).all(), "in one piece"
    from_apex = case.scan.grid.origin_mm[2] + slices * up - case.anatomy.apex_z
    # The cricoid is drawn 36 to 44 mm over the apex; warps move it by up to a centimetre and a half.
    assert 25 < from_apex[-1] < 60 and from_apex[0] < -100
    beside = [k for k in slices[from_apex > -30] if trachea[k].any()]
    assert len(beside) > 5
    for k in beside:
        (y, x), (airway_y, airway_x) = (np.argwhere(part[k]).mean(0) for part in (oesophagus, trachea))
        assert 8 < (y - airway_y) * posterior < 25 and abs(x - airway_x) * left < 14


def test_tissues_have_their_hu(case):
    mean = {v: case.hu[organs(case) == v].mean() for v in (OUTSIDE, HEART, LUNG_L, LUNG_R, SPINAL_CORD)}
    assert mean[OUTSIDE] < -900
    assert mean[LUNG_L] < -600 and mean[LUNG_R] < -600
    assert mean[HEART] > 0 and mean[SPINAL_CORD] > 0


def test_organs_lie_within_the_body(case):
    """No organ touches the air round the patient; a breast begins 5 mm under the skin, which is less than a voxel here."""
    inner = (organs(case) >= HEART) & ~np.isin(organs(case), [OAR_THORAX.index("Breast_L"), OAR_THORAX.index("Breast_R")])
    outside = organs(case) == OUTSIDE
    for axis in (0, 1, 2):
        a, b = np.moveaxis(inner, axis, 0), np.moveaxis(outside, axis, 0)
        assert not (a[1:] & b[:-1]).any() and not (a[:-1] & b[1:]).any()


def test_a_seed_gives_the_same_case_and_another_seed_another():
    first, again, other = whole_chest(5), whole_chest(5), whole_chest(6)
    assert np.array_equal(first.hu, again.hu) and np.array_equal(organs(first), organs(again))
    assert organs(first).shape != organs(other).shape or not np.array_equal(organs(first), organs(other))


def test_the_grid_does_not_change_the_anatomy():
    """Volumes on two grids agree: shapes and warps live in patient space."""
    coarse, fine = whole_chest(3), whole_chest(3, (4.0, 4.0, 4.0))
    for value in (HEART, LUNG_L, LUNG_R):
        a, b = ((organs(c) == value).sum() * np.prod(c.scan.grid.spacing_mm) for c in (coarse, fine))
        assert abs(a - b) / b < 0.03


def test_case_folders_keep_geometry_and_voxels(case, tmp_path):
    write_case(case, tmp_path / "case", "case")
    ct, labels = (sitk.ReadImage(str(tmp_path / "case" / name)) for name in ("ct.nii.gz", "oar-thorax.nii.gz"))
    grid = case.scan.grid
    assert ct.GetSize() == grid.size and ct.GetPixelIDTypeAsString() == "16-bit signed integer"
    assert np.allclose(ct.GetSpacing(), grid.spacing_mm) and np.allclose(ct.GetOrigin(), grid.origin_mm, atol=1e-3)
    assert np.allclose(ct.GetDirection(), np.eye(3).ravel())
    corner = (grid.size[0] - 1, 0, grid.size[2] - 1)
    expected = [o + i * s for o, i, s in zip(grid.origin_mm, corner, grid.spacing_mm)]
    assert np.allclose(labels.TransformIndexToPhysicalPoint(corner), expected, atol=1e-2)
    assert np.array_equal(sitk.GetArrayFromImage(labels), organs(case))
    record = json.loads((tmp_path / "case" / "phantom.json").read_text())
    assert record["format"] == "rondo-phantom/2"
    assert record["labels"][0]["structures"]["External"] == list(range(1, CLASSES))
