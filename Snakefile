# The whole benchmark: prepare -> train -> enhance -> segment -> score -> analyse, tables, figures -> report.
# One command: uv run snakemake --cores all --resources gpu=2
# bench (sspbench/workflow/benchmark.py) looks up files and parameters by a job's wildcards.
import shlex
import sys

sys.path.insert(0, workflow.basedir)

from sspbench.config.input_files import digest_source
from sspbench.workflow.benchmark import reject_foreign_directory, start_workflow
from sspbench.workflow.rule_params import (
    ANALYSIS_RECORDS,
    external_rows_pattern,
    page_source_files,
    paper_table_files,
    training_resources,
)

reject_foreign_directory(workflow.basedir)


configfile: "config/config.yaml"


bench = start_workflow(workflow)
PLANS, FIRST_PLAN = bench.plans, bench.first_plan
SSPBENCH_COMMAND = f"{shlex.quote(sys.executable)} -m sspbench"
JOB_COMMAND = f"exec {SSPBENCH_COMMAND} --log"
RESULTS_DIR = f"results/{{dataset}}/{FIRST_PLAN.preset}"
RUN_DIR = f"{RESULTS_DIR}/runs/{{run}}/seed-{{seed}}"
SEGMENTER_DIR = f"{RESULTS_DIR}/segmenter/{FIRST_PLAN.segmenter.name}/seed-{{seed}}"
LOW_SEGMENTER_DIR = (
    f"{RESULTS_DIR}/segmenter-low/{FIRST_PLAN.segmenter.name}/seed-{{seed}}"
)
# missing where a training kept another number of checkpoints, so that it runs again
KEPT_STEPS = f"{RUN_DIR}/checkpoints/kept-{FIRST_PLAN.config['checkpoints']}.json"
LOG_DIR = f"{RESULTS_DIR}/logs"
# processes that share tables, figures or page; fewer where there are fewer cores
REPORT_WORKERS = 8


wildcard_constraints:
    dataset="[^/]+",
    source="[^/]+",
    run="[^/]+",
    seed=r"\d+",


rule all:
    default_target: True
    input:
        [plan.layout.root / "report.html" for plan in PLANS.values()],
        bench.summary_index if bench.has_summary else [],
        bench.all_scores,  # missing after a failure, which the page shows


rule prepare:
    output:
        f"data/{{source}}/images/{{dataset}}/{FIRST_PLAN.preset}/manifest.json",
    log:
        f"{LOG_DIR}/prepare-{{source}}.log",
    params:
        config=bench.job_config,
        settings=lambda w: bench.plan(w).prepare_settings(),
        source=lambda w: digest_source(
            bench.plan(w).data_root,
            splits_only=bench.plan(w).reads_splits_only,
        ),
        code=lambda w: bench.digests(w).prepare,
    shell:
        "{JOB_COMMAND} {log:q} stage prepare --config {params.config:q}"


rule train_segmenter:
    input:
        bench.manifest,
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
        config=bench.job_config,
        settings=lambda w: bench.plan(w).segmenter_settings(int(w.seed)).rerun_params,
        code=lambda w: bench.digests(w).segmenter,
    shell:
        "{JOB_COMMAND} {log:q} stage train-segmenter --seed {wildcards.seed} --config {params.config:q}"


# The control: a segmenter that has seen LQ images. Its results accompany the tables and never replace them.
rule train_low_segmenter:
    input:
        bench.manifest,
    output:
        f"{LOW_SEGMENTER_DIR}/weights.safetensors",
        f"{LOW_SEGMENTER_DIR}/jobs/train.json",
    log:
        f"{LOG_DIR}/train_low_segmenter/{{seed}}.log",
    priority: 150
    threads: FIRST_PLAN.config["threads"]
    resources:
        **training_resources(FIRST_PLAN.segmenter),
    params:
        config=bench.job_config,
        settings=lambda w: bench.plan(w).segmenter_settings(int(w.seed)).rerun_params,
        code=lambda w: bench.digests(w).segmenter,
    shell:
        "{JOB_COMMAND} {log:q} stage train-low-segmenter --seed {wildcards.seed} --config {params.config:q}"


rule train:
    input:
        bench.manifest,
    output:
        f"{RUN_DIR}/weights.safetensors",
        f"{RUN_DIR}/jobs/train.json",
        [KEPT_STEPS] if FIRST_PLAN.config["checkpoints"] else [],
    log:
        f"{LOG_DIR}/train/{{run}}-{{seed}}.log",
    priority: 100
    threads: FIRST_PLAN.config["threads"]
    resources:
        gpu=lambda w: training_resources(bench.run(w).plugin)["gpu"],
        mem_mb=lambda w: training_resources(bench.run(w).plugin)["mem_mb"],
        runtime=lambda w: training_resources(bench.run(w).plugin)["runtime"],
    params:
        config=bench.job_config,
        settings=lambda w: bench.plan(w).train_settings(bench.run(w)).rerun_params,
        code=lambda w: bench.digests(w).train(bench.run(w)),
    shell:
        "{JOB_COMMAND} {log:q} stage train {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


rule enhance:
    input:
        bench.manifest,
        bench.weights,
    output:
        f"{RUN_DIR}/enhanced/manifest.json",
        f"{RUN_DIR}/jobs/enhance.json",
    log:
        f"{LOG_DIR}/enhance/{{run}}-{{seed}}.log",
    params:
        config=bench.job_config,
        settings=lambda w: bench.plan(w).train_settings(bench.run(w)).rerun_params,
        code=lambda w: bench.digests(w).enhance(bench.run(w)),
    shell:
        "{JOB_COMMAND} {log:q} stage enhance {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


