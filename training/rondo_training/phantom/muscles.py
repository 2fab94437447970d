"""Muscles of chest wall, axilla and shoulder, with the fat between them.

Each muscle is a sheet on a body that it is stretched over (rib cage, deeper muscle, axilla), cut out by a window on
the surface of the trunk. Borders after the ESTRO consensus on target volumes in early breast cancer (Offersen 2015),
whose axillary levels are told apart by the edges of pectoralis minor.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull

from .canvas import Canvas
from .grid import SmoothField
from .shapes import capsule, ellipsoid, smooth_intersection, smooth_union, superellipse
from .trunk import Trunk

# Ribs and intercostals, from the pleura outwards: skeleton.py draws ribs 8-11 mm deep.
RIB_LAYER_MM = 9.5
# With the arm raised: how far pectoralis minor stands out before the straight way from the ribs to the coracoid.
LIFT_MM = 16.0


@dataclass(frozen=True)
class PectoralisMinor:
    """A triangle from the ribs to the coracoid, seen from the front. Points are (distance from the midline, z), mm."""

    side: int
    third_rib: tuple[float, float]
    fifth_rib: tuple[float, float]
    coracoid: tuple[float, float]
    tendon_mm: float

    def medial_edge(self, z):
        """x of the medial edge at height z (body coordinates); below and above the muscle that of its end."""
        tip = self.coracoid[0] - self.tendon_mm
        return self.side * np.interp(z, *_rising(self.fifth_rib, self.third_rib, (tip, self.coracoid[1]))).astype(np.float32)

    def lateral_edge(self, z):
        """x of the lateral edge at height z (body coordinates); below and above the muscle that of its end."""
        tip = self.coracoid[0] + self.tendon_mm
        return self.side * np.interp(z, *_rising(self.fifth_rib, (tip, self.coracoid[1]))).astype(np.float32)

    def between_edges(self, x, z):
        """Millimetres along x, negative between the medial and the lateral edge: level 2 and the interpectoral nodes."""
        lateral = self.side * x
        return np.maximum(self.side * self.medial_edge(z) - lateral, lateral - self.side * self.lateral_edge(z))


def _rising(*points):
    """Heights and distances of (distance, z) points, as np.interp wants them."""
    return [p[1] for p in points], [p[0] for p in points]


def wall_point(trunk: Trunk, side: int, lateral_mm: float, level: float, depth_mm: float) -> np.ndarray:
    """The point in front of the rib cage at a distance from the midline, `depth_mm` outside the pleura."""
    frame = trunk.frame
    width, depth = float(frame.cage_width(level)), float(frame.cage_depth(level))
    share = min(lateral_mm / width, 0.97)
    ray = np.array([side * share * width, -depth * (1 - share**frame.power) ** (1 / frame.power)])
    ray *= 1 + depth_mm / np.linalg.norm(ray)
    return np.array([ray[0], ray[1] + float(frame.cage_centre(level)), trunk.anatomy.height(level)])


def flank_point(trunk: Trunk, side: int, degrees: float, level: float, depth_mm: float) -> np.ndarray:
    """The point outside the rib cage at an angle from the front, `depth_mm` outside the pleura."""
    frame = trunk.frame
    way = np.array([side * np.sin(np.radians(degrees)), -np.cos(np.radians(degrees))])
    ratio = np.abs(way[0] / frame.cage_width(level)) ** frame.power + np.abs(way[1] / frame.cage_depth(level)) ** frame.power
    ray = way * (float(ratio) ** (-1 / frame.power) + depth_mm)
    return np.array([ray[0], ray[1] + float(frame.cage_centre(level)), trunk.anatomy.height(level)])


def coracoid(trunk: Trunk, arm: dict) -> tuple[np.ndarray, np.ndarray]:
    """Root and tip of the coracoid process: it rises from the neck of the scapula and points forward, below the clavicle."""
    side, shoulder = arm["side"], arm["shoulder"]
    # A hanging arm draws the shoulder back and leaves less room before the ribs.
    ahead, room = (36, 32) if trunk.anatomy.arms_up else (24, 22)
    return _outside_ribs(trunk, side, shoulder + [-side * 28, 0, 2], 16), _outside_ribs(trunk, side, shoulder + [-side * 31, -ahead, -6], room)


def _outside_ribs(trunk: Trunk, side: int, point: np.ndarray, depth_mm: float) -> np.ndarray:
    """`point`, moved forward where a hanging shoulder lies so close to the ribs that the axilla would have no room."""
    frame, level = trunk.frame, trunk.anatomy.level(point[2])
    for step in range(40):
        moved = point + [side * 0.4 * step, -0.9 * step, 0]
        y = moved[1] - frame.cage_centre(level)
        if superellipse(moved[0], y, frame.cage_width(level), frame.cage_depth(level), frame.power) > depth_mm:
            break
    return moved


def pectoralis_minor(trunk: Trunk, arm: dict) -> PectoralisMinor:
    """The muscle on the side of an arm."""
    anatomy = trunk.anatomy
    tip = coracoid(trunk, arm)[1]
    # Low shoulders over a short chest: the muscle keeps a length from which its edges can be read.
    level = min(0.65, float(anatomy.level(tip[2])) - 0.17)
    third = (0.41 * anatomy.half_width, anatomy.height(level))
    fifth = (0.63 * anatomy.half_width, anatomy.height(max(level - 0.21, 0.38)))
    return PectoralisMinor(arm["side"], third, fifth, (abs(float(tip[0])), float(tip[2])), 9.0)


def blade_depth(trunk: Trunk, side: int, coordinates, wall_mm):
    """Depth of the scapula's blade outside the pleura, mm: it stands off from the ribs towards the shoulder.

    `wall_mm` is the thickness of the wall there, `trunk.cage - trunk.muscle`.
    """
    angle = _angle(trunk, side, *coordinates)
    depth = np.interp(angle, np.radians([95, 120, 150]), [34.0, 27.0, 14.0]).astype(np.float32)
    # Behind the blade there is room for infraspinatus.
    return np.clip(wall_mm - 11, 14, depth)


def clavicle_bend(trunk: Trunk, side: int) -> np.ndarray:
    """About the place where the clavicle turns from the chest to the shoulder, mm."""
    front = float(trunk.frame.cage_centre(0.88) - trunk.frame.cage_depth(0.88))
    return np.array([side * trunk.anatomy.half_width * 0.55, front + 14, trunk.anatomy.height(0.85) + 14])


def _angle(trunk: Trunk, side: int, x, y, z):
    """Angle round the rib cage: 0 in front, a right angle at the flank of the side."""
    return np.arctan2(np.float32(side) * x, trunk.frame.cage_centre(trunk.anatomy.level(z)) - y)


def _window(along, z, corners):
    """Distance to the convex hull of corners (along, z), rounded; negative inside."""
    planes = ConvexHull(np.asarray(corners, float)).equations.astype(np.float32)
    distance = None
    for a, b, c in planes:
        plane = a * along + b * z + c
        distance = plane if distance is None else smooth_intersection(distance, plane, 8)
    return distance


def _sheet(outside, window, thick, taper_mm: float):
    """A sheet on the surface `outside` == 0 that thins over `taper_mm` towards the edge of its window."""
    share = np.clip(-window / np.float32(taper_mm), 0, 1)
    half = thick * np.sqrt(share * (2 - share)) / 2
    # A film of a millimetre or two would be seen as specks.
    return np.maximum(np.abs(outside - half) - half + np.clip(3 - 2 * half, 0, 3), window)


class Side:
    """Coordinates, depths and thicknesses of one side, as flat lists of the voxels between ribs and muscle envelope."""

    def __init__(self, canvas: Canvas, trunk: Trunk, arm: dict, rng: np.random.Generator):
        self.trunk, self.anatomy, self.arm, self.side = trunk, trunk.anatomy, arm, arm["side"]
        self.minor = pectoralis_minor(trunk, arm)
        a, b, anatomy = self.anatomy.half_width, self.anatomy.half_depth, self.anatomy
        shoulder, elbow = arm["shoulder"], arm["elbow"]
        self.way = (elbow - shoulder) / np.linalg.norm(elbow - shoulder)
        self.girth = float(arm["girth"])
        top = max(shoulder[2] + 30, shoulder[2] + 95 * self.way[2])
        reach = shoulder[0] + self.side * (40 + 90 * abs(self.way[0]))
        xs = sorted([self.side * 14.0, float(reach)])
        # The canvas widens boxes by its warp already.
        self.box = canvas.box((xs[0], -b - 18, anatomy.height(-0.33)), (xs[1], b + 30, float(top)))
        depth, muscle = trunk.cage[self.box], trunk.muscle[self.box]
        self.near = (muscle < 3) & (depth > RIB_LAYER_MM - 4)
        self.x, self.y, self.z = (v[self.near] for v in canvas.at(self.box))
        self.depth = depth[self.near]
        self.wall_mm = self.depth - muscle[self.near]
        self.level = anatomy.level(self.z)
        self.round_mm = _angle(trunk, self.side, self.x, self.y, self.z) * np.float32(a)
        # A few millimetres inside the skin, whatever the arms do.
        skin = trunk.skin[self.box][self.near] + np.float32(3.5)
        self.limit = np.maximum(muscle[self.near], skin)
        self.room = np.maximum(self.depth - self.limit - np.float32(RIB_LAYER_MM), 0)
        # The envelope as it would be without arms: sheets that lie on the trunk must not run into them.
        frame, t = trunk.frame, self.level
        hull = superellipse(self.x, self.y - frame.trunk_centre(t), frame.trunk_width(t), frame.trunk_depth(t), 2.3)
        self.hull = np.maximum(np.maximum(hull, skin), self.limit)
        head = ellipsoid(self.x, self.y, self.z, shoulder, (23, 22, 23))
        self.bone = np.minimum(head, self.rod(shoulder, elbow, 10.5, 10.5))
        build = anatomy.muscle * 0.35 + (0 if anatomy.female else 3)
        self.major_mm = float(np.clip(rng.uniform(10, 14) + build, 8, 18))
        self.minor_mm = float(np.clip(rng.uniform(6.5, 9) + 0.3 * build, 5, 10))
        # Over the lower ribs there is little room: each layer gets its share of it.
        self.between_mm = np.minimum(np.float32(np.clip(rng.uniform(4, 7) + anatomy.fat * 0.06, 4, 9)), 0.18 * self.room)
        self.serratus_mm = float(np.clip(rng.uniform(4, 6) + 0.2 * build, 3.5, 8))
        self.latissimus_mm = float(np.clip(rng.uniform(6, 9) + 0.5 * build, 5, 13))
        self.plane_mm = float(np.clip(rng.uniform(1.4, 2.2) + anatomy.fat * 0.02, 1.4, 3))

    def spread(self, values):
        """A flat list on the box; voxels that are not listed are far outside."""
        whole = np.full(self.near.shape, np.float32(99))
        whole[self.near] = values
        return whole

    def rod(self, start, end, start_radius_mm: float, end_radius_mm: float):
        return capsule(self.x, self.y, self.z, start, end, start_radius_mm, end_radius_mm)

    def place(self, degrees: float, level: float) -> tuple[float, float]:
        """A corner of a window, from angle and level."""
        return np.radians(degrees) * self.anatomy.half_width, self.anatomy.height(level)

    def place_of(self, point) -> tuple[float, float]:
        """A corner of a window, from a point of the body."""
        angle = _angle(self.trunk, self.side, *(np.float32(v) for v in point))
        return float(angle) * self.anatomy.half_width, float(point[2])

    def humerus(self, along_mm: float, medial_mm: float, back_mm: float) -> np.ndarray:
        """A place of insertion on the shaft."""
        return self.arm["shoulder"] + along_mm * self.way + [-self.side * medial_mm, back_mm, 0]

    def kept(self, distance):
        """Inside the trunk's muscle envelope, outside ribs and humerus."""
        kept = np.maximum(distance, self.limit + np.float32(0.5))
        return np.maximum(np.maximum(kept, np.float32(RIB_LAYER_MM) - self.depth), np.float32(0.5) - self.bone)

    def apart(self, distance, *others):
        """`distance` without the other muscles and the fat round them."""
        for other in others:
            distance = np.maximum(distance, np.float32(self.plane_mm) - other)
        return distance


