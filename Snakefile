# The whole benchmark: prepare -> train -> enhance -> segment -> score -> analyse, tables, figures -> report.
# One command: uv run snakemake --cores all --resources gpu=2
import json
import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

if not Path.cwd().samefile(workflow.basedir):
    raise WorkflowError(
        f"The benchmark runs in its checkout, not in {Path.cwd()}.\n"
        f"  hint: add --directory {shlex.quote(workflow.basedir)}"
    )

sys.path.insert(0, workflow.basedir)

from sspbench.config.config_files import read_workflow_config
from sspbench.config.datasets import build_plans, summary_folder
from sspbench.errors import UserError
from sspbench.workflow.lock import hold_workflow_lock, job_environment
from sspbench.workflow.forecast import Forecast
from sspbench.workflow.repair import find_plans_to_prepare, repair_runs
from sspbench.workflow.rule_params import (
    ANALYSIS_RECORDS,
    CodeDigests,
    external_rows_pattern,
    page_source_files,
    paper_table_files,
    training_resources,
)
from sspbench.stages.prepare import digest_source

if workflow.is_main_process:
    hold_workflow_lock(Path(".snakemake"))
os.environ |= job_environment(workflow.basedir)


configfile: "config/config.yaml"


try:
    CONFIG = read_workflow_config(
        workflow.overwrite_configfiles, workflow.config_settings.config_args or []
    )
    PLANS = build_plans(CONFIG)
    for plan in PLANS.values():
        plan.reject_missing_files()
    CODE_DIGESTS = {name: CodeDigests(plan) for name, plan in PLANS.items()}
except UserError as error:
    raise WorkflowError(str(error))

FIRST_PLAN = next(iter(PLANS.values()))
SSPBENCH_COMMAND = f"{shlex.quote(sys.executable)} -m sspbench"
JOB_COMMAND = f"exec {SSPBENCH_COMMAND} --log"
CONFIG_JSON_BY_DATASET = {name: json.dumps(plan.config) for name, plan in PLANS.items()}
RESULTS_DIR = f"results/{{dataset}}/{FIRST_PLAN.preset}"
RUN_DIR = f"{RESULTS_DIR}/runs/{{run}}/seed-{{seed}}"
SEGMENTER_DIR = f"{RESULTS_DIR}/segmenter/{FIRST_PLAN.segmenter.name}/seed-{{seed}}"
LOG_DIR = f"{RESULTS_DIR}/logs"
SUMMARY_INDEX = summary_folder(PLANS) / "index.json"
CONFIG_JSON = json.dumps(CONFIG)
# processes that share tables, figures or page; fewer where there are fewer cores
REPORT_WORKERS = 8


wildcard_constraints:
    dataset="[^/]+",
    source="[^/]+",
    run="[^/]+",
    seed=r"\d+",


def plan_for(wildcards):
    return PLANS[wildcards.dataset]


def digests_for(wildcards):
    return CODE_DIGESTS[wildcards.dataset]


def config_param(wildcards, output):
    """The config, as a parameter that no job is run again for: it takes an argument beside the wildcards."""
    return CONFIG_JSON_BY_DATASET[wildcards.dataset]


def run_for(wildcards):
    return plan_for(wildcards).get_run(wildcards.run, int(wildcards.seed))


def manifest(wildcards):
    return plan_for(wildcards).layout.manifest


def weights(wildcards):
    return (
        [f"{RUN_DIR}/weights.safetensors".format(**wildcards)]
        if run_for(wildcards).is_learned
        else []
    )


def segmented_images(wildcards):
    """The masks of a run; none where no segmenter can be trained."""
    folders = ("masks", "probabilities") if plan_for(wildcards).is_segmented else ()
    return [f"{RUN_DIR}/{name}/manifest.json".format(**wildcards) for name in folders]


def files_of_all_runs(name):
    return lambda wildcards: [
        plan_for(wildcards).layout.run_folder(run.id, run.seed) / name
        for run in plan_for(wildcards).runs
    ]


def make_forecast():
    """Return what is reported before anything runs; asked for once the jobs are known."""
    needed = list(workflow.dag.needrun_jobs(exclude_finished=False))
    known = workflow.global_resources
    trainings = known["gpu"].value if "gpu" in known else workflow.cores
    return Forecast(PLANS).for_jobs(
        [(job.rule.name, job.wildcards_dict) for job in needed],
        workflow.cores,
        trainings,
    )


