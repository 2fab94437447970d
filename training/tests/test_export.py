"""What an export writes: half the size at no cost, vectors for other runtimes, manifest and card that agree."""

import hashlib
import json
import re

import numpy as np
import onnx
import pytest
import torch

from rondo_training import half_precision
from rondo_training.checkpoint import averaged_model
from rondo_training.export import export_model, export_onnx, file_record
from rondo_training.half_precision import halve
from rondo_training.network import ResSEUNet, Shape
from rondo_training.parity import largest_difference, parity_record, sample_positions, tile_hu
from rondo_training.preprocessing import normalise
from rondo_training.runners import onnx_runner
from rondo_training.tasks import CTV_BREAST
from rondo_training.train import Plan, Trainer
from rondo_training.weights import load_onnx_weights

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


def test_an_export_is_whole_and_its_files_agree(tmp_path, undecided):
    trainer = Trainer(Plan(batch=1), (CTV_BREAST,), torch.device("cpu"), widths=WIDTHS)
    trainer.save(tmp_path / "checkpoint.pt")
    out = tmp_path / "ctv-breast"
    export_model(tmp_path / "checkpoint.pt", CTV_BREAST, out, "2.3.4", None, tile())
    assert sorted(f.name for f in out.iterdir()) == ["card.md", "model.onnx", "model.yaml", "parity.json"]
    manifest, card = (out / "model.yaml").read_text(), (out / "card.md").read_text()
    for name in ("model.onnx", "parity.json"):
        record = file_record(out / name)
        assert re.search(rf"name: {name}, sha256: {record['sha256']}, bytes: {record['bytes']} ", manifest)
    assert card.startswith("# ctv-breast 2.3.4\n") and file_record(out / "model.onnx")["sha256"] in card
    parity = json.loads((out / "parity.json").read_text())
    assert parity["channels"] == len(CTV_BREAST.classes) and (out / "parity.json").stat().st_size < 100_000
    assert averaged_model(tmp_path / "checkpoint.pt", CTV_BREAST).shape.widths == WIDTHS
