"""``merge`` joins releases with equal digests: further rows or further seeds, and refuses everything else."""

from pathlib import Path

import pytest

from report.releases.merge import merge_parts, pair_parts
from sspbench.errors import UserError
from sspbench.files import read_json, read_mapping, write_json, write_text
from sspbench.releases.packing import pack_release, unpack_release
from sspbench.releases.release_folder import ReleasePart
from sspbench.releases.score_files import LONG_COLUMNS
from tests.stamped_results import PLACE
from tests.synthetic_results import make_results


def pack(folder, name, methods, seeds, monkeypatch, weights="w", add=lambda plan: None, **facts):
    """Return a release of made-up results whose jobs record what the scores depend on."""
    home = folder / name
    home.mkdir()
    monkeypatch.chdir(home)
    plan = make_results(home, failed=None, methods=methods, ablation=None, seeds=seeds).plan
    for run in plan.runs:
        path = plan.layout.run_folder(run.id, run.seed) / "run.json"
        jobs = {stage: {**job, **PLACE} for stage, job in read_json(path).items()}
        jobs["segment"] = {**PLACE, "segmenter": {"recipe": "r", "weights": f"{weights}{run.seed}"}}
        jobs["score"] = {**PLACE, "metric_code": {"masks": "m"}, **facts}
        write_json(path, jobs)
    for seed in seeds:
        write_json(plan.layout.segmenter_folder("csnet", seed) / "jobs/train.json", {**PLACE, "steps": 7})
    add(plan)
    (home / "part").mkdir()
    return pack_release(plan, name, home / "part")


def pack_with_control(folder, name, methods, monkeypatch, weights="w"):
    """Return a release of one seed whose rows have scores under the segmenter trained on LQ images, too."""

    def add_control(plan):
        for run in plan.runs:
            row = f"set,demo,{run.plugin.name},{run.variant or ''},0,test_0,dice,0.5,,low"
            path = plan.layout.run_folder(run.id, 0) / "low/scores.csv"
            write_text(path, f"{','.join([*LONG_COLUMNS, 'segmenter'])}\n{row}\n")
        record = {**PLACE, "steps": 7, "weights_sha256": weights}
        write_json(plan.layout.segmenter_folder("csnet", 0, "low") / "jobs/train.json", record)

    return pack(folder, name, methods, [0], monkeypatch, add=add_control)


def join(folder, *parts):
    (folder / "joined").mkdir()
    return merge_parts(*parts, "v3", folder / "joined")


def lines(part: ReleasePart) -> set[str]:
    return set(part.scores.read_text().splitlines()[1:])


def test_releases_with_the_same_seeds_join_their_rows(tmp_path, monkeypatch):
    one = pack(tmp_path, "one", ["identity", "dcp"], [0, 1], monkeypatch, seconds=2.5, cpu_seconds=4)
    two = pack(tmp_path, "two", ["sspnet"], [0, 1], monkeypatch, seconds=1.25, cpu_seconds=2)
    part = join(tmp_path, one, two)
    assert set(read_mapping(part.runs)["rows"]) == set(read_mapping(one.runs)["rows"]) | {"sspnet"}
    assert lines(part) == lines(one) | lines(two)
    assert (part.record["release"], part.record["seeds"]) == ("v3", [0, 1])
    assert part.record["cost"]["score"] == {"seconds": 12.5, "cpu_seconds": 20.0}  # 4 x 2.5 + 2 x 1.25; 4 x 4 + 2 x 2
    plan = unpack_release(part, tmp_path / "back")
    jobs = read_json(plan.layout.run_folder("sspnet", 1) / "run.json")
    assert (jobs["score"]["metric_code"], jobs["train"]["commit"]) == ({"masks": "m"}, "a" * 40)


