# The whole benchmark: prepare -> train -> enhance -> segment -> score -> tables, figures, report.
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

from sspbench.plan.instances import plans, summary_folder
from sspbench.errors import UserError
from sspbench.jobs.workflow_lock import enter_workflow, for_jobs
from sspbench.plan.outlook import Outlook
from sspbench.plan.rules import (
    Digests,
    external_rows,
    page_sources,
    paper_sources,
    training_resources,
)
from sspbench.stages.prepare import digest_source

if workflow.is_main_process:
    enter_workflow(Path(".snakemake"))
os.environ |= for_jobs(workflow.basedir)


configfile: "config/config.yaml"


try:
    PLANS = plans(config)
    for plan in PLANS.values():
        plan.refuse_missing_files()
    CODES = {name: Digests(plan) for name, plan in PLANS.items()}
except UserError as error:
    raise WorkflowError(str(error))

FIRST = next(iter(PLANS.values()))
COMMAND = f"{shlex.quote(sys.executable)} -m sspbench"
JOB = f"exec {COMMAND} --log"
CONFIGS = {name: json.dumps(plan.config) for name, plan in PLANS.items()}
AT = f"results/{{dataset}}/{FIRST.preset}"
RUN = f"{AT}/runs/{{run}}/seed-{{seed}}"
SEGMENTER = f"{AT}/segmenter/{FIRST.segmenter.name}/seed-{{seed}}"
LOGS = f"{AT}/logs"
ABOVE = summary_folder(PLANS) / "index.json"
WHOLE = json.dumps(config)
# processes that share tables, figures or page; fewer where there are fewer cores
SHARED = 8


wildcard_constraints:
    dataset="[^/]+",
    source="[^/]+",
    run="[^/]+",
    seed=r"\d+",


def plan_of(wildcards):
    return PLANS[wildcards.dataset]


def code_of(wildcards):
    return CODES[wildcards.dataset]


def given(wildcards, output):
    """The config, as a parameter that no job is run again for: it takes an argument beside the wildcards."""
    return CONFIGS[wildcards.dataset]


def of(wildcards):
    return plan_of(wildcards).run(wildcards.run, int(wildcards.seed))


def manifest(wildcards):
    return plan_of(wildcards).layout.manifest


def weights(wildcards):
    return (
        [f"{RUN}/weights.safetensors".format(**wildcards)]
        if of(wildcards).learned
        else []
    )


def of_all_runs(name):
    return lambda wildcards: [
        plan_of(wildcards).layout.run(run.id, run.seed) / name
        for run in plan_of(wildcards).runs
    ]


def outlook():
    """Return what is told before anything runs; asked for once the jobs are known."""
    needed = list(workflow.dag.needrun_jobs(exclude_finished=False))
    known = workflow.global_resources
    trainings = known["gpu"].value if "gpu" in known else workflow.cores
    return Outlook(PLANS).of(
        [(job.rule.name, job.wildcards_dict) for job in needed],
        workflow.cores,
        trainings,
    )


if workflow.is_main_process:
    logger.info("", extra={"outlook": outlook})


rule all:
    default_target: True
    input:
        [plan.layout.root / "report.html" for plan in PLANS.values()],
        ABOVE if len(PLANS) > 1 or FIRST.config["study"] else [],
        # after a failure there is a page without these
        [
            plan.layout.run(run.id, run.seed) / "scores.csv"
            for plan in PLANS.values()
            for run in plan.runs
        ],


rule prepare:
    output:
        f"data/{{source}}/images/{{dataset}}/{FIRST.preset}/manifest.json",
    log:
        f"{LOGS}/prepare-{{source}}.log",
    params:
        given=given,
        settings=lambda w: plan_of(w).prepare_settings(),
        source=lambda w: source_digest(plan_of(w).data_root),
        code=lambda w: code_of(w).prepare,
    shell:
        "{JOB} {log:q} stage prepare --config {params.given:q}"


rule train_segmenter:
    input:
        manifest,
    output:
        f"{SEGMENTER}/weights.safetensors",
        f"{SEGMENTER}/jobs/train.json",
    log:
        f"{LOGS}/train_segmenter/{{seed}}.log",
    priority: 200
    threads: FIRST.config["threads"]
    resources:
        **training_resources(FIRST.segmenter),
    params:
        given=given,
        settings=lambda w: plan_of(w).segmenter_settings(int(w.seed)).deciding,
        code=lambda w: code_of(w).segmenter,
    shell:
        "{JOB} {log:q} stage train-segmenter --seed {wildcards.seed} --config {params.given:q}"


rule train:
    input:
        manifest,
    output:
        f"{RUN}/weights.safetensors",
        f"{RUN}/jobs/train.json",
    log:
        f"{LOGS}/train/{{run}}-{{seed}}.log",
    priority: 100
    threads: FIRST.config["threads"]
    resources:
        gpu=lambda w: training_resources(of(w).plugin)["gpu"],
        mem_mb=lambda w: training_resources(of(w).plugin)["mem_mb"],
        runtime=lambda w: training_resources(of(w).plugin)["runtime"],
    params:
        given=given,
        settings=lambda w: plan_of(w).train_settings(of(w)).deciding,
        code=lambda w: code_of(w).train(of(w)),
    shell:
        "{JOB} {log:q} stage train {wildcards.run:q} --seed {wildcards.seed} --config {params.given:q}"


