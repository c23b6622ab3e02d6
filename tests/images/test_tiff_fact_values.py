"""What TIFF files declare, just inside and just outside each bound: white, size of a pixel, number of pictures."""

import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from sspbench.errors import UserError
from sspbench.images.decode import decode_image, read_image_size

PIXELS = np.arange(64, dtype=np.uint16).reshape(8, 8) * 10  # up to 630


def write(path, pixels=PIXELS, **options):
    tifffile.imwrite(path, pixels, **options)
    return decode_image(path)


def tag(code, value, dtype="H"):
    return {"extratags": [(code, dtype, 1, value, True)]}


@pytest.mark.parametrize(
    ("options", "white", "source"),
    [
        (tag(281, 4095), 4095, "MaxSampleValue"),
        (tag(281, 1023), 1023, "MaxSampleValue"),
        (tag(281, 511), None, ""),  # below the brightest value
        (tag(281, 4094), None, ""),  # no camera's white: the brightest value of another picture
        (tag(281, 65535), 65535, "MaxSampleValue"),
        (tag(341, 4095.0, "f"), 4095, "SMaxSampleValue"),
        (tag(341, 4095.5, "f"), None, ""),
        ({"ome": True, "metadata": {"SignificantBits": 10}}, 1023, "OME SignificantBits"),
        ({"ome": True, "metadata": {"SignificantBits": 9}}, None, ""),  # values go beyond
        ({"ome": True, "metadata": {"SignificantBits": 16}}, None, ""),  # says nothing
        ({"bitspersample": 10}, 1023, "10 bits per sample"),
        ({"bitspersample": 14}, 16383, "14 bits per sample"),
        ({}, None, ""),
    ],
)
def test_the_white_that_a_file_declares(tmp_path, options, white, source):
    image = write(tmp_path / "a.tif", **options)
    assert (image.white, image.white_source) == (white, source)
    assert np.array_equal(image.pixels, PIXELS)


