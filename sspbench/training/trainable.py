"""Bases of everything that is trained: what a learned method or a segmenter has to define.

A plugin defines ``build()``, ``training_step(...)`` and ``translate(images)`` (a method) or ``predict(images)``
(a segmenter). Device, precision, seeding, batches, resume, guards, logging and budgets come from the frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from ..contract import DomainName, Method
from .image_pool import ImagePool
from .optimizers import Schedule, ScheduledOptimizer, constant_then_linear, make_optimizer
from .padding import apply_padded

Network = TypeVar("Network", bound=nn.Module)


class Trainable:
    """Networks, optimisers and one training step.

    Set by the frame before ``build()`` and kept up to date:

    Attributes:
        params: Resolved parameters.
        seed: Seed of the run.
        channels: Channels of the images: 1 grey, 3 RGB. Build networks with ``in_channels=self.channels``.
        device: Where the networks and batches live.
        step: The current step, from 0.
        total_steps: Number of steps of this run.
        steps_per_epoch: Steps in one epoch of this data set.
        random: A CPU generator, reseeded from (seed, step) before every step: draw all randomness from it, as in
            ``torch.randn(..., generator=self.random)``; a resumed run then equals an uninterrupted one. Before every
            image that is enhanced it is seeded from the seed alone: what a sampler draws at test is repeatable, and
            the same whether an image comes alone or among others.
        notes: Short facts worth showing beside the method in every table, e.g. ``{"VGG": "random"}``.
    """

    multiple: int = 1
    """Height and width must be multiples of this at inference; the frame pads by reflection and crops back."""

    channels: int = 1

    learns_at_test: ClassVar[bool] = False
    """Whether ``translate`` or ``predict`` optimises something for each image, and so needs gradients. What it
    changes must be its own copy: the next image starts from the trained weights again."""

    def __init__(self, params: Mapping[str, Any], seed: int = 0) -> None:
        self.params = params
        self.seed = seed
        self.device = torch.device("cpu")
        self.step = 0
        self.total_steps = 1
        self.steps_per_epoch = 1
        self.random = torch.Generator()
        self.notes: dict[str, str] = {}
        self.networks: dict[str, nn.Module] = {}
        self.optimizers: dict[str, ScheduledOptimizer] = {}
        self.pools: dict[str, ImagePool] = {}
        self.kept_networks: list[str] = []
        self.learning_rate_scale = 1.0
        self.all_finite: Tensor | None = None
        self.inference_only = False

    # ---- what a plugin defines -------------------------------------------------------------------------------

    def build(self) -> None:
        """Create networks (``add_network``), optimisers (``add_optimizer``) and pools (``add_pool``).

        The global torch generator is seeded from the run's seed before the call, so default and explicit
        initialisations are repeatable.
        """
        raise NotImplementedError(f"{type(self).__name__} must define build()")

    def training_step(self, *batch: Any, **_: Any) -> dict[str, Tensor]:
        """Do one full step, all optimisers included (``descend``); return named scalar losses, detached or not.

        A plugin names what it gets, tensors each: ``low, high``, one of them, or ``images, labels``.
        """
        raise NotImplementedError(f"{type(self).__name__} must define training_step(...)")

    def finish(self, high: Iterable[Tensor]) -> None:
        """Do what has to be done once after the last step, e.g. average a statistic over the HQ training images.

        Args:
            high: The HQ training images one by one, whole, (1, C, H, W) in [0, 1] on the device.
        """

    # ---- what the frame gives --------------------------------------------------------------------------------

    def add_network(self, name: str, network: Network, *, keep: bool = False) -> Network:
        """Register a network; those with ``keep=True`` are what inference needs and go to ``weights.safetensors``."""
        self.networks[name] = network.to(self.device)
        if keep:
            self.kept_networks.append(name)
        return network

    def add_optimizer(
        self,
        name: str,
        kind: type[torch.optim.Optimizer],
        parameters: Iterable[nn.Parameter],
        schedule: Schedule,
        **options: Any,
    ) -> None:
        """Register an optimiser whose learning rate at step ``t`` is ``schedule(t)``; ``options`` hold no rate.

        It is made only where there is something to train: inference needs none.
        """
        if self.inference_only:
            return
        options = {"lr": schedule(0), **options}
        if self.device.type == "cuda" and issubclass(kind, torch.optim.Adam | torch.optim.SGD):
            options = {"fused": True, **options}  # one kernel instead of hundreds of small ones
        self.optimizers[name] = ScheduledOptimizer(make_optimizer(kind, parameters, **options), schedule)

    def add_decaying_adam(
        self, name: str, parameters: Iterable[nn.Parameter], *, plateau_shift: int, span_shift: int
    ) -> None:
        """Register Adam by the ``params`` ``lr``, ``betas`` and ``schedule: {constant, decay}`` (epochs).

        The shifts are added to ``constant`` and ``decay``; :func:`constant_then_linear` says why codes differ in them.
        """
        constant, decay = self.params["schedule"]["constant"], self.params["schedule"]["decay"]
        rate = constant_then_linear(
            self.params["lr"], constant + plateau_shift, decay + span_shift, constant + decay, self.total_steps
        )
        self.add_optimizer(name, torch.optim.Adam, parameters, rate, betas=tuple(self.params["betas"]))

    def add_pool(self, name: str, size: int) -> ImagePool:
        """Register an image pool (history of fakes), saved with the checkpoint."""
        self.pools[name] = ImagePool(size)
        return self.pools[name]

    def descend(self, loss: Tensor, *names: str, clip: float | None = None) -> None:
        """Clear gradients, go backward from a scalar ``loss`` and step the named optimisers.

        Non-finite losses and gradients are remembered on the device without a synchronisation; the loop looks at them
        before it saves or logs anything. Where the Euclidean norm of all gradients taken together exceeds ``clip``,
        they are scaled down to it.
        """
        optimizers = [self.optimizers[name] for name in names]
        for scheduled in optimizers:
            scheduled.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, enabled=False):
            loss.backward()
            self._record_finiteness(loss, optimizers)
            if clip is not None:
                nn.utils.clip_grad_norm_(_optimised_parameters(optimizers), clip)
            for scheduled in optimizers:
                scheduled.descend(scheduled.schedule(self.step) * self.learning_rate_scale)

    def _record_finiteness(self, loss: Tensor, optimizers: list[ScheduledOptimizer]) -> None:
        gradients = [parameter.grad for parameter in _optimised_parameters(optimizers) if parameter.grad is not None]
        norms = torch.stack(torch._foreach_norm(gradients)) if gradients else loss.new_zeros(1)
        finite = torch.isfinite(loss.detach()).all() & torch.isfinite(norms).all()
        self.all_finite = finite if self.all_finite is None else self.all_finite & finite

    @contextmanager
    def frozen(self, *names: str) -> Iterator[None]:
        """Within the block the named networks collect no gradients (inputs still do)."""
        parameters = [p for name in names for p in self.networks[name].parameters() if p.requires_grad]
        for parameter in parameters:
            parameter.requires_grad_(False)
        try:
            yield
        finally:
            for parameter in parameters:
                parameter.requires_grad_(True)

    def weights(self) -> dict[str, Tensor]:
        """Return the tensors of the kept networks, keyed ``<network>.<name>``, contiguous on the CPU."""
        return {
            f"{name}.{key}": value.detach().cpu().contiguous().clone()
            for name in self.kept_networks
            for key, value in self.networks[name].state_dict().items()
        }

    def load_weights(self, tensors: Mapping[str, Tensor]) -> None:
        """Load what :meth:`weights` returned; raises ``RuntimeError`` naming the tensors that do not fit."""
        for name in self.kept_networks:
            prefix = f"{name}."
            own = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
            self.networks[name].load_state_dict(own)

    def inference_mode(self) -> None:
        """Put all networks into evaluation mode."""
        for network in self.networks.values():
            network.eval()

    def _run_each_padded(self, images: np.ndarray, function: Callable[[Tensor], Tensor]) -> np.ndarray:
        """Apply ``function`` to (N, C, H, W) float32 images one by one, padded by reflection to ``multiple``."""
        return np.concatenate([self._run_padded(torch.from_numpy(image[None]), function) for image in images])

    def _run_padded(self, image: Tensor, function: Callable[[Tensor], Tensor]) -> np.ndarray:
        self.random.manual_seed(self.seed)
        with torch.inference_mode(not self.learns_at_test):
            result = apply_padded(image.to(self.device), self.multiple, function)
        return result.detach().float().cpu().numpy()


def _optimised_parameters(optimizers: Iterable[ScheduledOptimizer]) -> list[nn.Parameter]:
    """List what the optimisers step."""
    groups = (group for scheduled in optimizers for group in scheduled.optimizer.param_groups)
    return [parameter for group in groups for parameter in group["params"]]


class TrainableMethod(Trainable, Method):
    """A learned enhancer, trained on unpaired low- and high-quality images.

    ``training_step(low, high)`` gets two batches (N, C, h, w) float32 in [0, 1] on the device; how they are drawn is
    said by the ``batches`` section of ``params`` (see :mod:`sspbench.training.loop.batches`). A method that learns from
    one domain names it in ``learns_from``, and its ``training_step`` gets that batch alone.
    """

    learned: ClassVar[bool] = True

    @property
    def learns_from(self) -> tuple[DomainName, ...]:
        """The domains that ``training_step`` gets batches of: ``("low", "high")``, ``("low",)`` or ``("high",)``.

        Override it for a method without a partner domain: one that needs no good images, or one that makes pairs of
        its own by degrading good ones in ``training_step`` (with ``self.random``). It is read before ``build()``; an
        epoch then sees each image of that domain once.
        """
        return ("low", "high")

    def translate(self, images: Tensor) -> Tensor:
        """Map (N, C, H, W) in [0, 1] to the enhanced images, same shape; H and W are multiples of ``multiple``."""
        raise NotImplementedError(f"{type(self).__name__} must define translate(images)")

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Enhance (N, C, H, W) float32 in [0, 1] of any size; see :class:`sspbench.contract.Method`."""
        self.inference_mode()
        return np.clip(self._run_each_padded(images, self.translate), 0.0, 1.0).astype(np.float32)


class TrainableSegmenter(Trainable):
    """A segmenter, trained on high-quality images with labels.

    ``training_step(images, labels)`` gets (N, C, h, w) float32 in [0, 1] and the labels, (N, 1, h, w), as 0.0 / 1.0.
    """

    def predict(self, images: Tensor) -> Tensor:
        """Return the probability (N, 1, H, W) in [0, 1] of (N, C, H, W) images.

        H and W are multiples of ``multiple``.
        """
        raise NotImplementedError(f"{type(self).__name__} must define predict(images)")

    def binarise(self, probability: np.ndarray) -> np.ndarray:
        """Return the (H, W) bool mask of an 8-bit probability map (H, W) uint8."""
        raise NotImplementedError(f"{type(self).__name__} must define binarise(probability)")

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probability (N, 1, H, W) of (N, C, H, W) float32 images of any size."""
        self.inference_mode()
        return np.clip(self._run_each_padded(images, self.predict), 0.0, 1.0).astype(np.float32)
