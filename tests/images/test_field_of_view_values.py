"""Fields of view whose outline is known exactly: rectangles, the circles through their corners, the largest square."""

import numpy as np
import pytest

from sspbench.images.field_of_view import erode_field_of_view, find_field_of_view, find_inscribed_square

ROW_COUNT, COLUMN_COUNT = 60, 72


def block(rows, columns, shape=(ROW_COUNT, COLUMN_COUNT)):
    """A mask that is True from the first to the last row and column, both included."""
    mask = np.zeros(shape, bool)
    mask[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1] = True
    return mask


def find(mask, level=180):
    return find_field_of_view(mask.astype(np.uint8) * np.uint8(level))


def assert_disc(mask, row, column, radius):
    """Pixels whose distance is the radius itself may fall on either side."""
    y, x = np.ogrid[: mask.shape[0], : mask.shape[1]]
    distance = np.hypot(y - row, x - column)
    assert mask[distance < radius - 1e-6].all()
    assert not mask[distance > radius + 1e-6].any()


def test_a_rectangle_keeps_its_pixels_and_smaller_parts_are_dropped():
    rectangle = block((25, 40), (30, 60))
    picture = rectangle | block((2, 12), (3, 13)) | block((50, 56), (5, 60))  # the second is 7 pixels high
    found = find(picture)
    assert found.source == "threshold"
    assert np.array_equal(found.mask, rectangle)


def test_a_value_of_21_is_bright():
    rectangle = block((25, 40), (30, 60))
    assert np.array_equal(find(rectangle, 21).mask, rectangle)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((0, 4), (0, 71)), ((55, 59), (0, 71)), ((0, 59), (0, 3)), ((0, 59), (68, 71))],
)
def test_the_frame_cuts_the_disc_so_a_thin_strip_along_it_is_kept(rows, columns):
    """No outline lies inside the frame, so that no circle can be fitted."""
    strip = block(rows, columns)
    found = find(strip)
    assert found.source == "threshold"
    assert np.array_equal(found.mask, strip)


@pytest.mark.parametrize("top", [1, 20, ROW_COUNT - 11])
@pytest.mark.parametrize("left", [1, 25, COLUMN_COUNT - 42])
def test_a_narrow_rectangle_gives_the_circle_through_its_corners(top, left):
    """10 x 41 pixels: the corners are 9 and 40 apart, so half of the diagonal is sqrt(4.5² + 20²) = 20.5."""
    found = find(block((top, top + 9), (left, left + 40)))
    assert found.source == "circle"
    assert_disc(found.mask, top + 4.5, left + 20, 20.5)


@pytest.mark.parametrize(("width", "source"), [(23, "threshold"), (25, "circle")])
def test_half_of_the_circle_must_be_bright(width, source):
    """10 x 23 pixels are 52 % of their circle, 10 x 25 pixels 48 %: pi/4 (9² + 22²) = 444, pi/4 (9² + 24²) = 516."""
    assert find(block((20, 29), (20, 19 + width))).source == source


# An angle at the left border: the corners of its hull inside the frame are (5, 50), (14, 50) and (40, 9), in rows and
# columns. The circle through them has its centre in row 9.5 and in the column a of
# (50 - a)² + 4.5² = (9 - a)² + 30.5².
CORNER = block((5, 40), (0, 9)) | block((5, 14), (0, 50))
CORNER_ROW, CORNER_COLUMN = 9.5, 1509 / 82
CORNER_RADIUS = np.hypot(50 - CORNER_COLUMN, 4.5)


@pytest.mark.parametrize(
    ("turned", "row", "column"),
    [
        (CORNER, CORNER_ROW, CORNER_COLUMN),
        (CORNER[:, ::-1], CORNER_ROW, COLUMN_COUNT - 1 - CORNER_COLUMN),
        (CORNER.T, CORNER_COLUMN, CORNER_ROW),
        (CORNER.T[::-1], COLUMN_COUNT - 1 - CORNER_COLUMN, CORNER_ROW),
    ],
)
def test_three_points_make_a_circle_and_those_on_the_border_do_not_count(turned, row, column):
    found = find(turned)
    assert found.source == "circle"
    assert_disc(found.mask, row, column, CORNER_RADIUS)


@pytest.mark.parametrize("turned", [block((20, 29), (0, 40)), block((0, 40), (20, 29))])
def test_two_points_make_no_circle(turned):
    found = find(turned)
    assert found.source == "threshold"
    assert np.array_equal(found.mask, turned)


@pytest.mark.parametrize("place", ["outside", "inside"])
def test_a_point_off_the_circle_is_left_out_of_the_second_fit(place):
    """Light leaks to a place outside the disc, or a slanted shadow gives the lit part a corner inside it."""
    y, x = np.ogrid[:200, :260]
    disc = np.hypot(y - 90, x - 130) <= 80
    if place == "outside":
        lit = disc & (x < 125) | block((86, 95), (44, 70), disc.shape)
    else:
        lit = disc & (x < 118) & (x - 118 < 0.3 * (y - 50))
    found = find(lit)
    assert found.source == "circle"
    assert (found.mask ^ disc).sum() < 0.04 * disc.sum()


def test_the_border_left_out_is_3_percent_of_the_radius():
    """100 x 129 pixels have the area of a disc of radius 64.08; its 3 % are 1.92 pixels, its 3.3 % are 2.11."""
    mask = np.ones((100, 130), bool)
    mask[:, 0] = False
    expected = mask.copy()
    expected[:, 1] = False
    assert np.array_equal(erode_field_of_view(mask), expected)


@pytest.mark.parametrize(
    ("mask", "rows", "columns"),
    [
        (block((2, 8), (4, 14)), slice(2, 9), slice(4, 11)),
        (block((2, 12), (30, 34)), slice(2, 7), slice(30, 35)),
        (block((0, 6), (0, 9)), slice(0, 7), slice(0, 7)),
        (block((51, 59), (63, 71)), slice(51, 60), slice(63, 72)),
        (block((5, 5), (9, 9)), slice(5, 6), slice(9, 10)),
        (block((1, 3), (1, 9)) | block((20, 24), (40, 49)), slice(20, 25), slice(40, 45)),
    ],
)
def test_the_largest_square_by_hand(mask, rows, columns):
    """Squares have an odd side; of several the first one is taken."""
    assert find_inscribed_square(mask) == (rows, columns)
