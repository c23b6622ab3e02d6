"""Small examples, calculated by hand, of the numbers behind the verdicts."""

import numpy as np
import pytest

from table_audit.certificate import (
    Certificate,
    Moment,
    bound_from_below,
    largest_average,
    measure_images,
    prove,
    read_moments,
    weighted_sum,
)
from table_audit.claims import z_score
from table_audit.feasibility import Mixture, decide_feasibility, find_feasible_range
from table_audit.image_measures import POINTWISE, auc_bounds, measure_range
from table_audit.parametrisations import OverlapParametrisation, RatesParametrisation
from table_audit.prevalence import (
    from_npv,
    variation_over_methods,
    without_accuracy,
    without_dice,
    without_sensitivity,
    without_specificity,
)
from table_audit.printed_table import PrintedRow, PrintedTable
from table_audit.quantity import QUANTITIES
from table_audit.violations import check_hard_rules, find_fitting_range, find_violations

# 1000 pixels: TP 60, FN 40, FP 90, TN 810.
IMAGE = {"r": 0.1, "sensitivity": 0.6, "specificity": 0.9}
MEASURES = {
    "sensitivity": 0.6,
    "specificity": 0.9,
    "accuracy": 870 / 1000,
    "balanced_accuracy": 0.75,
    "gmean": 0.54**0.5,
    "dice": 120 / 250,
    "f1": 120 / 250,
    "iou": 60 / 190,
    "precision": 60 / 150,
    "fdr": 90 / 150,
    "npv": 810 / 850,
    "kappa": (0.87 - 0.78) / (1 - 0.78),  # chance agreement: .1 x .15 + .9 x .85 = .78
}


def row(key, mean, *, half=0.005, spread=np.nan, n=16.0, dispersion="sd"):
    one = np.array([1.0])
    return PrintedRow(QUANTITIES[key], mean * one, half * one, spread * one, half * one, n * one, dispersion)


def table(*rows, cap=1.0):
    return PrintedTable("t", ("A",), {each.quantity.key: each for each in rows}, np.zeros(1), np.full(1, cap))


@pytest.mark.parametrize("key", MEASURES)
def test_the_measures_of_one_image(key):
    image = np.array([[value] for value in IMAGE.values()])
    assert POINTWISE[key](*image) == pytest.approx([MEASURES[key]])
    point = np.vstack([image, [[0.5]]])
    assert measure_images(key, point) == pytest.approx([MEASURES[key]])
    for low, high in (RatesParametrisation().enclose(key, image, image), measure_range(key, image, image)):
        assert (low, high) == (pytest.approx([MEASURES[key]]), pytest.approx([MEASURES[key]]))


@pytest.mark.parametrize("key", MEASURES)
def test_the_overlap_parametrisation_describes_the_same_image(key):
    # s = .1 + .15, D = .48, b = 40 of 130 errors
    point = np.array([[0.25], [0.48], [40 / 130]])
    images = OverlapParametrisation().to_images(point, (0.0, 1.0))
    assert images.ravel() == pytest.approx(list(IMAGE.values()))
    low, high = OverlapParametrisation().enclose(key, point, point)
    assert low == pytest.approx([MEASURES[key]])
    assert high == pytest.approx([MEASURES[key]])


def test_points_outside_the_shares_are_no_images():
    space, point = OverlapParametrisation(), np.array([[0.25], [0.48], [40 / 130]])
    assert space.to_images(point, (0.0, 0.0999)).shape == (3, 0)
    assert space.to_images(point, (0.1001, 1.0)).shape == (3, 0)
    assert space.may_hold_images(point, point, (0.0, 0.0999)).tolist() == [False]
    assert space.may_hold_images(point, point, (0.1001, 1.0)).tolist() == [False]
    assert space.may_hold_images(point, point, (0.09, 0.11)).tolist() == [True]
    # s = 1.8 with D = .2 leaves 1 - 1.8 + .18 < 0 pixels.
    assert space.to_images(np.array([[1.8], [0.2], [0.5]]), (0.0, 1.0)).shape == (3, 0)


def test_the_auc_of_one_point_of_a_roc():
    # The lowest ROC through (.1, .6) has the area .6 x .9, the highest 1 - .4 x .1.
    low, high = auc_bounds(np.array([0.6]), np.array([0.9]))
    assert (low[0], high[0]) == (pytest.approx(0.54), pytest.approx(0.96))


def test_the_prevalence_implied_by_three_measures():
    means = {key: np.array([value]) for key, value in MEASURES.items()}
    for formula in (without_dice, without_accuracy, without_specificity, without_sensitivity):
        assert formula(means) == pytest.approx([0.1])
    assert from_npv(means["npv"], means) == pytest.approx([0.1])


