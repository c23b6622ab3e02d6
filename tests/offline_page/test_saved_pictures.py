"""The pictures that the offline page saves are those of torch, whatever kind of picture it gets."""

import zlib

import numpy as np
import pytest
from PIL import Image

from sspbench.images.enhancement_rules import ENHANCEMENT_RULES
from sspbench.images.picture_files import decide_folder_whites, read_image_file
from tests.browser import needs_browser
from tests.offline_page.visitor import METHODS, by_torch, give, noise, png, problem, saved, share_of_range

pytestmark = needs_browser

LARGEST_DIFFERENCE = 1e-3
"""Between page and torch, as a share of the range."""


def brightest_shown(image):
    """The largest value of red in a picture as the browser shows it."""
    return image.evaluate(
        """image => {
          const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
          const pencil = canvas.getContext("2d");
          pencil.drawImage(image, 0, 0);
          const { data } = pencil.getImageData(0, 0, canvas.width, canvas.height);
          return Math.max(...data.filter((_, at) => at % 4 === 0));
        }"""
    )


@pytest.mark.parametrize("index", range(len(METHODS)), ids=METHODS)
def test_page_and_torch_agree_in_grey_and_colour_at_odd_sizes(opened, runs, tmp_path, index):
    page = opened()
    page.locator("#method").select_option(str(index))
    for shape in [(97, 65), (45, 71, 3)]:
        pixels = noise(*shape, dtype=np.uint16)
        give(page, png(pixels, tmp_path / f"given-{len(shape)}.png"))
        expected = by_torch(runs[index], pixels)
        assert np.abs(expected.astype(float) - pixels).max() > 1000
        assert share_of_range(saved(page, tmp_path), expected) <= LARGEST_DIFFERENCE
        page.locator("#status").evaluate("element => { element.textContent = ''; }")


def test_tiles_are_those_of_the_command_line(opened, runs, tmp_path):
    page = opened()
    pixels = noise(40, ENHANCEMENT_RULES.tile + 177, dtype=np.uint16)
    give(page, png(pixels, tmp_path / "wide.png"))
    assert share_of_range(saved(page, tmp_path), by_torch(runs[0], pixels)) <= LARGEST_DIFFERENCE


@pytest.mark.parametrize("shape", [(45, 71, 3), (45, 71, 4), (30, ENHANCEMENT_RULES.tile + 177, 3)])
def test_a_method_trained_in_colour_gets_all_three_colours(opened, runs, tmp_path, shape):
    page = opened()
    page.locator("#method").select_option(str(len(METHODS)))
    pixels = noise(*shape, dtype=np.uint16)
    give(page, png(pixels, tmp_path / "given.png"))
    expected = by_torch(runs[-1], pixels)
    assert np.abs(expected.astype(float) - pixels)[..., :3].max() > 1000
    assert share_of_range(saved(page, tmp_path), expected) <= LARGEST_DIFFERENCE


def test_a_method_trained_in_colour_refuses_a_grey_picture(opened, tmp_path):
    page = opened()
    page.locator("#method").select_option(str(len(METHODS)))
    give(page, png(noise(40, 51), tmp_path / "grey.png"))
    assert "The picture is grey, and this method was trained on pictures in colour" in problem(page)


@pytest.mark.parametrize("shape", [(40, 51), (40, 51, 2), (40, 51, 3), (40, 51, 4)], ids=["L", "LA", "RGB", "RGBA"])
def test_8_bit_pictures_of_all_kinds_keep_their_channels(opened, runs, tmp_path, shape):
    page = opened()
    pixels = noise(*shape)
    give(page, png(pixels, tmp_path / "given.png"))
    found, expected = saved(page, tmp_path), by_torch(runs[0], pixels)
    assert share_of_range(found, expected) <= 1 / 255 + 1e-9  # a value on the edge may round to its neighbour
    assert (found != expected).mean() < 0.01
    if shape[2:] in [(2,), (4,)]:
        assert (found[..., -1] == pixels[..., -1]).all()


