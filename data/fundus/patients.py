"""Which photographs show the same patient, and splits that keep patients apart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

EYE = re.compile(r"^(?P<patient>.+?)[_-](left|right|l|r|od|os)$", re.IGNORECASE)
"""Names of photographs of one eye: ``1234_left``."""


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
