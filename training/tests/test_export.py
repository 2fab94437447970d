"""What an export writes: half the size at no cost, vectors for other runtimes, manifest and card that agree."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from rondo_training import half_precision
from rondo_training.accuracy import write_accuracy
from rondo_training.checkpoint import averaged_model
from rondo_training.export import export_model, export_onnx, file_record
from rondo_training.half_precision import halve
from rondo_training.manifest import card_end, manifest_end
from rondo_training.network import ResSEUNet, Shape
from rondo_training.parity import largest_difference, parity_record, sample_positions, tile_hu
from rondo_training.preprocessing import normalise
from rondo_training.runners import onnx_runner
from rondo_training.tasks import CTV_BREAST
from rondo_training.train import Plan, Trainer
from rondo_training.weights import load_onnx_weights

RONDO = Path(__file__).parents[2] / "dist/cli/rondo.js"
SIZE_XYZ = (48, 32, 64)
WIDTHS = (8, 16, 24, 24)


@pytest.fixture()
def network(tmp_path):
    torch.manual_seed(5)
    model = ResSEUNet(Shape(6, (12, 32, 64))).eval()
    path = tmp_path / "model.onnx"
    export_onnx(model, path)
    return model, path


@pytest.fixture()
def undecided(monkeypatch):
    """What has learnt nothing has nearly equal logits, so that rounding changes more of its classes than of a trained network's."""
    monkeypatch.setattr(half_precision, "MOST_CHANGED", 0.02)


def tile():
    return normalise(tile_hu(SIZE_XYZ))[None, None]


def test_kernels_are_stored_as_float16_and_read_back_by_their_names(network, undecided):
    model, path = network
    whole, logits = path.stat().st_size, onnx_runner(path)(tile())
    assert halve(path, tile()) == "float16" and path.stat().st_size < 0.6 * whole
    assert [f.name for f in path.parent.iterdir()] == ["model.onnx"]
    found = onnx_runner(path)(tile())
    assert found.dtype == np.float32 and np.abs(found - logits).max() < 5e-3 * np.abs(logits).max()
    weights = load_onnx_weights(path)
    for name, kernel in model.state_dict().items():
        if name in weights:
            assert weights[name].dtype == torch.float32
            assert torch.equal(weights[name], kernel.half().float() if kernel.ndim > 1 else kernel)


def test_the_halved_file_has_a_cast_a_kernel_and_otherwise_the_same_nodes(network, undecided):
    _, path = network
    before = [n.op_type for n in onnx.load(str(path)).graph.node]
    halve(path, tile())
    graph = onnx.load(str(path)).graph
    kernels = [t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT16]
    assert [n.op_type for n in graph.node] == ["Cast"] * len(kernels) + before
    assert len(kernels) > 10 and all(len(t.dims) > 1 for t in kernels)


@pytest.mark.parametrize("cause", ["strict", "overflow"])
def test_float32_stays_where_float16_costs_something(network, cause, monkeypatch, capsys):
    model, path = network
    if cause == "strict":
        monkeypatch.setattr(half_precision, "MOST_CHANGED", -1.0)
    else:
        model.heads[0].weight.data *= 1e6
        export_onnx(model, path)
    before = path.read_bytes()
    assert halve(path, tile()) == "float32"
    assert path.read_bytes() == before and "stays float32" in capsys.readouterr().out
    assert [f.name for f in path.parent.iterdir()] == ["model.onnx"]


def test_the_tile_is_made_by_whole_numbers_that_other_languages_repeat():
    """The same figures stand in test/contouring/parityTile.test.ts."""
    hu = tile_hu((24, 16, 32))
    assert hu.dtype == np.int16 and hu.shape == (32, 16, 24)
    assert hu[0, 0, :4].tolist() == [-1006, -996, -986, -1008] and hu[16, 8, :4].tolist() == [-715, -54, 39, 61]
    assert hashlib.sha256(hu.astype("<i2").tobytes()).hexdigest().startswith("1be29a4c556637e1")
    assert sample_positions(24 * 16 * 32 * 2, 5) == [33, 1537, 10437, 6479, 22481]


