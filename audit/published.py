"""Reads published tables written as YAML (format: ``README.md`` beside this file), checked against the schema."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import yaml

from sspbench.errors import Faults, UserError
from sspbench.plugins.source_files import read_yaml

from .printed_table import PrintedRow, PrintedTable
from .quantity import Quantity, quantities

CELL = re.compile(r"^\s*(?P<mean>[-+]?\d*\.?\d+)\s*(?:(?:±|\+-|\+/-)\s*(?P<spread>\d*\.?\d+))?\s*$")
"""A printed cell: ``0.5673 ± 0.0259``, ``0.5673 +- 0.0259`` or ``0.5673``."""


@dataclass(frozen=True)
class Published:
    """The tables and claims of one paper.

    Attributes:
        paper: ``paper`` of the file: key, title, reference, dataset, preset.
        tables: Its tables by id.
        claims: What the text says about the tables, as data.
        reasons: Known reasons why a reproduction may differ.
        ours: By table id and printed method: ``{"method": ..., "variant": ...}``, the suite's own row.
        path: The file.
        design: How the methods' images relate: ``independent`` sets, ``paired`` (the same images) or ``unknown``.
    """

    paper: Mapping[str, str]
    tables: Mapping[str, PrintedTable]
    claims: tuple[Mapping[str, Any], ...]
    reasons: tuple[Mapping[str, str], ...]
    ours: Mapping[str, Mapping[str, Mapping[str, str]]]
    path: Path
    design: str = "unknown"


@cache
def _schema() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "schema.yaml").read_text())
    return content


def load_published(path: Path) -> Published:
    """Read a published table file.

    Raises:
        UserError: the file is missing, is not YAML, breaks the schema, or names unknown quantities or methods.
    """
    content = _content(Path(path))
    _check_schema(content, path)
    _check_names(content, path)
    tables = {entry["id"]: _table(entry, content) for entry in content["tables"]}
    return Published(
        paper=content["paper"],
        tables=tables,
        claims=tuple(content.get("claims", ())),
        reasons=tuple(content.get("reasons", ())),
        ours={entry["id"]: entry.get("ours", {}) for entry in content["tables"]},
        path=Path(path),
        design=content["images"].get("design", "unknown"),
    )


def _content(path: Path) -> Any:
    if not os.path.exists(path):  # noqa: PTH110  # Path.exists raises for what is no path
        raise UserError("There is no such table file", where=str(path)[:300], hint="see audit/README.md")
    return read_yaml(path)


def _check_schema(content: Any, path: Path) -> None:
    validator = jsonschema.Draft202012Validator(_schema())
    with Faults("The table file does not follow the format", where=f"{path} (see audit/README.md)") as faults:
        for error in sorted(validator.iter_errors(content), key=lambda e: list(map(str, e.absolute_path))):
            place = ".".join(str(part) for part in error.absolute_path) or "the file"
            faults.add(f"{place}: {error.message}", hint=_hint(error))


def _hint(error: jsonschema.ValidationError) -> str:
    described = error.schema.get("description") if isinstance(error.schema, dict) else None
    return str(described or "see the format in audit/README.md and report/published/ssp-net.yaml")


def _check_names(content: Mapping[str, Any], path: Path) -> None:
    with Faults("The table file has faults", where=str(path)) as faults:
        for entry in content["tables"]:
            known = set(entry["methods"])
            named = {"baseline": [entry["baseline"]] if "baseline" in entry else [], "ours": entry.get("ours", {})}
            for key, names in named.items():
                for name in set(names) - known:
                    faults.add(f"{entry['id']}.{key}: no method is called {name!r}", hint=f"one of {sorted(known)}")
            for label, metric in entry["metrics"].items():
                _check_metric(f"{entry['id']}.metrics.{label}", metric, known, faults)


def _check_metric(place: str, metric: Mapping[str, Any], known: set[str], faults: Faults) -> None:
    if metric["quantity"] not in quantities():
        faults.add(f"{place}: unknown quantity {metric['quantity']!r}", hint=f"one of {', '.join(quantities())}")
    for method, cell in metric["cells"].items():
        if method not in known:
            faults.add(f"{place}: no method is called {method!r}", hint=f"one of {sorted(known)}")
        if isinstance(cell, str) and not CELL.match(cell):
            faults.add(f"{place}.{method}: {cell!r} is not a number", hint="write 0.5673 ± 0.0259, or 0.5673")


def _table(entry: Mapping[str, Any], content: Mapping[str, Any]) -> PrintedTable:
    images = content["images"]
    prevalence = images.get("prevalence", {"min": 0.0, "max": 1.0})
    size = len(entry["methods"])
    rows = {}
    for label, metric in entry["metrics"].items():
        rows[metric["quantity"]] = _row(label, metric, entry, content)
    return PrintedTable(
        name=entry["id"],
        methods=tuple(entry["methods"]),
        rows=rows,
        prevalence_low=np.full(size, float(prevalence["min"])),
        prevalence_high=np.full(size, float(prevalence["max"])),
        same_map=entry.get("same_map", True),
        same_labels=images.get("same_labels", True),
        baseline=entry.get("baseline"),
        caption=entry["caption"],
    )


def _row(label: str, metric: Mapping[str, Any], entry: Mapping[str, Any], content: Mapping[str, Any]) -> PrintedRow:
    cells = [_cell(metric["cells"].get(name), content.get("decimals")) for name in entry["methods"]]
    mean, half, spread, spread_half = (np.array(column, dtype=float) for column in zip(*cells, strict=True))
    return PrintedRow(
        quantity=with_unit(quantities()[metric["quantity"]], metric.get("unit")),
        mean=mean,
        half=half,
        spread=spread,
        spread_half=spread_half,
        n=np.full(len(cells), float(entry.get("n", content["images"]["n"]))),
        dispersion=entry.get("dispersion", content["dispersion"]),
        printed=metric["printed"],
        label=label,
    )


def with_unit(quantity: Quantity, unit: str | None) -> Quantity:
    """Return the quantity in another unit; entropy in nats lies in 0 .. ln 256."""
    if unit in (None, "", quantity.unit):
        return quantity
    high = math.log(256) if quantity.key == "entropy" and unit == "nats" else quantity.high
    return replace(quantity, unit=unit, high=high)


def _cell(cell: str | float | None, decimals: int | None) -> tuple[float, float, float, float]:
    """Read one cell: mean, half its last digit, spread, half its last digit."""
    if cell is None:
        return (math.nan,) * 4
    if not isinstance(cell, str):
        return float(cell), _half(str(cell), decimals), math.nan, math.nan
    found = CELL.match(cell)
    if found is None:
        raise ValueError(f"{cell!r} is no printed number: it should have been refused before")
    spread = found["spread"]
    return (
        float(found["mean"]),
        _half(found["mean"], decimals),
        float(spread) if spread else math.nan,
        _half(spread, decimals) if spread else math.nan,
    )


def _half(text: str, decimals: int | None) -> float:
    """Return half a unit of the last printed digit; ``decimals`` of the file win over the digits seen."""
    if decimals is None:
        decimals = len(text.partition(".")[2])
    return 0.5 * 10.0**-decimals
