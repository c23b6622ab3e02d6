"""Two-way unpaired translation with cycles (Zhu et al., ICCV 2017): what CycleGAN and its descendants share."""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor, nn
from torch.nn import functional

from .losses import lsgan_discriminator_loss, lsgan_loss
from .networks.layers import init_normal, run_at_size
from .trainable import TrainableMethod

GENERATOR_NAMES = ("generator_high", "generator_low")
DISCRIMINATOR_NAMES = ("discriminator_high", "discriminator_low")


class TwoWayGAN(TrainableMethod):
    """Two generators and two discriminators, least-squares adversarial, cycle and identity terms.

    ``generator_high`` maps LQ to HQ images (the one used for enhancing), ``generator_low`` HQ to LQ;
    ``discriminator_high`` and ``discriminator_low`` separate real images of a domain from generated ones.

    A method defines ``new_generator`` and ``new_discriminator``, and ``extra_terms`` where it has any. ``params`` have
    ``lr``, ``betas``, ``schedule: {constant, decay}``, ``pool``, ``inference_side`` and ``weights`` of all terms.
    """

    def new_generator(self) -> nn.Module:
        """Return one generator, images (N, C, H, W) in [-1, 1] to the same."""
        raise NotImplementedError(f"{type(self).__name__} must define new_generator()")

    def new_discriminator(self) -> nn.Module:
        """Return one discriminator, images (N, C, H, W) in [-1, 1] to scores."""
        raise NotImplementedError(f"{type(self).__name__} must define new_discriminator()")

    def extra_terms(self, low: Tensor, high: Tensor, fake_low: Tensor, fake_high: Tensor) -> dict[str, Tensor]:
        """Return further terms of the generators' loss by name, each weighted by ``weights`` (images in [-1, 1])."""
        return {}

    def build(self) -> None:
        """Create both generators and discriminators, one optimiser each, and a pool of fakes per discriminator."""
        for name in GENERATOR_NAMES:
            self._add_initialised(name, self.new_generator(), keep=name == GENERATOR_NAMES[0])
        for name in DISCRIMINATOR_NAMES:
            self._add_initialised(name, self.new_discriminator(), keep=False)
            self.add_pool(name, self.params["pool"])
        for optimizer, networks in (("generators", GENERATOR_NAMES), ("discriminators", DISCRIMINATOR_NAMES)):
            parameters = [parameter for name in networks for parameter in self.networks[name].parameters()]
            self.add_decaying_adam(optimizer, parameters, plateau_shift=-1, span_shift=1)

    def _add_initialised(self, name: str, network: nn.Module, keep: bool) -> None:
        init_normal(network)
        self.add_network(name, network, keep=keep)

    def training_step(self, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Generators first, then both discriminators on the fakes made before that update."""
        a, b = 2 * low - 1, 2 * high - 1
        to_high, to_low = (self.networks[name] for name in GENERATOR_NAMES)
        discriminator_high, discriminator_low = (self.networks[name] for name in DISCRIMINATOR_NAMES)
        # instance norm treats images one by one: fakes and identities of a generator can share a pass
        fake_high, same_high = to_high(torch.cat([a, b])).split(len(a))
        fake_low, same_low = to_low(torch.cat([b, a])).split(len(b))
        with self.frozen(*DISCRIMINATOR_NAMES):
            losses = {
                "adversarial": lsgan_loss(discriminator_high(fake_high), 1.0)
                + lsgan_loss(discriminator_low(fake_low), 1.0),
                "cycle": _l1_loss(to_low(fake_high), a) + _l1_loss(to_high(fake_low), b),
                "identity": _l1_loss(same_high, b) + _l1_loss(same_low, a),
                **self.extra_terms(a, b, fake_low, fake_high),
            }
            weights = self.params["weights"]
            total = reduce(torch.add, [weights[name] * loss for name, loss in losses.items()])
            self.descend(total, "generators")
        high_loss = self._discriminator_loss(DISCRIMINATOR_NAMES[0], b, fake_high)
        discriminators_loss = high_loss + self._discriminator_loss(DISCRIMINATOR_NAMES[1], a, fake_low)
        self.descend(discriminators_loss, "discriminators")
        return {**losses, "generators": total, "discriminators": discriminators_loss}

    def _discriminator_loss(self, name: str, real: Tensor, fake: Tensor) -> Tensor:
        shown = self.pools[name].query(fake, self.random)
        discriminator = self.networks[name]
        return lsgan_discriminator_loss(discriminator(real), discriminator(shown))

    def translate(self, images: Tensor) -> Tensor:
        """Enhance at ``inference_side`` squared, as in training, and bring the result back; or at the native size."""
        generator = self.networks[GENERATOR_NAMES[0]]
        return run_at_size(images, self.params["inference_side"], lambda x: (generator(2 * x - 1) + 1) / 2)


def _l1_loss(images: Tensor, targets: Tensor) -> Tensor:
    return functional.l1_loss(images.float(), targets)
