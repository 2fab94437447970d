"""MONAI bundle to Rondo: `python -m rondo_convert.monai_bundle --bundle <folder> --name my-model --out folder`."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import torch
from monai.bundle import ConfigParser
from torch import nn

from .conversion import KINDS_OF_DATA, Conversion, Grid, Identity, Mirroring, Output, Tiling, checked_identity, checked_orientation
from .folder import write_and_report
from .monai_config import BundleConfig
from .monai_transforms import Inferer, Preprocessing, read_inferer, read_postprocessing, read_preprocessing
from .refusal import Refusal, run_command
from .structure_names import read_names, structures_of

NETWORK_PACKAGES = ("monai.networks.", "torch.nn.")
"""Where the classes of a network may come from: nothing else is imported at a file's word."""

SHORT_NAME = "monai.networks.nets."
"""Where MONAI finds classes that a bundle calls by their name alone."""


def read_metadata(bundle: Path) -> dict:
    """`configs/metadata.json`. Raises: Refusal when it cannot be read."""
    file = bundle / "configs" / "metadata.json"
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError) as cause:
        raise Refusal(f"The bundle's description cannot be read: {cause}", file, "give --bundle the folder that holds configs/ and models/") from cause


def convert(bundle: Path, identity: Identity, metadata: dict, names: dict[str, str] | None, cases: int, left_out: set[str]) -> Conversion:
    """A bundle as Rondo is to run it.

    Raises:
        Refusal: something in it that Rondo cannot do, or that is missing.
    """
    config = BundleConfig(_config_file(bundle))
    inferer = read_inferer(config)
    before = read_preprocessing(config, "preprocessing", left_out)
    after = read_postprocessing(config, "postprocessing", left_out)
    channels = _check_metadata(metadata, bundle)
    definition = config.entry("network_def")
    return Conversion(
        identity=identity,
        task=str(metadata.get("task") or metadata.get("description") or identity.name),
        architecture=f"MONAI {str(definition.get('_target_', '?')).split('.')[-1]}",
        training_data=str(metadata.get("data_source") or metadata.get("description") or "not stated."),
        cases=cases,
        grid=_grid(inferer, before, bundle),
        output=Output(after.activation, len(channels), structures_of(_labels(channels, after.activation), names, after.activation == "sigmoid", bundle / "configs" / "metadata.json")),
        tiling=Tiling(inferer.tiling, inferer.overlap),
        # A bundle does not say on which flips it was trained.
        mirroring=Mirroring(),
        networks=[_builder(definition, config, bundle / "models" / "model.pt")],
        origin=f"MONAI bundle {metadata.get('name') or bundle.resolve().name} {metadata.get('version', '')}".strip() + ".",
        notes=[*before.notes, *after.notes],
    )


def _config_file(bundle: Path) -> Path:
    found = [file for file in (bundle / "configs" / f"inference.{ending}" for ending in ("json", "yaml", "yml")) if file.exists()]
    if not found:
        raise Refusal("There is no inference.json or inference.yaml", bundle / "configs", "give --bundle the folder that holds configs/ and models/")
    return found[0]


def _check_metadata(metadata: dict, bundle: Path) -> dict[int, str]:
    """The output's channels and their labels."""
    file = bundle / "configs" / "metadata.json"
    try:
        form = metadata["network_data_format"]
        image, channels = next(iter(form["inputs"].values())), next(iter(form["outputs"].values()))["channel_def"]
        labels = {int(channel): str(label) for channel, label in channels.items()}
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as cause:
        raise Refusal(f"network_data_format does not say what goes in and which channels come out ({cause})", file, "write inputs.image and outputs.pred.channel_def, as MONAI's specification of bundles has it") from cause
    if str(image.get("modality", "CT")).upper() != "CT" or image.get("num_channels", 1) != 1:
        raise Refusal(f"The network takes {image.get('num_channels')} channel(s) of {image.get('modality')}, expected one of CT", file, "Rondo contours a CT alone")
    if sorted(labels) != list(range(len(labels))):
        raise Refusal(f"channel_def has the channels {sorted(labels)}, expected 0 to {len(labels) - 1}", file, "name every channel of the output")
    return labels


