"""A short training whose every step is known beforehand: rates, batches, seeds, weights, log lines and checkpoints."""

from __future__ import annotations

import json
import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from sspbench.config.plan import load_default_engine
from sspbench.jobs.outcome import Interrupted, OutOfMemory
from sspbench.training.loop import guards
from sspbench.training.loop import training as training_module
from sspbench.training.loop.batches import BatchPlan, Domain, UnpairedBatches
from sspbench.training.loop.checkpoints import Checkpoints
from sspbench.training.loop.training import Training, TrainingBudget
from sspbench.training.trainable import TrainableMethod

LOW = [10, 20, 30]
HIGH = [110, 120]
RATES = [0.5, 0.5, 0.25, 0.25, 0.125]
LOW_OF_STEP = [[10, 20], [30, 10], [10, 20], [30, 10], [10, 20]]
HIGH_OF_STEP = [[110, 120], [110, 110], [110, 120], [110, 110], [110, 120]]
SEED = 7


def halve_every_second_step(step):
    return 0.5 ** (1 + step // 2)


class Descent(TrainableMethod):
    """One weight with gradient 1, so that it falls by exactly the learning rate; records what every step gets."""

    poison = ()
    crash_at = None
    stop_after = None

    def build(self):
        network = self.add_network("line", nn.Linear(1, 1, bias=False), keep=True)
        nn.init.zeros_(network.weight)
        self.add_optimizer("line", torch.optim.SGD, network.parameters(), halve_every_second_step)
        self.seen = []
        self.visits = 0

    def training_step(self, low, high):
        weight = self.networks["line"].weight
        loss = weight.sum()
        if self.visits == self.crash_at:
            raise ZeroDivisionError
        if self.visits in self.poison:
            loss = loss * float("nan")
        self.visits += 1
        self.descend(loss, "line")
        rate = self.optimizers["line"].optimizer.param_groups[0]["lr"]
        draws = torch.rand(1).item(), torch.rand(1, generator=self.random).item()
        self.seen.append(
            SimpleNamespace(step=self.step, rate=rate, low=low, high=high, draws=draws, total=self.total_steps)
        )
        if self.stop_after == self.step:
            os.kill(os.getpid(), signal.SIGTERM)
        return {"loss": loss.detach()}


def make_training(folder, budget=None, steps=5, **changes):
    method = Descent({"batches": {"size": 2, "order": "sequential", "partner": "modulo"}, "steps": steps}, SEED)
    for name, value in changes.items():
        setattr(method, name, value)
    plan = BatchPlan.from_params(method.params)
    low, high = ([np.full((4, 4), value, np.uint8) for value in values] for values in (LOW, HIGH))
    batches = UnpairedBatches(plan, SEED, Domain(plan, low), Domain(plan, high))
    budget = budget or TrainingBudget(checkpoint_steps=2)
    return Training(method, batches, load_default_engine(), budget, folder, {"config": "x"})


def get_weight(job):
    return job.trainable.networks["line"].weight.item()


def read_log(folder):
    return [json.loads(line) for line in (folder / "training.jsonl").read_text().splitlines()]


def list_checkpoints(folder):
    return sorted(path.name for path in (folder / "checkpoint").iterdir() if path.suffix == ".safetensors")


def test_every_step_gets_its_number_its_rate_and_its_images(tmp_path):
    job = make_training(tmp_path)
    facts = job.run(list)
    seen = job.trainable.seen
    assert [one.step for one in seen] == [0, 1, 2, 3, 4]
    assert [one.total for one in seen] == [5] * 5
    assert [one.rate for one in seen] == RATES
    for one, low, high in zip(seen, LOW_OF_STEP, HIGH_OF_STEP, strict=True):
        assert one.low.shape == one.high.shape == (2, 1, 4, 4)
        assert (255 * one.low[:, 0, 3, 1]).tolist() == pytest.approx(low)
        assert (255 * one.high[:, 0, 1, 3]).tolist() == pytest.approx(high)
    assert get_weight(job) == -sum(RATES)
    assert job.trainable.steps_per_epoch == 2
    assert (facts["steps"], facts["steps_per_epoch"], facts["rollbacks"], facts["resumed_at"]) == (5, 2, 0, [])
    assert facts["parameters"] == {"line": 1}


def test_the_randomness_of_a_step_hangs_on_seed_and_step_alone(tmp_path):
    job = make_training(tmp_path)
    job.run(list)
    for step, one in enumerate(job.trainable.seen):
        seed = int(np.random.default_rng([SEED, 5, step]).integers(2**62))
        first = torch.rand(1, generator=torch.Generator().manual_seed(seed)).item()
        assert one.draws == (first, first)
    assert len({one.draws for one in job.trainable.seen}) == 5


def test_the_log_holds_the_loss_and_rate_of_every_step(tmp_path):
    make_training(tmp_path).run(list)
    lines = read_log(tmp_path)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5]
    assert [line["learning_rates"] for line in lines] == [{"line": rate} for rate in RATES]
    assert [line["losses"]["loss"] for line in lines] == [0.0, -0.5, -1.0, -1.25, -1.5]