# First of all that may run: faults of such images are reported before anything trains.
rule import_external:
    input:
        bench.manifest,
    output:
        f"{RUN_DIR}/enhanced/manifest.json",
        f"{RUN_DIR}/jobs/enhance.json",
    log:
        f"{LOG_DIR}/import_external/{{run}}-{{seed}}.log",
    wildcard_constraints:
        run=external_rows_pattern(PLANS.values()),
    priority: 300
    params:
        config=bench.job_config,
        settings=lambda w: bench.plan(w).external_settings(bench.run(w)),
        code=lambda w: bench.digests(w).import_external,
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
        config=bench.job_config,
        settings=lambda w: bench.plan(w).segmenter_settings(int(w.seed)).rerun_params,
        code=lambda w: bench.digests(w).segment,
    shell:
        "{JOB_COMMAND} {log:q} stage segment {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


rule score:
    input:
        bench.manifest,
        f"{RUN_DIR}/enhanced/manifest.json",
        bench.segmented_images,
    output:
        f"{RUN_DIR}/scores.csv",
        f"{RUN_DIR}/definitions.csv",
        f"{RUN_DIR}/run.json",
    log:
        f"{LOG_DIR}/score/{{run}}-{{seed}}.log",
    params:
        config=bench.job_config,
        settings=lambda w: bench.plan(w).score_settings(),
        is_first_seed=lambda w: int(w.seed) == bench.plan(w).config["seeds"][0],
        code=lambda w: bench.digests(w).score,
    shell:
        "{JOB_COMMAND} {log:q} stage score {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


rule score_low:
    input:
        bench.manifest,
        f"{RUN_DIR}/enhanced/manifest.json",
        f"{LOW_SEGMENTER_DIR}/weights.safetensors",
    output:
        f"{RUN_DIR}/low/scores.csv",
        f"{RUN_DIR}/low/masks/manifest.json",
    log:
        f"{LOG_DIR}/score_low/{{run}}-{{seed}}.log",
    params:
        config=bench.job_config,
        settings=lambda w: [
            bench.plan(w).segmenter_settings(int(w.seed)).rerun_params,
            bench.plan(w).score_settings(),
        ],
        code=lambda w: bench.digests(w).score_low,
    shell:
        "{JOB_COMMAND} {log:q} stage score-low {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


rule score_checkpoints:
    input:
        bench.manifest,
        KEPT_STEPS,
        bench.segmenter_weights,
    output:
        f"{RUN_DIR}/checkpoints/scores.csv",
    log:
        f"{LOG_DIR}/score_checkpoints/{{run}}-{{seed}}.log",
    params:
        config=bench.job_config,
        settings=lambda w: [
            bench.plan(w).train_settings(bench.run(w)).rerun_params,
            bench.plan(w).segmenter_settings(int(w.seed)).rerun_params,
            bench.plan(w).score_settings(),
        ],
        code=lambda w: bench.digests(w).score_checkpoints(bench.run(w)),
    shell:
        "{JOB_COMMAND} {log:q} stage score-checkpoints {wildcards.run:q} --seed {wildcards.seed} --config {params.config:q}"


rule analyse:
    input:
        bench.files_of_all_runs("scores.csv"),
        bench.low_scores,
        bench.files_of_all_runs("run.json"),
        paper_table_files(),
    output:
        [f"{RESULTS_DIR}/analysis/{name}.json" for name in ANALYSIS_RECORDS],
    log:
        f"{LOG_DIR}/analyse.log",
    params:
        config=bench.job_config,
        settings=lambda w: bench.plan(w).report_settings(),
        code=lambda w: bench.digests(w).analysis,
    shell:
        "{JOB_COMMAND} {log:q} report analysis --config {params.config:q}"


rule tables:
    input:
        bench.files_of_all_runs("scores.csv"),
        bench.low_scores,
        bench.checkpoint_scores,
        bench.files_of_all_runs("definitions.csv"),
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
        config=bench.job_config,
        settings=lambda w: bench.plan(w).report_settings(),
        code=lambda w: bench.digests(w).tables,
    shell:
        "{JOB_COMMAND} {log:q} report tables --processes {threads} --config {params.config:q}"


rule figures:
    input:
        bench.files_of_all_runs("run.json"),
        bench.checkpoint_scores,
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
        config=bench.job_config,
        settings=lambda w: bench.plan(w).report_settings(),
        code=lambda w: bench.digests(w).figures,
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
        config=bench.job_config,
        settings=lambda w: bench.plan(w).report_settings(),
        code=lambda w: bench.digests(w).page,
    shell:
        "{JOB_COMMAND} {log:q} report page --processes {threads} --config {params.config:q}"


rule across:
    input:
        [plan.layout.tables / "index.json" for plan in PLANS.values()],
    output:
        bench.summary_index,
    log:
        bench.summary_index.with_name("across.log"),
    params:
        settings=[plan.report_settings() for plan in PLANS.values()],
        code=bench.across_digest,
    shell:
        "{JOB_COMMAND} {log:q} across --config {bench.config_text:q}"


onstart:
    bench.speed_up_local_jobs(workflow)


# Without a page only a part was asked for, e.g. the data.
onsuccess:
    for config in bench.configs_with_page:
        shell("{SSPBENCH_COMMAND} report summary --config {config:q}")


# A failed run must not hide the others: what there is becomes tables, figures and a page that show the failure.
onerror:
    for config in bench.configs:
        shell(
            "{SSPBENCH_COMMAND} report analysis tables figures page summary --config {config:q} --partial"
        )
