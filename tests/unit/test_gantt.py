"""The Gantt chart of a run: read from Snakemake's log, placed on cores, drawn."""

import subprocess
import sys
from xml.etree import ElementTree

import pytest

from sspbench.checkout import ROOT
from sspbench.commands.cli import main
from sspbench.commands.gantt import (
    GanttChart,
    JobBar,
    draw_terminal_chart,
    find_newest_log,
    parse_snakemake_log,
    render_gantt_svg,
)
from sspbench.errors import UserError

LOG = """Provided cores: 2
[Thu Nov 26 01:39:50 2026]
localrule prepare:
    log: results/cornsim/demo/logs/prepare-cornsim.log
    jobid: 4
    wildcards: source=cornsim, dataset=cornsim
    threads: 2
[Thu Nov 26 01:40:00 2026]
Finished jobid: 4 (Rule: prepare)
[Thu Nov 26 01:40:00 2026]
localrule train:
    jobid: 7
    wildcards: dataset=cornsim, run=sspnet, seed=0
[Thu Nov 26 01:40:00 2026]
rule train:
    jobid: 8
    wildcards: dataset=cornsim, run=dcp, seed=0
[Thu Nov 26 01:40:20 2026]
Error in rule train:
    jobid: 8
[Thu Nov 26 01:40:30 2026]
localrule score:
    jobid: 9
    wildcards: dataset=cornsim, run=dcp, seed=0
[Thu Nov 26 01:40:40 2026]
Finished jobid: 7 (Rule: train)
[Thu Nov 26 01:40:40 2026]
localrule all:
    jobid: 0
"""


def test_a_log_is_read_with_what_failed_and_what_still_runs():
    chart = parse_snakemake_log(LOG)
    start = chart.bars[0].start
    rows = [(b.rule, b.subject, b.start - start, b.end - start, b.row, b.threads, b.failed) for b in chart.bars]
    assert rows == [
        ("prepare", "cornsim", 0, 10, 0, 2, False),
        ("train", "sspnet", 10, 50, 0, 1, False),
        ("train", "dcp", 10, 30, 1, 1, True),
        ("score", "dcp", 40, 50, 1, 1, False),
    ]
    assert chart.idle_share == pytest.approx(10 / 100)
    assert parse_snakemake_log("Nothing to be done") is None


def test_without_a_number_of_cores_there_are_as_many_as_were_used():
    chart = parse_snakemake_log(LOG.replace("Provided cores: 2", ""))
    assert chart.cores == 2
    assert [bar.row for bar in chart.bars] == [0, 0, 1, 1]


def test_gaps_between_jobs_make_rows_but_no_cores():
    wide = "[Thu Nov 26 01:40:31 2026]\nrule wide:\n    jobid: 3\n    threads: 2\n[Thu Nov 26 01:40:33 2026]\n"
    chart = parse_snakemake_log(LOG.replace("[Thu Nov 26 01:40:40 2026]\nlocalrule all", wide + "localrule all"))
    assert (chart.cores, chart.rows) == (2, 4)


def test_the_terminal_chart_has_forty_lines_at_most_of_the_width_asked_for():
    bars = [JobBar(f"rule{number}", number, number + 5.0) for number in range(100)]
    lines = list(draw_terminal_chart(GanttChart(bars, 64), 80))
    assert len(lines) <= 40
    assert all(len(line) == 80 for line in lines[:24])
    assert "40 more cores" in lines[24]


def test_the_picture_is_well_formed_and_holds_every_job():
    chart = parse_snakemake_log(LOG.replace("run=dcp", "run=<dcp>"))
    told = [
        node.text for node in ElementTree.fromstring(render_gantt_svg(chart)).iter("{http://www.w3.org/2000/svg}title")
    ]
    assert told == ["prepare cornsim: 10 s", "train sspnet: 40 s", "train <dcp>: 20 s, failed", "score <dcp>: 10 s"]


def test_the_newest_log_that_names_the_results_is_taken(tmp_path, capsys):
    results, logs = tmp_path / "results" / "cornsim" / "demo", tmp_path / ".snakemake" / "log"
    for folder in (results, logs):
        folder.mkdir(parents=True)
    (logs / "2026-01.snakemake.log").write_text(LOG)
    (logs / "2026-02.snakemake.log").write_text(LOG.replace("cornsim/demo", "cornsim/demo2"))
    assert find_newest_log(results).name == "2026-01.snakemake.log"
    assert main(["gantt", str(results)]) == 0
    assert "10.0% of 2 cores" in capsys.readouterr().out
    assert (results / "gantt.svg").is_file()
    with pytest.raises(UserError, match="mentions these results"):
        find_newest_log(tmp_path / "results" / "other" / "demo")


def test_listing_imports_nothing_that_computes():
    code = "import sys; from sspbench.commands.cli import main; main(['list']); print('numpy' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "False"
