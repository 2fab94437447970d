"""The text of a converted model: `model.yaml` (rondo-model/1) and `card.md`."""

import yaml

from .conversion import Conversion, Grid

class _Flow(list):
    """A list that is written on one line."""


class _FlowMap(dict):
    """A table that is written on one line."""


class _Writer(yaml.SafeDumper):
    def ignore_aliases(self, data) -> bool:
        return True


_Writer.add_representer(_Flow, lambda writer, data: writer.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True))
_Writer.add_representer(_FlowMap, lambda writer, data: writer.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True))


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


def _numbers(values) -> _Flow:
    return _Flow(_number(value) for value in values)


def _spacing(grid: Grid) -> _Flow:
    return _numbers(grid.spacing_mm) if grid.dimensions == 3 else _Flow([*_numbers(grid.spacing_mm), "image"])


def manifest_text(conversion: Conversion, files: list[dict], parameters: int) -> str:
    """`model.yaml`: `files` are the records of the networks and, last, of the vectors."""
    grid, output, tiling, mirroring = conversion.grid, conversion.output, conversion.tiling, conversion.mirroring
    rule = grid.intensity
    document = {
        "format": "rondo-model/1",
        "name": conversion.identity.name,
        "version": conversion.identity.version,
        "task": conversion.task,
        "architecture": {"name": conversion.architecture, "parameters": parameters, "description": conversion.origin},
        "guideline": "none",
        "licence": conversion.identity.licence,
        "trainingData": {"kind": conversion.identity.data, "description": conversion.training_data, "cases": conversion.cases},
        "input": {
            "modality": "CT",
            "spacingMm": _spacing(grid),
            "orientation": grid.orientation,
            "axes": grid.axes,
            "dimensions": grid.dimensions,
            "patch": _numbers(grid.patch),
            "divisor": grid.divisor,
            "intensity": _FlowMap(clipHu=_numbers((rule.low, rule.high)), meanHu=_number(rule.mean), stdHu=_number(rule.std)),
            "outsideHu": _number(grid.outside_hu),
        },
        "output": {
            "activation": output.activation,
            **({"decision": "argmax"} if output.activation == "softmax" else {}),
            "channels": output.channels,
            "structures": [_FlowMap(name=name, channels=_Flow(channels)) for name, channels in output.structures.items()],
        },
        "inference": {"overlap": _number(tiling.overlap), "mirroring": mirroring.averaged, "crop": "none", "tiling": tiling.software, "resampling": grid.resampling},
        "mirroring": {"axes": _Flow(mirroring.axes), "swap": _Flow(map(_Flow, mirroring.swapped))},
        "files": [_FlowMap(file) for file in files],
        "accuracy": {"testSet": "not measured here", "method": "none", "structures": _Flow()},
    }
    return yaml.dump(document, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=160)


def card_text(conversion: Conversion, files: list[dict], parameters: int) -> str:
    """`card.md`: where the model comes from, what is not known of it, and what Rondo does otherwise."""
    identity, grid = conversion.identity, conversion.grid
    *networks, _ = files
    spacing = " × ".join(f"{value:g}" for value in grid.spacing_mm)
    structures = "\n".join(f"- `{name}`: channel{'s' if len(channels) > 1 else ''} {', '.join(map(str, channels))}" for name, channels in conversion.output.structures.items())
    notes = "\n".join(f"- {note}" for note in [*([RESAMPLING_NOTE] if grid.resampling == "triangle" else []), *conversion.notes])
    warnings = "".join(f"\n**Beware.** {warning}\n" for warning in conversion.warnings)
    hashes = "\n".join(f"- `{file['name']}`, {file['bytes']} bytes, sha256 `{file['sha256']}`" for file in networks)
    return f"""# {identity.name} {identity.version}

{conversion.task}. {conversion.origin} Converted by `rondo_convert`; trained elsewhere. **Research software, not for clinical use.**

## What it contours
{structures}

How well is **unknown here**: nothing was measured with Rondo. Before use, contour cases of your own whose contours are approved and compare (`rondo compare`).
{warnings}
## Where it comes from
- Training data: {conversion.identity.data}, as whoever converted it stated. As its makers call it: {conversion.training_data} Cases: {conversion.cases}.
- Licence, as its makers state it: {identity.licence}. The licence of the weights binds whoever uses this folder; Rondo's does not replace it.
- {conversion.architecture}, {parameters} parameters in {len(networks)} network{'s' if len(networks) > 1 else ''}.

## What it is given
CT at {spacing} mm{', slice by slice as the image has them' if grid.dimensions == 2 else ''}, axes growing {grid.orientation}, tiles of {' × '.join(map(str, grid.patch))} voxels.

## What Rondo does otherwise than the software that trained it
{notes}

## Files
{hashes}
"""


RESAMPLING_NOTE = (
    "Images are brought to the network's spacing by linear interpolation, with a triangle filter against aliasing where the image is the finer; probabilities are brought"
    " back linearly. At the network's own spacing nothing is interpolated."
)
