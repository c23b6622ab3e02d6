"""MSG-Net's generator, CoMatch layer and losses against the public implementation."""

import pytest
import torch

from methods.msgnet.method import STYLE_LAYERS, content_loss, style_losses
from methods.msgnet.networks import EXPANSION, CoMatch, MSGNet, gram
from sspbench.training.networks.vgg16 import VGG16
from tests.golden_vectors import Golden, find


@pytest.mark.parametrize("case", find("msgnet_g_*"))
def test_generator(case):
    golden = Golden(case)
    (features,) = {entry["shape"][1] for entry in golden.spec if entry["kind"] == "comatch_weight"}
    net, inputs = golden.fill(MSGNet(features // EXPANSION)).eval(), golden.inputs()
    with torch.no_grad():
        target = net.style_gram(inputs["style"])
        golden.check("gram", target)
        golden.check("comatch", net.comatch(net.encoder(inputs["content"]), target))
        golden.check("y", net(inputs["content"], target))


@pytest.mark.parametrize("case", find("msgnet_comatch_*"))
def test_comatch(case):
    golden = Golden(case)
    inputs = golden.inputs()
    layer = golden.fill(CoMatch(inputs["X"].shape[1]))
    target = gram(inputs["F_style"])
    golden.check("gram", target)
    golden.check("y", layer(inputs["X"], target))


@pytest.mark.parametrize("case", find("msgnet_losses_*"))
def test_losses(case):
    golden = Golden(case)
    inputs, vgg = golden.inputs(), golden.fill(VGG16("caffe"))
    content, style = vgg(inputs["content"], STYLE_LAYERS), vgg(inputs["style"], STYLE_LAYERS)
    output = vgg(0.7 * inputs["content"] + 0.3 * inputs["u"], STYLE_LAYERS)
    layers = torch.stack(style_losses(output, style))
    golden.check("content", content_loss(output, content))
    golden.check("style_layers", layers)
    golden.check("style", 5 * layers.sum())
