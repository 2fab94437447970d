"""How the network and its loss were chosen: `python -m rondo_training.variants`.

Trains variants of the network, of the loss and of the grid alike – same task, same steps, same cases, nothing learnt before – and
compares them on phantoms of the validation range, case by case. What is done already is not done again: its record lies in `variants/`, so
that the table can grow over several sessions and machines. Times of a step are measured for the table, in turn on one machine.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .dataset import fill_cache
from .evaluate import load_case, score
from .inference import segment
from .losses import Loss, cross_entropy, deep_loss, dice_and_cross_entropy, with_boundary
from .network import ResidualBlock, ResSEUNet, Shape, parameter_count
from .patches import patch_loader
from .phantom.case import MODEL_SPACING_MM, make_case
from .phantom.files import write_case
from .seeds import VALIDATION, parse_seeds
from .shares import whole_voxels
from .tasks import TASKS, Task
from .train import Plan, Trainer, run


class NoAttention(nn.Module):
    """A gate that is always open."""

    def forward(self, x: Tensor) -> Tensor:
        return x.new_ones(())


class ConvolutionalAttention(nn.Module):
    """A gate for every channel and one for every voxel, from means and maxima (CBAM: Woo 2018, arXiv 1807.06521)."""

    def __init__(self, channels: int, reduction: int):
        super().__init__()
        hidden = max(channels // reduction, 4)
        self.channels = nn.Sequential(nn.Conv3d(channels, hidden, 1), nn.ReLU(), nn.Conv3d(hidden, channels, 1))
        self.place = nn.Conv3d(2, 1, 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.channels(x.mean((2, 3, 4), keepdim=True)) + self.channels(x.amax((2, 3, 4), keepdim=True)))
        weighed = x * gate
        return gate * torch.sigmoid(self.place(torch.cat([weighed.mean(1, keepdim=True), weighed.amax(1, keepdim=True)], 1)))


class NonLocal(nn.Module):
    """Every place of the deepest grid looks at every other (non-local networks: Wang 2018, arXiv 1711.07971)."""

    def __init__(self, channels: int):
        super().__init__()
        self.query, self.key, self.value = (nn.Conv3d(channels, channels // 2, 1, bias=False) for _ in range(3))
        self.out = nn.Conv3d(channels // 2, channels, 1, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (part(x).flatten(2).transpose(1, 2) for part in (self.query, self.key, self.value))
        seen = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2)
        return x + self.out(seen.reshape(x.shape[0], -1, *x.shape[2:]))


def with_attention(gate: Callable[[int, int], nn.Module], shape: Shape) -> ResSEUNet:
    """The network with another gate in every residual block, made of its channels and the reduction."""
    network = ResSEUNet(shape)
    for block in network.modules():
        if isinstance(block, ResidualBlock):
            block.attention = gate(block.second.out_channels, shape.reduction)
    return network


def with_non_local(shape: Shape) -> ResSEUNet:
    """The network with squeeze-and-excitation, and a non-local block at its deepest grid."""
    network = ResSEUNet(shape)
    network.encoder[-1] = nn.Sequential(network.encoder[-1], NonLocal(shape.widths[-1]))
    return network


def focal_tversky_and_cross_entropy(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Missed voxels weigh more than false ones (0.7 to 0.3), bad classes more than good ones (Abraham 2019, arXiv 1810.07842)."""
    logits = logits.float()
    probability = logits.softmax(1)
    axes = (0, 2, 3, 4)
    overlap = (probability * truth).sum(axes)
    missed, false = ((1 - probability) * truth).sum(axes), (probability * (1 - truth)).sum(axes)
    present = truth.sum(axes) > 0
    present[0] = False
    index = (overlap + 1) / (overlap + 0.7 * missed + 0.3 * false + 1)
    entropy = cross_entropy(logits, truth, weights).sum() / (truth.sum(axes) @ weights)
    return entropy + ((1 - index)[present] ** 0.75).mean() if bool(present.any()) else entropy


