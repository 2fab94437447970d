"""The two small phantoms that ship with the project as test inputs. Their seeds are locked: no model has seen them."""

from pathlib import Path

from .anatomy import draw_anatomy
from .case import Case, make_case
from .files import write_case
from .grid import Grid
from .scan import Scan, draw_quality

# HU steps keep each folder small.
QUANTUM_HU = 8

FIXTURES = {
    # A seroma of the left breast; a mastectomy of the right side, with contrast.
    "case-1": (901_043, Grid((296, 236, 110), (1.5, 1.5, 3.0), (-221.25, -184.5, -100.0))),
    "case-2": (901_125, Grid((292, 232, 128), (1.55, 1.55, 2.5), (-225.6, -186.3, -95.0))),
}
"""Name -> seed, grid."""


def fixture(name: str) -> Case:
    """Build one bundled phantom."""
    seed, grid = FIXTURES[name]
    scan = Scan(grid, draw_quality(seed, "good", grid.spacing_mm[2]))
    return make_case(seed, "ct", draw_anatomy(seed), scan)


def write_fixtures(folder: Path) -> None:
    """Write all bundled phantoms under `folder`."""
    for name in FIXTURES:
        write_case(fixture(name), folder / name, name, QUANTUM_HU)
        print(folder / name, flush=True)
