"""A reader at the page in a real browser, network off: divider, methods, sorting, and nothing asked of the network."""

import pytest

from tests.accessible import find_faults
from tests.browser import needs_browser, open_page
from tests.synthetic_results import make_drawn_results

pytestmark = needs_browser


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        results = make_drawn_results(folder, rename={"dcp": "<img src=x onerror=alert(1)>DCP"})
    return results.plan.layout.root / "report.html"


@pytest.fixture(params=[1280, 400], ids=["wide", "narrow"])
def page(request, chromium, file):
    """The opened page."""
    with open_page(chromium, file, request.param) as opened:
        yield opened


def clip(page):
    return page.locator("#viewer .over").evaluate("element => element.style.clipPath")


def test_the_page_fits_its_width(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_answers_plot_has_room(page):
    plots = page.locator("#forest tbody td.plot > svg").all()
    boxes = [plot.bounding_box() for plot in plots]
    assert boxes and min(box["width"] for box in boxes) > 250 and min(box["height"] for box in boxes) > 20
    column = page.locator("#forest tbody td.plot").first.bounding_box()
    for point in page.locator("#forest tbody circle.point").all():
        assert column["x"] <= point.bounding_box()["x"] <= column["x"] + column["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_readers_of_all_kinds_get_in(page, scheme):
    assert find_faults(page, scheme) == []


def test_the_divider_follows_mouse_and_keys(page):
    viewer = page.locator("#viewer")
    viewer.scroll_into_view_if_needed()
    box = viewer.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 40, steps=4)
    page.mouse.up()
    assert float(page.locator("#gallery-divider").input_value()) == pytest.approx(25, abs=1)
    before = clip(page)
    assert "inset" in before
    viewer.focus()
    page.keyboard.press("ArrowRight")
    assert float(page.locator("#gallery-divider").input_value()) == pytest.approx(27, abs=1)
    assert clip(page) != before
    page.locator("#gallery-divider").focus()
    page.keyboard.press("End")
    assert float(page.locator("#gallery-divider").input_value()) == 100


def test_both_pictures_zoom_together(page):
    page.locator("#viewer").focus()
    for key in "++d":
        page.keyboard.press(key)
    looks = "element => [element.style.transform, element.style.transformOrigin]"
    under, over = (page.locator(place).evaluate(looks) for place in ("#viewer .under", "#viewer .over img"))
    assert under == over == ["scale(2)", "55% 50%"]


def test_methods_images_and_layers_are_switched(page):
    shown = page.locator("#viewer .under")
    first = shown.get_attribute("src")
    page.locator("#gallery-right").select_option(label="StillGAN")
    second = shown.get_attribute("src")
    assert second != first and "StillGAN" in shown.get_attribute("alt")
    page.locator("#gallery-layer").select_option("mask")
    third = shown.get_attribute("src")
    assert third not in (first, second) and third.startswith("data:image/png")
    page.locator("#gallery-image").select_option(index=1)
    assert shown.get_attribute("src") not in (first, second, third)
    assert page.locator(".sheet:visible").count() == 1
    page.locator("#gallery-swap").click()
    assert page.locator("#viewer .tag.left").inner_text() == "StillGAN"


def test_a_failed_method_says_why_in_the_gallery(page):
    page.locator("#gallery-right").select_option(index=2)
    assert "diverged" in page.locator("#viewer .tag.right").inner_text()
    assert not page.locator("#viewer .under").is_visible()


def test_a_table_is_sorted_both_ways_with_the_failed_last(page):
    head = page.locator("#table1_quality thead th").nth(1)
    cells = page.locator("#table1_quality tbody tr td:nth-child(2)")
    better = head.get_attribute("data-better")
    for direction in ("descending", "ascending") if better == "higher" else ("ascending", "descending"):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == direction
        keys = [cell.get_attribute("data-key") for cell in cells.all()]
        numbers = [float(key) for key in keys if key]
        assert numbers == sorted(numbers, reverse=direction == "descending")
        assert keys[-1] is None


def test_a_label_with_html_in_it_is_text(page):
    assert page.locator("img[src='x']").count() == 0
    assert page.locator("#table1_quality").get_by_text("<img src=x onerror=alert(1)>DCP").count() == 1


def test_a_claims_link_leads_to_its_cell(page):
    link = page.locator(".verdicts a").first
    target = link.get_attribute("href")
    link.click()
    assert page.evaluate("document.querySelector(':target').id") == target[1:]


def test_the_page_reads_without_scripts(chromium, file):
    context = chromium.new_context(viewport={"width": 800, "height": 900}, offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert not page.locator("#viewer").is_visible()
    assert page.locator(".sheet:visible").count() == 6
    context.close()
