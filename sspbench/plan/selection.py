"""Which methods a config asks for: names, and words that stand for several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .discovery import Plugin
from .groups import GROUPS, OWN, group_of

Entry = tuple[str, str | None]
"""A method and its variant or reading."""

SETS: Mapping[str, frozenset[str]] = {
    "paper": frozenset({"untouched", "paper", "oracle"}),
    "controls": frozenset({"untouched", "trivial", "oracle"}),
    OWN: frozenset({OWN}),
    "all": frozenset(GROUPS),
}
"""Words that ``methods`` takes, and the groups each stands for."""


def names_in(listed: str | Sequence[str]) -> list[str]:
    """Return the methods that ``methods`` of a config names itself, without variants.

    >>> names_in(["paper", "sspnet+gan"])
    ['sspnet']
    """
    return [entry.partition("+")[0] for entry in _listed(listed) if entry not in SETS]


def selected(listed: str | Sequence[str], methods: Mapping[str, Plugin]) -> list[Entry]:
    """Return the methods a config asks for, each once.

    Args:
        listed: ``methods`` of the config: words of :data:`SETS`, method, method+variant or method+reading.
        methods: All methods by name.
    """
    return list(dict.fromkeys(_entries(_listed(listed), methods)))


def _listed(listed: str | Sequence[str]) -> list[str]:
    return [listed] if isinstance(listed, str) else [str(entry) for entry in listed]


def _entries(listed: Sequence[str], methods: Mapping[str, Plugin]) -> Iterator[Entry]:
    for entry in listed:
        if entry in SETS:
            members = [found for found in methods.values() if group_of(found.meta) in SETS[entry]]
            yield from ((found.name, row) for found in members for row in (None, *found.meta.get("rows", [])))
        else:
            name, _, variant = entry.partition("+")
            yield name, variant or None
