"""The content of a file decides its kind: sizes without decoding, and what is refused with which words."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from sspbench.errors import UserError
from sspbench.images.decode import decode_image, read_image_size

PIXELS = np.zeros((5, 7), np.uint8)


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "gif", "tif"])
def test_width_and_height_are_read_from_the_header(tmp_path, ending):
    if ending == "tif":
        tifffile.imwrite(tmp_path / "a.tif", PIXELS)
    else:
        Image.fromarray(PIXELS).save(tmp_path / f"a.{ending}")
    assert read_image_size(tmp_path / f"a.{ending}") == (7, 5)
    (tmp_path / f"a.{ending}").rename(tmp_path / "b.png")  # the name says nothing
    assert decode_image(tmp_path / "b.png").pixels.shape == (5, 7)


@pytest.mark.parametrize("read", [decode_image, read_image_size])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "its content is not an image of a known kind"),
        (b"GIF9", "its content is not an image of a known kind"),
        (b"\0" * 127 + b"DICM", "its content is not an image of a known kind"),
        (b"\0" * 129 + b"DICM", "its content is not an image of a known kind"),
        (b"RIFF1234WEBP", "WebP files are not supported"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000 files are not supported"),
        (None, "An image file is missing"),
    ],
)
def test_what_no_reader_reads_is_refused_with_the_reason(tmp_path, read, content, words):
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UserError, match=words):
        read(tmp_path / "a.png")
