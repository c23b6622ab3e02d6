"""``cite``: BibTeX of what a run uses: its methods, segmenter and data set, from their YAML, and this suite."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import Any

import yaml

from ..checkout import ROOT
from ..config.plan import Plan
from ..plugins.discovery import Plugin
from .config_options import add_config_options, plan_from_args


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``cite``."""
    parser = commands.add_parser("cite", help="print BibTeX of everything a run uses")
    add_config_options(parser)
    parser.set_defaults(run=_cite)


def _cite(args: argparse.Namespace) -> int:
    print("\n\n".join(bibtex_entries(plan_from_args(args))))
    return 0


def bibtex_entries(plan: Plan) -> list[str]:
    """Return one BibTeX entry for each source that the plan's runs rest on, in the order of the tables."""
    used = dict.fromkeys(run.plugin.name for run in plan.runs)
    by_name = {run.plugin.name: run.plugin for run in plan.runs}
    found = [by_name[name] for name in used] + [plan.segmenter, plan.dataset]
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


def misc_entry(key: str, words: str, **fields: str) -> str:
    r"""Return a ``@misc`` entry for a reference that is given in words.

    >>> print(misc_entry("dcp", "He, Sun & Tang, Dark Channel, 2011"))
    @misc{dcp,
      note = {He, Sun \& Tang, Dark Channel, 2011},
      year = {2011},
    }
    """
    year = re.findall(r"\b(?:19|20)\d\d\b", words)
    given = {**fields, "note": words, **({"year": year[0]} if year else {})}
    return _format_entry("misc", key, given)


def suite_entry() -> str:
    """Return the entry of this suite, from ``CITATION.cff``."""
    cff: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    authors = " and ".join(
        author.get("name") or f"{author['family-names']}, {author['given-names']}" for author in cff["authors"]
    )
    fields = {"title": f"{{{cff['title']}}}", "author": f"{{{authors}}}", "version": str(cff["version"])}
    if "date-released" in cff:
        fields["year"] = str(cff["date-released"])[:4]
    return _format_entry("software", "sspbench", fields)


def _format_entry(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{_escape_latex(text)}}}," for name, text in fields.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _escape_latex(text: str) -> str:
    return re.sub(r"(?<!\\)([&%#_])", r"\\\1", text)
