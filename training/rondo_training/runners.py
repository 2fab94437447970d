"""Ways to run a network on a tile: image [1, 1, z, y, x] float32 to logits [1, class, z, y, x] float32."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from .checkpoint import averaged_model
from .tasks import Task

Runner = Callable[[np.ndarray], np.ndarray]


def onnx_runner(path: Path) -> Runner:
    """An exported model in onnxruntime on the CPU."""
    options = onnxruntime.SessionOptions()
    # Threads that spin while they wait take the processor from whatever else runs, training for instance.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda image: session.run(["logits"], {"image": image})[0]


def torch_runner(checkpoint: Path, task: Task) -> Runner:
    """The averaged weights of a checkpoint in PyTorch, in float32."""
    model = averaged_model(checkpoint, task)

    def run(image: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return model(torch.from_numpy(image)).numpy()

    return run
