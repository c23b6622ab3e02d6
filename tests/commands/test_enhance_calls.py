"""Wrong calls of ``enhance`` end with a sentence that says what to do."""

import pytest
from PIL import Image

from sspbench.commands.cli import main


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--method", "sspnet", "--input", ".", "--output", "{tmp}/o"], "--weights RUN"),
        (["--method", "dpc", "--input", "{tmp}/in", "--output", "{tmp}/o"], "Did you mean 'dcp'?"),
        (["--method", "dcp", "--input", "{tmp}/none", "--output", "{tmp}/o"], "The input does not exist"),
        (["--method", "dcp", "--input", "{tmp}/in", "--output", "{tmp}/in"], "the same folder"),
        (["--method", "dcp", "--input", "{tmp}/empty", "--output", "{tmp}/o"], "The input has no images"),
        (["--weights", "{tmp}/empty", "--input", "{tmp}/in", "--output", "{tmp}/o"], "not the folder of a trained run"),
        (["--method", "dcp", "--input", "{tmp}/in", "--output", "{tmp}/in/better"], "inside the input"),
        (["--method", "dcp", "--tile", "8", "--input", "{tmp}/in", "--output", "{tmp}/o"], "too small"),
    ],
)
def test_wrong_calls_say_what_to_do(tmp_path, capsys, arguments, expected):
    for name in ("in", "empty"):
        (tmp_path / name).mkdir()
    Image.new("L", (64, 64), 90).save(tmp_path / "in/a.png")
    assert main(["enhance", *(argument.replace("{tmp}", str(tmp_path)) for argument in arguments)]) == 2
    assert expected in capsys.readouterr().err
