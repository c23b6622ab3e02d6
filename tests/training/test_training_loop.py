"""The loop's guards: divergence, time, memory; and the pool."""

import time

import pytest
import torch
from torch import nn

from sspbench.config.plan import load_default_engine
from sspbench.jobs.budget import time_budget
from sspbench.jobs.outcome import Diverged, OutOfMemory, OutOfTime
from sspbench.training.image_pool import ImagePool
from sspbench.training.loop.batches import BatchPlan, Domain, UnpairedBatches
from sspbench.training.loop.checkpoints import Checkpoints
from sspbench.training.loop.guards import check_memory_budget, explain_out_of_memory
from sspbench.training.loop.training import Training, TrainingBudget, count_total_steps
from sspbench.training.loop.training_log import TrainingLog
from sspbench.training.trainable import TrainableMethod
from tests.training.test_batches import numbered


class Line(TrainableMethod):
    """One weight that learns to be 3; losses can be poisoned at given visits."""

    poison = ()
    visits = 0
    nap = 0.0

    def build(self):
        network = self.add_network("line", nn.Linear(1, 1), keep=True)
        self.add_optimizer("line", torch.optim.SGD, network.parameters(), lambda t: 0.1)

    def training_step(self, low, high):
        time.sleep(self.nap)
        loss = (self.networks["line"](torch.ones(1, 1)) - 3).square().mean()
        if self.visits in self.poison:
            loss = loss * float("nan")
        self.visits += 1
        self.descend(loss, "line")
        return {"loss": loss.detach()}


def training(folder, **changes):
    method = Line({"batches": {"size": 2}, "steps": changes.pop("steps", 20)}, 0)
    for name, value in changes.items():
        setattr(method, name, value)
    plan = BatchPlan.from_params(method.params)
    batches = UnpairedBatches(plan, 0, Domain(plan, numbered(4)), Domain(plan, numbered(4)))
    return Training(method, batches, load_default_engine(), TrainingBudget(checkpoint_steps=5), folder, {"config": "x"})


def test_a_sound_training_reaches_its_end(tmp_path):
    facts = training(tmp_path).run(list)
    assert facts["rollbacks"] == 0
    assert facts["steps"] == 20


def test_one_nan_costs_a_rollback_with_half_the_rate(tmp_path):
    job = training(tmp_path, poison=(12,))
    facts = job.run(list)
    assert facts["rollbacks"] == 1
    assert job.trainable.learning_rate_scale == 0.5
    assert torch.isfinite(job.trainable.networks["line"].weight).all()


def test_nan_again_is_divergence_and_no_broken_checkpoint_is_left(tmp_path):
    job = training(tmp_path, poison=range(12, 99))
    with pytest.raises(Diverged, match="again after a rollback"):
        job.run(list)
    fresh = training(tmp_path)
    fresh.build()
    fresh.checkpoints.restore(fresh.trainable)
    assert torch.isfinite(fresh.trainable.networks["line"].weight).all()


def test_files_of_killed_saves_never_fail_a_finished_training(tmp_path):
    job = training(tmp_path)
    left = tmp_path / "checkpoint" / ".step-00000005.abc.safetensors"
    left.parent.mkdir()
    left.write_bytes(b"half")
    (left.parent / "notes").mkdir()
    job.run(list)
    assert not left.exists()
    job.checkpoints.clear()
    assert not left.parent.exists()


def test_a_stale_checkpoint_is_set_aside_and_told(tmp_path, capsys):
    training(tmp_path).run(list)
    capsys.readouterr()
    other = Checkpoints(tmp_path / "checkpoint", {"config": "y"})
    assert other.restore(training(tmp_path).trainable) is None
    assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "checkpoint-stale" / "step-00000020.safetensors").is_file()
    assert not (tmp_path / "checkpoint").exists()
    other.clear()
    assert not any(tmp_path.glob("checkpoint*"))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"fingerprint": null}', "\udcff"])
def test_a_checkpoint_with_a_broken_index_counts_as_none(tmp_path, content):
    training(tmp_path).run(list)
    for path in (tmp_path / "checkpoint").glob("*.json"):
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
    fresh = training(tmp_path)
    fresh.build()
    assert fresh.checkpoints.restore(fresh.trainable) is None


