"""One row of a release computed again: prepared images, training, enhancing and the measures of the images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sspbench.config.overrides import merge_dicts
from sspbench.config.plan import Plan
from sspbench.config.settings import Settings
from sspbench.errors import UserError
from sspbench.files import read_mapping
from sspbench.images.manifest import Manifest
from sspbench.jobs.folder_lock import lock_folder
from sspbench.releases.packing import plan_of_release
from sspbench.releases.records import restore_settings
from sspbench.releases.release_folder import ReleasePart


@dataclass(frozen=True)
class RecordedRun:
    """A run of a release."""

    part: ReleasePart
    row: str  # ``method`` or ``method+variant``
    seed: int
    jobs: Mapping[str, Mapping[str, Any]]  # what its jobs recorded, by stage

    @property
    def settings(self) -> Settings:
        """The settings that it was run with, its own and not those of today's YAML."""
        stage = "train" if "train" in self.jobs else "enhance"
        found = Settings.from_json(self.jobs[stage].get("settings"), f"{self.part.runs}: {self.row}, {stage}")
        return replace(found, engine=replace(found.engine, device="auto"))


def find_recorded_run(part: ReleasePart, row: str, seed: int | None) -> RecordedRun:
    """Return a run of a release; the first seed where none is named.

    Raises:
        UserError: the row or the seed is not in it, the run failed, or it needs files that no release holds.
    """
    rows = read_mapping(part.runs)["rows"]
    if row not in rows:
        raise UserError(f"Unknown row {row!r}", where=str(part.runs), hint=f"rows: {', '.join(rows)}")
    runs = restore_settings(rows[row])
    chosen = str(part.record["seeds"][0] if seed is None else seed)
    if chosen not in runs:
        raise UserError(f"{row} has no seed {chosen}", where=str(part.runs), hint=f"seeds: {', '.join(runs)}")
    status = runs[chosen]["status"]
    if status["status"] != "done":
        hint = "take a row and a seed that ended well"
        raise UserError(f"{row}, seed {chosen}, has no scores", where=str(part.runs), why=status["reason"], hint=hint)
    found = RecordedRun(part, row, int(chosen), runs[chosen]["jobs"])
    why = ""
    if row in part.record["config"].get("external", {}):
        why = "its images were made outside the suite, and a release holds no images"
    elif found.settings.files:
        why = f"it used {', '.join(found.settings.files)}, and a release holds no weights"
    if why:
        hint = "take a row that needs only its data set: replay trains it from the record alone"
        raise UserError(f"{row} cannot be replayed", where=str(part.runs), why=why, hint=hint)
    return found


def compute_again(run: RecordedRun, results: Path, data_root: Path | None) -> Path:
    """Train a row again, enhance the test images and score them without masks; return the folder of the new run.

    Args:
        run: The recorded run.
        results: Where the new run is kept.
        data_root: The user's images, where the release has such.

    Raises:
        UserError: the images are not those of the release, or a job failed.
    """
    plan, manifest = _prepare_images(run, results, data_root)
    settings = run.settings
    folder = plan.layout.run_folder(run.row, run.seed)
    with lock_folder(folder):
        weights = _train(settings, manifest, folder, plan) if "train" in run.jobs else None
        from sspbench.stages.enhance import enhance
        from sspbench.stages.score import score

        enhance(settings, manifest, folder, weights)
        first = {"dataset": plan.layout.dataset, "preset": plan.preset, "method": settings.name}
        columns = {**first, "variant": settings.variant, "seed": run.seed}
        score(plan.score_settings(), columns, manifest, folder, is_segmented=False, with_definitions=False)
    return folder


def _train(settings: Settings, manifest: Manifest, folder: Path, plan: Plan) -> Path:
    from sspbench.jobs.gpu_slots import acquire

    with acquire(device=settings.engine.device):
        from sspbench.stages.train import TrainingLimits, train_method
        from sspbench.training.loop.training import TrainingBudget

        budget = TrainingBudget(checkpoint_minutes=plan.config["checkpoint_minutes"])
        train_method(settings, manifest, folder, TrainingLimits(budget=budget))
    return folder / "weights.safetensors"


def _prepare_images(run: RecordedRun, results: Path, data_root: Path | None) -> tuple[Plan, Manifest]:
    """Return the plan of a release and its prepared images: the usual ones if they are the same, else new ones.

    Raises:
        UserError: they are not those of the release.
    """
    record = run.part.record
    plan = plan_of_release(record, results)
    if plan.layout.manifest.is_file():
        manifest = Manifest.read(plan.layout.manifest)
        if manifest.digest == record["data"]:
            return plan, manifest
    config = merge_dicts(plan.config, {"dataset_id": f"replay-{record['release']}-{record['dataset']['id']}"})
    if plan.config["data_root"] is not None:
        if data_root is None:
            raise UserError("The images of this release are yours", where=run.part.name, hint="add --data-root DIR")
        config["data_root"] = str(data_root)
    fresh = Plan(config, results)
    if not fresh.layout.manifest.is_file():
        from sspbench.stages.prepare import prepare

        with lock_folder(fresh.layout.data):
            prepare(fresh.prepare_settings(), fresh.layout.data)
    manifest = Manifest.read(fresh.layout.manifest)
    if manifest.digest != record["data"]:
        why = f"their digest is {manifest.digest[:16]}, that of the release {record['data'][:16]}"
        hint = "give the images of the release, or check out the commit that it names"
        where = str(fresh.layout.data)
        raise UserError("The prepared images are not those of the release", where=where, why=why, hint=hint)
    return fresh, manifest
