"""VGG16: conventions are never mixed, random weights are repeatable and labelled."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from sspbench.errors import UserError
from sspbench.training.networks import vgg16 as vgg_module
from sspbench.training.networks.vgg16 import (
    CONVOLUTION_NAMES,
    TORCHVISION_FILE_NAME,
    TORCHVISION_POSITIONS,
    VGG16,
    load_vgg16,
    random_vgg16,
)

REAL = Path("../shared/weights/vgg16_caffe_features_fp16.safetensors")


@pytest.fixture(autouse=True)
def empty_hub(tmp_path, monkeypatch):
    """No test may depend on what this machine has downloaded."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    return tmp_path / "hub" / "hub" / "checkpoints"


@pytest.fixture(scope="module")
def state():
    generator = torch.Generator().manual_seed(5)
    return {
        f"conv{name}.{role}": torch.randn(tensor.shape, generator=generator).half() * 0.05
        for name, conv in zip(CONVOLUTION_NAMES, random_vgg16(0).convs.values(), strict=True)
        for role, tensor in (("weight", conv.weight), ("bias", conv.bias))
    }


def torchvision_keys(state):
    renamed = dict(
        zip(
            [f"conv{name}" for name in CONVOLUTION_NAMES], [f"features.{k}" for k in TORCHVISION_POSITIONS], strict=True
        )
    )
    return {f"{renamed[key.split('.')[0]]}.{key.split('.')[1]}": tensor for key, tensor in state.items()}


def saved(path, state, metadata=None):
    save_file(state, path, metadata=metadata)
    return path


def test_size_of_the_convolutional_part():
    vgg = VGG16()
    assert sum(p.numel() for p in vgg.parameters()) == 14_714_688
    used = sum(p.numel() for name, conv in vgg.convs.items() if name < "conv5" for p in conv.parameters())
    assert used == 7_635_264
    assert len(vgg.official_tensors()) == 26
    assert not any(p.requires_grad for p in vgg.parameters())


def test_caffe_input_is_bgr_minus_the_mean():
    pixels = torch.tensor([10.0, 20.0, 30.0]).view(1, 3, 1, 1)
    prepared = VGG16("caffe").normalise_input(pixels)
    assert prepared.flatten().tolist() == pytest.approx([10 - 103.939, 20 - 116.779, 30 - 123.68])
    assert torch.equal(VGG16("caffe").normalise_input(pixels, centre=False), pixels)


