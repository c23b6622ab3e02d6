"""Round fields of view of photographs that come alone: discs, cut-off discs, real ones; other pictures have none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from sspbench.images.round_field import find_round_field

HRF = Path("../shared/data/hrf8")


def disc(size=200, radius=90.0, centre=(100.0, 100.0)):
    y, x = np.ogrid[:size, :size]
    return np.hypot(y - centre[0], x - centre[1]) <= radius


def photograph(mask, level=(180, 90, 50)):
    return (mask[..., None] * np.array(level)).astype(np.uint8)


def cut_off(mask):
    return mask & (np.abs(np.arange(len(mask)) - 100) <= 75)[:, None]


def with_notch(mask):
    mask = mask.copy()
    mask[96:104, 185:196] = True
    return mask


@pytest.mark.parametrize(
    "mask", [disc(), cut_off(disc()), disc()[25:175], with_notch(disc())], ids=["whole", "cut", "frame", "notch"]
)
def test_a_disc_is_found(mask):
    found = find_round_field(photograph(mask))
    assert (found & mask).sum() / (found | mask).sum() > 0.99


def test_dark_retina_inside_the_disc_does_not_hide_it():
    mask = disc()
    picture = photograph(mask)
    picture[70:130, 60:140] = 5
    picture[100:, 95:105] = 5  # open to the outside: no hole
    assert find_round_field(picture) is not None


def test_of_a_mostly_dark_photograph_the_circle_is_found():
    mask = disc()
    picture = photograph(mask)
    picture[:, 90:] = picture[:, 90:] // 20  # 9 at most: less than half of the disc is bright
    found = find_round_field(picture)
    assert (found & mask).sum() / (found | mask).sum() > 0.95


def frame_with_border(rows, columns):
    mask = np.zeros((200, 200), bool)
    mask[rows : -rows or None, columns : -columns or None] = True
    return mask


@pytest.mark.parametrize("border", [(0, 0), (20, 0), (20, 30)])
def test_a_rectangle_is_no_field(border):
    assert find_round_field(photograph(frame_with_border(*border))) is None


def test_other_shapes_and_darkness_are_no_field():
    y, x = np.ogrid[:200, :200]
    triangle = (y > 40) & (y < 180) & (np.abs(x - 100) < (y - 40) / 2)
    assert find_round_field(photograph(triangle)) is None
    assert find_round_field(photograph(disc(), (9, 9, 9))) is None


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket", "immunohistochemistry"])
def test_other_photographs_have_no_field(name):
    assert find_round_field(getattr(data, name)()) is None


def test_a_real_photograph_has_one():
    assert 0.7 < find_round_field(data.retina()).mean() < 0.8  # pi / 4, with a thin border


@pytest.mark.skipif(not HRF.is_dir(), reason="needs ../shared/data/hrf8")
def test_photographs_that_are_cut_off_at_top_and_bottom_have_one():
    assert all(find_round_field(np.asarray(Image.open(path))) is not None for path in sorted(HRF.glob("*.jpg")))
