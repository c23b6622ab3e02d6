"""Numbers of the simulation, with their units.

Lengths are in pixels of a photograph whose field of view has a radius of 268.8 pixels; other sizes show the same field
at another scale. Brightness is in grey levels of 0..255. A :data:`Range` is drawn from uniformly, once per photograph
unless said otherwise. Colours are (red, green, blue).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Range = tuple[float, float]
Colour = tuple[float, float, float]

# Radius of the field of view, pixels: the mean of the 40 photographs of DRIVE.
RADIUS = 268.8

# Radius of the field of view over the side of the frame.
RADIUS_SHARE = 0.47

# Radius of the optic disc, pixels.
DISC_RADIUS = 0.13 * RADIUS


def draw(rng: np.random.Generator, bounds: Range) -> float:
    """Draw uniformly from ``bounds``."""
    return float(rng.uniform(*bounds))


@dataclass(frozen=True)
class Trunk:
    """A vessel that leaves the optic disc, for an eye whose nose is on the left.

    Attributes:
        points: Control points of a cubic Bezier curve relative to the disc's centre, in radii of the field of view:
            (x to the temple, y down).
        radius: Half width at the disc, pixels.
    """

    points: tuple[tuple[float, float], ...]
    radius: Range


# Upper half of the retina; the lower half is its mirror image, with its own random draws.
ARCADES = (
    Trunk(((0.0, 0.0), (0.02, -0.42), (0.48, -0.84), (2.10, -0.40)), (4.2, 5.2)),
    Trunk(((0.0, 0.0), (-0.06, -0.40), (0.02, -0.72), (0.50, -1.15)), (2.2, 3.2)),
    Trunk(((0.0, 0.0), (-0.06, -0.16), (-0.16, -0.30), (-0.50, -0.62)), (1.8, 2.6)),
)

# Small vessels from the disc straight to the macula and to the nose.
TWIGS = (
    Trunk(((0.0, 0.0), (0.10, -0.06), (0.24, -0.16), (0.50, -0.13)), (0.9, 1.5)),
    Trunk(((0.0, 0.0), (-0.10, -0.03), (-0.20, -0.06), (-0.40, -0.12)), (0.9, 1.5)),
)


@dataclass(frozen=True)
class Anatomy:
    """The vessels of an eye.

    Attributes:
        artery_width: Width of an artery over that of the vein beside it.
        artery_contrast: Contrast of an artery over that of a vein of its width.
        spacing: Distance between branches along a vessel, pixels, drawn per branch.
        side_share: Radius of a side branch over that of its parent, drawn per branch (evenly on a log scale).
        thinnest: Half width at which vessels end, pixels.
        length_per_radius: Length of a branch per half width at its root, drawn per branch.
        turning: Sd of the slow change of direction, radians.
        tortuosity: Sd of the fast change of direction, radians.
    """

    artery_width: Range = (0.72, 0.84)
    artery_contrast: Range = (0.66, 0.80)
    spacing: Range = (21.0, 62.0)
    side_share: Range = (0.22, 0.80)
    thinnest: float = 0.7
    length_per_radius: Range = (40.0, 110.0)
    turning: Range = (0.25, 0.50)
    tortuosity: Range = (0.08, 0.20)


@dataclass(frozen=True)
class Tissue:
    """What lies under the vessels.

    Attributes:
        level: Mean colour inside the field of view over the photographs, grey levels.
        level_sd: Sd of the logarithm of brightness over the photographs, common to all channels.
        tint_sd: Sd of the logarithm of each channel on top.
        disc_offset: Centre of the optic disc from the centre of the field of view: mean and sd of |x|, sd of y, pixels.
        disc_height: Brightness of the disc over the mean, minus 1.
        cup_height: The same of the cup in the disc, on top.
        fovea_depth: Loss of brightness at the fovea, relative.
        macula_depth: The same of the wide macula around it.
        choroid_sd: Relative sd of the choroid's texture.
        choroid_px: Sd of the Gaussian that shapes the texture, pixels.
        grain_sd: Relative sd of the fine grain of the pigment epithelium.
        grain_px: Sd of the Gaussian that shapes the grain, pixels.
        tessellation: Relative sd of the choroid's vessels; most eyes show next to none.
        spots: Mean number of small bright (drusen) and dark (bleeding) spots in an eye that has any.
        spotted_share: Share of eyes with spots.
    """

    level: Colour = (188.0, 95.0, 56.0)
    level_sd: float = 0.10
    tint_sd: Colour = (0.05, 0.10, 0.10)
    disc_offset: tuple[float, float, float] = (0.68 * RADIUS, 0.05 * RADIUS, 0.07 * RADIUS)
    disc_height: Colour = (0.24, 0.68, 0.50)
    cup_height: Colour = (0.12, 0.80, 1.00)
    fovea_depth: Colour = (0.14, 0.18, 0.13)
    macula_depth: Colour = (0.08, 0.08, 0.08)
    choroid_sd: Range = (0.012, 0.024)
    choroid_px: Range = (6.0, 12.0)
    grain_sd: Range = (0.007, 0.013)
    grain_px: float = 1.6
    tessellation: Range = (0.0, 0.05)
    spots: float = 6.0
    spotted_share: float = 0.3


@dataclass(frozen=True)
class Camera:
    """What the camera does to the picture.

    Attributes:
        defocus: Sd of the blur, pixels.
        tilt: Change of brightness from one edge of the field to the other, relative sd.
        noise: Sd of the sensor noise, grey levels.
        noise_blur: Sd of the noise's correlation between neighbouring pixels, pixels of the photograph itself.
    """

    defocus: Range = (0.4, 0.8)
    tilt: float = 0.06
    noise: Range = (1.85, 2.75)
    noise_blur: Range = (0.3, 0.5)


# Brightness of the background over its mean, by distance from the centre in tenths of the radius (0.05, 0.15, ...),
# without disc and fovea, which are drawn on top.
VIGNETTING = (
    (1.16, 1.16, 1.17, 1.16, 1.13, 1.09, 1.05, 0.98, 0.92, 0.82),
    (1.12, 1.12, 1.13, 1.10, 1.06, 1.03, 1.00, 0.96, 0.96, 0.94),
    (1.05, 1.05, 1.05, 1.04, 1.02, 1.01, 0.99, 0.98, 0.98, 0.97),
)

# Loss of brightness at the axis of a vein of the given width (pixels), relative to its surroundings.
CONTRAST_WIDTHS = (0.8, 1.5, 2.5, 4.5, 6.5, 9.0)
CONTRAST = (
    (0.027, 0.036, 0.060, 0.093, 0.108, 0.092),
    (0.082, 0.110, 0.188, 0.252, 0.293, 0.265),
    (0.072, 0.095, 0.134, 0.150, 0.168, 0.159),
)
