"""Join two releases of equal digests: the same seeds with further rows, or the same rows with further seeds."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from sspbench.errors import Faults, UserError
from sspbench.files import read_mapping, write_json, write_text
from sspbench.images.croissant import CROISSANT_FILE
from sspbench.releases.digests import RowDigest, describe_row, find_differing_parts
from sspbench.releases.losses import LOSS_KEYS
from sspbench.releases.packing import CONTROL_SECTION, format_run_records
from sspbench.releases.records import drop_repeated_settings, restore_settings, restore_shared_facts
from sspbench.releases.release_folder import RELEASE_RECORD, ReleasePart
from sspbench.releases.score_files import (
    SCORE_KEYS,
    WideLine,
    read_score_notes,
    read_wide_file,
    write_score_notes,
    write_wide_file,
)

# Keys of the config beside methods and seeds in which two releases may differ: their entries are joined.
JOINED_MAPPINGS = ("external", "params", "rows")

# Entries that must be equal in both releases; their configs may differ.
EQUAL_ENTRIES = ("dataset", "preset", "data", "digits")

EQUAL_DIGESTS_HINT = "only releases of the same images, code and settings can be joined: train the rows of one again"


def merge_parts(first: ReleasePart, second: ReleasePart, release: str, folder: Path) -> ReleasePart:
    """Write the scores, records and losses of two parts of the same data set and preset into an empty folder.

    Raises:
        UserError: digests or configs differ, a run is in both with other numbers, or a row lacks a seed; all at once.
    """
    part, sides = ReleasePart(folder), (first, second)
    one, other = (side.record for side in sides)
    runs = [read_mapping(side.runs) for side in sides]
    with Faults("These releases cannot be joined", where=f"{first.folder}, {second.folder}") as faults:
        _reject_other_digests(sides, runs, faults)
        config = _join_configs(one["config"], other["config"], faults)
        rows = _join_runs(runs[0]["rows"], runs[1]["rows"], faults)
        scores = _join_lines([side.scores for side in sides], faults)
        low_scores = _join_lines([side.low_scores for side in sides if side.low_scores.is_file()], faults)
        losses = _join_lines([side.losses for side in sides], faults)
        _reject_missing_seeds(rows, config["seeds"], faults)
    kept = {row: drop_repeated_settings(found) for row, found in rows.items()}
    write_text(part.runs, format_run_records({"rows": kept, **_join_segmenters(runs)}))
    write_wide_file(part.scores, SCORE_KEYS, scores)
    if low_scores:
        write_wide_file(part.low_scores, SCORE_KEYS, low_scores)
    write_wide_file(part.losses, LOSS_KEYS, losses)
    ours, theirs = (read_score_notes(side.notes) for side in sides)
    write_score_notes([(*key, note) for key, note in {**ours, **theirs, **ours}.items()], part.notes)
    write_json(folder / RELEASE_RECORD, _join_records(one, other, release, config))
    if (first.folder / CROISSANT_FILE).is_file():
        shutil.copyfile(first.folder / CROISSANT_FILE, folder / CROISSANT_FILE)
    return part


def _reject_other_digests(sides: tuple[ReleasePart, ReleasePart], runs: list[dict[str, Any]], faults: Faults) -> None:
    records = [side.record for side in sides]
    for name in EQUAL_ENTRIES:
        if records[0][name] != records[1][name]:
            why = f"{records[0][name]}; {records[1][name]}"
            faults.add(f"Their {name} differs", why=why, hint=EQUAL_DIGESTS_HINT)
    digests = [_describe_part(record, found["rows"]) for record, found in zip(records, runs, strict=True)]
    for side, digest in zip(sides, digests, strict=True):
        if not digest.images:
            why, hint = "an older version wrote it", "publish it again with this version, from the results"
            faults.add("A release records no digest", where=str(side.folder), why=why, hint=hint)
    for part in find_differing_parts(*digests):
        faults.add(f"Their {part.label} differs", why=f"{part.first}; {part.second}", hint=EQUAL_DIGESTS_HINT)
    controls = [found.get(CONTROL_SECTION, {}) for found in runs]
    for seed in sorted(controls[0].keys() & controls[1].keys(), key=int):
        one, other = (control[seed]["train"].get("weights_sha256") for control in controls)
        if one != other:
            what = f"Their weights of the segmenter trained on LQ images differ for seed {seed}"
            faults.add(what, why=f"{one}; {other}", hint=EQUAL_DIGESTS_HINT)


def _join_segmenters(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the sections of the segmenters, with the control where a release has it."""
    joined = {name: {**runs[1].get(name, {}), **runs[0].get(name, {})} for name in ("segmenter", CONTROL_SECTION)}
    return {name: section for name, section in joined.items() if section}


