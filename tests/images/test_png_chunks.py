"""What the chunks of a PNG file say, written byte by byte: white, transparency, palette, texts and what is kept."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from sspbench.images.decode import decode_image

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}


def chunk(kind, data, damage=0):
    checksum = zlib.crc32(kind + data) ^ damage
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def decode(path, colour, bits, *chunks, values=None, behind=()):
    """Write 2 x 3 pixels as a PNG with more chunks before and behind the pixels; decode it."""
    shape = (2, 3 * CHANNELS[colour])
    samples = np.arange(np.prod(shape)).reshape(shape) if values is None else np.full(shape, values)
    rows = b"".join(b"\0" + line.astype(">u2" if bits == 16 else ">u1").tobytes() for line in samples)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, bits, colour, 0, 0, 0))
    parts = [b"\x89PNG\r\n\x1a\n", head, *chunks, chunk(b"IDAT", zlib.compress(rows)), *behind, chunk(b"IEND", b"")]
    path.write_bytes(b"".join(parts))
    return decode_image(path)


@pytest.mark.parametrize(
    ("colour", "significant", "values", "white"),
    [
        (GREY, [12], 4095, 4095),
        (GREY, [12], 4096, 65535),  # scaled to all bits, as the standard says
        (GREY, [8], 255, 255),
        (GREY, [7], 1, None),
        (GREY, [16], 9, 65535),
        (GREY, [17], 9, None),
        (RGB, [10, 12, 11], 4095, 4095),
        (RGB, [10, 9, 11], 4095, 65535),
        (RGBA, [12, 12, 12, 16], [4095, 4095, 4095, 65535] * 3, 65535),
        (RGBA, [12, 12, 12, 12], [4095, 4095, 4095, 65535] * 3, 4095),  # alpha is not a colour
        (GREY_ALPHA, [10, 10], [1023, 65535] * 3, 1023),
    ],
)
def test_significant_bits_of_16_declare_white(tmp_path, colour, significant, values, white):
    image = decode(tmp_path / "a.png", colour, 16, chunk(b"sBIT", bytes(significant)), values=values)
    assert (image.white, image.white_source) == (white, "sBIT" if white else "")


def test_significant_bits_of_8_say_nothing(tmp_path):
    image = decode(tmp_path / "a.png", GREY, 8, chunk(b"sBIT", b"\x04"))
    assert (image.white, image.white_source) == (None, "")


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("colour", [GREY, RGB, GREY_ALPHA, RGBA])
def test_samples_are_those_that_were_written(tmp_path, colour, bits):
    pixels = decode(tmp_path / "a.png", colour, bits, values=None).pixels
    assert pixels.dtype == (np.uint16 if bits == 16 else np.uint8)
    assert pixels.ravel().tolist() == list(range(6 * CHANNELS[colour]))
    assert pixels.shape == ((2, 3) if colour == GREY else (2, 3, CHANNELS[colour]))


def test_one_colour_may_be_transparent(tmp_path):
    grey, colour = struct.pack(">H", 7), struct.pack(">3H", 1, 2, 300)
    assert decode(tmp_path / "a.png", GREY, 16, chunk(b"tRNS", grey)).colour_key == (7,)
    assert decode(tmp_path / "a.png", RGB, 16, chunk(b"tRNS", colour)).colour_key == (1, 2, 300)
    assert decode(tmp_path / "a.png", GREY, 16).colour_key is None


def test_a_palette_and_its_transparency(tmp_path):
    colours = chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60, *[9] * 12]))
    image = decode(tmp_path / "a.png", PALETTE, 8, colours, chunk(b"tRNS", b"\x80\x00"))
    assert image.palette[:3].tolist() == [[10, 20, 30], [40, 50, 60], [9, 9, 9]]
    assert not image.palette[6:].any() and image.palette.shape == (256, 3)
    assert image.palette_alpha.tolist() == [128, 0, *[255] * 254]
    assert image.colour_key is None
    assert decode(tmp_path / "a.png", PALETTE, 8, colours).palette_alpha is None


def test_texts_and_undamaged_chunks_that_describe_no_pixels_are_kept(tmp_path):
    text, scale = chunk(b"tEXt", b"Comment\0scale 2 um"), chunk(b"pHYs", struct.pack(">IIB", 5, 5, 1))
    before = [chunk(b"sBIT", b"\x08"), text, scale, chunk(b"prVt", b"mine")]
    image = decode(tmp_path / "a.png", GREY, 8, *before, behind=[chunk(b"laSt", b"end")])
    assert image.metadata == [text, scale, chunk(b"prVt", b"mine"), chunk(b"laSt", b"end")]


def test_a_damaged_chunk_is_not_kept(tmp_path):
    damaged, sound = chunk(b"prVt", b"mine", damage=1), chunk(b"laSt", b"end")
    assert decode(tmp_path / "a.png", GREY, 8, behind=[damaged, sound]).metadata == [sound]


@pytest.mark.parametrize(("ending", "is_lossy"), [("jpg", True), ("bmp", False), ("png", False), ("gif", False)])
def test_jpeg_alone_loses_details(tmp_path, ending, is_lossy):
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / f"a.{ending}")
    assert decode_image(tmp_path / f"a.{ending}").is_lossy is is_lossy
