"""Which value is white: bounds, disagreements and words of the decision, by hand."""

import pytest

from sspbench.errors import Faults
from sspbench.images.white_level import Brightness, decide_whites, guess_white, tabulate_whites


def seen(top, white=None, bits=16, type_max=65535, name="a.tif", source="sBIT"):
    return Brightness(name, bits, top, white, source if white is not None else "", type_max)


EIGHT = seen(250, bits=8, type_max=255, name="eight.png")


def decide(folders, given=None):
    faults = Faults("")
    levels = decide_whites(folders, given or {}, "white=N", faults)
    return levels, [(fault.what, fault.where, fault.why, fault.hint) for fault in faults.items]


@pytest.mark.parametrize(
    ("top", "type_max", "white"),
    [
        (0, 65535, 255), (255, 65535, 255), (256, 65535, 1023), (1023, 65535, 1023), (1024, 65535, 4095),
        (4095, 65535, 4095), (4096, 65535, 16383), (16383, 32767, 16383), (16384, 32767, 32767),
        (16384, 65535, 65535), (65535, 10**9, 65535),
    ],
)  # fmt: skip
def test_white_is_that_of_the_camera_with_the_fewest_bits(top, type_max, white):
    assert guess_white(top, type_max) == white


def test_only_files_deeper_than_8_bit_need_a_white():
    assert not EIGHT.is_deep
    assert Brightness("a.tif", 16, 9, None, "").type_max == 65535
    assert not seen(9, white=255, bits=8, type_max=255).is_deep
    assert seen(9, white=127, bits=8, type_max=255).is_deep
    assert seen(9, type_max=256).is_deep
    level = decide({"a": [EIGHT, EIGHT]}, {"a": 4095})[0]["a"]
    assert vars(level) == {
        "folder": "a", "files": 2, "stored": "8 bit", "largest": 250, "white": 255, "decided": "8-bit files",
    }  # fmt: skip


def test_the_line_of_a_folder_counts_all_its_files_and_the_brightest_deep_one():
    levels, faults = decide({"a": [EIGHT, seen(3000), seen(1600)], "b": []})
    assert list(levels) == ["a"] and faults == []
    assert levels["a"].as_json() == {
        "folder": "a", "files": 3, "stored": "8 and 16 bit", "largest": 3000, "white": 4095,
        "decided": "by the largest value",
    }  # fmt: skip
    levels, _ = decide({"a": [seen(3000)]}, {"a": 5000})
    assert (levels["a"].white, levels["a"].decided) == (5000, "by the option")
    levels, _ = decide({"a": [seen(20, white=4095), seen(30, white=4095, source="OME")]})
    assert (levels["a"].white, levels["a"].decided) == (4095, "as the files say: OME, sBIT")


@pytest.mark.parametrize(
    ("tops", "white"), [((40000, 20000), 65535), ((3000, 1500), 4095), ((3000, 0), 4095), ((17000, 8500), 65535)]
)
def test_a_dim_picture_has_the_white_of_the_brightest_up_to_half_of_it(tops, white):
    levels, faults = decide({"a": [seen(top) for top in tops]})
    assert (levels["a"].white, faults) == (white, [])


def test_signed_and_unsigned_files_together_have_the_white_of_the_unsigned():
    levels, faults = decide({"a": [seen(30000, type_max=32767), seen(40000)]})
    assert (levels["a"].white, faults) == (65535, [])
    assert decide({"a": [seen(30000, type_max=32767), seen(20000, type_max=32767)]})[0]["a"].white == 32767


def test_one_below_half_of_the_brightest_is_judged_alone():
    levels, faults = decide({"a": [seen(17000, name="one.tif"), seen(8499, name="two.tif")]})
    assert levels["a"].white == 65535
    why = "16383 in 1, e.g. two.tif (largest value 8499); 65535 in 1, e.g. one.tif (largest value 17000)"
    assert [fault[:3] for fault in faults] == [("The files of a folder disagree on which value is white", "a", why)]
    assert faults[0][3].endswith("white=N")
    assert decide({"a": [seen(3000), seen(1025)]})[1] == []
    assert len(decide({"a": [seen(3000), seen(1023)]})[1]) == 1


def test_a_declared_white_and_a_guessed_one_must_agree():
    assert decide({"a": [seen(3000, white=4095), seen(3500)]})[1] == []
    levels, faults = decide({"a": [seen(3000, white=16383), seen(3500)]})
    assert (levels["a"].white, len(faults)) == (16383, 1)
    assert decide({"a": [seen(3000, white=16383), seen(3500)]}, {"a": 4095})[1] == []


def test_folders_must_agree_unless_the_user_decided_or_they_are_black():
    levels, faults = decide({"a": [seen(3000)], "b": [seen(40000)], "c": [seen(0)], "d": [EIGHT]})
    assert [level.white for level in levels.values()] == [4095, 65535, 255, 255]
    why = "a: 4095 (by the largest value, largest 3000); b: 65535 (by the largest value, largest 40000)"
    assert [fault[:3] for fault in faults] == [("Folders disagree on which value is white", "a, b", why)]
    assert decide({"a": [seen(3000)], "b": [seen(40000)]}, {"b": 65535})[1] == []
    assert decide({"a": [seen(3000)], "b": [seen(4000)]})[1] == []


def test_the_table_has_aligned_columns_without_trailing_blanks():
    levels, _ = decide({"trainA": [seen(3000)], "b": [EIGHT]})
    assert tabulate_whites(list(levels.values())) == [
        "folder  files  stored  largest value  white  decided",
        "trainA  1      16 bit  3000           4095   by the largest value",
        "b       1      8 bit   250            255    8-bit files",
    ]
