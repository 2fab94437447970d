"""What a network is given: the constants that go into the model manifest, and the arithmetic that uses them."""

import numpy as np

SPACING_MM = (3.0, 3.0, 3.0)
PATCH_XYZ = (96, 80, 80)
"""Voxels along x, y, z: a tile of 288 x 240 x 240 mm holds most of a chest."""
PATCH_ZYX = PATCH_XYZ[::-1]

CLIP_HU = (-1000.0, 1000.0)
MEAN_HU = -200.0
STD_HU = 400.0
OUTSIDE_HU = -1000.0


def normalise(hu: np.ndarray) -> np.ndarray:
    """(clip(HU) - mean) / deviation, float32."""
    return ((np.clip(hu, *CLIP_HU) - MEAN_HU) / STD_HU).astype(np.float32)
