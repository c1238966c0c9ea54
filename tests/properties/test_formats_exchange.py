"""What is written to an exchange format comes back as it was, reviews included."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mt.data import Finding, Origin, Severity, Verdict
from mt.errors import FormatError
from mt.formats import exchange
from mt.formats.exchange import STATUSES, Code, ImportReport, PairRecord, ReviewRecord

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
WORDS = st.sampled_from(
    [
        "De kat",
        "<b>",
        "&amp;",
        "\\u{7}",
        "\\",
        "\t",
        "\n",
        "\r",
        "\x07",
        "]]>",
        "é",
        "😀",
        " ",
        '"',
        "\ufffe",
        "~~",
    ]
)
TEXT = st.one_of(st.lists(WORDS, max_size=8).map("".join), ANY_TEXT)
SOURCE = TEXT.filter(str.strip)
DATES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
FINDINGS = st.builds(
    Finding,
    TEXT,
    st.sampled_from(Severity),
    TEXT,
    st.sampled_from(["source", "target"]),
    st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
REVIEWS = st.builds(ReviewRecord, st.sampled_from(Verdict), TEXT, TEXT, TEXT, DATES, TEXT)
IDS = st.one_of(st.text("abcXYZ019._", min_size=1, max_size=6), st.just("a b/ç"))


EXTRA_NAMES = IDS | TEXT | st.sampled_from(["status", "file", "x-extra:file"])


@st.composite
def codes(draw: st.DrawFn, length: int) -> tuple[Code, ...]:
    """Codes of a text: nested pairs and empty ones."""
    out: list[Code] = []
    stack: list[Code] = []
    position = 0
    for number in range(draw(st.integers(0, 5))):
        position = draw(st.integers(position, length))
        kind = draw(st.sampled_from(["open", "close", "empty"]))
        if kind == "close" and stack:
            out.append(replace(stack.pop(), position=position, kind="close", text=draw(TEXT)))
        elif kind == "open":
            stack.append(Code(position, "open", f"{number}", draw(TEXT)))
            out.append(stack[-1])
        else:
            out.append(Code(position, "empty", draw(st.sampled_from(["", f"{number}"])), draw(TEXT)))
    out += [replace(code, position=length, kind="close") for code in reversed(stack)]
    return tuple(out)


@st.composite
def records(draw: st.DrawFn) -> PairRecord:
    source, target = draw(SOURCE), draw(TEXT)
    return PairRecord(
        source,
        target,
        score=draw(st.none() | st.floats(0, 1)),
        method=draw(TEXT),
        status=draw(st.sampled_from(STATUSES)),
        origin=draw(st.sampled_from(["", *Origin])),
        document=draw(TEXT),
        index=draw(st.none() | st.integers(0, 10**6)),
        findings=tuple(draw(st.lists(FINDINGS, max_size=2))),
        reviewer=draw(TEXT),
        created=draw(st.none() | DATES),
        changed=draw(st.none() | DATES),
        note=draw(TEXT),
        previous=draw(TEXT),
        following=draw(TEXT),
        source_codes=draw(codes(len(source))),
        target_codes=draw(codes(len(target))),
        extra=tuple(draw(st.lists(st.tuples(EXTRA_NAMES, TEXT), max_size=3))),
        history=tuple(draw(st.lists(REVIEWS, max_size=3))),
        id=draw(st.just("") | IDS),
    )  # fmt: skip


def written(name: str, given_records: Sequence[PairRecord]) -> bytes:
    stream = io.BytesIO()
    assert exchange.get(name).write(given_records, stream, "nl", "en") == len(given_records)
    return stream.getvalue()


def read(name: str, raw: bytes, report: ImportReport | None = None) -> list[PairRecord]:
    return list(exchange.get(name).read(io.BytesIO(raw), "nl", "en", report or ImportReport(name)))


@pytest.mark.parametrize("name", ["tmx", "xliff", "xliff2", "tsv", "jsonl", "docx"])
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_records=st.lists(records(), min_size=1, max_size=3))
def test_reading_what_was_written_gives_the_same_records(name: str, given_records: list[PairRecord]) -> None:
    report = ImportReport("file")
    assert read(name, written(name, given_records), report) == given_records
    assert (report.units, report.pairs, report.skipped) == (len(given_records), len(given_records), 0)


@pytest.mark.parametrize("name", ["tmx", "xliff", "xliff2"])
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(record=records())
def test_writing_twice_gives_the_same_bytes(name: str, record: PairRecord) -> None:
    raw = written(name, [record])
    assert written(name, read(name, raw)) == raw


@pytest.mark.parametrize("name", sorted(set(exchange.EXCHANGE) - {"moses"}))
@given(
    raw=st.binary(max_size=200) | TEXT.map(str.encode) | TEXT.map(lambda t: f"<tmx><body><tu>{t}".encode())
)
def test_any_bytes_give_records_or_a_clear_error(name: str, raw: bytes) -> None:
    report = ImportReport("file")
    try:
        found = read(name, raw, report)
    except FormatError as error:
        message = error.message
    else:
        message = "file"
        assert len(found) == report.pairs == report.units - report.skipped
    assert "file" in message


LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20).filter(
    lambda text: bool(text.strip())
)


@given(lines=st.lists(st.tuples(LINE, LINE), max_size=5))
def test_moses_files_hold_one_segment_a_line(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, str]]
) -> None:
    path = Path(tmp_path_factory.mktemp("moses")) / "corpus.moses"
    format_ = exchange.get("moses")
    pairs = [PairRecord(source, target) for source, target in lines]
    assert format_.write(pairs, path, "nl", "en") == len(pairs)
    assert list(format_.read(path, "nl", "en", ImportReport())) == pairs
