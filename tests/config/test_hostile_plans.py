"""What people write and name: faults summed up, files named, labels and folders told apart."""

import re
import shutil
from pathlib import Path

import pytest

from sspbench.config.datasets import build_plans
from sspbench.config.paths import dataset_id
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, merge_dicts, read_config
from sspbench.config.runs import reject_duplicate_labels
from sspbench.errors import Faults, UserError
from sspbench.files import read_json, write_json
from sspbench.plugins.discovery import find_plugins, import_plugin_module
from sspbench.plugins.metric_families import find_metric_files
from sspbench.workflow.code_digests import code_digest
from table_audit.errors import TableAuditError
from table_audit.table_file import load_published


def told(add) -> str:
    with pytest.raises(UserError) as caught, Faults("Bad") as faults:
        add(faults)
    return str(caught.value)


def test_many_faults_are_summed_up_by_kind_with_ten_in_full():
    def add(faults):
        for number in range(599):
            faults.add("An image cannot be read", where=f"{number}.png", why="cut", hint="replace it")
        faults.add("A label has no image of its name", where="stray.png")

    text = told(add)
    assert text.startswith("Bad (600):")
    assert "- 599 x An image cannot be read" in text
    assert "- 1 x A label has no image of its name" in text
    assert len(re.findall(r"where: \d+\.png", text)) == 9  # ten in full, the other kind is one of them
    assert "where: stray.png" in text
    assert len(text.splitlines()) < 60


def test_many_kinds_of_faults_stay_short():
    text = told(lambda faults: [faults.add(f"Two files share the name {number}") for number in range(600)])
    assert len(text.splitlines()) < 60
    assert "590 of 590 other kinds" in text


def test_few_faults_are_all_shown():
    text = told(lambda faults: [faults.add(f"fault {number}", hint="mend") for number in range(20)])
    assert text.count("hint: mend") == 20


def test_a_cut_record_is_named(tmp_path):
    (tmp_path / "train.json").write_text('{"settings": {')
    with pytest.raises(UserError, match=r"(?s)record cannot be read.*train\.json"):
        read_json(tmp_path / "train.json")


def test_a_record_keeps_file_names_that_are_no_utf8(tmp_path):
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    write_json(tmp_path / "a.json", {"from": name})
    assert read_json(tmp_path / "a.json") == {"from": name}


def test_folders_in_other_scripts_have_their_own_results(tmp_path):
    names = ["角膜", "神经", "角膜 2", "a b", "a_b", "a-b", "ivcm-mini"]
    ids = [dataset_id("folder", tmp_path / name) for name in names]
    assert len(set(ids)) == len(names)
    assert all(re.fullmatch(r"folder-[A-Za-z0-9._-]+", found) for found in ids)
    assert ids[-1] == "folder-ivcm-mini"
    assert dataset_id("folder", Path("/")) != "folder-"
    assert len(dataset_id("folder", tmp_path / ("x" * 250))) < 130


def test_a_folder_named_by_a_number_is_accepted(tmp_path, monkeypatch):
    (tmp_path / "2024").mkdir()
    monkeypatch.chdir(tmp_path)
    plan = Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"dataset": "folder", "data_root": 2024}))
    assert plan.data_root == Path("2024")
    assert plan.layout.dataset == "folder-2024"


def test_a_config_that_is_not_utf8_is_named_with_its_line(tmp_path):
    (tmp_path / "mine.yaml").write_bytes(b"preset: demo\ndataset: caf\xe9\n")
    with pytest.raises(UserError, match=r"(?s)not UTF-8.*mine\.yaml:2"):
        read_config(tmp_path / "mine.yaml")


def test_every_yaml_that_is_not_utf8_is_named(tmp_path):
    for name in ("one", "two"):
        (tmp_path / "methods" / name).mkdir(parents=True)
        (tmp_path / "methods" / name / "method.yaml").write_bytes(b"label: caf\xe9\n")
    with pytest.raises(UserError) as caught:
        find_plugins("methods", tmp_path)
    assert "one/method.yaml:1" in str(caught.value)
    assert "two/method.yaml:1" in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"class A:\n    def f(self:\n        pass\n", b"x = 1\ny = '\xe9'\n", b"x = '\0'\n"]
)
def test_python_that_is_none_is_named_with_its_line(tmp_path, content):
    (tmp_path / "metrics").mkdir()
    path = tmp_path / "metrics" / "bad.py"
    path.write_bytes(content)
    for read in (
        lambda: find_metric_files(tmp_path),
        lambda: code_digest([path]),
        lambda: import_plugin_module("metrics.bad", path),
    ):
        with pytest.raises(UserError, match=r"metrics/bad\.py"):
            read()


