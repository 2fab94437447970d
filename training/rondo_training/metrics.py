"""Overlap and surface distance between two masks on one grid."""

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt

HD95_CONVENTION = (
    "HD95: 95th percentile of the distances from the surface voxels of one mask to the nearest surface voxel centre of the "
    "other, each surface voxel counting once; the larger of the two directions"
)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """2 |A and B| / (|A| + |B|); 1 where both are empty."""
    total = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / total if total else 1.0


def hd95_mm(a: np.ndarray, b: np.ndarray, spacing_zyx_mm) -> float:
    """95 % Hausdorff distance in mm; infinite where just one mask is empty, 0 where both are."""
    if not a.any() or not b.any():
        return 0.0 if not a.any() and not b.any() else float("inf")
    where = np.nonzero(a | b)
    box = tuple(slice(max(v.min() - 1, 0), v.max() + 2) for v in where)
    a, b = a[box], b[box]
    # Voxels on the rim of the volume are surface too: a scan that ends within an organ ends its surface.
    surface_a, surface_b = a & ~binary_erosion(a), b & ~binary_erosion(b)
    to_a = distance_transform_edt(~surface_a, sampling=spacing_zyx_mm)
    to_b = distance_transform_edt(~surface_b, sampling=spacing_zyx_mm)
    return float(max(np.percentile(to_b[surface_a], 95), np.percentile(to_a[surface_b], 95)))
