"""What is run: the checked config, resolved into runs with their parameters."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from ..checkout import ROOT
from ..errors import Faults, UserError
from ..files import fingerprint
from .discovery import Plugin, check, metric_files, plugin, plugins
from .given_files import hashes, perceptual, refuse_missing
from .labels import refuse_equal_labels
from .layout import Layout, dataset_id
from .run import Run
from .scalars import named, typed
from .selection import Entry, names_in, selected
from .written import read_yaml

DEFAULT = ROOT / "config" / "config.yaml"
FALLBACK_PRESET = {"official": "paper"}
"""A plugin without this preset is run with that one."""


def read_config(path: Path) -> dict[str, Any]:
    """Read a YAML config merged over the defaults of ``config/config.yaml``.

    Raises:
        UserError: the file is missing or no YAML mapping.
    """
    if not Path(path).is_file():
        raise UserError("There is no such config file", where=str(path))
    content = read_yaml(Path(path))
    if not isinstance(content, dict):
        raise UserError("A config file must hold keys and values", where=str(path))
    defaults = {} if Path(path).resolve() == DEFAULT.resolve() else read_config(DEFAULT)
    return merged(defaults, content)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``over`` laid over it, mapping by mapping.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    result = copy.deepcopy(dict(base))
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def _preset(plugin: Plugin, preset: str) -> Mapping[str, Any]:
    presets = plugin.meta["presets"]
    if preset not in presets:
        preset = FALLBACK_PRESET.get(preset, preset)
    return presets.get(preset) or {}


def resolve_params(
    plugin: Plugin, preset: str, variant: str | None = None, overrides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return ``params`` overlaid by the preset, the variant or reading, and the user's overrides.

    Raises:
        UserError: a key is overridden that ``params`` does not have, or the variant is unknown.
    """
    alternatives = {**plugin.meta.get("variants", {}), **plugin.meta.get("readings", {})}
    if variant is not None and variant not in alternatives:
        close = difflib.get_close_matches(variant, alternatives, 1)
        raise UserError(
            f"{plugin.name} has no variant or reading {variant!r}",
            where=f"{plugin.group}/{plugin.name}",
            hint=(f"did you mean {close[0]!r}? " if close else "") + f"known: {', '.join(alternatives) or 'none'}",
        )
    params = dict(plugin.meta["params"])
    layers = {
        f"preset {preset}": _preset(plugin, preset),
        f"variant {variant}": alternatives.get(variant, {}),
        "the config's params": overrides or {},
    }
    with Faults(f"Unknown params of {plugin.name}") as faults:
        for source, layer in layers.items():
            for key in set(layer) - set(params):
                close = difflib.get_close_matches(key, params, 1)
                hint = f"did you mean {close[0]!r}? " if close else ""
                faults.add(f"{key!r}", where=source, hint=f"{hint}known: {', '.join(params)}")
            params = merged(params, layer)
    return params


