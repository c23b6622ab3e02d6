"""EnlightenGAN's networks and perceptual distance against outputs of the public implementation."""

import pytest
import torch
from torch import nn

from methods.enlightengan.method import feature_distance
from methods.enlightengan.networks import Discriminator, Generator, attention_map
from sspbench.training.networks.vgg16 import VGG16
from tests import golden_vectors
from tests.golden_vectors import Golden


@pytest.mark.parametrize("case", golden_vectors.find("enlightengan_g_*"))
def test_generator(case):
    golden = Golden(case)
    x = golden.inputs()["x"]
    network = golden.fill(Generator(align_corners=golden.meta["align_corners"]))
    network.train(golden.meta["mode"] == "train")
    attention = attention_map(x)
    with torch.no_grad():
        y, residual = network(x, attention)
    for name, got in (("attention", attention), ("residual", residual), ("y", y)):
        golden.check(name, got)
    if network.training:
        norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
        golden.check("running_mean_after", torch.cat([norm.running_mean for norm in norms]))
        golden.check("running_var_after", torch.cat([norm.running_var for norm in norms]))


@pytest.mark.parametrize(
    ("case", "layers"),
    [(case, 5) for case in golden_vectors.find("enlightengan_d_global_*")]
    + [(case, 4) for case in golden_vectors.find("enlightengan_d_patch_*")],
)
def test_discriminator(case, layers):
    golden = Golden(case)
    network = golden.fill(Discriminator(layers))
    with torch.no_grad():
        golden.check("y", network(golden.inputs()["x"]))


@pytest.mark.parametrize("case", golden_vectors.find("enlightengan_sfp_*"))
def test_self_feature_preserving_distance(case):
    golden = Golden(case)
    vgg = golden.fill(VGG16("caffe"))
    images = golden.inputs()
    p, u = images["p"], images["u"]
    with torch.no_grad():
        golden.check("sfp_pq", feature_distance(vgg, p, 0.7 * p + 0.3 * u))
        golden.check("sfp_pu", feature_distance(vgg, p, u))
