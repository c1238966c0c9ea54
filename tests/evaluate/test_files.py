"""Segments from files: what ends a line, which column is meant, what is no text."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.errors import FormatError, UsageError
from mt.evaluate.files import SegmentFile

no_breaks = st.text(st.characters(blacklist_characters="\n\r\0", blacklist_categories=("Cs",)), max_size=30)


def lines_of(path: Path, content: bytes, **options: str) -> list[str]:
    path.write_bytes(content)
    return list(SegmentFile(path, **options))


@given(lines=st.lists(no_breaks, min_size=1, max_size=6), crlf=st.booleans(), bom=st.booleans())
def test_only_line_feeds_part_segments_and_marks_and_returns_are_taken_off(
    lines: list[str], crlf: bool, bom: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    end = "\r\n" if crlf else "\n"
    content = (codecs.BOM_UTF8 if bom else b"") + "".join(line + end for line in lines).encode()
    if not bom and lines[0].startswith("\ufeff"):
        return
    assert lines_of(tmp_path_factory.mktemp("files") / "x.txt", content) == lines


def test_unicode_line_separators_and_form_feeds_stay_in_their_segment(tmp_path: Path) -> None:
    assert lines_of(tmp_path / "x.txt", "a\u2028b\x0cc\x85d\ne".encode()) == ["a\u2028b\x0cc\x85d", "e"]


def test_empty_lines_are_segments(tmp_path: Path) -> None:
    assert lines_of(tmp_path / "x.txt", b"\na\n\n") == ["", "a", ""]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_read_with_and_without_mark(tmp_path: Path, encoding: str) -> None:
    lines = ["één Ċ regel", "", "twee"] * 3000
    content = "\r\n".join(lines).encode(encoding)
    name = {} if encoding == "utf-16" else {"encoding": encoding}
    assert lines_of(tmp_path / "x.txt", content, **name) == lines


def test_a_file_is_read_anew_at_every_pass(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("a\nb\n")
    file = SegmentFile(tmp_path / "x.txt")
    assert list(file) == list(file) == ["a", "b"]


def test_a_line_that_is_not_in_the_encoding_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="line 2: not valid UTF-8") as error:
        lines_of(tmp_path / "x.txt", "ok\ncaf\xe9\n".encode("latin-1"))
    assert "--encoding" in error.value.hint
    assert lines_of(tmp_path / "x.txt", "caf\xe9\n".encode("latin-1"), encoding="cp1252") == ["café"]


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"\x89PNG\x00\x01", "is binary"), (b"a\x00b\n", "is binary")]
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        lines_of(tmp_path / "x.txt", content)


def test_missing_files_folders_and_unknown_encodings_are_usage_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.txt", tmp_path):
        with pytest.raises(UsageError, match=str(path)):
            list(SegmentFile(path))
    with pytest.raises(UsageError, match="utf-9"):
        lines_of(tmp_path / "x.txt", b"a", encoding="utf-9")


def test_tsv_columns_follow_role_number_and_heading(tmp_path: Path) -> None:
    rows = b"Dag.\tDay.\n\nNacht.\tNight.\n"
    assert lines_of(tmp_path / "x.tsv", rows, role="source") == ["Dag.", "Nacht."]
    assert lines_of(tmp_path / "x.tsv", rows, role="reference") == ["Day.", "Night."]
    assert lines_of(tmp_path / "x.tsv", rows, column="1") == ["Dag.", "Nacht."]
    headed = b"source\treference\tnew\nDag.\tDay.\tThe day.\n"
    assert lines_of(tmp_path / "x.tsv", headed, role="reference") == ["Day."]
    assert lines_of(tmp_path / "x.tsv", headed, column="new") == ["The day."]
    assert lines_of(tmp_path / "x.tsv", headed, column="3") == ["The day."]


def test_tsv_errors_name_line_and_columns(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="line 2: 1 columns, and column 2 is wanted"):
        lines_of(tmp_path / "x.tsv", b"a\tb\nc\n")
    with pytest.raises(UsageError, match="no column 'z'"):
        lines_of(tmp_path / "x.tsv", b"a\tb\n", column="z")


def test_json_fields_follow_role_and_name(tmp_path: Path) -> None:
    rows = b'{"source": "Dag.", "target": "Day.\\nBye.", "new": "The day."}\r\n\n'
    assert lines_of(tmp_path / "x.jsonl", rows) == ["Day. Bye."]
    assert lines_of(tmp_path / "x.jsonl", rows, role="source") == ["Dag."]
    assert lines_of(tmp_path / "x.jsonl", rows, column="new") == ["The day."]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"target": "a"}\n{"target": \n', "line 2: no JSON"),
        (b"[1]\n", "line 1: no JSON object"),
        (b'{"x": "a"}\n', "line 1: no field"),
        (b'{"target": 3}\n', "line 1: target is no text"),
    ],
)
def test_json_errors_name_the_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        lines_of(tmp_path / "x.jsonl", content)
