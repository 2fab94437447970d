"""Lymph node stations by the boundaries of the ESTRO consensus, from the painted parts of the body.

Offersen 2015, Radiother Oncol 114:3-10, with version 1.1 of 2016. The table was recalled, not read: each rule is unconfirmed
[U] until a clinician has checked it. A station is the space between its boundaries, muscle and bone left out: the volume
that holds the nodes, vessels and fat. Masks are boolean [z, y, x].
"""

import numpy as np
from scipy.ndimage import gaussian_filter, label

from .canvas import Canvas
from .trunk import Trunk

GUIDELINE = "ESTRO 2015 v1.1 [U]"

MARGIN_MM = 5.0
"""Round the large veins, and under the skin."""

NODAL_VEINS = ("V_Subclavian", "V_Jugular")
"""Levels 3 and 4 are what lies round these; the internal mammary station has its own line."""

STATIONS = ("CTVn_L1", "CTVn_L2", "CTVn_L3", "CTVn_L4", "CTVn_Interpec", "CTVn_IMN")

# What is drawn is rounded as by a hand: sheets under about 3.5 mm are left out, corners lose their points.
ROUNDING_MM = 2.5
# What hangs together for less would be drawn by no hand; costal cartilages part the internal mammary station into short pieces.
ISLAND_CM3, MAMMARY_ISLAND_CM3 = 0.3, 0.1

# How far beyond the nearest centre of a part its surface lies on the mean, in widths of a voxel in that direction: less than a half, since of
# all centres the nearest is taken.
BEYOND_CENTRE = 0.4

# Between lung and target.
PLEURA_MM = 2.0
# From the pleura to the outer side of the ribs and the muscle between them.
CHEST_WALL_MM = 10.0
# How far caudally the axillary nodes reach, as a level of the lung: about the fourth or fifth rib in front.
L1_CAUDAL_LEVEL = 0.5
# Cranial edge of the fourth rib beside the sternum, as a level of the lung.
IMN_CAUDAL_LEVEL = 0.58

MUSCLES = ("Pectoralis_Maj", "Pectoralis_Min", "Latissimus", "Subscapularis", "Serratus", "Deltoid", "Scalene_Ant", "Sternocleidomastoid")


def round_vein(name: str) -> str:
    """The part that holds what lies round a vein."""
    return f"Round_{name}"


class Axilla:
    """One side of the body: its parts, and what the boundaries of the stations ask of them."""

    def __init__(self, canvas: Canvas, trunk: Trunk, side: int):
        self.canvas, self.trunk, self.side = canvas, trunk, side
        self.letter = "L" if side > 0 else "R"
        self.lateral = canvas.x * np.float32(side)
        muscle = np.logical_or.reduce([self.part(name) for name in MUSCLES])
        # Fat, nodes and vessels between muscle, ribs and skin, where stations are.
        self.bone = canvas.parts.get("Bone", np.zeros_like(muscle))
        self.space = ~muscle & ~self.bone & (trunk.cage > CHEST_WALL_MM) & (trunk.skin < -MARGIN_MM)

    def part(self, name: str) -> np.ndarray:
        """A part of this side; empty where the scan does not show it."""
        found = self.canvas.parts.get(f"{name}_{self.letter}")
        return np.zeros(self.canvas.hu.shape, bool) if found is None else found

    def around(self, name: str) -> np.ndarray:
        """What lies within `MARGIN_MM` of a vein's surface, as deep under the skin, outside pleura and bone."""
        return self.part(round_vein(name)) & ~self.bone

    def along(self, axis: str) -> tuple[np.ndarray, float]:
        """Coordinates in one direction, and how far beyond a part's outermost centres its surface lies in it."""
        axes = {"lateral": (self.lateral, 0), "dorsal": (self.canvas.y, 1), "cranial": (self.canvas.z, 2)}
        coordinate, number = axes[axis]
        return coordinate, BEYOND_CENTRE * self.canvas.grid.spacing_mm[number]

    def edge(self, name: str, axis: str, end: str) -> np.ndarray:
        """For each slice the most lateral, medial, dorsal … coordinate of a part's surface, NaN where it is not; broadcast over the slice."""
        coordinate, beyond = self.along(axis)
        part = self.part(name)
        worst = -np.inf if end == "high" else np.inf
        values = np.where(part, coordinate, np.float32(worst))
        edges = values.max((1, 2)) + beyond if end == "high" else values.min((1, 2)) - beyond
        return np.where(np.isfinite(edges), edges, np.nan)[:, None, None]

    def reach(self, part: np.ndarray, axis: str) -> tuple[float, float]:
        """Least and greatest coordinate of a part's surface; infinite the wrong way round where it is empty."""
        coordinate, beyond = self.along(axis)
        values = coordinate[part]
        return (float(values.min()) - beyond, float(values.max()) + beyond) if values.size else (np.inf, -np.inf)


