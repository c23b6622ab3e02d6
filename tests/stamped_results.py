"""Results whose jobs record a commit and a machine, as a release needs them."""

from sspbench.files import read_json, write_json

MAKER = {"commit": "b" * 40, "date": "2026-01-02T03:04:05+00:00", "changed": []}
PLACE = {"commit": "a" * 40, "dirty": False, "machine": {"cpu": "A"}, "versions": {"numpy": "2"}, "data": "d" * 64}


def stamped(plan):
    """Give every job of every run a clean commit, and the segmenter of each seed a job."""
    for run in plan.runs:
        folder = plan.layout.run_folder(run.id, run.seed)
        for path in folder.glob("run.json"):
            write_json(path, {stage: {**job, **PLACE} for stage, job in read_json(path).items()})
    for seed in plan.config["seeds"]:
        write_json(plan.layout.segmenter_folder("csnet", seed) / "jobs/train.json", {**PLACE, "steps": 7})
