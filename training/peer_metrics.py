"""Figures of other tools on pairs of painted shapes: the golden data of test/metrics.

python3 -m venv /tmp/metrics && /tmp/metrics/bin/pip install -r training/requirements-metrics.txt
/tmp/metrics/bin/python training/peer_metrics.py test/metrics/golden/pairs.json.gz

plastimatch (Debian package) must be installed. peer_shapes.py says what shapes are.
"""
import gzip
import json
import multiprocessing
import random
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import surface_distance
import torch
from medpy.metric import binary
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance

from peer_shapes import moved, paint, plain, random_mask

TOLERANCES_MM = [0, 1, 2.5]
RANDOM_PAIRS = 500


def random_pair(number):
    """Of 25 pairs one may be empty on a side and three disjoint; the others have voxels in common."""
    draw = random.Random(number)
    while True:
        pair = drawn_pair(draw, f"random {number}")
        a, b = paint(pair["size"], pair["a"]), paint(pair["size"], pair["b"])
        if number % 25 == 0 or (number % 8 == 1 and a.any() and b.any()) or (a & b).any():
            return pair


def drawn_pair(draw, name):
    size = [draw.randrange(3, 40), draw.randrange(3, 34), draw.randrange(2, 18)]
    spacing = [draw.choice([0.5, 0.78125, 0.9765625, 1, 1.3]), draw.choice([0.6, 0.9765625, 1, 1.17]), draw.choice([1, 1.25, 2, 2.5, 3, 5])]
    a = random_mask(draw, size)
    b = moved(draw, a) if draw.random() < 0.6 else random_mask(draw, size)
    return dict(name=name, size=size, spacing=spacing, a=a, b=b)


def box(*values):
    return ["+", "box", list(values)]


def ball(*values):
    return ["+", "ball", list(values)]


def cut(shape):
    return ["-", *shape[1:]]


ANALYTIC = [
    dict(name="identical boxes", size=[30, 24, 12], spacing=[0.8, 1.25, 3], a=[box(3, 4, 2, 20, 12, 7)], b=[box(3, 4, 2, 20, 12, 7)]),
    dict(name="box shifted along columns", size=[40, 30, 12], spacing=[0.8, 1.25, 3], a=[box(5, 6, 3, 20, 14, 6)], b=[box(9, 6, 3, 20, 14, 6)]),
    dict(name="box shifted along rows", size=[40, 30, 12], spacing=[0.8, 1.25, 3], a=[box(5, 6, 3, 20, 14, 6)], b=[box(5, 9, 3, 20, 14, 6)]),
    dict(name="box shifted along slices", size=[40, 30, 12], spacing=[0.8, 1.25, 3], a=[box(5, 6, 3, 20, 14, 6)], b=[box(5, 6, 5, 20, 14, 6)]),
    dict(name="concentric balls", size=[50, 50, 26], spacing=[1, 1, 2], a=[ball(50, 50, 26, 40, 40, 20)], b=[ball(50, 50, 26, 28, 28, 14)]),
    dict(name="shifted ellipsoids", size=[56, 60, 24], spacing=[1.3, 0.9, 3], a=[ball(48, 56, 22, 30, 41, 16)], b=[ball(44, 62, 24, 33, 37, 15)]),
    dict(name="one voxel against itself", size=[9, 12, 5], spacing=[0.7, 1.1, 2.5], a=[box(3, 2, 1, 1, 1, 1)], b=[box(3, 2, 1, 1, 1, 1)]),
    dict(name="one voxel against one voxel", size=[9, 12, 5], spacing=[0.7, 1.1, 2.5], a=[box(3, 2, 1, 1, 1, 1)], b=[box(7, 10, 3, 1, 1, 1)]),
    dict(name="one voxel in a ball", size=[31, 31, 15], spacing=[1, 1, 2], a=[box(15, 15, 7, 1, 1, 1)], b=[ball(30, 30, 14, 22, 22, 11)]),
    dict(name="disjoint, far apart", size=[90, 30, 12], spacing=[1, 1, 3], a=[ball(14, 28, 12, 11, 11, 6)], b=[ball(160, 30, 10, 13, 9, 7)]),
    dict(name="touching faces", size=[30, 20, 10], spacing=[1, 1.2, 2], a=[box(4, 4, 2, 10, 10, 6)], b=[box(14, 4, 2, 10, 10, 6)]),
    dict(name="box touching the border of the volume", size=[33, 20, 10], spacing=[0.75, 1.5, 2], a=[box(0, 0, 0, 20, 12, 10)], b=[box(1, 2, 0, 32, 18, 9)]),
    dict(name="the whole volume against a box", size=[20, 18, 9], spacing=[1, 1, 2.5], a=[box(0, 0, 0, 20, 18, 9)], b=[box(4, 4, 2, 10, 10, 5)]),
    dict(name="sheet of one slice", size=[40, 40, 12], spacing=[0.9, 0.9, 3], a=[box(4, 4, 5, 30, 30, 1)], b=[box(5, 4, 6, 30, 31, 1)]),
    dict(name="sheet of one column, crossing one of one row", size=[40, 40, 12], spacing=[0.9, 1.1, 3], a=[box(20, 4, 2, 1, 30, 9)], b=[box(4, 20, 2, 30, 1, 9)]),
    dict(name="shell in shell", size=[44, 44, 20], spacing=[1, 1.1, 2.5], a=[ball(42, 42, 18, 38, 38, 17), cut(ball(42, 42, 18, 32, 32, 13))], b=[ball(42, 42, 18, 40, 36, 17), cut(ball(44, 42, 18, 34, 32, 13))]),
    dict(name="holes and islands", size=[37, 40, 20], spacing=[1.2, 1, 1.7], a=[ball(36, 38, 18, 28, 30, 16), cut(ball(34, 42, 18, 10, 12, 8)), box(2, 2, 1, 3, 2, 2)], b=[ball(36, 40, 20, 26, 32, 14), cut(box(15, 18, 8, 6, 6, 3))]),
    dict(name="line of voxels, as an artery", size=[40, 40, 20], spacing=[0.98, 0.98, 2], a=[box(3, 10, 4, 25, 2, 1), box(27, 10, 4, 2, 2, 12)], b=[box(3, 11, 4, 25, 2, 1), box(28, 11, 4, 2, 2, 10)]),
    dict(name="dust", size=[24, 22, 9], spacing=[0.8, 1.1, 2.5], a=[["+", "dust", [7, 2**29]]], b=[["+", "dust", [8, 2**28]]]),
    dict(name="one missed, one slice of image", size=[24, 22, 2], spacing=[0.8, 1.1, 2.5], a=[ball(24, 22, 1, 14, 14, 3)], b=[box(10, 9, 0, 3, 3, 1)]),
]


