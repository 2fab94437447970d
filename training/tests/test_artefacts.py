"""The image formation: noise, streaks, truncation, calibration, slices, breathing, breast board."""

from dataclasses import replace

import numpy as np
import pytest

from rondo_training.phantom.anatomy import Frame, draw_anatomy
from rondo_training.phantom.artefacts import (
    METAL_HU,
    PADDING_HU,
    Projected,
    breathe,
    image,
    noise_power,
    outside_circle,
)
from rondo_training.phantom.breast_board import paint_breast_board
from rondo_training.phantom.canvas import AIR_HU, Canvas
from rondo_training.phantom.grid import Grid
from rondo_training.phantom.scan import GRADES, draw_quality
from rondo_training.phantom.trunk import Trunk

ANATOMY = draw_anatomy(3)
IDEAL = replace(
    draw_quality(3, "usual", slice_mm=3.0), fwhm_mm=1.0, enhancement=0.0, noise_hu=0.0, starvation=0.0, bone_hardening=0.0,
    metal_hardening=0.0, view_mm=500.0, centre_mm=(0.0, 0.0), shift_hu=0.0, slope=1.0, breathing_mm=0.0,
)


def cylinder(half_width=120.0, half_depth=120.0, pixel=2.5, width=560.0, slices=4):
    """Water in air, its axis in the isocentre."""
    n = int(width / pixel)
    grid = Grid((n, n, slices), (pixel, pixel, 3.0), (-pixel * (n - 1) / 2, -pixel * (n - 1) / 2, 0.0))
    distance = np.hypot(grid.axis(0)[None, :] / half_width, grid.axis(1)[:, None] / half_depth) - 1
    hu = np.clip(-500 - distance * half_width / pixel * 1000, -1000, 0).astype(np.float32)
    return grid, np.repeat(hu[None], slices, 0)


def middle(hu, half=12):
    y, x = hu.shape[1] // 2, hu.shape[2] // 2
    return hu[:, y - half : y + half, x - half : x + half].astype(float)


def test_an_ideal_scan_is_what_was_painted():
    grid, hu = cylinder(slices=6)
    scan = image(hu, grid, ANATOMY, IDEAL)
    assert scan.dtype == np.int16 and scan.shape == hu.shape
    assert abs(middle(scan)).max() <= 1
    far = np.hypot(grid.axis(0)[None, :], grid.axis(1)[:, None]) < 110
    assert abs(scan[:, far]).max() <= 2
    assert (scan[:, outside_circle(grid, IDEAL)] == PADDING_HU).all()


def test_a_seed_gives_the_same_scan():
    grid, hu = cylinder()
    quality = draw_quality(8, "degraded")
    assert draw_quality(8, "degraded") == quality
    assert np.array_equal(image(hu, grid, ANATOMY, quality), image(hu, grid, ANATOMY, quality))


def test_grades_are_drawn_in_thirds_and_get_worse():
    drawn = [draw_quality(seed) for seed in range(600)]
    for grade in GRADES:
        assert 150 < sum(q.grade == grade for q in drawn) < 250
    noise = [np.mean([q.noise_hu for q in drawn if q.grade == grade]) for grade in GRADES]
    assert noise[0] < noise[1] < noise[2]
    assert all(abs(q.shift_hu) <= 15 and 0.97 <= q.slope <= 1.03 and 0.7 <= q.fwhm_mm <= 1.6 for q in drawn)
    with pytest.raises(ValueError, match="grade"):
        draw_quality(3, "perfect")


def test_noise_has_the_deviation_asked_for_and_grows_with_the_patient():
    quality = replace(IDEAL, noise_hu=12.0)
    deviation = []
    for half_width in (100.0, 124.0, 220.0):
        grid, hu = cylinder(half_width, min(half_width, 124.0), pixel=1.4)
        deviation.append(middle(image(hu, grid, ANATOMY, quality)).std())
    assert 10.5 < deviation[1] < 14, "a cylinder of 25 cm is the reference"
    assert deviation[0] < deviation[1] < 0.85 * deviation[2]


def test_noise_power_is_a_ring_and_sharp_kernels_are_finer():
    f = np.arange(0.01, 0.55, 0.01)
    peaks = []
    for fwhm in (1.5, 0.8):
        power = noise_power(np.array([0.0]), f, (0.9, 0.9), replace(IDEAL, fwhm_mm=fwhm))[0]
        peaks.append(f[power.argmax()])
        assert power[0] < 0.6 * power.max()
    assert peaks[0] < peaks[1]


def test_wide_shoulders_give_horizontal_streaks():
    grid, hu = cylinder(240.0, 100.0, pixel=2.0)
    scan = middle(image(hu, grid, ANATOMY, replace(IDEAL, noise_hu=12.0, starvation=1.5)), 20)
    assert np.diff(scan, axis=1).std() > 1.25 * np.diff(scan, axis=2).std()