# Files that were removed or changed by hand are written again, so that nothing rests on them.
if workflow.is_main_process:
    repair_runs(PLANS.values())
    for plan in find_plans_to_prepare(PLANS.values()):
        prepare_config = json.dumps(plan.config)
        shell("{SSPBENCH_COMMAND} stage prepare --config {prepare_config:q}")
    logger.info("", extra={"outlook": make_forecast})


rule all:
    default_target: True
    input:
        [plan.layout.root / "report.html" for plan in PLANS.values()],
        SUMMARY_INDEX if len(PLANS) > 1 or FIRST_PLAN.config["study"] else [],
        # after a failure there is a page without these
        [
            plan.layout.run_folder(run.id, run.seed) / "scores.csv"
            for plan in PLANS.values()
            for run in plan.runs
        ],


rule prepare:
    output:
        f"data/{{source}}/images/{{dataset}}/{FIRST_PLAN.preset}/manifest.json",
    log:
        f"{LOG_DIR}/prepare-{{source}}.log",
    params:
        config=config_param,
        settings=lambda w: plan_for(w).prepare_settings(),
        source=lambda w: digest_source(
            plan_for(w).data_root, splits_only=plan_for(w).reads_splits_only
        ),
        code=lambda w: digests_for(w).prepare,
    shell:
        "{JOB_COMMAND} {log:q} stage prepare --config {params.config:q}"


rule train_segmenter:
    input:
        manifest,
    output:
        f"{SEGMENTER_DIR}/weights.safetensors",
        f"{SEGMENTER_DIR}/jobs/train.json",
    log:
        f"{LOG_DIR}/train_segmenter/{{seed}}.log",
    priority: 200
    threads: FIRST_PLAN.config["threads"]
    resources:
        **training_resources(FIRST_PLAN.segmenter),
    params:
        config=config_param,
        settings=lambda w: plan_for(w).segmenter_settings(int(w.seed)).rerun_params,
        code=lambda w: digests_for(w).segmenter,
    shell:
        "{JOB_COMMAND} {log:q} stage train-segmenter --seed {wildcards.seed} --config {params.config:q}"


rule train:
    input:
        manifest,
    output:
        f"{RUN_DIR}/weights.safetensors",
        f"{RUN_DIR}/jobs/train.json",
    log:
        f"{LOG_DIR}/train/{{run}}-{{seed}}.log",
    priority: 100
    threads: FIRST_PLAN.config["threads"]
    resources:
        gpu=lambda w: training_resources(run_for(w).plugin)["gpu"],
        mem_mb=lambda w: training_resources(run_for(w).plugin)["mem_mb"],
        runtime=lambda w: training_resources(run_for(w).plugin)["runtime"],
    params:
        config=config_param,
        settings=lambda w: plan_for(w).train_settings(run_for(w)).rerun_params,
        code=lambda w: digests_for(w).train(run_for(w)),
    shell:
        "{JOB_COMMAND} {log:q} stage train {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


rule enhance:
    input:
        manifest,
        weights,
    output:
        f"{RUN_DIR}/enhanced/manifest.json",
        f"{RUN_DIR}/jobs/enhance.json",
    log:
        f"{LOG_DIR}/enhance/{{run}}-{{seed}}.log",
    params:
        config=config_param,
        settings=lambda w: plan_for(w).train_settings(run_for(w)).rerun_params,
        code=lambda w: digests_for(w).enhance(run_for(w)),
    shell:
        "{JOB_COMMAND} {log:q} stage enhance {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


# First of all that may run: faults of such images are reported before anything trains.
rule import_external:
    input:
        manifest,
    output:
        f"{RUN_DIR}/enhanced/manifest.json",
        f"{RUN_DIR}/jobs/enhance.json",
    log:
        f"{LOG_DIR}/import_external/{{run}}-{{seed}}.log",
    wildcard_constraints:
        run=external_rows_pattern(PLANS.values()),
    priority: 300
    params:
        config=config_param,
        settings=lambda w: plan_for(w).external_settings(run_for(w)),
        code=lambda w: digests_for(w).import_external,
    shell:
        "{JOB_COMMAND} {log:q} stage take-in {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


ruleorder: import_external > enhance


rule segment:
    input:
        f"{RUN_DIR}/enhanced/manifest.json",
        f"{SEGMENTER_DIR}/weights.safetensors",
    output:
        f"{RUN_DIR}/masks/manifest.json",
        f"{RUN_DIR}/probabilities/manifest.json",
        f"{RUN_DIR}/jobs/segment.json",
    log:
        f"{LOG_DIR}/segment/{{run}}-{{seed}}.log",
    params:
        config=config_param,
        settings=lambda w: plan_for(w).segmenter_settings(int(w.seed)).rerun_params,
        code=lambda w: digests_for(w).segment,
    shell:
        "{JOB_COMMAND} {log:q} stage segment {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