def _labels(channels: dict[int, str], activation: str) -> dict[str, int]:
    """Label to channel, without the background that classes have at 0."""
    return {label: channel for channel, label in channels.items() if not (activation == "softmax" and channel == 0)}


def _grid(inferer: Inferer, before: Preprocessing, bundle: Path) -> Grid:
    rule = before.intensity
    return Grid(
        spacing_mm=before.spacing_mm,
        patch=inferer.roi,
        orientation=checked_orientation(before.orientation, bundle),
        axes="xyz",
        intensity=rule,
        # Beyond the image lies `cval` after scaling.
        outside_hu=rule.mean + inferer.outside * rule.std,
        resampling=before.resampling,
    )


def _builder(definition: dict, config: BundleConfig, weights: Path) -> Callable[[], nn.Module]:
    targets = list(_targets(definition))
    foreign = [target for target in targets if not (f"{SHORT_NAME}{target}" if "." not in target else target).startswith(NETWORK_PACKAGES)]
    if foreign or not targets:
        raise Refusal(f"The network is made of {foreign[0] if foreign else 'nothing'}, which is neither MONAI's nor PyTorch's", config.file, "export it to ONNX yourself and write its manifest (docs/models.md)")

    def build() -> nn.Module:
        try:
            network = ConfigParser({"network_def": definition}).get_parsed_content("network_def")
        except Exception as cause:
            raise Refusal(f"MONAI cannot build the network: {str(cause).splitlines()[0]}", config.file, "install the version of MONAI that metadata.json names") from cause
        try:
            state = torch.load(weights, map_location="cpu", weights_only=True)
        except Exception as cause:
            raise Refusal(f"The weights cannot be read as tensors: {str(cause).splitlines()[0]}", weights, "copy the file again; a whole pickled network must be saved anew as its state_dict") from cause
        try:
            network.load_state_dict(state.get("model", state.get("state_dict", state)))
        except (RuntimeError, AttributeError) as cause:
            raise Refusal(f"The weights do not fit the network: {str(cause).splitlines()[-1].strip()}", weights, "use model.pt and inference.json of the same version") from cause
        return network

    return build


def _targets(part: object):
    if isinstance(part, dict):
        if "_target_" in part:
            yield str(part["_target_"])
        for value in part.values():
            yield from _targets(value)
    elif isinstance(part, list):
        for value in part:
            yield from _targets(value)


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_convert.monai_bundle", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="folder with configs/inference.json, configs/metadata.json, models/model.pt")
    parser.add_argument("--names", type=Path, help="YAML table of label: structure name; labels that it leaves out become no structure")
    parser.add_argument("--name", required=True, help="the model's name: small letters, digits, hyphens")
    parser.add_argument("--version", help="by default that of metadata.json")
    parser.add_argument("--licence", help="licence of the weights, as docs/ or LICENSE of the bundle state it", default="not stated: see docs/ and LICENSE of the bundle")
    parser.add_argument("--training-data", choices=KINDS_OF_DATA, required=True, help="what it was trained on, as its documentation says")
    parser.add_argument("--cases", type=int, required=True, help="how many cases it was trained on, as its documentation says")
    parser.add_argument("--leave-out", nargs="*", default=[], help="transforms that Rondo shall do without; the card names them")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    arguments = parser.parse_args()
    metadata = read_metadata(arguments.bundle)
    identity = checked_identity(arguments.name, arguments.version or str(metadata.get("version", "1.0.0")), arguments.licence, arguments.training_data, arguments.bundle)
    names = read_names(arguments.names) if arguments.names else None
    write_and_report(convert(arguments.bundle, identity, metadata, names, arguments.cases, set(arguments.leave_out)), arguments.out)


if __name__ == "__main__":
    run_command(main)
