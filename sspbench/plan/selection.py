"""Which methods a config asks for: names, and words that stand for several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .discovery import Plugin
from .groups import GROUPS, OWN, UNTRAINED, group_of

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

    Who asks for the trivial ones gets the untrained networks of the paper's methods and of all others asked for.

    Args:
        listed: ``methods`` of the config: words of :data:`SETS`, method, method+variant or method+reading.
        methods: All methods by name.
    """
    words = _listed(listed)
    entries = list(dict.fromkeys(_entries(words, methods)))
    if any("trivial" in SETS.get(word, ()) for word in words):
        entries += [(name, UNTRAINED) for name in _with_networks(entries, methods)]
    return list(dict.fromkeys(entries))


def _listed(listed: str | Sequence[str]) -> list[str]:
    return [listed] if isinstance(listed, str) else [str(entry) for entry in listed]


def _entries(listed: Sequence[str], methods: Mapping[str, Plugin]) -> Iterator[Entry]:
    for entry in listed:
        if entry in SETS:
            members = [found for found in methods.values() if group_of(found.meta) in SETS[entry]]
            yield from ((found.name, row) for found in members for row in (None, *found.meta.get("rows", [])))
        else:
            name, plus, variant = entry.partition("+")
            yield name, variant if plus else None


def _with_networks(entries: Sequence[Entry], methods: Mapping[str, Plugin]) -> Iterator[str]:
    asked = {name for name, _ in entries}
    for name, found in methods.items():
        if found.meta["kind"] == "learned" and (name in asked or group_of(found.meta) == "paper"):
            yield name
