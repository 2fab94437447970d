"""The breasts of a supine woman: how they lie on the chest wall, skin, gland, and what an operation made of their shape.

Everything about a breast is told in its own chart: `u` mm lateral and `v` mm cranial of the nipple along the chest wall,
`d` mm outward from the muscles. Gravity is a shear of that chart, so that a heavy breast hangs over its fold.
Shares and sizes are set by eye; the base, the height and the volume by the clinical contour of dicompyler-core's
example_data (400 cm3, 20-150 mm from the midline, 138 mm tall, levels 0.09-0.67 of the lung, dorsally to mid-depth).
"""

from dataclasses import dataclass

import numpy as np

from .anatomy import Anatomy, Frame
from .canvas import Canvas
from .grid import SmoothField
from .shapes import capsule, ellipsoid, smooth_intersection, smooth_union, superellipse

STREAM = 32
TRUNK_POWER = 2.3
# In the obese the fat of the chest alone may have the volume of a breast; a breast is still seen on it.
LEAST_MOUND_MM, MOST_MOUND_MM = 18.0, 110.0
MOUND_OVER_FAT = 0.3
LATTICE_MM = 6.0
SKIN_TO_TARGET_MM = 5.0
"""Breast contours stay 5 mm under the skin (Offersen 2015, recalled and unconfirmed [U])."""


def stream(anatomy: Anatomy, purpose: int) -> np.random.Generator:
    """Random numbers of one purpose: 1 shape, 2 gland, 3 surgery."""
    return np.random.default_rng([anatomy.seed, STREAM, purpose])


@dataclass(frozen=True)
class Operation:
    """Surgery of one breast. `kind`: seroma and scar follow breast-conserving surgery; mastectomy may carry an implant."""

    kind: str
    centre: tuple[float, float]
    """u, v of the tumour bed, or of the middle of a mastectomy scar, mm."""
    cavity: tuple[float, float, float]
    """Half axes of the cavity along u, v, d, mm."""
    depth: float
    """Place of the bed between muscle (0) and skin (1)."""
    scar: tuple[float, float, float, float]
    """u, v of both ends of the skin scar, mm."""
    dent: float
    implant: str = ""
    """"silicone", "saline", "expander" or none."""
    subpectoral: bool = False
    flap: float = 0.0
    """Skin and fat that a mastectomy leaves over the muscle, mm."""

    @property
    def removed(self) -> bool:
        return self.kind == "mastectomy"


@dataclass
class Base:
    """Where a breast sits: the nipple's angle round the trunk and height, and the reach of the base from there, mm."""

    angle: float
    z: float
    medial: float
    lateral: float
    up: float
    down: float


def fat_layer(anatomy: Anatomy, y, t):
    """Subcutaneous fat under the breast: the layer of `Trunk` without its roughness, mm."""
    ventral = np.clip(-y / np.float32(anatomy.half_depth), -0.4, 1)
    fat = anatomy.fat * (0.75 + 0.35 * ventral * np.clip(0.6 - t, 0, 1.2)) * np.clip(1.5 - 0.75 * t, 0.35, 1.25)
    return np.maximum(fat, 2.5)


def segment_distance(u, v, ends):
    """Distance in the chart from a straight line between two places, mm."""
    u0, v0, u1, v1 = (np.float32(e) for e in ends)
    length2 = max(float((u1 - u0) ** 2 + (v1 - v0) ** 2), 1e-6)
    along = np.clip(((u - u0) * (u1 - u0) + (v - v0) * (v1 - v0)) / np.float32(length2), 0, 1)
    return np.hypot(u - u0 - along * (u1 - u0), v - v0 - along * (v1 - v0))


