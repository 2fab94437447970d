"""A parametric digital phantom of the thorax: CT and labels by construction, fully given by a seed."""

from .scan import Scan
from .case import Case, draw_scan, make_case
from .grid import Grid

__all__ = ["Case", "Grid", "Scan", "draw_scan", "make_case"]
