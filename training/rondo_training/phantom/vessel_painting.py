"""Paints and marks vessels, thyroid, neck muscles, LAD and lymph nodes along the lines that `vessels` draws."""

import numpy as np

from .anatomy import Anatomy
from .canvas import Canvas, overlap
from .chest import Chest
from .grid import SmoothField
from .shapes import capsule, ellipsoid, smooth_union
from .stations import MARGIN_MM, NODAL_VEINS, PLEURA_MM, round_vein
from .vessels import RIGHT_BRACHIOCEPHALIC, LEFT_BRACHIOCEPHALIC, RIGHT_CAROTID, LEFT_CAROTID, TRACHEA, WALL_MM, COURSES, Line, Node, Vessels


class Brush:
    """Paints and marks on a canvas, inside the skin and outside the lungs."""

    def __init__(self, canvas: Canvas, chest: Chest, vessels: Vessels):
        self.canvas, self.chest, self.vessels = canvas, chest, vessels
        self.skin = chest.trunk.skin
        self._courses: dict[tuple[str, int], tuple] = {}

    def clip(self, box, distance, depth_mm: float = 2.5, pleura_mm: float = 0.6):
        distance = np.maximum(distance, self.skin[box] + np.float32(depth_mm))
        fitted, local = overlap(box, self.chest.box)
        inner = overlap(fitted, box)[1]
        if 0 not in distance[inner].shape:
            distance[inner] = np.maximum(distance[inner], np.float32(pleura_mm) - self.chest.lungs[local])
        return distance

    def line(self, line: Line, reach_mm: float):
        """Box and distance of a tube; beyond `reach_mm` from it the distance is only known to be large."""
        canvas = self.canvas
        box = canvas.around(line.points, float(line.radii.max()) + reach_mm)
        distance = np.full(canvas.hu[box].shape, np.float32(99))
        if distance.size == 0:
            return box, distance
        for start, end, r0, r1 in zip(line.points[:-1], line.points[1:], line.radii[:-1], line.radii[1:]):
            spot, local = overlap(canvas.around([start, end], max(r0, r1) + reach_mm), box)
            if 0 not in distance[local].shape:
                distance[local] = np.minimum(distance[local], capsule(*canvas.at(spot), start, end, r0, r1))
        return box, distance

    def course(self, name: str, side: int):
        """Box and distance of a vessel of `COURSES`, worked out once."""
        if (name, side) not in self._courses:
            self._courses[name, side] = self.line(self.vessels.line(name, side), max(COURSES[name][1] + 4, MARGIN_MM + 1))
        return self._courses[name, side]

    def beside(self, box, distance, side: int, names):
        """A shape, hollowed where vessels pass."""
        for name in names:
            spot, tube = self.course(name, side)
            common, local = overlap(spot, box)
            if 0 not in distance[local].shape:
                distance[local] = np.maximum(distance[local], np.float32(1.2) - tube[overlap(common, spot)[1]])
        return distance

    def vessel(self, name: str, side: int, hu: float, marked: bool) -> None:
        line = self.vessels.line(name, side)
        box, distance = self.course(name, side)
        distance = self.clip(box, distance)
        # A tube thinner than a voxel covers only part of it; its mark is kept wide enough to hold together.
        thin = float(line.radii.mean())
        self.canvas.paint(box, distance, hu, opacity=min(1.0, (2 * thin / float(self.canvas.edge_mm)) ** 1.2))
        if marked:
            self.canvas.mark(box, self.clip(box, distance - np.float32(max(0.0, 1.4 - thin))), _sided(name, side))
        if name in NODAL_VEINS:
            self.mark_round(*self.course(name, side), _sided(name, side))

    def mark_round(self, box, distance, vein: str) -> None:
        """Mark what lies within the nodal margin of a vein, from its drawn surface: that of its voxels depends on the grid."""
        self.canvas.mark(box, self.clip(box, distance - np.float32(MARGIN_MM), MARGIN_MM, PLEURA_MM), round_vein(vein))


def _sided(name: str, side: int) -> str:
    return f"{name}_{'L' if side > 0 else 'R'}"


