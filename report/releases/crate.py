"""``ro-crate-metadata.json``: a release as a Workflow Run Crate, which repositories and workflow registries read.

Formats: https://www.researchobject.org/ro-crate/specification/1.1/ and
https://www.researchobject.org/workflow-run-crate/profiles/workflow_run_crate/ (version 0.5).
"""

from __future__ import annotations

import hashlib
import mimetypes
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sspbench.checkout import ROOT
from sspbench.commands.cite import read_citation
from sspbench.files import sha256, write_json
from sspbench.images.croissant import CROISSANT_FILE
from sspbench.releases.release_folder import RELEASE_RECORD, SUMS_FILE, ReleasePart

CRATE_FILE = "ro-crate-metadata.json"
WORKFLOW_FILE = "workflow/Snakefile"
LOCK_FILE = "uv.lock"

CRATE_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
ROOT_PROFILES = (
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
)
PARAMETER_PROFILE = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
WORKFLOW_PROFILE = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"

_LANGUAGE, _DATA, _RUN, _INPUT, _OUTPUT = "#snakemake", "#images", "#run", "#parameter-images", "#parameter-scores"

_LANGUAGE_URL = "https://snakemake.github.io"

Entity = dict[str, Any]  # one node of the crate's graph

# What is said of some files beside their size and hash.
_KNOWN_FILES: Mapping[str, Entity] = {
    RELEASE_RECORD: {"description": "config, seeds, commits and machines"},
    CROISSANT_FILE: {"description": "the images, in Croissant", "exampleOfWork": {"@id": _INPUT}},
    "scores.csv": {"description": "one line per row, seed and image", "exampleOfWork": {"@id": _OUTPUT}},
}


def write_crate(part: ReleasePart, commit: str, date: str) -> None:
    """Copy the workflow into a release and write its ``ro-crate-metadata.json``.

    Args:
        part: The release, complete but for its sums.
        commit: The commit of the checkout, whose workflow and lock file are described.
        date: When that commit was made, ISO 8601.
    """
    (part.folder / WORKFLOW_FILE).parent.mkdir(exist_ok=True)
    shutil.copyfile(ROOT / "Snakefile", part.folder / WORKFLOW_FILE)
    graph = list(_iter_entities(part, commit, date))
    write_json(part.folder / CRATE_FILE, {"@context": CRATE_CONTEXT, "@graph": graph})


def _iter_entities(part: ReleasePart, commit: str, date: str) -> Iterator[Entity]:
    """Yield the entities of a crate: the release, its files, workflow, run, images, people and licence."""
    citation = read_citation()
    names = [name for name in part.list_files() if name not in (CRATE_FILE, SUMS_FILE)]
    authors = list(_describe_authors(citation))
    licence = f"https://spdx.org/licenses/{citation['license']}"
    lock = _describe_lock()
    standards = _refer("https://w3id.org/ro/crate/1.1", ROOT_PROFILES[-1])
    yield _make_entity(CRATE_FILE, "CreativeWork", about=_refer("./"), conformsTo=standards)
    yield _make_entity(
        "./",
        "Dataset",
        conformsTo=_refer(*ROOT_PROFILES),
        name=f"{citation['title']}: release {part.recorded_name}",
        description=f"Scores, tables and figures of {part.record['dataset']['title']}; no images",
        datePublished=date,
        license=_refer(licence),
        author=_refer(*(author["@id"] for author in authors)),
        publisher=_refer(authors[0]["@id"]),
        mainEntity=_refer(WORKFLOW_FILE),
        mentions=_refer(_RUN),
        hasPart=_refer(*names, lock["@id"]),
    )
    yield from (_describe_file(part.folder, name) for name in names if name != WORKFLOW_FILE)
    yield {
        **_describe_file(part.folder, WORKFLOW_FILE),
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "conformsTo": _refer(WORKFLOW_PROFILE),
        "name": str(citation["title"]),
        "description": str(citation["abstract"]).strip(),
        "version": f"{citation['version']} ({commit})",
        "license": _refer(licence),
        "creator": _refer(*(author["@id"] for author in authors)),
        "programmingLanguage": _refer(_LANGUAGE),
        "softwareRequirements": _refer(lock["@id"]),
        "input": _refer(_INPUT),
        "output": _refer(_OUTPUT),
    }
    yield lock
    yield from _describe_run(part, names)
    for name, short in ((_INPUT, "images"), (_OUTPUT, "scores")):
        profile = _refer(PARAMETER_PROFILE)
        yield _make_entity(name, "FormalParameter", conformsTo=profile, name=short, additionalType="File")
    link = _refer(_LANGUAGE_URL)
    yield _make_entity(_LANGUAGE, "ComputerLanguage", name="Snakemake", identifier=link, url=link)
    yield from authors
    yield _make_entity(licence, "CreativeWork", name=f"{citation['license']} licence", url=licence)
    for profile_url in ROOT_PROFILES:
        yield _make_entity(profile_url, "CreativeWork", name=profile_url.split("/", 3)[-1])


