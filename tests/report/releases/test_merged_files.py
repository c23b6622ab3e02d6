"""Two small releases written by hand and joined: every file of the result, and every refusal in words."""

import copy
import json

import pytest

from report.releases.merge import merge_parts
from sspbench.errors import UserError
from sspbench.releases.release_folder import ReleasePart

RECORD = {
    "release": "v1", "preset": "demo", "dataset": {"id": "made"}, "data": "d1", "digits": 8, "seeds": [2, 0],
    "config": {"methods": ["dcp", "gamma"], "seeds": [2, 0], "external": {}, "params": {"gamma": {"gamma": 2}},
               "rows": {}, "checkpoints": 0},
    "environments": {"e": {"machine": "one"}}, "metric_codes": {"k": {"masks": "m"}}, "commits": {"abc": 3},
    "cost": {"score": {"seconds": 1.2345, "cpu_seconds": 2.0}, "train": {"seconds": 7.0}},
    "tables": {"large": {}}, "more": "of the first",
}  # fmt: skip


def make_run(weights="w", status="done", recipe="r", data="d1"):
    jobs = {
        "segment": {"environment": "e", "segmenter": {"recipe": recipe, "weights": weights}},
        "score": {"environment": "e", "metric_code": "k", "data": data},
    }
    return {"status": {"status": status}, "jobs": jobs}


def make_sides():
    """Return two releases as plain data: the second has another row, and repeats one of the first."""
    first = {
        "record": copy.deepcopy(RECORD),
        "rows": {"dcp": {"0": make_run(), "2": make_run("x")}, "gamma": {"0": make_run(), "2": make_run("x")}},
        "scores": "row,seed,image,dice\ndcp,0,a,0.5\ndcp,2,a,0.6\ngamma,0,a,0.7\ngamma,2,a,nan\n",
        "notes": 'row,seed,image,metric,note\ngamma,2,a,dice,"so, so"\n',
        "losses": "row,seed,step,loss\n",
        "control": {"0": {"train": {"weights_sha256": "c"}}},
    }
    second = copy.deepcopy(first)
    second["record"] |= {
        "release": "v2", "commits": {"abc": 1, "def": 4}, "cost": {"score": {"seconds": 0.0004}, "fit": {"seconds": 2}},
        "environments": {"f": {"machine": "two"}, "e": {"machine": "one"}}, "more": "of the second",
    }  # fmt: skip
    second["record"]["config"] |= {"methods": ["gamma", "sspnet"], "params": {"sspnet": {"lr": 1}}, "checkpoints": 5}
    second["rows"] = {name: first["rows"]["gamma"] for name in ("gamma", "sspnet")}
    second["scores"] = (
        "row,seed,image,dice,auc\ngamma,2,a,nan,\nsspnet,0,a,1,0.125\nsspnet,2,a,0.9,0.25\ngamma,0,a,0.7,\n"
    )
    second["notes"] += "sspnet,0,b,auc,none\n"
    second["losses"] += "sspnet,0,5,0.25\n"
    first["control"]["7"] = {"train": {"weights_sha256": "g"}}
    second["scores_low"] = "row,seed,image,dice\nsspnet,0,a,0.3\n"
    second["control"]["2"] = {"train": {"weights_sha256": "e"}}
    return first, second


def write_side(folder, side):
    folder.mkdir()
    (folder / "release.json").write_text(json.dumps(side["record"]))
    sections = {"rows": side["rows"], "segmenter": {"0": {"train": {"steps": 7}}}, "segmenter-low": side["control"]}
    (folder / "runs.json").write_text(json.dumps({name: found for name, found in sections.items() if found}))
    for name in {"scores", "notes", "losses", "scores_low"} & side.keys():
        (folder / f"{name}.csv").write_text(side[name])
    return ReleasePart(folder)


def join(tmp_path, first, second):
    (tmp_path / "joined").mkdir()
    sides = write_side(tmp_path / "one", first), write_side(tmp_path / "two", second)
    (tmp_path / "one" / "croissant.json").write_text("{1}")
    return merge_parts(*sides, "v3", tmp_path / "joined")


