"""Trained folders as nnU-Net v2 leaves them, of networks too small to be of use."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from short_training import train_shortly
from small_ct import CLASSES, SPACING_XYZ, small_ct

INTENSITY = {"max": 800.0, "mean": 12.5, "median": 30.0, "min": -1000.0, "percentile_00_5": -905.0, "percentile_99_5": 655.0, "std": 318.25}

RESAMPLING = {
    f"resampling_fn_{what}": "resample_data_or_seg_to_shape" for what in ("data", "seg", "probabilities")
} | {
    f"resampling_fn_{what}_kwargs": {"is_seg": what == "seg", "order": 3 if what == "data" else 1, "order_z": 0, "force_separate_z": None} for what in ("data", "seg", "probabilities")
}


@dataclass
class Recipe:
    """A trained folder to make. Lengths along the network's axes: z, y, x before `transpose`, or y, x."""

    architecture: str = "PlainConvUNet"
    patch: tuple[int, ...] = (24, 40, 36)
    strides: tuple[tuple[int, ...], ...] = ((1, 1, 1), (2, 2, 2), (1, 2, 2))
    labels: dict = field(default_factory=lambda: {name: number for number, name in enumerate(CLASSES)})
    regions_order: tuple[int, ...] | None = None
    transpose: tuple[int, int, int] = (0, 1, 2)
    normalization: str = "CTNormalization"
    reader: str = "SimpleITKIO"
    mirrored: tuple[int, ...] | None = (0, 1, 2)
    turned: bool = False
    """Learnt from images whose x and y grow to the right and the front."""
    folds: int = 1
    trainer: str = "nnUNetTrainer"
    configuration: str = "3d_fullres"
    plans_more: dict = field(default_factory=dict)
    configuration_more: dict = field(default_factory=dict)
    dataset_more: dict = field(default_factory=dict)


def make_trained_folder(recipe: Recipe, parent: Path) -> Path:
    """A folder `Trainer__Plans__configuration` with its folds."""
    folder = parent / f"{recipe.trainer}__nnUNetPlans__{recipe.configuration}"
    folder.mkdir(parents=True)
    plans, dataset = _plans(recipe), _dataset(recipe)
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_text(json.dumps(dataset))
    manager = PlansManager(plans)
    channels = manager.get_label_manager(dataset).num_segmentation_heads
    for fold in range(recipe.folds):
        torch.manual_seed(100 + fold)
        network = nnUNetTrainer.build_network_architecture(manager, manager.get_configuration(recipe.configuration), 1, channels, enable_deep_supervision=False)
        train_shortly(network, *_lesson(recipe), recipe.patch, recipe.regions_order is not None)
        (folder / f"fold_{fold}").mkdir()
        torch.save({
            "network_weights": network.state_dict(), "optimizer_state": {}, "grad_scaler_state": None, "logging": {"mean_fg_dice": [np.float64(0.5), np.float32(0.25)]},
            "_best_ema": np.float64(0.5), "current_epoch": 1000, "trainer_name": recipe.trainer, "inference_allowed_mirroring_axes": recipe.mirrored,
            "init_args": {"plans": plans, "configuration": recipe.configuration, "fold": fold, "dataset_json": dataset, "device": torch.device("cpu")},
        }, folder / f"fold_{fold}" / "checkpoint_final.pth")
    return folder


def _lesson(recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """The small CT, or one of its slices, as the network takes it; and what each channel is to tell."""
    hu, labels = small_ct()
    if recipe.turned:
        hu, labels = hu[:, ::-1, ::-1], labels[:, ::-1, ::-1]
    image = hu.astype(np.float32)
    if recipe.normalization == "CTNormalization":
        image = (np.clip(image, INTENSITY["percentile_00_5"], INTENSITY["percentile_99_5"]) - INTENSITY["mean"]) / INTENSITY["std"]
    named = recipe.labels.items()
    targets = np.stack([np.isin(labels, value) for name, value in named if name != "ignore" and not (recipe.regions_order and name == "background")])
    image, targets = image.transpose(recipe.transpose), targets.transpose(0, *(1 + axis for axis in recipe.transpose))
    if len(recipe.patch) == 2:
        image, targets = image[20], targets[:, 20]
    return np.ascontiguousarray(image), np.ascontiguousarray(targets)


def _plans(recipe: Recipe) -> dict:
    dimensions, stages = len(recipe.patch), len(recipe.strides)
    convolutions = "n_conv_per_stage" if recipe.architecture == "PlainConvUNet" else "n_blocks_per_stage"
    spacing = [SPACING_XYZ[::-1][axis] for axis in recipe.transpose][-dimensions:]
    configuration = {
        "data_identifier": "small", "preprocessor_name": "DefaultPreprocessor", "batch_size": 2, "patch_size": list(recipe.patch),
        "median_image_size_in_voxels": list(recipe.patch), "spacing": spacing, "normalization_schemes": [recipe.normalization], "use_mask_for_norm": [False],
        **RESAMPLING, "batch_dice": False,
        "architecture": {
            "network_class_name": f"dynamic_network_architectures.architectures.unet.{recipe.architecture}",
            "arch_kwargs": {
                "n_stages": stages, "features_per_stage": [8, 12, 12][:stages], "conv_op": f"torch.nn.modules.conv.Conv{dimensions}d",
                "kernel_sizes": [[3] * dimensions] * stages, "strides": [list(stride) for stride in recipe.strides], convolutions: [1] * stages,
                "n_conv_per_stage_decoder": [1] * (stages - 1), "conv_bias": True, "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{dimensions}d",
                "norm_op_kwargs": {"eps": 1e-05, "affine": True}, "dropout_op": None, "dropout_op_kwargs": None, "nonlin": "torch.nn.LeakyReLU", "nonlin_kwargs": {"inplace": True},
            },
            "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        },
        **recipe.configuration_more,
    }
    transpose = list(recipe.transpose)
    return {
        "dataset_name": "Dataset777_Small", "plans_name": "nnUNetPlans", "image_reader_writer": recipe.reader, "transpose_forward": transpose,
        "transpose_backward": [transpose.index(axis) for axis in range(3)], "original_median_spacing_after_transp": spacing, "original_median_shape_after_transp": list(recipe.patch),
        "configurations": {recipe.configuration: configuration}, "experiment_planner_used": "ExperimentPlanner", "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {"0": INTENSITY}, **recipe.plans_more,
    }


def _dataset(recipe: Recipe) -> dict:
    order = {} if recipe.regions_order is None else {"regions_class_order": list(recipe.regions_order)}
    return {"channel_names": {"0": "CT"}, "labels": recipe.labels, "numTraining": 12, "file_ending": ".nii.gz", "name": "Small", "licence": "CC-BY-4.0", **order, **recipe.dataset_more}
