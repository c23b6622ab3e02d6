"""Other readings of a table: what if ± were a variance, FDR a precision, entropy in nats ...

A reading changes the table, not the rules. For every impossible cell the audit says which readings make it possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from . import prevalence
from .hard import run_hard, smallest_prevalence_cap
from .published import with_unit
from .quantity import quantities
from .relation import TOLERANCE
from .table import Table


@dataclass(frozen=True)
class Reading:
    """One way to read a table differently.

    Attributes:
        text: What is read differently.
        table: The table so read.
        possible: By printed quantity: where (M,) the cell breaks no hard rule under this reading.
        fresh: How many cells break a hard rule under this reading but not as printed.
        remark: What still speaks against the reading.
    """

    text: str
    table: Table
    possible: dict[str, np.ndarray]
    fresh: int = 0
    remark: str = ""


def readings(table: Table) -> list[Reading]:
    """Return the readings that apply to a table."""
    printed = _read("as printed", table).possible
    found = [reading for find in READINGS for reading in find(table)]
    return [replace(reading, fresh=_fresh(reading, printed)) for reading in found]


def _fresh(reading: Reading, printed: dict[str, np.ndarray]) -> int:
    return sum(int((printed[key] & ~possible).sum()) for key, possible in reading.possible.items())


def _read(text: str, table: Table, names: dict[str, str] | None = None, remark: str = "") -> Reading:
    """Test a changed table; ``names`` maps a printed quantity to what it is read as."""
    broken = {key: np.zeros(len(table.methods), bool) for key in table.rows}
    for result in run_hard(table):
        broken[result.relation.accused] |= result.violated
    possible = {key: ~where for key, where in broken.items()}
    for printed, read_as in (names or {}).items():
        possible[printed] = possible.pop(read_as)
    return Reading(text, table, possible, remark=remark)


def _spreads(table: Table) -> Iterator[Reading]:
    words = {"sd": "a standard deviation", "var": "a variance", "sem": "a standard error"}
    used = {row.dispersion for row in table.rows.values()} - {"none"}
    for dispersion, word in words.items():
        if len(used) == 1 and dispersion not in used:
            yield _read(f"± is {word}", table.read_spread_as(dispersion))


def _fdr(table: Table) -> Iterator[Reading]:
    if "fdr" not in table.rows:
        return
    row = table.rows["fdr"]
    others = {key: other for key, other in table.rows.items() if key != "fdr"}
    if "precision" not in others:
        read = replace(row, quantity=quantities()["precision"])
        text = "FDR is the precision TP/(TP+FP)"
        yield _read(text, replace(table, rows={**others, "precision": read}), {"fdr": "precision"})
    if "specificity" in others:
        yield _fdr_as_specificity(table, others)
    if {"sensitivity", "specificity"} <= set(others) and "npv" not in others:
        yield _fdr_as_npv(table, others)


def _fdr_as_specificity(table: Table, others: dict) -> Reading:
    row, spe = table.rows["fdr"], others["specificity"]
    gap = np.abs(row.mean - spe.mean) - row.half - spe.half
    reading = _read("FDR is the specificity", replace(table, rows=others))
    raw = np.abs(row.mean - spe.mean)
    remark = f"differs from the SPE row by {np.nanmin(raw):.3f} .. {np.nanmax(raw):.3f}"
    return replace(reading, possible={**reading.possible, "fdr": gap <= TOLERANCE}, remark=remark)


def _fdr_as_npv(table: Table, others: dict) -> Reading:
    row = replace(table.rows["fdr"], quantity=quantities()["npv"])
    means = {key: others[key].mean for key in ("sensitivity", "specificity")}
    shares = prevalence.from_npv(row.mean, means)
    remark = "implies " + ", ".join(f"{100 * share:.1f}" for share in shares) + " % positive pixels for the same labels"
    return _read("FDR is the negative predictive value", replace(table, rows={**others, "npv": row}), {"fdr": "npv"},
                 remark)  # fmt: skip


def _entropy(table: Table) -> Iterator[Reading]:
    if "entropy" not in table.rows:
        return
    row = table.rows["entropy"]
    unit = "nats" if row.quantity.unit == "bits" else "bits"
    read = replace(row, quantity=with_unit(quantities()["entropy"], unit))
    yield _read(f"Entropy is in {unit}", replace(table, rows={**table.rows, "entropy": read}))


def _other_map(table: Table) -> Iterator[Reading]:
    if table.same_map and {"auc", "sensitivity", "specificity"} <= set(table.rows):
        yield _read(
            "AUC is of other score maps than SEN and SPE (or of mismatched labels)", replace(table, same_map=False)
        )


def _any_prevalence(table: Table) -> Iterator[Reading]:
    if (table.prevalence_high < 1).any() or (table.prevalence_low > 0).any():
        size = len(table.methods)
        yield _read(
            f"images may have any share of positive pixels, not at most {100 * table.prevalence_high.max():.0f} %",
            replace(table, prevalence_low=np.zeros(size), prevalence_high=np.ones(size)),
        )


READINGS: tuple[Callable[[Table], Iterator[Reading]], ...] = (_spreads, _fdr, _entropy, _other_map, _any_prevalence)
"""All readings."""


def feasible_readings(table: Table, method: int, key: str, found: list[Reading]) -> list[str]:
    """Return, in words, the readings under which a cell breaks no hard rule."""
    texts = []
    for reading in found:
        if not reading.possible.get(key, np.zeros(method + 1, bool))[method]:
            continue
        text = reading.text
        if "share of positive" in text:
            text = f"some image has at least {100 * smallest_prevalence_cap(table, method, key):.0f} % positive pixels"
        against = [reading.remark] if reading.remark and key == "fdr" else []
        against += [f"then {reading.fresh} cells that are possible now are not"] if reading.fresh else []
        texts.append(text + (f" (but {'; '.join(against)})" if against else ""))
    return texts
