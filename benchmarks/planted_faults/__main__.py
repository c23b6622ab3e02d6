"""``python -m benchmarks.planted_faults --output DIR``: trains all cases, those not yet trained, and judges them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, merge_dicts, read_config
from sspbench.config.settings import Settings
from sspbench.errors import UserError
from sspbench.files import write_json, write_text
from sspbench.images.manifest import Manifest
from sspbench.images.pictures import read_grey, to_float, to_uint8
from sspbench.stages.prepare import fill_prepared_folder
from sspbench.stages.score import SCORE_COLUMNS
from sspbench.training.loop.batches import BatchPlan, Domain, load_domain_images, make_batches
from sspbench.training.loop.training import Training, TrainingBudget

from .faults import (
    ALL_CASES,
    ARITHMETIC_CASES,
    BASE_PARAMS,
    CORRECT_CASE,
    FAULT_CASES,
    FirstEpochBatches,
    TrainingCase,
    score_without_segmenter,
)
from .verdict_table import PUBLISHED_SEED_COUNT, write_verdict_table

DATA_OPTIONS = {"train_low": 24, "train_high": 24, "test": 6, "size": 128}
"""Images of the study."""

ENGINE_OPTIONS = {"precision": "fp32", "channels_last": False, "compile": False}

TestImages = dict[str, np.ndarray]
"""The test images and their clean ones, (N, H, W) uint8."""


def plan_for_case(case: TrainingCase) -> Plan:
    """Return the plan of a case."""
    config = {
        "methods": ["identity", "sspnet"],
        "ablation": None,
        "dataset_options": DATA_OPTIONS,
        "params": {"sspnet": merge_dicts(BASE_PARAMS, case.params)},
    }
    read = read_config(DEFAULT_CONFIG_FILE)
    return Plan(merge_dicts(read, {**config, "data_seed": read["data_seed"] + case.data_seed}))


def prepare_case_data(case: TrainingCase, output: Path) -> tuple[Manifest, TestImages]:
    """Prepare the images of a case once."""
    folder = output / f"data-{case.data_seed}"
    if not folder.is_dir():
        output.mkdir(parents=True, exist_ok=True)
        fill_prepared_folder(plan_for_case(case).prepare_settings(), folder)
    manifest = Manifest.read(folder / "manifest.json")
    origins = manifest.image_paths("testA")
    cleans = [path for path in manifest.find_companions(origins, "testA_clean") if path is not None]
    return manifest, {
        name: np.stack([read_grey(p) for p in paths]) for name, paths in (("origin", origins), ("clean", cleans))
    }


def train_case(case: TrainingCase, seed: int, output: Path) -> None:
    """Train one case under one seed, enhance the test images and score them, as a results folder of the case."""
    folder = output / case.name / "runs" / "sspnet" / f"seed-{seed}"
    if (folder / "scores.csv").is_file():
        return
    manifest, images = prepare_case_data(case, output)
    plan = plan_for_case(case)
    settings = replace(plan.train_settings(plan.get_run("sspnet", plan.config["seeds"][0])), seed=seed)
    settings = replace(settings, engine=replace(settings.engine, **{**ENGINE_OPTIONS, **case.engine}))
    enhanced = _train_and_enhance(case, settings, manifest, images["origin"], folder)
    _write_scores(folder, "sspnet", seed, score_without_segmenter(enhanced, **images))
    untouched = output / case.name / "runs" / "identity" / f"seed-{seed}"
    _write_scores(untouched, "identity", seed, score_without_segmenter(images["origin"], **images))
    write_json(folder / "run.json", {"train": {"settings": asdict(settings), "data": manifest.digest}})


def _train_and_enhance(
    case: TrainingCase, settings: Settings, manifest: Manifest, images: np.ndarray, folder: Path
) -> np.ndarray:
    method = case.kind(settings.plugin_params, settings.seed)
    plan = BatchPlan.from_params(method.params)
    domains = {
        name: Domain(plan, load_domain_images(manifest.image_paths(split), plan, name))
        for name, split in (("low", "trainA"), ("high", "trainB"))
    }
    batches = make_batches(plan, settings.seed, domains)
    batches = FirstEpochBatches(batches) if case.first_epoch else batches
    Training(method, batches, settings.engine, TrainingBudget(), folder, {}, case.name).run(lambda: ())
    method.step = 0
    return np.concatenate([to_uint8(method.enhance(to_float(image)[None, None]))[0] for image in images])


def _write_scores(folder: Path, row: str, seed: int, scores: dict[str, np.ndarray]) -> None:
    lines = [
        f"cornsim,study,{row},,{seed},image_{number},{name},{float(value)!r},"
        for name, values in scores.items()
        for number, value in enumerate(values)
    ]
    write_text(folder / "scores.csv", "\n".join([",".join(SCORE_COLUMNS), *lines]) + "\n")


def iter_trainings(further: int, seeds: int) -> Iterator[tuple[TrainingCase, int]]:
    """Yield what is trained: the published and further seeds of the right case, the first seeds of all others."""
    yield from ((CORRECT_CASE, seed) for seed in range(PUBLISHED_SEED_COUNT + further))
    for case in (*ARITHMETIC_CASES, *FAULT_CASES):
        yield from ((case, seed) for seed in range(seeds))


def main() -> int:
    """Run the study."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted_faults", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder of trainings and tables; kept between calls")
    parser.add_argument("--further", type=int, default=15, help="further seeds of the right training")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of every other case")
    parser.add_argument(
        "--only", nargs="*", default=[case.name for case in ALL_CASES], help="train only these cases now"
    )
    args = parser.parse_args()
    unknown = set(args.only) - {case.name for case in ALL_CASES}
    if unknown:
        raise UserError(f"Unknown case {', '.join(sorted(unknown))}", hint="give one of those that --help lists")
    for case, seed in iter_trainings(args.further, args.seeds):
        if case.name in args.only:
            train_case(case, seed, args.output)
    if all((args.output / case.name).is_dir() for case in ALL_CASES):
        print(write_verdict_table(args.output, args.seeds))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