class Breast:
    """One side: an intact, an operated or a removed breast."""

    def __init__(self, anatomy: Anatomy, frame: Frame, side: int, base: Base, droop: float, spread: float, operation: Operation | None):
        self.anatomy, self.frame, self.side, self.base = anatomy, frame, side, base
        self.lost = base
        """The base of the breast that was; differs from `base` under an implant."""
        self._placed = None
        self.droop, self.spread, self.operation = droop, spread, operation
        t = float(anatomy.level(base.z))
        self.arc = float(frame.trunk_width(t) + frame.trunk_depth(t)) / 2
        """Millimetres along the chest wall per radian."""
        self.top = 40.0
        """Height of the mound over its fat, mm; set by `fill`."""
        self.roundness = 1.0
        self.nipple = 5.0
        self.areola = 18.0
        self.skin_mm = 2.0
        self.grade = 0.5
        """Density of the gland, 0 (ACR A) to 1 (ACR D)."""
        self.blend = 12.0

    @property
    def removed(self) -> bool:
        return self.operation is not None and self.operation.removed

    @property
    def has_mound(self) -> bool:
        return not self.removed or bool(self.operation.implant)

    @property
    def letter(self) -> str:
        return "L" if self.side > 0 else "R"

    def chart(self, coordinates):
        """u, v and d of body coordinates."""
        x, y, z = coordinates
        t = self.anatomy.level(z)
        width, depth = self.frame.trunk_width(t), self.frame.trunk_depth(t)
        back = y - self.frame.trunk_centre(t)
        d = superellipse(x, back, width, depth, TRUNK_POWER)
        angle = np.arctan2(self.side * x / width, -back / depth)
        pull = np.clip(d, 0, 150)
        u = (angle - np.float32(self.base.angle)) * np.float32(self.arc) - np.float32(self.spread) * pull
        return u, z - np.float32(self.base.z) + np.float32(self.droop) * pull, d

    def on(self, canvas: Canvas):
        """The box of the breast on a canvas and its chart there; kept, because every step asks for it."""
        if self._placed is None or self._placed[0] is not canvas:
            box = canvas.box(*self.reach())
            self._placed = (canvas, box, self.chart(canvas.at(box)))
        return self._placed[1:]

    def radius(self, u, v, base: Base | None = None):
        """0 at the nipple, 1 at the edge of a base; with the half axes that hold there."""
        b = base or self.base
        a_u, a_v = np.where(u > 0, np.float32(b.lateral), np.float32(b.medial)), np.where(v > 0, np.float32(b.up), np.float32(b.down))
        return np.sqrt((u / a_u) ** 2 + (v / a_v) ** 2 + 1e-6), a_u, a_v

    def footprint(self, u, v, base: Base | None = None):
        """Distance from the edge of a base along the chest wall, negative inside, mm."""
        r = self.radius(u, v, base)[0]
        return (r - 1) * np.sqrt(u * u + v * v + 1) / np.maximum(r, np.float32(0.05))

    def lost_place(self, u, v):
        """The same place counted from the nipple that was."""
        return u + np.float32((self.base.angle - self.lost.angle) * self.arc), v + np.float32(self.base.z - self.lost.z)

    def fat_under(self, y, t):
        return np.float32(self.operation.flap) if self.removed else fat_layer(self.anatomy, y, t)

    def mound(self, u, v):
        """Height over the fat layer and its slopes along u and v; negative outside the base."""
        r, a_u, a_v = self.radius(u, v)
        # The upper inner breast runs out flat; below and laterally it ends in a fold.
        power = np.float32(self.roundness) + (0.3 * v / a_v - 0.15 * u / a_u) / np.maximum(r, 1)
        inner = np.maximum(1 - r * r, np.float32(1e-4))
        height = np.where(r < 1, inner**power, np.float32(0.8) * (1 - r * r))
        slope = np.where(r < 1, power * inner ** (power - 1), np.float32(0.8)) * np.float32(-2 * self.top)
        height = height * np.float32(self.top)
        if self.operation is not None:
            near = segment_distance(u, v, self.operation.scar) / np.float32(14)
            height = height - np.float32(self.operation.dent) * np.exp(-near * near)
        return height, slope * u / a_u**2, slope * v / a_v**2

    def surface(self, coordinates, chart):
        """Signed distance to the breast's skin, the nipple left aside."""
        u, v, d = chart
        height, along_u, along_v = self.mound(u, v)
        gap = d - self.fat_under(coordinates[1], self.anatomy.level(coordinates[2])) - height
        outward = 1 + np.float32(self.spread) * along_u - np.float32(self.droop) * along_v
        return gap / np.maximum(np.sqrt(outward**2 + along_u**2 + along_v**2), np.float32(0.7))

    def thickness(self, u: float, v: float) -> float:
        """From muscle to skin over a place of the chart, mm."""
        height = float(self.mound(np.float32(u), np.float32(v))[0])
        _, y, z = self.point(u, v, 10.0 + height)
        return max(float(self.fat_under(np.float32(y), np.float32(self.anatomy.level(z)))) + height, 3.0)

    def point(self, u: float, v: float, d: float) -> np.ndarray:
        """Body coordinates of a place of the chart, mm."""
        z = self.base.z + v - self.droop * d
        t = self.anatomy.level(z)
        angle = self.base.angle + (u + self.spread * d) / self.arc
        sine, cosine = np.sin(angle), np.cos(angle)
        wall = (abs(sine) ** TRUNK_POWER + abs(cosine) ** TRUNK_POWER) ** (-1 / TRUNK_POWER)
        foot = wall * np.array([float(self.frame.trunk_width(t)) * sine, -float(self.frame.trunk_depth(t)) * cosine])
        out = foot * (1 + d / np.linalg.norm(foot))
        return np.array([self.side * out[0], out[1] + float(self.frame.trunk_centre(t)), z])

    def shape(self, canvas: Canvas):
        """Signed distance to the breast with its nipple, on the box of the breast."""
        box, chart = self.on(canvas)
        coordinates = canvas.at(box)
        mound = self.surface(coordinates, chart)
        if self.removed:
            return mound
        tip = self.point(0, 0, self.thickness(0, 0) + 1)
        return smooth_union(mound, ellipsoid(*coordinates, tip, (5.5, self.nipple, 5.5)), 4)

    def reach(self):
        """Corners of the body box that holds the breast, mm."""
        b, t = self.base, self.anatomy.level(self.base.z)
        out = self.top + self.anatomy.fat * 1.3 + 12
        side = float(self.frame.trunk_width(t)) + out
        bottom = min(b.z - b.down, self.lost.z - self.lost.down) - max(self.droop, 0) * out - 15
        top = max(b.z + b.up, self.lost.z + self.lost.up) - min(self.droop, 0) * out + 20
        low = [-25 if self.side > 0 else -side, -float(self.frame.trunk_depth(t)) - out, bottom]
        return low, [side if self.side > 0 else 25, float(self.frame.trunk_centre(t)) + 45, top]

    def _lattice(self, floor_mm: float):
        """Coordinates and chart of the points over `floor_mm` within the base, every 6 mm."""
        axes = [np.arange(low, high, LATTICE_MM, dtype=np.float32) for low, high in zip(*self.reach())]
        z, y, x = np.meshgrid(*axes[::-1], indexing="ij")
        u, v, d = self.chart((x, y, z))
        inside = (d > floor_mm) & (self.radius(u, v)[0] < 1)
        return (x[inside], y[inside], z[inside]), (u[inside], v[inside], d[inside])

    def _volume_on(self, lattice, cover_mm: float) -> float:
        return float(np.clip(0.5 - (self.surface(*lattice) + cover_mm) / LATTICE_MM, 0, 1).sum()) * LATTICE_MM**3 / 1000

    def volume(self, floor_mm: float = 0.0, cover_mm: float = SKIN_TO_TARGET_MM) -> float:
        """What lies over `floor_mm` and `cover_mm` under the breast's own skin, cm3; by default the breast that is contoured."""
        return self._volume_on(self._lattice(floor_mm), cover_mm)

    def fill(self, volume_cm3: float, floor_mm: float = 0.0, cover_mm: float = SKIN_TO_TARGET_MM) -> None:
        """Choose the height that gives `volume`, as far as a mound may be low or high."""
        low, high = LEAST_MOUND_MM + MOUND_OVER_FAT * self.anatomy.fat, MOST_MOUND_MM
        self.top = high
        lattice = self._lattice(floor_mm)
        for _ in range(9):
            self.top = (low + high) / 2
            low, high = (self.top, high) if self._volume_on(lattice, cover_mm) < volume_cm3 else (low, self.top)


