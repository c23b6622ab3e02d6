"""What a plugin must be: a method, a metric family, a data set. Imports nothing heavy.

A learned method or segmenter derives from :mod:`sspbench.training` instead, which needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np

Direction = Literal["higher", "lower", "none"]
"""Which values of a measure are better."""

TableName = Literal["quality", "segmentation", "truth", "morphometry", "extra", "curve"]
"""Where a measure stands; see :class:`Measure`."""

DomainName = Literal["low", "high"]
"""Low-quality (``trainA``) and high-quality (``trainB``) training images."""

Need = Literal["image", "origin", "mask", "probability", "label", "clean", "image_rgb", "clean_rgb"]
"""A field of :class:`ScoringBatch`."""


ColorMode = Literal["grey", "rgb"]
"""What a data set's images are; every image of a run has this mode."""

Structure = Literal["nerve", "vessel"]
"""What the labels of a data set show."""

CHANNELS: Mapping[ColorMode, int] = MappingProxyType({"grey": 1, "rgb": 3})
"""Channels of an image by its mode, as methods and segmenters get it."""


class Method:
    """An enhancer of images.

    Args:
        params: The resolved parameters: ``params`` of ``method.yaml``, then the preset, then the variant.
        seed: Seed of the run; a method must give the same output for the same seed.

    Attributes:
        channels: Channels of the images: 1 grey, 3 RGB. The frame sets it after ``__init__``.
        fitted: What :meth:`fit` returned, of a classical method that defines it; else empty.
    """

    channels: int = 1
    fitted: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, params: Mapping[str, Any], seed: int = 0) -> None:
        self.params = params
        self.seed = seed

    def fit(self, low: Sequence[np.ndarray], high: Sequence[np.ndarray]) -> Mapping[str, Any]:
        """Return constants taken from the training images, e.g. the mean of the high-quality ones.

        Optional, for classical methods: called once before the test images are enhanced, with the low- and
        high-quality training images, (H, W) or (H, W, 3) float32 in [0, 1] each, which must not be modified. What it
        returns (numbers, texts, lists of them: JSON) is written into the run's provenance and is ``self.fitted`` in
        :meth:`enhance`, then and whenever the run is used on other images.
        """
        return {}

    @classmethod
    def is_fitted(cls) -> bool:
        """Return whether the class defines :meth:`fit`."""
        return cls.fit is not Method.fit

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Enhance (N, C, H, W) float32 images in [0, 1]; return the same shape, dtype and range.

        C is ``self.channels``; RGB images have red first. Any H and W must work. The input must not be modified.
        """
        raise NotImplementedError(f"{type(self).__name__} must define enhance(images)")


@dataclass(frozen=True)
class Measure:
    """One column of a table.

    Attributes:
        name: Key in ``scores.csv``, e.g. ``avg_gradient``.
        label: Name in tables and figures, e.g. ``AvG``.
        better: Which direction is better, or ``"none"``.
        unit: Unit, empty for none.
        decimals: Decimals shown in tables.
        description: One sentence for the report: definition and source.
        table: The table it belongs to: ``quality``, ``segmentation``, ``truth``, ``morphometry`` or ``extra``; of
            ``curve`` there is none, such measures are the points of a figure.
    """

    name: str
    label: str
    better: Direction
    unit: str = ""
    decimals: int = 4
    description: str = ""
    table: TableName = "extra"


@dataclass(frozen=True)
class ScoringBatch:
    """A chunk of images of one size, as saved on disk; what a data set lacks is None.

    Attributes:
        image: Enhanced images, (N, H, W) uint8: grey, or the luminance (ITU-R BT.601) of colour images.
        origin: The untouched inputs, (N, H, W) uint8 alike.
        mask: Segmented nerves or vessels, (N, H, W) bool; False outside the field of view.
        probability: Their probability x 255, (N, H, W) uint8; 0 outside the field of view.
        label: True nerves or vessels, (N, H, W) bool; False outside the field of view.
        clean: The known clean image (simulated data), (N, H, W) uint8 as ``image``.
        image_rgb: Enhanced images of a data set in colour, (N, H, W, 3) uint8.
        clean_rgb: Its known clean images, (N, H, W, 3) uint8.
        fov: Field of view, (N, H, W) bool, of a data set that has one: measures count only what is inside.
        inner_fov: The field of view without a border of 3 % of its radius, (N, H, W) bool: for measures without a
            reference, which the edge of the disc would dominate.
        field_um: Width of the imaged field in micrometres; None: the size of a pixel is unknown, lengths are in pixels.
        threshold: The level 0..254 above which ``probability`` is nerve or vessel, chosen on labelled training images
            that the segmenter did not learn from.
    """

    image: np.ndarray
    origin: np.ndarray | None = None
    mask: np.ndarray | None = None
    probability: np.ndarray | None = None
    label: np.ndarray | None = None
    clean: np.ndarray | None = None
    image_rgb: np.ndarray | None = None
    clean_rgb: np.ndarray | None = None
    fov: np.ndarray | None = None
    inner_fov: np.ndarray | None = None
    field_um: float | None = 400.0
    threshold: int | None = None

    def inside(self, stack: np.ndarray) -> list[np.ndarray]:
        """Return a stack image by image, of each the pixels inside the field of view, (K,); all where there is none."""
        return list(stack) if self.fov is None else [one[inside] for one, inside in zip(stack, self.fov, strict=True)]

    def has(self, needs: frozenset[str]) -> bool:
        """Return whether everything in ``needs`` is there."""
        return all(getattr(self, need) is not None for need in needs)

    def require(self, need: Need) -> np.ndarray:
        """Return a field that the family's ``needs`` name, and that is there for this reason.

        Raises:
            LookupError: it is not there.
        """
        value: np.ndarray | None = getattr(self, need)
        if value is None:
            raise LookupError(f"the batch has no {need}: name it in needs")
        return value


@dataclass(frozen=True)
class Scores:
    """Values of one measure for a batch.

    Attributes:
        values: (N,) float64; NaN where undefined.
        notes: One text per image: why a value is NaN, else empty.
    """

    values: np.ndarray
    notes: tuple[str, ...] = field(default=())


class MetricFamily:
    """A family of measures computed together: one file in ``metrics/`` that defines one subclass.

    ``needs`` names the fields of :class:`ScoringBatch` that must be there; without them the family is left out.
    ``structures`` are the structures that it can measure: on data sets with another one it is left out, too.
    ``options_schema`` declares its options, each by a JSON Schema with ``type``, ``default`` and ``description``; their
    values come from ``metrics: {<file name>: {...}}`` in the config and are in ``self.options``. ``definitions`` are
    the rival definitions of its measures, by name, for the table of definition sensitivity: functions of (N, H, W)
    uint8 images to (N,) float64.
    """

    measures: tuple[Measure, ...] = ()
    needs: ClassVar[frozenset[str]] = frozenset({"image"})
    structures: ClassVar[frozenset[str]] = frozenset({"nerve", "vessel"})
    options_schema: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    definitions: ClassVar[Mapping[str, Callable[[np.ndarray], np.ndarray]]] = {}

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        defaults = {name: declared["default"] for name, declared in self.options_schema.items()}
        self.options = {**defaults, **(options or {})}

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Return a :class:`Scores` for every measure of the family."""
        raise NotImplementedError(f"{type(self).__name__} must define score(batch)")

    def fit_definitions(self, good: Iterable[np.ndarray]) -> Mapping[str, Any]:
        """Return what further rival definitions take from good images of the domain, (H, W) uint8 each, as JSON.

        It is computed once per data set and handed to :meth:`fitted_definitions`; empty: there are none.
        """
        return {}

    def fitted_definitions(self, constants: Mapping[str, Any]) -> Mapping[str, Callable[[np.ndarray], np.ndarray]]:
        """Return the rival definitions that take these constants, which :meth:`fit_definitions` computed."""
        return {}


