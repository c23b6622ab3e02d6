"""Releases: numbers go into git and come back, tables follow from them, and what was changed is named."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from report.releases.check import check_release, find_foreign_files, find_unknown_origins
from report.releases.publish import publish_release, renew_release, withdraw_part
from sspbench import load_scores
from sspbench.checkout import ROOT
from sspbench.commands.cli import main
from sspbench.errors import UserError
from sspbench.files import read_json, sha256, write_json, write_text
from sspbench.releases.packing import unpack_release
from sspbench.releases.records import drop_repeated_settings, read_job_records, restore_settings
from sspbench.releases.release_folder import ReleasePart
from sspbench.releases.score_files import round_number_text
from sspbench.releases.scores import SCORES_FRAME_COLUMNS
from tests.stamped_results import MAKER, stamped
from tests.synthetic_results import make_results


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with results of two seeds, one row of which failed, and release v1 of them."""
    folder = tmp_path_factory.mktemp("release")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        results = make_results(
            folder, failed="msgnet", methods=["identity", "dcp", "msgnet", "sspnet"], ablation=None, seeds=[0, 1]
        )
        stamped(results.plan)
        part, new = publish_release(results.plan, "v1", MAKER)
    assert new
    return folder, results.plan, ReleasePart(folder / part.folder)


@pytest.fixture
def copy(made, tmp_path):
    """A copy of the release that may be changed."""
    target = tmp_path / "results/published/v1"
    shutil.copytree(made[2].folder.parents[1], target)
    return ReleasePart(target / "cornsim/demo")


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_release_comes_back_as_the_results_it_was_made_of(made, tmp_path):
    _, plan, part = made
    again = unpack_release(part, tmp_path / "back")
    assert [(run.id, run.seed) for run in again.runs] == [(run.id, run.seed) for run in plan.runs]
    assert read_job_records(again.layout.segmenter_folder("csnet", 1)) == read_job_records(
        plan.layout.segmenter_folder("csnet", 1)
    )
    for run in plan.runs:
        before, after = plan.layout.run_folder(run.id, run.seed), again.layout.run_folder(run.id, run.seed)
        assert read_job_records(before) == read_job_records(after)
        if run.plugin.name == "msgnet":
            assert read_json(after / "status.json") == read_json(before / "status.json")
            continue
        ours, theirs = ((folder / "scores.csv").read_text().splitlines() for folder in (after, before))
        assert len(ours) == len(theirs)
        assert sorted(line.split(",")[:7] for line in ours) == sorted(line.split(",")[:7] for line in theirs)
        values = {tuple(line.split(",")[:7]): line.split(",")[7] for line in theirs[1:]}
        assert all(
            line.split(",")[7] == repr(float(round_number_text(values[tuple(line.split(",")[:7])])))
            for line in ours[1:]
        )


def test_a_release_holds_numbers_their_origin_and_no_images(made):
    _, _, part = made
    facts = part.record
    assert facts["commits"] == {"a" * 40: 10} and facts["data"] == "d" * 64
    assert facts["tables"]["commit"] == "b" * 40
    assert facts["config"]["methods"] == ["identity", "msgnet", "dcp", "sspnet"] or set(facts["config"]["methods"]) == {
        "identity",
        "msgnet",
        "dcp",
        "sspnet",
    }
    assert {"scores.csv", "notes.csv", "runs.json", "losses.csv", "tables/primary.json"} <= set(part.list_files())
    losses = (part.folder / "losses.csv").read_text()
    assert "\nsspnet,1," in losses and "\nidentity," not in losses
    assert {name for name in part.list_files() if name.endswith(".png")} >= {"figures/training.png"}
    assert not [name for name in part.list_files() if "comparison.png" in name]
    crate = {entity["@id"]: entity for entity in read_json(part.folder / "ro-crate-metadata.json")["@graph"]}
    assert crate["./"]["name"].endswith(": release v1/cornsim/demo")
    assert crate["#run"]["name"] == "Run of the workflow: v1/cornsim/demo"
    done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=part.folder, check=False)
    assert done.returncode == 0


