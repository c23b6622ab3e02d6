"""Large pictures: what a method does in tiles is what it does to the whole picture, or it gets no tiles."""

import re

import numpy as np
import pytest
from PIL import Image

from sspbench.commands.cli import main
from sspbench.commands.enhance import enhance_pixels
from sspbench.commands.export import make_page_model
from sspbench.commands.named_methods import limit_tile, load_classical_settings, load_run_settings
from sspbench.plugins.discovery import find_plugins, load_method_class
from sspbench.stages.enhance import load_method
from tests.run_folder import run_of

TILE = 512
METHODS = {name: found for name, found in find_plugins("methods").items() if found.meta["kind"] != "control"}
MAX_CHANGE_FOR_LOCAL = 1
"""Grey levels of 255: tiles fade into each other, so a network's border counts for little, not for nothing."""


def draw_picture():
    """A picture of 1500 x 600: dark on the left, bright on the right, with wavy lines and noise."""
    y, x = np.mgrid[:600, :1500]
    lines = np.abs((x + 30 * np.sin(y / 40)) % 90 - 45) < 2
    levels = np.where(x < 750, 60, 180) + 40 * lines + np.random.default_rng(0).normal(0, 5, x.shape)
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def load_ready(name, folder):
    """Return a method that is ready to enhance, and its settings."""
    if METHODS[name].meta["kind"] == "learned":
        settings = load_run_settings(run_of(name, folder))
        return load_method(settings, folder / "weights.safetensors"), settings
    settings = load_classical_settings(name)
    kind = load_method_class(METHODS[name])
    fitted = None
    if kind.is_fitted():
        halves = [draw_picture()[:, :600] / np.float32(255)], [draw_picture()[:, 900:] / np.float32(255)]
        fitted = kind(settings.plugin_params, 0).fit(*halves)
    return load_method(settings, None, fitted), settings


@pytest.mark.parametrize("name", METHODS)
def test_tiles_give_the_whole_picture_or_are_not_used(name, tmp_path):
    method, settings = load_ready(name, tmp_path)
    picture = draw_picture()
    whole = method.enhance(picture[None, None] / np.float32(255))[0, 0] * 255
    found = enhance_pixels(method, picture, limit_tile(settings, TILE))
    assert np.abs(found - np.rint(whole)).max() <= MAX_CHANGE_FOR_LOCAL


def test_statistics_of_the_whole_picture_make_a_seam_in_tiles(tmp_path):
    """What the rule is for: in tiles, a correction by the picture's mean brightens its dark half."""
    method, settings = load_ready("brightness", tmp_path)
    whole, tiled = (enhance_pixels(method, draw_picture(), tile).astype(float) for tile in (0, TILE))
    assert np.abs(whole - tiled).mean() > 20
    assert limit_tile(settings, TILE) == 0


def test_the_offline_page_follows_the_same_rule(tmp_path):
    for name in ("cyclegan", "zerodce"):
        (tmp_path / name).mkdir()
        run_of(name, tmp_path / name)
    models = [make_page_model(tmp_path / name) for name in ("cyclegan", "zerodce")]
    assert [model.description["rules"]["tile"] for model in models] == [0, 1024]


def test_a_picture_too_small_for_a_network_is_reported_with_the_size_it_takes(tmp_path, capsys):
    (tmp_path / "run").mkdir()
    run_of("sspnet", tmp_path / "run")
    given = tmp_path / "given"
    given.mkdir()
    for side in (32, 33):
        Image.fromarray(draw_picture()[:side, :side]).save(given / f"{side}.png")
    command = ["enhance", "--weights", str(tmp_path / "run"), "--input", str(given), "--output", str(tmp_path / "out")]
    assert main(command) == 1
    said = capsys.readouterr().err
    assert re.search(
        r"32\.png: The picture is too small.*\n.*32 x 32 pixels, and both sides must have 33 or more", said
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["33.png"]


def test_tiles_that_were_asked_for_and_cannot_be_used_are_reported(tmp_path, capsys):
    Image.fromarray(draw_picture()).save(tmp_path / "a.png")
    command = ["enhance", "--input", str(tmp_path / "a.png"), "--tile", "512", "--output"]
    assert main([*command, str(tmp_path / "1"), "--method", "flat_field"]) == 0
    assert "flat_field uses statistics of the whole picture: no tiles are used" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "2"), "--method", "gamma"]) == 0
    assert "no tiles" not in capsys.readouterr().err
