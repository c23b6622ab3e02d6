"""Trained runs, the offline page that holds them, and a browser that opens it with the network off."""

import pytest

from sspbench.commands.page_models import make_page_models
from sspbench.errors import UserError
from sspbench.offline_page.page import render_page
from sspbench.offline_page.runtime import load_runtime
from tests.offline_page.visitor import METHODS
from tests.run_folder import run_of


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for name in METHODS:
        (folder / name).mkdir()
    return [run_of(name, folder / name) for name in METHODS]


@pytest.fixture(scope="session")
def file(runs, tmp_path_factory):
    try:
        runtime = load_runtime()
    except UserError as error:
        pytest.skip(f"no runtime for browsers: {error}")
    path = tmp_path_factory.mktemp("page") / "enhance.html"
    path.write_text(render_page(make_page_models(runs), runtime), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def chromium():
    from playwright import sync_api as playwright

    from tests.workflow.test_browser import BROWSER, FLAGS

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
