"""STAPLE by ITK (SimpleITK) on observers' painted shapes: the golden data of test/consensus.

python3 -m venv /tmp/consensus && /tmp/consensus/bin/pip install -r training/requirements-consensus.txt
/tmp/consensus/bin/python training/peer_consensus.py test/consensus/golden/staple.json.gz

Each case is estimated twice: on the whole image, and on the voxels that anybody drew, handed to ITK in one row: voxels are independent
there as here. The consensus is given as its number of voxels and the SHA-256 of one byte a voxel, 0 or 1, of the whole image.
"""
import gzip
import hashlib
import json
import multiprocessing
import random
import sys

import numpy as np
import SimpleITK as sitk

from peer_shapes import moved, paint, plain, random_mask

CASES = 150
MOST_ITERATIONS = 10_000

# Of two observers probabilities are often one half but for rounding, by which ITK would decide.
ROUNDING = 1e-9


def drawn_case(number):
    """Observers who mean the same and draw it otherwise; in every fifth case one of them means something else."""
    draw = random.Random(number)
    while True:
        size = [draw.randrange(4, 34), draw.randrange(4, 30), draw.randrange(2, 14)]
        spacing = [draw.choice([0.78125, 0.9765625, 1.3]), draw.choice([0.6, 0.9765625, 1.17]), draw.choice([1, 2.5, 3])]
        meant = random_mask(draw, size)
        observers = [moved(draw, meant) for _ in range(draw.choice([2, 3, 3, 4, 5, 8]))]
        if number % 5 == 0:
            observers[draw.randrange(len(observers))] = random_mask(draw, size)
        masks = [paint(size, shapes) for shapes in observers]
        if all(mask.any() for mask in masks) and not np.any(masks, axis=0).all():
            return dict(number=number, size=size, spacing=spacing, observers=observers), np.array(masks)


def estimated(masks, region):
    staple = sitk.STAPLEImageFilter()
    staple.SetForegroundValue(1)
    staple.SetMaximumIterations(MOST_ITERATIONS)
    rows = [sitk.GetImageFromArray(mask[region].astype(np.uint8).reshape(1, 1, -1)) for mask in masks]
    probability = sitk.GetArrayFromImage(staple.Execute(rows)).ravel()
    if np.isnan(probability).any():
        return None  # ITK divides by nothing where the region holds nothing outside the consensus.
    consensus = np.zeros(masks[0].shape, np.uint8)
    consensus[region] = probability >= 0.5 - ROUNDING
    sensitivity, specificity = staple.GetSensitivity(), staple.GetSpecificity()
    return dict(
        elapsed=staple.GetElapsedIterations(),
        sensitivity=list(sensitivity),
        specificity=list(specificity),
        meanProbability=probability.mean(),
        voxels=int(consensus.sum()),
        sha256=hashlib.sha256(consensus.tobytes()).hexdigest(),
    )


def measured(number):
    case, masks = drawn_case(number)
    return plain(dict(case, whole=estimated(masks, np.ones(masks[0].shape, bool)), drawn=estimated(masks, np.any(masks, axis=0))))


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        cases = list(pool.imap(measured, range(CASES)))
    text = json.dumps(dict(mostIterations=MOST_ITERATIONS, cases=cases), separators=(",", ":"))
    with open(sys.argv[1], "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
        packed.write(text.encode())
