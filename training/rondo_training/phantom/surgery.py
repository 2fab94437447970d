"""What surgery leaves in and on a breast, and the targets of radiotherapy that follow from it.

The borders of the targets are the ESTRO consensus (Offersen 2015) as recalled: unconfirmed [U].
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from .anatomy import Anatomy
from .breasts import SKIN_TO_TARGET_MM, Breast, implant_cover, implant_floor, segment_distance, stream
from .canvas import Canvas
from .shapes import capsule, ellipsoid, smooth_intersection, smooth_union

METAL_HU, WIRE_HU = 9000.0, 20000.0
"""Titanium and steel exceed the range of a CT, copper and lead more so; what is left after partial volume is cut at 3071 HU."""

# The outer face of the ribs over the pleura: no target reaches deeper, whatever the muscles are.
RIBS_MM = 11.0

# A flap may be thinner than the 5 mm that the skin takes. The phantom then lets the target reach into pectoralis and ribs
# so far that this much remains, but not to the pleura: a convention of the phantom, not of the consensus.
LEAST_CHESTWALL_MM = 4.0
PLEURA_MM = 5.0

BOOST_MARGIN_MM = 10.0
"""From the tumour bed to the boost's target; clinics differ (5-15 mm), set by eye."""

Wall = Callable[[object, tuple], np.ndarray]
"""Trunk and box -> distance to the front of pectoralis, ribs and intercostals, negative behind it."""


def muscle_surface(trunk, box) -> np.ndarray:
    """The dorsal border while pectoralis has no surface of its own: the trunk's muscles, in no case behind the ribs' face."""
    return np.minimum(trunk.muscle[box], trunk.cage[box] - np.float32(RIBS_MM))


def _thin(canvas: Canvas, radius_mm: float) -> float:
    """Share of a voxel's area that a wire thinner than the voxel covers."""
    return float(min(1.0, (2 * radius_mm / float(canvas.edge_mm)) ** 2))


def paint_surgery(canvas: Canvas, trunk) -> None:
    """Bed, clips, scar, implant, wire and beads; after everything else of the trunk, ribs included."""
    rng = stream(trunk.anatomy, 3)
    for breast in trunk.breasts:
        operation = breast.operation
        if operation is None:
            continue
        if operation.implant:
            _paint_implant(canvas, trunk, breast, rng)
        if operation.removed:
            _paint_chest_scar(canvas, trunk, breast, rng)
        else:
            _paint_bed(canvas, trunk, breast, rng)
            _paint_clips(canvas, breast, rng)
    # Wires are laid before a first and before a second look at the breast alike.
    if trunk.breasts and rng.random() < 0.33:
        operated = [b for b in trunk.breasts if b.operation is not None]
        _paint_wire(canvas, trunk, operated[0] if operated else trunk.breasts[int(rng.integers(2))], rng)
    if trunk.breasts and rng.random() < 0.4:
        _paint_beads(canvas, trunk, rng)


def bed_distance(breast: Breast, chart, margin_mm: float = 0.0):
    """Signed distance to the ellipsoid of the cavity, grown by a margin."""
    operation = breast.operation
    centre = (*operation.centre, operation.depth * breast.thickness(*operation.centre))
    return ellipsoid(*chart, centre, np.array(operation.cavity) + margin_mm)


def scar_band(breast: Breast, trunk, box, chart, half_mm: float):
    """The scar through the breast, narrowing: from the skin to a seroma, or past the clips to the muscle."""
    u, v, d = chart
    u0, v0, u1, v1 = breast.operation.scar
    share = np.clip(d / max(breast.thickness(*breast.operation.centre), 1), 0, 1)
    # Down in the breast the plane of the scar is shorter than on the skin.
    middle_u, middle_v = (u0 + u1) / 2, (v0 + v1) / 2
    short = np.float32(0.4) + np.float32(0.6) * share
    along = segment_distance((u - middle_u) / short, (v - middle_v) / short, (u0 - middle_u, v0 - middle_v, u1 - middle_u, v1 - middle_v)) * short
    end = breast.operation.depth * breast.thickness(*breast.operation.centre) if breast.operation.kind == "seroma" else 0
    return np.maximum(np.maximum(along - np.float32(half_mm) * (0.6 + 0.4 * short), trunk.skin[box]), np.float32(end) - d)


