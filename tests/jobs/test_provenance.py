"""Provenance: whose commit is recorded."""

import subprocess

from sspbench.jobs import provenance


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def repository(folder):
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "file").write_text("one")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    return git(folder, "rev-parse", "HEAD").strip()


def test_the_commit_is_that_of_the_checkout(tmp_path, monkeypatch):
    head = repository(tmp_path / "with blanks and 'quotes'")
    monkeypatch.setattr(provenance, "ROOT", tmp_path / "with blanks and 'quotes'")
    assert provenance.git_commit() == {"commit": head, "dirty": False}


def test_a_copy_inside_another_repository_has_no_commit(tmp_path, monkeypatch):
    repository(tmp_path / "theirs")
    copy = tmp_path / "theirs" / "sspbench-copy"
    copy.mkdir()
    monkeypatch.setattr(provenance, "ROOT", copy)
    assert provenance.git_commit() == {}
