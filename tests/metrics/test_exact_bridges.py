"""Centrelines cut into branches, and free ends that face each other: by angle, distance and the last ten steps."""

import numpy as np
import pytest

from metrics.nerves.branches import build_skeleton_graph, count_branch_points, cut_into_branches, remove_spurs
from metrics.nerves.path_length import find_bridges


def draw(*places):
    picture = np.zeros((70, 90), bool)
    for rows, columns in places:
        picture[rows, columns] = True
    return build_skeleton_graph(picture)


def row(number, first, last):
    return np.full(last - first + 1, number), np.arange(first, last + 1)


def bridged(skeleton, gap):
    """The places of the ends that are bridged."""
    pairs = find_bridges(skeleton, gap)
    return {tuple(tuple(place) for place in skeleton.pixels[pair].tolist()) for pair in pairs}


@pytest.mark.parametrize(
    ("down", "across", "is_bridged"),
    [
        (0, 20, True),
        (14, 17, True),
        (16, 19, False),
        (-14, 17, True),
        (-16, 19, False),
        (17, 14, False),
        (5, -3, False),
    ],
)
def test_a_bridge_turns_by_forty_degrees_at_most(down, across, is_bridged):
    # 14 in 17 is 39.5 degrees, 16 in 19 is 40.1.
    skeleton = draw(row(30, 5, 30), row(30 + down, 30 + across, 30 + across + 30))
    found = bridged(skeleton, 25.5)
    assert ({(30, 30), (30 + down, 30 + across)} in [set(pair) for pair in found]) is is_bridged
    assert len(found) == is_bridged


def test_an_end_that_looks_elsewhere_is_not_bridged_though_the_other_looks_at_it():
    column = row(30, 0, 20)[::-1]  # looks down at (20, 30)
    skeleton = draw(column, row(20, 38, 60), row(50, 0, 30), row(50, 36, 66))
    assert bridged(skeleton, 10.0) == {((50, 30), (50, 36))}
    assert bridged(skeleton, 6.0) == {((50, 30), (50, 36))}
    assert bridged(skeleton, 5.9) == bridged(skeleton, 0.0) == set()
    assert find_bridges(draw(), 9.0).shape == (0, 2)


def test_the_direction_of_an_end_is_that_of_its_last_ten_steps():
    # Ten steps to the right after a way down; the other line comes along the diagonal, 43 degrees below.
    diagonal = np.arange(34, 55), np.arange(45, 66)
    bent = row(20, 10, 20)[::-1], row(20, 20, 30)
    assert bridged(draw(*bent, diagonal), 25.0) == set()
    # Where the last steps go down by one in ten, 5.7 degrees, 37 are left.
    tilted = row(19, 10, 20), row(20, 21, 30)
    assert bridged(draw(*tilted, diagonal), 25.0) == {((20, 30), (34, 45))}


def test_branches_without_ends_count_too_and_joints_belong_to_none():
    ring = row(50, 11, 19), row(60, 11, 19), row(10, 51, 59)[::-1], row(20, 51, 59)[::-1]
    skeleton = draw(row(10, 0, 40), row(20, 0, 12)[::-1], *ring)
    found = cut_into_branches(skeleton)
    # From (0, 20) down to the joint (10, 20), both sides of it, from it down to (12, 20), and the ring.
    joint = skeleton.pixels.tolist().index([10, 20])
    assert found.member[joint] == -1 and np.count_nonzero(found.member == -1) == 1
    assert found.length.tolist() == pytest.approx([10, 20, 20, 2, 32 + 4 * 2**0.5])
    assert found.free_ends.tolist() == [1, 1, 1, 1, 0]
    assert found.joints.tolist() == [1, 1, 1, 1, 0]
    assert found.chord.tolist() == pytest.approx([10, 20, 20, 2, np.nan], nan_ok=True)
    assert cut_into_branches(draw()).length.tolist() == []


def test_a_removed_spur_leaves_its_joint():
    lines, wanted = np.zeros((2, 40, 60), bool)
    lines[20, 5:55] = wanted[20, 5:55] = True
    lines[15:20, 30] = True  # the first of all branches, 5 px long
    lines[21:29, 40] = wanted[21:29, 40] = True  # 8 px
    assert (remove_spurs(lines, 5.5) == wanted).all()
    assert (remove_spurs(lines, 5.0) == lines).all()


@pytest.mark.parametrize(("apart", "points"), [(1, 1), (2, 2), (3, 2)])
def test_branch_points_are_one_where_they_touch(apart, points):
    up, down = row(30, 10, 19)[::-1], row(30 + apart, 21, 29)[::-1]
    assert count_branch_points(draw(row(20, 5, 60), up, down)) == points