def behind(part: np.ndarray) -> np.ndarray:
    """Voxels dorsal of a part in the same column, and not in it."""
    return np.maximum.accumulate(part, axis=1) & ~part


def in_front(part: np.ndarray) -> np.ndarray:
    """Voxels ventral of a part in the same column, and not in it."""
    return np.flip(np.maximum.accumulate(np.flip(part, 1), axis=1), 1) & ~part


def node_stations(canvas: Canvas, trunk: Trunk, side: int) -> dict[str, np.ndarray]:
    """The stations of one side, disjoint, in the order of `STATIONS`; empty where the scan does not show their boundaries."""
    axilla = Axilla(canvas, trunk, side)
    minor, major = axilla.part("Pectoralis_Min"), axilla.part("Pectoralis_Maj")
    vein = axilla.part("V_Axillary")
    y, z = canvas.y, canvas.z
    vein_top = axilla.reach(vein, "cranial")[1] + MARGIN_MM
    minor_low = axilla.reach(minor, "cranial")[0]
    lateral_edge, medial_edge = axilla.edge("Pectoralis_Min", "lateral", "high"), axilla.edge("Pectoralis_Min", "lateral", "low")

    found: dict[str, np.ndarray] = {}
    # Between the pectoral muscles, as far as the minor reaches.
    found["CTVn_Interpec"] = axilla.space & behind(major) & in_front(minor) & (z < vein_top)
    # Behind the minor, down to its caudal edge, to 5 mm behind the vein.
    found["CTVn_L2"] = axilla.space & behind(minor) & (y < _dorsal_limit(axilla, vein)) & (z < vein_top) & (z > minor_low)
    # Lateral of the minor's edge, below it of where that ended, and of the chest wall; latissimus and subscapularis bound it behind.
    lateral_of_minor = axilla.lateral > _carried_down(lateral_edge)
    pocket = axilla.space & lateral_of_minor & (z < vein_top) & (z > trunk.anatomy.height(L1_CAUDAL_LEVEL))
    found["CTVn_L1"] = pocket & ~_beyond_axilla(axilla)
    # Round the subclavian vein, medial of the minor.
    round_subclavian = axilla.around("V_Subclavian")
    medial_of_minor = np.where(np.isnan(medial_edge), True, axilla.lateral < medial_edge)
    lateral_of_scalene = axilla.lateral > axilla.reach(axilla.part("Scalene_Ant"), "lateral")[1]
    found["CTVn_L3"] = axilla.space & round_subclavian & medial_of_minor & lateral_of_scalene & ~in_front(major)
    # From the scalene to the jugular vein, 5 mm round both veins, without carotid and thyroid.
    low, top = axilla.reach(axilla.part("V_Subclavian"), "cranial")
    low, top = low - MARGIN_MM, top + MARGIN_MM
    neck = round_subclavian | axilla.around("V_Jugular")
    left_out = axilla.part("A_Carotid") | canvas.parts.get("Glnd_Thyroid", np.zeros_like(neck))
    # Between the lungs the space within the ribs is mediastinum: the vessels behind the sternoclavicular joint lie there.
    # Without its islands here already, since the internal mammary station ends where this one begins.
    found["CTVn_L4"] = _without_islands(neck & ~left_out & ~lateral_of_scalene & (z < top) & (z > low), canvas, ISLAND_CM3)
    # 5 mm round the internal mammary vein, from L4 to the fourth rib.
    found["CTVn_IMN"] = axilla.around("V_Mammary") & (z < min(axilla.reach(found["CTVn_L4"], "cranial")[0], top)) & (z > trunk.anatomy.height(IMN_CAUDAL_LEVEL))
    found = _disjoint(found)
    round_veins = found["CTVn_L3"] | found["CTVn_L4"] | found["CTVn_IMN"]
    for name in ("CTVn_L1", "CTVn_L2", "CTVn_Interpec"):
        found[name] = _rounded(found[name], canvas) & axilla.space & ~round_veins
    return {name: _without_islands(station, canvas, MAMMARY_ISLAND_CM3 if name == "CTVn_IMN" else ISLAND_CM3) for name, station in found.items()}


