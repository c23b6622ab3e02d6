"""Where everything lies: the paths of prepared data and results."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

# Characters of a folder's name that are kept in the name of its results.
MAX_DATASET_NAME_CHARS = 100


def dataset_id(plugin: str, data_root: Path | None) -> str:
    """Return the name of a data set in the results: ``cornsim``, or ``folder-<name>`` for a user's folder.

    A name that had to be changed gets eight digits of the path's hash, so that different names stay different.

    >>> dataset_id("folder", Path("../shared/data/ivcm-mini"))
    'folder-ivcm-mini'
    """
    if plugin != "folder" or data_root is None:
        return plugin
    place = data_root.resolve()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", place.name)
    if plain == place.name and 0 < len(plain) <= MAX_DATASET_NAME_CHARS:
        return f"folder-{plain}"
    mark = hashlib.sha256(os.fsencode(place)).hexdigest()[:8]
    return "-".join(["folder", *filter(None, [plain[:MAX_DATASET_NAME_CHARS].strip("-")]), mark])


@dataclass(frozen=True)
class Layout:
    """Paths of one data set under one preset.

    Attributes:
        results: The results folder.
        dataset: Name of the data set in the results.
        preset: The preset.
        plugin: The folder of ``data/`` that prepares it.
    """

    results: Path
    dataset: str
    preset: str
    plugin: str

    @property
    def root(self) -> Path:
        """``results/<dataset>/<preset>``."""
        return self.results / self.dataset / self.preset

    @property
    def data(self) -> Path:
        """The prepared images, with ``manifest.json``."""
        return Path("data") / self.plugin / "images" / self.dataset / self.preset

    @property
    def manifest(self) -> Path:
        """The list of the prepared images with their hashes."""
        return self.data / "manifest.json"

    @property
    def source_record(self) -> Path:
        """The record of the user's folder that the images come from, one for all presets."""
        return self.data.parent / "source.json"

    @property
    def tables(self) -> Path:
        """The folder of tables."""
        return self.root / "tables"

    @property
    def figures(self) -> Path:
        """The folder of figures."""
        return self.root / "figures"

    def run_folder(self, run_id: str, seed: int) -> Path:
        """The folder of one run."""
        return self.root / "runs" / run_id / f"seed-{seed}"

    def segmenter_folder(self, name: str, seed: int, domain: str = "high") -> Path:
        """The folder of a segmenter's training on HQ images, or on LQ images (``low``)."""
        return self.root / ("segmenter" if domain == "high" else f"segmenter-{domain}") / name / f"seed-{seed}"
