"""StillGAN: two-way unpaired translation with illumination and structure terms (Ma et al., IEEE TMI 40(12), 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from sspbench import Faults, TrainableMethod, epoch_of

from .losses import illumination_loss, least_squares, structure_loss, structure_noise
from .networks import Discriminator, Generator, initialise
from .schedule import rate_factor


class StillGAN(TrainableMethod):
    """A CycleGAN whose generators are residual U-Nets.

    ``to_high`` maps LQ to HQ (the one used for enhancing), ``to_low`` HQ to LQ; ``judge_high`` and ``judge_low`` tell
    real images of a domain from generated ones.
    """

    def build(self) -> None:
        """Create both generators and discriminators, one optimiser each, and a pool of fakes a domain.

        Raises:
            UserError: depth, region and patches do not fit the training images.
        """
        params = self.params
        _check_sizes(params)
        base = max(round(64 * params["width"]), 1)
        for name, keep in (("to_high", True), ("to_low", False)):
            self._add(name, Generator(1, base, params["depth"]), keep)
        for name in ("judge_high", "judge_low"):
            self._add(name, Discriminator(1, base), keep=False)
            self.add_pool(name, params["pool"])
        self._optimise("generators", "to_high", "to_low")
        self._optimise("discriminators", "judge_high", "judge_low")
        if params["inference_side"] is None:
            self.multiple = 2 ** params["depth"]

    def _add(self, name: str, network: torch.nn.Module, keep: bool) -> None:
        initialise(network)
        self.add_network(name, network, keep=keep)

    def _optimise(self, name: str, *networks: str) -> None:
        parameters = [parameter for network in networks for parameter in self.networks[network].parameters()]
        betas = tuple(self.params["betas"])
        self.add_optimizer(name, torch.optim.Adam, parameters, self._rate, betas=betas)

    def _rate(self, step: int) -> float:
        constant, decay = self.params["schedule"]["constant"], self.params["schedule"]["decay"]
        epoch = epoch_of(step, self.total_steps, constant + decay)
        return self.params["lr"] * rate_factor(epoch, constant, decay)

    def training_step(self, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Generators first, then both discriminators on the fakes made before that update."""
        a, b = 2 * low - 1, 2 * high - 1
        # instance norm treats images one by one: fakes and identities of a generator can share a pass
        fake_high, same_high = self.networks["to_high"](torch.cat([a, b])).split(len(a))
        fake_low, same_low = self.networks["to_low"](torch.cat([b, a])).split(len(b))
        with self.frozen("judge_high", "judge_low"):
            losses = {
                "adversarial": least_squares(self.networks["judge_high"](fake_high), 1.0)
                + least_squares(self.networks["judge_low"](fake_low), 1.0),
                "cycle": _l1(self.networks["to_low"](fake_high), a) + _l1(self.networks["to_high"](fake_low), b),
                "identity": _l1(same_high, b) + _l1(same_low, a),
                "illumination": self._illumination(fake_high),
                "structure": self._structure(b, fake_low) + self._structure(a, fake_high),
            }
            weights = self.params["weights"]
            total = sum(weights[name] * loss for name, loss in losses.items())
            self.descend(total, "generators")
        judged = self._judge("judge_high", b, fake_high) + self._judge("judge_low", a, fake_low)
        self.descend(judged, "discriminators")
        return {**losses, "generators": total, "discriminators": judged}

    def _illumination(self, images: Tensor) -> Tensor:
        roi, patches = self.params["roi"], self.params["patches"]
        return sum(illumination_loss(images, patch, roi) for patch in patches)

    def _structure(self, first: Tensor, second: Tensor) -> Tensor:
        roi = self.params["roi"]
        return structure_loss(first, second, structure_noise(first, roi, self.random), roi)

    def _judge(self, name: str, real: Tensor, fake: Tensor) -> Tensor:
        shown = self.pools[name].query(fake, self.random)
        judge = self.networks[name]
        return (least_squares(judge(real), 1.0) + least_squares(judge(shown), 0.0)) / 2

    def translate(self, images: Tensor) -> Tensor:
        """Enhance at ``inference_side`` squared, as in training, and bring the result back; or at the native size."""
        side, native = self.params["inference_side"], images.shape[-2:]
        resized = images if side is None else _resize(images, (side, side))
        enhanced = (self.networks["to_high"](2 * resized - 1) + 1) / 2
        return enhanced if side is None else _resize(enhanced, native)


def _check_sizes(params: Mapping[str, Any]) -> None:
    batches, roi, multiple = params["batches"], params["roi"], 2 ** params["depth"]
    side = batches["crop"] or batches["resize"]
    with Faults("StillGAN's sizes do not fit each other") as faults:
        if side is not None and side % multiple:
            faults.add(f"training images of side {side} are no multiple of {multiple}", hint="change depth or batches")
        if side is not None and side < roi:
            faults.add(f"roi {roi} is larger than the training images of side {side}", hint="lower roi")
        for patch in params["patches"]:
            if roi % patch:
                faults.add(f"patches of {patch} do not tile the roi of {roi}", hint="let roi be a multiple of them")
        if params["inference_side"] is not None and params["inference_side"] % multiple:
            faults.add(f"inference_side {params['inference_side']} is no multiple of {multiple}")


def _l1(images: Tensor, targets: Tensor) -> Tensor:
    return functional.l1_loss(images.float(), targets)


def _resize(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize by antialiased bicubic interpolation, the kernel of Pillow."""
    if tuple(images.shape[-2:]) == tuple(size):
        return images
    return functional.interpolate(images.float(), size, mode="bicubic", antialias=True).clamp(0, 1)
