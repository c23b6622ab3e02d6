"""A program that ``reproduce-pictures`` starts and that fails is an error with its words, not a traceback."""

import sys

import pytest

from sspbench.commands.reproduce_pictures import _changed_since_release
from sspbench.errors import UserError


def test_a_dvc_that_fails_is_reported_with_what_it_said(tmp_path, monkeypatch):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'ERROR: dvc.lock is broken' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(UserError, match=r"cannot compare[\s\S]*dvc.lock is broken"):
        _changed_since_release()
