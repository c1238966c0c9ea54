"""Which blocks each document format sees, and what its rendering writes: the cases are data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mt import formats
from mt.errors import UsageError
from mt.formats import Replacement

CASES = Path(__file__).parents[1] / "cases"
FRAGMENTS = ["[^1]", "![alt tekst](x.png)"]


def cases(name: str) -> Iterator[Any]:
    for case in json.loads((CASES / f"formats-{name}.json").read_text(encoding="utf-8")):
        yield pytest.param(case, id=f"{name}: {case['name']}")


def with_format(name: str) -> Iterator[Any]:
    for case in cases(name):
        yield pytest.param(name, *case.values, id=case.id)


@pytest.mark.parametrize(
    ("name", "case"), [*with_format("text"), *with_format("markdown"), *with_format("html")]
)
def test_blocks_are_what_the_case_says(name: str, case: dict[str, Any]) -> None:
    found = [[str(block.kind), block.plain] for block in formats.get(name).blocks(case["text"])]
    assert found == case["blocks"]


def rendered(name: str, text: str, target: str, links: list[tuple[int, int]]) -> str:
    """A document with the target in place of its first block."""
    format_ = formats.get(name)

    def replaced() -> Iterator[tuple[formats.Block, str]]:
        for index, block in enumerate(format_.blocks(text)):
            segments = formats.segments(block, text, [(0, len(block.plain))], index)
            chosen = [Replacement(segment, target, links) for segment in segments] if index == 0 else []
            yield block, format_.render(block, text, chosen)

    return "".join(formats.splice(text, replaced()))


@pytest.mark.parametrize("case", list(cases("placement")))
def test_targets_are_rendered_as_the_case_says(case: dict[str, Any]) -> None:
    links = [(i, j) for i, j in case["links"]]
    written = rendered(case["format"], case["text"], case["target"], links)
    if case["rendered"] is None:
        assert sorted(written) == sorted(rendered(case["format"], case["text"], case["target"], []))
    else:
        assert written == case["rendered"]


def test_spans_become_segments_with_markup_only_inside() -> None:
    text = "<p><b>Een zin.</b> Nog <i>een</i> zin.</p>"
    [block] = formats.get("html").blocks(text)
    found = formats.segments(block, text, [(0, 8), (8, len(block.plain))], 7)
    assert [segment.text for segment in found] == ["Een zin.", "Nog <i>een</i> zin."]
    assert [segment.plain for segment in found] == ["Een zin.", "Nog een zin."]
    assert {segment.block for segment in found} == {7}


def test_a_border_inside_code_joins_its_neighbours() -> None:
    text = "Typ `a. B` nu. Klaar."
    [block] = formats.get("markdown").blocks(text)
    found = formats.segments(block, text, [(0, 6), (7, 12), (13, 19)], 0)
    assert [segment.text for segment in found] == ["Typ `a. B` nu.", "Klaar."]


def test_only_the_replaced_segment_of_a_block_changes() -> None:
    text = "<p>Een&nbsp;zin.  Nog <i>een</i> zin.</p>"
    format_ = formats.get("html")
    [block] = format_.blocks(text)
    first, _ = formats.segments(block, text, [(0, 8), (9, len(block.plain))], 0)
    assert (
        format_.render(block, text, [Replacement(first, "One & only.")])
        == "One &amp; only.  Nog <i>een</i> zin."
    )


@pytest.mark.parametrize(
    ("path", "head", "name"),
    [
        ("a.txt", "<p>", "text"),
        ("a.MD", "", "markdown"),
        ("a.htm", "", "html"),
        ("a.news", "<!-- c -->\n<!DOCTYPE html>", "html"),
        (None, "# Kop\n\nTekst", "markdown"),
        (None, "---\ntitle: x\n---\nTekst", "markdown"),
        (None, "Gewone tekst.\nNog een regel.", "text"),
        (None, "- een\n- twee", "text"),
    ],
)
def test_the_format_follows_from_the_ending_then_from_the_content(
    path: str | None, head: str, name: str
) -> None:
    assert formats.detect(Path(path) if path else None, head) == name


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean markdown"):
        formats.get("markdwon")


def test_a_long_paragraph_takes_little_more_memory_than_its_text() -> None:
    text = "woord " * 20_000
    [block] = formats.get("text").blocks(text)
    assert len(block.plain) == len(text) - 1
    assert block.origins[50_000] == 50_000
    assert block.ends[-1] == len(text) - 1
    assert len(block.origins.runs.plain) == 2  # type: ignore[attr-defined]


def test_a_line_of_many_sentences_is_cut_between_two_of_them() -> None:
    sentence = "De kat zit vandaag weer op de mat. "
    text = sentence * 10_000
    blocks = list(formats.get("text").blocks(text))
    assert len(blocks) > 1
    assert max(len(block.plain) for block in blocks) < 101_000
    assert " ".join(block.plain for block in blocks) == text.strip()
    assert all(block.plain.endswith("mat.") for block in blocks)


def test_a_very_long_sentence_stays_one_block() -> None:
    text = "woord " * 40_000 + "einde."
    assert [block.plain for block in formats.get("text").blocks(text)] == [text]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (
            '<!DOCTYPE html><html class="x" lang="nl"><p lang="nl">',
            '<!DOCTYPE html><html class="x" lang="en"><p lang="nl">',
        ),
        ("<HTML lang=nl-NL><p>", "<HTML lang=en><p>"),
        ('<html xml:lang="nl" lang="nl"><p>', '<html xml:lang="en" lang="en"><p>'),
        ('<html lang="fr"><p>', '<html lang="fr"><p>'),
        ("<p>geen wortel", "<p>geen wortel"),
    ],
)
def test_a_translated_page_names_its_new_language(page: str, expected: str) -> None:
    assert "".join(formats.relabel("html", list(page), "nl", "en")) == expected
    assert "".join(formats.relabel("text", [page], "nl", "en")) == page