def _paint_bed(canvas: Canvas, trunk, breast: Breast, rng: np.random.Generator) -> None:
    """A seroma with its rim, or a scar that runs to the chest wall."""
    operation, tissue = breast.operation, trunk.anatomy.tissues
    box = canvas.around(breast.point(*operation.centre, 0.5 * breast.thickness(*operation.centre)), max(operation.cavity) + 50)
    chart = breast.chart(canvas.at(box))
    keep = np.maximum(trunk.skin[box] + 1.5, RIBS_MM - trunk.cage[box])
    band, bed = scar_band(breast, trunk, box, chart, rng.uniform(2, 5)), bed_distance(breast, chart)
    fluid, rim, scar_hu = rng.uniform(5, 30), rng.uniform(1, 3), tissue.muscle - rng.uniform(0, 25)
    canvas.paint(box, np.maximum(band, keep), scar_hu, opacity=rng.uniform(0.3, 0.85))
    # Oedema: strands in the fat round the cavity.
    canvas.paint(box, np.maximum(bed_distance(breast, chart, 8), keep), scar_hu, opacity=rng.uniform(0.05, 0.25))
    inside = np.maximum(bed, keep + 1.5)
    if operation.kind == "seroma":
        canvas.paint(box, np.maximum(bed - np.float32(rim), keep), scar_hu)
        canvas.paint(box, inside, fluid)
    else:
        canvas.paint(box, np.maximum(inside, -bed_distance(breast, chart, -6)), scar_hu, opacity=rng.uniform(0.2, 0.6))
        canvas.paint(box, np.maximum(smooth_union(band, bed + 5, 8), keep), scar_hu, opacity=rng.uniform(0.3, 0.6))


def _paint_clips(canvas: Canvas, breast: Breast, rng: np.random.Generator) -> None:
    """Three to eight clips of 1.5 mm on the wall of the cavity, most of them at its back."""
    operation = breast.operation
    depth = operation.depth * breast.thickness(*operation.centre)
    for _ in range(int(rng.integers(3, 9))):
        way = rng.normal(0, 1, 3) - [0, 0, 0.5]
        spot = np.array([*operation.centre, depth]) + np.array(operation.cavity) * way / np.linalg.norm(way)
        start = breast.point(spot[0], spot[1], max(spot[2], 1.0))
        lean = rng.normal(0, 1, 3)
        end = start + rng.uniform(1, 4) * lean / np.linalg.norm(lean)
        box = canvas.around([start, end], 4)
        canvas.paint(box, capsule(*canvas.at(box), start, end, 0.75, 0.75), METAL_HU, opacity=_thin(canvas, 0.75))


def _paint_chest_scar(canvas: Canvas, trunk, breast: Breast, rng: np.random.Generator) -> None:
    """A line of scar through skin and flap."""
    box, (u, v, d) = breast.on(canvas)
    near = segment_distance(u, v, breast.operation.scar) - np.float32(rng.uniform(1.5, 4))
    inside = np.maximum(np.maximum(near, trunk.skin[box]), -np.minimum(d, trunk.muscle[box]))
    if breast.operation.implant:
        inside = np.maximum(inside, -trunk.skin[box] - np.float32(breast.operation.flap))
    canvas.paint(box, inside, trunk.anatomy.tissues.muscle - 10, opacity=rng.uniform(0.5, 0.9))


def implant_distance(breast: Breast, trunk, box, chart):
    """A smooth lens between the chest wall and what covers the implant."""
    u, v, d = chart
    front = trunk.skin[box] + np.float32(implant_cover(breast.operation))
    lens = smooth_intersection(front, np.float32(implant_floor(breast.operation)) - d, 9)
    lens = smooth_intersection(lens, breast.footprint(u, v), 6)
    return np.maximum(lens, RIBS_MM - trunk.cage[box])


