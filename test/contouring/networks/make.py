"""Makes the three tiny networks beside it, with known answers: `pip install onnx numpy && python make.py`. Apache-2.0, no data involved.

threshold.onnx  logits (0, 8·image): channel 1 is likelier than channel 0 wherever the intensity is positive. Sees one voxel.
blur.onnx       the same of the 5×5×5 mean: sees two voxels to each side.
levels.onnx     32 channels, logits 20·(c·image − c²/2): the likeliest channel is the whole number nearest to the intensity.
"""
import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save


def network(file: str, weights: np.ndarray, bias: np.ndarray | None = None) -> None:
    channels, kernel = weights.shape[0], weights.shape[2]
    parameters = {"weights": weights} | ({} if bias is None else {"bias": bias})
    node = helper.make_node("Conv", ["image", *parameters], ["logits"], kernel_shape=[kernel] * 3, pads=[kernel // 2] * 6)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, "z", "y", "x"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, channels, "z", "y", "x"])
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
network("levels.onnx", 20 * level.reshape(32, 1, 1, 1, 1), -10 * level**2)
