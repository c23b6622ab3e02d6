# The whole benchmark: prepare -> train -> enhance -> segment -> score -> tables, figures, report.
# One command: uv run snakemake --cores all --resources gpu=2
import json
import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

if not Path.cwd().samefile(workflow.basedir):
    raise WorkflowError(
        f"The benchmark runs in its checkout, not in {Path.cwd()}.\n"
        f"  hint: add --directory {shlex.quote(workflow.basedir)}"
    )

sys.path.insert(0, workflow.basedir)

from sspbench.plan.config import Plan
from sspbench.errors import UserError
from sspbench.jobs.workflow_lock import enter_workflow, for_jobs
from sspbench.plan.rules import Digests, training_resources, page_sources
from sspbench.stages.prepare import source_digest

if workflow.is_main_process:
    enter_workflow(Path(".snakemake"))
os.environ |= for_jobs(workflow.basedir)


configfile: "config/config.yaml"


try:
    PLAN = Plan(config)
    RUNS = PLAN.runs
    PLAN.refuse_missing_files()
    CODE = Digests(PLAN)
except UserError as error:
    raise WorkflowError(str(error))

AT = PLAN.layout
COMMAND = f"{shlex.quote(sys.executable)} -m sspbench"
JOB = f"exec {COMMAND} --log"
CONFIG = json.dumps(PLAN.config)
RUN = f"{AT.root}/runs/{{run}}/seed-{{seed}}"
SEGMENTER = f"{AT.root}/segmenter/{PLAN.segmenter.name}/seed-{{seed}}"
LOGS = f"{AT.root}/logs"


wildcard_constraints:
    run="[^/]+",
    seed=r"\d+",


def of(wildcards):
    return PLAN.run(wildcards.run, int(wildcards.seed))


def weights(wildcards):
    return (
        [f"{RUN}/weights.safetensors".format(**wildcards)]
        if of(wildcards).learned
        else []
    )


def of_all_runs(pattern):
    return [f"{RUN}/{pattern}".format(run=run.id, seed=run.seed) for run in RUNS]


rule all:
    default_target: True
    input:
        AT.root / "report.html",


rule prepare:
    output:
        AT.manifest,
    log:
        f"{LOGS}/prepare.log",
    params:
        settings=PLAN.prepare_settings(),
        source=source_digest(PLAN.data_root),
        code=CODE.prepare,
    shell:
        "{JOB} {log:q} stage prepare --config {CONFIG:q}"


rule train_segmenter:
    input:
        AT.manifest,
    output:
        f"{SEGMENTER}/weights.safetensors",
        f"{SEGMENTER}/jobs/train.json",
    log:
        f"{LOGS}/train_segmenter/{{seed}}.log",
    priority: 200
    threads: PLAN.config["threads"]
    resources:
        **training_resources(PLAN.segmenter),
    params:
        settings=lambda w: PLAN.segmenter_settings(int(w.seed)).deciding,
        code=CODE.segmenter,
    shell:
        "{JOB} {log:q} stage train-segmenter --seed {wildcards.seed} --config {CONFIG:q}"


rule train:
    input:
        AT.manifest,
    output:
        f"{RUN}/weights.safetensors",
        f"{RUN}/jobs/train.json",
    log:
        f"{LOGS}/train/{{run}}-{{seed}}.log",
    priority: 100
    threads: PLAN.config["threads"]
    resources:
        gpu=lambda w: training_resources(of(w).plugin)["gpu"],
        mem_mb=lambda w: training_resources(of(w).plugin)["mem_mb"],
        runtime=lambda w: training_resources(of(w).plugin)["runtime"],
    params:
        settings=lambda w: PLAN.train_settings(of(w)).deciding,
        code=lambda w: CODE.train(of(w)),
    shell:
        "{JOB} {log:q} stage train {wildcards.run:q} --seed {wildcards.seed} --config {CONFIG:q}"


rule enhance:
    input:
        AT.manifest,
        weights,
    output:
        f"{RUN}/enhanced/manifest.json",
        f"{RUN}/jobs/enhance.json",
    log:
        f"{LOGS}/enhance/{{run}}-{{seed}}.log",
    params:
        settings=lambda w: PLAN.train_settings(of(w)).deciding,
        code=lambda w: CODE.enhance(of(w)),
    shell:
        "{JOB} {log:q} stage enhance {wildcards.run:q} --seed {wildcards.seed} --config {CONFIG:q}"


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
        settings=lambda w: PLAN.segmenter_settings(int(w.seed)).deciding,
        code=CODE.segment,
    shell:
        "{JOB} {log:q} stage segment {wildcards.run:q} --seed {wildcards.seed} --config {CONFIG:q}"


rule score:
    input:
        AT.manifest,
        f"{RUN}/enhanced/manifest.json",
        f"{RUN}/masks/manifest.json",
        f"{RUN}/probabilities/manifest.json",
    output:
        f"{RUN}/scores.csv",
        f"{RUN}/run.json",
    log:
        f"{LOGS}/score/{{run}}-{{seed}}.log",
    params:
        settings=PLAN.score_settings(),
        code=CODE.score,
    shell:
        "{JOB} {log:q} stage score {wildcards.run:q} --seed {wildcards.seed} --config {CONFIG:q}"


rule tables:
    input:
        of_all_runs("scores.csv"),
    output:
        AT.tables / "index.json",
        report(
            AT.tables / "table1_quality.csv",
            caption="report/captions/quality.rst",
            category="Tables",
        ),
    log:
        f"{LOGS}/tables.log",
    params:
        settings=PLAN.report_settings(),
        code=CODE.tables,
    shell:
        "{JOB} {log:q} report tables --config {CONFIG:q}"


rule figures:
    input:
        AT.tables / "index.json",
        of_all_runs("run.json"),
    output:
        AT.figures / "index.json",
        report(
            AT.figures / "comparison.png",
            caption="report/captions/comparison.rst",
            category="Figures",
        ),
    log:
        f"{LOGS}/figures.log",
    params:
        settings=PLAN.report_settings(),
        code=CODE.figures,
    shell:
        "{JOB} {log:q} report figures --config {CONFIG:q}"


rule report:
    input:
        AT.tables / "index.json",
        AT.figures / "index.json",
        page_sources(),
    output:
        report(
            AT.root / "report.html",
            caption="report/captions/page.rst",
            category="Page",
        ),
    log:
        f"{LOGS}/report.log",
    params:
        settings=PLAN.report_settings(),
        code=CODE.page,
    shell:
        "{JOB} {log:q} report page --config {CONFIG:q}"


# Without a page only a part was asked for, e.g. the data.
onsuccess:
    if (AT.root / "report.html").is_file():
        shell("{COMMAND} report summary --config {CONFIG:q}")


# A failed run must not hide the others: what there is becomes tables, figures and a page that show the failure.
onerror:
    shell("{COMMAND} report tables figures page summary --config {CONFIG:q} --partial")