def measured(pair):
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    a, b = paint(pair["size"], pair["a"]), paint(pair["size"], pair["b"])
    result = dict(pair, voxels=[int(a.sum()), int(b.sum()), int((a & b).sum())])
    if a.any() and b.any():
        spacing = [float(value) for value in pair["spacing"][::-1]]
        result.update(deepmind=deepmind(a, b, spacing), medpy=medpy(a, b, spacing), monai=monai(a, b, spacing), plastimatch=plastimatch(a, b, pair["spacing"]))
    return result


def deepmind(a, b, spacing):
    distances = surface_distance.compute_surface_distances(a, b, spacing)
    there, back = surface_distance.compute_average_surface_distance(distances)
    return dict(
        dsc=surface_distance.compute_dice_coefficient(a, b),
        hd=surface_distance.compute_robust_hausdorff(distances, 100),
        hd95=surface_distance.compute_robust_hausdorff(distances, 95),
        means=[there, back],
        areas=[distances["surfel_areas_gt"].sum(), distances["surfel_areas_pred"].sum()],
        surfaceDsc=[surface_distance.compute_surface_dice_at_tolerance(distances, tolerance) for tolerance in TOLERANCES_MM],
    )


def medpy(a, b, spacing):
    return dict(
        dsc=binary.dc(b, a), iou=binary.jc(b, a), precision=binary.precision(b, a), recall=binary.recall(b, a),
        hd=binary.hd(b, a, spacing), hd95=binary.hd95(b, a, spacing), msd=binary.assd(b, a, spacing),
    )


def monai(a, b, spacing):
    one, other = (torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (b, a))
    return dict(
        hd=compute_hausdorff_distance(one, other, include_background=True, spacing=spacing).item(),
        hd95=compute_hausdorff_distance(one, other, include_background=True, percentile=95, spacing=spacing).item(),
        msd=compute_average_surface_distance(one, other, include_background=True, symmetric=True, spacing=spacing).item(),
    )


def plastimatch(a, b, spacing):
    """With two empty voxels on each side: at the edge of the image its distances are other ones, by no rule that we found."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, mask in (("a", a), ("b", b)):
            image = sitk.GetImageFromArray(np.pad(mask, 2).astype(np.uint8))
            image.SetSpacing(spacing)
            files.append(str(Path(folder, f"{name}.mha")))
            sitk.WriteImage(image, files[-1])
        printed = subprocess.run(["plastimatch", "dice", "--all", *files], capture_output=True, text=True, check=True).stdout
    read = lambda label: float(re.search(rf"^{re.escape(label)}\s*[=:]\s*(\S+)", printed, re.M).group(1))
    return dict(
        dsc=read("DICE"), recall=read("SE"),
        hd=read("Hausdorff distance (boundary)"), hd95=read("Percent (0.95) Hausdorff distance (boundary)"), msd=read("Avg average Hausdorff distance (boundary)"),
    )


if __name__ == "__main__":
    pairs = ANALYTIC + [random_pair(number) for number in range(RANDOM_PAIRS)]
    with multiprocessing.Pool(4) as pool:
        results = [plain(result) for result in pool.imap(measured, pairs, chunksize=4)]
    text = json.dumps(dict(tolerancesMm=TOLERANCES_MM, pairs=results), separators=(",", ":"))
    with open(sys.argv[1], "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
        packed.write(text.encode())
