"""environment.yml, for conda users, names what pyproject.toml asks for in the versions of uv.lock."""

import re
import subprocess
import sys
import tomllib
from functools import cache

import pytest
import yaml

from sspbench.checkout import ROOT

STAND_IN = "./packages/opencv-stand-in"


@cache
def locked():
    """Return the packages of uv.lock."""
    return tomllib.loads((ROOT / "uv.lock").read_text())["package"]


def own():
    """Return {name: folder} of the packages of this repository."""
    return {entry["name"]: entry["source"]["editable"] for entry in locked() if "editable" in entry["source"]}


def wanted():
    """Return {name: version in uv.lock} of everything that pyproject.toml names and that comes from elsewhere."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    versions = {entry["name"]: entry["version"] for entry in locked() if entry["name"] not in own()}
    groups = project["dependency-groups"]
    asked = project["project"]["dependencies"] + groups["dev"] + groups["test-extras"]
    names = [re.match(r"[A-Za-z0-9._-]+", entry).group().lower().replace("_", "-") for entry in asked]
    assert set(names) - set(versions) == set(own())
    return {name: versions[name] for name in names if name in versions}


def of_pip(text):
    """Return the pip section."""
    (pip,) = [entry["pip"] for entry in yaml.safe_load(text)["dependencies"] if isinstance(entry, dict)]
    return pip


def offered(text):
    """Return {name: version} of the pip section, which must be pinned throughout but for what lies in here."""
    pip = [entry for entry in of_pip(text) if not entry.startswith("-e ") and entry != STAND_IN]
    assert all(re.fullmatch(r"[a-z0-9-]+==[^=]+", entry) for entry in pip)
    return dict(entry.split("==") for entry in pip)


def test_the_same_packages_in_the_same_versions():
    assert offered((ROOT / "environment.yml").read_text()) == wanted()


def test_the_packages_of_the_repository_are_installed_from_it():
    text = (ROOT / "environment.yml").read_text()
    assert {entry for entry in of_pip(text) if entry.startswith("-e ")} == {
        f"-e ./{folder}" for folder in own().values()
    }
    assert all((ROOT / folder / "pyproject.toml").is_file() for folder in own().values())


def test_there_is_one_opencv():
    """pip gets opencv-python, which two packages ask for, from an empty package that brings the headless one."""
    assert STAND_IN in of_pip((ROOT / "environment.yml").read_text())
    stand_in = tomllib.loads((ROOT / STAND_IN / "pyproject.toml").read_text())
    version = wanted()["opencv-python-headless"]
    assert (stand_in["project"]["name"], stand_in["project"]["version"]) == ("opencv-python", version)
    assert stand_in["project"]["dependencies"] == [f"opencv-python-headless=={version}"]
    assert "opencv-python" not in {entry["name"] for entry in locked()}


def test_the_same_python():
    python = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"][0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert python == f"python{project['project']['requires-python']}"


@pytest.mark.parametrize(
    "change", [("torch==2", "torch==1"), ("dvc==", "dvd=="), ("      - snakemake==9", "      # 9")]
)
def test_a_drifted_file_would_be_noticed(change):
    text = (ROOT / "environment.yml").read_text()
    assert change[0] in text
    assert offered(text.replace(*change)) != wanted()


def test_every_package_has_its_licence_noted():
    text = (ROOT / "THIRD_PARTY.md").read_text().lower()
    assert [name for name in wanted() if name not in text] == []


def test_installing_the_suite_with_pip_says_why_it_cannot_be():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]
    code = f"import {build['build-backend']} as backend; backend.build_wheel('folder')"
    (folder,) = build["backend-path"]
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT / folder, capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    for words in ("sspbench cannot be installed with pip", "why: ", "pip install ./packages/table-audit"):
        assert words in shown.stderr
