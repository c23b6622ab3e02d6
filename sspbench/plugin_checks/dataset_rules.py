"""Rules for a data set: it fills the splits with 8-bit PNG of its mode, repeatably, and leaves its source alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from ..checkout import display_path
from ..config.overrides import add_override_faults, resolve_params
from ..contract import PrepareRequest
from ..errors import Faults, UserError
from ..files import sha256
from ..images.manifest import EXTRA_FOLDERS, SPLITS
from ..images.pictures import list_images, read_pixels
from ..plugins.discovery import Plugin, load_prepare_function
from ..plugins.schemas import REQUIRED_PRESETS
from .findings import Inspection
from .side_effects import SideEffectMonitor
from .synthetic_images import write_synthetic_folder

# By colour mode: dimensions of the decoded array, and the function of the front door that writes it.
DIMENSIONS = {"grey": 2, "rgb": 3}
WRITERS = {"grey": "write_grey", "rgb": "write_rgb"}

# Masks are grey in every data set.
MASK_FOLDER_ENDINGS = ("_labels", "_fov")


def check_dataset_yaml(inspection: Inspection, plugin: Plugin) -> None:
    """Check what the schema cannot say about ``dataset.yaml``."""
    where = display_path(plugin.yaml_file)
    meta = plugin.meta
    with inspection.rule("presets complete"), Faults("The presets have faults", where=where) as faults:
        for name in REQUIRED_PRESETS:
            if name not in meta["presets"]:
                faults.add(f"preset {name} is missing", hint=f"add {name}: {{}}")
        for name, options in meta["presets"].items():
            add_override_faults(plugin, options or {}, f"presets.{name}", faults)
    with inspection.rule("licence given"):
        if not meta.get("licence"):
            raise UserError("`licence` is missing", where=where, hint="add licence: ...")


def check_prepare(inspection: Inspection, plugin: Plugin) -> None:
    """Run ``prepare`` on the smoke options, with made pictures as the user's source where it needs one."""
    monitor = SideEffectMonitor(plugin.folder)
    with tempfile.TemporaryDirectory(prefix="check-") as name:
        scratch = Path(name)
        monitor.allowed.append(scratch.resolve() / "out")
        source = write_synthetic_folder(scratch / "source") if plugin.meta["source"] == "required" else None
        before = _hash_files(source)
        is_prepared = False
        with inspection.rule("prepares, or refuses with a hint"):
            is_prepared = _prepare_or_refuse(plugin, monitor, source, scratch / "out" / "first")
        if is_prepared and not inspection.faults:
            _check_output(inspection, plugin, scratch / "out" / "first")
            with inspection.rule("the same seed, the same files"):
                _run_prepare(plugin, monitor, source, scratch / "out" / "second")
                _require_same_files(_hash_files(scratch / "out" / "first"), _hash_files(scratch / "out" / "second"))
        with inspection.rule("source untouched"):
            if _hash_files(source) != before:
                raise UserError("It changes the user's files", hint="write below request.output only")
        if source is not None:
            with inspection.rule("an empty source is refused"):
                _check_empty_refused(plugin, monitor, scratch)
    monitor.add_findings(inspection, leave_out=("prints nothing",))


def _run_prepare(plugin: Plugin, monitor: SideEffectMonitor, source: Path | None, output: Path) -> int:
    """Prepare with the smoke options; return how often progress was reported."""
    output.mkdir(parents=True)
    options = resolve_params(plugin, "smoke")
    del options["field_um"]
    calls: list[tuple[int, int]] = []
    request = PrepareRequest(options, source, output, 1, lambda done, total: calls.append((done, total)))
    function = load_prepare_function(plugin)
    with monitor.watch():
        function(request)
    return len(calls)


def _prepare_or_refuse(plugin: Plugin, monitor: SideEffectMonitor, source: Path | None, output: Path) -> bool:
    """Prepare; return False where made pictures are refused as unfit, as a data set with its own layout may."""
    try:
        calls = _run_prepare(plugin, monitor, source, output)
    except UserError:
        if plugin.meta["source"] == "none":
            raise
        return False
    if not calls:
        raise UserError(
            "It never calls `progress(done, total)`", hint="call request.progress(done, total) now and then"
        )
    return True


def _check_output(inspection: Inspection, plugin: Plugin, output: Path) -> None:
    with (
        inspection.rule("splits filled with 8-bit PNG of its colour mode"),
        Faults("What it wrote is not usable") as faults,
    ):
        for split in (*SPLITS, *EXTRA_FOLDERS):
            paths = list_images(output / split)
            if split in SPLITS and not paths:
                faults.add(f"{split} has no images", hint=f"write them to request.output / {split!r}")
            for path in paths:
                _check_picture(path, split, output, faults, plugin.meta.get("color", "grey"))
    with inspection.rule("clean images where simulated"):
        clean = output / "testA_clean"
        if not plugin.meta["real"] and not clean.is_dir():
            raise UserError("A simulated data set knows its clean images", hint="write them to testA_clean")
    with inspection.rule("what it knows is there"):
        missing = [f"testA_{name}" for name in plugin.meta.get("knows", []) if not (output / f"testA_{name}").is_dir()]
        if missing:
            raise UserError(f"It writes no {', '.join(missing)}", hint="correct `knows` of dataset.yaml, or write them")


def _check_picture(path: Path, split: str, output: Path, faults: Faults, color: str) -> None:
    picture = read_pixels(path)
    mode = "grey" if split.endswith(MASK_FOLDER_ENDINGS) else color
    if path.suffix != ".png" or picture.ndim != DIMENSIONS[mode] or picture.dtype != np.uint8:
        hint = f"write it with {WRITERS[mode]} of sspbench"
        faults.add(f"{split}/{path.name} is not an 8-bit PNG of mode {mode}", hint=hint)
    if split.endswith("_labels") and not np.isin(picture, (0, 255)).all():
        faults.add(f"{split}/{path.name} has values besides 0 and 255", hint="255 is nerve or vessel, 0 background")
    if split in EXTRA_FOLDERS:
        pictured = split.partition("_")[0]
        partner = output / pictured / path.name
        if not partner.is_file() or read_pixels(partner).shape[:2] != picture.shape[:2]:
            hint = "write both at the same size and under the same name"
            faults.add(f"{split}/{path.name} has no image of its name and size", where=pictured, hint=hint)


def _check_empty_refused(plugin: Plugin, monitor: SideEffectMonitor, scratch: Path) -> None:
    empty = scratch / "empty"
    empty.mkdir()
    try:
        _run_prepare(plugin, monitor, empty, scratch / "out" / "third")
    except UserError:
        return
    raise UserError("An empty source is accepted", hint="raise UserError naming what is missing")


def _hash_files(folder: Path | None) -> dict[str, str]:
    if folder is None:
        return {}
    return {str(path.relative_to(folder)): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def _require_same_files(first: dict[str, str], second: dict[str, str]) -> None:
    changed = sorted(name for name in first | second if first.get(name) != second.get(name))
    if changed:
        raise UserError(
            f"{len(changed)} files differ the second time, the first is {changed[0]}",
            hint="draw from np.random.default_rng([request.seed, ...])",
        )
