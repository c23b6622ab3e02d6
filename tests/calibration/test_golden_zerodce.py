"""Zero-DCE's network and losses against outputs of the public implementation."""

import pytest
import torch

from methods.zerodce.losses import colour_loss, exposure_loss, smoothness_loss, spatial_loss, spatial_map
from methods.zerodce.networks import CurveNetwork, apply_curves
from tests.golden_vectors import Golden, find


@pytest.mark.parametrize("case", find("zerodce_net_*"))
def test_network(case):
    golden = Golden(case)
    x = golden.inputs()["x"]
    network = golden.fill(CurveNetwork(in_channels=x.shape[1])).eval()
    with torch.no_grad():
        y, curves = network.enhance(x)
        golden.check("y", y)
        golden.check("curves", curves)
        golden.check("y4", apply_curves(x, curves.chunk(8, dim=1)[:4]))


@pytest.mark.parametrize("case", find("zerodce_losses_*"))
def test_losses(case):
    golden = Golden(case)
    inputs = golden.inputs()
    images = 0.5 * (inputs["x"] + 1)
    enhanced = (0.75 * images + 0.25 * inputs["v"]).requires_grad_()
    curves = inputs["A"].requires_grad_()
    golden.check("spa_map", spatial_map(enhanced, images))
    terms = {
        "spa": spatial_loss(enhanced, images),
        "exp": exposure_loss(enhanced, 0.6),
        "col": colour_loss(enhanced),
        "tv": smoothness_loss(curves),
    }
    for name, term in terms.items():
        golden.check(name, term)
    total = 200 * terms["tv"] + terms["spa"] + 5 * terms["col"] + 10 * terms["exp"]
    golden.check("total", total)
    for name, gradient in zip(("grad_e", "grad_A"), torch.autograd.grad(total, (enhanced, curves)), strict=True):
        golden.check(name, gradient)
