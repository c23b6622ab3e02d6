"""A visitor at the offline page in a real browser, network off: what is said, shown and reachable by keys."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.accessible import find_faults
from tests.browser import needs_browser
from tests.offline_page.visitor import give, noise, png, problem

pytestmark = needs_browser


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_readers_of_all_kinds_get_in(opened, tmp_path, scheme):
    page = opened(width=400)
    assert find_faults(page, scheme) == []
    give(page, png(noise(60, 80), tmp_path / "given.png"))
    page.locator("#result").wait_for(state="visible")
    assert find_faults(page, scheme) == []