def _pectoral_window(s: Side, *more: tuple[float, float]):
    """From clavicle, sternum and sixth rib to the insertion on the humerus, and to `more` corners."""
    insertion, bend = s.humerus(48, 8, -12), clavicle_bend(s.trunk, s.side)
    along, z = s.place_of(insertion)
    up = 14 if s.anatomy.arms_up else 10
    window = _window(s.round_mm, s.z, [s.place(11, 0.8), s.place_of(bend + [0, -8, -2]), (along + 4, z + up), (along + 6, z - 14),
                                       s.place(52, 0.36), s.place(32, 0.32), s.place(10, 0.38), *more])
    # Over the narrow apex a window in angles reaches behind the clavicle; seen from the front it does not.
    clavicle = np.interp(np.abs(s.x), np.abs([22.0, bend[0], insertion[0]]), [bend[2] - 16, bend[2], max(z + up, bend[2])])
    return np.maximum(window, 0.8 * (s.z - clavicle.astype(np.float32)))


def pectoralis_minor_shape(s: Side):
    """From the ribs over the axilla's apex to the coracoid."""
    muscle = s.minor
    tip = np.array([muscle.side * muscle.coracoid[0], coracoid(s.trunk, s.arm)[1][1], muscle.coracoid[1]])
    level = float(s.anatomy.level(muscle.third_rib[1])) - 0.09
    base = wall_point(s.trunk, s.side, 0.5 * s.anatomy.half_width, level, RIB_LAYER_MM - 30)
    thick = np.minimum(np.float32(s.minor_mm), 0.35 * s.room)
    end = tip + [0, s.minor_mm / 2 + 6, -4]
    # It is lifted off the ribs by the fat that holds the axillary vein: level 2.
    middle = base + 0.62 * (end - base) - [0, LIFT_MM if s.anatomy.arms_up else 0, 0]
    bridge = smooth_union(s.rod(base, middle, 30, 15), s.rod(middle, end, 15, 6), 8)
    under = smooth_union(s.depth - np.float32(RIB_LAYER_MM + 0.5), bridge, 12)
    window = muscle.between_edges(s.x, s.z) * np.float32(0.75)
    window = np.maximum(window, s.z - np.float32(muscle.coracoid[1] + 3))
    # Only the front of the rod: the sheet must not turn round it into the axilla.
    back = np.interp(s.z, [base[2], tip[2]], [base[1] + 14, tip[1] + 6]).astype(np.float32)
    window = np.maximum(window, s.y - back)
    return s.kept(_sheet(under, window, thick, 5))