def test_every_table_and_figure_follows_from_the_scores_byte_for_byte(copy, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce-tables", "--keep", "rebuilt"]) == 0
    said = capsys.readouterr().out
    total = len(copy.expected_hashes())
    assert total > 12
    assert said == f"v1/cornsim/demo: {total} of {total} tables and figures are equal byte for byte\n"
    assert (tmp_path / "rebuilt/cornsim/demo/tables/tests.tex").is_file()
    assert [*find_foreign_files(copy), *find_unknown_origins(copy)] == []


def test_a_changed_digit_is_named_with_the_tables_it_spoils_and_by_our_own_audit(copy):
    path = copy.scores
    head, *lines = [line.split(",") for line in path.read_text().splitlines()]
    next(line for line in lines if line[0] == "sspnet")[head.index("acc")] = "9.7"
    path.write_text("".join(",".join(line) + "\n" for line in [head, *lines]))
    assert copy.find_changes() == ["CHANGED  scores.csv"]
    faults = check_release(copy)
    assert {"CHANGED  scores.csv", "DIFFERS  tables/table2_segmentation.csv"} <= set(faults)
    assert any(fault.startswith("AUDIT    acc of sspnet") for fault in faults)


def test_a_release_of_a_users_folder_needs_no_folder(copy, tmp_path):
    config = {**copy.record["config"], "dataset": "folder", "data_root": "my-images"}
    dataset = {**copy.record["dataset"], "id": "folder-my-images"}
    write_json(copy.folder / "release.json", {**copy.record, "config": config, "dataset": dataset})
    plan = unpack_release(copy, tmp_path / "back")
    assert plan.layout.root == tmp_path / "back/folder-my-images/demo"
    assert plan.layout.run_folder("dcp", 0).is_dir()


def test_what_was_removed_or_added_is_named(copy):
    (copy.tables / "primary.json").unlink()
    (copy.folder / "enhanced.png").write_bytes(b"picture")
    assert copy.find_changes() == ["ADDED    enhanced.png", "MISSING  tables/primary.json"]
    assert list(find_foreign_files(copy)) == ["UNKNOWN  enhanced.png: not a file of a release"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"commits": {}}, "names no commit"),
        ({"seeds": [0, 1, 2]}, "has seeds 0, 1"),
        ({"data": "e" * 64}, "other images"),
        ({"release": "v9"}, "is of v9"),
    ],
)
def test_an_origin_that_does_not_hold_is_named(copy, change, told):
    write_json(copy.folder / "release.json", {**copy.record, **change})
    assert any(told in fault for fault in find_unknown_origins(copy))


def test_publishing_twice_changes_nothing_and_other_results_need_another_name(made, monkeypatch):
    folder, plan, part = made
    monkeypatch.chdir(folder)
    before = {name: sha256(part.folder / name) for name in [*part.list_files(), "SHA256SUMS"]}
    assert publish_release(plan, "v1", {**MAKER, "commit": "c" * 40})[1] is False
    assert before == {name: sha256(part.folder / name) for name in [*part.list_files(), "SHA256SUMS"]}
    scores = plan.layout.run_folder("dcp", 0) / "scores.csv"
    text = scores.read_text()
    try:
        edit(scores, ",entropy,", ",entropy,1")
        with pytest.raises(UserError, match=r"(?i)another release.*\n.*\n.*scores.csv"):
            publish_release(plan, "v1", MAKER)
    finally:
        scores.write_text(text)
    assert [place.name for place in (folder / "results/published").iterdir()] == ["v1"]


@pytest.mark.parametrize("fault", ["dirty", "commit", "unfinished", "data", "tree", "name"])
def test_what_cannot_be_published_is_refused_and_leaves_nothing(made, tmp_path, monkeypatch, fault):
    _, plan, _ = made
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "results"
    shutil.copytree(plan.layout.root, root / "cornsim/demo")
    copied = type(plan)(plan.config, root)
    folder = copied.layout.run_folder("sspnet", 1)
    jobs = read_json(folder / "run.json")
    maker, name, told = MAKER, "v2", ""
    if fault == "dirty":
        told = "local changes to aaaaaaaaaaaa"
        jobs["train"]["dirty"] = True
    elif fault == "commit":
        told = "does not say which commit"
        del jobs["train"]["commit"]
    elif fault == "data":
        told = "saw different images"
        jobs["train"]["data"] = "f" * 64
    elif fault == "unfinished":
        told = "A run is missing"
        (folder / "scores.csv").unlink()
    elif fault == "tree":
        told, maker = "checkout has local changes", {**MAKER, "changed": ["report/page/build.py"]}
    else:
        told, name = "not a name for a release", "../v2"
    write_json(folder / "run.json", jobs)
    with pytest.raises(UserError, match=told):
        publish_release(copied, name, maker)
    assert not list((root / "published").glob("*"))


