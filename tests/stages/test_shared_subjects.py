"""Subjects with images in training and test: all are named in order, and only splits of training and test count."""

from types import SimpleNamespace

import pytest

from sspbench.errors import UserError
from sspbench.stages.leakage import reject_shared_subjects

SPLITS = [("trainA", "Zoe"), ("testA", "Zoe"), ("trainB", "Ada"), ("testA", "Ada"), *[("trainA", "Ben")] * 2]


def make_manifest(tmp_path, entries):
    images = [
        {"split": split, "subject": subject, "path": f"{split}/{subject}{number}.png"}
        for number, (split, subject) in enumerate(entries)
    ]
    return SimpleNamespace(folder=tmp_path, content={"images": [*images, {"split": "testA", "path": "testA/x.png"}]})


def test_all_shared_subjects_are_named_in_order_with_an_image_of_each_side(tmp_path):
    with pytest.raises(UserError) as caught:
        reject_shared_subjects(make_manifest(tmp_path, SPLITS), "keep one side")
    text = str(caught.value)
    assert text.index("Subject Ada") < text.index("Subject Zoe") and "Ben" not in text
    for words in ("testA/Ada3.png, trainB/Ada2.png", "testA/Zoe1.png, trainA/Zoe0.png", "keep one side", str(tmp_path)):
        assert words in text


def test_clean_images_and_other_folders_are_neither_training_nor_test(tmp_path):
    entries = [("testA", "Ada"), ("testA_clean", "Ada"), ("trainB", "Ben"), ("trainB_labels", "Ben")]
    reject_shared_subjects(make_manifest(tmp_path, entries), "")
    with pytest.raises(UserError) as caught:  # one training image of the same subject is enough
        reject_shared_subjects(make_manifest(tmp_path, [*entries, ("trainB", "Ada")]), "")
    text = str(caught.value)
    assert "testA/Ada0.png, trainB/Ada4.png" in text and "testA_clean" not in text and "Ben" not in text
