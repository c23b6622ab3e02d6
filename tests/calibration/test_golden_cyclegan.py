"""CycleGAN's networks and training step against outputs of the public implementation."""

import pytest
import torch

from methods.cyclegan.method import CycleGAN
from sspbench.config.overrides import resolve_params
from sspbench.plugins.discovery import get_plugin
from sspbench.training.losses import lsgan_loss
from sspbench.training.networks.patchgan import PatchGAN
from sspbench.training.networks.residual_generator import ResidualGenerator
from tests import golden_vectors
from tests.golden_vectors import Golden, fill_in_order
from tests.recorded_steps import Unmoved

NAMES = {"G_A": "generator_high", "G_B": "generator_low", "D_A": "discriminator_high", "D_B": "discriminator_low"}


@pytest.mark.parametrize("case", golden_vectors.find("cyclegan_g_*"))
def test_generator(case):
    golden = Golden(case)
    meta = golden.meta
    network = golden.fill(ResidualGenerator(meta["channels"], meta["width"], meta["blocks"])).eval()
    with torch.no_grad():
        golden.check("y", network(golden.inputs()["x"]))


@pytest.mark.parametrize("case", golden_vectors.find("cyclegan_d_*"))
def test_discriminator(case):
    golden = Golden(case)
    network = golden.fill(PatchGAN(golden.meta["channels"], golden.meta["width"])).eval()
    with torch.no_grad():
        golden.check("y", network(golden.inputs()["x"]))


class Still(Unmoved, CycleGAN):
    """A CycleGAN whose weights stay."""


@pytest.fixture(scope="module", params=golden_vectors.find("cyclegan_step_*"))
def stepped(request):
    golden = Golden(request.param)
    method = Still(
        resolve_params(get_plugin("methods", "cyclegan"), "paper", None, {"width": golden.meta["width"] / 64})
    )
    method.channels = golden.inputs()["a"].shape[1]
    method.build()
    weights = golden.weights()
    for name in ("G_A", "G_B", "D_A", "D_B"):
        network = method.networks[NAMES[name]]
        count = len(network.official_tensors())
        fill_in_order(network, weights[:count])
        weights = weights[count:]
    images = golden.inputs()
    method.training_step(*((images[key] + 1) / 2 for key in "ab"))
    return golden, method, images


def test_step_losses_and_gradients(stepped):
    golden, method, _ = stepped
    golden.check("loss_g", method.losses["generators"])
    found = method.gradients["generators"]
    for letter, name in (("a", "generator_high"), ("b", "generator_low")):
        golden.check(f"grad_g_{letter}_first", found[name][0])
        golden.check(f"grad_g_{letter}_last", found[name][-2])
    golden.check("grad_d_a_first", method.gradients["discriminators"]["discriminator_high"][0])
    both = float(golden.arrays["out_loss_d_a"]) + float(golden.arrays["out_loss_d_b"])
    assert float(method.losses["discriminators"]) == pytest.approx(both, rel=1e-4)


def test_images_and_terms(stepped):
    golden, method, images = stepped
    a, b = images["a"], images["b"]
    to_high, to_low, judge_high, judge_low = (method.networks[NAMES[key]] for key in ("G_A", "G_B", "D_A", "D_B"))
    with torch.no_grad():
        fake_b, fake_a = to_high(a), to_low(b)
        made = {"fake_b": fake_b, "fake_a": fake_a, "rec_a": to_low(fake_b), "rec_b": to_high(fake_a)}
        made |= {"idt_a": to_high(b), "idt_b": to_low(a)}
        golden.check("loss_gan_a", lsgan_loss(judge_high(fake_b), 1.0))
        golden.check("loss_gan_b", lsgan_loss(judge_low(fake_a), 1.0))
        golden.check("loss_d_a", (lsgan_loss(judge_high(b), 1.0) + lsgan_loss(judge_high(fake_b), 0.0)) / 2)
        golden.check("loss_d_b", (lsgan_loss(judge_low(a), 1.0) + lsgan_loss(judge_low(fake_a), 0.0)) / 2)
    for name, image in made.items():
        golden.check(name, image)
    weights = method.params["weights"]
    for name, image, wanted in (("cycle_a", "rec_a", a), ("cycle_b", "rec_b", b)):
        golden.check(f"loss_{name}", weights["cycle"] * (made[image] - wanted).abs().mean())
    for name, wanted in (("idt_a", b), ("idt_b", a)):
        golden.check(f"loss_{name}", weights["identity"] * (made[name] - wanted).abs().mean())
