"""``verify``: further seeds are consistent, faults are found and named, and too few seeds are called too few."""

import json

import numpy as np
import pytest

from report.compare.recorded_results import read_results_folder
from report.verify.commands import find_exit_status
from report.verify.verdicts import judge_rows
from sspbench.commands.cli import main
from sspbench.errors import UserError
from tests.recorded_results import write_run

LEARNED = ("sspnet", "stillgan", "msgnet", "enlightengan")
IMAGES = np.sin(np.arange(8))


def write(root, seeds, rows=("identity", *LEARNED), faulty=None, fault=None, lose=None, steps=10, torch="2.13.0"):
    """Write seeds of made-up methods: each seed shifts all its images and losses; ``fault`` shifts one row's."""
    for place, row in enumerate(("identity", *LEARNED)):
        if row not in rows:
            continue
        for seed in seeds:
            random = np.random.default_rng([place, seed])
            luck = random.normal(size=4)
            shift = (fault or 0.0) if row == faulty else 0.0
            learns = row != "identity"
            scores = {
                "avg_gradient": 8 + IMAGES + learns * (4 + 0.1 * luck[0] + shift),
                "psnr": 20 + IMAGES + learns * (5 + 0.2 * luck[1]),
                "dice": 0.6 + 0.05 * IMAGES + 0.02 * luck[2],
            }
            curve = np.exp(-np.arange(steps) / 3) * (1 + 0.02 * luck[3]) + 0.01 * random.normal(size=steps)
            losses = {name: curve + shift for name in ("cycle", "adversarial") if (row, name) != (faulty, lose)}
            write_run(root, row, seed, scores, losses if learns else None, versions={"torch": torch})
    return read_results_folder(root)


@pytest.fixture
def published(tmp_path):
    return write(tmp_path / "published", range(5))


def verdicts(found):
    return {one.row: one.verdict for one in found}


def test_a_published_result_is_consistent_with_itself(published):
    found = judge_rows(published, published)
    assert set(verdicts(found).values()) == {"consistent"}
    assert find_exit_status(found) == 0


@pytest.mark.parametrize("seeds", [[5], [6, 7, 8]])
def test_further_seeds_are_consistent(published, tmp_path, seeds):
    found = judge_rows(write(tmp_path / "mine", seeds), published)
    assert set(verdicts(found).values()) == {"consistent"}


def test_further_seeds_are_seldom_called_wrong(published, tmp_path):
    further = write(tmp_path / "mine", range(100, 115))
    found = [judge_rows(further.select_seeds([seed]), published) for seed in further.seeds]
    assert sum("not consistent" in verdicts(one).values() for one in found) <= 1


def test_a_shifted_row_is_found_and_no_other(published, tmp_path):
    found = judge_rows(write(tmp_path / "mine", [5, 6, 7], faulty="stillgan", fault=2.0), published)
    assert verdicts(found) == {
        "identity": "consistent", "sspnet": "consistent", "stillgan": "not consistent", "msgnet": "consistent",
        "enlightengan": "consistent",
    }  # fmt: skip
    (wrong,) = [one for one in found if one.row == "stillgan"]
    assert "avg_gradient" in {check.feature.name for check in wrong.outside_checks}
    assert {check.feature.kind for check in wrong.outside_checks} == {"image", "loss"}
    assert all(check.distance > 1 for check in wrong.outside_checks)
    assert find_exit_status(found) == 1


def test_a_loss_that_is_gone_and_other_steps_are_told(published, tmp_path):
    found = judge_rows(write(tmp_path / "mine", [5], faulty="sspnet", lose="adversarial", steps=9), published)
    (one,) = [one for one in found if one.row == "sspnet"]
    assert one.faults == ("losses that are not logged: adversarial", "trained for 90 steps, published: 100")
    assert one.verdict == "not consistent"


def test_the_same_seed_must_start_alike(published, tmp_path):
    mine = write(tmp_path / "mine", [2], ["sspnet"], faulty="sspnet", fault=0.05)
    (one,) = judge_rows(mine, published)
    assert [fault.partition(":")[0] for fault in one.faults] == ["seed 2", "seed 2"]
    other = write(tmp_path / "other", [2], ["sspnet"], faulty="sspnet", fault=0.05, torch="2.14.0")
    assert judge_rows(other, published)[0].faults == ()  # another version of torch may draw other initial weights


def test_the_same_seed_must_go_on_alike(tmp_path):
    published = write(tmp_path / "published", range(5), ["sspnet"], steps=40)
    mine = write(tmp_path / "mine", [2, 7], ["sspnet"], steps=40)
    logs = [mine.runs["sspnet", seed] / "training.jsonl" for seed in (2, 7)]
    own, other = (log.read_text().splitlines(keepends=True) for log in logs)
    assert judge_rows(read_results_folder(tmp_path / "mine").select_seeds([2]), published)[0].faults == ()
    logs[0].write_text("".join([*own[:8], *other[8:]]))  # as if later epochs had drawn other batches
    (one,) = judge_rows(read_results_folder(tmp_path / "mine").select_seeds([2]), published)
    assert [found.kind for found in one.same_seed] == ["order"]
    assert one.verdict == "not consistent"
    assert one.faults[0].startswith("seed 2: from step 110 to 400 no loss jumps as in the published log")


