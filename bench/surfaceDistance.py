"""The core of bench/metrics.js by DeepMind's surface-distance; prints seconds and figures as JSON.

    python bench/surfaceDistance.py <folder with 0.raw and 1.raw> <slices> <spacing: slice, row, column> <tolerance in mm> <runs>
"""
import json
import sys
import time

import numpy as np
import surface_distance

folder, slices = sys.argv[1], int(sys.argv[2])
spacing, tolerance, runs = [float(value) for value in sys.argv[3:6]], float(sys.argv[6]), int(sys.argv[7])
a, b = (np.fromfile(f"{folder}/{name}.raw", dtype=np.uint8).astype(bool).reshape(slices, 512, 512) for name in "01")

seconds = []
for _ in range(runs):
    start = time.perf_counter()
    distances = surface_distance.compute_surface_distances(a, b, spacing)
    figures = dict(
        dsc=surface_distance.compute_dice_coefficient(a, b),
        hd95=surface_distance.compute_robust_hausdorff(distances, 95),
        surfaceDsc=surface_distance.compute_surface_dice_at_tolerance(distances, tolerance),
    )
    seconds.append(time.perf_counter() - start)
print(json.dumps(dict(seconds=seconds, figures={name: float(value) for name, value in figures.items()})))
