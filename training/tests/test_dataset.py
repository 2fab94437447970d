"""Seeds, flips, patches."""

import numpy as np
import pytest

from rondo_training.dataset import CasePool, cache_case, cut, draw_patch, flip, open_case, save_case
from rondo_training.seeds import LOCKED_TEST, TRAINING, VALIDATION, LockedSeedError, parse_seeds, require_training_seed
from rondo_training.shares import WHOLE, whole
from rondo_training.tasks import CTV_BREAST, CTV_NODES, OAR_THORAX, OUTSIDE, TASKS


@pytest.mark.parametrize("seed", [VALIDATION.start, LOCKED_TEST.start, LOCKED_TEST.stop - 1, LOCKED_TEST.stop, -1])
def test_seeds_of_other_sets_are_refused(seed, tmp_path):
    with pytest.raises(LockedSeedError):
        require_training_seed(seed)
    with pytest.raises(LockedSeedError):
        cache_case(tmp_path, seed)


def test_a_locked_case_in_the_cache_is_refused(tmp_path):
    save_case(tmp_path / f"{LOCKED_TEST.start}.npy", np.zeros((2, 2, 2), np.int16), {OAR_THORAX.name: np.zeros((3, 2, 2, 2), np.uint8)})
    with pytest.raises(LockedSeedError):
        CasePool(tmp_path, (OAR_THORAX,))


def test_a_case_comes_back_as_it_was_written(tmp_path):
    rng = np.random.default_rng(8)
    hu = rng.integers(-1000, 1000, (3, 4, 5)).astype(np.int16)
    labels = {task.name: rng.integers(0, 5, (3, *hu.shape)).astype(np.uint8) for task in (OAR_THORAX, CTV_NODES)}
    save_case(tmp_path / "000001.npy", hu, labels)
    stored, (nodes, organs) = open_case(tmp_path / "000001.npy", (CTV_NODES, OAR_THORAX))
    assert np.array_equal(stored, hu) and np.array_equal(nodes, labels[CTV_NODES.name]) and np.array_equal(organs, labels[OAR_THORAX.name])
    assert [path.name for path in tmp_path.iterdir()] == ["000001.npy"]


def test_a_case_without_a_task_is_refused(tmp_path):
    save_case(tmp_path / "000001.npy", np.zeros((2, 2, 2), np.int16), {OAR_THORAX.name: np.zeros((3, 2, 2, 2), np.uint8)})
    with pytest.raises(ValueError, match="000001.npy holds no labels of ctv-nodes.*delete the folder"):
        CasePool(tmp_path, (OAR_THORAX, CTV_NODES))


def test_a_pool_grows_with_its_folder_up_to_the_asked_number(tmp_path):
    for seed in (4, 2):
        save_case(tmp_path / f"{seed:06d}.npy", np.zeros((2, 2, 2), np.int16), {OAR_THORAX.name: np.zeros((3, 2, 2, 2), np.uint8)})
    pool, first = CasePool(tmp_path, (OAR_THORAX,)), CasePool(tmp_path, (OAR_THORAX,), 1)
    save_case(tmp_path / "000007.npy", np.zeros((2, 2, 2), np.int16), {OAR_THORAX.name: np.zeros((3, 2, 2, 2), np.uint8)})
    pool.refresh()
    assert [path.stem for path in pool.places] == ["000002", "000004", "000007"] and [path.stem for path in first.places] == ["000002"]


def test_seed_ranges_are_disjoint_and_parsed_with_both_ends():
    assert TRAINING.stop == VALIDATION.start and VALIDATION.stop == LOCKED_TEST.start
    assert parse_seeds("7,9-11") == [7, 9, 10, 11]


def test_flip_mirrors_x_and_swaps_the_lungs():
    labels = np.zeros((2, 3, 4), np.uint8)
    labels[:, :, 0], labels[:, :, 3] = OAR_THORAX.index("Lung_R"), OAR_THORAX.index("Lung_L")
    image = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    # The right lung's edge holds a quarter of the left one: what is first and what is second change sides alike.
    labels = whole(labels)
    labels[1, 0, 0, 0], labels[2, 0, 0, 0] = OAR_THORAX.index("Lung_L"), 64
    flipped, (classes,) = flip(image, labels[None], (OAR_THORAX,))
    assert np.array_equal(classes[0], labels[0]), "a symmetric chest keeps its left lung on the left"
    assert classes[1, 0, 0, 3] == OAR_THORAX.index("Lung_R") and classes[2, 0, 0, 3] == 64 and classes[2].sum() == 64
    assert np.array_equal(flipped[..., 0], image[..., 3])
    assert np.array_equal(flip(flipped, classes[None], (OAR_THORAX,))[0], image)


def test_cut_fills_what_lies_outside():
    block = cut(np.arange(8).reshape(2, 2, 2), (-1, 0, 1), (3, 2, 2), 99)
    assert block.shape == (3, 2, 2)
    assert (block[0] == 99).all() and (block[:, :, 1] == 99).all()
    assert block[1, 0, 0] == 1 and block[2, 1, 0] == 7


def test_patches_are_reproducible_and_of_the_asked_size(tmp_path):
    cache_case(tmp_path, 2)
    pool = CasePool(tmp_path, (OAR_THORAX, CTV_NODES))
    for k in range(6):
        (a, la), (b, lb) = (draw_patch(pool, (48, 32, 64), np.random.default_rng(k)) for _ in range(2))
        assert a.shape == (48, 32, 64) and la.shape == (2, 3, *a.shape) and a.dtype == np.float32
        assert np.array_equal(a, b) and np.array_equal(la, lb)
    assert (la[:, 0] == OUTSIDE).mean() < 1 and 0.001 < (la[:, 2] != WHOLE).mean() < 0.1


def test_cases_that_show_a_favoured_class_are_drawn_more_often(tmp_path):
    for seed in range(12):
        classes = np.zeros((2, 2, 2), np.uint8)
        classes[0] = CTV_BREAST.index("Implant_R" if seed == 5 else "CTVp_Breast_L")
        save_case(tmp_path / f"{seed:06d}.npy", np.full((2, 2, 2), seed, np.int16), {CTV_BREAST.name: whole(classes)})
    pool, rng = CasePool(tmp_path, (CTV_BREAST,)), np.random.default_rng(1)
    drawn = [int(pool.draw(rng)[0][0, 0, 0]) for _ in range(2000)]
    # One of six favoured classes is shown by one case, the others by none.
    assert drawn.count(5) / 2000 == pytest.approx(0.3 / 6 + (1 - 0.3 / 6) / 12, abs=0.02)
    assert set(drawn) == set(range(12))
