"""nnU-Net v2 to Rondo: `python -m rondo_convert.nnunet --model <trained folder> --folds 0 1 --name my-model --out folder`."""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager
from torch import nn

from .conversion import KINDS_OF_DATA, WIDEST_HU, Conversion, Grid, Identity, Intensity, Mirroring, Output, Tiling, checked_identity, checked_orientation
from .folder import write_and_report
from .nnunet_folder import TrainedFolder, network_builder, read_checkpoint, read_trained_folder
from .refusal import Refusal, run_command
from .structure_names import read_names, side_pairs, sided, structures_of

TILING = Tiling("nnunet", 0.5)
"""nnU-Net's step is half a tile."""

CHECKPOINT = "checkpoint_final.pth"

DEFAULT_RESAMPLING = {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}
"""What Rondo does as nnU-Net: cubic splines, thick slices taken as they are, logits back linearly."""

READERS = {"SimpleITKIO": "LPS", "NibabelIO": "LPS", "NibabelIOWithReorient": "RAS"}
"""How images lie that each reader hands on. The first two do not turn anything, so what counts is how the training files lay."""

REGION_NOTE = (
    "The network was trained on regions that overlap. nnU-Net paints them over each other in the order of regions_class_order and gives each voxel one label; "
    "Rondo gives every region as a structure of its own, overlapping the others."
)
SIDES_WARNING = (
    "It was trained on images flipped from left to right in which nothing changed its name, as nnU-Net does it, and yet it tells sides apart: {names}. "
    "Look at every case whether they are on the right side; train with nnUNetTrainerNoMirroring, or with a trainer that swaps the labels (--sides-swapped)."
)
CROP_NOTE = "nnU-Net first cuts off borders whose HU are exactly 0; Rondo does not. CT has air there, so this is nothing unless the scanner pads with 0."


class _Axial(nn.Module):
    """A network trained with its axes in another order, given z, y, x."""

    def __init__(self, network: nn.Module, order: list[int]) -> None:
        super().__init__()
        self.network = network
        self.forth = [0, 1, *(2 + axis for axis in order)]
        self.back = [0, 1, *(2 + order.index(axis) for axis in range(len(order)))]

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.network(image.permute(self.forth)).permute(self.back)


def convert(
    trained: TrainedFolder, identity: Identity, folds: list[str], names: dict[str, str] | None, orientation: str | None,
    sides_swapped: bool = False, tiling: Tiling = TILING, averaged: bool = True, notes: tuple[str, ...] = (),
) -> Conversion:
    """A trained folder as Rondo is to run it.

    `sides_swapped`: its trainer exchanged left and right labels whenever it flipped x. `averaged`: logits are averaged over the flips
    that it was trained on, as nnU-Net does.

    Raises:
        Refusal: something in it that Rondo cannot do, or that is missing.
    """
    _check_expressible(trained)
    reader = trained.plans.plans.get("image_reader_writer", "")
    if reader not in READERS:
        raise Refusal(f"Images were read by {reader!r}, expected one of {', '.join(READERS)}", trained.plans_file, "export the network to ONNX yourself and write its manifest (docs/models.md)")
    order = _spatial_order(trained)
    output = _output(trained, names)
    paths = [trained.folder / f"fold_{fold}" / CHECKPOINT for fold in folds]
    checkpoints = [read_checkpoint(path) for path in paths]
    mirroring = _mirroring(checkpoints[0], order, output, sides_swapped, averaged, trained.dataset_file)
    dataset, manager = trained.dataset, trained.plans
    return Conversion(
        identity=identity,
        task=str(dataset.get("description") or dataset.get("name") or manager.dataset_name),
        architecture=f"nnU-Net {trained.configuration.network_arch_class_name.split('.')[-1]}",
        training_data=f"{dataset.get('name') or manager.dataset_name}.",
        cases=_cases(trained),
        grid=_grid(trained, order, checked_orientation(orientation or READERS[reader], trained.folder)),
        output=output,
        tiling=tiling,
        mirroring=mirroring,
        networks=[_in_order(network_builder(trained, checkpoint, path, output.channels), order) for checkpoint, path in zip(checkpoints, paths)],
        origin=f"nnU-Net v2, configuration {trained.configuration_name}, trainer {checkpoints[0]['trainer_name']}, plans {manager.plans_name}, fold{'s' if len(folds) > 1 else ''} {', '.join(folds)}.",
        notes=[
            *notes, CROP_NOTE, *([REGION_NOTE] if output.activation == "sigmoid" else []),
            "nnU-Net adds the logits of overlapping tiles in 16 bit: where two classes are as likely as each other, a voxel in thousands may differ.",
        ],
        warnings=_side_warnings(mirroring, output),
    )


