"""Files that instruments and cameras write seldom: read as another library reads them, and enhanced in their range."""

import io
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from sspbench.commands.cli import main
from sspbench.errors import Faults, UserError
from sspbench.files import read_json
from sspbench.images.decode import decode_image, read_image_size
from sspbench.images.inspection import inspect_image
from sspbench.images.manifest import Manifest
from sspbench.images.pictures import read_grey
from sspbench.images.white_level import decide_whites
from sspbench.stages.import_external import import_external
from tests.conftest import make_data
from tests.picture_copies import COPIES, REFUSED_COPIES, write_dicom

PICTURE = np.random.default_rng(4).integers(3, 250, (70, 80), dtype=np.uint8)
DIM = np.rint(PICTURE * (800 / 250)).astype(np.uint16)
"""A dim picture of 12 bit: by its largest value alone, white would be 1023."""


def scaled(white):
    return np.rint(PICTURE * (white / 255)).astype(np.uint16)


def read_as_prepared(path):
    """The picture as a data set of this file alone gets it."""
    faults = Faults("")
    found = inspect_image(path, faults)
    assert found is not None, faults.items
    return read_grey(path, decide_whites({"a": [found.brightness]}, {}, "white", faults)["a"].white)


def write_reduced_first(path):
    with tifffile.TiffWriter(path) as file:
        file.write(PICTURE[::2, ::2], photometric="minisblack", subfiletype=1)
        file.write(PICTURE, photometric="minisblack")