def test_a_hung_step_is_stopped_by_the_time_budget(tmp_path, monkeypatch):
    monkeypatch.setattr("sspbench.jobs.budget.SAVE_GRACE_S", 0.1)
    with pytest.raises(OutOfTime, match="time budget"), time_budget(0.01):
        training(tmp_path, nap=60.0).run(list)


def test_a_training_whose_budget_is_used_up_saves_the_step_it_did_and_goes_on_from_there(tmp_path):
    undisturbed = training(tmp_path / "undisturbed")
    undisturbed.run(list)
    resumed_at = []
    for _ in range(40):
        job = training(tmp_path / "short", nap=0.05)
        job.budget = TrainingBudget(checkpoint_minutes=60)
        try:
            with time_budget(0.2 / 60):
                facts = job.run(list)
        except OutOfTime:
            continue
        resumed_at = facts["resumed_at"]
        break
    assert resumed_at
    assert resumed_at == sorted(set(resumed_at))
    assert job.trainable.networks["line"].weight.equal(undisturbed.trainable.networks["line"].weight)


@pytest.mark.parametrize(
    "torn",
    [
        b'{"step": 3, "losses": {"loss": 1.0}',
        b'{"step": 3, "los',
        b"}\n[1]",
        b'{"losses": {}}',
        b'{"step": "x"}',
        b"\xff\x00}",
        b"",
    ],
)
def test_a_torn_line_of_the_log_ends_no_training(tmp_path, torn):
    whole = b'{"step": 2, "seconds": 1.0, "losses": {"loss": 1.0}, "learning_rates": {}}'
    (tmp_path / "training.jsonl").write_bytes(whole + b"\n" + torn)
    with TrainingLog(tmp_path, 20, 5, 1, "train"):
        pass
    assert (tmp_path / "training.jsonl").read_bytes() == whole + b"\n"


def test_memory_budgets_and_errors_are_explained():
    with pytest.raises(OutOfMemory, match="its budget is 1 MB"):
        check_memory_budget(1.0, torch.device("cpu"))
    with (
        pytest.raises(OutOfMemory, match=r"(?s)batches of 4 with crops of 128.*lower batches\.size"),
        explain_out_of_memory(4, 128),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")
    with pytest.raises(RuntimeError, match="another fault"), explain_out_of_memory(4, 128):
        raise RuntimeError("another fault")


def test_steps_or_epochs_but_not_both():
    assert count_total_steps({"epochs": 1.5, "steps": None}, 10) == 15
    assert count_total_steps({"epochs": 1.5}, 3) == 5
    assert count_total_steps({"steps": 7}, 10) == 7
    for params in ({}, {"steps": 1, "epochs": 1}):
        with pytest.raises(Exception, match="either steps or epochs"):
            count_total_steps(params, 10)


def test_the_pool_fills_then_swaps_half_of_the_time():
    pool, random = ImagePool(10), torch.Generator().manual_seed(0)
    images = torch.arange(510.0)[:, None, None, None]
    first = pool.query(images[:10], random)
    assert (first == images[:10]).all()
    rest = pool.query(images[10:], random)
    older = (rest.flatten() < images[10:].flatten()).float().mean()
    assert 0.42 < float(older) < 0.58
    assert len(pool.images) == 10


def test_a_pool_of_none_passes_through():
    images = torch.rand(3, 1, 2, 2)
    assert (ImagePool(0).query(images, torch.Generator()) == images).all()


def test_a_clipped_descent_keeps_the_direction_of_all_gradients_together():
    method = Line({"batches": {"size": 1}, "steps": 1}, 0)
    method.build()
    line = method.networks["line"]
    with torch.no_grad():
        line.weight.fill_(0.0)
        line.bias.fill_(0.0)
    method.descend(3 * line.weight.sum() + 4 * line.bias.sum(), "line", clip=0.5)
    assert line.weight.item() == pytest.approx(-0.1 * 0.3, rel=1e-4)
    assert line.bias.item() == pytest.approx(-0.1 * 0.4, rel=1e-4)
