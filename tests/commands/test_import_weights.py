"""Public checkpoints become run folders that the other commands understand."""

import pytest
import torch
from safetensors.torch import load_file

from sspbench.commands.cli import main
from sspbench.commands.import_weights import import_weights
from sspbench.errors import UserError
from sspbench.images.pictures import read_grey, write_grey


def checkpoint(path, network, prefix="module."):
    """Save a network's tensors as a public implementation would: other keys, the official order."""
    tensors = network.official_tensors()
    torch.save({f"{prefix}layer{i}.tensor": tensor.detach().clone() for i, tensor in enumerate(tensors)}, path)
    return path


def stillgan(seed=1):
    from methods.stillgan.networks import Generator

    torch.manual_seed(seed)
    return Generator(base=4, depth=4)


def test_a_checkpoint_becomes_a_run_that_enhances(tmp_path, capsys):
    generator = stillgan()
    file = checkpoint(tmp_path / "latest_net_G_A.pth", generator)
    run = tmp_path / "run"
    arguments = ["import-weights", "stillgan", str(file), "--output", str(run), "--preset", "smoke"]
    assert main(arguments) == 0, capsys.readouterr().err
    stored = load_file(run / "weights.safetensors")
    assert torch.equal(stored["generator_high.down.0.conv_a.weight"], generator.down[0].conv_a.weight)

    image = torch.randint(0, 255, (40, 48), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)).numpy()
    write_grey(tmp_path / "in" / "a.png", image)
    assert (
        main(["enhance", "--weights", str(run), "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")])
        == 0
    )
    padded = torch.from_numpy(image).float()[None, None] / 255
    rows, columns = [*range(40), *range(39, 31, -1)], list(range(48))
    with torch.no_grad():
        expected = (generator.eval()(2 * padded[..., rows, :][..., columns] - 1) + 1) / 2
    found = torch.from_numpy(read_grey(tmp_path / "out" / "a.png")).float()
    assert (found - 255 * expected[0, 0, :40]).abs().max() <= 0.51


def test_a_segmenter_is_imported_without_naming_an_output(tmp_path, monkeypatch, capsys):
    from segmentation.csnet.networks import CSNet
    from sspbench.config.overrides import resolve_params
    from sspbench.plugins.discovery import get_plugin

    torch.manual_seed(2)
    network = CSNet(base=resolve_params(get_plugin("segmentation", "csnet"), "smoke")["base"])
    file = checkpoint(tmp_path / "CS_Net.pth", network)
    monkeypatch.chdir(tmp_path)
    assert main(["import-weights", "csnet", str(file), "--preset", "smoke"]) == 0, capsys.readouterr().err
    stored = load_file(tmp_path / "results" / "imported" / "csnet" / "weights.safetensors")
    assert all(torch.equal(stored[f"csnet.{key}"], value) for key, value in network.state_dict().items())


def test_the_weights_of_a_run_are_overwritten_only_by_force(tmp_path, capsys):
    weights = tmp_path / "run" / "weights.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"days of training")
    file = checkpoint(tmp_path / "latest_net_G_A.pth", stillgan())
    arguments = ["import-weights", "stillgan", str(file), "--output", str(weights.parent), "--preset", "smoke"]
    assert main(arguments) == 2
    assert "--force" in capsys.readouterr().err
    assert weights.read_bytes() == b"days of training"
    assert main([*arguments, "--force"]) == 0
    assert len(load_file(weights)) > 0


@pytest.mark.parametrize("content", [{0: torch.zeros(1)}, {}, {"a": 1}, torch.zeros(2), [torch.zeros(1)]])
def test_what_is_no_state_of_a_network_is_told(tmp_path, capsys, content):
    torch.save(content, tmp_path / "odd.pth")
    assert main(["import-weights", "stillgan", str(tmp_path / "odd.pth"), "--output", str(tmp_path / "run")]) == 2
    assert "holds no named tensors" in capsys.readouterr().err


def test_another_width_is_refused_with_the_tensor_and_both_shapes(tmp_path):
    file = checkpoint(tmp_path / "small.pth", stillgan())
    with pytest.raises(UserError) as caught:
        import_weights("stillgan", file, tmp_path / "run", preset="demo")
    for part in ("down.0.conv_a.weight", "(8, 1, 3, 3)", "(4, 1, 3, 3)", "small.pth"):
        assert part in str(caught.value)
    assert not (tmp_path / "run").exists()


WITHOUT = [("dcp", "not a learned method"), ("sspnet", "no public weights"), ("stilgan", "Did you mean")]


@pytest.mark.parametrize(("name", "part"), WITHOUT)
def test_methods_without_public_weights_are_told(tmp_path, name, part):
    file = checkpoint(tmp_path / "any.pth", stillgan())
    with pytest.raises(UserError, match=part):
        import_weights(name, file, tmp_path / "run", preset="smoke")


def test_a_style_needs_images(tmp_path):
    file = checkpoint(tmp_path / "any.pth", stillgan())
    with pytest.raises(UserError, match="--high DIR"):
        import_weights("msgnet", file, tmp_path / "run", preset="smoke")


def test_a_colour_checkpoint_gets_a_network_of_three_channels(tmp_path, capsys):
    from methods.msgnet.method import convert_to_bgr
    from methods.msgnet.networks import MSGNet
    from methods.stillgan.networks import Generator
    from sspbench.images.pictures import write_rgb

    torch.manual_seed(3)
    generator = Generator(3, base=4, depth=4)
    file = checkpoint(tmp_path / "latest_net_G_A.pth", generator)
    weights = import_weights("stillgan", file, tmp_path / "run", preset="smoke", color="rgb")
    assert torch.equal(load_file(weights)["generator_high.down.0.conv_a.weight"], generator.down[0].conv_a.weight)
    with pytest.raises(UserError, match=r"4, 3, 3, 3"):
        import_weights("stillgan", file, tmp_path / "grey", preset="smoke")

    style = torch.randint(0, 255, (32, 40, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    write_rgb(tmp_path / "high" / "a.png", style.numpy())
    network = MSGNet(4, 8, 1)
    given = [str(checkpoint(tmp_path / "21styles.pth", network)), "--output", str(tmp_path / "styled")]
    options = ["--preset", "smoke", "--color", "rgb", "--high", str(tmp_path / "high")]
    assert main(["import-weights", "msgnet", *given, *options]) == 0, capsys.readouterr().err
    rgb = style.permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        expected = network.style_gram(convert_to_bgr(rgb))
    assert torch.allclose(load_file(tmp_path / "styled" / "weights.safetensors")["target.gram"], expected, rtol=1e-4)
