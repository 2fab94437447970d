"""Learning, resuming, tiling, metrics."""

import copy

import numpy as np
import pytest
import torch

from rondo_training.checkpoint import averaged_model
from rondo_training.dataset import CasePool, draw_patch, save_case
from rondo_training.inference import probabilities, tile_starts
from rondo_training.losses import class_weights, deep_loss
from rondo_training.manifest import card_text
from rondo_training.metrics import dice, hd95_mm
from rondo_training.patches import patch_loader
from rondo_training.phantom import make_case
from rondo_training.preprocessing import normalise
from rondo_training.shares import whole
from rondo_training.tasks import CTV_BREAST, CTV_NODES, OAR_THORAX
from rondo_training.train import Plan, Trainer, initial_weights, run

CPU = torch.device("cpu")
WIDTHS = (8, 16, 24, 24)
THORAX = (OAR_THORAX,)
BOTH = (OAR_THORAX, CTV_NODES)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    case = make_case(1, "training")
    # Every second voxel: a tiny chest is learnt in seconds.
    save_case(folder / "000001.npy", case.hu[::2, ::2, ::2], {task: whole(labels[::2, ::2, ::2]) for task, labels in case.labels.items()})
    return folder


def test_a_tiny_case_is_overfitted_in_a_few_steps(cache):
    hu, classes = draw_patch(CasePool(cache, THORAX), (48, 64, 64), np.random.default_rng(4))
    image = torch.from_numpy(normalise(hu))[None, None]
    target = torch.from_numpy(classes)[None]
    trainer = Trainer(Plan(steps=100, batch=1, learning_rate=6e-3, warmup_steps=5), THORAX, CPU, widths=WIDTHS)
    losses = [trainer.learn(image, target) for _ in range(35)]
    assert losses[-1] < 0.5 * losses[0]
    with torch.inference_mode():
        found = trainer.model.eval()(image)[0].argmax(0).numpy()
    assert dice(found > 0, classes[0, 0] > 0) > 0.9


def test_resuming_goes_on_as_if_nothing_had_happened(cache, tmp_path):
    def batches(first):
        return patch_loader(cache, BOTH, (16, 32, 32), 1, first, 2, 0)

    plan = Plan(steps=6, warmup_steps=2)
    straight = Trainer(plan, BOTH, CPU, cache, WIDTHS)
    run(straight, batches(0), tmp_path / "straight", log_steps=3)
    curve = (tmp_path / "straight" / "curve.csv").read_text().splitlines()
    assert curve[0] == "step,minutes,loss,rate" and [row.split(",")[0] for row in curve[1:]] == ["3", "6"]

    broken = Trainer(plan, BOTH, CPU, cache, WIDTHS)
    for (image, classes), _ in zip(batches(0), range(3)):
        broken.learn(image, classes)
    broken.save(tmp_path / "broken.pt")
    resumed = Trainer(plan, BOTH, CPU, cache, WIDTHS)
    resumed.resume(tmp_path / "broken.pt")
    assert resumed.step == 3
    run(resumed, batches(2 * resumed.step), tmp_path / "resumed")
    for name in ("model", "average"):
        a, b = getattr(straight, name).state_dict(), getattr(resumed, name).state_dict()
        assert all(torch.equal(a[key], b[key]) for key in a)
    checkpoint = tmp_path / "resumed" / "checkpoint.pt"
    image = torch.randn(1, 1, 16, 32, 32)
    with torch.inference_mode():
        whole = resumed.average(image).split([len(task.classes) for task in BOTH], 1)
        for task, logits in zip(BOTH, whole):
            single = averaged_model(checkpoint, task)
            # Processors round a convolution of fewer channels otherwise.
            torch.testing.assert_close(single(image), logits)
            # And a run for this task alone can begin with them.
            alone = Trainer(plan, (task,), CPU, widths=WIDTHS)
            alone.start_from(*initial_weights(checkpoint, (task,)))
            weights = alone.average.state_dict()
            assert all(torch.equal(weights[name], own) for name, own in single.state_dict().items()) and "after 6 steps" in alone.origin
    with pytest.raises(ValueError, match="not of ctv-breast"):
        averaged_model(checkpoint, CTV_BREAST)


def test_copies_that_share_no_memory_learn_as_those_that_do(cache):
    """As on several GPUs."""
    image, classes = next(iter(patch_loader(cache, THORAX, (16, 32, 32), 1, 0, 2, 0)))
    plan = Plan(steps=6, warmup_steps=2)
    shared, apart = (Trainer(plan, THORAX, CPU, widths=WIDTHS) for _ in range(2))
    apart.replicas = [apart.model, copy.deepcopy(apart.model)]
    for _ in range(3):
        assert shared.learn(image, classes) == pytest.approx(apart.learn(image, classes), rel=1e-5)
    for a, b in zip(shared.model.parameters(), apart.model.parameters()):
        assert torch.allclose(a, b, atol=1e-5)
    assert all(torch.equal(a, b) for a, b in zip(apart.model.parameters(), apart.replicas[1].parameters()))


def test_heads_that_the_loss_does_not_ask_are_left_alone(cache):
    image, classes = next(iter(patch_loader(cache, THORAX, (16, 32, 32), 1, 0, 2, 0)))
    trainer = Trainer(Plan(steps=6, batch=2), THORAX, CPU, widths=WIDTHS, loss=lambda outputs, *more: deep_loss(outputs[:1], *more))
    trainer.replicas = [trainer.model, copy.deepcopy(trainer.model)]
    before = copy.deepcopy(trainer.model.state_dict())
    assert np.isfinite(trainer.learn(image, classes))
    changed = {name for name, value in trainer.model.state_dict().items() if not torch.equal(value, before[name])}
    unasked = {name for name, part in trainer.model.named_parameters() if part.grad is None}
    assert changed and unasked and not changed & unasked


