"""Progress of a run as lines: few enough, in time's share, failures with what waits for them, slow and silent jobs."""

import os

import pytest

from snakemake_logger_plugin_sspbench.progress import LINES, SILENT_S, Planned, Progress, key_of
from snakemake_logger_plugin_sspbench.reasons import SHOWN, plain, reason

T = 1_800_000_000.0


def plan(rows, trainings, seeds=1):
    """Return announced jobs: trainings of 60 s, rows of three stages of 2 s each, and one page of 10 s."""
    jobs = {key_of("report", {}): Planned("write the page", "wrote the page", None, 10.0)}
    for seed in range(seeds):
        for number in range(trainings):
            key = key_of("train", {"run": f"row{number}", "seed": seed})
            jobs[key] = Planned(f"train {number}", f"trained {number}", None, 60.0)
        for number in range(rows):
            for stage in ("enhance", "segment", "score"):
                key = key_of(stage, {"run": f"row{number}", "seed": seed})
                jobs[key] = Planned(f"{stage} row{number}", "", f"row{number}, seed {seed}", 2.0)
    return jobs


def run(jobs, fails=()):
    """Run jobs one after another, 1 s each; return the progress and all lines."""
    progress, lines = Progress(jobs, 100.0, T), []
    for number, key in enumerate(jobs):
        progress.started(number, key, T + number, [])
        if key in fails:
            lines += progress.failure(number, ["it broke", "log: here"], T + number + 1)
        else:
            lines += progress.finished(number, T + number + 1)
    return progress, lines + progress.flush(T, everything=True)


@pytest.mark.parametrize(("rows", "trainings", "seeds"), [(2, 0, 1), (24, 8, 1), (24, 8, 5), (200, 0, 1)])
def test_finished_work_takes_few_lines_whatever_its_size(rows, trainings, seeds):
    jobs = plan(rows, trainings, seeds)
    progress, lines = run(jobs)
    assert 0 < len(lines) <= LINES + 1
    assert progress.share == 1.0
    assert "100%" in lines[-1]


def test_a_small_run_has_a_line_for_each_row_and_each_step():
    _, lines = run(plan(2, 1))
    assert [line.partition("%  ")[2] for line in lines] == [
        "wrote the page (1 s)",
        "trained 0 (1 s)",
        "enhanced, segmented, scored row0, seed 0",
        "enhanced, segmented, scored row1, seed 0",
    ]


def test_the_last_rows_are_told_before_the_tables_that_are_made_of_them():
    jobs = plan(31, 0)
    page = key_of("report", {})
    jobs |= {key_of("tables", {}): Planned("make the tables", "made the tables", None, 10.0), page: jobs.pop(page)}
    _, lines = run(jobs)
    told = [line.partition("%  ")[2] for line in lines]
    assert told[-2:] == ["made the tables (1 s)", "wrote the page (1 s)"]
    assert told[-3].startswith("enhanced, segmented, scored row")


def test_the_share_is_that_of_time_and_not_of_jobs():
    progress = Progress(plan(1, 1), None, T)
    progress.started(0, key_of("train", {"run": "row0", "seed": 0}), T, [])
    progress.finished(0, T + 9)
    assert progress.share == pytest.approx(60 / 76)


def test_a_failed_training_takes_its_row_with_it_and_is_told_again_at_the_end():
    jobs = plan(2, 2)
    progress, lines = run(jobs, fails=[key_of("train", {"run": "row0", "seed": 0})])
    (told,) = [line for line in lines if "FAILED" in line]
    assert told.endswith("FAILED to train 0: it broke")
    assert "  log: here" in lines
    assert not any("row0" in line for line in lines)
    assert progress.failed == ["train 0: it broke"]
    assert progress.share == 1.0


def test_jobs_of_one_submission_fail_by_their_names_each_time():
    jobs = plan(1, 1)
    keys = [key_of(rule, {"run": "row0", "seed": 0}) for rule in ("train", "enhance")]
    progress, lines = Progress(jobs, None, T), []
    for number, key in enumerate(keys):
        progress.started(number, key, T, [])
    for number in (0, 1, 1):
        lines += progress.failure(number, ["the node went away"], T + 1)
    words = [line.partition("%  ")[2] for line in lines]
    assert words == [f"FAILED to {job}: the node went away" for job in ("train 0", "enhance row0", "enhance row0")]


def test_a_job_that_is_done_at_its_second_try_has_not_failed():
    jobs = plan(0, 1)
    progress = Progress(jobs, None, T)
    key = key_of("train", {"run": "row0", "seed": 0})
    progress.started(4, key, T, [])
    progress.failure(4, ["the node went away"], T + 1)
    progress.started(4, key, T + 2, [])
    progress.finished(4, T + 3)
    assert progress.failed == []


def test_the_live_line_shows_elapsed_beside_expected_and_what_is_slow():
    progress = Progress(plan(1, 1), 76.0, T)
    progress.started(0, key_of("train", {"run": "row0", "seed": 0}), T, [])
    progress.started(1, key_of("enhance", {"run": "row0", "seed": 0}), T, [])
    assert progress.live(T + 30).endswith("1 min 16 s left · train 0 0:30 of 1:00 · enhance row0 0:30 of 0:02")
    assert "enhance row0 1:10 of 0:02 (SLOW)" in progress.live(T + 70)
    assert "train 0 1:10 of 1:00 ·" in progress.live(T + 70)
    assert progress.live(T).count("\n") == 0


def test_a_silent_job_is_told_once_with_its_log(tmp_path):
    log = tmp_path / "job.log"
    log.write_text("step 1\n")
    os.utime(log, (T, T))
    progress = Progress(plan(0, 1), None, T)
    progress.started(0, key_of("train", {"run": "row0", "seed": 0}), T, [log])
    assert progress.overdue(T + SILENT_S - 1) == []
    (line,) = progress.overdue(T + SILENT_S + 1)
    assert "SILENT for 2 min 31 s" in line
    assert str(log) in line
    assert progress.overdue(T + SILENT_S + 99) == []
    os.utime(log, (T + SILENT_S, T + SILENT_S))
    assert "SILENT" not in progress.live(T + SILENT_S + 1)


def test_a_reason_is_the_last_told_fault_without_its_traceback(tmp_path):
    log = tmp_path / "job.log"
    log.write_text('error: earlier\nTraceback (most recent call last):\n  File "x"\nerror: what\n  hint: do that\n')
    assert reason([log]) == ["what", "  hint: do that", f"log: {log}"]


def test_without_a_told_fault_the_last_line_stands(tmp_path):
    log = tmp_path / "job.log"
    log.write_text("training\nKilled\n\n")
    assert reason([log])[0] == "Killed"
    assert reason([tmp_path / "none.log"])[0] == "it printed nothing"


def test_a_long_reason_is_cut_and_says_so(tmp_path):
    log = tmp_path / "job.log"
    log.write_text("error: images\n" + "".join(f"  - image {n}\n" for n in range(20)))
    told = reason([log])
    assert len(told) == SHOWN + 2
    assert told[-2] == f"... and {21 - SHOWN} more lines"


def test_what_is_no_wrapping_of_snakemake_stays():
    assert plain("no such rule") == "no such rule"
    assert plain("WorkflowError:\nAt least") == "At least"
