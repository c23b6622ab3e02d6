"""Damaged files: whatever bytes a file holds, reading it gives a picture or our own error."""

import io

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from sspbench.errors import Faults, UserError
from sspbench.images.decode import decode_image, read_image_size
from sspbench.images.inspection import inspect_image
from sspbench.images.labels import read_label
from sspbench.images.picture_files import read_image_file

PER_SEED_FILE = 25
"""Mutations of each file; all files together a few hundred."""


def pixels(*shape, dtype=np.uint8):
    return np.random.default_rng(len(shape)).integers(0, np.iinfo(dtype).max, shape, dtype=dtype)


def tiff(array, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def pillow(array, kind, mode=None):
    stream = io.BytesIO()
    Image.fromarray(array).convert(mode or Image.fromarray(array).mode).save(stream, format=kind)
    return stream.getvalue()


def dicom():
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("a.dcm", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.PixelSpacing = [0.002, 0.002]
    data.set_pixel_data(pixels(20, 24, dtype=np.uint16) % 4096, "MONOCHROME2", 12)
    stream = io.BytesIO()
    data.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


FILES = {
    "plain.tif": lambda: tiff(pixels(20, 24, dtype=np.uint16)),
    "lzw.tif": lambda: tiff(pixels(20, 24), compression="lzw", rowsperstrip=5),
    "tiles.tif": lambda: tiff(pixels(40, 48, 3), compression="deflate", tile=(16, 16), photometric="rgb"),
    "zstd.tif": lambda: tiff(pixels(3, 20, 24), compression="zstd", planarconfig="separate", photometric="rgb"),
    "imagej.tif": lambda: tiff(pixels(20, 24, dtype=np.uint16), imagej=True, metadata={"unit": "um"}),
    "ome.tif": lambda: tiff(pixels(20, 24), ome=True, metadata={"PhysicalSizeX": 0.5}),
    "jpeg.tif": lambda: tiff(pixels(32, 32), compression="jpeg"),
    "a.png": lambda: pillow(pixels(20, 24), "PNG"),
    "deep.png": lambda: bytes(imagecodecs.png_encode(pixels(20, 24, 3, dtype=np.uint16))),
    "palette.png": lambda: pillow(pixels(20, 24), "PNG", "P"),
    "a.jpg": lambda: pillow(pixels(20, 24), "JPEG"),
    "a.gif": lambda: pillow(pixels(20, 24), "GIF"),
    "a.bmp": lambda: pillow(pixels(20, 24, 3), "BMP"),
    "a.dcm": dicom,
}


def mutate(content, rng):
    """Change some bytes, cut the end off, or repeat a piece."""
    data = bytearray(content)
    kind = rng.integers(0, 10)
    if kind == 0:
        return bytes(data[: rng.integers(0, len(data))])
    if kind == 1:
        start = rng.integers(0, len(data))
        return bytes(data[:start] + data[max(0, start - 20) : start] + data[start:])
    reach = len(data) if kind < 6 else min(len(data), 400)
    for place in rng.integers(0, reach, rng.integers(1, 8)):
        data[place] = rng.choice([0, 1, 255, rng.integers(0, 256)])
    return bytes(data)


def read_everything(path):
    """Read a file in every way; return whether it was readable."""
    readable = True
    for read in (read_image_size, decode_image, read_image_file, read_label):
        try:
            read(path)
        except UserError as error:
            assert error.hint
            readable = False
    inspect_image(path, Faults(""))
    return readable


@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("ignore")
def test_no_mutation_of_a_file_raises_anything_but_our_error(tmp_path, name):
    content = FILES[name]()
    path = tmp_path / name
    path.write_bytes(content)
    assert read_everything(path) or name == "a.gif"  # not enhanced
    rng = np.random.default_rng(list(name.encode()))
    for _ in range(PER_SEED_FILE):
        path.write_bytes(mutate(content, rng))
        read_everything(path)


@pytest.mark.parametrize("shape", [(1, 1), (2, 40), (40, 2), (3, 3)])
def test_a_picture_of_a_few_pixels_is_told_to_be_too_small(tmp_path, shape):
    Image.fromarray(pixels(*shape) // 64 * 64 + 40).save(tmp_path / "a.png")  # looks like classes
    faults = Faults("")
    inspect_image(tmp_path / "a.png", faults)
    assert [fault.what for fault in faults.items] == ["An image is too small"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("ignore")
def test_no_mutation_breaks_what_comes_after_reading(tmp_path, name):
    """What can be read can be written too."""
    from sspbench.images.picture_files import write_image_file

    content, rng = FILES[name](), np.random.default_rng([1, *name.encode()])
    for number in range(6):
        path = tmp_path / name
        path.write_bytes(content if number == 0 else mutate(content, rng))
        try:
            picture = read_image_file(path)
        except UserError:
            continue
        try:
            write_image_file(tmp_path / f"out-{name}", picture, picture.pixels)
        except UserError as error:
            assert number > 0 and error.hint
            continue
        back = read_image_file(tmp_path / f"out-{name}")
        assert back.pixels.shape == picture.pixels.shape
        if picture.format != "JPEG":
            assert np.array_equal(back.pixels, picture.pixels)