def test_the_variation_over_methods():
    assert variation_over_methods(np.array([0.1, 0.3])) == pytest.approx(0.5)  # sd .1, mean .2
    assert variation_over_methods(np.array([0.1, 1.0])) == np.inf
    assert variation_over_methods(np.array([0.1, 0.0])) == np.inf
    assert variation_over_methods(np.array([0.1, np.nan])) == np.inf


@pytest.mark.parametrize(
    ("dispersion", "spread", "sd", "low", "high"),
    [("sd", 0.2, 0.2, 0.195, 0.205), ("sem", 0.2, 0.8, 0.78, 0.82), ("var", 0.04, 0.2, 0.035**0.5, 0.045**0.5)],
)
def test_a_spread_becomes_an_sd_whose_divisor_is_unknown(dispersion, spread, sd, low, high):
    each = row("niqe", 5.0, spread=spread, dispersion=dispersion)
    assert each.sd() == pytest.approx([sd])
    ends = each.sd_interval()
    assert ends[0] == pytest.approx([low * (15 / 16) ** 0.5])  # n - 1 of 16 images
    assert ends[1] == pytest.approx([high])


def test_the_moments_of_a_cell():
    (moment,) = read_moments(table(row("dice", 0.5, spread=0.2)), 0, ["dice"])
    assert (moment.mean, moment.half) == (0.5, 0.005)
    assert moment.square_low == pytest.approx(0.195**2 * 15 / 16)
    assert moment.square_high == pytest.approx(0.205**2 + 0.005**2)
    (bare,) = read_moments(table(row("dice", 0.5)), 0, ["dice"])
    assert (bare.square_low, bare.square_high) == (0.0, np.inf)


MOMENTS = (Moment("sensitivity", 0.6, 0.01, 0.02, 0.05), Moment("specificity", 0.9, 0.02, 0.0, 0.03))


def test_what_the_cells_allow():
    linear, square = {"sensitivity": -2.0, "specificity": 1.0}, {"sensitivity": 3.0, "specificity": 0.0}
    assert largest_average(MOMENTS, linear, square) == pytest.approx(2 * 0.01 + 3 * 0.05 + 0.02)
    square = {"sensitivity": -3.0, "specificity": 0.0}
    assert largest_average(MOMENTS, linear, square) == pytest.approx(2 * 0.01 - 3 * 0.02 + 0.02)


def test_the_weighted_sum_of_images_and_its_bound():
    linear, square = {"sensitivity": -2.0, "specificity": 1.0}, {"sensitivity": 3.0, "specificity": -1.0}
    images = np.array([[0.1, 0.1], [0.8, 0.6], [0.7, 0.9], [0.0, 0.0]])
    values = weighted_sum(MOMENTS, linear, square, images)
    assert values == pytest.approx([-2 * 0.2 + 3 * 0.04 - 0.2 - 0.04, 0.0])
    low, high = np.array([[0.0], [0.8], [0.6]]), np.array([[1.0], [1.0], [0.7]])
    # -2 x + 3 x² on [.2, .4] is lowest at 1/3: -1/3; x - x² on [-.3, -.2] is lowest at -.3: -.39.
    found = bound_from_below(RatesParametrisation(), MOMENTS, linear, square, low, high)
    assert found == pytest.approx([-1 / 3 - 0.39])


def exact(key, mean, sd=None):
    return Moment(key, mean, 1e-4, 0.0 if sd is None else sd**2, np.inf if sd is None else sd**2 + 1e-8)


def test_incompatible_means_have_a_proof_and_compatible_ones_a_mixture():
    # Dice <= 2 SEN / (1 + SEN) = 2/3 for SEN = .5
    assert isinstance(decide_feasibility((exact("dice", 0.67), exact("sensitivity", 0.5))), Certificate)
    cells = (exact("dice", 0.66), exact("sensitivity", 0.5))
    found = decide_feasibility(cells)
    assert isinstance(found, Mixture)
    assert found.weights.sum() == pytest.approx(1)
    for cell in cells:
        assert measure_images(cell.key, found.points) @ found.weights == pytest.approx(cell.mean, abs=1.1e-4)


def test_a_proof_fails_where_one_image_fits():
    moments = (Moment("sensitivity", 0.6, 0.01, 0.0, 0.0001),)
    images = prove(moments, {"sensitivity": 0.0}, {"sensitivity": 1.0}, (0.0, 1.0))
    assert not isinstance(images, Certificate)
    assert images[1] == pytest.approx(0.6, abs=0.0101)


def test_the_range_of_a_mean_beside_others():
    # BACC = (SEN + SPE)/2 whatever the share: .7 for SEN .6 and SPE .8
    low, high = find_feasible_range((exact("sensitivity", 0.6), exact("specificity", 0.8)), "balanced_accuracy")
    assert (low, high) == (pytest.approx(0.7, abs=2e-4), pytest.approx(0.7, abs=2e-4))
    # ACC lies between SEN and SPE of every image; SEN .6 on all images, SPE .8 on all images.
    low, high = find_feasible_range((exact("sensitivity", 0.6, 0.0), exact("specificity", 0.8, 0.0)), "accuracy")
    assert (low, high) == (pytest.approx(0.6, abs=2e-3), pytest.approx(0.8, abs=2e-3))


