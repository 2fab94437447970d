"""The volume that anatomy is painted on."""

import numpy as np

from ..tasks import OAR_THORAX
from .grid import Grid, SmoothField

AIR_HU = -1000.0


def overlap(box, frame):
    """The part of `box` that lies in `frame`, as slices of the volume and as slices of an array that spans `frame`."""
    common = []
    for part, whole in zip(box, frame):
        start = min(max(part.start, whole.start), whole.stop)
        common.append(slice(start, max(min(part.stop, whole.stop), start)))
    return tuple(common), tuple(slice(c.start - f.start, c.stop - f.start) for c, f in zip(common, frame))


class Canvas:
    """HU and organs at risk (`labels`) on a grid, with the body coordinates of each voxel.

    `x`, `y`, `z` are the warped coordinates: shapes are simple in body coordinates and irregular in the scan.
    All arrays are indexed [z, y, x].
    """

    # Boxes are given in body coordinates and cut in scan coordinates; the warp moves points by no more than this.
    WARP_MARGIN_MM = 26.0

    def __init__(self, grid: Grid, warps: list[list[tuple[SmoothField, float]]], edge: float):
        """`warps` holds for x, y, z the fields and their amplitudes in mm; `edge` is the edge width in voxels."""
        self.grid = grid
        shape = grid.size[::-1]
        coordinates = []
        for i, fields in enumerate(warps):
            base = np.broadcast_to(grid.axis(i).reshape([-1 if axis == 2 - i else 1 for axis in range(3)]), shape).copy()
            for field, amplitude_mm in fields:
                base += np.clip(field.on(grid), -2.2, 2.2) * np.float32(amplitude_mm)
            coordinates.append(base)
        self.x, self.y, self.z = coordinates
        self.hu = np.full(shape, AIR_HU, np.float32)
        self.labels = np.zeros(shape, np.uint8)
        self.parts: dict[str, np.ndarray] = {}
        self.edge_mm = np.float32(edge * np.mean(grid.spacing_mm))

    def box(self, low_mm, high_mm) -> tuple[slice, slice, slice]:
        """Slices that hold the body box low..high (x, y, z), whatever the warp."""
        m = self.WARP_MARGIN_MM
        return self.grid.box([v - m for v in low_mm], [v + m for v in high_mm])

    def around(self, points_mm, radius_mm: float) -> tuple[slice, slice, slice]:
        """Slices that hold all points within `radius_mm` of the given points."""
        points = np.atleast_2d(points_mm)
        return self.box(points.min(0) - radius_mm, points.max(0) + radius_mm)

    def at(self, box):
        """Body coordinates x, y, z of a box."""
        return self.x[box], self.y[box], self.z[box]

    def cover(self, distance):
        """Share of each voxel that a shape covers, 0..1."""
        return np.clip(0.5 - distance / self.edge_mm, 0, 1)

    def paint(self, box, distance, hu, opacity=1.0) -> None:
        """Lay a tissue of `hu` (number or array) over what is there, with partial volume at its edge."""
        view = self.hu[box]
        view += self.cover(distance) * opacity * (hu - view)

    def mark(self, box, distance, name: str) -> None:
        """Add the voxels whose centre is inside the shape to a named part of the body; parts may overlap."""
        if name not in self.parts:
            self.parts[name] = np.zeros(self.hu.shape, bool)
        self.parts[name][box] |= distance < 0

    def label(self, box, distance, name: str) -> None:
        """Give the voxels whose centre is inside the shape a class of organs at risk."""
        self.labels[box][distance < 0] = OAR_THORAX.index(name)