def _paint_implant(canvas: Canvas, trunk, breast: Breast, rng: np.random.Generator) -> None:
    """Silicone or saline in a thin bright shell, the port of an expander, the pectoralis over a subpectoral implant."""
    operation, tissue = breast.operation, trunk.anatomy.tissues
    box, chart = breast.on(canvas)
    lens = implant_distance(breast, trunk, box, chart)
    filling = rng.uniform(30, 90) if operation.implant == "silicone" else rng.uniform(0, 15)
    if operation.subpectoral:
        # The lower pole is not covered: the muscle's lower origin is cut.
        cover = np.maximum(lens - 4, trunk.skin[box] + 3)
        cover = np.maximum(cover, np.maximum(-chart[2] - 3, -0.4 * breast.base.down - chart[1]))
        canvas.paint(box, cover, tissue.muscle)
    canvas.paint(box, lens, rng.uniform(130, 220))
    canvas.paint(box, lens + np.float32(rng.uniform(0.8, 1.4)), filling)
    if operation.implant == "expander":
        depth = breast.thickness(0, 12) - implant_cover(operation) - 7
        centre = breast.point(0, 12, max(depth, 6))
        spot = canvas.around(centre, 24)
        x, y, z = canvas.at(spot)
        out = breast.point(0, 12, depth + 10) - centre
        out /= np.linalg.norm(out)
        along = (x - centre[0]) * out[0] + (y - centre[1]) * out[1] + (z - centre[2]) * out[2]
        across = np.sqrt(np.maximum((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2 - along**2, 0))
        port = np.maximum(np.abs(along) - 3, across - 13)
        canvas.paint(spot, np.maximum(port, trunk.skin[spot] + 4), METAL_HU * 0.3)
        canvas.paint(spot, np.maximum(np.abs(along) - 1.5, across - 10), METAL_HU)


def _paint_wire(canvas: Canvas, trunk, breast: Breast, rng: np.random.Generator) -> None:
    """A thin wire on the skin, along the scar or round the breast."""
    box, (u, v, d) = breast.on(canvas)
    if breast.operation is not None and rng.random() < 0.6:
        line = segment_distance(u, v, breast.operation.scar)
    else:
        line = np.abs(breast.footprint(u, v) - np.float32(rng.uniform(-6, 2)))
    wire = np.hypot(line, trunk.skin[box] - 0.8) - np.float32(0.5)
    # The chart goes through the arms; a wire lies on the breast.
    own = d - 50 if breast.removed and not breast.has_mound else breast.surface(canvas.at(box), (u, v, d)) - 12
    wire = np.maximum(np.maximum(wire, own), breast.footprint(u, v) - 12)
    canvas.paint(box, wire, WIRE_HU, opacity=_thin(canvas, 0.5))


def _paint_beads(canvas: Canvas, trunk, rng: np.random.Generator) -> None:
    """Markers of 2-3 mm on the skin: at the nipples, the scar's ends or the border."""
    for breast in trunk.breasts:
        b = breast.base
        places = [(-0.92 * b.medial, 0.0), (0.9 * b.lateral, 0.0), (0.0, -0.95 * b.down), (0.0, 0.93 * b.up)]
        if breast.operation is not None:
            places += [breast.operation.scar[:2], breast.operation.scar[2:]]
        for i in rng.permutation(len(places))[: int(rng.integers(0, 4))]:
            radius = rng.uniform(1, 1.5)
            u0, v0 = places[i]
            spot = canvas.around(breast.point(u0, v0, breast.thickness(u0, v0)), 20)
            u, v, _ = breast.chart(canvas.at(spot))
            bead = np.sqrt((u - u0) ** 2 + (v - v0) ** 2 + (trunk.skin[spot] - radius) ** 2) - np.float32(radius)
            canvas.paint(spot, bead, METAL_HU * 0.7, opacity=_thin(canvas, radius))


def sternum(anatomy: Anatomy) -> tuple[float, float]:
    """Height of the upper end and half width of the sternum: the draws of `skeleton.paint_front_and_shoulders`, mm."""
    rng = anatomy.stream(7)
    rng.uniform(0.24, 0.36)
    return anatomy.height(rng.uniform(0.82, 0.88)), rng.uniform(13, 19)


def under_skin(trunk, box):
    """Ventral border: 5 mm under the skin (Offersen 2015 [U])."""
    return trunk.skin_distance(box) + np.float32(SKIN_TO_TARGET_MM)


def below_sternoclavicular_joint(z, anatomy: Anatomy):
    """Cranial border: at most the caudal edge of the sternoclavicular joint (Offersen 2015 [U]); the clavicle's end has a radius of 7 mm."""
    return z - np.float32(sternum(anatomy)[0] - 2 - 7)


def lateral_to_sternum(x, breast: Breast):
    """Medial border: at most the sternal edge (Offersen 2015 [U])."""
    return np.float32(sternum(breast.anatomy)[1] * 0.75) - breast.side * x


def lateral_to_perforators(x, breast: Breast):
    """Medial border of the target: lateral to the medial perforating vessels (Offersen 2015 [U]), which leave the chest beside the sternum."""
    return lateral_to_sternum(x, breast) + 4


def before_mid_axillary_line(y, z, breast: Breast):
    """Lateral border of a chest wall: anterior to the mid-axillary line (Offersen 2015 [U])."""
    return y - breast.frame.trunk_centre(breast.anatomy.level(z))


def within_base(breast: Breast, chart):
    """Cranial, caudal and lateral border of what is breast: palpable upper edge, fold, lateral fold (Offersen 2015 [U])."""
    return breast.footprint(*breast.lost_place(*chart[:2]), breast.lost)


def within_mound(breast: Breast, coordinates, chart):
    """Not beyond the breast's own surface: an arm that lies against it has skin and fat of its own."""
    return breast.surface(coordinates, chart) - 6


def within_flap(breast: Breast, coordinates, chart):
    """As `within_mound`, for what a mastectomy left, with the fat that returns at its edge, and for an implant under it."""
    flap = chart[2] - np.float32(breast.operation.flap + 10)
    return np.minimum(flap, within_mound(breast, coordinates, chart)) if breast.has_mound else flap


def largest(distance):
    """The shape without what borders cut off from it, such as fat between arm and chest."""
    parts, count = ndimage.label(distance < 0)
    if count < 2:
        return distance
    keep = 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    return np.where((parts == 0) | (parts == keep), distance, np.float32(1))


def breast_distance(trunk, breast: Breast, box, coordinates, chart, wall: Wall):
    """The breast as an organ: its fat and gland from 5 mm under the skin to the muscle, sternal edge to lateral fold."""
    front = np.maximum(under_skin(trunk, box), within_mound(breast, coordinates, chart))
    # The rounding takes off the sliver between breast and arm.
    whole = smooth_intersection(front, -wall(trunk, box), 6)
    return largest(np.maximum(whole, np.maximum(within_base(breast, chart), lateral_to_sternum(coordinates[0], breast))))


def breast_target(whole, breast: Breast, coordinates):
    """CTVp_Breast: the breast, whose distance is `whole`, within the borders of the consensus."""
    return np.maximum(whole, np.maximum(below_sternoclavicular_joint(coordinates[2], breast.anatomy), lateral_to_perforators(coordinates[0], breast)))


def chestwall_target(trunk, breast: Breast, box, coordinates, chart, wall: Wall):
    """CTVp_Chestwall: the base of the contralateral breast between skin and pectoralis; an implant is left out."""
    x, y, z = coordinates
    front = under_skin(trunk, box)
    behind = np.minimum(-wall(trunk, box), -front - np.float32(LEAST_CHESTWALL_MM))
    target = np.maximum(np.maximum(front, behind), PLEURA_MM - trunk.cage[box])
    target = np.maximum(target, within_flap(breast, coordinates, chart))
    target = np.maximum(target, np.maximum(within_base(breast, chart), before_mid_axillary_line(y, z, breast)))
    target = np.maximum(target, np.maximum(below_sternoclavicular_joint(z, breast.anatomy), lateral_to_perforators(x, breast)))
    # Reconstructed sides: what lies before the implant (ESTRO-ACROP, Kaidar-Person 2019, recalled [U]).
    return np.maximum(target, -implant_distance(breast, trunk, box, chart)) if breast.operation.implant else target


def tumour_bed(trunk, breast: Breast, box, chart):
    """Seroma or the ellipsoid round the clips, with the scar that leads to it."""
    bed = bed_distance(breast, chart, 2)
    scar = np.maximum(scar_band(breast, trunk, box, chart, 4), bed_distance(breast, chart, 14))
    return np.maximum(smooth_union(bed, scar, 6), under_skin(trunk, box))


def boost_target(trunk, breast: Breast, box, chart, target):
    """CTVp_Boost: an ellipsoid round the clips with a margin, within the target of the breast."""
    return np.maximum(bed_distance(breast, chart, BOOST_MARGIN_MM), target)


def clinical_targets(canvas: Canvas, trunk, wall: Wall = muscle_surface) -> None:
    """Mark Breast, CTVp_Breast, CTVp_Chestwall, CTVp_Tumorbed, CTVp_Boost and Implant of every side that has them.

    Every breast that is there has a CTVp_Breast: which side is treated is for whoever uses the marks to say.
    """
    for breast in trunk.breasts:
        (box, chart), letter = breast.on(canvas), breast.letter
        coordinates = canvas.at(box)
        if breast.removed:
            canvas.mark(box, chestwall_target(trunk, breast, box, coordinates, chart, wall), f"CTVp_Chestwall_{letter}")
            if breast.operation.implant:
                canvas.mark(box, implant_distance(breast, trunk, box, chart), f"Implant_{letter}")
            continue
        whole = breast_distance(trunk, breast, box, coordinates, chart, wall)
        target = breast_target(whole, breast, coordinates)
        canvas.mark(box, whole, f"Breast_{letter}")
        canvas.mark(box, target, f"CTVp_Breast_{letter}")
        if breast.operation is not None:
            bed = np.maximum(tumour_bed(trunk, breast, box, chart), -wall(trunk, box))
            canvas.mark(box, bed, f"CTVp_Tumorbed_{letter}")
            canvas.mark(box, boost_target(trunk, breast, box, chart, target), f"CTVp_Boost_{letter}")
