"""``doctor`` tells what is missing and what fixes it; ``cite`` credits what a plan uses."""

import pytest

from sspbench.commands import doctor
from sspbench.commands.cite import bibtex_entries, suite_entry
from sspbench.commands.cli import main
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, merge_dicts, read_config
from sspbench.jobs.gpu_slots import acquire


def plan(**overrides):
    return Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), overrides))


def test_the_doctor_finds_this_environment_complete(tmp_path, capsys):
    assert main(["doctor", "--results", str(tmp_path)]) == 0
    assert "ready: uv run snakemake" in capsys.readouterr().out


def test_a_package_that_differs_from_the_lock_is_missing(tmp_path):
    lock = tmp_path / "uv.lock"
    entries_ = [f'[[package]]\nname = "{name}"\nversion = "0.0"\n' for name in doctor.CHECKED_PACKAGES]
    lock.write_text("\n".join(entries_))
    (found,) = doctor.check_packages(lock)
    assert found.state == "missing"
    assert "locked 0.0" in found.found
    assert found.hint == "uv sync --frozen"


def test_a_folder_without_write_permission_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    assert doctor.check_disk_space(tmp_path / "results").state == "missing"


def test_taken_slots_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("SSPBENCH_SLOTS", str(tmp_path))
    monkeypatch.setenv("SSPBENCH_GPUS", "0,1")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with acquire():
        slots = next(doctor.check_gpus())
    assert "2 in" in slots.found
    assert "1 taken (0)" in slots.found


def test_what_must_be_fetched_names_the_command():
    by_topic = {entry.topic: entry for entry in doctor.check_prepared_data()}
    assert by_topic["data cornsim"].state == "ok"
    for name, command in (("qilu", "download qilu"), ("corn2", "data_root=DIR")):
        entry = by_topic[f"data {name}"]
        assert entry.state == "ok" or command in entry.hint


def test_only_what_is_used_is_cited():
    text = "\n".join(bibtex_entries(plan(methods=["identity", "dcp"], ablation=None)))
    assert "{he2011dark" in text
    assert "{mou2019csnet" in text
    assert "stillgan" not in text
    assert "identity" not in text  # the untouched input is nobody's work
    assert "cornsim" not in text  # simulated by this suite
    assert suite_entry() in text


def test_every_learned_method_is_cited_with_balanced_braces():
    found = bibtex_entries(plan())
    assert sum("sspnet" in entry for entry in found) == 1
    for entry in found:
        assert entry.count("{") == entry.count("}")
        assert entry.startswith("@")


@pytest.mark.parametrize("words", ["A & B, 50% of_it #1, 2020"])
def test_what_bibtex_would_choke_on_is_escaped(words):
    from sspbench.commands.cite import misc_entry

    assert r"A \& B, 50\% of\_it \#1, 2020" in misc_entry("key", words)
