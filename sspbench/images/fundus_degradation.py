"""Poor fundus photographs made from good ones: uneven light, dust on the lens, blur (Shen et al., TMI 2020).

The model and its constants are those of cofe-Net's public code, for frames of 512 x 512 pixels; the code here is our
own. Lengths that are constants there scale with the height of the frame, so that a degradation looks the same at any
size. A degradation is drawn once (:func:`draw_degradation`) and can be stored (:meth:`Degradation.as_json`);
applying it (:func:`degrade`) draws nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal

import cv2
import numpy as np
from PIL import Image, ImageEnhance

DegradationType = Literal["illumination", "spots", "blur"]

# The parts of a degradation, in the order in which they are applied.
TYPES: tuple[DegradationType, ...] = ("illumination", "spots", "blur")

# The seven non-empty subsets of :data:`TYPES`.
COMBINATIONS: tuple[tuple[DegradationType, ...], ...] = tuple(
    chosen for count in (1, 2, 3) for chosen in combinations(TYPES, count)
)

# Height of the frames that the constants are for, pixels.
REFERENCE_HEIGHT = 512

# Sides of the smallest kernel of a blur, pixels.
SMALLEST_BLUR = 3

# Colours of the light that leaks in, RGB. A third one exists in the public code for pictures darkened to less than a
# fifth, which its own range of brightness never gives.
HALO_COLOURS = ((141, 238, 238), (177, 195, 147))

# Mean brightness inside the field of view, from which a dark hole is drawn.
HOLE_FROM = 0.25


@dataclass(frozen=True)
class Illumination:
    """Changed colours, a halo of leaking light, and a dark hole.

    Attributes:
        brightness: Factor.
        contrast: Factor, around the mean grey level.
        saturation: Factor, around the grey picture.
        halo_colour: RGB of the halo, 0..255.
        halo_centre: Column and row, pixels.
        halo_inner: Inner diameter of the ring of light, pixels.
        halo_outer: Outer diameter of the ring of light, pixels.
        hole_centre: Column and row, pixels.
        hole_diameter: Pixels.
        hole_kernel: Width and height of the blur of its edge, pixels.
        hole_base: Depth of the hole, a negative brightness of 0..1.
        hole_share: Further depth per mean brightness inside the field of view.
    """

    brightness: float
    contrast: float
    saturation: float
    halo_colour: tuple[int, int, int]
    halo_centre: tuple[int, int]
    halo_inner: float
    halo_outer: float
    hole_centre: tuple[int, int]
    hole_diameter: int
    hole_kernel: tuple[int, int]
    hole_base: float
    hole_share: float


@dataclass(frozen=True)
class Spot:
    """A bright spot, as dust on the lens makes it.

    Attributes:
        centre: Column and row, pixels.
        radius: Pixels.
        amplitude: Brightness of its middle before the blur, of 0..1.
        sigma: Sd of the blur, pixels.
        kernel: Width and height at which the blur is cut off, odd, pixels.
    """

    centre: tuple[int, int]
    radius: int
    amplitude: float
    sigma: float
    kernel: tuple[int, int]


@dataclass(frozen=True)
class Blur:
    """A Gaussian blur, cut off so close that it is nearly a box: sd, and odd width and height, pixels."""

    sigma: float
    kernel: tuple[int, int]


@dataclass(frozen=True)
class Degradation:
    """What is done to photographs of one size (height and width, pixels); a part that is not done is None, or empty."""

    size: tuple[int, int]
    illumination: Illumination | None = None
    spots: tuple[Spot, ...] = ()
    blur: Blur | None = None

    @property
    def types(self) -> tuple[DegradationType, ...]:
        """The parts that are done."""
        return tuple(name for name in TYPES if getattr(self, name))

    def as_json(self) -> dict[str, Any]:
        """Return all parameters as JSON-able values, with the types under ``types``."""
        return {"types": list(self.types), **asdict(self)}


def draw_degradation(
    rng: np.random.Generator, height: int, width: int, types: Collection[DegradationType] = TYPES
) -> Degradation:
    """Draw the parameters of a degradation of photographs of a height and width, pixels.

    Raises:
        ValueError: a type is unknown.
    """
    unknown = set(types) - set(TYPES)
    if unknown:
        raise ValueError(f"unknown degradation types: {', '.join(sorted(unknown))}; known: {', '.join(TYPES)}")
    return Degradation(
        size=(height, width),
        illumination=_draw_illumination(rng, height, width) if "illumination" in types else None,
        spots=tuple(_draw_spot(rng, height, width) for _ in range(_whole(rng, 5, 10))) if "spots" in types else (),
        blur=_draw_blur(rng, height) if "blur" in types else None,
    )


def degrade(photograph: np.ndarray, field_of_view: np.ndarray, degradation: Degradation) -> np.ndarray:
    """Degrade a photograph, (H, W, 3) uint8 RGB: the same, 0 outside its field of view, (H, W) bool.

    Raises:
        ValueError: the photograph has another size than the degradation was drawn for.
    """
    if photograph.shape[:2] != degradation.size:
        raise ValueError(f"drawn for (height, width) = {degradation.size}, the photograph has {photograph.shape[:2]}")
    values = photograph.astype(np.float32) / 255
    if degradation.illumination is not None:
        values = _change_illumination(photograph, field_of_view, degradation.illumination)
    for spot in degradation.spots:
        disc = _disc(degradation.size, spot.centre, spot.radius) * np.float32(spot.amplitude)
        values += _blur(disc, spot.kernel, spot.sigma)[..., None]
    values = np.clip(values, 0.0, 1.0)
    if degradation.blur is not None:
        values = _blur(values, degradation.blur.kernel, degradation.blur.sigma)
    values = np.clip(values, 0.0, 1.0) * field_of_view[..., None]
    # The public code cuts off the decimals.
    return (values * 255).astype(np.uint8)


def _draw_illumination(rng: np.random.Generator, height: int, width: int) -> Illumination:
    side = min(height, width)
    x = _whole(rng, width / 2 - width / 8, width / 2 + width / 8)
    y = _whole(rng, height / 2 - height / 8, height / 2 + height / 8)
    # The product of mixed sides is that of the public code; it matters for frames that are not square only.
    reach = math.sqrt(max(x, height - x) ** 2 + max(y, height - y) * max(y, width - y))
    farthest = 2 * int(reach) / side
    beyond = abs(max(x - width / 2, y - height / 2) + max(width, height) / 2)
    hole = _whole(rng, int(0.4 * width), int(0.7 * width))
    return Illumination(
        brightness=rng.uniform(0.7, 1.2),
        contrast=rng.uniform(0.6, 1.4),
        saturation=rng.uniform(0.6, 1.4),
        halo_colour=HALO_COLOURS[int(rng.integers(len(HALO_COLOURS)))],
        halo_centre=(x, y),
        halo_inner=side * rng.uniform(0.75, 1.0),
        halo_outer=side * rng.uniform(1.0, farthest) + beyond,
        hole_centre=(_whole(rng, width / 4, 3 * width / 4), _whole(rng, 3 * height / 8, 5 * height / 8)),
        hole_diameter=hole,
        hole_kernel=(_whole(rng, int(0.55 * hole), int(0.75 * hole)), _whole(rng, int(0.55 * hole), int(0.75 * hole))),
        hole_base=rng.uniform(-0.262, -0.26),
        hole_share=rng.uniform(-0.06, -0.05),
    )


def _draw_spot(rng: np.random.Generator, height: int, width: int) -> Spot:
    radius = _whole(rng, math.ceil(0.01 * height), int(0.05 * height))
    scale = height / REFERENCE_HEIGHT
    # The constants below are for a height of 512; unscaled, large spots of large frames would turn dark.
    relative = radius / scale / 25
    amplitude = (14 / 25 + 1 - relative) * (1 - math.exp(-(0.5 + relative) * 0.3 * relative))
    sigma = 2 * (5 + 20 * relative)
    across, down = (_scaled(_odd(_whole(rng, int(sigma / 5), int(sigma / 4))), scale) for _ in range(2))
    return Spot(
        centre=(_whole(rng, radius + 1, width - radius - 1), _whole(rng, radius + 1, height - radius - 1)),
        radius=int(radius / 2),
        amplitude=amplitude,
        sigma=sigma * scale,
        kernel=(across, down),
    )


def _draw_blur(rng: np.random.Generator, height: int) -> Blur:
    scale = height / REFERENCE_HEIGHT
    sigma = rng.uniform(5.0, 15.0)
    across, down = (_odd(_whole(rng, int(sigma / 3), int(sigma / 2))) for _ in range(2))
    # A kernel of one pixel would not blur at all.
    kernel = (max(_scaled(across, scale), SMALLEST_BLUR), max(_scaled(down, scale), SMALLEST_BLUR))
    return Blur(sigma * scale, kernel)


def _whole(rng: np.random.Generator, low: float, high: float) -> int:
    """Draw a whole number from ``low`` to ``high``, both included."""
    return int(rng.integers(int(low), int(high), endpoint=True))


def _odd(length: int) -> int:
    """Return an odd length as it is, and the next number for an even one."""
    return length if length % 2 else length + 1


def _scaled(length: int, scale: float) -> int:
    """Return the odd length nearest to ``scale`` times an odd length."""
    return 2 * round((length * scale - 1) / 2) + 1


def _change_illumination(photograph: np.ndarray, field_of_view: np.ndarray, light: Illumination) -> np.ndarray:
    """Return (H, W, 3) float32 in [0, 1]."""
    picture = Image.fromarray(photograph)
    picture = ImageEnhance.Brightness(picture).enhance(light.brightness)
    picture = ImageEnhance.Contrast(picture).enhance(light.contrast)
    picture = ImageEnhance.Color(picture).enhance(light.saturation)
    values = np.asarray(picture, np.float32) / 255
    values = values + _halo(values, light)
    values = values + _hole(values, field_of_view, light)[..., None]
    return np.clip(values, 0.0, 1.0)


def _halo(values: np.ndarray, light: Illumination) -> np.ndarray:
    height, width = values.shape[:2]
    x, y = light.halo_centre
    outer = _disc((height, width), light.halo_centre, int(light.halo_outer / 2))
    inner = _disc((height, width), light.halo_centre, int(light.halo_inner / 2))
    ring = np.abs(outer - inner) * values.mean()
    side = int(abs(2 * max(x, height - x, y, height - y) - light.halo_inner))
    kernel = _odd(side)
    soft = _blur(ring, (kernel, kernel), 2 * side / 3)
    return soft[..., None] * np.array(light.halo_colour, np.float32) / 255


def _hole(values: np.ndarray, field_of_view: np.ndarray, light: Illumination) -> np.ndarray:
    average = float(values.sum(dtype=np.float64)) / (3 * max(int(field_of_view.sum()), 1))
    if average <= HOLE_FROM:
        return np.zeros(values.shape[:2], np.float32)
    depth = light.hole_base + light.hole_share * average
    disc = _disc(values.shape[:2], light.hole_centre, light.hole_diameter // 2) * np.float32(depth)
    across, down = light.hole_kernel
    return _blur(disc, (_odd(across), _odd(down)), 0.8 * max(across, down))


def _disc(size: Sequence[int], centre: tuple[int, int], radius: int) -> np.ndarray:
    """Return (H, W) float32: 1 within ``radius`` of ``centre`` (column, row), 0 elsewhere."""
    y, x = np.ogrid[: size[0], : size[1]]
    inside = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= radius**2
    return inside.astype(np.float32)


def _blur(values: np.ndarray, kernel: tuple[int, int], sigma: float) -> np.ndarray:
    """Blur by a Gaussian of ``sigma`` pixels cut off at ``kernel`` (width, height): with a large sigma nearly a box."""
    blurred: np.ndarray = cv2.GaussianBlur(values, kernel, max(sigma, 1e-3))
    return blurred
