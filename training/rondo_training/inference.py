"""Whole scans through a network: resample, tile, blend, resample back."""

from collections.abc import Callable, Iterator

import numpy as np
import SimpleITK as sitk

from .preprocessing import OUTSIDE_HU, PATCH_ZYX, SPACING_MM, normalise

Spacing = tuple[float, float, float]

OVERLAP = 0.25
"""Least share of a tile that its neighbour repeats."""

SMOOTHING = 0.35
"""Gaussian deviation before sampling more coarsely, as a share of the model's spacing."""

# A tile sees less context at its rim, so its middle counts most where tiles overlap.
_RIM_WEIGHT = 0.05


def tile_starts(length: int, patch: int, overlap: float = OVERLAP) -> list[int]:
    """First voxels of tiles that cover `length`; 200 with tiles of 96 and overlap 0.5 gives [0, 35, 69, 104]."""
    if length <= patch:
        return [0]
    count = int(np.ceil((length - patch) / (patch * (1 - overlap)))) + 1
    return [int(round(v)) for v in np.linspace(0, length - patch, count)]


def tile_weight(size) -> np.ndarray:
    """Blending weight [z, y, x] of a tile: a product of triangles with a floor."""
    weight = np.ones((1, 1, 1), np.float32)
    for axis, n in enumerate(size):
        ramp = np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) / (n / 2)
        shape = [-1 if i == axis else 1 for i in range(3)]
        weight = weight * np.maximum(ramp, _RIM_WEIGHT).astype(np.float32).reshape(shape)
    return weight


def probabilities(hu: np.ndarray, run: Callable[[np.ndarray], np.ndarray], patch=PATCH_ZYX, overlap: float = OVERLAP) -> np.ndarray:
    """Class probabilities [class, z, y, x] of HU [z, y, x] on the model's grid.

    `run` maps an image [1, 1, z, y, x] to logits [1, class, z, y, x]. Scans smaller than a tile are padded with air on
    both sides, since the norms of the network expect a tile of the size that it was trained on.
    """
    before = [max(p - n, 0) // 2 for p, n in zip(patch, hu.shape)]
    after = [max(p - n, 0) - b for p, n, b in zip(patch, hu.shape, before)]
    padded = np.pad(hu, list(zip(before, after)), constant_values=OUTSIDE_HU)
    total: np.ndarray | None = None
    weights = np.zeros(padded.shape, np.float32)
    weight = tile_weight(patch)
    for z in tile_starts(padded.shape[0], patch[0], overlap):
        for y in tile_starts(padded.shape[1], patch[1], overlap):
            for x in tile_starts(padded.shape[2], patch[2], overlap):
                block = (slice(z, z + patch[0]), slice(y, y + patch[1]), slice(x, x + patch[2]))
                logits = run(normalise(padded[block])[None, None])[0]
                exponent = np.exp(logits - logits.max(0, keepdims=True))
                if total is None:
                    total = np.zeros((len(logits), *padded.shape), np.float32)
                total[(slice(None), *block)] += exponent / exponent.sum(0, keepdims=True) * weight
                weights[block] += weight
    inner = tuple(slice(b, b + n) for b, n in zip(before, hu.shape))
    return (total / weights)[(slice(None), *inner)]


def to_model_grid(image: sitk.Image, spacing_mm: Spacing = SPACING_MM) -> sitk.Image:
    """The scan (LPS axes) on the model's spacing (x, y, z): linear, after smoothing axes that are sampled more coarsely."""
    spacing, size = np.array(image.GetSpacing()), np.array(image.GetSize())
    smooth = sitk.Cast(image, sitk.sitkFloat32)
    for axis in range(3):
        if spacing_mm[axis] > 1.25 * spacing[axis]:
            smooth = sitk.RecursiveGaussian(smooth, SMOOTHING * spacing_mm[axis], direction=axis)
    out = sitk.ResampleImageFilter()
    out.SetOutputSpacing(spacing_mm)
    new_size = [max(1, int(round(n * t / s))) for n, t, s in zip(size, spacing, spacing_mm)]
    out.SetSize(new_size)
    # Both grids cover the same extent from voxel edge to voxel edge.
    origin = np.array(image.GetOrigin()) - spacing / 2 + np.array(spacing_mm) / 2
    out.SetOutputOrigin(origin.tolist())
    out.SetOutputDirection(image.GetDirection())
    out.SetInterpolator(sitk.sitkLinear)
    # Sample points just beyond the outermost voxel centres take the nearest voxel, not air.
    out.SetUseNearestNeighborExtrapolator(True)
    out.SetDefaultPixelValue(OUTSIDE_HU)
    return out.Execute(smooth)


def class_fields(image: sitk.Image, run: Callable[[np.ndarray], np.ndarray], overlap: float = OVERLAP, spacing_mm: Spacing = SPACING_MM, patch=PATCH_ZYX) -> Iterator[np.ndarray]:
    """The probability [z, y, x] of each class on the grid of the CT (LPS axes), interpolated from the model's."""
    small = to_model_grid(image, spacing_mm)
    back = sitk.ResampleImageFilter()
    back.SetReferenceImage(image)
    back.SetInterpolator(sitk.sitkLinear)
    back.SetUseNearestNeighborExtrapolator(True)
    for field in probabilities(sitk.GetArrayFromImage(small), run, patch, overlap):
        channel = sitk.GetImageFromArray(field)
        channel.CopyInformation(small)
        yield sitk.GetArrayFromImage(back.Execute(channel))


def segment(image: sitk.Image, run: Callable[[np.ndarray], np.ndarray], overlap: float = OVERLAP, spacing_mm: Spacing = SPACING_MM, patch=PATCH_ZYX) -> np.ndarray:
    """Classes uint8 [z, y, x] on the grid of the CT (LPS axes): probabilities are interpolated, then the largest wins."""
    best = np.full(image.GetSize()[::-1], -1.0, np.float32)
    classes = np.zeros(best.shape, np.uint8)
    for value, full in enumerate(class_fields(image, run, overlap, spacing_mm, patch)):
        wins = full > best
        np.copyto(best, full, where=wins)
        classes[wins] = value
    return classes
