"""How a phantom is scanned: where, and with which faults."""

from dataclasses import dataclass

import numpy as np

from .grid import Grid

STREAM = 33
GRADES = ("good", "usual", "degraded")


@dataclass(frozen=True)
class Quality:
    """How a scan was taken and reconstructed; every amount is 0 where the effect is absent."""

    seed: int
    grade: str
    # Width at half height of the point spread in the axial plane, and overshoot of an edge that sharp kernels add.
    fwhm_mm: float
    enhancement: float
    slice_mm: float
    slice_phase: float
    # Deviation in the middle of an average chest; extra noise where nearly no photons arrive.
    noise_hu: float
    starvation: float
    # Share of the squared path through bone and contrast, and through metal, that the beam's hardening takes away.
    bone_hardening: float
    metal_hardening: float
    # Circle of reconstruction, and its centre from the midline at mid-depth (x, y).
    view_mm: float
    centre_mm: tuple[float, float]
    # Length over which the reconstruction lets truncated projections run out.
    rolloff_mm: float
    shift_hu: float
    slope: float
    # Amplitude of breathing at the diaphragm and its period along z.
    breathing_mm: float
    breathing_period_mm: float


@dataclass(frozen=True)
class Scan:
    """A scan of the phantom: where, and how."""

    grid: Grid
    quality: Quality


def draw_quality(seed: int, grade: str | None = None, slice_mm: float | None = None) -> Quality:
    """The scan of a seed. Without `grade` a third of all scans are of each; `slice_mm` where the grid decides it."""
    rng = np.random.default_rng([seed, STREAM, 1])
    drawn = GRADES[int(rng.integers(3))]
    grade = grade or drawn
    if grade not in GRADES:
        raise ValueError(f"grade must be one of {GRADES}, not {grade!r}")
    level = GRADES.index(grade)
    # In a degraded scan three or four effects are strong, not all of them.
    strong = rng.permutation(6) < rng.integers(3, 5)
    bad = strong if level == 2 else np.zeros(6, bool)
    fwhm = float(rng.uniform(0.7, 1.6))
    thickness = rng.choice([3.0, 4.0, 5.0]) if bad[0] else rng.choice([1.5, 2.0, 2.5, 3.0])
    noise = rng.uniform(22, 38) if bad[1] else rng.uniform(5, 11) if level == 0 else rng.uniform(9, 20)
    starvation = rng.uniform(0.8, 2.0) if bad[2] else (0.15, 0.5, 0.6)[level] * rng.uniform(0, 1)
    hardening = rng.uniform(0.8, 1.6) if bad[3] else (0.2, 0.6, 0.8)[level] * rng.uniform(0.2, 1)
    wide = rng.random() < 0.3
    view, rolloff = rng.uniform(450, 500), rng.uniform(15, 70)
    if wide:
        # Extended fields of view show what the detector did not see, as well as it can be guessed.
        view, rolloff = rng.uniform(550, 680), rng.uniform(30, 90)
    centre = rng.normal(0, (6, 10, 24)[2 if bad[4] else min(level, 1)], 2)
    calibration = 1.0 if level else 0.4
    moves = bad[5] or (level and rng.random() < 0.25)
    return Quality(
        seed=seed, grade=grade, fwhm_mm=fwhm, enhancement=float(max(0.0, (1.25 - fwhm) / 0.55) * rng.uniform(0.05, 0.3)),
        slice_mm=float(slice_mm or thickness), slice_phase=float(rng.uniform()),
        # Sharp kernels and thin slices are noisier; the tube current makes up for a part of it.
        noise_hu=float(noise * (1.15 / fwhm) ** 0.7 * (2.5 / (slice_mm or thickness)) ** 0.3), starvation=float(starvation),
        bone_hardening=float(0.018 * hardening), metal_hardening=float(0.06 * max(hardening, 0.3)),
        view_mm=float(view), centre_mm=(float(centre[0]), float(centre[1])), rolloff_mm=float(rolloff),
        shift_hu=float(np.clip(rng.normal(0, 7 * calibration), -15, 15)),
        slope=float(1 + rng.uniform(-0.03, 0.03) * calibration),
        breathing_mm=float(rng.uniform(1.5, 4) if bad[5] else rng.uniform(0.3, 2) if moves else 0.0),
        breathing_period_mm=float(rng.uniform(9, 40)),
    )
