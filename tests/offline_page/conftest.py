"""Trained runs, the offline page that holds them, and a browser that opens it with the network off."""

from contextlib import ExitStack

import pytest

from sspbench.commands.export import make_page_model
from sspbench.errors import UserError
from sspbench.offline_page.page import render_page
from sspbench.offline_page.runtime import load_runtime
from tests.browser import open_page
from tests.offline_page.visitor import IN_COLOUR, METHODS
from tests.run_folder import run_of


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for name in (*METHODS, "colour"):
        (folder / name).mkdir()
    return [*(run_of(name, folder / name) for name in METHODS), run_of(IN_COLOUR, folder / "colour", "rgb")]


@pytest.fixture(scope="session")
def file(runs, tmp_path_factory):
    try:
        runtime = load_runtime()
    except UserError as error:
        pytest.skip(f"no runtime for browsers: {error}")
    path = tmp_path_factory.mktemp("page") / "enhance.html"
    path.write_text(render_page([make_page_model(run) for run in runs], runtime), encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium, file):
    """A function that opens the page."""
    with ExitStack() as pages:
        yield lambda width=1280, script="": pages.enter_context(open_page(chromium, file, width, script))
