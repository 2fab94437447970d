"""Weights out of a released ONNX file, so that training can go on from what was given to a site."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper


def load_onnx_weights(path: Path) -> dict[str, torch.Tensor]:
    """Network state from the initialisers of an exported model: they bear the names of the parameters.

    Raises:
        ValueError: the file holds no such parameters, so it was not exported by this project.
    """
    graph = onnx.load(str(path)).graph
    weights = {
        tensor.name: torch.from_numpy(np.array(numpy_helper.to_array(tensor), np.float32))
        for tensor in graph.initializer
        if tensor.name.endswith((".weight", ".bias"))
    }
    if "stem.weight" not in weights:
        raise ValueError(f"{path}: no initialiser 'stem.weight'; the model was not exported by rondo_training")
    return weights
