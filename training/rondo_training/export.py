"""Export a trained network to ONNX with manifest and model card: `python -m rondo_training.export --checkpoint … --out …`."""

import argparse
import hashlib
import json
import logging
import warnings
from pathlib import Path

import onnx
import torch

from .checkpoint import averaged_model, load_checkpoint
from .manifest import card_text, manifest_text
from .network import ResSEUNet, parameter_count
from .tasks import TASKS, Task

OPSET = 18
LARGEST_BYTES = 11_000_000


def export_onnx(model: ResSEUNet, path: Path) -> None:
    """One file, float32, input `image` [1, 1, z, y, x], output `logits` [1, class, z, y, x], free z, y, x.

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
    _strip(path)


def _strip(path: Path) -> None:
    """Drop the exporter's notes: they hold stack traces with paths of the machine, and differ from run to run."""
    model = onnx.load(str(path))
    for holder in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output,
                   *model.graph.initializer):
        holder.ClearField("metadata_props")
        holder.ClearField("doc_string")
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def export_model(checkpoint: Path, task: Task, out: Path, version: str, accuracy: dict | None) -> None:
    """Write `model.onnx`, `model.yaml` and `card.md` into `out`.

    Raises:
        ValueError: the file is larger than a model of the bundle may be.
    """
    out.mkdir(parents=True, exist_ok=True)
    model, state = averaged_model(checkpoint, task), load_checkpoint(checkpoint)
    path = out / "model.onnx"
    export_onnx(model, path)
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES:
        raise ValueError(f"{path} holds {len(content)} bytes, more than {LARGEST_BYTES}")
    facts = {
        "name": out.name,
        "task": task.name,
        "version": version,
        "parameters": parameter_count(model),
        "divisor": model.shape.divisor,
        "widths": model.shape.widths,
        "cases": state["cases"],
        "steps": state["step"],
        "minutes": state["elapsed_s"] / 60,
        "origin": state.get("origin", ""),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "accuracy": accuracy,
    }
    (out / "model.yaml").write_text(manifest_text(facts))
    (out / "card.md").write_text(card_text(facts))
    print(f"{path}: {facts['parameters']} parameters, {facts['bytes']} bytes, sha256 {facts['sha256']}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_training.export", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--task", choices=list(TASKS), required=True, help="which of the tasks that the network has learned")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model; its name is the model's name")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--accuracy", type=Path, help="JSON written by rondo_training.evaluate for this checkpoint")
    arguments = parser.parse_args()
    accuracy = json.loads(arguments.accuracy.read_text()) if arguments.accuracy else None
    export_model(arguments.checkpoint, TASKS[arguments.task], arguments.out, arguments.version, accuracy)


if __name__ == "__main__":
    main()
