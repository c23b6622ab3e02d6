"""Weights that are given: refused where they are not finite, another network's or no file; told by their content."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from sspbench.commands.cli import main
from sspbench.commands.import_weights import import_weights
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, merge_dicts, read_config
from sspbench.errors import UserError
from sspbench.stages.train import load_for_inference, make_segmenter
from sspbench.training.loop.checkpoints import load_weights, save_weights
from sspbench.training.networks.vgg16 import CONVOLUTION_NAMES, load_vgg16


def plan(**overrides):
    return Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"preset": "smoke", **overrides}))


@pytest.fixture
def segmenter():
    built = make_segmenter(plan().segmenter_settings(0))
    built.inference_only = True
    torch.manual_seed(0)
    built.build()
    return built


@pytest.fixture
def weights(segmenter, tmp_path):
    save_weights(tmp_path / "weights.safetensors", segmenter)
    return tmp_path / "weights.safetensors"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_segmenter_with_values_that_are_not_finite_is_refused_by_tensor(segmenter, weights, value):
    tensors = load_file(weights)
    name = next(key for key in tensors if key.endswith("weight"))
    tensors[name].view(-1)[0] = value
    save_file(tensors, weights)
    with pytest.raises(UserError) as caught:
        load_for_inference(segmenter, weights, plan().segmenter_settings(0).engine)
    assert "not finite" in str(caught.value)
    assert f"{name} (1 of" in str(caught.value)


def test_a_public_checkpoint_with_nan_is_refused(tmp_path):
    from methods.stillgan.networks import Generator

    tensors = [tensor.detach().clone() for tensor in Generator(base=4, depth=4).official_tensors()]
    tensors[3].view(-1)[0] = float("nan")
    torch.save({f"layer{number}.tensor": tensor for number, tensor in enumerate(tensors)}, tmp_path / "a.pth")
    with pytest.raises(UserError, match=r"(?s)not finite.*layer3\.tensor"):
        import_weights("stillgan", tmp_path / "a.pth", tmp_path / "run", preset="smoke")
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_with_numbers_for_keys_is_told(tmp_path):
    torch.save({0: torch.zeros(1)}, tmp_path / "a.pth")
    with pytest.raises(UserError, match="holds no named tensors"):
        import_weights("stillgan", tmp_path / "a.pth", tmp_path / "run", preset="smoke")


def test_vgg16_with_nan_is_refused(tmp_path):
    sizes = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    tensors = {}
    for name, before, after in zip(CONVOLUTION_NAMES, sizes, sizes[1:], strict=False):
        tensors[f"conv{name}.weight"] = torch.zeros(after, before, 3, 3, dtype=torch.float16)
        tensors[f"conv{name}.bias"] = torch.zeros(after, dtype=torch.float16)
    tensors["conv3_1.bias"][7] = float("inf")
    save_file(tensors, tmp_path / "vgg.safetensors")
    with pytest.raises(UserError, match=r"(?s)not finite.*conv3_1\.bias"):
        load_vgg16(tmp_path / "vgg.safetensors", 0)


def wrong_files(folder):
    save_file({"generator.weight": torch.zeros(3)}, folder / "other.safetensors")
    save_file({"csnet.unknown": torch.zeros(3)}, folder / "odd.safetensors")
    torch.save({"a": torch.zeros(1)}, folder / "public.pth")
    (folder / "cut.safetensors").write_bytes((folder / "weights.safetensors").read_bytes()[:2000])
    return {
        ".": ("it is a folder", "weights.safetensors"),
        "nowhere.safetensors": ("does not exist", "check the path"),
        "other.safetensors": ("another network", "generator.weight"),
        "odd.safetensors": ("another network", "import-weights"),
        "public.pth": ("not a whole safetensors file", "import-weights"),
        "cut.safetensors": ("not a whole safetensors file", "hint"),
    }


def test_what_is_no_file_of_this_network_is_told_with_its_hint(segmenter, weights, tmp_path):
    for name, parts in wrong_files(tmp_path).items():
        with pytest.raises(UserError) as caught:
            load_weights(tmp_path / name, segmenter)
        assert all(part in str(caught.value) for part in parts), str(caught.value)


def test_another_width_is_told_by_tensor_and_shapes(segmenter, weights):
    tensors = load_file(weights)
    name = next(key for key in tensors if tensors[key].ndim == 4)
    tensors[name] = tensors[name][:1]
    save_file(tensors, weights)
    with pytest.raises(UserError, match="1 of another shape") as caught:
        load_weights(weights, segmenter)
    assert name in str(caught.value)


def test_another_file_of_the_same_name_changes_what_depends_on_it(weights, segmenter):
    for seed, config in enumerate(({"segmenter_weights": str(weights)}, {"vgg16": str(weights)}), start=1):
        run = next(run for run in plan().runs if run.id == "msgnet")
        before = plan(**config).segmenter_settings(0), plan(**config).train_settings(run)
        torch.manual_seed(seed)
        segmenter.build()
        save_weights(weights, segmenter)
        after = plan(**config).segmenter_settings(0), plan(**config).train_settings(run)
        assert before != after


def test_without_given_files_nothing_depends_on_any():
    assert plan().segmenter_settings(0).files == {}
    assert not any(plan().train_settings(run).files for run in plan().runs)


def test_missing_weight_files_are_told_before_anything_runs(weights):
    with pytest.raises(UserError) as caught:
        plan(segmenter_weights=str(weights.parent), vgg16="nowhere.pth").reject_missing_files()
    for part in ("(2)", "it is a folder", f"give the file in it: {weights}", "nowhere.pth"):
        assert part in str(caught.value)


@pytest.mark.parametrize("command", ["enhance", "export"])
def test_a_cut_record_of_a_run_is_told(tmp_path, weights, command, capsys):
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "train.json").write_text('{"settings": {"meth')
    arguments = [command, "--weights", str(tmp_path), "--output", str(tmp_path / "out.onnx")]
    if command == "enhance":
        (tmp_path / "in.png").write_bytes(b"")
        arguments += ["--input", str(tmp_path / "in.png")]
    assert main(arguments) == 2
    assert "train.json" in capsys.readouterr().err
