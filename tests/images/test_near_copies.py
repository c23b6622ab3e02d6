"""The search finds near copies after every change, reports no other image, and registers few pairs."""

import cv2
import numpy as np
import pytest

from sspbench.images.near_copies import (
    MAX_CANDIDATES,
    MAX_COPY_MOVEMENT_PX,
    MIN_COPY_CORRELATION,
    _load,
    _to_bytes,
    find_near_copies,
)

SIDE, COUNT = 160, 24


def draw(number):
    """Return a made-up nerve image: bright curves over uneven grain."""
    random = np.random.default_rng(number)
    image = 60 + cv2.GaussianBlur(random.normal(size=(SIDE, SIDE)).astype(np.float32) * 60, (0, 0), 1.5)
    for _ in range(9):
        points = random.integers(0, SIDE, size=(4, 2)).astype(np.int32)
        cv2.polylines(image, [points.reshape(-1, 1, 2)], False, float(random.uniform(120, 200)), 2, cv2.LINE_AA)
    return np.clip(image, 0, 255).astype(np.uint8)


def recompress(image):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 35])[1], cv2.IMREAD_GRAYSCALE)


CHANGES = {
    "scaled": lambda image: cv2.resize(image, None, fx=1.7, fy=1.7, interpolation=cv2.INTER_CUBIC),
    "cropped": lambda image: image[10:140, 22:152],
    "shifted": lambda image: np.roll(image, (14, -9), axis=(0, 1)),
    "turned": np.rot90,
    "mirrored": lambda image: image[:, ::-1],
    "recompressed": recompress,
    "brightened": lambda image: np.clip(1.3 * image.astype(float) + 15, 0, 255).astype(np.uint8),
    "all at once": lambda image: recompress(np.clip(np.rot90(image[8:148, 6:146]) * 0.8 + 20, 0, 255).astype(np.uint8)),
}


def save(folder, images):
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number:03d}.png" for number in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        cv2.imwrite(str(path), np.ascontiguousarray(image))
    return paths


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return save(tmp_path_factory.mktemp("known"), [draw(number) for number in range(COUNT)])


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_with_its_original(known, tmp_path, change):
    places = range(0, COUNT, 3)
    changed = save(tmp_path, [CHANGES[change](draw(place)) for place in places])
    found = {copy.path.name: copy.known for copy in find_near_copies(changed, known)}
    assert found == {path.name: known[place] for path, place in zip(changed, places, strict=True)}


def test_a_copy_that_is_half_covered_is_still_and_a_frame_of_moving_tissue_is_not(known, tmp_path):
    """Both correlate less than a copy must; the frame's lines move by up to 2 px of 160."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    frame = cv2.remap(draw(3), columns + 2 * np.sin(rows / 12), rows, cv2.INTER_LINEAR)
    covered = recompress(CHANGES["brightened"](draw(3)))
    covered[: SIDE * 2 // 5] = 0
    copy, other = find_near_copies(save(tmp_path, [covered, frame]), known)
    assert max(copy.correlation, other.correlation) < MIN_COPY_CORRELATION
    assert copy.is_copy and copy.movement_px < MAX_COPY_MOVEMENT_PX
    assert not other.is_copy and other.movement_px > 2 * MAX_COPY_MOVEMENT_PX


def test_other_images_are_no_copies(known, tmp_path):
    others = save(tmp_path, [draw(number) for number in range(1000, 1000 + COUNT)])
    assert find_near_copies(others, known) == []


def test_flat_and_tiny_images_have_nothing_to_compare(tmp_path):
    flat = save(tmp_path, [np.full((SIDE, SIDE), 90, np.uint8), np.zeros((3, 4), np.uint8)])
    assert find_near_copies(flat, flat) == []


def test_only_a_few_candidates_are_registered_however_many_images_there_are(tmp_path, monkeypatch):
    """Forty images are one picture with new noise: each is a candidate for all, and registered with a few."""
    random = np.random.default_rng(0)
    alike = [np.clip(draw(1) + random.normal(size=(SIDE, SIDE)) * 2, 0, 255).astype(np.uint8) for _ in range(40)]
    calls = []
    register = cv2.estimateAffinePartial2D
    monkeypatch.setattr(cv2, "estimateAffinePartial2D", lambda *a, **k: calls.append(1) or register(*a, **k))
    find_near_copies(save(tmp_path, alike)[:1], save(tmp_path / "known", alike))
    assert 0 < len(calls) <= 2 * MAX_CANDIDATES


def test_pictures_are_compared_at_256_pixels_of_means_over_areas(tmp_path):
    dotted = np.zeros((768, 384), np.uint8)
    dotted[1::3, 1::3] = 255  # one pixel of nine
    thin = np.tile(np.array([[0, 200]], np.uint8), (1, 500))
    first, second = (_load(path) for path in save(tmp_path, [dotted, thin]))
    assert first.shape == (256, 128) and np.unique(first).tolist() == [28]
    assert second.shape == (1, 256) and 90 < second.mean() < 110


def test_evened_values_have_grey_in_the_middle():
    assert _to_bytes(np.array([[-4.0, -1.0, 0.0, 0.5, 3.0, 9.0]])).tolist() == [[0, 88, 128, 148, 248, 255]]
