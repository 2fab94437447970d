"""One woman's (sometimes one man's) proportions, drawn from a seed.

Body coordinates: millimetres, x to the left, y to posterior, z to superior; the origin lies in the midline, in the
mid-depth of the chest, at the height of the right dome of the diaphragm. Proportions are set by eye on public chest CT.
"""

from dataclasses import dataclass

import numpy as np

from .shapes import Profile


@dataclass(frozen=True)
class Tissues:
    """Mean HU of the tissues of one patient in one scan."""

    fat: float
    muscle: float
    skin: float
    gland: float
    lung: float
    air: float
    venous: float
    arterial: float
    myocardium: float
    liver: float
    spleen: float
    kidney: float
    bowel: float
    marrow: float
    cortex: float
    cartilage: float
    cord: float
    fluid: float


@dataclass(frozen=True)
class Anatomy:
    """Everything that the parts of the phantom must agree on."""

    seed: int
    female: bool
    half_width: float
    half_depth: float
    apex_z: float
    recess: float
    fat: float
    muscle: float
    lean_mm: float
    """By how much the muscles over the front and the sides of the ribs are thinner than in most."""
    kyphosis: float
    arms_up: bool
    tissues: Tissues
    contrast: bool

    def stream(self, part: int) -> np.random.Generator:
        """Random numbers of one part of the body: parts can change without disturbing one another."""
        return np.random.default_rng([self.seed, part])

    def level(self, z):
        """Height as a share of the lung: 0 at the deepest recess, 1 at the apex."""
        return (z + self.recess) / (self.apex_z + self.recess)

    def height(self, level: float) -> float:
        """The z of a level, mm."""
        return level * (self.apex_z + self.recess) - self.recess


def draw_tissues(rng: np.random.Generator, contrast: bool) -> Tissues:
    """Unenhanced blood is dimmer than muscle; enhanced blood is brighter than both, by a phase-dependent amount."""
    blood = rng.uniform(32, 52)
    arterial = rng.uniform(110, 330) if contrast else blood
    venous = arterial * rng.uniform(0.55, 1.05) if contrast else blood
    enhanced = rng.uniform(15, 60) if contrast else 0.0
    return Tissues(
        fat=rng.uniform(-118, -85),
        muscle=rng.uniform(35, 65) + 0.2 * enhanced,
        skin=rng.uniform(-30, 50),
        gland=rng.uniform(10, 55),
        lung=rng.uniform(-900, -730),
        air=rng.uniform(-1000, -970),
        venous=venous,
        arterial=arterial,
        myocardium=blood + rng.uniform(0, 12) + enhanced,
        liver=rng.uniform(35, 70) + enhanced,
        spleen=rng.uniform(38, 60) + 1.2 * enhanced,
        kidney=rng.uniform(25, 45) + 2.5 * enhanced,
        bowel=rng.uniform(5, 50) + 0.5 * enhanced,
        marrow=rng.uniform(60, 260),
        cortex=rng.uniform(420, 950),
        cartilage=rng.uniform(70, 160),
        cord=rng.uniform(32, 50),
        fluid=rng.uniform(2, 18),
    )


def draw_anatomy(seed: int) -> Anatomy:
    """The anatomy of a seed."""
    rng = np.random.default_rng([seed, 0])
    female = rng.random() < 0.85
    contrast = rng.random() < 0.42
    half_width = rng.uniform(108, 142) if female else rng.uniform(122, 155)
    # A stream of its own: what was drawn before there were lean patients stays.
    lean_mm = np.random.default_rng([seed, 4]).uniform(0, 6 if female else 3)
    return Anatomy(
        seed=seed,
        female=female,
        half_width=half_width,
        half_depth=half_width * rng.uniform(0.66, 0.84),
        apex_z=rng.uniform(120, 192),
        recess=rng.uniform(42, 90),
        fat=float(np.exp(rng.uniform(np.log(4), np.log(42)))),
        muscle=rng.uniform(-4, 8) + (0 if female else 4),
        lean_mm=float(lean_mm),
        kyphosis=rng.uniform(-0.05, 0.07),
        arms_up=rng.random() < 0.85,
        tissues=draw_tissues(rng, contrast),
        contrast=contrast,
    )


