"""Checkpoints that stay after a training: which steps, the same bytes as a training of that length, resumed or not."""

import json

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from sspbench.config.plan import Plan, load_default_engine, read_config
from sspbench.errors import UserError
from sspbench.jobs.outcome import Interrupted
from sspbench.jobs.weights_record import verify_weights
from sspbench.stages.train import TrainingLimits, make_method, train_method
from sspbench.training.loop.batches import BatchPlan, Domain, UnpairedBatches
from sspbench.training.loop.checkpoints import load_weights
from sspbench.training.loop.kept_checkpoints import space_checkpoints
from sspbench.training.loop.training import Training, TrainingBudget
from sspbench.training.trainable import TrainableMethod
from tests.training.test_batches import numbered


class Counter(TrainableMethod):
    """A weight that falls by 1 a step; after the last one its double is set down for enhancing."""

    stop_after = None
    poison = None

    def build(self):
        network = self.add_network("line", nn.Linear(1, 1, bias=False), keep=True)
        nn.init.zeros_(network.weight)
        network.register_buffer("twice", torch.zeros(1))
        self.add_optimizer("line", torch.optim.SGD, network.parameters(), lambda step: 1.0)
        self.visits = 0

    def training_step(self, low, high):
        if self.step == self.stop_after:
            raise Interrupted("stopped by the test")
        loss = self.networks["line"].weight.sum()
        poisoned = self.visits == self.poison
        self.visits += 1
        self.descend(loss * float("nan") if poisoned else loss, "line")
        return {"loss": loss.detach()}

    def finish(self, high):
        line = self.networks["line"]
        line.twice.copy_(line.weight.detach()[0] * len(list(high)))


def make_training(folder, kept, steps=10, **changes):
    method = Counter({"batches": {"size": 2}, "steps": steps}, 0)
    for name, value in changes.items():
        setattr(method, name, value)
    plan = BatchPlan.from_params(method.params)
    batches = UnpairedBatches(plan, 0, Domain(plan, numbered(4)), Domain(plan, numbered(4)))
    budget = TrainingBudget(checkpoint_steps=3, kept_checkpoints=kept)
    return Training(method, batches, load_default_engine(), budget, folder, {"config": "x"})


def two_pictures():
    return [torch.zeros(1), torch.zeros(1)]


def finish(job):
    return [load_file(folder / "weights.safetensors") for folder in job.kept.finish(job.trainable, two_pictures)]


@pytest.mark.parametrize(
    ("count", "total", "steps"),
    [(0, 7, ()), (1, 7, (7,)), (2, 7, (4, 7)), (3, 10, (3, 7, 10)), (5, 100, (20, 40, 60, 80, 100)), (3, 3, (1, 2, 3))],
)
def test_kept_steps_are_evenly_spaced_and_end_with_the_last(count, total, steps):
    assert space_checkpoints(count, total) == steps


def test_more_checkpoints_than_steps_are_rejected_before_anything_runs(tmp_path):
    words = "A training cannot keep more checkpoints than it has steps"
    with pytest.raises(UserError, match=words):
        make_training(tmp_path, kept=11)
    config = read_config("config/smoke.yaml")
    with pytest.raises(UserError, match=f"(?s){words}.*sspnet.*checkpoints: 7, steps: 6.*set checkpoints to 6"):
        Plan({**config, "checkpoints": 7, "params": {"sspnet": {"steps": 6}}})
    Plan({**config, "checkpoints": 6, "params": {"sspnet": {"steps": 6}, "csnet": {"steps": 2}}})


def test_each_checkpoint_has_the_weights_of_its_step_finished_as_those_of_a_training_are(tmp_path):
    job = make_training(tmp_path, kept=3)
    job.run(two_pictures)
    assert job.trainable.networks["line"].weight.item() == -10.0
    found = finish(job)
    assert [tensors["line.weight"].item() for tensors in found] == [-3.0, -7.0, -10.0]
    assert [tensors["line.twice"].item() for tensors in found] == [-6.0, -14.0, -20.0]
    kept = sorted(path.relative_to(tmp_path / "checkpoints").as_posix() for path in tmp_path.rglob("checkpoints/*/*"))
    assert kept == [f"step-{step:08d}/weights.safetensors" for step in (3, 7, 10)]


def test_a_resumed_training_keeps_the_same_and_finishes_each_once(tmp_path):
    job = make_training(tmp_path, kept=3, stop_after=8)
    with pytest.raises(Interrupted):
        job.run(two_pictures)
    resumed = make_training(tmp_path, kept=3)
    assert resumed.run(two_pictures)["resumed_at"] == [6]
    assert [tensors["line.weight"].item() for tensors in finish(resumed)] == [-3.0, -7.0, -10.0]
    assert [tensors["line.twice"].item() for tensors in finish(resumed)] == [-6.0, -14.0, -20.0]


def test_after_a_rollback_the_checkpoints_are_those_of_the_second_attempt(tmp_path):
    job = make_training(tmp_path, kept=5, poison=7)
    assert job.run(two_pictures)["rollbacks"] == 1
    found = finish(job)
    # back to step 6, then with half the rate: step 8 was not finite at first
    assert [tensors["line.weight"].item() for tensors in found] == [-2.0, -4.0, -6.0, -7.0, -8.0]


def test_a_training_from_the_first_step_removes_what_another_one_kept(tmp_path):
    job = make_training(tmp_path, kept=5)
    job.run(two_pictures)
    job.checkpoints.clear()
    again = make_training(tmp_path, kept=2)
    again.run(two_pictures)
    again.kept.finish(again.trainable, two_pictures)
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["step-00000005", "step-00000010"]


@pytest.mark.parametrize("name", ["msgnet", "zerodce"])
def test_the_weights_are_the_same_bytes_with_kept_checkpoints_and_without(tmp_path, tiny_data, name):
    plan = Plan(
        {**read_config("config/smoke.yaml"), "methods": [name], "ablation": None, "params": {name: {"steps": 4}}}
    )
    settings = plan.train_settings(plan.get_run(name, 0))
    for kept in (0, 2):
        budget = TrainingBudget(kept_checkpoints=kept)
        train_method(settings, tiny_data, tmp_path / str(kept), TrainingLimits(budget=budget))
    without, kept = tmp_path / "0", tmp_path / "2"
    assert (without / "weights.safetensors").read_bytes() == (kept / "weights.safetensors").read_bytes()
    assert not (without / "checkpoints").exists()
    assert json.loads((kept / "checkpoints" / "kept-2.json").read_text()) == {"steps": [2, 4]}
    first, last = (kept / "checkpoints" / f"step-{step:08d}" / "weights.safetensors" for step in (2, 4))
    assert last.read_bytes() == (kept / "weights.safetensors").read_bytes() != first.read_bytes()
    for path in (first, last):
        verify_weights(path)
        method = make_method(settings)
        method.build()
        load_weights(path, method)
    records = [json.loads((path / "jobs" / "train.json").read_text()) for path in (without, kept, first.parent)]
    assert "checkpoints" not in records[0]["fingerprint"] and records[1]["fingerprint"]["checkpoints"] == "2"
    assert records[0]["settings"] == records[1]["settings"] == records[2]["settings"]
