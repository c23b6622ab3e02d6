"""Each way to break a segmenter, a metric family or a data set is refused, by its rule; templates pass as written."""

import pytest

from sspbench.checkout import ROOT
from tests.written_plugins import faults_of, refused, written


@pytest.mark.parametrize(
    ("kind", "template"),
    [
        ("method", "classical"),
        ("method", "learned"),
        ("segmenter", None),
        ("dataset", None),
    ],
)
def test_what_the_templates_write_passes(checkout, kind, template):
    written(checkout, kind, "fresh", {}, template)
    assert faults_of(checkout, kind, "fresh") == {}


@pytest.mark.parametrize(
    ("what", "changes", "rule", "words"),
    [
        ("bad_yaml", {"kind: segmenter": "kind: segmentor"}, "yaml valid", ["segmentor"]),
        ("logits", {".sigmoid()": ' * float("nan")'}, "odd size 97 x 61", ["NaN"]),
        (
            "not_bool",
            {"return probability >": "return 1 * (probability >", 'threshold"]': 'threshold"])'},
            "binarise",
            ["bool"],
        ),
        (
            "upside_down",
            {"probability > 255": "probability < 255"},
            "more probable, more mask",
            ["above the threshold"],
        ),
        ("unused", {'255 * self.params["threshold"]': "127"}, "every param used", ["threshold"]),
    ],
)
def test_a_broken_segmenter(checkout, what, changes, rule, words):
    written(checkout, "segmenter", what, changes)
    refused(checkout, "segmenter", what, rule, *words)


@pytest.mark.parametrize(
    ("what", "changes", "rule", "words"),
    [
        ("undescribed", {"Standard deviation of the grey levels (Peli, JOSA A 1990).": ""}, "measures described", []),
        ("taken", {'"taken",\n            "T': '"entropy",\n            "T'}, "measures described", ["contrast.py"]),
        ("renamed", {'{"renamed": Sc': '{"other": Sc'}, "ordinary images", ["other", "renamed"]),
        ("too_short", {"for image in batch.image": "for image in batch.image[:1]"}, "ordinary images", ["(2,)"]),
        ("nan", {"image.std(dtype=np.float64)": "np.float64(0) / np.float64(image.std())"}, "flat images", ["notes"]),
        ("infinite", {"image.std(dtype=np.float64)": "np.float64(1) / image.std()"}, "black images", ["NaN"]),
        ("modifies", {"values = np": "batch.image[:] = 0\n        values = np"}, "input unmodified", ["copy"]),
        ("of_the_stack", {"image.std(d": "batch.image.std(d"}, "repeatable, each image on its own", ["itself only"]),
        ("prints", {"values = np": "print(1)\n        values = np"}, "prints nothing", ["'1'"]),
    ],
)
def test_a_broken_metric(checkout, what, changes, rule, words):
    written(checkout, "metric", what, changes)
    refused(checkout, "metric", what, rule, *words)


@pytest.mark.parametrize(
    ("what", "changes", "rule", "words"),
    [
        ("bad_yaml", {"real: false": "real: perhaps"}, "yaml valid", ["perhaps"]),
        ("no_licence", {"licence: CC BY 4.0": "licence: ''"}, "licence given", ["licence"]),
        ("typo_in_preset", {"demo: {images": "demo: {image"}, "presets complete", ["'image'"]),
        (
            "empty_split",
            {'"trainB", "testA")': '"testA")'},
            "splits filled with 8-bit PNG of its colour mode",
            ["trainB"],
        ),
        (
            "grey_labels",
            {"to_uint8(label)": "to_uint8(label / 2)"},
            "splits filled with 8-bit PNG of its colour mode",
            ["255"],
        ),
        ("random", {"[request.seed, index, number]": ""}, "the same seed, the same files", ["request.seed"]),
        ("silent", {"request.progress(": "print("}, "prepares, or refuses with a hint", ["progress"]),
        (
            "no_clean",
            {'request.output / "testA_clean"': 'request.output / "other"'},
            "clean images where simulated",
            ["testA_clean"],
        ),
        (
            "elsewhere",
            {"    request.progress": '    open("left-behind.txt", "w")\n            request.progress'},
            "no writes",
            [],
        ),
        (
            "moved_away",
            {
                "    request.progress": '    (request.output / "new.txt").write_text("a")\n            '
                '(request.output / "new.txt").rename("left-behind.txt")\n            request.progress'
            },
            "no writes",
            ["left-behind.txt"],
        ),
    ],
)
def test_a_broken_data_set(checkout, what, changes, rule, words):
    written(checkout, "dataset", what, changes)
    refused(checkout, "dataset", what, rule, *words)
    assert not (ROOT / "left-behind.txt").exists()


TOUCHED = "import cv2; cv2.imwrite(str(request.source / 'new.png'), np.zeros((9, 9)))"


@pytest.mark.parametrize(
    ("what", "changes", "rule", "words"),
    [
        ("careless", {}, "an empty source is refused", ["UserError"]),
        (
            "meddling",
            {"    count, side =": f"    {TOUCHED}\n    count, side ="},
            "source untouched",
            ["request.output"],
        ),
        (
            "writing",
            {"    count, side =": "    (request.source / 'a.txt').write_text('a')\n    count, side ="},
            "no writes",
            ["a.txt"],
        ),
    ],
)
def test_a_broken_data_set_with_the_user_s_source(checkout, what, changes, rule, words):
    written(checkout, "dataset", what, {"source: none": "source: required", **changes})
    refused(checkout, "dataset", what, rule, *words)


def test_rows_must_be_readings_and_what_a_data_set_knows_must_be_written(checkout):
    written(checkout, "method", "strange", {"variants: {}": "variants: {}\nrows: [ghost]"}, "classical")
    refused(checkout, "method", "strange", "rows are readings", "ghost")
    written(checkout, "dataset", "boastful", {"real: false": "real: false\nknows: [clean, hq]"})
    refused(checkout, "dataset", "boastful", "what it knows is there", "testA_hq")
