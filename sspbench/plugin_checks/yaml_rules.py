"""Rules for the YAML of a method or segmenter: valid, every preset and variant resolvable."""

from __future__ import annotations

import re
from pathlib import Path

from ..checkout import display_path
from ..config.overrides import adapt_presets, resolve_params, variants_and_readings
from ..config.selection import METHOD_SETS
from ..errors import Faults, UserError
from ..plugins.discovery import Plugin, read_plugin
from ..plugins.kinds import KINDS_BY_FOLDER
from ..plugins.row_groups import UNTRAINED_VARIANT
from ..plugins.schemas import REQUIRED_PRESETS
from .findings import Inspection


def check_yaml(inspection: Inspection, group: str, folder: Path) -> Plugin | None:
    """Check name and YAML of a plugin folder; return the plugin where its YAML is usable."""
    path = folder / KINDS_BY_FOLDER[group].yaml
    with inspection.rule("folder name"):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", folder.name):
            raise UserError(
                f"{folder.name!r} cannot be imported",
                where=display_path(folder),
                hint="lower-case letters, digits and underscores, a letter first",
            )
        if group == "methods" and folder.name in METHOD_SETS:
            raise UserError(
                f"{folder.name!r} selects several methods in a config",
                where=display_path(folder),
                hint="choose another name",
            )
    found = None
    with inspection.rule("yaml valid"):
        if not path.is_file():
            raise UserError("The folder has no description", where=display_path(path), hint=f"add {path.name}")
        with Faults(f"{path.name} is not valid") as faults:
            found = read_plugin(group, folder, faults)
    return found


def check_method_yaml(inspection: Inspection, plugin: Plugin) -> None:
    """Check what the schema cannot say about ``method.yaml`` or ``segmenter.yaml``."""
    where = display_path(plugin.yaml_file)
    meta = plugin.meta
    with inspection.rule("reference given"):
        if not str(meta.get("reference", "")).strip():
            raise UserError(
                "`reference` is missing", where=where, hint='add reference: "Authors, Title, Journal, year"'
            )
    with inspection.rule("presets complete"):
        missing = [name for name in REQUIRED_PRESETS if name not in meta["presets"]]
        if missing:
            raise UserError(f"Presets are missing: {', '.join(missing)}", where=where, hint="add them, e.g. smoke: {}")
    with inspection.rule("presets and variants resolve"):
        for adapted in (plugin, adapt_presets(plugin, "rgb")):
            for preset in adapted.meta["presets"]:
                for variant in (None, *variants_and_readings(plugin)):
                    resolve_params(adapted, preset, variant)
    with inspection.rule("rows are readings"):
        strange = sorted(set(meta.get("rows", [])) - set(meta.get("readings", {})))
        if strange:
            raise UserError(f"Rows that are not readings: {', '.join(strange)}", where=where, hint="add the readings")
    with inspection.rule("no variant is called untrained"):
        if UNTRAINED_VARIANT in variants_and_readings(plugin):
            raise UserError(
                f"The variant {UNTRAINED_VARIANT!r} is made by the frame",
                where=where,
                hint="rename the variant or reading",
            )
    with inspection.rule("labels have a variant"):
        stray = sorted(set(meta.get("labels", {})) - set(variants_and_readings(plugin)))
        if stray:
            raise UserError(
                f"Labels without a variant or reading: {', '.join(stray)}", where=where, hint="rename or remove them"
            )
