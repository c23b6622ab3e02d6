"""SSP-Net's losses on low-contrast images against their formulas in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import convolve

from methods.sspnet.losses import fooling_loss, illumination_loss, texture_loss

C2 = 0.0009


def weigh_locally(image):
    """The mean of an 11 x 11 Gaussian window of deviation 1.5 px; zero outside the image."""
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    return convolve(image, window / window.sum(), mode="constant")


def texture_by_formula(x, y):
    """Correlation and contrast factor of every pixel."""
    mean_x, mean_y = weigh_locally(x), weigh_locally(y)
    variance_x, variance_y = weigh_locally(x * x) - mean_x**2, weigh_locally(y * y) - mean_y**2
    covariance = weigh_locally(x * y) - mean_x * mean_y
    both = np.sqrt(np.maximum(variance_x, 0) * np.maximum(variance_y, 0))
    structure = (covariance + C2 / 2) / (both + C2 / 2)
    return structure, (2 * both + C2) / (variance_x + variance_y + C2)


@pytest.fixture(scope="module")
def pairs():
    """Two pairs of dim images with local deviations of about 0.02, where the constant weighs as much as the texture."""
    random = np.random.default_rng(8)
    x = 0.05 + 0.02 * random.random((2, 32, 40))
    y = 0.04 + 0.5 * (x - 0.05) + np.array([0.03, 0.07])[:, None, None] * random.random((2, 32, 40))
    return x, y


def test_texture_of_low_contrast_is_that_of_the_formula(pairs):
    x, y = pairs
    tensors = [torch.from_numpy(array).float()[:, None] for array in (x, y)]
    structure, contrast = (np.stack(part) for part in zip(*map(texture_by_formula, x, y), strict=True))
    wanted = {"structure": structure, "contrast": contrast, "product": structure * contrast}
    for form, factor in wanted.items():
        assert texture_loss(*tensors, form).item() == pytest.approx(1 - factor.mean(), abs=2e-4), form
    # With a constant ten times as large or as small each form would be off by more than a hundredth.
    assert min(abs(factor.mean() - 1) for factor in wanted.values()) > 0.02


def test_illumination_averages_absolute_deviations_unless_signed():
    random = np.random.default_rng(9)
    images = torch.from_numpy(random.random((3, 1, 32, 48)) ** 2).float()
    wanted = {False: [], True: []}
    for patch in (4, 8):
        means = torch.nn.functional.avg_pool2d(images, patch) - images.mean(dim=(2, 3), keepdim=True)
        whole = torch.nn.functional.interpolate(means, size=(32, 48), mode="bicubic", align_corners=False)
        wanted[False].append(whole.abs().mean().item())
        wanted[True].append(whole.mean().item())
    for signed, parts in wanted.items():
        found = illumination_loss(images, (8, 4), signed=signed).item()
        assert found == pytest.approx(np.mean(parts), rel=1e-5, abs=1e-8)
    assert abs(np.mean(wanted[True])) < 0.1 * np.mean(wanted[False])


def test_the_forms_of_the_fooling_loss():
    logits = torch.tensor([[-2.0, 0.5], [1.0, 3.0]])
    sure = 1 / (1 + np.exp(-logits.double().numpy()))
    assert fooling_loss(logits, saturating=False).item() == pytest.approx(-np.log(sure).mean(), rel=1e-5)
    assert fooling_loss(logits, saturating=True).item() == pytest.approx(np.log(1 - sure).mean(), rel=1e-5)