@pytest.mark.parametrize(
    ("steps", "lines", "first_losses"),
    [
        (199, [*range(1, 200)], [0.0, -0.5]),
        (200, [*range(2, 201, 2)], [-0.25, -1.125]),
        (205, [*range(2, 205, 2), 205], [-0.25, -1.125]),
    ],
)
def test_a_long_training_logs_about_a_hundred_means(tmp_path, steps, lines, first_losses):
    make_training(tmp_path, TrainingBudget(checkpoint_steps=1000), steps=steps).run(list)
    found = read_log(tmp_path)
    assert [line["step"] for line in found] == lines
    assert [line["losses"]["loss"] for line in found[:2]] == first_losses


def test_each_batch_is_made_once_and_none_beyond_the_last_step(tmp_path):
    job = make_training(tmp_path)
    asked, inner = [], job.batches.batch
    job.batches.batch = lambda step: asked.append(step) or inner(step)
    job.run(list)
    assert asked == [0, 1, 2, 3, 4]


def test_an_interrupted_training_goes_on_where_it_stopped(tmp_path):
    with pytest.raises(Interrupted, match="after step 3 of 5"):
        make_training(tmp_path, TrainingBudget(checkpoint_steps=100), stop_after=2).run(list)
    assert list_checkpoints(tmp_path) == ["step-00000000.safetensors", "step-00000003.safetensors"]
    job = make_training(tmp_path)
    facts = job.run(list)
    assert [one.step for one in job.trainable.seen] == [3, 4]
    assert [one.rate for one in job.trainable.seen] == RATES[3:]
    assert (255 * job.trainable.seen[0].low[:, 0, 0, 0]).tolist() == pytest.approx(LOW_OF_STEP[3])
    assert get_weight(job) == -sum(RATES)
    assert facts["resumed_at"] == [3]
    assert [line["step"] for line in read_log(tmp_path)] == [1, 2, 3, 4, 5]


def test_a_rollback_before_the_first_save_starts_over_at_half_the_rates(tmp_path):
    job = make_training(tmp_path, TrainingBudget(checkpoint_steps=100), poison=(1,))
    facts = job.run(list)
    assert facts["rollbacks"] == 1
    assert [one.step for one in job.trainable.seen] == [0, 1, 0, 1, 2, 3, 4]
    assert [one.rate for one in job.trainable.seen[2:]] == [rate / 2 for rate in RATES]
    assert get_weight(job) == -sum(RATES) / 2
    assert [line["learning_rates"]["line"] for line in read_log(tmp_path)] == [rate / 2 for rate in RATES]


def test_a_rollback_goes_back_to_the_last_save(tmp_path):
    job = make_training(tmp_path, poison=(3,))
    job.run(list)
    assert [one.step for one in job.trainable.seen] == [0, 1, 2, 3, 2, 3, 4]
    assert get_weight(job) == -(sum(RATES[:2]) + sum(RATES[2:]) / 2)


