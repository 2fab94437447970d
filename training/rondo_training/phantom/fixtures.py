"""The two small phantoms that ship with the project as test inputs. Their seeds are locked: no model has seen them."""

from dataclasses import replace
from pathlib import Path

from .anatomy import draw_anatomy
from .artefacts import Scan, draw_quality
from .case import Case, make_case
from .files import write_case
from .grid import Grid

# HU steps keep each folder small.
QUANTUM_HU = 4

FIXTURES = {
    "case-1": (901_926, Grid((320, 256, 116), (1.5, 1.5, 3.0), (-239.25, -176.5, -128.0))),
    "case-2": (901_357, Grid((304, 240, 124), (1.55, 1.55, 2.5), (-235.6, -170.3, -108.0))),
}
"""Name -> seed, grid."""


def fixture(name: str) -> Case:
    """Build one bundled phantom."""
    seed, grid = FIXTURES[name]
    scan = Scan(grid, draw_quality(seed, "good", grid.spacing_mm[2]))
    anatomy = replace(draw_anatomy(seed), arms_up=True)
    return make_case(seed, "ct", anatomy, scan)


def write_fixtures(folder: Path) -> None:
    """Write all bundled phantoms under `folder`."""
    for name in FIXTURES:
        write_case(fixture(name), folder / name, name, QUANTUM_HU)
        print(folder / name, flush=True)
