"""Vectors by which another runtime shows that it computes the same: a tile that any language can make, and some of its logits.

The tile is made by whole numbers alone, so that `src/contouring/parityTile.ts` makes the identical one. A change here is
a new FORMAT and the same change there.
"""

import base64
import hashlib
from pathlib import Path

import numpy as np
import torch

from .network import ResSEUNet
from .preprocessing import PATCH_XYZ, normalise
from .runners import Runner
from .weights import load_onnx_weights

FORMAT = "rondo-parity/1"

SAMPLES = 16_000
"""Logits kept: their base64 is 85 kB."""

TOLERANCE = 2e-4
"""As a share of the largest logit. onnxruntime and PyTorch differ by 1e-5 of it on one machine; processors sum in other orders."""

AIR_HU = -1000

SHAPES = (
    (-95, (512, 560, 512), (480, 400, 1500)),
    (50, (512, 560, 512), (440, 350, 1500)),
    (-80, (290, 190, 500), (150, 130, 190)),
    (-80, (734, 190, 500), (150, 130, 190)),
    (-830, (310, 540, 600), (150, 240, 430)),
    (-830, (714, 540, 600), (150, 240, 430)),
    (45, (580, 400, 440), (150, 130, 170)),
    (60, (330, 450, 60), (260, 260, 260)),
    (320, (512, 810, 512), (70, 75, 4000)),
    (-1000, (512, 640, 900), (34, 34, 320)),
)
"""HU, centre and half axes (x, y, z) of ellipsoids in 1024ths of the tile, painted one over the other: about a chest."""


def tile_hu(patch_xyz=PATCH_XYZ) -> np.ndarray:
    """The tile: int16 HU [z, y, x], soft ellipsoids with noise of 32 levels."""
    z, y, x = np.meshgrid(*(_positions(n) for n in reversed(patch_xyz)), indexing="ij")
    hu = np.full(z.shape, AIR_HU, np.int64)
    for target, centre, half in SHAPES:
        # 256 on the surface; the edge runs from 224 to 288.
        q = sum((p - c) ** 2 * 256 // (h * h) for p, c, h in zip((x, y, z), centre, half))
        hu += ((target - hu) * np.clip((288 - q) * 4, 0, 256)) >> 8
    return (hu + _noise(hu.size).reshape(hu.shape)).astype(np.int16)


def _positions(count: int) -> np.ndarray:
    """Voxel middles in 1024ths of the tile."""
    return (2 * np.arange(count, dtype=np.int64) + 1) * 512 // count


def _noise(count: int) -> np.ndarray:
    """-16..15 for each voxel in the order of memory: a hash of its number (multiplication, then Marsaglia's xorshift, 32 bits)."""
    h = (np.arange(count, dtype=np.uint64) + 1) * 0x9E3779B1 & 0xFFFFFFFF
    h ^= h << 13 & 0xFFFFFFFF
    h ^= h >> 17
    h ^= h << 5 & 0xFFFFFFFF
    return (h >> 27).astype(np.int64) - 16


def sample_positions(total: int, count: int = SAMPLES) -> list[int]:
    """Which of the logits [class, z, y, x], counted in the order of memory, are kept: xorshift32 from 1, modulo `total`."""
    state, positions = 1, []
    for _ in range(count):
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        positions.append(state % total)
    return positions


def parity_record(model: ResSEUNet, onnx_file: Path, patch_xyz=PATCH_XYZ) -> dict:
    """`parity.json` of an exported file: logits of PyTorch with the weights as the file stores them, float32 little endian.

    `model` gives the network's shape; its own weights are not used.
    """
    twin = ResSEUNet(model.shape)
    twin.load_state_dict(load_onnx_weights(onnx_file), strict=False)
    hu = tile_hu(patch_xyz)
    with torch.inference_mode():
        logits = twin.eval()(torch.from_numpy(normalise(hu))[None, None])[0].numpy()
    return record_of(hu, logits)


def record_of(hu: np.ndarray, logits: np.ndarray) -> dict:
    """`parity.json` of a tile (int16 HU [z, y, x]) and what PyTorch makes of it (logits [class, z, y, x])."""
    kept = logits.ravel()[sample_positions(logits.size)]
    return {
        "format": FORMAT,
        "patch": list(hu.shape[::-1]),
        "inputSha256": hashlib.sha256(hu.astype("<i2").tobytes()).hexdigest(),
        "channels": len(logits),
        "tolerance": round(TOLERANCE * float(np.abs(logits).max()), 6),
        "logits": base64.b64encode(kept.astype("<f4").tobytes()).decode(),
    }


def largest_difference(record: dict, run: Runner) -> float:
    """How far a network is from its vectors; the same check that `rondo models verify` makes."""
    found = run(normalise(tile_hu(record["patch"]))[None, None]).ravel()
    expected = np.frombuffer(base64.b64decode(record["logits"]), "<f4")
    return float(np.abs(found[sample_positions(found.size, len(expected))] - expected).max())
