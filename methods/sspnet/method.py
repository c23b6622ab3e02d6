"""SSP-Net (Xu et al.): a siamese, structure-preserving GAN for unpaired enhancement."""

from __future__ import annotations

import torch
from torch import Tensor

from sspbench import TrainableMethod, vanilla_gan_loss, warm_up_then_halving

from . import losses
from .networks import Discriminator, Generator


class SSPNet(TrainableMethod):
    """One generator, weight-shared over a random pair (LQ, HQ), against one patch discriminator.

    The pair goes through the networks stacked in one batch: half the passes of two branches, and batch statistics of
    the mixture that the running statistics describe (README.md, A14).
    """

    multiple = 32

    def build(self) -> None:
        """Create the networks and the two Adam optimisers of section 4.2."""
        p = self.params
        generator = Generator(p["width"], p["norm"], p["input_skip"], p["upsampling"], self.channels)
        if p["identity_start"] is not None:
            generator.start_at_identity(p["identity_start"])
        self.add_network("generator", generator, keep=True)
        in_channels = self.channels * (2 if p["discriminator_sees"] == "pair" else 1)
        discriminator = Discriminator(in_channels, p["discriminator_channels"])
        self.add_network("discriminator", discriminator)
        rate = warm_up_then_halving(p["lr"], **p["schedule"], steps_per_epoch=self.steps_per_epoch)
        factor = p["discriminator_lr_factor"]
        adam, betas_g, betas_d = torch.optim.Adam, tuple(p["generator_betas"]), tuple(p["discriminator_betas"])
        self.add_optimizer("generator", adam, generator.parameters(), rate, betas=betas_g)
        self.add_optimizer(
            "discriminator", adam, discriminator.parameters(), lambda step: rate(step) * factor, betas=betas_d
        )
        self.add_pool("enhanced_low", p["pool"])

    def training_step(self, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Step the generator, then the discriminator on outputs made before that step (README.md, A21)."""
        given = torch.cat([low, high]) * 2 - 1
        enhanced = self.networks["generator"](given)
        report = self._step_generator(given, enhanced)
        report["discriminator"] = self._step_discriminator(given, enhanced.detach())
        return report

    def _step_generator(self, given: Tensor, enhanced: Tensor) -> dict[str, Tensor]:
        p, weights = self.params, self.params["weights"]
        with self.frozen("discriminator"):
            logits_low, logits_high = self._judge(enhanced, given).chunk(2)
            adversarial = weights["lambda1"] * losses.fooling_loss(logits_low, p["saturating"])
            adversarial = adversarial + weights["lambda2"] * losses.fooling_loss(logits_high, p["saturating"])
            report = {"adversarial": adversarial}
            total = adversarial
            if weights["alpha"] and weights["illumination"]:
                low = (enhanced.chunk(2)[0] + 1) / 2
                report["illumination"] = losses.illumination_loss(low, p["patch_shares"], p["illumination_signed"])
                total = total + weights["alpha"] * weights["illumination"] * report["illumination"]
            if weights["alpha"] and weights["beta"]:
                report["texture"] = self._texture_loss(given, enhanced)
                total = total + weights["alpha"] * weights["beta"] * report["texture"]
            self.descend(total, "generator")
        return {name: value.detach() for name, value in report.items()}

    def _texture_loss(self, given: Tensor, enhanced: Tensor) -> Tensor:
        """Return TE(x1, y1) + TE(x2, y2): the mean over the stacked pair, times two."""
        x, y = (given + 1) / 2, (enhanced.float() + 1) / 2
        sd = self.params["texture_noise"]
        if sd:
            noise = sd * torch.randn(x.shape, generator=self.random).to(x.device)
            x, y = (x + noise).clamp(0, 1), (y + noise).clamp(0, 1)
        return 2 * losses.texture_loss(x, y, self.params["texture"])

    def _step_discriminator(self, given: Tensor, enhanced: Tensor) -> Tensor:
        p, lambda1, lambda2 = self.params, self.params["weights"]["lambda1"], self.params["weights"]["lambda2"]
        low, high = given.chunk(2)
        enhanced_low, enhanced_high = enhanced.chunk(2)
        enhanced_low = self.pools["enhanced_low"].query(enhanced_low, self.random)
        shown, beside = torch.cat([enhanced_low, enhanced_high]), given
        if p["real"] == "own":  # as printed: each output against its own input
            shown, beside = torch.cat([shown, low, high]), torch.cat([beside, low, high])
            fake_low, fake_high, real_low, real_high = self._judge(shown, beside).chunk(4)
            loss = lambda1 * vanilla_gan_loss(real_low, real=True) + lambda2 * vanilla_gan_loss(real_high, real=True)
        else:
            shown, beside = torch.cat([shown, high]), torch.cat([beside, high])
            fake_low, fake_high, real_high = self._judge(shown, beside).chunk(3)
            loss = (lambda1 + lambda2) * vanilla_gan_loss(real_high, real=True)
        called = p["enhanced_high"] == "real"
        loss = (
            loss + lambda1 * vanilla_gan_loss(fake_low, real=False) + lambda2 * vanilla_gan_loss(fake_high, real=called)
        )
        self.descend(loss, "discriminator")
        return loss.detach()

    def _judge(self, images: Tensor, beside: Tensor) -> Tensor:
        pair = self.params["discriminator_sees"] == "pair"
        return self.networks["discriminator"](torch.cat([images, beside], 1) if pair else images)

    def translate(self, images: Tensor) -> Tensor:
        """Enhance (N, C, H, W) in [0, 1]: only the LQ branch is left at test time."""
        return (self.networks["generator"](images * 2 - 1) + 1) / 2
