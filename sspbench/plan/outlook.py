"""What a run will do, told before it starts: its jobs in human words, their time, disk space and device."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..jobs.speed import gpus, slowness
from .automatic import warnings
from .config import Plan
from .expected import TRAININGS, Expected, Job, wall_seconds

ROW_STAGES = ("enhance", "take_in", "segment", "score")
"""Rules whose jobs together make one row of the tables."""

WORDS = {
    "prepare": ("prepare the images", "prepared the images"),
    "train_segmenter": ("train {label}, the segmenter", "trained {label}, the segmenter"),
    "train": ("train {label}", "trained {label}"),
    "enhance": ("enhance by {label}", "enhanced by {label}"),
    "take_in": ("take in {label}", "took in {label}"),
    "segment": ("segment {label}", "segmented {label}"),
    "score": ("score {label}", "scored {label}"),
    "tables": ("make the tables", "made the tables"),
    "figures": ("draw the figures", "drew the figures"),
    "report": ("write the page", "wrote the page"),
}
"""What a job of a rule does and has done."""

GUESS_S = 60.0
"""What a job of unknown length counts for in the share of the time."""

NAMED = 4
"""Names in a line about many."""


@dataclass(frozen=True)
class Outlook:
    """What is told of a plan's jobs.

    Args:
        plans: What is run, by the name of the data set in the results.
    """

    plans: Mapping[str, Plan]

    def of(self, needed: Iterable[tuple[str, Mapping[str, Any]]], cores: int, trainings: int) -> dict[str, Any]:
        """Return what is to be told of the jobs that have to run.

        Args:
            needed: The rule and the wildcards of each.
            cores: Jobs at once.
            trainings: Trainings at once.

        Returns:
            ``lines`` to show first; ``seconds``, how long all will take, None where that is not known; and ``jobs``
            by rule and sorted wildcards: ``words``, ``done``, ``row`` (None for what is no row's) and ``seconds``.
        """
        keys = {Job.of(rule, named): _key(rule, named) for rule, named in needed if rule in WORDS}
        jobs = sorted(keys, key=lambda job: (job.dataset, self._place(job), job.seed))
        seconds = {job: self._expected[job.dataset].seconds(job) for job in jobs}
        known = {job: value for job, value in seconds.items() if value is not None}
        together = wall_seconds(known, cores, trainings) if len(known) == len(jobs) else None
        return {
            "lines": self._lines(jobs, known, cores, trainings),
            "seconds": together,
            "jobs": {keys[job]: self._told(job, known.get(job, GUESS_S)) for job in jobs},
        }

    def _place(self, job: Job) -> int:
        """Return where the job's row stands in the tables; jobs of no row come first."""
        return next((place for place, run in enumerate(self.plans[job.dataset].runs, 1) if run.id == job.run), 0)

    @cached_property
    def _expected(self) -> dict[str, Expected]:
        speed = slowness()
        return {name: Expected(plan, speed) for name, plan in self.plans.items()}

    def _told(self, job: Job, seconds: float) -> dict[str, Any]:
        words, done = (text.format(label=self._label(job)) for text in WORDS[job.rule])
        row = self._label(job) if job.rule in ROW_STAGES or self._untrained(job) else None
        return {"words": words, "done": done, "row": row, "seconds": seconds}

    def _untrained(self, job: Job) -> bool:
        """Return whether it is the making of a network that is not trained: a stage of its row."""
        return job.rule == "train" and self.plans[job.dataset].run(job.run, job.seed).untrained

    def _label(self, job: Job) -> str:
        plan = self.plans[job.dataset]
        parts = [plan.run(job.run, job.seed).label if job.run else plan.segmenter.label]
        parts += [f"seed {job.seed}"] if len(plan.config["seeds"]) > 1 else []
        parts += [f"on {job.dataset}"] if len(self.plans) > 1 else []
        return " ".join(parts)

    def _lines(self, jobs: list[Job], known: Mapping[Job, float], cores: int, trainings: int) -> list[str]:
        return [
            *(_title(plan) for plan in self.plans.values()),
            f"to do   {self._work(jobs)}",
            f"time    {self._time(jobs, known, cores, trainings)}",
            f"disk    {self._disk(jobs)}",
            f"device  {'; '.join(gpus()) or 'no GPU: everything is computed on the CPU'}",
            *(f"note    {text}" for text in self._slow()),
        ]

    def _work(self, jobs: list[Job]) -> str:
        parts = [] if not any(job.rule == "prepare" for job in jobs) else ["prepare the images"]
        trained = [self._label(job) for job in jobs if job.rule in TRAININGS and not self._untrained(job)]
        rows = list(dict.fromkeys(self._label(job) for job in jobs if job.rule in ROW_STAGES))
        parts += [f"train {_named(trained, 'network')}"] if trained else []
        parts += [f"enhance, segment and score {_named(rows, 'row')}"] if rows else []
        last = {"tables": "tables", "figures": "figures", "report": "page"}
        parts += [word for rule, word in last.items() if any(job.rule == rule for job in jobs)]
        return f"{len(jobs)} jobs: {'; '.join(parts)}"

    def _time(self, jobs: list[Job], known: Mapping[Job, float], cores: int, trainings: int) -> str:
        before = sum(self._expected[job.dataset].measured(job) is not None for job in jobs)
        source = f"{before} jobs as in their last run, the others as declared" if before else "as declared in YAML"
        missing = len(jobs) - len(known)
        on = f"{cores} {'core' if cores == 1 else 'cores'}"
        together = f"about {duration(wall_seconds(known, cores, trainings))} on {on} ({source}, scaled to here)"
        if not missing:
            return together
        return f"not known for {missing} of {len(jobs)} jobs, never measured at this scale; the rest {together}"

    def _disk(self, jobs: list[Job]) -> str:
        needs = [self._expected[name].megabytes(job for job in jobs if job.dataset == name) for name in self.plans]
        known = [need for need in needs if need is not None]
        need = f"about {max(1, round(sum(known))):,} MB" if len(known) == len(needs) else "not known at this scale"
        places = [plan.layout.root for plan in self.plans.values()]
        free = shutil.disk_usage(_existing(places[0])).free / 1e9
        return f"{need} in {', '.join(map(str, places))}; {free:,.0f} GB free"

    def _slow(self) -> list[str]:
        """Return what of the engine is known to slow this machine down, for whatever is trained."""
        if gpus():
            return []
        return sorted({text for plan in self.plans.values() for text in warnings(plan.engine, "cpu", plan.segmenter)})


def duration(seconds: float) -> str:
    """Return a time as people say it.

    >>> duration(8.4), duration(75), duration(3700)
    ('8 s', '1 min 15 s', '1 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _title(plan: Plan) -> str:
    scale = "the paper's protocol" if plan.preset == "paper" else f"{plan.preset} scale"
    seeds = len(plan.config["seeds"])
    return f"{plan.dataset.meta['title']}, {scale}, {seeds} {'seed' if seeds == 1 else 'seeds'}"


def _key(rule: str, wildcards: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    return rule, tuple(sorted((name, str(value)) for name, value in wildcards.items()))


def _named(names: list[str], unit: str) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{len(names)} {unit}{'' if len(names) == 1 else 's'} ({' · '.join(names[:NAMED])}{more})"


def _existing(path: Path) -> Path:
    """Return the path, or the nearest folder above it that is there."""
    return next(place for place in [path.resolve(), *path.resolve().parents] if place.is_dir())
