"""Several data sets in one run: each is an instance, its own plan with its own name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import Faults, UserError
from ..plugins.schemas import add_schema_faults
from .plan import Plan


def build_plans(config: Mapping[str, Any], results: Path = Path("results")) -> dict[str, Plan]:
    """Return one plan per data set of a config, by its name in the results.

    Raises:
        UserError: all faults of all plans at once; two data sets of one name are one.
    """
    if not config["datasets"]:
        plan = Plan(config, results)
        return {plan.layout.dataset: plan}
    with Faults("The config has faults") as faults:
        add_schema_faults(config, "config", faults, "config")
        if config.get("external"):
            why = "there are several data sets, and the images are those of one"
            hint = "say it in the entry of its data set: datasets=[{id: ..., external: {...}}]"
            faults.add("It is not clear whose test images were enhanced", where="config: external", why=why, hint=hint)
    found: dict[str, Plan] = {}
    with Faults("The data sets of the config have faults") as faults:
        for number, entry in enumerate(config["datasets"]):
            where = f"config: datasets.{number}"
            try:
                plan = Plan(_single_dataset_config(config, entry), results)
            except UserError as error:
                faults.add(str(error), where=where, hint="fix what it says about this data set")
                continue
            if plan.layout.dataset.casefold() in {name.casefold() for name in found}:
                why = "some file systems treat names that differ in case alone as one name"
                faults.add(f"Two are named {plan.layout.dataset!r}", where=where, why=why, hint="give each its own id")
            found[plan.layout.dataset] = plan
    return found


def summary_folder(found: Mapping[str, Plan]) -> Path:
    """Return the folder of the summary above the plans of one config: ``results/summary/<study>/<preset>``."""
    first = next(iter(found.values()))
    return first.layout.results / "summary" / (first.config["study"] or "all") / first.preset


def _single_dataset_config(config: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config of one data set: what its entry says is above the rest."""
    own = {key: entry[key] for key in ("dataset", "data_root", "data_seed", "external") if key in entry}
    options = {**config["dataset_options"], **entry.get("options", {})}
    return {**config, **own, "datasets": [], "dataset_id": entry.get("id"), "dataset_options": options}
