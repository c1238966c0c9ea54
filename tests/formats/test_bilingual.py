"""Documents side by side: everything shown, everything escaped, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from mt.data import Finding, Origin, SegmentKind, Severity
from mt.errors import UsageError
from mt.formats.bilingual import WRITERS, BilingualRow, write

ROWS = [
    BilingualRow("Kop", "Heading", 0.91, Origin.ENGINE, (), SegmentKind.HEADING),
    BilingualRow(
        "<script>alert(1)</script> & „a\tb”\nc|d",
        "<b>x</b> \\ y",
        0.2,
        Origin.MEMORY,
        (Finding("number", Severity.ERROR, "<3> is missing"),),
    ),
    BilingualRow("zonder score", "", None),
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def written(kind: str, rows: list[BilingualRow] = ROWS) -> str:
    return "".join(write(rows, kind, 'Titel <&"', "nl", "en"))


def test_the_page_shows_every_pair_with_its_score_and_its_reasons() -> None:
    page = html.fromstring(written("html"))
    rows = page.xpath("//tbody/tr")
    assert [row.xpath("string(td[1])") for row in rows] == [row.source for row in ROWS]
    assert [row.xpath("string(td[2])") for row in rows] == [row.target for row in ROWS]
    assert [row.xpath("string(td[3]/span[1])") for row in rows] == ["0.91", "0.20", "not judged"]
    assert page.xpath("//tbody/tr[2]/td[3]//li/text()") == ["number: <3> is missing"]
    assert page.xpath("string(//title)") == 'Titel <&"'


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = html.fromstring(written("html"))
    assert page.xpath("//script | //link | //img | //iframe | //@src | //@href | //@onclick") == []
    assert "url(" not in written("html")


def test_the_page_can_be_read_by_a_screen_reader() -> None:
    page = html.fromstring(written("html"))
    assert page.get("lang") == "en"
    assert [cell.get("scope") for cell in page.xpath("//thead//th")] == ["col"] * 4
    assert page.xpath("//tbody/tr/th/@scope") == ["row"] * 3
    assert page.xpath("//tbody/tr[1]/td/@lang") == ["nl", "en"]
    assert "prefers-color-scheme: dark" in written("html")


def test_every_tag_of_the_page_is_closed() -> None:
    stack: list[str] = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag != "meta":
                stack.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert stack.pop() == tag

    Checker().feed(written("html"))
    assert stack == []


@given(source=TEXT, target=TEXT)
def test_a_table_row_is_one_line_with_all_its_cells(source: str, target: str) -> None:
    header, line, rest = written("tsv", [BilingualRow(source, target, 0.5)]).split("\n")
    cells = line.split("\t")
    assert header == "nl\ten\tscore\torigin\tkind\tfindings"
    assert cells[2:] == ["0.50", "engine", "sentence", ""]
    assert rest == ""
    assert [_unescaped(cell) for cell in cells[:2]] == [source, target]


def _unescaped(cell: str) -> str:
    marks = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
    out, position = "", 0
    while position < len(cell):
        mark = cell[position : position + 2]
        out += marks.get(mark, cell[position])
        position += 2 if mark in marks else 1
    return out


@given(source=TEXT, target=TEXT)
def test_a_markdown_row_is_one_line_of_five_cells(source: str, target: str) -> None:
    from markdown_it import MarkdownIt

    shown = MarkdownIt("commonmark", {"html": False}).enable("table")
    text = written("md", [BilingualRow(source, target, 0.5)])
    cells = html.fromstring(shown.render(text)).xpath("//tbody/tr/td")
    assert len(cells) == 5
    assert "".join(cells[0].text_content().split()) == "".join(_plain(source).split())


def _plain(text: str) -> str:
    return text.replace("\0", "\ufffd")


def test_pages_are_written_row_by_row() -> None:
    asked: list[int] = []

    def rows() -> Iterator[BilingualRow]:
        for number in range(3):
            asked.append(number)
            yield BilingualRow("a", "b")

    pieces = write(rows(), "html", "t")
    next(pieces)
    next(pieces)
    assert asked == [0]


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="md"):
        write([], "mdx", "t")
    assert set(WRITERS) == {"html", "tsv", "md"}
