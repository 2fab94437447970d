"""Spine with canal and cord, ribs, sternum, clavicles, scapulae and arm bones."""

import numpy as np

from .anatomy import Anatomy, Frame
from .canvas import Canvas
from .grid import SmoothField
from .muscles import blade_depth, coracoid
from .shapes import capsule, ellipsoid, superellipse
from .trunk import Trunk

# The cord as a share of the canal's half axes. Cord and fluid hardly differ on CT, so that a fixed share is
# what can be seen at all; with canals of 18-23 x 15-19 mm it gives cords of 10-13 x 8.5-11 mm.
CORD_SHARE = 0.56


def _bone(canvas: Canvas, box, distance, anatomy: Anatomy, shell_mm: float = 2.5, soft: float = 1.0) -> None:
    tissue = anatomy.tissues
    canvas.paint(box, distance, tissue.cortex * soft)
    canvas.paint(box, distance + np.float32(shell_mm), tissue.marrow)
    canvas.mark(box, distance, "Bone")


def _repeat(z, pitch_mm: float, offset_mm: float):
    """Distance above the middle of the nearest of equally spaced levels, mm."""
    phase = (z - np.float32(offset_mm)) / np.float32(pitch_mm)
    return (phase - np.round(phase)) * np.float32(pitch_mm)


def paint_ribs(canvas: Canvas, trunk: Trunk) -> None:
    """Twelve arcs a side on the rib cage that fall towards the front and end in cartilage."""
    anatomy, tissue = trunk.anatomy, trunk.anatomy.tissues
    rng = anatomy.stream(6)
    a, b = anatomy.half_width, anatomy.half_depth
    box = canvas.box((-a - 30, -b - 30, anatomy.height(-0.5)), (a + 30, b + 40, anatomy.apex_z + 30))
    x, y, z = canvas.at(box)
    t = anatomy.level(z)
    # 0 at the spine, 1 in front.
    around = 0.5 - (y - trunk.frame.cage_centre(t)) / (2 * trunk.frame.cage_depth(t))
    around = np.clip(around, 0, 1)
    fall = rng.uniform(75, 135)
    pitch = rng.uniform(23, 29)
    height = z + fall * around - 0.25 * fall * np.clip(around - 0.75, 0, 1) * 4
    thick, tall = rng.uniform(3.2, 4.6), rng.uniform(5.0, 7.0)
    depth = trunk.cage[box] - np.float32(thick + 1.5)
    rib = (np.sqrt((depth / thick) ** 2 + (_repeat(height, pitch, rng.uniform(0, pitch)) / tall) ** 2) - 1) * np.float32(thick)
    # The last ribs end at the flank: the lower edge of the cage rises towards the front.
    lower_edge = anatomy.height(-0.3) + (around**1.5) * rng.uniform(80, 130)
    rib = np.maximum(rib, (lower_edge - z) * 0.7)
    rib = np.maximum(rib, (z - np.float32(anatomy.apex_z + 4)) * 0.7)
    rib = np.maximum(rib, np.float32(14) - np.abs(x))
    cartilage = np.clip((around - rng.uniform(0.8, 0.88)) * 14, 0, 1)
    shell = tissue.cortex * (1 - cartilage) + tissue.cartilage * cartilage
    core = tissue.marrow * (1 - cartilage) + tissue.cartilage * cartilage
    canvas.paint(box, rib, shell * np.float32(0.85))
    canvas.paint(box, rib + np.float32(1.8), core)


def paint_front_and_shoulders(canvas: Canvas, trunk: Trunk) -> None:
    """Sternum, clavicles, scapulae, humeri."""
    anatomy, frame = trunk.anatomy, trunk.frame
    rng = anatomy.stream(7)
    low, high, half = anatomy.height(rng.uniform(0.24, 0.36)), anatomy.height(rng.uniform(0.82, 0.88)), rng.uniform(13, 19)
    box = canvas.box((-40, -anatomy.half_depth - 30, low - 5), (40, 40, high + 5))
    x, y, z = canvas.at(box)
    width = half * (0.75 + 0.7 * np.clip((z - low) / (high - low) - 0.55, 0, 1))
    plate = np.maximum(np.abs(trunk.cage[box] - 7) - np.float32(rng.uniform(4, 6)), np.abs(x) - width)
    plate = np.maximum(np.maximum(plate, low - z), np.maximum(z - high, y - 10))
    _bone(canvas, box, plate, anatomy, 2.0, soft=0.7)
    for arm in trunk.arms:
        side, shoulder = arm["side"], arm["shoulder"]
        front = frame.cage_centre(0.88) - frame.cage_depth(0.88) - 8
        bend = np.array([side * anatomy.half_width * 0.55, float(front) + 22, high + 14])
        ends = [np.array([side * (half + 6), float(front), high - 2]), bend, shoulder + [-side * 14, -6, 12]]
        for start, end in zip(ends, ends[1:]):
            spot = canvas.around([start, end], 12)
            _bone(canvas, spot, capsule(*canvas.at(spot), start, end, 7, 6), anatomy)
        head = canvas.around(shoulder, 34)
        ball = ellipsoid(*canvas.at(head), shoulder, (23, 22, 23))
        _bone(canvas, head, ball, anatomy, soft=0.6)
        canvas.label(head, ball, "Humerus_L" if side > 0 else "Humerus_R")
        for start, end, radius in ((shoulder, arm["elbow"], 10.5), (arm["elbow"], arm["wrist"], 8)):
            spot = canvas.around([start, end], 18)
            _bone(canvas, spot, capsule(*canvas.at(spot), start, end, radius, radius), anatomy, 3.5)
        level = rng.uniform(0.66, 0.76) + (0.06 if anatomy.arms_up else 0)
        centre = np.array([side * anatomy.half_width * rng.uniform(0.62, 0.82), anatomy.half_depth * 0.75, anatomy.height(level)])
        spot = canvas.around(centre, 75)
        x, y, z = canvas.at(spot)
        outline = ellipsoid(x, y * 0, z, (centre[0], 0, centre[2]), (rng.uniform(34, 46), 50, rng.uniform(52, 68)))
        blade = np.maximum(np.abs(trunk.cage[spot] - blade_depth(trunk, side, (x, y, z), trunk.cage[spot] - trunk.muscle[spot])) - np.float32(rng.uniform(2.2, 3.6)), outline)
        blade = np.maximum(np.maximum(blade, trunk.skin[spot] + 6), 10 - y)
        _bone(canvas, spot, blade, anatomy, 1.8, soft=0.7)
        neck = [centre + [side * 20, -8, 30], shoulder + [-side * 26, 4, 0]]
        spot = canvas.around(neck, 16)
        _bone(canvas, spot, capsule(*canvas.at(spot), *neck, 9, 12), anatomy, soft=0.6)
        spot = canvas.around(coracoid(trunk, arm), 12)
        _bone(canvas, spot, capsule(*canvas.at(spot), *coracoid(trunk, arm), 8, 5.5), anatomy, soft=0.6)


