"""Official weights by position: loading, refusing, and reading files without running code in them."""

import json
import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sspbench.errors import UserError
from sspbench.training.networks import official_weights


class Small(nn.Module):
    """Registered in another order than the official one."""

    official_ignored = ("spare",)

    def __init__(self):
        super().__init__()
        self.last = nn.Conv2d(3, 1, 1)
        self.norm = nn.BatchNorm2d(3)
        self.first = nn.Conv2d(1, 3, 3)

    def official_tensors(self):
        return official_weights.list_layer_tensors(self.first, self.norm, self.last)


SHAPES = [(3, 1, 3, 3), (3,), (3,), (3,), (3,), (3,), (1, 3, 1, 1), (1,)]
KEYS = ["c1.weight", "c1.bias", "b.weight", "b.bias", "b.running_mean", "b.running_var", "c2.weight", "c2.bias"]


def state():
    return {f"module.{key}": torch.randn(shape) for key, shape in zip(KEYS, SHAPES, strict=True)}


def test_tensors_are_listed_in_the_official_order_without_counters():
    assert [tuple(t.shape) for t in official_weights.list_official_tensors(Small())] == SHAPES


def test_loads_by_position_whatever_the_keys():
    given = state()
    network = Small()
    extra = {"module.b.num_batches_tracked": torch.tensor(7), "module.spare.weight": torch.zeros(9)}
    official_weights.load_official_weights(network, {**given, **extra})
    assert all(
        torch.equal(a, b) for a, b in zip(official_weights.list_official_tensors(network), given.values(), strict=True)
    )
    assert int(network.norm.num_batches_tracked) == 0


def test_loads_its_own_keys_in_any_order():
    source, target = Small(), Small()
    official_weights.load_official_weights(target, dict(sorted(source.state_dict().items())))
    assert torch.equal(source.first.weight, target.first.weight)
    assert torch.equal(source.last.weight, target.last.weight)


def test_a_wrong_shape_names_tensor_expected_and_found():
    given = state()
    given["module.c2.weight"] = torch.zeros(1, 5, 1, 1)
    network = Small()
    before = network.first.weight.clone()
    with pytest.raises(UserError) as caught:
        official_weights.load_official_weights(network, given, where="weights.pth")
    for part in ("c2.weight", "last.weight", "(1, 3, 1, 1)", "(1, 5, 1, 1)", "weights.pth"):
        assert part in str(caught.value)
    assert torch.equal(network.first.weight, before), "a state that does not fit must change nothing"


@pytest.mark.parametrize(("drop", "part"), [(["module.c2.bias"], "missing is last.bias"), ([], "too many is more")])
def test_a_wrong_number_names_the_first_missing_or_superfluous_tensor(drop, part):
    given = {key: value for key, value in state().items() if key not in drop}
    if not drop:
        given["module.more"] = torch.zeros(1)
    with pytest.raises(UserError, match=part):
        official_weights.load_official_weights(Small(), given)


def test_a_network_without_an_order_is_told():
    with pytest.raises(UserError, match="Linear has no official tensor order"):
        official_weights.list_official_tensors(nn.Linear(1, 1))


def test_reads_a_checkpoint_of_tensors(tmp_path):
    given = state()
    torch.save(given, tmp_path / "plain.pth")
    torch.save({"epoch": 3, "state_dict": given}, tmp_path / "wrapped.pth")
    for name in ("plain.pth", "wrapped.pth"):
        found = official_weights.read_state_dict(tmp_path / name)
        assert list(found) == list(given)
        assert all(torch.equal(found[key], given[key]) for key in given)


class Hostile:
    def __reduce__(self):
        return print, ("code ran",)


def test_code_in_a_file_is_refused_and_not_run(tmp_path, capsys):
    torch.save({"a": Hostile()}, tmp_path / "hostile.pth")
    (tmp_path / "raw.pth").write_bytes(pickle.dumps(Hostile(), protocol=2))
    for name in ("hostile.pth", "raw.pth"):
        with pytest.raises(UserError, match="cannot be read"):
            official_weights.read_state_dict(tmp_path / name)
    assert "code ran" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [{}, {"a": 1}, [torch.zeros(1)]])
def test_a_file_without_named_tensors_is_told(tmp_path, content):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(UserError, match="holds no named tensors"):
        official_weights.read_state_dict(tmp_path / "other.pth")


def test_missing_and_damaged_files_are_told(tmp_path):
    with pytest.raises(UserError, match="missing"):
        official_weights.read_state_dict(tmp_path / "none.pth")
    for name in ("damaged.pth", "damaged.safetensors"):
        (tmp_path / name).write_bytes(b"\x00\x01nonsense")
        with pytest.raises(UserError, match="cannot be read"):
            official_weights.read_state_dict(tmp_path / name)


def test_safetensors_keep_the_order_that_their_metadata_or_numbers_tell(tmp_path):
    given = {key.removeprefix("module."): value for key, value in state().items()}
    save_file(given, tmp_path / "ordered.safetensors", metadata={"order": json.dumps(list(given))})
    assert list(official_weights.read_state_dict(tmp_path / "ordered.safetensors")) == list(given)

    numbered = ["model.0.weight", "model.0.bias", "model.2.weight", "model.10.weight", "model.10.bias"]
    save_file({key: torch.zeros(1) for key in numbered}, tmp_path / "numbered.safetensors")
    assert list(official_weights.read_state_dict(tmp_path / "numbered.safetensors")) == numbered


def test_unordered_safetensors_are_refused_with_the_way_out(tmp_path):
    given = {key.removeprefix("module."): value for key, value in state().items()}
    save_file(given, tmp_path / "sorted.safetensors")
    found = official_weights.read_state_dict(tmp_path / "sorted.safetensors")
    with pytest.raises(UserError, match="order"):
        official_weights.load_official_weights(Small(), found, where=str(tmp_path / "sorted.safetensors"))
