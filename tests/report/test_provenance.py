import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lib import paths
from lib.report import provenance


def made(**changes: object) -> dict:
    known = {
        "parameters": {"lr": [1e-4, 0.06]},
        "seeds": (0, 1),
        "data": {},
        "weights": {"vgg16": "ab12"},
        "seconds": 1.5,
    }
    return provenance.manifest(**(known | changes))


def test_manifest_holds_everything_that_is_needed_to_repeat_a_result() -> None:
    found = made(missing={"fig4": "no votes yet"})
    assert set(found) == {
        "parameters", "seeds", "commit", "dirty", "versions", "device", "data", "weights", "seconds", "peak_memory_mb",
        "missing",
    }  # fmt: skip
    assert found["parameters"] == {"lr": [1e-4, 0.06]}
    assert found["seeds"] == [0, 1]
    assert found["missing"] == {"fig4": "no votes yet"}
    assert {"python", "torch", "numpy"} <= set(found["versions"])
    assert {"device", "cpu_capability", "threads"} <= set(found["device"])
    assert found["peak_memory_mb"] > 50


def test_manifest_is_json_without_absolute_paths(tmp_path: Path) -> None:
    folder = tmp_path / "pictures" / "cat.png"
    found = made(
        parameters={"content": folder, "width": np.int64(3), "note": f"read {folder}, see https://example.org/a/b"},
        data={str(folder): {"shape": np.array([2, 3]), "mean": np.float32(0.5), "psnr": float("inf")}},
    )
    text = provenance.write(tmp_path, found).read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert json.loads(text)["parameters"] == {
        "content": "pictures/cat.png", "width": 3, "note": "read pictures/cat.png, see https://example.org/a/b",
    }  # fmt: skip
    assert json.loads(text)["data"]["pictures/cat.png"] == {"shape": [2, 3], "mean": 0.5, "psnr": "inf"}


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    done = subprocess.run(["git", "-C", folder, *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_commit_is_named_and_dirty_once_code_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert provenance.commit() == {"commit": None, "dirty": None}
    (tmp_path / "figures").mkdir()
    for name in ("code.py", "figures/fig1.txt"):
        (tmp_path / name).write_text("one")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    (tmp_path / "figures" / "fig1.txt").write_text("redrawn")
    assert provenance.commit() == {"commit": git(tmp_path, "rev-parse", "HEAD"), "dirty": False}
    (tmp_path / "code.py").write_text("two")
    assert provenance.commit()["dirty"] is True


def test_commit_is_unknown_where_git_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert provenance.commit() == {"commit": None, "dirty": None}


def test_figure_manifest_lists_files_by_hash_but_no_private_pictures(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    for name in ("fig1.png", "private/secret.png", "records.jsonl.gz"):
        (tmp_path / name).write_bytes(b"abc")
    first = provenance.write(tmp_path, {"missing": {}}).read_text()
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert json.loads(first)["files"] == {"fig1.png": digest, "records.jsonl.gz": digest}
    assert provenance.write(tmp_path, {"missing": {}}).read_text() == first
