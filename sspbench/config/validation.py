"""Everything a config says, checked before anything runs: names, parameters, options; all faults at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import Faults, UserError
from ..plugins.discovery import find_plugins, get_plugin
from ..plugins.metric_families import find_metric_files, load_metric_family
from ..plugins.row_groups import UNTRAINED_VARIANT
from ..plugins.schema_words import suggest_name
from ..plugins.schemas import add_schema_faults
from .coercion import coerce_config
from .overrides import CONFIG_SOURCE, add_override_faults, variants_and_readings
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
        for keys, check in CONFIG_CHECKS:
            if faulty.isdisjoint(keys) and checked.keys() >= keys:
                check(checked, faults)
    return checked


def _find_faulty_keys(faults: Faults) -> set[str]:
    found = [re.match(r"config: ([^.]+)", fault.where) for fault in faults.items]
    return {match[1] for match in found if match}


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


def _check_external(config: Mapping[str, Any], faults: Faults) -> None:
    """Add a fault for every external row whose name is taken, and for every folder that is none."""
    rows = config.get("external")
    if not isinstance(rows, Mapping):
        return
    taken = {method.casefold(): f"the method {method}" for method in find_plugins("methods")}
    for name, folder in rows.items():
        where, folded = f"{CONFIG_SOURCE}: external.{name}", str(name).casefold()
        if folded in taken:
            why = f"it is that of {taken[folded]}, and some file systems ignore case"
            faults.add(f"The name {name!r} is taken", where=where, why=why, hint="give the row another name")
        taken.setdefault(folded, f"the row {name}")
        if isinstance(folder, str):
            _add_folder_faults(folder, where, faults)


def _add_folder_faults(folder: str, where: str, faults: Faults) -> None:
    place = f"{where}: {folder}"
    if os.path.isfile(folder):  # noqa: PTH113  # Path.is_file raises for what is not a path
        hint = "give the folder that the images lie in; of an archive, unpack it first"
        faults.add("`external` needs a folder of images", where=place, why="it is a file", hint=hint)
    elif not os.path.isdir(folder):  # noqa: PTH112
        why = f"the folder does not exist, seen from {Path.cwd()}"
        faults.add("The images of an external row are missing", where=place, why=why, hint="check the path")
    elif not os.access(folder, os.R_OK | os.X_OK):
        hint = "let this user read and open the folder"
        faults.add("The images of an external row cannot be read", where=place, why="no permission", hint=hint)


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


# Each check, and the keys that must be right for it: it runs if the schema accepts these, even if it rejects others.
CONFIG_CHECKS: tuple[tuple[frozenset[str], Callable[[Mapping[str, Any], Faults], None]], ...] = (
    (frozenset({"dataset", "segmenter", "methods", "ablation"}), _check_names),
    (frozenset({"params"}), _check_params),
    (frozenset({"rows"}), _check_rows),
    (frozenset({"metrics"}), _check_metrics),
    (frozenset({"dataset", "dataset_options"}), _check_dataset_options),
    (frozenset(), _check_external),
    (frozenset({"figures"}), _check_zoom),
    (frozenset({"subject"}), _check_subject),
)
