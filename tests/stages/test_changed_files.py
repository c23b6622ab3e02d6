"""Files that are changed by hand after a job wrote them: nothing is computed from them without a word."""

import json

import numpy as np
import pytest

from report.analysis.run_scores import read_run_scores
from report.tables.definition_sensitivity import read_definitions
from sspbench.errors import UserError
from sspbench.files import read_json
from sspbench.images.manifest import Manifest
from sspbench.images.pictures import read_grey, write_grey
from sspbench.jobs.image_folders import verified_images, verify_splits, write_folder_manifest
from sspbench.jobs.scores_record import find_changed_tables
from sspbench.stages import prepare
from sspbench.stages.enhance import enhance
from sspbench.stages.score import score
from sspbench.stages.train import TrainingLimits, train_method, train_segmenter
from tests.conftest import make_data
from tests.stages.test_scoring_lookups import RUN, scored
from tests.workflow.test_resume import settings as training_settings


@pytest.fixture
def data(tmp_path):
    return make_data(tmp_path / "data", {"trainA": 3, "trainB": 3, "testA": 2}, 64)


def swap(first, second):
    pixels = read_grey(first)
    write_grey(first, read_grey(second))
    write_grey(second, pixels)


def test_a_removed_a_swapped_and_an_edited_image_are_found_by_name(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths):
        write_grey(path, np.full((8, 8), number, np.uint8))
    write_folder_manifest(tmp_path, paths)
    assert verified_images(tmp_path) == paths
    swap(paths[0], paths[1])
    paths[3].unlink()
    with pytest.raises(UserError, match=r"(?s)3 of 4 images were removed or changed.*0\.png, 1\.png, 3\.png.*again"):
        verified_images(tmp_path)


def test_changed_prepared_images_are_found_in_the_splits_that_are_read(data):
    verify_splits(data, "trainA", "trainB", "testA", "testA_labels")
    write_grey(data.folder / "trainA" / "001.png", np.zeros((64, 64), np.uint8))
    verify_splits(data, "trainB", "testA")
    with pytest.raises(UserError, match=r"(?s)1 of 3 images were removed or changed.*001\.png.*prepares the images"):
        verify_splits(data, "trainA")


@pytest.mark.parametrize("split", ["trainA", "trainB"])
def test_no_training_learns_from_a_changed_image(data, split, tmp_path):
    from sspbench.config.settings import Settings

    write_grey(data.folder / split / "000.png", np.zeros((64, 64), np.uint8))
    with pytest.raises(UserError, match="changed after they were prepared"):
        train_method(Settings.from_json(training_settings(), "test"), data, tmp_path / "run", TrainingLimits())
    assert not (tmp_path / "run").exists()


def test_no_segmenter_learns_from_a_changed_label(data, tmp_path):
    from sspbench.config.plan import Plan, read_config

    write_grey(data.folder / "trainB_labels" / "000.png", np.zeros((64, 64), np.uint8))
    settings = Plan(read_config("config/smoke.yaml")).segmenter_settings(0)
    with pytest.raises(UserError, match="changed after they were prepared"):
        train_segmenter(settings, data, tmp_path / "run", TrainingLimits())


@pytest.mark.parametrize(("method", "split"), [("identity", "testA"), ("histogram_matching", "trainB")])
def test_nothing_is_enhanced_from_a_changed_image(data, method, split, tmp_path):
    from sspbench.config.plan import Plan, read_config

    plan = Plan(read_config("config/smoke.yaml"))
    write_grey(data.folder / split / "000.png", np.zeros((64, 64), np.uint8))
    with pytest.raises(UserError, match="changed after they were prepared"):
        enhance(plan.train_settings(plan.get_run(method, 0)), data, tmp_path / "run", None)


@pytest.mark.parametrize("place", ["run/enhanced", "run/masks", "run/probabilities", "data/testA"])
def test_no_changed_image_is_scored(tmp_path, place):
    scored(tmp_path, 2)
    swap(tmp_path / place / "image_00.png", tmp_path / place / "image_01.png")
    with pytest.raises(UserError, match="were removed or changed"):
        score(
            {"metrics": {}, "field_um": 400.0, "structure": "nerve"},
            RUN,
            Manifest.read(tmp_path / "data/manifest.json"),
            tmp_path / "run",
        )


def test_tables_take_no_scores_that_were_edited(tmp_path):
    scored(tmp_path, 2)
    path = tmp_path / "run" / "scores.csv"
    frame = read_run_scores(path)
    assert len(frame) > 0
    path.write_text(path.read_text().replace(",dice,", ",dice,9", 1))
    with pytest.raises(UserError, match=r"(?s)changed after it was written.*scores\.csv.*run the workflow again"):
        read_run_scores(path)
    record = tmp_path / "run" / "jobs" / "score.json"
    record.write_text(json.dumps({key: value for key, value in read_json(record).items() if "sha256" not in key}))
    assert read_run_scores(path)["value"].max() > 9  # scored before hashes were recorded


def test_the_table_of_rival_definitions_is_not_taken_once_it_was_edited(tmp_path):
    scored(tmp_path, 2)
    path = tmp_path / "run" / "definitions.csv"
    assert len(read_definitions(path)) > 0
    assert not find_changed_tables(tmp_path / "run")
    path.write_text(path.read_text().replace(",native,", ",native,9", 1))
    assert find_changed_tables(tmp_path / "run") == [path]
    with pytest.raises(UserError, match=r"(?s)changed after it was written.*definitions\.csv.*run the workflow again"):
        read_definitions(path)


def test_what_killed_preparations_left_is_removed_by_the_next(tmp_path, monkeypatch):
    target = tmp_path / "demo"
    for left in (".demo.preparing-abc12345", ".demo.other.preparing-abc12345"):
        (tmp_path / left / "images").mkdir(parents=True)

    def fill(_settings, fresh):
        return Manifest.read(make_data(fresh, {"trainA": 1, "testA": 1}, 32).folder / "manifest.json")

    monkeypatch.setattr(prepare, "fill_prepared_folder", fill)
    prepare.prepare({}, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".demo.other.preparing-abc12345", "demo"]


def test_preparing_the_same_images_again_leaves_the_list_s_time_so_that_nothing_is_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr(
        prepare, "fill_prepared_folder", lambda _settings, fresh: make_data(fresh, {"trainA": 1, "testA": 1}, 32)
    )
    path = prepare.prepare({}, tmp_path / "demo")
    first = path.stat().st_mtime_ns
    write_grey(tmp_path / "demo" / "trainA" / "000.png", np.zeros((32, 32), np.uint8))
    assert prepare.prepare({}, tmp_path / "demo").stat().st_mtime_ns == first
    verify_splits(Manifest.read(path), "trainA")
    monkeypatch.setattr(
        prepare, "fill_prepared_folder", lambda _settings, fresh: make_data(fresh, {"trainA": 2, "testA": 1}, 32)
    )
    assert prepare.prepare({}, tmp_path / "demo").stat().st_mtime_ns > first
