"""A training in a process of its own, for tests that stop it: python tests/training_job.py SETTINGS.json."""

import json
import sys
from pathlib import Path

from sspbench.config.settings import Settings
from sspbench.errors import UserError
from sspbench.images.manifest import Manifest
from sspbench.stages.train import TrainingLimits, train_method
from sspbench.training.loop.training import TrainingBudget


def main(job):
    limits = TrainingLimits(job.get("minutes", 60.0), TrainingBudget(checkpoint_steps=job["checkpoint_steps"]))
    try:
        train_method(
            Settings.from_json(job["settings"], "job.json"),
            Manifest.read(Path(job["manifest"])),
            Path(job["folder"]),
            limits,
        )
    except UserError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text())))
