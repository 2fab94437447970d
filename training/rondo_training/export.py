"""Export a trained network to ONNX with manifest and model card: `python -m rondo_training.export --checkpoint … --out …`."""

import argparse
import hashlib
import json
import logging
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch

from .checkpoint import averaged_model, load_checkpoint
from .dataset import AIR_HU, cut
from .half_precision import halve
from .manifest import card_text, manifest_text
from .network import ResSEUNet, parameter_count
from .parity import largest_difference, parity_record
from .phantom import make_case
from .preprocessing import PATCH_ZYX, normalise
from .runners import onnx_runner
from .tasks import TASKS, Task

OPSET = 18
LARGEST_BYTES = 12_000_000
TILE_SEED = 800_002
"""A woman with arms up, of the validation range."""


def export_onnx(model: ResSEUNet, path: Path) -> None:
    """One file, float32 (see `halve`), input `image` [1, 1, z, y, x], output `logits` [1, class, z, y, x], free z, y, x.

    The initialisers keep the parameters' names, so that `load_onnx_weights` can read them back.
    """
    model = model.eval()
    divisor = model.shape.divisor
    example = torch.zeros(1, 1, 2 * divisor, 3 * divisor, 4 * divisor)
    spatial = {axis: divisor * torch.export.Dim(name, min=1, max=64) for axis, name in ((2, "z"), (3, "y"), (4, "x"))}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (example,), str(path), input_names=["image"], output_names=["logits"], opset_version=OPSET,
            dynamo=True, external_data=False, dynamic_shapes={"x": spatial}, verbose=False,
        )
    strip_notes(path)


def strip_notes(path: Path) -> None:
    """Drop the exporter's notes: they hold stack traces with paths of the machine, and differ from run to run."""
    model = onnx.load(str(path))
    for holder in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output,
                   *model.graph.initializer):
        holder.ClearField("metadata_props")
        holder.ClearField("doc_string")
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def phantom_tile(task: Task) -> np.ndarray:
    """One tile of a phantom round the middle of what a task contours, normalised: [1, 1, z, y, x]."""
    case = make_case(TILE_SEED, "training")
    middle = np.argwhere(case.labels[task.name]).mean(0).astype(int)
    return normalise(cut(case.hu, middle - np.array(PATCH_ZYX) // 2, PATCH_ZYX, AIR_HU))[None, None]


def export_model(checkpoint: Path, task: Task, out: Path, version: str, tile: np.ndarray | None = None) -> None:
    """Write `model.onnx`, `parity.json`, `model.yaml` and `card.md` into `out`.

    `tile` is what float16 weights are tried on, by default that of a phantom.

    Raises:
        ValueError: the file is larger than a model of the bundle may be, or onnxruntime gives other logits than PyTorch. The same
            checkpoint gives the same file.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    # The folder of a model is replaced whole: half of an export beside half of another is neither.
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as part:
        facts = _write_files(checkpoint, task, Path(part), {"name": out.name, "version": version}, tile)
        out.mkdir(exist_ok=True)
        for file in Path(part).iterdir():
            file.replace(out / file.name)
    weights = facts["files"][0]
    print(f"{out}: {facts['parameters']} parameters stored as {facts['stored']}, {weights['bytes']} bytes, sha256 {weights['sha256']}")


def _write_files(checkpoint: Path, task: Task, folder: Path, facts: dict, tile: np.ndarray | None) -> dict:
    model, state = averaged_model(checkpoint, task), load_checkpoint(checkpoint)
    path = folder / "model.onnx"
    export_onnx(model, path)
    stored = halve(path, phantom_tile(task) if tile is None else tile)
    weights, parity = file_record(path), write_parity(model, folder)
    if weights["bytes"] > LARGEST_BYTES:
        raise ValueError(f"{facts['name']}: the network holds {weights['bytes']} bytes, more than {LARGEST_BYTES}")
    facts = facts | {
        "task": task.name,
        "parameters": parameter_count(model),
        "divisor": model.shape.divisor,
        "widths": model.shape.widths,
        "stored": stored,
        "cases": state["cases"],
        "steps": state["step"],
        "minutes": state["elapsed_s"] / 60,
        "origin": state.get("origin", ""),
        "calibrated": state.get("calibrated", 0),
        "files": [weights, file_record(parity)],
    }
    (folder / "model.yaml").write_text(manifest_text(facts))
    (folder / "card.md").write_text(card_text(facts))
    return facts


def write_parity(model: ResSEUNet, folder: Path) -> Path:
    """Write `parity.json` for the `model.onnx` beside it, which must keep to it.

    Raises:
        ValueError: onnxruntime gives other logits than PyTorch here already.
    """
    path, network = folder / "parity.json", folder / "model.onnx"
    record = parity_record(model, network)
    difference = largest_difference(record, onnx_runner(network))
    if not difference <= record["tolerance"]:
        raise ValueError(f"{network}: logits of onnxruntime differ from those of PyTorch by {difference:.3g}, more than {record['tolerance']:.3g}")
    path.write_text(json.dumps(record, indent=1) + "\n")
    return path


def file_record(path: Path) -> dict:
    """Name, size and checksum of a file, as the manifest lists it."""
    content = path.read_bytes()
    return {"name": path.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_training.export", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--task", choices=list(TASKS), required=True, help="which of the tasks that the network has learned")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model; its name is the model's name")
    parser.add_argument("--version", default="1.0.0")
    arguments = parser.parse_args()
    export_model(arguments.checkpoint, TASKS[arguments.task], arguments.out, arguments.version)


if __name__ == "__main__":
    main()
