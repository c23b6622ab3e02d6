"""A real browser with its network off, for tests of pages."""

from contextlib import contextmanager
from pathlib import Path

import pytest

BROWSER = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(not BROWSER.exists(), reason=f"no browser at {BROWSER}: run `make test-browser`"),
]
"""The marks of a test file that opens pages; its tests take the fixture ``chromium``."""


@contextmanager
def start_browser():
    """Give a browser; skip the test where playwright is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: uv sync --group test-extras")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(BROWSER), args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def open_page(browser, file, width=1280, script=""):
    """Open a file; afterwards the console must be clean and no request may have left the file."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    said, asked = [], []
    page.add_init_script(script)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    yield page
    context.close()
    assert said == []
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {file.as_uri()}
