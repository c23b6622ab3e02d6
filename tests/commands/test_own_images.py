"""One's own images: every depth, colour, size and format comes back as it came, only better; bad files are told."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from sspbench.commands.cli import main
from sspbench.commands.enhance import enhance_files, enhance_pixels
from sspbench.config.plan import Plan, read_config
from sspbench.contract import Method
from sspbench.images.picture_files import read_image_file, write_image_file
from sspbench.images.tiling import apply_in_tiles, tile_starts

MINI = Path(__file__).resolve().parents[3] / "shared/data/ivcm-mini"


class Gamma(Method):
    """Brightens; its result is known for every pixel."""

    def enhance(self, images):
        return images**0.5


GAMMA = Gamma({})


def noise(shape, dtype=np.uint8, key=0):
    return np.random.default_rng(key).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def gamma_of(pixels):
    top = np.iinfo(pixels.dtype).max
    return np.rint(np.sqrt(pixels / top) * top).astype(pixels.dtype)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder as training leaves it, of an SSP-Net with seeded, untrained weights."""
    import torch

    from sspbench.stages.train import make_method
    from sspbench.training.loop.checkpoints import save_weights

    plan = Plan(read_config(Path("config/smoke.yaml")))
    settings = plan.train_settings(plan.get_run("sspnet", 0))
    folder = tmp_path_factory.mktemp("run")
    torch.manual_seed(0)
    method = make_method(settings)
    method.build()
    save_weights(folder / "weights.safetensors", method)
    (folder / "jobs").mkdir()
    (folder / "jobs/train.json").write_text(json.dumps({"stage": "train", "settings": settings.as_json()}))
    return folder


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(70, 65), (33, 40, 2)])
def test_grey_is_enhanced_at_its_depth_and_alpha_is_kept(shape, dtype):
    pixels = noise(shape, dtype)
    result = enhance_pixels(GAMMA, pixels)
    assert result.dtype == dtype and result.shape == shape
    grey, given = (result[..., 0], pixels[..., 0]) if len(shape) == 3 else (result, pixels)
    assert np.abs(grey.astype(int) - gamma_of(given)).max() <= (0 if dtype == np.uint8 else 1)
    if len(shape) == 3:
        assert np.array_equal(result[..., 1], pixels[..., 1])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_colour_keeps_its_colour_differences(channels, dtype):
    top = np.iinfo(dtype).max
    pixels = (noise((40, 50, channels), dtype) // 8 + top // 8).astype(dtype)
    result = enhance_pixels(GAMMA, pixels).astype(float)
    change = result[..., :3] - pixels[..., :3].astype(float)
    assert np.ptp(change, axis=2).max() <= 1
    light = pixels[..., :3] @ np.array([0.299, 0.587, 0.114]) / top
    assert np.abs(change.mean(axis=2) / top - (np.sqrt(light) - light)).max() <= 1 / top
    if channels == 4:
        assert np.array_equal(result[..., 3], pixels[..., 3])


def test_grey_stored_as_colour_stays_grey():
    pixels = np.repeat(noise((20, 20))[..., None], 3, axis=2)
    result = enhance_pixels(GAMMA, pixels)
    assert (result == result[..., :1]).all()
    assert np.abs(result[..., 0].astype(int) - gamma_of(pixels[..., 0])).max() <= 1


@pytest.mark.parametrize(
    ("name", "shape", "dtype"),
    [
        ("a.png", (30, 40), np.uint8),
        ("a.png", (30, 40), np.uint16),
        ("a.png", (30, 40, 2), np.uint8),
        ("a.png", (30, 40, 3), np.uint8),
        ("a.png", (30, 40, 3), np.uint16),
        ("a.png", (30, 40, 4), np.uint16),
        ("a.tif", (30, 40), np.uint8),
        ("a.tiff", (30, 40), np.uint16),
        ("a.tif", (30, 40, 3), np.uint8),
        ("a.tif", (30, 40, 3), np.uint16),
        ("a.tif", (30, 40, 4), np.uint8),
        ("a.bmp", (30, 40), np.uint8),
        ("a.bmp", (30, 40, 3), np.uint8),
    ],
)
def test_every_lossless_format_comes_back_exactly(tmp_path, name, shape, dtype):
    pixels = noise(shape, dtype)
    source = tmp_path / name
    if name.endswith(("tif", "tiff")):
        tifffile.imwrite(source, pixels, photometric="rgb" if len(shape) == 3 else "minisblack")
    elif dtype == np.uint16 and len(shape) == 3:
        import cv2

        cv2.imwrite(str(source), pixels[..., [2, 1, 0, 3][: shape[2]]])
    else:
        Image.fromarray(pixels).save(source)
    picture = read_image_file(source)
    assert picture.pixels.dtype == dtype and np.array_equal(picture.pixels, pixels)
    write_image_file(tmp_path / f"out-{name}", picture, 255 - picture.pixels)
    back = read_image_file(tmp_path / f"out-{name}")
    assert back.format == picture.format
    assert np.array_equal(back.pixels, 255 - pixels)


def test_png_metadata_is_kept(tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_text("Patient", "anonymous 7")
    text.add_itxt("Ort", "Würzburg")
    Image.fromarray(noise((8, 8))).save(tmp_path / "a.png", pnginfo=text, dpi=(96, 96), icc_profile=b"profile")
    picture = read_image_file(tmp_path / "a.png")
    write_image_file(tmp_path / "b.png", picture, picture.pixels)
    with Image.open(tmp_path / "a.png") as old, Image.open(tmp_path / "b.png") as new:
        assert new.text == old.text == {"Patient": "anonymous 7", "Ort": "Würzburg"}
        assert new.info["dpi"] == old.info["dpi"] and new.info["icc_profile"] == b"profile"


def test_tiff_metadata_is_kept(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif",
        noise((8, 8), np.uint16),
        description="field 400 µm".encode(),
        software="HRT3",
        datetime="2020:01:02 03:04:05",
        resolution=(9600, 9600),
        resolutionunit=3,
        metadata=None,
        extratags=[(315, "s", 0, "the clinic", True), (65000, "I", 2, (7, 8), True)],
    )
    picture = read_image_file(tmp_path / "a.tif")
    write_image_file(tmp_path / "b.tif", picture, picture.pixels)
    with tifffile.TiffFile(tmp_path / "a.tif") as old, tifffile.TiffFile(tmp_path / "b.tif") as new:
        for code in (270, 282, 283, 296, 305, 306, 315, 65000):
            assert new.pages[0].tags[code].value == old.pages[0].tags[code].value, code


def test_jpeg_keeps_exif(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "left eye"
    Image.fromarray(noise((16, 16))).save(tmp_path / "a.jpg", exif=exif, dpi=(72, 72))
    picture = read_image_file(tmp_path / "a.jpg")
    write_image_file(tmp_path / "b.jpg", picture, picture.pixels)
    with Image.open(tmp_path / "b.jpg") as new:
        assert new.getexif()[0x010E] == "left eye" and new.format == "JPEG" and new.mode == "L"


@pytest.mark.parametrize("length", [513, 700, 1000, 1024, 4001])
def test_tiles_cover_everything_and_overlap_by_a_quarter(length):
    places = tile_starts(length, 512)
    assert places[0] == 0 and places[-1] == length - 512
    assert all(next_ - one <= 384 for one, next_ in itertools.pairwise(places))


def test_a_pointwise_method_does_not_see_tiles():
    image = noise((700, 1000)).astype(np.float32) / 255
    assert np.allclose(apply_in_tiles(np.sqrt, image, 256), np.sqrt(image), atol=1e-6)


def test_tiles_leave_no_seam_even_where_they_disagree():
    """Every tile gets an offset of its own; between neighbouring pixels no more than offset / overlap may show."""
    offsets = iter(np.random.default_rng(0).uniform(-0.5, 0.5, 100))
    result = apply_in_tiles(lambda part: part + next(offsets), np.zeros((700, 1000), np.float32), 256)
    assert np.ptp(result) > 0.3
    assert max(np.abs(np.diff(result, axis=axis)).max() for axis in (0, 1)) < 3.0 / 64


def test_one_call_handles_all_kinds_and_a_corrupt_file(run, tmp_path, capsys):
    """The images of a data set, a 16-bit TIFF, a picture of 1000 x 700 and a corrupt file."""
    given = tmp_path / "given"
    (given / "eye 1").mkdir(parents=True)
    for index in range(3):
        Image.fromarray(noise((96, 96), key=index)).save(given / f"eye 1/frame_{index}.png")
    tifffile.imwrite(given / "deep.tif", noise((130, 90), np.uint16))
    Image.fromarray(noise((700, 1000, 3))).save(given / "wide.png")
    (given / "corrupt.png").write_bytes((given / "wide.png").read_bytes()[:5000])
    (given / "notes.txt").write_text("not an image")
    arguments = ["enhance", "--weights", str(run), "--input", str(given), "--output", str(tmp_path / "out")]
    assert main([*arguments, "--tile", "512"]) == 1
    told = capsys.readouterr().err
    assert "5 enhanced, 1 failed, 1 left out" in told and "corrupt.png: An image cannot be read" in told
    assert re.search(r"\d images/s", told) and re.search(r"^  [\d.e+]+ images per second", told, re.MULTILINE)
    found = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*"))
    assert found == ["deep.tif", *(f"eye 1/frame_{index}.png" for index in range(3)), "wide.png"]
    for name in found:
        old, new = read_image_file(given / name), read_image_file(tmp_path / "out" / name)
        assert new.pixels.shape == old.pixels.shape and new.pixels.dtype == old.pixels.dtype
        assert not np.array_equal(new.pixels, old.pixels)

    before = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in found}
    (given / "corrupt.png").unlink()
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "0 enhanced, 5 kept" in told and "per second" not in told
    assert before == {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in found}
    (given / "wide.png").unlink()
    assert main([*arguments, "--force"]) == 0
    assert (tmp_path / "out/deep.tif").stat().st_mtime_ns != before["deep.tif"]


def test_it_gives_what_the_benchmark_gives(run, tmp_path):
    from sspbench.commands.named_methods import load_run_settings
    from sspbench.stages.enhance import enhance_image, load_method

    pixels = noise((100, 84))
    method = load_method(load_run_settings(run), run / "weights.safetensors")
    assert np.array_equal(enhance_pixels(method, pixels), enhance_image(method, pixels, "sspnet"))


@pytest.mark.parametrize("kind", ["pages", "float", "gif", "empty"])
def test_files_that_cannot_be_used_say_why(tmp_path, capsys, kind):
    given = tmp_path / "given"
    given.mkdir()
    if kind == "pages":
        tifffile.imwrite(given / "a.tif", noise((3, 20, 20)), photometric="minisblack")
    elif kind == "float":
        tifffile.imwrite(given / "a.tif", np.zeros((20, 20), np.float32))
    elif kind == "gif":
        Image.fromarray(noise((20, 20))).save(given / "a.png", format="GIF")
    else:
        (given / "a.png").write_bytes(b"")
    assert main(["enhance", "--method", "dcp", "--input", str(given), "--output", str(tmp_path / "out")]) == 1
    expected = {
        "pages": "3 pages",
        "float": "floating-point pixels",
        "gif": "GIF files",
        "empty": "not an image of a known kind",
    }[kind]
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [TypeError("no such luck"), KeyError("name"), SystemExit(0)])
def test_whatever_a_method_does_to_one_image_the_others_are_enhanced(tmp_path, wrong):
    class Moody(Method):
        def enhance(self, images):
            if images.shape[-1] == 32:
                raise wrong
            return images

    files = []
    for name, width in (("a.png", 20), ("b.png", 32), ("c.png", 24)):
        Image.fromarray(noise((16, width))).save(tmp_path / name)
        files.append((tmp_path / name, Path(name)))
    outcome = enhance_files(Moody({}), files, tmp_path / "out", force=False, tile=0)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]
    assert outcome.enhanced == 2
    ((name, reason),) = outcome.failed
    assert name == "b.png"
    assert reason.startswith(type(wrong).__name__)


def test_a_classical_method_and_real_images(tmp_path, capsys):
    if not MINI.is_dir():
        pytest.skip("the small real image set is not beside this checkout")
    arguments = ["enhance", "--method", "dcp", "--input", str(MINI / "testA"), "--output", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert "16 enhanced" in capsys.readouterr().out
