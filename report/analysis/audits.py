"""The audits of the paper's tables and of our own, by the same rules.

That of the paper is the same in every run, so it is computed once per version of table file and package. Its records
lie in ``.cache`` of the checkout under a key that names their inputs; a new key is a new audit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import table_audit
from sspbench.checkout import ROOT
from sspbench.errors import UserError
from sspbench.files import read_json, write_json
from table_audit.cell_verdicts import COLUMNS, audit
from table_audit.metric_lines import MetricLine, metric_lines
from table_audit.printed_table import PrintedRow, PrintedTable
from table_audit.quantity import find_quantity
from table_audit.rendering import to_frame

from .json_records import parse_plain
from .numbers import NAN, nan_to_null
from .paper import PAPER_TABLES_FILE, UNTOUCHED_ROW, load_paper
from .statistics.summary import Summary, iter_grids, summarise

AUDIT_CACHE_DIR = ROOT / ".cache" / "paper-audit"

# Packages whose version can change a bound or a proof.
NUMERIC_PACKAGES = ("numpy", "scipy")

# Half-width of a cell of ours, which was not rounded for print: published scores have eight significant digits.
SCORE_HALF_WIDTH = 1e-8


@dataclass(frozen=True)
class PaperAudit:
    """The audit of all of the paper's tables.

    Attributes:
        cells: One line per cell, columns as :data:`~table_audit.cell_verdicts.COLUMNS`.
        reasons: Why each impossible or conditional cell contradicts the others.
    """

    cells: pd.DataFrame
    reasons: tuple[MetricLine, ...]

    @property
    def verdicts(self) -> dict[tuple[str, str, str], str]:
        """The verdict on each cell, by table, quantity and method."""
        places = zip(self.cells["table"], self.cells["quantity"], self.cells["method"], strict=True)
        return dict(zip(places, self.cells["verdict"], strict=True))


@cache
def audit_paper() -> PaperAudit:
    """Return the audit of the paper's tables, from the cache where its inputs are those of the last audit."""
    return load_or_audit(AUDIT_CACHE_DIR)


def load_or_audit(folder: Path) -> PaperAudit:
    """Return the audit of the paper's tables from its record in a folder; where its inputs have none, audit them."""
    path = folder / f"{_digest_inputs()}.json"
    if path.is_file():
        # A damaged record costs a new audit, not the run.
        with suppress(UserError, KeyError, TypeError, ValueError):
            return _parse_audit(read_json(path))
    audits = [audit(table) for table in load_paper().tables.values()]
    found = PaperAudit(to_frame(audits), tuple(metric_lines(audits)))
    # A checkout that cannot be written to audits in every run.
    with suppress(OSError):
        cells, reasons = found.cells.to_dict("records"), [asdict(line) for line in found.reasons]
        write_json(path, nan_to_null({"cells": cells, "reasons": reasons}))
    return found


def _digest_inputs() -> str:
    """Return the SHA-256 of the table file, the package's code and the versions of its numeric packages."""
    package = Path(table_audit.__file__).parent
    digest = hashlib.sha256(PAPER_TABLES_FILE.read_bytes())
    for path in (Path(__file__), *sorted(package.glob("*.py")), *sorted(package.glob("*.yaml"))):
        digest.update(path.name.encode() + path.read_bytes())
    digest.update(" ".join(metadata.version(name) for name in NUMERIC_PACKAGES).encode())
    return digest.hexdigest()


def _parse_audit(content: Mapping[str, Any]) -> PaperAudit:
    cells = pd.DataFrame(content["cells"], columns=COLUMNS)
    return PaperAudit(cells, parse_plain(tuple[MetricLine, ...], content["reasons"]))


def audit_own_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Audit the means and sds of our own scores, one table per data set and preset.

    A cell is the summary's mean, as exact as the scores, with the sd over all its (seed, image) values: the rules hold
    for binary maps, and each (seed, image) pair has its map. Cells of one method whose n differ (a metric undefined
    on some images) describe different images: no rule between them applies.

    Args:
        scores: Tidy scores: dataset, preset, method, variant, seed, image, metric, value, note.

    Returns:
        One line per cell, columns as :data:`~table_audit.cell_verdicts.COLUMNS`; ``table`` is ``<dataset>/<preset>``.
    """
    tables: dict[str, dict[str, dict[str, Summary]]] = {}
    known = [name for name in scores["metric"].unique() if find_quantity(str(name)) is not None]
    for (dataset, preset, metric), rows in iter_grids(scores[scores["metric"].isin(known)]):
        summaries = {row: summarise(values) for row, values in rows.items()}
        measured = {row: facts for row, facts in summaries.items() if facts.n}
        if measured:
            tables.setdefault(f"{dataset}/{preset}", {})[metric] = measured
    parts = [_audit_own_table(name, metrics) for name, metrics in sorted(tables.items())]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _audit_own_table(name: str, metrics: Mapping[str, Mapping[str, Summary]]) -> pd.DataFrame:
    """Audit the summaries of one table, by metric and row; the shares of positive pixels are unknown."""
    methods = tuple(dict.fromkeys(row for facts in metrics.values() for row in facts))
    size = np.full(len(methods), SCORE_HALF_WIDTH)
    rows: dict[str, PrintedRow] = {}
    for metric, facts in metrics.items():
        quantity = find_quantity(metric)
        if quantity is None or quantity.key in rows:
            continue
        cells = [_list_numbers(facts[method]) if method in facts else (NAN, NAN, NAN) for method in methods]
        mean, sd, n = np.array(cells).T
        rows[quantity.key] = PrintedRow(quantity, mean, size, sd, size, n, "sd", quantity.better, metric)
    base = UNTOUCHED_ROW if UNTOUCHED_ROW in methods else None
    lowest, highest = np.zeros(len(methods)), np.ones(len(methods))
    return audit(PrintedTable(name, methods, rows, lowest, highest, baseline=base), joint=False).frame()


def _list_numbers(facts: Summary) -> tuple[float, float, float]:
    """Return mean, sd and number of the values behind a cell."""
    sd = facts.sd_values if np.isfinite(facts.sd_values) else 0.0
    return facts.mean, sd, float(facts.n * facts.seeds)