@pytest.mark.parametrize(("bits", "shape"), [(12, (40, 51)), (10, (40, 51, 3))])
def test_a_picture_of_a_camera_with_fewer_bits_has_the_white_of_the_command_line(opened, runs, tmp_path, bits, shape):
    page = opened()
    pixels = noise(*shape, dtype=np.uint16) >> (16 - bits)
    path = png(pixels, tmp_path / "camera.png")
    white = decide_folder_whites([(path, path)], None)[tmp_path]
    assert white == 2**bits - 1
    give(page, path)
    found, expected = saved(page, tmp_path), by_torch(runs[0], pixels, white)
    assert np.abs(found.astype(float) - expected).max() <= LARGEST_DIFFERENCE * white
    assert f"{white} is taken for white" in page.locator("#status").inner_text()
    red = pixels if len(shape) == 2 else pixels[..., 0]
    assert brightest_shown(page.locator("#before")) == round(255 * int(red.max()) / white)


def test_the_significant_bits_of_a_png_are_its_white(opened, runs, tmp_path):
    page = opened()
    pixels = noise(40, 51, dtype=np.uint16) >> 6  # ten bits in a file that says twelve
    content = png(pixels, tmp_path / "plain.png").read_bytes()
    chunk = b"sBIT\x0c"
    head = 33
    said = len(chunk[4:]).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    (tmp_path / "said.png").write_bytes(content[:head] + said + content[head:])
    give(page, tmp_path / "said.png")
    expected = by_torch(runs[0], pixels, 4095)
    assert np.abs(saved(page, tmp_path).astype(float) - expected).max() <= LARGEST_DIFFERENCE * 4095


@pytest.mark.parametrize("shape", [(40, 51), (40, 51, 3)])
def test_a_transparent_colour_becomes_alpha(opened, runs, tmp_path, shape):
    page = opened()
    pixels = noise(*shape)
    key = tuple(pixels[0, 0].tolist()) if shape[2:] else int(pixels[0, 0])
    Image.fromarray(pixels).save(tmp_path / "keyed.png", transparency=key)
    given = read_image_file(tmp_path / "keyed.png").pixels
    assert given[0, 0, -1] == 0 and given[..., -1].max() == 255
    give(page, tmp_path / "keyed.png")
    assert share_of_range(saved(page, tmp_path), by_torch(runs[0], given)) <= 1 / 255 + 1e-9


def test_a_palette_and_a_jpeg_are_read(opened, runs, tmp_path):
    page = opened()
    palette = Image.fromarray(noise(40, 50, 3)).quantize(16)
    palette.save(tmp_path / "palette.png", bits=4)
    give(page, tmp_path / "palette.png")
    expected = by_torch(runs[0], np.asarray(palette.convert("RGB")))
    assert share_of_range(saved(page, tmp_path), expected) <= 1 / 255 + 1e-9
    page.locator("#status").evaluate("element => { element.textContent = ''; }")
    Image.fromarray(noise(48, 56)).save(tmp_path / "grey.jpg", quality=95)
    give(page, tmp_path / "grey.jpg")
    expected = by_torch(runs[0], np.asarray(Image.open(tmp_path / "grey.jpg")))
    assert share_of_range(saved(page, tmp_path), expected) <= 4 / 255  # decoders of JPEG differ by a level or two


def test_metadata_of_a_png_is_kept(opened, tmp_path):
    page = opened()
    Image.fromarray(noise(40, 40)).save(tmp_path / "scaled.png", dpi=(300, 300))
    give(page, tmp_path / "scaled.png")
    page.get_by_text("Done in").wait_for(timeout=60_000)
    with page.expect_download() as download:
        page.locator("#save").click()
    assert Image.open(download.value.path()).info["dpi"] == pytest.approx((300, 300), abs=0.1)