def _check_expressible(trained: TrainedFolder) -> None:
    configuration, plans, dataset = trained.configuration, trained.plans.plans, trained.dataset
    by_hand = "export the network to ONNX yourself and write its manifest (docs/models.md)"
    channels = dataset.get("channel_names") or dataset.get("modality") or {}
    if len(channels) != 1:
        raise Refusal(f"The network takes {len(channels)} images ({', '.join(map(str, channels.values()))}), expected one CT", trained.dataset_file, "Rondo contours a CT alone: train on CT only")
    if configuration.previous_stage_name is not None:
        raise Refusal(
            f"Configuration {trained.configuration_name} is the second stage of a cascade: it also takes what {configuration.previous_stage_name} found", trained.plans_file,
            "convert 3d_fullres, 3d_lowres or 2d",
        )
    scheme = configuration.normalization_schemes[0]
    if scheme not in ("CTNormalization", "NoNormalization"):
        raise Refusal(
            f"Intensities are normalised by {scheme}, which depends on each image; expected CTNormalization or NoNormalization", trained.plans_file,
            "train with channel_names {\"0\": \"CT\"}, so that HU keep their meaning",
        )
    preprocessor = configuration.preprocessor_name
    if preprocessor != "DefaultPreprocessor":
        raise Refusal(f"Images are prepared by {preprocessor}, expected DefaultPreprocessor", trained.plans_file, by_hand)
    manager = plans.get("label_manager", "LabelManager")
    if manager != "LabelManager":
        raise Refusal(f"Labels are managed by {manager}, expected LabelManager", trained.plans_file, by_hand)


def _spatial_order(trained: TrainedFolder) -> list[int]:
    """The network's axes as positions in z, y, x; in 2D, in y, x."""
    forward = [int(axis) for axis in trained.plans.transpose_forward]
    if len(trained.configuration.patch_size) == 3:
        return forward
    if forward[0] != 0:
        raise Refusal(f"The 2D network sees slices across the {'zyx'[forward[0]]} axis (transpose_forward {forward}), expected axial ones", trained.plans_file, "convert a 3D configuration")
    return [axis - 1 for axis in forward[1:]]


def _in_order(build: Callable[[], nn.Module], order: list[int]) -> Callable[[], nn.Module]:
    return build if order == sorted(order) else lambda: _Axial(build(), order)


def _grid(trained: TrainedFolder, order: list[int], orientation: str) -> Grid:
    configuration = trained.configuration
    rule = _intensity(trained)
    spacing, patch = ([float(values[order.index(axis)]) for axis in reversed(range(len(order)))] for values in (configuration.spacing, configuration.patch_size))
    return Grid(
        spacing_mm=tuple(spacing),
        patch=tuple(map(int, [*patch, 1][:3])),
        orientation=orientation,
        axes="zyx",
        intensity=rule,
        # Tiles that reach beyond the image hold 0 there after normalisation.
        outside_hu=rule.mean,
        resampling="nnunet" if _is_resampled_by_default(configuration) else "triangle",
    )


def _is_resampled_by_default(configuration: ConfigurationManager) -> bool:
    values = configuration.configuration
    return all(
        values[f"resampling_fn_{what}"] == "resample_data_or_seg_to_shape"
        and {**DEFAULT_RESAMPLING, **values[f"resampling_fn_{what}_kwargs"]} == {**DEFAULT_RESAMPLING, "order": order}
        for what, order in (("data", 3), ("probabilities", 1))
    )


