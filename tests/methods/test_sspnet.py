"""SSP-Net against the paper's text and the closed forms of its readings."""

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from methods.sspnet import losses
from methods.sspnet.method import SSPNet
from methods.sspnet.networks import Discriminator, Generator
from sspbench.config.overrides import resolve_params
from sspbench.plugins.discovery import get_plugin
from sspbench.training.losses import gaussian_means, illumination_unevenness, local_moments
from sspbench.training.optimizers import warm_up_then_halving


def params(preset="paper", variant=None, **overrides):
    return resolve_params(get_plugin("methods", "sspnet"), preset, variant, overrides)


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.fixture(scope="module")
def image():
    random = np.random.default_rng(0)
    coarse = random.random((12, 12))
    return torch.from_numpy(np.kron(coarse, np.ones((8, 8)))[None, None] * 0.6 + random.random((96, 96)) * 0.3).float()


def test_parameter_counts_at_full_width():
    assert count(Generator()) == 40_756_746
    assert count(Generator(input_skip=False)) == 40_756_746 - 9
    assert count(Discriminator()) == 134_337
    assert count(Discriminator(in_channels=2)) == 135_361


def test_patch_logits_have_the_sizes_of_a_22_pixel_field():
    assert Discriminator(base=4)(torch.zeros(1, 1, 384, 384)).shape == (1, 1, 95, 95)
    assert Discriminator(base=4)(torch.zeros(1, 1, 128, 128)).shape == (1, 1, 31, 31)


def test_the_discriminator_starts_from_a_normal_of_002():
    torch.manual_seed(0)
    layers = [layer for layer in Discriminator() if isinstance(layer, torch.nn.Conv2d)]
    weights = torch.cat([layer.weight.detach().flatten() for layer in layers])
    assert abs(float(weights.std()) - 0.02) < 2e-4


def test_identity_start_gives_nearly_the_image():
    torch.manual_seed(0)
    network = Generator(0.125, "instance").eval()
    network.start_at_identity(1.2)
    x = torch.rand(1, 1, 64, 64) * 1.6 - 0.8
    correlation = np.corrcoef(network(x).detach().flatten(), x.flatten())[0, 1]
    assert correlation > 0.9


def test_learning_rate_warms_up_then_halves_every_15_epochs():
    p = params()
    rate = warm_up_then_halving(p["lr"], **p["schedule"], steps_per_epoch=85)
    assert rate(0) == pytest.approx(3e-5)
    assert rate(250) == pytest.approx(6.5e-5)
    assert rate(500) == pytest.approx(1e-4)
    assert rate(500 + 15 * 85 - 1) == pytest.approx(1e-4)
    assert rate(500 + 15 * 85) == pytest.approx(5e-5)
    assert rate(8499) == pytest.approx(1e-4 * 0.5**6)


def test_gaussian_means_are_a_zero_padded_convolution(image):
    kernel = torch.exp(-((torch.arange(11.0) - 5) ** 2) / 4.5)
    window = torch.outer(kernel, kernel) / kernel.sum() ** 2
    expected = torch.nn.functional.conv2d(image, window[None, None], padding=5)
    assert torch.allclose(gaussian_means(image), expected, atol=1e-6)


def test_structure_times_contrast_times_luminance_is_ssim(image):
    """SSIM = luminance * contrast * structure, so our two factors times SSIM's luminance give scikit-image's map."""
    other = (image + 0.1 * torch.rand_like(image)).clamp(0, 1)
    x, y = image.double()[0, 0].numpy(), other.double()[0, 0].numpy()
    options = {"data_range": 1.0, "gaussian_weights": True, "use_sample_covariance": False, "full": True}
    _, expected = structural_similarity(x, y, **options)
    mean_x, mean_y = gaussian_means(image), gaussian_means(other)
    luminance = (2 * mean_x * mean_y + 1e-4) / (mean_x**2 + mean_y**2 + 1e-4)
    ours = (losses.texture_map(image, other, "product") * luminance)[0, 0].numpy()
    inner = (slice(6, -6), slice(6, -6))
    assert np.abs(ours[inner] - expected[inner]).max() < 2e-3


