"""Shapes in whole numbers, which test/support/paintedShapes.ts paints voxel by voxel alike.

Axes are [column, row, slice]; a mask is made by its shapes in turn, each of which adds or removes voxels:
box [x, y, z, width, height, depth] · ball [x, y, z, rx, ry, rz], twice its centre and radii · dust [seed, share of 2³²]
"""
import numpy as np

from peer_random import mulberry32


def paint(size, shapes):
    columns, rows, slices = size
    z, y, x = np.indices((slices, rows, columns), dtype=np.int64)
    mask = np.zeros((slices, rows, columns), bool)
    for sign, kind, values in shapes:
        if kind == "box":
            a, b, c, width, height, depth = values
            inside = (x >= a) & (x < a + width) & (y >= b) & (y < b + height) & (z >= c) & (z < c + depth)
        elif kind == "ball":
            a, b, c, p, q, r = values
            inside = ((2 * x - a) * q * r) ** 2 + ((2 * y - b) * p * r) ** 2 + ((2 * z - c) * p * q) ** 2 <= (p * q * r) ** 2
        else:
            seed, share = values
            inside = (mulberry32(seed, mask.size) < share).reshape(mask.shape)
        mask = mask | inside if sign == "+" else mask & ~inside
    return mask


def random_shape(draw, size):
    kind = draw.choices(["ball", "box", "dust"], [6, 3, 0.5])[0]
    if kind == "dust":
        return ["+", kind, [draw.randrange(2**31), draw.randrange(2**22, 2**29)]]
    if kind == "box":
        low = [draw.randrange(-2, count - 1) for count in size]
        return ["+", kind, [max(0, value) for value in low] + [draw.randrange(1, max(2, count * 3 // 4)) for count in size]]
    return ["+", kind, [draw.randrange(-2, 2 * count + 2) for count in size] + [draw.randrange(count // 4 + 1, count + 2) for count in size]]


def random_mask(draw, size):
    shapes = [random_shape(draw, size) for _ in range(draw.choice([1, 1, 2, 3]))]
    if draw.random() < 0.3:
        shapes.append(["-", *random_shape(draw, size)[1:]])
    return shapes


def moved(draw, shapes):
    """What a second observer draws: the same shapes, a little elsewhere and of other sizes."""
    changed = []
    for sign, kind, values in shapes:
        if kind == "dust":
            changed.append([sign, kind, values])
            continue
        step = 1 if kind == "box" else 2
        values = [value + draw.randint(-step, step) for value in values]
        low = 0 if kind == "box" else -99
        changed.append([sign, kind, [max(low, value) for value in values[:3]] + [max(1, value) for value in values[3:]]])
    return changed


def plain(value):
    """Nine digits: more than any comparison needs, and a tenth of the bytes."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return float(f"{value:.9g}") if isinstance(value, (float, np.floating)) else value
