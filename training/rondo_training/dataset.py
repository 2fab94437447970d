"""Training cases: made from seeds by worker processes, cached as .npy, cut into augmented patches."""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from .phantom.anatomy import draw_anatomy
from .phantom.case import MODEL_SPACING_MM, draw_scan, finer_labels, make_case
from .seeds import require_training_seed
from .shares import WHOLE, classes_and_shares
from .tasks import OUTSIDE, TASKS, Task, Tasks

AIR_HU = -1000


def cache_case(folder: Path, seed: int, spacing_mm: float = MODEL_SPACING_MM) -> Path:
    """The cached case of a training seed, made when it is not there; as of `save_case`."""
    path = folder / f"{require_training_seed(seed):06d}.npy"
    if not path.exists():
        anatomy = draw_anatomy(seed)
        case = make_case(seed, "training", anatomy, draw_scan(seed, anatomy, "training", spacing_mm=spacing_mm))
        finer = finer_labels(case)
        labels = {name: classes_and_shares(own, finer[name], TASKS[name]) for name, own in case.labels.items()}
        save_case(path, case.hu, labels)
    return path


def save_case(path: Path, hu: np.ndarray, labels: dict[str, np.ndarray]) -> None:
    """Write a case of int16 `hu` [z, y, x] and, by the name of each task, labels as of `classes_and_shares`.

    A file holds records [z, y, x] of all a voxel's values, so that a patch is read from it without the rest: cases need not fit into memory.
    """
    records = np.empty(hu.shape, [("hu", np.int16), *((name, np.uint8, (3,)) for name in labels)])
    records["hu"] = hu
    for name, own in labels.items():
        records[name] = np.moveaxis(own, 0, -1)
    partial = path.with_suffix(f".{os.getpid()}.part")
    with partial.open("wb") as stream:
        np.save(stream, records)
    # A reader must never meet a half-written file.
    partial.rename(path)


def open_case(path: Path, tasks: Tasks) -> tuple[np.ndarray, list[np.ndarray]]:
    """hu [z, y, x] and for each task labels [3, z, y, x] of a written case, as views of the file: only what is used is read."""
    records = np.load(path, mmap_mode="r")
    if missing := [task.name for task in tasks if task.name not in records.dtype.names]:
        raise ValueError(f"{path} holds no labels of {', '.join(missing)}: an earlier version made it; delete the folder, and cases are made anew")
    return records["hu"], [np.moveaxis(records[task.name], -1, 0) for task in tasks]


