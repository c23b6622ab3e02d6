"""SCR-Net's network, filter and losses against outputs of the public implementation."""

import pytest
import torch

from methods.scrnet.frequency import high_frequency, mask_outside_view
from methods.scrnet.method import restoration_losses
from methods.scrnet.networks import Generator
from tests.golden_vectors import Golden, find


@pytest.mark.parametrize("case", find("scrnet_g_*"))
def test_generator(case):
    golden = Golden(case)
    network = golden.fill(Generator(golden.meta["channels"], golden.meta["width"])).eval()
    with torch.no_grad():
        detail, image = network(golden.inputs()["x"])
    golden.check("h", detail)
    golden.check("y", image)


@pytest.mark.parametrize("case", find("scrnet_hfc_*"))
def test_filter(case):
    golden = Golden(case)
    inputs = golden.inputs()
    images, view = 0.8 * inputs["x"] + 0.2 * inputs["v"], 1 - inputs["w"]
    inside = high_frequency(images, view)
    golden.check("inside", inside)
    golden.check("whole", high_frequency(images, torch.ones_like(view)))
    golden.check("whole", high_frequency(images))
    golden.check("masked", mask_outside_view(inside, view))


@pytest.mark.parametrize("case", find("scrnet_step_*"))
def test_step(case):
    golden = Golden(case)
    inputs = golden.inputs()
    network = golden.fill(Generator(inputs["t"].shape[1], golden.meta["width"]))
    detail, image = network(high_frequency(0.5 * inputs["t"] + 0.2 * inputs["v"]))
    golden.check("fake_h", detail)
    golden.check("fake_y", image)
    golden.check("fake_y_h", high_frequency(image))
    losses = restoration_losses(detail, image, inputs["t"])
    for name, term in (("loss_y", "image"), ("loss_h", "detail"), ("loss_hfc", "agreement")):
        golden.check(name, losses[term])
    total = torch.stack(list(losses.values())).sum()
    golden.check("loss_g", total)
    last = (network.detail[0].weight, network.image[0].weight)
    for name, gradient in zip(("grad_h_last", "grad_y_last"), torch.autograd.grad(total, last), strict=True):
        golden.check(name, gradient)
