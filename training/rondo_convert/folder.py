"""A model folder out of a conversion: networks, vectors, manifest and card, all or nothing."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from rondo_training.export import file_record
from rondo_training.parity import record_of, tile_hu
from rondo_training.runners import onnx_runner

from .conversion import Conversion, Grid
from .manifest import card_text, manifest_text
from .onnx_file import export_tile_network
from .refusal import Refusal


def write_model(conversion: Conversion, out: Path) -> None:
    """Write the networks, `parity.json`, `model.yaml` and `card.md` into `out`.

    Raises:
        Refusal: `out` holds something already, or a network's onnxruntime gives other logits than its PyTorch.
    """
    if out.exists() and any(out.iterdir()):
        raise Refusal("The folder to write is not empty", out, "give another --out, or delete what is there")
    out.parent.mkdir(parents=True, exist_ok=True)
    # A refusal half way leaves no folder that looks like a model.
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as part:
        folder = Path(part)
        files, parameters = _write_networks(conversion, folder)
        (folder / "model.yaml").write_text(manifest_text(conversion, files, parameters), encoding="utf-8")
        (folder / "card.md").write_text(card_text(conversion, files, parameters), encoding="utf-8")
        out.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.replace(out / file.name)


def write_and_report(conversion: Conversion, out: Path) -> None:
    """`write_model`, and what whoever converts must see and do next. Raises: Refusal."""
    write_model(conversion, out)
    for warning in conversion.warnings:
        print(f"Beware: {warning}", file=sys.stderr)
    print(f"{out} contours {', '.join(conversion.output.structures)}. Read its card.md; then:")
    print(f"  rondo models add {' '.join(str(out / name) for name in _network_names(conversion))} --manifest {out / 'model.yaml'}")


def network_tile(hu: np.ndarray, grid: Grid) -> np.ndarray:
    """HU [z, y, x] as the network takes them: normalised float32 [1, 1, axes of the grid], without z for a 2D network."""
    rule = grid.intensity
    tile = ((np.clip(hu.astype(np.float32), rule.low, rule.high) - rule.mean) / rule.std).astype(np.float32)
    if grid.dimensions == 2:
        tile = tile[0]
    return np.ascontiguousarray(tile.transpose(_order(grid)))[None, None]


def volume_logits(logits: np.ndarray, grid: Grid) -> np.ndarray:
    """Logits [1, channel, axes of the grid] as [channel, z, y, x]."""
    back = logits[0].transpose(0, *(1 + axis for axis in np.argsort(_order(grid))))
    return back[:, None] if grid.dimensions == 2 else back


def _order(grid: Grid) -> list[int]:
    letters = "zyx"[3 - grid.dimensions :]
    return [letters.index(axis) for axis in grid.axes if axis in letters]


def _write_networks(conversion: Conversion, folder: Path) -> tuple[list[dict], int]:
    """The files' records, vectors last, and the parameters of all networks together."""
    hu = tile_hu(conversion.grid.patch)
    tile = network_tile(hu, conversion.grid)
    files, logits, parameters, found = [], [], 0, []
    for name, build in zip(_network_names(conversion), conversion.networks):
        path = folder / name
        network = build().eval()
        parameters += sum(parameter.numel() for parameter in network.parameters())
        with torch.inference_mode():
            logits.append(network(torch.from_numpy(tile)).numpy())
        _check_shape(logits[-1], tile, conversion)
        export_tile_network(network, torch.from_numpy(tile), path)
        found.append(onnx_runner(path)(tile))
        files.append(file_record(path))
    record = record_of(hu, volume_logits(np.mean(logits, 0), conversion.grid))
    difference = float(np.abs(np.mean(found, 0) - np.mean(logits, 0)).max())
    if not difference <= record["tolerance"]:
        raise Refusal(
            f"onnxruntime gives other logits than PyTorch: {difference:.3g}, at most {record['tolerance']:.3g} is rounding", folder,
            "this network cannot be converted; report its architecture",
        )
    (folder / "parity.json").write_text(json.dumps(record, indent=1) + "\n")
    return [*files, file_record(folder / "parity.json")], parameters


def _network_names(conversion: Conversion) -> list[str]:
    count = len(conversion.networks)
    return ["model.onnx"] if count == 1 else [f"model-{index}.onnx" for index in range(count)]


def _check_shape(logits: np.ndarray, tile: np.ndarray, conversion: Conversion) -> None:
    expected = (1, conversion.output.channels, *tile.shape[2:])
    if logits.shape != expected:
        raise Refusal(f"The network returns {list(logits.shape)} for a tile, expected {list(expected)}", Path(conversion.identity.name), "check channels and patch of the trained model")
