"""Rondo run on a DICOM folder, and its labels against those of the software that a network comes from."""

import json
import subprocess
from pathlib import Path

import numpy as np

LEAST_EQUAL = 0.999

UNDECIDED = 0.02
"""Where labels differ, the two most probable classes (or a region and 0.5) are no further apart than this."""


def rondo_masks(model: Path, dicom: Path, folder: Path) -> dict[str, np.ndarray]:
    """What Rondo finds: structure to bool [z, y, x] on the CT."""
    subprocess.run(["node", Path(__file__).with_name("predictMasks.mjs"), model, dicom, folder], check=True)
    described = json.loads((folder / "masks.json").read_text())
    voxels = np.fromfile(folder / "masks.raw", np.uint8).reshape(-1, *described["size"][::-1]).astype(bool)
    return dict(zip(described["names"], voxels))


def compare(found: np.ndarray, expected: np.ndarray, probabilities: np.ndarray, record, regions: bool = False) -> None:
    """Labels [z, y, x] of both, and the probabilities [channel, z, y, x] of the other software, which must be undecided where they differ."""
    equal = float((found == expected).mean())
    apart = np.abs(probabilities - 0.5).min(0) if regions else np.diff(np.sort(probabilities, 0)[-2:], axis=0)[0]
    widest = float(apart[found != expected].max(initial=0))
    counts = np.bincount(expected.ravel(), minlength=2)
    record("equal_percent", round(100 * equal, 4))
    print(f"{100 * equal:.4f} % of {found.size} voxels equal, {(found != expected).sum()} differ, at most {widest:.4f} apart; labels {counts.tolist()}")
    assert (counts > 0).sum() >= 3, f"the network says too little to compare: {counts.tolist()}"
    assert equal >= LEAST_EQUAL
    assert widest <= UNDECIDED
