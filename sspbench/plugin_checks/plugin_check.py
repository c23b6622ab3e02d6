"""The checks of a plugin, by kind: the same for the command line and for the tests of everything that is found."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..checkout import ROOT, display_path
from ..config.overrides import resolve_params
from ..contract import CHANNELS, ColorMode, Method
from ..errors import UserError
from ..plugins.discovery import Plugin, find_plugins, get_plugin, load_method_class
from ..plugins.kinds import DATASET_KIND, METRIC_KIND, PLUGIN_KINDS, SEGMENTER_KIND
from ..plugins.metric_families import find_metric_files
from .findings import FindingCallback, Inspection, ignore_finding
from .output_rules import ImageFunction, check_binarise, check_fit, check_outputs, fit_to_synthetic_images, name_rule
from .parameter_rules import TrackingDict, check_params_used
from .side_effects import SideEffectMonitor
from .synthetic_images import make_method_inputs
from .yaml_rules import check_method_yaml, check_yaml


def check_plugin(
    kind: str, name: str, root: Path = ROOT, on_finding: FindingCallback = ignore_finding, *, device: str = "cpu"
) -> Inspection:
    """Check a plugin below ``root`` by the rules of its kind; what is learned computes on ``device``.

    Raises:
        UserError: there is none of that name.
    """
    if kind == METRIC_KIND.name:
        return _check_metric(name, root, on_finding)
    described = PLUGIN_KINDS[kind]
    folder = described.path_for(root, name)
    if not folder.is_dir():
        get_plugin(described.group, name)  # says which names there are, and which was meant
        hint = f"name a folder of {described.group}/"
        raise UserError("The folder does not exist", where=display_path(folder), hint=hint)
    inspection = Inspection(folder / described.code, on_finding)
    found = check_yaml(inspection, described.group, folder)
    if found is None:
        return inspection
    if kind == DATASET_KIND.name:
        from .dataset_rules import check_dataset_yaml, check_prepare

        check_dataset_yaml(inspection, found)
        check_prepare(inspection, found)
        return inspection
    check_method_yaml(inspection, found)
    if not inspection.faults:
        if found.is_trained:
            _check_learned(inspection, found, device)
        elif found.meta["kind"] == "classical":
            _check_classical(inspection, found)
    return inspection


def _check_metric(name: str, root: Path, on_finding: FindingCallback) -> Inspection:
    from .metric_rules import check_family

    known = find_metric_files(root)
    if name not in known:
        raise UserError(f"Unknown metric family {name!r}", where="metrics/", hint=f"known: {', '.join(known)}")
    inspection = Inspection(known[name], on_finding)
    check_family(inspection, name)
    return inspection


def _list_modes(found: Plugin) -> list[ColorMode]:
    modes: list[ColorMode] = found.meta.get("color", ["grey"])
    return modes


def _check_classical(inspection: Inspection, found: Plugin) -> None:
    used: set[str] = set()
    params = TrackingDict(resolve_params(found, "smoke"), used)
    monitor = SideEffectMonitor(found.folder)
    first = _list_modes(found)[0]
    for color in _list_modes(found):
        if inspection.faults:
            break
        method = None
        with inspection.rule(name_rule("one class", color)), monitor.watch():
            method = _make_classical(found, params, color)
        if method is None:
            return
        check_fit(inspection, method, monitor)
        if inspection.faults:
            return
        check_outputs(inspection, method.enhance, monitor, color)

    def attempt(other: Mapping[str, Any]) -> None:
        with monitor.watch():
            method = fit_to_synthetic_images(_make_classical(found, other, first))
            method.enhance(make_method_inputs(first)["odd size 97 x 61"])

    if not inspection.faults:
        check_params_used(inspection, found, used, attempt)
    monitor.add_findings(inspection)


def _make_classical(found: Plugin, params: Mapping[str, Any], color: ColorMode) -> Method:
    method = load_method_class(found)(params, 0)
    method.channels = CHANNELS[color]
    return method


def _check_learned(inspection: Inspection, found: Plugin, device: str) -> None:
    """Check training, outputs, a segmenter's threshold, and params; in further modes one step and outputs."""
    from ..training.trainable import TrainableSegmenter
    from .training_rules import check_one_step, check_training
    from .trial import Trial

    is_segmenter = found.group == SEGMENTER_KIND.group
    out_channels = 1 if is_segmenter else None

    def apply(trainable: Any) -> ImageFunction:
        function: ImageFunction = trainable.probabilities if is_segmenter else trainable.enhance
        return function

    used: set[str] = set()
    params = TrackingDict(resolve_params(found, "smoke"), used)
    monitor = SideEffectMonitor(found.folder)
    first, *others = _list_modes(found)
    with tempfile.TemporaryDirectory(prefix="check-") as scratch:
        trial = Trial(found, monitor, Path(scratch), device, first)

        def attempt(other: Mapping[str, Any]) -> None:
            name = f"attempt-{len(list(Path(scratch).iterdir()))}"
            instance = trial.train(trial.make_trainable(other), name, steps=1)
            with monitor.watch():
                apply(instance)(make_method_inputs(first)["odd size 97 x 61"])

        trained = check_training(inspection, trial, params, apply)
        if trained is not None:
            check_outputs(inspection, apply(trained), monitor, first, out_channels)
            if isinstance(trained, TrainableSegmenter):
                check_binarise(inspection, trained, monitor)
            for color in others if not inspection.faults else ():
                again = check_one_step(inspection, replace(trial, color=color), params)
                if again is not None:
                    check_outputs(inspection, apply(again), monitor, color, out_channels)
            if not inspection.faults:
                check_params_used(inspection, found, used, attempt)
    monitor.add_findings(inspection)


def plugin_names(kind: str) -> list[str]:
    """Return all plugins of a kind."""
    return list(find_plugins(PLUGIN_KINDS[kind].group) if PLUGIN_KINDS[kind].yaml else find_metric_files())
