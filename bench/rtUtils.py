"""Adds the masks of bench/bridge.js to a structure set with rt-utils and saves it; prints seconds as JSON.

    python bench/rtUtils.py <folder of bridgeRun.js inputs> <slices> <planes|rows> <runs>

`planes`: each slice of a mask lies in one piece of memory, as masks out of SimpleITK do. `rows`: NumPy's own order of an
array of rows, columns and slices, as in the README of rt-utils.
"""
import contextlib
import io
import json
import os
import sys
import tempfile
import time

import numpy as np
from rt_utils import RTStructBuilder

folder, slices, order, runs = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
masks = {}
for name in ("Body", "Heart", "Lung_L", "Lung_R"):
    mask = np.fromfile(f"{folder}/{name}.raw", dtype=np.uint8).astype(bool).reshape(slices, 512, 512).transpose(1, 2, 0)
    masks[name] = mask if order == "planes" else np.ascontiguousarray(mask)

seconds = []
for _ in range(runs):
    structure_set = RTStructBuilder.create_new(f"{folder}/ct")
    start = time.perf_counter()
    for name, mask in masks.items():
        structure_set.add_roi(mask=mask, name=name)
    added = time.perf_counter()
    with tempfile.TemporaryDirectory() as out, contextlib.redirect_stdout(io.StringIO()):
        structure_set.save(os.path.join(out, "rs.dcm"))
    seconds.append({"trace": added - start, "write": time.perf_counter() - added})
contours = [contour for roi in structure_set.ds.ROIContourSequence for contour in roi.ContourSequence]
print(json.dumps({"seconds": seconds, "points": sum(len(contour.ContourData) // 3 for contour in contours)}))