def _intensity(trained: TrainedFolder) -> Intensity:
    if trained.configuration.normalization_schemes[0] == "NoNormalization":
        return Intensity(*WIDEST_HU, 0.0, 1.0)
    try:
        found = trained.plans.foreground_intensity_properties_per_channel["0"]
        return Intensity(*(float(found[key]) for key in ("percentile_00_5", "percentile_99_5", "mean")), max(float(found["std"]), 1e-8))
    except KeyError as missing:
        raise Refusal(f"The plans hold no {missing} of the CT's intensities", trained.plans_file, "give the plans.json of the trained folder, not one of another tool") from missing


def _output(trained: TrainedFolder, names: dict[str, str] | None) -> Output:
    manager = trained.plans.get_label_manager(trained.dataset)
    file = trained.dataset_file
    labels = {str(label): value for label, value in trained.dataset["labels"].items() if label not in ("background", "ignore")}
    if manager.has_regions:
        channels = {label: channel for channel, label in enumerate(labels)}
        return Output("sigmoid", len(channels), structures_of(channels, names, True, file))
    numbers = {label: int(value[0] if isinstance(value, list) else value) for label, value in labels.items()}
    if sorted(numbers.values()) != list(range(1, len(numbers) + 1)):
        raise Refusal(f"Labels are {sorted(numbers.values())}, expected 1 to {len(numbers)} without a gap", file, "nnU-Net demands this too; give the dataset.json of the trained folder")
    return Output("softmax", len(numbers) + 1, structures_of(numbers, names, False, file))


def _mirroring(checkpoint: dict, order: list[int], output: Output, sides_swapped: bool, averaged: bool, file: Path) -> Mirroring:
    letters = "zyx"[3 - len(order) :]
    axes = {letters[order[axis]] for axis in checkpoint.get("inference_allowed_mirroring_axes") or ()}
    if not sides_swapped:
        # Left and right keep their channels under nnU-Net's flips: pairs written here would average the one with the other.
        return Mirroring(tuple(sorted(axes)), (), averaged and bool(axes))
    return Mirroring(tuple(sorted({*axes, "x"})), side_pairs(output.structures, output.channels - (output.activation == "softmax"), file), averaged)


def _side_warnings(mirroring: Mirroring, output: Output) -> list[str]:
    names = sided(output.structures)
    return [SIDES_WARNING.format(names=", ".join(names))] if names and "x" in mirroring.axes and not mirroring.swapped else []


def _cases(trained: TrainedFolder) -> int:
    cases = trained.dataset.get("numTraining")
    if not isinstance(cases, int) or cases < 1:
        raise Refusal(f"numTraining is {cases!r}, expected the number of cases trained on", trained.dataset_file, "write it into dataset.json")
    return cases


def stated_licence(trained: TrainedFolder) -> str:
    """What the data set's makers say, for there is no other place for it in a trained folder."""
    return str(trained.dataset.get("licence") or trained.dataset.get("license") or "not stated: ask whoever trained it")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that TotalSegmentator's command has too."""
    parser.add_argument("--model", type=Path, required=True, help="trained folder: plans.json, dataset.json, fold_N/checkpoint_final.pth")
    parser.add_argument("--configuration", help="2d, 3d_fullres …; by default the last part of the folder's name")
    parser.add_argument("--folds", nargs="+", default=["0"], help="folds to average, or `all`")
    parser.add_argument("--name", required=True, help="the model's name: small letters, digits, hyphens")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_convert.nnunet", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--names", type=Path, help="YAML table of label: structure name; labels that it leaves out become no structure")
    parser.add_argument("--licence", help="licence of the weights; by default what dataset.json says")
    parser.add_argument("--training-data", choices=KINDS_OF_DATA, required=True, help="what it was trained on; structure sets say so")
    parser.add_argument("--sides-swapped", action="store_true", help="for a trainer of your own that exchanges left and right labels whenever it flips x; nnU-Net's trainers do not")
    parser.add_argument("--orientation", help="where columns, rows and slices of the training images grow, as LPS, LAS or RAS; by default what their reader says")
    arguments = parser.parse_args()
    trained = read_trained_folder(arguments.model, arguments.configuration)
    identity = checked_identity(arguments.name, arguments.version, arguments.licence or stated_licence(trained), arguments.training_data, arguments.model)
    names = read_names(arguments.names) if arguments.names else None
    write_and_report(convert(trained, identity, arguments.folds, names, arguments.orientation, arguments.sides_swapped), arguments.out)


if __name__ == "__main__":
    run_command(main)
