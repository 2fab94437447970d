"""Train networks on digital phantoms.

`python -m rondo_training.train --minutes 240` makes all models from nothing: a network that learns all tasks at once takes
half of the time, then each task goes on alone from its weights. `--task` trains one network for one task, or with several
`--task` for these together.
"""

import argparse
import copy
import hashlib
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from .checkpoint import load_checkpoint, save_checkpoint, shape_record, task_weights
from .dataset import fill_cache
from .losses import EMPHASIS_GOING_ON, deep_loss, emphasis, with_boundary
from .network import ResSEUNet, Shape, parameter_count
from .patches import patch_loader
from .preprocessing import PATCH_ZYX
from .seeds import require_training_seed
from .tasks import TASKS, Tasks
from .weights import load_onnx_weights


CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn. Time decides when `minutes` is given, else the number of steps."""

    steps: int = 3000
    minutes: float | None = None
    learning_rate: float = 2e-3
    warmup_steps: int = 40
    weight_decay: float = 1e-4
    gradient_limit: float = 5.0
    average_decay: float = 0.993
    batch: int = 2
    seed: int = 1

    def progress(self, step: int, elapsed_s: float) -> float:
        """Share of the run that is done, 0..1."""
        return min(elapsed_s / (60 * self.minutes) if self.minutes else step / self.steps, 1.0)

    def rate(self, step: int, elapsed_s: float) -> float:
        """Learning rate: linear warm-up, then polynomial decay towards the end of the run."""
        return self.learning_rate * min((step + 1) / self.warmup_steps, 1.0) * max(1 - self.progress(step, elapsed_s), 0.002) ** 0.9


class Trainer:
    """The state of a run: weights, their running average, optimiser, step and time spent."""

    def __init__(
        self, plan: Plan, tasks: Tasks, device: torch.device, cache: Path = Path("cache"), widths: tuple[int, ...] = Shape.widths,
        network: Callable[[Shape], ResSEUNet] = ResSEUNet,
        loss: Callable[[list[torch.Tensor], torch.Tensor, Tasks, float], torch.Tensor] = partial(deep_loss, loss_of=with_boundary),
    ):
        self.cache, self.tasks, self.network, self.loss = cache, tasks, network, loss
        torch.manual_seed(plan.seed)
        self.plan, self.device = plan, device
        self.shape = shape = Shape(sum(len(task.classes) for task in tasks), widths)
        self.model = network(shape).to(device, memory_format=torch.channels_last_3d).train()
        self.average = copy.deepcopy(self.model).eval()
        self.replicas = self._replicate()
        self.pool = ThreadPoolExecutor(len(self.replicas))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), plan.learning_rate, weight_decay=plan.weight_decay)
        self.step, self.elapsed_s = 0, 0.0
        self.precision: torch.dtype | None = None
        self.origin = ""

    def _replicate(self) -> list[ResSEUNet]:
        """Copies of the network that each take a part of the batch: one on every GPU, or one for each patch up to one a core.

        On a CPU they share their weights. A core that works on a patch of its own never waits for another within the network,
        which on a machine with other work to do is several times faster than sharing each convolution.
        """
        if self.device.type == "cuda":
            others = [torch.device("cuda", index) for index in range(1, min(torch.cuda.device_count(), self.plan.batch))]
            return [self.model, *(copy.deepcopy(self.model).to(device) for device in others)]
        count = min(self.plan.batch, os.cpu_count() or 1)
        torch.set_num_threads(max((os.cpu_count() or 1) // count, 1))
        replicas = [copy.deepcopy(self.model) for _ in range(count)]
        for replica in replicas:
            for mine, shared in zip(replica.parameters(), self.model.parameters()):
                mine.data = shared.data
        return replicas

    def _hand_out(self) -> None:
        """The new weights, to the copies that do not share them."""
        for replica in self.replicas:
            for mine, new in zip(replica.parameters(), self.model.parameters()):
                if mine.data_ptr() != new.data_ptr():
                    mine.data.copy_(new.data)

    def _choose_precision(self, image: torch.Tensor, classes: torch.Tensor) -> torch.dtype:
        """bfloat16 where it gives this tile's gradients as float32 does, else float32.

        On processors with AVX-512 bf16, oneDNN leaves parts of some kernels' gradients unwritten when tiles are small: what
        the memory held before then goes into the weights.
        """
        with torch.random.fork_rng():
            probe = self.network(self.shape).to(self.device, memory_format=torch.channels_last_3d).train()
        kernels = [p for p in probe.parameters() if p.dim() == 5 and p.shape[-1] >= 3]
        gradients = {}
        for dtype in (torch.float32, torch.bfloat16):
            probe.zero_grad(set_to_none=True)
            self._gradients(probe, image[:1], classes[:1], 1.0, dtype)
            gradients[dtype] = [p.grad.clone() for p in kernels]
        # Rounding alone moves a kernel's gradient by up to 0.26 of its norm, unwritten memory by 0.8 and more.
        sound = all((b - a).norm() < 0.4 * a.norm() for a, b in zip(*gradients.values()))
        chosen = torch.bfloat16 if sound else torch.float32
        print(f"learning in {chosen}" + ("" if sound else ": this processor's bfloat16 gradients are wrong for this tile size"), flush=True)
        return chosen

    def _gradients(self, model: ResSEUNet, image: torch.Tensor, classes: torch.Tensor, share: float, dtype: torch.dtype) -> float:
        device = model.stem.weight.device
        image = image.to(device, memory_format=torch.channels_last_3d)
        with torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16):
            outputs = model(image)
        emphasised = EMPHASIS_GOING_ON if self.origin else emphasis(self.plan.progress(self.step, self.elapsed_s))
        loss = self.loss(outputs, classes.to(device), self.tasks, emphasised) * share
        loss.backward()
        return float(loss.detach())

    def start_from(self, weights: dict, origin: str) -> None:
        """Begin with given weights, for instance those of a released model; heads for training only may be absent.

        `origin` says in words whose weights they are: the model card repeats it. Weights for fewer classes are taken for the
        first ones; the others begin at random.
        """
        missing, unexpected = self.model.load_state_dict(_with_new_classes(weights, self.model.state_dict()), strict=False)
        if unexpected or any(not name.startswith("heads.") for name in missing):
            raise ValueError(f"weights do not fit the network: missing {missing}, unexpected {unexpected}")
        self.average.load_state_dict(self.model.state_dict())
        self._hand_out()
        self.origin = origin

    def learn(self, image: torch.Tensor, classes: torch.Tensor) -> float:
        """One step on a batch; returns the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.rate(self.step, self.elapsed_s)
        self.precision = self.precision or self._choose_precision(image, classes)
        loss, size = self._all_gradients(image, classes)
        if not math.isfinite(size) and self.precision != torch.float32:
            print(f"gradients that are not finite at step {self.step} in {self.precision}: going on in {torch.float32}", flush=True)
            self.precision = torch.float32
            loss, size = self._all_gradients(image, classes)
        if not math.isfinite(size):
            # The weights stay as they are: one such step would end all of them.
            raise FloatingPointError(f"gradients are not finite at step {self.step}: the learning rate may be too high, or a case damaged; the last checkpoint is whole")
        self.optimizer.step()
        self._hand_out()
        self.step += 1
        # A young average must not remember the random start.
        decay = min(self.plan.average_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.model.parameters()):
                kept.lerp_(new, 1 - decay)
        return loss

    def _all_gradients(self, image: torch.Tensor, classes: torch.Tensor) -> tuple[float, float]:
        """Gradients of a batch, at most as large as the plan allows; returns the loss and how large they were."""
        self.optimizer.zero_grad(set_to_none=True)
        parts = len(self.replicas)
        jobs = [self.pool.submit(self._gradients, replica, image[i::parts], classes[i::parts], len(image[i::parts]) / len(image), self.precision)
                for i, replica in enumerate(self.replicas)]
        loss = sum(job.result() for job in jobs)
        for replica in self.replicas:
            if replica is not self.model:
                for total, part in zip(self.model.parameters(), replica.parameters()):
                    # Heads that the loss does not ask have none.
                    if part.grad is None:
                        continue
                    own = part.grad.to(total.device)
                    total.grad = own if total.grad is None else total.grad + own
                    part.grad = None
        return loss, float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.gradient_limit))

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        save_checkpoint(
            path, tasks=[task.name for task in self.tasks], shape=shape_record(self.shape), step=self.step, elapsed_s=self.elapsed_s, origin=self.origin,
            cases=len(list(self.cache.glob("*.npy"))),
            model=self.model.state_dict(), average=self.average.state_dict(), optimizer=self.optimizer.state_dict(),
        )

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint of the same task and network shape."""
        state = load_checkpoint(path, self.device)
        if (state["tasks"], state["shape"]) != ([task.name for task in self.tasks], shape_record(self.shape)):
            raise ValueError(f"{path}: the checkpoint's tasks and network are {', '.join(state['tasks'])}, {state['shape']}")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._hand_out()
        self.step, self.elapsed_s, self.origin = state["step"], state["elapsed_s"], state.get("origin", "")


def run(trainer: Trainer, batches, out: Path, checkpoint_s: float = 120.0, log_steps: int = 20) -> None:
    """Learn until the plan is done; `batches` yields image and classes."""
    plan, losses = trainer.plan, []
    saved = began = time.monotonic()
    before = trainer.elapsed_s
    for image, classes in batches:
        losses.append(trainer.learn(image, classes))
        now = time.monotonic()
        trainer.elapsed_s = before + now - began
        done = plan.progress(trainer.step, trainer.elapsed_s) >= 1
        if trainer.step % log_steps == 0 or done:
            record = {"step": trainer.step, "minutes": round(trainer.elapsed_s / 60, 2), "loss": round(sum(losses) / len(losses), 4),
                      "rate": float(f"{plan.rate(trainer.step, trainer.elapsed_s):.3g}")}
            print(json.dumps(record), flush=True)
            _add_to_curve(out / "curve.csv", record)
            losses.clear()
        if done or now - saved > checkpoint_s:
            trainer.save(out / CHECKPOINT)
            saved = now
        if done:
            return


def _add_to_curve(path: Path, record: dict) -> None:
    """A row of the run's curve, with a heading where the file is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    heading = "" if path.exists() else ",".join(record) + "\n"
    with path.open("a") as file:
        file.write(heading + ",".join(map(str, record.values())) + "\n")