rule enhance:
    input:
        manifest,
        weights,
    output:
        f"{RUN}/enhanced/manifest.json",
        f"{RUN}/jobs/enhance.json",
    log:
        f"{LOGS}/enhance/{{run}}-{{seed}}.log",
    params:
        given=given,
        settings=lambda w: plan_of(w).train_settings(of(w)).deciding,
        code=lambda w: code_of(w).enhance(of(w)),
    shell:
        "{JOB} {log:q} stage enhance {wildcards.run:q} --seed {wildcards.seed} --config {params.given:q}"


# First of all that may run: faults of such images are told before anything trains.
rule take_in:
    input:
        manifest,
    output:
        f"{RUN}/enhanced/manifest.json",
        f"{RUN}/jobs/enhance.json",
    log:
        f"{LOGS}/take_in/{{run}}-{{seed}}.log",
    wildcard_constraints:
        run=external_rows(PLANS.values()),
    priority: 300
    params:
        given=given,
        settings=lambda w: plan_of(w).external_settings(of(w)),
        code=lambda w: code_of(w).take_in,
    shell:
        "{JOB} {log:q} stage take-in {wildcards.run:q} --seed {wildcards.seed} --config {params.given:q}"


ruleorder: take_in > enhance


rule segment:
    input:
        f"{RUN}/enhanced/manifest.json",
        f"{SEGMENTER}/weights.safetensors",
    output:
        f"{RUN}/masks/manifest.json",
        f"{RUN}/probabilities/manifest.json",
        f"{RUN}/jobs/segment.json",
    log:
        f"{LOGS}/segment/{{run}}-{{seed}}.log",
    params:
        given=given,
        settings=lambda w: plan_of(w).segmenter_settings(int(w.seed)).deciding,
        code=lambda w: code_of(w).segment,
    shell:
        "{JOB} {log:q} stage segment {wildcards.run:q} --seed {wildcards.seed} --config {params.given:q}"


rule score:
    input:
        manifest,
        f"{RUN}/enhanced/manifest.json",
        f"{RUN}/masks/manifest.json",
        f"{RUN}/probabilities/manifest.json",
    output:
        f"{RUN}/scores.csv",
        f"{RUN}/run.json",
    log:
        f"{LOGS}/score/{{run}}-{{seed}}.log",
    params:
        given=given,
        settings=lambda w: plan_of(w).score_settings(),
        code=lambda w: code_of(w).score,
    shell:
        "{JOB} {log:q} stage score {wildcards.run:q} --seed {wildcards.seed} --config {params.given:q}"


rule tables:
    input:
        of_all_runs("scores.csv"),
        paper_sources(),
    output:
        f"{AT}/tables/index.json",
        report(
            f"{AT}/tables/table1_quality.csv",
            caption="report/captions/quality.rst",
            category="Tables",
        ),
    log:
        f"{LOGS}/tables.log",
    threads: SHARED
    params:
        given=given,
        settings=lambda w: plan_of(w).report_settings(),
        code=lambda w: code_of(w).tables,
    shell:
        "{JOB} {log:q} report tables --processes {threads} --config {params.given:q}"


rule figures:
    input:
        of_all_runs("run.json"),
    output:
        f"{AT}/figures/index.json",
        report(
            f"{AT}/figures/comparison.png",
            caption="report/captions/comparison.rst",
            category="Figures",
        ),
    log:
        f"{LOGS}/figures.log",
    threads: SHARED
    params:
        given=given,
        settings=lambda w: plan_of(w).report_settings(),
        code=lambda w: code_of(w).figures,
    shell:
        "{JOB} {log:q} report figures --processes {threads} --config {params.given:q}"


rule report:
    input:
        f"{AT}/tables/index.json",
        f"{AT}/figures/index.json",
        page_sources(),
    output:
        report(
            f"{AT}/report.html",
            caption="report/captions/page.rst",
            category="Page",
        ),
    log:
        f"{LOGS}/report.log",
    threads: SHARED
    params:
        given=given,
        settings=lambda w: plan_of(w).report_settings(),
        code=lambda w: code_of(w).page,
    shell:
        "{JOB} {log:q} report page --processes {threads} --config {params.given:q}"


rule across:
    input:
        [plan.layout.tables / "index.json" for plan in PLANS.values()],
    output:
        ABOVE,
    log:
        ABOVE.parent / "across.log",
    params:
        settings=[plan.report_settings() for plan in PLANS.values()],
        code=CODES[FIRST.layout.dataset].across,
    shell:
        "{JOB} {log:q} across --config {WHOLE:q}"


# Without a page only a part was asked for, e.g. the data.
onsuccess:
    for plan in PLANS.values():
        if (plan.layout.root / "report.html").is_file():
            config = json.dumps(plan.config)
            shell("{COMMAND} report summary --config {config:q}")


# A failed run must not hide the others: what there is becomes tables, figures and a page that show the failure.
onerror:
    for plan in PLANS.values():
        config = json.dumps(plan.config)
        shell(
            "{COMMAND} report tables figures page summary --config {config:q} --partial"
        )
