"""What a process loads and where the converted model goes, seen from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TRANSLATE = (
    "from mt.engines import load; import sys;"
    "print(load().translate(['De kat zit op de mat.'])[0][0].text);"
    "print(*{'torch', 'transformers', 'huggingface_hub', 'safetensors'} & set(sys.modules))"
)


def start(home: Path, **environment: str) -> subprocess.Popen[str]:
    variables = {**os.environ, "MT_HOME": str(home), **environment}
    return subprocess.Popen(
        [sys.executable, "-c", TRANSLATE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
    )


def lines(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    return out.splitlines()


def test_a_translation_loads_neither_torch_nor_transformers(tmp_path: Path) -> None:
    translated, loaded = lines(start(tmp_path))
    assert "cat" in translated
    assert loaded in ("", "safetensors")


def test_the_second_start_reads_the_converted_model_only(tmp_path: Path) -> None:
    first = lines(start(tmp_path))[0]
    converted = next((tmp_path / "cache" / "models").iterdir())
    before = (converted / "model.bin").stat()
    assert lines(start(tmp_path)) == [first, ""]
    after = (converted / "model.bin").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_several_first_starts_at_once_all_translate_and_leave_one_model(tmp_path: Path) -> None:
    results = [lines(process)[0] for process in [start(tmp_path) for _ in range(4)]]
    assert len(set(results)) == 1
    assert len(list((tmp_path / "cache" / "models").iterdir())) == 1


def test_a_cache_that_cannot_be_written_is_replaced_by_a_temporary_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file where the cache folder should be")
    (tmp_path / "temporary").mkdir()
    cache = str(tmp_path / "file" / "cache")
    translated = lines(start(tmp_path, MT_CACHE=cache, TMPDIR=str(tmp_path / "temporary")))[0]
    assert "cat" in translated
    assert list((tmp_path / "temporary").glob("mt-models*/starter*/model.bin"))


def test_no_place_at_all_says_which_variable_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    from mt.engines import load
    from mt.errors import EngineError

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MT_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(EngineError, match="MT_CACHE"):
        load()
