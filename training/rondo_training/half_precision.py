"""Weights stored in half the space: float16 in the file, float32 in the computation."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .runners import onnx_runner

MOST_CHANGED = 1e-4
"""Share of voxels that may change their class. More than rounding at a boundary is a cost, and half a file is not worth one."""


def halve(path: Path, tile: np.ndarray) -> str:
    """Store the kernels of an exported file as float16 where that costs nothing, and say which precision the file has now.

    Every such initialiser keeps its name and is followed by a Cast to float32, which onnxruntime computes once, on loading.
    `tile` is what both files are compared on: [1, 1, z, y, x], normalised.
    """
    half = path.with_suffix(".half")
    try:
        half.write_bytes(_with_float16(onnx.load(str(path))).SerializeToString(deterministic=True))
        logits = onnx_runner(half)(tile)
        # What is not a number has no class to compare.
        changed = float((logits.argmax(1) != onnx_runner(path)(tile).argmax(1)).mean()) if np.isfinite(logits).all() else 1.0
        if changed > MOST_CHANGED:
            print(f"{path.name} stays float32, since float16 weights change the class of {changed:.2g} of the voxels (at most {MOST_CHANGED:g} may)", flush=True)
            return "float32"
        half.replace(path)
        return "float16"
    finally:
        half.unlink(missing_ok=True)


def _with_float16(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its kernels as float16; norms and biases are few and stay as they are."""
    graph, casts = model.graph, []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        with np.errstate(over="ignore"):
            # What float16 cannot hold becomes infinite, and so do the logits.
            values = numpy_helper.to_array(tensor).astype(np.float16)
        name, cast = tensor.name, f"{tensor.name}.float32"
        tensor.CopyFrom(numpy_helper.from_array(values, name))
        for node in graph.node:
            for k, source in enumerate(node.input):
                if source == name:
                    node.input[k] = cast
        casts.append(helper.make_node("Cast", [name], [cast], name=f"{name}.cast", to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model