def test_a_rollback_is_saved_at_once_and_holds_after_a_crash(tmp_path):
    with pytest.raises(ZeroDivisionError):
        make_training(tmp_path, poison=(3,), crash_at=5).run(list)
    job = make_training(tmp_path)
    assert job.run(list)["rollbacks"] == 1
    assert [(one.step, one.rate) for one in job.trainable.seen] == [(2, 0.125), (3, 0.125), (4, 0.0625)]
    assert get_weight(job) == -(sum(RATES[:2]) + sum(RATES[2:]) / 2)


def test_checkpoints_come_every_so_many_steps_and_two_are_kept(tmp_path):
    make_training(tmp_path, TrainingBudget(checkpoint_steps=3), steps=8).run(list)
    assert list_checkpoints(tmp_path) == ["step-00000003.safetensors", "step-00000006.safetensors"]


@pytest.mark.parametrize(("seconds", "kept"), [(40.0, [4, 8]), (40.5, [6, 9])])
def test_checkpoints_come_every_two_minutes_unless_told_otherwise(tmp_path, monkeypatch, seconds, kept):
    """After more than 120 s: of steps of 40 s that is after the fourth (160 s), of 40.5 s after the third (121.5 s)."""
    clock = SimpleNamespace(now=0.0)
    for module in (training_module, guards):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    job = make_training(tmp_path, TrainingBudget(), steps=9)
    inner = job.trainable.training_step

    def take_a_while(low, high):
        clock.now += seconds
        return inner(low, high)

    job.trainable.training_step = take_a_while
    facts = job.run(list)
    assert list_checkpoints(tmp_path) == [f"step-{step:08d}.safetensors" for step in kept]
    assert facts["training_seconds"] == 9 * seconds
    assert facts["steps_per_second"] == 0.025
    assert [line["seconds"] for line in read_log(tmp_path)] == [seconds * step for step in range(1, 10)]


def test_the_memory_budget_is_looked_at_while_training(tmp_path):
    with pytest.raises(OutOfMemory, match="its budget is 1 MB"):
        make_training(tmp_path / "small", TrainingBudget(checkpoint_steps=2, memory_mb=1.0)).run(list)
    assert make_training(tmp_path / "large", TrainingBudget(checkpoint_steps=2, memory_mb=1e9)).run(list)["steps"] == 5


def test_an_untrained_network_takes_no_step(tmp_path):
    job = make_training(tmp_path)
    job.untrained = True
    facts = job.run(list)
    assert (facts["steps"], facts["steps_per_second"], get_weight(job)) == (0, 0.0, 0.0)
    assert job.trainable.seen == []


@pytest.mark.parametrize("damage", ["last byte", "cut"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path, damage):
    make_training(tmp_path).run(list)
    newest = tmp_path / "checkpoint" / "step-00000004.safetensors"
    content = bytearray(newest.read_bytes())
    # The last byte belongs to a tensor: the file still opens, with another weight in it.
    content[-1] ^= 0x40
    newest.write_bytes(content if damage == "last byte" else content[:-1])
    fresh = make_training(tmp_path)
    fresh.build()
    assert Checkpoints(tmp_path / "checkpoint", {"config": "x"}).restore(fresh.trainable)["step"] == 2
    assert get_weight(fresh) == -sum(RATES[:2])


@pytest.mark.parametrize(
    ("budget", "stop_after"),
    [
        (TrainingBudget(checkpoint_steps=1), None),
        (TrainingBudget(checkpoint_steps=3), None),
        (TrainingBudget(checkpoint_steps=1000), 4),
        (TrainingBudget(checkpoint_minutes=0.0), 3),
    ],
)
def test_the_log_does_not_depend_on_when_the_state_was_saved(tmp_path, budget, stop_after):
    """Two hundred and five steps log every second step; what was added up before a checkpoint is in the next line."""
    make_training(tmp_path / "plain", TrainingBudget(checkpoint_steps=1000), steps=205).run(list)
    if stop_after is not None:
        with pytest.raises(Interrupted):
            make_training(tmp_path / "saved", budget, steps=205, stop_after=stop_after).run(list)
    make_training(tmp_path / "saved", budget, steps=205).run(list)
    plain, saved = (
        [(line["step"], line["losses"]) for line in read_log(tmp_path / name)] for name in ("plain", "saved")
    )
    assert saved == plain
