"""Every plugin that is found keeps its contract; a new folder is tested without a new test."""

import pytest

from sspbench.plugin_checks.plugin_check import check_plugin, plugin_names
from sspbench.plugins.kinds import PLUGIN_KINDS


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in PLUGIN_KINDS for name in plugin_names(kind)])
def test_plugin_keeps_its_contract(kind, name):
    inspection = check_plugin(kind, name)
    assert inspection.findings
    assert not inspection.faults, "\n".join(map(str, inspection.faults))
