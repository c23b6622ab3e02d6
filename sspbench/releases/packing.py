"""Pack a results folder into a release, and unpack a release into a results folder for computing tables."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config.config_files import DEFAULT_CONFIG_FILE, read_config
from ..config.overrides import merge_dicts
from ..config.plan import Plan
from ..errors import Faults, UserError
from ..files import read_mapping, write_json, write_text
from ..images.croissant import CROISSANT_FILE
from ..jobs.outcome import STATUS_FILE
from ..jobs.scores_record import LOW_FOLDER, SCORES_FILE
from .digests import find_shared_digest
from .losses import LOSS_KEYS, TRAINING_LOG_FILE, collect_row_losses, read_release_losses
from .records import (
    CommonFacts,
    drop_repeated_settings,
    pack_run_record,
    read_job_records,
    restore_settings,
    restore_shared_facts,
    strip_folders,
    trim_job_records,
)
from .release_folder import RELEASE_RECORD, RESTORE_HINT, ReleasePart
from .score_files import (
    LONG_COLUMNS,
    SCORE_DIGITS,
    SCORE_KEYS,
    collect_row_scores,
    format_csv,
    read_release_scores,
    write_score_notes,
    write_wide_file,
)

# The section of ``runs.json`` on the trainings of the segmenter on LQ images, by seed.
CONTROL_SECTION = "segmenter-low"


def pack_release(plan: Plan, release: str, folder: Path) -> ReleasePart:
    """Write scores, provenance and losses of a plan's results, and ``release.json``, into an empty folder.

    Raises:
        UserError: runs that have not ended, local changes, or trainings on different images; all are listed.
    """
    part, gathered = ReleasePart(folder), CommonFacts()
    with Faults("These results cannot be published", where=str(plan.layout.root)) as faults:
        _pack_runs(plan, part, gathered, faults)
        if len(gathered.data) > 1:
            hint = "run the workflow again, so that everything trains on the same images"
            faults.add("The trainings saw different images", where=", ".join(sorted(gathered.data)), hint=hint)
    write_json(folder / RELEASE_RECORD, {**_release_record(plan, release, gathered), "digest": _describe_digest(plan)})
    described = plan.layout.data / CROISSANT_FILE
    if described.is_file():
        shutil.copyfile(described, folder / CROISSANT_FILE)
    return part


def _pack_runs(plan: Plan, part: ReleasePart, gathered: CommonFacts, faults: Faults) -> None:
    """Write scores, notes, losses and the records of all jobs, one file each."""
    scores, low_scores, notes, records = [], [], [], {}
    losses = collect_row_losses(_segmenter_row(plan), _find_segmenter_folders(plan))
    for row, folders in _find_run_folders(plan).items():
        found = {str(seed): pack_run_record(folder, gathered, faults) for seed, folder in sorted(folders.items())}
        records[row] = drop_repeated_settings(found)
        done = {seed: folder for seed, folder in folders.items() if found[str(seed)]["status"]["status"] == "done"}
        lines, row_notes = collect_row_scores(row, {seed: folder / SCORES_FILE for seed, folder in done.items()})
        scores += lines
        notes += row_notes
        low_files = {seed: folder / LOW_FOLDER / SCORES_FILE for seed, folder in done.items()}
        low_scores += collect_row_scores(row, {seed: path for seed, path in low_files.items() if path.is_file()})[0]
        losses += collect_row_losses(row, folders)
    content = {"rows": records, "segmenter": _make_segmenter_records(plan, gathered, faults)}
    if low_scores:
        content[CONTROL_SECTION] = _make_segmenter_records(plan, gathered, faults, "low")
        write_wide_file(part.low_scores, SCORE_KEYS, low_scores)
    write_text(part.runs, format_run_records(content))
    write_wide_file(part.scores, SCORE_KEYS, scores)
    write_score_notes(notes, part.notes)
    write_wide_file(part.losses, LOSS_KEYS, losses)


def format_run_records(content: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the records of a release as JSON with one line per row, half as long as indented."""
    sections = []
    for name, rows in content.items():
        lines = [f"{json.dumps(key)}: {json.dumps(rows[key], sort_keys=True, allow_nan=False)}" for key in rows]
        sections.append(f"{json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _find_run_folders(plan: Plan) -> dict[str, dict[int, Path]]:
    """Return the folder of every run, by row and seed."""
    rows: dict[str, dict[int, Path]] = {}
    for run in plan.runs:
        rows.setdefault(run.id, {})[run.seed] = plan.layout.run_folder(run.id, run.seed)
    return rows


def _segmenter_row(plan: Plan) -> str:
    """Return the name of the segmenter's losses; no row of the tables has a slash in its name."""
    return f"segmenter/{plan.segmenter.name}"


def _find_segmenter_folders(plan: Plan, domain: str = "high") -> dict[int, Path]:
    return {seed: plan.layout.segmenter_folder(plan.segmenter.name, seed, domain) for seed in plan.config["seeds"]}


def _make_segmenter_records(plan: Plan, gathered: CommonFacts, faults: Faults, domain: str = "high") -> dict[str, Any]:
    jobs = {str(seed): read_job_records(folder) for seed, folder in _find_segmenter_folders(plan, domain).items()}
    where = str(plan.layout.root / "segmenter" / plan.segmenter.name)
    return {seed: trim_job_records(found, gathered, faults, where) for seed, found in jobs.items()}


def _release_record(plan: Plan, release: str, gathered: CommonFacts) -> dict[str, Any]:
    meta = plan.dataset.meta
    return {
        "release": release,
        "dataset": {"id": plan.layout.dataset, "name": plan.dataset.name, "title": meta["title"], "real": meta["real"]},
        "preset": plan.preset,
        "seeds": plan.config["seeds"],
        "config": _make_published_config(plan),
        "commits": dict(sorted(gathered.commits.items())),
        "data": next(iter(gathered.data), None),
        "environments": gathered.environments,
        "cost": gathered.costs,
        "digits": SCORE_DIGITS,
        "metric_codes": gathered.metric_codes,
    }


def _describe_digest(plan: Plan) -> dict[str, str]:
    """Return what the rows of a plan's results share: the digest and its parts.

    Raises:
        UserError: rows differ in a part.
    """
    rows = _find_run_folders(plan).items()
    jobs = {(row, seed): read_job_records(folder) for row, folders in rows for seed, folder in folders.items()}
    shared = find_shared_digest(plan.preset, jobs, str(plan.layout.root))
    return {"rows": shared.text, **shared.name_parts()}


def _make_published_config(plan: Plan) -> dict[str, Any]:
    """Return the config with its rows by name, so that methods added later change nothing, and without places."""
    rows = list(dict.fromkeys(run.id for run in plan.runs if not run.is_external))
    folders = {row: Path(folder).resolve().name for row, folder in plan.config["external"].items()}
    return dict(strip_folders({**plan.config, "methods": rows, "external": folders}))


def unpack_release(part: ReleasePart, results: Path) -> Plan:
    """Write a part of a release below a results folder: scores, how runs ended, provenance, losses; return the plan.

    Raises:
        UserError: a file of the release is missing or has another form.
    """
    facts = part.record
    try:
        plan = plan_of_release(facts, results)
        _unpack_records(part, plan, facts)
        _unpack_scores(part, plan)
        _unpack_losses(part, plan)
    except (KeyError, TypeError, ValueError, AttributeError, FileNotFoundError, csv.Error) as error:
        why = f"a file of it is missing or has another form: {error!r}"
        raise UserError("A release cannot be read", where=str(part.folder), why=why, hint=RESTORE_HINT) from error
    return plan


def _unpack_records(part: ReleasePart, plan: Plan, release: Mapping[str, Any]) -> None:
    """Write how the jobs ended. A variant added after the release has no runs: the tables show it as missing."""
    records = read_mapping(part.runs)
    for row in {run.id for run in plan.runs} & set(records["rows"]):
        for seed, kept in restore_settings(records["rows"][row]).items():
            folder = plan.layout.run_folder(row, int(seed))
            if kept["jobs"]:
                write_json(folder / "run.json", dict(restore_shared_facts(kept["jobs"], release)))
            if kept["status"]["status"] != "done":
                write_json(folder / STATUS_FILE, kept["status"])
    for seed, jobs in records["segmenter"].items():
        folder = plan.layout.segmenter_folder(plan.segmenter.name, int(seed))
        for stage, job in restore_shared_facts(jobs, release):
            write_json(folder / "jobs" / f"{stage}.json", job)


def _unpack_scores(part: ReleasePart, plan: Plan) -> None:
    first = plan.layout.dataset, plan.preset
    runs = {(run.id, run.seed) for run in plan.runs}
    for key, lines in read_release_scores(part, first).items():
        if key in runs:
            write_text(plan.layout.run_folder(*key) / SCORES_FILE, format_csv([LONG_COLUMNS, *lines]))
    if part.low_scores.is_file():
        for key, lines in read_release_scores(part, first, is_low=True).items():
            marked = [[*LONG_COLUMNS, "segmenter"], *([*line, "low"] for line in lines)]
            write_text(plan.layout.run_folder(*key) / LOW_FOLDER / SCORES_FILE, format_csv(marked))


def _unpack_losses(part: ReleasePart, plan: Plan) -> None:
    rows = {**_find_run_folders(plan), _segmenter_row(plan): _find_segmenter_folders(plan)}
    for (row, seed), text in read_release_losses(part.losses).items():
        if seed in rows.get(row, {}):
            write_text(rows[row][seed] / TRAINING_LOG_FILE, text)


def plan_of_release(facts: Mapping[str, Any], results: Path) -> Plan:
    """Return the plan of a release; an empty folder replaces a user's images, of which only the name is known."""
    own = {**facts["config"], "dataset_id": facts["dataset"]["id"], "datasets": []}
    config = merge_dicts(read_config(DEFAULT_CONFIG_FILE), own)
    stand_in = results / "images"
    stand_in.mkdir(parents=True, exist_ok=True)
    if config["data_root"] is not None:
        config["data_root"] = str(stand_in)
    config["external"] = dict.fromkeys(config["external"], str(stand_in))
    return Plan(config, results)
