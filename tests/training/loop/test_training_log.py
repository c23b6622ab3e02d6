"""The log of a training line by line: means, digits, curves, progress; and the guards around a step."""

import json
import signal
import sys
from types import SimpleNamespace

import pytest
import torch

from sspbench.jobs.outcome import OutOfMemory
from sspbench.training.loop import guards, training_log
from sspbench.training.loop.guards import Stopwatch, catch_stop_signals, check_memory_budget, explain_out_of_memory
from sspbench.training.loop.training_log import TrainingLog


class Recorder:
    """Notes what a progress bar or a writer of curves is asked for."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        return lambda *given, **options: self.asked.append((name, *given, *options.items()))


def test_a_line_holds_the_means_since_the_last_one(tmp_path, monkeypatch):
    bar, events, opened = Recorder(), Recorder(), []
    monkeypatch.setattr(training_log, "progress_bar", lambda **options: opened.append(options) or bar)
    monkeypatch.setattr(training_log, "_open_event_writer", lambda folder: opened.append(folder) or events)
    with TrainingLog(tmp_path, 9, 2, 3, "train it", {"sums": {"a": 1.5}, "count": 2}) as log:
        assert log.every == 3
        log.add_losses({"a": torch.tensor(3.0, requires_grad=True), "b": torch.tensor(2.0, dtype=torch.float64)})
        assert log.collect_pending() == {"sums": {"a": 4.5, "b": 2.0}, "count": 3}
        log.write_means(3, {"g": 0.1}, 1.23456)
        log.write_means(4, {"g": 0.1}, 2.0)  # no step since
        assert log.collect_pending() == {"sums": {}, "count": 0}
        log.add_losses({})
        log.write_means(5, {}, 7.0)
    third = pytest.approx(2 / 3)
    lines = [json.loads(line) for line in (tmp_path / "training.jsonl").read_text().splitlines()]
    assert lines == [
        {"step": 3, "seconds": 1.23, "losses": {"a": 1.5, "b": third}, "learning_rates": {"g": 0.1}},
        {"step": 5, "seconds": 7.0, "losses": {}, "learning_rates": {}},
    ]
    assert opened == [tmp_path / "tensorboard", {"total": 9, "start": 2, "label": "train it", "unit": "steps"}]
    scalars = [("loss/a", 1.5, 3), ("loss/b", third, 3), ("learning_rate/g", 0.1, 3)]
    assert events.asked == [*(("add_scalar", *each) for each in scalars), ("close",)]
    shown = ("set_postfix", {"a": "1.5", "b": "0.667"}, ("refresh", False))
    assert bar.asked == [("update",), shown, ("update",), ("set_postfix", {}, ("refresh", False)), ("close",)]
    with pytest.raises(ValueError, match="closed file"):
        log._lines.write("x")


def test_later_lines_of_an_earlier_attempt_are_dropped(tmp_path):
    (tmp_path / "training.jsonl").write_text("".join(f'{{"step": {step}}}\n' for step in (1, 2, 3, 4)))
    with TrainingLog(tmp_path, 9, 3, 1, "train") as log:
        assert log.collect_pending() == {"sums": {}, "count": 0}
    assert (tmp_path / "training.jsonl").read_text() == '{"step": 1}\n{"step": 2}\n{"step": 3}\n'


def test_a_training_without_tensorboard_logs_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with TrainingLog(tmp_path, 9, 0, 1, "train") as log:
        log.add_losses({"a": torch.tensor(0.5)})
        assert json.dumps(log.collect_pending()) == '{"sums": {"a": 0.5}, "count": 1}'
        log.write_means(1, {}, 0.0)
    assert json.loads((tmp_path / "training.jsonl").read_text())["losses"] == {"a": 0.5}
    assert not (tmp_path / "tensorboard").exists()


def test_signals_set_a_flag_inside_the_block_alone():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        with catch_stop_signals() as is_interrupted:
            assert not is_interrupted()
            signal.raise_signal(number)
            assert is_interrupted()
        assert {each: signal.getsignal(each) for each in before} == before


@pytest.mark.parametrize(
    ("error", "side", "words"),
    [
        (MemoryError("first\nsecond"), None, r"(?s)batches of 2 with whole images.*first(?!.*second)"),
        (torch.OutOfMemoryError("x"), 64, "crops of 64"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 64, "crops of 64"),
        (RuntimeError("not enough memory: you tried"), 64, "crops of 64"),
    ],
)
def test_too_little_memory_is_told_with_the_batch(error, side, words):
    with pytest.raises(OutOfMemory, match=words), explain_out_of_memory(2, side):
        raise error


def test_memory_is_compared_with_the_budget(monkeypatch):
    monkeypatch.setattr(guards, "peak_memory_mb", lambda: 500.0)
    check_memory_budget(None, torch.device("cpu"))
    check_memory_budget(500.0, torch.device("cpu"))
    with pytest.raises(OutOfMemory, match="needs 500 MB, its budget is 499 MB"):
        check_memory_budget(499.0, torch.device("cpu"))


def test_a_stopwatch_adds_earlier_attempts(monkeypatch):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(guards, "time", SimpleNamespace(monotonic=lambda: clock.now))
    fresh, resumed = Stopwatch(), Stopwatch(7.0)
    clock.now = 103.5
    assert (fresh.seconds, resumed.seconds) == (3.5, 10.5)
