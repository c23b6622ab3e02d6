"""The field of view of fundus photographs: real ones, made ones, and dark ones."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import retina

from sspbench.errors import UserError
from sspbench.images.field_of_view import erode_field_of_view, find_field_of_view

HRF = Path("../shared/data/hrf8")

# Half of the lit width of the middle row, read off three of the pictures: pixels 39 or 40 to 1017.
HRF_RADIUS = 489


def disc(size=200, radius=90.0, centre=(100.0, 100.0)):
    y, x = np.ogrid[:size, :size]
    return np.hypot(y - centre[0], x - centre[1]) <= radius


def photograph(mask, level=(180, 90, 50)):
    return (mask[..., None] * np.array(level)).astype(np.uint8)


def overlap(one, two):
    return (one & two).sum() / (one | two).sum()


def test_the_disc_is_found_without_specks_and_holes():
    mask = disc()
    picture = photograph(mask)
    picture[60:75, 80:120] = 3  # a dark hole inside
    picture[2:6, 2:6] = 255  # a speck of light outside, too small for the opening
    picture[180:192, 2:14] = 255  # a larger one, which is not connected
    found = find_field_of_view(picture)
    assert found.source == "threshold"
    assert overlap(found.mask, mask) > 0.995


def test_a_grey_picture_has_one_too():
    assert overlap(find_field_of_view(photograph(disc())[..., 0]).mask, disc()) > 0.995


def test_red_alone_is_bright_enough():
    assert overlap(find_field_of_view(photograph(disc(), (40, 0, 0))).mask, disc()) > 0.995


def test_values_up_to_20_are_outside():
    mask = disc()
    picture = photograph(mask)
    picture[~mask] = 20
    assert overlap(find_field_of_view(picture).mask, mask) > 0.995


@pytest.mark.parametrize("lit", [0.35, 0.45])
def test_of_a_disc_that_is_mostly_dark_the_circle_is_taken(lit):
    mask = disc()
    picture = photograph(mask)
    columns = np.flatnonzero(mask.any(axis=0))
    picture[:, columns[int(lit * len(columns))] :] = 5
    found = find_field_of_view(picture)
    assert found.source == "circle"
    assert overlap(found.mask, mask) > 0.95


def test_a_disc_that_is_cut_by_the_frame_is_kept():
    mask = disc(radius=130.0)
    found = find_field_of_view(photograph(mask))
    assert found.source == "threshold"
    assert overlap(found.mask, mask) > 0.99


def test_a_black_picture_is_an_error():
    with pytest.raises(UserError, match="field of view"):
        find_field_of_view(np.zeros((50, 50, 3), np.uint8))


def test_the_border_is_a_share_of_the_radius():
    eroded = erode_field_of_view(disc(), share=0.1)
    assert np.sqrt(eroded.sum() / np.pi) == pytest.approx(81, abs=1)
    everything = np.ones((20, 20), bool)
    assert erode_field_of_view(everything).all()


def test_where_the_frame_cuts_the_disc_nothing_is_taken_off():
    mask = disc(radius=130.0)
    assert erode_field_of_view(mask)[0, 100]
    assert not erode_field_of_view(mask)[np.argwhere(mask[0])[0, 0] // 200, np.flatnonzero(mask[0])[0]]


def test_the_public_retina_covers_77_percent_of_its_frame():
    picture = np.asarray(Image.fromarray(retina()).resize((512, 512), Image.Resampling.BICUBIC))
    found = find_field_of_view(picture)
    assert found.source == "threshold"
    assert found.mask.mean() == pytest.approx(0.769, abs=0.003)


@pytest.mark.skipif(not HRF.is_dir(), reason="needs the photographs of ../shared/data/hrf8")
@pytest.mark.parametrize("name", ["01", "02", "07", "10", "12", "13", "14", "15"])
def test_photographs_of_hrf_show_a_disc_cut_above_and_below(name):
    """All are from one camera."""
    found = find_field_of_view(np.asarray(Image.open(HRF / f"{name}_h.jpg").convert("RGB")))
    columns = np.flatnonzero(found.mask[350])
    assert found.source == "threshold"
    assert (columns[-1] - columns[0]) / 2 == pytest.approx(HRF_RADIUS, abs=4)
    y, x = np.ogrid[: found.mask.shape[0], : found.mask.shape[1]]
    centre = (columns[0] + columns[-1]) / 2
    circle = np.hypot(y - 350, x - centre) <= HRF_RADIUS
    assert overlap(found.mask, circle) > 0.985