ProgressCallback = Callable[[int, int], None]
"""Called with (done, total) while a data set is prepared."""


NoteCallback = Callable[[str, Sequence[str]], None]
"""Called with what was done and the files it was done to."""


Record = Callable[[str, Any], None]
"""Called with the name of a fact and its value (JSON), which the manifest keeps."""


def _unrecorded(_name: str, _value: Any) -> None:
    """Keep nothing."""


def _ignore_note(_what: str, _files: Sequence[str]) -> None:
    """Ignore the note."""


@dataclass(frozen=True)
class PrepareRequest:
    """What a data set's ``prepare(request)`` gets.

    Attributes:
        options: ``options`` of ``dataset.yaml`` with the preset's overrides and the user's.
        source: The user's folder or archive (``data_root``), or None.
        output: An empty folder to fill: ``trainA``, ``trainB``, ``testA`` (8-bit PNG of the data set's mode), and,
            where known, ``<split>_labels`` (255 nerve or vessel, 0 background), ``<split>_fov`` (255 inside the field
            of view), ``testA_clean`` and ``testA_hq`` (the clean image, and the same scene at high quality), same file
            names.
        seed: The data seed.
        progress: To be called now and then.
        add_note: To be called with what was done to files without being asked, and their names: turned, scaled, left
            out. The suite shows and counts notes and keeps them in the manifest.
        record: To be called with a fact that the manifest keeps: ``white`` (the table of white levels), ``um_per_px``
            (micrometres per pixel of images, by ``<split>/<name>.png``), ``degradation`` (its types, by path alike),
            ``subject`` (who an image shows, by path alike: no subject may be in training and test), ``labels``
            (pixels by value of each folder).
    """

    options: Mapping[str, Any]
    source: Path | None
    output: Path
    seed: int
    progress: ProgressCallback
    add_note: NoteCallback = _ignore_note
    record: Record = _unrecorded
