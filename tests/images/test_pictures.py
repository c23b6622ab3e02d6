"""Pictures are read and written in the mode of their data set, and their planes are those that networks get."""

import numpy as np
import pytest

from sspbench.errors import UserError
from sspbench.images.pictures import from_planes, read_picture, to_planes, write_picture

GREY = np.arange(20, dtype=np.uint8).reshape(4, 5)
COLOUR = np.stack([GREY, GREY + 50, GREY + 100], axis=-1)


@pytest.mark.parametrize(("color", "pixels"), [("grey", GREY), ("rgb", COLOUR)])
def test_a_picture_comes_back_in_its_mode(tmp_path, color, pixels):
    write_picture(tmp_path / "a.png", pixels)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png", color), pixels)


def test_a_grey_picture_of_a_data_set_in_colour_is_refused(tmp_path):
    write_picture(tmp_path / "a.png", GREY)
    with pytest.raises(UserError, match="grey, and this data set is in colour"):
        read_picture(tmp_path / "a.png", "rgb")


def test_planes_lie_in_front_and_red_is_first():
    planes = to_planes(COLOUR)
    assert to_planes(GREY).shape == (1, 4, 5)
    np.testing.assert_array_equal(planes, [GREY, GREY + 50, GREY + 100])
    np.testing.assert_array_equal(from_planes(planes), COLOUR)
    np.testing.assert_array_equal(from_planes(to_planes(GREY)), GREY)