def test_tables_are_renewed_and_scores_stay(copy):
    edit(copy.tables / "table1_quality.csv", "0.", "1.")
    copy.write_sums_file()
    scores = copy.scores.read_bytes()
    assert renew_release(copy, {**MAKER, "commit": "c" * 40}) == ["tables/table1_quality.csv"]
    assert copy.record["tables"]["commit"] == "c" * 40
    assert copy.scores.read_bytes() == scores
    assert not copy.find_changes()


def test_a_large_table_is_kept_as_its_hash_and_still_compared(copy, monkeypatch):
    monkeypatch.setattr("report.releases.publish.MAX_TABLE_BYTES", 1000)
    kept = set(copy.expected_hashes())
    edit(copy.tables / "table1_quality.csv", "0.", "1.")
    copy.write_sums_file()
    renew_release(copy, MAKER)
    assert not (copy.tables / "table2_segmentation.csv").exists()
    assert set(copy.expected_hashes()) == kept
    large = copy.record["tables"]["large"]
    assert large["tables/table2_segmentation.csv"] == copy.expected_hashes()["tables/table2_segmentation.csv"]


def test_a_release_of_an_older_version_is_rejected_with_a_hint(copy):
    (copy.folder / "runs").mkdir()
    (fault,) = [line for line in check_release(copy) if "old form" in line]
    assert "hint: read it with the version that wrote it" in fault


def test_a_checkout_without_a_release_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce-tables"]) == 0
    assert "no release is published yet" in capsys.readouterr().out


def test_scores_come_as_one_tidy_frame_from_a_run_and_from_its_release(made):
    _, plan, part = made
    run, release = load_scores(plan.layout.root), load_scores(part.folder.parents[1])
    assert list(run.columns) == SCORES_FRAME_COLUMNS and len(run) == len(release) == 3 * 2 * 8 * 8
    keys = ["row", "seed", "image", "metric"]
    run, release = (frame.sort_values(keys, ignore_index=True) for frame in (run, release))
    assert run[keys].equals(release[keys])
    assert run["value"].to_numpy() == pytest.approx(release["value"].to_numpy(), rel=1e-7)
    with pytest.raises(UserError, match="No scores found"):
        load_scores(part.tables)


def test_scores_of_checkpoints_and_of_the_control_are_no_scores_of_a_run(made, tmp_path):
    _, plan, _ = made
    run = shutil.copytree(plan.layout.run_folder("sspnet", 0), tmp_path / "seed-0")
    own = load_scores(run)
    head, *lines = (run / "scores.csv").read_text().splitlines()
    asides = {"low": (",segmenter", ",low"), "checkpoints": (",step", ",5"), "checkpoints/work": ("", "")}
    for place, (title, cell) in asides.items():
        text = "".join([f"{head}{title}\n", *(f"{line}{cell}\n" for line in lines)])
        write_text(run / place / "scores.csv", text)
    pd.testing.assert_frame_equal(load_scores(tmp_path), own)


def test_the_python_lines_of_the_daily_questions_run_as_they_stand(made, monkeypatch, capsys):
    monkeypatch.chdir(made[0])
    blocks = re.findall("```python\n(.*?)```", (ROOT / "docs/quickstart.md").read_text(), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "docs/quickstart.md", "exec"), {})
    said = capsys.readouterr().out
    assert "identity" in said and "image_" in said


def test_settings_are_said_once_and_come_back():
    def run(seed, lr):
        return {"status": {}, "jobs": {"train": {"settings": {"seed": seed, "lr": lr}, "steps": 3}}}

    records = {"0": run(0, 1.0), "1": run(1, 1.0), "2": run(2, 5.0)}
    kept = drop_repeated_settings(records)
    assert ["settings" in one["jobs"]["train"] for one in kept.values()] == [True, False, True]
    assert restore_settings(kept) == records


def test_git_lets_published_results_through():
    def ignored(path):
        return subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0

    assert not ignored("results/published/v1/cornsim/demo/scores.csv")
    assert ignored("results/cornsim/demo/tables/index.json")


def test_a_release_that_cannot_be_whole_leaves_nothing(copy):
    other = copy.folder.parents[1] / "cornsim-2" / "demo"
    shutil.copytree(copy.folder, other)
    withdraw_part(other)
    assert copy.folder.is_dir() and not other.parent.exists()
    withdraw_part(copy.folder)
    assert not copy.folder.parents[1].exists() and copy.folder.parents[2].is_dir()