def _draw_base(anatomy: Anatomy, frame: Frame, volume_cm3: float, rng: np.random.Generator) -> Base:
    """The base grows slowly with the volume: from the sternal edge to the mid-axillary line, about ribs 2-6."""
    grow = float(np.clip((volume_cm3 / 400) ** 0.23, 0.8, 1.46))
    tall = 138 * grow * rng.uniform(0.94, 1.08) * float(np.clip((anatomy.apex_z + anatomy.recess) / 220, 0.85, 1.15))
    z = anatomy.height(rng.uniform(0.31, 0.4)) + (6 if anatomy.arms_up else 0)
    # No breast reaches the sternoclavicular joint.
    up = min(tall * rng.uniform(0.48, 0.56), anatomy.height(0.8) - z)
    t = float(anatomy.level(z))
    arc = float(frame.trunk_width(t) + frame.trunk_depth(t)) / 2
    inner = np.arcsin(rng.uniform(10, 17) / float(frame.trunk_width(t)))
    outer = np.radians(np.clip(rng.uniform(81, 90) * grow, 74, 99))
    angle = inner + (outer - inner) * rng.uniform(0.5, 0.62)
    return Base(angle, z, (angle - inner) * arc, (outer - angle) * arc, up, tall - up)


def _draw_conserving(kind: str, breast: Breast, rng: np.random.Generator) -> Operation:
    """A bed most often in the upper outer quadrant, a scar over it."""
    outer, upper = (1 if rng.random() < 0.68 else -1), (1 if rng.random() < 0.68 else -1)
    reach, turn = rng.uniform(0.25, 0.6), rng.uniform(0.25, 1.3)
    u = outer * reach * np.cos(turn) * (breast.base.lateral if outer > 0 else breast.base.medial)
    v = upper * reach * np.sin(turn) * (breast.base.up if upper > 0 else breast.base.down)
    room = breast.thickness(u, v)
    half = float(np.exp(rng.uniform(np.log(6), np.log(28))))
    across = float(np.clip(half * rng.uniform(0.6, 0.9), 4, max(0.5 * room - 5, 4)))
    cavity = (half, half * rng.uniform(0.65, 1.0), across)
    turn, length = rng.uniform(-0.9, 0.9), rng.uniform(15, 35)
    du, dv = length * np.cos(turn), length * np.sin(turn)
    dent = rng.uniform(0, 3) if kind == "seroma" else rng.uniform(2, min(9.0, 0.2 * room + 2))
    depth = float(np.clip(rng.uniform(0.35, 0.6), (across + 3) / room, max(1 - (across + 7) / room, 0.3)))
    return Operation(kind, (u, v), cavity, depth, (u - du, v - dv, u + du, v + dv), dent)