def paint_vessels(canvas: Canvas, chest: Chest, vessels: Vessels) -> None:
    """Fat along the vessels, neck muscles, thyroid, nodes, then the vessels; marks all of them."""
    anatomy, tissue = chest.anatomy, chest.anatomy.tissues
    brush = Brush(canvas, chest, vessels)
    rng = anatomy.stream(3103)
    wisps = SmoothField(rng, 28)
    loose = tissue.fat + rng.uniform(4, 22)
    _erase_tubes(brush, chest, vessels, loose)
    for name, side in vessels.lines:
        if name in COURSES and COURSES[name][1] > 0:
            box, distance = brush.course(name, side)
            # Within the cage the mediastinum is fat already, and the sheath would line the aorta.
            sheath = np.maximum(distance - np.float32(COURSES[name][1]), -1 - chest.trunk.cage[box])
            canvas.paint(box, brush.clip(box, sheath, 3.5), loose)
    for side in (1, -1):
        _paint_pockets(brush, vessels, side, loose, wisps)
        _paint_muscles(brush, vessels, side, tissue.muscle)
    _paint_thyroid(brush, vessels, anatomy, rng)
    for node in vessels.nodes:
        _paint_node(brush, node, tissue)
    for name, side in vessels.lines:
        if name in COURSES:
            blood, _, marked = COURSES[name]
            brush.vessel(name, side, getattr(tissue, blood), marked)
    for side in (1, -1):
        _mark_mammary(brush, vessels, side)
    _paint_lad(brush, chest, vessels.line("A_LAD"))


def _paint_pockets(brush: Brush, vessels: Vessels, side: int, hu: float, wisps: SmoothField) -> None:
    """The fat behind the clavicle and that of the armpit's apex, larger in the obese."""
    anatomy, canvas = brush.chest.anatomy, brush.canvas
    size = float(np.clip(0.75 + anatomy.fat / 40, 0.8, 1.5))
    behind = vessels.line("A_Subclavian", side).at(0.66) * 0.5 + vessels.line("V_Subclavian", side).at(0.6) * 0.5
    below = vessels.line("V_Axillary", side).at(0.3)
    for centre, axes, gap in ((behind + [0, 0, 4], np.array([anatomy.half_width * 0.17, 15, 13]), 3.0),
                              (below + [side * 2, 6, -14], np.array([13, 20, 27]), WALL_MM + 3)):
        box = canvas.around(centre, float(axes.max()) * size + 4)
        if canvas.hu[box].size == 0:
            continue
        x, y, z = canvas.at(box)
        trunk = brush.chest.trunk
        pocket = np.maximum(ellipsoid(x, y, z, centre, axes * size), np.float32(gap) - trunk.cage[box])
        pocket = np.maximum(pocket, trunk.muscle[box] + 8)
        uneven = wisps.on(canvas.grid, box)
        canvas.paint(box, brush.clip(box, pocket + 3.5 * np.clip(uneven, -2, 2), 5.0), hu + 14 * np.clip(uneven, 0, 2))


def _erase_tubes(brush: Brush, chest: Chest, vessels: Vessels, hu: float) -> None:
    """What `great_vessels` draws without regard to thyroid, jugular and clavicle gives way.

    These are the carotids above the cage, and the brachiocephalic veins where they left the cage in front.
    """
    canvas, cage = brush.canvas, chest.trunk.cage
    for index in (RIGHT_CAROTID, LEFT_CAROTID):
        tube = chest.tubes[index]
        box, distance = brush.line(Line(tube.points[-3:], tube.radii[-3:] + 1), 5)
        above = np.float32(chest.anatomy.apex_z - 6) - canvas.z[box]
        canvas.paint(box, brush.clip(box, np.maximum(distance, above), 4.0), hu)
    for index, side in ((RIGHT_BRACHIOCEPHALIC, -1), (LEFT_BRACHIOCEPHALIC, 1)):
        tube = chest.tubes[index]
        if vessels.junctions[side][1] > np.interp(vessels.junctions[side][0], *_sorted_by_x(tube.points)) + 1:
            box, distance = brush.line(Line(tube.points, tube.radii + 1), 5)
            canvas.paint(box, brush.clip(box, np.maximum(distance, -cage[box]), 4.0), chest.anatomy.tissues.muscle)


def _sorted_by_x(points):
    """x in rising order, and y."""
    order = np.argsort(points[:, 0])
    return points[order, 0], points[order, 1]


def _paint_muscles(brush: Brush, vessels: Vessels, side: int, hu: float) -> None:
    canvas = brush.canvas
    strands = [vessels.line(name, side) for name in ("sternal", "middle", "clavicular")]
    box, shape = canvas.around(np.concatenate([strand.points for strand in strands]), 17), None
    for strand in strands:
        spot, distance = brush.line(strand, 12)
        part = np.full(canvas.hu[box].shape, np.float32(99))
        common, local = overlap(spot, box)
        part[local] = distance[overlap(common, spot)[1]]
        shape = part if shape is None else smooth_union(shape, part, 10)
    shape = brush.clip(box, brush.beside(box, shape, side, ("V_Jugular", "V_Subclavian", "V_Brachioceph")), 4.0)
    canvas.paint(box, shape - np.float32(1.2), _sheet_fat(brush))
    canvas.paint(box, shape, hu)
    canvas.mark(box, shape, _sided("Sternocleidomastoid", side))
    box, shape = brush.line(vessels.line("scalene", side), 5)
    shape = brush.clip(box, brush.beside(box, shape, side, ("V_Jugular", "A_Carotid", "V_Subclavian", "A_Subclavian")), 4.0)
    canvas.paint(box, shape - np.float32(1.5), _sheet_fat(brush))
    canvas.paint(box, shape, hu)
    canvas.mark(box, shape, _sided("Scalene_Ant", side))


