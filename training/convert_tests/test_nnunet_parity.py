"""The same CT through nnU-Net and, converted, through Rondo: the same labels."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from by_nnunet import converted, in_32_bit, in_process
from compared import compare, labels_of, rondo_masks
from small_ct import CLASSES, read_labels, small_ct
from trained_folders import Recipe, make_trained_folder

PREDICT = Path(sys.executable).parent / "nnUNetv2_predict_from_modelfolder"

REGIONS = {"background": 0, "body": [1, 2, 3], "hard_or_air": [2, 3], "lung": 3}


def start_command(trained: Path, nifti: Path, folder: Path, folds: list[str], *options: str) -> subprocess.Popen:
    """The command that users of nnU-Net run, begun: it takes half a minute, most of it for starting."""
    folder.mkdir()
    settings = {"nnUNet_raw": str(folder), "nnUNet_preprocessed": str(folder), "nnUNet_results": str(folder), "nnUNet_def_n_proc": "1"}
    return subprocess.Popen(
        [PREDICT, "-i", nifti.parent, "-o", folder, "-m", trained, "-f", *folds, "-device", "cpu", "-npp", "1", "-nps", "1", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **settings},
    )


@pytest.fixture(scope="module", autouse=True)
def two_folds(ct_files, tmp_path_factory):
    """Two folds, converted; and what the command makes of them with and without mirroring, begun before all other tests of this file."""
    folder = tmp_path_factory.mktemp("folds")
    trained = make_trained_folder(Recipe(folds=2), folder)
    commands = {mirroring: start_command(trained, ct_files.nifti, folder / f"mirroring-{mirroring}", ["0", "1"], *([] if mirroring else ["--disable_tta"])) for mirroring in (True, False)}
    try:
        yield trained, converted(trained, folder / "model", ["0", "1"]), commands
    finally:
        for command in commands.values():
            command.kill()
            command.wait()


def test_slices_in_2d(ct_files, tmp_path):
    trained = make_trained_folder(Recipe(patch=(48, 40), strides=((1, 1), (2, 2), (2, 2)), configuration="2d", mirrored=(0, 1)), tmp_path)
    masks = rondo_masks(converted(trained, tmp_path / "model", ["0"]), ct_files.dicom, tmp_path)
    compare(labels_of(masks), *(run(trained, small_ct()[0]) for run in (in_process, in_32_bit)))


def test_overlapping_regions_with_a_tile_larger_than_the_ct(ct_files, tmp_path):
    recipe = Recipe(patch=(24, 60, 36), labels=REGIONS, regions_order=(1, 2, 3), mirrored=None)
    trained = make_trained_folder(recipe, tmp_path)
    masks = rondo_masks(converted(trained, tmp_path / "model", ["0"]), ct_files.dicom, tmp_path)
    painted = np.zeros(small_ct()[0].shape, np.uint8)
    for value, mask in zip(recipe.regions_order, masks.values()):
        painted[mask] = value
    compare(painted, *(run(trained, small_ct()[0]) for run in (in_process, in_32_bit)))


def test_images_turned_to_the_right_and_the_front(ct_files, tmp_path):
    """TotalSegmentator's case: RAS and no mirroring; here with axes in another order too."""
    recipe = Recipe(architecture="ResidualEncoderUNet", turned=True, mirrored=None, trainer="nnUNetTrainerNoMirroring", transpose=(1, 0, 2), patch=(40, 24, 36), strides=((1, 1, 1), (2, 2, 2), (2, 1, 2)))
    trained = make_trained_folder(recipe, tmp_path)
    turned = np.ascontiguousarray(small_ct()[0][:, ::-1, ::-1])
    masks = rondo_masks(converted(trained, tmp_path / "model", ["0"], "RAS"), ct_files.dicom, tmp_path)
    compare(labels_of(masks), *(run(trained, turned)[:, ::-1, ::-1] for run in (in_process, in_32_bit)))


def test_the_product_verifies_what_was_converted(two_folds):
    rondo = Path(__file__).parents[2] / "dist/cli/rondo.js"
    ended = subprocess.run(["node", rondo, "models", "verify", two_folds[1], "--json"], capture_output=True, text=True)
    assert [check["check"] for check in json.loads(ended.stdout)["models"][0]["checks"] if check["result"] != "ok"] == [], ended.stdout
    assert ended.returncode == 0


@pytest.mark.parametrize("mirroring", [True, False])
def test_two_folds_in_3d(two_folds, ct_files, mirroring, tmp_path):
    trained, model, commands = two_folds
    if not mirroring:
        model = shutil.copytree(model, tmp_path / "model")
        manifest = (model / "model.yaml").read_text()
        (model / "model.yaml").write_text(manifest.replace("mirroring: true", "mirroring: false"))
    masks = rondo_masks(model, ct_files.dicom, tmp_path)
    assert list(masks) == list(CLASSES[1:])
    assert commands[mirroring].wait() == 0
    compare(labels_of(masks), read_labels(trained.parent / f"mirroring-{mirroring}" / "ct.nii.gz"), in_32_bit(trained, small_ct()[0], (0, 1), mirroring))
