"""Case folders: `phantom.json`, `ct.nii.gz` (int16 HU) and a label map `<task>.nii.gz` (uint8) for each task, on one grid."""

import json
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..tasks import TASKS
from .case import Case
from .anatomy import Anatomy, Frame
from .breasts import draw_breasts


def describe(case: Case) -> str:
    """One line for people."""
    anatomy = case.anatomy
    breasts = len(draw_breasts(anatomy, Frame(anatomy))) if anatomy.female else 0
    who = f"female, {breasts} breast{'s' * (breasts != 1)}" if anatomy.female else "male"
    arms = "arms up" if anatomy.arms_up else "arms beside the trunk"
    spacing = " x ".join(f"{v:g}" for v in case.scan.grid.spacing_mm)
    return f"{who}; {arms}; {'contrast' if anatomy.contrast else 'no contrast'}; voxels {spacing} mm; digital phantom, not a patient"


def treated(anatomy: Anatomy) -> dict | None:
    """The side ("L" or "R") that radiotherapy would treat and the surgery before it; None where nobody operated."""
    operated = next((breast for breast in draw_breasts(anatomy, Frame(anatomy)) if breast.operation is not None), None)
    return operated and {"side": operated.letter, "surgery": "mastectomy" if operated.removed else "conserving"}


def _image(array: np.ndarray, case: Case) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing([float(v) for v in case.scan.grid.spacing_mm])
    image.SetOrigin([float(v) for v in case.scan.grid.origin_mm])
    return image


def write_case(case: Case, folder: Path, name: str, quantum_hu: int = 1, group: str | None = None) -> None:
    """Write a case folder; HU are rounded to multiples of `quantum_hu`, which is for size only. `group`: why the case was chosen.

    `phantom.json` comes last: a folder that has it is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hu = (np.round(case.hu / quantum_hu) * quantum_hu).astype(np.int16)
    sitk.WriteImage(_image(hu, case), str(folder / "ct.nii.gz"), True, 9)
    for task, labels in case.labels.items():
        sitk.WriteImage(_image(labels, case), str(folder / f"{task}.nii.gz"), True, 9)
    record = {
        "format": "rondo-phantom/2",
        "name": name,
        "seed": case.seed,
        "description": describe(case),
        "patientPosition": "HFS",
        "scan": case.scan.quality.grade,
        **({"group": group} if group else {}),
        "treated": treated(case.anatomy),
        "labels": [{"file": f"{task}.nii.gz", "structures": TASKS[task].structures} for task in case.labels],
        "licence": "Apache-2.0",
    }
    (folder / "phantom.json").write_text(json.dumps(record, indent=2) + "\n")
