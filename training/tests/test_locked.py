"""The locked test set: who is in it, and that nobody else may see it."""

import json
from collections import Counter

import pytest

from rondo_training.locked import DEGRADED, GROUPS, MASTECTOMY, SMALL_BREAST, SMALL_CM3, group_of, locked_cases
from rondo_training.phantom import __main__ as command
from rondo_training.phantom import Grid, Scan, draw_scan, make_case
from rondo_training.phantom.anatomy import Frame, draw_anatomy
from rondo_training.phantom.scan import draw_quality
from rondo_training.phantom.breasts import draw_breasts
from rondo_training.phantom.files import treated, write_case
from rondo_training.seeds import LOCKED_TEST, LockedSeedError, require_training_seed


@pytest.fixture(scope="module")
def cases():
    return locked_cases(200)


def test_the_set_is_balanced_and_so_is_every_beginning_of_it(cases):
    assert Counter(c.group for c in cases) == {MASTECTOMY: 67, SMALL_BREAST: 67, DEGRADED: 66}
    assert locked_cases(8) == cases[:8] and Counter(c.group for c in cases[:30]) == dict.fromkeys(GROUPS, 10)
    assert len({c.seed for c in cases}) == 200


def test_every_case_is_locked_operated_and_has_the_arms_up(cases):
    for case in cases:
        assert case.seed in LOCKED_TEST
        with pytest.raises(LockedSeedError):
            require_training_seed(case.seed)
        anatomy = draw_anatomy(case.seed)
        assert anatomy.female and anatomy.arms_up and treated(anatomy) is not None
    sides = Counter(treated(draw_anatomy(c.seed))["side"] for c in cases)
    assert min(sides.values()) > 80, "both sides are treated"


def test_the_groups_are_what_they_are_called(cases):
    for case in cases[:30]:
        anatomy = draw_anatomy(case.seed)
        grade = case.scan().quality.grade
        assert (grade == "degraded") == (case.group == DEGRADED) and grade == draw_quality(case.seed).grade
        if case.group == MASTECTOMY:
            assert treated(anatomy)["surgery"] == "mastectomy"
        if case.group == SMALL_BREAST:
            assert all(breast.volume() < SMALL_CM3 for breast in draw_breasts(anatomy, Frame(anatomy)))
            assert treated(anatomy)["surgery"] == "conserving"


def test_the_scan_covers_breasts_and_axillae(cases):
    for case in cases[:60]:
        anatomy = draw_anatomy(case.seed)
        grid, drawn = case.scan().grid, draw_scan(case.seed, anatomy, "ct", "thorax").grid
        assert grid.origin_mm[2] < -50 and grid.axis(2)[-1] >= anatomy.apex_z + 50
        assert all(breast.reach()[0][2] - 20 >= grid.origin_mm[2] for breast in draw_breasts(anatomy, Frame(anatomy)))
        assert grid.size[2] >= drawn.size[2] and grid.axis(2)[-1] >= drawn.axis(2)[-1] - 0.01


def test_men_and_women_with_arms_down_are_left_out():
    left_out = [seed for seed in range(LOCKED_TEST.start, LOCKED_TEST.start + 40) if not draw_anatomy(seed).female or not draw_anatomy(seed).arms_up]
    assert left_out and not any(group_of(seed) for seed in left_out)


def test_the_folder_says_group_side_and_surgery(cases, tmp_path):
    case = cases[0]
    anatomy = draw_anatomy(case.seed)
    coarse = Scan(Grid((30, 24, 20), (18.0, 18.0, 16.0), (-260.0, -220.0, -100.0)), draw_quality(case.seed, slice_mm=16.0))
    write_case(make_case(case.seed, "ct", anatomy, coarse), tmp_path, "case-1", group=case.group)
    record = json.loads((tmp_path / "phantom.json").read_text())
    assert record["group"] == "mastectomy" and record["treated"]["surgery"] == "mastectomy" and record["treated"]["side"] in "LR"


def test_a_man_has_nothing_treated():
    man = next(seed for seed in range(100) if not draw_anatomy(seed).female)
    assert treated(draw_anatomy(man)) is None


def test_a_folder_made_for_another_reason_is_made_anew(tmp_path, monkeypatch):
    made = []

    def pretend(_case, folder, _name, group=None):
        made.append(group)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "phantom.json").write_text(json.dumps({"group": group} if group else {}))

    monkeypatch.setattr(command, "make_case", lambda *_: None)
    monkeypatch.setattr(command.LockedCase, "make", lambda _: None)
    monkeypatch.setattr(command, "write_case", pretend)
    for group in (None, None, DEGRADED, DEGRADED):
        assert command.write(tmp_path, LOCKED_TEST.start, group) == tmp_path / f"case-{LOCKED_TEST.start}"
    assert made == [None, DEGRADED]
