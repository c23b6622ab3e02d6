"""Suggests the name that someone probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return a hint for a misspelt name: the closest known name, else all known names.

    >>> suggest_name("structur", ["structure", "cycle"])
    "Did you mean 'structure'?"
    >>> suggest_name("colour", ["structure", "cycle"])
    'known: structure, cycle'
    """
    names = [str(one) for one in known]
    close = difflib.get_close_matches(str(name), names, 1)
    return f"Did you mean {close[0]!r}?" if close else f"known: {', '.join(names) or 'none'}"
