"""Links of the documentation lead somewhere, the version has one source, and the changelog keeps its form."""

import re
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from sspbench.checkout import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
MAX_README_WORDS = 900
MAX_CHANGELOG_WORDS = 30
CHANGELOG_HEADINGS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def list_documents():
    """Return the tracked Markdown files; those beside the code where this is not a git checkout."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines() if listed.returncode == 0 else []
    return [ROOT / name for name in names if (ROOT / name).is_file()] or [ROOT / "README.md"]


def strip_code(text):
    """Return Markdown without code blocks and inline code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def heading_anchors(text):
    """Return the anchors of a page as GitHub makes them: lower case, blanks as hyphens, no punctuation."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def find_broken_links(page):
    """Return the relative links of a page whose file or anchor does not exist."""
    broken = []
    for target in LINK.findall(strip_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        place = page.parent / name if name else page
        if not place.exists():
            broken.append(f"{page.name}: {target} does not exist")
        elif anchor and anchor not in heading_anchors(place.read_text(encoding="utf-8")):
            broken.append(f"{page.name}: {target} has no such heading")
    return broken


@pytest.mark.parametrize("page", list_documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page):
    assert find_broken_links(page) == []


def test_broken_links_are_found(tmp_path):
    (tmp_path / "other.md").write_text("# A heading, here\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md#a-heading-here) [b](https://example.org) `[c](code.md)`\n```\n[d](block.md)\n```\n"
        "[e](missing.md) [f](other.md#wrong)\n"
    )
    assert find_broken_links(page) == [
        "page.md: missing.md does not exist",
        "page.md: other.md#wrong has no such heading",
    ]


def test_citation_and_changelog_name_the_version_of_the_project():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = re.search(
        r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert (citation["version"], citation["preferred-citation"]["version"]) == (version, version)
    assert newest.groups() == (version, citation["date-released"])


def test_the_changelog_keeps_its_form():
    text = (ROOT / "CHANGELOG.md").read_text()
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= CHANGELOG_HEADINGS
    entries = [line[2:] for line in text.splitlines() if line.startswith("- ")]
    assert len(entries) > 50
    assert [entry for entry in entries if len(entry.split()) > MAX_CHANGELOG_WORDS] == []


def test_the_readme_is_one_page():
    assert len((ROOT / "README.md").read_text().split()) <= MAX_README_WORDS


def test_the_published_tree_stays_small():
    listed = subprocess.run(
        ["git", "ls-files", "results/published"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert len(listed.stdout.splitlines()) <= 200


def test_workflows_and_templates_are_yaml():
    found = sorted(Path(ROOT / ".github").rglob("*.yml"))
    assert len(found) >= 6
    assert all(isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict) for path in found)
