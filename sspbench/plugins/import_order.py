"""Plugins and reports are imported from the checkout, even if other packages have the names of their folders.

The folders have no ``__init__.py``, so that plugins may lie in several places. Python prefers any package that has one,
even at the end of its search path: a folder ``data`` or ``metrics`` of another project on ``PYTHONPATH``.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

CHECKOUT_FOLDERS = ("data", "methods", "metrics", "report", "segmentation")


def prefer_checkout_folders() -> None:
    """Make Python pass over other packages with the names of the checkout's folders; once per process."""
    if not any(isinstance(finder, _FolderFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _FolderFinder())


class _FolderFinder(MetaPathFinder):
    """Finds the checkout's folders as namespace packages."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of one of the folders, None for any other module."""
        if fullname not in CHECKOUT_FOLDERS:
            return None
        places = [place for place in sys.path if not _has_other_module(Path(place), fullname)]
        return PathFinder.find_spec(fullname, places, target)


def _has_other_module(place: Path, name: str) -> bool:
    files = [place / name / "__init__.py", *(place / f"{name}{end}" for end in importlib.machinery.all_suffixes())]
    return any(path.is_file() for path in files)
