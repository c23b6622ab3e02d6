"""From a results folder to what of it is published, and back to a results folder that tables are computed from."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config.config_files import DEFAULT_CONFIG_FILE, read_config
from ..config.overrides import merge_dicts
from ..config.plan import Plan
from ..errors import Faults, UserError
from ..files import read_json, write_json, write_text
from ..jobs.outcome import STATUS_FILE as STATUS
from .losses import TRAINING_LOG_FILE, read_release_losses, write_release_losses
from .records import (
    CommonFacts,
    drop_repeated_settings,
    make_run_record,
    read_job_records,
    restore_environments,
    restore_settings,
    strip_folders,
    trim_job_records,
)
from .release_folder import RELEASE_RECORD, RESTORE_HINT, ReleasePart
from .score_files import (
    LONG_COLUMNS,
    SCORE_DIGITS,
    format_csv,
    read_score_notes,
    read_wide_as_long,
    write_score_notes,
    write_wide_scores,
)


def pack_release(plan: Plan, release: str, folder: Path) -> ReleasePart:
    """Write scores, provenance and losses of a plan's results, and ``release.json``.

    Args:
        plan: What was run.
        release: The release's name.
        folder: An empty folder.

    Raises:
        UserError: all that forbids publishing at once: runs that have not ended, local changes, several data.
    """
    part, gathered = ReleasePart(folder), CommonFacts()
    with Faults("These results cannot be published", where=str(plan.layout.root)) as faults:
        _pack_runs(plan, part, gathered, faults)
        _pack_segmenter(plan, part, gathered, faults)
        if len(gathered.data) > 1:
            hint = "run the workflow again, so that all is trained on the same images"
            faults.add("The trainings saw different images", where=", ".join(sorted(gathered.data)), hint=hint)
    write_json(folder / RELEASE_RECORD, _release_record(plan, release, gathered))
    return part


def _pack_runs(plan: Plan, part: ReleasePart, gathered: CommonFacts, faults: Faults) -> None:
    rows: dict[str, dict[int, Path]] = {}
    for run in plan.runs:
        rows.setdefault(run.id, {})[run.seed] = plan.layout.run_folder(run.id, run.seed)
    notes = []
    for row, folders in rows.items():
        records = {str(seed): make_run_record(folder, gathered, faults) for seed, folder in sorted(folders.items())}
        write_json(part.folder / "runs" / f"{row}.json", drop_repeated_settings(records))
        done = [seed for seed in folders if records[str(seed)]["status"]["status"] == "done"]
        if done:
            notes += write_wide_scores(row, {seed: folders[seed] / "scores.csv" for seed in done}, part.scores)
        write_release_losses(
            {seed: folder / TRAINING_LOG_FILE for seed, folder in folders.items()},
            part.folder / "losses" / f"{row}.csv",
        )
    write_score_notes(notes, part.scores)


def _pack_segmenter(plan: Plan, part: ReleasePart, gathered: CommonFacts, faults: Faults) -> None:
    folders = {seed: plan.layout.segmenter_folder(plan.segmenter.name, seed) for seed in plan.config["seeds"]}
    jobs = {str(seed): read_job_records(folder) for seed, folder in folders.items()}
    where = str(plan.layout.root / "segmenter" / plan.segmenter.name)
    records = {seed: trim_job_records(found, gathered, faults, where) for seed, found in jobs.items()}
    write_json(part.folder / "segmenter.json", records)
    write_release_losses(
        {seed: folder / TRAINING_LOG_FILE for seed, folder in folders.items()}, part.folder / "segmenter.csv"
    )


def _release_record(plan: Plan, release: str, gathered: CommonFacts) -> dict[str, Any]:
    meta = plan.dataset.meta
    return {
        "release": release,
        "dataset": {"id": plan.layout.dataset, "name": plan.dataset.name, "title": meta["title"], "real": meta["real"]},
        "preset": plan.preset,
        "seeds": plan.config["seeds"],
        "config": published_config(plan),
        "commits": dict(sorted(gathered.commits.items())),
        "data": next(iter(gathered.data), None),
        "environments": gathered.environments,
        "cost": gathered.costs,
        "digits": SCORE_DIGITS,
    }


def published_config(plan: Plan) -> dict[str, Any]:
    """Return the config with its rows by name, so that methods added later change nothing, and without places."""
    rows = list(dict.fromkeys(run.id for run in plan.runs if not run.is_external))
    folders = {row: Path(folder).resolve().name for row, folder in plan.config["external"].items()}
    return dict(strip_folders({**plan.config, "methods": rows, "external": folders}))


def unpack_release(part: ReleasePart, results: Path) -> Plan:
    """Write a part of a release as a results folder: scores, how runs ended, provenance, losses; no images.

    Args:
        part: The release.
        results: The results folder, e.g. a temporary one.

    Returns:
        The plan of these results.

    Raises:
        UserError: a file of the release is missing or has another form.
    """
    facts = part.record
    try:
        plan = _plan_of_release(facts, results)
        notes = read_score_notes(part.scores)
        for row in dict.fromkeys(run.id for run in plan.runs):
            _unpack_row(part, row, plan, notes, facts["environments"])
        _unpack_segmenter(part, plan, facts["environments"])
    except (KeyError, TypeError, ValueError, AttributeError, FileNotFoundError, csv.Error) as error:
        why = f"a file of it is missing or has another form: {error!r}"
        raise UserError("A release cannot be read", where=str(part.folder), why=why, hint=RESTORE_HINT) from error
    return plan


def _unpack_segmenter(part: ReleasePart, plan: Plan, environments: Mapping[str, Any]) -> None:
    for seed, jobs in read_json(part.folder / "segmenter.json").items():
        folder = plan.layout.segmenter_folder(plan.segmenter.name, int(seed))
        for stage, job in restore_environments(jobs, environments):
            write_json(folder / "jobs" / f"{stage}.json", job)
    for seed, text in read_release_losses(part.folder / "segmenter.csv").items():
        write_text(plan.layout.segmenter_folder(plan.segmenter.name, seed) / TRAINING_LOG_FILE, text)


def _plan_of_release(facts: Mapping[str, Any], results: Path) -> Plan:
    """Return the plan of a release; an empty folder stands for a user's images, whose name alone is known."""
    config = merge_dicts(
        read_config(DEFAULT_CONFIG_FILE), {**facts["config"], "dataset_id": facts["dataset"]["id"], "datasets": []}
    )
    stand_in = results / "images"
    stand_in.mkdir(parents=True, exist_ok=True)
    if config["data_root"] is not None:
        config["data_root"] = str(stand_in)
    config["external"] = dict.fromkeys(config["external"], str(stand_in))
    return Plan(config, results)


def _unpack_row(
    part: ReleasePart,
    row: str,
    plan: Plan,
    notes: Mapping[tuple[str, int, str, str], str],
    environments: Mapping[str, Any],
) -> None:
    path = part.folder / "runs" / f"{row}.json"
    if not path.is_file():
        return  # a variant added after the release: its runs are missing, and the tables say so
    scores, losses = part.scores / f"{row}.csv", read_release_losses(part.folder / "losses" / f"{row}.csv")
    lines = read_wide_as_long(scores, notes, (plan.layout.dataset, plan.preset)) if scores.is_file() else {}
    for seed, kept in restore_settings(read_json(path)).items():
        folder = plan.layout.run_folder(row, int(seed))
        if kept["jobs"]:
            write_json(folder / "run.json", dict(restore_environments(kept["jobs"], environments)))
        if kept["status"]["status"] != "done":
            write_json(folder / STATUS, kept["status"])
        if int(seed) in lines:
            write_text(folder / "scores.csv", format_csv([LONG_COLUMNS, *lines[int(seed)]]))
        if int(seed) in losses:
            write_text(folder / TRAINING_LOG_FILE, losses[int(seed)])
