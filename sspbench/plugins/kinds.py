"""The kinds of plugins, their folders and the names of their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PluginKind:
    """One kind of plugin.

    Attributes:
        name: What it is called, e.g. ``segmenter``.
        group: The folder its plugins lie in, e.g. ``segmentation``.
        text: What it is, for help texts.
        yaml: Its description within a plugin's folder; empty where a plugin is one Python file.
        code: Its Python file within a plugin's folder.
        schema: The schema of the description.
        parameters: The key of the description that declares its parameters.
    """

    name: str
    group: str
    text: str
    yaml: str = ""
    code: str = ""
    schema: str = ""
    parameters: str = "params"

    def path_for(self, root: Path, name: str) -> Path:
        """Return the folder of a plugin, or its file where it is one."""
        return root / self.group / (name if self.yaml else f"{name}.py")


METHOD_KIND = PluginKind("method", "methods", "an enhancement method", "method.yaml", "method.py", "method")
SEGMENTER_KIND = PluginKind("segmenter", "segmentation", "a segmenter", "segmenter.yaml", "segmenter.py", "method")
DATASET_KIND = PluginKind("dataset", "data", "a data set", "dataset.yaml", "prepare.py", "dataset", "options")
METRIC_KIND = PluginKind("metric", "metrics", "a metric family", parameters="options")

PLUGIN_KINDS = {kind.name: kind for kind in (METHOD_KIND, SEGMENTER_KIND, METRIC_KIND, DATASET_KIND)}
"""All kinds, by name."""

KINDS_BY_FOLDER = {kind.group: kind for kind in PLUGIN_KINDS.values() if kind.yaml}
"""The kinds that are found by a YAML file, by the folder they lie in."""
