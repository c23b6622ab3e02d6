"""Every colour of figures and page, by what it means."""

from __future__ import annotations

# Okabe and Ito's palette without its black and pale yellow, plus two dark tones for long lists.
METHOD_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#444444", "#8F7B00")

ZOOM_FRAME_COLOUR = "#E69F00"
STOPPED_COLOUR = "#B03A06"
RING_COLOUR = "#444444"
REFERENCE_LINE_COLOUR = "#444444"
ORACLE_COLOUR = "#888888"
BOX_LINE_COLOUR = "#292929"
PICTURE_FRAME_COLOUR = "#888888"
ABSENCE_FILL_COLOUR = "#F2F2F2"
ABSENCE_HATCH_COLOUR = "#AAAAAA"

# CSS variables of the page: name, light and dark.
PAGE_COLOURS = {
    "back": ("#ffffff", "#14171b"),
    "card": ("#f6f7f9", "#1d2228"),
    "text": ("#1b1f24", "#e6e8eb"),
    "soft": ("#57606a", "#a3acb7"),
    "line": ("#d0d7de", "#3b434d"),
    "link": ("#0550ae", "#79b8ff"),
    "good": ("#0a6b4d", "#4fd1a1"),
    "bad": ("#b03a06", "#ff9d6b"),
    "open": ("#6b5200", "#e9c46a"),
    "banner": ("#fff4d6", "#3a3113"),
    "banner-text": ("#4d3b00", "#ffe9a8"),
    "mark": ("#dbeafe", "#1f3557"),
    "false": ("#a84200", "#ff9d6b"),
    "missed": ("#0072b2", "#79b8ff"),
    "viewer": ("#000000", "#000000"),
    "viewer-text": ("#ffffff", "#ffffff"),
    "viewer-shade": ("#000000b8", "#000000b8"),
    "viewer-bar": ("#e69f00", "#e69f00"),
    "paper": ("#ffffff", "#ffffff"),
    "c0": ("#0072b2", "#79b8ff"),
    "c1": ("#c04e00", "#ff9d6b"),
    "c2": ("#007a58", "#4fd1a1"),
    "c3": ("#a8588a", "#e6a3cd"),
    "c4": ("#2a86b8", "#56b4e9"),
    "c5": ("#a06c00", "#e9b44c"),
    "c6": ("#444444", "#c8ccd1"),
    "c7": ("#756200", "#d3c04a"),
}

PRINT_COLOURS = {
    "back": "#ffffff",
    "card": "#ffffff",
    "text": "#000000",
    "soft": "#333333",
    "line": "#999999",
    "banner": "#ffffff",
    "banner-text": "#000000",
}

# The page replaces a figure's colour by this CSS variable, so that it follows the page's dark style.
CHART_VARIABLES = {colour.lower(): f"c{place}" for place, colour in enumerate(METHOD_COLOURS)} | {
    "#000000": "soft",
    "#ffffff": "back",
    STOPPED_COLOUR.lower(): "bad",
    ORACLE_COLOUR.lower(): "soft",
    BOX_LINE_COLOUR: "soft",
}


def render_colour_variables() -> str:
    """Return the page's colours as CSS: light, dark by preference, and in print."""
    light = {name: pair[0] for name, pair in PAGE_COLOURS.items()}
    dark = {name: pair[1] for name, pair in PAGE_COLOURS.items()}
    in_print = {**light, **PRINT_COLOURS}
    return "\n".join(
        [
            _render_root(light),
            f"@media (prefers-color-scheme: dark) {{ {_render_root(dark)} }}",
            f"@media print {{ {_render_root(in_print)} }}",
            "",
        ]
    )


def _render_root(colours: dict[str, str]) -> str:
    return f":root {{ {' '.join(f'--{name}: {value};' for name, value in colours.items())} }}"