def test_a_plugin_that_fails_while_it_is_imported_is_named_with_its_line(tmp_path, monkeypatch):
    path = tmp_path / "fails_at_once.py"
    path.write_text('"""Fails."""\n\nimport there_is_no_such_module\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=r"(?s)cannot be imported.*fails_at_once\.py:3.*there_is_no_such_module"):
        import_plugin_module("fails_at_once", path)


def test_rows_with_equal_labels_are_refused_all_at_once():
    rows = {run.id: (run.label, run.plugin.folder) for run in Plan(read_config(DEFAULT_CONFIG_FILE)).runs}
    reject_duplicate_labels(rows)
    rows["dcp"] = (" origin", rows["dcp"][1])
    rows["sspnet+gan"] = (rows["stillgan"][0].upper(), rows["sspnet+gan"][1])
    with pytest.raises(UserError) as caught:
        reject_duplicate_labels(rows)
    for part in ("(2)", "identity, dcp", "stillgan", "sspnet+gan", "methods/dcp"):
        assert part in str(caught.value)


def test_a_plugin_with_a_syntax_error_is_named_when_plugins_are_listed(tmp_path):
    folder = tmp_path / "methods" / "mine"
    shutil.copytree(find_plugins("methods")["dcp"].folder, folder)
    (folder / "method.py").write_text('"""Doc."""\nclass A(:\n')
    with pytest.raises(UserError, match=r"(?s)not valid Python.*mine/method\.py:2"):
        find_plugins("methods", tmp_path)


@pytest.mark.parametrize("label", ["=1+1", "@SUM(A1)", "+x", "-x", " x", "two\\nlines", "a\\u202eb"])
def test_labels_that_a_spreadsheet_computes_are_refused(tmp_path, label):
    folder = tmp_path / "methods" / "mine"
    shutil.copytree(find_plugins("methods")["dcp"].folder, folder)
    text = (folder / "method.yaml").read_text()
    (folder / "method.yaml").write_text(re.sub(r"(?m)^label:.*$", lambda _: f'label: "{label}"', text, count=1))
    with pytest.raises(UserError, match=r"(?s)method\.yaml: label.*none of = \+ - @"):
        find_plugins("methods", tmp_path)


NOT_FINITE = [float("nan"), float("inf"), float("-inf")]


@pytest.mark.parametrize("key", ["threads", "checkpoint_steps", "stage_minutes", "checkpoint_minutes", "data_seed"])
@pytest.mark.parametrize("value", [-1, *NOT_FINITE, True, "many", "\u0661\u0662", [], {}, 10**30])
def test_a_number_of_the_config_that_is_none_is_refused(key, value):
    text = refusal({key: value})
    assert f"config: {key}" in text
    assert "hint:" in text


@pytest.mark.parametrize("seeds", [[], [0, 0], [-1], [1.5], [True], [2**32], ["a"], ["\u0663"], 3, None, [[0]], [None]])
def test_seeds_that_no_library_takes_are_refused(seeds):
    assert "hint:" in refusal({"seeds": seeds})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rows": {"sspnet": {5: {}}}}, ["The key 5 is not text", "quotes: '5'"]),
        ({"rows": {"sspnet": {"a b": {}}}}, ["give a name"]),
        ({"rows": {"sspnet": {"x" * 200: {}}}}, ["longer than 100 characters"]),
        ({"params": {"sspnet": {"weights": {"alpha": NOT_FINITE[0]}}}}, ["params.sspnet.weights.alpha"]),
        (
            {"params": {"sspnet": {"steps": 10**400}}},
            ["params.sspnet.steps", "A whole number of 1329 bits is out of range"],
        ),
        ({"dataset_id": "summary"}, ["is not allowed", "taken"]),
        ({"dataset_id": "published"}, ["taken"]),
        ({"dataset_id": "../up"}, ["give a name"]),
        ({"study": "a/b"}, ["give a name"]),
        ({"figures": {"zoom": [0, 0, 0, 0]}}, ["not a region of an image", "[0.35, 0.35, 0.3, 0.3]"]),
        ({"figures": {"zoom": [0.9, 0.9, 0.5, 0.5]}}, ["not a region of an image"]),
        ({"metrics": {"masks": {"x": 1}}}, ["Unknown option 'x'", "known: none"]),
        ({"metrics": {"lengths": {"tolerance_px": float("inf")}}}, ["config: metrics.lengths.tolerance_px"]),
        ({"metrics": {"pyiqa_named": {"names": "brisque"}}}, ["write names: [brisque]"]),
        ({"metrics": {"pyiqa_named": {"names": None}}}, ["write names: [brisque]"]),
        ({"metrics": {"pyiqa_named": {"download": 5}}}, ["`download` must be true or false, got 5"]),
        ({"methods": ["sspnet+"]}, ["sspnet has no variant or reading ''"]),
        ({"data_root": "/"}, ["takes no images of yours", "dataset=folder"]),
        ({"dataset": "folder", "data_root": "/dev/null"}, ["neither a folder nor a file"]),
        ({"dataset": "folder", "data_root": "x" * 5000}, ["does not exist", "5000 characters"]),
        ({"dataset": "folder", "data_root": "a\0b"}, ["does not exist"]),
    ],
)
def test_what_would_be_left_out_without_a_word_or_fail_late_is_refused_before_anything_runs(given, words):
    text = refusal(given)
    for word in (*words, "hint:"):
        assert word in text


def test_data_sets_whose_names_differ_in_case_alone_are_refused():
    with pytest.raises(UserError, match="differ in case alone"):
        build_plans(merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"datasets": [{"id": "A"}, {"id": "a"}]}))


BOMB = "a0: &a0 [x, x]\n" + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
DEEP = ["[" * 100_000, "{a: " * 50_000, "- " * 50_000 + "1", "\n".join(" " * n + "a:" for n in range(2000))]


@pytest.mark.parametrize(
    "text",
    [*DEEP, BOMB, "a: &x [*x]", "a: [1", "a: \t- b", "a: &x [*y]", "preset: demo\npreset: smoke"],
)
def test_yaml_that_is_none_is_told_by_file(tmp_path, text):
    (tmp_path / "mine.yaml").write_text(text)
    for read in (read_config, load_published):
        with pytest.raises((UserError, TableAuditError), match=r"(?s)mine\.yaml.*hint"):
            read(tmp_path / "mine.yaml")


def refusal(given) -> str:
    with pytest.raises(UserError) as caught:
        _ = Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), given)).runs
    assert len(str(caught.value)) < 2000
    return str(caught.value)