def _draw_mastectomy(breast: Breast, rng: np.random.Generator) -> Operation:
    """Flat, or over an implant; the scar runs obliquely to the axilla."""
    implant = str(rng.choice(["", "silicone", "saline", "expander"], p=[0.72, 0.16, 0.04, 0.08]))
    v, rise = rng.uniform(-15, 15), rng.uniform(0, 30)
    ends = (-breast.base.medial * rng.uniform(0.4, 0.8), v - rise / 2, breast.base.lateral * rng.uniform(0.5, 0.9), v + rise)
    flap = rng.uniform(3, 12) + 2
    return Operation("mastectomy", (0.0, v), (0, 0, 0), 0.5, ends, rng.uniform(0, 1.5), implant, bool(rng.random() < 0.6), flap)


def draw_breasts(anatomy: Anatomy, frame: Frame) -> list[Breast]:
    """Both sides of a woman, at most one of them operated; none of a man."""
    if not anatomy.female:
        return []
    rng = stream(anatomy, 1)
    # Clinics: median about 600 cm3, 150-2000; larger in larger women.
    usual = np.log(600) + 0.65 * np.log(anatomy.fat / 13) + rng.normal(0, 0.36)
    volume_cm3 = float(np.clip(np.exp(usual), 150, 2000))
    base = _draw_base(anatomy, frame, volume_cm3, rng)
    # A breast board of 0-15 degrees lets them slide towards the feet; lying flat, towards the head and always outward.
    weight = float(np.clip((volume_cm3 / 600) ** 0.5, 0.5, 1.6))
    board, laxity = np.radians(rng.uniform(-3, 15)), rng.uniform(0.4, 1.0)
    droop, spread = weight * laxity * 1.6 * np.sin(board), weight * laxity * rng.uniform(0.1, 0.3)
    kind = str(rng.choice(["none", "seroma", "scar", "mastectomy"], p=[0.1, 0.3, 0.27, 0.33]))
    operated = 0 if kind == "none" else int(rng.choice([1, -1]))
    grade = (rng.choice(4, p=[0.1, 0.4, 0.4, 0.1]) + rng.random()) / 4
    looks = {"nipple": rng.uniform(3.5, 7), "areola": rng.uniform(14, 26), "skin_mm": rng.uniform(1.5, 3), "grade": grade}
    looks["blend"] = rng.uniform(9, 15)
    pattern = Breast(anatomy, frame, 1, base, droop, spread, None)
    pattern.fill(volume_cm3)
    breasts = []
    for side in (1, -1):
        own = Base(base.angle + rng.normal(0, 0.025), base.z + rng.normal(0, 3), *(
            reach * rng.uniform(0.97, 1.03) for reach in (base.medial, base.lateral, base.up, base.down)))
        breast = Breast(anatomy, frame, side, own, droop, spread, None)
        for name, value in looks.items():
            setattr(breast, name, value)
        # Sides differ by a tenth; conserving surgery takes up to a fifth away.
        share = np.exp(rng.normal(0, 0.09)) * (rng.uniform(0.8, 0.98) if side == operated else 1)
        breast.top = pattern.top * float(share)
        if side == operated:
            mastectomy = kind == "mastectomy"
            breast.operation = _draw_mastectomy(breast, rng) if mastectomy else _draw_conserving(kind, breast, rng)
            if breast.removed and breast.has_mound:
                _reconstruct(breast, volume_cm3, rng)
        breasts.append(breast)
    return breasts


