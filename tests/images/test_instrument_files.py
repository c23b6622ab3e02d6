"""Pictures as instruments write them: depth, layout, sign, palette, scale and tags come out right or are refused."""

import shutil
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from metrics.morphometry import Morphometry
from sspbench.commands.cli import main
from sspbench.contract import ScoringBatch
from sspbench.errors import Faults, UserError
from sspbench.images.decode import decode_image
from sspbench.images.inspection import inspect_image
from sspbench.images.manifest import Manifest
from sspbench.images.picture_files import read_image_file
from sspbench.images.pictures import list_images, read_grey, to_grey8
from sspbench.images.white_level import decide_whites
from sspbench.stages.prepare import prepare
from tests.picture_copies import COPIES, REFUSED_COPIES, write_dicom

INPUTS = Path(__file__).resolve().parents[3] / "shared/inputs"
SPLITS = ("trainA", "trainB", "testA")

needs_inputs = pytest.mark.skipif(not INPUTS.is_dir(), reason="the small failing inputs are not beside this checkout")


def prepared(source, target, **options):
    facts = {"dataset": "folder", "id": "folder-mine", "real": True, "field_um": None, "seed": 0}
    return Manifest.read(prepare({**facts, "options": options, "data_root": str(source)}, target))


def refusal(source, target, **options):
    with pytest.raises(UserError) as caught:
        prepared(source, target, **options)
    return str(caught.value)


def enhanced(source, target, *options):
    return main(["enhance", "--method", "identity", "--input", str(source), "--output", str(target), *options])


@needs_inputs
def test_12_bit_colour_png_is_scaled_by_4095(tmp_path):
    manifest = prepared(INPUTS / "rgb48_12bit", tmp_path / "out")
    for split in SPLITS:
        for path in list_images(INPUTS / "rgb48_12bit" / split):
            stored = imagecodecs.png_decode(path.read_bytes())[..., 0].astype(float)
            expected = np.rint(stored * 255 / 4095)
            assert np.array_equal(read_grey(tmp_path / "out" / split / path.name), expected)
    assert [row["white"] for row in manifest.content["white"]] == [4095] * 3
    assert "4095   by the largest value" in "\n".join(manifest.white_table())


@needs_inputs
def test_planar_colour_is_read_as_tifffile_reads_it(tmp_path):
    prepared(INPUTS / "planar48", tmp_path / "out")
    for path in list_images(INPUTS / "planar48/testA"):
        expected = np.rint(tifffile.imread(path)[0] / 257).astype(np.uint8)
        assert np.array_equal(read_grey(tmp_path / f"out/testA/{path.stem}.png"), expected)
    assert enhanced(INPUTS / "planar48/testA", tmp_path / "better") == 0
    found, given = read_image_file(tmp_path / "better/0.tif"), read_image_file(INPUTS / "planar48/testA/0.tif")
    assert np.abs(found.pixels.astype(int) - given.pixels).max() <= 1


@needs_inputs
@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("ij_one_ifd", "3 pages"),
        ("int8", "negative values"),
        ("mixed_depth", "Folders disagree on which value is white"),
    ],
)
def test_what_cannot_be_known_is_refused_in_words(tmp_path, folder, expected):
    text = refusal(INPUTS / folder, tmp_path / "out")
    assert expected in text
    assert "hint:" in text


@needs_inputs
def test_mixed_depths_are_settled_by_the_option(tmp_path):
    whites = {"trainA": 4095, "testA": 4095, "trainB": 65535}
    prepared(INPUTS / "mixed_depth", tmp_path / "out", whites=whites)
    for split, white in whites.items():
        for path in list_images(INPUTS / "mixed_depth" / split):
            expected = np.rint(np.asarray(Image.open(path)).astype(float) * 255 / white)
            assert np.array_equal(read_grey(tmp_path / "out" / split / path.name), expected)


@needs_inputs
@pytest.mark.parametrize("number", [1, 2])
def test_palette_labels_are_read_by_index(tmp_path, number):
    manifest = prepared(INPUTS / "palette_labels", tmp_path / "out", nerve_classes=[number])
    for path in list_images(INPUTS / "palette_labels/testA_labels"):
        indices = np.asarray(Image.open(path))
        assert np.array_equal(read_grey(tmp_path / "out/testA_labels" / path.name) > 0, indices == number)
        assert (indices == number).any()
    assert set(manifest.content["labels"]["testA_labels"]) == {"0", "1", "2"}
    assert "No label has the class 3" in refusal(INPUTS / "palette_labels", tmp_path / "again", nerve_classes=[3])
    assert "more than two classes" in refusal(INPUTS / "palette_labels", tmp_path / "again")


