"""Each way to break a method is refused, by the rule that is meant for it, with the file and what fixes it."""

import pytest

from sspbench.checkout import ROOT
from sspbench.errors import UserError
from sspbench.plugin_checks.commands import write_new_plugin
from sspbench.plugin_checks.plugin_check import check_plugin
from tests.written_plugins import refused, written

ENHANCE = 'return images ** np.float32(self.params["gamma"])'
LOSS = 'self.descend(weights["adversarial"] * adversarial + weights["content"] * content, "generator")'


@pytest.mark.parametrize(
    ("what", "changes", "rule", "words"),
    [
        ("bad_yaml", {"kind: classical": "kind: [classical"}, "yaml valid", ["cannot be read"]),
        ("bad_kind", {"kind: classical": "kind: classic"}, "yaml valid", ["classic", "Did you mean"]),
        ("bad_key", {"variants: {}": "variant: {}"}, "yaml valid", ["Did you mean 'variants'"]),
        (
            "double_key",
            {"variants: {}": "variants: {}\nvariants: {}"},
            "yaml valid",
            ["'variants' stands twice", ", line "],
        ),
        ("no_preset", {"paper: {}, ": ""}, "presets complete", ["paper"]),
        ("typo_in_preset", {"demo: {}": "demo: {gama: 0.5}"}, "presets and variants resolve", ["gamma"]),
        ("bare_value", {"{type: number, default: 0.6": "0.6 #"}, "yaml valid", ["params.gamma", "Declare it"]),
        ("no_text", {', description: "exponent: below 1 brightens"': ""}, "yaml valid", ["`description` is missing"]),
        ("bad_default", {"default: 0.6": "default: 0.0"}, "yaml valid", ["gamma.default", "must be above 0, got 0.0"]),
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
            {"  gamma: {": "  strength: {type: number, default: 1.0, description: how much}\n  gamma: {"},
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
            {"nn.LeakyReLU(0.2)": "nn.InstanceNorm2d(width)"},
            "gradients in any memory layout",
            ["InstanceNorm2d", "'generator'"],
        ),
        (
            "unused",
            {"  width: {": "  depth: {type: integer, default: 3, description: levels}\n  width: {"},
            "every param used",
            ["depth"],
        ),
        ("prints", {LOSS: f"print(content); {LOSS}"}, "prints nothing", ["self.notes"]),
    ],
)
def test_a_broken_learned_method(checkout, what, changes, rule, words):
    written(checkout, "method", what, changes, "learned")
    refused(checkout, "method", what, rule, *words)


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


def test_a_folder_that_cannot_be_imported_is_refused(checkout):
    written(checkout, "method", "fine", {}, "classical")
    (checkout / "methods" / "fine").rename(checkout / "methods" / "not-fine")
    refused(checkout, "method", "not-fine", "folder name", "underscores")


def test_an_unknown_name_suggests_the_one_that_was_meant():
    with pytest.raises(UserError, match="Did you mean 'sspnet'"):
        check_plugin("method", "sspnett")


def test_a_taken_or_unusable_name_is_refused(checkout):
    written(checkout, "method", "fresh", {}, "classical")
    with pytest.raises(UserError, match="already"):
        write_new_plugin("method", "fresh", "classical", checkout)
    for name in ("Retinex", "2fast", "a-b", "class"):
        with pytest.raises(UserError, match="not a usable name"):
            write_new_plugin("method", name, "classical", checkout)
