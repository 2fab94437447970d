"""Move the borders of a network's classes to where they overlap best with the truth, by offsets of its last layer.

The class that is most probable is not the one whose overlap is best: where a border is unsure, a structure comes out too small. One offset a class (both sides
alike) is chosen on validation phantoms, added to the logits and stored with the weights: `python -m rondo_training.calibrate --task ctv-nodes --checkpoint
runs/ctv-nodes/checkpoint.pt --cases validation-cases --out runs/ctv-nodes/calibrated.pt`.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch

from .checkpoint import load_checkpoint, save_checkpoint
from .evaluate import SCORED_ML, SCORED_ML_OTHERS, load_case
from .inference import class_fields
from .runners import torch_runner
from .seeds import VALIDATION
from .tasks import OUTSIDE, TASKS, Task

MOST = 1.5
"""Largest offset. Beyond it a network has not learnt the class, and no offset makes up for that."""

OFFSETS = np.linspace(-MOST, MOST, 61)
HEAD = "heads.0.bias"
LEAST = 1e-7


def calibrated_classes(task: Task) -> list[int]:
    """Classes that get an offset: all structures; what is none, and the body round them, stays."""
    return [value for value, name in enumerate(task.classes) if value != OUTSIDE and name not in task.parts_only]


def overlap_curve(field: np.ndarray, others: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """DSC of a class for each of `OFFSETS`: its probability, the largest of the others and a boolean truth, of one shape."""
    # A voxel is won where the log of its odds lies above minus the offset.
    near = field > others * np.exp(-MOST - 0.1)
    margin = np.log(field[near] / np.maximum(others[near], LEAST))
    edges = np.append(-OFFSETS[::-1], np.inf)
    won, right = (np.histogram(values, edges)[0][::-1].cumsum() for values in (margin, margin[truth[near]]))
    return 2 * right / (won + truth.sum())


def rivals(image: sitk.Image, run: Callable[[np.ndarray], np.ndarray], classes: list[int]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """For each of `classes` its probability and the largest of the others' [z, y, x], on the grid of the CT."""
    fields = list(class_fields(image, run))
    first, second = np.maximum(fields[0], fields[1]), np.minimum(fields[0], fields[1])
    for field in fields[2:]:
        np.maximum(second, np.minimum(first, field), out=second)
        np.maximum(first, field, out=first)
    for value in classes:
        yield value, fields[value], np.where(fields[value] == first, second, first)


def choose_offsets(curves: dict[int, list[np.ndarray]], task: Task) -> np.ndarray:
    """The offset of every class with the best mean of `curves`, those of both sides taken together; 0 where there are none."""
    offsets = np.zeros(len(task.classes), np.float32)
    for value in calibrated_classes(task):
        both = [*curves.get(value, []), *(curves.get(task.mirrored[value], []) if task.mirrored[value] != value else [])]
        if both:
            offsets[value] = OFFSETS[np.mean(both, 0).argmax()]
    return offsets


def validation_folders(cases: Path) -> list[Path]:
    """The phantom folders in `cases`.

    Raises:
        ValueError: there are none, or one is of a seed that is not for validation; what training saw says nothing, and what is locked must not choose.
    """
    folders = sorted(path.parent for path in cases.glob("*/phantom.json"))
    for folder in folders:
        seed = json.loads((folder / "phantom.json").read_text())["seed"]
        if seed not in VALIDATION:
            raise ValueError(f"{folder}: seed {seed} is not for validation ({VALIDATION.start}-{VALIDATION.stop - 1}); calibrate on others")
    if not folders:
        raise ValueError(f"{cases} holds no phantoms; make some with rondo_training.phantom --like-locked")
    return folders


def calibrate(checkpoint: Path, task: Task, cases: Path, out: Path) -> np.ndarray:
    """Write `out`, the checkpoint with offsets added to its averaged weights; returns them, one a class.

    Raises:
        ValueError: the checkpoint is of other tasks or calibrated already, or as of `validation_folders`.
    """
    state, folders = load_checkpoint(checkpoint), validation_folders(cases)
    if state["tasks"] != [task.name]:
        raise ValueError(f"{checkpoint}: the checkpoint is of {', '.join(state['tasks'])}; calibrate one of {task.name} alone")
    if state.get("calibrated"):
        raise ValueError(f"{checkpoint}: calibrated already; take the checkpoint before that")
    run, curves = torch_runner(checkpoint, task), {}
    for folder in folders:
        image, labels = load_case(folder, task)
        millilitres = float(np.prod(image.GetSpacing())) / 1000
        for value, field, others in rivals(image, run, calibrated_classes(task)):
            truth = labels == value
            if truth.sum() * millilitres >= SCORED_ML.get(task.classes[value], SCORED_ML_OTHERS):
                curves.setdefault(value, []).append(overlap_curve(field, others, truth))
        print(folder.name, flush=True)
    offsets = choose_offsets(curves, task)
    for value, offset in enumerate(offsets):
        if value in curves:
            mean = np.mean(curves[value], 0)
            print(f"{task.classes[value]:<18}{len(curves[value]):>4} cases  offset {offset:+.2f}  DSC {np.interp(0, OFFSETS, mean):.3f} -> {np.interp(offset, OFFSETS, mean):.3f}")
    state["average"][HEAD] = state["average"][HEAD] + torch.from_numpy(offsets)
    save_checkpoint(out, **{**state, "calibrated": len(folders)})
    return offsets


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_training.calibrate", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--task", choices=list(TASKS), required=True, help="what the network has learnt")
    parser.add_argument("--cases", type=Path, required=True, help="folder of validation phantoms")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    arguments = parser.parse_args()
    calibrate(arguments.checkpoint, TASKS[arguments.task], arguments.cases, arguments.out)


if __name__ == "__main__":
    main()
