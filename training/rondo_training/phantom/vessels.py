"""Vessels of neck, shoulder and chest wall, the thyroid, two neck muscles, the LAD and the lymph nodes beside them.

Centre lines and radii are in body coordinates, free of any grid; `vessel_painting` paints and marks them.
The lines go on from the ends of `great_vessels`, so that both agree whatever their draws were. Sizes and courses are
set by eye on public chest CT.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from .anatomy import Anatomy, Frame
from .heart import HeartModel, Tube
from .shapes import ellipsoid, superellipse

# Places in the list of `great_vessels`.
CAVA, RIGHT_BRACHIOCEPHALIC, LEFT_BRACHIOCEPHALIC, RIGHT_CAROTID, LEFT_CAROTID, LEFT_SUBCLAVIAN, TRACHEA = 4, 6, 7, 8, 9, 10, 13
# Level of the sternoclavicular joint: the middle of what the skeleton draws.
NOTCH_LEVEL = 0.85
# Pleura to the outer side of a rib.
WALL_MM = 10.0
STEP_MM = 7.0
# Exponent of the trunk's outline.
TRUNK_POWER = 2.3


# Name of a line -> blood, width of the fat round it, mm, and whether it is a named part.
COURSES = {
    "V_Brachioceph": ("venous", 0.0, True), "V_Subclavian": ("venous", 4.0, True), "A_Subclavian": ("arterial", 3.0, True),
    "V_Axillary": ("venous", 7.0, True), "A_Axillary": ("arterial", 6.0, True), "V_Brachial": ("venous", 3.0, False),
    "A_Brachial": ("arterial", 3.0, False), "V_Jugular": ("venous", 1.5, True), "A_Carotid": ("arterial", 2.0, True),
    "A_Mammary": ("arterial", 0.8, False), "V_Mammary": ("venous", 0.8, False), "V_LatThoracic": ("venous", 2.5, True),
    "V_Thoracodorsal": ("venous", 3.0, True), "V_Cephalic": ("venous", 2.5, True),
}


@dataclass(frozen=True)
class Line:
    """A centre line: points [n, 3] (x, y, z) in mm from the heart outwards, and the radius at each, mm."""

    points: np.ndarray
    radii: np.ndarray

    def at(self, share: float) -> np.ndarray:
        """The point at a share of the length, 0..1."""
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(self.points, axis=0), axis=1))])
        return np.array([np.interp(share * length[-1], length, self.points[:, i]) for i in range(3)])


@dataclass(frozen=True)
class Node:
    """A lymph node: its station, side (+1 left), centre and half axes, mm."""

    station: str
    side: int
    centre: np.ndarray
    axes: np.ndarray


@dataclass(frozen=True)
class Vessels:
    """Lines by (name, side); side is +1 left, -1 right, 0 for what has none. `junctions` are the venous angles by side."""

    lines: dict[tuple[str, int], Line]
    junctions: dict[int, np.ndarray]
    thyroid: dict[int, tuple[np.ndarray, np.ndarray]]
    nodes: list[Node]

    def line(self, name: str, side: int = 0) -> Line:
        """The line of a name and side; KeyError if there is none."""
        return self.lines[name, side]


def _smooth(points, radii) -> Line:
    """A curve through the points without overshoot, sampled every few millimetres."""
    points = np.asarray(points, float)
    radii = np.broadcast_to(np.asarray(radii, float), (len(points),))
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.linspace(0, along[-1], max(int(np.ceil(along[-1] / STEP_MM)) + 1, 3))
    return Line(PchipInterpolator(along, points)(at), np.interp(at, along, radii))


def _cut(line: Line, index: int) -> tuple[Line, Line]:
    """Both parts of a line; they share the point at `index`."""
    index = min(max(index, 1), len(line.points) - 2)
    return Line(line.points[: index + 1], line.radii[: index + 1]), Line(line.points[index:], line.radii[index:])


class Wall:
    """The rib cage and the neck as functions of a point, for one anatomy."""

    def __init__(self, anatomy: Anatomy, frame: Frame):
        self.anatomy, self.frame = anatomy, frame

    def cage(self, points) -> np.ndarray:
        x, y, z = np.asarray(points, float).T
        t, frame = self.anatomy.level(z), self.frame
        shape = superellipse(x, y - frame.cage_centre(t), frame.cage_width(t), frame.cage_depth(t), frame.power)
        return np.maximum(shape, (t - 1.02) * 120)

    def clear(self, points, clearance_mm: float) -> np.ndarray:
        """The points, moved outwards where they are nearer to the pleura than `clearance_mm`."""
        points = np.array(np.atleast_2d(points), float)
        for _ in range(6):
            distance = self.cage(points)
            slope = np.stack([self.cage(points + step) - self.cage(points - step) for step in np.eye(3)], 1) / 2
            steep = np.maximum(np.linalg.norm(slope, axis=1), 0.3)
            missing = np.clip(clearance_mm - distance / steep, 0, 15)
            points += slope / steep[:, None] * missing[:, None]
        return points

    def front(self, x: float, z: float) -> float:
        """The y of the pleura in front."""
        t, frame = self.anatomy.level(z), self.frame
        return float(frame.cage_centre(t)) - float(frame.cage_depth(t)) * _chord(x / float(frame.cage_width(t)), frame.power)

    def flank(self, y: float, z: float) -> float:
        """The |x| of the pleura at the side."""
        t, frame = self.anatomy.level(z), self.frame
        return float(frame.cage_width(t)) * _chord((y - float(frame.cage_centre(t))) / float(frame.cage_depth(t)), frame.power)

    def neck_side(self, y: float, z: float) -> float:
        """The |x| of the side of the neck's muscle."""
        t, frame = self.anatomy.level(z), self.frame
        return float(frame.trunk_width(t)) * _chord((y - float(frame.trunk_centre(t))) / float(frame.trunk_depth(t)), TRUNK_POWER)

    def clavicle_front(self) -> float:
        """The y of the clavicle's inner end, as the skeleton draws it."""
        return float(self.frame.cage_centre(0.88) - self.frame.cage_depth(0.88)) - 8


