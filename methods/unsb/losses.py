"""The Schrödinger bridge: its times, the way along it, and the terms that make it one (Kim et al. 2024)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

# Maps two pairs of images side by side along the channels to scores.
Energy = Callable[[Tensor], Tensor]


def bridge_times(count: int) -> list[float]:
    """Return the ``count`` + 1 times from 0 to 1: 0, then from 1/2 on in harmonic steps.

    >>> [round(time, 2) for time in bridge_times(5)]
    [0.0, 0.5, 0.74, 0.86, 0.94, 1.0]
    """
    sums = [0.0]
    for number in range(1, count):
        sums.append(sums[-1] + 1 / number)
    return [0.0, *(0.5 + 0.5 * total / sums[-1] for total in sums)]


def move_along_bridge(place: Tensor, target: Tensor, noise: Tensor, now: float, then: float, tau: float) -> Tensor:
    """Go on along the bridge from ``place`` at time ``now`` to time ``then``, towards ``target``, which stands at 1.

    ``noise`` is drawn from N(0, 1); the temperature ``tau`` weighs it, 0 goes straight.
    """
    share = (then - now) / (1 - now)
    return (1 - share) * place + share * target + ((then - now) * (1 - share) * tau) ** 0.5 * noise


def compare_energies(energy: Energy, own: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean energy of pairs with themselves, and the log-sum-exp over all scores with other pairs.

    ``own`` and ``other`` are (N, 2C, H, W): places on the bridge and what was made of them, along the channels.
    """
    same, apart = (energy(torch.cat([own, pair], 1)).float() for pair in (own, other))
    return same.mean(), apart.flatten().logsumexp(0)


def energy_loss(energy: Energy, own: Tensor, other: Tensor) -> Tensor:
    """Return what the energy network minimises; for arguments see :func:`compare_energies`."""
    same, apart = compare_energies(energy, own, other)
    return -same + apart + apart.square()


def bridge_loss(energy: Energy, own: Tensor, other: Tensor, remaining: float, tau: float) -> Tensor:
    """Return entropy and transport cost of the rest of the bridge; see :func:`compare_energies`.

    ``remaining`` is the share of the bridge's steps still ahead, 1 at the start; ``tau`` the temperature.
    """
    same, apart = compare_energies(energy, own, other)
    place, made = own.chunk(2, dim=1)
    return tau * ((place - made).square().mean() - remaining * (same - apart))
