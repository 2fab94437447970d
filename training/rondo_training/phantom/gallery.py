"""One picture of phantoms beside a real CT, to be looked at: `python -m rondo_training.phantom.gallery --seeds 800200-800209 --beside folder --out phantoms.jpg`.

Each case shows an axial slice through the breasts, one through the axillae, and a coronal one there; soft tissue window.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import zoom

from ..seeds import parse_seeds
from ..tasks import CTV_NODES, OAR_THORAX, Task
from .anatomy import draw_anatomy
from .case import draw_scan, make_case

WINDOW_HU = (-160, 240)
PIXEL_MM = 1.6
"""Of the picture, the same for every case: so women of all sizes can be compared."""
TILE = (270, 180)
"""Width and height of a view, in pixels."""
COLUMNS = 2


def tile(plane: np.ndarray, spacing_mm: tuple[float, float]) -> np.ndarray:
    """A plane of HU [row, column] as grey values uint8 of the size of a tile, its body in the middle."""
    image = zoom(plane.astype(np.float32), [mm / PIXEL_MM for mm in spacing_mm], order=1)
    inside = np.argwhere(image > -300)
    middle = (inside.min(0) + inside.max(0)) // 2
    room = np.pad(image, [(size, size) for size in TILE[::-1]], constant_values=-1000)
    (row, column), (width, height) = middle, TILE
    cut = room[row + height // 2 : row + height // 2 + height, column + width // 2 : column + width // 2 + width]
    low, high = WINDOW_HU
    return (np.clip((cut - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def views(hu: np.ndarray, spacing_mm: tuple[float, float, float], breast: int, axilla: int, coronal: int) -> np.ndarray:
    """The three views of a volume [z, y, x] whose z grows to the head, beside each other; which slices, and which row."""
    x, y, z = spacing_mm
    return np.hstack([tile(hu[breast], (y, x)), tile(hu[axilla], (y, x)), tile(hu[::-1, coronal], (z, x))])


def of_phantom(seed: int) -> np.ndarray:
    """The views of a phantom that shows the whole thorax."""
    anatomy = draw_anatomy(seed)
    case = make_case(seed, "ct", anatomy, draw_scan(seed, anatomy, "ct", "thorax"))
    breasts = _voxels(case.labels, OAR_THORAX, "Breast")
    axillae = _voxels(case.labels, CTV_NODES, "CTVn_L2")
    slices, rows, _ = case.hu.shape
    breast = int(np.median(breasts[:, 0])) if len(breasts) else slices // 3
    axilla, coronal = (int(v) for v in np.median(axillae[:, :2], 0)) if len(axillae) else (slices * 4 // 5, rows // 2)
    return views(case.hu, case.scan.grid.spacing_mm, breast, axilla, coronal)


def of_ct(folder: Path) -> np.ndarray:
    """The views of a CT in a folder, at heights that suit one from below the lungs to above their apices."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    hu = sitk.GetArrayFromImage(image)
    slices, rows, _ = hu.shape
    return views(hu, image.GetSpacing(), slices // 2, slices * 4 // 5, rows // 2)


def _voxels(labels: dict[str, np.ndarray], task: Task, name: str) -> np.ndarray:
    """Indices [n, 3] (z, y, x) of a class of both sides."""
    return np.argwhere(np.isin(labels[task.name], [task.index(f"{name}_{side}") for side in "LR"]))


def gallery(cases: list[np.ndarray]) -> np.ndarray:
    """Cases below each other, in columns."""
    rows = -(-len(cases) // COLUMNS)
    cases = cases + [np.zeros_like(cases[0])] * (rows * COLUMNS - len(cases))
    return np.hstack([np.vstack(cases[column * rows : (column + 1) * rows]) for column in range(COLUMNS)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_training.phantom.gallery", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", required=True, help="for example 800200-800209")
    parser.add_argument("--beside", type=Path, help="folder with a real CT, which comes first")
    parser.add_argument("--out", type=Path, required=True, help="picture to write, .jpg or .png")
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.processes) as pool:
        cases = list(pool.map(of_phantom, parse_seeds(arguments.seeds)))
    if arguments.beside:
        cases.insert(0, of_ct(arguments.beside))
    sitk.WriteImage(sitk.GetImageFromArray(gallery(cases)), str(arguments.out), imageIO="", useCompression=True, compressionLevel=85)


if __name__ == "__main__":
    main()
