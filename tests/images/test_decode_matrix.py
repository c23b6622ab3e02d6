"""The reader against tifffile, imagecodecs and Pillow: what they wrote, pixel by pixel, in every layout."""

import itertools

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from sspbench.errors import UserError
from sspbench.images.decode import decode_image
from sspbench.images.pictures import read_grey

HEIGHT, WIDTH = 35, 50
DTYPES = ["uint8", "uint16", "uint32", "int8", "int16", "int32", "float32"]
LOSSLESS = [None, "lzw", "deflate", "zstd", "packbits"]
SHAPES = {"L": (), "LA": (2,), "RGB": (3,), "RGBA": (4,)}


def samples(dtype, channels, key=0):
    shape = (HEIGHT, WIDTH, *SHAPES[channels])
    rng = np.random.default_rng([key, len(channels)])
    if np.dtype(dtype).kind == "f":
        return rng.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)


def options_of(channels):
    extra = {"extrasamples": ["unassalpha"]} if channels.endswith("A") else {}
    return {"photometric": "rgb" if channels.startswith("RGB") else "minisblack", "metadata": None, **extra}


TIFFS = [
    (dtype, channels, planar, compression, order, tile)
    for dtype, channels, compression, (planar, order, tile) in itertools.product(
        DTYPES,
        SHAPES,
        LOSSLESS,
        [("contig", "<", None), ("separate", ">", None), ("contig", ">", (16, 32)), ("separate", "<", (16, 16))],
    )
    if not (channels == "L" and planar == "separate")
]


