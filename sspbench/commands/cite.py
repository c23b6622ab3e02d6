"""``cite``: BibTeX of what a run uses: its methods, segmenter and data set, from their YAML, and this suite.

``cite --zenodo`` writes ``.zenodo.json`` from ``CITATION.cff``, so that both say the same.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ..checkout import ROOT
from ..config.plan import Plan
from ..files import write_json
from ..plugins.discovery import Plugin
from .config_options import add_config_options, plan_from_args

ZENODO_FILE = ROOT / ".zenodo.json"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``cite``."""
    parser = commands.add_parser("cite", help="print BibTeX of everything a run uses")
    parser.add_argument("--zenodo", action="store_true", help="write .zenodo.json from CITATION.cff instead")
    add_config_options(parser)
    parser.set_defaults(run=_cite)


def _cite(args: argparse.Namespace) -> int:
    if args.zenodo:
        write_json(ZENODO_FILE, make_zenodo_record(read_citation()))
        print(f"wrote {ZENODO_FILE}")
        return 0
    print("\n\n".join(bibtex_entries(plan_from_args(args))))
    return 0


def bibtex_entries(plan: Plan) -> list[str]:
    """Return one BibTeX entry for each source that the plan's runs rest on, in the order of the tables."""
    methods = {run.plugin.name: run.plugin for run in plan.runs}
    found = [*methods.values(), plan.segmenter, plan.dataset]
    texts = [entry for plugin in found for entry in _plugin_entries(plugin)]
    return [*dict.fromkeys(texts), suite_entry()]


def _plugin_entries(plugin: Plugin) -> Iterator[str]:
    """Yield the plugin's own BibTeX, or its reference in words.

    Controls (methods without a parameter) and data simulated here rest on no one else's work.
    """
    meta = plugin.meta
    if meta.get("bibtex"):
        yield meta["bibtex"].strip()
    elif meta.get("params") or meta.get("real"):
        words = meta.get("reference") or meta.get("citation")
        if words:
            yield misc_entry(plugin.name, words)


def misc_entry(key: str, words: str) -> str:
    r"""Return a ``@misc`` entry for a reference that is given in words.

    >>> print(misc_entry("dcp", "He, Sun & Tang, Dark Channel, 2011"))
    @misc{dcp,
      note = {He, Sun \& Tang, Dark Channel, 2011},
      year = {2011},
    }
    """
    year = re.findall(r"\b(?:19|20)\d\d\b", words)
    return _format_entry("misc", key, {"note": words, **({"year": year[0]} if year else {})})


def read_citation() -> dict[str, Any]:
    """Return the contents of ``CITATION.cff``."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return found


def make_zenodo_record(citation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contents of ``.zenodo.json`` (Zenodo's deposit metadata) from those of ``CITATION.cff``."""
    return {
        "title": citation["title"],
        "description": str(citation["abstract"]).strip(),
        "upload_type": "software",
        "creators": [_describe_creator(author) for author in citation["authors"]],
        "version": str(citation["version"]),
        "publication_date": str(citation["date-released"]),
        "license": citation["license"],
        "access_right": "open",
        "keywords": citation["keywords"],
    }


def _describe_creator(author: Mapping[str, str]) -> dict[str, str]:
    """Return an author's name, family name first, and ORCID where given."""
    name = author.get("name") or f"{author['family-names']}, {author['given-names']}"
    orcid = author.get("orcid", "").removeprefix("https://orcid.org/")
    return {"name": name, **({"orcid": orcid} if orcid else {})}


def suite_entry() -> str:
    """Return the entry of this suite, from ``CITATION.cff``."""
    cff = read_citation()
    authors = " and ".join(_describe_creator(author)["name"] for author in cff["authors"])
    fields = {"title": f"{{{cff['title']}}}", "author": f"{{{authors}}}", "version": str(cff["version"])}
    if "date-released" in cff:
        fields["year"] = str(cff["date-released"])[:4]
    return _format_entry("software", "sspbench", fields)


def _format_entry(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{_escape_latex(text)}}}," for name, text in fields.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _escape_latex(text: str) -> str:
    return re.sub(r"(?<!\\)([&%#_])", r"\\\1", text)
