"""EnlightenGAN: one-way unpaired enhancement guided by the darkness of the input (Jiang et al., IEEE TIP 30, 2021)."""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor

from sspbench import (
    LUMA_WEIGHTS,
    VGG16,
    TrainableMethod,
    instance_norm,
    load_vgg16,
    lsgan_discriminator_loss,
    lsgan_loss,
    relativistic_lsgan_loss,
)

from .networks import Discriminator, Generator, attention_map, init_weights
from .sampling import cut_patch, darken, draw_patch_corners, flip_jointly

# Strided convolutions of the two discriminators.
GLOBAL_LAYERS, PATCH_LAYERS = 5, 4


class EnlightenGAN(TrainableMethod):
    """A generator, ``discriminator_global`` that sees whole crops, ``discriminator_local`` that sees small patches."""

    def build(self) -> None:
        """Create the networks with an optimiser each, and, for training, the frozen VGG16."""
        params = self.params
        base = max(round(32 * params["width"]), 1)
        generator = Generator(base, align_corners=params["align_corners"])
        self._add_initialised("generator", generator, keep=True)
        self._add_initialised("discriminator_global", Discriminator(GLOBAL_LAYERS, 2 * base), keep=False)
        self._add_initialised("discriminator_local", Discriminator(PATCH_LAYERS, 2 * base), keep=False)
        if not self.inference_only:
            self.vgg = load_vgg16(params["vgg16"], self.seed, width=params["vgg_width"]).to(self.device)
            self.notes["VGG"] = self.vgg.source

    def _add_initialised(self, name: str, network: torch.nn.Module, keep: bool) -> None:
        init_weights(network)
        self.add_network(name, network, keep=keep)
        self.add_decaying_adam(name, network.parameters(), plateau_shift=1, span_shift=0)

    def training_step(self, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Generator first, then both discriminators on the image made before that update."""
        original, normal = flip_jointly(2 * low - 1, 2 * high - 1, self.random)
        inputs = darken(original, self.params["darken"], self.random)
        original, normal, inputs = (_convert_to_rgb(images) for images in (original, normal, inputs))
        enhanced, _ = self.networks["generator"](inputs, attention_map(inputs))
        side, count = self.params["patch_side"], self.params["patch_count"]
        height, width = enhanced.shape[-2:]
        corners = draw_patch_corners(height, width, side, count, self.random)
        # no norm looks across images in what follows, so all patches of a step form one batch
        patches, normal_patches, original_patches = (
            torch.cat([cut_patch(images, corner, side) for corner in corners])
            for images in (enhanced, normal, original)
        )
        discriminator_global = self.networks["discriminator_global"]
        discriminator_local = self.networks["discriminator_local"]
        with self.frozen("discriminator_global", "discriminator_local"):
            losses = {
                "global": relativistic_lsgan_loss(discriminator_global(enhanced), discriminator_global(normal)),
                "local": lsgan_loss(discriminator_local(patches), 1.0),
                "perceptual": self._perceptual_distance(enhanced, original)
                + self._perceptual_distance(patches, original_patches),
            }
            total = reduce(torch.add, losses.values())
            self.descend(total, "generator")
        enhanced, patches = enhanced.detach(), patches.detach()
        global_loss = relativistic_lsgan_loss(discriminator_global(normal), discriminator_global(enhanced))
        local_loss = lsgan_discriminator_loss(discriminator_local(normal_patches), discriminator_local(patches))
        self.descend(global_loss, "discriminator_global")
        self.descend(local_loss, "discriminator_local")
        discriminator_losses = {"discriminator_global": global_loss, "discriminator_local": local_loss}
        return {**losses, "generator": total, **discriminator_losses}

    def _perceptual_distance(self, images: Tensor, targets: Tensor) -> Tensor:
        return feature_distance(self.vgg, images, targets, self.params["vgg_layer"])

    def translate(self, images: Tensor) -> Tensor:
        """Enhance at the native size and clip; for grey images the channels are weighted to grey (ITU-R 601)."""
        x = _convert_to_rgb(2 * images - 1)
        enhanced, _ = self.networks["generator"](x, attention_map(x))
        clipped = ((enhanced.float() + 1) / 2).clamp(0, 1)
        if self.channels == 3:
            return clipped
        weights = torch.tensor(LUMA_WEIGHTS, device=images.device).view(1, 3, 1, 1)
        return (clipped * weights).sum(dim=1, keepdim=True)


def _convert_to_rgb(images: Tensor) -> Tensor:
    """Repeat the channel of grey images three times: (N, 1 or 3, H, W) to (N, 3, H, W)."""
    return images.repeat(1, 3 // images.shape[1], 1, 1)


def feature_distance(vgg: VGG16, images: Tensor, targets: Tensor, layer: str = "relu5_1") -> Tensor:
    """Return the self-feature-preserving distance: mean squared difference of instance-normed VGG16 features.

    VGG16 pools after its blocks 1, 2 and 3 only, and no mean is subtracted (with Caffe weights). Images and targets are
    (N, 3, H, W) RGB in [-1, 1]; gradients flow through the images only.
    """
    with torch.no_grad():
        wanted = _normalised_features(vgg, targets, layer)
    return (_normalised_features(vgg, images, layer) - wanted).square().mean()


def _normalised_features(vgg: VGG16, images: Tensor, layer: str) -> Tensor:
    bgr = (images.flip(1) + 1) * 127.5
    return instance_norm(vgg(bgr, (layer,), pools=3, centre=False)[layer].float())
