"""The audit of the paper's tables: the same in every run, so computed once per version of table file and package.

The records lie in ``.cache`` of the checkout under a key that names their inputs; a new key is a new audit.
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

import pandas as pd

import table_audit
from sspbench.checkout import ROOT
from sspbench.errors import UserError
from sspbench.files import read_json, write_json
from table_audit.cell_verdicts import COLUMNS, audit
from table_audit.metric_lines import MetricLine, metric_lines
from table_audit.rendering import to_frame

from .numbers import nan_to_null, null_to_nan
from .paper import PAPER_TABLES_FILE, load_paper

AUDIT_CACHE_DIR = ROOT / ".cache" / "paper-audit"

# Packages whose version can change a bound or a proof.
NUMERIC_PACKAGES = ("numpy", "scipy")


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
    """Return the audit of the paper's tables as recorded in a folder, or audit them and record that.

    Args:
        folder: Holds one record per version of the inputs.
    """
    path = folder / f"{_digest_inputs()}.json"
    if path.is_file():
        # A damaged record costs a new audit, not the run.
        with suppress(UserError, KeyError, TypeError, ValueError):
            return audit_from_json(read_json(path))
    audits = [audit(table) for table in load_paper().tables.values()]
    found = PaperAudit(to_frame(audits), tuple(metric_lines(audits)))
    # A checkout that cannot be written to audits in every run.
    with suppress(OSError):
        write_json(path, audit_to_json(found))
    return found


def _digest_inputs() -> str:
    """Return the SHA-256 of the table file, the package's code and the versions of its numeric packages."""
    package = Path(table_audit.__file__).parent
    digest = hashlib.sha256(PAPER_TABLES_FILE.read_bytes())
    for path in (Path(__file__), *sorted(package.glob("*.py")), *sorted(package.glob("*.yaml"))):
        digest.update(path.name.encode() + path.read_bytes())
    digest.update(" ".join(metadata.version(name) for name in NUMERIC_PACKAGES).encode())
    return digest.hexdigest()


def audit_to_json(found: PaperAudit) -> dict[str, Any]:
    """Return the audit as plain JSON; NaN is null."""
    return {
        "cells": nan_to_null(found.cells.to_dict("records")),
        "reasons": nan_to_null([asdict(line) for line in found.reasons]),
    }


def audit_from_json(content: Mapping[str, Any]) -> PaperAudit:
    """Return the audit that :func:`audit_to_json` made plain."""
    lines = [null_to_nan(line) for line in content["cells"]]
    reasons = tuple(MetricLine(**null_to_nan(line)) for line in content["reasons"])
    return PaperAudit(pd.DataFrame(lines, columns=COLUMNS), reasons)
