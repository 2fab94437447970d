"""Makes the two tiny networks beside it, with known answers: `pip install onnx numpy && python make.py`. Apache-2.0, no data involved.

threshold.onnx  logits (0, 8·image): channel 1 is likelier than channel 0 wherever the intensity is positive. Sees one voxel.
blur.onnx       the same of the 5×5×5 mean: sees two voxels to each side.
"""
import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save


def network(file: str, kernel: int) -> None:
    weights = np.zeros((2, 1, kernel, kernel, kernel), np.float32)
    weights[1] = 8 / kernel**3
    node = helper.make_node("Conv", ["image", "weights"], ["logits"], kernel_shape=[kernel] * 3, pads=[kernel // 2] * 6)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, "z", "y", "x"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2, "z", "y", "x"])
    graph = helper.make_graph([node], file, [image], [logits], [numpy_helper.from_array(weights, "weights")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    save(model, file)


network("threshold.onnx", 1)
network("blur.onnx", 5)
