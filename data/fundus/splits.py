"""Which photographs go to which split: patients are kept apart; EyeQ's labels give quality and retinopathy."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sspbench import UserError

# Names of photographs of one eye: ``1234_left``.
EYE = re.compile(r"^(?P<patient>.+?)[_-](left|right|l|r|od|os)$", re.IGNORECASE)

FORM = "give a label file of EyeQ: columns image, quality (0 to 2) and DR_grade (0 to 4)"
COLUMNS = ("image", "quality", "DR_grade")

# Grades of quality.
GOOD, USABLE, REJECT = 0, 1, 2

# Share of the patients with usable photographs who are kept for the test.
TEST_SHARE = 0.15


@dataclass(frozen=True)
class Graded:
    """A photograph in a label file: its name without ending, its quality and its grade of retinopathy (0..4)."""

    name: str
    quality: int
    retinopathy: int


def patient_of(name: str) -> str:
    """Return the patient of a photograph: what stands before ``_left`` or ``_right``, else the whole name.

    >>> patient_of("1234_left"), patient_of("1234_right"), patient_of("img07")
    ('1234', '1234', 'img07')
    """
    match = EYE.match(name)
    return match["patient"] if match else name


def draw_patients(names: Iterable[str], share: float, seed: int) -> set[str]:
    """Draw a share of the patients, at least one."""
    patients = sorted({patient_of(name) for name in names})
    count = max(1, round(share * len(patients)))
    drawn: list[str] = np.random.default_rng(seed).permutation(patients).tolist()[:count]
    return set(drawn)


def find_shared_patients(splits: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return the patients that are in several splits, with these splits."""
    found: dict[str, set[str]] = defaultdict(set)
    for split, names in splits.items():
        for name in names:
            found[patient_of(name)].add(split)
    return {patient: sorted(where) for patient, where in sorted(found.items()) if len(where) > 1}


def read_labels(path: Path) -> list[Graded]:
    """Read a label file of EyeQ.

    Raises:
        UserError: it is missing, lacks a column, holds another grade, or names a photograph twice.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as error:
        hint = "give Label_EyeQ_train.csv or Label_EyeQ_test.csv"
        raise UserError("A label file cannot be read", where=str(path), why=str(error), hint=hint) from error
    missing = [name for name in COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise UserError("A label file lacks columns", where=str(path), why=f"missing: {', '.join(missing)}", hint=FORM)
    graded = [_graded(row, f"{path}: line {number}") for number, row in enumerate(rows, start=2)]
    counts = Counter(one.name for one in graded)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        why, hint = ", ".join(twice[:5]), "keep one line of each"
        raise UserError("A label file names photographs twice", where=str(path), why=why, hint=hint)
    return graded


def _graded(row: dict[str, str], where: str) -> Graded:
    try:
        quality, retinopathy = int(row["quality"]), int(row["DR_grade"])
    except (TypeError, ValueError) as error:
        raise UserError("A grade is not a whole number", where=where, why=str(error), hint=FORM) from error
    if quality not in (GOOD, USABLE, REJECT) or not 0 <= retinopathy <= 4:
        why = f"quality {quality} (0 to 2), DR_grade {retinopathy} (0 to 4)"
        raise UserError("A grade is out of range", where=where, why=why, hint=FORM)
    return Graded(Path(row["image"]).stem, quality, retinopathy)


def choose_splits(graded: Sequence[Graded], there: Collection[str], seed: int) -> dict[str, str]:
    """Return the split of each photograph that is used and ``there``, by name.

    Good photographs go to ``trainB``, usable ones to ``trainA`` or, by patient, ``testA``; rejected ones are left out.
    A patient is in one split only: one with good and usable photographs is drawn for either. Of each grade of
    retinopathy, both training splits get equally many, so that no method can learn that poor eyes are ill.
    """
    rng = np.random.default_rng(seed)
    by_patient: dict[str, list[Graded]] = defaultdict(list)
    for one in sorted(graded, key=lambda one: one.name):
        if one.name in there and one.quality != REJECT:
            by_patient[patient_of(one.name)].append(one)
    chosen: dict[str, list[Graded]] = {"trainA": [], "trainB": [], "testA": []}
    for photographs in by_patient.values():
        qualities = sorted({one.quality for one in photographs})
        quality = qualities[int(rng.integers(len(qualities)))]
        poor_split = "testA" if rng.random() < TEST_SHARE else "trainA"
        split = "trainB" if quality == GOOD else poor_split
        chosen[split] += [one for one in photographs if one.quality == quality]
    low, high = _match_grades(chosen["trainA"], chosen["trainB"], rng)
    splits = {one.name: "testA" for one in chosen["testA"]}
    splits |= {one.name: "trainA" for one in low} | {one.name: "trainB" for one in high}
    return dict(sorted(splits.items()))


def _match_grades(
    low: Sequence[Graded], high: Sequence[Graded], rng: np.random.Generator
) -> tuple[list[Graded], list[Graded]]:
    """Draw equally many photographs of each grade of retinopathy from both."""
    kept: tuple[list[Graded], list[Graded]] = ([], [])
    for grade in range(5):
        groups = [[one for one in side if one.retinopathy == grade] for side in (low, high)]
        count = min(map(len, groups))
        for side, group in zip(kept, groups, strict=True):
            side += [group[index] for index in sorted(rng.permutation(len(group))[:count])]
    return kept
