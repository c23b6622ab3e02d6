"""Small made-up results: what the stages would leave, with random pictures and scores, for tests of the report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from report.analysis.results import Results
from report.analysis.run_record import write_run_record
from report.figures.draw_all import draw_figures, write_chart_panels
from report.page.build import write_page
from report.tables.write_all import write_tables
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, merge_dicts, read_config
from sspbench.config.runs import Run
from sspbench.files import write_json, write_text
from sspbench.images.manifest import write_manifest
from sspbench.images.pictures import write_grey
from sspbench.jobs.image_folders import write_folder_manifest
from sspbench.jobs.outcome import write_status
from sspbench.stages.definitions import write_definitions

METRICS = ("entropy", "avg_gradient", "niqe", "piqe", "auc", "acc", "dice", "psnr")
IMAGES = 8
SIDE = 48


def make_results(
    folder: Path,
    failed: str | None = "msgnet",
    labels: bool = True,
    rename: dict[str, str] | None = None,
    pictures: bool = True,
    **config: object,
) -> Results:
    """Write results of a simulated data set below ``folder``, which must be the working directory (data lie there).

    Args:
        folder: Where to.
        failed: The method that diverged.
        labels: Whether the test images have labels.
        rename: Other labels of methods, by name.
        pictures: Whether runs have images; without them they are made in a fraction of the time.
        config: Keys of the config.
    """
    settings = {"dataset": "cornsim", "preset": "demo", "methods": "paper", "ablation": "sspnet", **config}
    plan = Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), settings), folder / "results")
    plan.__dict__["all_runs"] = [_renamed(run, rename or {}) for run in plan.all_runs]
    generator = np.random.default_rng(7)
    names = [f"image_{number}" for number in range(IMAGES)]
    _write_data(plan.layout.data, names, labels, generator)
    for number, run in enumerate(plan.runs):
        place = plan.layout.run_folder(run.id, run.seed)
        if run.plugin.name == failed:
            place.mkdir(parents=True)
            write_status(place, "train", "diverged", "The loss became NaN <twice>")
        else:
            if pictures:
                _write_pictures(place, names, generator)
            _write_run(plan, run, place, names, number, generator)
    return Results(plan, partial=True)


def make_drawn_results(folder: Path, rename: dict[str, str]) -> Results:
    """Return results of :func:`make_results` with tables, figures, panels, records and page, made by one process."""
    results = make_results(folder, rename=rename)
    layout = results.plan.layout
    write_tables(results, layout.tables)
    draw_figures(results, layout.figures)
    write_chart_panels(results, layout.figures)
    write_run_record(results, layout.root)
    write_page(layout.root, layout.root / "report.html")
    return results


def _renamed(run: Run, labels: dict[str, str]) -> Run:
    meta = {**run.plugin.meta, "label": labels.get(run.plugin.name, run.plugin.label)}
    return replace(run, plugin=replace(run.plugin, meta=meta))


def _write_data(folder: Path, names: list[str], labels: bool, generator: np.random.Generator) -> None:
    splits = ["testA", "testA_clean", *(["testA_labels"] if labels else [])]
    for name in names:
        for split in splits:
            mask = np.where(generator.random((SIDE, SIDE)) < 0.1, 255, 0)
            pixels = mask if split == "testA_labels" else generator.integers(20, 200, (SIDE, SIDE))
            write_grey(folder / split / f"{name}.png", pixels.astype(np.uint8))
    write_manifest(folder, {"dataset": "cornsim", "field_um": 400})


def _write_pictures(place: Path, names: list[str], generator: np.random.Generator) -> None:
    for kind in ("enhanced", "masks"):
        for name in names:
            pixels = generator.integers(0, 256, (SIDE, SIDE))
            shown = pixels if kind == "enhanced" else (pixels > 230) * 255
            write_grey(place / kind / f"{name}.png", shown.astype(np.uint8))
        write_folder_manifest(place / kind, [place / kind / f"{name}.png" for name in names])


def _write_run(
    plan: Plan, run: Run, place: Path, names: list[str], number: int, generator: np.random.Generator
) -> None:
    lines = ["dataset,preset,method,variant,seed,image,metric,value,note"]
    first = f"{plan.layout.dataset},{plan.preset},{run.plugin.name},{run.variant or ''},{run.seed}"
    for metric in METRICS:
        for name in names:
            lines.append(f"{first},{name},{metric},{0.1 * number + generator.random():.6f},")
    write_text(place / "scores.csv", "\n".join(lines) + "\n")
    write_definitions(place / "definitions.csv", [_rival(name, 0.1 * number) for name in names])
    job = {"peak_memory_mb": 200.0, "machine": {"cpu": "A", "system": "B"}}
    job |= {"settings": plan.external_settings(run)} if run.is_external else {"seconds_per_image": 0.01 * (number + 1)}
    write_json(place / "run.json", {"enhance": job, **({"train": _train(place)} if run.is_learned else {})})


def _rival(name: str, value: float) -> tuple[str, str, str, float, str]:
    return name, "Entropy, nats", "native", value, ""


def _train(place: Path) -> dict:
    losses = [{"step": step, "losses": {"generator": 1.0 / step, "critic": 0.5}} for step in (10, 20, 30)]
    write_text(place / "training.jsonl", "".join(json.dumps(line) + "\n" for line in losses))
    return {"parameters": {"generator": 1000}, "steps": 30, "training_seconds": 12.5, "commit": "abc", "dirty": False}
