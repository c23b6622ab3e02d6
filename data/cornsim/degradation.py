"""The microscope: defocus, veil, uneven light, eye motion and noise, mild for high and strong for low quality."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from .curves import draw_correlated_noise, draw_smooth_field
from .parameters import Imaging, draw_uniform


def photograph_layer(rng: np.random.Generator, clean: np.ndarray, imaging: Imaging) -> np.ndarray:
    """Image a clean layer.

    Args:
        rng: Source of randomness.
        clean: Brightness of the layer, grey levels, (size, size) float32.
        imaging: How badly.

    Returns:
        Grey levels, (size, size) float32, not yet clipped to 0..255.
    """
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