def pectoralis_major_shape(s: Side, minor):
    """The fan from clavicle, sternum and ribs over pectoralis minor and the axilla to the humerus."""
    a = s.anatomy.half_width
    thick = np.float32(s.major_mm) * np.interp(s.level, [0.3, 0.38, 0.52, 0.62], [0.35, 0.45, 0.85, 1]).astype(np.float32)
    thick = thick * np.interp(s.round_mm / np.float32(a), [0.2, 0.45, 0.9, 1.3], [0.75, 1, 1.05, 1.25]).astype(np.float32)
    base = wall_point(s.trunk, s.side, 0.6 * a, 0.58, RIB_LAYER_MM - 40)
    axilla = s.rod(base, s.humerus(48, 6, 0), 42, 10)
    under = smooth_union(s.depth - np.float32(RIB_LAYER_MM + 1), axilla, 16)
    # Above the ribs the muscle is stretched between clavicle and arm.
    bend = clavicle_bend(s.trunk, s.side)
    medial = bend + [-s.side * (s.anatomy.half_width * 0.55 - 22), -18, -16]
    for start, end in ((medial, bend), (bend, s.humerus(40, 6, -2))):
        under = smooth_union(under, s.rod(start, end, 11, 9), 14)
    under = smooth_union(under, minor - s.between_mm, 6)
    # It bulges where the trunk does, under no more fat than this.
    fat = np.interp(s.round_mm / np.float32(a), [0.2, 0.6], [30, 10]).astype(np.float32)
    under = smooth_union(under, s.hull + thick + fat, 10)
    # Where the envelope is near, the muscle lies against it and is as thick as there is room.
    under = np.maximum(under, s.limit + thick + 1)
    window = _pectoral_window(s)
    shape = s.kept(_sheet(under, window, thick, 10))
    return np.maximum(shape, s.between_mm - minor)