@pytest.mark.parametrize("centre", [True, False])
def test_torchvision_input_is_rgb_normalised(centre):
    from torchvision.transforms.functional import normalize

    bgr = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0)) * 255
    expected = normalize(bgr.flip(1) / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    torch.testing.assert_close(VGG16("torchvision").normalise_input(bgr, centre=centre), expected)


def test_feature_maps_equal_torchvisions_network(state, tmp_path):
    from torchvision.models import vgg16
    from torchvision.transforms.functional import normalize

    vgg = load_vgg16(saved(tmp_path / "v.safetensors", torchvision_keys(state)), 0)
    assert (vgg.source, vgg.convention) == ("torchvision", "torchvision")
    reference = vgg16(weights=None).features.eval()
    reference.load_state_dict({k.removeprefix("features."): v.float() for k, v in torchvision_keys(state).items()})
    bgr = torch.rand(1, 3, 40, 36, generator=torch.Generator().manual_seed(1)) * 255
    x = normalize(bgr.flip(1) / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    maps = vgg(bgr, ("relu1_2", "relu3_3", "relu5_1"))
    for layer, depth in (("relu1_2", 4), ("relu3_3", 16), ("relu5_1", 26)):
        expected = reference[:depth](x)
        # The input is scaled in another order of operations; single values that nearly cancel show it.
        torch.testing.assert_close(maps[layer], expected, rtol=0, atol=1e-5 * expected.max().item())


def test_skipping_the_fourth_pooling_keeps_the_resolution():
    vgg, pixels = random_vgg16(0, width=0.05), torch.rand(1, 3, 32, 32) * 255
    assert vgg(pixels, ("relu5_1",))["relu5_1"].shape[-2:] == (2, 2)
    assert vgg(pixels, ("relu5_1",), pools=3)["relu5_1"].shape[-2:] == (4, 4)
    four, three = (vgg(pixels, ("relu4_3",), pools=pools)["relu4_3"] for pools in (4, 3))
    assert torch.equal(four, three)


def test_gradients_reach_the_input_only():
    vgg, pixels = random_vgg16(0, width=0.1), (torch.rand(1, 3, 16, 16) * 255).requires_grad_()
    vgg(pixels, ("relu2_2",))["relu2_2"].mean().backward()
    assert pixels.grad.abs().sum() > 0
    assert all(p.grad is None for p in vgg.parameters())


def test_random_weights_are_repeatable_and_leave_the_global_generator_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first, again, other = load_vgg16(None, 7), load_vgg16(None, 7), load_vgg16(None, 8)
    assert first.source == "random"
    assert torch.equal(first.convs["conv3_1"].weight, again.convs["conv3_1"].weight)
    assert not torch.equal(first.convs["conv3_1"].weight, other.convs["conv3_1"].weight)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(
    ("rename", "metadata", "convention", "source"),
    [
        (False, None, "caffe", "caffe-file"),
        (True, None, "torchvision", "torchvision"),
        (True, {"convention": "BGR, 0..255, minus (103.939,116.779,123.68)"}, "caffe", "caffe-file"),
        (False, {"convention": "RGB, 0..1, ImageNet mean and sd"}, "torchvision", "torchvision"),
    ],
)
def test_the_file_decides_the_convention(state, tmp_path, rename, metadata, convention, source):
    stored = torchvision_keys(state) if rename else state
    vgg = load_vgg16(saved(tmp_path / "v.safetensors", stored, metadata), 0)
    assert (vgg.convention, vgg.source) == (convention, source)
    assert torch.equal(vgg.convs["conv4_2"].weight, state["conv4_2.weight"].float())


def test_a_cached_torchvision_file_is_used(state, empty_hub):
    empty_hub.mkdir(parents=True)
    torch.save(torchvision_keys(state), empty_hub / TORCHVISION_FILE_NAME)
    assert load_vgg16(None, 0).source == "torchvision"


def test_faults_are_told(state, tmp_path):
    with pytest.raises(UserError, match="missing"):
        load_vgg16(tmp_path / "none.safetensors", 0)
    with pytest.raises(UserError, match="unknown convention 'grey'"):
        load_vgg16(saved(tmp_path / "a.safetensors", state, {"convention": "grey"}), 0)
    with pytest.raises(UserError, match=r"lacks tensors[\s\S]*conv3_2\.bias"):
        load_vgg16(saved(tmp_path / "b.safetensors", {k: v for k, v in state.items() if k != "conv3_2.bias"}), 0)
    with pytest.raises(UserError, match=r"expected shape \(64,\), found \(9,\)"):
        load_vgg16(saved(tmp_path / "c.safetensors", {**state, "conv1_1.bias": torch.zeros(9)}), 0)
    with pytest.raises(KeyError, match="relu9_9"):
        random_vgg16(0, 0.05)(torch.zeros(1, 3, 8, 8), ("relu9_9",))


@pytest.mark.skipif(not REAL.is_file(), reason="the real VGG16 file is not on this machine")
def test_the_real_caffe_file_sees_edges():
    vgg = load_vgg16(REAL, 0)
    assert (vgg.source, vgg.convention) == ("caffe-file", "caffe")
    flat, edge = np.full((1, 3, 32, 32), 120.0, np.float32), np.full((1, 3, 32, 32), 120.0, np.float32)
    edge[..., 16:] = 40
    responses = [vgg(torch.from_numpy(image), ("relu1_2",))["relu1_2"][..., 8:24, 14:18] for image in (flat, edge)]
    assert (responses[1] - responses[0]).abs().mean() > 1


def test_conventions_differ_where_it_matters():
    assert vgg_module.CAFFE_MEAN_BGR[0] < vgg_module.CAFFE_MEAN_BGR[2]
    assert vgg_module.TORCHVISION_MEAN_RGB[0] > vgg_module.TORCHVISION_MEAN_RGB[2]