def _reconstruct(breast: Breast, other_cm3: float, rng: np.random.Generator) -> None:
    """An implant of 200-500 cm3, chosen by the other side, is round, does not hang and ends abruptly."""
    volume_cm3 = float(np.clip(other_cm3 * rng.uniform(0.6, 1.1), 210, 460))
    half = float(np.cbrt(volume_cm3 / 300)) * rng.uniform(58, 66)
    breast.base = Base(min(breast.base.angle, 0.7), breast.base.z - 4, half, half, half, half)
    breast.droop, breast.spread, breast.roundness, breast.blend = 0.05, 0.03, 0.75, 5.0
    breast.fill(volume_cm3, implant_floor(breast.operation), implant_cover(breast.operation))


def implant_floor(operation: Operation) -> float:
    """The back of an implant over the surface of the muscles: behind the pectoralis or on it, mm."""
    return -3.0 if operation.subpectoral else 1.0


def implant_cover(operation: Operation) -> float:
    """Skin, fat and, over a subpectoral implant, the stretched muscle, mm."""
    return operation.flap + (5.0 if operation.subpectoral else 0.0)


def add_breasts(canvas: Canvas, breasts: list[Breast], skin, muscle) -> None:
    """Change the skin of a trunk, in place, on the whole canvas: breasts are added, or taken away down to the flap."""
    for breast in breasts:
        box, _ = breast.on(canvas)
        if breast.removed:
            _flatten(canvas, breast, skin, muscle)
        if breast.has_mound:
            skin[box] = smooth_union(skin[box], breast.shape(canvas), np.float32(breast.blend))


def _flatten(canvas: Canvas, breast: Breast, skin, muscle) -> None:
    """Within the base only the flap stays over the muscle; beyond it the fat of the trunk returns gradually."""
    box, (u, v, _) = breast.on(canvas)
    r = breast.radius(*breast.lost_place(u, v), breast.lost)[0]
    allowed = breast.operation.flap + 60 * np.maximum(r - 0.85, 0) + 400 * np.maximum(r - 1.2, 0) ** 2
    near = segment_distance(u, v, breast.operation.scar) / np.float32(10)
    allowed = allowed - np.float32(breast.operation.dent) * np.exp(-near * near)
    skin[box] = smooth_intersection(skin[box], muscle[box] - allowed.astype(np.float32), 10)