@pytest.mark.parametrize("compression", LOSSLESS)
@pytest.mark.parametrize("channels", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_tiff_of_every_layout_is_read_as_written(tmp_path, dtype, channels, compression):
    pixels = samples(dtype, channels)
    variants = [one[2:] for one in TIFFS if one[:2] == (dtype, channels) and one[3] == compression]
    assert variants
    for planar, _, order, tile in variants:
        stored = np.moveaxis(pixels, -1, 0) if planar == "separate" else pixels
        layout = {} if channels == "L" else {"planarconfig": planar}
        path = tmp_path / "a.tif"
        tifffile.imwrite(
            path, stored, compression=compression, byteorder=order, tile=tile, rowsperstrip=None if tile else 7,
            **layout, **options_of(channels),
        )  # fmt: skip
        image = decode_image(path)
        assert image.channels == channels
        assert image.pixels.dtype == np.dtype(dtype)
        assert np.array_equal(image.pixels, pixels)
        assert (image.bits, image.is_float) == (np.dtype(dtype).itemsize * 8, dtype == "float32")


def test_the_matrix_is_large():
    assert len(TIFFS) >= 200


@pytest.mark.parametrize("predictor", [True])
@pytest.mark.parametrize("compression", ["lzw", "deflate", "zstd"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_predictors_are_undone(tmp_path, dtype, compression, predictor):
    pixels = samples(dtype, "RGB")
    tifffile.imwrite(tmp_path / "a.tif", pixels, compression=compression, predictor=predictor, photometric="rgb")
    assert np.array_equal(decode_image(tmp_path / "a.tif").pixels, pixels)


@pytest.mark.parametrize("channels", ["L", "RGB"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_jpeg_in_tiff_is_what_tifffile_reads(tmp_path, channels, tile):
    pixels = np.kron(samples("uint8", channels)[:8, :8], np.ones((8, 8, *(1,) * len(SHAPES[channels])), np.uint8))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, compression="jpeg", tile=tile, photometric=options_of(channels)["photometric"])
    assert np.array_equal(decode_image(path).pixels, tifffile.imread(path))
    assert np.abs(decode_image(path).pixels.astype(int) - pixels).mean() < 10  # lossy


@pytest.mark.parametrize("bits", [1, 2, 4, 10, 12, 14])
def test_packed_bits_are_unpacked_and_their_white_is_known(tmp_path, bits):
    pixels = (samples("uint16", "L") >> (16 - bits)).astype(np.uint8 if bits <= 8 else np.uint16)
    path = tmp_path / "a.tif"
    _write_packed(path, _packed(pixels, bits), bits)
    image = decode_image(path)
    assert np.array_equal(image.pixels, pixels)
    assert (image.bits, image.white) == (bits, 2**bits - 1)
    assert np.array_equal(
        read_grey(path, white=2**bits - 1), np.rint(pixels.astype(float) * 255 / (2**bits - 1)).astype(np.uint8)
    )


def _packed(pixels, bits):
    """Return rows of big-endian samples of so many bits, each row filled up to a byte."""
    rows = []
    for row in pixels:
        text = "".join(f"{value:0{bits}b}" for value in row)
        text += "0" * (-len(text) % 8)
        rows.append(int(text, 2).to_bytes(len(text) // 8, "big"))
    return b"".join(rows)


def _write_packed(path, content, bits):
    entries = [(256, 3, WIDTH), (257, 3, HEIGHT), (258, 3, bits), (259, 3, 1), (262, 3, 1), (273, 4, 0), (277, 3, 1),
               (278, 3, HEIGHT), (279, 4, len(content))]  # fmt: skip
    start = 8 + 2 + 12 * len(entries) + 4
    directory = len(entries).to_bytes(2, "big")
    for code, kind, value in entries:
        number = start if code == 273 else value
        field = number.to_bytes(2, "big") + b"\0\0" if kind == 3 else number.to_bytes(4, "big")
        directory += code.to_bytes(2, "big") + kind.to_bytes(2, "big") + (1).to_bytes(4, "big") + field
    path.write_bytes(b"MM\0*" + (8).to_bytes(4, "big") + directory + b"\0\0\0\0" + content)


@pytest.mark.parametrize("level", [0, 6])
@pytest.mark.parametrize("channels", SHAPES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_png_keeps_all_bits(tmp_path, dtype, channels, level):
    pixels = samples(dtype, channels)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(pixels, level=level))
    image = decode_image(tmp_path / "a.png")
    assert image.channels == channels
    assert image.pixels.dtype == pixels.dtype
    assert np.array_equal(image.pixels, pixels)


@pytest.mark.parametrize("ending", ["png", "tif", "bmp"])
def test_palettes_are_indices_with_colours(tmp_path, ending):
    indices = samples("uint8", "L") % 7
    colours = np.random.default_rng(3).integers(0, 256, (256, 3), dtype=np.uint8)
    picture = Image.fromarray(indices, "P")
    picture.putpalette(colours.tobytes())
    picture.save(tmp_path / f"a.{ending}")
    image = decode_image(tmp_path / f"a.{ending}")
    assert image.channels == "P"
    assert np.array_equal(image.pixels, indices)
    assert np.array_equal(image.palette[:7], colours[:7])


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_bmp_is_what_pillow_reads(tmp_path, mode):
    Image.fromarray(samples("uint8", "L")).convert(mode).save(tmp_path / "a.bmp")
    with Image.open(tmp_path / "a.bmp") as expected:
        found = decode_image(tmp_path / "a.bmp").pixels
        assert np.array_equal(
            found * (255 if mode == "1" else 1), np.asarray(expected.convert("L" if mode == "1" else mode))
        )


def refusal(path):
    with pytest.raises(UserError) as caught:
        read_grey(path)
    assert caught.value.hint
    return str(caught.value)


@pytest.mark.parametrize(
    ("pixels", "options", "expected"),
    [
        (np.zeros((3, 8, 8), np.uint8), {"imagej": True}, "3 pages"),
        (np.zeros((2, 8, 8), np.uint16), {"ome": True, "metadata": {"axes": "ZYX"}}, "2 pages"),
        (np.zeros((4, 8, 8), np.uint8), {"photometric": "minisblack"}, "4 pages"),
        (np.full((8, 8), -3, np.int8), {}, "negative values"),
        (np.full((8, 8), -3, np.int16), {}, "negative values"),
        (np.full((8, 8), 70000, np.uint32), {}, "outside 0..65535"),
        (np.zeros((8, 8), np.float32), {}, "floating-point"),
        (np.zeros((8, 8), np.complex64), {}, "unknown kind"),
        (np.zeros((8, 8, 2), np.uint8), {"photometric": "minisblack", "planarconfig": "contig"}, "several channels"),
        (np.zeros((8, 8, 4), np.uint8), {"photometric": "separated"}, "SEPARATED"),
    ],
)  # fmt: skip
def test_what_is_no_single_grey_or_colour_picture_is_refused_in_words(tmp_path, pixels, options, expected):
    tifffile.imwrite(tmp_path / "a.tif", pixels, **options)
    assert expected in refusal(tmp_path / "a.tif")


def test_a_tiff_that_is_cut_off_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", samples("uint16", "L"), compression="lzw", rowsperstrip=4)
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[: len(content) * 3 // 4])
    assert "cut off" in refusal(tmp_path / "a.tif") or "cannot be read" in refusal(tmp_path / "a.tif")
