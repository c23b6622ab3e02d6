"""CS-Net: size, loss, schedule, augmentation and threshold against closed forms."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

from segmentation.csnet.augmentation import adjust_brightness, adjust_contrast, adjust_sharpness, augment
from segmentation.csnet.networks import CSNet
from segmentation.csnet.segmenter import CSNetSegmenter, segmentation_losses, soft_dice_loss, threshold_probability
from sspbench.config.overrides import resolve_params
from sspbench.plugins.discovery import get_plugin
from sspbench.training.networks import official_weights
from sspbench.training.optimizers import polynomial_decay


def count(module):
    return sum(p.numel() for p in module.parameters())


def params(preset):
    return resolve_params(get_plugin("segmentation", "csnet"), preset)


def built(preset, steps):
    segmenter = CSNetSegmenter(params(preset), 0)
    segmenter.total_steps = steps
    torch.manual_seed(0)
    segmenter.build()
    return segmenter


def test_parameters_at_full_width():
    net = CSNet()
    assert count(net) == 8_400_163
    assert count(CSNet(in_channels=3)) == 8_400_803
    encoders = CSNet(in_channels=3).encoders
    assert [count(encoder) for encoder in encoders] == [
        10_400,
        57_792,
        230_272,
        919_296,
        3_673_600,
    ]
    assert count(net.spatial) + count(net.channel) == 459_650
    assert [count(decoder) for decoder in net.decoders] == [1_771_008, 443_136, 110_976, 27_840]
    assert [count(up) for up in net.ups] == [524_544, 131_200, 32_832, 8_224]


def test_the_official_order_names_every_tensor_once():
    net = CSNet(base=4)
    listed = net.official_tensors()
    live = [
        t
        for name, t in [*net.named_parameters(), *net.named_buffers()]
        if official_weights.BATCH_COUNTER_NAME not in name
    ]
    assert len(listed) == 144
    assert {id(t) for t in listed} == {id(t) for t in live}


def test_a_public_checkpoint_loads_without_its_unused_layer():
    source, target = CSNet(base=4), CSNet(base=4)
    items = [(f"module.layer{i:03d}", tensor.detach()) for i, tensor in enumerate(source.official_tensors())]
    items.insert(86, ("module.attention_fuse.weight", torch.zeros(64, 128, 1, 1)))
    official_weights.load_official_weights(target, dict(items))
    x = torch.rand(1, 1, 32, 32)
    assert torch.equal(target.eval()(x), source.eval()(x))


def test_the_bottleneck_enters_the_decoder_threefold_at_the_start():
    net = CSNet(base=4)
    bottleneck = torch.rand(1, 64, 3, 2)
    torch.testing.assert_close(net.attend(bottleneck), 2 * bottleneck)


def test_soft_dice_closed_form():
    label = torch.zeros(2, 1, 4, 4)
    label[0, 0, :2] = 1
    probability = torch.full((2, 1, 4, 4), 0.25)
    first = (2 * 0.25 * 8 + 1e-4) / (4 + 8 + 1e-4)
    second = 1e-4 / (4 + 1e-4)
    assert soft_dice_loss(probability, label).item() == pytest.approx(1 - (first + second) / 2, abs=1e-6)
    losses = segmentation_losses(probability, label)
    assert losses["mse"].item() == pytest.approx((8 * 0.75**2 + 24 * 0.25**2) / 32)
    assert losses["total"].item() == pytest.approx(losses["mse"].item() + losses["dice"].item())
    assert soft_dice_loss(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)).item() == pytest.approx(0)


def test_the_rate_changes_after_each_epoch():
    rate = polynomial_decay(1e-4, 0.9, total_steps=1000 * 36, steps_per_epoch=36)
    assert [rate(step) for step in (0, 35, 36, 71)] == [1e-4] * 4
    assert rate(72) == rate(107) == pytest.approx(1e-4 * 0.999**0.9)
    assert rate(999 * 36) == pytest.approx(1e-4 * (1 - 998 / 1000) ** 0.9)
    assert polynomial_decay(1.0, 0.9, 3, 6)(2) == 1.0


def test_enhancement_agrees_with_pillow_within_its_rounding():
    picture = (np.random.default_rng(0).random((20, 24)) * 200 + 20).astype(np.uint8)
    tensor = torch.from_numpy(picture / 255.0).float()[None]
    pillow = {
        adjust_brightness: ImageEnhance.Brightness,
        adjust_contrast: ImageEnhance.Contrast,
        adjust_sharpness: ImageEnhance.Sharpness,
    }
    for ours, theirs in pillow.items():
        for factor in (-1.3, 0.0, 0.4, 1.0, 1.7):
            expected = np.asarray(theirs(Image.fromarray(picture)).enhance(factor), np.float32)
            assert np.abs(ours(tensor, factor)[0].numpy() * 255 - expected).max() <= 2.01, (ours, factor)


def test_augmentation_turns_images_and_labels_alike_and_repeats():
    images = torch.rand(6, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.25
    labels = (images > 0.5).float()

    def drawn(seed, **options):
        chosen = {"rotation": 45, "chance": 0.0, "factor": 2.0, **options}
        return augment(images, labels, generator=torch.Generator().manual_seed(seed), **chosen)

    turned, turned_labels = drawn(1)
    assert torch.equal((turned > 0.5).float(), turned_labels)
    assert (turned == 0).any()
    assert torch.equal(drawn(1)[0], turned)
    assert not torch.equal(drawn(2)[0], turned)
    assert torch.equal(drawn(1, rotation=0)[0], images)
    enhanced, same_labels = drawn(3, rotation=0, chance=1.0)
    assert not torch.equal(enhanced, images)
    assert torch.equal(same_labels, labels)


def test_otsu_is_strictly_above_and_constant_maps_are_background():
    two = np.array([[10, 10, 10], [200, 200, 200]], np.uint8)
    assert threshold_probability(two, "otsu").tolist() == [[False] * 3, [True] * 3]
    for level in (0, 7, 255):
        assert not threshold_probability(np.full((4, 5), level, np.uint8), "otsu").any()
    assert threshold_probability(np.array([[127, 128]], np.uint8), 0.5).tolist() == [[False, True]]


def test_paper_preset_is_the_public_configuration():
    p = params("paper")
    found = (p["base"], p["lr"], p["weight_decay"], p["epochs"], p["batches"]["size"], p["batches"]["crop"])
    assert found == (32, 1e-4, 5e-4, 1000, 8, 384)


def test_training_learns_bright_lines_and_predicts_odd_sizes():
    segmenter = built("smoke", steps=120)
    generator = torch.Generator().manual_seed(0)
    totals = []
    for step in range(120):
        labels = torch.zeros(4, 1, 32, 32)
        for label, row in zip(labels, torch.randint(2, 29, (4,), generator=generator), strict=True):
            label[:, row : row + 2] = 1
        segmenter.step = step
        segmenter.random.manual_seed(step)
        losses = segmenter.training_step(0.2 + 0.6 * labels, labels)
        totals.append(losses["total"].item())
    assert np.mean(totals[-5:]) < 0.5 * np.mean(totals[:5])
    image = np.full((1, 1, 37, 45), 0.2, np.float32)
    image[..., 20:22, :] = 0.8
    probability = segmenter.probabilities(image)
    assert probability.shape == image.shape
    mask = segmenter.binarise((probability[0, 0] * 255).astype(np.uint8))
    assert mask[20:22].mean() > 0.8
    assert mask[:16].mean() < 0.1
