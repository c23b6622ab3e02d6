"""How fast training steps are: every learned method and the segmenter, by precision, memory layout and compilation.

Needs torch, numpy, pillow, pyyaml, tqdm and safetensors only; images are random, so nothing has to be prepared.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sspbench.config.settings import Settings
    from sspbench.training.loop.training import Training

MODES: dict[str, dict[str, Any]] = {
    "fp32": {"precision": "fp32", "channels_last": False},
    "fp32, channels last": {"precision": "fp32", "channels_last": True},
    "tf32, channels last": {"precision": "tf32", "channels_last": True},
    "bf16": {"precision": "bf16", "channels_last": False},
    "bf16, channels last": {"precision": "bf16", "channels_last": True},
    "bf16, channels last, compiled": {"precision": "bf16", "channels_last": True, "compile": True},
}
"""The engine settings that are compared, first the reference."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``bench-training``."""
    parser = commands.add_parser("bench-training", help="time training steps by precision, layout and compilation")
    parser.add_argument("names", nargs="*", help="methods and segmenters; all learned ones if none is named")
    parser.add_argument("--preset", default="paper", help="whose widths and sizes are used")
    parser.add_argument("--side", type=int, default=384, help="side of the random images")
    parser.add_argument("--crop", type=int, metavar="SIDE", help="train on crops of this side instead of the preset's")
    parser.add_argument("--batch", type=int, metavar="SIZE", help="images per step and domain instead of the preset's")
    parser.add_argument("--steps", type=int, default=20, help="steps timed, after a fifth as many to warm up")
    parser.add_argument("--modes", nargs="*", default=list(MODES), choices=list(MODES), metavar="MODE")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--profile", action="store_true", help="also print where the time of the last mode goes")
    parser.add_argument("--output", type=Path, help="also write the figures as JSON")
    parser.set_defaults(run=_bench)


@dataclass(frozen=True)
class Timing:
    """What was measured of one plugin in one mode."""

    name: str
    mode: str
    steps_per_second: float
    cpu_seconds: float
    data_ms: float
    peak_mb: float
    tflop_per_step: float
    loss: float


def _bench(args: argparse.Namespace) -> int:
    import torch

    from sspbench.files import write_json

    torch.set_num_threads(args.threads)
    rate = _matrix_rate()
    print(f"device: {_device_name()}; measured matrix rate {rate / 1e12:.3g} TFLOP/s (fp32, no TF32)\n")
    print(
        f"{'plugin':<14}{'mode':<32}{'steps/s':>9}{'ratio':>7}{'CPU s/step':>12}{'data ms':>9}"
        f"{'peak MB':>9}{'TFLOP/step':>12}{'share':>7}"
    )
    found = []
    for name in args.names or _all_names():
        reference = None
        for mode in args.modes:
            timing = _time(name, mode, args)
            reference = reference or timing.steps_per_second
            share = timing.tflop_per_step * 1e12 * timing.steps_per_second / rate
            print(
                f"{name:<14}{mode:<32}{timing.steps_per_second:>9.3g}{timing.steps_per_second / reference:>7.2f}"
                f"{timing.cpu_seconds:>12.3f}{timing.data_ms:>9.2f}{timing.peak_mb:>9.0f}{timing.tflop_per_step:>12.4f}{share:>7.2f}",
                flush=True,
            )
            found.append(vars(timing))
    if args.output:
        write_json(args.output, {"device": _device_name(), "fp32_matrix_rate": rate, "timings": found})
    return 0


def _all_names() -> list[str]:
    from sspbench.plugins.discovery import find_trained_plugins

    return [found.name for found in find_trained_plugins()]


def _device_name() -> str:
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"


