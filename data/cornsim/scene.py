"""One simulated frame: the clean layer, its nerve mask and the picture taken of it, all from one seed.

The microscope adds defocus, veil, uneven light, eye motion and noise, mild for high and strong for low quality.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from . import background, nerves
from .curves import draw_correlated_noise, draw_smooth_field
from .parameters import HIGH_ANATOMY, HIGH_IMAGING, LOW_ANATOMY, LOW_IMAGING, Anatomy, Imaging, draw_uniform

Quality = Literal["low", "high"]

CONDITIONS_BY_QUALITY = {"low": (LOW_ANATOMY, LOW_IMAGING), "high": (HIGH_ANATOMY, HIGH_IMAGING)}


@dataclass(frozen=True)
class Frame:
    """A simulated frame.

    Attributes:
        image: What the microscope shows, (size, size) uint8.
        clean: The same layer in focus, evenly lit and without noise, (size, size) uint8.
        label: Where the nerves run, (size, size) uint8: 255 nerve, 0 background.
        high: The same layer photographed at high quality, (size, size) uint8; None where it was not asked for.
    """

    image: np.ndarray
    clean: np.ndarray
    label: np.ndarray
    high: np.ndarray | None = None


def scale_anatomy(dose: float) -> Anatomy:
    """Return the anatomy of low-quality images with ``dose`` times as many trunks and dendritic cells.

    Branches leave the trunks at the same rate, so that the length of all nerves grows with the dose.
    """
    anatomy = LOW_ANATOMY
    low, high = anatomy.trunks
    few, many = anatomy.dendritic_cells
    return replace(anatomy, trunks=(dose * low, dose * high), dendritic_cells=(dose * few, dose * many))


def simulate_frame(
    rng: np.random.Generator,
    size: int,
    quality: Quality,
    second: np.random.Generator | None = None,
    layer: Anatomy | None = None,
) -> Frame:
    """Simulate one frame of ``size`` x ``size`` pixels.

    A ``second`` source of randomness asks for a second picture, of the same scene under the imaging conditions of high
    quality; its own, so that the first picture does not depend on whether there is a second. ``layer`` is the anatomy
    to show instead of the quality's own.
    """
    anatomy, imaging = CONDITIONS_BY_QUALITY[quality]
    anatomy = layer or anatomy
    fibres = nerves.grow_fibres(rng, size, anatomy)
    tissue = background.draw_tissue(rng, size, anatomy)
    clean = tissue + _add_grain(
        tissue, nerves.render_fibres(fibres, size) + background.draw_dendritic_cells(rng, size, anatomy)
    )
    image = photograph_layer(rng, _saturate(clean), imaging)
    high = None if second is None else photograph_layer(second, _saturate(clean), HIGH_IMAGING)
    return Frame(
        image=_round_to_uint8(_saturate(image)),
        clean=_round_to_uint8(_saturate(clean)),
        label=nerves.mask_fibres(fibres, size).astype(np.uint8) * np.uint8(255),
        high=None if high is None else _round_to_uint8(_saturate(high)),
    )


def _add_grain(tissue: np.ndarray, structures: np.ndarray) -> np.ndarray:
    """Give structures half of the grain of the tissue they lie in."""
    return structures * (0.5 + 0.5 * tissue / np.median(tissue))


# Grey level from which brightness is brought softly under 255.
KNEE_LEVEL = 190.0


def _saturate(brightness: np.ndarray) -> np.ndarray:
    room = 255.0 - KNEE_LEVEL
    above = np.maximum(brightness - KNEE_LEVEL, 0.0)
    return np.where(brightness > KNEE_LEVEL, KNEE_LEVEL + room * (1.0 - np.exp(-above / room)), brightness)


def _round_to_uint8(brightness: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(brightness, 0.0, 255.0)).astype(np.uint8)


def photograph_layer(rng: np.random.Generator, clean: np.ndarray, imaging: Imaging) -> np.ndarray:
    """Image a clean layer: grey levels, (size, size) float32, in and out; the result is not yet clipped to 0..255."""
    image = _defocus(rng, clean, draw_uniform(rng, imaging.defocus))
    image = _shift_rows(rng, image, draw_uniform(rng, imaging.row_shift))
    image = _smear_rows(rng, image, round(draw_uniform(rng, imaging.motion_lines)))
    image = draw_uniform(rng, imaging.gain) * (image + draw_uniform(rng, imaging.haze) * np.median(clean))
    image = image * draw_illumination(
        rng, clean.shape[0], draw_uniform(rng, imaging.unevenness), draw_uniform(rng, imaging.vignetting)
    )
    image = image * (1.0 + draw_uniform(rng, imaging.row_gain) * rng.standard_normal((image.shape[0], 1)))
    return _add_noise(rng, image.astype(np.float32), imaging)


def draw_illumination(rng: np.random.Generator, size: int, unevenness: float, vignetting: float) -> np.ndarray:
    """Draw the light on the field, (size, size) float32 of mean 1: a slow random field and darker corners."""
    field = 0.8 * draw_smooth_field(rng, size, size / 2.5) + 0.6 * draw_smooth_field(rng, size, size / 5)
    light = np.exp(unevenness * field)
    centre = (0.5 + rng.normal(0.0, 0.08, 2)) * size
    y, x = np.ogrid[:size, :size]
    radius2 = ((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / (size**2 / 2)
    light = light * (1.0 - vignetting * np.clip(radius2, 0.0, 1.2))
    return (light / light.mean()).astype(np.float32)


def _defocus(rng: np.random.Generator, image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur by ``sigma / 2`` to ``sigma`` pixels: the focal plane is tilted against the layer."""
    depth = np.clip(0.5 + 0.5 * draw_smooth_field(rng, image.shape[0], image.shape[0] / 2), 0.0, 1.0)
    near, far = gaussian_filter(image, sigma / 2), gaussian_filter(image, sigma)
    return near + depth * (far - near)