def serratus_shape(s: Side):
    """A thin layer on the lateral ribs that runs under the scapula."""
    window = _window(s.round_mm, s.z, [s.place(72, 0.83), s.place(56, 0.5), s.place(66, 0.22), s.place(90, 0.1),
                                       s.place(118, 0.3), s.place(140, 0.55), s.place(140, 0.8)])
    thick = np.minimum(np.float32(s.serratus_mm), 0.5 * s.room)
    thick = thick * np.interp(s.level, [0.1, 0.35, 0.6], [0.7, 1, 1]).astype(np.float32)
    return s.kept(_sheet(s.depth - np.float32(RIB_LAYER_MM + 0.3), window, thick, 10))


def subscapularis_shape(s: Side, serratus):
    """Between the blade of the scapula and serratus, and on to the front of the humeral head."""
    blade = blade_depth(s.trunk, s.side, (s.x, s.y, s.z), s.wall_mm)
    window = _window(s.round_mm, s.z, [s.place(96, 0.64), s.place(96, 0.88), s.place(152, 0.84), s.place(152, 0.6), s.place(125, 0.5)])
    inner = np.float32(RIB_LAYER_MM + s.serratus_mm + s.plane_mm)
    belly = _sheet(s.depth - inner, window, np.maximum(blade - 4 - inner, 0), 9)
    root = flank_point(s.trunk, s.side, 112, 0.74, 23)
    tendon = s.arm["shoulder"] + [-s.side * 17, -14, -4]
    shape = smooth_union(belly, s.rod(root, tendon, 13, 8), 10)
    return s.apart(s.kept(np.maximum(shape, inner - s.depth)), serratus)


