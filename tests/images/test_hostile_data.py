"""Images as people really have them: each oddity is done right and told, or refused with all others at once."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from sspbench.commands.cli import main
from sspbench.config.input_files import digest_source
from sspbench.errors import UserError
from sspbench.files import read_json
from sspbench.images.names import make_safe_name
from sspbench.images.picture_files import read_image_file, write_image_file
from sspbench.images.pictures import read_grey
from tests.own_folder import SHAPE, imported, noise, save, write_folder


def mask(share: float = 0.1) -> np.ndarray:
    """A mask of which a share of columns is nerve."""
    pixels = np.zeros(SHAPE, np.uint8)
    pixels[:, : round(share * SHAPE[1])] = 255
    return pixels


@pytest.fixture
def source(tmp_path):
    return write_folder(tmp_path / "mine")


def refusal(source: Path, target: Path, **options) -> str:
    with pytest.raises(UserError) as caught:
        imported(source, target, **options)
    assert not target.exists()
    return str(caught.value)


def three_classes(values: tuple[int, int, int]) -> np.ndarray:
    """A map of two classes of thin lines on a background."""
    pixels = np.full(SHAPE, values[0], np.uint8)
    pixels[10:12], pixels[30:33] = values[1], values[2]
    return pixels


@pytest.mark.parametrize("values", [(0, 1, 2), (0, 128, 255), (0, 1, 255)])
def test_a_map_of_classes_is_refused_or_mapped_as_asked(tmp_path, source, values):
    save(source / "testA_labels/one.png", three_classes(values))
    text = refusal(source, tmp_path / "out")
    assert "more than two classes" in text
    assert ", ".join(map(str, values)) in text
    assert "nerve_classes" in text
    imported(source, tmp_path / "out", nerve_classes=[values[1]])
    assert np.array_equal(read_grey(tmp_path / "out/testA_labels/one.png") > 0, three_classes(values) == values[1])


def test_labels_whose_white_is_1_in_some_and_2_in_others_are_refused(tmp_path, source):
    for name, value in (("one", 1), ("two", 2)):
        save(source / f"trainB/{name}.png", noise(value + 10))
        save(source / f"trainB_labels/{name}.png", mask() // 255 * np.uint8(value))
    assert "differ in the value of their foreground" in refusal(source, tmp_path / "out")


def smoothed() -> np.ndarray:
    """A mask drawn large and halved: its edges are grey."""
    large = np.zeros((2 * SHAPE[0], 2 * SHAPE[1]), np.uint8)
    large[21:28], large[:, 41:46] = 255, 255
    return np.asarray(Image.fromarray(large).resize(SHAPE[::-1], Image.Resampling.BOX))


@pytest.mark.parametrize("make", [mask, smoothed, lambda: mask() // 255, lambda: np.zeros(SHAPE, np.uint8)])
def test_masks_with_any_white_and_grey_edges_are_taken(tmp_path, source, make):
    save(source / "testA_labels/one.png", make())
    imported(source, tmp_path / "out")
    expected = make() > make().max() / 2
    assert np.array_equal(read_grey(tmp_path / "out/testA_labels/one.png") > 0, expected)


def test_a_16_bit_mask_of_0_and_1_keeps_its_nerves(tmp_path, source):
    save(source / "testA_labels/one.tif", (mask() // 255).astype(np.uint16))
    imported(source, tmp_path / "out")
    assert np.array_equal(read_grey(tmp_path / "out/testA_labels/one.png"), mask())


@pytest.mark.parametrize("pixels", [255 - mask(), np.full(SHAPE, 255, np.uint8)])
def test_an_inverted_label_is_refused_or_taken_as_asked(tmp_path, source, pixels):
    save(source / "testA_labels/one.png", pixels)
    assert "looks inverted" in refusal(source, tmp_path / "out")
    if (pixels == 255).all():
        text = refusal(source, tmp_path / "out", nerve_classes=[0])
        assert f"No label has the class 0\n    why: pixels by value: {pixels.size} of 255" in text
        return
    imported(source, tmp_path / "out", nerve_classes=[0])
    assert np.array_equal(read_grey(tmp_path / "out/testA_labels/one.png") > 0, pixels == 0)


STORED = {
    2: np.fliplr,
    3: lambda pixels: pixels[::-1, ::-1],
    4: np.flipud,
    5: lambda pixels: pixels.T,
    6: np.rot90,
    7: lambda pixels: pixels[::-1, ::-1].T,
    8: lambda pixels: np.rot90(pixels, 3),
}
"""How an image is stored that its metadata say how to turn."""


@pytest.mark.parametrize("turn", STORED)
@pytest.mark.parametrize(
    ("ending", "options"), [("jpg", {}), ("png", {}), ("tif", {}), ("tif", {"compression": "tiff_lzw"})]
)
def test_an_image_is_turned_as_its_metadata_says_and_that_is_told(tmp_path, source, ending, options, turn):
    flat = np.kron(noise(5, (8, 10)), np.ones((8, 8), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = turn
    save(source / f"testA/photo.{ending}", np.ascontiguousarray(STORED[turn](flat)), exif=exif, **options)
    (source / "testA/one.png").unlink()
    notes = "\n".join(imported(source, tmp_path / "out").notes())
    found = read_grey(tmp_path / "out/testA/photo.png")
    assert found.shape == flat.shape
    assert np.abs(found.astype(int) - flat).mean() < 12  # JPEG is lossy
    assert f"1 file turned upright, as their metadata says: testA/photo.{ending}" in notes


def test_files_of_several_pages_are_refused(tmp_path, source):
    pages = [Image.fromarray(noise(key)) for key in (20, 21)]
    pages[0].save(source / "testA/stack.tif", save_all=True, append_images=pages[1:])
    pages[0].save(source / "trainA/moving.png", save_all=True, append_images=pages[1:])
    text = refusal(source, tmp_path / "out")
    assert text.count("holds several pages") == 2
    assert "2 pages" in text


def test_the_same_picture_in_training_and_test_is_refused_whatever_its_format(tmp_path, source):
    save(source / "testA/other.tif", noise(0).astype(np.uint16) * 257)
    text = refusal(source, tmp_path / "out")
    assert "The same picture is in trainA and testA" in text
    assert "other.tif" in text
    assert imported(source, tmp_path / "out", duplicates="allow").content["counts"]["testA"] == 2


def test_what_is_left_out_is_told_with_its_count(tmp_path, source):
    for name in ("a.jp2", "b.jp2", "c.webp", "d.svg", "e.npy"):
        (source / "testA" / name).write_bytes(b"x")
    (source / "testA/gone.png").symlink_to(tmp_path / "nowhere.png")
    save(source / "testA_label/one.png", mask())
    save(source / "testA_labels/one.png", mask())
    save(source / "testA/two.png", noise(30))
    text = "\n".join(imported(source, tmp_path / "out").notes())
    for part in (
        "2 files left out: .jp2",
        "testA/a.jp2, testA/b.jp2",
        "1 file left out: .webp",
        "1 file left out: .svg",
        "1 file left out: .npy",
        "1 file left out: a link to a file that is not there: testA/gone.png",
        "1 file left out: images in no folder of a split: testA_label/one.png",
        "1 file without a label in testA_labels: testA/two.png",
    ):
        assert part in text


@pytest.mark.parametrize(("white", "given"), [(4095, {}), (255, {}), (1023, {"white": 1023})])
def test_files_of_16_bit_that_hold_fewer_are_scaled_by_their_white(tmp_path, source, white, given):
    values = np.linspace(0, white, SHAPE[0] * SHAPE[1]).round().astype(np.uint16).reshape(SHAPE)
    for split in ("trainA", "testA"):
        save(source / split / "deep.tif", np.roll(values, len(split), axis=0))
    manifest = imported(source, tmp_path / "out", **given)
    expected = np.rint(np.roll(values, 5, axis=0) * (255 / white)).astype(np.uint8)
    assert np.abs(read_grey(tmp_path / "out/testA/deep.png").astype(int) - expected).max() <= 1
    assert f"2 files of 16 bit scaled so that {white} is white" in "\n".join(manifest.notes())


def test_folders_of_different_ranges_are_refused_until_the_option_says_which(tmp_path, source):
    dark = noise(40).astype(np.uint16) * 8
    save(source / "trainA/dark.tif", dark)
    save(source / "testA/bright.tif", noise(41).astype(np.uint16) * 257)
    text = refusal(source, tmp_path / "out")
    assert "Folders disagree on which value is white" in text and "whites" in text
    imported(source, tmp_path / "out", white=65535)
    assert np.array_equal(read_grey(tmp_path / "out/trainA/dark.png"), np.rint(dark / 257).astype(np.uint8))
    imported(source, tmp_path / "out", whites={"trainA": 2040, "testA": 65535})
    assert np.array_equal(read_grey(tmp_path / "out/trainA/dark.png"), noise(40))
    assert np.array_equal(read_grey(tmp_path / "out/testA/bright.png"), noise(41))


def test_a_bright_file_among_those_of_12_bit_is_refused(tmp_path, source):
    save(source / "trainA/dark.tif", noise(40).astype(np.uint16) * 16)
    save(source / "trainA/bright.tif", noise(41).astype(np.uint16) * 257)
    text = refusal(source, tmp_path / "out")
    assert "The files of a folder disagree on which value is white" in text
    assert "trainA/dark.tif (largest value 4080)" in text and "white: N" in text


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tiff_whose_white_is_0_is_no_negative(tmp_path, source, dtype):
    top = np.iinfo(dtype).max
    pixels = noise(52).astype(dtype) * (top // 255)
    tifffile.imwrite(source / "testA/negative.tif", top - pixels, photometric="miniswhite")
    imported(source, tmp_path / "out")
    assert np.array_equal(read_grey(tmp_path / "out/testA/negative.png"), noise(52))
    picture = read_image_file(source / "testA/negative.tif")
    write_image_file(tmp_path / "again.tif", picture, picture.pixels)
    assert np.array_equal(read_grey(tmp_path / "again.tif"), noise(52))


def test_transparent_pixels_are_told(tmp_path, source):
    opaque, half = np.full(SHAPE, 255, np.uint8), np.full(SHAPE, 128, np.uint8)
    save(source / "testA/opaque.png", np.dstack([noise(50)] * 3 + [opaque]))
    save(source / "testA/glass.png", np.dstack([noise(51)] * 3 + [half]))
    text = "\n".join(imported(source, tmp_path / "out").notes())
    assert "1 file transparent in part, taken as if they were not: testA/glass.png" in text
    assert np.array_equal(read_grey(tmp_path / "out/testA/glass.png"), noise(51))


NAMES = ['a"b', "it's", "<b>&amp;", "$x_1$ % #", "=1+1", "@me", "-x", "+1", "line\nbreak", "a|b", "back\\slash", "{x}"]
NAMES += ["e\u0301", "x" * 200, " blank ", b"caf\xe9".decode("utf-8", "surrogateescape")]


def test_any_file_name_becomes_one_that_is_safe_and_is_kept_beside_it(tmp_path, source):
    for key, name in enumerate(NAMES):
        save(source / "testA" / f"{name}.png", noise(100 + key))
        save(source / "testA_labels" / f"{name}.png", mask())
    manifest = imported(source, tmp_path / "out")
    entries = [entry for entry in manifest.content["images"] if entry["split"] == "testA"]
    assert len({entry["path"] for entry in entries}) == len(NAMES) + 1
    originals = {entry["path"]: entry.get("original") for entry in entries}
    assert originals["testA/one.png"] is None
    assert originals[f"testA/{make_safe_name('line' + chr(10) + 'break')}.png"] == "testA/line\\nbreak.png"
    assert originals[f"testA/{make_safe_name(NAMES[-1])}.png"] == "testA/caf\\udce9.png"
    for entry in entries:
        name = Path(entry["path"]).stem
        assert make_safe_name(name) == name
        assert not set(name) & set("\"'<>&$%#|\\{}\n")
        assert name[0] not in "=+-@"
    assert None not in manifest.find_companions(manifest.image_paths("testA")[:1], "testA_labels") or "one" in str(
        entries[0]
    )
    assert f"{2 * len(NAMES)} files renamed" in "\n".join(manifest.notes())


@pytest.mark.parametrize("name", ["lq_001", "Müller 3 (left)", "角膜-7", "a.b", "A+B, x@2"])
def test_usual_names_are_kept(name):
    assert make_safe_name(name) == name


def test_a_source_with_files_that_may_not_be_read_has_a_digest(source):
    before = digest_source(source)
    (source / "testA/one.png").chmod(0)
    found = digest_source(source)
    assert found == before or os.geteuid() != 0  # root reads everything
    save(source / "testA" / f"{NAMES[-1]}.png", noise(7))
    assert digest_source(source) != found


def test_the_doctor_tells_what_would_be_done_and_keeps_nothing(tmp_path, source, capsys):
    save(source / "testA/deep.tif", noise(12).astype(np.uint16) * 16)
    (source / "testA/x.jp2").write_bytes(b"x")
    assert main(["doctor", "data", str(source)]) == 0
    text = capsys.readouterr().out
    for part in ("2 testA", "1 trainA, 1 trainB", "1 file of 16 bit scaled so that 4095 is white", "left out: .jp2"):
        assert part in text
    shutil.rmtree(source / "trainB")
    save(source / "testA_labels/one.png", three_classes((0, 1, 2)))
    assert main(["doctor", "data", str(source)]) == 2
    text = capsys.readouterr().err
    assert "The folder trainB is missing" in text
    assert "more than two classes" in text


def test_prepared_data_without_oddities_have_no_notes(tmp_path, source):
    content = read_json(imported(source, tmp_path / "out").folder / "manifest.json")
    assert "notes" not in content
    assert all("original" not in entry for entry in content["images"])
