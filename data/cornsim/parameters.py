"""Numbers of the simulation, with their units.

Lengths are in pixels of 400/384 micrometres (HRT3/RCM frames of 384 x 384 pixels), brightness in grey levels of 0..255.
A :data:`Range` is drawn from uniformly, once per image unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

import numpy as np

Range = tuple[float, float]

# Side in pixels for which counts (fibres, cells, bands) are given; they scale with the side of other sizes.
REFERENCE_SIDE_PX = 384


@overload
def draw_uniform(rng: np.random.Generator, bounds: Range) -> float: ...
@overload
def draw_uniform(rng: np.random.Generator, bounds: Range, count: int) -> np.ndarray: ...
def draw_uniform(rng: np.random.Generator, bounds: Range, count: int | None = None) -> np.ndarray | float:
    """Draw uniformly from ``bounds``: a float, or ``count`` float64 values."""
    return rng.uniform(*bounds, size=count)


@dataclass(frozen=True)
class Anatomy:
    """What lies in the imaged layer.

    Attributes:
        trunks: Main fibres crossing the field.
        branches_per_px: First-order branches per pixel of trunk; a quarter as many second-order ones
            per pixel of branch.
        turning: Sd of the slow change of direction of a fibre, radians.
        tortuosity: Sd of the fast change of direction of a fibre, radians.
        trunk_sigma: Gaussian half profile of a trunk, pixels (full width at half maximum = 2.35 sigma).
        branch_scale: Width of a branch relative to its parent, drawn per branch.
        trunk_peak: Brightness of a trunk above its surroundings, grey levels, drawn per trunk (evenly on a log scale).
        background: Brightness of the tissue, grey levels.
        cell_contrast: Relative brightness sd of the basal-epithelium mosaic.
        grain_contrast: Relative brightness sd of the fine tissue grain.
        bands: Number of K-structure bands.
        band_height: Brightness of a K-structure band relative to the background.
        dendritic_cells: Number of dendritic cells.
    """

    trunks: Range
    branches_per_px: Range
    turning: Range
    tortuosity: Range
    trunk_sigma: Range
    branch_scale: Range
    trunk_peak: Range
    background: Range
    cell_contrast: Range
    grain_contrast: Range
    bands: Range
    band_height: Range
    dendritic_cells: Range


@dataclass(frozen=True)
class Imaging:
    """What the microscope does to the layer.

    Attributes:
        gain: Factor on all brightness.
        haze: Veil of light from other depths, relative to the background: lowers the contrast.
        defocus: Sd of the blur, pixels; varies over the field between half of it and all of it.
        unevenness: Relative sd of the slow illumination field.
        vignetting: Loss of brightness in the corners, relative.
        speckle: Relative sd of the multiplicative speckle.
        shot: Variance of the sensor noise a grey level.
        read: Sd of the constant sensor noise, grey levels.
        noise_blur: Sd of the correlation of the noise between neighbouring pixels, pixels.
        row_gain: Relative sd of the brightness of a scan line.
        row_shift: Sd of the sideways shift of scan lines by eye motion, pixels.
        motion_lines: Scan lines smeared by a quick eye movement, number an image.
    """

    gain: Range
    haze: Range
    defocus: Range
    unevenness: Range
    vignetting: Range
    speckle: Range
    shot: Range
    read: Range
    noise_blur: Range
    row_gain: Range
    row_shift: Range
    motion_lines: Range


LOW_ANATOMY = Anatomy(
    trunks=(3, 6),
    branches_per_px=(0.005, 0.010),
    turning=(0.25, 0.60),
    tortuosity=(0.15, 0.30),
    trunk_sigma=(0.9, 1.5),
    branch_scale=(0.55, 0.85),
    trunk_peak=(48.0, 170.0),
    background=(44.0, 52.0),
    cell_contrast=(0.05, 0.14),
    grain_contrast=(0.09, 0.13),
    bands=(0.3, 2.2),
    band_height=(0.25, 0.55),
    dendritic_cells=(0, 3),
)

HIGH_ANATOMY = Anatomy(
    trunks=(4, 8),
    branches_per_px=(0.006, 0.013),
    turning=(0.15, 0.35),
    tortuosity=(0.12, 0.25),
    trunk_sigma=(0.9, 1.5),
    branch_scale=(0.55, 0.85),
    trunk_peak=(50.0, 190.0),
    background=(44.0, 52.0),
    cell_contrast=(0.04, 0.10),
    grain_contrast=(0.09, 0.13),
    bands=(0.0, 1.5),
    band_height=(0.10, 0.25),
    dendritic_cells=(0, 5),
)

LOW_IMAGING = Imaging(
    gain=(0.95, 1.10),
    haze=(0.35, 0.65),
    defocus=(0.3, 1.0),
    unevenness=(0.17, 0.24),
    vignetting=(0.40, 0.70),
    speckle=(0.08, 0.12),
    shot=(0.4, 0.7),
    read=(1.0, 2.5),
    noise_blur=(0.58, 0.73),
    row_gain=(0.010, 0.025),
    row_shift=(0.1, 0.4),
    motion_lines=(0, 5),
)

HIGH_IMAGING = Imaging(
    gain=(0.85, 1.50),
    haze=(0.0, 0.10),
    defocus=(0.0, 0.6),
    unevenness=(0.10, 0.16),
    vignetting=(0.25, 0.50),
    speckle=(0.05, 0.08),
    shot=(0.15, 0.4),
    read=(0.5, 1.5),
    noise_blur=(0.62, 0.80),
    row_gain=(0.003, 0.010),
    row_shift=(0.0, 0.15),
    motion_lines=(0, 0),
)
