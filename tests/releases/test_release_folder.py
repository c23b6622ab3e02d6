"""The files of a release, made by hand: their names, their sums, what was changed, and what is refused."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from sspbench.errors import UserError
from sspbench.releases.release_folder import (
    ReleasePart,
    find_release_part,
    find_release_parts,
    find_releases,
    natural_sort_key,
    read_sums,
)

RECORD = {
    "release": "v3", "preset": "demo", "dataset": {}, "config": {}, "commits": {}, "environments": {}, "cost": {},
    "seeds": [0], "digits": 6, "tables": {"large": {"tables/huge.csv": "f" * 64}},
}  # fmt: skip


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def part(tmp_path):
    """A release of four files and their sums."""
    folder = tmp_path / "published/v3/cornsim/demo"
    (folder / "tables").mkdir(parents=True)
    (folder / "figures").mkdir()
    for name, text in {"scores.csv": "a", "tables/ü.csv": "b", "figures/one.svg": "c"}.items():
        (folder / name).write_text(text)
    (folder / "release.json").write_text(json.dumps(RECORD))
    made = ReleasePart(folder)
    made.write_sums_file()
    return made


def test_the_places_of_a_release(part):
    assert part.name == "v3/cornsim/demo"
    places = {
        "scores": "scores.csv", "low_scores": "scores_low.csv", "notes": "notes.csv", "runs": "runs.json",
        "losses": "losses.csv", "tables": "tables", "figures": "figures",
    }  # fmt: skip
    assert {name: getattr(part, name) for name in places} == {name: part.folder / at for name, at in places.items()}


def test_every_file_but_the_sums_has_a_sum(part):
    names = ["figures/one.svg", "release.json", "scores.csv", "tables/ü.csv"]
    assert part.list_files() == names
    sums = read_sums(part.folder / "SHA256SUMS")
    assert (part.folder / "SHA256SUMS").read_text() == "".join(f"{sums[name]}  {name}\n" for name in names)
    assert sums == dict(zip(names, [digest("c"), digest(json.dumps(RECORD)), digest("a"), digest("b")], strict=True))
    derived = {"figures/one.svg": digest("c"), "tables/ü.csv": digest("b")}
    assert part.expected_hashes() == {**derived, "tables/huge.csv": "f" * 64}


def test_what_was_changed_removed_or_added_is_listed(part):
    assert part.find_changes() == []
    (part.folder / "scores.csv").write_text("A")
    (part.folder / "figures/one.svg").unlink()
    (part.folder / "tables/new.csv").write_text("b")
    assert part.find_changes() == ["ADDED    tables/new.csv", "CHANGED  scores.csv", "MISSING  figures/one.svg"]


@pytest.mark.parametrize("key", [name for name in RECORD if name != "tables"])
def test_a_record_without_an_entry_is_refused_by_its_name(part, key):
    assert part.record == RECORD
    (part.folder / "release.json").write_text(json.dumps({**RECORD, key: None}))
    with pytest.raises(UserError, match=f"(?s)cannot be read.*have another type: {key}$|{key}\n"):
        _ = part.record


def test_a_release_of_one_file_per_row_is_refused(part):
    (part.folder / "runs").mkdir()
    with pytest.raises(UserError, match="old form"):
        _ = part.record


@pytest.mark.parametrize("line", [f"{'a' * 63}  x", f"{'a' * 64}  ", f"{'g' * 64}  x", f"{'a' * 64} x", "x"])
def test_a_line_of_another_form_is_refused_with_its_number(tmp_path, line):
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(f"{'a' * 64}  a\n{'b' * 64}  b c\n")
    assert read_sums(sums) == {"a": "a" * 64, "b c": "b" * 64}
    sums.write_text(f"{'a' * 64}  a\n{line}\n")
    with pytest.raises(UserError, match=r"(?s)another form.*SHA256SUMS, line 2"):
        read_sums(sums)


def test_sums_that_are_missing_are_no_release(tmp_path):
    with pytest.raises(UserError, match="not a published release"):
        read_sums(tmp_path / "SHA256SUMS")


def test_parts_of_a_release_come_by_name_and_a_part_is_itself(part):
    release = part.folder.parents[1]
    for other in ("fundussim/demo", "cornsim/full"):
        (release / other).mkdir(parents=True)
        (release / other / "release.json").write_text("{}")
    (release / "cornsim/empty").mkdir()
    found = [one.folder.relative_to(release).as_posix() for one in find_release_parts(release)]
    assert found == ["cornsim/demo", "cornsim/full", "fundussim/demo"]
    assert find_release_parts(part.folder) == [part]
    with pytest.raises(UserError, match=r"(?s)not a published release.*no release\.json"):
        find_release_parts(release / "cornsim/empty")


def test_of_several_parts_the_wanted_one_is_found_by_the_name_of_the_release(part, tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    (tmp_path / "published").rename(tmp_path / "results/published")
    monkeypatch.chdir(tmp_path)
    release = Path("results/published/v3")
    assert find_release_part("v3") == ReleasePart(release / "cornsim/demo")
    shutil.copytree(release / "cornsim", release / "fundussim")
    assert find_release_part("v3", ("fundussim", "demo")) == ReleasePart(release / "fundussim/demo")
    for wanted in (None, ("cornsim", "paper")):
        with pytest.raises(UserError, match=r"several data sets or presets(?s:.)*v3/fundussim/demo"):
            find_release_part("v3", wanted)


def test_releases_are_folders_in_the_order_of_their_numbers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("v10", "v9", "v9b", "w1", ".v11"):
        (tmp_path / "results/published" / name).mkdir(parents=True)
    (tmp_path / "results/published/v2").touch()
    assert [place.name for place in find_releases()] == ["v9", "v9b", "v10", "w1"]
    assert natural_sort_key("v10b2") == [(False, 0, "v"), (True, 10, ""), (False, 0, "b"), (True, 2, "")]
