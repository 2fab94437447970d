"""Regular grids in patient space and smooth random fields on them.

Coordinates are LPS millimetres of voxel centres: x to the patient's left, y to posterior, z to superior.
Arrays are indexed [z, y, x]; sizes, spacings and origins are given as (x, y, z).
"""

from dataclasses import dataclass

import numpy as np

DOMAIN_MM = ((-340.0, 340.0), (-340.0, 340.0), (-460.0, 420.0))
"""The box (x, y, z) on which smooth fields are defined: larger than any scan that is drawn."""


@dataclass(frozen=True)
class Grid:
    """An axis-aligned grid. `origin_mm` is the centre of voxel 0."""

    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]

    def __post_init__(self) -> None:
        if min(self.size) < 1 or min(self.spacing_mm) <= 0:
            raise ValueError(f"a grid needs positive size and spacing, not {self.size}, {self.spacing_mm}")

    def axis(self, i: int) -> np.ndarray:
        """Voxel centre coordinates along axis i (0 = x), mm, float32."""
        return (self.origin_mm[i] + self.spacing_mm[i] * np.arange(self.size[i])).astype(np.float32)

    def box(self, low_mm, high_mm) -> tuple[slice, slice, slice]:
        """Array slices [z, y, x] of the voxels whose centres lie in the box low..high (x, y, z), mm."""
        slices = []
        for i in (2, 1, 0):
            first = int(np.ceil((low_mm[i] - self.origin_mm[i]) / self.spacing_mm[i]))
            last = int(np.floor((high_mm[i] - self.origin_mm[i]) / self.spacing_mm[i])) + 1
            first = min(max(first, 0), self.size[i])
            slices.append(slice(first, min(max(last, first), self.size[i])))
        return tuple(slices)


def _basis(coordinates: np.ndarray, low: float, pitch: float, count: int) -> np.ndarray:
    """Uniform cubic B-spline weights: one row per coordinate, one column per control point."""
    position = (coordinates - low) / pitch
    cell = np.clip(np.floor(position).astype(int), 0, count - 4)
    u = np.clip(position - cell, 0, 1).astype(np.float32)
    weights = ((1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3)
    rows = np.zeros((len(coordinates), count), np.float32)
    for k, weight in enumerate(weights):
        rows[np.arange(len(coordinates)), cell + k] = weight / 6
    return rows


class SmoothField:
    """A random field of zero mean and about unit deviation that varies over `scale_mm`.

    It is a tensor B-spline, so that its value at a point does not depend on the grid it is asked on.
    """

    # A B-spline sum of independent unit control values has a deviation near 0.33 in three dimensions.
    _DEVIATION = 0.33

    def __init__(self, rng: np.random.Generator, scale_mm: float):
        self.scale_mm = scale_mm
        counts = [int(np.ceil((high - low) / scale_mm)) + 4 for low, high in DOMAIN_MM]
        self.controls = (rng.standard_normal(counts[::-1]) / self._DEVIATION).astype(np.float32)

    def on(self, grid: Grid, box: tuple[slice, slice, slice] | None = None) -> np.ndarray:
        """Values [z, y, x] on the grid, or on a box of it."""
        values = self.controls
        for axis, i in enumerate((2, 1, 0)):
            coordinates = grid.axis(i) if box is None else grid.axis(i)[box[axis]]
            rows = _basis(coordinates, DOMAIN_MM[i][0], self.scale_mm, self.controls.shape[axis])
            values = np.moveaxis(np.tensordot(rows, values, axes=(1, axis)), 0, axis)
        return np.ascontiguousarray(values)
