"""A visitor at the offline page in a real browser, network off: the pictures that come out are those of torch."""

import io

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from sspbench.commands.enhance import enhance_pixels
from sspbench.commands.named_methods import limit_tile, load_run_settings
from sspbench.commands.page_models import page_models
from sspbench.errors import UserError
from sspbench.images.enhancement_rules import RULES
from sspbench.images.picture_files import read_image_file
from sspbench.offline_page.page import render_page
from sspbench.offline_page.runtime import load_runtime
from sspbench.stages.enhance import load_method
from tests.run_folder import run_of
from tests.workflow.test_browser import BROWSER, FLAGS

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: uv sync --group test-extras")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not BROWSER.exists(), reason=f"no browser at {BROWSER}: run `make test-browser`"),
]

METHODS = ["sspnet", "cut", "enlightengan"]
LARGEST_DIFFERENCE = 1e-3
"""Between page and torch, as a share of the range."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for name in METHODS:
        (folder / name).mkdir()
    return [run_of(name, folder / name) for name in METHODS]


@pytest.fixture(scope="module")
def file(runs, tmp_path_factory):
    try:
        runtime = load_runtime()
    except UserError as error:
        pytest.skip(f"no runtime for browsers: {error}")
    path = tmp_path_factory.mktemp("page") / "enhance.html"
    path.write_text(render_page(page_models(runs), runtime), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(BROWSER), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, file):
    """A function that opens the page; afterwards the console must be clean and no request may have left the file."""
    contexts, said, asked = [], [], []

    def function(width=1280, script=""):
        context = chromium.new_context(viewport={"width": width, "height": 900}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(script)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        return page

    yield function
    for context in contexts:
        context.close()
    assert said == []
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {file.as_uri()}


def noise(*shape, dtype=np.uint8):
    """Pixels of all values on a slope."""
    values = 0.7 * np.random.default_rng(5).random(shape) + 0.3 * np.linspace(0, 1, shape[1]).reshape(
        (1, -1) + (1,) * (len(shape) - 2)
    )
    return np.rint(values * np.iinfo(dtype).max).astype(dtype)


def png(pixels, path):
    path.write_bytes(imagecodecs.png_encode(pixels))
    return path


def problem(page):
    page.locator("#problem").wait_for(state="visible")
    return page.locator("#problem").inner_text()


def give(page, path):
    page.locator("#file").set_input_files(path)


def saved(page, folder):
    page.get_by_text("Done in").wait_for(timeout=120_000)
    with page.expect_download() as download:
        page.locator("#save").click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return read_image_file(target).pixels


def by_torch(run, pixels):
    settings = load_run_settings(run)
    return enhance_pixels(load_method(settings, run / "weights.safetensors"), pixels, limit_tile(settings, RULES.tile))


def share_of_range(found, expected):
    assert found.shape == expected.shape and found.dtype == expected.dtype
    return np.abs(found.astype(float) - expected).max() / np.iinfo(expected.dtype).max


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
    pixels = noise(40, RULES.tile + 177, dtype=np.uint16)
    give(page, png(pixels, tmp_path / "wide.png"))
    assert share_of_range(saved(page, tmp_path), by_torch(runs[0], pixels)) <= LARGEST_DIFFERENCE


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


def test_a_picture_can_be_dropped_anywhere(opened, tmp_path):
    page = opened()
    content = list(png(noise(40, 40), tmp_path / "given.png").read_bytes())
    dropped = page.evaluate_handle(
        """content => {
          const dropped = new DataTransfer();
          dropped.items.add(new File([new Uint8Array(content)], "dropped.png", { type: "image/png" }));
          return dropped;
        }""",
        content,
    )
    page.dispatch_event("body", "drop", {"dataTransfer": dropped})
    page.get_by_text("Done in").wait_for(timeout=60_000)
    assert page.locator("#before").get_attribute("alt") == "dropped.png as you gave it"


def test_metadata_of_a_png_is_kept(opened, tmp_path):
    page = opened()
    Image.fromarray(noise(40, 40)).save(tmp_path / "scaled.png", dpi=(300, 300))
    give(page, tmp_path / "scaled.png")
    page.get_by_text("Done in").wait_for(timeout=60_000)
    with page.expect_download() as download:
        page.locator("#save").click()
    assert Image.open(download.value.path()).info["dpi"] == pytest.approx((300, 300), abs=0.1)


def broken_files():
    stream = io.BytesIO()
    Image.fromarray(noise(64, 64)).save(stream, format="PNG")
    whole = stream.getvalue()
    spoilt = bytearray(whole)
    spoilt[len(whole) // 2] ^= 255
    huge = io.BytesIO()
    Image.fromarray(np.zeros((3, 4097), np.uint8)).save(huge, format="PNG")
    return {
        "cut.png": (whole[: len(whole) // 2], "The file is damaged"),
        "spoilt.png": (bytes(spoilt), "The file is damaged"),
        "text.jpg": (b"no picture", "not a picture that the browser can open"),
        "scan.tif": (b"II*\x00", "This browser cannot open TIFF files"),
        "huge.png": (huge.getvalue(), "4097 x 3 pixels. This page takes pictures of up to 4096 pixels a side"),
    }


@pytest.mark.parametrize("name", list(broken_files()))
def test_a_file_that_cannot_be_used_gets_a_sentence(opened, tmp_path, name):
    page = opened()
    content, sentence = broken_files()[name]
    (tmp_path / name).write_bytes(content)
    give(page, tmp_path / name)
    assert sentence in problem(page)
    assert not page.locator("#result").is_visible()
    give(page, png(noise(40, 40), tmp_path / "good.png"))
    page.locator("#result").wait_for(state="visible")
    assert not page.locator("#problem").is_visible()


def test_a_picture_too_small_for_a_network_gets_a_sentence(opened, tmp_path):
    page = opened()
    give(page, png(noise(20, 60), tmp_path / "small.png"))
    assert "60 x 20 pixels. This method needs 33 pixels a side or more" in problem(page)


@pytest.mark.parametrize("missing", ["WebAssembly", "DecompressionStream"])
def test_a_browser_that_lacks_something_gets_a_sentence(opened, missing):
    page = opened(script=f"delete globalThis.{missing};")
    assert f"This browser lacks {missing}" in problem(page)
    assert page.locator("#file").is_disabled()


def test_another_method_is_shown_with_its_training(opened, tmp_path):
    page = opened(width=400)
    give(page, png(noise(40, 40), tmp_path / "given.png"))
    page.locator("#result").wait_for(state="visible")
    first = page.locator("#after").get_attribute("src")
    page.locator("#method").select_option("1")
    page.wait_for_function("first => document.getElementById('after').getAttribute('src') !== first", arg=first)
    assert page.locator(".model-facts:visible").count() == 1
    assert "CUT" in page.locator(".model-facts:visible h3").inner_text()
    assert "Demonstration scale" in page.locator(".model-facts:visible .banner").inner_text()
    assert "Not for diagnosis" in page.locator("header").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_divider_follows_mouse_and_keys(opened, tmp_path):
    page = opened()
    give(page, png(noise(200, 300), tmp_path / "given.png"))
    viewer, divider = page.locator("#viewer"), page.locator("#divider")
    viewer.wait_for(state="visible")
    viewer.scroll_into_view_if_needed()
    box = viewer.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 40, steps=4)
    page.mouse.up()
    assert float(divider.input_value()) == pytest.approx(25, abs=1)
    viewer.focus()
    page.keyboard.press("ArrowRight")
    assert float(divider.input_value()) == pytest.approx(27, abs=1)
    assert viewer.locator(".over").evaluate("element => element.style.clipPath") == "inset(0px 73% 0px 0px)"


def test_a_page_without_scripts_says_so(chromium, file):
    context = chromium.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.get_by_text("This page needs JavaScript").is_visible()
    assert not page.locator("#file").is_visible()
    context.close()
