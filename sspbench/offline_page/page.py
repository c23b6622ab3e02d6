"""Compose the offline page: template, style, scripts, and runtime and models as compressed blocks of text."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ..files import sha256
from .runtime import VERSION, WebRuntime

FOLDER = Path(__file__).parent

# Name of the file beside a report, which links it.
FILE_NAME = "enhance.html"

# In the order in which the page runs them: each uses names of those before it.
SCRIPTS = ("bytes.js", "png.js", "pictures.js", "enhancer.js", "viewer.js", "page.js")

# A picture with a longer side is refused: its enhancement would take minutes and gigabytes in a browser.
MAX_SIDE_PX = 4096


@dataclass(frozen=True)
class PageModel:
    """A model in the page.

    Attributes:
        description: What the page's script and its reader need to know, as plain values.
    """

    content: bytes
    description: Mapping[str, Any]


def render_page(models: Sequence[PageModel], runtime: WebRuntime) -> str:
    """Return the page as text; the same for the same models, of which the first is chosen at the start."""
    return render_with_policy(
        FOLDER / "page.html.j2",
        (FOLDER / "style.css").read_text(encoding="utf-8"),
        "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS),
        runtime_version=VERSION,
        max_side=MAX_SIDE_PX,
        models=[dict(model.description) for model in models],
        facts=_json({"maxSide": MAX_SIDE_PX, "models": [dict(model.description) for model in models]}),
        blocks={
            "runtime-module": _block(runtime.module),
            "runtime-wasm": _block(runtime.wasm),
            **{f"model-{index}": _block(model.content) for index, model in enumerate(models)},
        },
    )


@dataclass(frozen=True)
class EnhancePage:
    """The page beside a report.

    Attributes:
        methods: The methods in it, as it calls them.
        is_current: Whether its networks are those of the run; they are not after another training.
    """

    file: str
    methods: tuple[str, ...]
    is_current: bool


def find_enhance_page(root: Path) -> EnhancePage | None:
    """Return what the page beside a report, in its folder ``root``, holds; None where there is none."""
    path = root / FILE_NAME
    models = read_descriptions(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else []
    if not models:
        return None
    trained = {sha256(weights) for weights in root.glob("runs/*/seed-*/weights.safetensors")}
    is_current = all(model["weights_sha256"] in trained for model in models)
    return EnhancePage(FILE_NAME, tuple(model["name"] for model in models), is_current)


def read_descriptions(page: str) -> list[dict[str, Any]]:
    """Return the descriptions of the models in a page of :func:`render_page`; none in any other page."""
    found = re.search(r'<script type="application/json" id="facts">(.*?)</script>', page, re.DOTALL)
    return list(json.loads(found[1])["models"]) if found else []


def render_with_policy(template: Path, style: str, script: str, **facts: Any) -> str:
    """Return a page with style and script in it, which its content security policy allows by their hashes alone.

    Other templates that the template names lie beside it; ``facts`` are what else it asks for.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts = {"style": Markup(style), "script": Markup(script)}
    hashes = {"style_hash": _hash_inline(style), "script_hash": _hash_inline(script)}
    return environment.get_template(template.name).render(**texts, **hashes, **facts)


def _hash_inline(text: str) -> str:
    """Return the content security policy's hash of an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _block(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _json(content: Any) -> Markup:
    """Return JSON that may be in a script element: no text in it can end the element."""
    return Markup(json.dumps(content, sort_keys=True).replace("<", "\\u003c"))
