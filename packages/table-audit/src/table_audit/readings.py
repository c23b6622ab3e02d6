"""Alternative readings of a table: ± is a variance, FDR is the precision, entropy is in nats ...

A reading changes the table, not the rules. The audit reports which readings make an impossible cell possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from . import prevalence
from .certificate import Certificate, read_moments
from .feasibility import decide_feasibility
from .image_measures import Flags
from .printed_table import Dispersion, PrintedRow, PrintedTable
from .quantity import QUANTITIES
from .relation import TOLERANCE
from .table_file import with_unit
from .violations import check_hard_rules

# By accused cell: the cells that must be compatible under a reading; other cells may be wrong themselves.
GROUPS = {
    "auc": ("auc", "sensitivity", "specificity"),
    "accuracy": ("accuracy", "sensitivity", "specificity"),
    "gmean": ("gmean", "sensitivity", "specificity"),
    "precision": ("precision", "dice", "sensitivity"),
    "npv": ("npv", "sensitivity", "specificity"),
    "kappa": ("kappa", "dice", "accuracy"),
    "specificity": ("specificity", "sensitivity", "accuracy", "dice"),
}


@dataclass(frozen=True)
class Reading:
    """One way to read a table differently.

    Attributes:
        text: What is read differently.
        table: The table so read.
        possible: By printed quantity: where (M,) the cell breaks no hard rule under this reading.
        fresh: How many cells break a hard rule under this reading but not as printed.
        remark: An argument against the reading.
        names: What a printed quantity is read as, where that differs.
    """

    text: str
    table: PrintedTable
    possible: dict[str, Flags]
    fresh: int = 0
    remark: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


def find_readings(table: PrintedTable) -> list[Reading]:
    """Return the readings that apply to a table."""
    printed = _try_reading("as printed", table).possible
    found = [reading for find in READINGS for reading in find(table)]
    return [replace(reading, fresh=_count_new_violations(reading, printed)) for reading in found]


def _count_new_violations(reading: Reading, printed: dict[str, Flags]) -> int:
    return sum(int(np.count_nonzero(printed[key] & ~possible)) for key, possible in reading.possible.items())


def _try_reading(text: str, table: PrintedTable, names: dict[str, str] | None = None, remark: str = "") -> Reading:
    """Test a changed table; ``names`` maps a printed quantity to what it is read as."""
    broken = {key: np.zeros(len(table.methods), bool) for key in table.rows}
    for result in check_hard_rules(table):
        broken[result.relation.accused] |= result.violated
    possible = {key: ~where for key, where in broken.items()}
    for printed, read_as in (names or {}).items():
        possible[printed] = possible.pop(read_as)
    return Reading(text, table, possible, remark=remark, names=names or {})


def _read_spread(table: PrintedTable) -> Iterator[Reading]:
    words: dict[Dispersion, str] = {"sd": "a standard deviation", "var": "a variance", "sem": "a standard error"}
    used = {row.dispersion for row in table.rows.values()} - {"none"}
    for dispersion, word in words.items():
        if len(used) == 1 and dispersion not in used:
            yield _try_reading(f"± is {word}", table.read_spread_as(dispersion))


def _read_fdr(table: PrintedTable) -> Iterator[Reading]:
    if "fdr" not in table.rows:
        return
    row = table.rows["fdr"]
    others = {key: other for key, other in table.rows.items() if key != "fdr"}
    if "precision" not in others:
        read = replace(row, quantity=QUANTITIES["precision"])
        text = "FDR is the precision TP/(TP+FP)"
        yield _try_reading(text, replace(table, rows={**others, "precision": read}), {"fdr": "precision"})
    if "specificity" in others:
        yield _read_fdr_as_specificity(table, others)
    if {"sensitivity", "specificity"} <= set(others) and "npv" not in others:
        yield _read_fdr_as_npv(table, others)


def _read_fdr_as_specificity(table: PrintedTable, others: dict[str, PrintedRow]) -> Reading:
    row, spe = table.rows["fdr"], others["specificity"]
    gap = np.abs(row.mean - spe.mean) - row.half - spe.half
    reading = _try_reading("FDR is the specificity", replace(table, rows=others))
    raw = np.abs(row.mean - spe.mean)
    remark = f"differs from the SPE row by {np.nanmin(raw):.3f} .. {np.nanmax(raw):.3f}"
    return replace(reading, possible={**reading.possible, "fdr": gap <= TOLERANCE}, remark=remark)


def _read_fdr_as_npv(table: PrintedTable, others: dict[str, PrintedRow]) -> Reading:
    row = replace(table.rows["fdr"], quantity=QUANTITIES["npv"])
    means = {key: others[key].mean for key in ("sensitivity", "specificity")}
    shares = prevalence.from_npv(row.mean, means)
    percents = ", ".join(f"{100 * share:.1f}" for share in shares)
    remark = f"implies {percents} % positive pixels for the same labels"
    text, changed = "FDR is the negative predictive value", replace(table, rows={**others, "npv": row})
    return _try_reading(text, changed, {"fdr": "npv"}, remark)


def _read_entropy(table: PrintedTable) -> Iterator[Reading]:
    if "entropy" not in table.rows:
        return
    row = table.rows["entropy"]
    unit = "nats" if row.quantity.unit == "bits" else "bits"
    read = replace(row, quantity=with_unit(QUANTITIES["entropy"], unit))
    yield _try_reading(f"Entropy is in {unit}", replace(table, rows={**table.rows, "entropy": read}))


def _read_other_map(table: PrintedTable) -> Iterator[Reading]:
    if table.same_map and {"auc", "sensitivity", "specificity"} <= set(table.rows):
        yield _try_reading(
            "AUC is of other score maps than SEN and SPE (or of mismatched labels)", replace(table, same_map=False)
        )


# All readings.
READINGS: tuple[Callable[[PrintedTable], Iterator[Reading]], ...] = (
    _read_spread,
    _read_fdr,
    _read_entropy,
    _read_other_map,
)


def find_feasible_readings(table: PrintedTable, method: int, key: str, found: list[Reading]) -> list[str]:
    """Return, in words, the readings under which a cell breaks no hard rule and some images fit."""
    texts = []
    for reading in found:
        if not reading.possible.get(key, np.zeros(method + 1, bool))[method]:
            continue
        settled = _is_feasible(reading, method, key)
        if settled is False:
            continue
        against = [reading.remark] if reading.remark and key == "fdr" else []
        against += [f"then {reading.fresh} cells that are possible now are not"] if reading.fresh else []
        against += ["no set of images was found"] if settled is None else []
        texts.append(reading.text + (f" (but {'; '.join(against)})" if against else ""))
    return texts


def _is_feasible(reading: Reading, method: int, key: str) -> bool | None:
    """Decide whether the cells related to one are compatible under a reading; None if undecided."""
    read_as = reading.names.get(key, key)
    if read_as not in reading.table.rows:
        return True
    group = [cell for cell in GROUPS.get(read_as, ()) if cell in reading.table.rows]
    if len(group) < 2 or (read_as == "auc" and not reading.table.same_map):
        return True
    outcome = decide_feasibility(read_moments(reading.table, method, group), (0.0, 1.0))
    return None if outcome is None else not isinstance(outcome, Certificate)
