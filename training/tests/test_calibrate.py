"""Offsets of the last layer: chosen by overlap, on validation phantoms alone, alike on both sides."""

import json

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from rondo_training import calibrate as module
from rondo_training.calibrate import HEAD, MOST, OFFSETS, calibrate, choose_offsets, overlap_curve
from rondo_training.checkpoint import load_checkpoint, save_checkpoint, shape_record
from rondo_training.inference import segment
from rondo_training.metrics import dice
from rondo_training.network import ResSEUNet, Shape
from rondo_training.preprocessing import normalise
from rondo_training.tasks import CTV_BREAST, CTV_NODES

L1, R1 = CTV_NODES.index("CTVn_L1_L"), CTV_NODES.index("CTVn_L1_R")
# In this image level 1 is where the HU are above 0.
TIMID = 0.8


def timid_run(image: np.ndarray) -> np.ndarray:
    """Sees level 1 of both sides where it is, and marks it only where the logit is `TIMID` above what it should be."""
    logits = np.full((1, len(CTV_NODES.classes), *image.shape[2:]), -20, np.float32)
    logits[:, 0] = 0
    middle = image.shape[-1] // 2
    value = (image[:, 0] - normalise(np.zeros(1, np.float32))[0]) * 12 - TIMID
    logits[:, L1, ..., middle:], logits[:, R1, ..., :middle] = value[..., middle:], value[..., :middle]
    return logits


@pytest.fixture
def cases(tmp_path):
    """One phantom folder of the validation range with a ball on each side, 20 HU a millimetre inwards from its surface."""
    folder = tmp_path / "cases" / "case-800000"
    folder.mkdir(parents=True)
    z, y, x = np.meshgrid(*(np.arange(n) * 3.0 for n in (24, 24, 60)), indexing="ij")
    depth = np.maximum(*(18 - np.sqrt((z - 36) ** 2 + (y - 36) ** 2 + (x - centre) ** 2) for centre in (40, 140)))
    labels = np.where(depth > 0, np.where(x > 90, L1, R1), 0).astype(np.uint8)
    for name, volume in (("ct", np.clip(20 * depth, -1000, 1000).astype(np.int16)), (CTV_NODES.name, labels)):
        image = sitk.GetImageFromArray(volume)
        image.SetSpacing((3.0, 3.0, 3.0))
        sitk.WriteImage(image, str(folder / f"{name}.nii.gz"))
    (folder / "phantom.json").write_text(json.dumps({"seed": 800_000}))
    return folder.parent


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(2)
    model = ResSEUNet(Shape(len(CTV_NODES.classes), (4, 8, 8, 8, 8)))
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, tasks=[CTV_NODES.name], shape=shape_record(model.shape), step=1, elapsed_s=1.0, origin="", cases=1,
                    model=model.state_dict(), average=model.state_dict(), optimizer={})
    return path


def test_the_curve_is_the_overlap_at_each_offset():
    rng = np.random.default_rng(3)
    field, others, truth = rng.random((9, 11, 13)), rng.random((9, 11, 13)), rng.random((9, 11, 13)) < 0.3
    others[0] = 0
    for offset, value in zip(OFFSETS, overlap_curve(field, others, truth)):
        assert value == pytest.approx(dice(field * np.exp(offset) > others, truth), abs=1e-9)


def test_both_sides_get_one_offset_and_what_is_no_structure_none():
    peak = lambda at: np.exp(-((OFFSETS - at) ** 2))
    task = CTV_BREAST
    left, right, implant = task.index("CTVp_Breast_L"), task.index("CTVp_Breast_R"), task.index("Implant_L")
    offsets = choose_offsets({left: [peak(0.2)], right: [peak(0.6)], implant: [peak(1)]}, task)
    assert offsets[left] == offsets[right] == pytest.approx(0.4, abs=0.03)
    assert np.count_nonzero(offsets) == 2
    assert choose_offsets({left: [peak(9)]}, task)[left] == pytest.approx(MOST)


def test_a_network_that_marks_too_little_is_calibrated_to_the_truth(cases, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "torch_runner", lambda *_: timid_run)
    image = sitk.ReadImage(str(cases / "case-800000" / "ct.nii.gz"), sitk.sitkFloat32)
    truth = sitk.GetArrayFromImage(sitk.ReadImage(str(cases / "case-800000" / f"{CTV_NODES.name}.nii.gz"))) == L1
    out = tmp_path / "calibrated.pt"
    offsets = calibrate(checkpoint, CTV_NODES, cases, out)
    assert offsets[L1] == offsets[R1] == pytest.approx(TIMID, abs=0.3)
    assert np.count_nonzero(offsets) == 2

    calibrated = lambda tile: timid_run(tile) + offsets.reshape(1, -1, 1, 1, 1)
    before, after = (dice(segment(image, run) == L1, truth) for run in (timid_run, calibrated))
    assert after > before + 0.02

    old, new = load_checkpoint(checkpoint), load_checkpoint(out)
    assert torch.equal(new["average"][HEAD], old["average"][HEAD] + torch.from_numpy(offsets))
    assert all(torch.equal(new["average"][name], value) for name, value in old["average"].items() if name != HEAD)
    assert new["calibrated"] == 1 and "calibrated" not in old
    with pytest.raises(ValueError, match="calibrated already"):
        calibrate(out, CTV_NODES, cases, tmp_path / "again.pt")


def test_what_is_locked_must_not_choose(cases, checkpoint, tmp_path):
    (cases / "case-800000" / "phantom.json").write_text(json.dumps({"seed": 900_000}))
    with pytest.raises(ValueError, match="seed 900000 is not for validation"):
        calibrate(checkpoint, CTV_NODES, cases, tmp_path / "x.pt")
    with pytest.raises(ValueError, match="holds no phantoms"):
        calibrate(checkpoint, CTV_NODES, tmp_path / "nothing", tmp_path / "x.pt")
    with pytest.raises(ValueError, match="is of ctv-nodes"):
        (cases / "case-800000" / "phantom.json").write_text(json.dumps({"seed": 800_000}))
        calibrate(checkpoint, CTV_BREAST, cases, tmp_path / "x.pt")
