"""CUT: one-way unpaired translation by patchwise contrast (Park et al., ECCV 2020); FastCUT is the variant ``fast``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor

from sspbench import (
    PatchContrastGAN,
    PatchGAN,
    PatchSampler,
    ResidualGenerator,
    lsgan_discriminator_loss,
    lsgan_loss,
    run_at_size,
)


class TappedGenerator(ResidualGenerator):
    """CycleGAN's generator, antialiased, that returns the five feature maps the sampler sees along with the image.

    Same computation graph and tensor order as the public implementation (``resnet_9blocks``).
    """

    def __init__(self, in_channels: int = 1, base: int = 64, blocks: int = 9) -> None:
        super().__init__(in_channels, base, blocks, antialiased=True)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:  # type: ignore[override]
        """Map (N, in_channels, H, W) in [-1, 1] to images of that range, and the taps of the input."""
        taps = self.encode(x)
        return self.decode(taps[-1]), taps


class CUT(PatchContrastGAN):
    """A generator whose own encoder, with a sampler of patches, measures what the output keeps of the input."""

    def build(self) -> None:
        """Create generator, discriminator and patch sampler with an optimiser each."""
        params = self.params
        base = max(round(64 * params["width"]), 1)
        generator = TappedGenerator(self.channels, base, params["blocks"])
        self.add_trained_network("generator", generator, keep=True)
        self.add_trained_network("discriminator", PatchGAN(self.channels, base, antialiased=True))
        self.add_trained_network("sampler", PatchSampler(generator.tap_channels, params["sampler_width"]))

    def training_step(self, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Discriminator first, then generator and sampler on the images made before that update."""
        a, b = 2 * low - 1, 2 * high - 1
        flipped = self.params["flip_equivariance"] and bool(torch.rand((), generator=self.random) < 0.5)
        # instance norm treats images one by one: fakes and identities can share a pass
        inputs = torch.cat([a, b]) if self.params["weights"]["identity"] else a
        outputs, taps = self.networks["generator"](inputs.flip(-1) if flipped else inputs)
        fake = outputs[: len(a)]
        discriminator = self.networks["discriminator"]
        discriminator_loss = lsgan_discriminator_loss(discriminator(b), discriminator(fake.detach()))
        self.descend(discriminator_loss, "discriminator")
        # unmirrored, they were already computed on the way to the fakes
        keys = self._encode_without_gradient(inputs) if flipped else taps
        with self.frozen("discriminator"):
            losses = {
                "adversarial": lsgan_loss(discriminator(fake), 1.0),
                **self._contrast_losses(outputs, keys, len(a), flipped),
            }
            weights = self.params["weights"]
            total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
            self.descend(total, "generator", "sampler")
        return {**losses, "generator": total, "discriminator": discriminator_loss}

    @torch.no_grad()
    def _encode_without_gradient(self, images: Tensor) -> list[Tensor]:
        return self._generator.encode(images)

    @property
    def _generator(self) -> TappedGenerator:
        return cast(TappedGenerator, self.networks["generator"])

    def _contrast_losses(self, outputs: Tensor, keys: Sequence[Tensor], count: int, flipped: bool) -> dict[str, Tensor]:
        """Return the contrast of the fakes with their inputs and, where they were made, of the identities.

        ``outputs`` are ``count`` fakes, mirrored if ``flipped``, then the identities if any; ``keys`` are the taps,
        never mirrored, of what they were made from, into which no gradient flows.
        """
        queries = self._generator.encode(outputs)
        queries = [features.flip(-1) for features in queries] if flipped else queries
        names = ("contrast", "identity")[: len(outputs) // count]
        halves = zip(*(features.split(count) for features in queries), strict=True)
        known = zip(*(features.detach().split(count) for features in keys), strict=True)
        return {name: self.contrast_loss(q, k, count) for name, q, k in zip(names, halves, known, strict=True)}

    def translate(self, images: Tensor) -> Tensor:
        """Enhance at ``inference_side`` squared and bring the result back; or at the native size."""
        generator = self.networks["generator"]
        return run_at_size(images, self.params["inference_side"], lambda x: (generator(2 * x - 1)[0] + 1) / 2)
