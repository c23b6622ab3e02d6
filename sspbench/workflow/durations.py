"""What jobs will take here: seconds from their own last run, else from what was measured and is declared in YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..config.overrides import resolve_params
from ..config.plan import Plan
from ..config.runs import Run
from ..config.settings import Settings
from ..images.manifest import Manifest
from ..plugins.discovery import Plugin, get_plugin
from ..plugins.source_files import read_yaml

COSTS_FILE = Path(__file__).with_name("costs.yaml")

REFERENCE_SIDE_PX = 384
"""Side in pixels of the images that the declared seconds are for."""

JOB_START_CPU_S = 0.3
"""CPU seconds, about, before a job's own record begins, where it is forked from a process with all libraries."""

SEGMENTER_RULES = {"train_segmenter": "high", "train_low_segmenter": "low"}
"""Rules that train the segmenter, and on which domain."""

TRAINING_RULES = ("train", *SEGMENTER_RULES)

ENHANCING_RULES = {"enhance": "enhance_learned", "score_checkpoints": "score_checkpoints"}
"""Rules that enhance with a network, and their cost."""

SOLO_RULES = ("prepare", "analyse", "tables", "figures", "report")
"""Rules whose job runs alone: all others wait for it, or it for them."""


@dataclass(frozen=True)
class WorkflowJob:
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
    def from_wildcards(cls, rule: str, wildcards: Mapping[str, Any]) -> WorkflowJob:
        """Take a job from its rule and wildcards."""
        dataset, run = (str(wildcards.get(name, "")) for name in ("dataset", "run"))
        return cls(rule, dataset, run, int(wildcards.get("seed", 0)))


class DurationEstimator:
    """What the jobs of a plan will take.

    Args:
        plan: What is run.
        slowness: By how much CPU seconds here exceed the declared ones
            (:func:`sspbench.jobs.machine.measure_slowness`).
    """

    def __init__(self, plan: Plan, slowness: float) -> None:
        self._plan, self._slowness = plan, slowness
        self._costs: dict[str, Any] = read_yaml(COSTS_FILE)

    def estimate_seconds(self, job: WorkflowJob) -> float | None:
        """Return the seconds that a job computes; None where nothing like it was ever measured."""
        known = self.measured_seconds(job)
        if known is not None:
            return known
        declared = self._declared_seconds(job)
        return None if declared is None else declared * self._slowness

    def measured_seconds(self, job: WorkflowJob) -> float | None:
        """Return what the job's last run took, this seed's or another's; None where it has none that compares."""
        for path in self._record_files(job):
            seconds = self._seconds_in_record(path, job)
            if seconds is not None:
                return seconds + JOB_START_CPU_S
        return None

    def estimate_megabytes(self, jobs: Iterable[WorkflowJob]) -> float | None:
        """Return the disk space that jobs will fill; None where a training among them was never measured."""
        costs, found = self._costs["megabytes"], 0.0
        for job in jobs:
            if job.rule in TRAINING_RULES:
                of_training = costs["training"].get(self._plan.preset)
                if of_training is None:
                    return None
                found += of_training
            elif job.rule == "score":
                found += costs["image"] * self._test_image_count
        return found

    def _record_files(self, job: WorkflowJob) -> list[Path]:
        layout = self._plan.layout
        if job.rule in SEGMENTER_RULES:
            domain = SEGMENTER_RULES[job.rule]
            folder, name = layout.segmenter_folder(self._plan.segmenter.name, job.seed, domain), "train"
        elif job.run:
            folder, name = layout.run_folder(job.run, job.seed), job.rule
        else:
            return []
        own = folder / "jobs" / f"{name}.json"
        return [path for path in [own, *sorted(folder.parent.glob(f"*/jobs/{name}.json"))] if path.is_file()]

    def _seconds_in_record(self, path: Path, job: WorkflowJob) -> float | None:
        """Return the seconds of a record that is whole, of an uninterrupted job, and of the same settings."""
        try:
            record = json.loads(path.read_text())
            if job.rule in TRAINING_RULES and (
                record.get("resumed_at") or record["settings"]["params"] != dict(self._training_settings(job).params)
            ):
                return None
            return float(min(record["seconds"], record["cpu_seconds"]))
        except (OSError, ValueError, KeyError, TypeError):  # half-written, or of an earlier version: it says nothing
            return None

    def _training_settings(self, job: WorkflowJob) -> Settings:
        if job.rule in SEGMENTER_RULES:
            return self._plan.segmenter_settings(job.seed)
        return self._plan.train_settings(self._run(job))

    def _run(self, job: WorkflowJob) -> Run:
        return self._plan.get_run(job.run, job.seed)

    def _declared_seconds(self, job: WorkflowJob) -> float | None:
        if job.rule in SEGMENTER_RULES:
            return self._declared_training_seconds(self._plan.segmenter, job)
        if job.rule == "train" and not self._run(job).is_untrained:
            return self._declared_training_seconds(self._run(job).plugin, job)
        name = "untrained" if job.rule == "train" else job.rule
        if job.rule in ENHANCING_RULES and self._run(job).is_learned:
            if self._plan.preset not in self._costs["megabytes"]["training"]:
                return None  # networks of another width
            name = ENHANCING_RULES[job.rule]
        cost = self._costs["seconds"].get(name)
        if cost is None:
            return None
        seconds = float(cost["start"] + cost.get("image", 0.0) * self._test_image_count)
        return seconds * self._plan.config["checkpoints"] if job.rule == "score_checkpoints" else seconds

    def _declared_training_seconds(self, plugin: Plugin, job: WorkflowJob) -> float | None:
        """Return the declared seconds of a training, in proportion to its steps where config or colour changes them."""
        declared = plugin.meta.get("resources", {}).get("cpu_seconds", {}).get(self._plan.preset)
        if declared is None:
            return None
        usual = resolve_params(get_plugin(plugin.group, plugin.name), self._plan.preset).get("steps")
        wanted = self._training_settings(job).params.get("steps")
        return JOB_START_CPU_S + float(declared * (wanted / usual if usual and wanted else 1.0))

    @cached_property
    def _test_image_count(self) -> float:
        """The number of test images, in images of ``SIDE`` x ``SIDE``."""
        options = self._plan.prepare_settings()["options"]
        share = float(options.get("size", REFERENCE_SIDE_PX) / REFERENCE_SIDE_PX) ** 2
        if self._plan.layout.manifest.is_file():
            return len(Manifest.read(self._plan.layout.manifest).image_paths("testA")) * share
        return float(options.get("test", 0)) * share


def estimate_wall_seconds(seconds: Mapping[WorkflowJob, float], cores: int, trainings: int) -> float:
    """Return how long jobs take together.

    Args:
        seconds: What each computes.
        cores: Jobs at once.
        trainings: Trainings at once.
    """
    lone = sum(value for job, value in seconds.items() if job.rule in SOLO_RULES)
    beside = [value for job, value in seconds.items() if job.rule not in SOLO_RULES]
    of_trainings = [value for job, value in seconds.items() if job.rule in TRAINING_RULES]
    slots = max(1, min(cores, trainings))
    return lone + max(sum(beside) / max(1, cores), sum(of_trainings) / slots, max(beside, default=0.0))
