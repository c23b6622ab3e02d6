"""The 36 natural-scene features of each 96 x 96 block (Mittal et al., IEEE SPL 2013, section II)."""

from __future__ import annotations

import numpy as np
from scipy.special import gamma

from .half_size import halve_image
from .mscn import local_statistics

NIQE_BLOCK_PX = 96
NIQE_FEATURE_COUNT = 36

# Shapes tried for the asymmetric generalised Gaussian, and what the moment matching needs of each.
_SHAPES = np.arange(200, 10001) / 1000
_SHAPE_RATIOS = gamma(2 / _SHAPES) ** 2 / (gamma(1 / _SHAPES) * gamma(3 / _SHAPES))
_RATIO_BOUNDARIES = (_SHAPE_RATIOS[1:] + _SHAPE_RATIOS[:-1]) / 2
_SHAPE_SCALES = np.sqrt(gamma(1 / _SHAPES) / gamma(3 / _SHAPES))
_SHAPE_MEANS = gamma(2 / _SHAPES) / gamma(1 / _SHAPES)


def compute_block_features(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the features and the sharpness of all whole blocks of one image.

    Args:
        image: (H, W) uint8; what exceeds a multiple of 96 is cut off at the right and the bottom.

    Returns:
        (B, 36) float64 features, NaN where a block is too flat to fit a distribution, and (B,) float64
        sharpness: the mean local deviation at the full scale. B is 0 for an image smaller than a block.
    """
    height, width = (side // NIQE_BLOCK_PX * NIQE_BLOCK_PX for side in image.shape)
    if 0 in (height, width):
        return np.empty((0, NIQE_FEATURE_COUNT)), np.empty(0)
    pixels = image[:height, :width].astype(np.float64)
    normalised, deviation = local_statistics(pixels)
    sharpness = _split_into_blocks(deviation, NIQE_BLOCK_PX).mean(axis=(1, 2))
    half, _ = local_statistics(halve_image(pixels))
    features = [
        _compute_scale_features(_split_into_blocks(normalised, NIQE_BLOCK_PX)),
        _compute_scale_features(_split_into_blocks(half, NIQE_BLOCK_PX // 2)),
    ]
    return np.hstack(features), sharpness


def find_whole_blocks(inside: np.ndarray) -> tuple[int, ...]:
    """Return the numbers of the blocks inside an (H, W) bool mask, as :func:`compute_block_features` counts them."""
    height, width = (side // NIQE_BLOCK_PX * NIQE_BLOCK_PX for side in inside.shape)
    if 0 in (height, width):
        return ()
    whole = _split_into_blocks(inside[:height, :width], NIQE_BLOCK_PX).all(axis=(1, 2))
    return tuple(np.flatnonzero(whole).tolist())


def _split_into_blocks(image: np.ndarray, side: int) -> np.ndarray:
    """Cut (H, W) into (B, side, side), row by row."""
    rows, columns = image.shape[0] // side, image.shape[1] // side
    grid = image.reshape(rows, side, columns, side).swapaxes(1, 2)
    return np.ascontiguousarray(grid).reshape(rows * columns, side, side)


def _compute_scale_features(blocks: np.ndarray) -> np.ndarray:
    """Compute the 18 features of MSCN blocks (B, S, S): their own shape, then four products of neighbours."""
    shape, left, right = _fit_asymmetric_gaussian(blocks)
    features = [_SHAPES[shape], (left + right) / 2]
    product = np.empty_like(blocks)
    for multiply in (_multiply_left, _multiply_upper, _multiply_upper_left, _multiply_upper_right):
        multiply(blocks, product)
        shape, left, right = _fit_asymmetric_gaussian(product)
        features += [_SHAPES[shape], (right - left) * _SHAPE_MEANS[shape], left, right]
    stacked = np.stack(features, axis=1)
    stacked[np.isnan(left)] = np.nan
    return stacked


# Neighbours are taken circularly within the block, as circshift in the released code.
def _multiply_left(x: np.ndarray, out: np.ndarray) -> None:
    np.multiply(x[:, :, 1:], x[:, :, :-1], out=out[:, :, 1:])
    np.multiply(x[:, :, 0], x[:, :, -1], out=out[:, :, 0])


def _multiply_upper(x: np.ndarray, out: np.ndarray) -> None:
    np.multiply(x[:, 1:], x[:, :-1], out=out[:, 1:])
    np.multiply(x[:, 0], x[:, -1], out=out[:, 0])


def _multiply_upper_left(x: np.ndarray, out: np.ndarray) -> None:
    above = np.roll(x, 1, axis=1)
    np.multiply(x[:, :, 1:], above[:, :, :-1], out=out[:, :, 1:])
    np.multiply(x[:, :, 0], above[:, :, -1], out=out[:, :, 0])


def _multiply_upper_right(x: np.ndarray, out: np.ndarray) -> None:
    above = np.roll(x, 1, axis=1)
    np.multiply(x[:, :, :-1], above[:, :, 1:], out=out[:, :, :-1])
    np.multiply(x[:, :, -1], above[:, :, 0], out=out[:, :, -1])


def _fit_asymmetric_gaussian(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit an asymmetric generalised Gaussian to each block by moment matching (Lasmar et al., 2009).

    Args:
        blocks: (B, S, S) float64.

    Returns:
        (B,) int index into the tried shapes, and the (B,) float64 left and right scales, NaN where a block has
        no negative or no positive value.
    """
    x = blocks.reshape(len(blocks), -1)
    above = np.maximum(x, 0.0)
    below = above - x
    above_square, below_square = np.einsum("ij,ij->i", above, above), np.einsum("ij,ij->i", below, below)
    positive = np.array([np.count_nonzero(row) for row in x > 0])
    negative = np.array([np.count_nonzero(row) for row in x < 0])
    usable = (negative > 0) & (positive > 0)
    left, right = _root_of_ratio(below_square, negative, usable), _root_of_ratio(above_square, positive, usable)
    skew = np.divide(left, right, out=np.ones_like(left), where=usable)
    mean_size = (above.sum(axis=1) + below.sum(axis=1)) / x.shape[1]
    mean_square = (above_square + below_square) / x.shape[1]
    ratio = np.divide(mean_size**2, mean_square, out=np.ones_like(left), where=usable)
    ratio *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shape = np.searchsorted(_RATIO_BOUNDARIES, ratio)
    return shape, left * _SHAPE_SCALES[shape], right * _SHAPE_SCALES[shape]


def _root_of_ratio(total: np.ndarray, count: np.ndarray, usable: np.ndarray) -> np.ndarray:
    return np.sqrt(np.divide(total, count, out=np.full(len(total), np.nan), where=usable))
