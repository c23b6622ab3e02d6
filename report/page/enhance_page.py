"""The page that enhances a visitor's pictures: linked where it lies beside the report and holds the run's networks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sspbench.files import sha256
from sspbench.offline_page.page import FILE_NAME, read_descriptions


@dataclass(frozen=True)
class EnhancePage:
    """The page beside the report.

    Attributes:
        file: Its name.
        methods: The methods in it, as it calls them.
        is_current: Whether its networks are those of the run; they are not after another training.
    """

    file: str
    methods: tuple[str, ...]
    is_current: bool


def find_enhance_page(root: Path) -> EnhancePage | None:
    """Return what the page in a results folder holds; None where there is none.

    Args:
        root: The folder of the report.
    """
    path = root / FILE_NAME
    models = read_descriptions(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else []
    if not models:
        return None
    trained = {sha256(weights) for weights in root.glob("runs/*/seed-*/weights.safetensors")}
    is_current = all(model["weights_sha256"] in trained for model in models)
    return EnhancePage(FILE_NAME, tuple(model["name"] for model in models), is_current)