def _shift_rows(rng: np.random.Generator, image: np.ndarray, sd: float) -> np.ndarray:
    """Shift scan lines sideways by a fraction of a pixel each, the drift of the eye within a frame."""
    drift = gaussian_filter1d(rng.standard_normal(image.shape[0]), 3.0, mode="wrap")
    drift *= sd / drift.std()
    whole = np.floor(drift).astype(int)
    part = (drift - whole)[:, None].astype(np.float32)
    columns = np.arange(image.shape[1])[None, :] + whole[:, None]
    rows = np.arange(image.shape[0])[:, None]
    last = image.shape[1] - 1
    return image[rows, np.clip(columns, 0, last)] * (1 - part) + image[rows, np.clip(columns + 1, 0, last)] * part


def _smear_rows(rng: np.random.Generator, image: np.ndarray, count: int) -> np.ndarray:
    """Draw ``count`` motion lines: one to three scan lines smeared sideways by a quick movement."""
    out = image.copy()
    for top in rng.integers(0, image.shape[0] - 3, count):
        height = rng.integers(1, 4)
        out[top : top + height] = gaussian_filter1d(image[top : top + height], draw_uniform(rng, (4.0, 12.0)), axis=1)
    return out


def _add_noise(rng: np.random.Generator, image: np.ndarray, imaging: Imaging) -> np.ndarray:
    """Add speckle (proportional to the light) and sensor noise (shot and read), correlated over neighbours."""
    size, blur = image.shape[0], draw_uniform(rng, imaging.noise_blur)
    speckle = np.exp(draw_uniform(rng, imaging.speckle) * draw_correlated_noise(rng, size, blur))
    noisy = image * speckle / speckle.mean()
    sensor = np.sqrt(draw_uniform(rng, imaging.shot) * np.clip(image, 0.0, None) + draw_uniform(rng, imaging.read) ** 2)
    return noisy + sensor * draw_correlated_noise(rng, size, blur)