@pytest.mark.parametrize(
    ("step", "precisions", "difference", "told"),
    [
        (1, ("fp32", "fp32"), 3e-3, True),
        (1, ("fp32", "fp32"), 3e-4, False),
        (4, ("fp32", "fp32"), 3e-3, False),
        (4, ("fp32", "fp32"), 3e-2, True),
        (1, ("bf16", "fp32"), 2e-2, False),
    ],
)
def test_how_far_first_losses_may_differ(tmp_path, step, precisions, difference, told):
    sides = []
    for name, precision, loss in zip("ab", precisions, (1.0, 1.0 - difference), strict=True):
        settings = {"engine": {"precision": precision}}
        folder = write_run(tmp_path / name, "sspnet", 0, {"psnr": [20.0]}, {"cycle": [loss]}, settings=settings)
        (folder / "training.jsonl").write_text(json.dumps({"step": step, "losses": {"cycle": loss}}) + "\n")
        sides.append(read_results_folder(tmp_path / name))
    (one,) = judge_rows(*sides)
    assert bool(one.faults) == told


def test_a_method_without_training_must_be_the_same(published, tmp_path):
    folder = write_run(tmp_path / "mine", "identity", 5, {"avg_gradient": 1.01 * (8 + IMAGES), "psnr": 20 + IMAGES})
    (one,) = judge_rows(read_results_folder(folder.parents[2]), published)
    assert one.verdict == "not consistent"
    assert [check.feature.name for check in one.outside_checks] == ["avg_gradient"]


def test_two_published_seeds_are_too_few(tmp_path):
    few, mine = write(tmp_path / "published", [0, 1]), write(tmp_path / "mine", [5], LEARNED)
    found = judge_rows(mine, few)
    assert set(verdicts(found).values()) == {"too few seeds"}
    assert find_exit_status(found) == 3


def test_bands_that_hold_the_untouched_image_do_not_tell(tmp_path):
    """A method whose seeds vary more than it changes the image: a run that did nothing would pass."""
    for side, seeds in (("published", range(5)), ("mine", [5])):
        for seed in seeds:
            luck = np.random.default_rng(seed).normal()
            write_run(tmp_path / side, "identity", seed, {"psnr": 20 + IMAGES})
            write_run(tmp_path / side, "sspnet", seed, {"psnr": 20.5 + IMAGES + luck}, {"cycle": [1 + 0.1 * luck] * 3})
    found = judge_rows(read_results_folder(tmp_path / "mine"), read_results_folder(tmp_path / "published"))
    assert verdicts(found) == {"identity": "consistent", "sspnet": "too few seeds"}


def test_the_command_says_which_and_how_far(published, tmp_path, capsys):
    write(tmp_path / "mine", [5, 6, 7], faulty="stillgan", fault=2.0)
    output = tmp_path / "out"
    arguments = ["verify", str(tmp_path / "mine"), "--against", published.name]
    assert main([*arguments, "--output", str(output)]) == 1
    told = capsys.readouterr().out
    assert "StillGAN      not consistent" in told
    assert "half-widths away" in told
    assert "avg_gradient" in (output / "verify.md").read_text()
    assert (output / "verify.csv").read_text().startswith("row,label,verdict,feature")
    assert main([*arguments, "--rows", "sspnet", "identity"]) == 0
    assert main([*arguments, "--rows", "nothing"]) == 2


def test_what_was_changed_stands_below(published, tmp_path, capsys):
    folder = write(tmp_path / "mine", [5], ["sspnet"]).runs["sspnet", 5]
    record = json.loads((folder / "run.json").read_text())
    record["train"]["settings"]["params"]["rate"] = 0.3
    (folder / "run.json").write_text(json.dumps(record))
    main(["verify", str(tmp_path / "mine"), "--against", published.name])
    assert "params.rate" in capsys.readouterr().out


def test_losses_that_vary_by_factors_are_compared_as_factors(tmp_path):
    """Plain bands of such losses would reach below zero, and call a loss ten times too small right."""
    for side, factors in (("published", (1.0, 1.3, 0.8, 1.1, 0.9)), ("small", (0.02,)), ("mine", (1.2,))):
        for seed, factor in enumerate(factors, start=0 if side == "published" else 5):
            curve = [100 * factor, 50 * factor, 20 * factor]
            write_run(tmp_path / side, "msgnet", seed, {"psnr": [20.0 + factor]}, {"style": curve})
    published = read_results_folder(tmp_path / "published")
    checks = judge_rows(read_results_folder(tmp_path / "mine"), published)[0].checks
    assert all(0 < check.limits[1] < check.limits[0] < check.limits[2] for check in checks if check.feature.log)
    outside = {
        check.feature.name for check in judge_rows(read_results_folder(tmp_path / "small"), published)[0].outside_checks
    }
    assert {"style at step 10", "style at step 20", "style at step 30"} <= outside


def test_counts_that_jump_are_not_compared(tmp_path):
    for side, seeds in (("published", range(5)), ("mine", [5])):
        for seed in seeds:
            jump = 56.0 if seed == 5 else 15.0 + 0.1 * seed
            write_run(tmp_path / side, "sspnet", seed, {"psnr": [20.0 + 0.1 * (seed % 3)], "nerve_count_error": [jump]})
    (one,) = judge_rows(read_results_folder(tmp_path / "mine"), read_results_folder(tmp_path / "published"))
    assert [check.feature.name for check in one.checks] == ["psnr"]


def test_results_without_a_common_row_are_refused(published, tmp_path):
    write_run(tmp_path / "mine", "clahe", 0, {"psnr": [1.0]})
    assert main(["verify", str(tmp_path / "mine"), "--against", published.name]) == 2
    with pytest.raises(UserError, match="Results are missing of nothing"):
        published.select_rows(["nothing"])
