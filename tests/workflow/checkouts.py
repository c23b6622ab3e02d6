"""Copies of this checkout in which tests run the workflow, change files and add plugins."""

import os
import re
import shutil
import subprocess
import sys

import pandas as pd

from sspbench.checkout import ROOT

TWO_ROWS = ("--config", "methods=[identity, msgnet]", "ablation=null")
"""Arguments of a run of one row that learns and one that does not."""

HIDDEN_VARIABLES = ("OMP_", "SNAKEMAKE", "PYTHONDONTWRITEBYTECODE")
"""Beginnings of variables that no run takes over. Without bytecode each job would compile its modules again."""


class Checkout:
    """A copy of the tracked and new files, without results."""

    def __init__(self, folder, fill=True):
        self.folder = folder
        self.results = folder / "results" / "cornsim" / "smoke"
        if fill:
            self._fill()

    def _fill(self):
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines():
            if (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)

    def snakemake(self, *arguments, **variables):
        """Run the workflow, with further environment variables; return exit status and output."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(HIDDEN_VARIABLES)} | variables
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--resources", "gpu=2"]
        command += ["--configfile", "config/smoke.yaml", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, env=environment, check=False)
        return done.returncode, done.stdout + done.stderr

    def planned(self, *arguments):
        """Return the number of jobs by rule that a dry run announces, and the runs they are for."""
        code, text = self.snakemake("-n", "--verbose", *arguments)
        assert code == 0, text
        table = re.search(r"(?s)Job stats:\njob +count\n[- ]+\n(.*?)\n\n", text)
        counts = dict(line.split() for line in table.group(1).splitlines()) if table else {}
        runs = set(re.findall(r"runs/([^/]+)/seed-\d+/scores\.csv", "\n".join(re.findall(r"output: (.*)", text))))
        return {rule: int(count) for rule, count in counts.items() if rule not in ("all", "total")}, runs

    def copy(self, folder):
        """Return a copy with all that was computed, its times included, so that nothing is due in it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Checkout(folder, fill=False)

    def table(self, name):
        return pd.read_csv(self.results / "tables" / f"{name}.csv")

    def edit(self, name, old, new):
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new, 1))

    def plugin(self, name, yaml, code):
        folder = self.folder / "methods" / name
        folder.mkdir()
        (folder / "method.yaml").write_text(yaml)
        (folder / "method.py").write_text(code)
