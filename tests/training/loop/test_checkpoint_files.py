"""Checkpoints on a disk that is full, and of whose files some are left by killed attempts."""

import errno

import pytest
import torch
from safetensors import SafetensorError
from torch import nn

from sspbench.training.loop import checkpoints
from sspbench.training.loop.checkpoints import Checkpoints, collect_state, restore_state, save_weights
from sspbench.training.trainable import Trainable


def made(kind=torch.optim.Adam):
    trainable = Trainable({})
    torch.manual_seed(1)
    network = trainable.add_network("line", nn.Linear(2, 1), keep=True)
    trainable.add_optimizer("line", kind, network.parameters(), lambda step: 0.5)
    trainable.add_pool("fakes", 3).images = [torch.full((1, 2), 5.0), torch.full((1, 2), 6.0)]
    return trainable


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("I/O error: No space left on device (os error 28)", OSError, errno.ENOSPC),
        ("I/O error: denied (os error 13)", PermissionError, errno.EACCES),
        ("a tensor is not contiguous", SafetensorError, None),
    ],
)
def test_what_the_system_says_is_raised_as_its_error(tmp_path, monkeypatch, text, kind, number):
    def fail(*_):
        raise SafetensorError(text)

    monkeypatch.setattr(checkpoints, "save_file", fail)
    path = tmp_path / "weights.safetensors"
    with pytest.raises(kind) as caught:
        save_weights(path, made())
    if number is not None:
        assert (caught.value.errno, caught.value.filename) == (number, str(path))
    assert list(tmp_path.iterdir()) == []


def test_the_whole_state_comes_back():
    trainable, other = made(), made()
    trainable.learning_rate_scale = 0.25
    trainable.descend(trainable.networks["line"](torch.tensor([[1.0, 2.0]])).sum(), "line")
    tensors, plain = collect_state(trainable)
    assert plain == {"learning_rate_scale": 0.25}
    assert {name.rsplit("/", 1)[0] for name in tensors} == {
        "network/line", "optimizer/line/0", "optimizer/line/1", "pool/fakes",
    }  # fmt: skip
    other.pools["fakes"].images = []
    restore_state(other, tensors, plain)
    again, _ = collect_state(other)
    assert again.keys() == tensors.keys() and all(torch.equal(again[name], tensors[name]) for name in tensors)
    assert [image[0, 0].item() for image in other.pools["fakes"].images] == [5.0, 6.0]
    assert other.learning_rate_scale == 0.25
    for one in (trainable, other):
        one.descend(one.networks["line"](torch.tensor([[3.0, 1.0]])).sum(), "line")
    assert torch.equal(*(one.networks["line"].weight for one in (trainable, other)))


def test_two_checkpoints_and_nothing_half_written_stay(tmp_path, capsys):
    kept = Checkpoints(tmp_path / "checkpoint", {"config": "x", "code": "y"})
    for step in (1, 2, 3):
        kept.save(made(), {"step": step, "note": "n"})
        (tmp_path / "checkpoint" / ".step-half").touch()
    names = [f"step-{step:08d}.{ending}" for step in (2, 3) for ending in ("json", "safetensors")]
    assert sorted(path.name for path in (tmp_path / "checkpoint").iterdir()) == [".step-half", *names]
    assert kept.restore(made()) == {"step": 3, "note": "n"}
    changed = Checkpoints(tmp_path / "checkpoint", {"config": "z", "code": "y"})
    assert changed.restore(made()) is None
    shown = capsys.readouterr().err
    assert "the checkpoint of step 3 is stale (changed since: config): set aside as" in shown
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-stale"]
    kept.save(made(), {"step": 1})
    kept.clear()
    assert list(tmp_path.iterdir()) == [] and capsys.readouterr().err == ""
