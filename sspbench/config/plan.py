"""What is run: the checked config, resolved into runs with their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from ..contract import ColorMode, Structure
from ..errors import UserError
from ..files import fingerprint
from ..plugins.discovery import Plugin, find_plugins, get_plugin
from .config_files import DEFAULT_CONFIG_FILE, read_config
from .data_source import (
    LOW_LABELS_FOLDER,
    has_training_labels,
    record_data_root,
    reject_other_data_root,
    reject_unusable_data_root,
)
from .external_rows import EXTERNAL_KIND, external_row_settings
from .input_files import hash_files, reject_missing_weights, vgg16_path
from .overrides import adapt_presets, merge_dicts, resolve_params, validate_runs
from .paths import Layout, dataset_id
from .runs import Run, reject_duplicate_labels
from .selection import find_methods, select_entries
from .settings import Engine, Settings
from .validation import check_config


def load_default_engine() -> Engine:
    """Return the engine of ``config/config.yaml``."""
    return Engine.from_config(read_config(DEFAULT_CONFIG_FILE))


def settings_without_plan(found: Plugin, preset: str, variant: str | None = None) -> Settings:
    """Return the settings of one plugin outside a plan: the preset's parameters and the default engine."""
    params = resolve_params(found, preset, variant)
    return Settings(found.kind.name, found.name, variant, 0, preset, params, load_default_engine())


