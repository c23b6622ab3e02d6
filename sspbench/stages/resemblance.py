"""Pictures that may have been given the name of another scene: each is compared with every test image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

from ..images.pictures import read_grey

# Pictures are compared at this size: lines of a few pixels survive, noise does not.
COMPARED_SIDE_PX = 96
# Gaussian that is subtracted before comparing: a method may change the light, not the structures.
LIGHT_SIGMA_PX = 8.0
# By how much the correlation with another test image must exceed that with the own one: frames of one scene are alike.
MIN_EXCESS = 0.05
# A pixel that is off by one level gives more; a flat picture is not quite 0 after the filter, by rounding.
MIN_LENGTH_LEVELS = 1e-6


def find_resemblances(pictures: Mapping[str, np.ndarray], originals: Mapping[str, Path]) -> dict[str, str]:
    """Return the pictures that resemble the test image of another name more than their own, with that name.

    Args:
        pictures: (H, W) uint8 by the name of the test image that each is said to belong to.
        originals: The test images by name.
    """
    names = list(originals)
    known = np.stack([_describe_structures(read_grey(path)) for path in originals.values()])
    found = {}
    for name, picture in pictures.items():
        likeness = np.abs(known @ _describe_structures(picture))  # a method may turn dark structures bright
        nearest = int(np.argmax(likeness))
        if likeness[nearest] > likeness[names.index(name)] + MIN_EXCESS:
            found[name] = names[nearest]
    return found


def _describe_structures(picture: np.ndarray) -> np.ndarray:
    """Return what is compared as a vector of length 1, or of zeros for a picture without structures."""
    small = cv2.resize(picture, (COMPARED_SIDE_PX, COMPARED_SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float64)
    structures = (small - gaussian_filter(small, LIGHT_SIGMA_PX)).ravel()
    length = np.linalg.norm(structures)
    return structures / length if length > MIN_LENGTH_LEVELS else np.zeros_like(structures)
