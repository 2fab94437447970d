"""What every converter finds out about a trained model, whatever it was trained with."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import gcd
from pathlib import Path

from torch import nn

from .refusal import Refusal

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
VERSION = re.compile(r"\d+\.\d+\.\d+")
ORIENTATION = re.compile(r"[LR][PA][SI]")

KINDS_OF_DATA = ("clinical", "synthetic", "unknown")
"""What a model was trained on. The structure sets that it makes say so: no folder tells, and nobody may guess."""

WIDEST_HU = (-32768.0, 32767.0)
"""Clipping that clips nothing: all that a 16 bit CT can hold."""


@dataclass(frozen=True)
class Intensity:
    """Clip to [low, high] HU, then (HU - mean) / std."""

    low: float
    high: float
    mean: float
    std: float


@dataclass(frozen=True)
class Grid:
    """What the network is given. Lengths along x, y, z of its grid; a 2D network has a patch one slice thick and no spacing along z.
    `axes` is the order of the tensors' axes, `zyx` or `xyz`; `resampling` as which software does it, or `triangle`, Rondo's own."""

    spacing_mm: tuple[float, ...]
    patch: tuple[int, int, int]
    orientation: str
    axes: str
    intensity: Intensity
    outside_hu: float
    resampling: str

    @property
    def dimensions(self) -> int:
        return len(self.spacing_mm)

    @property
    def divisor(self) -> int:
        """Tiles are of one size, so any divisor of it is true; a slice is one voxel thick."""
        return gcd(*self.patch)


@dataclass(frozen=True)
class Output:
    """Channels of the network: disjoint classes (softmax, the most probable counts) or overlapping regions (sigmoid)."""

    activation: str
    channels: int
    structures: dict[str, list[int]]


@dataclass(frozen=True)
class Tiling:
    """How tiles are cut and blended: as which software, and how much of a tile the next covers."""

    software: str
    overlap: float


@dataclass(frozen=True)
class Mirroring:
    """Along which axes (of x, y, z) the network was trained on flipped images, which structures changed places when x was flipped, and
    whether logits are averaged over the flips."""

    axes: tuple[str, ...] = ()
    swapped: tuple[tuple[str, str], ...] = ()
    averaged: bool = False


@dataclass(frozen=True)
class Identity:
    """Who a model is: what the command line says about it. `data` is one of `KINDS_OF_DATA`."""

    name: str
    version: str
    licence: str
    data: str


@dataclass(frozen=True)
class Conversion:
    """A trained model, understood.

    `networks` builds each trained network in turn: float32 [1, 1, axes of the grid] to logits [1, channel, axes]. `notes` are
    sentences for the card: what Rondo does otherwise than the software of the training; `warnings` what whoever converts must see.
    """

    identity: Identity
    task: str
    architecture: str
    training_data: str
    cases: int
    grid: Grid
    output: Output
    tiling: Tiling
    mirroring: Mirroring
    networks: list[Callable[[], nn.Module]]
    origin: str
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def checked_identity(name: str, version: str, licence: str, data: str, file: Path) -> Identity:
    """Raises: Refusal for a name or version that no manifest may hold."""
    if not NAME.fullmatch(name):
        raise Refusal(f"The name is {name!r}, expected small letters, digits and hyphens, at most 41", file, "give another --name")
    if not VERSION.fullmatch(version):
        raise Refusal(f"The version is {version!r}, expected three numbers as in 1.0.0", file, "give --version")
    return Identity(name, version, licence, data)


def checked_orientation(orientation: str, file: Path) -> str:
    """Raises: Refusal for anything but the three directions in which x, y, z grow."""
    if not ORIENTATION.fullmatch(orientation):
        raise Refusal(
            f"The orientation is {orientation!r}, expected L or R, then P or A, then S or I", file,
            "give the directions in which columns, rows and slices of the training images grow, for instance LPS or RAS",
        )
    return orientation