def _chord(share: float, power: float) -> float:
    """Half the chord of a unit superellipse at a share of the other axis."""
    return (1 - min(abs(share), 0.97) ** power) ** (1 / power)


def _clavicle(anatomy: Anatomy, wall: Wall, arm: dict, x: float) -> np.ndarray:
    """The axis of the clavicle at |x|, as the skeleton draws it but for the height of the notch."""
    side, front, notch = arm["side"], wall.clavicle_front(), anatomy.height(NOTCH_LEVEL)
    bend = [anatomy.half_width * 0.55, front + 22, notch + 14]
    ends = np.array([[22, front, notch - 2], bend, arm["shoulder"] * [side, 1, 1] + [-14, -6, 12]])
    return np.array([side * x, np.interp(x, ends[:, 0], ends[:, 1]), np.interp(x, ends[:, 0], ends[:, 2])])


def _arm_course(arm: dict) -> list[np.ndarray]:
    """Where the artery runs from the coracoid down the arm.

    It keeps to the side of the humerus that looks at the trunk when the arm hangs: with the arm raised that side looks
    outwards and down.
    """
    side, shoulder = arm["side"], arm["shoulder"]
    way = (arm["elbow"] - shoulder) / np.linalg.norm(arm["elbow"] - shoulder)
    inner = np.array([side * way[2], -0.8, -side * way[0]])
    inner -= way * (inner @ way)
    inner /= np.linalg.norm(inner)
    # Beside a hanging arm the ribs leave room only in front of the humeral head.
    entry, below = ((-24, -20, -17), (-4, -18, -27)) if way[2] > 0 else ((-28, -30, -14), (-25, -27, -30))
    mirror = np.array([side, 1, 1])
    return [shoulder + mirror * entry, shoulder + mirror * below, *(shoulder + way * s + inner * r for s, r in ((48, 27), (95, 23), (190, 21)))]


