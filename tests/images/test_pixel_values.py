"""From stored samples to pictures, value by value: turned, inverted, spread, transparent."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from sspbench.images.decoded import DecodedImage, UnusableImageError
from sspbench.images.pixels import (
    find_key_pixels,
    get_colour_samples,
    get_unsigned_samples,
    get_usable_samples,
    has_transparent_pixel,
    turn_upright,
)


def make(rows, channels="L", dtype=np.uint8, bits=8, **facts):
    return DecodedImage(np.array(rows, dtype), "PNG", channels, bits, **facts)


@pytest.mark.parametrize("orientation", range(10))
def test_every_orientation_is_turned_as_pillow_turns_it(orientation):
    numbered = np.arange(6, dtype=np.uint8).reshape(2, 3)
    picture = Image.fromarray(numbered)
    picture.getexif()[274] = orientation
    expected = np.array(ImageOps.exif_transpose(picture))
    assert turn_upright(numbered, orientation).tolist() == expected.tolist()
    colours = np.dstack([numbered, numbered + 10, numbered + 20])
    assert turn_upright(colours, orientation)[..., 2].tolist() == (expected + 20).tolist()
    assert get_usable_samples(make(numbered, orientation=orientation), Path("a.png")).tolist() == expected.tolist()


def test_alpha_and_channels_of_unknown_meaning_are_left_out():
    assert get_colour_samples(make([[[7, 1], [8, 2]]], "LA")).tolist() == [[7, 8]]
    for layout in ("RGBA", "RGBX"):
        assert get_colour_samples(make([[[7, 8, 9, 1]]], layout)).tolist() == [[[7, 8, 9]]]
    assert get_colour_samples(make([[[7, 8, 9]]], "RGB")).tolist() == [[[7, 8, 9]]]


def test_palette_indices_become_colours_and_those_beyond_it_its_last():
    palette = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    found = get_colour_samples(make([[0, 1, 9]], "P", palette=palette))
    assert found.tolist() == [[[1, 2, 3], [4, 5, 6], [4, 5, 6]]]
    assert get_unsigned_samples(make([[1, 0]], "P", bits=1, palette=palette)).tolist() == [[[4, 5, 6], [1, 2, 3]]]
    with pytest.raises(UnusableImageError, match="no palette"):
        get_colour_samples(make([[0]], "P"))


@pytest.mark.parametrize(
    ("bits", "stored", "spread"),
    [(1, [0, 1], [0, 255]), (2, [0, 1, 2, 3], [0, 85, 170, 255]), (4, [0, 1, 9, 15], [0, 17, 153, 255])],
)
def test_fewer_than_8_bits_are_spread_over_all(bits, stored, spread):
    found = get_unsigned_samples(make([stored], bits=bits))
    assert (found.tolist(), found.dtype) == ([spread], np.uint8)
    inverted = get_unsigned_samples(make([stored], bits=bits, is_white_zero=True))
    assert inverted.tolist() == [[255 - value for value in spread]]


@pytest.mark.parametrize(
    ("stored", "dtype", "facts", "expected"),
    [
        ([0, 1, 255], np.uint8, {}, [255, 254, 0]),
        ([0, 1, 200], np.uint8, {"white": 200}, [200, 199, 0]),
        ([0, 1, 4095, 5000], np.uint16, {"white": 4095}, [4095, 4094, 0, 0]),
        ([0, 1, 4095], np.uint16, {}, [4095, 4094, 0]),
        ([0, 1, 4096], np.uint16, {}, [16383, 16382, 12287]),
        ([0, 300, 1023], np.int32, {}, [1023, 723, 0]),
    ],
)
def test_the_negative_is_turned_within_its_own_white(stored, dtype, facts, expected):
    bits = 8 if dtype == np.uint8 else 16
    found = get_unsigned_samples(make([stored], dtype=dtype, bits=bits, is_white_zero=True, **facts))
    assert found.tolist() == [expected]
    assert found.dtype == (np.uint8 if dtype == np.uint8 else np.uint16)


def test_whole_numbers_from_0_to_65535_are_taken_and_no_others():
    found = get_unsigned_samples(make([[0, 65535]], dtype=np.int64, bits=64))
    assert (found.tolist(), found.dtype) == ([[0, 65535]], np.uint16)
    with pytest.raises(UnusableImageError, match=r"outside 0\.\.65535") as caught:
        get_unsigned_samples(make([[0, 65536]], dtype=np.int64, bits=64))
    assert caught.value.why == "its largest value is 65536"
    with pytest.raises(UnusableImageError, match="negative values") as caught:
        get_unsigned_samples(make([[-1, 65536]], dtype=np.int64, bits=64))
    assert caught.value.why.startswith("from -1 to 65536")
    with pytest.raises(UnusableImageError, match="floating-point") as caught:
        get_unsigned_samples(make([[0.25, 3.0]], dtype=np.float32, bits=32))
    assert caught.value.why.startswith("float32 values from 0.25 to 3")


KEYED = {"colour_key": (7,)}
ALPHA = {"palette": np.zeros((3, 3), np.uint8), "palette_alpha": np.array([255, 255, 254], np.uint8)}


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (make([[[7, 255], [8, 255]]], "LA"), False),
        (make([[[7, 255], [8, 254]]], "LA"), True),
        (make([[[7, 0, 0, 65535]]], "RGBA", np.uint16), False),
        (make([[[7, 0, 0, 65534]]], "RGBA", np.uint16), True),
        (make([[[7, 0, 0, 0]]], "RGBX"), False),
        (make([[[0.1, 1.0]]], "LA", np.float32), False),
        (make([[[0.1, 0.9]]], "LA", np.float32), True),
        (make([[0, 1]], "P", **ALPHA), False),
        (make([[0, 2]], "P", **ALPHA), True),
        (make([[6, 8]], **KEYED), False),
        (make([[6, 7]], **KEYED), True),
        (make([[6, 7]]), False),
    ],
)
def test_a_picture_is_transparent_where_a_pixel_of_it_is(image, expected):
    assert has_transparent_pixel(image) is expected


def test_the_key_colour_is_met_in_all_channels():
    image = make([[[1, 2, 3], [1, 2, 4], [9, 2, 3]]], "RGB", colour_key=(1, 2, 3))
    assert find_key_pixels(image).tolist() == [[True, False, False]]
    assert find_key_pixels(make([[5, 7]], **KEYED)).tolist() == [[False, True]]
