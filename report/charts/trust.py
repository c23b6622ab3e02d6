"""Which measures prefer something to the perfect image: a panel each, a point per row, the level of the clean image."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from ..makers.trust import Trust, trusted
from ..results import Results
from ..subject import CLEAN
from .axis import axis_over, tick_text
from .svg import diamond, element, line, percent, picture, text

TRUTH = "ssim"
"""The measure of the truth on the horizontal axes."""

HEIGHT, BOTTOM = 150, 126
"""Height of a panel and where its points end, px."""


@dataclass(frozen=True)
class Scatter:
    """A panel: its title and its picture."""

    title: str
    plot: Markup


def scatters(results: Results) -> list[Scatter]:
    """Return the panels; none where no clean image or no closeness to it is known."""
    panels = ((each, _points(results, each)) for each in trusted(results))
    return [_panel(each, points) for each, points in panels if len(points) > 1]


def _points(results: Results, found: Trust) -> dict[str, tuple[str, float, float]]:
    """Return by row its label, its closeness to the clean image, and its value turned so that up is read as better."""
    points = {}
    for row in results.rows:
        value, truth = (results.summary(row.id, name).mean for name in (found.measure.name, TRUTH))
        truth = 1.0 if row.id == CLEAN else truth
        if results.ended(row) == "done" and math.isfinite(value) and math.isfinite(truth):
            points[row.id] = (row.label, truth, found.sign * value)
    return points


def _panel(found: Trust, points: dict[str, tuple[str, float, float]]) -> Scatter:
    across, up = axis_over(truth for _, truth, _ in points.values()), axis_over(v for *_, v in points.values())
    ticks = across.ticks(4)
    parts = [line(across.share(value), 0, across.share(value), BOTTOM, "grid") for value in ticks]
    parts += [text(across.share(value), BOTTOM + 16, tick_text(value), kind="tick") for value in ticks]
    for row, (label, truth, value) in points.items():
        y = BOTTOM * (1 - up.share(value))
        if row == CLEAN:
            parts += [line(0, y, 1, y, "ceiling"), diamond(across.share(truth), f"{y:.1f}", "point known")]
        else:
            place = {"cx": percent(across.share(truth)), "cy": f"{y:.1f}", "r": "4", "class_": "point open"}
            parts.append(element("circle", element("title", label), **place))
    title = f"{found.measure.label}: clean image {found.place} of {found.rows}"
    return Scatter(title, picture(HEIGHT, parts, kind="panel"))
