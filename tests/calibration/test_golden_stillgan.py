"""StillGAN's networks and losses against outputs of the public implementation."""

import pytest
import torch

from methods.stillgan.losses import illumination_loss, structure_loss
from methods.stillgan.networks import Generator
from sspbench import PatchGAN
from tests import golden_vectors
from tests.golden_vectors import Golden


@pytest.mark.parametrize("case", golden_vectors.find("stillgan_g_*"))
def test_generator(case):
    golden = Golden(case)
    x = golden.inputs()["x"]
    network = golden.fill(Generator(in_channels=x.shape[1])).eval()
    with torch.no_grad():
        golden.check("y", network(x))


@pytest.mark.parametrize("case", golden_vectors.find("stillgan_d_*"))
def test_discriminator(case):
    golden = Golden(case)
    x = golden.inputs()["x"]
    network = golden.fill(PatchGAN(in_channels=x.shape[1])).eval()
    with torch.no_grad():
        golden.check("y", network(x))


@pytest.fixture(scope="module", params=golden_vectors.find("stillgan_losses_*"))
def losses(request):
    return Golden(request.param)


def derived(golden):
    """The images of the case, with the mixtures described in its ``meta.derived``."""
    images = golden.inputs()
    u = images["u"]
    images["y_t"] = (0.6 * images["x_t"] + 0.4 * u).clamp(-1, 1)
    images["y_b"] = (0.5 * images["x_b"] + 0.3 * u).clamp(-1, 1)
    images["z_c"] = 0.8 * images["x_c"] + 0.2 * u
    return images


def test_illumination(losses):
    images, roi = derived(losses), losses.meta["roi"]
    for patch in losses.meta["patch_sizes"]:
        losses.check(f"ill_{patch}_t", illumination_loss(images["x_t"], patch, roi))
        losses.check(f"ill_{patch}_b", illumination_loss(images["x_b"], patch, roi))
        z = images["z_c"].clone().requires_grad_()
        loss = illumination_loss(z, patch, roi)
        losses.check(f"ill_{patch}_c", loss)
        losses.check(f"grad_ill_{patch}_c", torch.autograd.grad(loss, z)[0])


def test_structure(losses):
    images, roi = derived(losses), losses.meta["roi"]
    none = torch.zeros_like(images["n"])
    for name, noise in (("zero_noise", none), ("noise", images["n"])):
        y = images["y_t"].clone().requires_grad_()
        loss = structure_loss(images["x_t"], y, noise, roi)
        losses.check(f"struct_{name}", loss)
        losses.check(f"grad_struct_{name}", torch.autograd.grad(loss, y)[0])
    losses.check("struct_blocks_noise", structure_loss(images["x_b"], images["y_b"], images["n"], roi))