class Frame:
    """Profiles along the height from which trunk, rib cage and spine are built, for one anatomy."""

    def __init__(self, anatomy: Anatomy):
        self.anatomy = anatomy
        a, b, m = anatomy.half_width, anatomy.half_depth, anatomy.muscle
        rng = anatomy.stream(1)
        taper = rng.uniform(-0.05, 0.05)
        cage = [-3, -1.6, -0.8, -0.3, 0, 0.25, 0.5, 0.7, 0.82, 0.9, 0.96, 1.0, 1.03]
        self.cage_width = Profile(
            cage, a * np.array([0.9, 0.86, 0.9, 0.97, 1, 1, 0.95, 0.84 + taper, 0.69 + taper, 0.54 + taper, 0.38, 0.25, 0.1])
        )
        self.cage_depth = Profile(
            cage, b * np.array([0.78, 0.82, 0.86, 0.92, 0.96, 1, 0.96, 0.84, 0.7, 0.57, 0.4, 0.25, 0.1])
        )
        self.cage_centre = Profile(cage, [0, 0, 0, 0, 0, 0, 3, 9, 14, 18, 22, 24, 25])
        self.power = rng.uniform(2.1, 2.7)
        belly = rng.uniform(-12, 30) if anatomy.fat > 12 else rng.uniform(-25, 5)
        trunk = [-3, -1.6, -0.8, -0.3, 0, 0.5, 0.7, 0.85, 0.95, 1.03, 1.12, 1.2, 1.32, 2.2]
        neck = rng.uniform(46, 58)
        # Ribs are about 10 mm deep, which is all that is left over them in the leanest.
        lean = min(anatomy.lean_mm, 6 + min(m, 0)) * np.array([0, 0, 0, 0.2, 0.6, 0.7, 0.2, 0, 0, 0, 0, 0, 0, 0])
        self.trunk_width = Profile(
            trunk,
            np.array([a * 0.98 + 12, a * 0.96 + 8, a + 6, a + 10, a + 13, a + 17 + m, a + 20 + m, a * 0.97 + 24 + m, a * 0.9 + 24 + m,
             a * 0.62 + 22, neck + 16, neck + 2, neck, neck + 8]) - lean,
        )
        front = np.array([belly * 0.7, belly, belly * 0.7, belly * 0.3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        self.trunk_depth = Profile(
            trunk,
            [b * 0.85 + 14, b * 0.88 + 14, b * 0.92 + 16, b * 0.96 + 19, b + 21, b + 23, b * 0.92 + 26, b * 0.82 + 27,
             b * 0.72 + 28, b * 0.6 + 26, neck + 10, neck + 6, neck + 6, neck + 14] + (front - lean) / 2,
        )
        self.trunk_centre = Profile(
            trunk, np.array([9, 9, 8, 8, 8, 10, 13, 18, 25, 31, 36, 38, 36, 26]) - (front - lean) / 2
        )
        k = anatomy.kyphosis
        self.spine_y = Profile(
            [-3, -1.6, -0.8, -0.3, 0, 0.4, 0.7, 0.9, 1.05, 1.2, 1.5, 2.2],
            b * np.array([0.46, 0.5, 0.58, 0.64, 0.68, 0.72 + k / 2, 0.7 + k, 0.62 + k, 0.52 + k / 2, 0.44, 0.38, 0.4]),
        )
        self.spine_x_amplitude = rng.normal(0, 4)
        self.spine_x_phase = rng.uniform(0, 2 * np.pi)
        self.vertebra_height = rng.uniform(21, 26)
        self.body_width = rng.uniform(16, 20.5)
        self.body_depth = rng.uniform(13, 16.5)
        self.canal_width = rng.uniform(9.0, 11.5)
        self.canal_depth = rng.uniform(7.6, 9.6)
        self.plate_z = -rng.uniform(10, 26)

    def spine_x(self, z):
        """Sideways course of the spine: a gentle scoliosis."""
        return np.float32(self.spine_x_amplitude) * np.sin(z / np.float32(75) + np.float32(self.spine_x_phase))

    def canal_y(self, z):
        """Middle of the spinal canal: behind the vertebral body."""
        return self.spine_y(self.anatomy.level(z)) + np.float32(self.body_depth * 0.92 + self.canal_depth * 0.85)