def _describe_part(record: Mapping[str, Any], rows: Mapping[str, Any]) -> RowDigest:
    """Return what the rows of a part share, with the segmenter's weights of every seed."""
    jobs: dict[int, dict[str, Any]] = {}
    for kept in rows.values():
        for seed, run in kept.items():
            if run["status"]["status"] == "done":
                jobs.setdefault(int(seed), dict(restore_shared_facts(run["jobs"], record)))
    return describe_row(record["preset"], jobs)


def _join_configs(one: Mapping[str, Any], other: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    methods, seeds = (dict.fromkeys([*one[name], *other[name]]) for name in ("methods", "seeds"))
    joined = {**one, "methods": list(methods), "seeds": sorted(seeds)}
    for name in JOINED_MAPPINGS:
        for key in one[name].keys() & other[name].keys():
            if one[name][key] != other[name][key]:
                why = f"{one[name][key]}; {other[name][key]}"
                faults.add(f"config: {name}.{key} differs", why=why, hint=EQUAL_DIGESTS_HINT)
        joined[name] = {**other[name], **one[name]}
    return joined


def _join_runs(one: Mapping[str, Any], other: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    """Return the records of all runs; of a run in both the first's."""
    joined: dict[str, Any] = {}
    for row in dict.fromkeys([*one, *other]):
        ours, theirs = (restore_settings(side.get(row, {})) for side in (one, other))
        joined[row] = {seed: {**theirs, **ours}[seed] for seed in sorted({**theirs, **ours}, key=int)}
        for seed in ours.keys() & theirs.keys():
            ends = [side[seed]["status"]["status"] for side in (ours, theirs)]
            if ends[0] != ends[1]:
                hint = "repair the release in which it failed, or leave its run out"
                faults.add(f"{row}, seed {seed} ended otherwise", why="; ".join(ends), hint=hint)
    return joined


def _join_lines(paths: Iterable[Path], faults: Faults) -> list[WideLine]:
    """Return the lines of several files; a line that two have must say the same."""
    joined: dict[tuple[str, int, str], WideLine] = {}
    for line in chain.from_iterable(map(read_wide_file, paths)):
        if joined.setdefault(line[:3], line) != line:
            faults.add(f"{line[0]}, seed {line[1]} has other values", where=line[2], hint="leave that run out of one")
    return list(joined.values())


def _reject_missing_seeds(rows: Mapping[str, Any], seeds: list[int], faults: Faults) -> None:
    for row, runs in rows.items():
        missing = [str(seed) for seed in seeds if str(seed) not in runs]
        if missing:
            hint = "join releases with the same seeds, or with the same rows"
            faults.add(f"{row} has no seed {', '.join(missing)}", hint=hint)


def _join_records(
    one: Mapping[str, Any], other: Mapping[str, Any], release: str, config: Mapping[str, Any]
) -> dict[str, Any]:
    stages = dict.fromkeys([*one["cost"], *other["cost"]])
    joined = {name: value for name, value in one.items() if name != "tables"}
    return {
        **joined,
        "release": release,
        "config": config,
        "seeds": config["seeds"],
        "commits": _add_up(one["commits"], other["commits"]),
        "cost": {stage: _add_up(one["cost"].get(stage, {}), other["cost"].get(stage, {})) for stage in stages},
        "environments": {**other["environments"], **one["environments"]},
        "metric_codes": {**other["metric_codes"], **one["metric_codes"]},
    }


def _add_up(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(one.get(name, 0) + other.get(name, 0), 3) for name in dict.fromkeys([*one, *other])}


def pair_parts(first: list[ReleasePart], second: list[ReleasePart]) -> list[tuple[ReleasePart, ReleasePart]]:
    """Return the parts of two releases with the same data set and preset.

    Raises:
        UserError: a data set is in one release alone.
    """
    sides = [{part.dataset_and_preset: part for part in parts} for parts in (first, second)]
    alone = sorted(sides[0].keys() ^ sides[1].keys())
    if alone:
        where, hint = ", ".join(map("/".join, alone)), "give <release>/<data set>/<preset> of both"
        raise UserError("A data set is in one release alone", where=where, hint=hint)
    return [(sides[0][name], sides[1][name]) for name in sides[0]]
