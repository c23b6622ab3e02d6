"""The rule that every parameter does something: it is read on some path through the presets and variants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..checkout import display_path
from ..config.overrides import merge_dicts, resolve_params, variants_and_readings
from ..errors import UserError
from ..plugins.discovery import Plugin
from ..plugins.schema_words import is_section, list_parameters
from .findings import Inspection


class TrackingDict(dict[str, Any]):
    """A dict whose reads are noted; sections in it are watched too.

    >>> params = TrackingDict({"gamma": 0.5, "weights": {"a": 1.0, "b": 2.0}}, used := set())
    >>> params["weights"]["a"]
    1.0
    >>> sorted(used)
    ['weights', 'weights.a']

    Args:
        content: The resolved parameters.
        used: Collects the paths of what is read.
        prefix: Path of this section.
    """

    def __init__(self, content: dict[str, Any], used: set[str], prefix: str = "") -> None:
        super().__init__()
        self._used, self._prefix = used, prefix
        for key, value in content.items():
            path = f"{prefix}{key}"
            super().__setitem__(
                key, TrackingDict(value, used, f"{path}.") if isinstance(value, dict) and value else value
            )

    def __getitem__(self, key: str) -> Any:
        self._used.add(f"{self._prefix}{key}")
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value as ``dict.get`` does."""
        self._used.add(f"{self._prefix}{key}")
        return super().get(key, default)

    def __iter__(self) -> Iterator[str]:
        # Without its own method, dict(params) and **params would copy the values past __getitem__.
        return super().__iter__()

    def items(self) -> list[tuple[str, Any]]:  # type: ignore[override]  # a list: its values are read already
        """Return all pairs; all count as read."""
        return [(key, self[key]) for key in self]

    def values(self) -> list[Any]:  # type: ignore[override]
        """Return all values; all count as read."""
        return [self[key] for key in self]


def declared_parameter_paths(plugin: Plugin) -> set[str]:
    """Return the paths of the parameters that the plugin itself should read."""
    return {path for path, one in list_parameters(plugin.own_parameters) if not is_section(one)}


def check_params_used(
    inspection: Inspection, plugin: Plugin, used: set[str], attempt: Callable[[Mapping[str, Any]], None]
) -> None:
    """Check that every parameter is read: with the smoke preset in ``used``, or in one more attempt.

    ``attempt`` runs the plugin once with given parameters. It is called for variants, readings and the values of other
    presets until nothing is left unread.
    """
    with inspection.rule("every param used"):
        for params in _parameter_settings(plugin, used):
            attempt(TrackingDict(params, used))
        unread = sorted(declared_parameter_paths(plugin) - used)
        if unread:
            raise UserError(
                f"Params are never read: {', '.join(unread)}",
                where=display_path(plugin.yaml_file),
                hint=f"use self.params[{unread[0]!r}] in {plugin.code_file.name}, or remove the line",
            )


def _parameter_settings(plugin: Plugin, used: set[str]) -> Iterator[dict[str, Any]]:
    for variant in variants_and_readings(plugin):
        if not declared_parameter_paths(plugin) <= used:
            yield resolve_params(plugin, "smoke", variant)
    for preset in plugin.meta["presets"]:
        unread = {path.split(".")[0] for path in declared_parameter_paths(plugin) - used}
        theirs = resolve_params(plugin, preset)
        if unread:
            yield merge_dicts(resolve_params(plugin, "smoke"), {key: theirs[key] for key in unread})
