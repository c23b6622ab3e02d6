"""The images of a run as figures and the page need them: input, label, and every row's enhanced image and mask."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

from sspbench.files import read_json
from sspbench.images.grey import read_grey
from sspbench.images.manifest import Manifest

from ..primary_rows import ASIDE
from ..results import MethodRow, Results
from ..subject import TRIVIAL

HIT, FALSE, MISSED = (0, 0, 0), (192, 75, 0), (0, 114, 178)
"""Colours of true, false and missed nerve pixels: black, vermilion, blue, each 4.5:1 or more on white."""


WINDOW = (0.3, 0.3)
"""Width and height of the zoomed region, as shares of the image, where the config leaves its place to the rule."""


SPLITS = ("testA", "testA_labels")
"""Where the inputs and their labels are in the prepared data."""


class Pictures:
    """Reads images of a plan's results; whatever is not there is None.

    Args:
        results: The results.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        path = results.plan.layout.manifest
        self.manifest = Manifest.read(path) if path.is_file() else None

    @cached_property
    def rows(self) -> list[MethodRow]:
        """The rows that are shown: all but the ablation's variants."""
        return [row for row in self.results.rows if not row.ablation]

    @cached_property
    def rows_of_one(self) -> list[MethodRow]:
        """The rows of a figure of one image: all but networks before their training."""
        return [row for row in self.rows if not row.runs[0].is_untrained] or self.rows

    @cached_property
    def rows_of_several(self) -> list[MethodRow]:
        """The rows of a figure of several images: trivial methods are left out too, where others are there."""
        if all(row.group in ASIDE for row in self.rows_of_one):
            return self.rows_of_one
        return [row for row in self.rows_of_one if row.group != TRIVIAL]

    @cached_property
    def names(self) -> list[str]:
        """The test images' names without ending, sorted."""
        if self.manifest is not None:
            return sorted(path.stem for path in self.manifest.image_paths("testA"))
        found: set[str] = set()
        for row in self.results.rows:
            sealed = self.results.folder(row.runs[0]) / "enhanced" / "manifest.json"
            found |= {Path(name).stem for name in read_json(sealed)} if sealed.is_file() else set()
        return sorted(found)

    def origin(self, name: str) -> np.ndarray | None:
        """Return an input, (H, W) uint8."""
        return self._split("testA", name)

    def label(self, name: str) -> np.ndarray | None:
        """Return the true nerves of an input, (H, W) bool."""
        pixels = self._split("testA_labels", name)
        return None if pixels is None else pixels > 127

    def _split(self, split: str, name: str) -> np.ndarray | None:
        path = self._paths[split].get(name)
        return None if path is None else _read(path)

    @cached_property
    def _paths(self) -> dict[str, dict[str, Path]]:
        """Of the inputs and their labels, by split, the files by name without ending."""
        known = {split: [] if self.manifest is None else self.manifest.image_paths(split) for split in SPLITS}
        # from the end, so that of two of one name the first stays
        return {split: {path.stem: path for path in reversed(paths)} for split, paths in known.items()}

    def enhanced(self, row: MethodRow, name: str) -> np.ndarray | None:
        """Return a row's image (its first seed's), (H, W) uint8; None where the row failed."""
        return self._of(row, "enhanced", name)

    def mask(self, row: MethodRow, name: str) -> np.ndarray | None:
        """Return a row's segmented nerves, (H, W) bool; None where the row failed."""
        pixels = self._of(row, "masks", name)
        return None if pixels is None else pixels > 127

    def zoom(self, name: str) -> list[float]:
        """Return the zoomed region of an image as shares of it: the config's, or where the methods differ most."""
        chosen = self.results.plan.config["figures"]["zoom"]
        if chosen != "disputed":
            return [float(share) for share in chosen]
        masks = [mask for row in self.rows if (mask := self.mask(row, name)) is not None]
        images = [image for row in self.rows if (image := self.enhanced(row, name)) is not None]
        shown = masks if len(masks) > 1 else images
        return disputed(np.stack(shown), WINDOW) if len(shown) > 1 else [0.35, 0.35, *WINDOW]

    def _of(self, row: MethodRow, kind: str, name: str) -> np.ndarray | None:
        if self.results.ended(row) != "done":
            return None
        return _read(self.results.folder(row.runs[0]) / kind / f"{name}.png")


def _read(path: Path) -> np.ndarray | None:
    return read_grey(path) if path.is_file() else None


def mask_picture(mask: np.ndarray, label: np.ndarray | None = None) -> np.ndarray:
    """Return a mask as (H, W, 3) uint8: black on white, or true, false and missed pixels where the label is known.

    Args:
        mask: (H, W) bool.
        label: (H, W) bool, or None.
    """
    picture = np.full((*mask.shape, 3), 255, np.uint8)
    truth = mask if label is None else label
    picture[mask & truth] = HIT
    picture[mask & ~truth] = FALSE
    picture[~mask & truth] = MISSED
    return picture


def disputed(stack: np.ndarray, size: tuple[float, float]) -> list[float]:
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
    # rounded, so that two machines that add in another order choose the same window
    top, left = np.unravel_index(int(np.argmax(inside.round(6))), inside.shape)
    return [float(left / columns), float(top / rows), width / columns, height / rows]


def region(shape: tuple[int, ...], zoom: list[float]) -> tuple[slice, slice]:
    """Return the rows and columns of the zoomed region.

    Args:
        shape: Height and width of the image.
        zoom: Left, top, width, height as shares of the image.

    >>> region((100, 200), [0.5, 0.1, 0.25, 0.2])
    (slice(10, 30, None), slice(100, 150, None))
    """
    left, top, width, height = zoom
    rows, columns = shape[:2]
    y, x = min(round(top * rows), rows - 1), min(round(left * columns), columns - 1)
    return slice(y, min(y + max(round(height * rows), 1), rows)), slice(
        x, min(x + max(round(width * columns), 1), columns)
    )
