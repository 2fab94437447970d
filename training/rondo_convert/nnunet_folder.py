"""The folder that nnU-Net v2 leaves after training: plans.json, dataset.json, fold_N/checkpoint_final.pth."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from nnunetv2.utilities.find_objects import recursive_find_trainer_class_by_name
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager, PlansManager
from torch import nn

from .refusal import Refusal

NETWORK_PACKAGES = ("dynamic_network_architectures.", "nnunetv2.", "torch.nn.")
"""Where the classes named in plans.json may come from: nothing else is imported at a file's word."""

NUMPY_VALUES = [np.dtype, np.float32, np.float64, np.int64, type(np.dtype("float32")), type(np.dtype("float64")), type(np.dtype("int64"))]
"""What checkpoints hold beside tensors: the loss of each epoch."""


@dataclass(frozen=True)
class TrainedFolder:
    """A trained model's folder, read and not yet judged."""

    folder: Path
    configuration_name: str
    plans: PlansManager
    configuration: ConfigurationManager
    dataset: dict

    @property
    def plans_file(self) -> Path:
        return self.folder / "plans.json"

    @property
    def dataset_file(self) -> Path:
        return self.folder / "dataset.json"


def read_trained_folder(folder: Path, configuration: str | None) -> TrainedFolder:
    """Raises: Refusal when a file is missing or damaged, or the configuration is not in the plans."""
    plans, dataset = _json(folder / "plans.json"), _json(folder / "dataset.json")
    known = list(plans.get("configurations", {}))
    name = configuration or folder.resolve().name.split("__")[-1]
    if name not in known:
        raise Refusal(f"There is no configuration {name!r}; the plans hold {', '.join(known)}", folder / "plans.json", "give --configuration")
    manager = PlansManager(plans)
    return TrainedFolder(folder, name, manager, manager.get_configuration(name), dataset)


def _json(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as cause:
        raise Refusal(
            f"{path.name} cannot be read: {cause}", path,
            "give --model the folder that nnUNetv2_train wrote (Trainer__Plans__configuration, with plans.json, dataset.json and fold_0)",
        ) from cause


def read_checkpoint(path: Path) -> dict:
    """A checkpoint's weights and notes. Pickled code in it is not run.

    Raises:
        Refusal: the file is missing, damaged, or holds more than tensors and plain values.
    """
    try:
        with torch.serialization.safe_globals([*NUMPY_VALUES, (np._core.multiarray.scalar, "numpy.core.multiarray.scalar"), np._core.multiarray.scalar]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as cause:
        raise Refusal("The fold has no final checkpoint", path, "give --folds those that were trained to the end") from cause
    except Exception as cause:
        raise Refusal(f"The checkpoint cannot be read as tensors and plain values: {str(cause).splitlines()[0]}", path, "copy it again from where it was trained") from cause


def network_builder(trained: TrainedFolder, checkpoint: dict, path: Path, channels: int) -> Callable[[], nn.Module]:
    """The network of one checkpoint, built when called, as its trainer builds it."""

    def build() -> nn.Module:
        network = _empty_network(trained, checkpoint["trainer_name"], channels)
        try:
            network.load_state_dict(checkpoint["network_weights"])
        except RuntimeError as cause:
            raise Refusal(f"The weights do not fit the network of the plans: {str(cause).splitlines()[-1].strip()}", path, "give the plans.json that the network was trained with") from cause
        return network

    return build


def _empty_network(trained: TrainedFolder, trainer_name: str, channels: int) -> nn.Module:
    architecture = trained.configuration.configuration["architecture"]
    named = [architecture["network_class_name"], *(architecture["arch_kwargs"].get(key) for key in architecture["_kw_requires_import"])]
    foreign = [name for name in named if name is not None and not name.startswith(NETWORK_PACKAGES)]
    if foreign:
        raise Refusal(f"The network is made of {foreign[0]}, which is neither nnU-Net's nor PyTorch's", trained.plans_file, "export it to ONNX yourself and write its manifest (docs/models.md)")
    try:
        trainer = recursive_find_trainer_class_by_name(trainer_name)
    except RuntimeError as cause:
        raise Refusal(f"The trainer {trainer_name} is not part of nnU-Net here", trained.folder, "set nnUNet_extTrainer to the folder that holds it") from cause
    return trainer.build_network_architecture(trained.plans, trained.configuration, 1, channels, enable_deep_supervision=False)
