"""Learned methods on RGB images: networks of three channels, channels in their order, one step, any size."""

import numpy as np
import pytest
import torch

from methods.enlightengan.networks import attention_map
from methods.msgnet.method import convert_to_bgr
from methods.otegan.networks import Generator as OTEGenerator
from methods.scrnet.networks import Generator as SCRGenerator
from methods.sspnet.networks import Discriminator
from methods.sspnet.networks import Generator as SSPGenerator
from methods.stillgan.networks import Generator as StillGenerator
from methods.unsb.networks import BridgeGenerator, TimedPatchGAN
from methods.zerodce.losses import colour_loss
from sspbench.config.overrides import resolve_params
from sspbench.plugins.discovery import find_plugins, get_plugin, load_method_class
from sspbench.training.networks.patchgan import PatchGAN
from sspbench.training.networks.residual_generator import ResidualGenerator

LEARNED = [name for name, plugin in find_plugins("methods").items() if plugin.meta["kind"] == "learned"]


@pytest.fixture(autouse=True)
def empty_hub(tmp_path, monkeypatch):
    """No test may depend on torchvision weights that this machine has downloaded."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))


def built(name, **overrides):
    plugin = get_plugin("methods", name)
    method = load_method_class(plugin)(resolve_params(plugin, "smoke", None, overrides), 0)
    method.channels = 3
    torch.manual_seed(0)
    method.build()
    return method


def photographs(count, side, seed=0):
    """(N, 3, side, side): red brightest, blue darkest, no black."""
    random = torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))
    return torch.tensor([0.6, 0.3, 0.1]).view(1, 3, 1, 1) + 0.2 * random


def make_step(method):
    batches = method.params["batches"]
    side = batches.get("crop") or batches["resize"]
    given = {"low": photographs(batches["size"], side), "high": photographs(batches["size"], side, seed=1)}
    return method.training_step(*(given[name] for name in method.learns_from))


def count(network, *args, **kwargs):
    with torch.device("meta"):  # shapes alone
        return sum(p.numel() for p in network(*args, **kwargs).parameters())


@pytest.mark.parametrize("name", LEARNED)
def test_a_step_is_finite_and_moves_the_kept_networks(name):
    method = built(name)
    before = method.weights()
    losses = make_step(method)
    assert all(torch.isfinite(loss) for loss in losses.values())
    after = method.weights()
    assert any(not torch.equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("name", LEARNED)
def test_pictures_of_any_size_come_out_in_colour_and_untouched(name):
    method = built(name)
    method.finish([photographs(1, 64)])
    images = photographs(1, 61, seed=2).numpy()[..., :45]
    before = images.copy()
    result = method.enhance(images)
    assert (result.shape, result.dtype) == (images.shape, np.float32)
    assert 0 <= result.min() <= result.max() <= 1
    assert np.ptp(result, axis=1).max() > 0  # channels differ
    assert np.array_equal(images, before)


# public implementations with three channels
@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (StillGenerator, 78_643_971),
        (PatchGAN, 2_764_737),
        (ResidualGenerator, 11_378_179),
        (BridgeGenerator, 14_684_419),
        (SCRGenerator, 89_283_398),
        (OTEGenerator, 4_470_699),
    ],
    ids=["stillgan", "patchgan", "residual", "unsb", "scrnet", "otegan"],
)
def test_parameters_with_three_channels(network, parameters):
    assert count(network, 3) == parameters


def test_sspnet_with_three_channels_has_their_weights_more():
    more = count(SSPGenerator, in_channels=3) - count(SSPGenerator)
    # stem: 2 channels of 64 filters of 7 x 7; end: 3 filters over 64 + 3 channels instead of 1 over 64 + 1, and biases
    assert more == 2 * 64 * 49 + 9 * (3 * 67 - 65) + 2
    assert next(Discriminator(3).parameters()).shape[1] == 3


def test_unsb_compares_two_pairs_of_colour_pictures():
    method = built("unsb")
    assert isinstance(method.networks["energy"], TimedPatchGAN)
    assert next(method.networks["energy"].parameters()).shape[1] == 12


def test_sspnet_starts_at_the_identity_in_every_channel():
    method = built("sspnet", identity_start=1.0)
    images = photographs(1, 64)
    with torch.no_grad():
        method.inference_mode()
        found = method.translate(images)
    assert (found - (torch.tanh(2 * images - 1) + 1) / 2).abs().mean(dim=(0, 2, 3)).max() < 0.03


def test_msgnet_works_in_blue_green_red():
    rgb = photographs(2, 8)
    bgr = convert_to_bgr(rgb)
    assert torch.equal(bgr[:, 0], 255 * rgb[:, 2])
    assert torch.equal(bgr[:, 2], 255 * rgb[:, 0])
    method = built("msgnet")
    method.net.forward = lambda content, target: content  # a network that changes nothing
    assert torch.allclose(method.translate(rgb), rgb, atol=1e-6)


def test_enlightengan_attends_to_the_negative_of_the_luminance():
    red = torch.tensor([1.0, -1.0, -1.0]).view(1, 3, 1, 1)
    assert float(attention_map(red)) == pytest.approx(1 - 0.299)
    assert float(attention_map(red.flip(1))) == pytest.approx(1 - 0.114)


def test_zerodce_takes_the_colour_term_and_the_published_smoothness():
    method, low, high = built("zerodce"), photographs(2, 48), photographs(2, 48, seed=1)
    with torch.no_grad():
        enhanced, _ = method.network.enhance(low)
    losses = {name: float(loss.detach()) for name, loss in method.training_step(low, high).items()}
    assert losses["colour"] == pytest.approx(float(colour_loss(enhanced)))
    assert losses["colour"] > 0.05
    parts = losses["spatial"] + 10 * losses["exposure"] + 5 * losses["colour"] + 200 * losses["smoothness"]
    assert losses["total"] == pytest.approx(parts, rel=1e-5)


def test_zerodce_wants_the_brightness_of_the_retina_without_its_black_border():
    method, low = built("zerodce"), photographs(1, 48)
    high = photographs(1, 48, seed=1)
    framed = high.clone()
    framed[..., :24] = 0
    wanted = [float(method._average_brightness(images)) for images in (high[..., 24:], framed)]
    assert wanted[1] == pytest.approx(wanted[0], abs=0.01)
    assert built("zerodce", exposure=0.6).training_step(low).keys() >= {"colour"}
