"""What Rondo cannot do is refused before anything is written, by name."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
import yaml
from rondo_training.runners import onnx_runner

from bundles import FEATURES, INFERER, NETWORK, POSTPROCESSING, PREPROCESSING, make_bundle
from rondo_convert import monai_bundle, nnunet, totalsegmentator
from rondo_convert.conversion import Mirroring, checked_identity
from rondo_convert.folder import network_tile, write_model
from rondo_convert.nnunet_folder import read_trained_folder
from rondo_convert.refusal import Refusal
from rondo_convert.structure_names import read_names, structures_of
from small_ct import CLASSES, small_ct
from trained_folders import INTENSITY, Recipe, make_trained_folder

SMALL = {"patch": (32, 24), "strides": ((1, 1), (2, 2)), "configuration": "2d", "mirrored": (0, 1)}
"""A recipe of which nothing takes long."""


def of_nnunet(folder, names=None, orientation=None, folds=("0",), data="synthetic", sides_swapped=False):
    trained = read_trained_folder(folder, None)
    return nnunet.convert(trained, checked_identity("one", "1.0.0", "none", data, folder), list(folds), names, orientation, sides_swapped)


@pytest.mark.parametrize(("recipe", "message"), [
    ({"dataset_more": {"channel_names": {"0": "CT", "1": "PET"}}}, "2 images (CT, PET)"),
    ({"configuration_more": {"previous_stage": "3d_lowres"}}, "second stage of a cascade"),
    ({"configuration_more": {"normalization_schemes": ["ZScoreNormalization"]}}, "ZScoreNormalization"),
    ({"configuration_more": {"preprocessor_name": "MyPreprocessor"}}, "MyPreprocessor"),
    ({"plans_more": {"image_reader_writer": "Tiff3DIO"}}, "Tiff3DIO"),
    ({"plans_more": {"transpose_forward": [2, 0, 1]}}, "slices across the x axis"),
    ({"dataset_more": {"numTraining": None}}, "numTraining is None"),
])
def test_nnunet_folders_that_rondo_cannot_run(recipe, message, tmp_path):
    with pytest.raises(Refusal, match=message.replace("(", r"\(").replace(")", r"\)")) as refused:
        of_nnunet(make_trained_folder(Recipe(**SMALL, **recipe), tmp_path))
    assert "  in: " in str(refused.value) and "  do: " in str(refused.value)


@pytest.fixture(scope="module")
def small_folder(tmp_path_factory):
    return make_trained_folder(Recipe(**SMALL), tmp_path_factory.mktemp("small"))


@pytest.mark.parametrize(("arguments", "message"), [
    ({"orientation": "XYZ"}, "orientation is 'XYZ'"), ({"folds": ["3"]}, "no final checkpoint"), ({"names": {"kidney": "Kidney_L"}}, "'kidney' does not exist; there are soft, bone, lung"),
])
def test_arguments_that_do_not_fit(small_folder, arguments, message):
    with pytest.raises(Refusal, match=message):
        of_nnunet(small_folder, **arguments)


def test_code_in_a_checkpoint_is_not_run(small_folder, tmp_path):
    class Code:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    path = tmp_path / "checkpoint_final.pth"
    torch.save({"network_weights": {}, "init_args": Code()}, path)
    from rondo_convert.nnunet_folder import read_checkpoint
    with pytest.raises(Refusal, match="cannot be read as tensors and plain values"):
        read_checkpoint(path)
    assert not (tmp_path / "ran").exists()


def test_manifest_card_and_network_of_nnunet(small_folder, tmp_path):
    out = tmp_path / "model"
    conversion = of_nnunet(small_folder, {"lung": "Lungs", "2": "Bones"}, "LAS")
    write_model(conversion, out)
    manifest = yaml.safe_load((out / "model.yaml").read_text())
    assert manifest["input"] == {
        "modality": "CT", "spacingMm": [1.5, 1.8, "image"], "orientation": "LAS", "axes": "zyx", "dimensions": 2, "patch": [24, 32, 1], "divisor": 1,
        "intensity": {"clipHu": [-905, 655], "meanHu": 12.5, "stdHu": 318.25}, "outsideHu": 12.5,
    }
    assert manifest["output"] == {"activation": "softmax", "decision": "argmax", "channels": 4, "structures": [{"name": "Lungs", "channels": [3]}, {"name": "Bones", "channels": [2]}]}
    assert manifest["inference"] == {"overlap": 0.5, "mirroring": True, "crop": "none", "tiling": "nnunet", "resampling": "nnunet"} and manifest["mirroring"] == {"axes": ["x", "y"], "swap": []}
    assert [file["name"] for file in manifest["files"]] == ["model.onnx", "parity.json"]
    card = (out / "card.md").read_text()
    assert card.startswith("# one 1.0.0\n") and manifest["files"][0]["sha256"] in card and "not for clinical use" in card
    assert json.loads((out / "parity.json").read_text())["patch"] == [24, 32, 1]
    tile = network_tile(small_ct()[0][20:21, :32, :24], conversion.grid)
    expected = (np.clip(small_ct()[0][20, :32, :24].astype(np.float32), INTENSITY["percentile_00_5"], INTENSITY["percentile_99_5"]) - INTENSITY["mean"]) / INTENSITY["std"]
    assert np.allclose(tile[0, 0], expected, atol=1e-6)
    with torch.inference_mode():
        logits = conversion.networks[0]().eval()(torch.from_numpy(tile)).numpy()
    assert np.abs(onnx_runner(out / "model.onnx")(tile) - logits).max() < 1e-4 * np.abs(logits).max()
    with pytest.raises(Refusal, match="not empty"):
        write_model(conversion, out)


@pytest.mark.parametrize("data", ["clinical", "synthetic", "unknown"])
def test_the_manifest_says_of_the_training_data_what_was_stated(small_folder, tmp_path, data):
    write_model(of_nnunet(small_folder, data=data), tmp_path / "model")
    assert yaml.safe_load((tmp_path / "model" / "model.yaml").read_text())["trainingData"]["kind"] == data
    assert f"Training data: {data}," in (tmp_path / "model" / "card.md").read_text()


def test_what_the_training_data_were_must_be_stated(small_folder, tmp_path):
    ended = run_command("nnunet", "--model", small_folder, "--name", "one", "--out", tmp_path / "model")
    assert ended.returncode == 2 and "--training-data" in ended.stderr and not (tmp_path / "model").exists()


SIDES = {"soft": "Body", "bone": "Lung_L", "lung": "Lung_R"}


def test_flips_of_a_network_that_tells_sides_apart(small_folder, tmp_path):
    plain = of_nnunet(small_folder, SIDES)
    assert plain.mirroring == Mirroring(("x", "y"), (), True) and "Lung_L, Lung_R" in plain.warnings[0]
    assert of_nnunet(small_folder).warnings == []
    swapped = of_nnunet(small_folder, SIDES, sides_swapped=True)
    assert swapped.mirroring == Mirroring(("x", "y"), (("Lung_L", "Lung_R"),), True) and swapped.warnings == []
    write_model(swapped, tmp_path / "model")
    assert yaml.safe_load((tmp_path / "model" / "model.yaml").read_text())["mirroring"] == {"axes": ["x", "y"], "swap": [["Lung_L", "Lung_R"]]}


@pytest.mark.parametrize(("label", "name"), [("lung_left", "Lung_R"), ("Left lung", "Lung_R"), ("kidney-r", "Kidney_L"), ("lung_left", "right lung")])
def test_a_name_of_the_other_side(label, name, tmp_path):
    with pytest.raises(Refusal, match=f"{label}.*{name}"):
        structures_of({label: 1}, {label: name}, False, tmp_path)
    with pytest.raises(Refusal, match=f"{label}.*{name}"):
        structures_of({label: 1}, {"1": name}, False, tmp_path)


@pytest.mark.parametrize(("label", "name"), [("lung_left", "Lung_L"), ("lung", "Lung_L"), ("lung_left", "Lungs"), ("left_right_crossing", "Crossing_L")])
def test_a_name_of_the_same_side_or_of_none(label, name, tmp_path):
    assert structures_of({label: 1}, {label: name}, False, tmp_path) == {name: [1]}


@pytest.mark.parametrize("text", ["heart: Heart\nlung: Lung_L\nlung: Lung_R\n", "1: Lung_L\n'1': Lung_R\n"])
def test_a_label_that_stands_twice_in_the_table(text, tmp_path):
    (tmp_path / "names.yaml").write_text(text)
    with pytest.raises(Refusal, match="twice"):
        read_names(tmp_path / "names.yaml")


def test_a_label_called_by_its_name_and_its_number(tmp_path):
    with pytest.raises(Refusal, match="twice"):
        structures_of({"lung": 1}, {"lung": "Lung_L", "1": "Lung_R"}, False, tmp_path)


@pytest.mark.parametrize(("names", "message"), [
    ({"bone": "Lung_L", "lung": "Lung_R"}, "3 labels became 2 structures"),
    ({"soft": "Lung_L", "bone": "Lung_L", "lung": "Lung_R"}, "3 labels became 2 structures"),
    ({"soft": "Body", "bone": "Lung_L", "lung": "Kidney_R"}, "Lung_L has no counterpart"),
    ({"soft": "Body", "bone": "lung left", "lung": "lung right"}, "lung left has no counterpart"),
])
def test_sides_that_cannot_change_places(small_folder, names, message):
    with pytest.raises(Refusal, match=message):
        of_nnunet(small_folder, names, sides_swapped=True)


def run_command(converter, *arguments):
    return subprocess.run([sys.executable, "-m", f"rondo_convert.{converter}", *arguments], capture_output=True, text=True, cwd=__file__.rsplit("/", 2)[0])


def test_a_refused_command_writes_nothing_and_shows_no_stack(small_folder, tmp_path):
    ended = run_command("nnunet", "--model", small_folder, "--training-data", "synthetic", "--name", "Not A Name", "--out", tmp_path / "model")
    assert ended.returncode == 1 and ended.stderr.startswith("Refused: The name is 'Not A Name'") and "Traceback" not in ended.stderr
    assert not (tmp_path / "model").exists()


def test_totalsegmentators_classes_by_name_and_by_number(tmp_path):
    recipe = {**SMALL, "labels": {"background": 0, "heart": 1, "lung_upper_lobe_left": 2, "lung_lower_lobe_left": 3}}
    trained = read_trained_folder(make_trained_folder(Recipe(**recipe), tmp_path / "names"), None)
    conversion = totalsegmentator.convert_network(trained, checked_identity("one", "1.0.0", "none", "clinical", tmp_path), ["0"])
    assert conversion.output.structures == {"Heart": [1], "Lung_L": [2, 3]} and conversion.grid.orientation == "RAS"
    assert conversion.tiling.overlap == 0.5 and conversion.mirroring == Mirroring(("x", "y"), (), False), "TotalSegmentator does not average over flips"
    with pytest.raises(Refusal, match="None of its 3 labels"):
        totalsegmentator.names_for(read_trained_folder(make_trained_folder(Recipe(**SMALL), tmp_path / "none"), None))
    assert {name for task in totalsegmentator.TASKS.values() for name in task.values()} == set(totalsegmentator.STRUCTURES)
    assert set(totalsegmentator.NETWORKS.values()) == set(totalsegmentator.TASKS)


@pytest.mark.parametrize(("data_set", "names", "overlap"), [
    ("Dataset293_TotalSegmentator_part3_cardiac_1559subj", {"class_1": "Heart", "class_2": "A_Aorta"}, 0.2),
    ("Dataset833_TotalSegmentator_part3_cardiac_1830subj", {"class_1": "Heart", "class_2": "A_Aorta"}, 0.2),
    ("Dataset836_TotalSegmentator_total_3mm_1559subj", {"class_1": "Spleen", "class_2": "Kidney_R", "class_3": "Kidney_L"}, 0.5),
    ("Dataset527_breasts_1559subj", {"class_1": "Breasts"}, 0.5),
    ("Dataset301_heart_highres_1559subj", {"class_2": "Atrium_L", "class_3": "Ventricle_L"}, 0.5),
])
def test_totalsegmentators_classes_by_number(tmp_path, data_set, names, overlap):
    numbered = {**SMALL, "mirrored": None, "labels": {"background": 0, "class_1": 1, "class_2": 2, "class_3": 3}, "plans_more": {"dataset_name": data_set}}
    trained = read_trained_folder(make_trained_folder(Recipe(**numbered), tmp_path), None)
    assert totalsegmentator.names_for(trained) == names
    conversion = totalsegmentator.convert_network(trained, checked_identity("one", "1.0.0", "none", "clinical", tmp_path), ["0"])
    assert conversion.tiling.overlap == overlap
    assert ["cut out around the heart" in warning for warning in conversion.warnings] == ([True] if "heart" in data_set else [])


def compose(*transforms):
    return {"_target_": "Compose", "transforms": list(transforms)}


def changed_transform(index, **more):
    return compose(*PREPROCESSING[:index], {**PREPROCESSING[index], **more}, *PREPROCESSING[index + 1 :])


def untrained():
    from monai.networks.nets import BasicUNet
    return BasicUNet(spatial_dims=3, in_channels=1, out_channels=len(CLASSES), features=FEATURES)


@pytest.mark.parametrize(("changed", "message"), [
    ({"preprocessing": compose(*PREPROCESSING, {"_target_": "CropForegroundd", "keys": "image"})}, "CropForegroundd before the network"),
    ({"preprocessing": compose(*PREPROCESSING[:4], {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": True})}, "NormalizeIntensityd takes mean and deviation of each image"),
    ({"preprocessing": compose(*(one for one in PREPROCESSING if one["_target_"] != "Orientationd"))}, "There is no Orientationd"),
    ({"preprocessing": changed_transform(2, axcodes="LPS", as_closest_canonical=True)}, "Orientationd has as_closest_canonical = True"),
    ({"preprocessing": changed_transform(2, labels=[["R", "L"], ["A", "P"], ["S", "I"]])}, "Orientationd has labels ="),
    ({"preprocessing": changed_transform(2, axes="LPS")}, "Orientationd has axes = 'LPS'"),
    ({"preprocessing": changed_transform(3, diagonal=True)}, "Spacingd has diagonal = True"),
    ({"preprocessing": changed_transform(3, min_pixdim=[1, 1, 1])}, "Spacingd has min_pixdim ="),
    ({"preprocessing": changed_transform(4, factor=2)}, "ScaleIntensityRanged has factor = 2"),
    ({"preprocessing": changed_transform(2, _disabled_=True)}, "There is no Orientationd"),
    ({"postprocessing": compose(POSTPROCESSING[0], {"_target_": "KeepLargestConnectedComponentd", "keys": "pred"})}, "KeepLargestConnectedComponentd after the network"),
    ({"inferer": {"_target_": "SimpleInferer"}}, "The inferer is SimpleInferer"),
    ({"inferer": {**INFERER, "roi_size": [32, -1, 32]}}, "roi_size"),
    ({"inferer": {**INFERER, "roi_size": "$[96] * 3"}}, "expressions are code"),
    ({"network_def": {**NETWORK, "_target_": "scripts.MyNet"}}, "scripts.MyNet"),
])
def test_bundles_that_rondo_cannot_run(changed, message, tmp_path):
    with pytest.raises(Refusal, match=message.replace("$", r"\$").replace("[", r"\[").replace("*", r"\*")):
        of_bundle(make_bundle(tmp_path / "bundle", untrained(), **changed))


def of_bundle(folder, left_out=()):
    return monai_bundle.convert(folder, checked_identity("one", "1.0.0", "none", "synthetic", folder), monai_bundle.read_metadata(folder), None, 12, set(left_out))


def test_defaults_that_a_bundle_writes_out(tmp_path):
    written_out = compose(
        *PREPROCESSING[:2], {**PREPROCESSING[2], "labels": [["L", "R"], ["P", "A"], ["I", "S"]], "as_closest_canonical": False, "allow_missing_keys": False, "lazy": False},
        {**PREPROCESSING[3], "diagonal": False, "min_pixdim": None, "dtype": "float64"}, {**PREPROCESSING[4], "dtype": "float32", "_desc_": "HU"}, PREPROCESSING[5],
    )
    assert of_bundle(make_bundle(tmp_path / "bundle", untrained(), preprocessing=written_out)).grid == of_bundle(make_bundle(tmp_path / "plain", untrained())).grid


def test_grid_and_intensities_of_a_bundle(tmp_path):
    bundle = make_bundle(tmp_path / "bundle", untrained(), patch=[32, 16, 48], inferer={**INFERER, "roi_size": "@patch"},
                         preprocessing=compose(*PREPROCESSING, {"_target_": "CropForegroundd", "keys": "image"}))
    conversion = of_bundle(bundle, ["CropForegroundd"])
    grid = conversion.grid
    assert (grid.patch, grid.orientation, grid.axes, grid.divisor) == ((32, 16, 48), "RAS", "xyz", 16)
    assert (grid.intensity.low, grid.intensity.high, grid.intensity.mean, grid.intensity.std, grid.outside_hu) == (-900, 700, -900, 1600, -900)
    assert any("CropForegroundd" in note for note in conversion.notes)
    assert conversion.output.structures == {"soft": [1], "bone": [2], "lung": [3]}
