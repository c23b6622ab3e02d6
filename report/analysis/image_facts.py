"""Facts about the test images: their subjects, and whether the size of a pixel is known, which decides on units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sspbench.contract import Measure
from sspbench.errors import UserError
from sspbench.releases.digests import JobRecords

# Units of the same numbers where the size of a pixel is unknown and 1 pixel counts as 1 µm.
UNITS_IN_PIXELS = {"mm/mm²": "px/1000 px²", "1/mm²": "1/(1000 px)²", "µm": "px"}


def is_scale_recorded(runs: Iterable[JobRecords]) -> bool:
    """Return whether scoring knew the size of a pixel in all runs; True where none recorded it."""
    return all(jobs.get("score", {}).get("is_scale_known", True) for jobs in runs)


def choose_units(measures: Mapping[str, Measure], is_scale_known: bool) -> dict[str, Measure]:
    """Return the measures with the units that their numbers have."""
    if is_scale_known:
        return dict(measures)
    return {name: replace(one, unit=UNITS_IN_PIXELS.get(one.unit, one.unit)) for name, one in measures.items()}


def match_subjects(names: Sequence[str], pattern: str) -> dict[str, str]:
    """Return the subject of each image by its name.

    Args:
        names: Names of images, without ending.
        pattern: A regular expression that finds the subject: its first group, or without groups all that it matches.

    Raises:
        UserError: a name has no subject by this rule.

    >>> match_subjects(["P1_a", "P1_b", "P2_a"], "^(P[0-9]+)_")
    {'P1_a': 'P1', 'P1_b': 'P1', 'P2_a': 'P2'}
    """
    rule = re.compile(pattern)
    group = 1 if rule.groups else 0
    subjects = {name: found[group] for name in names if (found := rule.search(name)) is not None and found[group]}
    strange = [name for name in names if name not in subjects]
    if strange:
        raise UserError(
            f"{len(strange)} test images have no subject by the rule {pattern!r}",
            where=f"config: subject; first image: {strange[0]}",
            why="the rule has to find the subject in the name of every test image",
            hint="change the rule, e.g. subject='^([^_]+)_', or set subject: null",
        )
    return subjects