@dataclass(frozen=True)
class Variant:
    """What differs from the first. All learn from whole voxels, as the models did when they were chosen."""

    title: str
    network: Callable[[Shape], ResSEUNet] = ResSEUNet
    loss_of: Loss = dice_and_cross_entropy
    depths: int = 3
    """How many output depths are learnt from."""
    widths: tuple[int, ...] = Shape.widths
    spacing_mm: float = MODEL_SPACING_MM

    def loss(self, outputs: list[Tensor], target: Tensor, tasks: tuple[Task, ...], _emphasised: float = 1.0) -> Tensor:
        """Too short a run to do without the weights of classes."""
        return deep_loss(outputs[: self.depths], whole_voxels(target), tasks, loss_of=self.loss_of)


BASELINE = "baseline"
VARIANTS = {
    BASELINE: Variant("squeeze-and-excitation, Dice + cross-entropy at three depths, whole voxels of 3 mm"),
    "no-attention": Variant("no squeeze-and-excitation", partial(with_attention, lambda channels, reduction: NoAttention())),
    "cbam": Variant("CBAM instead of squeeze-and-excitation", partial(with_attention, ConvolutionalAttention)),
    "non-local": Variant("a non-local block at the deepest grid as well", with_non_local),
    "focal-tversky": Variant("focal Tversky + cross-entropy", loss_of=focal_tversky_and_cross_entropy),
    "boundary": Variant("a boundary term as well", loss_of=with_boundary),
    "no-deep-supervision": Variant("learns from full size alone", depths=1),
    "narrow": Variant("two thirds of the channels", widths=(8, 20, 40, 64, 72)),
    "wide": Variant("four thirds of the channels", widths=(16, 44, 88, 128, 152)),
    "coarse": Variant("4 mm", spacing_mm=4.0),
    "fine": Variant("2.4 mm", spacing_mm=2.4),
}


@dataclass(frozen=True)
class Trial:
    """What all variants have in common."""

    task: Task
    plan: Plan
    patch: tuple[int, int, int]
    cases: int
    seeds: tuple[int, ...]

    def record(self) -> dict:
        """As plain values: results of another trial are not compared with those of this one."""
        return {"task": self.task.name, "steps": self.plan.steps, "batch": self.plan.batch, "rate": self.plan.learning_rate, "seed": self.plan.seed,
                "patch": list(self.patch), "cases": self.cases, "seeds": list(self.seeds)}


def try_variant(variant: Variant, trial: Trial, folder: Path, cache: Path, test_cases: Path) -> dict:
    """Train a variant and score it: parameters, and for each structure the DSC of each case (by seed)."""
    fill_cache(cache, range(trial.cases), processes=2, spacing_mm=variant.spacing_mm)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    trainer = Trainer(trial.plan, (trial.task,), device, cache, variant.widths, variant.network, variant.loss)
    run(trainer, patch_loader(cache, (trial.task,), trial.patch, trial.plan.seed, 0, trial.plan.batch, workers=1, most_cases=trial.cases), folder)
    network = trainer.average

    def logits(image: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(image).to(device)).cpu().numpy()

    scores: dict[str, dict[str, float]] = {}
    for seed in trial.seeds:
        case = test_cases / f"case-{seed}"
        if not (case / "phantom.json").exists():
            write_case(make_case(seed, "ct"), case, case.name)
        image, truth = load_case(case, trial.task)
        found = segment(image, logits, spacing_mm=(variant.spacing_mm,) * 3, patch=trial.patch)
        for name, result in score(trial.task, found, truth, image.GetSpacing()[::-1]).items():
            if "dsc" in result:
                scores.setdefault(name, {})[str(seed)] = result["dsc"]
    return {"trial": trial.record(), "parameters": parameter_count(network), "dsc": scores}