def latissimus_shape(s: Side, serratus, subscapularis):
    """From the lower back round the flank to the humerus, with teres major: the posterior axillary fold."""
    fold = flank_point(s.trunk, s.side, 108, 0.5, RIB_LAYER_MM + s.serratus_mm + 10)
    insertion = s.humerus(38, 10, 12)
    corners = [s.place(92, -0.35), s.place(96, 0.3), s.place_of(fold + [0, -6, 30]), s.place(126, 0.58),
               s.place(152, 0.5), s.place(152, -0.35)]
    thick = np.minimum(np.float32(s.latissimus_mm), 0.9 * s.room)
    under = s.depth - np.float32(RIB_LAYER_MM + s.serratus_mm + s.plane_mm)
    # It is the outermost muscle of the flank.
    under = np.maximum(np.minimum(under, s.hull + thick + 1), s.limit + thick + 1)
    shape = _sheet(under, _window(s.round_mm, s.z, corners), thick, 14)
    half = s.latissimus_mm * 0.6 + 8
    teres = flank_point(s.trunk, s.side, 118, 0.6, RIB_LAYER_MM + 22)
    for start in (fold, teres):
        shape = smooth_union(shape, s.rod(start, insertion, half, half * 0.5), 20)
    return s.apart(s.kept(shape), serratus, subscapularis)


def deltoid_shape(s: Side, *others):
    """The cap over the shoulder, down to the middle of the humerus; it leaves the armpit free."""
    shoulder = s.arm["shoulder"]
    # A raised arm turns the deltoid backwards and the armpit forwards.
    away = np.array([s.side * 0.8, 0.25, 0.8]) if s.anatomy.arms_up else np.array([s.side, 0.0, 0.0])
    away -= (away @ s.way) * s.way
    away /= np.linalg.norm(away)
    cap = s.rod(shoulder + [s.side * 3, 0, 4], shoulder + 92 * s.way + 8 * away, s.girth + 6, 8)
    across = np.cross(away, s.way)
    offset = [v - np.float32(c) for v, c in zip((s.x, s.y, s.z), shoulder)]
    out, beside = (sum(v * np.float32(c) for v, c in zip(offset, axis)) for axis in (away, across))
    armpit = np.float32(0.9) * (-out - 2 - np.float32(0.35) * np.abs(beside))
    if s.anatomy.arms_up:
        armpit = smooth_intersection(armpit, -offset[2] - 24, 10)
    hollow = np.float32(3) - s.bone
    return s.apart(s.kept(smooth_intersection(np.maximum(cap, hollow), armpit, 6)), *others)


