import numpy as np
import pytest
import SimpleITK as sitk
import torch

from rondo_training.dataset import open_case, save_case
from rondo_training.evaluate import SCORED_ML_OTHERS
from rondo_training.losses import class_weights, dice_and_cross_entropy
from rondo_training.network import ResSEUNet, Shape, parameter_count
from rondo_training.phantom import make_case
from rondo_training.shares import truth_of, whole
from rondo_training.tasks import CTV_NODES
from rondo_training.train import Plan
from rondo_training.variants import BASELINE, VARIANTS, Trial, focal_tversky_and_cross_entropy, main, seconds_per_step, table, try_variant, with_boundary

WIDTHS = (8, 16, 24, 24)
PATCH = (16, 32, 32)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Two cases on a grid so coarse that a step takes no time."""
    folder = tmp_path_factory.mktemp("cache")
    for seed in range(2):
        case = make_case(seed, "training")
        save_case(folder / f"{seed:06d}.npy", case.hu[::2, ::2, ::2], {task: whole(labels[::2, ::2, ::2]) for task, labels in case.labels.items()})
    return folder


@pytest.fixture(scope="module")
def test_cases(cache, tmp_path_factory):
    """The first of them as a phantom folder, of half its size."""
    folder = tmp_path_factory.mktemp("cases")
    (folder / "case-800000").mkdir()
    hu, (labels,) = open_case(cache / "000000.npy", (CTV_NODES,))
    for name, volume in (("ct", hu), (CTV_NODES.name, labels[0])):
        image = sitk.GetImageFromArray(np.ascontiguousarray(volume))
        image.SetSpacing((3.0, 3.0, 3.0))
        sitk.WriteImage(image, str(folder / "case-800000" / f"{name}.nii.gz"))
    (folder / "case-800000" / "phantom.json").write_text("{}")
    return folder


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_is_a_network_that_learns(name):
    variant = VARIANTS[name]
    torch.manual_seed(5)
    network = variant.network(Shape(len(CTV_NODES.classes), WIDTHS)).train()
    image, target = torch.randn(2, 1, *PATCH), torch.randint(0, len(CTV_NODES.classes), (2, 1, 3, *PATCH), dtype=torch.uint8)
    loss = variant.loss(network(image), target, (CTV_NODES,))
    loss.backward()
    learnt = [parameter for key, parameter in network.named_parameters() if variant.depths == 3 or not key.startswith("heads.")]
    assert torch.isfinite(loss) and all(torch.isfinite(parameter.grad).all() for parameter in learnt)
    assert network.eval()(image).shape == (2, len(CTV_NODES.classes), *PATCH)


def test_gates_are_what_their_names_say():
    count = {name: parameter_count(variant.network(Shape(13, variant.widths))) for name, variant in VARIANTS.items()}
    assert count["no-attention"] < count[BASELINE] < count["cbam"] < count["non-local"]
    assert count["narrow"] < 0.5 * count[BASELINE] and count["wide"] > 1.6 * count[BASELINE]
    torch.manual_seed(1)
    network = VARIANTS["non-local"].network(Shape(13, WIDTHS)).eval()
    plain = ResSEUNet(Shape(13, WIDTHS)).eval()
    plain.load_state_dict({key.replace("encoder.2.0.", "encoder.2."): value for key, value in network.state_dict().items() if "encoder.2.1." not in key})
    image = torch.randn(1, 1, *PATCH)
    assert torch.equal(network(image), plain(image)), "a non-local block begins as if it were not there"


@pytest.mark.parametrize("loss", [focal_tversky_and_cross_entropy, with_boundary])
def test_losses_fall_with_truth_and_mind_what_they_are_for(loss):
    weights = class_weights(CTV_NODES)
    count = len(CTV_NODES.classes)
    target = torch.zeros(1, *PATCH, dtype=torch.long)
    target[:, 4:12, 8:20, 8:20] = 1

    truth = torch.nn.functional.one_hot(target, count).movedim(-1, 1).float()

    def of(marked, loss=loss):
        return float(loss(8.0 * torch.nn.functional.one_hot(marked, count).movedim(-1, 1).float(), truth, weights))

    small, large = torch.zeros_like(target), torch.zeros_like(target)
    small[:, 5:11, 9:19, 9:19] = 1
    large[:, 3:13, 7:21, 7:21] = 1
    assert of(target) < 0.1 < of(small)
    if loss is focal_tversky_and_cross_entropy:
        # A shell missed and as many voxels marked in vain.
        vain = target.clone()
        vain.view(-1)[:int((target - small).sum())] = 1
        assert of(small) > of(vain)
    else:
        assert of(large) > 1.5 * of(large, dice_and_cross_entropy)


def test_a_trial_is_scored_case_by_case_and_tabled(cache, test_cases, tmp_path):
    trial = Trial(CTV_NODES, Plan(steps=2, warmup_steps=1, batch=1), PATCH, 2, (800_000,))
    result = try_variant(VARIANTS["no-attention"], trial, tmp_path / "run", cache, test_cases)
    assert (tmp_path / "run" / "curve.csv").exists() and result["trial"]["seeds"] == [800_000]
    assert all(0 <= value < 0.5 for dsc in result["dsc"].values() for value in dsc.values())
    counts = np.bincount(open_case(cache / "000000.npy", (CTV_NODES,))[1][0][0].ravel(), minlength=len(CTV_NODES.classes))
    large_enough = {name for name, count in zip(CTV_NODES.classes[1:], counts[1:]) if count * 0.027 >= SCORED_ML_OTHERS}
    assert set(result["dsc"]) == large_enough and len(large_enough) >= 4

    better = {**result, "title": "better", "dsc": {"CTVn_L1_L": {"1": 0.75, "2": 0.85}, "CTVn_L1_R": {"2": 0.95}}}
    worse = {**better, "title": "worse", "dsc": {"CTVn_L1_L": {"1": 0.7, "2": 0.7}, "CTVn_L1_R": {"2": 0.9}}}
    rows = table({"a": better, "b": worse}, [0.5, 0.6]).splitlines()
    assert rows[0].count("|") == rows[1].count("|") == rows[3].count("|")
    assert "| 0.850 |" in rows[2] and "× 1.20 | 0.767 | -0.075 ± 0.025 |" in rows[3]


def test_each_variant_is_timed():
    seconds = seconds_per_step([VARIANTS["narrow"], VARIANTS["no-deep-supervision"]], Trial(CTV_NODES, Plan(steps=2, batch=1), (32, 32, 32), 2, (800_000,)), rounds=1)
    assert len(seconds) == 2 and all(0 < each < float("inf") for each in seconds)


def test_what_was_found_is_kept_and_not_done_again(monkeypatch, tmp_path, capsys):
    made = []

    def found(variant, trial, *_):
        made.append(variant.title)
        return {"trial": trial.record(), "parameters": 10, "dsc": {"Heart": {"1": 0.9, "2": 0.8}}}

    monkeypatch.setattr("rondo_training.variants.try_variant", found)
    monkeypatch.setattr("rondo_training.variants.seconds_per_step", lambda variants, trial: [1.0] * len(variants))
    command = ["variants", "--variant", "cbam", "--records", str(tmp_path / "records")]
    for _ in range(2):
        monkeypatch.setattr("sys.argv", command)
        main()
    assert made == [VARIANTS[BASELINE].title, VARIANTS["cbam"].title]
    assert sorted(path.name for path in (tmp_path / "records").iterdir()) == ["baseline.json", "cbam.json"]
    monkeypatch.setattr("sys.argv", [*command, "--steps", "3"])
    main()
    assert len(made) == 4 and "CBAM" in capsys.readouterr().out


def test_a_locked_case_chooses_no_network(monkeypatch):
    monkeypatch.setattr("sys.argv", ["variants", "--seeds", "900000-900003"])
    with pytest.raises(SystemExit):
        main()
