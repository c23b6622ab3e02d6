"""A place for plugins that tests write."""

import sys

import pytest


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A place for plugins of a test's own; their modules are forgotten afterwards."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("methods", "segmentation", "metrics", "data"):
            del sys.modules[name]
