"""Accuracy on phantoms that no model has seen: `python -m rondo_training.evaluate --model models/x/model.onnx`."""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from .inference import segment
from .metrics import HD95_CONVENTION, dice, hd95_mm
from .phantom.case import make_case
from .phantom.files import write_case
from .runners import onnx_runner, torch_runner
from .seeds import LOCKED_TEST, parse_seeds
from .tasks import TASKS, Task

# Below this a structure is a sliver at the edge of the scan: its overlap says nothing, so only what a model
# invents there is counted. The same as in src/goals/accuracyGoals.ts.
SCORED_ML = {"External": 100.0, "Heart": 20.0, "Lung_L": 20.0, "Lung_R": 20.0, "Liver": 20.0, "Breast_L": 20.0, "Breast_R": 20.0, "A_LAD": 0.2}
SCORED_ML_OTHERS = 1.0

METHOD = (
    "CT resampled to the model's grid, tiles overlapping by a quarter, probabilities interpolated back to the CT grid, "
    "largest class wins, no post-processing; DSC on the CT grid. " + HD95_CONVENTION
    + ". Structures with less than " + ", ".join(f"{v:g} ml ({k})" for k, v in SCORED_ML.items()) + f", {SCORED_ML_OTHERS:g} ml (others)"
    + " in the scan are not scored; what is found there counts as invented volume."
)


def load_case(folder: Path, task: Task) -> tuple[sitk.Image, np.ndarray]:
    """CT, and labels [z, y, x] of a task, of a phantom folder."""
    image = sitk.ReadImage(str(folder / "ct.nii.gz"), sitk.sitkFloat32)
    return image, sitk.GetArrayFromImage(sitk.ReadImage(str(folder / f"{task.name}.nii.gz")))


def score(task: Task, found: np.ndarray, truth: np.ndarray, spacing_zyx_mm) -> dict[str, dict]:
    """Per structure: volumes, and DSC and HD95 where it is scored."""
    millilitres = float(np.prod(spacing_zyx_mm)) / 1000
    results = {}
    for name, classes in task.structures.items():
        a, b = np.isin(found, classes), np.isin(truth, classes)
        result = {"foundMl": round(float(a.sum()) * millilitres, 2), "trueMl": round(float(b.sum()) * millilitres, 2)}
        if result["trueMl"] >= SCORED_ML.get(name, SCORED_ML_OTHERS):
            result |= {"dsc": round(dice(a, b), 4), "hd95Mm": round(hd95_mm(a, b, spacing_zyx_mm), 2)}
        results[name] = result
    return results


def summarise(task: Task, cases: dict[str, dict], test_set: str) -> dict:
    """The record that goes into the manifest, with every case beside it."""
    structures = []
    for name in task.structures:
        scored = [c[name] for c in cases.values() if "dsc" in c[name]]
        absent = [c[name] for c in cases.values() if "dsc" not in c[name]]
        row = {"name": name, "scored": len(scored), "absent": len(absent),
               "inventedMlMax": max((c["foundMl"] - c["trueMl"] for c in absent), default=0.0)}
        if scored:
            dsc = [c["dsc"] for c in scored]
            row |= {"dscMean": round(float(np.mean(dsc)), 4), "dscP5": round(float(np.percentile(dsc, 5)), 4),
                    "dscMin": min(dsc), "hd95MmMean": round(float(np.mean([c["hd95Mm"] for c in scored])), 2)}
        structures.append(row)
    return {"testSet": test_set, "method": METHOD, "structures": structures, "cases": cases}


def table(record: dict) -> str:
    """The summary as plain text."""
    lines = [f"{'structure':<12}{'n':>4}{'DSC mean':>10}{'P5':>8}{'min':>8}{'HD95 mm':>9}{'absent':>8}{'invented ml':>13}"]
    for row in record["structures"]:
        figures = "".join(f"{row.get(k, float('nan')):>{w}.{d}f}" for k, w, d in (("dscMean", 10, 3), ("dscP5", 8, 3), ("dscMin", 8, 3), ("hd95MmMean", 9, 1)))
        lines.append(f"{row['name']:<12}{row['scored']:>4}{figures}{row['absent']:>8}{max(row['inventedMlMax'], 0):>13.1f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_training.evaluate", description=__doc__)
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--model", type=Path, help="an exported model.onnx, run by onnxruntime")
    model.add_argument("--checkpoint", type=Path, help="a checkpoint of a run, run by PyTorch")
    parser.add_argument("--task", choices=list(TASKS), required=True, help="what the model has learnt")
    parser.add_argument("--seeds", default="900000-900019", help="phantoms to test on")
    parser.add_argument("--cases", type=Path, default=Path("test-cases"), help="folder of phantom cases; made when missing")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    arguments = parser.parse_args()
    seeds, task = parse_seeds(arguments.seeds), TASKS[arguments.task]
    run = onnx_runner(arguments.model) if arguments.model else torch_runner(arguments.checkpoint, task)
    results = {}
    for seed in seeds:
        folder = arguments.cases / f"case-{seed}"
        if not (folder / "phantom.json").exists():
            write_case(make_case(seed, "ct"), folder, folder.name)
        image, truth = load_case(folder, task)
        began = time.monotonic()
        found = segment(image, run)
        results[str(seed)] = score(task, found, truth, image.GetSpacing()[::-1])
        short = " ".join(f"{name} {r.get('dsc', '-')}" for name, r in results[str(seed)].items())
        print(f"{seed}: {short} ({time.monotonic() - began:.1f} s)", flush=True)
    kind = "locked" if all(s in LOCKED_TEST for s in seeds) else "unlocked"
    record = summarise(task, results, f"{kind} phantoms, seeds {arguments.seeds}, {len(seeds)} cases")
    print(table(record))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
