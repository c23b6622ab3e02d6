"""What CONTRIBUTING.md tells a newcomer works as written, in a copy of the checkout."""

import re
import subprocess
import sys

import pytest
from checkouts import Checkout

from sspbench.checkout import ROOT
from sspbench.plugin_checks.commands import PLUGIN_KINDS


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return Checkout(tmp_path_factory.mktemp("newcomer"))


def run(checkout, *arguments):
    """Run a command of the suite; return exit status and output."""
    command = [sys.executable, "-m", "sspbench", *arguments]
    done = subprocess.run(command, cwd=checkout.folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def lines():
    """Return the commands of this suite in the first block of CONTRIBUTING.md."""
    (block, *_) = re.findall(r"```bash\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    found = re.findall(r"^uv run python -m sspbench ([^#\n]*)", block, re.MULTILINE)
    return [line.split() for line in found]


def test_the_first_block_leads_to_a_method_in_the_workflow(checkout):
    assert lines()
    for line in lines():
        code, text = run(checkout, *line)
        assert code == 0, text
    code, text = run(checkout, "list")
    assert re.search(r"my_gamma +classical +\S+ +My gamma", text)
    counts, runs = checkout.planned("--config", "methods=[my_gamma]", "ablation=null")
    assert runs == {"my_gamma"}
    assert counts["enhance"] == 1
    assert "train" not in counts


@pytest.mark.parametrize("kind", PLUGIN_KINDS)
def test_what_new_writes_passes_its_check_and_is_listed(checkout, kind):
    code, text = run(checkout, f"new-{kind}", f"fresh_{kind}")
    assert code == 0, text
    code, text = run(checkout, f"check-{kind}", f"fresh_{kind}")
    assert code == 0, text
    assert "0 broken" in text
    code, text = run(checkout, "list")
    assert f"fresh_{kind}" in text


def test_a_broken_method_is_told_with_its_mend_and_status_1(checkout):
    run(checkout, "new-method", "shy")
    code = checkout.folder / "methods" / "shy" / "method.py"
    code.write_text(code.read_text().replace("return images **", "print(images)\n        return images **"))
    status, text = run(checkout, "check-method", "shy")
    assert status == 1
    assert "FAULT  prints nothing" in text
    assert "methods/shy/method.py:" in text
    assert "remove the print" in text
    assert "Traceback" not in text


def test_a_name_that_is_not_there_exits_2_with_a_guess(checkout):
    status, text = run(checkout, "check-method", "enlightgan")
    assert status == 2
    assert "Did you mean 'enlightengan'" in text
