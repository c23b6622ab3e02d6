"""CUT's and FastCUT's networks, losses and training step against outputs of the public implementation."""

import json

import pytest
import torch

from methods.cut.method import CUT, TappedGenerator
from sspbench.config.overrides import resolve_params
from sspbench.plugins.discovery import get_plugin
from sspbench.training.losses import lsgan_loss
from sspbench.training.networks.patchgan import PatchGAN
from sspbench.training.patch_contrast_gan import TEMPERATURE, PatchSampler, patch_nce_loss
from tests import golden_vectors
from tests.golden_vectors import Golden, fill_in_order
from tests.recorded_steps import Unmoved

TAPS = (0, 4, 8, 12, 16)


@pytest.mark.parametrize("case", golden_vectors.find("cut_g_*"))
def test_generator(case):
    golden = Golden(case)
    network = golden.fill(TappedGenerator(golden.meta["channels"], golden.meta["width"])).eval()
    with torch.no_grad():
        image, taps = network(golden.inputs()["x"])
    golden.check("y", image)
    for number, features in zip(TAPS, taps, strict=True):
        golden.check(f"feat_{number}", features)
    assert tuple(features.shape[1] for features in taps) == network.tap_channels


@pytest.mark.parametrize("case", golden_vectors.find("cut_d_*"))
def test_discriminator(case):
    golden = Golden(case)
    network = golden.fill(PatchGAN(golden.meta["channels"], golden.meta["width"], antialiased=True)).eval()
    with torch.no_grad():
        golden.check("y", network(golden.inputs()["x"]))


@pytest.mark.parametrize("case", golden_vectors.find("cut_patchnce_*"))
def test_patch_nce(case):
    golden = Golden(case)
    assert golden.meta["temperature"] == TEMPERATURE
    drawn = golden.inputs()
    query = drawn["q"].requires_grad_()
    rows = [row / (row.square().sum(1, keepdim=True).sqrt() + 1e-7) for row in (query, 0.25 * drawn["q"] + drawn["k"])]
    losses = patch_nce_loss(*rows, golden.meta["batch"])
    golden.check("loss_rows", losses)
    golden.check("loss", losses.mean())
    golden.check("grad_q", torch.autograd.grad(losses.mean(), query)[0])
    golden.check("loss_all", patch_nce_loss(*rows, 1).mean())


@pytest.mark.parametrize("case", golden_vectors.find("cut_sampler_*"))
def test_sampler(case):
    golden = Golden(case)
    maps = list(golden.inputs().values())
    sampler = golden.fill(PatchSampler([features.shape[1] for features in maps], golden.meta["width"]))
    places = [torch.tensor(ids) for ids in golden.meta["patch_ids"]]
    for index, rows in enumerate(sampler(maps, places)):
        golden.check(f"sample_{index}", rows)


class Given(Unmoved, CUT):
    """Patches are given."""

    def draw_positions(self, maps):
        return self.given.pop(0)


def listed(meta, key):
    ids = meta[key] if isinstance(meta[key], list) else json.loads(meta[key])
    return [torch.tensor(places) for places in ids]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("case", golden_vectors.find("cut_*step_*"))
def test_step(case, layout):
    golden = Golden(case)
    variant = "fast" if case.startswith("cut_fast") else None
    sizes = {"width": golden.meta["width"] / 64, "sampler_width": golden.spec[-1]["shape"][0]}
    method = Given(resolve_params(get_plugin("methods", "cut"), "paper", variant, sizes))
    method.channels = golden.inputs()["a"].shape[1]
    method.build()
    weights = golden.weights()
    for network in method.networks.values():
        count = len(network.official_tensors())
        fill_in_order(network, weights[:count])
        weights = weights[count:]
        network.to(memory_format=layout)
    method.given = [listed(golden.meta, key) for key in ("patch_ids", "patch_ids_y") if key in golden.meta]
    method.random.manual_seed(flip_seed())
    images = golden.inputs()
    low, high = (((images[key] + 1) / 2).contiguous(memory_format=layout) for key in "ab")
    losses = method.training_step(low, high)
    factor = method.params["weights"]["contrast"] if variant else 1
    found = {"loss_d": method.losses["discriminator"], "loss_g": method.losses["generator"]}
    found |= {"loss_gan": losses["adversarial"], "loss_nce": factor * losses["contrast"]}
    generator, discriminator = method.gradients["generator"], method.gradients["discriminator"]
    found |= {"grad_g_first": generator["generator"][0], "grad_g_last": generator["generator"][-2]}
    found |= {"grad_f0": generator["sampler"][0], "grad_f4": generator["sampler"][-4]}
    found["grad_d_first"] = discriminator["discriminator"][0]
    with torch.no_grad():
        found["fake_b"] = method.networks["generator"](images["a"].flip(-1) if variant else images["a"])[0]
        found["loss_d_fake"] = lsgan_loss(method.networks["discriminator"](found["fake_b"]), 0.0)
        found["loss_d_real"] = lsgan_loss(method.networks["discriminator"](images["b"]), 1.0)
        if variant is None:
            found["loss_nce_y"], found["idt_b"] = losses["identity"], method.networks["generator"](images["b"])[0]
    assert set(found) == set(golden.outputs)
    for name, value in found.items():
        golden.check(name, value)


def flip_seed():
    """A seed whose first coin says: mirrored."""
    return next(seed for seed in range(100) if torch.rand((), generator=torch.Generator().manual_seed(seed)) < 0.5)