def initial_weights(source: Path, tasks: Tasks) -> tuple[dict, str]:
    """Weights to begin with, and in words whose they are: of a released model, or of a checkpoint that has learned these tasks."""
    if source.suffix == ".onnx":
        return load_onnx_weights(source), f"the model with SHA-256 {hashlib.sha256(source.read_bytes()).hexdigest()}"
    state = load_checkpoint(source)
    if len(tasks) == 1:
        weights = task_weights(state, tasks[0])
    elif state["tasks"] == [task.name for task in tasks]:
        weights = state["average"]
    else:
        raise ValueError(f"{source}: the checkpoint is of {', '.join(state['tasks'])}; start one task from it, or the same tasks")
    after = f", itself from the weights of {state['origin']}" if state["origin"] else ""
    return weights, f"a network for {', '.join(state['tasks'])} after {state['step']} steps{after}"


def train(tasks: Tasks, plan: Plan, out: Path, arguments: argparse.Namespace, start: Path | None) -> Path:
    """One run, from nothing, from the weights of `start`, or on from its own checkpoint; gives its checkpoint."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    trainer, checkpoint = Trainer(plan, tasks, device, arguments.cache), out / CHECKPOINT
    if arguments.resume and checkpoint.exists():
        trainer.resume(checkpoint)
    elif start is not None:
        trainer.start_from(*initial_weights(start, tasks))
    print(f"{out.name} on {device}; {parameter_count(trainer.model)} parameters; from step {trainer.step}", flush=True)
    if plan.progress(trainer.step, trainer.elapsed_s) < 1:
        first = trainer.step * plan.batch
        run(trainer, patch_loader(arguments.cache, tasks, PATCH_ZYX, plan.seed, first, plan.batch, arguments.workers), out)
    return checkpoint


def train_all(plan: Plan, arguments: argparse.Namespace) -> None:
    """All models: half of the work on one network for all tasks, then each task alone from its weights."""
    def part(share: float) -> Plan:
        return replace(plan, steps=max(int(plan.steps * share), 1), minutes=plan.minutes and plan.minutes * share)

    shared = train(tuple(TASKS.values()), part(0.5), arguments.out / "shared", arguments, arguments.start)
    for task in TASKS.values():
        # The shared weights know the anatomy already: a high rate would unlearn it.
        own = replace(part(0.5 / len(TASKS)), learning_rate=plan.learning_rate / 3)
        train((task,), own, arguments.out / task.name, arguments, shared)


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_training.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=list(TASKS), action="append", default=[], help="what to learn; all models by default")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder of the runs; each has a folder of its name in it")
    parser.add_argument("--cache", type=Path, default=Path("cache"), help="folder of generated cases")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoints in --out")
    parser.add_argument("--from", type=Path, dest="start", help="start with the weights of a model.onnx or checkpoint.pt")
    parser.add_argument("--minutes", type=float, help="time to train; decides the decay of the learning rate")
    parser.add_argument("--steps", type=int, default=Plan.steps, help="steps to train when --minutes is not given")
    parser.add_argument("--rate", type=float, default=Plan.learning_rate, help="highest learning rate")
    parser.add_argument("--batch", type=int, default=Plan.batch)
    parser.add_argument("--cases", type=int, default=200, help="cases that must exist before the first step")
    parser.add_argument("--growth", type=int, default=800, help="cases to add in the background while training")
    parser.add_argument("--workers", type=int, default=1, help="processes that cut and augment patches")
    parser.add_argument("--processes", type=int, default=2, help="processes that make cases")
    arguments = parser.parse_args()
    require_training_seed(arguments.cases + arguments.growth)

    plan = Plan(steps=arguments.steps, minutes=arguments.minutes, learning_rate=arguments.rate, batch=arguments.batch)
    fill_cache(arguments.cache, range(arguments.cases), arguments.processes)
    grower = subprocess.Popen([sys.executable, "-c", _GROW, str(arguments.cache), str(arguments.cases), str(arguments.growth)])
    try:
        if arguments.task:
            tasks = tuple(TASKS[name] for name in arguments.task)
            train(tasks, plan, arguments.out / "+".join(arguments.task), arguments, arguments.start)
        else:
            train_all(plan, arguments)
    finally:
        grower.terminate()


def _with_new_classes(weights: dict, wanted: dict) -> dict:
    """Weights whose heads are filled up to the wanted number of classes with the values that are there."""
    filled = dict(weights)
    for name, tensor in weights.items():
        if name.startswith("heads.") and len(tensor) < len(wanted[name]):
            filled[name] = torch.cat([tensor, wanted[name][len(tensor):].cpu()])
    return filled


# One process, kept out of the way of training; it ends with the run, also when the run is killed.
_GROW = """
import os, sys
from pathlib import Path
from rondo_training.dataset import cache_case
os.nice(15)
first, count, parent = int(sys.argv[2]), int(sys.argv[3]), os.getppid()
for seed in range(first, first + count):
    if os.getppid() != parent:
        break
    cache_case(Path(sys.argv[1]), seed)
"""


if __name__ == "__main__":
    main()