@needs_inputs
def test_a_class_of_black_and_white_labels_is_their_value(tmp_path):
    text = refusal(INPUTS / "mixed_sizes", tmp_path / "out", nerve_classes=[1])
    assert "No label has the class 1" in text and "of 255" in text
    prepared(INPUTS / "mixed_sizes", tmp_path / "out", nerve_classes=[255])


@needs_inputs
def test_two_sizes_of_one_scale_have_the_same_nerve_density(tmp_path):
    manifest = prepared(INPUTS / "mixed_sizes", tmp_path / "out", um_per_px=400 / 192)
    densities = []
    for entry in manifest.content["images"]:
        if entry["split"] == "testA_labels":
            image = next(
                one for one in manifest.content["images"] if one["path"] == f"testA/{Path(entry['path']).name}"
            )
            mask = read_grey(tmp_path / "out" / entry["path"]) > 127
            batch = ScoringBatch(
                mask[None].astype(np.uint8), mask=mask[None], field_um=image["um_per_px"] * image["width"]
            )
            densities.append(Morphometry().score(batch)["cnfl"].values[0])
    assert densities == pytest.approx([5.0, 5.0], rel=0.03)
    assert manifest.describe_scale() == "pixel size: 2.083 µm"
    assert "unknown" in prepared(INPUTS / "mixed_sizes", tmp_path / "again").describe_scale()


@needs_inputs
def test_12_bit_pictures_are_enhanced_like_their_8_bit_copy_and_keep_their_depth(tmp_path, capsys):
    source = tmp_path / "in"
    shutil.copytree(INPUTS / "deep_12bit_enhance", source)
    (source / "NOTE.txt").unlink()
    assert main(["enhance", "--method", "clahe", "--input", str(source), "--output", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().err
    assert "8 and 16 bit" in told and "4095" in told
    eight = read_grey(tmp_path / "out/a8.png").astype(int)
    for name in ("a12in16.tif", "a12in16.png"):
        pixels = decode_image(tmp_path / "out" / name).pixels
        assert pixels.dtype == np.uint16 and 3000 < pixels.max() <= 4095
        assert np.abs(to_grey8(pixels, 4095).astype(int) - eight).mean() < 3
    assert enhanced(source, tmp_path / "other", "--white", "65535") == 0
    assert "65535  by the option" in capsys.readouterr().err


@needs_inputs
def test_odd_tags_never_fail_and_what_is_dropped_is_told(tmp_path, capsys):
    assert enhanced(INPUTS / "odd_tiff_tags", tmp_path / "out") == 0
    told = capsys.readouterr()
    assert "7 enhanced" in told.out and "resolution" in told.out
    for path in list_images(INPUTS / "odd_tiff_tags"):
        found = tmp_path / "out" / path.name
        assert np.array_equal(tifffile.imread(found), tifffile.imread(path))
    with (
        tifffile.TiffFile(INPUTS / "odd_tiff_tags/twodesc.tif") as old,
        tifffile.TiffFile(tmp_path / "out/twodesc.tif") as new,
    ):
        own = [tag.value for tag in old.pages[0].tags if tag.code == 270 and not tag.value.startswith("{")]
        assert own and own[0] in [tag.value for tag in new.pages[0].tags if tag.code == 270]
    with tifffile.TiffFile(tmp_path / "out/date_slash.tif") as new:
        assert new.pages[0].tags[306].value == "2019/05/01 12:00"


@needs_inputs
def test_a_transparent_colour_stays_transparent(tmp_path):
    assert enhanced(INPUTS / "trns", tmp_path / "out") == 0
    for path in list_images(INPUTS / "trns"):
        given, found = read_image_file(path).pixels, read_image_file(tmp_path / "out" / path.name).pixels
        assert given.shape == found.shape
        assert (given[..., -1] == 0).any()
        assert np.array_equal(given[..., -1], found[..., -1])


@pytest.mark.parametrize("name", COPIES)
def test_copies_of_a_picture_give_the_same_or_are_refused(tmp_path, name):
    picture = np.random.default_rng(4).integers(3, 250, (70, 80), dtype=np.uint8)
    ending, write = COPIES[name]
    path = tmp_path / f"a.{ending}"
    write(path, picture)
    faults = Faults("")
    found = inspect_image(path, faults)
    if name in REFUSED_COPIES:
        assert found is None and len(faults.items) == 1
        return
    white = decide_whites({"a": [found.brightness]}, {}, "white", faults)["a"].white
    assert not faults.items
    assert np.array_equal(read_grey(path, white), picture)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"resolution": (4800, 4800), "resolutionunit": "CENTIMETER"}, 10_000 / 4800),
        ({"resolution": (12192, 12192), "resolutionunit": "INCH"}, 25_400 / 12192),
        ({"resolution": (300, 300), "resolutionunit": "INCH"}, None),
        ({"resolution": (4800, 4800), "resolutionunit": "NONE"}, None),
        ({"resolution": (4800, 2400), "resolutionunit": "CENTIMETER"}, None),
        ({"resolution": (0.48, 0.48), "imagej": True, "metadata": {"unit": "um"}}, 1 / 0.48),
        ({"resolution": (480, 480), "imagej": True, "metadata": {"unit": "mm"}}, 1000 / 480),
        ({"ome": True, "metadata": {"PhysicalSizeX": 2.5, "PhysicalSizeXUnit": "µm"}}, 2.5),
        ({"ome": True, "metadata": {"PhysicalSizeX": 1500, "PhysicalSizeXUnit": "nm"}}, 1.5),
    ],
)
def test_pixel_size_comes_from_the_file(tmp_path, options, expected):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((16, 16), np.uint8), **options)
    image = decode_image(tmp_path / "a.tif")
    assert image.um_per_px == (None if expected is None else pytest.approx(expected, rel=1e-4))