def _rounded(mask: np.ndarray, canvas: Canvas) -> np.ndarray:
    """The mask as a Gaussian of `ROUNDING_MM` leaves it. Disjoint masks stay disjoint: two cannot both hold more than half."""
    sigma = [ROUNDING_MM / spacing for spacing in canvas.grid.spacing_mm[::-1]]
    return gaussian_filter(mask.astype(np.float32), sigma) > 0.5


def _without_islands(mask: np.ndarray, canvas: Canvas, least_cm3: float) -> np.ndarray:
    """The mask without pieces smaller than `least_cm3`."""
    pieces, _ = label(mask, np.ones((3, 3, 3)))
    sizes = np.bincount(pieces.ravel()) * float(np.prod(canvas.grid.spacing_mm)) / 1000
    return mask & (sizes >= least_cm3)[pieces]


def _carried_down(edge: np.ndarray) -> np.ndarray:
    """The edge of a part in each slice, in those below the part as in its lowest one."""
    shown = np.flatnonzero(~np.isnan(edge))
    return np.where(np.arange(len(edge))[:, None, None] < shown[0], edge[shown[0]], edge) if len(shown) else edge


def _dorsal_limit(axilla: Axilla, vein: np.ndarray) -> np.ndarray:
    """5 mm behind the vein in each slice; the mean of the vein where a slice does not show it."""
    edge = axilla.edge("V_Axillary", "dorsal", "high")
    everywhere = axilla.reach(vein, "dorsal")[1]
    return np.where(np.isnan(edge), everywhere, edge) + MARGIN_MM


def _beyond_axilla(axilla: Axilla) -> np.ndarray:
    """Behind the thoracodorsal vessels, or the front of the muscles of the back fold, in front of the pectoralis major, or lateral of the line between the folds."""
    vessels = axilla.edge("V_Thoracodorsal", "dorsal", "high") + MARGIN_MM
    fold = np.fmin(axilla.edge("Latissimus", "dorsal", "low"), axilla.edge("Subscapularis", "dorsal", "low"))
    back = axilla.canvas.y > np.where(np.isnan(vessels), np.where(np.isnan(fold), np.inf, fold), vessels)
    front = in_front(axilla.part("Pectoralis_Maj"))
    folds = np.fmin(axilla.edge("Pectoralis_Maj", "lateral", "high"), axilla.edge("Latissimus", "lateral", "high"))
    return back | front | (axilla.lateral > np.where(np.isnan(folds), np.inf, folds))


def _disjoint(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Each voxel in one station only: a later one gives way, since inner stations are the narrower ones."""
    taken = np.zeros_like(next(iter(found.values())))
    for name in ("CTVn_Interpec", "CTVn_L2", "CTVn_L3", "CTVn_L1", "CTVn_L4", "CTVn_IMN"):
        found[name] &= ~taken
        taken |= found[name]
    return {name: found[name] for name in STATIONS}
