"""Every plugin that is found keeps its contract; a new folder is tested without a new test."""

import pytest

from sspbench.plugin_checks.plugin_check import CHECK_BY_KIND, plugin_names


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in CHECK_BY_KIND for name in plugin_names(kind)])
def test_plugin_keeps_its_contract(kind, name):
    inspection = CHECK_BY_KIND[kind](name)
    assert inspection.findings
    assert not inspection.faults, "\n".join(map(str, inspection.faults))
