"""UNSB: unpaired translation along a Schrödinger bridge of a few noisy steps (Kim et al., ICLR 2024)."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor

from sspbench import PatchContrastGAN, PatchSampler, UserError, lsgan_discriminator_loss, lsgan_loss, run_at_size

from .losses import bridge_loss, bridge_times, energy_loss, move_along_bridge
from .networks import BridgeGenerator, TimedPatchGAN


class UNSB(PatchContrastGAN):
    """A generator that is applied several times on a noisy way from the low-quality image to a high-quality one."""

    def build(self) -> None:
        """Create generator, discriminator, energy network and patch sampler with an optimiser each.

        Raises:
            UserError: the batch cannot be halved.
        """
        params = self.params
        size = params["batches"]["size"]
        if size % 2:
            raise UserError(
                "UNSB compares two sets of low-quality images",
                where="unsb: batches.size",
                why=f"{size} images cannot be halved",
                hint="give an even number; 2 is one image and one to compare it with, as published",
            )
        base = max(round(64 * params["width"]), 1)
        generator = BridgeGenerator(self.channels, base, params["blocks"])
        self.add_trained_network("generator", generator, keep=True)
        self.add_trained_network("discriminator", TimedPatchGAN(self.channels, base))
        self.add_trained_network("energy", TimedPatchGAN(4 * self.channels, base))
        self.add_trained_network("sampler", PatchSampler(generator.tap_channels, params["sampler_width"]))

    def training_step(self, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Go to a place on the bridge; there discriminator, energy network, then generator and sampler."""
        count = len(low) // 2
        a, other, b = 2 * low[:count] - 1, 2 * low[count:] - 1, 2 * high[:count] - 1
        index = self.draw_bridge_step()
        x, x_other, x_b = self.walk_bridge([a, other, b], index)
        codes = torch.cat([self.draw_codes(2 * count), self.draw_codes(count)])
        fake, identity, fake_other = self._generator(torch.cat([x, x_b, x_other]), codes).split(count)
        own, apart = torch.cat([x, fake], 1), torch.cat([x_other, fake_other], 1)
        discriminator = partial(self.networks["discriminator"], index=index)
        energy = partial(self.networks["energy"], index=index)
        discriminator_loss = lsgan_discriminator_loss(discriminator(b), discriminator(fake.detach()))
        self.descend(discriminator_loss, "discriminator")
        entropy = energy_loss(energy, own.detach(), apart.detach())
        self.descend(entropy, "energy")
        with self.frozen("discriminator", "energy"):
            steps, tau = self.params["bridge_steps"], self.params["tau"]
            losses = {
                "adversarial": lsgan_loss(discriminator(fake), 1.0),
                "bridge": bridge_loss(energy, own, apart, (steps - index) / steps, tau),
                "contrast": self._pair_contrast_loss(fake, a),
                "identity": self._pair_contrast_loss(identity, b),
            }
            weights = self.params["weights"]
            total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
            self.descend(total, "generator", "sampler")
        return {**losses, "generator": total, "discriminator": discriminator_loss, "energy": entropy}

    @property
    def _generator(self) -> BridgeGenerator:
        return cast(BridgeGenerator, self.networks["generator"])

    def draw_bridge_step(self) -> int:
        """Draw the step of the bridge that is trained, the same for the whole batch."""
        return int(torch.randint(self.params["bridge_steps"], (), generator=self.random))

    def draw_noise(self, *shape: int) -> Tensor:
        """Draw from N(0, 1), on the device."""
        return torch.randn(shape, generator=self.random).to(self.device)

    def draw_codes(self, count: int) -> Tensor:
        """Draw the random codes of ``count`` images."""
        return self.draw_noise(count, self._generator.code_length)

    @torch.no_grad()
    def walk_bridge(self, starts: list[Tensor], index: int) -> list[Tensor]:
        """Return where images (N, C, H, W) in [-1, 1] are after ``index`` steps of the bridge.

        Several sets of one shape go together; noise and codes are drawn set by set.
        """
        places, times = torch.cat(starts), bridge_times(self.params["bridge_steps"])
        codes = torch.cat([self.draw_codes(len(start)) for start in starts])
        for now, then in pairwise(times[: index + 1]):
            targets = self._generator(places, codes)
            drawn = [(self.draw_noise(*start.shape), self.draw_codes(len(start))) for start in starts]
            noise, codes = (torch.cat(parts) for parts in zip(*drawn, strict=True))
            places = move_along_bridge(places, targets, noise, now, then, self.params["tau"])
        return list(places.split([len(start) for start in starts]))

    def _pair_contrast_loss(self, images: Tensor, originals: Tensor) -> Tensor:
        codes = self.draw_codes(len(images))
        with torch.no_grad():
            keys = self._generator.encode(originals, codes)
        queries = self._generator.encode(images, codes)
        return self.contrast_loss(queries, keys, len(images))

    def translate(self, images: Tensor) -> Tensor:
        """Go the whole bridge at ``inference_side`` squared and bring the result back; or at the native size."""
        return run_at_size(images, self.params["inference_side"], lambda x: (self._cross_bridge(2 * x - 1) + 1) / 2)

    def _cross_bridge(self, images: Tensor) -> Tensor:
        (last,) = self.walk_bridge([images], self.params["bridge_steps"] - 1)
        return self._generator(last, self.draw_codes(len(images)))
