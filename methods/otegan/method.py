"""OTE-GAN: unpaired enhancement as optimal transport, at a cost in structure (Zhu et al., ISBI 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from sspbench import Faults, TrainableMethod, epoch_at_step

from .losses import gradient_penalty, is_large_enough, ms_ssim
from .networks import CRITIC_WIDTHS, Critic, Generator

# Factor on the learning rates from one plateau to the next.
PLATEAU_RATE_FACTOR = 0.1


class OTEGAN(TrainableMethod):
    """One generator and one critic; no way back and no cycle."""

    multiple = 4

    def build(self) -> None:
        """Create both networks with an optimiser each; their initial weights are torch's own.

        Raises:
            UserError: critic and similarity do not fit the training images.
        """
        params = self.params
        side = _check_training_side(params)
        channels = self._network_channels
        base, growth = (max(round(full * params["width"]), 1) for full in (80, 48))
        self._add_with_optimizer("generator", Generator(channels, base, growth), params["lr"], keep=True)
        self._add_with_optimizer(
            "critic", Critic(channels, max(round(64 * params["width"]), 1), side), params["critic_lr"]
        )

    def _add_with_optimizer(self, name: str, network: torch.nn.Module, lr: float, *, keep: bool = False) -> None:
        self.add_network(name, network, keep=keep)

        def rate(step: int) -> float:
            return float(
                lr * PLATEAU_RATE_FACTOR ** (epoch_at_step(step, self.total_steps, self.params["plateaus"]) - 1)
            )

        self.add_optimizer(name, torch.optim.RMSprop, network.parameters(), rate)

    def training_step(self, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Critic first, in two steps of one optimiser; then the generator against the critic that comes out."""
        params = self.params
        images, wanted = self._repeat_grey(low), self._repeat_grey(high)
        critic = self.networks["critic"]
        # the generator stands still while the critic learns, so one pass serves all three
        enhanced = self.networks["generator"](images)
        fake = enhanced.detach().float()
        critic_loss = critic(fake).float().mean() - critic(wanted).float().mean()
        self.descend(critic_loss, "critic")
        share = torch.rand(len(fake), 1, 1, 1, generator=self.random).to(fake.device)
        penalty = gradient_penalty(critic, wanted, fake, share)
        self.descend(params["weights"]["penalty"] * penalty, "critic")
        with self.frozen("critic"):
            adversarial = -critic(enhanced).float().mean()
            cost = self._transport_cost(enhanced.float(), images)
            total = adversarial + params["weights"]["transport"] * cost
            self.descend(total, "generator")
        return {
            "critic": critic_loss,
            "penalty": penalty,
            "adversarial": adversarial,
            "transport": cost,
            "total": total,
        }

    def _transport_cost(self, enhanced: Tensor, images: Tensor) -> Tensor:
        if self.params["cost"] == "squared":
            return (enhanced - images).square().mean()
        return 1 - ms_ssim(enhanced, images, self.params["scales"]).mean()

    def translate(self, images: Tensor) -> Tensor:
        """Enhance at the native size; for grey images the mean is taken of the channels that come out."""
        enhanced: Tensor = self.networks["generator"](self._repeat_grey(images))
        return enhanced if self.channels == 3 else enhanced.mean(dim=1, keepdim=True)

    @property
    def _network_channels(self) -> int:
        return max(self.channels, self.params["in_channels"])

    def _repeat_grey(self, images: Tensor) -> Tensor:
        """Repeat the channel of grey images as often as the networks have inputs: (N, C, H, W)."""
        return images.expand(-1, self._network_channels, -1, -1)


def _check_training_side(params: Mapping[str, Any]) -> int:
    """Return the side of the training images.

    Raises:
        UserError: the critic cannot halve it, or the similarity's windows do not fit into it.
    """
    side = params["batches"]["crop"] or params["batches"]["resize"] or 0
    multiple, scales = 2 ** len(CRITIC_WIDTHS), params["scales"]
    with Faults("OTE-GAN's sizes do not fit each other") as faults:
        if not side or side % multiple:
            faults.add(
                f"the critic needs training images of a fixed side, a multiple of {multiple}, not {side or 'any'}",
                hint="change batches.crop or batches.resize",
            )
        if side and params["cost"] == "ms_ssim" and not is_large_enough(side, scales):
            faults.add(f"images of side {side} are too small for {scales} scales of MS-SSIM", hint="lower scales")
    return int(side)
