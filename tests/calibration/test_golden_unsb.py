"""UNSB's networks, bridge and training step against outputs of the public implementation."""

import pytest
import torch

from methods.unsb.method import UNSB
from methods.unsb.networks import BridgeGenerator, TimedPatchGAN
from sspbench.config.overrides import resolve_params
from sspbench.plugins.discovery import get_plugin
from sspbench.training.losses import lsgan_loss
from tests import golden_vectors
from tests.golden_vectors import Golden, fill_in_order
from tests.recorded_steps import Unmoved

TAPS = (0, 4, 8, 12, 16)


@pytest.mark.parametrize("case", golden_vectors.find("unsb_g_*"))
def test_generator(case):
    golden = Golden(case)
    drawn = golden.inputs()
    network = golden.fill(BridgeGenerator(golden.meta["channels"], golden.meta["width"])).eval()
    with torch.no_grad():
        image, taps = network(drawn["x"], drawn["z"]), network.encode(drawn["x"], drawn["z"])
    golden.check("y_t0", image)
    golden.check("y_t3", image)  # the generator as published does not see the time
    for number, features in zip(TAPS, taps, strict=True):
        golden.check(f"feat_{number}", features)


@pytest.mark.parametrize("case", golden_vectors.find("unsb_[de]_*"))
def test_discriminator_and_energy(case):
    golden = Golden(case)
    pictures = torch.cat(list(golden.inputs().values()), 1)
    network = golden.fill(TimedPatchGAN(pictures.shape[1], golden.meta["width"])).eval()
    with torch.no_grad():
        golden.check("y_t0", network(pictures, 0))
        golden.check("y_t3", network(pictures, 3))


class Given(Unmoved, UNSB):
    """What is drawn is given."""

    def draw_bridge_step(self):
        return self.index

    def draw_noise(self, *shape):
        drawn = self.drawn.pop(0)
        assert drawn.shape == shape
        return drawn

    def draw_positions(self, maps):
        return self.places.pop(0)

    def walk_bridge(self, starts, index):
        self.reached = super().walk_bridge(starts, index)
        return self.reached


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("case", golden_vectors.find("unsb_step_*"))
def test_step(case, layout):
    golden = Golden(case)
    meta = golden.meta
    sizes = {"width": meta["width"] / 64, "sampler_width": golden.spec[-1]["shape"][0]}
    sizes["weights"] = {"bridge": meta["lambda_sb"]}
    method = Given(resolve_params(get_plugin("methods", "unsb"), "paper", None, sizes))
    method.channels = golden.inputs()["a"].shape[1]
    method.build()
    weights = golden.weights()
    for network in method.networks.values():
        count = len(network.official_tensors())
        fill_in_order(network, weights[:count])
        weights = weights[count:]
        network.to(memory_format=layout)
    assert not weights
    images = golden.inputs()
    method.index, method.drawn = meta["time_index"], list(images.values())[3:]
    method.places = [[torch.tensor(ids) for ids in meta[key]] for key in ("patch_ids", "patch_ids_y")]
    low, high = (
        ((torch.cat([images[key] for key in keys]) + 1) / 2).contiguous(memory_format=layout)
        for keys in (("a", "a2"), ("b", "b"))
    )
    losses = method.training_step(low, high)
    assert not method.drawn
    found = dict(zip(("xt_a", "xt_a2", "xt_b"), method.reached, strict=True))
    found |= {"loss_d": method.losses["discriminator"], "loss_e": method.losses["energy"]}
    found |= {"loss_g": method.losses["generator"], "loss_gan": losses["adversarial"], "loss_sb": losses["bridge"]}
    found |= {"loss_nce": losses["contrast"], "loss_nce_y": losses["identity"]}
    stem = 5 * 2 * len(method.networks["generator"].blocks)
    of_generator = method.gradients["generator"]["generator"]
    found |= {"grad_g_first": of_generator[stem], "grad_g_last": of_generator[stem + 10]}
    found["grad_e_first"] = method.gradients["energy"]["energy"][0]
    generator, discriminator = method.networks["generator"], method.networks["discriminator"]
    with torch.no_grad():
        made = generator(torch.cat([found["xt_a"], found["xt_b"]]), images["z_in"])
        found["fake_b"], found["idt_b"] = made.split(1)
        found["fake_b2"] = generator(found["xt_a2"], images["z_in2"])
        found["loss_d_fake"] = lsgan_loss(discriminator(found["fake_b"], method.index), 0.0)
        found["loss_d_real"] = lsgan_loss(discriminator(images["b"], method.index), 1.0)
    assert set(found) == set(golden.outputs)
    for name, value in found.items():
        golden.check(name, value)
