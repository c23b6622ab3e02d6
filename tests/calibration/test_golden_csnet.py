"""CS-Net's network and loss against the public implementation."""

import pytest
import torch

from segmentation.csnet.networks import CSNet
from segmentation.csnet.segmenter import segmentation_losses
from tests.golden_vectors import Golden, find


@pytest.mark.parametrize("case", [case for case in find("csnet_*") if not case.startswith("csnet_loss")])
def test_network(case):
    golden = Golden(case)
    first = golden.spec[0]["shape"]
    net = golden.fill(CSNet(base=first[0], in_channels=first[1])).eval()
    with torch.no_grad():
        levels = net.encode(golden.inputs()["x"])
        golden.check("bottleneck", levels[-1])
        golden.check("attention", net.attend(levels[-1]))
        golden.check("logit", net.decode(levels))
        golden.check("p", net(golden.inputs()["x"]))


@pytest.mark.parametrize("case", find("csnet_loss_*"))
def test_loss(case):
    golden = Golden(case)
    inputs = golden.inputs()
    probability = inputs["p"].requires_grad_()
    losses = segmentation_losses(probability, inputs["g"])
    losses["total"].backward()
    for name, loss in losses.items():
        golden.check(name, loss)
    golden.check("grad", probability.grad)
