"""UNSB: sizes, the bridge's times, repeatable samples, and one step written out by hand."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from methods.unsb.losses import bridge_times, move_along_bridge
from methods.unsb.method import UNSB
from methods.unsb.networks import BridgeGenerator, TimedPatchGAN
from sspbench.config.overrides import resolve_params
from sspbench.errors import UserError
from sspbench.plugins.discovery import get_plugin
from sspbench.training.patch_contrast_gan import draw_patch_positions, patch_nce_loss
from tests.recorded_steps import Recorded


class Watched(Recorded, UNSB):
    """Records the losses that it descends."""


def built(kind=UNSB, **overrides):
    method = kind(resolve_params(get_plugin("methods", "unsb"), "smoke", None, overrides))
    torch.manual_seed(0)
    method.build()
    return method


def loosened(method):
    """Move the weights away from their start, at which the codes are not seen."""
    torch.manual_seed(1)
    with torch.no_grad():
        for network in method.networks.values():
            for parameter in network.parameters():
                parameter.add_(0.1 * torch.randn(parameter.shape))
    return method


def count(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(("channels", "base", "expected"), [(1, 64, 14_671_873), (3, 64, 14_684_419), (1, 8, 231_937)])
def test_parameters_of_the_generator(channels, base, expected):
    with torch.device("meta"):
        network = BridgeGenerator(channels, base)
    assert count(network) == expected
    assert len(network.official_tensors()) == 114
    assert {id(t) for t in network.official_tensors()} == {id(p) for p in network.parameters()}


@pytest.mark.parametrize(("channels", "expected"), [(1, 3_140_993), (3, 3_143_041), (4, 3_144_065), (12, 3_152_257)])
def test_parameters_of_discriminator_and_energy(channels, expected):
    with torch.device("meta"):
        network = TimedPatchGAN(channels)
    assert count(network) == expected
    assert len(network.official_tensors()) == 22


def test_times_of_the_bridge():
    assert bridge_times(5) == pytest.approx([0, 0.5, 0.74, 0.86, 0.94, 1.0], abs=1e-9)
    assert bridge_times(2) == [0.0, 0.5, 1.0]


def test_the_bridge_ends_at_its_target_and_is_straight_without_temperature():
    here, there, noise = torch.zeros(4), torch.ones(4), torch.randn(4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(move_along_bridge(here, there, noise, 0.5, 1.0, 0.01), there)
    assert torch.equal(move_along_bridge(here, there, noise, 0.0, 0.25, 0.0), torch.full((4,), 0.25))
    spread = move_along_bridge(here, here, noise, 0.0, 0.5, 0.01)
    torch.testing.assert_close(spread, 0.05 * noise)


def test_an_image_is_sampled_alike_whenever_it_comes():
    method = loosened(built())
    images = np.random.default_rng(0).random((2, 1, 40, 48), dtype=np.float32)
    together = method.enhance(images)
    assert np.array_equal(together[1:], method.enhance(images[1:]))
    method.seed = 1
    assert not np.array_equal(together, method.enhance(images))


def test_an_odd_batch_is_refused():
    with pytest.raises(UserError, match="cannot be halved"):
        built(batches={"size": 3})


def test_a_step_is_the_published_one():
    method = loosened(built(Watched))
    random = torch.Generator().manual_seed(next(s for s in range(99) if first_place(s) == 1))  # two steps: 0 and 1
    method.random.set_state(random.get_state())
    low, high = (torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(s)) for s in (1, 2))
    method.training_step(low, high)
    (names_d, loss_d, first), (names_e, loss_e, second), (names_g, loss_g, third) = method.descents
    assert (names_d, names_e, names_g) == (("discriminator",), ("energy",), ("generator", "sampler"))

    def drawn(*shape):
        return torch.randn(shape, generator=random)

    index = int(torch.randint(2, (), generator=random))
    starts = [2 * low[:1] - 1, 2 * low[1:] - 1, 2 * high[:1] - 1]
    generator, length = first["generator"], first["generator"].code_length
    with torch.no_grad():
        codes = [drawn(1, length) for _ in starts]
        there = []
        for start, code in zip(starts, codes, strict=True):
            noise, _ = drawn(1, 1, 64, 64), drawn(1, length)
            there.append(0.5 * start + 0.5 * generator(start, code) + (0.5 * 0.5 * 0.01) ** 0.5 * noise)
        z, other_z = drawn(2, length), drawn(1, length)
        fake, identity = generator(there[0], z[:1]), generator(there[2], z[1:])
        other = generator(there[1], other_z)
        judge = first["discriminator"]
        scores_real, scores_fake = judge(starts[2], index), judge(fake, index)
        real, made = (
            functional.mse_loss(s, torch.full_like(s, v)) for s, v in ((scores_real, 1.0), (scores_fake, 0.0))
        )
        assert loss_d == pytest.approx(float(real + made) / 2, rel=1e-4)
        own, apart = torch.cat([there[0], fake], 1), torch.cat([there[1], other], 1)
        same, mixed = second["energy"](torch.cat([own, own], 1), 1), second["energy"](torch.cat([own, apart], 1), 1)
        spread = mixed.exp().sum().log()
        assert loss_e == pytest.approx(float(-same.mean() + spread + spread**2), rel=1e-4)
        same, mixed = third["energy"](torch.cat([own, own], 1), 1), third["energy"](torch.cat([own, apart], 1), 1)
        bridge = 0.01 * (functional.mse_loss(there[0], fake) - 0.5 * (same.mean() - mixed.exp().sum().log()))
        scores = third["discriminator"](fake, 1)
        total = functional.mse_loss(scores, torch.ones_like(scores)) + bridge
        for image, original in ((fake, starts[0]), (identity, starts[2])):
            code = drawn(1, length)
            asked, known = generator.encode(image, code), generator.encode(original, code)
            places = draw_patch_positions(asked, 32, random)
            rows = [third["sampler"](maps, places) for maps in (asked, known)]
            total += 0.5 * sum(patch_nce_loss(q, k, 1).mean() for q, k in zip(*rows, strict=True)) / 5
    assert loss_g == pytest.approx(float(total), rel=1e-4)


def first_place(seed):
    return int(torch.randint(2, (), generator=torch.Generator().manual_seed(seed)))
