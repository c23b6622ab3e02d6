"""What a workflow does about files that were removed or changed by hand since a job wrote them.

Snakemake looks at the files that rules declare. A folder of images is declared by its manifest alone, and a declared
file that is edited counts as new input for the next rule. So the hashes that jobs recorded are compared when the
workflow starts. What differs is removed together with the scores that depend on it, and Snakemake repeats the jobs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..config.plan import Plan
from ..errors import UserError
from ..images.manifest import Manifest
from ..jobs.image_folders import (
    FOLDER_MANIFEST_NAME,
    describe_files,
    find_changed_files,
    prepared_hashes,
    read_folder_hashes,
)
from ..jobs.scores_record import LOW_FOLDER, SCORES_FILE, find_changed_tables
from ..jobs.weights_record import KEPT_FOLDER, WEIGHTS_FILE, has_original_weights
from .lock import is_dry_run

SEGMENTED = ("masks", "probabilities")
"""The folders of images that the segmenter writes."""

ENHANCED_AND_SEGMENTED = ("enhanced", *SEGMENTED)
"""The folders of images of a run."""


def repair_runs(plans: Iterable[Plan]) -> None:
    """Remove the manifests and scores of runs whose files were changed, so that their jobs are repeated.

    Weights are never removed: a training may have taken days. The jobs that use changed ones are repeated, and refuse
    them. A dry run only reports all of it.
    """
    for plan in plans:
        seeds = dict.fromkeys(run.seed for run in plan.runs)
        segmenters = {seed: plan.layout.segmenter_folder(plan.segmenter.name, seed) for seed in seeds}
        changed = {seed for seed, folder in segmenters.items() if _has_changed_weights(folder)}
        for folder, seed in {plan.layout.run_folder(run.id, run.seed): run.seed for run in plan.runs}.items():
            _repair_run(folder, SEGMENTED if seed in changed else ())
            for aside in (LOW_FOLDER, KEPT_FOLDER):
                _repair_run(folder / aside, ())


def _has_changed_weights(folder: Path) -> bool:
    """Return whether the weights of a run or a segmenter differ from those that were trained, and report it."""
    try:
        is_original = has_original_weights(folder)
    except UserError:
        return False  # the jobs that read the record report it
    if not is_original:
        weights = folder / WEIGHTS_FILE
        what = f"changed since it was trained; put it back, or remove {weights} and run the same command again"
        print(f"note: {weights}: {what}", file=sys.stderr, flush=True)
    return not is_original


def _repair_run(folder: Path, void: Iterable[str]) -> None:
    """Remove what outdates a run's files.

    Args:
        folder: The run's folder.
        void: The folders of images that were made with weights which have changed.
    """
    void = ENHANCED_AND_SEGMENTED if _has_changed_weights(folder) else void
    manifests = [folder / name / FOLDER_MANIFEST_NAME for name in void]
    outdated = [*(path for path in manifests if path.is_file()), *_find_outdated(folder)]
    if not outdated or is_dry_run():
        return
    for path in [*outdated, folder / SCORES_FILE, folder / "run.json"]:
        path.unlink(missing_ok=True)


def _find_outdated(folder: Path) -> Iterator[Path]:
    """Yield the files of a run that no longer say what is there, and report each."""
    for name in ENHANCED_AND_SEGMENTED:
        manifest = folder / name / FOLDER_MANIFEST_NAME
        changed = _find_changed_images(manifest)
        if changed:
            _report(f"{folder / name}: changed since they were written: {describe_files(changed)}")
            yield manifest
    for path in find_changed_tables(folder):
        _report(f"{path}: changed since it was written")
        yield path


def _find_changed_images(manifest: Path) -> list[Path]:
    if not manifest.is_file():
        return []
    try:
        hashes = read_folder_hashes(manifest.parent)
    except UserError:
        return [manifest]
    return find_changed_files(hashes, manifest.stat().st_ctime_ns)


def find_plans_to_prepare(plans: Iterable[Plan]) -> list[Plan]:
    """Return the plans whose prepared images were changed, and report those; none in a dry run."""
    found = []
    for plan in plans:
        changed = _find_changed_data(plan.layout.manifest)
        if changed:
            _report(f"{plan.layout.data}: changed since they were prepared: {describe_files(changed)}")
            found.append(plan)
    return [] if is_dry_run() else found


def _find_changed_data(path: Path) -> list[Path]:
    if not path.is_file():
        return []
    try:
        hashes = prepared_hashes(Manifest.read(path))
    except (UserError, KeyError, TypeError):
        return [path]
    return find_changed_files(hashes, path.stat().st_ctime_ns)


def _report(text: str) -> None:
    what = "the workflow would write it again" if is_dry_run() else "the workflow writes it again"
    print(f"note: {text}; {what}", file=sys.stderr, flush=True)
