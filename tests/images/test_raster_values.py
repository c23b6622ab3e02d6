"""What PNG and JPEG files declare, value by value."""

import numpy as np
import pytest
from PIL import Image

from sspbench.images.decode import decode_image

LEVELS = np.arange(16, dtype=np.uint8).reshape(4, 4)


@pytest.mark.parametrize(
    ("bits", "white", "source"),
    [(1, 1, "1 bits per sample"), (2, 3, "2 bits per sample"), (4, 15, "4 bits per sample"), (8, None, "")],
)
def test_grey_of_fewer_bits_has_the_white_of_its_bits(tmp_path, bits, white, source):
    import cv2

    path = tmp_path / "a.png"
    if bits == 8:
        Image.fromarray(LEVELS).save(path)
    elif bits == 1:
        Image.fromarray(LEVELS > 7).save(path)
    else:
        path.write_bytes(write_grey_png(LEVELS & ((1 << bits) - 1), bits))
    image = decode_image(path)
    assert (image.bits, image.channels, image.white, image.white_source) == (bits, "L", white, source)
    expected = LEVELS > 7 if bits == 1 else LEVELS & ((1 << bits) - 1)
    assert image.pixels.tolist() == expected.astype(int).tolist()
    shown = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert (shown == image.pixels.astype(int) * (255 // ((1 << bits) - 1))).all()


def write_grey_png(pixels, bits):
    """The bytes of a PNG of few bits; the libraries in the lock do not write such grey images."""
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b""
    for row in pixels.tolist():
        digits = "".join(f"{value:0{bits}b}" for value in row)
        digits += "0" * (-len(digits) % 8)
        rows += b"\0" + int(digits, 2).to_bytes(len(digits) // 8, "big")
    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("given", "found"), [(0, 1), (1, 1), (2, 2), (8, 8), (9, 1)])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_orientations_from_1_to_8_are_known_and_no_others(tmp_path, ending, given, found):
    exif = Image.Exif()
    exif[274] = given
    Image.fromarray(LEVELS).save(tmp_path / f"a.{ending}", exif=exif)
    assert decode_image(tmp_path / f"a.{ending}").orientation == found
