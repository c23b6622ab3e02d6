"""Plugins that a test writes from the templates, with parts replaced, and what their checks say."""

from sspbench.plugin_checks.commands import write_new_plugin
from sspbench.plugin_checks.plugin_check import check_plugin


def written(root, kind, name, changes, template=None):
    """Write a plugin from its template, with parts replaced in whichever file has them."""
    paths = write_new_plugin(kind, name, template or kind, root)
    for old, new in changes.items():
        (path,) = [path for path in paths if old in path.read_text()]
        path.write_text(path.read_text().replace(old, new))


def faults_of(root, kind, name):
    return {finding.rule: finding.fault for finding in check_plugin(kind, name, root).faults}


def refused(root, kind, name, rule, *words):
    """Check that a rule is broken, and that the fault names a file below the plugin and a hint."""
    faults = faults_of(root, kind, name)
    assert rule in faults, faults
    fault = faults[rule]
    assert name in fault.where or name in str(fault)
    assert "hint" in str(fault)
    for word in words:
        assert word in str(fault)
