"""The record of the paper's audit: whole, and made anew where it is damaged."""

from __future__ import annotations

import pandas as pd
import pytest

from report.analysis.audits import load_or_audit
from report.analysis.paper import load_paper
from sspbench.files import write_text
from table_audit.cell_verdicts import audit
from table_audit.rendering import to_frame


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """An audit and the file it was recorded in."""
    folder = tmp_path_factory.mktemp("audit")
    found = load_or_audit(folder)
    (record,) = folder.iterdir()
    return found, record


def test_the_record_holds_what_the_audit_finds(recorded):
    found, record = recorded
    written = record.read_bytes()
    again = load_or_audit(record.parent)
    pd.testing.assert_frame_equal(again.cells, found.cells)
    assert repr(again.reasons) == repr(found.reasons)
    assert record.read_bytes() == written
    third = load_paper().tables["table3_ablation"]
    part = again.cells[again.cells["table"] == third.name].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, to_frame([audit(third)]))


def test_a_damaged_record_is_replaced(recorded, tmp_path):
    found, record = recorded
    write_text(tmp_path / record.name, '{"cells": [')
    assert repr(load_or_audit(tmp_path).reasons) == repr(found.reasons)
    assert (tmp_path / record.name).read_bytes() == record.read_bytes()