def test_every_file_of_the_joined_release(tmp_path):
    first, second = make_sides()
    part = join(tmp_path, first, second)
    assert part == ReleasePart(tmp_path / "joined")
    assert part.scores.read_text() == (
        "row,seed,image,dice,auc\ndcp,0,a,0.5,\ndcp,2,a,0.6,\ngamma,0,a,0.7,\ngamma,2,a,nan,\n"
        "sspnet,0,a,1,0.125\nsspnet,2,a,0.9,0.25\n"
    )
    assert part.losses.read_text() == "row,seed,step,loss\nsspnet,0,5,0.25\n"
    assert part.notes.read_text() == ('row,seed,image,metric,note\ngamma,2,a,dice,"so, so"\nsspnet,0,b,auc,none\n')
    assert part.low_scores.read_text() == second["scores_low"]
    assert (tmp_path / "joined" / "croissant.json").read_text() == "{1}"
    runs = json.loads(part.runs.read_text())
    assert {name: list(rows) for name, rows in runs.items()} == {
        "rows": ["dcp", "gamma", "sspnet"], "segmenter": ["0"], "segmenter-low": ["0", "2", "7"],
    }  # fmt: skip
    assert {row: list(seeds) for row, seeds in runs["rows"].items()} == {
        row: ["0", "2"] for row in ("dcp", "gamma", "sspnet")
    }
    assert runs["rows"]["dcp"]["2"]["jobs"]["segment"]["segmenter"] == {"recipe": "r", "weights": "x"}
    assert json.loads((tmp_path / "joined" / "release.json").read_text()) == {
        **{name: RECORD[name] for name in ("preset", "dataset", "data", "digits", "metric_codes", "more")},
        "release": "v3",
        "seeds": [0, 2],
        "config": {
            "methods": ["dcp", "gamma", "sspnet"], "seeds": [0, 2], "external": {}, "rows": {}, "checkpoints": 0,
            "params": {"gamma": {"gamma": 2}, "sspnet": {"lr": 1}},
        },
        "environments": {"e": {"machine": "one"}, "f": {"machine": "two"}},
        "commits": {"abc": 4, "def": 4},
        "cost": {
            "score": {"seconds": 1.235, "cpu_seconds": 2.0}, "train": {"seconds": 7.0}, "fit": {"seconds": 2},
        },
    }  # fmt: skip


def change_digits(second):
    second["record"]["digits"] = 6


def change_params(second):
    second["record"]["config"]["params"]["gamma"] = {"gamma": 3}


def change_end(second):
    second["rows"]["gamma"] = {**second["rows"]["gamma"], "2": make_run("x", status="diverged")}


def change_seed(second):
    second["record"]["config"]["seeds"] = [0, 2, 11]


def change_score(second):
    second["scores"] = second["scores"].replace("gamma,0,a,0.7,", "gamma,0,a,0.71,")


def change_control(second):
    second["control"]["0"]["train"]["weights_sha256"] = "z"


def change_weights(second):
    second["rows"] = {name: {"0": make_run(), "2": make_run("y")} for name in second["rows"]}


def forget_digests(second):
    second["rows"] = {name: {seed: make_run(data="") for seed in "02"} for name in second["rows"]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_digits, r"Their digits differs\n.*8; 6\n.*only releases of the same images"),
        (change_params, r"config: params\.gamma differs\n.*\{'gamma': 2\}; \{'gamma': 3\}"),
        (change_end, r"gamma, seed 2 ended otherwise\n.*done; diverged\n.*repair the release"),
        (change_seed, r"dcp has no seed 11\n(.|\n)*gamma has no seed 11\n(.|\n)*sspnet has no seed 11"),
        (change_score, r"gamma, seed 0 has other values\n.*a\n.*leave that run out"),
        (change_control, r"segmenter trained on LQ images differ for seed 0\n.*c; z"),
        (change_weights, r"Their segmenter weights of seed 2 differs|Their segmenter weights 2 differs"),
        (forget_digests, r"A release records no digest\n.*two\n.*an older version wrote it\n.*publish it again"),
    ],
)
def test_what_cannot_be_joined_is_told(tmp_path, change, words):
    first, second = make_sides()
    change(second)
    with pytest.raises(UserError, match=words):
        join(tmp_path, first, second)
