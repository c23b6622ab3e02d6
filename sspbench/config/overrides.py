"""From declared parameters to the values of a run: its preset, variant or reading, and the user's laid over them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..checkout import display_path
from ..contract import ColorMode
from ..errors import Faults, UserError
from ..plugins.discovery import Plugin
from ..plugins.kinds import METHOD_KIND
from ..plugins.parameter_schemas import default_values
from ..plugins.row_groups import UNTRAINED_VARIANT
from ..plugins.schema_words import suggest_name
from ..plugins.schemas import FALLBACK_PRESET, add_faults, find_faults

CONFIG_SOURCE = "config"
"""Where a fault of the user's own values is."""


def merge_dicts(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``over`` laid over it, mapping by mapping.

    >>> merge_dicts({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    result = copy.deepcopy(dict(base))
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merge_dicts(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def preset_overrides(plugin: Plugin, preset: str) -> Mapping[str, Any]:
    """Return what a plugin's preset overrides, or that of the preset which replaces it."""
    presets = plugin.meta["presets"]
    if preset not in presets:
        preset = FALLBACK_PRESET.get(preset, preset)
    return presets.get(preset) or {}


def adapt_presets(plugin: Plugin, color: ColorMode) -> Plugin:
    """Return a plugin as it runs on images of a mode: on colour ones ``presets_rgb`` changes its presets further."""
    changes = plugin.meta.get("presets_rgb", {}) if color == "rgb" else {}
    presets = {name: merge_dicts(plugin.meta["presets"].get(name) or {}, more) for name, more in changes.items()}
    return replace(plugin, meta={**plugin.meta, "presets": {**plugin.meta["presets"], **presets}})


def variants_and_readings(plugin: Plugin) -> dict[str, Mapping[str, Any]]:
    """Return what the variants and readings override, by name."""
    return {**plugin.meta.get("variants", {}), **plugin.meta.get("readings", {})}


def variant_overrides(plugin: Plugin, variant: str | None) -> Mapping[str, Any]:
    """Return what a variant or reading overrides; nothing where none is chosen.

    Raises:
        UserError: there is none of that name; close names are suggested.
    """
    known = variants_and_readings(plugin)
    if variant is None or (variant == UNTRAINED_VARIANT and plugin.is_trained):
        return {}
    if variant not in known:
        raise UserError(
            f"{plugin.name} has no variant or reading {variant!r}",
            where=f"{plugin.group}/{plugin.name}",
            hint=suggest_name(variant, known),
        )
    return known[variant]


def add_override_faults(plugin: Plugin, values: Any, where: str, faults: Faults) -> None:
    """Add everything that is wrong with one layer of overrides."""
    add_faults(find_faults(values, plugin.all_parameters, noun="parameter"), where, faults, separator=".")


def override_layers(plugin: Plugin, preset: str, variant: str | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the plugin's own overrides for a run, and where each stands."""
    file = display_path(plugin.yaml_file)
    yield f"{file}: presets.{preset}", preset_overrides(plugin, preset)
    section = "variants" if variant in plugin.meta.get("variants", {}) else "readings"
    yield f"{file}: {section}.{variant}", variant_overrides(plugin, variant)


def resolve_params(
    plugin: Plugin, preset: str, variant: str | None = None, overrides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the parameters as plain nested values: the defaults, the preset, the variant or reading, the user's.

    Raises:
        UserError: anything in any layer that is not declared or not allowed, or the variant is unknown.
    """
    params = default_values(plugin.all_parameters)
    with Faults(f"Parameters of {plugin.name} are wrong") as faults:
        own = list(override_layers(plugin, preset, variant))
        for where, layer in [*own, (f"{CONFIG_SOURCE}: params.{plugin.name}", overrides or {})]:
            add_override_faults(plugin, layer, where, faults)
            params = merge_dicts(params, layer)
        if not faults.items:
            add_length_fault(plugin, params, f"preset {preset}", faults)
    return params


def validate_runs(config: Mapping[str, Any], used: Iterable[tuple[Plugin, str | None]]) -> None:
    """Check the plugins' own presets, variants and readings as far as they are used, and each training's length.

    Args:
        config: A checked config.
        used: Plugins, each with its variant or reading.

    Raises:
        UserError: all faults at once.
    """
    with Faults("The runs of this config have faults") as faults:
        for found, variant in used:
            try:
                params = resolve_params(found, config["preset"], variant, config["params"].get(found.name))
            except UserError as error:
                faults.items.append(error)
                continue
            keeps_steps = found.kind is METHOD_KIND and found.is_trained and variant != UNTRAINED_VARIANT
            if keeps_steps and params["steps"] is not None:
                where = f"{CONFIG_SOURCE}: params.{found.name} over preset {config['preset']}"
                fault = find_spacing_fault(config["checkpoints"], params["steps"], where)
                faults.items += [] if fault is None else [fault]


def add_length_fault(plugin: Plugin, params: Mapping[str, Any], where: str, faults: Faults) -> None:
    """Add a fault if a trained plugin has no training length, or two."""
    fault = find_length_fault(params, where) if plugin.is_trained else None
    if fault is not None:
        faults.items.append(fault)


def find_length_fault(params: Mapping[str, Any], where: str = "") -> UserError | None:
    """Return the fault of parameters that give neither ``steps`` nor ``epochs``, or both."""
    steps, epochs = params.get("steps"), params.get("epochs")
    if (steps is None) != (epochs is None):
        return None
    why, hint = f"steps: {steps}, epochs: {epochs}", "give one of steps and epochs, and set the other to null"
    return UserError("A training needs either steps or epochs", where=where, why=why, hint=hint)


def find_spacing_fault(checkpoints: int, steps: int, where: str = "") -> UserError | None:
    """Return the fault of a training that has fewer steps than checkpoints are to be kept of it."""
    if checkpoints <= steps:
        return None
    why, hint = f"checkpoints: {checkpoints}, steps: {steps}", f"set checkpoints to {steps} or less"
    return UserError("A training cannot keep more checkpoints than it has steps", where=where, why=why, hint=hint)
