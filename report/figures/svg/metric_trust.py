"""Which measures prefer something to the perfect image: a panel each, a point per row, the level of the clean image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ...analysis.metric_trust import TrustScatter
from .axis import format_tick, make_axis
from .elements import draw_diamond, draw_line, draw_text, format_percent, make_element, make_svg

SCATTER_HEIGHT_PX, SCATTER_BOTTOM_PX = 150, 126
"""Height of a panel and where its points end, px."""


@dataclass(frozen=True)
class TrustPanel:
    """A panel: its title and its picture."""

    title: str
    plot: Markup


def make_trust_panels(scatters: Sequence[TrustScatter]) -> list[TrustPanel]:
    """Return a panel per measure."""
    return [_draw_panel(found) for found in scatters]


def _draw_panel(found: TrustScatter) -> TrustPanel:
    across, up = make_axis(p.truth for p in found.points), make_axis(p.value for p in found.points)
    ticks = across.ticks(4)
    parts = [draw_line(across.position(value), 0, across.position(value), SCATTER_BOTTOM_PX, "grid") for value in ticks]
    parts += [
        draw_text(across.position(value), SCATTER_BOTTOM_PX + 16, format_tick(value), kind="tick") for value in ticks
    ]
    for point in found.points:
        y = SCATTER_BOTTOM_PX * (1 - up.position(point.value))
        if point.is_clean:
            parts += [
                draw_line(0, y, 1, y, "ceiling"),
                draw_diamond(across.position(point.truth), f"{y:.1f}", "point known"),
            ]
        else:
            place = {
                "cx": format_percent(across.position(point.truth)),
                "cy": f"{y:.1f}",
                "r": "4",
                "class_": "point open",
            }
            parts.append(make_element("circle", make_element("title", point.label), **place))
    title = f"{found.label}: clean image {found.clean_rank} of {found.row_count}"
    return TrustPanel(title, make_svg(SCATTER_HEIGHT_PX, parts, kind="panel"))