def test_metal_throws_streaks_in_its_own_slices_only():
    grid, hu = cylinder(200.0, 110.0, pixel=2.0)
    hu[1, 140:146, 160:166] = hu[1, 140:146, 110:116] = 9000
    assert hu.max() > METAL_HU
    scan = image(hu, grid, ANATOMY, replace(IDEAL, metal_hardening=0.06))
    between, away = scan[1, 140:146, 120:156].astype(float), scan[3, 140:146, 120:156]
    assert between.mean() < -20, "dark between two metals"
    assert abs(away).max() <= 1
    assert scan.max() == 3071


def test_a_body_beyond_the_scan_field_gets_a_bright_rim():
    grid, hu = cylinder(275.0, 120.0)
    scan = image(hu, grid, ANATOMY, replace(IDEAL, rolloff_mm=15.0)).astype(float)
    y = grid.size[1] // 2
    x = grid.axis(0)
    assert scan[1, y, (x > 238) & (x < 247)].mean() > 45
    assert abs(scan[1, y, abs(x) < 120]).mean() < 40
    wide = image(hu, grid, ANATOMY, replace(IDEAL, view_mm=560.0, rolloff_mm=60.0))
    assert wide[1, y, (x > 255) & (x < 262)].mean() > -900, "an extended field shows a guess"


def test_calibration_moves_tissue_and_leaves_air():
    grid, hu = cylinder()
    scan = image(hu, grid, ANATOMY, replace(IDEAL, shift_hu=12.0, slope=0.98))
    assert abs(middle(scan) - 12).max() <= 1
    outside = scan[1, grid.size[1] // 2, (grid.axis(0) > 150) & (grid.axis(0) < 230)]
    assert abs(outside + 1000).max() <= 2


def test_thick_slices_smear_along_z():
    grid, hu = cylinder(slices=12)
    hu[:6] = AIR_HU
    sharp = image(hu, grid, ANATOMY, IDEAL)[:, 112, 112]
    thick = image(hu, grid, ANATOMY, replace(IDEAL, slice_mm=6.0))[:, 112, 112]
    partial = [((p > -950) & (p < -50)).sum() for p in (sharp, thick)]
    assert partial[1] > partial[0]
    assert abs(thick[-2:]).max() <= 1 and (thick[:2] < -990).all()


def test_breathing_moves_the_front_of_the_lower_chest_and_labels_with_it():
    quality = replace(IDEAL, breathing_mm=4.0, breathing_period_mm=15.0)
    grid = Grid((8, 110, 60), (4.0, 3.0, 4.0), (0.0, -170.0, -120.0))
    surface = np.broadcast_to((grid.axis(1) > -60)[None, :, None], grid.size[::-1])
    hu = np.where(surface, 40, -1000).astype(np.float32)
    moved, labels = breathe(hu, grid, ANATOMY, quality), breathe(surface.astype(np.uint8), grid, ANATOMY, quality)
    assert set(np.unique(labels)) == {0, 1}
    step = (moved - hu)[:, :, 4]
    assert abs(step[grid.axis(2) < 0]).max() > 100
    assert abs(step[ANATOMY.level(grid.axis(2)) > 0.85]).max() == 0
    assert abs(step[:, grid.axis(1) > ANATOMY.half_depth * 0.65]).max() == 0
    assert abs((moved > -480).sum() - labels.sum()) < 0.02 * labels.sum()
    assert breathe(hu, grid, ANATOMY, IDEAL) is hu


def test_paths_are_lengths_of_water():
    grid, hu = cylinder(125.0, 125.0)
    body = Projected(hu, grid.axis(2), grid, IDEAL)
    through = body.total[:, len(body.system.bins) // 2]
    assert np.allclose(through, 0.0193 * 250, rtol=0.02)


@pytest.mark.parametrize("size, spacing", [((40, 30, 1), (3.0, 3.0, 3.0)), ((33, 57, 2), (5.0, 4.0, 6.0)), ((20, 21, 3), (2.0, 2.0, 1.0))])
def test_small_grids_are_imaged_too(size, spacing):
    grid = Grid(size, spacing, (-60.0, -50.0, -20.0))
    scan = image(np.zeros(size[::-1], np.float32), grid, ANATOMY, replace(draw_quality(7, "degraded"), breathing_mm=3.0))
    assert scan.shape == size[::-1]


def board_canvas(seed: int, spacing: float):
    anatomy = replace(draw_anatomy(seed), arms_up=True)
    size = tuple(int(n / spacing) for n in (600, 480, 520))
    canvas = Canvas(Grid(size, (spacing,) * 3, (-300.0, -220.0, -150.0)), [[], [], []], 1.0)
    return canvas, Trunk(canvas, anatomy, Frame(anatomy))


def test_a_breast_board_lies_behind_the_patient_on_any_grid():
    painted = 0
    for seed in range(6):
        shares = []
        for spacing in (8.0, 10.0):
            canvas, trunk = board_canvas(seed, spacing)
            paint_breast_board(canvas, trunk)
            solid = canvas.hu > -990
            shares.append(solid.mean())
            # Below the shoulders everything stands behind the back.
            low = solid & (canvas.z < trunk.arms[0]["shoulder"][2] - 120)
            assert (canvas.y[low] > trunk.back_y - 30).all()
        painted += shares[0] > 0
        assert shares[0] == pytest.approx(shares[1], rel=0.2)
    assert 0 < painted < 6