def test_what_the_readings_of_the_texture_loss_can_see(image):
    """The reasons of README A8: the printed form is blind to inversion and punishes gain."""
    inverted, gained = 1 - image, (image - image.mean()) * 1.66 + image.mean()
    assert float(losses.texture_loss(image, image, "structure")) == pytest.approx(0, abs=1e-5)
    assert float(losses.texture_loss(image, inverted, "structure")) > 1.3
    assert float(losses.texture_loss(image, inverted, "contrast")) < 0.05
    assert float(losses.texture_loss(image, gained, "structure")) < 0.02
    assert float(losses.texture_loss(image, gained, "contrast")) > 0.05


def test_the_printed_illumination_loss_is_about_zero_for_an_uneven_image():
    uneven = torch.linspace(0.1, 0.9, 96).expand(1, 1, 96, 96).contiguous()
    assert abs(float(losses.illumination_loss(uneven, (8, 4), signed=True))) < 1e-3
    assert float(losses.illumination_loss(uneven, (8, 4), signed=False)) > 0.1


def test_illumination_ignores_level_and_scales_with_contrast(image):
    value = losses.illumination_loss(image, (8, 4), signed=False)
    assert losses.illumination_loss(image + 0.2, (8, 4), signed=False) == pytest.approx(float(value), rel=1e-4)
    assert losses.illumination_loss(image * 0.5, (8, 4), signed=False) == pytest.approx(float(value) / 2, rel=1e-4)
    assert illumination_unevenness(torch.full((1, 1, 32, 32), 0.3), 8).abs().max() < 1e-6


def test_moments_of_an_image_with_itself(image):
    variance_x, variance_y, covariance = local_moments(image, image)
    assert torch.equal(variance_x, variance_y)
    assert torch.allclose(covariance, variance_x, atol=1e-6)


def test_losses_of_the_gan_at_known_logits():
    zero = torch.zeros(2, 1, 3, 3)
    assert float(losses.fooling_loss(zero, saturating=False)) == pytest.approx(np.log(2))
    assert float(losses.fooling_loss(zero, saturating=True)) == pytest.approx(-np.log(2))
    assert (
        float(losses.fooling_loss(zero + 50, saturating=False))
        < 1e-9
        < 49
        < -float(losses.fooling_loss(zero + 50, saturating=True))
    )


def step(variant=None, **overrides):
    method = SSPNet(params("smoke", variant, **overrides), 0)
    torch.manual_seed(0)
    method.build()
    random = torch.Generator().manual_seed(1)
    low, high = torch.rand(2, 2, 1, 64, 64, generator=random)
    method.random.manual_seed(2)
    return method, method.training_step(low, high)


READINGS = [None, "gan", "gan+iu", "gan+te", "as_printed", "as_printed_skip", "stillgan_weights"]
OPTIONS = [
    {"discriminator_sees": "pair"},
    {"enhanced_high": "real"},
    {"pool": 4},
    {"upsampling": "nearest"},
    {"texture": "product"},
]


@pytest.mark.parametrize("variant", READINGS)
def test_every_reading_does_a_step_with_its_own_terms(variant):
    _, report = step(variant)
    terms = {"gan": set(), "gan+iu": {"illumination"}, "gan+te": {"texture"}}.get(variant, {"illumination", "texture"})
    assert set(report) == {"adversarial", "discriminator"} | terms
    assert all(torch.isfinite(value) for value in report.values())


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: next(iter(options)))
def test_every_option_changes_the_step(options):
    plain, changed = step()[0], step(**options)[0]
    before = [p.sum().item() for p in plain.networks["generator"].parameters()]
    if options == {"pool": 4}:
        assert len(changed.pools["enhanced_low"].images) == 2
    elif "enhanced_high" in options:
        weights = [m.networks["discriminator"][0].weight for m in (plain, changed)]
        assert not torch.equal(*weights)
    else:
        assert before != [p.sum().item() for p in changed.networks["generator"].parameters()]


def test_one_step_moves_both_networks_and_freezes_nothing_for_good():
    method, _ = step()
    torch.manual_seed(0)
    fresh = SSPNet(params("smoke"), 0)
    fresh.build()
    for name in ("generator", "discriminator"):
        pairs = zip(method.networks[name].parameters(), fresh.networks[name].parameters(), strict=True)
        assert any(not torch.equal(a, b) for a, b in pairs)
        assert all(p.requires_grad for p in method.networks[name].parameters())
