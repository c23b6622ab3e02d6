"""Batches: a pure function of (seed, step), in the orders the literature uses."""

import numpy as np
import pytest

from sspbench.errors import UserError
from sspbench.training.loop.batches import (
    BatchPlan,
    Domain,
    DomainBatches,
    UnpairedBatches,
    load_domain_images,
    make_batches,
)


def numbered(count, side=8):
    """Images whose every pixel tells their number, with one odd pixel so that they are not flat."""
    images = [np.full((side, side), number, np.uint8) for number in range(count)]
    for image in images:
        image[0, 0] = 200
    return images


def unpaired(low, high, **plan):
    plan = BatchPlan(**{"size": 4, **plan})
    return UnpairedBatches(plan, 5, Domain(plan, numbered(low)), Domain(plan, numbered(high)))


def numbers(batch):
    return batch[:, 0, -1, -1].tolist()


def test_a_step_gives_the_same_batch_whenever_it_is_asked_for():
    batches = unpaired(9, 7, crop=4, flips=["horizontal", "vertical"])
    late = [batches.batch(step) for step in (5, 2, 5)]
    assert all((a == b).all() for a, b in zip(late[0], late[2], strict=True))
    assert any((a != b).any() for a, b in zip(late[0], late[1], strict=True))


def test_every_low_image_comes_once_an_epoch_in_a_new_order_each():
    batches = unpaired(12, 5)
    epochs = [[n for b in range(3) for n in numbers(batches.batch(3 * e + b)[0])] for e in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(12))
    assert epochs[0] != epochs[1]


def test_the_shorter_domain_is_repeated():
    batches = unpaired(5, 8, order="sequential", partner="modulo")
    assert batches.steps_per_epoch == 2
    assert numbers(batches.batch(1)[0]) == [4, 0, 1, 2]
    assert numbers(batches.batch(1)[1]) == [4, 5, 6, 7]


def test_modulo_pairs_by_index():
    batches = unpaired(8, 3, order="sequential", partner="modulo")
    assert numbers(batches.batch(1)[1]) == [1, 2, 0, 1]


def test_cycle_gives_one_partner_a_batch_and_restarts_each_epoch():
    batches = unpaired(8, 3, order="sequential", partner="cycle", size=2)
    assert [numbers(batches.batch(step)[1]) for step in range(5)] == [[0], [1], [2], [0], [0]]


def test_a_ragged_last_batch_is_smaller_a_filled_one_is_not():
    assert len(unpaired(6, 2, ragged=True).batch(1)[0]) == 2
    assert len(unpaired(6, 2).batch(1)[0]) == 4


def test_flips_and_crops_treat_image_and_label_alike():
    random = np.random.default_rng(0)
    image = random.integers(0, 255, (32, 32), dtype=np.uint8)
    plan = BatchPlan(size=3, crop=8, flips=["horizontal", "vertical"])
    batches = DomainBatches(plan, 1, Domain(plan, [image], [image.copy()]))
    seen = {batches.batch(step)[0].numpy().tobytes() for step in range(10)}
    assert len(seen) == 10
    assert all((a == b).all() for a, b in [batches.batch(step) for step in range(10)])


def test_flat_crops_are_drawn_again():
    image = np.zeros((64, 64), np.uint8)
    image[:16] = np.random.default_rng(0).integers(0, 255, (16, 64))
    plan = BatchPlan(size=8, crop=16)
    batches = DomainBatches(plan, 1, Domain(plan, [image], [image]))
    flat = sum(float(crop.float().std()) < 1 for step in range(5) for crop in batches.batch(step)[0])
    assert flat <= 1


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"size": 0}, "`size` must be at least 1, got 0"),
        ({"size": 1, "order": "sorted"}, "order"),
        ({"size": 1, "flips": ["diagonal"]}, "diagonal"),
        ({"size": 1, "crops": 3}, "crops"),
        ({}, "`size` is missing"),
    ],
)
def test_a_wrong_section_is_refused(section, words):
    with pytest.raises(UserError, match=words):
        BatchPlan.from_params({"batches": section})


def test_images_too_small_or_of_several_sizes_are_refused(tiny_data, tmp_path):
    paths = tiny_data.image_paths("trainA")
    with pytest.raises(UserError, match="smaller than the training crop"):
        load_domain_images(paths, BatchPlan(size=1, crop=128), "low-quality")
    with pytest.raises(UserError, match="No low-quality"):
        load_domain_images([], BatchPlan(size=1), "low-quality")
    assert load_domain_images(paths, BatchPlan(size=1, resize=48), "low-quality")[0].shape == (48, 48)


def test_one_domain_alone_sees_each_of_its_images_once_an_epoch():
    plan = BatchPlan(size=4)
    batches = make_batches(plan, 5, {"high": Domain(plan, numbered(8))})
    assert batches.steps_per_epoch == 2
    assert [len(batches.batch(step)) for step in range(2)] == [1, 1]
    assert sorted(n for step in range(2) for n in numbers(batches.batch(step)[0])) == list(range(8))


def test_both_domains_are_given_low_first():
    plan = BatchPlan(size=2)
    low, high = (Domain(plan, [image + start for image in numbered(4)]) for start in (0, 10))
    first, second = make_batches(plan, 5, {"low": low, "high": high}).batch(0)
    assert max(numbers(first)) < 10 <= min(numbers(second))
