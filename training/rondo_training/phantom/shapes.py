"""Implicit shapes: functions of coordinates that are negative inside and near millimetres from the surface."""

import numpy as np
from scipy.interpolate import PchipInterpolator


def smooth_union(a, b, radius_mm: float):
    """The union of two shapes with the crease filled over `radius_mm`."""
    h = np.clip(0.5 + 0.5 * (b - a) / radius_mm, 0, 1)
    return b + (a - b) * h - radius_mm * h * (1 - h)


def smooth_intersection(a, b, radius_mm: float):
    """The intersection of two shapes with the edge rounded over `radius_mm`."""
    return -smooth_union(-a, -b, radius_mm)


def ellipsoid(x, y, z, centre, semi_axes_mm, rotation=None):
    """Signed distance, exact on the surface only. Rows of `rotation` are the unit axes."""
    dx, dy, dz = x - centre[0], y - centre[1], z - centre[2]
    if rotation is not None:
        r = np.asarray(rotation, np.float32)
        dx, dy, dz = (r[i, 0] * dx + r[i, 1] * dy + r[i, 2] * dz for i in range(3))
    a, b, c = (np.float32(s) for s in semi_axes_mm)
    dx, dy, dz = dx / a, dy / b, dz / c
    # The floor keeps the very centre, where both radius and gradient vanish, inside.
    radius = np.maximum(np.sqrt(dx * dx + dy * dy + dz * dz), np.float32(1e-3))
    dx, dy, dz = dx / a, dy / b, dz / c
    gradient = np.sqrt(dx * dx + dy * dy + dz * dz)
    return radius * (radius - 1) / np.maximum(gradient, np.float32(1e-5))


def capsule(x, y, z, start, end, start_radius_mm: float, end_radius_mm: float):
    """Signed distance to a straight rod with round ends and a linear taper."""
    s, axis = np.asarray(start, np.float32), np.asarray(end, np.float32) - np.asarray(start, np.float32)
    dx, dy, dz = x - s[0], y - s[1], z - s[2]
    along = np.clip((dx * axis[0] + dy * axis[1] + dz * axis[2]) / np.float32(max(float(axis @ axis), 1e-6)), 0, 1)
    distance = np.sqrt((dx - along * axis[0]) ** 2 + (dy - along * axis[1]) ** 2 + (dz - along * axis[2]) ** 2)
    return distance - (np.float32(start_radius_mm) + along * np.float32(end_radius_mm - start_radius_mm))


def superellipse(x, y, half_width, half_depth, power: float):
    """Radial signed distance in each axial plane; the half axes may vary from voxel to voxel."""
    ratio = (np.abs(x / half_width) ** power + np.abs(y / half_depth) ** power) ** np.float32(1 / power)
    return np.sqrt(x * x + y * y + 1e-3) * (1 - 1 / np.maximum(ratio, np.float32(0.05)))


class Profile:
    """A smooth function of height through given knots, tabulated because it is asked at every voxel."""

    def __init__(self, at, values):
        self._at = np.linspace(at[0], at[-1], 1024)
        self._values = PchipInterpolator(at, values)(self._at)

    def __call__(self, t):
        return np.interp(t, self._at, self._values).astype(np.float32)


def frame(direction) -> np.ndarray:
    """Three orthonormal rows, the first along `direction`."""
    first = np.asarray(direction, float) / np.linalg.norm(direction)
    second = np.cross([0.0, 0.0, 1.0], first)
    second /= np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)])


def turned(rotation: np.ndarray, degrees_xyz) -> np.ndarray:
    """`rotation` with its axes turned about x, y and z in patient space."""
    a, b, c = np.radians(degrees_xyz)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return rotation @ (about_z @ about_y @ about_x).T
