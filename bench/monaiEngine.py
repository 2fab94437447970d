"""The side of bench/engine.js in Python: the same network in PyTorch, through MONAI's sliding windows; prints JSON.

python bench/monaiEngine.py work <model.onnx> <threads> <folder>     what a tile costs, and what the machine can do
python bench/monaiEngine.py segment <model.onnx> <threads> <folder>  the scan that `engineRun.js grid` left in the folder
"""

import json
import resource
import sys
import time
from math import prod
from pathlib import Path

import monai
import numpy as np
import onnx
import onnxruntime
import torch
from monai.inferers import sliding_window_inference
from onnx import TensorProto, helper

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from rondo_training.network import ResSEUNet, Shape
from rondo_training.weights import load_onnx_weights

EDGE = 2048
PRODUCTS = 5
OVERLAP = 1 / 3
SIGMA = 1 / 8

task, model, threads, folder = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
torch.set_num_threads(threads)
grid = json.loads((folder / "grid.json").read_text())
patch = grid["patch"][::-1]


def tile_gflop() -> float:
    """Two for each multiply-add of the convolutions, which are nearly all of the work."""
    network = onnx.load(str(model))
    graph = network.graph
    for axis, size in zip(graph.input[0].type.tensor_type.shape.dim[2:], patch):
        axis.dim_value = size
    # Shapes that the file states by name would stand in the way of those in numbers.
    del graph.value_info[:]
    graph.output[0].type.tensor_type.ClearField("shape")
    graph = onnx.shape_inference.infer_shapes(network, strict_mode=True, data_prop=True).graph
    shapes = {value.name: [axis.dim_value for axis in value.type.tensor_type.shape.dim] for value in [*graph.value_info, *graph.input, *graph.output]}
    shapes |= {value.name: list(value.dims) for value in graph.initializer}
    total = 0
    for node in graph.node:
        if node.op_type in ("Conv", "ConvTranspose"):
            # Each weight meets each voxel of the coarser side once.
            voxels = shapes[node.output[0] if node.op_type == "Conv" else node.input[0]][2:]
            total += 2 * prod(shapes[node.input[1]]) * prod(voxels)
    return total / 1e9


def network() -> ResSEUNet:
    net = ResSEUNet(Shape(classes=grid["channels"]))
    missing = net.load_state_dict(load_onnx_weights(model), strict=False)
    # Heads at lower depths serve training alone and are not exported.
    if missing.unexpected_keys or any(not name.startswith("heads.") for name in missing.missing_keys):
        raise ValueError(f"{model} does not fit the network: {missing}")
    return net.eval()


def work() -> dict:
    product = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [EDGE, EDGE]) for name in "ab"],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, [EDGE, EDGE])],
    )
    onnx.save(helper.make_model(product, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), str(folder / "matmul.onnx"))
    a, b = torch.rand(EDGE, EDGE), torch.rand(EDGE, EDGE)
    torch.mm(a, b)
    start = time.perf_counter()
    for _ in range(PRODUCTS):
        torch.mm(a, b)
    return {"tileGflop": tile_gflop(), "edge": EDGE, "gflopPerSecond": 2e-9 * PRODUCTS * EDGE**3 / (time.perf_counter() - start)}


def segment() -> dict:
    net, tiles = network(), 0
    scan = torch.from_numpy(np.fromfile(folder / "grid.raw", np.float32).reshape(1, 1, *grid["size"][::-1]))

    def run(tile: torch.Tensor) -> torch.Tensor:
        nonlocal tiles
        tiles += 1
        return net(tile)

    before = peak_mb()
    with torch.inference_mode():
        start = time.perf_counter()
        logits = sliding_window_inference(scan, patch, 1, run, OVERLAP, "gaussian", SIGMA, "constant", grid["outside"])
        torch.softmax(logits, 1)
        seconds = time.perf_counter() - start
        peak = peak_mb()
        middle = [slice((n - p) // 2, (n - p) // 2 + p) if n > p else slice(None) for n, p in zip(scan.shape[2:], patch)]
        tile = scan[(..., *middle)].contiguous()
        other = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"]).run(None, {"image": tile.numpy()})[0]
        difference = float((net(tile) - torch.from_numpy(other)).abs().max())
    versions = f"PyTorch {torch.__version__}, MONAI {monai.__version__}, {torch.get_num_threads()} threads"
    return {"seconds": seconds, "tiles": tiles, "beforeMb": before, "peakMb": peak, "difference": difference, "versions": versions}


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


print(json.dumps({"work": work, "segment": segment}[task]()))
