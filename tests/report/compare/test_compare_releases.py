"""Results are compared with releases as with folders, by name, folder or part."""

import json
import shutil

import pytest

from report.compare.recorded_results import open_results
from sspbench.commands.cli import main
from sspbench.errors import UserError
from sspbench.releases.packing import pack_release
from tests.stamped_results import stamped
from tests.synthetic_results import make_results


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A working folder with results of three seeds, and release v1 of them."""
    folder = tmp_path_factory.mktemp("compared")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        results = make_results(folder, failed=None, methods=["identity", "sspnet"], ablation=None, seeds=[0, 1, 2])
        stamped(results.plan)
        pack_release(results.plan, "v1", folder / "results/published/v1/cornsim/demo")
    return folder


@pytest.fixture
def folder(made, monkeypatch):
    monkeypatch.chdir(made)
    return made


@pytest.mark.parametrize("place", ["v1", "results/published/v1", "results/published/v1/cornsim/demo"])
def test_a_release_is_the_results_it_was_made_of(folder, tmp_path, capsys, place):
    assert main(["compare", "results/cornsim/demo", place, "--output", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "B: release v1/cornsim/demo" in told
    assert "16 cells (rows by measures) compared: 16 equal." in told
    assert "What was changed" not in told


def test_runs_are_verified_against_the_newest_release(folder, capsys):
    assert main(["verify", "results/cornsim/demo"]) in (0, 3)  # random scores: SSP-Net's bands may hold the untouched
    told = capsys.readouterr().out
    assert "results/cornsim/demo against release v1/cornsim/demo" in told
    assert "not consistent" not in told.partition("Not consistent:")[0]


def test_of_several_parts_the_one_that_fits_is_meant(folder, tmp_path):
    with open_results("results/cornsim/demo") as ours:
        published = folder / "results/published/v1/cornsim/demo"
        several = tmp_path / "results/published/v2/cornsim"
        for preset in ("demo", "smoke"):
            shutil.copytree(published, several / preset)
        with pytest.raises(UserError, match="several data sets"), open_results(str(several.parent)):
            pass
        with open_results(str(several.parent), ours) as found:
            assert found.dataset_and_preset == ("cornsim", "demo")


def test_what_is_not_there_is_told_with_what_there_is(folder, tmp_path, monkeypatch, capsys):
    with pytest.raises(UserError, match=r"No results have this name(?s:.)*v1"), open_results("v7"):
        pass
    monkeypatch.chdir(tmp_path)
    assert main(["verify", str(folder / "results/cornsim/demo")]) == 2
    assert "No release exists to verify against" in capsys.readouterr().err


def without(key):
    def tamper(part):
        facts = json.loads((part / "release.json").read_text())
        (part / "release.json").write_text(json.dumps({name: facts[name] for name in facts if name != key}))

    return tamper


def written(name, content):
    return lambda part: (part / name).write_bytes(content)


def linked(part):
    (part / "scores.csv").unlink()
    (part / "scores.csv").symlink_to("/etc/passwd")


RUNS = (b"null", b"[]", b'{"rows": {"identity": {"0": 5}}, "segmenter": {}}', b'{"rows": {"identity": {"x": {}}}}')

TAMPERED = {
    **{f"no {key}": without(key) for key in ("config", "dataset", "digits", "environments", "preset", "release")},
    **{f"release {text}": written("release.json", text) for text in (b"null", b"[]", b"{")},
    **{f"run {text}": written("runs.json", text) for text in RUNS},
    **{
        f"scores {text}": written("scores.csv", text)
        for text in (b"", b"\xff\xfe", b"row,seed,image,d\nidentity,0,i,abc\n")
    },
    "no notes": lambda part: (part / "notes.csv").unlink(),
    "a link": linked,
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_a_release_of_another_form_is_told(folder, tmp_path, capsys, kind):
    part = tmp_path / "results/published/v9/cornsim/demo"
    shutil.copytree(folder / "results/published/v1/cornsim/demo", part)
    TAMPERED[kind](part)
    assert main(["check-release", str(part)]) == 1 or "hint:" in capsys.readouterr().err
    assert main(["compare", "results/cornsim/demo", str(part), "--output", str(tmp_path / "out")]) != 0
