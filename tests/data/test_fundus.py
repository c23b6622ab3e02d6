"""Fundus photographs of one's own: layout, pairs with truth, EyeQ's labels, and what is refused."""

import json

import numpy as np
import pytest
from PIL import Image

from data.fundus.prepare import prepare
from data.fundus.splits import choose_splits, draw_patients, find_shared_patients, patient_of, read_labels
from sspbench.contract import PrepareRequest
from sspbench.errors import UserError

SIDE = 80
DEGRADE = {"from": None, "per": ["illumination", "spots", "blur", "all"], "share": 0.5}
EYEQ = """,image,quality,DR_grade
0,1_left.jpeg,0,0
1,1_right.jpeg,1,0
2,2_left.jpeg,1,4
3,3_left.jpeg,2,0
4,4_left.jpeg,0,0
5,5_left.jpeg,1,0
"""


def disc():
    y, x = np.ogrid[:SIDE, :SIDE]
    return np.hypot(y - 40, x - 40) < 36


def picture(seed=0):
    rng = np.random.default_rng(seed)
    return (rng.integers(70, 200, (SIDE, SIDE, 3)) * disc()[..., None]).astype(np.uint8)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def source(folder):
    for number, (split, patient) in enumerate(
        [("trainA", 1), ("trainA", 2), ("trainB", 3), ("trainB", 4), ("trainB", 5), ("testA", 6)]
    ):
        save(folder / split / f"{patient}_left.png", picture(number))
    return folder


def request(place, output, tell=None, record=lambda name, value: None, **options):
    output.mkdir(exist_ok=True)
    chosen = {"degrade": DEGRADE, "eyeq": None} | options
    listener = tell if tell is not None else lambda what, files: None
    return PrepareRequest(chosen, place, output, 0, lambda done, total: None, listener, record)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_photographs_are_copied_with_the_field_of_view_that_was_found(tmp_path):
    place = source(tmp_path / "in")
    noisy = picture(0)
    noisy[~disc()] = 7  # not black outside
    save(place / "trainA/1_left.png", noisy)
    prepare(request(place, tmp_path / "out"))
    written, field = read(tmp_path / "out/trainA/1_left.png"), read(tmp_path / "out/trainA_fov/1_left.png") > 0
    assert np.array_equal(written[field], noisy[field])
    assert not written[~field].any()
    assert (field & disc()).sum() / (field | disc()).sum() > 0.98
    assert json.loads((tmp_path / "out/fields_of_view.json").read_text())["trainA/1_left.png"]["from"] == "threshold"


def test_masks_beside_the_photographs_are_used_soft_or_gif(tmp_path):
    place = source(tmp_path / "in")
    soft = np.where(disc(), 255, 0).astype(np.uint8)
    soft[38:42] = np.where(disc(), 90, 0)[38:42]
    save(place / "trainA_fov/1_left.png", soft)
    save(
        place / "trainB_labels/3_left.gif",
        np.where(np.arange(SIDE) % 9 == 0, 255, 0).astype(np.uint8)[None].repeat(SIDE, 0),
    )
    prepare(request(place, tmp_path / "out"))
    field = read(tmp_path / "out/trainA_fov/1_left.png")
    assert set(np.unique(field)) == {0, 255}
    assert not field[40].any()
    assert names(tmp_path / "out/trainB_labels") == ["3_left.png"]
    assert json.loads((tmp_path / "out/fields_of_view.json").read_text())["trainA/1_left.png"]["from"] == "file"


def test_pairs_are_made_of_good_photographs_of_patients_in_no_training_split(tmp_path):
    told = []
    options = {"degrade": DEGRADE | {"from": "trainB"}}
    prepare(request(source(tmp_path / "in"), tmp_path / "out", lambda what, files: told.append(files), **options))
    high, test = names(tmp_path / "out/trainB"), names(tmp_path / "out/testA")
    assert len(high) == 1
    assert len(test) == 8
    assert not {name.split("_")[0] for name in high} & {name.split("_")[0] for name in test}
    assert names(tmp_path / "out/testA_clean") == names(tmp_path / "out/testA_fov") == test
    assert set(json.loads((tmp_path / "out/degradations.json").read_text())) == {f"testA/{name}" for name in test}
    assert told == [["6_left.png"]]


@pytest.mark.parametrize("per", [["blur"], ["blur", "spots"]])
def test_the_degraded_copies_of_a_photograph_show_one_patient(tmp_path, per):
    recorded = {}
    options = {"degrade": DEGRADE | {"from": "trainB", "per": per}}
    prepare(request(source(tmp_path / "in"), tmp_path / "out", record=recorded.__setitem__, **options))
    paths = [f"{split}/{name}" for split in ("trainA", "trainB", "testA") for name in names(tmp_path / "out" / split)]
    by_hand = {path: path.split("/")[1].split("_")[0] for path in paths}
    # One copy of each: every name stands alone, and nothing says whether two are of one patient.
    assert recorded.get("subject") == (by_hand if len(per) == 2 else None)


