"""``doctor``: what this machine has, what is missing, and the command that fixes it."""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import shutil
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from ..checkout import ROOT
from ..config.plan import load_default_engine
from ..config.resolve_auto import resolve
from ..errors import UserError
from ..jobs.descendants import ORPHANS_NOTE, can_end_orphans
from ..jobs.gpu_slots import find_taken_slots, list_gpus, slot_folder
from ..jobs.machine import count_cores, read_total_memory_gb
from ..plugins.discovery import Plugin, find_plugins
from ..plugins.metric_families import find_metric_files
from . import doctor_data

# The first and the last Python that uv.lock was solved for (`requires-python` of pyproject.toml).
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)

MIN_DISK_GB = 10.0  # free space below which a full run may not fit: about 5 GB environment, the rest results
MIN_MEMORY_GB = 4.0  # memory below which the demonstration scale may not fit

CHECKED_PACKAGES = ("torch", "torchvision", "numpy", "scikit-image", "snakemake", "safetensors", "pyiqa")


@dataclass(frozen=True)
class Diagnosis:
    """One line of the doctor's report.

    Attributes:
        topic: What was looked at.
        state: ``ok``; ``note`` (worth knowing, nothing is wrong); ``missing`` (the benchmark will not run).
        found: What there is.
        hint: The command that fixes it.
    """

    topic: str
    state: str
    found: str
    hint: str = ""

    def __str__(self) -> str:
        line = f"{self.state:<8}{self.topic:<14}{self.found}"
        return f"{line}\n{'':<22}hint: {self.hint}" if self.hint else line


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``doctor``."""
    parser = commands.add_parser("doctor", help="show what this machine has, what it lacks, and how to fix that")
    parser.add_argument("--results", type=Path, default=Path("results"), help="where results will be written")
    parser.set_defaults(run=_doctor)
    doctor_data.register(parser.add_subparsers(title="what else it examines", metavar="data DIR"))


def _doctor(args: argparse.Namespace) -> int:
    missing = 0
    for entry in examine_machine(args.results):
        print(entry)
        missing += entry.state == "missing"
    print("something is missing" if missing else "ready: uv run snakemake --cores all --resources gpu=2")
    return 1 if missing else 0


def examine_machine(results: Path) -> Iterator[Diagnosis]:
    """Look at everything in turn; the results folder need not exist."""
    yield check_python_version()
    yield from check_packages(ROOT / "uv.lock")
    yield Diagnosis("environment", "ok", f"{measure_disk_use(Path(sys.prefix)) / 2**30:.1f} GiB in {sys.prefix}")
    yield from check_gpus()
    yield check_engine()
    yield check_disk_space(results)
    yield check_machine_memory()
    yield from check_plugins_found()
    yield from check_prepared_data()
    yield check_vgg16_weights()
    yield check_network_needs()
    yield check_slurm()


def check_python_version() -> Diagnosis:
    """Compare the running Python with the one the lock file was solved for."""
    found = platform.python_version()
    if OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
        return Diagnosis("python", "ok", found)
    oldest, newest = (".".join(map(str, version)) for version in (OLDEST_PYTHON, NEWEST_PYTHON))
    hint = f"uv python install {newest} && uv sync --frozen"
    return Diagnosis("python", "missing", f"{found}, needed is {oldest} to {newest}", hint)


def check_packages(lock: Path) -> Iterator[Diagnosis]:
    """Compare installed packages with the versions in ``uv.lock``."""
    locked = {entry["name"]: entry["version"] for entry in tomllib.loads(lock.read_text())["package"]}
    wrong = []
    for name in CHECKED_PACKAGES:
        try:
            there = metadata.version(name)
        except metadata.PackageNotFoundError:
            there = "none"
        if there.split("+")[0] != locked[name]:
            wrong.append(f"{name} {there}, locked {locked[name]}")
    if wrong:
        yield Diagnosis("packages", "missing", "; ".join(wrong), "uv sync --frozen")
    else:
        yield Diagnosis("packages", "ok", f"torch {locked['torch']} and the others as in uv.lock")


def measure_disk_use(folder: Path) -> int:
    """Return the bytes that the files below a folder take on the disk, hard links counted once."""
    blocks: dict[tuple[int, int], int] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                found = os.lstat(os.path.join(place, name))  # noqa: PTH118
                blocks[found.st_dev, found.st_ino] = found.st_blocks
    # A block of st_blocks has 512 bytes, regardless of the file system's own block size.
    return sum(blocks.values()) * 512


def check_gpus() -> Iterator[Diagnosis]:
    """Look for GPUs; torch is imported only where there is one to be tried."""
    if sys.platform == "darwin":
        yield _check_apple_gpu()
    names = list_gpus()
    if not names:
        yield Diagnosis("GPU", "note", "none found: everything computes on the CPU, which the preset demo is made for")
        return
    taken = find_taken_slots(names)
    free = f"{len(names)} in {slot_folder()}, {len(taken)} taken" + (f" ({', '.join(taken)})" if taken else "")
    yield Diagnosis("GPU slots", "ok", free)
    import torch

    if torch.cuda.is_available():
        yield Diagnosis("GPU", "ok", f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}")
    else:
        hint = "check `nvidia-smi`; this torch needs a driver for CUDA " + str(torch.version.cuda)
        yield Diagnosis("GPU", "note", "the machine has one, but torch cannot use it", hint)


def _check_apple_gpu() -> Diagnosis:
    import torch

    if torch.backends.mps.is_available():
        return Diagnosis("Apple GPU", "note", "usable with the config's device: mps, which is not measured yet")
    return Diagnosis("Apple GPU", "note", "torch cannot use it: everything computes on the CPU")


def check_engine() -> Diagnosis:
    """Return what ``auto`` chooses here for precision and memory layout, and why."""
    device = "cuda" if list_gpus() else "cpu"
    found = resolve(load_default_engine(), device)
    layout = {True: "channels last", False: "the usual memory layout"}
    own = [
        plugin.label
        for group in ("methods", "segmentation")
        for plugin in find_plugins(group).values()
        if plugin.meta["kind"] in ("learned", "segmenter")
        and resolve(load_default_engine(), device, plugin).channels_last != found.channels_last
    ]
    but = f" (but {layout[not found.channels_last]} for {', '.join(own)})" if own else ""
    where = "a GPU" if device == "cuda" else "a CPU"
    text = f"{found.precision}, {layout[bool(found.channels_last)]}{but}: the fastest measured on {where}"
    return Diagnosis("engine", "ok", text)


def check_disk_space(results: Path) -> Diagnosis:
    """Look at the free space where results go."""
    place = next(folder for folder in (results.absolute(), *results.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free / 1e9
    if not os.access(place, os.W_OK):
        return Diagnosis("disk", "missing", f"{place} cannot be written", "give another folder: --results DIR")
    if free < MIN_DISK_GB:
        return Diagnosis("disk", "note", f"{free:.1f} GB free in {place}, {MIN_DISK_GB:.0f} are safe", "make room")
    return Diagnosis("disk", "ok", f"{free:.0f} GB free in {place}")


def check_machine_memory() -> Diagnosis:
    """Look at the machine's memory."""
    total = read_total_memory_gb()
    memory = "memory unknown" if total is None else f"{total:.0f} GB memory"
    state = "note" if total is None or total < MIN_MEMORY_GB else "ok"
    orphans = "" if can_end_orphans() else f"; {ORPHANS_NOTE}"
    return Diagnosis(
        "machine", state, f"{platform.system()} {platform.machine()}, {count_cores()} cores, {memory}{orphans}"
    )