rule score:
    input:
        manifest,
        f"{RUN_DIR}/enhanced/manifest.json",
        segmented_images,
    output:
        f"{RUN_DIR}/scores.csv",
        f"{RUN_DIR}/definitions.csv",
        f"{RUN_DIR}/run.json",
    log:
        f"{LOG_DIR}/score/{{run}}-{{seed}}.log",
    params:
        config=config_param,
        settings=lambda w: plan_for(w).score_settings(),
        is_first_seed=lambda w: int(w.seed) == plan_for(w).config["seeds"][0],
        code=lambda w: digests_for(w).score,
    shell:
        "{JOB_COMMAND} {log:q} stage score {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


rule analyse:
    input:
        files_of_all_runs("scores.csv"),
        files_of_all_runs("run.json"),
        paper_table_files(),
    output:
        [f"{RESULTS_DIR}/analysis/{name}.json" for name in ANALYSIS_RECORDS],
    log:
        f"{LOG_DIR}/analyse.log",
    params:
        config=config_param,
        settings=lambda w: plan_for(w).report_settings(),
        code=lambda w: digests_for(w).analysis,
    shell:
        "{JOB_COMMAND} {log:q} report analysis --config {params.config:q}"


rule tables:
    input:
        files_of_all_runs("scores.csv"),
        files_of_all_runs("definitions.csv"),
        paper_table_files(),
    output:
        f"{RESULTS_DIR}/tables/index.json",
        report(
            f"{RESULTS_DIR}/tables/table1_quality.csv",
            caption="report/captions/quality.rst",
            category="Tables",
        ),
    log:
        f"{LOG_DIR}/tables.log",
    threads: REPORT_WORKERS
    params:
        config=config_param,
        settings=lambda w: plan_for(w).report_settings(),
        code=lambda w: digests_for(w).tables,
    shell:
        "{JOB_COMMAND} {log:q} report tables --processes {threads} --config {params.config:q}"


rule figures:
    input:
        files_of_all_runs("run.json"),
    output:
        f"{RESULTS_DIR}/figures/index.json",
        f"{RESULTS_DIR}/figures/panels.json",
        report(
            f"{RESULTS_DIR}/figures/comparison.png",
            caption="report/captions/comparison.rst",
            category="Figures",
        ),
    log:
        f"{LOG_DIR}/figures.log",
    threads: REPORT_WORKERS
    params:
        config=config_param,
        settings=lambda w: plan_for(w).report_settings(),
        code=lambda w: digests_for(w).figures,
    shell:
        "{JOB_COMMAND} {log:q} report figures --processes {threads} --config {params.config:q}"


rule report:
    input:
        [f"{RESULTS_DIR}/analysis/{name}.json" for name in ANALYSIS_RECORDS],
        f"{RESULTS_DIR}/tables/index.json",
        f"{RESULTS_DIR}/figures/index.json",
        f"{RESULTS_DIR}/figures/panels.json",
        page_source_files(),
    output:
        report(
            f"{RESULTS_DIR}/report.html",
            caption="report/captions/page.rst",
            category="Page",
        ),
    log:
        f"{LOG_DIR}/report.log",
    threads: REPORT_WORKERS
    params:
        config=config_param,
        settings=lambda w: plan_for(w).report_settings(),
        code=lambda w: digests_for(w).page,
    shell:
        "{JOB_COMMAND} {log:q} report page --processes {threads} --config {params.config:q}"


rule across:
    input:
        [plan.layout.tables / "index.json" for plan in PLANS.values()],
    output:
        SUMMARY_INDEX,
    log:
        SUMMARY_INDEX.parent / "across.log",
    params:
        settings=[plan.report_settings() for plan in PLANS.values()],
        code=CODE_DIGESTS[FIRST_PLAN.layout.dataset].across,
    shell:
        "{JOB_COMMAND} {log:q} across --config {CONFIG_JSON:q}"


# Without a page only a part was asked for, e.g. the data.
onsuccess:
    for plan in PLANS.values():
        if (plan.layout.root / "report.html").is_file():
            config = json.dumps(plan.config)
            shell("{SSPBENCH_COMMAND} report summary --config {config:q}")


# A failed run must not hide the others: what there is becomes tables, figures and a page that show the failure.
onerror:
    for plan in PLANS.values():
        config = json.dumps(plan.config)
        shell(
            "{SSPBENCH_COMMAND} report analysis tables figures page summary --config {config:q} --partial"
        )
