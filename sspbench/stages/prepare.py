"""Prepare a data set: its plugin fills a new folder, which is checked, listed and only then put in place."""

from __future__ import annotations

import glob
import shutil
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from ..contract import ColorMode, PrepareRequest
from ..errors import Faults
from ..images.croissant import write_croissant
from ..images.manifest import EXTRA_FOLDERS, SPLITS, Manifest, write_manifest
from ..images.names import make_names_safe, printable
from ..images.pixel_sizes import add_width_faults, choose_scales
from ..jobs.progress import progress_bar
from ..plugins.discovery import Plugin, get_plugin, load_prepare_function
from .leakage import reject_shared_subjects, reject_test_copies

# What a data set records of single images, by path; the manifest keeps it beside each.
FACTS_BY_PATH = ("um_per_px", "degradation", "subject")

PNG_MODES: dict[ColorMode, str] = {"grey": "L", "rgb": "RGB"}


def prepare(settings: Mapping[str, Any], target: Path) -> Path:
    """Fill ``target`` with the prepared images and their manifest; return the manifest's path.

    Raises:
        UserError: the source is faulty; all faults at once. ``target`` is left as it was.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}.preparing-"
    for abandoned in target.parent.glob(f"{glob.escape(prefix)}*"):  # a killed job's: the folder's lock allows one
        shutil.rmtree(abandoned, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=target.parent) as temporary:
        fresh = Path(temporary) / "images"
        manifest = fill_prepared_folder(settings, fresh)
        for line in manifest.white_table():
            print(line, file=sys.stderr)
        print(manifest.describe_scale(), file=sys.stderr)
        if manifest.describe_field_of_view():
            print(f"field of view: {manifest.describe_field_of_view()}", file=sys.stderr)
        for line in manifest.notes():
            print(f"note: {line}", file=sys.stderr)
        _replace_folder(fresh, target)
    return target / "manifest.json"


def fill_prepared_folder(settings: Mapping[str, Any], fresh: Path) -> Manifest:
    """Fill the new folder ``fresh`` with the prepared images and their manifest, which is returned.

    Raises:
        UserError: the source is faulty; all faults at once.
    """
    fresh.mkdir()
    root = settings["data_root"]
    plugin = get_plugin("data", settings["dataset"])
    notes: list[dict[str, Any]] = []
    recorded: dict[str, Any] = {}
    with progress_bar(label=f"prepare {settings['id']}", unit="images") as bar:
        request = PrepareRequest(
            options=settings["options"],
            source=None if root is None else Path(root),
            output=fresh,
            seed=settings["seed"],
            progress=partial(_update_bar, bar),
            add_note=lambda what, files: notes.append({"what": what, "files": [printable(file) for file in files]}),
            record=recorded.__setitem__,
        )
        load_prepare_function(plugin)(request)
    old_names = _rename_safely(fresh)
    originals = {new: printable(old) for new, old in old_names.items()}
    if originals:
        notes.append({"what": "renamed, since their names are not safe everywhere", "files": list(originals.values())})
    _reject_test_copies(fresh, settings["options"], notes)
    new_names = {old: new for new, old in old_names.items()}
    declared = plugin.meta.get("field_um")
    recorded["um_per_px"] = choose_scales(settings, declared, recorded.get("um_per_px", {}))
    by_path = {"original": originals}
    for fact in FACTS_BY_PATH:
        by_path[fact] = {new_names.get(path, path): value for path, value in recorded.pop(fact, {}).items()}
    facts = {key: settings[key] for key in ("dataset", "id", "real", "field_um", "options")}
    facts |= {**recorded, **({"notes": notes} if notes else {})}
    manifest = Manifest.read(write_manifest(fresh, facts, by_path))
    check_manifest(manifest, plugin)
    reject_shared_subjects(manifest, "keep all images of a subject on one side")
    write_croissant(manifest, plugin.meta)
    return manifest


def _reject_test_copies(fresh: Path, options: Mapping[str, Any], notes: list[dict[str, Any]]) -> None:
    """Reject copies of test images in training unless the user allows them; note images of the same place."""
    if options.get("duplicates") == "allow":
        return
    accept = ", or accept it: dataset_options={duplicates: allow}" if "duplicates" in options else ""
    hint = f"remove one of the two{accept}"
    reject_test_copies(fresh, lambda what, files: notes.append({"what": what, "files": list(files)}), hint)


def _rename_safely(folder: Path) -> dict[str, str]:
    """Give every image a name that all later stages can carry; return the old paths by new path."""
    return {
        f"{split}/{name}": f"{split}/{old}"
        for split in (*SPLITS, *EXTRA_FOLDERS)
        if (folder / split).is_dir()
        for name, old in make_names_safe(folder / split).items()
    }


def _update_bar(bar: tqdm, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)


def check_manifest(manifest: Manifest, dataset: Plugin) -> None:
    """Check that every split has images, each picture the data set's mode, and each companion a partner.

    Raises:
        UserError: all faults at once.
    """
    with Faults(f"The prepared data set {dataset.name} is not usable") as faults:
        _add_mode_faults(manifest, dataset.meta.get("color", "grey"), faults)
        _add_empty_field_faults(manifest, faults)
        if "um_per_px" in dataset.own_parameters["properties"]:
            add_width_faults(manifest, faults)
        for split in SPLITS:
            if not manifest.image_paths(split):
                hint = "its prepare() has to write some"
                faults.add(f"{split} has no images", where=str(manifest.folder / split), hint=hint)
        for extra in EXTRA_FOLDERS:
            split = extra.split("_")[0]
            names = {path.stem for path in manifest.image_paths(split)}
            for stray in sorted(path.stem for path in manifest.image_paths(extra) if path.stem not in names):
                hint = f"write it under the name of its image in {split}, or leave it out"
                faults.add(f"{extra} has an image without a partner in {split}: {stray}", hint=hint)


def _add_empty_field_faults(manifest: Manifest, faults: Faults) -> None:
    """Add a fault for every field of view without a pixel: nothing could be scored in it."""
    for entry in manifest.content["images"]:
        if entry.get("share") == 0:
            faults.add("A field of view is empty", where=entry["path"], hint="write 255 where the picture shows tissue")


def _add_mode_faults(manifest: Manifest, color: ColorMode, faults: Faults) -> None:
    """Add a fault for every picture that is grey in a data set in colour, or the other way round."""
    for entry in manifest.content["images"]:
        if entry["domain"] not in ("label", "field of view"):
            with Image.open(manifest.folder / entry["path"]) as picture:
                mode = picture.mode
            if mode != PNG_MODES[color]:
                hint = f"its prepare() has to write PNG of mode {PNG_MODES[color]}, or dataset.yaml another `color`"
                faults.add(f"A picture of a data set of mode {color} has mode {mode}", where=entry["path"], hint=hint)


def _replace_folder(fresh: Path, target: Path) -> None:
    """Put the fresh folder in place of the old one; an equal list keeps its time, so that nothing is repeated."""
    fresh_list, old_list = fresh / "manifest.json", target / "manifest.json"
    if old_list.is_file() and old_list.read_bytes() == fresh_list.read_bytes():
        shutil.copystat(old_list, fresh_list)
    if target.exists():
        shutil.rmtree(target)
    fresh.replace(target)
    target.chmod(0o755)