def _apart(vein: Line, artery: Line) -> tuple[Line, Line]:
    """Both lines, moved off each other where they would touch; their beginnings stay."""
    v, a = vein.points.copy(), artery.points.copy()
    for _ in range(4):
        apart = v[:, None] - a[None]
        near = np.linalg.norm(apart, axis=2).argmin(1)
        gap = apart[np.arange(len(v)), near]
        distance = np.linalg.norm(gap, axis=1)
        # Where they coincide the vein is the one in front and below.
        way = gap / np.maximum(distance, 0.5)[:, None] + np.array([0, -0.35, -0.5])
        way /= np.maximum(np.linalg.norm(way, axis=1), 0.1)[:, None]
        missing = np.clip(vein.radii + artery.radii[near] + 1.5 - distance, 0, 8)
        missing = np.convolve(np.pad(missing, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
        missing[:3] = 0
        v += 0.7 * missing[:, None] * way
        share, push = np.zeros(len(a)), np.zeros_like(a)
        np.maximum.at(share, near, missing)
        push[near] = way
        a -= 0.3 * share[:, None] * push
    return Line(v, vein.radii), Line(a, artery.radii)


def _behind_bone(anatomy: Anatomy, wall: Wall, points, radius_mm: float) -> np.ndarray:
    """The points, moved back where the sternum or the end of the clavicle is: a flat chest leaves the great veins little room."""
    points, clavicle = np.array(points, float), wall.clavicle_front()
    for point in points:
        behind = wall.front(point[0], point[2]) + 1 if point[2] < anatomy.height(NOTCH_LEVEL) + 4 else clavicle + 8
        point[1] = max(point[1], behind + radius_mm)
    return points


def _shoulder_vessels(anatomy: Anatomy, wall: Wall, arm: dict, artery_start, vein_start, rng) -> dict[str, Line]:
    """Subclavian, axillary and brachial vessels; the axillary ones start at the outer border of the first rib."""
    side, a = arm["side"], anatomy.half_width
    artery_mm, vein_mm = rng.uniform(3.0, 4.0), rng.uniform(3.9, 5.6)
    course = _arm_course(arm)
    over, under = _clavicle(anatomy, wall, arm, a * 0.63), _clavicle(anatomy, wall, arm, a * 0.8)
    # Behind the clavicle, then below it, on the first rib: the artery behind and above.
    artery = [*artery_start, over + [0, 28, 9], under + [0, 9, -13 - artery_mm], *course]
    low = vein_mm + artery_mm
    vein = [*vein_start, over + [0, 18, -2], under + [0, 0, -15 - vein_mm], *(p + [0, -0.45 * low, -0.9 * low] for p in course[:2]),
            *(p + [-side * 1, -0.55 * low, -0.6 * low] for p in course[2:])]
    whole, marks = {}, {}
    for kind, points, count, radius in (("A", artery, len(artery_start), artery_mm), ("V", vein, len(vein_start), vein_mm)):
        outer = np.array(points)
        outer[count:] = wall.clear(outer[count:], WALL_MM + radius)
        shares = np.linspace(1.12 if kind == "V" else 1.05, 0.8, len(outer))
        whole[kind] = _beside_clavicle(anatomy, wall, arm, _smooth(outer, radius * shares))
        marks[kind] = outer[count + 1], outer[count + 4]
    whole["V"], whole["A"] = _apart(whole["V"], whole["A"])
    lines = {}
    for kind, line in whole.items():
        first_rib, teres_major = marks[kind]
        first, rest = _cut(line, int(np.linalg.norm(line.points - first_rib, axis=1).argmin()))
        # The axillary vessels end at the lower border of teres major.
        second, third = _cut(rest, int(np.linalg.norm(rest.points - teres_major, axis=1).argmin()))
        lines.update({f"{kind}_Subclavian": first, f"{kind}_Axillary": second, f"{kind}_Brachial": third})
    return lines


def _beside_clavicle(anatomy: Anatomy, wall: Wall, arm: dict, line: Line) -> Line:
    """The line, bent round the clavicle where it would touch it; the notch's height is known to a few millimetres only."""
    span = np.linspace(24, abs(arm["shoulder"][0]) - 14, 40)
    bone = np.array([_clavicle(anatomy, wall, arm, x) for x in span])
    # One direction for all points: a vessel that passes from above to below is not torn apart.
    back = np.array([0, 0.3, -0.95])
    points = line.points
    for _ in range(3):
        apart = points[:, None] - bone[None]
        near = np.linalg.norm(apart, axis=2).argmin(1)
        gap = apart[np.arange(len(near)), near]
        need, shadow = 7 + line.radii + 2.5, gap @ back
        missing = np.clip(np.sqrt(np.maximum(shadow**2 - (gap**2).sum(1) + need**2, 0)) - shadow, 0, 12) * ((gap**2).sum(1) < need**2)
        missing = np.convolve(np.pad(missing, 2, mode="edge"), [0.15, 0.2, 0.3, 0.2, 0.15], "valid")
        # The vein angle lies behind the clavicle's end already; pushed down, it would sink into the chest.
        lateral = np.clip((np.abs(points[:, 0]) / anatomy.half_width - 0.48) / 0.1, 0, 1)
        points = points + back * (missing * lateral)[:, None]
        beyond = np.abs(points[:, 0]) > anatomy.half_width * 0.56
        points[beyond] = wall.clear(points[beyond], 8.0)
    return Line(points, line.radii)


def _neck(anatomy: Anatomy, wall: Wall, trachea: Tube, side: int, rng) -> dict[str, np.ndarray]:
    """Places of carotid and jugular beside the trachea, from the root of the neck upwards."""
    wide = trachea.radii[0]
    jugular_mm = rng.uniform(4.6, 7.4)
    carotid, jugular = [], []
    for above in (15, 50, 90, 130):
        z = anatomy.apex_z + above
        y = float(np.interp(z, *trachea.points[:, [2, 1]].T))
        place = max(y + 5, float(wall.frame.trunk_centre(anatomy.level(z))) - 38)
        room = wall.neck_side(place, z) - 6
        outer = min(wide + 27 + 0.04 * above, room - jugular_mm)
        jugular.append([side * outer, place - 1, z])
        carotid.append([side * (outer - jugular_mm - rng.uniform(3.4, 4.6)), place + 5, z])
    return {"carotid": np.array(carotid), "jugular": np.array(jugular), "jugular_mm": jugular_mm}


def _breast_bone_vessels(anatomy: Anatomy, wall: Wall, side: int, start, rng) -> dict[str, Line]:
    """Internal mammary artery and vein behind the cartilages, the vein medially, from the root of the neck to rib 6."""
    x = rng.uniform(25, 30)
    radius = rng.uniform(1.0, 1.5, 2)
    lines = {}
    for name, offset, r in (("A_Mammary", 2.2, radius[0]), ("V_Mammary", -2.2, radius[1])):
        points = [start + [side * offset, 0, -4]]
        for level in (0.86, 0.79, 0.7, 0.6, 0.5, 0.4, 0.34):
            z = anatomy.height(level)
            aside = x + offset + 4 * (level - 0.6)
            points.append(np.array([side * aside, wall.front(aside, z) + (1.2 if level > 0.85 else -0.2), z]))
        lines[name] = _smooth(points, np.linspace(r, r * 0.75, len(points)))
    return lines


def _side_wall_vessels(anatomy: Anatomy, wall: Wall, arm: dict, vein: Line, rng) -> dict[str, Line]:
    """Lateral thoracic vessels on serratus, thoracodorsal ones before latissimus, and the cephalic vein."""
    side, shoulder = arm["side"], arm["shoulder"]
    lines = {}
    for name, share, y, gap, low in (("V_LatThoracic", 0.25, rng.uniform(-22, -8), 14, 0.42), ("V_Thoracodorsal", 0.5, rng.uniform(8, 18), 20, 0.46)):
        start = vein.at(share)
        points = [start]
        levels = np.linspace(min(0.74, float(anatomy.level(start[2])) - 0.05), low, 5)
        for level, share in zip(levels, (0.4, 0.75, 0.95, 1, 1)):
            z, aside = anatomy.height(level), start[1] + share * (y - start[1])
            points.append(np.array([side * (wall.flank(aside, z) + gap), aside, z]))
        radius = rng.uniform(0.9, 1.5)
        lines[name] = _smooth(points, np.linspace(radius, radius * 0.6, len(points)))
    way = (arm["elbow"] - shoulder) / np.linalg.norm(arm["elbow"] - shoulder)
    ahead = np.array([side * 0.35, -1.0, 0]) - way * (np.array([side * 0.35, -1.0, 0]) @ way)
    ahead /= np.linalg.norm(ahead)
    skin = arm["girth"] + 2
    points = [vein.at(0.02), vein.at(0.02) + [side * 8, -14, 2], shoulder + [-side * 20, -min(skin, 40), -2],
              *(shoulder + way * s + ahead * skin for s in (40, 110, 190))]
    lines["V_Cephalic"] = _smooth(points, rng.uniform(1.3, 2.1))
    return lines


def _muscles(anatomy: Anatomy, wall: Wall, side: int, lines, rng) -> dict[str, Line]:
    """Strands of sternocleidomastoid, and the anterior scalene between subclavian vein and artery."""
    notch, frame, front = anatomy.height(NOTCH_LEVEL), wall.frame, wall.clavicle_front() - 3
    angle_y = float(lines["V_Subclavian", side].points[0, 1])
    thick = rng.uniform(4.4, 5.8) + 0.12 * anatomy.muscle
    strands = {}
    for name, low, gap in (("sternal", (15, front - 1, notch + 2), -0.17), ("middle", (24, front + 1, notch + 6), 0.0),
                           ("clavicular", (36, front + 7, notch + 9), 0.17)):
        points = [np.array(low) * [side, 1, 1]]
        # The vein angle lies behind the muscle's foot.
        points.append(np.array([side * (low[0] + 5), min(front + 16, angle_y - 7 - thick) + 0.3 * (low[0] - 24), anatomy.apex_z - 4]))
        for above, azimuth in ((28, 0.66), (60, 0.84), (100, 1.1), (140, 1.35)):
            z = anatomy.apex_z + above
            t, turn = anatomy.level(z), azimuth + gap
            half, deep = float(frame.trunk_width(t)) - thick - 2.5, float(frame.trunk_depth(t)) - thick - 2.5
            radial = (abs(np.sin(turn)) ** TRUNK_POWER + abs(np.cos(turn)) ** TRUNK_POWER) ** (-1 / TRUNK_POWER)
            points.append(np.array([side * half * radial * np.sin(turn), float(frame.trunk_centre(t)) - deep * radial * np.cos(turn), z]))
        strands[name] = _smooth(points, [thick * 0.7, thick * 0.8, *[thick] * 4])
    artery, vein = lines["A_Subclavian", side], lines["V_Subclavian", side]
    x = anatomy.half_width * 0.36
    behind, before = (line.points[np.abs(np.abs(line.points[:, 0]) - x).argmin()] for line in (artery, vein))
    middle = (behind * (vein.radii[0] + 1) + before * (artery.radii[0] + 1)) / (vein.radii[0] + artery.radii[0] + 2)
    foot = wall.clear(middle - [0, 0, 8], 4)[0]
    top_z = anatomy.apex_z + 80
    top = np.array([side * (frame.body_width + 4), float(frame.spine_y(anatomy.level(top_z))) - 5, top_z])
    scalene = _smooth([top, 0.5 * (top + middle) + [-side * 4, 2, 4], middle, foot], [6.5, 7, 4.6, 4])
    return {**strands, "scalene": scalene}


def _lad(heart: HeartModel, wall: Wall, rng) -> Line:
    """From the left side of the aortic root round the pulmonary outflow into the groove between the ventricles."""
    radius, s = rng.uniform(1.3, 2.0), heart.size
    lift = radius + 0.6
    along, (e1, e2) = heart.axes[0], heart.axes[1:]
    lv, rv = heart.chambers["lv"], heart.chambers["rv"]
    angles = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    reach = np.linspace(2, 75, 180)
    groove = []
    for station in np.linspace(0, 66, 15) * s:
        middle = 0.5 * (lv[0] + rv[0])
        middle = middle + along * (station - (middle - heart.centre) @ along)
        rays = np.cos(angles)[:, None] * e1 + np.sin(angles)[:, None] * e2
        places = middle + reach[:, None, None] * rays
        left, right = (ellipsoid(*np.moveaxis(places, -1, 0), centre, axes + lift, heart.axes) for centre, axes in (lv, rv))
        inside = np.minimum(left, right) < 0
        if not inside[0].any():
            break
        last = inside.shape[0] - 1 - inside[::-1].argmax(0)
        hull = places[last, np.arange(len(angles))]
        both = (left - right)[last, np.arange(len(angles))]
        change = np.nonzero((both[:-1] * both[1:] <= 0) & (np.abs(both[:-1]) < 8))[0]
        if len(change) == 0:
            continue
        best = change[np.argmax((hull[change] - middle) @ [0.5, -0.5, 0.7])]
        if (hull[best] - middle) @ [0.5, -0.5, 0.7] > 0:
            groove.append(hull[best])
    root, outflow = heart.chambers["root"], heart.chambers["outflow"]
    groove = [p for p in groove if ellipsoid(*p, outflow[0], outflow[1] + lift) > 0 and ellipsoid(*p, root[0], root[1]) > 0]
    tip = (lv[0] - heart.centre) @ along + lv[1][0]
    if groove and (groove[-1] - heart.centre) @ along < tip - 14:
        # Where one ventricle overhangs the other the groove is lost; the artery goes on to the apex.
        aside = groove[-1] - lv[0] - along * ((groove[-1] - lv[0]) @ along)
        aside *= (lv[1][1] + lift) / np.linalg.norm(aside)
        groove.append(lv[0] + along * 0.85 * lv[1][0] + 0.53 * aside)
    start = root[0] + root[1] * [0.8, 0.62, -0.1]
    beside = outflow[0] + (outflow[1] + lift) * [0.93, 0.36, -0.25]
    points = np.array([start, 0.5 * (start + beside) + [1, 3, 0], beside, *groove])
    # The chest wall flattens the heart: the artery gives way with it.
    for _ in range(6):
        excess = np.maximum(wall.cage(points) + 5 + heart.fat_mm + radius, 0)
        toward = heart.centre - points
        points = points + toward / np.linalg.norm(toward, axis=1)[:, None] * np.minimum(excess, 8)[:, None]
    return _smooth(points, np.linspace(radius * 1.1, radius * 0.75, len(points)))


def _nodes(anatomy: Anatomy, wall: Wall, lines, arm: dict, rng) -> list[Node]:
    """Few small nodes of each station; now and then one is enlarged."""
    side, a = arm["side"], anatomy.half_width
    vein, chest_line, jugular, mammary = (lines[name, side] for name in ("V_Axillary", "V_LatThoracic", "V_Jugular", "V_Mammary"))
    places: list[tuple[str, np.ndarray]] = []
    for _ in range(int(rng.integers(5, 11))):
        start = vein.at(rng.uniform(0.25, 0.9)) if rng.random() < 0.6 else chest_line.at(rng.uniform(0.12, 0.5))
        places.append(("Axilla", start + [side * rng.uniform(-2, 10), rng.uniform(-12, 8), -rng.uniform(8, 32)]))
    for _ in range(int(rng.integers(1, 4))):
        places.append(("Subclav", vein.at(rng.uniform(0.0, 0.2)) + [side * rng.uniform(-4, 4), -rng.uniform(6, 10), -rng.uniform(5, 11)]))
    for _ in range(int(rng.integers(0, 4))):
        z = anatomy.height(rng.uniform(0.72, 0.8))
        x = a * rng.uniform(0.62, 0.74)
        places.append(("Interpect", np.array([side * x, wall.front(x, z) - WALL_MM - rng.uniform(11, 16), z])))
    for _ in range(int(rng.integers(1, 5))):
        share = rng.uniform(0.12, 0.4)
        places.append(("Supraclav", jugular.at(share) + [side * rng.uniform(9, 20), rng.uniform(4, 14), rng.uniform(-6, 4)]))
    for share in rng.uniform(0.15, 0.62, int(rng.integers(0, 4))):
        places.append(("IMN", mammary.at(share) + [side * rng.uniform(8, 10), -1.0, 0]))
    beside = [line for (name, of), line in lines.items() if of == side and (name in COURSES or name == "scalene")]
    enlarged = int(rng.integers(len(places))) if rng.random() < 0.12 else -1
    nodes = []
    for i, (station, centre) in enumerate(places):
        long = rng.uniform(1.8, 4.2) if i != enlarged else rng.uniform(5, 10)
        axes = long * np.array([rng.uniform(0.5, 0.8), rng.uniform(0.5, 0.8), 1.0])[rng.permutation(3)]
        if station == "IMN":
            axes = np.minimum(axes, [4.0, 2.0, 5.0])
        else:
            centre = wall.clear(centre, WALL_MM + 2 + max(axes))[0]
        nodes.append(Node(station, side, _off_vessels(centre, axes, beside), axes))
    return nodes


def _off_vessels(centre, axes, lines: list[Line]) -> np.ndarray:
    """A node's centre, moved off the vessels it would overlap."""
    points = np.concatenate([line.points for line in lines])
    radii = np.concatenate([line.radii for line in lines])
    for _ in range(5):
        gap = centre - points
        distance = np.linalg.norm(gap, axis=1)
        missing = radii + 0.85 * max(axes) + 1 - distance
        worst = missing.argmax()
        if missing[worst] <= 0:
            break
        centre = centre + gap[worst] / max(distance[worst], 0.5) * missing[worst]
    return centre


def _thyroid(anatomy: Anatomy, trachea: Tube, rng) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Centre and half axes of both lobes (+1, -1); all in all 10 to 25 cm3.

    Of the isthmus (0) the y of its hind border and its z; the width of the airway, half its thickness and half its height.
    """
    millilitres = rng.uniform(10, 22)
    wide, z = trachea.radii[0] + 1.5, anatomy.apex_z + rng.uniform(26, 36)
    y = float(np.interp(z, *trachea.points[:, [2, 1]].T))
    parts = {}
    for side in (1, -1):
        axes = np.array([0.41, 0.48, 0.98]) * rng.uniform(0.92, 1.08, 3)
        axes *= (millilitres * 1000 * 0.46 * rng.uniform(0.88, 1.12) / (4 / 3 * np.pi * np.prod(axes))) ** (1 / 3)
        parts[side] = (np.array([side * (wide + axes[0] * 0.8), y + 2.5, z + rng.normal(0, 2)]), axes)
    parts[0] = (np.array([0, y, z - 8]), np.array([wide, rng.uniform(1.6, 2.6), rng.uniform(6, 9)]))
    return parts


def draw_vessels(anatomy: Anatomy, frame: Frame, arms: list[dict], heart: HeartModel, tubes: list[Tube]) -> Vessels:
    """All courses of a patient; `arms` are those of the trunk, `tubes` those of `great_vessels`."""
    wall = Wall(anatomy, frame)
    trachea = tubes[TRACHEA]
    lines: dict[tuple[str, int], Line] = {("A_LAD", 0): _lad(heart, wall, anatomy.stream(3101))}
    junctions, nodes = {}, []
    for arm in arms:
        side = arm["side"]
        rng = anatomy.stream(31 if side > 0 else 3100)
        apex = anatomy.apex_z
        neck = _neck(anatomy, wall, trachea, side, rng)
        vein = tubes[LEFT_BRACHIOCEPHALIC if side > 0 else RIGHT_BRACHIOCEPHALIC].points
        if side > 0:
            angle = vein[1] + 0.72 * (vein[2] - vein[1])
            stem = _behind_bone(anatomy, wall, [vein[0], vein[1], angle], 6.5)
            vein_start = [stem[-1], vein[2] + 0.5 * (stem[-1] - angle), np.array([0.52 * anatomy.half_width, 0, apex - 3])]
            artery_start = list(tubes[LEFT_SUBCLAVIAN].points)
            carotid = [*tubes[LEFT_CAROTID].points[:2], *neck["carotid"]]
        else:
            stem = _behind_bone(anatomy, wall, vein[:2], 6.5)
            vein_start = [stem[-1], vein[2]]
            branch = tubes[RIGHT_CAROTID].points[1]
            artery_start = [branch, np.array([-28, 20, max(apex - 12, branch[2] + 2)]), np.array([-66, 18, apex + 6])]
            carotid = [branch, *neck["carotid"]]
        angle = stem[-1]
        lines["V_Brachioceph", side] = Line(stem, np.full(len(stem), rng.uniform(5.6, 6.8)))
        junctions[side] = angle
        for name, line in _shoulder_vessels(anatomy, wall, arm, artery_start, vein_start, rng).items():
            lines[name, side] = line
        low = neck["jugular"][0] + [0, -3, 0]
        lines["V_Jugular", side] = _smooth([angle, 0.5 * (angle + low), *neck["jugular"]], [5.5, *[neck["jugular_mm"]] * 5])
        lines["A_Carotid", side] = _smooth(carotid, [4.4, *[rng.uniform(2.9, 3.7)] * (len(carotid) - 1)])
        start = angle + [-side * 2, -4, -3]
        for name, line in {**_breast_bone_vessels(anatomy, wall, side, start, rng),
                           **_side_wall_vessels(anatomy, wall, arm, lines["V_Axillary", side], rng),
                           **_muscles(anatomy, wall, side, lines, rng)}.items():
            lines[name, side] = line
        nodes += _nodes(anatomy, wall, lines, arm, rng)
    return Vessels(lines, junctions, _thyroid(anatomy, trachea, anatomy.stream(3102)), nodes)
