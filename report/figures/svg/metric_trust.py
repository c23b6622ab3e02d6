"""Which measures prefer something to the perfect image: a panel each, a point per row, the level of the clean image."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from ...analysis.metric_trust import MetricTrust, assess_metrics
from ...analysis.paper import CLEAN_ROW
from ...analysis.results import Results
from .axis import format_tick, make_axis
from .elements import draw_diamond, draw_line, draw_text, format_percent, make_element, make_svg

SCATTER_TRUTH = "ssim"
"""The measure of the truth on the horizontal axes."""

SCATTER_HEIGHT_PX, SCATTER_BOTTOM_PX = 150, 126
"""Height of a panel and where its points end, px."""


@dataclass(frozen=True)
class TrustPanel:
    """A panel: its title and its picture."""

    title: str
    plot: Markup


def make_trust_panels(results: Results) -> list[TrustPanel]:
    """Return the panels; none where no clean image or no closeness to it is known."""
    panels = ((each, _collect_points(results, each)) for each in assess_metrics(results))
    return [_draw_panel(each, points) for each, points in panels if len(points) > 1]


def _collect_points(results: Results, found: MetricTrust) -> dict[str, tuple[str, float, float]]:
    """Return by row its label, its closeness to the clean image, and its value turned so that up is read as better."""
    points = {}
    for row in results.rows:
        value, truth = (results.summary(row.id, name).mean for name in (found.measure.name, SCATTER_TRUTH))
        truth = 1.0 if row.id == CLEAN_ROW else truth
        if results.status_text(row) == "done" and math.isfinite(value) and math.isfinite(truth):
            points[row.id] = (row.label, truth, found.sign * value)
    return points


def _draw_panel(found: MetricTrust, points: dict[str, tuple[str, float, float]]) -> TrustPanel:
    across, up = make_axis(truth for _, truth, _ in points.values()), make_axis(v for *_, v in points.values())
    ticks = across.ticks(4)
    parts = [draw_line(across.position(value), 0, across.position(value), SCATTER_BOTTOM_PX, "grid") for value in ticks]
    parts += [
        draw_text(across.position(value), SCATTER_BOTTOM_PX + 16, format_tick(value), kind="tick") for value in ticks
    ]
    for row, (label, truth, value) in points.items():
        y = SCATTER_BOTTOM_PX * (1 - up.position(value))
        if row == CLEAN_ROW:
            parts += [draw_line(0, y, 1, y, "ceiling"), draw_diamond(across.position(truth), f"{y:.1f}", "point known")]
        else:
            place = {"cx": format_percent(across.position(truth)), "cy": f"{y:.1f}", "r": "4", "class_": "point open"}
            parts.append(make_element("circle", make_element("title", label), **place))
    title = f"{found.measure.label}: clean image {found.clean_rank} of {found.row_count}"
    return TrustPanel(title, make_svg(SCATTER_HEIGHT_PX, parts, kind="panel"))
