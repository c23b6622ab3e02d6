"""Every plugin that is found keeps its contract; a new folder is tested without a new test."""

import pytest

from sspbench.contribute.checks import CHECKS, names


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in CHECKS for name in names(kind)])
def test_plugin_keeps_its_contract(kind, name):
    inspection = CHECKS[kind](name)
    assert inspection.findings
    assert not inspection.faults, "\n".join(map(str, inspection.faults))