def write_with_sbit(path):
    content = imagecodecs.png_encode(DIM)
    body = b"sBIT" + bytes([12])
    path.write_bytes(content[:33] + (1).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big") + content[33:])


DICOM = {
    "slope of a half": (scaled(2047) * 2, "MONOCHROME2", {"RescaleSlope": 0.5, "RescaleIntercept": 0}, 2048),
    "slope below 0": (4095 - scaled(4095), "MONOCHROME2", {"RescaleSlope": -1, "RescaleIntercept": 4095}, 4095),
    "inverted twice": (scaled(4095), "MONOCHROME1", {"RescaleSlope": -1, "RescaleIntercept": 4095}, 4095),
    "inverted": (4095 - scaled(4095), "MONOCHROME1", {"PresentationLUTShape": "INVERSE"}, 4095),
    "window": (scaled(4095), "MONOCHROME2", {"WindowCenter": 1000, "WindowWidth": 500}, 4095),
}


@pytest.mark.parametrize("kind", DICOM)
def test_rescale_and_polarity_of_dicom_give_the_picture_and_its_white(tmp_path, kind):
    pixels, meaning, fields, white = DICOM[kind]
    write_dicom(tmp_path / "a.dcm", pixels, meaning, **fields)
    assert decode_image(tmp_path / "a.dcm").white == white
    assert np.abs(read_as_prepared(tmp_path / "a.dcm").astype(int) - PICTURE).max() <= 1


@pytest.mark.parametrize(("kind", "shape"), [("MONOCHROME2", "INVERSE"), ("MONOCHROME1", "IDENTITY")])
def test_dicom_that_contradicts_itself_is_refused(tmp_path, kind, shape):
    write_dicom(tmp_path / "a.dcm", scaled(4095), kind, PresentationLUTShape=shape)
    with pytest.raises(UserError, match=rf"contradicts itself(.|\n)*{kind}, PresentationLUTShape {shape}"):
        decode_image(tmp_path / "a.dcm")


@pytest.mark.parametrize(
    ("spacing", "expected", "note"),
    [([0.003, 0.003], 3.0, ""), ([0.002, 0.004], None, "pixels are not square (4 x 2 µm)"), ([0, 0], None, "of 0")],
)
def test_the_pixel_spacing_of_dicom_counts_or_is_dropped_with_a_word(tmp_path, spacing, expected, note):
    write_dicom(tmp_path / "a.dcm", scaled(4095), PixelSpacing=spacing)
    image = decode_image(tmp_path / "a.dcm")
    assert image.um_per_px == (None if expected is None else pytest.approx(expected))
    assert note in " ".join(image.notes)


def test_a_smaller_copy_in_front_is_not_taken_for_the_picture(tmp_path):
    write_reduced_first(tmp_path / "a.tif")
    assert np.array_equal(decode_image(tmp_path / "a.tif").pixels, PICTURE)
    assert read_image_size(tmp_path / "a.tif") == (80, 70)


def test_jpeg_of_several_frames_is_refused_as_such_and_one_of_12_bit_in_words(tmp_path):
    frames = [Image.fromarray(PICTURE), Image.fromarray(PICTURE[::-1].copy())]
    frames[0].save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=frames[1:])
    with pytest.raises(UserError, match="2 pages or frames"):
        decode_image(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes(imagecodecs.jpeg_encode(scaled(4095), bitspersample=12))
    with pytest.raises(UserError, match=r"rare way, e\.g\. JPEG with 12 or 16 bits") as caught:
        decode_image(tmp_path / "b.jpg")
    assert "BytesIO" not in str(caught.value)


def test_jpeg_is_reported_by_what_the_file_is_and_not_by_its_name(tmp_path):
    data = make_data(tmp_path / "data", {"testA": 3}, 72)
    pictures = {path.stem: np.array(Image.open(path)) for path in data.image_paths("testA")}
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    tifffile.imwrite(theirs / "000.tif", pictures["000"], compression="jpeg")
    stream = io.BytesIO()
    Image.fromarray(pictures["001"]).save(stream, format="JPEG")
    (theirs / "001.png").write_bytes(stream.getvalue())
    Image.fromarray(pictures["002"]).save(theirs / "002.png")
    (theirs / ".DS_Store").write_bytes(b"of another system")
    import_external({"name": "theirs"}, theirs, Manifest.read(data.folder / "manifest.json"), tmp_path / "run")
    notes = " ".join(read_json(tmp_path / "run/jobs/enhance.json")["notes"])
    assert "2 images saved with loss" in notes and "left out" not in notes


RANGES = {
    **{f"copy: {name}": copy for name, copy in COPIES.items() if name not in REFUSED_COPIES},
    **{
        f"dicom: {name}": ("dcm", lambda path, _, case=case: write_dicom(path, *case[:2], **case[2]))
        for name, case in DICOM.items()
    },
    "dicom: above 0": ("dcm", lambda path, _: write_dicom(path, DIM, RescaleSlope=1, RescaleIntercept=100)),
    "dim, sBIT": ("png", lambda path, _: write_with_sbit(path)),
    "dim, OME": ("tif", lambda path, _: tifffile.imwrite(path, DIM, ome=True, metadata={"SignificantBits": 12})),
    "dim, packed": ("tif", lambda path, _: tifffile.imwrite(path, DIM, bitspersample=12)),
    "dim, MaxSampleValue": ("tif", lambda path, _: tifffile.imwrite(path, DIM, extratags=[(281, "H", 1, 4095, True)])),
    "signed 8 bit, none below 0": ("tif", lambda path, p: tifffile.imwrite(path, (p // 2).astype(np.int8))),
}


@pytest.mark.parametrize("kind", RANGES)
def test_an_enhanced_file_is_read_with_the_white_of_its_original(tmp_path, kind):
    ending, write = RANGES[kind]
    (tmp_path / "in").mkdir()
    given, found = tmp_path / f"in/a.{ending}", tmp_path / f"out/a.{ending}"
    write(given, PICTURE)
    assert main(["enhance", "--method", "identity", "--input", str(given), "--output", str(tmp_path / "out")]) == 0
    assert np.array_equal(read_as_prepared(found), read_as_prepared(given))
    if "dim" in kind:
        assert decode_image(found).white == decode_image(given).white == 4095
