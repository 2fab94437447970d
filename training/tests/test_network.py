"""The network, its export and its way back from ONNX."""

import numpy as np
import onnx
import pytest
import torch

from rondo_training.export import export_onnx
from rondo_training.network import PointConv, ResidualBlock, ResSEUNet, Shape, TileNorm
from rondo_training.runners import onnx_runner
from rondo_training.weights import load_onnx_weights


SHAPE = Shape(6)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    torch.manual_seed(3)
    model = ResSEUNet(SHAPE)
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.data += 0.2 * torch.randn_like(parameter)
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    export_onnx(model, path)
    return model.eval(), path


def logits(model, image):
    with torch.inference_mode():
        return model(torch.from_numpy(image)).numpy()


@pytest.mark.parametrize("size", [(48, 32, 64), (80, 80, 96)])
def test_onnx_gives_the_logits_of_pytorch(exported, size):
    model, path = exported
    image = np.random.default_rng(0).standard_normal((1, 1, *size), dtype=np.float32)
    expected, found = logits(model, image), onnx_runner(path)(image)
    assert found.shape == (1, 6, *size) and found.dtype == np.float32
    assert np.abs(found - expected).max() / np.abs(expected).max() < 1e-3


def test_the_file_is_self_contained_float32_and_small(exported):
    _, path = exported
    model = onnx.load(str(path))
    assert path.stat().st_size < 11_000_000 and len(list(path.parent.iterdir())) == 1
    assert max(o.version for o in model.opset_import if o.domain == "") <= 20
    assert b"/rondo_training/" not in path.read_bytes(), "no paths of the exporting machine"
    assert {n.op_type for n in model.graph.node} <= {
        "Conv", "ConvTranspose", "InstanceNormalization", "LeakyRelu", "Relu", "Sigmoid", "ReduceMean", "Mul", "Add", "Concat"
    }


def test_weights_from_onnx_reproduce_its_logits(exported):
    _, path = exported
    torch.manual_seed(99)
    other = ResSEUNet(SHAPE)
    missing, unexpected = other.load_state_dict(load_onnx_weights(path), strict=False)
    assert not unexpected and all(name.startswith("heads.") for name in missing), "only heads for training may be absent"
    image = np.random.default_rng(1).standard_normal((1, 1, 32, 32, 48), dtype=np.float32)
    expected, found = onnx_runner(path)(image), logits(other.eval(), image)
    assert np.abs(found - expected).max() / np.abs(expected).max() < 1e-3


def test_foreign_onnx_is_refused(tmp_path):
    graph = onnx.helper.make_graph([], "empty", [], [])
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "x.onnx"))
    with pytest.raises(ValueError, match="stem.weight"):
        load_onnx_weights(tmp_path / "x.onnx")


def test_excitation_comes_before_the_residual_addition():
    """With the excitation shut the block is its skip path: the gate acts on the residual, not on the sum."""
    block = ResidualBlock(8, 8, 4).eval()
    torch.nn.init.zeros_(block.attention.excite.weight)
    torch.nn.init.constant_(block.attention.excite.bias, -100.0)
    x = torch.randn(1, 8, 6, 6, 6)
    assert torch.allclose(block(x), torch.nn.functional.leaky_relu(x, 0.01), atol=1e-5)


def test_the_gates_depend_on_what_the_tile_shows():
    block, gates = ResidualBlock(4, 8, 2).eval(), []
    block.attention.register_forward_hook(lambda _module, _inputs, gate: gates.append(gate))
    for sharpness in (0.2, 5.0):
        block(torch.tanh(sharpness * torch.randn(1, 4, 8, 8, 8)))
    assert (gates[0] - gates[1]).abs().max() > 1e-3


def test_tile_norm_is_instance_norm_in_training_too():
    norm, x = TileNorm(5), torch.randn(1, 5, 4, 6, 8) * 3 + 1
    torch.nn.init.normal_(norm.weight)
    assert torch.allclose(norm.train()(x), norm.eval()(x), atol=1e-5)


def test_training_yields_three_depths_and_inference_one():
    model, x = ResSEUNet(Shape(6, (4, 8, 8, 8))), torch.zeros(1, 1, 16, 24, 32)
    assert [tuple(o.shape[2:]) for o in model.train()(x)] == [(16, 24, 32), (8, 12, 16), (4, 6, 8)]
    assert tuple(model.eval()(x).shape) == (1, 6, 16, 24, 32)
    assert model.shape.divisor == 8


@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_of_one_voxel_gives_the_same_as_a_product_and_keeps_the_layout(stride):
    torch.manual_seed(2)
    conv = PointConv(5, 7, stride)
    image = torch.randn(2, 5, 6, 8, 9).to(memory_format=torch.channels_last_3d)
    found = {}
    for training in (True, False):
        conv.train(training).zero_grad()
        x = image.clone().requires_grad_()
        out = conv(x)
        (out * torch.arange(out.numel()).view_as(out).sin()).sum().backward()
        found[training] = (out, x.grad, conv.weight.grad.clone(), conv.bias.grad.clone())
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(*found.values()))
    assert found[True][0].is_contiguous(memory_format=torch.channels_last_3d)
