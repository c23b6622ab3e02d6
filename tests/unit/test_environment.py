"""environment.yml, for conda users, names what pyproject.toml asks for in the versions of uv.lock."""

import re
import tomllib

import pytest
import yaml

from sspbench.checkout import ROOT


def wanted():
    """Return {name: version in uv.lock} of everything that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    locked = {entry["name"]: entry["version"] for entry in lock["package"]}
    asked = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = [re.match(r"[A-Za-z0-9._-]+", entry).group().lower().replace("_", "-") for entry in asked]
    return {name: locked[name] for name in names}


def offered(text):
    """Return {name: version} of the pip section, which must be pinned throughout."""
    entries = yaml.safe_load(text)["dependencies"]
    (pip,) = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    assert all(re.fullmatch(r"[a-z0-9-]+==[^=]+", entry) for entry in pip)
    return dict(entry.split("==") for entry in pip)


def test_the_same_packages_in_the_same_versions():
    assert offered((ROOT / "environment.yml").read_text()) == wanted()


def test_the_same_python():
    python = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"][0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["requires-python"] == f"=={python.split('=')[1]}.*"


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
