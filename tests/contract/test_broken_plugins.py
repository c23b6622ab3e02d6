"""Each way to break a plugin is refused, by the rule that is meant for it, with the file and what fixes it."""

import sys

import pytest

from sspbench.checkout import ROOT
from sspbench.contribute.checks import CHECKS
from sspbench.contribute.scaffold import write_new
from sspbench.errors import UserError

ENHANCE = 'return images ** np.float32(self.params["gamma"])'
LOSS = 'self.descend(weights["adversarial"] * adversarial + weights["content"] * content, "generator")'


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A place for plugins of a test's own; their modules are forgotten afterwards."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("methods", "segmentation", "metrics", "data"):
            del sys.modules[name]


def written(root, kind, name, changes, template=None):
    """Write a plugin from its template, with parts replaced in whichever file has them."""
    paths = write_new(kind, name, template or kind, root)
    for old, new in changes.items():
        (path,) = [path for path in paths if old in path.read_text()]
        path.write_text(path.read_text().replace(old, new))


def faults_of(root, kind, name):
    return {finding.rule: finding.fault for finding in CHECKS[kind](name, root).faults}


def refused(root, kind, name, rule, *words):
    """Check that a rule is broken, and that the fault names a file below the plugin and a hint."""
    faults = faults_of(root, kind, name)
    assert rule in faults, faults
    fault = faults[rule]
    assert name in fault.where or name in str(fault)
    assert "hint" in str(fault)
    for word in words:
        assert word in str(fault)


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
        ("bad_yaml", {"kind: classical": "kind: [classical"}, "yaml valid", ["cannot be read"]),
        ("bad_kind", {"kind: classical": "kind: classic"}, "yaml valid", ["classic", "classical: enhance"]),
        ("bad_key", {"variants: {}": "variant: {}"}, "yaml valid", ["did you mean 'variants'"]),
        (
            "double_key",
            {"variants: {}": "variants: {}\nvariants: {}"},
            "yaml valid",
            ["'variants' stands twice", ", line "],
        ),
        ("no_preset", {"paper: {}, ": ""}, "presets complete", ["paper"]),
        ("typo_in_preset", {"demo: {}": "demo: {gama: 0.5}"}, "presets and variants resolve", ["gamma"]),
        ("bare_value", {"{default: 0.6, type: float": "0.6 #"}, "yaml valid", ["params.gamma", "declare it"]),
        ("no_text", {', text: "exponent: below 1 brightens"': ""}, "yaml valid", ["params.gamma", "'text'"]),
        ("bad_default", {"default: 0.6": "default: 0.0"}, "yaml valid", ["gamma.default", "a number above 0"]),
        (
            "bad_preset_value",
            {"smoke: {}": "smoke: {gamma: -1}"},
            "presets and variants resolve",
            ["presets.smoke.gamma"],
        ),
        (
            "bad_variant",
            {"variants: {}": "variants: {wild: {gamma: much}}"},
            "presets and variants resolve",
            ["wild.gamma"],
        ),
        ("stray_training", {"variants: {}": "training: {steps: 3}"}, "yaml valid", ["no place"]),
        ("stray_label", {"variants: {}": "labels: {ghost: Ghost}"}, "labels have a variant", ["ghost"]),
        ("no_credit", {'reference: "Authors, Title, Journal, year"': 'reference: ""'}, "reference given", []),
        ("no_base", {"class NoBase(Method)": "class NoBase"}, "one class", ["Method"]),
        ("wrong_shape", {ENHANCE: "return images[..., :-1]"}, "odd size 97 x 61", ["shape", "input's shape"]),
        ("wrong_type", {ENHANCE: ENHANCE.replace("float32", "float64") + ".astype(float)"}, "two images", ["float64"]),
        (
            "nan",
            {ENHANCE: "return (images - images.mean()) / images.std()"},
            "flat image",
            ["NaN", "divisions by zero"],
        ),
        ("range", {ENHANCE: "return 2 * images"}, "white image", ["clip"]),
        ("modifies", {ENHANCE: "images *= 0.5; return images.copy()"}, "input unmodified", ["images.copy()"]),
        ("prints", {ENHANCE: f'print("hello"); {ENHANCE}'}, "prints nothing", ["hello", "method.py:"]),
        (
            "random",
            {ENHANCE: "return np.clip(images + np.random.rand(), 0, 1).astype(np.float32)"},
            "repeatable",
            ["default_rng"],
        ),
        ("global_seed", {ENHANCE: f"np.random.seed(0); {ENHANCE}"}, "no global random state", ["default_rng"]),
        ("stack_mean", {ENHANCE: "return images / 2 + images.mean() / 4"}, "each image on its own", ["each image"]),
        ("writes", {ENHANCE: f'open("left-behind.txt", "w"); {ENHANCE}'}, "no writes", ["left-behind.txt"]),
        (
            "network",
            {ENHANCE: f'import socket; socket.getaddrinfo("example.org", 80); {ENHANCE}'},
            "no network",
            ["example.org", "vgg16"],
        ),
        (
            "unused",
            {"  gamma: {": "  strength: {default: 1.0, type: float, text: how much}\n  gamma: {"},
            "every param used",
            ["strength"],
        ),
        ("crash", {ENHANCE: "return images[7]"}, "odd size 97 x 61", ["IndexError", "method.py:"]),
    ],
)
def test_a_broken_classical_method(checkout, what, changes, rule, words):
    written(checkout, "method", what, changes, "classical")
    refused(checkout, "method", what, rule, *words)
    assert not (ROOT / "left-behind.txt").exists()


