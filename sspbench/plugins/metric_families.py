"""Metric families: found by their class without importing them, loaded with checked options."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..checkout import ROOT
from ..errors import Faults
from .discovery import find_single_class, import_plugin_module
from .kinds import METRIC_KIND
from .parameter_schemas import build_object_schema
from .schemas import add_faults, find_faults
from .source_files import parse_python

if TYPE_CHECKING:
    from ..contract import ColorMode, MetricFamily, Structure

COLOUR_FIELDS = frozenset({"image_rgb", "clean_rgb"})
"""What grey data sets never have of a :class:`~sspbench.contract.ScoringBatch`."""


def find_metric_files(root: Path = ROOT) -> dict[str, Path]:
    """Return the files of ``metrics/`` that define a subclass of :class:`MetricFamily`, by name; nothing is imported.

    Raises:
        UserError: a file is not valid Python.
    """
    return {path.stem: path for path in sorted((root / METRIC_KIND.group).glob("*.py")) if _defines_family(path)}


def _defines_family(path: Path) -> bool:
    classes = (node for node in parse_python(path).body if isinstance(node, ast.ClassDef))
    return any(ast.unparse(base).split(".")[-1] == "MetricFamily" for node in classes for base in node.bases)


def load_metric_class(name: str) -> type[MetricFamily]:
    """Import a metric family and return its class."""
    return _load_class(find_metric_files()[name])


def _load_class(path: Path) -> type[MetricFamily]:
    from ..contract import MetricFamily

    return find_single_class(import_plugin_module(f"{METRIC_KIND.group}.{path.stem}", path), MetricFamily, path)


def load_options_schema(name: str) -> dict[str, Any]:
    """Import a metric family and return the JSON Schema of its options."""
    return build_object_schema(load_metric_class(name).options_schema)


def load_metric_family(name: str, options: Mapping[str, Any] | None = None) -> MetricFamily:
    """Import a metric family and return an instance.

    Raises:
        UserError: an option is unknown or not allowed.
    """
    return _load_family(find_metric_files()[name], options)


def _load_family(path: Path, options: Mapping[str, Any] | None) -> MetricFamily:
    given, kind = dict(options or {}), _load_class(path)
    with Faults("Options of a metric family are wrong") as faults:
        found = find_faults(given, build_object_schema(kind.options_schema), noun="option")
        add_faults(found, f"config: metrics.{path.stem}", faults, separator=".")
    return kind(given)


def load_metric_families(
    options: Mapping[str, Mapping[str, Any]] | None = None,
    structure: Structure | None = None,
    color: ColorMode | None = None,
) -> dict[str, MetricFamily]:
    """Import metric families and return one instance of each, by file name.

    Args:
        options: Options by family name (the config's ``metrics``).
        structure: What the labels show: families that cannot measure it are left out; None: all families.
        color: Mode of the images: families that need colour are left out of grey ones; None: all families.
    """
    chosen = dict(options or {})
    families = {name: _load_family(path, chosen.get(name)) for name, path in find_metric_files().items()}
    return {
        name: one
        for name, one in families.items()
        if (structure is None or structure in one.structures) and not (color == "grey" and one.needs & COLOUR_FIELDS)
    }
