"""The terminal output of the workflow, from the records that Snakemake made in a real run."""

import io
import json
import logging
from pathlib import Path

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.tests import MockOutputSettings, TestLogHandlerBase

from snakemake_logger_plugin_sspbench import LogHandler
from snakemake_logger_plugin_sspbench.progress import key_of

RECORDS = Path(__file__).parents[1] / "data" / "snakemake-records.jsonl"
"""What Snakemake 9.27.1 logged of a run at smoke scale: identity, dcp and a method that raises."""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Be where the log of the failed job lies, and nothing of another run."""
    log = tmp_path / "results/cornsim/smoke/logs/enhance/raises-0.log"
    log.parent.mkdir(parents=True)
    log.write_text(f"error: The stage enhance failed: this method is broken\n  hint: {'x' * 300}\n")
    monkeypatch.chdir(tmp_path)


class TestTheInterface(TestLogHandlerBase):
    """The checks that Snakemake's interface has for every plugin."""

    __test__ = True

    def get_log_handler_cls(self):
        return LogHandler

    def get_log_handler_settings(self):
        return None


class Terminal(io.StringIO):
    """A stream that may be a terminal."""

    def __init__(self, tty=False):
        super().__init__()
        self.tty = tty

    def isatty(self):
        return self.tty


def recorded():
    """Return the records of the run."""
    found = []
    for line in RECORDS.read_text().splitlines():
        content = json.loads(line)
        event = content.pop("event", None)
        found.append(logging.makeLogRecord({**content, "event": LogEvent(event)} if event else content))
    return found


def announced():
    """Return what the Snakefile tells of the run's jobs."""
    jobs = {}
    for record in recorded():
        if getattr(record, "event", None) == LogEvent.JOB_INFO and record.rule_name != "all":
            key = key_of(record.rule_name, record.wildcards)
            row = record.wildcards.get("run") if record.rule_name in ("enhance", "segment", "score") else None
            words = f"{record.rule_name} {record.wildcards.get('run', '')}".strip()
            jobs[key] = {"words": words, "done": f"did {words}", "row": row, "seconds": 2.0}
    return {"lines": ["to do   much"], "seconds": 30.0, "jobs": jobs}


def shown(monkeypatch, tty=False, outlook=announced, **settings):
    """Feed the run to the handler; return what it wrote."""
    stream = Terminal(tty)
    monkeypatch.setattr("sys.stderr", stream)
    common = MockOutputSettings()
    common.printshellcmds = False
    for name, value in settings.items():
        setattr(common, name, value)
    handler = LogHandler(common_settings=common, settings=None)
    handler.handle(logging.makeLogRecord({"msg": "", "levelno": logging.INFO, "outlook": outlook}))
    for record in recorded():
        handler.handle(record)
    handler.close()
    return stream.getvalue()


def test_a_real_run_is_told_in_few_short_lines(monkeypatch):
    lines = shown(monkeypatch).splitlines()
    assert len(lines) <= 20
    assert max(map(len, lines)) < 160
    assert lines[0] == "to do   much"
    assert sum("enhanced, segmented, scored" in line for line in lines) == 2
    assert not any(words in line for line in lines for words in ("Building DAG", "Select jobs", "rule ", "Job stats"))


def test_a_failure_is_told_at_once_and_again_at_the_end(monkeypatch):
    lines = shown(monkeypatch).splitlines()
    (first, last) = [number for number, line in enumerate(lines) if "FAILED to enhance raises" in line]
    assert first < next(number for number, line in enumerate(lines) if "Some jobs failed" in line)
    assert last == len(lines) - 2
    assert ".snakemake/log/" in lines[-1]
    assert lines[first].endswith("this method is broken")
    assert "CalledProcessError" not in "\n".join(lines)


def test_a_dry_run_says_what_it_would_do_and_no_more(monkeypatch):
    assert shown(monkeypatch, dryrun=True).splitlines()[0] == "to do   much"
    assert "FAILED to" not in shown(monkeypatch, dryrun=True).partition("nothing was done")[0]


def test_verbose_adds_what_snakemake_says(monkeypatch):
    text = shown(monkeypatch, verbose=True)
    assert "Building DAG of jobs" in text
    assert "to do   much" in text
    assert text.count("At least one job did not complete") == 1


def test_quiet_leaves_failures(monkeypatch):
    text = shown(monkeypatch, quiet={"progress"})
    assert "to do" not in text
    assert "enhanced" not in text
    assert "FAILED to enhance raises" in text


def test_no_escape_codes_but_on_a_terminal(monkeypatch):
    assert "\033" not in shown(monkeypatch)


def test_a_fault_of_the_user_is_told_without_a_traceback(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    handler = LogHandler(common_settings=MockOutputSettings(), settings=None)
    where = 'File "/here/Snakefile", line 39'
    text = f"WorkflowError in {where.lower()}:\nThe config has faults (1):\n- no such key\n  {where}, in <module>"
    handler.handle(logging.makeLogRecord({"msg": text, "levelno": logging.ERROR, "event": LogEvent.ERROR}))
    handler.close()
    assert stream.getvalue() == "error: The config has faults (1):\n- no such key\n"


@pytest.mark.parametrize(
    "text", ["Unlocked working directory.", "Nothing to be done (all requested files are present)."]
)
def test_messages_of_other_commands_pass(monkeypatch, text):
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    handler = LogHandler(common_settings=MockOutputSettings(), settings=None)
    handler.handle(logging.makeLogRecord({"msg": text, "levelno": logging.INFO}))
    assert stream.getvalue() == f"{text}\n"


def test_a_live_line_is_wiped_before_others(monkeypatch):
    from snakemake_logger_plugin_sspbench.screen import CLEAR, Screen

    stream = Terminal(tty=True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    screen = Screen(stream)
    screen.show("x" * 30)
    screen.lines(["done"])
    assert stream.getvalue() == f"{CLEAR}{'x' * 18}…{CLEAR}done\n"