def _synchronise() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _matrix_rate() -> float:
    """Return the device's measured rate of a large float32 matrix product, FLOP/s."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    size = 8192 if device == "cuda" else 1024
    a, b = torch.rand(2, size, size, device=device)
    best = 0.0
    for _ in range(5):
        _synchronise()
        start = time.perf_counter()
        a @ b
        _synchronise()
        best = max(best, 2 * size**3 / (time.perf_counter() - start))
    return best


def _settings(name: str, mode: str, args: argparse.Namespace) -> Settings:
    from sspbench.config.plan import settings_without_plan
    from sspbench.plugins.discovery import get_trained_plugin

    settings = settings_without_plan(get_trained_plugin(name), args.preset)
    engine = replace(settings.engine, compile=False, vgg16=None, threads=args.threads)
    batches = dict(settings.params["batches"])
    batches |= {} if args.crop is None else {"crop": args.crop, "resize": None}
    batches |= {} if args.batch is None else {"size": args.batch}
    params = {**settings.params, "batches": batches}
    return replace(settings, params=params, engine=replace(engine, **MODES[mode]))


def _training(settings: Settings, side: int, folder: Path) -> Training:
    """Return a built training on random images."""
    import numpy as np

    from sspbench.stages.train import make_trainable
    from sspbench.training.loop.batches import Batches, BatchPlan, Domain, DomainBatches, make_batches
    from sspbench.training.loop.training import Training, TrainingBudget
    from sspbench.training.trainable import TrainableMethod

    random = np.random.default_rng(0)
    trainable = make_trainable(settings)
    plan = BatchPlan.from_params(trainable.params)
    images = [random.integers(0, 256, (plan.resize or side,) * 2, dtype=np.uint8) for _ in range(max(8, plan.size))]
    if isinstance(trainable, TrainableMethod):
        batches: Batches = make_batches(plan, 0, {name: Domain(plan, images) for name in trainable.learns_from})
    else:
        masks = [np.where(image > 240, np.uint8(255), np.uint8(0)) for image in images]
        batches = DomainBatches(plan, 0, Domain(plan, images, masks))
    training = Training(trainable, batches, settings.engine, TrainingBudget(), folder, {})
    training.build()
    return training


def _time(name: str, mode: str, args: argparse.Namespace) -> Timing:
    import tempfile

    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as folder:
        training = _training(_settings(name, mode, args), args.side, Path(folder))
        flops = _flops(training) if mode != "bf16, channels last, compiled" else float("nan")
        for step in range(max(2, args.steps // 5)):
            training.run_step(step, training.batches.batch(step))
        seconds, cpu_seconds, data_seconds, loss = _timed(training, args.steps)
        if args.profile and mode == args.modes[-1]:
            print(_profile(training))
    per_step = cpu_seconds / args.steps, 1e3 * data_seconds / args.steps
    return Timing(name, mode, args.steps / seconds, *per_step, _peak_mb(), flops / 1e12, loss)


def _timed(training: Any, steps: int) -> tuple[float, float, float, float]:
    """Return wall and CPU seconds of ``steps`` steps, those of making batches apart, and the sum of the last losses."""
    start = time.perf_counter()
    batches = [training.batches.batch(step) for step in range(steps)]
    data_seconds = time.perf_counter() - start
    _synchronise()
    start, cpu_start = time.perf_counter(), time.process_time()
    for step, batch in enumerate(batches):
        losses = training.run_step(step, batch)
    _synchronise()
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    return seconds, cpu_seconds, data_seconds, sum(float(loss.detach()) for loss in losses.values())


def _flops(training: Any) -> float:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        training.run_step(0, training.batches.batch(0))
    return float(counter.get_total_flops())


def _peak_mb() -> float:
    import torch

    from sspbench.jobs.machine import peak_memory_mb

    return torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else peak_memory_mb()


def _profile(training: Any) -> str:
    import torch
    from torch.profiler import ProfilerActivity, profile

    on_gpu = torch.cuda.is_available()
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if on_gpu else [])
    with profile(activities=activities) as record:
        for step in range(3):
            training.run_step(step, training.batches.batch(step))
    by = "self_cuda_time_total" if on_gpu else "self_cpu_time_total"
    return str(record.key_averages().table(sort_by=by, row_limit=15, max_name_column_width=50))
