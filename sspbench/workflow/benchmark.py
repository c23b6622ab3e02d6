"""What the Snakefile's rules look up: the plans of a call, and the files and parameters of each job."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from ..config.config_files import read_workflow_config
from ..config.datasets import build_plans, summary_folder
from ..config.plan import Plan
from ..config.runs import Run
from ..errors import UserError
from ..jobs.forked_jobs import start_fork_server
from ..jobs.scores_record import LOW_FOLDER, SCORES_FILE
from ..jobs.weights_record import KEPT_FOLDER
from .forecast import Forecast
from .lock import hold_workflow_lock, job_environment
from .repair import find_plans_to_prepare, repair_runs
from .rule_params import CodeDigests


def reject_foreign_directory(checkout: str) -> None:
    """Check that Snakemake runs in its checkout; every path of the workflow is relative to it.

    Args:
        checkout: The folder of the Snakefile.

    Raises:
        WorkflowError: it runs elsewhere.
    """
    from snakemake.exceptions import WorkflowError

    if not Path.cwd().samefile(checkout):
        why = f"The benchmark runs in its checkout, not in {Path.cwd()}."
        raise WorkflowError(f"{why}\n  hint: add --directory {shlex.quote(checkout)}")


def start_workflow(workflow: Any) -> Benchmark:
    """Return the benchmark of a call of Snakemake.

    Also takes the workflow's lock, makes Snakemake repeat jobs whose files were changed by hand, and passes the
    forecast to the logger.

    Args:
        workflow: Snakemake's workflow.

    Raises:
        WorkflowError: the config or its files have faults.
    """
    from snakemake.exceptions import WorkflowError
    from snakemake.logging import logger

    if workflow.is_main_process:
        hold_workflow_lock(Path(".snakemake"))
    os.environ |= job_environment(workflow.basedir)
    try:
        options = workflow.config_settings.config_args or []
        found = Benchmark(read_workflow_config(workflow.overwrite_configfiles, options))
    except UserError as error:
        raise WorkflowError(str(error)) from error
    if workflow.is_main_process:
        found.repair()
        logger.info("", extra={"outlook": lambda: found.forecast(workflow)})
    return found


class Benchmark:
    """The plans of a call, and what their jobs need by the wildcards ``dataset``, ``run`` and ``seed``.

    Args:
        config: The checked config.

    Raises:
        UserError: the config, or a file that it names, has faults.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.plans = build_plans(config)
        for plan in self.plans.values():
            plan.reject_missing_files()
        self._config = config
        self._digests = {name: CodeDigests(plan) for name, plan in self.plans.items()}

    @property
    def first_plan(self) -> Plan:
        """The plan of the first data set: all have its preset, segmenter and threads."""
        return next(iter(self.plans.values()))

    @cached_property
    def config_text(self) -> str:
        """The whole config as JSON."""
        return json.dumps(self._config)

    @property
    def configs(self) -> list[str]:
        """The config of every data set as JSON."""
        return [json.dumps(plan.config) for plan in self.plans.values()]

    @property
    def configs_with_page(self) -> list[str]:
        """The configs of the data sets whose page is written."""
        plans = [plan for plan in self.plans.values() if (plan.layout.root / "report.html").is_file()]
        return [json.dumps(plan.config) for plan in plans]

    @property
    def summary_index(self) -> Path:
        """The index of the summary of several data sets."""
        return summary_folder(self.plans) / "index.json"

    @property
    def has_summary(self) -> bool:
        """Whether the run ends with a summary: of several data sets, or of a study."""
        return len(self.plans) > 1 or bool(self._config["study"])

    @property
    def across_digest(self) -> str:
        """The code digest of the summary."""
        return next(iter(self._digests.values())).across

    def plan(self, wildcards: Any) -> Plan:
        """Return the plan of a job's data set."""
        return self.plans[wildcards.dataset]

    def run(self, wildcards: Any) -> Run:
        """Return the run of a job."""
        return self.plan(wildcards).get_run(wildcards.run, int(wildcards.seed))

    def digests(self, wildcards: Any) -> CodeDigests:
        """Return the code digests of a job's data set."""
        return self._digests[wildcards.dataset]

    def job_config(self, wildcards: Any, output: Any) -> str:
        """Return the config passed to a job; takes ``output`` so that Snakemake leaves it out of its rerun triggers."""
        return json.dumps(self.plan(wildcards).config)

    def manifest(self, wildcards: Any) -> Path:
        """Return the manifest of the prepared images."""
        return self.plan(wildcards).layout.manifest

    def weights(self, wildcards: Any) -> list[Path]:
        """Return the weights of a run; none of a method that does not learn."""
        return [self._run_folder(wildcards) / "weights.safetensors"] if self.run(wildcards).is_learned else []

    def segmenter_weights(self, wildcards: Any) -> list[Path]:
        """Return the weights of the segmenter of a run's seed; none where no segmenter can be trained."""
        plan = self.plan(wildcards)
        folder = plan.layout.segmenter_folder(plan.segmenter.name, int(wildcards.seed))
        return [folder / "weights.safetensors"] if plan.is_segmented else []

    def segmented_images(self, wildcards: Any) -> list[Path]:
        """Return the manifests of a run's masks and probabilities; none where no segmenter can be trained."""
        folders = ("masks", "probabilities") if self.plan(wildcards).is_segmented else ()
        return [self._run_folder(wildcards) / name / "manifest.json" for name in folders]

    def low_scores(self, wildcards: Any) -> list[Path]:
        """Return the scores of all runs under the segmenter trained on LQ images; none without that segmenter."""
        plan = self.plan(wildcards)
        runs = plan.runs if plan.has_low_segmenter else ()
        return [plan.layout.run_folder(run.id, run.seed) / LOW_FOLDER / SCORES_FILE for run in runs]

    def checkpoint_scores(self, wildcards: Any) -> list[Path]:
        """Return the scores of the kept checkpoints of all trainings; none where the config keeps none."""
        plan = self.plan(wildcards)
        trained = [run for run in plan.runs if run.is_learned and not run.is_untrained]
        runs = trained if plan.config["checkpoints"] else ()
        return [plan.layout.run_folder(run.id, run.seed) / KEPT_FOLDER / SCORES_FILE for run in runs]

    def _run_folder(self, wildcards: Any) -> Path:
        return self.plan(wildcards).layout.run_folder(wildcards.run, int(wildcards.seed))

    def files_of_all_runs(self, name: str) -> Callable[[Any], list[Path]]:
        """Return the input function for a file of every run of a data set."""
        return lambda wildcards: _list_run_files(self.plan(wildcards), name)

    @property
    def all_scores(self) -> list[Path]:
        """The scores of every run of every data set."""
        return [path for plan in self.plans.values() for path in _list_run_files(plan, "scores.csv")]

    def repair(self) -> None:
        """Make Snakemake write files again that were removed or changed by hand, so that nothing rests on them."""
        repair_runs(self.plans.values())
        for plan in find_plans_to_prepare(self.plans.values()):
            command = [sys.executable, "-m", "sspbench", "stage", "prepare", "--config", json.dumps(plan.config)]
            subprocess.run(command, check=True)

    def forecast(self, workflow: Any) -> Mapping[str, Any]:
        """Return the forecast of the run; called once the DAG is known.

        Args:
            workflow: Snakemake's workflow.
        """
        needed = list(workflow.dag.needrun_jobs(exclude_finished=False))
        known = workflow.global_resources
        trainings = known["gpu"].value if "gpu" in known else workflow.cores
        jobs = [(job.rule.name, job.wildcards_dict) for job in needed]
        return Forecast(self.plans).for_jobs(jobs, workflow.cores, trainings)

    def speed_up_local_jobs(self, workflow: Any) -> None:
        """Let jobs on this machine start as fast as its cores allow, until this object is gone.

        They are forked from a process that has imported the libraries, and Snakemake's limit of job starts per second
        is lifted. Under it, Snakemake 9.27 sets a timer after each choice of jobs, to choose again a second later. Each
        finished job adds such a chain, so after a few hundred jobs the choosing takes half a core.

        Args:
            workflow: Snakemake's workflow, about to start its first job.
        """
        if workflow.local_exec:
            workflow.scheduler.job_rate_limiter = None
            self._fork_server = start_fork_server()


def _list_run_files(plan: Plan, name: str) -> list[Path]:
    return [plan.layout.run_folder(run.id, run.seed) / name for run in plan.runs]
