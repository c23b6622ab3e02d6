"""Which images, crops and flips a step gets: shares, bounds, and literal draws of one seed."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from sspbench.errors import UserError
from sspbench.images.pictures import write_grey
from sspbench.training.loop.batches import BatchPlan, Domain, DomainBatches, UnpairedBatches, load_domain_images

NUMBERED = np.arange(64, dtype=np.uint8).reshape(8, 8)
"""Every pixel tells its place: 8 times its row, plus its column."""


def draw_pieces(image, count=400, **plan):
    plan = BatchPlan(size=count, **plan)
    return DomainBatches(plan, 3, Domain(plan, [image])).batch(0)[0][:, 0].numpy()


def count_pieces(pieces):
    return Counter(piece.tobytes() for piece in pieces)


def test_every_offset_of_a_crop_occurs():
    pieces = draw_pieces(NUMBERED, crop=3)
    offsets = Counter(divmod(int(piece[0, 0]), 8) for piece in pieces)
    assert set(offsets) == {(top, left) for top in range(6) for left in range(6)}
    for piece in pieces:
        top, left = divmod(int(piece[0, 0]), 8)
        assert (piece == NUMBERED[top : top + 3, left : left + 3]).all()


def test_offsets_of_an_oblong_image_keep_within_each_of_its_sides():
    image = np.arange(45, dtype=np.uint8).reshape(5, 9)
    offsets = {divmod(int(piece[0, 0]), 9) for piece in draw_pieces(image, crop=4)}
    assert offsets == {(top, left) for top in range(2) for left in range(6)}


def test_a_crop_of_the_whole_side_is_the_image():
    assert set(count_pieces(draw_pieces(NUMBERED, count=9, crop=8))) == {NUMBERED.tobytes()}


@pytest.mark.parametrize(
    ("flips", "wanted"),
    [
        ((), [NUMBERED]),
        (("horizontal",), [NUMBERED, NUMBERED[:, ::-1]]),
        (("vertical",), [NUMBERED, NUMBERED[::-1]]),
        (("horizontal", "vertical"), [NUMBERED, NUMBERED[:, ::-1], NUMBERED[::-1], NUMBERED[::-1, ::-1]]),
    ],
)
def test_each_flip_mirrors_its_axis_half_of_the_time(flips, wanted):
    found = count_pieces(draw_pieces(NUMBERED, count=4000, flips=flips))
    assert set(found) == {np.ascontiguousarray(one).tobytes() for one in wanted}
    # 4000 draws: four standard deviations are 0.032 at a share of 1/2, less at 1/4.
    assert all(abs(count / 4000 - 1 / len(wanted)) < 0.033 for count in found.values())


def test_low_and_high_images_are_drawn_apart():
    plan = BatchPlan(size=50, crop=3, order="sequential", partner="modulo")
    low, high = UnpairedBatches(plan, 3, Domain(plan, [NUMBERED]), Domain(plan, [NUMBERED])).batch(0)
    same = (low[:, 0, 0, 0] == high[:, 0, 0, 0]).float().mean()
    assert same < 0.2  # 1 of 36 offsets by chance


def test_the_draws_of_one_seed_and_step():
    plan = BatchPlan(size=4, crop=3, flips=["horizontal", "vertical"])
    low, high = ([NUMBERED + 64 * number for number in range(count)] for count in (3, 2))
    batches = UnpairedBatches(plan, 5, Domain(plan, low), Domain(plan, high))
    first_rows = [pieces[:, 0, 0].tolist() for pieces in batches.batch(2)]
    assert first_rows == [
        [[102, 101, 100], [157, 156, 155], [55, 54, 53], [91, 92, 93]],
        [[104, 105, 106], [82, 83, 84], [91, 92, 93], [12, 11, 10]],
    ]


def test_the_order_of_one_seed_changes_with_the_epoch():
    plan = BatchPlan(size=6)
    batches = UnpairedBatches(plan, 5, *(Domain(plan, [NUMBERED] * 6) for _ in range(2)))
    orders = [batches.positions_at_step(step).tolist() for step in range(3)]
    assert orders == [[2, 0, 5, 4, 3, 1], [3, 0, 1, 5, 4, 2], [1, 5, 0, 2, 4, 3]]


def test_a_crop_is_drawn_again_below_a_deviation_of_one_level():
    # Of its two crops the left one has a deviation of exactly 1 level, the right one of 0.83.
    image = np.tile(np.array([100, 102, 100, 102, 101], np.uint8), (4, 1))
    left, right = image[:, :4], image[:, 1:]
    assert left.std() == 1.0
    assert 0.8 < right.std() < 0.9
    starts = Counter(int(piece[0, 0]) for piece in draw_pieces(image, crop=4))
    assert starts[100] >= 396  # ten draws on the right, 1 in 1024, are taken as they come
    assert starts[100] + starts[102] == 400


def test_a_flat_image_is_taken_after_ten_draws():
    flat = np.full((8, 8), 9, np.uint8)
    assert (draw_pieces(flat, count=3, crop=4) == 9).all()


def test_images_are_resized_by_pillows_bicubic(tmp_path):
    write_grey(tmp_path / "a.png", 3 * NUMBERED)
    found = load_domain_images([tmp_path / "a.png"], BatchPlan(size=1, resize=5), "low-quality")[0]
    assert (found == np.asarray(Image.fromarray(3 * NUMBERED).resize((5, 5), Image.Resampling.BICUBIC))).all()
    assert (load_domain_images([tmp_path / "a.png"], BatchPlan(size=1, resize=8), "x")[0] == 3 * NUMBERED).all()


def test_images_must_hold_the_crop_and_be_of_one_size_without_one(tmp_path):
    paths = [tmp_path / "oblong.png", tmp_path / "square.png"]
    write_grey(paths[0], np.zeros((70, 90), np.uint8))
    write_grey(paths[1], np.zeros((80, 80), np.uint8))
    assert len(load_domain_images(paths, BatchPlan(size=1, crop=70), "low-quality")) == 2
    with pytest.raises(UserError, match=r"(?s)smallest side 70, batches.crop 71.*set batches.crop to 64 or less"):
        load_domain_images(paths, BatchPlan(size=1, crop=71), "low-quality")
    with pytest.raises(UserError, match=r"differ in size"):
        load_domain_images(paths, BatchPlan(size=1), "low-quality")
    assert len(load_domain_images(paths[:1], BatchPlan(size=1), "low-quality")) == 1


def test_after_a_flat_image_the_next_one_is_drawn_as_after_ten_windows():
    plan = BatchPlan(size=2, crop=3, order="sequential")
    found = DomainBatches(plan, 3, Domain(plan, [np.zeros((8, 8), np.uint8), NUMBERED])).batch(0)[0][1, 0]
    random = np.random.default_rng([3, 4, 0])
    for _ in range(10 * 2):
        random.integers(0, 6)
    top, left = random.integers(0, 6), random.integers(0, 6)
    assert (found.numpy() == NUMBERED[top : top + 3, left : left + 3]).all()


def test_a_batch_has_one_image_at_least():
    assert BatchPlan.from_params({"batches": {"size": 1}}).size == 1
    with pytest.raises(UserError, match="at least 1, got 0"):
        BatchPlan.from_params({"batches": {"size": 0}})