def _fat_shape(s: Side):
    """Where the block of muscle outside the ribs gives way to fat: before sternum and clavicles, under the pectorals,
    in the axilla.
    """
    front = _pectoral_window(s, s.place(-40, 0.3), s.place(-40, 0.86)) - 3
    axilla = _window(s.round_mm, s.z, [s.place(50, 0.42), s.place(50, 0.9), s.place(106, 0.9), s.place(112, 0.7), s.place(110, 0.42)])
    window = smooth_union(front, axilla, 10)
    # The front of the neck recedes from the clavicles upwards.
    bend = clavicle_bend(s.trunk, s.side)
    throat = 0.9 * (s.y - np.float32(bend[1] - 27) - 0.25 * np.abs(s.x) - 0.35 * np.clip(s.z - np.float32(bend[2] - 14), 0, 200))
    throat = np.maximum(throat, np.float32(bend[2] - 50) - s.z)
    throat = np.maximum(throat, np.abs(s.x) - np.float32(abs(bend[0]) + 12))
    window = smooth_union(window, throat, 10)
    # The edge of what stays is rounded, as muscles are.
    block = smooth_intersection(s.limit, -window, 24)
    shape = np.maximum(np.maximum(s.limit - 1, -block), np.float32(RIB_LAYER_MM) - s.depth)
    # The muscles of the upper arm stay.
    start = s.humerus(55, 0, 0) if s.anatomy.arms_up else s.humerus(20, -10, 0)
    arm = s.rod(start, s.arm["elbow"], s.girth * 0.72, s.girth * 0.75)
    return np.maximum(np.maximum(shape, np.float32(6) - s.bone), -arm)


def paint_muscles(canvas: Canvas, trunk: Trunk) -> list[PectoralisMinor]:
    """Paint and mark the muscles of both sides; gives pectoralis minor of each side, which bounds the nodal levels."""
    anatomy, tissue = trunk.anatomy, trunk.anatomy.tissues
    rng = anatomy.stream(30)
    seed = rng.integers(2**31)
    streaks_hu = rng.uniform(4, 14) + 0.5 * anatomy.fat
    marbling = SmoothField(rng, 13)
    muscles = []
    for arm in trunk.arms:
        # Both sides are drawn alike: people are built nearly symmetrically.
        s = Side(canvas, trunk, arm, np.random.default_rng(seed))
        muscles.append(s.minor)
        if s.x.size == 0:
            continue
        canvas.paint(s.box, s.spread(_fat_shape(s)), tissue.fat)
        minor = pectoralis_minor_shape(s)
        major = pectoralis_major_shape(s, minor)
        serratus = s.apart(serratus_shape(s), minor, major)
        subscapularis = s.apart(subscapularis_shape(s, serratus), minor, major)
        latissimus = s.apart(latissimus_shape(s, serratus, subscapularis), minor, major)
        deltoid = deltoid_shape(s, minor, major, serratus, subscapularis, latissimus)
        shapes = {"Pectoralis_Maj": major, "Pectoralis_Min": minor, "Serratus": serratus, "Subscapularis": subscapularis,
                  "Latissimus": latissimus, "Deltoid": deltoid}
        muscle = np.minimum.reduce(list(shapes.values()))
        planes = np.maximum(muscle - np.float32(s.plane_mm), np.maximum(s.limit, RIB_LAYER_MM - s.depth))
        fibres = tissue.muscle - np.float32(streaks_hu) * np.clip(marbling.on(canvas.grid, s.box) - 0.3, 0, 2)
        canvas.paint(s.box, s.spread(planes), tissue.fat)
        canvas.paint(s.box, s.spread(muscle), fibres)
        for name, shape in shapes.items():
            canvas.mark(s.box, s.spread(shape), f"{name}_{'L' if s.side > 0 else 'R'}")
    return muscles
