"""The heart in its pericardium and the great vessels.

`Heart` follows the pericardium from the bifurcation of the pulmonary trunk to the apex: chambers, the fat in the grooves
between them and the roots of the great vessels below that level.
"""

from dataclasses import dataclass

import numpy as np

from .anatomy import Anatomy, Frame
from ..tasks import OAR_THORAX
from .canvas import Canvas
from .shapes import capsule, ellipsoid, frame as axes_along, smooth_intersection, smooth_union, turned


@dataclass(frozen=True)
class Tube:
    """A vessel or airway: points in mm and the radius at each."""

    points: np.ndarray
    radii: np.ndarray
    kind: str
    label: str = ""
    """Class of organs at risk, where it is one."""

    def segments(self):
        return zip(self.points[:-1], self.points[1:], self.radii[:-1], self.radii[1:])


def _tube(kind: str, radius, *points, label: str = "") -> Tube:
    radii = np.broadcast_to(np.asarray(radius, float), (len(points),))
    return Tube(np.asarray(points, float), np.asarray(radii), kind, label)


class HeartModel:
    """Position, chambers and vessels of one heart; evaluated by `distance`."""

    def __init__(self, anatomy: Anatomy, frame: Frame):
        rng = anatomy.stream(9)
        self.anatomy, self.frame = anatomy, frame
        size = float(np.clip(anatomy.half_width / 127, 0.9, 1.1) * rng.uniform(0.92, 1.18))
        self.size = size
        room = float(frame.spine_y(0.4)) - 20 - frame.body_depth
        self.centre = np.array([
            rng.uniform(14, 30), min(rng.uniform(-20, -2), room - 46 * size), frame.plate_z + 42 * size + rng.uniform(-2, 8)
        ])
        base = axes_along([0.76, -0.5, rng.uniform(-0.62, -0.22)])
        self.axes = turned(base, rng.normal(0, 7, 3))
        self.fat_mm = float(rng.uniform(0.5, 3.0) + np.clip(anatomy.fat / 9, 0, 4))
        self.groove = rng.uniform(9, 16)
        along, c = self.axes[0], self.centre
        grow = lambda *values: np.array(values) * size * rng.uniform(0.93, 1.07, 3)
        at = lambda *offset: c + size * np.array(offset) + rng.normal(0, 1.5, 3)
        self.chambers = {
            "lv": (c + along * 17 * size + size * np.array([8, 8, -5]), grow(52, 33, 36)),
            "rv": (at(3, -24, -9) + along * 6 * size, grow(48, 28, 36)),
            "ra": (at(-37, -4, 1), grow(27, 29, 39)),
            "la": (at(-4, 27, 19), grow(37, 22, 27)),
            "outflow": (at(14, -22, 27), grow(18, 19, 26)),
            "root": (at(-4, -4, 30), grow(21, 20, 24)),
        }
        self.top_z = c[2] + 49 * size + rng.uniform(-3, 3)
        self.cavity = rng.uniform(0.58, 0.74)

    def oriented(self, name: str):
        return self.axes if name in ("lv", "rv") else None

    def distance(self, coordinates, cage, floor):
        """Pericardial distance; `cage` and `floor` are the distances to the pleura and to the diaphragm (positive above)."""
        x, y, z = coordinates
        shape = None
        for name, (centre, axes) in self.chambers.items():
            part = ellipsoid(x, y, z, centre, axes, self.oriented(name))
            shape = part if shape is None else smooth_union(shape, part, 16)
        shape = smooth_intersection(shape, cage + np.float32(5 + self.fat_mm), 8)
        shape = smooth_intersection(shape, np.float32(3) - floor, 8)
        spine = self.frame.spine_y(self.anatomy.level(z)) - np.float32(self.frame.body_depth + 15)
        shape = smooth_intersection(shape, y - spine, 10)
        return smooth_intersection(shape, z - np.float32(self.top_z), 4)

    def paint(self, canvas: Canvas, box, distance) -> None:
        """Pericardium, fat in the grooves, muscle and blood; labels the whole."""
        anatomy, tissue = self.anatomy, self.anatomy.tissues
        rng = anatomy.stream(10)
        x, y, z = canvas.at(box)
        canvas.paint(box, distance, 0.6 * tissue.myocardium + 0.4 * tissue.fat)
        canvas.paint(box, distance + 1.2, tissue.fat if self.fat_mm > 2 else tissue.myocardium - 20)
        inner = distance + np.float32(0.6 + 0.35 * self.fat_mm)
        shrink = 1 - 0.012 * self.fat_mm
        right = tissue.venous + rng.normal(0, 4)
        for name, blood, wall in (("ra", right, 0.93), ("rv", right, 0.86), ("outflow", right, 0.9),
                                  ("la", tissue.arterial, 0.93), ("root", tissue.arterial, 0.92), ("lv", tissue.arterial, self.cavity)):
            centre, axes = self.chambers[name]
            outer = np.maximum(ellipsoid(x, y, z, centre, axes * shrink, self.oriented(name)), inner)
            canvas.paint(box, outer, tissue.myocardium)
            cavity = np.maximum(ellipsoid(x, y, z, centre, axes * wall * shrink, self.oriented(name)), inner + 2)
            canvas.paint(box, cavity, blood)
        canvas.label(box, distance, "Heart")


