"""Every example in a docstring is true."""

import doctest
import importlib

import pytest

from sspbench.checkout import ROOT
from sspbench.commands.architecture import find_modules

LOGGER = ROOT / "packages" / "snakemake-logger" / "src"


def dotted_name(path):
    """The name under which a file of the checkout is imported."""
    home = LOGGER if path.is_relative_to(LOGGER) else ROOT
    return ".".join(path.relative_to(home).with_suffix("").parts).removesuffix(".__init__")


EXAMPLES = [
    dotted_name(path) for path in [*find_modules(), *sorted(LOGGER.rglob("*.py"))] if ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_true(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted, "its >>> are in no docstring"
    assert not result.failed
