"""What a run will do: its jobs in words, their time, disk space and device."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..config.plan import Plan
from ..config.resolve_auto import slowdown_warnings
from ..jobs.gpu_slots import describe_gpus
from ..jobs.machine import measure_slowness
from .durations import SEGMENTER_RULES, TRAINING_RULES, DurationEstimator, WorkflowJob, estimate_wall_seconds

ROW_RULES = ("enhance", "import_external", "segment", "score", "score_low", "score_checkpoints")
"""Rules whose jobs together make one row of the tables."""

RULE_WORDS = {
    "prepare": ("prepare the images", "prepared the images"),
    "train_segmenter": ("train {label}, the segmenter", "trained {label}, the segmenter"),
    "train_low_segmenter": ("train {label}, a control", "trained {label}, a control"),
    "train": ("train {label}", "trained {label}"),
    "enhance": ("enhance by {label}", "enhanced by {label}"),
    "import_external": ("import {label}", "imported {label}"),
    "segment": ("segment {label}", "segmented {label}"),
    "score": ("score {label}", "scored {label}"),
    "score_low": ("score {label} under the LQ segmenter", "scored {label} under the LQ segmenter"),
    "score_checkpoints": ("score the checkpoints of {label}", "scored the checkpoints of {label}"),
    "analyse": ("analyse the scores", "analysed the scores"),
    "tables": ("make the tables", "made the tables"),
    "figures": ("draw the figures", "drew the figures"),
    "report": ("write the page", "wrote the page"),
}
"""What a job of a rule does and has done."""

DEFAULT_JOB_SECONDS = 60.0
"""What a job of unknown length counts for in the share of the time."""

NO_LABELS_NOTE = (
    "no trainB_labels, so no segmenter is trained: Table 2 and all that needs masks is left out. "
    "Add labels, or give trained weights: --config segmenter_weights=FILE"
)

MAX_SHOWN_NAMES = 4
"""Names in a line about many."""


@dataclass(frozen=True)
class Forecast:
    """What is reported about the jobs of a plan.

    Args:
        plans: What is run, by the name of the data set in the results.
    """

    plans: Mapping[str, Plan]

    def for_jobs(self, needed: Iterable[tuple[str, Mapping[str, Any]]], cores: int, trainings: int) -> dict[str, Any]:
        """Return the report of the jobs that have to run.

        Args:
            needed: The rule and the wildcards of each.
            cores: Jobs at once.
            trainings: Trainings at once.

        Returns:
            ``lines`` to show first; ``seconds``, how long all will take, None where that is not known; and ``jobs``
            by rule and sorted wildcards: ``words``, ``done``, ``row`` (None for a job without a row) and ``seconds``.
        """
        keys = {
            WorkflowJob.from_wildcards(rule, named): _job_key(rule, named)
            for rule, named in needed
            if rule in RULE_WORDS
        }
        jobs = sorted(keys, key=lambda job: (job.dataset, self._row_position(job), job.seed))
        seconds = {job: self._estimators[job.dataset].estimate_seconds(job) for job in jobs}
        known = {job: value for job, value in seconds.items() if value is not None}
        together = estimate_wall_seconds(known, cores, trainings) if len(known) == len(jobs) else None
        return {
            "lines": self._summary_lines(jobs, known, cores, trainings),
            "seconds": together,
            "jobs": {keys[job]: self._describe_job(job, known.get(job, DEFAULT_JOB_SECONDS)) for job in jobs},
        }

    def _row_position(self, job: WorkflowJob) -> int:
        """Return where the job's row is in the tables; jobs of no row come first."""
        return next((place for place, run in enumerate(self.plans[job.dataset].runs, 1) if run.id == job.run), 0)

    @cached_property
    def _estimators(self) -> dict[str, DurationEstimator]:
        speed = measure_slowness()
        return {name: DurationEstimator(plan, speed) for name, plan in self.plans.items()}

    def _describe_job(self, job: WorkflowJob, seconds: float) -> dict[str, Any]:
        words, done = (text.format(label=self._row_label(job)) for text in RULE_WORDS[job.rule])
        row = self._row_label(job) if job.rule in ROW_RULES or self._is_untrained(job) else None
        return {"words": words, "done": done, "row": row, "seconds": seconds}

    def _is_untrained(self, job: WorkflowJob) -> bool:
        """Return whether it is the making of a network that is not trained: a stage of its row."""
        return job.rule == "train" and self.plans[job.dataset].get_run(job.run, job.seed).is_untrained

    def _row_label(self, job: WorkflowJob) -> str:
        plan = self.plans[job.dataset]
        parts = [plan.get_run(job.run, job.seed).label if job.run else plan.segmenter.label]
        parts += ["on LQ images"] if SEGMENTER_RULES.get(job.rule) == "low" else []
        parts += [f"seed {job.seed}"] if len(plan.config["seeds"]) > 1 else []
        parts += [f"on {job.dataset}"] if len(self.plans) > 1 else []
        return " ".join(parts)

    def _summary_lines(
        self, jobs: list[WorkflowJob], known: Mapping[WorkflowJob, float], cores: int, trainings: int
    ) -> list[str]:
        return [
            *(_plan_title(plan) for plan in self.plans.values()),
            f"to do   {self._work_text(jobs)}",
            f"time    {self._time_text(jobs, known, cores, trainings)}",
            f"disk    {self._disk_text(jobs)}",
            f"device  {self._device_text()}",
            *(f"note    {text}" for text in self._slowdown_notes()),
            *(
                f"note    {plan.layout.dataset}: {NO_LABELS_NOTE}"
                for plan in self.plans.values()
                if not plan.is_segmented
            ),
        ]

    def _work_text(self, jobs: list[WorkflowJob]) -> str:
        parts = [] if not any(job.rule == "prepare" for job in jobs) else ["prepare the images"]
        trained = [self._row_label(job) for job in jobs if job.rule in TRAINING_RULES and not self._is_untrained(job)]
        rows = list(dict.fromkeys(self._row_label(job) for job in jobs if job.rule in ROW_RULES))
        parts += [f"train {_count_and_names(trained, 'network')}"] if trained else []
        segmented = any(plan.is_segmented for plan in self.plans.values())
        row_work = "enhance, segment and score" if segmented else "enhance and score"
        parts += [f"{row_work} {_count_and_names(rows, 'row')}"] if rows else []
        last = {"analyse": "analysis", "tables": "tables", "figures": "figures", "report": "page"}
        parts += [word for rule, word in last.items() if any(job.rule == rule for job in jobs)]
        return f"{len(jobs)} jobs: {'; '.join(parts)}"

    def _time_text(
        self, jobs: list[WorkflowJob], known: Mapping[WorkflowJob, float], cores: int, trainings: int
    ) -> str:
        before = sum(self._estimators[job.dataset].measured_seconds(job) is not None for job in jobs)
        source = f"{before} jobs as in their last run, the others as declared" if before else "as declared in YAML"
        missing = len(jobs) - len(known)
        on = f"{cores} {'core' if cores == 1 else 'cores'}"
        seconds = estimate_wall_seconds(known, cores, trainings)
        together = f"about {format_duration(seconds)} on {on} ({source}, scaled to here)"
        if not missing:
            return together
        return f"not known for {missing} of {len(jobs)} jobs, never measured at this scale; the rest {together}"

    def _disk_text(self, jobs: list[WorkflowJob]) -> str:
        needs = [
            self._estimators[name].estimate_megabytes(job for job in jobs if job.dataset == name) for name in self.plans
        ]
        known = [need for need in needs if need is not None]
        need = f"about {max(1, round(sum(known))):,} MB" if len(known) == len(needs) else "not known at this scale"
        places = [plan.layout.root for plan in self.plans.values()]
        free = shutil.disk_usage(_nearest_existing_folder(places[0])).free / 1e9
        return f"{need} in {', '.join(map(str, places))}; {free:,.0f} GB free"

    def _device_text(self) -> str:
        asked = {plan.engine.device for plan in self.plans.values()}
        if asked <= {"cpu", "mps"}:
            return " and ".join(sorted(asked))
        return "; ".join(describe_gpus()) or "no GPU: everything is computed on the CPU"

    def _slowdown_notes(self) -> list[str]:
        """Return what of the engine is known to slow this machine down, for every training."""
        if describe_gpus() and all(plan.engine.device != "cpu" for plan in self.plans.values()):
            return []
        return sorted(
            {text for plan in self.plans.values() for text in slowdown_warnings(plan.engine, "cpu", plan.segmenter)}
        )


def format_duration(seconds: float) -> str:
    """Return a time as people say it.

    >>> format_duration(8.4), format_duration(75), format_duration(3700)
    ('8 s', '1 min 15 s', '1 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _plan_title(plan: Plan) -> str:
    scale = "the paper's protocol" if plan.preset == "paper" else f"{plan.preset} scale"
    seeds = len(plan.config["seeds"])
    return f"{plan.dataset.meta['title']}, {scale}, {seeds} {'seed' if seeds == 1 else 'seeds'}"


def _job_key(rule: str, wildcards: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    return rule, tuple(sorted((name, str(value)) for name, value in wildcards.items()))


def _count_and_names(names: list[str], unit: str) -> str:
    more = f" and {len(names) - MAX_SHOWN_NAMES} more" if len(names) > MAX_SHOWN_NAMES else ""
    return f"{len(names)} {unit}{'' if len(names) == 1 else 's'} ({' · '.join(names[:MAX_SHOWN_NAMES])}{more})"


def _nearest_existing_folder(path: Path) -> Path:
    """Return the path, or the nearest folder above it that is there."""
    return next(place for place in [path.resolve(), *path.resolve().parents] if place.is_dir())
