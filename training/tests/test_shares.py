"""How much of a voxel a class fills."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from rondo_training.losses import class_weights, dice_and_cross_entropy
from rondo_training.phantom.case import finer_labels, make_case
from rondo_training.shares import FULL, classes_and_shares, truth_of, whole, whole_voxels
from rondo_training.tasks import CTV_BREAST, OAR_THORAX, TASKS

BODY, LUNG, HEART, LAD = (OAR_THORAX.index(name) for name in ("Body", "Lung_L", "Heart", "A_LAD"))


def one_voxel(centre: int, *eight: int) -> list[int]:
    return classes_and_shares(np.full((1, 1, 1), centre, np.uint8), np.array(eight, np.uint8).reshape(2, 2, 2), OAR_THORAX)[:, 0, 0, 0].tolist()


def test_a_voxel_holds_its_own_class_and_the_next_one():
    assert one_voxel(LUNG, *[LUNG] * 8) == [LUNG, LUNG, 0]
    assert one_voxel(LUNG, *[LUNG] * 6, *[BODY] * 2) == [LUNG, BODY, round(FULL / 4)]
    assert one_voxel(LUNG, *[LUNG] * 4, *[BODY] * 3, HEART) == [LUNG, BODY, round(FULL * 3 / 7)]
    # A centre just inside an edge that bends away from it.
    assert one_voxel(LUNG, *[BODY] * 8) == [LUNG, BODY, FULL]
    assert one_voxel(HEART, *[HEART] * 6, LAD, LAD)[2] == one_voxel(LAD, *[HEART] * 8)[2] == 0, "what is thinner than a voxel keeps whole voxels"


def test_shares_of_a_phantom_are_those_of_its_anatomy():
    case = make_case(2, "training")
    finer = finer_labels(case)
    for name, labels in case.labels.items():
        target = classes_and_shares(labels, finer[name], TASKS[name])
        assert np.array_equal(target[0], labels)
        shares = truth_of(torch.from_numpy(target[None]), len(TASKS[name].classes))[0].numpy()
        assert np.allclose(shares.sum(0), 1, atol=1e-6)
        for value in np.unique(labels)[1:]:
            exact = (finer[name] == value).sum() / 8
            if exact > 200 and TASKS[name].classes[value] not in TASKS[name].thin:
                assert shares[value].sum() == pytest.approx(exact, rel=0.02), TASKS[name].classes[value]
    # Grids that were not alike would put many centres beside what surrounds them.
    organs = case.labels[OAR_THORAX.name]
    around = np.stack([finer[OAR_THORAX.name][k::2, j::2, i::2] for k in (0, 1) for j in (0, 1) for i in (0, 1)])
    assert ((around == organs).sum(0) == 0).mean() < 1e-3


def test_a_sheet_keeps_its_place_between_voxels():
    """Interpolated and cut at a half, shares give a sheet of 4 mm back where whole voxels of 3 mm do not."""
    count, depth = 24, (np.arange(2 * 24) - 23.5) * 1.5
    place = 0.7 + 0.35 * depth[None, :]
    finer = np.where(np.abs(depth[:, None] - place) < 2, CTV_BREAST.index("CTVp_Chestwall_L"), 0).astype(np.uint8)[:, :, None].repeat(2, 2)
    centre = (np.arange(count) - 11.5) * 3
    labels = np.where(np.abs(centre[:, None] - 0.7 - 0.35 * centre[None]) < 2, CTV_BREAST.index("CTVp_Chestwall_L"), 0).astype(np.uint8)[:, :, None]
    fine = np.linspace(-30, 30, 601)
    truth = np.abs(fine[:, None] - 0.7 - 0.35 * centre[None]) < 2
    overlap = {}
    for name, target in (("whole", whole(labels)), ("shares", classes_and_shares(labels, finer, CTV_BREAST))):
        share = truth_of(torch.from_numpy(target[None]), len(CTV_BREAST.classes))[0, CTV_BREAST.index("CTVp_Chestwall_L"), :, :, 0].numpy()
        found = np.stack([np.interp(fine, centre, column) > 0.5 for column in share.T], 1)
        overlap[name] = 2 * (found & truth).sum() / (found.sum() + truth.sum())
    assert overlap["shares"] > 0.93 > 0.9 > overlap["whole"]


def test_the_loss_of_shares_is_least_where_they_are_met_and_the_usual_one_for_whole_voxels():
    torch.manual_seed(1)
    classes = len(CTV_BREAST.classes)
    target = torch.stack([torch.randint(0, classes, (2, 4, 6, 6)), torch.randint(0, classes, (2, 4, 6, 6)), torch.randint(0, 256, (2, 4, 6, 6))], 1).to(torch.uint8)
    truth, weights = truth_of(target, classes), class_weights(CTV_BREAST)
    logits = truth.clamp_min(1e-4).log()
    best = float(dice_and_cross_entropy(logits, truth, weights * 0 + 1))
    for factor in (0.5, 0.8, 1.25, 2.0):
        assert float(dice_and_cross_entropy(logits * factor, truth, weights * 0 + 1)) > best

    classed = target[:, 0].long()
    hard = truth_of(whole_voxels(target[:, None])[:, 0], classes)
    assert torch.equal(hard.argmax(1), classed)
    logits = torch.randn(2, classes, 4, 6, 6)
    probability = logits.softmax(1)
    axes = (0, 2, 3, 4)
    dice = (2 * (probability * hard).sum(axes) + 1) / (probability.sum(axes) + hard.sum(axes) + 1)
    usual = functional.cross_entropy(logits, classed, weight=weights) + (1 - dice[1:]).mean()
    assert float(dice_and_cross_entropy(logits, hard, weights)) == pytest.approx(float(usual), rel=1e-5)
