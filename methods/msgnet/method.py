"""MSG-Net: style transfer as enhancement, high-quality images being the style of low-quality ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional

from sspbench import VGG16, TrainableMethod, load_vgg16

from .networks import EXPANSION, MSGNet, gram

CONTENT_LAYER = "relu2_2"
STYLE_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


class StyleTarget(nn.Module):
    """The Gram matrix (1, C, C) used at test time, kept with the weights."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("gram", torch.zeros(1, channels, channels))
        self.gram: Tensor


class MultiStyleGenerativeNetwork(TrainableMethod):
    """MSG-Net trained with low-quality content and high-quality styles."""

    # Two stride-2 stages ask for 4; 8 leaves instance norm more than one position in images of a few pixels.
    multiple = 8

    def build(self) -> None:
        """Create the generator, the test-time target and Adam at a constant rate."""
        p = self.params
        net = MSGNet(p["ngf"], p["stem"], p["blocks"])
        start = p["start_grey"]
        if start is not None:
            net.init_output_head(start[::-1] if isinstance(start, list) else start, p["start_gain"])
        self.net = self.add_network("generator", net, keep=True)
        self.target = self.add_network("target", StyleTarget(EXPANSION * p["ngf"]), keep=True)
        self.add_optimizer("generator", torch.optim.Adam, net.parameters(), lambda step: p["lr"])

    @cached_property
    def vgg(self) -> VGG16:
        """The loss network; loaded at the first training step, since inference does without."""
        vgg = load_vgg16(self.params["vgg16"], self.seed, width=self.params["vgg_width"])
        self.notes["VGG"] = vgg.source
        return vgg.to(self.device)

    def training_step(self, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Render the low-quality crops in the style of one high-quality picture and descend."""
        p = self.params
        content = convert_to_bgr(resize_to_side(low, p["content_side"]))
        style = convert_to_bgr(resize_to_side(high[:1], p["style_side"]))
        layers = p["style_layers"]
        output = self.net(content, self.net.style_gram(style))
        with torch.no_grad():
            wanted_content = self.vgg(content, (CONTENT_LAYER,))
            wanted_style = self.vgg(style, layers)
        found = self.vgg(output, (CONTENT_LAYER, *layers))
        content_term = p["weights"]["content"] * content_loss(found, wanted_content)
        style_term = p["weights"]["style"] * sum(style_losses(found, wanted_style, layers))
        self.descend(content_term + style_term, "generator")
        return {"content": content_term, "style": style_term}

    def finish(self, high: Iterable[Tensor]) -> None:
        """Set the test-time target from the high-quality training images."""
        with torch.no_grad():
            side = self.params["style_side"]
            grams = torch.cat([self.net.style_gram(convert_to_bgr(resize_to_side(image, side))) for image in high])
            mean = grams.mean(0, keepdim=True)
            if self.params["target"] == "medoid":
                # The least summed squared distance to all others is the least distance to the mean.
                mean = grams[(grams - mean).square().sum((1, 2)).argmin()][None]
            self.target.gram.copy_(mean)

    def translate(self, images: Tensor) -> Tensor:
        """Render (N, C, H, W) in [0, 1] in the high-quality style; H and W are multiples of 8."""
        height, width = images.shape[-2:]
        content, wide = images, self.params["test_width"]
        if wide is not None:
            tall = max(round(height * wide / width / self.multiple), 1) * self.multiple
            content = functional.interpolate(images, (tall, wide), mode="bicubic", antialias=True)
        painted = self.net(convert_to_bgr(content), self.target.gram)
        rendered = (painted.flip(1) if self.channels == 3 else painted.mean(1, keepdim=True)).clamp(0, 255) / 255
        if wide is not None:
            rendered = functional.interpolate(rendered, (height, width), mode="bicubic", antialias=True)
        return rendered


def convert_to_bgr(images: Tensor) -> Tensor:
    """Bring (N, C, H, W) in [0, 1], grey or RGB, to the network's (N, 3, H, W), BGR 0..255."""
    return 255 * (images.flip(1) if images.shape[1] == 3 else images.expand(-1, 3, -1, -1))


def resize_to_side(images: Tensor, side: int | None) -> Tensor:
    """Bring (N, C, H, W) to ``side`` x ``side`` with anti-aliasing; None leaves them."""
    if side is None or images.shape[-2:] == (side, side):
        return images
    return functional.interpolate(images, (side, side), mode="bilinear", antialias=True)


def content_loss(output: Mapping[str, Tensor], content: Mapping[str, Tensor]) -> Tensor:
    """Mean squared difference of the content layer's maps."""
    return functional.mse_loss(output[CONTENT_LAYER], content[CONTENT_LAYER])


def style_losses(
    output: Mapping[str, Tensor], style: Mapping[str, Tensor], layers: Sequence[str] = STYLE_LAYERS
) -> list[Tensor]:
    """Mean squared difference of the Gram matrices, one value a layer, unweighted.

    ``output`` holds the maps of N rendered pictures, ``style`` those of one style picture, or of N.
    """
    targets = {layer: gram(style[layer]) for layer in layers}
    grams = {layer: gram(output[layer]) for layer in layers}
    return [functional.mse_loss(grams[k], targets[k].expand_as(grams[k])) for k in layers]
