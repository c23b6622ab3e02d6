"""MSG-Net: size, Gram matrices, CoMatch, official order, target and training on grey images."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from methods.msgnet.method import (
    STYLE_LAYERS,
    MultiStyleGenerativeNetwork,
    content_loss,
    convert_to_bgr,
    resize_to_side,
    style_losses,
)
from methods.msgnet.networks import CoMatch, MSGNet, gram
from sspbench.config.overrides import resolve_params
from sspbench.errors import UserError
from sspbench.plugins.discovery import get_plugin
from sspbench.training.loop.batches import BatchPlan
from sspbench.training.networks import official_weights


@pytest.fixture(autouse=True)
def empty_hub(tmp_path, monkeypatch):
    """No test may depend on torchvision weights that this machine has downloaded."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))


def params(preset, **overrides):
    return resolve_params(get_plugin("methods", "msgnet"), preset, None, overrides)


def built(preset="smoke", seed=0, **overrides):
    method = MultiStyleGenerativeNetwork(params(preset, **overrides), seed)
    torch.manual_seed(seed)
    method.build()
    return method


def count(module):
    return sum(p.numel() for p in module.parameters())


def pictures(n, side=32, seed=0):
    return torch.rand(n, 1, side, side, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("ngf", "expected"), [(128, 2_386_147), (64, 691_555)])
def test_parameters_at_full_width(ngf, expected):
    assert count(MSGNet(ngf)) == expected


def test_parameters_by_stage():
    net = MSGNet()
    assert count(net.encoder) == 329_536
    assert count(net.comatch) == 262_144
    sizes = [count(layer) for layer in (*net.encoder, *net.decoder) if count(layer)]
    assert sizes == [9_472, 23_872, 296_192, *[279_296] * 6, 95_552, 13_728, 9_411]


def test_the_official_order_names_every_tensor_once():
    net = MSGNet(8, stem=8, blocks=6)
    assert len(net.official_tensors()) == 73
    assert {id(t) for t in net.official_tensors()} == {id(t) for t in net.state_dict(keep_vars=True).values()}


def test_a_public_checkpoint_loads_with_its_second_copy_and_old_statistics():
    source, target = MSGNet(4, stem=8, blocks=1), MSGNet(4, stem=8, blocks=1)
    tensors = [t.detach() for t in source.official_tensors()]
    encoder = [(f"{i}.weight", t) for i, t in enumerate(tensors[:18])]
    state = {f"model1.{key}": t for key, t in encoder}
    state["ins.weight"] = tensors[18]
    state |= {f"model.0.{key}": t for key, t in encoder}
    state |= {"model.0.1.running_mean": torch.zeros(8), "model.1.weight": tensors[18]}
    state |= {f"model.{i}.weight": t for i, t in enumerate(tensors[19:], 2)}
    official_weights.load_official_weights(target, state)
    x, style = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)
    assert torch.equal(target(x, target.style_gram(style)), source(x, source.style_gram(style)))


def test_gram_is_divided_by_channels_and_positions():
    features = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    expected = torch.einsum("nihw,njhw->nij", features, features) / (3 * 4 * 5)
    torch.testing.assert_close(gram(features), expected)


def test_comatch_is_linear_in_its_target_so_mean_grams_average_its_output():
    layer, features = CoMatch(6).double(), torch.rand(2, 6, 3, 4, dtype=torch.float64)
    grams = gram(torch.rand(5, 6, 7, 7, dtype=torch.float64))
    mean_of_outputs = torch.stack([layer(features, g[None]) for g in grams]).mean(0)
    torch.testing.assert_close(layer(features, grams.mean(0, keepdim=True)), mean_of_outputs)
    assert layer.weight.min() >= 0
    assert layer.weight.max() <= 0.02


def test_losses_closed_form():
    maps = {layer: torch.full((2, 1, 2, 2), float(k)) for k, layer in enumerate(STYLE_LAYERS, 1)}
    style = {layer: torch.zeros(1, 1, 3, 3) for layer in STYLE_LAYERS}
    assert [loss.item() for loss in style_losses(maps, style)] == [1.0, 16.0, 81.0, 256.0]
    assert content_loss(maps, {"relu2_2": torch.full((2, 1, 2, 2), 5.0)}).item() == 9.0


def test_gradient_reaches_the_encoder_through_the_style():
    net = MSGNet(4, stem=8, blocks=1)
    content_features = net.encoder(convert_to_bgr(pictures(1))).detach()
    net.comatch(content_features, net.style_gram(convert_to_bgr(pictures(1, seed=1)))).square().mean().backward()
    assert net.encoder[0].conv.weight.grad.abs().sum() > 0