def seconds_per_step(variants: list[Variant], trial: Trial, rounds: int = 3) -> list[float]:
    """The least of some steps of each variant, in turn, so that other work on the machine slows none more than the others."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    classes = len(trial.task.classes)
    networks = [variant.network(Shape(classes, variant.widths)).to(device, memory_format=torch.channels_last_3d).train() for variant in variants]
    image = torch.randn(trial.plan.batch, 1, *trial.patch, device=device)
    target = torch.randint(classes, (trial.plan.batch, 1, 3, *trial.patch), dtype=torch.uint8, device=device)
    seconds = [float("inf")] * len(variants)
    for _ in range(rounds + 1):
        for index, (variant, network) in enumerate(zip(variants, networks, strict=True)):
            began = time.perf_counter()
            variant.loss(network(image), target, (trial.task,)).backward()
            if device.type == "cuda":
                torch.cuda.synchronize()
            seconds[index] = min(seconds[index], time.perf_counter() - began)
    return seconds


def table(results: dict[str, dict], seconds: list[float]) -> str:
    """Markdown: mean DSC of both sides of each structure, and how a variant does beside the baseline, case by case, with the standard error."""
    groups = sorted({_group(name) for result in results.values() for name in result["dsc"]})
    lines = ["| variant | parameters | time a step | " + " | ".join(f"`{group}`" for group in groups) + " | beside the first |", "|---|---|---|" + "---|" * (len(groups) + 1)]
    first = next(iter(results.values()))
    for result, each in zip(results.values(), seconds, strict=True):
        means = [np.mean([value for name, dsc in result["dsc"].items() if _group(name) == group for value in dsc.values()]) for group in groups]
        own, others = _case_means(result), _case_means(first)
        gains = np.array([own[seed] - others[seed] for seed in own])
        beside = "" if result is first else f"{gains.mean():+.3f} ± {gains.std(ddof=1) / len(gains) ** 0.5:.3f}"
        figures = [f"{result['parameters'] / 1e6:.2f} M", f"× {each / seconds[0]:.2f}", *(f"{mean:.3f}" for mean in means), beside]
        lines.append("| " + " | ".join([result["title"], *figures]) + " |")
    return "\n".join(lines)


def _group(name: str) -> str:
    """A structure without its side."""
    return name.removesuffix("_L").removesuffix("_R")


def _case_means(result: dict) -> dict[str, float]:
    """Mean DSC over the structures of each case."""
    seeds = sorted({seed for dsc in result["dsc"].values() for seed in dsc})
    return {seed: float(np.mean([dsc[seed] for dsc in result["dsc"].values() if seed in dsc])) for seed in seeds}


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_training.variants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", choices=list(VARIANTS), action="append", default=[], help="which to try; all by default, the baseline always")
    parser.add_argument("--task", choices=list(TASKS), default="oar-thorax")
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--batch", type=int, default=3)
    parser.add_argument("--patch", type=int, default=64, help="voxels along each side of a patch")
    parser.add_argument("--cases", type=int, default=120, help="training cases")
    parser.add_argument("--seeds", default="800000-800011", help="phantoms of the validation range to judge on")
    parser.add_argument("--cache", type=Path, default=Path("cache"), help="folder of generated cases; those of another spacing lie beside it")
    parser.add_argument("--cases-folder", type=Path, default=Path("test-cases"), help="folder of phantom cases to judge on; made when missing")
    parser.add_argument("--out", type=Path, default=Path("runs/variants"), help="folder of checkpoints and curves")
    parser.add_argument("--records", type=Path, default=Path("variants"), help="folder of what was found, a JSON for each variant")
    arguments = parser.parse_args()
    seeds = tuple(parse_seeds(arguments.seeds))
    if not all(seed in VALIDATION for seed in seeds):
        parser.error(f"--seeds: what chooses a network must be of the validation range, {VALIDATION.start}-{VALIDATION.stop - 1}")
    trial = Trial(TASKS[arguments.task], Plan(steps=arguments.steps, batch=arguments.batch), (arguments.patch,) * 3, arguments.cases, seeds)
    results = {}
    for name in dict.fromkeys([BASELINE, *(arguments.variant or VARIANTS)]):
        variant, folder, record = VARIANTS[name], arguments.out / name, arguments.records / f"{name}.json"
        if not record.exists() or json.loads(record.read_text())["trial"] != trial.record():
            began = time.monotonic()
            cache = arguments.cache if variant.spacing_mm == MODEL_SPACING_MM else arguments.cache.with_name(f"{arguments.cache.name}-{variant.spacing_mm:g}mm")
            result = try_variant(variant, trial, folder, cache, arguments.cases_folder)
            arguments.records.mkdir(parents=True, exist_ok=True)
            record.write_text(json.dumps(result, indent=1) + "\n")
            print(f"{name}: {(time.monotonic() - began) / 60:.1f} minutes", flush=True)
        results[name] = {**json.loads(record.read_text()), "title": variant.title}
    print(table(results, seconds_per_step([VARIANTS[name] for name in results], trial)))


if __name__ == "__main__":
    main()
