"""What DICOM files declare, value by value: stored bits, sign, rescale, loss, spacing."""

import numpy as np
import pydicom
import pytest

from sspbench.errors import UserError
from sspbench.images.decode import decode_image, read_image_size
from tests.picture_copies import write_dicom

PIXELS = np.array([[0, 1, 300, 900], [7, 2000, 2047, 5]], np.uint16)


def write(path, pixels=PIXELS, kind="MONOCHROME2", **fields):
    write_dicom(path, pixels, kind, **fields)
    return decode_image(path)


@pytest.mark.parametrize(
    ("dtype", "fields", "values", "white"),
    [
        (np.uint16, {}, PIXELS, 4095),
        (np.int16, {}, PIXELS, 2047),
        (np.uint16, {"RescaleSlope": 3, "RescaleIntercept": 10}, PIXELS * 3 + 10, 4095 * 3 + 10),
        (np.uint16, {"RescaleSlope": -1, "RescaleIntercept": 5000}, 5000 - PIXELS.astype(int), 5000),
        (np.int16, {"RescaleSlope": 2, "RescaleIntercept": 0}, PIXELS * 2, 4094),
        (np.int16, {"RescaleSlope": -1, "RescaleIntercept": 3000}, 3000 - PIXELS.astype(int), 2048 + 3000),
    ],
)
def test_values_and_white_of_rescaled_samples(tmp_path, dtype, fields, values, white):
    image = write(tmp_path / "a.dcm", PIXELS.astype(dtype), **fields)
    assert image.pixels.tolist() == values.tolist()
    assert (image.white, image.white_source) == (white, "BitsStored")
    assert (image.bits, image.format, image.channels, image.is_white_zero) == (12, "DICOM", "L", False)
    assert read_image_size(tmp_path / "a.dcm") == (4, 2)


def test_a_white_below_1_is_none(tmp_path):
    image = write(tmp_path / "a.dcm", RescaleSlope=1, RescaleIntercept=-4095)
    assert (image.white, image.white_source) == (None, "")
    assert write(tmp_path / "b.dcm", RescaleSlope=1, RescaleIntercept=-4094).white == 1


@pytest.mark.parametrize(("slope", "is_refused"), [(0.5, True), (1.5, True), (2.0, False)])
def test_one_value_that_is_no_whole_number_refuses_the_file(tmp_path, slope, is_refused):
    if not is_refused:
        assert write(tmp_path / "a.dcm", RescaleSlope=slope, RescaleIntercept=0).pixels.max() == 4094
        return
    with pytest.raises(UserError, match=rf"RescaleSlope {slope:g}, RescaleIntercept 0"):
        write(tmp_path / "a.dcm", RescaleSlope=slope, RescaleIntercept=0)


@pytest.mark.parametrize(("word", "is_lossy"), [("01", True), ("00", False), (None, False)])
def test_the_file_says_whether_it_was_compressed_with_loss(tmp_path, word, is_lossy):
    fields = {} if word is None else {"LossyImageCompression": word}
    assert write(tmp_path / "a.dcm", **fields).is_lossy is is_lossy


@pytest.mark.parametrize(
    ("fields", "um_per_px"),
    [
        ({"PixelSpacing": [0.002, 0.002], "ImagerPixelSpacing": [0.009, 0.009]}, 2.0),
        ({"ImagerPixelSpacing": [0.009, 0.009]}, 9.0),
        ({"NominalScannedPixelSpacing": [0.01, 0.0099]}, None),  # 1.01 % apart
        ({"PixelSpacing": [0.0098, 0.01]}, None),
        ({"PixelSpacing": [0.01, 0.00995]}, 9.95),
        ({}, None),
    ],
)
def test_the_first_spacing_that_stands_in_the_file_counts(tmp_path, fields, um_per_px):
    image = write(tmp_path / "a.dcm", **fields)
    assert image.um_per_px == (None if um_per_px is None else pytest.approx(um_per_px))


def test_several_frames_and_other_kinds_of_pixels_are_refused(tmp_path):
    write_dicom(tmp_path / "a.dcm", PIXELS)
    data = pydicom.dcmread(tmp_path / "a.dcm")
    data.NumberOfFrames = 2
    data.save_as(tmp_path / "b.dcm")
    with pytest.raises(UserError, match="2 pages or frames"):
        decode_image(tmp_path / "b.dcm")
    data.NumberOfFrames, data.PhotometricInterpretation = 1, "PALETTE COLOR"
    data.save_as(tmp_path / "c.dcm")
    with pytest.raises(UserError, match="DICOM pixels of the kind PALETTE COLOR"):
        decode_image(tmp_path / "c.dcm")