def _sheet_fat(brush: Brush) -> float:
    """HU of the fat between two muscles: mixed with fascia."""
    return brush.chest.anatomy.tissues.fat + 25


def _paint_thyroid(brush: Brush, vessels: Vessels, anatomy: Anatomy, rng) -> None:
    """Iodine makes the gland bright without contrast."""
    canvas, trachea = brush.canvas, brush.chest.tubes[TRACHEA]
    enhanced = anatomy.tissues.arterial * rng.uniform(0.35, 0.6) if anatomy.contrast else 0.0
    hu = rng.uniform(90, 122) + enhanced
    centres = np.array([c for c, _ in vessels.thyroid.values()])
    box = canvas.around(centres, 32)
    if canvas.hu[box].size == 0:
        return
    x, y, z = canvas.at(box)
    lobes = np.minimum(*(ellipsoid(x, y, z, *vessels.thyroid[side]) for side in (-1, 1)))
    airway = brush.line(Line(trachea.points, trachea.radii + 1.5), 30)
    common, local = overlap(airway[0], box)
    tube = np.full(lobes.shape, np.float32(99))
    tube[local] = airway[1][overlap(common, airway[0])[1]]
    # The isthmus wraps the front of the trachea from lobe to lobe.
    centre, axes = vessels.thyroid[0]
    isthmus = np.maximum(np.abs(tube - axes[1]) - np.float32(axes[1]), np.abs(z - np.float32(centre[2])) - np.float32(axes[2]))
    shape = smooth_union(lobes, np.maximum(isthmus, y - np.float32(centre[1])), 4)
    shape = np.maximum(shape, np.float32(0.3) - tube)
    for side in (1, -1):
        shape = brush.beside(box, shape, side, ("A_Carotid", "V_Jugular"))
    shape = brush.clip(box, shape, 4.0)
    canvas.paint(box, shape, hu)
    canvas.mark(box, shape, "Glnd_Thyroid")


def _paint_node(brush: Brush, node: Node, tissue) -> None:
    """An oval of soft tissue; from a few millimetres on with a fatty hilum."""
    canvas = brush.canvas
    box = canvas.around(node.centre, float(node.axes.max()) + 3)
    if canvas.hu[box].size == 0:
        return
    at = canvas.at(box)
    oval = brush.clip(box, ellipsoid(*at, node.centre, node.axes), 4.0)
    if node.station != "IMN":
        canvas.paint(box, oval - np.float32(2.0), tissue.fat + 8)
    canvas.paint(box, oval, tissue.muscle + 5)
    if 3.0 < node.axes.max() < 7:
        canvas.paint(box, ellipsoid(*at, node.centre + node.axes * [0.3, 0.3, 0], node.axes * 0.5), tissue.fat + 20, opacity=0.8)
    canvas.mark(box, oval, _sided(f"Node_{node.station}", node.side))


def _mark_mammary(brush: Brush, vessels: Vessels, side: int) -> None:
    """Artery and vein with what lies between them have one margin."""
    artery, vein = vessels.line("A_Mammary", side), vessels.line("V_Mammary", side)
    share = np.linspace(0, 1, max(len(artery.points), len(vein.points)))
    pair = [np.array([line.at(v) for v in share]) for line in (artery, vein)]
    for points in (*pair, 0.5 * (pair[0] + pair[1])):
        line = Line(points, np.full(len(points), 1.6))
        box, distance = brush.line(line, MARGIN_MM + 1)
        brush.mark_round(box, distance, _sided("V_Mammary", side))


def _paint_lad(brush: Brush, chest: Chest, line: Line) -> None:
    """Under the pericardium, with some fat round it even in the lean."""
    canvas, tissue = brush.canvas, chest.anatomy.tissues
    box, distance = brush.line(line, 5)
    if distance.size == 0:
        return
    sac = np.full(distance.shape, np.float32(99))
    common, local = overlap(chest.heart_box, box)
    sac[local] = chest.pericardium[overlap(common, chest.box)[1]]
    canvas.paint(box, np.maximum(distance - 1.6, sac + 1), tissue.fat + 15, opacity=0.85)
    inside = np.maximum(distance, sac + np.float32(0.4))
    canvas.paint(box, inside, tissue.arterial)
    canvas.mark(box, inside - np.float32(0.5), "A_LAD")