def great_vessels(anatomy: Anatomy, frame: Frame, heart: HeartModel) -> list[Tube]:
    """Aorta, pulmonary arteries and veins, caval veins, arch branches, oesophagus, trachea and main bronchi."""
    rng = anatomy.stream(11)
    c, s, top = heart.centre, heart.size, heart.top_z
    spine_front = lambda z: float(frame.spine_y(anatomy.level(z))) - frame.body_depth
    spine_x = lambda z: float(frame.spine_x(z))
    arch_z = top + rng.uniform(26, 42)
    arch_z = min(arch_z, anatomy.height(0.93) - 14)
    ra = rng.uniform(13, 19) if anatomy.female else rng.uniform(14, 20)
    rd = ra * rng.uniform(0.72, 0.9)
    left = rng.uniform(14, 24)
    descend = [np.array([spine_x(z) + left * w, spine_front(z) + o, z]) for z, w, o in (
        (arch_z - 18, 1.0, -2), (top - 30, 1.0, 1), (frame.plate_z, 0.8, -5), (-90, 0.35, -rd - 1), (-180, 0.3, -rd - 1), (-420, 0.2, -rd - 1))]
    root = heart.chambers["root"][0]
    ascend = [root + [0, 0, -6], root + [-6, -3, 24 * s], np.array([root[0] - 5, root[1] + 6, arch_z - 10])]
    over = [np.array([root[0] + 6, root[1] + 18, arch_z]), np.array([left + 2, spine_front(arch_z) - 16, arch_z - 2])]
    outflow = heart.chambers["outflow"][0]
    trunk_end = np.array([outflow[0] + 8, outflow[1] + 20, top + 8])
    hilum_z = top - rng.uniform(4, 14)
    hila = {side: np.array([side * rng.uniform(44, 58), c[1] + rng.uniform(24, 34), hilum_z + 6 * side]) for side in (1, -1)}
    carina = np.array([spine_x(hilum_z) + 2, min(spine_front(hilum_z) - 26, c[1] + 34), hilum_z + rng.uniform(20, 30)])
    neck_z = anatomy.apex_z + 130
    trachea = [carina, np.array([0, spine_front(anatomy.apex_z - 20) - 24, anatomy.apex_z - 20]),
               np.array([0, spine_front(anatomy.apex_z + 40) - 26, anatomy.apex_z + 40]), np.array([0, spine_front(neck_z) - 24, neck_z])]
    rt = rng.uniform(7, 10)
    azygos_z = carina[2] + 6
    cava = [np.array([root[0] - 22 * s, root[1] + 2, top - 26]), np.array([root[0] - 25, root[1] + 6, arch_z + 4]), np.array([-28, root[1] - 4, arch_z + 26])]
    ra_low = heart.chambers["ra"][0] + [4, 8, -30 * s]
    tubes = [
        _tube("artery", [ra, ra, ra * 0.95, ra * 0.9, ra * 0.85, rd, rd, rd, rd * 0.9, rd * 0.85, rd * 0.7], *ascend, *over, *descend),
        _tube("vein", [14, 14, 13], outflow + [0, 4, 6], outflow + [5, 12, 22 * s], trunk_end),
        _tube("vein", [12, 10, 8], trunk_end, np.array([34, hila[1][1] - 6, top + 4]), hila[1] + [0, 0, 8]),
        _tube("vein", [12, 10, 8], trunk_end, np.array([-18, trunk_end[1] + 10, top - 2]), hila[-1] + [0, -4, 6]),
        _tube("vein", rng.uniform(8, 12), *cava),
        _tube("vein", [11, 12, 11, 10], ra_low, np.array([-22, 18, frame.plate_z - 14]), np.array([-18, 34, -90]), np.array([-16, 44, -420])),
        _tube("vein", [6, 6, 5], cava[-1], np.array([-34, root[1] - 6, anatomy.apex_z - 14]), np.array([-70, 0, anatomy.apex_z + 2])),
        _tube("vein", [6, 6, 5], cava[-1] + [2, 0, -8], np.array([10, root[1] - 14, arch_z + 18]), np.array([42, root[1] - 2, anatomy.apex_z - 6])),
        _tube("artery", [7, 6, 5, 4], over[0] + [-6, -4, 4], np.array([-14, root[1] + 18, arch_z + 30]), np.array([-24, 10, anatomy.apex_z + 20]), np.array([-26, 6, anatomy.apex_z + 110])),
        _tube("artery", [5, 4.5, 4], over[0] + [6, 4, 6], np.array([14, 12, anatomy.apex_z]), np.array([24, 8, anatomy.apex_z + 110])),
        _tube("artery", [6, 5, 5], over[1] + [0, -2, 6], np.array([26, 24, anatomy.apex_z - 14]), np.array([66, 18, anatomy.apex_z + 6])),
        _tube("soft", rng.uniform(5.5, 8.5), *_upper_oesophagus(anatomy, np.array(trachea), carina), carina + [6, 14, 0],
              np.array([spine_x(top - 40) + 4, spine_front(top - 40) - 9, top - 40]), np.array([8, spine_front(frame.plate_z) - 16, frame.plate_z]),
              np.array([22, 12, frame.plate_z - 22]), label="Esophagus"),
        _tube("soft", rng.uniform(3, 5), np.array([-10, spine_front(-60) - 2, -60]), np.array([-8, spine_front(azygos_z) - 2, azygos_z]),
              np.array([-20, carina[1] + 4, azygos_z + 6]), cava[1]),
        _tube("airway", [rt, rt, rt, rt], *trachea, label="Trachea"),
        _tube("airway", [rt * 0.85, rt * 0.75, rt * 0.6], carina, carina * 0.5 + hila[-1] * 0.5 + [0, 0, 2], hila[-1]),
        _tube("airway", [rt * 0.8, rt * 0.65, rt * 0.5], carina, carina * 0.5 + hila[1] * 0.5 + [0, 0, -2], hila[1] + [0, 2, -4]),
    ]
    la = heart.chambers["la"][0]
    for side in (1, -1):
        for dz in (8, -12):
            tubes.append(_tube("artery", [7, 6.5, 5.5], la + [side * 22 * s, 2, dz], hila[side] + [-side * 10, 0, dz - 12], hila[side] + [side * 6, 0, dz - 14]))
        tubes.append(_tube("vein", [8, 6.5, 5], hila[side] + [0, 0, 4], hila[side] + [side * 5, 8, -16], hila[side] + [side * 12, 14, -36]))
    return tubes


