"""Makes surface_distance.json: figures of DeepMind surface-distance on masks given as lists of shapes.

python3 -m venv venv && venv/bin/pip install surface-distance==0.1 numpy==1.26.4 scipy==1.11.4
venv/bin/python make.py > surface_distance.json

Axes are [slice, row, column]. A shape is a box {"low", "high"} (half-open, voxels) or an ellipsoid {"centre", "radii"}
(voxels whose centre lies inside, in voxel units); a mask is the union of its shapes minus those under "without".
"""
import json
import numpy as np
import surface_distance as sd

CASES = [
    dict(name="identical boxes", size=[9, 14, 11], spacing=[3.0, 1.25, 0.8],
         a=dict(shapes=[dict(low=[2, 3, 2], high=[7, 11, 8])]), b=dict(shapes=[dict(low=[2, 3, 2], high=[7, 11, 8])])),
    dict(name="one voxel against one voxel", size=[5, 12, 9], spacing=[2.5, 1.1, 0.7],
         a=dict(shapes=[dict(low=[1, 2, 3], high=[2, 3, 4])]), b=dict(shapes=[dict(low=[3, 10, 7], high=[4, 11, 8])])),
    dict(name="shifted ellipsoids, unequal spacing", size=[24, 60, 50], spacing=[3.0, 0.9, 1.3],
         a=dict(shapes=[dict(centre=[11, 28, 24], radii=[8.2, 20.5, 15.1])]),
         b=dict(shapes=[dict(centre=[12, 31, 22], radii=[7.4, 18.3, 16.7])])),
    dict(name="touching the image edge", size=[10, 20, 33], spacing=[2.0, 1.5, 0.75],
         a=dict(shapes=[dict(low=[0, 0, 0], high=[10, 12, 20])]),
         b=dict(shapes=[dict(low=[0, 2, 1], high=[9, 20, 33])])),
    dict(name="holes and islands", size=[20, 40, 37], spacing=[1.7, 1.0, 1.2],
         a=dict(shapes=[dict(centre=[9, 19, 18], radii=[8, 15, 14]), dict(low=[1, 2, 2], high=[3, 4, 5])],
                without=[dict(centre=[9, 21, 17], radii=[4, 6, 5])]),
         b=dict(shapes=[dict(centre=[10, 20, 18], radii=[7, 16, 13])], without=[dict(low=[8, 18, 15], high=[11, 24, 21])])),
    dict(name="far apart", size=[50, 30, 40], spacing=[3.0, 1.0, 1.0],
         a=dict(shapes=[dict(centre=[6, 14, 9], radii=[5, 11, 8])]),
         b=dict(shapes=[dict(centre=[40, 15, 30], radii=[7, 9, 6])])),
    dict(name="a missed half", size=[40, 64, 70], spacing=[2.5, 0.98, 1.4],
         a=dict(shapes=[dict(centre=[20, 30, 35], radii=[18, 28, 30])]),
         b=dict(shapes=[dict(centre=[11, 30, 35], radii=[9, 26, 22])])),
    dict(name="checkerboard of corners", size=[8, 9, 10], spacing=[2.0, 1.0, 1.5],
         a=dict(shapes=[dict(low=[z, y, x], high=[z + 1, y + 1, x + 1])
                        for z in range(1, 7) for y in range(1, 8) for x in range(1, 9) if (7 * x + 3 * y + 5 * z + x * y * z) % 3 == 0]),
         b=dict(shapes=[dict(low=[z, y, x], high=[z + 1, y + 1, x + 1])
                        for z in range(1, 7) for y in range(1, 8) for x in range(1, 9) if (5 * x + 2 * y + 3 * z + x * y) % 4 < 2])),
]


def paint(size, spec):
    grid = np.stack(np.indices(size), axis=-1)

    def inside(shape):
        if "low" in shape:
            return np.all((grid >= shape["low"]) & (grid < shape["high"]), axis=-1)
        return np.sum(((grid - shape["centre"]) / np.array(shape["radii"], float)) ** 2, axis=-1) <= 1

    mask = np.zeros(size, bool)
    for shape in spec["shapes"]:
        mask |= inside(shape)
    for shape in spec.get("without", []):
        mask &= ~inside(shape)
    return mask


results = []
for case in CASES:
    a, b = paint(case["size"], case["a"]), paint(case["size"], case["b"])
    distances = sd.compute_surface_distances(a, b, case["spacing"])
    there, back = sd.compute_average_surface_distance(distances)
    results.append(dict(
        **case,
        voxels=[int(a.sum()), int(b.sum())],
        dsc=float(sd.compute_dice_coefficient(a, b)),
        hd95Mm=float(sd.compute_robust_hausdorff(distances, 95)),
        directedMeansMm=[float(there), float(back)],
        areasMm2=[float(distances["surfel_areas_gt"].sum()), float(distances["surfel_areas_pred"].sum())],
        maximaMm=[float(distances["distances_gt_to_pred"].max()), float(distances["distances_pred_to_gt"].max())],
    ))
print("[\n" + ",\n".join(json.dumps(result) for result in results) + "\n]")
