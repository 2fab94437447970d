"""What a planning CT makes of the patient: slices, breathing, streaks, truncation, sharpness, noise and calibration.

Projections are those of a parallel beam, [view, bin, slice]; views cover half a turn. Errors are formed in the
projections and only the errors are reconstructed, so that an artefact-free scan stays what was painted.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import csr_matrix

from .anatomy import Anatomy
from .grid import Grid
from .scan import STREAM, Quality

WATER_PER_MM = 0.0193
"""Attenuation of water at 70 keV, the mean energy of a 120 kV beam (NIST XCOM)."""
SCAN_FIELD_MM = 500.0
"""Diameter that the detector sees (DataCollectionDiameter of most scanners)."""
COARSE_MM = 5.0
COARSE_RADIUS_MM = 345.0
COARSE_VIEWS = 90
METAL_HU = 1500.0
"""Above all bone of the phantom and all but the densest contrast."""
FULL_HU, PADDING_HU = 3071, -1024


def image(hu: np.ndarray, grid: Grid, anatomy: Anatomy, quality: Quality) -> np.ndarray:
    """The scan of painted HU [z, y, x], which must not yet be cut to a circle: int16 HU on the same grid.

    Labels follow by `breathe`, and by 0 in `outside_circle`. Noise belongs to the grid, all else to the patient.
    """
    slices = Slices(grid, quality)
    painted = slices.average(breathe(hu, grid, anatomy, quality))
    rng = np.random.default_rng([quality.seed, STREAM, 2])
    body = Projected(painted, slices.z_mm, grid, quality)
    photons = Photons(body, quality)
    scanned = sharpen(painted, grid, quality)
    body.add_soft_errors(scanned, quality)
    scanned += photons.grain(rng, quality)
    photons.add_starvation(scanned, rng, quality)
    add_metal(scanned, painted, body, rng, quality)
    return calibrate(slices.spread(scanned), outside_circle(grid, quality), quality)


def outside_circle(grid: Grid, quality: Quality) -> np.ndarray:
    """The pixels [y, x] beyond the circle of reconstruction: nothing is imaged there."""
    x, y = grid.axis(0)[None, :] - quality.centre_mm[0], grid.axis(1)[:, None] - quality.centre_mm[1]
    return np.hypot(x, y) > quality.view_mm / 2


def breathe(volume: np.ndarray, grid: Grid, anatomy: Anatomy, quality: Quality) -> np.ndarray:
    """Stairs at diaphragm, heart and front wall: each turn of the gantry meets another phase of a shallow breath.

    HU (float) are interpolated; labels and boolean parts take the nearest voxel.
    """
    if quality.breathing_mm == 0:
        return volume
    z, y = grid.axis(2), grid.axis(1)
    share = np.clip((0.8 - anatomy.level(z)) / 0.45, 0, 1)
    turn = np.floor(z / quality.breathing_period_mm)
    # 2.4 rad a turn: neighbouring turns differ, and the series does not repeat soon.
    depth = quality.breathing_mm * share * np.sin(2.4 * turn + 6.28 * quality.slice_phase)
    # The spine stays where it is; the front wall moves most.
    ventral = np.clip((anatomy.half_depth * 0.6 - y) / anatomy.half_depth, 0, 1)
    moved = volume.copy()
    columns = np.arange(len(y))
    for k in np.flatnonzero(np.abs(depth) > 0.05):
        at_z = np.clip(k + depth[k] * ventral / grid.spacing_mm[2], 0, len(z) - 1)
        at_y = np.clip(columns + 0.4 * depth[k] * ventral / grid.spacing_mm[1], 0, len(y) - 1)
        if volume.dtype.kind != "f":
            moved[k] = volume[np.rint(at_z).astype(int), np.rint(at_y).astype(int)]
            continue
        low_z, low_y = np.minimum(at_z.astype(int), len(z) - 2), np.minimum(at_y.astype(int), len(y) - 2)
        u, v = ((a - low).astype(np.float32)[:, None] for a, low in ((at_z, low_z), (at_y, low_y)))
        below = volume[low_z, low_y] * (1 - v) + volume[low_z, low_y + 1] * v
        above = volume[low_z + 1, low_y] * (1 - v) + volume[low_z + 1, low_y + 1] * v
        moved[k] = below * (1 - u) + above * u
    return moved


class Slices:
    """The slices that are acquired: those of the grid, or thicker ones from which the grid's are interpolated."""

    def __init__(self, grid: Grid, quality: Quality):
        z, step, thick = grid.axis(2), grid.spacing_mm[2], quality.slice_mm
        self.z_mm, self._average, self._spread = z, None, None
        if len(z) == 1:
            return
        if thick > 1.15 * step:
            # Averaging and reading back are kept apart: artefacts and noise happen in between.
            self.z_mm = np.arange(z[0] - thick * (1 - quality.slice_phase), z[-1] + thick, thick)
            offsets = (np.arange(5) - 2) / 5 * thick
            self._average = np.mean([linear_weights(self.z_mm + o, z) for o in offsets], 0).astype(np.float32)
            self._spread = linear_weights(z, self.z_mm).astype(np.float32)
        else:
            # The painted voxels have an edge of their own; the tails of a slice's profile reach its neighbours.
            self._average = sum(w * linear_weights(z + o, z) for o, w in ((-step, 0.06), (0, 0.88), (step, 0.06))).astype(np.float32)

    def average(self, volume: np.ndarray) -> np.ndarray:
        """The slices [slice, y, x] of a volume [z, y, x]."""
        return volume.astype(np.float32) if self._average is None else _along_z(self._average, volume)

    def spread(self, volume: np.ndarray) -> np.ndarray:
        """A volume on the grid's z, from slices."""
        return volume if self._spread is None else _along_z(self._spread, volume)


