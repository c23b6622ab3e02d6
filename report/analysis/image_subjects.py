"""Subjects by a rule on the names of images: images of one subject are not independent."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sspbench.errors import UserError


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
    matched = {name: re.search(pattern, name) for name in names}
    strange = [name for name, found in matched.items() if found is None or not found[1 if found.re.groups else 0]]
    if strange:
        raise UserError(
            f"{len(strange)} test images have no subject by the rule {pattern!r}",
            where=f"config: subject; first image: {strange[0]}",
            why="the rule has to find the subject in the name of every test image",
            hint="change the rule, e.g. subject='^([^_]+)_', or set subject: null",
        )
    return {name: found[1 if found.re.groups else 0] for name, found in matched.items() if found is not None}
