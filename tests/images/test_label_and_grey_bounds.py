"""Labels and grey levels just inside and just outside each bound."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from sspbench.errors import UserError
from sspbench.images.decode import decode_image
from sspbench.images.labels import binarise_label, describe_label, read_label
from sspbench.images.pictures import (
    list_images,
    read_grey,
    read_pixels,
    read_stack,
    to_float,
    to_grey8,
    to_uint8,
    write_grey,
)

SIDE = 100
"""Of every label here: 10,000 pixels, so that five of them are the share below which a value is noise."""


def make_label(top=255, **patches):
    """A label whose left half is background and whose right half has the value ``top``."""
    label = np.zeros((SIDE, SIDE), np.uint8)
    label[:, SIDE // 2 :] = top
    for value, places in patches.items():
        label[places] = int(value.removeprefix("value_"))
    return label


@pytest.fixture
def describe(tmp_path):
    """Looks at a label as at a file."""

    def look_at(label):
        path = tmp_path / "label.png"
        write_grey(path, label)
        return describe_label(decode_image(path), path)

    return look_at


FLAT_3X3 = (slice(10, 13), slice(10, 13))
LINES_OF_TWO = (slice(20, 22), slice(0, 40))
PIXELS = [([5, 15, 25, 35, 45, 55][:count], [3] * count) for count in range(7)]


@pytest.mark.parametrize(("pixels", "has_classes"), [(1, False), (4, False), (5, True), (6, True)])
def test_a_third_value_is_noise_below_five_pixels_of_ten_thousand(describe, pixels, has_classes):
    found = describe(make_label(value_128=PIXELS[pixels]))
    assert found.values == (0, 128, 255)
    assert found.has_classes is has_classes


@pytest.mark.parametrize(
    ("patches", "has_classes"),
    [
        ({"value_85": FLAT_3X3, "value_170": LINES_OF_TWO}, True),
        ({"value_85": LINES_OF_TWO, "value_170": FLAT_3X3}, True),
        ({"value_85": (slice(10, 12), slice(10, 13)), "value_170": LINES_OF_TWO}, False),
        ({"value_85": (slice(10, 13), slice(10, 12)), "value_170": LINES_OF_TWO}, False),
    ],
)
def test_four_values_are_classes_where_one_between_is_flat_over_three_by_three(describe, patches, has_classes):
    found = describe(make_label(**patches))
    assert found.values == (0, 85, 170, 255)
    assert found.has_classes is has_classes


@pytest.mark.parametrize(("top", "has_classes"), [(31, True), (32, False)])
def test_numbers_below_32_are_those_of_classes(describe, top, has_classes):
    label = make_label(top, value_1=PIXELS[1], value_2=(slice(20, 22), slice(0, 40)))
    assert describe(label).has_classes is has_classes


def test_two_values_are_no_classes_however_dark(describe):
    assert not describe(make_label(1)).has_classes


@pytest.mark.parametrize(("count", "values"), [(16, tuple(range(16))), (17, ())])
def test_sixteen_values_may_be_classes_and_seventeen_are_none(describe, count, values):
    label = np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % count
    found = describe(label.astype(np.uint8))
    assert found.values == values
    assert found.has_classes is bool(values)


@pytest.mark.parametrize(("grey_rows", "is_two_valued"), [(10, True), (11, False)])
def test_nine_tenths_of_the_pixels_must_be_near_black_or_white(describe, grey_rows, is_two_valued):
    label = make_label(200)
    label[:40], label[40:80] = 20, 180  # a tenth and nine tenths of the brightest
    label[:grey_rows] = 21
    assert describe(label).is_two_valued is is_two_valued
    label[:grey_rows] = 179
    assert describe(label).is_two_valued is is_two_valued


def test_the_share_of_nerve_is_what_is_above_half_of_the_brightest(describe):
    label = np.repeat(np.array([0, 100, 101, 200], np.uint8), [2500, 4000, 1500, 2000]).reshape(SIDE, SIDE)
    assert describe(label).foreground_share == pytest.approx(0.35)
    assert (binarise_label(label) == np.where(label >= 101, 255, 0)).all()


def test_a_label_of_sixteen_bits_keeps_its_depth(tmp_path):
    label = np.array([[0, 100, 4095], [2047, 2048, 3]], np.uint16)
    tifffile.imwrite(tmp_path / "label.tif", label)
    assert read_label(tmp_path / "label.tif").tolist() == [[0, 0, 255], [0, 255, 0]]
    assert read_label(tmp_path / "label.tif", [100, 3]).tolist() == [[0, 255, 0], [0, 0, 255]]


@pytest.mark.parametrize(
    ("low", "high", "refusal"), [(0, 65535, None), (0, 65536, r"outside 0\.\.65535"), (-1, 9, "negative values")]
)
def test_whole_numbers_of_32_bits_must_fit_into_16(tmp_path, low, high, refusal):
    tifffile.imwrite(tmp_path / "image.tif", np.array([[low, high], [7, 300]], np.int32))
    assert Image.open(tmp_path / "image.tif").mode == "I"
    if refusal:
        with pytest.raises(UserError, match=refusal):
            read_pixels(tmp_path / "image.tif")
        return
    found = read_pixels(tmp_path / "image.tif")
    assert found.dtype == np.uint16
    assert found.tolist() == [[low, high], [7, 300]]


@pytest.mark.parametrize(
    ("pixel", "level"),
    [((10, 10, 200), 32), ((10, 200, 10), 122), ((200, 10, 10), 67), ((90, 90, 90), 90)],
)
def test_one_coloured_pixel_makes_the_picture_a_colour_picture(tmp_path, pixel, level):
    picture = np.full((3, 4, 3), 77, np.uint8)
    picture[2, 1] = pixel
    Image.fromarray(picture).save(tmp_path / "picture.png")
    wanted = np.full((3, 4), 77)
    wanted[2, 1] = level  # 0.299 R + 0.587 G + 0.114 B
    assert (read_grey(tmp_path / "picture.png") == wanted).all()


def test_grey_stored_as_colour_keeps_every_level():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (to_grey8(np.repeat(levels[..., None], 3, axis=2)) == levels).all()
    deep = (257 * levels.astype(np.uint16))[..., None]
    assert (to_grey8(np.repeat(deep, 3, axis=2)) == levels).all()


def test_the_white_of_a_12_bit_camera():
    levels = np.array([[0, 16, 2047, 2048], [4094, 4095, 4096, 65535]], np.uint16)
    assert to_grey8(levels, white=4095).tolist() == [[0, 1, 127, 128], [255, 255, 255, 255]]
    assert to_grey8(levels).tolist() == [[0, 0, 8, 8], [16, 16, 16, 255]]


def test_images_of_a_folder_are_its_visible_files_by_name(tmp_path):
    for name in ("b.png", "a.PNG", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in list_images(tmp_path)] == ["a.PNG", "b.png"]


def test_a_stack_holds_images_of_one_size_in_their_order(tmp_path):
    paths = [tmp_path / name for name in ("b.png", "a.png", "c.png")]
    for path, shape, level in zip(paths, [(2, 3), (2, 3), (3, 2)], [5, 6, 7], strict=True):
        write_grey(path, np.full(shape, level, np.uint8))
    assert read_stack(paths[:2]).tolist() == [[[5] * 3] * 2, [[6] * 3] * 2]
    with pytest.raises(UserError, match=r"(?s)different sizes.*\(2, 3\), \(3, 2\)"):
        read_stack(paths)


def test_colours_of_which_two_channels_are_equal_are_not_grey():
    colours = np.array([[[10, 200, 10], [10, 10, 200], [200, 10, 10], [77, 77, 77]]], np.uint8)
    # 0.299, 0.587 and 0.114 of 190 levels above 10.
    for part in (colours, *(colours[:, [place]] for place in range(4))):
        wanted = {(10, 200, 10): 122, (10, 10, 200): 32, (200, 10, 10): 67, (77, 77, 77): 77}
        assert to_grey8(part).tolist() == [[wanted[tuple(pixel)] for pixel in part[0].tolist()]]
    assert to_uint8(np.array([-0.1, 0.0, 0.1, 0.5, 0.9, 1.0, 1.2])).tolist() == [0, 0, 26, 128, 230, 255, 255]
    assert to_float(np.array([0, 51, 255], np.uint8)).tolist() == pytest.approx([0.0, 0.2, 1.0], rel=1e-7)


@pytest.mark.parametrize("pixels", [np.zeros((2, 2)), np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint16)])
def test_only_8_bit_grey_is_written_as_grey(tmp_path, pixels):
    with pytest.raises(ValueError, match="uint8, got"):
        write_grey(tmp_path / "a.png", pixels)
    assert list(tmp_path.iterdir()) == []
