"""What surrounds the patient: couch, supports, clothes."""

import numpy as np

from .anatomy import Anatomy
from .canvas import AIR_HU, Canvas
from .grid import SmoothField
from .trunk import Trunk


def paint_couch(canvas: Canvas, trunk: Trunk) -> None:
    """Couch top, board, cushion and mattress; to be painted before the patient, who covers what he lies on."""
    rng = trunk.anatomy.stream(16)
    grid = canvas.grid
    x = grid.axis(0)[None, None, :]
    y = grid.axis(1)[None, :, None]
    z = grid.axis(2)[:, None, None]
    everywhere = (slice(None),) * 3
    top = trunk.back_y + (rng.uniform(0, 6) if rng.random() < 0.5 else rng.uniform(4, 34))
    if rng.random() < 0.3:
        # A cushion or mattress between patient and couch.
        thick = rng.uniform(10, 45)
        foam = np.maximum(np.abs(y - (top + thick / 2 - 4)) - thick / 2 - 4, np.abs(x) - rng.uniform(200, 270)) + 0 * z
        canvas.paint(everywhere, foam.astype(np.float32), rng.uniform(-985, -860))
        top += thick
    if rng.random() < 0.2:
        # A vacuum cushion is moulded to flank and back.
        shell = np.maximum(np.abs(trunk.skin - 12) - rng.uniform(8, 22), rng.uniform(-20, 60) - canvas.y)
        canvas.paint(everywhere, shell.astype(np.float32), rng.uniform(-980, -880))
    if rng.random() < 0.25:
        # A breast board is inclined: it rises towards the head.
        slope, thick = rng.uniform(0.0, 0.12), rng.uniform(6, 16)
        board = (np.abs(y - (top + thick / 2) + slope * np.clip(z, -100, 100)) - thick / 2).astype(np.float32)
        board = np.maximum(board, np.abs(x) - np.float32(rng.uniform(190, 260)))
        canvas.paint(everywhere, board, rng.uniform(-400, 50))
        canvas.paint(everywhere, board + np.float32(rng.uniform(1.5, 3)), rng.uniform(-960, -700))
        top += thick
    kind = rng.choice(["curved", "flat", "none"], p=[0.45, 0.45, 0.1])
    width, shell_hu, shell_mm = rng.uniform(190, 265), rng.uniform(-600, 400), rng.uniform(1.0, 4)
    foam_hu = rng.uniform(-990, -880) if rng.random() < 0.6 else AIR_HU
    lip = rng.uniform(0, 16) if rng.random() < 0.4 else 0.0
    if kind == "curved":
        radius, thick = rng.uniform(320, 700), rng.uniform(18, 60)
        dip = top + rng.uniform(0, 14)
        upper = np.hypot(x, y - (dip - radius)) - radius
        slab = np.maximum(np.maximum(-upper, upper - thick), np.abs(x) - width)
        canvas.paint(everywhere, (slab + 0 * z).astype(np.float32), shell_hu)
        # The rails along its edges are denser than the rest.
        core = np.maximum(slab + shell_mm, np.abs(x) - width + lip)
        canvas.paint(everywhere, (core + 0 * z).astype(np.float32), foam_hu)
    elif kind == "flat":
        thick = rng.uniform(14, 90)
        slab = np.maximum(np.abs(y - top - thick / 2 - 1) - thick / 2, np.abs(x) - width)
        canvas.paint(everywhere, (slab + 0 * z).astype(np.float32), shell_hu)
        canvas.paint(everywhere, (slab + shell_mm + 0 * z).astype(np.float32), foam_hu)


def paint_clothes(canvas: Canvas, trunk: Trunk) -> None:
    """Now and then a sheet or a gown: thin, faint, partly loose."""
    rng = trunk.anatomy.stream(17)
    if rng.random() > 0.25:
        return
    loose = np.clip(SmoothField(rng, 70).on(canvas.grid) * rng.uniform(0, 14), 0, 30)
    sheet = np.abs(trunk.skin - 2.5 - loose) - np.float32(rng.uniform(0.6, 1.8))
    canvas.paint((slice(None),) * 3, np.maximum(sheet, canvas.y - 20), rng.uniform(-850, -450), opacity=rng.uniform(0.3, 0.9))


def couch_room_mm(anatomy: Anatomy) -> float:
    """How far behind the origin a scan must reach to show the couch."""
    return anatomy.half_depth + 34 + anatomy.fat
