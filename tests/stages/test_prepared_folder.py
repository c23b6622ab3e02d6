"""How prepared images take the place of earlier ones, and what is said of copies and of progress meanwhile."""

import os
from types import SimpleNamespace

import pytest

from sspbench.stages import prepare as prepare_stage
from sspbench.stages.prepare import _reject_test_copies, _replace_folder, _update_bar

EARLIER = 1_000_000_000


def make_folder(place, content):
    place.mkdir()
    (place / f"{place.name}.png").touch()
    (place / "manifest.json").write_text(content)
    return place


@pytest.mark.parametrize(("content", "keeps_time"), [("{}", True), ("[]", False), (None, False)])
def test_fresh_images_replace_earlier_ones_and_an_equal_list_keeps_its_time(tmp_path, content, keeps_time):
    fresh = make_folder(tmp_path / "fresh", "{}")
    target = tmp_path / "target"
    if content is not None:
        make_folder(target, content)
        os.utime(target / "manifest.json", (EARLIER, EARLIER))
    fresh.chmod(0o700)
    _replace_folder(fresh, target)
    assert not fresh.exists() and target.stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in target.iterdir()) == ["fresh.png", "manifest.json"]
    assert (target / "manifest.json").read_text() == "{}"
    assert ((target / "manifest.json").stat().st_mtime == EARLIER) is keeps_time


def test_a_bar_moves_on_by_what_was_done_since():
    moved = []
    bar = SimpleNamespace(n=3, total=None, update=moved.append)
    _update_bar(bar, 10, 12)
    assert (bar.total, moved) == (12, [7])


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({}, "remove one of the two"),
        ({"duplicates": "refuse"}, "remove one of the two, or accept it: dataset_options={duplicates: allow}"),
        ({"duplicates": "allow"}, None),
    ],
)
def test_copies_are_looked_for_unless_they_are_allowed_and_others_are_noted(tmp_path, monkeypatch, options, hint):
    given, notes = [], []

    def look(folder, tell, said):
        given.append((folder, said))
        tell("same place", ("a", "b"))

    monkeypatch.setattr(prepare_stage, "reject_test_copies", look)
    _reject_test_copies(tmp_path, options, notes)
    assert given == ([] if hint is None else [(tmp_path, hint)])
    assert notes == ([] if hint is None else [{"what": "same place", "files": ["a", "b"]}])
