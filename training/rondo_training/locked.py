"""The locked test set: unseen patients where contouring is hardest, chosen by drawing alone, before any model sees them.

A third each had a mastectomy, have small breasts, or were scanned badly. Every case is an operated woman with her arms up on a
scan of the whole thorax, as for planning. The first N cases of the set are balanced too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from .phantom.anatomy import Frame, draw_anatomy
from .phantom.scan import Scan, draw_quality
from .phantom.breasts import draw_breasts
from .phantom.case import Case, draw_scan, make_case
from .phantom.fixtures import FIXTURES
from .phantom.grid import Grid
from .seeds import LOCKED_TEST

SMALL_CM3 = 400.0
"""Both breasts under this, as contoured; clinics' median is about 600 cm3."""

MASTECTOMY, SMALL_BREAST, DEGRADED = GROUPS = ("mastectomy", "small-breast", "degraded")


BELOW_MM, ABOVE_MM = 20.0, 50.0
"""What a planning scan shows at least, below the breasts and above the apex of the lungs, where stations and humeral heads end."""


@dataclass(frozen=True)
class LockedCase:
    """A seed of the locked range, or of another for a set chosen alike, and why it was chosen."""

    seed: int
    group: str

    def scan(self) -> Scan:
        """The CT-like scan of the thorax that the seed draws, with the slices added that planning needs."""
        anatomy = draw_anatomy(self.seed)
        drawn = draw_scan(self.seed, anatomy, "ct", "thorax")
        (x, y, low), (columns, rows, slices), step = drawn.grid.origin_mm, drawn.grid.size, drawn.grid.spacing_mm[2]
        bottom = min(breast.reach()[0][2] for breast in draw_breasts(anatomy, Frame(anatomy))) - BELOW_MM
        top = anatomy.apex_z + ABOVE_MM
        before = max(int(np.ceil((low - bottom) / step)), 0)
        after = max(int(np.ceil((top - low) / step)) + 1 - slices, 0)
        grid = Grid((columns, rows, before + slices + after), drawn.grid.spacing_mm, (x, y, round(low - before * step, 3)))
        return Scan(grid, drawn.quality)

    def make(self) -> Case:
        """Paint the case."""
        return make_case(self.seed, "ct", scan=self.scan())


@cache
def group_of(seed: int) -> str | None:
    """The one group that a seed belongs to, or none: a degraded scan says nothing of surgery or size."""
    anatomy = draw_anatomy(seed)
    if not anatomy.female or not anatomy.arms_up:
        return None
    breasts = draw_breasts(anatomy, Frame(anatomy))
    operated = [breast for breast in breasts if breast.operation is not None]
    if not operated:
        return None
    if draw_quality(seed).grade == "degraded":
        return DEGRADED
    if operated[0].removed:
        return MASTECTOMY
    return SMALL_BREAST if all(breast.volume() < SMALL_CM3 for breast in breasts) else None


def locked_cases(count: int, seeds: range = LOCKED_TEST) -> list[LockedCase]:
    """The first `count` cases of the set: the lowest seeds of each group, one group after the other in turn. Of other `seeds`, a set chosen alike.

    Raises:
        ValueError: the seeds do not hold so many.
    """
    turns = [_of_group(group, seeds) for group in GROUPS]
    cases = [next(turns[k % len(GROUPS)], None) for k in range(count)]
    if None in cases:
        raise ValueError(f"the seeds {seeds.start}-{seeds.stop - 1} do not hold {count} cases")
    return cases


def _of_group(group: str, seeds: range) -> Iterator[LockedCase]:
    # The bundled phantoms are locked too, but rules were tried on them.
    bundled = {seed for seed, _ in FIXTURES.values()}
    return (LockedCase(seed, group) for seed in seeds if seed not in bundled and group_of(seed) == group)
