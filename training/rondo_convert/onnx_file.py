"""A trained network as an ONNX file of one tile size."""

import logging
import warnings
from pathlib import Path

import torch
from rondo_training.export import OPSET, strip_notes
from torch import nn


def export_tile_network(network: nn.Module, tile: torch.Tensor, path: Path) -> None:
    """One file, float32, input `image` and output `logits` of the tile's size.

    Tiles of every other size are refused by the file itself: networks with strides that differ by axis are right at their
    patch only.
    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (tile,), str(path), input_names=["image"], output_names=["logits"], opset_version=OPSET,
            dynamo=True, external_data=False, verbose=False,
        )
    strip_notes(path)
