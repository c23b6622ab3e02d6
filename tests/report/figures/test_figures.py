"""The figures: which images are shown, what they show of failures, and that they come out the same every time."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from report.analysis.image_choice import choose_images, describe_choice_rule, sort_by_hash
from report.figures import picture_grid
from report.figures.comparison import find_difficulty_groups, measure_unevenness
from report.figures.draw_all import draw_figures
from report.figures.run_images import (
    FALSE_COLOUR,
    HIT_COLOUR,
    MISSED_COLOUR,
    RunImages,
    colour_mask,
    find_disputed_window,
    zoom_slices,
)
from report.figures.segmentation import compare_centrelines
from report.figures.tradeoff import find_dominated
from sspbench.files import read_json
from sspbench.images.pictures import write_grey
from tests.synthetic_results import make_results

ALL = {
    "comparison", "facilitation", "segmentation", "comparison_texture", "comparison_illumination",
    "distributions", "tradeoff", "training", "trust",
}  # fmt: skip


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return make_results(tmp_path)


def test_every_figure_is_drawn_with_the_failed_method_named(drawn):
    folder = drawn.plan.layout.figures
    index = read_json(folder / "index.json")
    assert set(index) == ALL
    for name, facts in index.items():
        assert facts["caption"] and facts["alt"]
        assert (folder / f"{name}.png").is_file() and (folder / f"{name}.pdf").is_file()
    assert "MSG-Net (diverged" in index["comparison"]["alt"]
    assert "MSG-Net diverged" in index["training"]["alt"]


def test_figures_without_labels_leave_out_what_needs_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = make_results(tmp_path, labels=False, methods=["identity", "sspnet"], ablation=None)
    draw_figures(results, tmp_path / "figures")
    assert set(read_json(tmp_path / "figures" / "index.json")) == ALL - {"facilitation", "trust"}


def test_figures_when_every_run_failed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = make_results(tmp_path, failed="dcp", methods=["dcp"], ablation=None)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "of_yesterday.png").write_bytes(b"")
    draw_figures(results, tmp_path / "figures")
    assert not (tmp_path / "figures" / "of_yesterday.png").exists()
    index = read_json(tmp_path / "figures" / "index.json")
    assert "DCP (diverged" in index["comparison"]["alt"]
    assert "tradeoff" not in index and "distributions" not in index


def test_best_median_and_worst_are_of_the_papers_method_by_dice(results):
    scores = results.scores
    dice = scores[(scores["row"] == "sspnet") & (scores["metric"] == "dice")].set_index("image")["value"]
    chosen = choose_images(results)
    order = list(dice.sort_values(ascending=False).index)
    assert [choice.name for choice in chosen[:3]] == [order[0], order[3], order[-1]]
    assert [choice.why for choice in chosen[:3]] == [f"{word} of SSP-Net, Dice" for word in ("best", "median", "worst")]
    assert "SSP-Net by Dice" in describe_choice_rule(results)


def test_the_others_are_chosen_by_hash_and_never_twice(results):
    chosen = [choice.name for choice in choose_images(results)]
    assert len(chosen) == len(set(chosen)) == 6
    rest = [name for name in sort_by_hash([f"image_{number}" for number in range(8)]) if name not in chosen[:3]]
    assert chosen[3:] == rest[:3]


def test_choice_falls_back_when_the_papers_method_failed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = make_results(tmp_path, failed="sspnet")
    assert "best of StillGAN" in choose_images(results)[0].why


def test_groups_are_disjoint_and_by_the_stated_measures(results, tmp_path):
    folder = results.plan.layout.data / "testA"
    ramp = np.tile(np.linspace(0, 255, 48).astype(np.uint8), (48, 1))
    write_grey(folder / "image_5.png", ramp)
    write_grey(folder / "image_2.png", np.full((48, 48), 90, np.uint8))
    found = find_difficulty_groups(RunImages(results))
    assert found.illumination[0] == "image_5"
    assert found.texture[0] == "image_2"
    assert not set(found.illumination) & set(found.texture)
    assert measure_unevenness(ramp) > 0.5 > measure_unevenness(np.full((48, 48), 90, np.uint8)) == 0.0


def test_mask_pictures_tell_hits_from_errors():
    mask, label = np.array([[True, True, False, False]]), np.array([[True, False, True, False]])
    assert colour_mask(mask, label)[0].tolist() == [
        list(HIT_COLOUR),
        list(FALSE_COLOUR),
        list(MISSED_COLOUR),
        [255] * 3,
    ]
    assert colour_mask(mask)[0].tolist() == [[0] * 3, [0] * 3, [255] * 3, [255] * 3]


@pytest.mark.parametrize("colour", [HIT_COLOUR, FALSE_COLOUR, MISSED_COLOUR])
def test_colours_of_masks_can_be_read_on_white(colour):
    shares = [value / 255 for value in colour]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    assert 1.05 / (np.dot(linear, [0.2126, 0.7152, 0.0722]) + 0.05) >= 4.5


def test_the_residual_forgives_what_lies_within_the_tolerance():
    label, mask = np.zeros((2, 40, 60), bool)
    label[10, 5:55] = label[30, 5:55] = True
    mask[12, 5:55] = mask[20, 5:30] = True
    found = compare_centrelines(mask, label, 3)
    assert found.missed_share == 0.5 and found.false_share == pytest.approx(25 / 75)
    assert found.describe() == "missed 50 %, false 33 %"
    assert compare_centrelines(mask, label, 1).missed_share == 1.0
    assert compare_centrelines(np.zeros_like(mask), label, 3).describe() == "missed 100 %, false n/a"
    assert {tuple(colour) for colour in found.draw().reshape(-1, 3).tolist()} >= {FALSE_COLOUR, MISSED_COLOUR}


def test_the_enlarged_region_is_where_pictures_differ_most():
    stack = np.zeros((3, 50, 100), np.uint8)
    stack[0, 30:40, 70:90] = 1
    stack[1, :, 0] = 1
    left, top, width, height = find_disputed_window(stack, (0.3, 0.3))
    rows, columns = zoom_slices((50, 100), [left, top, width, height])
    assert rows.start <= 30 and rows.stop >= 40 and columns.start <= 70 and columns.stop >= 90
    assert find_disputed_window(np.zeros((2, 7, 5)), (0.3, 0.3))[:2] == [0.0, 0.0]


@pytest.mark.parametrize("zoom", [[0, 0, 0, 0], [1, 1, 1, 1], [0.9, 0.9, 0.5, 0.5]])
def test_a_region_is_never_empty_and_stays_inside(zoom):
    rows, columns = zoom_slices((7, 11), zoom)
    assert 0 <= rows.start < rows.stop <= 7 and 0 <= columns.start < columns.stop <= 11


def test_equal_points_are_both_optimal():
    assert find_dominated(np.array([[1.0, 1.0], [1.0, 1.0], [0.5, 1.0]])).tolist() == [False, False, True]


@pytest.mark.parametrize("columns", [1, 2, 9])
def test_names_of_lines_lie_inside_the_figure_whatever_the_size_of_pictures(columns):
    figure, axes = picture_grid.make_picture_grid(1, columns)
    picture_grid.write_line_name(axes[0, 0], "test_008")
    box = axes[0, 0].texts[0].get_window_extent(FigureCanvasAgg(figure).get_renderer())
    assert box.x0 >= 0 and box.x1 <= axes[0, 0].get_window_extent().x0