def test_pixels_become_bgr_0_to_255_and_sides_change():
    grey = pictures(2, side=12)
    assert torch.equal(convert_to_bgr(grey), (grey * 255).repeat(1, 3, 1, 1))
    assert resize_to_side(grey, None) is grey
    assert resize_to_side(grey, 6).shape == (2, 1, 6, 6)


def test_a_start_at_grey_changes_the_head_only():
    plain, started = built(start_grey=None), built(start_grey=84, start_gain=30.0)
    changed = [
        not torch.equal(a, b) for a, b in zip(plain.net.official_tensors(), started.net.official_tensors(), strict=True)
    ]
    assert changed == [False] * (len(changed) - 2) + [True, True]
    assert torch.equal(started.net.decoder[-1].conv.weight, 30 * plain.net.decoder[-1].conv.weight)
    assert (started.net.decoder[-1].conv.bias == 84).all()
    coloured = built(start_grey=[188, 95, 56], start_gain=30.0)
    assert coloured.net.decoder[-1].conv.bias.tolist() == [56, 95, 188]
    assert torch.equal(coloured.net.decoder[-1].conv.weight, started.net.decoder[-1].conv.weight)
    assert params("paper")["start_grey"] is None
    assert params("official")["start_grey"] is None


def test_one_style_a_batch_and_the_official_cycle():
    p = params("official")
    plan = BatchPlan.from_params(p)
    assert (p["epochs"], p["content_side"], p["style_side"]) == (2, 256, 512)
    assert (plan.order, plan.partner, plan.size, plan.ragged) == ("sequential", "cycle", 4, True)
    first, second = built(), built()
    low, high = pictures(2), pictures(3, seed=1)
    a = first.training_step(low, high)
    b = second.training_step(low, torch.cat([high[:1], 1 - high[1:]]))
    assert a["style"].item() == b["style"].item()


def test_paper_preset():
    p = params("paper")
    plan = BatchPlan.from_params(p)
    assert (p["ngf"], p["lr"], p["steps"], p["epochs"], p["target"]) == (128, 1e-3, 8500, None, "mean")
    assert (plan.order, plan.crop, plan.size) == ("shuffled", 384, 4)


def test_the_target_is_the_mean_gram_or_the_one_nearest_to_it():
    styles = [pictures(1, seed=seed, side=24 + 8 * seed) * (1 + seed) / 4 for seed in range(3)]
    mean, medoid = built(), built(target="medoid")
    with torch.no_grad():
        grams = torch.cat([mean.net.style_gram(convert_to_bgr(style)) for style in styles])
    mean.finish(iter(styles))
    torch.testing.assert_close(mean.target.gram, grams.mean(0, keepdim=True))
    medoid.finish(iter(styles))
    distances = torch.cdist(grams.flatten(1), grams.flatten(1)).square().sum(1)
    torch.testing.assert_close(medoid.target.gram[0], grams[distances.argmin()])
    with pytest.raises(UserError, match=r"`target` must be .*, got 'nearest'"):
        built(target="nearest")


def test_weights_carry_the_target_and_inference_needs_no_vgg():
    first, second = built(seed=0), built(seed=1, vgg16="missing.safetensors")
    first.finish([pictures(1)])
    second.load_weights(first.weights())
    images = pictures(2, side=40).numpy()
    assert np.array_equal(second.enhance(images), first.enhance(images))


def test_any_size_works_and_stays_in_range():
    method = built()
    method.finish([pictures(1)])
    for height, width in ((3, 5), (37, 52), (64, 8)):
        images = np.random.default_rng(0).random((2, 1, height, width), dtype=np.float32)
        before, enhanced = images.copy(), method.enhance(images)
        assert enhanced.shape == images.shape
        assert np.isfinite(enhanced).all()
        assert 0 <= enhanced.min() <= enhanced.max() <= 1
        assert np.array_equal(images, before)


def test_a_test_width_renders_there_and_comes_back():
    method = built(test_width=48)
    method.finish([pictures(1)])
    images = pictures(1, side=32)
    wide = functional.interpolate(images, (48, 48), mode="bicubic", antialias=True)
    with torch.no_grad():
        rendered = method.net(convert_to_bgr(wide), method.target.gram).mean(1, keepdim=True).clamp(0, 255) / 255
        expected = functional.interpolate(rendered, (32, 32), mode="bicubic", antialias=True)
        torch.testing.assert_close(method.translate(images), expected)


def test_training_lowers_the_loss_and_notes_its_vgg():
    method = built(lr=5e-3, start_grey=None)
    low, high = pictures(2) * 0.5, pictures(2, seed=1)
    totals = []
    for step in range(25):
        method.step = step
        totals.append(sum(loss.item() for loss in method.training_step(low, high).values()))
    assert totals[-1] < 0.7 * totals[0]
    assert method.notes == {"VGG": "random"}
