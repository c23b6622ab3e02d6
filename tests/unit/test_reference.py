"""The reference page is current and complete; ``list --params`` shows one plugin's table."""

import pytest

from sspbench.commands.cli import main
from sspbench.commands.reference import REFERENCE_FILE, list_config_rows, render_reference
from sspbench.config.config_files import DEFAULT_CONFIG_FILE, read_config
from sspbench.plugins.schemas import load_schema


def test_the_page_is_current():
    assert REFERENCE_FILE.read_text() == render_reference(), "run: python -m sspbench reference"


def test_every_key_of_the_config_has_a_default_and_a_text():
    assert set(load_schema("config")["properties"]) == set(read_config(DEFAULT_CONFIG_FILE))
    for name, default, allowed, text in list_config_rows():
        assert default and allowed and text.strip(), name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sspnet", ["enhanced_high", "one of fake, real", "batches.crop"]),
        ("csnet", ["threshold", "otsu, or a number from 0 to 1"]),
        ("cornsim", ["train_low", "field_um"]),
        ("identity", ["no parameters"]),
        ("centreline", ["tolerance_px", "3.0", "a number of at least 0"]),
        ("masks", ["no parameters"]),
    ],
)
def test_the_parameters_of_one_plugin_are_listed(capsys, name, words):
    assert main(["list", "--params", name]) == 0
    told = capsys.readouterr().out
    for word in words:
        assert word in told


def test_a_misspelt_plugin_is_told(capsys):
    assert main(["list", "--params", "sspnett"]) == 2
    assert "Did you mean 'sspnet'" in capsys.readouterr().err