def check_plugins_found() -> Iterator[Diagnosis]:
    """Read the YAML of all plugins."""
    for group in ("methods", "segmentation", "data"):
        try:
            yield Diagnosis(group, "ok", ", ".join(find_plugins(group)))
        except UserError as error:
            yield Diagnosis(group, "missing", str(error).replace("\n", "; "), "see the fixes in the text")
    yield Diagnosis("metrics", "ok", ", ".join(find_metric_files()))


def check_prepared_data() -> Iterator[Diagnosis]:
    """Say for each data set whether it is prepared, can be, or needs the user's copy."""
    for name, found in find_plugins("data").items():
        ready = sorted(path.parent.name for path in (ROOT / "data" / name / "images").glob("*/*/manifest.json"))
        state, hint = "ok", ""
        if ready:
            text = f"prepared: {', '.join(dict.fromkeys(ready))}"
        elif found.meta["source"] == "none":
            text = "made when first needed, without a download"
        else:
            state, text, hint = "note", "not here", _preparation_hint(found)
        yield Diagnosis(f"data {name}", state, text, hint)


def _preparation_hint(found: Plugin) -> str:
    if found.meta.get("download"):
        return f"python -m sspbench download {found.name}"
    return f"snakemake ... --config dataset={found.name} data_root=DIR (your copy; see data/{found.name})"


def check_vgg16_weights() -> Diagnosis:
    """Look for VGG16 weights, in the config's default and where torchvision keeps its own."""
    from ..config.config_files import DEFAULT_CONFIG_FILE, read_config

    named = read_config(DEFAULT_CONFIG_FILE).get("vgg16")
    home = Path(os.environ.get("TORCH_HOME", Path.home() / ".cache" / "torch"))
    cached = sorted((home / "hub" / "checkpoints").glob("vgg16-*.pth"))
    if named and not Path(named).is_file():
        return Diagnosis("VGG16", "missing", f"{named} does not exist", "correct vgg16 in config/config.yaml")
    if named or cached:
        return Diagnosis("VGG16", "ok", str(named or cached[0]))
    return Diagnosis(
        "VGG16",
        "note",
        "no weights: perceptual losses use seeded random ones, and every table says so",
        "give a file: --config vgg16=FILE",
    )


def check_network_needs() -> Diagnosis:
    """Say what of the main job needs the network: nothing, once the environment is there."""
    needing = [name for name, found in find_plugins("data").items() if found.meta["source"] == "none"]
    if not needing:
        return Diagnosis("offline", "note", "no data set of this checkout can be made without a download")
    return Diagnosis("offline", "ok", f"the main job needs no network (data set {needing[0]} is simulated)")


def check_slurm() -> Diagnosis:
    """Look for a Slurm to submit to."""
    if shutil.which("sbatch") is None:
        return Diagnosis("Slurm", "note", "not here; only needed for --workflow-profile profiles/slurm")
    return Diagnosis("Slurm", "ok", "use --workflow-profile profiles/slurm (docs/scaling.md)")
