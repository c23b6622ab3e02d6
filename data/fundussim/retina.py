"""What lies under the vessels: light on the retina, choroid, optic disc, macula and spots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from .curves import smooth_field
from .parameters import DISC_RADIUS, RADIUS, RADIUS_SHARE, VIGNETTING, Camera, Tissue, draw


@dataclass(frozen=True)
class Landmarks:
    """Where disc and fovea lie, (x to the temple, y down), pixels from the centre of the field of view."""

    disc: np.ndarray
    fovea: np.ndarray


@dataclass(frozen=True)
class Frame:
    """The pixel grid of a photograph.

    Attributes:
        size: Side, pixels.
        x: (1, size) and
        y: (size, 1): position of each pixel in the pixels of :mod:`.parameters`, from the centre of the field of view.
        field_of_view: (size, size) bool.
    """

    size: int
    x: np.ndarray
    y: np.ndarray
    field_of_view: np.ndarray

    @classmethod
    def of_size(cls, size: int) -> Frame:
        """Return the grid of a photograph of ``size`` x ``size`` pixels."""
        scale = RADIUS_SHARE * size / RADIUS
        axis = ((np.arange(size) - (size - 1) / 2) / scale).astype(np.float32)
        x, y = axis[None, :], axis[:, None]
        return cls(size, x, y, np.hypot(x, y) <= RADIUS)

    @property
    def scale(self) -> float:
        """Pixels of the photograph per pixel of :mod:`.parameters`."""
        return RADIUS_SHARE * self.size / RADIUS

    def distance(self, centre: np.ndarray, stretch: tuple[float, float] = (1.0, 1.0)) -> np.ndarray:
        """Return the distance of every pixel from ``centre``; ``stretch`` makes circles ellipses (x, y)."""
        away: np.ndarray = np.hypot((self.x - centre[0]) / stretch[0], (self.y - centre[1]) / stretch[1])
        return away


def place_landmarks(rng: np.random.Generator, tissue: Tissue) -> Landmarks:
    """Draw where disc and fovea lie: the fovea 2.5 disc diameters to the temple and slightly below."""
    mean, sd_x, sd_y = tissue.disc_offset
    disc = np.array([-mean + sd_x * rng.standard_normal(), sd_y * rng.standard_normal()])
    away = 5.0 * DISC_RADIUS * rng.uniform(0.92, 1.08)
    drop = rng.uniform(0.02, 0.14)
    return Landmarks(disc, disc + away * np.array([np.cos(drop), np.sin(drop)]))


def paint(rng: np.random.Generator, frame: Frame, landmarks: Landmarks, tissue: Tissue, camera: Camera) -> np.ndarray:
    """Paint the retina without vessels, (size, size, 3) float32, relative to its mean."""
    picture = _light(rng, frame, camera)
    picture *= _choroid(rng, frame, tissue)[..., None]
    picture *= _macula(rng, frame, landmarks, tissue)
    if rng.random() < tissue.spotted_share:
        picture *= _spots(rng, frame, landmarks, tissue)
    picture *= 1.0 + _disc(rng, frame, landmarks, tissue)
    return picture


def _light(rng: np.random.Generator, frame: Frame, camera: Camera) -> np.ndarray:
    """Draw vignetting and a tilt of the light, (size, size, 3)."""
    centre = rng.normal(0.0, 0.05 * RADIUS, 2)
    away = frame.distance(centre) / RADIUS
    rings = np.concatenate([[0.0], np.arange(0.05, 1.0, 0.1), [1.2]])
    light = np.empty((frame.size, frame.size, 3), np.float32)
    for channel, row in enumerate(VIGNETTING):
        profile = CubicSpline(rings, np.array([row[0], *row, row[-1] - 0.06]))
        light[..., channel] = profile(np.clip(away, 0.0, 1.2))
    slope = camera.tilt * rng.standard_normal(2) / RADIUS
    return light * (1.0 + slope[0] * frame.x + slope[1] * frame.y)[..., None]


def _choroid(rng: np.random.Generator, frame: Frame, tissue: Tissue) -> np.ndarray:
    """Draw blotches, and in some eyes bright choroidal vessels that show through away from the macula."""
    blotches = smooth_field(rng, frame.size, draw(rng, tissue.choroid_px) * frame.scale)
    wide = smooth_field(rng, frame.size, 45.0 * frame.scale)
    texture = 1.0 + draw(rng, tissue.choroid_sd) * (blotches + wide)
    strength = draw(rng, tissue.tessellation)
    # Vessels run where a smooth field changes its sign.
    ridges = np.exp(-0.5 * (smooth_field(rng, frame.size, 6.0 * frame.scale) / 0.3) ** 2) - 0.3
    outside = np.clip(frame.distance(np.zeros(2)) / RADIUS - 0.3, 0.0, 0.5) * 2
    grain = draw(rng, tissue.grain_sd) * smooth_field(rng, frame.size, tissue.grain_px * frame.scale)
    shaded: np.ndarray = (texture + grain) * (1.0 + strength * ridges * outside)
    return shaded


def _macula(rng: np.random.Generator, frame: Frame, landmarks: Landmarks, tissue: Tissue) -> np.ndarray:
    """Darken the fovea and, less, the macula around it."""
    away = frame.distance(landmarks.fovea, (1.1, 1.0))
    strength, width = rng.uniform(0.7, 1.3), rng.uniform(0.85, 1.2)
    fovea = np.exp(-0.5 * (away / (0.085 * RADIUS * width)) ** 2)[..., None]
    macula = np.exp(-0.5 * (away / (0.24 * RADIUS)) ** 2)[..., None]
    shaded: np.ndarray = 1.0 - strength * (
        np.array(tissue.fovea_depth) * fovea + np.array(tissue.macula_depth) * macula
    )
    return shaded


def _disc(rng: np.random.Generator, frame: Frame, landmarks: Landmarks, tissue: Tissue) -> np.ndarray:
    """Brighten the optic disc and its cup, with a dark rim of pigment around it in some eyes."""
    radius = DISC_RADIUS * rng.uniform(0.92, 1.08)
    away = frame.distance(landmarks.disc, (0.95, 1.05)) / radius
    away = away + 0.05 * smooth_field(rng, frame.size, 14.0 * frame.scale)
    disc = _edge(away, 1.0, 0.07)
    cup_centre = landmarks.disc + np.array([0.12, 0.0]) * radius
    cup = _edge(frame.distance(cup_centre) / radius, rng.uniform(0.35, 0.55), 0.14)
    strength = rng.uniform(0.8, 1.2)
    glow = np.exp(-np.clip(away - 1.0, 0.0, None) / 0.35) * (1 - disc)
    height = strength * disc[..., None] * np.array(tissue.disc_height)
    height = height + strength * (cup * rng.uniform(0.5, 1.0))[..., None] * np.array(tissue.cup_height)
    height = height + 0.10 * glow[..., None] * np.array(tissue.disc_height)
    temple = np.clip((frame.x - landmarks.disc[0]) / radius, 0.0, 1.0)
    pigment = np.exp(-0.5 * ((away - 1.08) / 0.07) ** 2) * temple * max(rng.uniform(-0.15, 0.25), 0.0)
    return height - pigment[..., None]


def _edge(away: np.ndarray, radius: float, softness: float) -> np.ndarray:
    """Return 1 inside ``radius`` and 0 outside, with a soft edge."""
    step: np.ndarray = 0.5 - 0.5 * np.tanh((away - radius) / softness)
    return step


def _spots(rng: np.random.Generator, frame: Frame, landmarks: Landmarks, tissue: Tissue) -> np.ndarray:
    """Draw small bright yellow and dark red spots around the macula."""
    total = np.zeros((frame.size, frame.size, 3), np.float32)
    for _ in range(1 + rng.poisson(tissue.spots)):
        away, angle = rng.uniform(0.15, 0.7) * RADIUS, rng.uniform(0.0, 2 * np.pi)
        place = landmarks.fovea + away * np.array([np.cos(angle), np.sin(angle)])
        colour = np.array((0.10, 0.35, 0.25) if rng.random() < 0.5 else (-0.18, -0.45, -0.30))
        size = rng.uniform(1.5, 4.0)
        total += _edge(frame.distance(place, (rng.uniform(0.8, 1.2), 1.0)), size, 0.8)[..., None] * colour
    return 1.0 + total