@pytest.mark.parametrize(
    ("what", "changes", "rule", "words"),
    [
        ("no_length", {"epochs: 100": "epochs: null"}, "presets and variants resolve", ["preset paper", "steps"]),
        ("bad_batches", {"order: shuffled": "order: wild"}, "yaml valid", ["batches.order", "shuffled, sequential"]),
        (
            "not_trainable",
            {
                "from torch import": "from sspbench.contract import Method\nfrom torch import",
                "(TrainableMethod)": "(Method)",
            },
            "builds and trains",
            ["TrainableMethod"],
        ),
        ("keeps_nothing", {", keep=True)": ")"}, "builds and trains", ["keep=True"]),
        ("learns_nothing", {LOSS: "self.step"}, "training changes the weights", ["descend"]),
        (
            "hidden_state",
            {LOSS: f'self.seen = getattr(self, "seen", 0) + 1\n        content = content * self.seen\n        {LOSS}'},
            "interrupted = uninterrupted",
            ["add_pool", "self.random"],
        ),
        (
            "fixed_seed",
            {"channels = self": "torch.manual_seed(0)\n        channels = self"},
            "no global random state",
            ["manual_seed", "self.random"],
        ),
        (
            "deaf_to_seeds",
            {
                "rate = self": "[nn.init.constant_(item, 0.1) for item in network.parameters()]\n        rate = self",
                LOSS: 'self.descend((self.networks["generator"][2].bias - 1).square().sum(), "generator")',
            },
            "another seed, other weights",
            [],
        ),
        (
            "unsaved",
            {
                "(low)\n": "(low)\n        self.gain = 2.0\n",
                "+ self.networks": '+ getattr(self, "gain", 1.0) * self.networks',
            },
            "saved and loaded the same",
            ["buffers"],
        ),
        (
            "torch_s_norm",
            {"nn.LeakyReLU(0.2)": "nn.InstanceNorm2d(channels)"},
            "gradients in any memory layout",
            ["InstanceNorm2d", "'generator'"],
        ),
        (
            "unused",
            {"  channels: {": "  depth: {default: 3, type: int, text: levels}\n  channels: {"},
            "every param used",
            ["depth"],
        ),
        ("prints", {LOSS: f"print(content); {LOSS}"}, "prints nothing", ["self.notes"]),
    ],
)
def test_a_broken_learned_method(checkout, what, changes, rule, words):
    written(checkout, "method", what, changes, "learned")
    refused(checkout, "method", what, rule, *words)


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


VALUES = "return {%r: Scores(values)}"


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
        ("empty_split", {'"trainB", "testA")': '"testA")'}, "splits filled with grey 8-bit PNG", ["trainB"]),
        ("grey_labels", {"to_uint8(label)": "to_uint8(label / 2)"}, "splits filled with grey 8-bit PNG", ["255"]),
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


def test_a_folder_that_cannot_be_imported_is_refused(checkout):
    written(checkout, "method", "fine", {}, "classical")
    (checkout / "methods" / "fine").rename(checkout / "methods" / "not-fine")
    refused(checkout, "method", "not-fine", "folder name", "underscores")


def test_an_unknown_name_suggests_the_one_that_was_meant():
    with pytest.raises(UserError, match="did you mean 'sspnet'"):
        CHECKS["method"]("sspnett")


def test_a_taken_or_unusable_name_is_refused(checkout):
    written(checkout, "method", "fresh", {}, "classical")
    with pytest.raises(UserError, match="already"):
        write_new("method", "fresh", "classical", checkout)
    for name in ("Retinex", "2fast", "a-b", "class"):
        with pytest.raises(UserError, match="no usable name"):
            write_new("method", name, "classical", checkout)


FIT = """    def fit(self, low, high):
        BODY

    def enhance("""


@pytest.mark.parametrize(
    ("what", "body", "words"),
    [
        ("fit_random", 'return {"x": float(np.random.rand())}', ["second time", "self.seed"]),
        ("fit_changes", "high[0][:] = 0; return {}", ["changes the images", "copies"]),
        ("fit_array", 'return {"x": np.ones(3)}', ["JSON", "tolist"]),
    ],
)
def test_a_broken_fit(checkout, what, body, words):
    written(checkout, "method", what, {"    def enhance(": FIT.replace("BODY", body)}, "classical")
    refused(checkout, "method", what, "fit repeatable, input unmodified", *words)


def test_rows_must_be_readings_and_what_a_data_set_knows_must_be_written(checkout):
    written(checkout, "method", "strange", {"variants: {}": "variants: {}\nrows: [ghost]"}, "classical")
    refused(checkout, "method", "strange", "rows are readings", "ghost")
    written(checkout, "dataset", "boastful", {"real: false": "real: false\nknows: [clean, hq]"})
    refused(checkout, "dataset", "boastful", "what it knows is there", "testA_hq")