def test_the_scores_under_the_control_segmenter_are_joined(tmp_path, monkeypatch):
    one = pack_with_control(tmp_path, "one", ["identity", "dcp"], monkeypatch)
    two = pack_with_control(tmp_path, "two", ["sspnet"], monkeypatch)
    plain = pack(tmp_path, "plain", ["gamma"], [0], monkeypatch)
    part = join(tmp_path, one, two)
    named = [line.split(",")[0] for line in part.low_scores.read_text().splitlines()[1:]]
    assert {"identity", "dcp", "sspnet"} <= set(named)
    assert read_mapping(part.runs)["segmenter-low"]["0"]["train"]["weights_sha256"] == "w"
    (tmp_path / "mixed").mkdir()
    mixed = merge_parts(plain, two, "v4", tmp_path / "mixed")
    assert mixed.low_scores.read_text() == two.low_scores.read_text()


def test_releases_of_other_control_segmenters_do_not_join(tmp_path, monkeypatch):
    one = pack_with_control(tmp_path, "one", ["identity"], monkeypatch)
    two = pack_with_control(tmp_path, "two", ["dcp"], monkeypatch, weights="x")
    with pytest.raises(UserError, match=r"trained on LQ images differ for seed 0(?s:.)*w; x"):
        join(tmp_path, one, two)


def test_releases_with_the_same_rows_join_their_seeds(tmp_path, monkeypatch):
    one = pack(tmp_path, "one", ["identity", "dcp"], [0], monkeypatch)
    two = pack(tmp_path, "two", ["identity", "dcp"], [3, 1], monkeypatch)
    part = join(tmp_path, one, two)
    assert part.record["seeds"] == part.record["config"]["seeds"] == [0, 1, 3]
    assert {row: list(runs) for row, runs in read_mapping(part.runs)["rows"].items()} == {
        row: ["0", "1", "3"] for row in read_mapping(one.runs)["rows"]
    }
    count = sum(record["commits"]["a" * 40] for record in (one.record, two.record))
    assert part.record["commits"] == {"a" * 40: count}


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"data": "e" * 64}, "images differs"),
        ({"metric_code": {"masks": "other"}}, "metric masks differs"),
        ({"weights": "x"}, "segmenter weights of seed 0 differs"),
    ],
)
def test_releases_of_other_digests_do_not_join(tmp_path, monkeypatch, facts, told):
    one = pack(tmp_path, "one", ["identity"], [0], monkeypatch)
    two = pack(tmp_path, "two", ["dcp"], [0], monkeypatch, **({} if "data" in facts else facts))
    if "data" in facts:
        write_json(two.folder / "release.json", {**two.record, "data": facts["data"]})
        text = two.runs.read_text().replace("d" * 64, facts["data"])
        two.runs.write_text(text)
    with pytest.raises(UserError, match=told):
        join(tmp_path, one, two)


def test_a_row_without_a_seed_and_a_run_with_other_values_are_named(tmp_path, monkeypatch):
    one = pack(tmp_path, "one", ["identity", "dcp"], [0], monkeypatch)
    two = pack(tmp_path, "two", ["identity"], [0, 1], monkeypatch)
    changed = [line.split(",") for line in two.scores.read_text().splitlines()]
    changed[1][3] = "0.123"
    two.scores.write_text("".join(",".join(line) + "\n" for line in changed))
    with pytest.raises(UserError) as caught:
        join(tmp_path, one, two)
    assert "dcp has no seed 1" in str(caught.value)
    assert f"{changed[1][0]}, seed 0 has other values" in str(caught.value)


def test_parts_of_the_same_data_and_preset_make_a_pair():
    first, second = (
        {
            name: ReleasePart(Path(f"/published/{release}/{name}"))
            for name in ("cornsim/demo", "cornsim/paper", "qilu/demo")
        }
        for release in ("v1", "v2")
    )
    assert pair_parts(list(first.values()), list(second.values())[::-1]) == [
        (first[name], second[name]) for name in first
    ]
    with pytest.raises(UserError, match=r"in one release alone(.|\n)*cornsim/paper, qilu/demo"):
        pair_parts(list(first.values()), [second["cornsim/demo"]])
    with pytest.raises(UserError, match=r"in one release alone(.|\n)*qilu/demo"):
        pair_parts([first["cornsim/demo"]], [second["cornsim/demo"], second["qilu/demo"]])