def paint_breasts(canvas: Canvas, trunk) -> None:
    """Skin, fat with its septa, gland and ducts, areola; after the trunk is painted, before muscles and surgery."""
    rng = stream(trunk.anatomy, 2)
    fields = {scale: SmoothField(rng, scale) for scale in (9, 20, 42)}
    for breast in trunk.breasts:
        own = np.random.default_rng(rng.integers(2**32))
        if not breast.removed:
            _paint_breast(canvas, trunk, breast, fields, own)


def _paint_breast(canvas: Canvas, trunk, breast: Breast, fields, rng: np.random.Generator) -> None:
    tissue = trunk.anatomy.tissues
    box, (u, v, d) = breast.on(canvas)
    skin, wall = trunk.skin[box], -trunk.muscle[box]
    base, r = breast.footprint(u, v), breast.radius(u, v)[0]
    fine, middle, coarse = (fields[scale].on(canvas.grid, box) for scale in (9, 20, 42))
    near_nipple = np.hypot(u, v)
    thick = np.float32(breast.skin_mm) + np.float32(2) * (near_nipple < breast.areola)
    canvas.paint(box, np.maximum(np.maximum(skin, base), wall), tissue.skin)
    # Septa: the zero sets of a field are thin sheets, as Cooper's ligaments are.
    septa = np.clip(1 - np.abs(middle) * 9, 0, 1) * 40
    canvas.paint(box, np.maximum(np.maximum(skin + thick, base), wall), tissue.fat + septa)
    # The gland is a cone: its tip is the nipple, its foot lies over the retromammary fat.
    depth = np.clip(-skin, 0, None) / np.maximum(np.clip(-skin, 0, None) + np.clip(d, 0, None), 1)
    foot = np.float32(0.42 + 0.4 * breast.grade)
    cone = (r - 0.1 - foot * np.sqrt(depth)) * np.float32(60) - 9 * coarse - 5 * middle
    retromammary = np.float32(4 + 5 * (1 - breast.grade)) - d
    gland = np.maximum(np.maximum(cone, retromammary), np.maximum(wall + 2, skin + thick + 1))
    ridges = 1 - np.minimum(np.abs(fine), np.abs(middle)) * 2.2
    lean = 0.25 * np.clip(u / breast.base.lateral + v / breast.base.up, -1, 1) - 0.5 * r
    amount = np.clip(1.3 * (ridges * 0.8 + 0.5 * coarse + lean + np.float32(2.6 * breast.grade - 1.25)), 0, 1)
    canvas.paint(box, gland, tissue.gland, opacity=amount)
    _paint_ducts(canvas, trunk, breast, rng)


def _paint_ducts(canvas: Canvas, trunk, breast: Breast, rng: np.random.Generator) -> None:
    """Lobes that branch from the nipple backwards; thin threads in a fatty breast, thick cords in a dense one."""
    tissue, b = trunk.anatomy.tissues, breast.base
    top = breast.thickness(0, 0)
    start = breast.point(0, 0, top - 4)
    for _ in range(int(rng.integers(7, 12))):
        turn, out = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.5)
        radius = rng.uniform(0.8, 1.6) + 2.2 * breast.grade * rng.random()
        u = out * np.cos(turn) * (b.lateral if np.cos(turn) > 0 else b.medial)
        v = out * np.sin(turn) * (b.up if np.sin(turn) > 0 else b.down)
        way = [(0.5 * u, 0.5 * v, 0.62), (u + rng.normal(0, 9), v + rng.normal(0, 9), 0.36), (u * 1.3, v * 1.3 + rng.normal(0, 16), 0.4)]
        places = [breast.point(*place[:2], place[2] * breast.thickness(*place[:2])) for place in way]
        for first, last, r0, r1 in ((start, places[0], 1.0, 1.0), (places[0], places[1], 1.0, 1.3), (places[0], places[2], 0.8, 0.5)):
            spot = canvas.around([first, last], radius * 2)
            rod = np.maximum(capsule(*canvas.at(spot), first, last, radius * r0, radius * r1), trunk.skin[spot] + 2)
            rod = np.maximum(rod, 3 - trunk.muscle[spot])
            share = min(1.0, (2 * radius / float(canvas.edge_mm)) ** 1.2)
            canvas.paint(spot, rod, tissue.gland, opacity=0.75 * share)
