"""The images of a run as figures and the page need them: input, label, and every row's enhanced image and mask."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

from sspbench.images.pictures import read_grey, read_pixels, to_grey8

from ..analysis.paper import TRIVIAL_GROUP
from ..analysis.primary_rows import NON_CONTENDER_GROUPS
from ..analysis.results import MethodRow, Results

# Colours of true, false and missed pixels: black, vermilion, blue, each 4.5:1 or more on white.
HIT_COLOUR, FALSE_COLOUR, MISSED_COLOUR = (0, 0, 0), (192, 75, 0), (0, 114, 178)


# Width and height of the zoomed region, as shares of the image, where the config leaves its place to the rule.
ZOOM_WINDOW_SHARES = (0.3, 0.3)


INPUT_SPLITS = ("testA", "testA_labels")  # where the inputs and their labels are in the prepared data


class RunImages:
    """Reads images of a plan's results; a missing image is None."""

    def __init__(self, results: Results) -> None:
        self.results = results

    @cached_property
    def rows(self) -> list[MethodRow]:
        """The rows that are shown: all but the ablation's variants."""
        return [row for row in self.results.rows if not row.is_ablation]

    @cached_property
    def rows_for_one_image(self) -> list[MethodRow]:
        """The rows of a figure of one image: all but networks before their training."""
        return [row for row in self.rows if not row.runs[0].is_untrained] or self.rows

    @cached_property
    def rows_for_several_images(self) -> list[MethodRow]:
        """The rows of a figure of several images: if there are others, trivial methods are left out, too."""
        if all(row.group in NON_CONTENDER_GROUPS for row in self.rows_for_one_image):
            return self.rows_for_one_image
        return [row for row in self.rows_for_one_image if row.group != TRIVIAL_GROUP]

    def read_input(self, name: str) -> np.ndarray | None:
        """Return an input, (H, W) uint8: grey, or the luminance of colour."""
        return self._read_split("testA", name)

    def read_label(self, name: str) -> np.ndarray | None:
        """Return the label of an input, (H, W) bool."""
        pixels = self._read_split("testA_labels", name)
        return None if pixels is None else pixels > 127

    def _read_split(self, split: str, name: str) -> np.ndarray | None:
        path = self._paths[split].get(name)
        return None if path is None or not path.is_file() else read_grey(path)

    @cached_property
    def _paths(self) -> dict[str, dict[str, Path]]:
        """Of the inputs and their labels, by split, the files by name without ending."""
        manifest = self.results.manifest
        known = {split: manifest.image_paths(split) if manifest else [] for split in INPUT_SPLITS}
        # from the end, so that the first of two files with one name wins
        return {split: {path.stem: path for path in reversed(paths)} for split, paths in known.items()}

    def read_enhanced(self, row: MethodRow, name: str) -> np.ndarray | None:
        """Return a row's image (its first seed's), (H, W) or (H, W, 3) uint8; None where the row failed."""
        return self._read_output(row, "enhanced", name)

    def read_mask(self, row: MethodRow, name: str) -> np.ndarray | None:
        """Return a row's mask, (H, W) bool; None where the row failed."""
        pixels = self._read_output(row, "masks", name)
        return None if pixels is None else pixels > 127

    def find_zoom_region(self, name: str) -> list[float]:
        """Return the zoomed region of an image as shares of it: the config's, or where the methods differ most."""
        chosen = self.results.plan.config["figures"]["zoom"]
        if chosen != "disputed":
            return [float(share) for share in chosen]
        masks = [mask for row in self.rows if (mask := self.read_mask(row, name)) is not None]
        images = [to_grey8(image) for row in self.rows if (image := self.read_enhanced(row, name)) is not None]
        shown = masks if len(masks) > 1 else images
        return (
            find_disputed_window(np.stack(shown), ZOOM_WINDOW_SHARES)
            if len(shown) > 1
            else [0.35, 0.35, *ZOOM_WINDOW_SHARES]
        )

    def _read_output(self, row: MethodRow, kind: str, name: str) -> np.ndarray | None:
        if self.results.status_text(row) != "done":
            return None
        path = self.results.run_folder(row.runs[0]) / kind / f"{name}.png"
        return read_pixels(path) if path.is_file() else None


def colour_mask(mask: np.ndarray, label: np.ndarray | None = None) -> np.ndarray:
    """Return a (H, W) bool mask as (H, W, 3) uint8: black on white, or true, false and missed beside a label."""
    picture = np.full((*mask.shape, 3), 255, np.uint8)
    truth = mask if label is None else label
    picture[mask & truth] = HIT_COLOUR
    picture[mask & ~truth] = FALSE_COLOUR
    picture[~mask & truth] = MISSED_COLOUR
    return picture


def find_disputed_window(stack: np.ndarray, size: tuple[float, float]) -> list[float]:
    """Return the window in which pictures of one scene differ most: the largest sum of variances over the pictures.

    Args:
        stack: (K, H, W): K images, or K masks.
        size: Width and height of the window as shares of the image.

    Returns:
        Left, top, width, height as shares of the image; the first window of several equals.
    """
    spread = stack.astype(np.float64).var(axis=0)
    rows, columns = spread.shape
    height, width = max(round(size[1] * rows), 1), max(round(size[0] * columns), 1)
    sums = np.pad(spread, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    inside = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    # rounded, so that machines that add in another order choose the same window
    top, left = np.unravel_index(int(np.argmax(inside.round(6))), inside.shape)
    return [float(left / columns), float(top / rows), width / columns, height / rows]


def zoom_slices(shape: tuple[int, ...], zoom: list[float]) -> tuple[slice, slice]:
    """Return the rows and columns of the zoomed region: left, top, width, height as shares of a (height, width) shape.

    >>> zoom_slices((100, 200), [0.5, 0.1, 0.25, 0.2])
    (slice(10, 30, None), slice(100, 150, None))
    """
    left, top, width, height = zoom
    rows, columns = shape[:2]
    y, x = min(round(top * rows), rows - 1), min(round(left * columns), columns - 1)
    return slice(y, min(y + max(round(height * rows), 1), rows)), slice(
        x, min(x + max(round(width * columns), 1), columns)
    )