class Plan:
    """A checked config and everything that follows from it.

    Args:
        config: The whole config, defaults included.
        results: The results folder.

    Raises:
        UserError: all faults of the config at once.
    """

    def __init__(self, config: Mapping[str, Any], results: Path = Path("results")) -> None:
        self.config = check_config(config)
        self.dataset = find_plugins("data")[self.config["dataset"]]
        self.preset: str = self.config["preset"]
        reject_unusable_data_root(self.dataset, self.data_root)
        name = self.config["dataset_id"] or dataset_id(self.dataset.name, self.data_root)
        self.layout = Layout(Path(results), name, self.preset, self.dataset.name)
        entries = select_entries(self.config)
        self._methods = find_methods(self.config, self.color)
        self.segmenter = adapt_presets(find_plugins("segmentation")[self.config["segmenter"]], self.color)
        self._selected = [(self.get_method(name), variant) for name, variant in entries]
        validate_runs(self.config, [*self._selected, (self.segmenter, None), (self.dataset, None)])

    @property
    def data_root(self) -> Path | None:
        """The user's folder or archive."""
        root = self.config.get("data_root")
        return None if root is None else Path(root)

    @cached_property
    def runs(self) -> list[Run]:
        """All runs that there are jobs for, in the order of the tables' rows: seeds of a method together.

        A seed is one replicate of the whole experiment: what is not trained, or was produced outside the
        suite, is enhanced alike in each, but segmented by the segmenter of that seed.
        """
        return [run for run in self.all_runs if self.explain_inapplicable(run) is None]

    @cached_property
    def all_runs(self) -> list[Run]:
        """The runs, and among them those of methods that cannot take the images: tables show why."""
        self._reject_unusable_segmenter()
        found = []
        for method, variant in self._selected:
            if method.meta["kind"] == "control" and method.meta["shows"] not in self.known_truths:
                continue
            found += [Run(method, variant, seed) for seed in self.config["seeds"]]
        reject_duplicate_labels({run.id: (run.label, run.plugin.folder) for run in found})
        return sorted(found, key=lambda run: run.sort_key)

    @property
    def subject_pattern(self) -> str | None:
        """The regular expression that finds the subject in an image's name: of the config, else of the data set."""
        found = self.config["subject"] or self.dataset.meta.get("subject")
        return None if found is None else str(found)

    @property
    def color(self) -> ColorMode:
        """The mode of the data set's images: ``grey`` or ``rgb``."""
        color: ColorMode = self.dataset.meta.get("color", "grey")
        return color

    @property
    def structure(self) -> Structure:
        """What the labels of the data set show: ``nerve`` or ``vessel``."""
        structure: Structure = self.dataset.meta.get("structure", "nerve")
        return structure

    def explain_inapplicable(self, run: Run) -> str | None:
        """Return why a method cannot take the images of the data set; None where it can."""
        modes = run.plugin.meta.get("color", ["grey"])
        if run.kind in ("control", EXTERNAL_KIND) or self.color in modes:
            return None
        return f"{run.plugin.name} takes images of mode {' or '.join(modes)}, these are {self.color}"

    def _reject_unusable_segmenter(self) -> None:
        """Reject a segmenter that cannot take the images: no row could be segmented."""
        modes = self.segmenter.meta.get("color", ["grey"])
        if self.color not in modes:
            raise UserError(
                f"The segmenter {self.segmenter.name} takes images of mode {' or '.join(modes)}",
                where="config: segmenter, dataset",
                why=f"those of {self.dataset.name} are {self.color}",
                hint="choose another segmenter, or another data set",
            )

    @property
    def reads_splits_only(self) -> bool:
        """Whether the data set reads the folders of splits in ``data_root`` and nothing else there."""
        return self.dataset.meta.get("layout") == "splits"

    @cached_property
    def is_segmented(self) -> bool:
        """Whether the results are segmented: with given weights, or by a segmenter that labels can train."""
        if self.config["segmenter_weights"] is not None or not self.reads_splits_only:
            return True
        return self.data_root is None or has_training_labels(self.data_root)

    @cached_property
    def has_low_segmenter(self) -> bool:
        """Whether a segmenter is trained on LQ images too, as a control: where those have labels."""
        if "low" not in self.config["segmenters"] or self.config["segmenter_weights"] is not None:
            return False
        if self.reads_splits_only:
            return (
                self.is_segmented
                and self.data_root is not None
                and has_training_labels(self.data_root, LOW_LABELS_FOLDER)
            )
        return bool(self.dataset.meta.get("low_labels", False))

    @property
    def known_truths(self) -> frozenset[str]:
        """The pictures of the test scenes that the data set knows: ``clean``, ``hq``; simulated data know the clean."""
        return frozenset(self.dataset.meta.get("knows", [] if self.dataset.meta["real"] else ["clean"]))

    def get_run(self, run_id: str, seed: int) -> Run:
        """Return one run by its folder name, whether listed in the config or not."""
        name, plus, variant = run_id.partition("+")
        return Run(self.get_method(name), variant if plus else None, seed)

    def get_method(self, name: str) -> Plugin:
        """Return a method, or an external row; the rows that the config adds to a method are among its readings."""
        return self._methods[name] if name in self._methods else get_plugin("methods", name)

    def resolve_run_params(self, run: Run) -> dict[str, Any]:
        """Return the resolved parameters of a run; what a row of the config says goes above ``params``."""
        name = run.plugin.name
        params = resolve_params(run.plugin, self.preset, run.variant, self.config["params"].get(name))
        return merge_dicts(params, self.config["rows"].get(name, {}).get(run.variant, {}))

    def prepare_settings(self) -> dict[str, Any]:
        """Return what the preparation of the data depends on."""
        options = resolve_params(self.dataset, self.preset, None, self.config["dataset_options"])
        field_um = options.pop("field_um")
        return {
            "dataset": self.dataset.name,
            "id": self.layout.dataset,
            "real": self.dataset.meta["real"],
            "field_um": None if field_um is None else float(field_um),
            "options": options,
            "data_root": None if self.data_root is None else str(self.data_root),
            "seed": self.config["data_seed"],
        }

    def train_settings(self, run: Run) -> Settings:
        """Return what the training of a run depends on."""
        params = self.resolve_run_params(run)
        files = hash_files([vgg16_path(params, self.engine.vgg16)])
        return Settings(
            "method", run.plugin.name, run.variant, run.seed, self.preset, params, self.engine,
            files=files, color=self.color,
        )  # fmt: skip

    def external_settings(self, run: Run) -> dict[str, Any]:
        """Return what taking in the images of an external row depends on."""
        white = self.config.get("external_white", {}).get(run.plugin.name)
        return {**external_row_settings(run.plugin, white), "color": self.color}

    def segmenter_settings(self, seed: int) -> Settings:
        """Return what the training of the segmenter of one replicate depends on."""
        name, weights = self.segmenter.name, self.config["segmenter_weights"]
        params = resolve_params(self.segmenter, self.preset, None, self.config["params"].get(name))
        files = hash_files([weights, vgg16_path(params, self.engine.vgg16)])
        return Settings("segmenter", name, None, seed, self.preset, params, self.engine, weights, files, self.color)

    @property
    def engine(self) -> Engine:
        """How steps are computed."""
        return Engine.from_config(self.config)

    def reject_missing_files(self) -> None:
        """Reject weight files that do not exist, and a data folder whose results would overwrite those of another.

        Raises:
            UserError: all missing weight files, or the data folder.
        """
        reject_other_data_root(self.layout, self.data_root)
        reject_missing_weights({key: self.config[key] for key in ("segmenter_weights", "vgg16")})

    def record_data_root(self) -> None:
        """Record which folder of the user's the prepared images come from."""
        record_data_root(self.layout, self.data_root)

    def score_settings(self) -> dict[str, Any]:
        """Return what scoring depends on."""
        return {
            "metrics": self.config["metrics"],
            "field_um": self.prepare_settings()["field_um"],
            "color": self.color,
            "structure": self.structure,
        }

    def describe_run(self, run: Run) -> dict[str, Any]:
        """Return the first columns of a run's scores."""
        facts = {"method": run.plugin.name, "variant": run.variant, "seed": run.seed}
        return {"dataset": self.layout.dataset, "preset": self.preset, **facts}

    def report_settings(self) -> dict[str, Any]:
        """Return what tables, figures and page depend on besides scores and images."""
        return {
            "runs": [[run.id, run.seed, run.label] for run in self.runs],
            "methods": fingerprint([dict(run.plugin.meta) for run in self.all_runs]),
            "ablation": self.config["ablation"],
            "figures": self.config["figures"],
            "seeds": self.config["seeds"],
            "subject": self.subject_pattern,
        }