def test_parity_tells_another_network(network):
    model, path = network
    record = parity_record(model, path, SIZE_XYZ)
    run = onnx_runner(path)
    assert largest_difference(record, run) < record["tolerance"]
    assert largest_difference(record, lambda image: run(image) * 1.01) > record["tolerance"]
    assert len(json.dumps(record)) < 100_000


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A model folder, and the checkpoint that it was exported from."""
    folder = tmp_path_factory.mktemp("export")
    (folder / "000001.npy").touch()  # The manifest says how many cases were learnt from.
    Trainer(Plan(batch=1), (CTV_BREAST,), torch.device("cpu"), folder, WIDTHS).save(folder / "checkpoint.pt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(half_precision, "MOST_CHANGED", 0.02)
        export_model(folder / "checkpoint.pt", CTV_BREAST, folder / "ctv-breast", "2.3.4", tile())
    return folder / "ctv-breast", folder / "checkpoint.pt"


def test_an_export_is_whole_and_its_files_agree(exported):
    out, checkpoint = exported
    assert sorted(f.name for f in out.iterdir()) == ["card.md", "model.onnx", "model.yaml", "parity.json"]
    manifest, card = (out / "model.yaml").read_text(), (out / "card.md").read_text()
    for name in ("model.onnx", "parity.json"):
        record = file_record(out / name)
        assert re.search(rf"name: {name}, sha256: {record['sha256']}, bytes: {record['bytes']} ", manifest)
    assert card.startswith("# ctv-breast 2.3.4\n") and file_record(out / "model.onnx")["sha256"] in card
    parity = json.loads((out / "parity.json").read_text())
    assert parity["channels"] == len(CTV_BREAST.classes) and (out / "parity.json").stat().st_size < 100_000
    assert "stored as float16" in card
    weights, model = load_onnx_weights(out / "model.onnx"), averaged_model(checkpoint, CTV_BREAST)
    assert torch.equal(weights["stem.weight"], model.stem.weight.half().float())


@pytest.mark.skipif(not RONDO.exists(), reason="dist/ is not built: npm run build")
def test_the_product_verifies_what_was_exported(exported):
    ended = subprocess.run(["node", RONDO, "models", "verify", exported[0], "--json"], capture_output=True, text=True)
    assert [check["check"] for check in json.loads(ended.stdout)["models"][0]["checks"] if check["result"] != "ok"] == [], ended.stdout
    assert ended.returncode == 0


ROW = {"scored": 60, "missed": 2, "absent": 4, "invented": 1, "inventedMlMax": 3.25, "tooSmall": 0, "found": 59, "specked": 5, "specks": 9, "swapped": 1,
       "dscMean": 0.9123, "dscP5": 0.8, "dscMin": 0.0, "hd95MmMean": 6.04, "msdMmMean": 1.234}
BREAST = {"name": "CTVp_Breast_L", **ROW, "nearSkin": 7, "goal": {"dsc": 0.9}, "met": True}
CHESTWALL = {"name": "CTVp_Chestwall_L", **ROW, "nearSkin": 0, "goal": {"dsc": 0.83}, "met": False}
UNSEEN = {"name": "CTVp_Tumorbed_L", **ROW, "scored": 0}
HEART = {"name": "Heart", **ROW}
PRODUCT = {
    "testSet": "locked phantoms", "method": "by the product", "structures": [BREAST, CHESTWALL, UNSEEN, HEART],
    "groups": [{"group": "mastectomy", "cases": 67, "structures": [CHESTWALL]}, {"group": "degraded", "cases": 66, "structures": [BREAST, CHESTWALL]}],
}


def test_the_card_shows_accuracy_harm_and_groups_of_its_own_structures():
    card = card_end(CTV_BREAST, PRODUCT)
    assert "| CTVp_Breast_L | DSC ≥ 0.9: met | 60 | 0.912 | 0.800 | 0.000 | 6.0 | 1.23 |" in card
    assert "| CTVp_Chestwall_L | DSC ≥ 0.83: NOT met |" in card
    assert "| CTVp_Breast_L | 2 of 60 | 1 of 4 | 3.2 | 5 of 59 | 9 | 1 | 7 of 59 |" in card
    assert "| CTVp_Breast_L | – | 0.912 (2) |" in card and "| structure | mastectomy, 67 cases | degraded, 66 cases |" in card
    assert "| Heart" not in card and "| CTVp_Tumorbed_L" not in card


def test_the_manifest_holds_what_was_measured_of_its_own_structures():
    manifest = manifest_end(CTV_BREAST, PRODUCT)
    assert "{ name: CTVp_Breast_L, dscMean: 0.912, dscP5: 0.800, hd95MmMean: 6.0, msdMmMean: 1.23, scored: 60, missed: 2, absent: 4, invented: 1 }" in manifest
    assert "name: Heart" not in manifest and "name: CTVp_Tumorbed_L, dsc" not in manifest


def test_a_record_of_evaluate_serves_too_and_none_is_said():
    row = {"name": "CTVp_Breast_L", "scored": 3, "absent": 0, "inventedMlMax": 0.0, "dscMean": 0.9, "dscP5": 0.8, "dscMin": 0.7, "hd95MmMean": 5.0}
    record = {"testSet": "unlocked phantoms", "method": "quick", "structures": [row], "cases": {}}
    assert "| CTVp_Breast_L | – | 3 | 0.900 | 0.800 | 0.700 | 5.0 | – |" in card_end(CTV_BREAST, record)
    assert "{ name: CTVp_Breast_L, dscMean: 0.900, dscP5: 0.800, hd95MmMean: 5.0, scored: 3, absent: 0 }" in manifest_end(CTV_BREAST, record)


def test_accuracy_replaces_what_the_model_had(exported, tmp_path):
    folder = tmp_path / "ctv-breast"
    shutil.copytree(exported[0], folder)
    before = {file.name: file.read_text() for file in (folder / "model.yaml", folder / "card.md")}
    assert "Not measured yet" in before["card.md"] and before["model.yaml"].endswith("structures: []\n")
    own = {**PRODUCT, "models": [{"name": "ctv-breast", "version": "2.3.4", "sha256": file_record(folder / "model.onnx")["sha256"]}]}
    for record in ({**own, "structures": [CHESTWALL]}, own):
        write_accuracy(record, folder)
    manifest, card = (folder / "model.yaml").read_text(), (folder / "card.md").read_text()
    assert manifest == before["model.yaml"].partition("accuracy:\n")[0] + manifest_end(CTV_BREAST, own)
    assert card == before["card.md"].partition("## Accuracy\n")[0] + card_end(CTV_BREAST, own) and "## Limits" in card


def test_accuracy_of_other_weights_or_for_a_manifest_by_hand_is_refused(exported, tmp_path):
    folder = tmp_path / "ctv-breast"
    shutil.copytree(exported[0], folder)
    manifest = (folder / "model.yaml").read_text()
    with pytest.raises(ValueError, match="other weights"):
        write_accuracy({**PRODUCT, "models": [{"name": "ctv-breast", "version": "2.3.4", "sha256": "0" * 64}]}, folder)
    assert (folder / "model.yaml").read_text() == manifest
    (folder / "model.yaml").write_text(manifest.replace("task: ", "task: my "))
    with pytest.raises(ValueError, match="by hand"):
        write_accuracy(PRODUCT, folder)
