"""OTE-GAN's networks and losses against outputs of the public implementation."""

import pytest
import torch

from methods.otegan.losses import compute_similarities, gradient_norms, gradient_penalty, ms_ssim
from methods.otegan.networks import Critic, Generator
from tests.golden_vectors import Golden, find


@pytest.mark.parametrize("case", find("otegan_g_*"))
def test_generator(case):
    golden = Golden(case)
    x = golden.inputs()["x"]
    network = golden.fill(Generator(x.shape[1], golden.meta["width"], golden.meta["step"])).eval()
    with torch.no_grad():
        golden.check("y", network(x))


@pytest.mark.parametrize("case", find("otegan_d_*"))
def test_critic(case):
    golden = Golden(case)
    inputs = golden.inputs()
    x, v, alpha = inputs["x"], inputs["v"], inputs["alpha"]
    critic = golden.fill(Critic(x.shape[1], side=x.shape[-1]))
    golden.check("y", critic(x))
    golden.check("norms", gradient_norms(critic, alpha * x + (1 - alpha) * v))
    penalty = gradient_penalty(critic, x, v, alpha)
    golden.check("gp", penalty)
    (gradient,) = torch.autograd.grad(10 * penalty, critic.convolutions[0].weight)
    golden.check("grad_first", gradient)


@pytest.mark.parametrize("case", find("otegan_msssim_*"))
def test_ms_ssim(case):
    golden = Golden(case)
    inputs = golden.inputs()
    x = 0.5 * (inputs["x"] + 1)
    y = (0.7 * x + 0.3 * inputs["v"]).clamp(0, 1).requires_grad_()
    per_image = ms_ssim(x, y)
    golden.check("per_image", per_image)
    loss = 1 - per_image.mean()
    golden.check("loss", loss)
    golden.check("grad", torch.autograd.grad(loss, y)[0])
    golden.check("ssim_single", compute_similarities(x, y)[0].mean())
