"""One simulated eye: the clean picture, its vessel mask, its field of view and the photograph, all from one seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from . import drawing, retina, vessels
from .parameters import Anatomy, Camera, Tissue, draw

# Grey level from which bright parts are compressed, so that the disc is not clipped.
KNEE = 215.0


@dataclass(frozen=True)
class Scene:
    """A simulated eye.

    Attributes:
        photograph: The good photograph, (size, size, 3) uint8.
        clean: The same without noise, (size, size, 3) uint8.
        label: Vessels, (size, size) uint8: 255 vessel, 0 background.
        field_of_view: (size, size) uint8: 255 inside, 0 outside.
    """

    photograph: np.ndarray
    clean: np.ndarray
    label: np.ndarray
    field_of_view: np.ndarray


def simulate(rng: np.random.Generator, size: int) -> Scene:
    """Simulate one eye and its good photograph of ``size`` x ``size`` pixels."""
    anatomy, tissue, camera = Anatomy(), Tissue(), Camera()
    frame = retina.Frame.of_size(size)
    landmarks = retina.place_landmarks(rng, tissue)
    tree = vessels.grow(rng, landmarks.disc, landmarks.fovea, anatomy)
    points = drawing.VesselPoints(tree, size)
    picture = retina.paint(rng, frame, landmarks, tissue, camera) * drawing.transmit(rng, points, anatomy)
    picture = gaussian_filter(picture, (*(draw(rng, camera.defocus) * frame.scale,) * 2, 0))
    inside = frame.field_of_view
    clean = _saturate(picture * (_level(rng, tissue) / picture[inside].mean(axis=0)))
    noisy = clean + _noise(rng, size, camera)
    label = drawing.vessel_mask(points) & inside
    is_left_eye = rng.random() < 0.5
    parts = [_rgb8(noisy, inside), _rgb8(clean, inside), _mask8(label), _mask8(inside)]
    return Scene(*(part[:, ::-1] if is_left_eye else part for part in parts))


def _level(rng: np.random.Generator, tissue: Tissue) -> np.ndarray:
    """Draw the mean colour of a photograph, grey levels, (3,)."""
    brightness = tissue.level_sd * rng.standard_normal()
    tint = np.array(tissue.tint_sd) * rng.standard_normal(3)
    level: np.ndarray = np.array(tissue.level) * np.exp(np.clip(brightness + tint, -0.4, 0.25))
    return level


def _noise(rng: np.random.Generator, size: int, camera: Camera) -> np.ndarray:
    noise = rng.standard_normal((size, size, 3), dtype=np.float32)
    blur = draw(rng, camera.noise_blur)
    noise = gaussian_filter(noise, (blur, blur, 0), mode="wrap")
    return noise * (draw(rng, camera.noise) / noise.std())


def _saturate(brightness: np.ndarray) -> np.ndarray:
    room = 255.0 - KNEE
    above = np.maximum(brightness - KNEE, 0.0)
    return np.where(above > 0, KNEE + room * (1.0 - np.exp(-above / room)), brightness)


def _rgb8(brightness: np.ndarray, inside: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(brightness, 0.0, 255.0) * inside[..., None]).astype(np.uint8)


def _mask8(mask: np.ndarray) -> np.ndarray:
    return mask.astype(np.uint8) * np.uint8(255)
