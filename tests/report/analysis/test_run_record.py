"""The record of a run: what is written is read back, and the workflow declares every file of it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields

import pytest

from report.analysis.json_records import read_record, write_record
from report.analysis.numbers import nan_to_null
from report.analysis.run_record import RunRecord, make_run_record, read_run_record, write_run_record
from sspbench.errors import UserError
from sspbench.files import read_json, write_text
from sspbench.workflow.rule_params import ANALYSIS_RECORDS
from tests.synthetic_results import make_results


@dataclass(frozen=True)
class Inner:
    name: str
    value: float


@dataclass(frozen=True)
class Outer:
    parts: tuple[Inner, ...]
    pairs: tuple[tuple[int, dict[str, float]], ...]
    none: Inner | None
    some: Inner | None


def test_a_record_of_every_form_is_read_back(tmp_path):
    written = Outer((Inner("a", 0.1), Inner("é", 1 / 3)), ((1, {"x": 2.5}),), None, Inner("b", -4.0))
    write_record(written, tmp_path)
    assert read_record(Outer, tmp_path) == written


def test_what_is_no_number_is_null_in_the_file(tmp_path):
    write_record(Outer((Inner("a", math.nan), Inner("b", math.inf)), (), None, None), tmp_path)
    assert [part["value"] for part in read_json(tmp_path / "parts.json")] == [None, None]
    assert all(math.isnan(part.value) for part in read_record(Outer, tmp_path).parts)


@pytest.mark.parametrize(
    "text", ['{"name": "a"}', '[{"name": 3, "value": 1}]', '[{"name": "a", "valu": 1}]', "[", "{}", "[[]]"]
)
def test_a_record_of_another_form_is_rejected_by_name(tmp_path, text):
    write_record(Outer((), (), None, None), tmp_path)
    write_text(tmp_path / "parts.json", text)
    with pytest.raises(UserError, match=r"parts\.json"):
        read_record(Outer, tmp_path, "run: report analysis")


def test_the_record_of_a_run_is_read_back_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = make_results(tmp_path)
    write_run_record(results, tmp_path)
    read, computed = (nan_to_null(asdict(each)) for each in (read_run_record(tmp_path), make_run_record(results)))
    assert read == computed


def test_the_workflow_declares_every_file_of_the_record():
    assert tuple(field.name for field in fields(RunRecord)) == ANALYSIS_RECORDS