def _upper_oesophagus(anatomy: Anatomy, trachea: np.ndarray, carina: np.ndarray) -> list[np.ndarray]:
    """From the lower edge of the cricoid, where it begins, behind the trachea and a little to its left."""
    rng = anatomy.stream(3110)
    behind = lambda z, x: np.array([x, float(np.interp(z, *trachea[:, [2, 1]].T)) + 14.5, z])
    places = [behind(anatomy.apex_z + rng.uniform(36, 44), 1.0), behind(anatomy.apex_z, rng.uniform(3, 7))]
    chest = carina + [8, 12, 60]
    return [*places, chest] if chest[2] < anatomy.apex_z - 15 else places


GAS_SHARE = 0.55
"""Of the scans show gas in the oesophagus; set by eye."""


def paint_gas(canvas: Canvas, tubes: list[Tube], anatomy: Anatomy) -> None:
    """A few bubbles in the oesophagus; its label stays."""
    rng = anatomy.stream(3111)
    if rng.random() > GAS_SHARE:
        return
    tube = next(tube for tube in tubes if tube.label == "Esophagus")
    for _ in range(int(rng.integers(1, 5))):
        index = int(rng.integers(len(tube.points) - 1))
        share, radius = rng.random(), rng.uniform(1.2, 4.0)
        centre = tube.points[index] * (1 - share) + tube.points[index + 1] * share
        long = rng.uniform(3, 14)
        box = canvas.around(centre, max(long, radius) + 2)
        if canvas.hu[box].size == 0:
            continue
        bubble = ellipsoid(*canvas.at(box), centre + rng.normal(0, 0.8, 3), np.array([radius, radius * rng.uniform(0.4, 0.9), long]))
        own = canvas.labels[box] == OAR_THORAX.index("Esophagus")
        canvas.paint(box, np.where(own, bubble, np.float32(99)), anatomy.tissues.air)


