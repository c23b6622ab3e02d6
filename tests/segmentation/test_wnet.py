"""W-Net: its published size, its published weights, and the field of view around it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from skimage.data import retina

from segmentation.wnet.networks import SmallUNet
from segmentation.wnet.segmenter import WNetSegmenter
from sspbench.images.field_of_view import find_field_of_view

WEIGHTS = Path("../shared/weights/wnet_drive.safetensors")
PARAMS = {"widths": (8, 16, 32), "side": 512, "threshold": 0.4196, "lr": 0.01, "schedule": {"power": 0.9}}
STEPS = 60


def built(**params):
    segmenter = WNetSegmenter(PARAMS | params)
    segmenter.total_steps = STEPS
    torch.manual_seed(0)
    segmenter.build()
    return segmenter


def test_the_published_number_of_parameters():
    parameters = [p for network in built().networks.values() for p in network.parameters()]
    assert sum(p.numel() for p in parameters) == 68_482


def test_the_first_network_and_the_second_one_differ_by_one_input_channel():
    one, two = (sum(p.numel() for p in SmallUNet(channels).parameters()) for channels in (3, 4))
    assert two - one == 9 * 8 + 8  # a 3x3 and a 1x1 convolution to 8 channels


def test_nothing_is_found_outside_the_field_of_view_or_in_a_black_image():
    segmenter = built(side=64)
    images = np.zeros((2, 3, 80, 100), np.float32)
    y, x = np.ogrid[:80, :100]
    inside = np.hypot(y - 40, x - 50) < 35
    images[0, :, inside] = 0.5
    found = segmenter.probabilities(images)
    assert found.shape == (2, 1, 80, 100)
    assert found[0, 0][inside].min() > 0
    assert not found[0, 0][~inside].any()
    assert not found[1].any()


def test_a_flipped_image_has_the_flipped_prediction():
    """The mean over flips makes the prediction as symmetric as its input."""
    segmenter = built(side=64)
    images = np.random.default_rng(0).uniform(0.2, 1.0, (1, 3, 64, 64)).astype(np.float32)
    one, two = segmenter.probabilities(images), segmenter.probabilities(images[..., ::-1].copy())
    assert np.allclose(one, two[..., ::-1], atol=1e-5)


def test_it_learns_a_line():
    segmenter = built(widths=(4, 8, 16))
    images, labels = torch.full((2, 3, 32, 32), 0.6), torch.zeros(2, 1, 32, 32)
    images[..., 14:17], labels[..., 14:17] = 0.3, 1.0
    losses = []
    for step in range(STEPS):
        segmenter.step = step
        losses.append(segmenter.training_step(images, labels)["total"].item())
    assert losses[-1] < 0.2 * losses[0]


def test_the_threshold_is_that_of_the_parameters():
    mask = built().binarise(np.array([[106, 107, 108]], np.uint8))  # 0.4196 x 255 = 106.998
    assert mask.tolist() == [[False, True, True]]


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="needs W-Net's public weights, ../shared/weights")
def test_public_weights_load_by_name_and_find_the_vessels_of_a_public_photograph():
    """The vessel share of this photograph was measured with the public code: 0.162."""
    segmenter = built()
    segmenter.load_weights(load_file(WEIGHTS))
    picture = np.asarray(Image.fromarray(retina()).resize((512, 512), Image.Resampling.BICUBIC))
    found = segmenter.probabilities(np.moveaxis(picture, -1, 0)[None].astype(np.float32) / 255)[0, 0]
    inside = find_field_of_view(picture).mask
    assert (found[inside] > 0.4196).mean() == pytest.approx(0.162, abs=0.003)
