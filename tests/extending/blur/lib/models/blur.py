"""What a genome of the toy paper becomes."""

from torch import Tensor, nn
from torch.nn import functional as F

from lib.spaces.blur import Blur


class BoxBlur(nn.Module):
    """The mean over a square, so many times; at the edges, over the part of the square that lies inside."""

    def __init__(self, blur: Blur) -> None:
        super().__init__()
        self.blur = blur

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (N, 3, H, W) of the same shape and range."""
        width = self.blur.width
        for _ in range(self.blur.passes):
            x = F.avg_pool2d(x, width, stride=1, padding=width // 2, count_include_pad=False)
        return x