RULES = [
    # text, cells inside, cells outside: the bound lies between the two, half a digit (.005 each) included
    ("AUC ≥ SEN + SPE − 1", {"auc": 0.69, "sensitivity": 0.8, "specificity": 0.9}, {"auc": 0.68}),
    ("AUC ≤ SEN + SPE", {"auc": 0.51, "sensitivity": 0.3, "specificity": 0.2}, {"auc": 0.52}),
    ("G-mean ≤ √(SEN·SPE) (Cauchy–Schwarz)", {"gmean": 0.70, "sensitivity": 0.6, "specificity": 0.8}, {"gmean": 0.71}),
    ("G-mean ≥ SEN + SPE − 1", {"gmean": 0.69, "sensitivity": 0.8, "specificity": 0.9}, {"gmean": 0.68}),
    ("Dice ≤ 2·SEN/(1+SEN)", {"dice": 0.67, "sensitivity": 0.5}, {"dice": 0.68}),
    ("IoU ≥ Dice/(2−Dice)", {"iou": 0.49, "dice": 2 / 3}, {"iou": 0.48}),
    ("IoU ≤ Dice", {"iou": 0.41, "dice": 0.4}, {"iou": 0.42}),
    ("Kappa ≤ Dice", {"kappa": 0.41, "dice": 0.4}, {"kappa": 0.42}),
    ("F1 = Dice", {"f1": 0.41, "dice": 0.4}, {"f1": 0.42}),
    (
        "BACC = (SEN + SPE)/2",
        {"balanced_accuracy": 0.71, "sensitivity": 0.6, "specificity": 0.8},
        {"balanced_accuracy": 0.72},
    ),
    ("FDR = 1 − PPV", {"fdr": 0.41, "precision": 0.6}, {"fdr": 0.42}),
    ("Dice ≥ PPV + SEN − 1", {"dice": 0.39, "precision": 0.7, "sensitivity": 0.7}, {"dice": 0.38}),
    ("Dice ≥ (1−FDR) + SEN − 1", {"dice": 0.39, "fdr": 0.3, "sensitivity": 0.7}, {"dice": 0.38}),
    ("Dice ≤ 2·PPV·SEN/(PPV+SEN)", {"dice": 0.33, "precision": 0.5, "sensitivity": 0.25}, {"dice": 0.35}),
    ("Dice ≤ 2·PPV/(1+PPV)", {"dice": 0.67, "precision": 0.5}, {"dice": 0.68}),
]


@pytest.mark.parametrize(("text", "inside", "change"), RULES, ids=[rule[0] for rule in RULES])
def test_a_rule_holds_up_to_its_bound(text, inside, change):
    def broken(cells):
        made = table(*(row(key, mean, dispersion="none") for key, mean in cells.items()))
        return text in {each.relation.text for each in check_hard_rules(made) if each.violated.any()}

    assert not broken(inside)
    assert broken(inside | change)


def test_kappa_is_bounded_from_below_by_the_largest_share():
    def broken(kappa):
        made = table(row("kappa", kappa), row("dice", 0.8), row("accuracy", 0.9), cap=0.2)
        found = [each for each in check_hard_rules(made) if each.relation.text.startswith("Kappa ≥ Dice")]
        return bool(found[0].violated.any())

    # r = .4/1.2 = 1/3; rounded: .795 - .105 / (2 x 2/3) = .716
    assert not broken(0.72)
    assert broken(0.71)


def test_the_sd_of_a_bounded_mean_is_bounded():
    def verdict(spread):
        return bool(find_violations(table(row("dice", 0.9, spread=spread, half=0.0005))))

    # √(.1 x .9) = .3; the mean may be .8995 and the divisor n - 1 of 16: .3005 x √(16/15) = .3107
    assert not verdict(0.310)
    assert verdict(0.312)


def test_the_values_that_would_fit():
    low, high = find_fitting_range(table(row("fdr", 0.1, half=0.0), row("precision", 0.6, half=0.0)), 0, "fdr")
    assert (low, high) == (pytest.approx(0.4, abs=3e-4), pytest.approx(0.4, abs=3e-4))


def test_the_z_of_two_means():
    cells = PrintedRow(
        QUANTITIES["dice"],
        np.array([0.8, 0.7]),
        np.zeros(2),
        np.array([0.3, 0.4]),
        np.zeros(2),
        np.array([25.0, 100.0]),
    )
    # √(.09/25 + .16/100) = .0721
    assert z_score(cells, 0, 1) == pytest.approx(0.1 / 0.0052**0.5)
