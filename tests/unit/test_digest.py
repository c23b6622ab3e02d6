"""Code digests: blind to comments and docstrings, sensitive to code, and transitive."""

import pytest

from sspbench.workflow import code_digests


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(code_digests, "ROOT", tmp_path)
    code_digests._neutral_paths.cache_clear()
    (tmp_path / "plug").mkdir()
    (tmp_path / "plug" / "method.py").write_text("from .part import f\n\n\ndef g():\n    return f(1)\n")
    (tmp_path / "plug" / "part.py").write_text("import frame.deep\n\n\ndef f(x):\n    return x + 1\n")
    (tmp_path / "frame").mkdir()
    (tmp_path / "frame" / "deep.py").write_text("X = 1\n")
    (tmp_path / "frame" / "other.py").write_text("Y = 1\n")
    yield tmp_path
    code_digests._neutral_paths.cache_clear()  # it was computed for this checkout


def value(root):
    code_digests._digest_and_imports.cache_clear()
    return code_digests.code_digest([root / "plug" / "method.py"])


def test_the_closure_follows_relative_and_absolute_imports(checkout):
    names = {path.name for path in code_digests.import_closure([checkout / "plug" / "method.py"])}
    assert names == {"method.py", "part.py", "deep.py"}


@pytest.mark.parametrize(
    ("file", "text", "same"),
    [
        (
            "plug/method.py",
            '"""Doc."""\nfrom .part import f\n\ndef g():\n    """Doc."""\n    return f(1)  # why\n',
            True,
        ),
        ("plug/method.py", "from .part import f\n\n\ndef g():\n    return f(2)\n", False),
        ("frame/deep.py", "X = 2\n", False),
        ("frame/deep.py", "# comment\nX = 1\n", True),
        ("frame/other.py", "Y = 2\n", True),
    ],
)
def test_only_code_that_is_used_counts(checkout, file, text, same):
    before = value(checkout)
    (checkout / file).write_text(text)
    assert (value(checkout) == before) is same


def test_a_package_of_the_repository_counts(checkout):
    package = checkout / "packages" / "a-tool" / "src" / "a_tool"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "deep.py").write_text("from .deeper import Z\n")
    (package / "deeper.py").write_text("Z = 1\n")
    (checkout / "plug" / "part.py").write_text("from a_tool.deep import Z\n\n\ndef f(x):\n    return x + Z\n")
    code_digests.source_roots.cache_clear()
    before = value(checkout)
    assert {"deep.py", "deeper.py"} <= {
        path.name for path in code_digests.import_closure([checkout / "plug" / "method.py"])
    }
    (package / "deeper.py").write_text("Z = 2\n")
    assert value(checkout) != before


def test_the_tables_depend_on_the_audit():
    code_digests._digest_and_imports.cache_clear()
    names = {
        path.name
        for path in code_digests.import_closure([code_digests.ROOT / "report" / "tables" / "write_all.py"])
        if "table_audit" in str(path)
    }
    assert {"hard_rules.py", "feasibility.py", "quantity.py", "cell_verdicts.py"} <= names
