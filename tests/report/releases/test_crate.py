"""The RO-Crate of a release: its graph is whole, its hashes hold, and a validator of the profile passes it."""

import hashlib
import shutil
import subprocess

import pytest

from report.releases.crate import CRATE_FILE, LOCK_FILE, WORKFLOW_FILE, write_crate
from sspbench.checkout import ROOT
from sspbench.files import read_json, write_json
from sspbench.releases.release_folder import ReleasePart


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    """A copy of the smallest published release, with its crate and the description of its images."""
    folder = tmp_path_factory.mktemp("crate") / "budget/cornsim-budget/demo"
    shutil.copytree(ROOT / "results/published/budget/cornsim-budget/demo", folder)
    for old in (CRATE_FILE, "croissant.json"):
        (folder / old).unlink(missing_ok=True)
    write_json(folder / "croissant.json", {"name": "cornsim-budget"})
    found = ReleasePart(folder)
    write_crate(found, "c" * 40, "2026-01-02T03:04:05+00:00")
    return found


@pytest.fixture(scope="module")
def graph(part):
    """The entities of the crate by their identifiers."""
    entities = read_json(part.folder / CRATE_FILE)["@graph"]
    found = {entity["@id"]: entity for entity in entities}
    assert len(found) == len(entities)
    return found


def references(content):
    """Yield every identifier that an entity refers to."""
    values = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    for value in values:
        if isinstance(value, dict) and set(value) == {"@id"}:
            yield value["@id"]
        else:
            yield from references(value)


def test_every_reference_leads_to_an_entity_or_the_web(graph):
    wanted = {name for entity in graph.values() for name in references(entity)}
    assert {name for name in wanted - graph.keys() if not name.startswith("https://")} == set()
    assert graph["ro-crate-metadata.json"]["about"] == {"@id": "./"}


def test_every_file_has_its_size_and_hash(part, graph):
    files = {name: entity for name, entity in graph.items() if "File" in entity["@type"]}
    assert set(part.list_files()) - {CRATE_FILE} == files.keys() - {graph[WORKFLOW_FILE]["softwareRequirements"]["@id"]}
    for name in set(part.list_files()) - {CRATE_FILE}:
        content = (part.folder / name).read_bytes()
        assert files[name]["contentSize"] == str(len(content))
        assert files[name]["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_run_joins_workflow_inputs_and_outputs(part, graph):
    run = graph["#run"]
    inputs, outputs = ({one["@id"] for one in run[key]} for key in ("object", "result"))
    assert inputs == {"#images", "release.json", "croissant.json"}
    assert {"scores.csv", "runs.json", "tables/primary.json"} <= outputs and not inputs & outputs
    assert graph["#images"]["identifier"] == f"sha256:{part.record['data']}"
    assert (run["instrument"], graph["./"]["mainEntity"]) == ({"@id": WORKFLOW_FILE},) * 2
    assert (part.folder / WORKFLOW_FILE).read_bytes() == (ROOT / "Snakefile").read_bytes()
    assert all(commit in run["description"] for commit in part.record["commits"])


def test_people_licence_and_lock_file_are_those_of_the_checkout(graph):
    assert graph[graph["./"]["author"]["@id"]]["name"] == "The sspbench contributors"
    assert graph["./"]["license"] == {"@id": "https://spdx.org/licenses/MIT"}
    lock = graph[graph[WORKFLOW_FILE]["softwareRequirements"]["@id"]]
    blob = subprocess.run(
        ["git", "hash-object", "--no-filters", str(ROOT / LOCK_FILE)], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert lock["@id"] == f"swh:1:cnt:{blob}"  # git's own hash of the same bytes


def test_the_validator_of_the_profile_passes_the_crate(part, tmp_path):
    validator = shutil.which("rocrate-validator")
    if validator is None:
        pytest.skip("rocrate-validator is not installed: uv tool install roc-validator")
    report = tmp_path / "report.json"
    asked = ["--profile-identifier", "workflow-run-crate", "--output-format", "json", "--output-file", str(report)]
    command = [validator, "--no-interactive", "validate", "--offline", *asked, str(part.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "not available in the HTTP cache" in " ".join((done.stdout + done.stderr).split()):
        pytest.skip("the contexts are not in its cache: rocrate-validator cache warm")
    assert read_json(report)["passed"], done.stdout