def _make_entity(name: str, kind: str, /, **facts: Any) -> Entity:
    return {"@id": name, "@type": kind, **facts}


def _refer(*names: str) -> list[Entity] | Entity:
    """Return references; one alone stands without a list, as RO-Crate recommends."""
    found = [{"@id": name} for name in names]
    return found[0] if len(found) == 1 else found


def _describe_file(folder: Path, name: str) -> Entity:
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    size = str((folder / name).stat().st_size)
    facts = {"name": name, "encodingFormat": kind, "contentSize": size, "sha256": sha256(folder / name)}
    return _make_entity(name, "File", **facts, **_KNOWN_FILES.get(name, {}))


def _describe_lock() -> Entity:
    """Describe the lock file by its content's identifier (SWHID): every release carrying it would weigh too much."""
    content = (ROOT / LOCK_FILE).read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return _make_entity(
        f"swh:1:cnt:{blob}",
        "File",
        name=LOCK_FILE,
        description="exact versions of all packages",
        encodingFormat="application/toml",
        contentSize=str(len(content)),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _describe_run(part: ReleasePart, names: Sequence[str]) -> Iterator[Entity]:
    """Yield the run with its inputs and outputs, and the images it was given."""
    record = part.record
    inputs = [_DATA, RELEASE_RECORD, *(name for name in names if name == CROISSANT_FILE)]
    outputs = [name for name in names if name not in (*inputs, WORKFLOW_FILE)]
    commits = ", ".join(f"{commit} ({count} jobs)" for commit, count in record["commits"].items())
    yield _make_entity(
        _RUN,
        "CreateAction",
        name=f"Run of the workflow: {part.recorded_name}",
        description=f"at commit {commits}; seeds {', '.join(map(str, record['seeds']))}",
        actionStatus="http://schema.org/CompletedActionStatus",
        instrument=_refer(WORKFLOW_FILE),
        object=_refer(*inputs),
        result=_refer(*outputs),
    )
    yield _make_entity(
        _DATA,
        "CreativeWork",
        name=record["dataset"]["title"],
        description="the prepared images; the identifier is the digest of their hashes",
        identifier=f"sha256:{record['data']}",
        **({"subjectOf": _refer(CROISSANT_FILE)} if CROISSANT_FILE in names else {}),
    )


def _describe_authors(citation: Mapping[str, Any]) -> Iterator[Entity]:
    """Yield the people and groups of ``CITATION.cff``."""
    for number, author in enumerate(citation["authors"], 1):
        if "name" in author:
            yield _make_entity(f"#author-{number}", "Organization", name=author["name"])
        else:
            name = f"{author['given-names']} {author['family-names']}"
            yield _make_entity(author.get("orcid", f"#author-{number}"), "Person", name=name)
