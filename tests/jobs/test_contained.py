"""A contained command ends: with its output kept, in time, with all it started, and told as what it was."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sspbench.checkout import ROOT
from sspbench.jobs.outcome import read_status

BODY = """
import os, signal, subprocess, sys, time
from pathlib import Path
from sspbench.jobs import subprocess_guard as containing
from sspbench.jobs.budget import time_budget
containing.BUDGET_GRACE_S = 0.2
containing.STOP_GRACE_S = 5.0
FOLDER = Path(sys.argv[2])

def work():
{body}

sys.exit(containing.run_guarded(work, Path(sys.argv[1])))
"""


def start(tmp_path, body, **environment):
    script = BODY.replace("{body}", "\n".join("    " + line for line in body.splitlines()))
    command = [sys.executable, "-c", script, str(tmp_path / "logs" / "job.log"), str(tmp_path)]
    env = {k: v for k, v in os.environ.items() if k != "SSPBENCH_WORKFLOW"} | {"PYTHONPATH": str(ROOT), **environment}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(tmp_path, body):
    """Return exit status, output and log of a contained piece of code."""
    process = start(tmp_path, body)
    text, _ = process.communicate(timeout=60)
    return process.returncode, text, (tmp_path / "logs" / "job.log").read_text()


def alive(number):
    try:
        with Path(f"/proc/{number}/stat").open() as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(path):
    while not path.exists() or not path.read_text():
        time.sleep(0.01)
    return path.read_text()


def test_output_and_exit_status_are_those_of_the_work(tmp_path):
    code, text, log = run(tmp_path, "print('to one', flush=True)\nprint('to two', file=sys.stderr)\nreturn 75")
    assert code == 75
    assert text == log == "to one\nto two\n"


def test_under_a_workflow_the_output_goes_to_the_log_alone(tmp_path):
    process = start(tmp_path, "print('to the log')\nreturn 0", SSPBENCH_WORKFLOW=str(os.getpid()))
    text, _ = process.communicate(timeout=60)
    assert (process.returncode, text) == (0, "")
    assert (tmp_path / "logs" / "job.log").read_text() == "to the log\n"


def test_under_a_workflow_and_without_a_log_the_output_is_not_lost(tmp_path):
    (tmp_path / "logs").write_text("a file where the folder should be")
    process = start(tmp_path, "print('to all')\nreturn 0", SSPBENCH_WORKFLOW=str(os.getpid()))
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "cannot be written" in text
    assert text.endswith("to all\n")


def test_more_than_a_pipe_holds_is_copied_whole(tmp_path):
    code, text, log = run(tmp_path, "print('x' * 300_000)\nreturn 0")
    assert code == 0
    assert text == log == "x" * 300_000 + "\n"


def test_an_error_is_told_and_its_exit_status_is_one(tmp_path):
    code, _, log = run(tmp_path, "raise RuntimeError('no such luck')")
    assert code == 1
    assert "RuntimeError: no such luck" in log


def test_a_process_that_ends_itself_has_not_done_its_work(tmp_path):
    code, text, log = run(tmp_path, "os._exit(0)")
    assert code == 1
    assert text == log
    assert "ended its process itself before it was done (exit status 0)" in log


def test_a_killed_process_is_told_with_its_signal_and_its_stage(tmp_path):
    body = "with time_budget(5, 'enhance', FOLDER):\n    os.kill(os.getpid(), signal.SIGKILL)"
    code, _, log = run(tmp_path, body)
    assert code == 1
    assert "The stage enhance was killed by SIGKILL" in log
    assert "SIGKILL" in read_status(tmp_path)["reason"]


HANGS = """
with time_budget(0.005, 'score', FOLDER):
    while True:
        try:
            time.sleep(60)
        except Exception:
            pass
"""


def test_work_that_ignores_its_budget_is_ended(tmp_path):
    code, _, log = run(tmp_path, HANGS)
    assert code == 4
    assert "The stage score was ended: the time budget of 0.005 minutes is used up" in log
    assert read_status(tmp_path)["status"] == "timeout"


LEAVES = """
child = subprocess.Popen(['sleep', '600'], start_new_session={session})
(FOLDER / 'child').write_text(str(child.pid))
print('done')
return 0
"""


@pytest.mark.parametrize("session", [False, True])
def test_a_process_left_behind_with_our_output_is_ended_and_not_waited_for(tmp_path, session):
    code, _, log = run(tmp_path, LEAVES.replace("{session}", str(session)))
    assert code == 0
    assert log.startswith("done\n")
    assert not alive(int((tmp_path / "child").read_text()))


WAITS = """
(FOLDER / 'worker').write_text(str(os.getpid()))
signal.signal(signal.SIGTERM, lambda *_: ((FOLDER / 'asked').touch(), print('saved', flush=True), os._exit(75)))
while True:
    time.sleep(0.05)
"""


def test_killed_itself_it_asks_its_process_to_stop(tmp_path):
    process = start(tmp_path, WAITS)
    worker = int(wait_for(tmp_path / "worker"))
    process.kill()
    process.communicate(timeout=60)
    while alive(worker):
        time.sleep(0.01)
    assert (tmp_path / "asked").exists()


def test_once_the_workflow_is_gone_it_asks_its_process_to_stop(tmp_path):
    process = start(tmp_path, WAITS, SSPBENCH_WORKFLOW="1")
    process.communicate(timeout=60)
    text = (tmp_path / "logs" / "job.log").read_text()
    assert "the workflow that started this job is gone" in text
    assert "saved" in text
    assert (tmp_path / "asked").exists()


def test_a_signal_is_passed_on(tmp_path):
    process = start(tmp_path, WAITS)
    worker = int(wait_for(tmp_path / "worker"))
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert not alive(worker)
    assert (tmp_path / "asked").exists()


def test_sys_exit_in_a_plugin_is_told_as_what_it_is(tmp_path):
    body = "from sspbench.commands.cli import _run_reporting_faults\nimport argparse\n"
    body += "return _run_reporting_faults(argparse.Namespace(run=lambda _: sys.exit(0)))"
    code, _, log = run(tmp_path, body)
    assert code == 1
    assert "sys.exit(0) was called before the work was done" in log