def _paint_sheath(canvas: Canvas, tubes: list[Tube], anatomy: Anatomy) -> None:
    """In the neck a film of fat parts the oesophagus from the muscles; in the chest fat is there already."""
    tube = next(tube for tube in tubes if tube.label == "Esophagus")
    for start, end, r0, r1 in tube.segments():
        if end[2] > anatomy.apex_z - 30:
            box = canvas.around([start, end], max(r0, r1) + 5)
            canvas.paint(box, capsule(*canvas.at(box), start, end, r0 + 1.3, r1 + 1.3), anatomy.tissues.fat + 25, opacity=0.7)


def paint_tubes(canvas: Canvas, tubes: list[Tube], anatomy: Anatomy) -> None:
    """Vessels with blood, airways with wall and lumen."""
    tissue = anatomy.tissues
    blood = {"artery": tissue.arterial, "vein": tissue.venous, "soft": tissue.muscle}
    _paint_sheath(canvas, tubes, anatomy)
    for tube in sorted(tubes, key=lambda t: t.kind == "airway"):
        for start, end, r0, r1 in tube.segments():
            box = canvas.around([start, end], max(r0, r1) + 5)
            rod = capsule(*canvas.at(box), start, end, r0, r1)
            rod = rod - np.float32(1.5) if tube.kind == "airway" else rod
            canvas.paint(box, rod, tissue.muscle if tube.kind == "airway" else blood[tube.kind])
            if tube.label:
                canvas.label(box, rod, tube.label)
    for tube in tubes:
        if tube.kind == "airway":
            for start, end, r0, r1 in tube.segments():
                box = canvas.around([start, end], max(r0, r1) + 5)
                canvas.paint(box, capsule(*canvas.at(box), start, end, r0, r1), tissue.air)
