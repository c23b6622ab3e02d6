"""Which methods a config asks for: names, and words that represent several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..contract import ColorMode
from ..plugins.discovery import Plugin, find_plugins
from ..plugins.row_groups import OWN_GROUP, ROW_GROUPS, UNTRAINED_VARIANT, row_group
from .external_rows import external_row_plugin
from .overrides import adapt_presets

MethodEntry = tuple[str, str | None]
"""A method and its variant or reading."""

METHOD_SETS: Mapping[str, frozenset[str]] = {
    "paper": frozenset({"untouched", "paper", "oracle"}),
    "controls": frozenset({"untouched", "trivial", "oracle"}),
    OWN_GROUP: frozenset({OWN_GROUP}),
    "all": frozenset(ROW_GROUPS),
}
"""Words that ``methods`` accepts, and the groups that each selects."""


def method_names(listed: str | Sequence[str]) -> list[str]:
    """Return the methods that ``methods`` of a config names itself, without variants.

    >>> method_names(["paper", "sspnet+gan"])
    ['sspnet']
    """
    return [entry.partition("+")[0] for entry in _as_list(listed) if entry not in METHOD_SETS]


def find_methods(config: Mapping[str, Any], color: ColorMode) -> dict[str, Plugin]:
    """Return the methods that a config knows by name, and the external rows.

    Each has the config's ``rows`` of it, and its presets for images of that mode.
    """
    found = {}
    for name, plugin in find_plugins("methods").items():
        readings = {**plugin.meta.get("readings", {}), **config["rows"].get(name, {})}
        found[name] = adapt_presets(replace(plugin, meta={**plugin.meta, "readings": readings}), color)
    return found | {name: external_row_plugin(name, Path(folder)) for name, folder in config["external"].items()}


def select_entries(config: Mapping[str, Any]) -> list[MethodEntry]:
    """Return what a checked config runs, each once: ``methods``, all of ``ablation``, ``rows`` and ``external``."""
    methods, ablated = find_plugins("methods"), config["ablation"]
    entries = select_methods(config["methods"], methods)
    if ablated:
        entries += [(ablated, None)] + [(ablated, name) for name in methods[ablated].meta["variants"]]
    entries += [(name, row) for name, rows in config["rows"].items() for row in rows]
    entries += [(name, None) for name in config["external"]]
    return list(dict.fromkeys(entries))


def select_methods(listed: str | Sequence[str], methods: Mapping[str, Plugin]) -> list[MethodEntry]:
    """Return the methods a config asks for, each once.

    Who asks for the trivial ones gets the untrained networks of the paper's methods and of all others asked for.

    Args:
        listed: ``methods`` of the config: words of :data:`METHOD_SETS`, method, method+variant or method+reading.
        methods: All methods by name.
    """
    words = _as_list(listed)
    entries = list(dict.fromkeys(_expand_sets(words, methods)))
    if any("trivial" in METHOD_SETS.get(word, ()) for word in words):
        entries += [(name, UNTRAINED_VARIANT) for name in _with_networks(entries, methods)]
    return list(dict.fromkeys(entries))


def _as_list(listed: str | Sequence[str]) -> list[str]:
    return [listed] if isinstance(listed, str) else [str(entry) for entry in listed]


def _expand_sets(listed: Sequence[str], methods: Mapping[str, Plugin]) -> Iterator[MethodEntry]:
    for entry in listed:
        if entry in METHOD_SETS:
            members = [found for found in methods.values() if row_group(found.meta) in METHOD_SETS[entry]]
            yield from ((found.name, row) for found in members for row in (None, *found.meta.get("rows", [])))
        else:
            name, plus, variant = entry.partition("+")
            yield name, variant if plus else None


def _with_networks(entries: Sequence[MethodEntry], methods: Mapping[str, Plugin]) -> Iterator[str]:
    asked = {name for name, _ in entries}
    for name, found in methods.items():
        if found.meta["kind"] == "learned" and (name in asked or row_group(found.meta) == "paper"):
            yield name
