"""Makes the tiny networks beside it, with known answers: `pip install onnx numpy && python make.py`. Apache-2.0, no data involved.

threshold.onnx  logits (0, 8·image): channel 1 is likelier than channel 0 wherever the intensity is positive. Sees one voxel.
blur.onnx       the same of the 5×5×5 mean: sees two voxels to each side.
slope.onnx      logits (0, 8·difference of the two neighbours along the tensor's last axis): channel 1 is likelier where the image rises along it.
slices.onnx     threshold.onnx for a single slice: tensors of four axes.
regions.onnx    two regions, for sigmoid: logits 8·image and 8·(image − 1).
unknown.onnx    an operator that no runtime has.
future.onnx     threshold.onnx in an opset that there is none of yet; format.onnx in such a version of the format.
levels.onnx     32 channels, logits 20·(c·image − c²/2): the likeliest channel is the whole number nearest to the intensity.
"""
import numpy as np
from onnx import TensorProto, checker, helper, load, numpy_helper, save


def network(file: str, weights: np.ndarray, bias: np.ndarray | None = None) -> None:
    channels, kernel = weights.shape[0], list(weights.shape[2:])
    parameters = {"weights": weights} | ({} if bias is None else {"bias": bias})
    node = helper.make_node("Conv", ["image", *parameters], ["logits"], kernel_shape=kernel, pads=[size // 2 for size in kernel] * 2)
    axes = ["z", "y", "x"][-len(kernel):]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, *axes])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, channels, *axes])
    graph = helper.make_graph([node], file, [image], [logits], [numpy_helper.from_array(value, name) for name, value in parameters.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    save(model, file)


def mean(kernel: int) -> np.ndarray:
    weights = np.zeros((2, 1, kernel, kernel, kernel), np.float32)
    weights[1] = 8 / kernel**3
    return weights


level = np.arange(32, dtype=np.float32)
network("threshold.onnx", mean(1))
network("blur.onnx", mean(5))
slope = np.zeros((2, 1, 1, 1, 3), np.float32)
slope[1, 0, 0, 0] = [-8, 0, 8]
network("slope.onnx", slope)
network("slices.onnx", mean(1)[:, :, 0])
network("regions.onnx", np.full((2, 1, 1, 1, 1), 8, np.float32), np.float32([0, -8]))
network("levels.onnx", 20 * level.reshape(32, 1, 1, 1, 1), -10 * level**2)

image, logits = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, "z", "y", "x"]) for name, channels in (("image", 1), ("logits", 2)))
graph = helper.make_graph([helper.make_node("Divine", ["image"], ["logits"])], "unknown", [image], [logits])
save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), "unknown.onnx")

for file, changed in (("future.onnx", {"opset": 99}), ("format.onnx", {"ir": 99})):
    threshold = load("threshold.onnx")
    threshold.opset_import[0].version = changed.get("opset", 17)
    threshold.ir_version = changed.get("ir", 9)
    save(threshold, file)
