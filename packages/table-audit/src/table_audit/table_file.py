"""Reads table files (YAML; the README explains the format), checked against ``schema.yaml``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import yaml

from .errors import TableAuditError, raise_faults
from .printed_table import PrintedRow, PrintedTable
from .quantity import QUANTITIES, Quantity
from .yaml_file import read_yaml

# A printed cell: ``0.5673 ± 0.0259``, ``0.5673 +- 0.0259`` or ``0.5673``.
CELL = re.compile(r"^\s*(?P<mean>[-+]?\d*\.?\d+)\s*(?:(?:±|\+-|\+/-)\s*(?P<spread>\d*\.?\d+))?\s*$")

# A metric of at most 1 whose every mean is above this was printed in percent; a single slip such as 1.05 was not.
PERCENT_FROM = 2.0

Fault = tuple[str, str]


@dataclass(frozen=True)
class Published:
    """The tables and claims of one paper.

    Attributes:
        paper: ``paper`` of the file: key, title, reference, dataset, preset.
        tables: Its tables by id.
        claims: What the text says about the tables, as data.
        reasons: Known reasons why a reproduction may differ.
        ours: By table id and printed method: ``{"method": ..., "variant": ...}``, the row of a reproduction.
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
def _load_schema() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "schema.yaml").read_text(encoding="utf-8"))
    return content


def load_published(path: Path) -> Published:
    """Read a table file.

    Raises:
        TableAuditError: the file is missing, is not YAML, breaks the schema, names unknown quantities or methods, or
            prints in percent without saying so.
    """
    path = Path(path)
    content = read_yaml(path)
    _check_schema(content, path)
    raise_faults("The table file has errors", list(_find_unknown_names(content)), str(path))
    tables = {entry["id"]: _make_table(entry, content) for entry in content["tables"]}
    raise_faults("The table file seems to be printed in percent", list(_find_percent(tables.values())), str(path))
    return Published(
        paper=content["paper"],
        tables=tables,
        claims=tuple(content.get("claims", ())),
        reasons=tuple(content.get("reasons", ())),
        ours={entry["id"]: entry.get("ours", {}) for entry in content["tables"]},
        path=path,
        design=content["images"].get("design", "unknown"),
    )


def _check_schema(content: Any, path: Path) -> None:
    validator = jsonschema.Draft202012Validator(_load_schema())
    found = sorted(validator.iter_errors(content), key=lambda error: list(map(str, error.absolute_path)))
    faults = [(f"{_place(error)}: {error.message}", "see the format in the README of table-audit") for error in found]
    raise_faults("The table file does not follow the format", faults, str(path))


def _place(error: jsonschema.ValidationError) -> str:
    return ".".join(str(part) for part in error.absolute_path) or "the file"


def _find_unknown_names(content: Mapping[str, Any]) -> Iterator[Fault]:
    for entry in content["tables"]:
        known = set(entry["methods"])
        baseline = [entry["baseline"]] if "baseline" in entry else []
        for key, names in (("baseline", baseline), ("ours", entry.get("ours", {}))):
            for name in sorted(set(names) - known):
                yield f"{entry['id']}.{key}: unknown method {name!r}", f"choose from {sorted(known)}"
        for label, metric in entry["metrics"].items():
            yield from _find_metric_faults(f"{entry['id']}.metrics.{label}", metric, known)


def _find_metric_faults(place: str, metric: Mapping[str, Any], known: set[str]) -> Iterator[Fault]:
    if metric["quantity"] not in QUANTITIES:
        yield f"{place}: unknown quantity {metric['quantity']!r}", f"choose from {', '.join(QUANTITIES)}"
    elif metric.get("unit") == "%" and QUANTITIES[metric["quantity"]].high != 1:
        yield f"{place}: {metric['quantity']} cannot be in percent", "remove the unit"
    for method, cell in metric["cells"].items():
        if method not in known:
            yield f"{place}: unknown method {method!r}", f"choose from {sorted(known)}"
        if isinstance(cell, str) and not CELL.match(cell):
            yield f"{place}.{method}: {cell!r} is not a number", "write 0.5673 ± 0.0259, or 0.5673"


def _find_percent(tables: Iterable[PrintedTable]) -> Iterator[Fault]:
    for table in tables:
        for row in table.rows.values():
            printed = row.mean[np.isfinite(row.mean)]
            if row.quantity.high == 1 and printed.size and printed.min() > PERCENT_FROM:
                place = f"{table.name}.metrics.{row.label}"
                text = f"{place}: every mean is above 1, from {printed.min():g} to {printed.max():g}"
                yield text, f'add `unit: "%"` to {row.label}, or write fractions'


def _make_table(entry: Mapping[str, Any], content: Mapping[str, Any]) -> PrintedTable:
    images = content["images"]
    prevalence = images.get("prevalence", {"min": 0.0, "max": 1.0})
    size = len(entry["methods"])
    rows = {}
    for label, metric in entry["metrics"].items():
        rows[metric["quantity"]] = _make_row(label, metric, entry, content)
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


def _make_row(
    label: str, metric: Mapping[str, Any], entry: Mapping[str, Any], content: Mapping[str, Any]
) -> PrintedRow:
    cells = [_parse_cell(metric["cells"].get(name), content.get("decimals")) for name in entry["methods"]]
    mean, half, spread, spread_half = (np.array(column, dtype=float) for column in zip(*cells, strict=True))
    scale = 0.01 if metric.get("unit") == "%" else 1.0
    return PrintedRow(
        quantity=with_unit(QUANTITIES[metric["quantity"]], metric.get("unit")),
        mean=mean * scale,
        half=half * scale,
        spread=spread,
        spread_half=spread_half,
        n=np.full(len(cells), float(entry.get("n", content["images"]["n"]))),
        dispersion=entry.get("dispersion", content["dispersion"]),
        printed=metric["printed"],
        label=label,
        spread_scale=scale,
    )


def with_unit(quantity: Quantity, unit: str | None) -> Quantity:
    """Return the quantity in another unit; entropy in nats lies in 0 .. ln 256, percents are read as fractions."""
    if unit in (None, "", "%", quantity.unit):
        return quantity
    high = math.log(256) if quantity.key == "entropy" and unit == "nats" else quantity.high
    return replace(quantity, unit=unit, high=high)


def _parse_cell(cell: str | float | None, decimals: int | None) -> tuple[float, float, float, float]:
    """Read one cell: mean, half its last digit, spread, half its last digit."""
    if cell is None:
        return (math.nan,) * 4
    if not isinstance(cell, str):
        return float(cell), _half_digit(str(cell), decimals), math.nan, math.nan
    found = CELL.match(cell)
    if found is None:
        raise TableAuditError(f"{cell!r} is not a number", hint="write 0.5673 ± 0.0259, or 0.5673")
    spread = found["spread"]
    return (
        float(found["mean"]),
        _half_digit(found["mean"], decimals),
        float(spread) if spread else math.nan,
        _half_digit(spread, decimals) if spread else math.nan,
    )


def _half_digit(text: str, decimals: int | None) -> float:
    """Return half a unit of the last printed digit; ``decimals`` of the file override the digits of the cell."""
    if decimals is None:
        decimals = len(text.partition(".")[2])
    return 0.5 * 10.0**-decimals
