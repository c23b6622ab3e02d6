"""Everything a config says, checked before anything runs: names, parameters, options; all faults at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import Faults, UserError
from ..plugins.discovery import Plugin, find_plugins, get_plugin
from ..plugins.kinds import METHOD_KIND
from ..plugins.metric_families import find_metric_files, load_metric_family
from ..plugins.row_groups import UNTRAINED_VARIANT
from ..plugins.schemas import add_schema_faults
from ..plugins.suggestions import suggest_name
from .coercion import coerce_config
from .external_rows import add_external_faults
from .overrides import CONFIG_SOURCE, add_override_faults, find_spacing_fault, resolve_params, variants_and_readings
from .selection import method_names

SHARE_TOLERANCE = 1e-9
"""By how much sums of shares may exceed 1."""


def check_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config with typed values, all of them checked, also those for plugins that do not run.

    Raises:
        UserError: all faults of the config at once.
    """
    checked = coerce_config(config)
    with Faults("The config has faults") as faults:
        add_schema_faults(checked, "config", faults, "config")
        faulty = _find_faulty_keys(faults)
        add_external_faults(checked.get("external"), faults)
        for keys, check in CONFIG_CHECKS:
            if faulty.isdisjoint(keys) and checked.keys() >= keys:
                check(checked, faults)
    return checked


def _find_faulty_keys(faults: Faults) -> set[str]:
    found = [re.match(r"config: ([^.]+)", fault.where) for fault in faults.items]
    return {match[1] for match in found if match}


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


def _check_names(config: Mapping[str, Any], faults: Faults) -> None:
    listed = method_names(config["methods"]) + ([config["ablation"]] if config.get("ablation") else [])
    named = {"data": [config["dataset"]], "segmentation": [config["segmenter"]], "methods": listed}
    for group, names in named.items():
        for name in names:
            try:
                get_plugin(group, name)
            except UserError as error:
                faults.items.append(error)


def _add_unknown_name(kind: str, name: str, known: Iterable[str], key: str, faults: Faults) -> None:
    faults.add(f"Unknown {kind} {name!r}", where=f"{CONFIG_SOURCE}: {key}", hint=suggest_name(name, known))


def _check_params(config: Mapping[str, Any], faults: Faults) -> None:
    known = {**find_plugins("methods"), **find_plugins("segmentation")}
    for name, values in config.get("params", {}).items():
        if name in known:
            add_override_faults(known[name], values, f"{CONFIG_SOURCE}: params.{name}", faults)
        else:
            _add_unknown_name("method or segmenter", name, known, "params", faults)


def _check_rows(config: Mapping[str, Any], faults: Faults) -> None:
    known = find_plugins("methods")
    for name, rows in config.get("rows", {}).items():
        if name not in known:
            _add_unknown_name("method", name, known, "rows", faults)
            continue
        for row, values in rows.items():
            where = f"{CONFIG_SOURCE}: rows.{name}.{row}"
            add_override_faults(known[name], values, where, faults)
            if row in (*variants_and_readings(known[name]), UNTRAINED_VARIANT):
                faults.add(f"{name} has a variant or reading {row!r} already", where=where, hint="give another name")


def _check_metrics(config: Mapping[str, Any], faults: Faults) -> None:
    known = find_metric_files()
    for name, values in config.get("metrics", {}).items():
        if name not in known:
            _add_unknown_name("metric family", name, known, "metrics", faults)
            continue
        try:
            load_metric_family(name, values)
        except UserError as error:
            faults.items.append(error)


def _check_dataset_options(config: Mapping[str, Any], faults: Faults) -> None:
    found = find_plugins("data").get(config["dataset"])
    if found is not None:
        add_override_faults(found, config.get("dataset_options", {}), f"{CONFIG_SOURCE}: dataset_options", faults)


def _check_zoom(config: Mapping[str, Any], faults: Faults) -> None:
    zoom = config.get("figures", {}).get("zoom")
    if isinstance(zoom, list):
        left, top, width, height = zoom
        if min(width, height) <= 0 or left + width > 1 + SHARE_TOLERANCE or top + height > 1 + SHARE_TOLERANCE:
            faults.add(
                f"{zoom} is not a region of an image",
                where=f"{CONFIG_SOURCE}: figures.zoom",
                why="left + width and top + height reach 1 at most, and neither width nor height is 0",
                hint="give left, top, width, height as shares of the image, e.g. [0.35, 0.35, 0.3, 0.3]",
            )


def _check_subject(config: Mapping[str, Any], faults: Faults) -> None:
    try:
        re.compile(config["subject"] or "")
    except re.error as error:
        hint = "give one that finds the subject in the name of an image, e.g. subject='^([^_]+)_'"
        what, where = f"{config['subject']!r} is not a regular expression", f"{CONFIG_SOURCE}: subject"
        faults.add(what, where=where, why=str(error), hint=hint)


# Each check, and the keys that it reads: it runs if the schema accepts these keys, even if it rejects others.
CONFIG_CHECKS: tuple[tuple[frozenset[str], Callable[[Mapping[str, Any], Faults], None]], ...] = (
    (frozenset({"dataset", "segmenter", "methods", "ablation"}), _check_names),
    (frozenset({"params"}), _check_params),
    (frozenset({"rows"}), _check_rows),
    (frozenset({"metrics"}), _check_metrics),
    (frozenset({"dataset", "dataset_options"}), _check_dataset_options),
    (frozenset({"figures"}), _check_zoom),
    (frozenset({"subject"}), _check_subject),
)