class Plan:
    """A checked config and everything that follows from it.

    Args:
        config: The whole config, defaults included.
        results: The results folder.

    Raises:
        UserError: all faults of the config at once.
    """

    def __init__(self, config: Mapping[str, Any], results: Path = Path("results")) -> None:
        self.config = named(typed(dict(config)))
        with Faults("The config has faults") as faults:
            check(self.config, "config", faults, "config")
            self._check_names(faults)
        self.dataset = plugin("data", self.config["dataset"])
        self.segmenter = plugin("segmentation", self.config["segmenter"])
        self.preset: str = self.config["preset"]
        self._check_source()
        self.layout = Layout(Path(results), dataset_id(self.dataset.name, self.data_root), self.preset)

    def _check_names(self, faults: Faults) -> None:
        named = {"data": [self.config.get("dataset")], "segmentation": [self.config.get("segmenter")]}
        named["methods"] = names_in(self.config.get("methods") or [])
        named["methods"] += [self.config["ablation"]] if self.config.get("ablation") else []
        for group, names in named.items():
            for name in names:
                try:
                    plugin(group, str(name))
                except UserError as error:
                    faults.items.append(error)
        for group, known in (
            ("params", {**plugins("methods"), **plugins("segmentation")}),
            ("metrics", metric_files()),
        ):
            for name in set(self.config.get(group) or {}) - set(known):
                close = difflib.get_close_matches(name, known, 1)
                faults.add(f"{group}: there is no {name!r}", hint=f"did you mean {close[0]!r}?" if close else "")

    def _check_source(self) -> None:
        need, root = self.dataset.meta["source"], self.data_root
        if need == "required" and root is None:
            raise UserError(
                f"The data set {self.dataset.name!r} needs your data",
                where="config: data_root",
                hint=f"add --config dataset={self.dataset.name} data_root=DIR (see data/{self.dataset.name}/README.md)",
            )
        if root is not None and not root.exists():
            raise UserError("The data folder does not exist", where=f"data_root={root}", hint="check the path")

    @property
    def data_root(self) -> Path | None:
        """The user's folder or archive."""
        root = self.config.get("data_root")
        return None if root is None else Path(root)

    @cached_property
    def runs(self) -> list[Run]:
        """All runs, in the order of the tables' rows: seeds of a method together."""
        found = []
        for name, variant in self._entries():
            method = plugin("methods", name)
            if method.meta["kind"] == "control" and method.meta["shows"] not in self.known:
                continue
            resolve_params(method, self.preset, variant, self.config["params"].get(name))
            seeds = self.config["seeds"] if method.meta["kind"] == "learned" else [0]
            found += [Run(method, variant, seed) for seed in seeds]
        refuse_equal_labels({run.id: (run.label, run.plugin.folder) for run in found})
        return sorted(found, key=lambda run: run.place)

    @property
    def known(self) -> frozenset[str]:
        """The pictures of the test scenes that the data set knows: ``clean``, ``hq``; simulated data know the clean."""
        return frozenset(self.dataset.meta.get("knows", [] if self.dataset.meta["real"] else ["clean"]))

    def _entries(self) -> list[Entry]:
        entries = selected(self.config["methods"], plugins("methods"))
        ablated = self.config["ablation"]
        if ablated:
            entries += [(ablated, None)] + [(ablated, name) for name in plugin("methods", ablated).meta["variants"]]
        return list(dict.fromkeys(entries))

    def run(self, run_id: str, seed: int) -> Run:
        """Return one run by its folder name, whether listed in the config or not."""
        name, _, variant = run_id.partition("+")
        return Run(plugin("methods", name), variant or None, seed)

    def params(self, run: Run) -> dict[str, Any]:
        """Return the resolved parameters of a run."""
        return resolve_params(run.plugin, self.preset, run.variant, self.config["params"].get(run.plugin.name))

    def prepare_settings(self) -> dict[str, Any]:
        """Return what the preparation of the data depends on."""
        preset = self.dataset.meta["presets"].get(self.preset)
        if preset is None:
            preset = self.dataset.meta["presets"].get(FALLBACK_PRESET.get(self.preset, "")) or {}
        options = merged(merged(self.dataset.meta["options"], preset), self.config["dataset_options"])
        field_um = options.pop("field_um", self.dataset.meta.get("field_um", 400.0))
        return {
            "dataset": self.dataset.name,
            "id": self.layout.dataset,
            "real": self.dataset.meta["real"],
            "field_um": float(field_um),
            "options": options,
            "data_root": None if self.data_root is None else str(self.data_root),
            "seed": self.config["data_seed"],
        }

    def _engine(self) -> dict[str, Any]:
        keys = ("precision", "channels_last", "compile", "threads", "vgg16")
        return {key: self.config[key] for key in keys}

    def train_settings(self, run: Run) -> dict[str, Any]:
        """Return what the training of a run depends on."""
        params = self.params(run)
        return {
            "method": run.plugin.name,
            "variant": run.variant,
            "seed": run.seed,
            "preset": self.preset,
            "params": params,
            "engine": self._engine(),
            **hashes([perceptual(params, self.config)]),
        }

    def segmenter_settings(self) -> dict[str, Any]:
        """Return what the training of the segmenter depends on."""
        overrides = self.config["params"].get(self.segmenter.name)
        params = resolve_params(self.segmenter, self.preset, None, overrides)
        return {
            "segmenter": self.segmenter.name,
            "seed": 0,
            "preset": self.preset,
            "params": params,
            "engine": self._engine(),
            "weights": self.config["segmenter_weights"],
            **hashes([self.config["segmenter_weights"], perceptual(params, self.config)]),
        }

    def refuse_missing_files(self) -> None:
        """Refuse weight files that the config names and that are not there.

        Raises:
            UserError: all of them.
        """
        refuse_missing({key: self.config[key] for key in ("segmenter_weights", "vgg16")})

    def score_settings(self) -> dict[str, Any]:
        """Return what scoring depends on."""
        return {"metrics": self.config["metrics"], "field_um": self.prepare_settings()["field_um"]}

    def report_settings(self) -> dict[str, Any]:
        """Return what tables, figures and page depend on besides scores and images."""
        return {
            "runs": [[run.id, run.seed, run.label] for run in self.runs],
            "methods": fingerprint([dict(run.plugin.meta) for run in self.runs]),
            "ablation": self.config["ablation"],
            "figures": self.config["figures"],
            "seeds": self.config["seeds"],
        }
