"""Checkpoints: everything that a run needs to go on as if it had not stopped."""

from dataclasses import asdict
from pathlib import Path

import torch

from .network import ResSEUNet, Shape
from .tasks import TASKS, Task

FORMAT = "rondo-checkpoint/2"


def save_checkpoint(path: Path, **state) -> None:
    """Write through a second file: a crash while writing must not cost the last good checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    torch.save({"format": FORMAT, **state}, partial)
    partial.replace(path)


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict:
    """The stored dictionary.

    Raises:
        ValueError: the file is no checkpoint of this project.
    """
    state = torch.load(path, map_location=device, weights_only=True)
    if state.get("format") != FORMAT:
        raise ValueError(f"{path}: expected {FORMAT}, found {state.get('format')!r}")
    return state


def shape_record(shape: Shape) -> dict:
    """The network shape as plain values."""
    record = asdict(shape)
    record["widths"] = list(shape.widths)
    return record


def task_weights(state: dict, task: Task) -> dict[str, torch.Tensor]:
    """The averaged weights of a checkpoint, of its heads only the channels of a task.

    Raises:
        ValueError: the network did not learn this task.
    """
    if task.name not in state["tasks"]:
        raise ValueError(f"the checkpoint is of {', '.join(state['tasks'])}, not of {task.name}")
    first = sum(len(TASKS[name].classes) for name in state["tasks"][: state["tasks"].index(task.name)])
    own = slice(first, first + len(task.classes))
    return {name: tensor[own] if name.startswith("heads.") else tensor for name, tensor in state["average"].items()}


def averaged_model(path: Path, task: Task) -> ResSEUNet:
    """The network with the averaged weights of a checkpoint for one of its tasks, ready for inference."""
    state = load_checkpoint(path)
    record = state["shape"]
    model = ResSEUNet(Shape(len(task.classes), tuple(record["widths"]), record["reduction"]))
    model.load_state_dict(task_weights(state, task))
    return model.eval()