def test_weights_of_classes_fade_in_a_run_from_nothing_and_stay_at_half_where_weights_are_given(cache):
    image, classes = next(iter(patch_loader(cache, THORAX, (16, 32, 32), 1, 0, 1, 0)))
    used = []

    def loss(outputs, target, tasks, emphasised):
        used.append(emphasised)
        return deep_loss(outputs, target, tasks, emphasised)

    trainer = Trainer(Plan(steps=4, batch=1), THORAX, CPU, widths=WIDTHS, loss=loss)
    trainer.precision = torch.float32
    for _ in range(4):
        trainer.learn(image, classes)
    assert used == [1, 0.5, 0, 0]
    trainer.start_from(trainer.model.state_dict(), "somebody's model")
    trainer.step = 0
    trainer.learn(image, classes)
    assert used[4:] == [0.5]
    # Without them each class weighs alike, with them a small one more.
    outputs = trainer.model(image)
    small = classes.clone()
    small[:] = 0
    small[:, 0, 0] = OAR_THORAX.index("Esophagus")
    small[:, 0, 0, :8] = OAR_THORAX.index("Liver")
    assert not torch.isclose(deep_loss(outputs, small, THORAX, 1.0), deep_loss(outputs, small, THORAX, 0.0))


def test_what_is_thinner_than_a_voxel_keeps_its_weight():
    weights = dict(zip(OAR_THORAX.classes, class_weights(OAR_THORAX, 0.0).tolist()))
    assert weights.pop("A_LAD") == dict(zip(OAR_THORAX.classes, class_weights(OAR_THORAX).tolist()))["A_LAD"] > 1
    assert set(weights.values()) == {1}


def test_the_card_says_whose_weights_a_run_began_with(tmp_path):
    trainer = Trainer(Plan(batch=1), THORAX, CPU, widths=WIDTHS)
    trainer.start_from(trainer.model.state_dict(), "somebody's model")
    trainer.save(tmp_path / "checkpoint.pt")
    resumed = Trainer(Plan(batch=1), THORAX, CPU, widths=WIDTHS)
    resumed.resume(tmp_path / "checkpoint.pt")
    facts = {"name": "x", "task": "oar-thorax", "version": "1", "widths": (8, 16), "parameters": 1, "cases": 1, "steps": 1, "minutes": 1.0,
             "stored": "float16", "calibrated": 0, "files": [{"name": "model.onnx", "sha256": "0", "bytes": 1}]}
    assert "from the weights of somebody's model" in card_text({**facts, "origin": resumed.origin})
    plain = card_text({**facts, "origin": ""}).split("## Accuracy")[0].split("## Training")[1]
    assert "weights of" not in plain and "Offsets" not in plain
    assert "Offsets of the last layer were then chosen for overlap on 24 validation phantoms." in card_text({**facts, "origin": "", "calibrated": 24})


def test_weights_that_do_not_fit_are_refused():
    trainer = Trainer(Plan(batch=1), THORAX, CPU, widths=WIDTHS)
    with pytest.raises(ValueError, match="do not fit"):
        trainer.start_from({"stem.weight": trainer.model.state_dict()["stem.weight"]}, "nobody's model")


def test_tiles_cover_a_scan_and_blend_to_one():
    assert tile_starts(200, 96, 0.5) == [0, 35, 69, 104]
    assert tile_starts(50, 96) == [0]

    def run_tile(image):
        return np.stack([image[:, 0] * k for k in range(6)], 1)

    hu = np.random.default_rng(0).uniform(-900, 900, (20, 50, 33)).astype(np.float32)
    found = probabilities(hu, run_tile, patch=(16, 32, 48))
    exponent = np.exp(np.stack([normalise(hu) * k for k in range(6)]))
    assert found.shape == (6, 20, 50, 33)
    assert np.allclose(found, exponent / exponent.sum(0), atol=1e-5)


def test_metrics_of_known_shapes():
    a, b = np.zeros((20, 20, 20), bool), np.zeros((20, 20, 20), bool)
    a[5:10, 5:15, 5:15] = True
    b[7:12, 5:15, 5:15] = True
    assert dice(a, b) == pytest.approx(0.6)
    assert hd95_mm(a, b, (3.0, 1.0, 1.0)) == pytest.approx(6.0)
    assert hd95_mm(a, a, (3.0, 1.0, 1.0)) == 0
    empty = np.zeros_like(a)
    assert hd95_mm(a, empty, (1, 1, 1)) == float("inf") and hd95_mm(empty, empty, (1, 1, 1)) == 0
    assert dice(empty, empty) == 1 and dice(a, empty) == 0


def test_gradients_that_are_not_finite_never_reach_the_weights(cache, capsys):
    hu, classes = draw_patch(CasePool(cache, THORAX), (16, 32, 32), np.random.default_rng(4))
    image, target = torch.from_numpy(normalise(hu))[None, None], torch.from_numpy(classes)[None]
    trainer = Trainer(Plan(steps=9, batch=1), THORAX, CPU, widths=WIDTHS)
    trainer.precision = torch.bfloat16
    before = [weight.clone() for weight in trainer.model.parameters()]
    damaged = image.clone()
    damaged[..., 0, 0] = float("nan")
    with pytest.raises(FloatingPointError, match="step 0"):
        trainer.learn(damaged, target)
    assert all(torch.equal(weight, old) for weight, old in zip(trainer.model.parameters(), before))
    assert "going on in torch.float32" in capsys.readouterr().out
    assert trainer.precision == torch.float32 and np.isfinite(trainer.learn(image, target))
