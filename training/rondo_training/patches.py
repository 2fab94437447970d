"""A stream of training patches from worker processes, so that augmentation does not hold up the network."""

from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from .dataset import CasePool, draw_patch
from .preprocessing import normalise
from .tasks import Tasks


class PatchStream(IterableDataset):
    """Endless pairs image float32 [1, z, y, x], labels uint8 [task, 3, z, y, x] as of `classes_and_shares`.

    Patch k of a run depends on the run's seed and k alone (and on the cases present), so that a resumed run goes on
    with the patches that an unbroken one would have seen.
    """

    def __init__(self, folder: Path, tasks: Tasks, size: tuple[int, int, int], seed: int, first: int, most_cases: int | None):
        self.folder, self.tasks, self.size, self.seed, self.first, self.most_cases = folder, tasks, size, seed, first, most_cases

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        index, step = (worker.id, worker.num_workers) if worker else (0, 1)
        torch.set_num_threads(1)
        pool = CasePool(self.folder, self.tasks, self.most_cases)
        for k in range(self.first + index, 2**62, step):
            hu, classes = draw_patch(pool, self.size, np.random.default_rng([self.seed, k]))
            yield torch.from_numpy(normalise(hu))[None], torch.from_numpy(classes)


def patch_loader(folder: Path, tasks: Tasks, size, seed: int, first: int, batch: int, workers: int, most_cases: int | None = None) -> DataLoader:
    """Batches from patch number `first` on; `size` is [z, y, x]."""
    return DataLoader(PatchStream(folder, tasks, size, seed, first, most_cases), batch_size=batch, num_workers=workers)
