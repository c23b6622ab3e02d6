"""Run folders as training leaves them, made without training."""

import json
from dataclasses import replace
from pathlib import Path

from sspbench.config.plan import Plan, read_config
from sspbench.contract import ColorMode


def run_of(name: str, folder: Path, color: ColorMode = "grey") -> Path:
    """A run folder as training leaves it, with seeded weights away from their starting values."""
    import torch

    from sspbench.stages.train import make_method
    from sspbench.training.loop.checkpoints import save_weights

    plan = Plan(read_config(Path("config/smoke.yaml")))
    settings = replace(plan.train_settings(plan.get_run(name, 0)), color=color)
    torch.manual_seed(1)
    method = make_method(settings)
    method.build()
    with torch.no_grad():
        for key in method.kept_networks:
            for parameter in method.networks[key].parameters():
                parameter.add_(0.05 * torch.randn(parameter.shape))
    method.finish(iter(torch.rand(2, 1, settings.channels, 64, 64)))
    save_weights(folder / "weights.safetensors", method)
    (folder / "jobs").mkdir()
    (folder / "jobs/train.json").write_text(json.dumps({"stage": "train", "settings": settings.as_json()}))
    return folder
