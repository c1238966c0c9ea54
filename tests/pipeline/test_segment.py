"""Documents to segments: lazily, from files and streams."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from mt.errors import UsageError
from mt.pipeline import documents
from mt.pipeline.segment import segment_document, segment_inputs


def test_the_first_segments_come_before_the_rest_is_segmented(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    segment = documents.segment
    monkeypatch.setattr(documents, "segment", lambda text, lang: read.append(text) or segment(text, lang))
    paragraphs = "\n\n".join(f"Dit is alinea {n}. Zij heeft twee zinnen." for n in range(1000))
    found = segment_document(None, paragraphs.encode())
    assert [one.text for one in next(found.blocks)] == ["Dit is alinea 0.", "Zij heeft twee zinnen."]
    assert len(read) == 1
    assert sum(map(len, found.blocks)) == 1998


def test_segments_are_slices_of_the_document_whatever_the_format(tmp_path: Path) -> None:
    path = tmp_path / "tekst.md"
    path.write_text("# Kop\n\nEen *schuine* zin. Nog een\nzin.\n\n- punt\n", encoding="utf-8")
    found = segment_document(path)
    segments = [one for block in found.blocks for one in block]
    assert found.document.format == "markdown"
    assert [one.plain for one in segments] == ["Kop", "Een schuine zin.", "Nog een zin.", "punt"]
    assert all(found.document.text[one.start : one.end] == one.text for one in segments)


def test_inputs_are_files_folders_and_standard_input_in_the_order_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "een.txt").write_text("Een.", encoding="utf-8")
    (tmp_path / "twee.txt").write_text("Twee.", encoding="utf-8")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"Drie.")))
    found = segment_inputs(["-", str(tmp_path)])
    assert [Path(one.document.name).name for one in found] == ["", "een.txt", "twee.txt"]


def test_a_missing_input_is_told_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "een.txt").write_text("Een.", encoding="utf-8")
    with pytest.raises(UsageError, match="does not exist"):
        next(segment_inputs([str(tmp_path / "een.txt"), str(tmp_path / "weg.txt")]))