def paint_spine(canvas: Canvas, trunk: Trunk) -> None:
    """Vertebral bodies and discs, arches, processes, and the canal with fat, fluid and cord."""
    anatomy, frame, tissue = trunk.anatomy, trunk.frame, trunk.anatomy.tissues
    rng = anatomy.stream(8)
    low, high = -440.0, 400.0
    box = canvas.box((-66, -40, low), (66, 150, high))
    x, y, z = canvas.at(box)
    x = x - frame.spine_x(z)
    t = anatomy.level(z)
    scale = np.interp(t, [-1.5, 0, 0.8, 1.05, 1.3], [1.25, 1.1, 0.95, 0.8, 0.72]).astype(np.float32)
    pitch, offset = frame.vertebra_height, rng.uniform(0, frame.vertebra_height)
    level = _repeat(z, pitch, offset)
    disc = np.clip((np.abs(level) - np.float32(pitch * 0.36)) / 1.2, 0, 1)
    y_body, y_canal = y - frame.spine_y(t), y - frame.canal_y(z)

    waist = 1 - 0.1 * (1 - np.abs(level) / np.float32(pitch * 0.5))
    body = superellipse(x, y_body, frame.body_width * scale * waist, frame.body_depth * scale * waist, 2.4)
    canal = superellipse(x, y_canal, np.float32(frame.canal_width), np.float32(frame.canal_depth), 2.2)

    process_z = level + 0.5 * np.clip(y_canal - 8, 0, 40)
    spinous = np.maximum(np.abs(x) - np.float32(rng.uniform(3, 4.5)), np.abs(_wrap(process_z, pitch)) - pitch * 0.27)
    spinous = np.maximum(spinous, np.abs(y_canal - 24) - np.float32(rng.uniform(15, 20)))
    transverse = np.maximum(np.abs(level - 3) - 6, np.abs(y_canal - 2 - 0.25 * np.abs(x)) - 6)
    transverse = np.maximum(transverse, np.abs(x) - np.interp(t, [0, 0.9, 1.1], [34, 36, 24]).astype(np.float32))
    lamina = np.maximum(canal - np.float32(rng.uniform(5.5, 8)), np.abs(level - 1) - np.float32(pitch * 0.4))
    pedicle = np.maximum(np.abs(np.abs(x) - frame.canal_width - 3.5) - 4, np.abs(y_canal + 7) - 9)
    pedicle = np.maximum(pedicle, np.abs(level - 3) - 6)
    arch = np.minimum(np.minimum(lamina, pedicle), np.minimum(spinous, transverse))
    arch = np.maximum(arch, trunk.skin[box] + 5)
    facets = np.maximum(canal - 6, 1 - canal)
    canvas.paint(box, facets, tissue.muscle + 60)
    _bone(canvas, box, arch, anatomy, 2.6, soft=0.8)
    texture = np.float32(tissue.marrow) * (1 + 0.12 * SmoothField(rng, 14).on(canvas.grid, box))
    canvas.paint(box, body, tissue.cortex * 0.6 * (1 - disc) + 85 * disc)
    canvas.paint(box, body + 2, texture * (1 - disc) + 85 * disc)

    canvas.paint(box, canal, tissue.fat * rng.uniform(0.1, 0.8))
    canvas.paint(box, canal + np.float32(rng.uniform(0.8, 2.2)), tissue.fluid)
    cord = superellipse(x, y_canal, np.float32(frame.canal_width * CORD_SHARE), np.float32(frame.canal_depth * CORD_SHARE), 2.0)
    # The cord ends near the second vertebra below the rib cage; the roots go on, dimmer.
    end_z = anatomy.height(-0.3) - 4 + rng.normal(0, 3)
    canvas.paint(box, cord, np.where(z > end_z, tissue.cord, 0.5 * (tissue.cord + tissue.fluid)))
    cord = np.maximum(cord, end_z - z)
    canvas.label(box, cord, "SpinalCord")


def _wrap(distance, pitch_mm: float):
    return distance - np.round(distance / np.float32(pitch_mm)) * np.float32(pitch_mm)
