"""Images held out from the segmenter, and the threshold chosen on them."""

from pathlib import Path

import numpy as np
import pytest

from sspbench.images.pictures import write_grey
from sspbench.stages.held_out import choose_threshold, split_held_out

PAIRS = [(Path(f"{number}.png"), Path(f"label_{number}.png")) for number in range(20)]


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.01, 1), (0.15, 3), (0.9, 18)])
def test_every_pair_is_learnt_from_or_held_out_but_never_both(share, count):
    learnt, held_out = split_held_out(PAIRS, share, seed=0)
    assert len(held_out) == count
    assert sorted(learnt + held_out) == sorted(PAIRS)
    assert learnt == [pair for pair in PAIRS if pair in learnt]


def test_another_training_holds_out_others_and_the_same_one_the_same():
    draws = [split_held_out(PAIRS, 0.2, seed)[1] for seed in (0, 0, 1)]
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]


def test_one_image_is_left_to_learn_from():
    assert split_held_out(PAIRS[:1], 0.5, 0) == (PAIRS[:1], [])
    assert len(split_held_out(PAIRS[:2], 0.9, 0)[0]) == 1


class Copying:
    """A segmenter that takes the image for the probability."""

    def probabilities(self, images):
        return images


def test_the_threshold_is_chosen_on_the_held_out_images(tmp_path):
    label = np.tri(12, dtype=bool)
    write_grey(tmp_path / "image.png", np.where(label, 180, 60).astype(np.uint8))
    write_grey(tmp_path / "label.png", np.where(label, 255, 0).astype(np.uint8))
    found = choose_threshold(Copying(), [(tmp_path / "image.png", tmp_path / "label.png")])
    assert found == {"level": 119, "dice": 1.0, "images": 1}
    assert choose_threshold(Copying(), []) is None