@pytest.mark.parametrize(
    ("pixels", "white", "source"),
    [
        (PIXELS.astype(np.uint8), None, ""),
        ((PIXELS // 10).astype(np.int8), 127, "signed 8 bit"),
        (PIXELS.astype(np.int16), None, ""),
        (PIXELS.astype(np.float32), None, ""),
    ],
)
def test_signed_bytes_alone_have_a_white_of_their_own(tmp_path, pixels, white, source):
    image = write(tmp_path / "a.tif", pixels)
    assert (image.white, image.white_source) == (white, source)


def test_of_several_channels_the_largest_value_is_white(tmp_path):
    extra = {"extratags": [(281, "H", 3, (1023, 4095, 511), True)]}
    image = write(tmp_path / "a.tif", np.stack([PIXELS // 2] * 3, axis=-1), photometric="rgb", **extra)
    assert (image.white, image.white_source) == (4095, "MaxSampleValue")


def test_without_a_resolution_no_size_of_a_pixel_is_known(tmp_path):
    """Pillow writes no resolution."""
    Image.fromarray(PIXELS.astype(np.uint8)).save(tmp_path / "a.tif")
    image = decode_image(tmp_path / "a.tif")
    assert (image.um_per_px, image.notes) == (None, ())


def per_unit(across, down=None, unit="CENTIMETER"):
    return {"resolution": (across, down or across), "resolutionunit": unit}


@pytest.mark.parametrize(
    ("options", "expected", "note"),
    [
        (per_unit(5000), 2.0, ""),
        (per_unit(5000, 5049), 2.0, ""),  # 0.97 % apart
        (per_unit(5000, 5051), None, "pixels are not square (5000 and 5051 per unit)"),
        (per_unit(25400, unit="INCH"), 1.0, ""),
        (per_unit(1201, unit="INCH"), 25400 / 1201, ""),
        (per_unit(1200, unit="INCH"), None, "1200 dpi taken for a printing resolution"),
        (per_unit(72, unit="INCH"), None, "72 dpi taken for a printing resolution"),
        (per_unit(254.25, unit="INCH"), 25400 / 254.25, ""),  # no whole number: a pixel of 99.9 µm
        (per_unit(118.11), None, "300 dpi taken for a printing resolution"),
        (per_unit(5000, unit="NONE"), None, ""),
        ({"resolution": ((0, 1), (0, 1)), "resolutionunit": "CENTIMETER"}, None, "a resolution of 0"),
        ({"resolution": ((0, 1), (5000, 1)), "resolutionunit": "CENTIMETER"}, None, "a resolution of 0"),
        ({"resolution": ((1, 2), (1, 2)), "resolutionunit": "CENTIMETER"}, 20_000.0, ""),
        ({"resolution": ((2, 4), (2, 4)), "resolutionunit": "CENTIMETER"}, 20_000.0, ""),
    ],
)
def test_micrometres_per_pixel_of_a_resolution(tmp_path, options, expected, note):
    image = write(tmp_path / "a.tif", **options)
    assert image.um_per_px == (None if expected is None else pytest.approx(expected, rel=1e-4))
    assert len(image.notes) == bool(note) and note in " ".join(image.notes)


def test_a_resolution_over_0_is_ignored(tmp_path):
    """No library writes one; the bytes are changed afterwards."""
    path = tmp_path / "a.tif"
    write(path, resolution=((5001, 7), (5001, 7)), resolutionunit="CENTIMETER")
    path.write_bytes(path.read_bytes().replace(struct.pack("<II", 5001, 7), struct.pack("<II", 5001, 0)))
    image = decode_image(path)
    assert (image.um_per_px, image.notes) == (None, ("a resolution of 0 or of no number ignored",))


@pytest.mark.parametrize(
    ("unit", "per_pixel"),
    [
        *((name, 0.5) for name in ("microns", "micrometer", "Micrometre", " um ")),
        ("m", 500_000.0),
        ("millimeter", 500.0),
        ("inches", 12700.0),
        ("um", 0.5),
        ("micron", 0.5),
        ("\\u00b5m", 0.5),
        ("nm", 0.0005),
        ("mm", 500.0),
        ("cm", 5000.0),
        ("inch", 12700.0),
    ],
)
def test_imagej_units(tmp_path, unit, per_pixel):
    image = write(tmp_path / "a.tif", imagej=True, resolution=(2, 2), metadata={"unit": unit})
    assert image.um_per_px == pytest.approx(per_pixel)


def test_units_that_are_none_or_unknown(tmp_path):
    image = write(tmp_path / "a.tif", imagej=True, resolution=(2, 2), metadata={"unit": "pixel"})
    assert (image.um_per_px, image.notes) == (None, ())
    image = write(tmp_path / "b.tif", imagej=True, resolution=(2, 2), metadata={"unit": "furlong"})
    assert (image.um_per_px, image.notes) == (None, ("unit 'furlong' is unknown: resolution ignored",))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}, 0.5),
        ({"PhysicalSizeX": 0.5}, 0.5),
        ({"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.52}, None),
        ({"PhysicalSizeX": 2, "PhysicalSizeXUnit": "mm"}, 2000.0),
        ({"PhysicalSizeX": 2, "PhysicalSizeXUnit": "reference frame"}, None),
    ],
)
def test_ome_sizes(tmp_path, sizes, expected):
    image = write(tmp_path / "a.tif", ome=True, metadata=sizes)
    assert image.um_per_px == expected
    assert len(image.notes) == (expected is None)


@pytest.mark.parametrize(
    ("shape", "axes", "pictures"),
    [((1, 8, 8), "CYX", 1), ((2, 8, 8), "CYX", 2), ((3, 8, 8), "ZYX", 3), ((2, 3, 8, 8), "TZYX", 6)],
)
@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_every_picture_of_a_stack_counts(tmp_path, kind, shape, axes, pictures):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros(shape, np.uint16), metadata={"axes": axes}, **{kind: True})
    if pictures == 1:
        assert decode_image(path).pixels.shape == (8, 8)
        return
    with pytest.raises(UserError, match=f"{pictures} pages or frames"):
        decode_image(path)


@pytest.mark.parametrize(
    ("sizes", "images", "pictures"),
    [({"SizeT": 3}, 1, 3), ({"SizeT": 3}, 2, 6), ({}, 2, 2), ({"SizeZ": 5, "SizeT": 3}, 1, 15), ({"SizeC": 4}, 1, 4)],
)
def test_one_page_may_declare_more_pictures_in_its_ome_xml(tmp_path, sizes, images, pictures):
    """The other pictures lie in further files, as microscopes write them."""
    attributes = " ".join(f'{name}="{size}"' for name, size in {"SizeX": 8, "SizeY": 8, **sizes}.items())
    image = f'<Image ID="Image:0"><Pixels ID="Pixels:0" Type="uint16" DimensionOrder="XYCZT" {attributes}/></Image>'
    xml = f'<?xml version="1.0"?><OME>{image * images}</OME>'
    with pytest.raises(UserError, match=f" {pictures} pages or frames"):
        write(tmp_path / "a.tif", description=xml, metadata=None)


@pytest.mark.parametrize(("text", "pictures"), [("", 1), ("images=3\n", 3), ("slices=2\n", 2), ("frames=4\n", 4)])
def test_what_imagej_does_not_say_counts_once(tmp_path, text, pictures):
    path, options = tmp_path / "a.tif", {"description": f"ImageJ=1.53\n{text}", "metadata": None}
    if pictures == 1:
        assert write(path, **options).pixels.shape == (8, 8)
        return
    with pytest.raises(UserError, match=f" {pictures} pages or frames"):
        write(path, **options)


def test_the_channels_of_colour_are_no_pictures(tmp_path):
    colour, text = np.zeros((8, 8, 3), np.uint8), "ImageJ=1.53\nchannels=3\n"
    assert write(tmp_path / "a.tif", colour, imagej=True, metadata={"channels": 3}).pixels.shape == (8, 8, 3)
    assert write(tmp_path / "b.tif", colour, description=text, metadata=None).pixels.shape == (8, 8, 3)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_smaller_copy_of_a_picture_is_no_second_one(tmp_path, is_first):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for is_small in (is_first, not is_first):
            file.write(PIXELS[::2, ::2] if is_small else PIXELS, subfiletype=int(is_small), metadata=None)
    assert np.array_equal(decode_image(tmp_path / "a.tif").pixels, PIXELS)


def test_pages_that_nothing_describes_count_too(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for _ in range(3):
            file.write(PIXELS, metadata=None)
    with pytest.raises(UserError, match=" 3 pages or frames"):
        decode_image(tmp_path / "a.tif")


@pytest.mark.parametrize("code", [273, 279])
def test_a_strip_at_no_place_or_of_no_bytes_is_missing(tmp_path, code):
    """StripOffsets (273) or StripByteCounts (279) is set to 0 afterwards."""
    path = tmp_path / "a.tif"
    write(path)
    content = bytearray(path.read_bytes())
    at = content.index(struct.pack("<H", code)) + 8
    assert struct.unpack("<I", content[at : at + 4])[0] > 0
    content[at : at + 4] = bytes(4)
    path.write_bytes(content)
    with pytest.raises(UserError, match="missing"):
        decode_image(path)


def test_a_file_without_its_last_byte_is_cut_off(tmp_path):
    path = tmp_path / "a.tif"
    write(path)
    content = path.read_bytes()
    assert content.endswith(PIXELS.tobytes())
    path.write_bytes(content[:-1])
    with pytest.raises(UserError, match="the file is cut off"):
        decode_image(path)


@pytest.mark.parametrize(("turn", "wanted"), [(0, 1), (1, 1), (2, 2), (8, 8), (9, 1)])
def test_an_orientation_that_does_not_exist_is_upright(tmp_path, turn, wanted):
    assert write(tmp_path / "a.tif", **tag(274, turn)).orientation == wanted


def test_width_comes_before_height_and_pages_in_depth_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 7), np.uint8))
    assert read_image_size(tmp_path / "a.tif") == (7, 5)
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((2, 16, 16), np.uint8), volumetric=True, tile=(2, 16, 16))
    with pytest.raises(UserError, match=" 2 pages or frames"):
        decode_image(tmp_path / "b.tif")


def test_texts_and_tags_are_those_of_the_file(tmp_path):
    image = write(tmp_path / "a.tif", description="nerves", software="made", metadata=None)
    assert (image.is_white_zero, image.is_lossy) == (False, False)
    tags = {code: (dtype, count, value) for code, dtype, count, value in image.metadata.tags}
    assert tags[270][2] == "nerves" and tags[305] == (2, 5, "made") and tags[256][1:] == (1, 8)
    # ImageJ's own tag (50839), which tifffile interprets, is kept as the bytes of the file.
    image = write(tmp_path / "b.tif", imagej=True, metadata={"Info": "of a nerve"})
    (kept,) = [tag for tag in image.metadata.tags if tag[0] == 50839]
    assert isinstance(kept[3], bytes) and len(kept[3]) == kept[2]
    assert kept[3].startswith(b"JIJIofni" if image.metadata.byteorder == "<" else b"IJIJinfo")
