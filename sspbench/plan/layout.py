"""Where everything lies: the paths of prepared data and results."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


def dataset_id(plugin: str, data_root: Path | None) -> str:
    """Return the name of a data set in the results: ``cornsim``, or ``folder-<name>`` for a user's folder.

    >>> dataset_id("folder", Path("../shared/data/ivcm-mini"))
    'folder-ivcm-mini'
    """
    if plugin != "folder" or data_root is None:
        return plugin
    return f"folder-{re.sub(r'[^A-Za-z0-9._-]+', '-', data_root.resolve().name)}"


@dataclass(frozen=True)
class Layout:
    """Paths of one data set under one preset."""

    results: Path
    dataset: str
    preset: str

    @property
    def root(self) -> Path:
        """``results/<dataset>/<preset>``."""
        return self.results / self.dataset / self.preset

    @property
    def data(self) -> Path:
        """The prepared images, with ``manifest.json``."""
        plugin = "folder" if self.dataset.startswith("folder-") else self.dataset
        return Path("data") / plugin / "images" / self.dataset / self.preset

    @property
    def manifest(self) -> Path:
        """The list of the prepared images with their hashes."""
        return self.data / "manifest.json"

    @property
    def tables(self) -> Path:
        """The folder of tables."""
        return self.root / "tables"

    @property
    def figures(self) -> Path:
        """The folder of figures."""
        return self.root / "figures"

    def run(self, run_id: str, seed: int) -> Path:
        """The folder of one run."""
        return self.root / "runs" / run_id / f"seed-{seed}"

    def segmenter(self, name: str) -> Path:
        """The folder of a segmenter."""
        return self.root / "segmenter" / name
