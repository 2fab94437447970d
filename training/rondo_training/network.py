"""3D ResSE-U-Net: residual blocks with squeeze-and-excitation, instance norm, outputs at several depths.

Tensors are [batch, channel, z, y, x]. Norms and squeeze-and-excitation take their statistics over the whole tile, so a
network must be run on tiles of the size it was trained on.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """Channels at each depth; every depth halves the grid of the one above."""

    classes: int
    widths: tuple[int, ...] = (12, 32, 64, 96, 112)
    reduction: int = 8

    @property
    def divisor(self) -> int:
        """Tile sizes must be multiples of this."""
        return 2 ** (len(self.widths) - 1)


class TileNorm(nn.InstanceNorm3d):
    """Instance norm with scale and offset. With one tile in the batch it is batch norm's arithmetic, whose kernel keeps the
    channels-last layout and so spares two copies of every tensor in training."""

    def __init__(self, channels: int):
        super().__init__(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        if self.training and x.shape[0] == 1:
            return functional.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=self.eps)
        return super().forward(x)


class PointConv(nn.Conv3d):
    """A convolution of kernel 1, in training as a product of matrices: on a CPU that takes a tenth of the time of PyTorch's own
    and keeps the channels-last layout."""

    def __init__(self, into: int, out: int, stride: int = 1, bias: bool = True):
        super().__init__(into, out, 1, stride, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        step = self.stride[0]
        return functional.linear(x[..., ::step, ::step, ::step].movedim(1, -1), self.weight.flatten(1), self.bias).movedim(-1, 1)


class SqueezeExcitation(nn.Module):
    """A gate 0..1 for every channel from its mean over the tile (Hu 2018, arXiv 1709.01507): [batch, channel, 1, 1, 1]."""

    def __init__(self, channels: int, reduction: int):
        super().__init__()
        hidden = max(channels // reduction, 4)
        self.squeeze = PointConv(channels, hidden)
        self.excite = PointConv(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        pooled = x.mean((2, 3, 4), keepdim=True)
        return torch.sigmoid(self.excite(functional.relu(self.squeeze(pooled))))


class ResidualBlock(nn.Module):
    """Two convolutions whose result is weighed by squeeze-and-excitation before it is added to the input."""

    def __init__(self, into: int, out: int, reduction: int, stride: int = 1):
        super().__init__()
        self.first = nn.Conv3d(into, out, 3, stride, 1, bias=False)
        self.first_norm = TileNorm(out)
        self.second = nn.Conv3d(out, out, 3, 1, 1, bias=False)
        self.second_norm = TileNorm(out)
        self.attention = SqueezeExcitation(out, reduction)
        self.skip = nn.Identity() if into == out and stride == 1 else PointConv(into, out, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.leaky_relu(self.first_norm(self.first(x)), 0.01)
        y = self.second(y)
        # The gate looks before the norm: after instance norm the mean of a channel is its offset, whatever the scan shows.
        y = self.second_norm(y) * self.attention(y)
        return functional.leaky_relu(y + self.skip(x), 0.01)


class ResSEUNet(nn.Module):
    """Encoder of residual blocks with strided entries, decoder with transposed convolutions and skip connections."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        w, r = shape.widths, shape.reduction
        self.stem = nn.Conv3d(1, w[0], 3, 1, 1, bias=False)
        self.stem_norm = TileNorm(w[0])
        self.encoder = nn.ModuleList(ResidualBlock(a, b, r, stride=2) for a, b in zip(w, w[1:]))
        self.up = nn.ModuleList(nn.ConvTranspose3d(b, a, 2, 2, bias=False) for a, b in zip(w, w[1:]))
        self.decoder = nn.ModuleList(ResidualBlock(2 * a, a, r) for a in w[:-1])
        self.heads = nn.ModuleList(PointConv(a, shape.classes) for a in w[:3])

    def forward(self, x: Tensor) -> Tensor | list[Tensor]:
        """Logits at full size; in training a list of logits at full, half and quarter size."""
        x = self.stem(x)
        if self.training:
            # One channel has no layout to hand on; all that follows takes that of its input.
            x = x.contiguous(memory_format=torch.channels_last_3d)
        x = functional.leaky_relu(self.stem_norm(x), 0.01)
        kept = []
        for block in self.encoder:
            kept.append(x)
            x = block(x)
        outputs: dict[int, Tensor] = {}
        for depth in reversed(range(len(kept))):
            x = self.decoder[depth](torch.cat([self.up[depth](x), kept[depth]], 1))
            if depth == 0 or (self.training and depth < len(self.heads)):
                outputs[depth] = self.heads[depth](x)
        return [outputs[d] for d in sorted(outputs)] if self.training else outputs[0]


def parameter_count(model: nn.Module) -> int:
    """Number of trained values."""
    return sum(p.numel() for p in model.parameters())