@pytest.mark.parametrize("kind", ["ome", "maximum", "sbit", "sbit scaled", "dicom"])
def test_the_files_own_word_on_white_counts(tmp_path, kind):
    pixels = np.random.default_rng(0).integers(0, 900, (16, 16)).astype(np.uint16)
    path = tmp_path / ("a.png" if "sbit" in kind else "a.tif")
    if kind == "ome":
        tifffile.imwrite(path, pixels, ome=True, metadata={"SignificantBits": 12})
    elif kind == "maximum":
        tifffile.imwrite(path, pixels, extratags=[(281, "H", 1, 4095, True)])
    elif kind == "dicom":
        write_dicom(path, pixels)
    else:
        write_sbit(path, pixels * 16 if "scaled" in kind else pixels)
    image = decode_image(path)
    assert image.white == (65535 if "scaled" in kind else 4095)


def write_sbit(path, pixels):
    import zlib

    content = imagecodecs.png_encode(pixels)
    body = b"sBIT" + bytes([12])
    path.write_bytes(content[:33] + (1).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big") + content[33:])


def test_dicom_polarity_rescale_and_spacing(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 4096, (64, 70)).astype(np.uint16)
    write_dicom(tmp_path / "plain.dcm", pixels, PixelSpacing=[0.002, 0.002])
    write_dicom(tmp_path / "negative.dcm", 4095 - pixels, "MONOCHROME1")
    write_dicom(tmp_path / "rescaled.dcm", pixels, RescaleSlope=2, RescaleIntercept=0)
    write_dicom(tmp_path / "hounsfield.dcm", pixels, RescaleSlope=1, RescaleIntercept=-1024)
    expected = np.rint(pixels * (255 / 4095))
    assert decode_image(tmp_path / "plain.dcm").um_per_px == pytest.approx(2.0)
    for name in ("plain", "negative", "rescaled"):
        image = decode_image(tmp_path / f"{name}.dcm")
        assert np.abs(read_grey(tmp_path / f"{name}.dcm", image.white) - expected).max() <= 1
    with pytest.raises(UserError, match="negative values"):
        read_grey(tmp_path / "hounsfield.dcm")


def test_dicom_is_enhanced_to_a_dicom_of_its_own_identity(tmp_path):
    import pydicom

    pixels = np.random.default_rng(0).integers(0, 4096, (64, 70)).astype(np.uint16)
    write_dicom(tmp_path / "a.dcm", pixels, PatientID="7", PixelSpacing=[0.002, 0.002])
    assert enhanced(tmp_path / "a.dcm", tmp_path / "out") == 0
    old, new = pydicom.dcmread(tmp_path / "a.dcm"), pydicom.dcmread(tmp_path / "out/a.dcm")
    assert np.array_equal(new.pixel_array, pixels)
    assert (new.PatientID, new.PixelSpacing) == (old.PatientID, old.PixelSpacing)
    assert new.SOPInstanceUID != old.SOPInstanceUID


def test_the_users_imagej_metadata_survive_enhance(tmp_path):
    source = tmp_path / "in/a.tif"
    source.parent.mkdir()
    info = {"unit": "um", "Info": "left eye", "min": 3.0}
    tifffile.imwrite(
        source, np.arange(4096, dtype=np.uint16).reshape(64, 64), imagej=True, resolution=(2, 2), metadata=info
    )
    assert enhanced(source, tmp_path / "out") == 0
    with tifffile.TiffFile(source) as old, tifffile.TiffFile(tmp_path / "out/a.tif") as new:
        assert new.is_imagej
        assert new.imagej_metadata == old.imagej_metadata
        assert new.pages[0].tags[282].value == old.pages[0].tags[282].value
    assert decode_image(tmp_path / "out/a.tif").um_per_px == 0.5