def test_every_fault_is_named_at_once(tmp_path):
    place = source(tmp_path / "in")
    save(place / "trainA/7_left.png", picture()[..., 0])
    save(place / "trainA_fov/1_left.png", np.full((40, 40), 255, np.uint8))
    save(place / "testA/3_right.png", picture(9))
    (place / "trainB/8_left.png").write_bytes(b"no picture")
    with pytest.raises(UserError) as caught:
        prepare(request(place, tmp_path / "out"))
    for part in ("trainA/7_left.png", "grey", "trainA_fov", "another size", "Patient '3'", "8_left.png"):
        assert part in str(caught.value)
    assert f"where: {place}/" not in str(caught.value)


def test_vessel_masks_without_any_vessel_are_refused_where_a_segmenter_is_trained_on_them(tmp_path):
    place = source(tmp_path / "in")
    for path in (place / "trainB").iterdir():
        save(place / "trainB_labels" / path.name, np.zeros((SIDE, SIDE), np.uint8))
    with pytest.raises(UserError, match="All labels of a folder are empty\n    where: trainB_labels"):
        prepare(request(place, tmp_path / "out"))


def test_an_empty_source_and_none_are_refused(tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(UserError, match="No photographs for trainA"):
        prepare(request(tmp_path / "in", tmp_path / "out"))
    with pytest.raises(UserError, match="needs your photographs"):
        prepare(request(None, tmp_path / "out"))


def test_patients():
    assert [patient_of(name) for name in ("10_left", "10_right", "P7-OD", "IMG_0001")] == ["10", "10", "P7", "IMG_0001"]
    assert find_shared_patients({"trainA": ["1_left"], "testA": ["1_right", "2_left"]}) == {"1": ["testA", "trainA"]}
    assert len(draw_patients(["1_left", "1_right", "2_left"], 0.5, 0)) == 1


def labels(folder, text=EYEQ):
    path = folder / "labels.csv"
    path.write_text(text)
    return path


def test_labels_choose_splits_by_patient_with_matched_grades(tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{n},{n // 2}_{('left', 'right')[n % 2]}.jpeg,{rng.integers(3)},{rng.integers(5)}" for n in range(2000)]
    graded = read_labels(labels(tmp_path, ",image,quality,DR_grade\n" + "\n".join(rows) + "\n"))
    splits = choose_splits(graded, {one.name for one in graded}, seed=1)
    known = {one.name: one for one in graded}
    members = {split: [name for name in splits if splits[name] == split] for split in ("trainA", "trainB", "testA")}
    assert find_shared_patients(members) == {}
    assert {known[name].quality for name in members["trainB"]} == {0}
    assert {known[name].quality for name in members["trainA"] + members["testA"]} == {1}
    grades = [np.bincount([known[name].retinopathy for name in members[s]], minlength=5) for s in ("trainA", "trainB")]
    assert np.array_equal(*grades)
    assert grades[0].min() > 10
    assert len(members["testA"]) > 40
    assert choose_splits(graded, {one.name for one in graded}, seed=1) == splits
    assert choose_splits(graded, {one.name for one in graded}, seed=2) != splits


def test_photographs_that_are_not_there_get_no_split(tmp_path):
    assert set(choose_splits(read_labels(labels(tmp_path)), {"4_left", "5_left"}, 0)) <= {"4_left", "5_left"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,quality\na,1\n", "DR_grade"),
        ("image,quality,DR_grade\na,3,0\n", "out of range"),
        ("image,quality,DR_grade\na,x,0\n", "whole number"),
        ("image,quality,DR_grade\na,1,0\na,1,0\n", "twice"),
        ("", "lacks columns"),
    ],
)
def test_bad_label_files_are_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read_labels(labels(tmp_path, text))


def test_a_missing_label_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_labels(tmp_path / "none.csv")


@pytest.mark.parametrize("folder", ["trainA", "trainA_fov", "."])
def test_two_files_of_one_name_are_refused(tmp_path, folder):
    """One would silently replace the other."""
    place, options = source(tmp_path / "in"), {}
    for name in ("1_left.tif", "1_left.png"):
        save(place / folder / name, picture(9))
    if folder == ".":
        (tmp_path / "eyeq.csv").write_text(EYEQ)
        options = {"eyeq": str(tmp_path / "eyeq.csv")}
    with pytest.raises(UserError, match=r"Two files share the name 1_left\n +where: 1_left.png"):
        prepare(request(place, tmp_path / "out", **options))


def test_masks_without_a_photograph_are_reported(tmp_path):
    place, notes = source(tmp_path / "in"), []
    save(place / "trainB_fov/9_left.png", disc().astype(np.uint8) * 255)
    prepare(request(place, tmp_path / "out", lambda what, files: notes.append((what, files))))
    assert notes == [("of trainB_fov not used: no photograph has this name", ["9_left.png"])]
