"""Any measure of the pyiqa library, by its name there.

Config: ``metrics: {pyiqa_named: {names: [brisque]}}``, or, to have the best value marked in tables,
``names: {brisque: lower}``. pyiqa is imported only when a name is given, and only when images are scored. pyiqa is
under the PolyForm Noncommercial licence.
"""

from __future__ import annotations

import difflib
import io
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import Any, ClassVar

import numpy as np

from sspbench import Direction, Measure, MetricFamily, Scores, ScoringBatch, UserError, find_inscribed_square

PYIQA_PREFIX = "pyiqa:"


class PyiqaNamed(MetricFamily):
    """Measures of pyiqa on the saved image as three equal channels."""

    options_schema: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "names": {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": {"enum": ["lower", "higher", "none"]}},
            ],
            "default": [],
            "description": "measures of pyiqa, with the better direction where you know it; "
            "write names: [brisque] or names: {brisque: lower}",
        },
        "download": {"type": "boolean", "default": False, "description": "whether pyiqa may fetch weights"},
    }
    measures: tuple[Measure, ...] = ()

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._download = self.options["download"]
        self._directions = _read_directions(self.options["names"])
        self._loaded: dict[str, Any] = {}
        self.measures = tuple(
            Measure(PYIQA_PREFIX + name, name, better, description=f"{name} as implemented in pyiqa.")
            for name, better in self._directions.items()
        )

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the enhanced images; NaN with ``n/a: reason`` where pyiqa has no value or no weights.

        Raises:
            UserError: pyiqa has no measure of that name, or ranks it the other way round.
        """
        return {PYIQA_PREFIX + name: self._score_one(name, batch) for name in self._directions}

    def _score_one(self, name: str, batch: ScoringBatch) -> Scores:
        if name not in self._loaded:
            with nullcontext() if self._download else block_network():
                self._loaded[name] = _load_measure(name, self._directions[name])
        metric = self._loaded[name]
        if isinstance(metric, str):
            return _missing_scores(metric, len(batch.image))
        if metric.metric_mode == "FR" and batch.clean is None:
            return _missing_scores("n/a: it compares with a clean image, and there is none", len(batch.image))
        images = _cut_square(batch.image, batch.inner_fov)
        is_compared = metric.metric_mode == "FR"
        references = _cut_square(batch.require("clean"), batch.inner_fov) if is_compared else [None] * len(images)
        pairs = [_score_image(metric, *pair) for pair in zip(images, references, strict=True)]
        return Scores(np.array([value for value, _ in pairs]), tuple(note for _, note in pairs))


def _cut_square(images: np.ndarray, inside: np.ndarray | None) -> list[np.ndarray]:
    """Return of each image the largest square inside the field of view: these measures take whole pictures."""
    if inside is None:
        return list(images)
    return [image[find_inscribed_square(mask)] for image, mask in zip(images, inside, strict=True)]


def _read_directions(names: Mapping[str, Direction] | Sequence[str]) -> dict[str, Direction]:
    return dict(names) if isinstance(names, Mapping) else dict.fromkeys(names, "none")


def _missing_scores(note: str, count: int) -> Scores:
    return Scores(np.full(count, np.nan), (note,) * count)


@contextmanager
def block_network() -> Iterator[None]:
    """Make every attempt to reach another machine fail at once: weights are fetched only when asked for.

    What the libraries print meanwhile ("Downloading ...") is kept back, for it is not true.
    """

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError("downloads are off")

    original = socket.getaddrinfo
    socket.getaddrinfo = refuse
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        socket.getaddrinfo = original


def _load_measure(name: str, better: str) -> Any:
    """Create a pyiqa measure, or return the note that says why there is none."""
    import pyiqa
    import torch

    known = pyiqa.list_models()
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        raise UserError(
            f"pyiqa has no measure named {name!r}",
            where="config: metrics.pyiqa_named.names",
            hint=f"Did you mean {close[0]!r}?" if close else "see pyiqa.list_models()",
        )
    metric = _run_or_explain(lambda: pyiqa.create_metric(name, device=torch.device("cpu")))
    if not isinstance(metric, str) and better != "none" and metric.lower_better != (better == "lower"):
        raise UserError(
            f"pyiqa ranks {name!r} the other way round",
            where="config: metrics.pyiqa_named.names",
            hint=f"write {name}: {'lower' if metric.lower_better else 'higher'}",
        )
    return metric


def _run_or_explain(action: Callable[[], Any]) -> Any:
    # Hundreds of foreign networks fail in as many ways; the table shows the error and the rest go on.
    try:
        return action()
    except OSError as error:
        return f"n/a: a file it needs is not on this machine (set download: true to fetch it): {str(error)[:120]}"
    except Exception as error:
        text = " ".join(str(error).split()) or type(error).__name__
        return f"n/a: {text[:200]}"


def _score_image(metric: Any, image: np.ndarray, reference: np.ndarray | None) -> tuple[float, str]:
    inputs = [_to_tensor(pixels) for pixels in (image, reference) if pixels is not None]
    outcome = _run_or_explain(lambda: float(metric(*inputs)))
    if isinstance(outcome, str):
        return np.nan, outcome
    return (outcome, "") if np.isfinite(outcome) else (np.nan, f"n/a: pyiqa returned {outcome}")


def _to_tensor(pixels: np.ndarray) -> Any:
    # Three channels: for one, some measures of pyiqa forget to scale (entropy comes out near zero).
    import torch

    return torch.from_numpy(pixels.astype(np.float32) / 255).expand(1, 3, -1, -1)
