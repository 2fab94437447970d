"""The same CT through nnU-Net and, converted, through Rondo: the same labels."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

from compared import compare, rondo_masks
from rondo_convert import nnunet
from rondo_convert.nnunet_folder import read_trained_folder
from rondo_convert.conversion import checked_identity
from rondo_convert.folder import write_model
from small_ct import CLASSES, SPACING_XYZ, small_ct
from trained_folders import Recipe, make_trained_folder

PREDICT = Path(sys.executable).parent / "nnUNetv2_predict_from_modelfolder"

REGIONS = {"background": 0, "body": [1, 2, 3], "hard_or_air": [2, 3], "lung": 3}


def converted(trained: Path, out: Path, folds: list[str], orientation: str | None = None, mirroring: bool = True) -> Path:
    read = read_trained_folder(trained, None)
    write_model(nnunet.convert(read, checked_identity("parity", "1.0.0", "none", trained), folds, None, orientation), out)
    if not mirroring:
        manifest = out / "model.yaml"
        manifest.write_text(manifest.read_text().replace("mirroring: true", "mirroring: false"))
    return out


def by_command(trained: Path, nifti: Path, folder: Path, folds: list[str], *options: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels [z, y, x] and probabilities of the command that users of nnU-Net run."""
    settings = {"nnUNet_raw": str(folder), "nnUNet_preprocessed": str(folder), "nnUNet_results": str(folder), "nnUNet_def_n_proc": "1"}
    subprocess.run(
        [PREDICT, "-i", nifti.parent, "-o", folder, "-m", trained, "-f", *folds, "-device", "cpu", "-npp", "1", "-nps", "1", "--save_probabilities", *options],
        check=True, capture_output=True, env={**os.environ, **settings},
    )
    return sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "ct.nii.gz"))), np.load(folder / "ct.npz")["probabilities"]


def in_process(trained: Path, hu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same class that the command runs, without its start of half a minute: HU [z, y, x] to labels and probabilities."""
    predictor = nnUNetPredictor(device=torch.device("cpu"), allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(trained), [0])
    return predictor.predict_single_npy_array(hu[None].astype(np.float32), {"spacing": list(SPACING_XYZ[::-1])}, save_or_return_probabilities=True)


def labels_of(masks: dict[str, np.ndarray]) -> np.ndarray:
    """Masks of disjoint structures as labels in their order, 0 outside all."""
    stack = np.stack(list(masks.values()))
    assert stack.sum(0).max() <= 1, "the most probable class is one"
    return (stack * np.arange(1, len(stack) + 1, dtype=np.uint8)[:, None, None, None]).sum(0)


@pytest.fixture(scope="module")
def two_folds(tmp_path_factory):
    return make_trained_folder(Recipe(folds=2), tmp_path_factory.mktemp("folds"))


@pytest.mark.parametrize("mirroring", [True, False])
def test_two_folds_in_3d(two_folds, ct_files, mirroring, tmp_path, record_property):
    expected, probabilities = by_command(two_folds, ct_files.nifti, tmp_path, ["0", "1"], *([] if mirroring else ["--disable_tta"]))
    masks = rondo_masks(converted(two_folds, tmp_path / "model", ["0", "1"], mirroring=mirroring), ct_files.dicom, tmp_path)
    assert list(masks) == list(CLASSES[1:])
    compare(labels_of(masks), expected, probabilities, record_property)


def test_slices_in_2d(ct_files, tmp_path, record_property):
    recipe = Recipe(patch=(40, 32), strides=((1, 1), (2, 2), (2, 2)), configuration="2d", mirrored=(0, 1))
    trained = make_trained_folder(recipe, tmp_path)
    expected, probabilities = in_process(trained, small_ct()[0])
    compare(labels_of(rondo_masks(converted(trained, tmp_path / "model", ["0"]), ct_files.dicom, tmp_path)), expected, probabilities, record_property)


def test_overlapping_regions_with_a_tile_larger_than_the_ct(ct_files, tmp_path, record_property):
    recipe = Recipe(patch=(24, 60, 36), labels=REGIONS, regions_order=(1, 2, 3), mirrored=None)
    trained = make_trained_folder(recipe, tmp_path)
    expected, probabilities = in_process(trained, small_ct()[0])
    masks = rondo_masks(converted(trained, tmp_path / "model", ["0"]), ct_files.dicom, tmp_path)
    painted = np.zeros(expected.shape, np.uint8)
    for value, mask in zip(recipe.regions_order, masks.values()):
        painted[mask] = value
    compare(painted, expected, probabilities, record_property, regions=True)


def test_images_turned_to_the_right_and_the_front(ct_files, tmp_path, record_property):
    """TotalSegmentator's case: RAS and no mirroring; here with axes in another order too."""
    recipe = Recipe(architecture="ResidualEncoderUNet", turned=True, mirrored=None, trainer="nnUNetTrainerNoMirroring", transpose=(1, 0, 2), patch=(40, 24, 36), strides=((1, 1, 1), (2, 2, 2), (2, 1, 2)))
    trained = make_trained_folder(recipe, tmp_path)
    turned = small_ct()[0][:, ::-1, ::-1]
    expected, probabilities = in_process(trained, np.ascontiguousarray(turned))
    masks = rondo_masks(converted(trained, tmp_path / "model", ["0"], "RAS"), ct_files.dicom, tmp_path)
    compare(labels_of(masks), expected[:, ::-1, ::-1], probabilities[:, :, ::-1, ::-1], record_property)


def test_the_product_verifies_what_was_converted(two_folds, tmp_path):
    converted(two_folds, tmp_path / "model", ["0", "1"])
    rondo = Path(__file__).parents[2] / "dist/cli/rondo.js"
    ended = subprocess.run(["node", rondo, "models", "verify", tmp_path / "model", "--json"], capture_output=True, text=True)
    assert [check["check"] for check in json.loads(ended.stdout)["models"][0]["checks"] if check["result"] != "ok"] == [], ended.stdout
    assert ended.returncode == 0


