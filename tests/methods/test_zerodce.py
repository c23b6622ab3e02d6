"""Zero-DCE: sizes, losses in closed form, one step written out by hand, and what it learns from."""

import pytest
import torch

from methods.zerodce.losses import colour_loss, exposure_loss, smoothness_loss, spatial_loss, spatial_map
from methods.zerodce.method import ZeroDCE
from methods.zerodce.networks import CurveNetwork, apply_curves
from sspbench.config.overrides import resolve_params
from sspbench.errors import UserError
from sspbench.plugins.discovery import get_plugin


def built(preset="smoke", **overrides):
    method = ZeroDCE(resolve_params(get_plugin("methods", "zerodce"), preset, None, overrides))
    torch.manual_seed(0)
    method.build()
    return method


def pictures(count, seed=0, side=48):
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("channels", "expected"), [(3, 79_416), (1, 69_608)])
def test_parameters(channels, expected):
    network = CurveNetwork(channels)
    assert sum(p.numel() for p in network.parameters()) == expected
    assert {id(t) for t in network.official_tensors()} == {id(p) for p in network.parameters()}


def test_curves_keep_black_and_white_and_brighten_where_negative():
    images = torch.tensor([0.0, 0.25, 1.0]).view(1, 1, 1, 3)
    once = apply_curves(images, [torch.full_like(images, -1.0)])
    assert once.flatten().tolist() == [0.0, 0.25 + 0.25 - 0.0625, 1.0]
    random = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    bent = apply_curves(random, [torch.full_like(random, sign) for sign in (-1.0, 1.0, 1.0, 1.0, -1.0)])
    assert 0 <= float(bent.min()) <= float(bent.max()) <= 1


def test_losses_in_closed_form():
    flat = torch.full((2, 3, 32, 32), 0.4)
    assert float(exposure_loss(flat, 0.6)) == pytest.approx(0.04, rel=1e-4)
    assert float(spatial_loss(flat, flat)) == 0.0
    # only the border sees the brightness itself: corners twice, edges once, with 8 x 8 cells
    brighter = spatial_map(flat + 0.1, flat)
    assert float(brighter[0, 0, 0, 0]) == pytest.approx(0.02, rel=1e-4)
    assert float(brighter[0, 0, 0, 3]) == pytest.approx(0.01, rel=1e-4)
    assert float(brighter[0, 0, 3, 3]) == 0.0
    ramp = torch.arange(4.0).view(1, 1, 1, 4).expand(2, 5, 3, 4)
    assert float(smoothness_loss(ramp)) == pytest.approx(2 * 5)  # summed over channels, not averaged
    tinted = flat + torch.tensor([0.1, 0.0, 0.0]).view(1, 3, 1, 1)
    assert float(colour_loss(tinted)) == pytest.approx((2 * 0.1**4) ** 0.5, rel=1e-4)


def test_equal_channels_have_a_finite_colour_gradient():
    images = torch.full((1, 3, 16, 16), 0.3, requires_grad=True)
    assert torch.isfinite(torch.autograd.grad(colour_loss(images), images)[0]).all()


def test_a_step_descends_the_published_sum_with_a_clipped_gradient():
    method = built("official", width=0.125)
    low = pictures(2)
    with torch.no_grad():
        images = low.repeat(1, 3, 1, 1)
        enhanced, curves = method.network.enhance(images)
        expected = 200 * smoothness_loss(curves) + spatial_loss(enhanced, images)
        expected += 5 * colour_loss(enhanced) + 10 * exposure_loss(enhanced, 0.6)
    assert float(method.training_step(low)["total"].detach()) == pytest.approx(float(expected), rel=1e-5)
    norm = torch.stack([p.grad.norm() for p in method.network.parameters()]).norm()
    assert float(norm) == pytest.approx(0.1, rel=1e-3)


def test_the_published_exposure_needs_no_high_quality_images():
    assert built("official").learns_from == ("low",)
    assert built("paper").learns_from == ("low", "high")


def test_the_target_is_the_mean_of_the_high_quality_images():
    dark, bright = (float(built().training_step(pictures(2), high)["exposure"].detach()) for high in targets())
    assert dark < bright


def targets():
    return torch.full((2, 1, 48, 48), 0.5), torch.full((2, 1, 48, 48), 0.9)


def test_training_approaches_the_wanted_brightness():
    method, low, high = built(), 0.3 * pictures(2), torch.full((2, 1, 48, 48), 0.5)
    before = float(method.translate(low).mean().detach())
    for step in range(40):
        method.step = step
        method.training_step(low, high)
    assert abs(float(method.translate(low).mean().detach()) - 0.5) < 0.6 * abs(before - 0.5)


def test_other_channels_are_refused():
    with pytest.raises(UserError, match="`in_channels` must be one of 1, 3, got 2"):
        built(in_channels=2)