def fill_cache(folder: Path, seeds: range, processes: int, spacing_mm: float = MODEL_SPACING_MM) -> None:
    """Make all missing cases of `seeds`; a folder holds cases of one spacing."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes, initializer=os.nice, initargs=(10,)) as pool:
        for done, _ in enumerate(pool.map(cache_case, repeat(folder), seeds, repeat(spacing_mm)), 1):
            if done % 50 == 0:
                print(f"{done} of {len(seeds)} cases", flush=True)


class CasePool:
    """Cases of a folder, left on disk; grows while other processes add files."""

    REFRESH_SECONDS = 20.0
    FAVOURED_SHARE = 0.3
    """Of the cases drawn are drawn for a favoured class: one woman in thirty has an implant on a given side."""

    def __init__(self, folder: Path, tasks: Tasks, most: int | None = None):
        """`most` leaves out what comes after as many cases."""
        self.folder, self.tasks, self.most = folder, tasks, most
        self.places: dict[Path, list[dict[str, np.ndarray]]] = {}
        self._looked = 0.0
        self.refresh()
        if not self.places:
            raise FileNotFoundError(f"no cached cases in {folder}")

    def refresh(self) -> None:
        """Look at the cases that have come since the last time."""
        self._looked = time.monotonic()
        for path in sorted(self.folder.glob("*.npy"))[: self.most]:
            if path not in self.places:
                require_training_seed(int(path.stem))
                self.places[path] = [_places(task, labels[0]) for task, labels in zip(self.tasks, open_case(path, self.tasks)[1])]

    def draw(self, rng: np.random.Generator):
        """One random case: hu [z, y, x], for each task labels [3, z, y, x] and places to centre patches on."""
        if time.monotonic() - self._looked > self.REFRESH_SECONDS:
            self.refresh()
        paths = list(self.places)
        if rng.random() < self.FAVOURED_SHARE:
            at = int(rng.integers(len(self.tasks)))
            favoured = self.tasks[at].favoured
            wanted = favoured[int(rng.integers(len(favoured)))]
            paths = [path for path in paths if wanted in self.places[path][at]] or paths
        path = paths[int(rng.integers(len(paths)))]
        return *open_case(path, self.tasks), self.places[path]


def _places(task: Task, labels: np.ndarray) -> dict[str, np.ndarray]:
    """For each class that is there a few hundred voxels [n, 3] (z, y, x), enough to centre patches on."""
    places = {}
    for value, name in enumerate(task.classes):
        found = np.flatnonzero(labels.ravel() == value) if value != OUTSIDE else ()
        if len(found):
            chosen = found[:: max(1, len(found) // 400)]
            places[name] = np.stack(np.unravel_index(chosen, labels.shape), 1).astype(np.int16)
    return places


def cut(array: np.ndarray, start, size, fill) -> np.ndarray:
    """The block of `size` [z, y, x] from `start` of the last three axes, which may lie partly outside; the rest is `fill`."""
    block = np.full((*array.shape[:-3], *size), fill, array.dtype)
    source = tuple(slice(max(s, 0), min(s + n, full)) for s, n, full in zip(start, size, array.shape[-3:]))
    if all(part.start < part.stop for part in source):
        target = tuple(slice(part.start - s, part.stop - s) for part, s in zip(source, start))
        block[(..., *target)] = array[(..., *source)]
    return block


def draw_patch(pool: CasePool, size, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """An augmented patch: HU float32 [z, y, x] of `size` and labels uint8 [task, 3, z, y, x], as of `classes_and_shares`."""
    hu, labels, all_places = pool.draw(rng)
    # Patches are centred for one of the tasks; a scan of the abdomen may show nothing of it.
    at = int(rng.integers(len(pool.tasks)))
    places = all_places[at] or all_places[0]
    shape = np.array(hu.shape)
    # Scans that end within an organ: hide what lies beyond a random plane, as if it had not been scanned.
    keep_from, keep_to = 0, shape[0]
    if rng.random() < 0.35 and shape[0] > 40:
        keep_from, keep_to = sorted(rng.integers(0, shape[0] + 1, 2))
        if keep_to - keep_from < 20:
            keep_from, keep_to = 0, shape[0]
    choice = rng.random()
    if choice < 0.55 and places:
        name = list(places)[int(rng.integers(len(places)))]
        if rng.random() < 0.25:
            name = next((favoured for favoured in pool.tasks[at].favoured if favoured in places), name)
        centre = places[name][int(rng.integers(len(places[name])))] + rng.integers(-20, 21, 3)
    else:
        centre = rng.integers(0, shape)
    # Where a scan is about as large as the patch, inference sees it whole: keep most of the patch filled.
    start = centre - np.array(size) // 2
    if choice < 0.85:
        slack = shape - np.array(size)
        start = np.where(slack > 0, np.clip(start, 0, np.maximum(slack, 0)), slack // 2 if rng.random() < 0.5 else np.where(rng.random(3) < 0.5, 0, slack))
    image, target = cut(hu, start, size, AIR_HU).astype(np.float32), np.stack([cut(own, start, size, OUTSIDE) for own in labels])
    low, high = keep_from - start[0], keep_to - start[0]
    for part in (slice(0, max(low, 0)), slice(max(min(high, size[0]), 0), size[0])):
        image[part], target[:, :, part] = AIR_HU, np.array([OUTSIDE, OUTSIDE, WHOLE]).reshape(3, 1, 1, 1)
    # In many scans cord and fluid cannot be told apart: the canal must be enough to find the cord.
    for task, own in zip(pool.tasks, target):
        if "SpinalCord" in task.classes and rng.random() < 0.65:
            image[own[0] == task.index("SpinalCord")] -= rng.uniform(-10, 42)
    if rng.random() < 0.5:
        image, target = flip(image, target, pool.tasks)
    return augment(image, rng), target


def flip(image: np.ndarray, labels: np.ndarray, tasks: Tasks) -> tuple[np.ndarray, np.ndarray]:
    """Left-right flip along x of an image [z, y, x] and labels [task, 3, z, y, x]; the classes of the sides change places."""
    flipped = labels[..., ::-1].copy()
    for task, own in zip(tasks, flipped):
        own[:2] = np.array(task.mirrored, np.uint8)[own[:2]]
    return image[..., ::-1].copy(), flipped


def augment(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What varies beyond the scanner of a phantom, which has its own kernel, noise and calibration. HU in, HU out."""
    if rng.random() < 0.2:
        image = gaussian_filter(image, rng.uniform(0.2, 0.6, 3))
    body = np.clip((image + 300) / 200, 0, 1)
    image = image + body * rng.normal(0, 8) + (image + 100) * body * rng.normal(0, 0.06) + rng.normal(0, 4)
    if rng.random() < 0.15:
        image = np.clip(image, -1000, None) + rng.uniform(0, 0.15) * np.clip(-image - 300, 0, 700)
    if rng.random() < 0.4:
        image = image + np.float32(rng.gamma(1.6, 7)) * rng.standard_normal(image.shape, dtype=np.float32)
    return image.astype(np.float32)
