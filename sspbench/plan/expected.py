"""What jobs will take here: seconds from their own last run, else from what was measured and is declared in YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..images.manifest import Manifest
from .config import Plan
from .discovery import Plugin
from .overrides import resolve_params
from .run import Run
from .settings import Settings
from .written import read_yaml

COSTS = Path(__file__).with_name("costs.yaml")

SIDE = 384
"""Side in pixels of the images that the declared seconds are for."""

START_S = 2.0
"""CPU seconds, about, before a job's own record begins: Python, the frame, the plan."""

TRAININGS = ("train", "train_segmenter")

LONE = ("prepare", "tables", "figures", "report")
"""Rules whose job runs alone: all others wait for it, or it for them."""


@dataclass(frozen=True)
class Job:
    """A job of the workflow.

    Attributes:
        rule: The rule.
        dataset: The name of the data set in the results.
        run: ``method`` or ``method+variant``; empty where the rule has none.
        seed: The replicate; 0 where the rule has none.
    """

    rule: str
    dataset: str = ""
    run: str = ""
    seed: int = 0

    @classmethod
    def of(cls, rule: str, wildcards: Mapping[str, Any]) -> Job:
        """Take a job from its rule and wildcards."""
        dataset, run = (str(wildcards.get(name, "")) for name in ("dataset", "run"))
        return cls(rule, dataset, run, int(wildcards.get("seed", 0)))


class Expected:
    """What the jobs of a plan will take.

    Args:
        plan: What is run.
        slowness: By how much CPU seconds here exceed the declared ones (:func:`sspbench.jobs.speed.slowness`).
    """

    def __init__(self, plan: Plan, slowness: float) -> None:
        self._plan, self._slowness = plan, slowness
        self._costs: dict[str, Any] = read_yaml(COSTS)

    def seconds(self, job: Job) -> float | None:
        """Return the seconds that a job computes; None where nothing like it was ever measured."""
        known = self.measured(job)
        if known is not None:
            return known
        declared = self._declared(job)
        return None if declared is None else declared * self._slowness

    def measured(self, job: Job) -> float | None:
        """Return what the job's last run took, this seed's or another's; None where it has none that compares."""
        for path in self._records(job):
            seconds = self._recorded(path, job)
            if seconds is not None:
                return seconds + START_S
        return None

    def megabytes(self, jobs: Iterable[Job]) -> float | None:
        """Return the disk space that jobs will fill; None where a training among them was never measured."""
        costs, found = self._costs["megabytes"], 0.0
        for job in jobs:
            if job.rule in TRAININGS:
                of_training = costs["training"].get(self._plan.preset)
                if of_training is None:
                    return None
                found += of_training
            elif job.rule == "score":
                found += costs["image"] * self._images
        return found

    def _records(self, job: Job) -> list[Path]:
        layout = self._plan.layout
        if job.rule == "train_segmenter":
            folder, name = layout.segmenter(self._plan.segmenter.name, job.seed), "train"
        elif job.run:
            folder, name = layout.run(job.run, job.seed), job.rule
        else:
            return []
        own = folder / "jobs" / f"{name}.json"
        return [path for path in [own, *sorted(folder.parent.glob(f"*/jobs/{name}.json"))] if path.is_file()]

    def _recorded(self, path: Path, job: Job) -> float | None:
        """Return the seconds of a record that is whole, of an uninterrupted job, and of the same settings."""
        try:
            record = json.loads(path.read_text())
            if job.rule in TRAININGS and (
                record.get("resumed_at") or record["settings"]["params"] != dict(self._settings(job).params)
            ):
                return None
            return float(min(record["seconds"], record["cpu_seconds"]))
        except (OSError, ValueError, KeyError, TypeError):  # half-written, or of an earlier version: it tells nothing
            return None

    def _settings(self, job: Job) -> Settings:
        if job.rule == "train_segmenter":
            return self._plan.segmenter_settings(job.seed)
        return self._plan.train_settings(self._run(job))

    def _run(self, job: Job) -> Run:
        return self._plan.run(job.run, job.seed)

    def _declared(self, job: Job) -> float | None:
        if job.rule == "train_segmenter":
            return self._training(self._plan.segmenter, job)
        if job.rule == "train" and not self._run(job).untrained:
            return self._training(self._run(job).plugin, job)
        name = "untrained" if job.rule == "train" else job.rule
        if job.rule == "enhance" and self._run(job).learned:
            if self._plan.preset not in self._costs["megabytes"]["training"]:
                return None  # networks of another width
            name = "enhance_learned"
        cost = self._costs["seconds"].get(name)
        return None if cost is None else float(cost["start"] + cost.get("image", 0.0) * self._images)

    def _training(self, plugin: Plugin, job: Job) -> float | None:
        """Return the declared seconds of a training, in proportion to its steps where the config changes them."""
        declared = plugin.meta.get("resources", {}).get("cpu_seconds", {}).get(self._plan.preset)
        if declared is None:
            return None
        usual = resolve_params(plugin, self._plan.preset, None).get("steps")
        wanted = self._settings(job).params.get("steps")
        return START_S + float(declared * (wanted / usual if usual and wanted else 1.0))

    @cached_property
    def _images(self) -> float:
        """The number of test images, in images of ``SIDE`` x ``SIDE``."""
        options = self._plan.prepare_settings()["options"]
        share = float(options.get("size", SIDE) / SIDE) ** 2
        if self._plan.layout.manifest.is_file():
            return len(Manifest.read(self._plan.layout.manifest).paths("testA")) * share
        return float(options.get("test", 0)) * share


def wall_seconds(seconds: Mapping[Job, float], cores: int, trainings: int) -> float:
    """Return how long jobs take together.

    Args:
        seconds: What each computes.
        cores: Jobs at once.
        trainings: Trainings at once.
    """
    lone = sum(value for job, value in seconds.items() if job.rule in LONE)
    beside = [value for job, value in seconds.items() if job.rule not in LONE]
    of_trainings = [value for job, value in seconds.items() if job.rule in TRAININGS]
    slots = max(1, min(cores, trainings))
    return lone + max(sum(beside) / max(1, cores), sum(of_trainings) / slots, max(beside, default=0.0))