def linear_weights(at: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """The matrix that reads values at evenly spaced samples by linear interpolation; beyond the ends the last one holds."""
    position = np.clip((at - samples[0]) / (samples[1] - samples[0]), 0, len(samples) - 1)
    low = np.minimum(position.astype(int), len(samples) - 2)
    rows = np.zeros((len(at), len(samples)))
    rows[np.arange(len(at)), low] = 1 - (position - low)
    rows[np.arange(len(at)), low + 1] += position - low
    return rows


def _along_z(matrix: np.ndarray, volume: np.ndarray) -> np.ndarray:
    sparse = csr_matrix(matrix)
    return (sparse @ volume.reshape(len(volume), -1)).reshape(-1, *volume.shape[1:])


# --- projections -----------------------------------------------------------------------------------------------------


def _angles(views: int) -> np.ndarray:
    return (np.arange(views) + 0.5) * np.pi / views


def _bins(reach_mm: float, bin_mm: float) -> np.ndarray:
    half = int(np.ceil(reach_mm / bin_mm)) + 1
    return (np.arange(2 * half + 1) - half) * bin_mm


def _projection(x: np.ndarray, y: np.ndarray, angles: np.ndarray, bins: np.ndarray) -> csr_matrix:
    """The matrix [view and bin, point] that spreads points over detector bins, per mm of bin."""
    step = bins[1] - bins[0]
    position = (np.outer(np.cos(angles), x) + np.outer(np.sin(angles), y) - bins[0]) / step
    low = np.clip(np.floor(position).astype(np.int32), 0, len(bins) - 2)
    share = (position - low).astype(np.float32)
    rows = low + (np.arange(len(angles), dtype=np.int32) * len(bins))[:, None]
    points = np.broadcast_to(np.arange(len(x), dtype=np.int32), rows.shape)
    weights = np.concatenate([(1 - share).ravel(), share.ravel()]) / np.float32(step)
    where = np.concatenate([rows.ravel(), rows.ravel() + 1]), np.concatenate([points.ravel()] * 2)
    return csr_matrix((weights, where), shape=(len(angles) * len(bins), len(x)))


def _ramp(projections: np.ndarray, step_mm: float) -> np.ndarray:
    """Projections [view, bin, slice] after the filter of filtered back projection."""
    count = projections.shape[1]
    size = fft.next_fast_len(2 * count, real=True)
    # The ramp's own impulse response (Kak and Slaney 1988, eq. 61): sampling the ramp instead would lose the mean.
    n = np.minimum(np.arange(size), size - np.arange(size))
    odd = n % 2 == 1
    response = np.where(odd, -1 / (np.pi * np.maximum(n, 1) * step_mm) ** 2, 0.0)
    response[0] = 1 / (4 * step_mm**2)
    window = 0.5 + 0.5 * np.cos(np.pi * np.arange(size // 2 + 1) / (size // 2))
    gain = (fft.rfft(response).real * window * step_mm).astype(np.float32)
    return fft.irfft(fft.rfft(projections, size, axis=1) * gain[None, :, None], size, axis=1)[:, :count].astype(np.float32)


def _back_project(projections: np.ndarray, angles: np.ndarray, bins: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The sum over the views at each point: [point, slice] of projections [view, bin, slice]."""
    fine = 4
    step = (bins[1] - bins[0]) / fine
    last = (len(bins) - 1) * fine
    total = np.zeros((len(x), projections.shape[2]), np.float32)
    upsample = linear_weights(np.arange(last + 1) / fine, np.arange(len(bins))).astype(np.float32)
    for angle, view in zip(angles, projections):
        position = (x * np.cos(angle) + y * np.sin(angle) - bins[0]) / step + 0.5
        total += (upsample @ view)[np.clip(position.astype(np.int32), 0, last)]
    return total


def _hats(at: np.ndarray, samples: np.ndarray, width_mm: float) -> np.ndarray:
    """Linear resampling from `samples` to `at` as a matrix, averaging where that is coarser; 0 outside."""
    weights = np.clip(1 - np.abs(at[:, None] - samples[None, :]) / width_mm, 0, None)
    step = samples[1] - samples[0] if len(samples) > 1 else width_mm
    return (weights * (step / width_mm)).astype(np.float32)


@dataclass(frozen=True)
class CoarseSystem:
    """A disc of pixels round the isocentre with its projection, the same for all scans."""

    side: np.ndarray
    inside: np.ndarray
    x: np.ndarray
    y: np.ndarray
    angles: np.ndarray
    bins: np.ndarray
    matrix: csr_matrix


@lru_cache(1)
def coarse_system() -> CoarseSystem:
    """Built once a process."""
    side = _bins(COARSE_RADIUS_MM, COARSE_MM)
    y, x = np.meshgrid(side, side, indexing="ij")
    inside = np.hypot(x, y) < COARSE_RADIUS_MM
    angles, bins = _angles(COARSE_VIEWS), _bins(COARSE_RADIUS_MM, COARSE_MM)
    x, y = x[inside].astype(np.float32), y[inside].astype(np.float32)
    # Quarters of pixels: whole ones leave a moire in the oblique views.
    offset = COARSE_MM / 4
    quarters = [_projection(x + i * offset, y + j * offset, angles, bins) for i in (-1, 1) for j in (-1, 1)]
    return CoarseSystem(side, inside, x, y, angles, bins, (sum(quarters) * np.float32(COARSE_MM**2 / 4)).tocsr())


class Projected:
    """Coarse projections of the slices, at levels some millimetres apart: what all artefacts derive from."""

    def __init__(self, hu: np.ndarray, z_mm: np.ndarray, grid: Grid, quality: Quality):
        self.system = system = coarse_system()
        self.z_mm, self.grid, self.quality = z_mm, grid, quality
        pitch = max(1, round(COARSE_MM / float(z_mm[1] - z_mm[0]))) if len(z_mm) > 1 else 1
        self.levels = np.arange(0, len(z_mm), pitch)
        self.x, self.y = grid.axis(0) - quality.centre_mm[0], grid.axis(1) - quality.centre_mm[1]
        self._down = [_hats(system.side, axis, max(COARSE_MM, step)) for axis, step in ((self.y, grid.spacing_mm[1]), (self.x, grid.spacing_mm[0]))]
        self._up = [_hats(axis, system.side, COARSE_MM) for axis in (self.y, self.x)]
        some = hu[self.levels]
        self.coarse = self._shrink(np.clip(some + 1000, 0, None))
        self.total = self._project(self.coarse)
        self.bone = self._project(self._shrink(np.where(some > METAL_HU, 0, np.clip(some - 250, 0, None))))

    def _shrink(self, volume: np.ndarray) -> np.ndarray:
        """[level, point] of a disc."""
        return (self._down[0] @ (volume @ self._down[1].T))[:, self.system.inside]

    def _project(self, points: np.ndarray) -> np.ndarray:
        """Attenuation [view, bin, level] of relative HU [level, point]."""
        shape = (len(self.system.angles), len(self.system.bins), -1)
        return (self.system.matrix @ np.ascontiguousarray(points.T * np.float32(WATER_PER_MM / 1000))).reshape(shape)

    def between(self, index: np.ndarray) -> np.ndarray:
        """Weights [slice, level] that interpolate slices from the levels."""
        if len(self.levels) == 1:
            return np.ones((len(index), 1), np.float32)
        return linear_weights(index.astype(float), self.levels.astype(float)).astype(np.float32)

    def enlarge(self, points: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Image slices [slice, y, x] of a coarse map [point, level]."""
        planes = np.zeros((len(index), *self.system.inside.shape), np.float32)
        planes[:, self.system.inside] = self.between(index) @ points.T
        return self._up[0] @ (planes @ self._up[1].T)

    def reconstruct(self, projections: np.ndarray) -> np.ndarray:
        """HU [point, level] of attenuation [view, bin, level]."""
        s = self.system
        scale = np.pi / len(s.angles) * 1000 / WATER_PER_MM
        return _back_project(_ramp(projections, COARSE_MM) * np.float32(scale), s.angles, s.bins, s.x, s.y)

    def add_soft_errors(self, scanned: np.ndarray, quality: Quality) -> None:
        """Dark bands between dense bones or contrast-filled veins; bright rim where the body leaves the scan field."""
        # Bone corrections of the scanner keep bone as bright as it is on average; what stays depends on direction.
        usual = (self.bone * self.total).sum((0, 1)) / np.maximum(self.bone.sum((0, 1)), 1e-6)
        error = np.float32(-quality.bone_hardening) * self.bone * (self.total - usual)
        seen = np.abs(self.system.bins) <= SCAN_FIELD_MM / 2
        truncated = float(self.total[:, ~seen].max()) > 0.03
        if truncated:
            error += self._truncation_error(seen, quality)
        errors = self.reconstruct(error)
        for part in _chunks(len(scanned)):
            scanned[part] += self.enlarge(errors, part)
        if truncated and quality.view_mm > SCAN_FIELD_MM:
            # Beyond the scan field there is only the coarse guess.
            guess = errors + self.coarse.T - 1000
            outside = np.hypot(self.x[None, :], self.y[:, None]) > SCAN_FIELD_MM / 2
            for part in _chunks(len(scanned)):
                scanned[part][:, outside] = self.enlarge(guess, part)[:, outside]

    def _truncation_error(self, seen: np.ndarray, quality: Quality) -> np.ndarray:
        """What the scanner assumes beyond its detector, a smooth run-out, less what is there."""
        error = np.where(seen[None, :, None], 0, -self.total)
        first, last = np.flatnonzero(seen)[[0, -1]]
        beyond = np.abs(self.system.bins) - SCAN_FIELD_MM / 2
        fall = np.where(seen, 0, 0.5 + 0.5 * np.cos(np.pi * np.clip(beyond / quality.rolloff_mm, 0, 1))).astype(np.float32)
        error[:, :first] += self.total[:, first, None] * fall[None, :first, None]
        error[:, last + 1 :] += self.total[:, last, None] * fall[None, last + 1 :, None]
        return error


def _chunks(count: int, size: int = 24) -> list[np.ndarray]:
    return [np.arange(i, min(i + size, count)) for i in range(0, count, size)]


# --- sharpness and noise ---------------------------------------------------------------------------------------------


def transfer(frequency: np.ndarray, quality: Quality) -> np.ndarray:
    """Response of the reconstruction kernel to a frequency in the axial plane, per mm."""
    smooth = np.exp(-((np.pi * frequency * quality.fwhm_mm) ** 2) / (4 * np.log(2)))
    bump = (frequency / 0.35) ** 2
    return smooth * (1 + quality.enhancement * bump * np.exp(1 - bump))


def sharpen(hu: np.ndarray, grid: Grid, quality: Quality) -> np.ndarray:
    """The painted slices through the kernel; mirrored at the border, where bodies may be cut."""
    rows, columns = (np.arange(n) / (2 * n * step) for n, step in ((grid.size[1], grid.spacing_mm[1]), (grid.size[0], grid.spacing_mm[0])))
    gain = transfer(np.hypot(rows[:, None], columns[None, :]), quality).astype(np.float32)
    result = np.empty(hu.shape, np.float32)
    for part in _chunks(len(hu)):
        result[part] = fft.idctn(fft.dctn(hu[part], axes=(1, 2)) * gain, axes=(1, 2))
    return result


def noise_power(rows: np.ndarray, columns: np.ndarray, pixel_mm: tuple[float, float], quality: Quality) -> np.ndarray:
    """Noise power of the kernel at frequencies per mm, for a deviation of 1 on the scanner's own fine pixels.

    It rises with frequency (the ramp filter) and falls with the kernel: a ring. Pixels above 2 mm are resampled ones:
    interpolation averages a little, and what is finer than the pixels folds back.
    """
    f = np.linspace(0, 3, 3000)
    # The constant stands for the low frequencies of real scans: secondary filters, scatter, uneven contrast.
    def ring(g):
        return (g + 0.05) * transfer(g, quality) ** 2

    total = np.sum(2 * np.pi * f * ring(f)) * (f[1] - f[0])
    native = 0.9 if min(pixel_mm) > 2 else 0.0
    power = np.zeros((len(rows), len(columns)))
    folds = range(-3, 4) if native else range(-1, 2)
    for i in folds:
        for j in folds:
            a, b = rows[:, None] + i / pixel_mm[1], columns[None, :] + j / pixel_mm[0]
            power += ring(np.hypot(a, b)) * (np.sinc(a * native) * np.sinc(b * native)) ** 4
    return power / total


class Photons:
    """Noise from the number of photons that reach the detector along each path."""

    # Path through an average chest, for which the noise of a Quality is meant: about 25 cm of water.
    REFERENCE = 4.8
    # The tube current follows the patient along z by about the root of the attenuation and in the course of a turn by
    # less: set so that noise across and along the shoulders differs as in the real chest CT.
    MODULATION, TURN_MODULATION = 0.5, 0.2
    CAP = 3.0

    def __init__(self, body: Projected, quality: Quality):
        self.body, system = body, body.system
        # The bow-tie filter takes from the rim what the patient's middle takes.
        chord = 2 * np.sqrt(np.clip(160.0**2 - system.bins**2, 0, None))
        path = body.total + (0.5 * WATER_PER_MM * (320 - chord)).astype(np.float32)[None, :, None]
        strongest = body.total.max(1, keepdims=True)
        level = strongest.mean(0, keepdims=True)
        current = self.MODULATION * (level - self.REFERENCE) + self.TURN_MODULATION * (strongest - level)
        variance = np.exp(path - self.REFERENCE - current)
        variance *= 1 + quality.starvation * np.clip(variance / self.CAP, 0, 4)
        self.plain = np.minimum(variance, self.CAP)
        self.starved = np.minimum(variance - self.plain, 60 * self.CAP) * min(1.0, quality.starvation)

    def grain(self, rng: np.random.Generator, quality: Quality) -> np.ndarray:
        """The kernel's noise [slice, y, x], stronger across the direction of the longer paths."""
        body, grid, s = self.body, self.body.grid, self.body.system
        angles = s.angles[:, None, None]
        maps = [_back_project(self.plain * (2 * part**2).astype(np.float32), s.angles, s.bins, s.x, s.y) / len(s.angles)
                for part in (np.cos(angles), np.sin(angles))]
        shape = tuple(fft.next_fast_len(n + 4, real=True) for n in grid.size[1::-1])
        rows, columns = fft.fftfreq(shape[0], grid.spacing_mm[1]), fft.rfftfreq(shape[1], grid.spacing_mm[0])
        power = noise_power(rows, columns, grid.spacing_mm[:2], quality)
        # White noise of unit deviation has the spectrum sqrt(n / 2) (a + ib).
        gain = quality.noise_hu * np.sqrt(power / (grid.spacing_mm[0] * grid.spacing_mm[1]) * shape[0] * shape[1] / 2)
        length = np.maximum(np.hypot(rows[:, None], columns[None, :]), 1e-9)
        # A quarter turn between the two parts keeps their powers additive.
        ways = [(gain * np.abs(f) / length * turn).astype(np.complex64) for f, turn in ((columns[None, :], 1), (rows[:, None], 1j))]
        noise = np.empty((len(body.z_mm), *grid.size[1::-1]), np.float32)
        for part in _chunks(len(noise)):
            white = rng.standard_normal((len(part), len(rows), 2 * len(columns)), np.float32).view(np.complex64)
            noise[part] = sum(
                np.sqrt(body.enlarge(level, part)) * fft.irfft2(white * way, shape)[:, : grid.size[1], : grid.size[0]]
                for level, way in zip(maps, ways)
            )
        return noise

    def add_starvation(self, scanned: np.ndarray, rng: np.random.Generator, quality: Quality) -> None:
        """Streaks along the paths that nearly no photon survives, most of all from shoulder to shoulder."""
        body, s = self.body, self.body.system
        # Weaker excess drowns in the grain.
        least = max(1.0, 0.06 * float(self.starved.max()))
        index = np.flatnonzero(body.between(np.arange(len(scanned))) @ self.starved.max((0, 1)) > least)
        views = np.flatnonzero(self.starved.max((1, 2)) > least)
        if len(index) == 0:
            return
        # Two views for each coarse one, and half its bin: streaks are thin.
        bins = _bins(COARSE_RADIUS_MM, COARSE_MM / 2)
        angles = (s.angles[views][:, None] + np.array([-0.25, 0.25]) * np.pi / len(s.angles)).ravel()
        finer = linear_weights(bins, s.bins).astype(np.float32)
        plane = Plane(body)
        for part in _chunks(len(index)):
            weights = body.between(index[part])
            deviation = np.sqrt(np.maximum(finer @ (self.starved[views] @ weights.T), 0)).repeat(2, axis=0)
            filtered = _ramp(deviation * rng.standard_normal(deviation.shape, np.float32), bins[1] - bins[0])
            # Unit noise in all views would come out of filter and sum with this deviation.
            unit = _ramp(rng.standard_normal((64, len(bins), 1), np.float32), bins[1] - bins[0]).std() * np.sqrt(2 * len(s.angles))
            sums = _back_project(filtered, angles, bins, plane.x, plane.y)
            scanned[index[part]] += plane.enlarge(sums) * np.float32(quality.noise_hu / unit)


class Plane:
    """The image's own plane with pixels of at least 2.2 mm, to reconstruct fine streaks on."""

    PIXEL_MM = 2.2

    def __init__(self, body: Projected):
        steps = [max(self.PIXEL_MM, step) for step in body.grid.spacing_mm[:2]]
        along = [np.arange(axis[0], axis[-1] + step, step) for axis, step in zip((body.x, body.y), steps)]
        y, x = np.meshgrid(along[1], along[0], indexing="ij")
        self.shape, self.x, self.y = x.shape, x.ravel().astype(np.float32), y.ravel().astype(np.float32)
        self._up = [_hats(axis, some, step) for axis, some, step in zip((body.x, body.y), along, steps)]

    def enlarge(self, points: np.ndarray) -> np.ndarray:
        """Image slices [slice, y, x] of [point, slice]."""
        return self._up[1] @ (points.T.reshape(-1, *self.shape) @ self._up[0].T)


# --- metal and calibration -------------------------------------------------------------------------------------------


def add_metal(scanned: np.ndarray, painted: np.ndarray, body: Projected, rng: np.random.Generator, quality: Quality) -> None:
    """Streaks of clips, ports and wires: p - b p^2 in the rays that meet metal, reconstructed and added."""
    index = np.flatnonzero((painted > METAL_HU).any((1, 2)))
    if len(index) == 0:
        return
    plane, s = Plane(body), body.system
    step = max(Plane.PIXEL_MM, max(body.grid.spacing_mm[:2]))
    bins = _bins(COARSE_RADIUS_MM, step)
    # Long wires meet many slices: fewer views each keep the cost bounded.
    factor = 2 if len(index) <= 24 else 1
    angles = _angles(COARSE_VIEWS * factor)
    finer = linear_weights(bins, s.bins).astype(np.float32)
    area = np.float32(body.grid.spacing_mm[0] * body.grid.spacing_mm[1] * WATER_PER_MM / 1000)
    for part in _chunks(len(index)):
        whole = (finer @ (body.total @ body.between(index[part]).T)).repeat(factor, axis=0)
        metal = np.zeros_like(whole)
        for k, slice_index in enumerate(index[part]):
            rows, columns = np.nonzero(painted[slice_index] > METAL_HU)
            matrix = _projection(body.x[columns], body.y[rows], angles, bins)
            metal[..., k] = (matrix @ (painted[slice_index, rows, columns] * area)).reshape(len(angles), len(bins))
        error = np.maximum(-quality.metal_hardening * metal * (metal + 2 * whole), -0.6 * metal)
        # Metal moves with pulse and breath and is finer than a detector element, so that neighbouring views disagree.
        # Large pieces do so at their rims only.
        uneven = gaussian_filter1d(rng.standard_normal((len(angles), 1, len(index[part])), np.float32), 1.2, axis=0, mode="wrap")
        error += 14 * quality.metal_hardening * np.minimum(metal, 0.4) * uneven
        sums = _back_project(_ramp(error.astype(np.float32), step), angles, bins, plane.x, plane.y)
        scanned[index[part]] += plane.enlarge(sums) * np.float32(np.pi / len(angles) * 1000 / WATER_PER_MM)


def calibrate(hu: np.ndarray, outside: np.ndarray, quality: Quality) -> np.ndarray:
    """int16 HU with the scanner's error of calibration, 12 bits, and padding outside the circle."""
    knee = np.float32(-200)
    at_knee = knee * quality.slope + quality.shift_hu
    # Air is calibrated daily and hardly off: below the knee the error fades out towards -1000.
    lower = np.float32((at_knee + 1000) / (knee + 1000))
    result = np.where(hu > knee, hu * np.float32(quality.slope) + np.float32(quality.shift_hu), (hu + 1000) * lower - 1000)
    result[:, outside] = PADDING_HU
    return np.clip(np.rint(result), PADDING_HU, FULL_HU).astype(np.int16)
