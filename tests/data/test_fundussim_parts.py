"""Parts of the simulator of fundus photographs with known values: curves, room for vessels, masks and contrast."""

import numpy as np
import pytest
from scipy.interpolate import BPoly, CubicHermiteSpline
from scipy.ndimage import map_coordinates

from data.fundussim.curves import bezier, enlarge, smooth_field, smooth_noise, splat
from data.fundussim.retina import Frame
from data.fundussim.vessels import Occupancy, Vessel


def test_smooth_noise_is_the_spline_of_catmull_and_rom():
    """Ten points, four per knot: from 1 to 3.25 on knots 0 to 5; slopes are half of the neighbours' difference."""
    values = np.random.default_rng(5).standard_normal((2, 6))
    found = smooth_noise(np.random.default_rng(5), 2, 10, 4.0)
    for row, known in zip(found, values, strict=True):
        spline = CubicHermiteSpline(np.arange(6), known, np.gradient(known))
        assert row == pytest.approx(spline(1 + np.arange(10) / 4))


def test_fields_are_enlarged_bilinearly():
    coarse = np.random.default_rng(1).normal(size=(5, 5)).astype(np.float32)
    place = np.meshgrid(np.arange(10) / 3, np.arange(10) / 3, indexing="ij")
    assert enlarge(coarse, 3, 10) == pytest.approx(map_coordinates(coarse, place, order=1), abs=1e-6)


@pytest.mark.parametrize("sigma", [1.5, 7.0])
def test_a_smooth_field_has_unit_sd_and_changes_over_its_sigma(sigma):
    """Noise blurred by s correlates by exp(-d² / 4s²) at a distance d: by 0.37 at 2s."""
    rng = np.random.default_rng(2)
    fields = np.stack([smooth_field(rng, 120, sigma) for _ in range(60)])
    lag = int(2 * sigma)
    assert fields.shape == (60, 120, 120)
    assert np.square(fields).mean() == pytest.approx(1, abs=0.1)
    for near, far in ((fields[:, lag:], fields[:, :-lag]), (fields[:, :, lag:], fields[:, :, :-lag])):
        assert (near * far).mean() == pytest.approx(np.exp(-1), abs=0.04)


@pytest.mark.parametrize(("sigma", "side"), [(1.9, 52), (3.9, 52), (6.0, 18)])
def test_a_wide_field_is_drawn_on_a_grid_of_half_its_sigma(sigma, side):
    """50 pixels and 2 beyond them; for a sigma of 6 every third one, so 16 and 2."""
    used, expected = np.random.default_rng(4), np.random.default_rng(4)
    smooth_field(used, 50, sigma)
    expected.standard_normal((side, side), dtype=np.float32)
    assert used.random() == expected.random()


def test_a_bezier_curve_bends_as_its_control_points_say():
    control = np.array([[0.0, 1.0], [10.0, -30.0], [25.0, 60.0], [70.0, 8.0]])
    exact = BPoly(control[:, None], [0, 1])(np.linspace(0, 1, 50_001))
    arc = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(exact, axis=0).T))])
    expected = exact[np.searchsorted(arc, np.linspace(0, arc[-1], 23))]
    assert bezier(control, 23) == pytest.approx(expected, abs=0.02)


def test_a_point_is_shared_by_the_four_pixels_around_it():
    canvas = splat(np.array([[3.25, 5.5], [3.0, 5.0]]), np.array([[2.0, 8.0], [100.0, 0.0]]), 9)
    assert canvas[0, 3:5, 5:7].tolist() == [[100.75, 0.75], [0.25, 0.25]]
    assert canvas[1, 3:5, 5:7].tolist() == [[3.0, 3.0], [1.0, 1.0]]
    assert canvas.sum(axis=(1, 2)) == pytest.approx([102, 8])


@pytest.mark.parametrize(("place", "total"), [(0.0, 1), (7.9, 1), (8.0, 0), (-0.1, 0)])
def test_points_beyond_the_last_pixels_are_dropped(place, total):
    for position in ((place, 4.0), (4.0, place)):
        assert splat(np.array([position]), np.ones((1, 1)), 9).sum() == pytest.approx(total)


def walk(start, step, count, is_across=False):
    """A straight course of points 1.5 pixels apart along x, or along y."""
    along = start + step * np.arange(count)
    line = np.column_stack([along, np.zeros(count)])
    return line[:, ::-1] if is_across else line


@pytest.mark.parametrize("is_across", [False, True])
def test_a_vessel_blocks_its_cells_and_their_neighbours(is_across):
    """Cells of 3 pixels from -309.12: the vessel lies in cell 103, so that -3.12 to 5.88 is taken."""
    room = Occupancy()
    vessel = walk(-60.0, 1.5, 81, not is_across)
    room.add(Vessel(vessel, np.full(81, 3.0), is_artery=True, branches=()))

    def count_free(path, **kind):
        return room.free_points(path[None], **{"is_artery": True, "alone": False, **kind}).tolist()

    towards = walk(-60.0, 1.5, 70, is_across)
    assert count_free(towards) == [38]  # -60 + 38 x 1.5 = -3
    assert count_free(towards, is_artery=False) == [70]
    assert count_free(towards, is_artery=False, alone=True) == [38]
    assert count_free(walk(60.0, -1.5, 70, is_across)) == [37]  # 60 - 37 x 1.5 = 4.5
    # The first six points lie on the parent.
    assert count_free(walk(-3.0, 1.5, 50, is_across)) == [50]
    assert count_free(walk(-6.0, 1.5, 50, is_across)) == [6]


@pytest.mark.parametrize("is_across", [False, True])
def test_courses_end_at_the_edge_of_the_map(is_across):
    """It has 207 cells, and the outermost are left free: from -306.12 to 308.88."""
    room = Occupancy()
    paths = np.stack([walk(290.0, 1.5, 30, is_across), walk(-290.0, -1.5, 30, is_across)])
    assert room.free_points(paths, is_artery=False, alone=True).tolist() == [13, 11]


def test_the_field_of_view_has_47_percent_of_the_side_as_its_radius():
    frame = Frame.of_size(100)
    y, x = np.mgrid[:100, :100] - 49.5
    assert np.array_equal(frame.field_of_view, np.hypot(x, y) <= 47)
    scale = 47 / 268.8
    assert frame.distance(np.array([10.0, -20.0]), (2.0, 4.0))[30, 80] == pytest.approx(
        np.hypot((30.5 / scale - 10) / 2, (-19.5 / scale + 20) / 4), rel=1e-5
    )
