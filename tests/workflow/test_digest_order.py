"""The digest of many modules: a hash of the names and syntax trees, in the order of their paths."""

from __future__ import annotations

import ast
import hashlib

from sspbench.workflow import code_digests


def test_modules_count_in_the_order_of_their_paths(tmp_path, monkeypatch):
    monkeypatch.setattr(code_digests, "ROOT", tmp_path)
    for cached in (code_digests._neutral_paths, code_digests.source_roots, code_digests._digest_and_imports):
        cached.cache_clear()
    texts = {f"part_{number}.py": f"X = {number}\n" for number in range(12)}
    texts["whole.py"] = "".join(f"import part_{number}\n" for number in range(12))
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    lines = [
        f"{name}:{hashlib.sha256(ast.dump(ast.parse(text)).encode()).hexdigest()}"
        for name, text in sorted(texts.items())
    ]
    wanted = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    found = code_digests.code_digest([tmp_path / "whole.py"])
    for cached in (code_digests._neutral_paths, code_digests.source_roots, code_digests._digest_and_imports):
        cached.cache_clear()  # they were computed for this folder
    assert found == wanted
