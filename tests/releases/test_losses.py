"""The log of a training is read whole, or said to be faulty; a line that a killed job tore is neither."""

import pytest

from sspbench.errors import UserError
from sspbench.releases.losses import read_training_log


@pytest.mark.parametrize("torn", ["", '{"step": 2, "los', '{"step": 2, "losses": {"a": 1.0}', "}"])
def test_a_half_written_line_of_a_log_is_left_out(tmp_path, torn):
    log = tmp_path / "training.jsonl"
    log.write_text('{"step": 1, "losses": {"a": 2.0}}\n{"step": 2, "losses": {}}\n' + torn)
    assert read_training_log(log) == [(1, {"a": 2.0})]
    assert read_training_log(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize("line", ['{"step": 1, "los', '{"step": 1}', "[1]", '{"step": 1, "losses": {"a": "x"}}'])
def test_a_whole_line_of_another_form_is_told_with_its_number(tmp_path, line):
    log = tmp_path / "training.jsonl"
    log.write_text(f'{{"step": 1, "losses": {{"a": 2.0}}}}\n{line}\n')
    with pytest.raises(UserError, match=r"(?s)training.*line 2.*hint: remove the file"):
        read_training_log(log)
