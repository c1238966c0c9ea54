"""Offsets, gaps and round trips of document formats hold for any text."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt import formats
from mt.data import Block, Document, Segment
from mt.errors import FormatError
from mt.formats import FORMATS, Replacement
from mt.formats.offsets import partners

NAMES = sorted(FORMATS)
PIECES = st.sampled_from(
    json.loads((Path(__file__).parents[1] / "cases" / "formats-fragments.json").read_text(encoding="utf-8"))
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=40).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=120),
)
SENTENCE = re.compile(r"[^.!?]*[.!?]*\s*")


def halves(plain: str) -> list[tuple[int, int]]:
    """Spans that cover a text, cut after every full stop and once in the middle of what has none."""
    spans = [found.span() for found in SENTENCE.finditer(plain) if found[0]]
    return spans if len(spans) > 1 else [(0, len(plain) // 2), (len(plain) // 2, len(plain))]


def document(text: str, name: str) -> tuple[Document, list[tuple[Block, list[Segment]]]]:
    format_ = formats.get(name)
    found = [
        (block, formats.segments(block, text, halves(block.plain), index))
        for index, block in enumerate(format_.blocks(text))
    ]
    segments = tuple(segment for _, inside in found for segment in inside)
    return Document("", "nl", text, segments, format=name), found


@pytest.mark.parametrize("name", NAMES)
@given(text=TEXTS)
def test_every_character_is_in_one_segment_or_one_gap(name: str, text: str) -> None:
    whole, _ = document(text, name)
    stretches = sorted([*whole.gaps(), *((s.start, s.end) for s in whole.segments)])
    assert "".join(text[start:end] for start, end in stretches) == text
    assert all(s.text == text[s.start : s.end] and s.start < s.end for s in whole.segments)
    assert all(a.end <= b.start for a, b in zip(whole.segments, whole.segments[1:], strict=False))


@pytest.mark.parametrize("name", NAMES)
@given(text=TEXTS)
def test_offsets_of_a_block_are_whole_and_never_decrease(name: str, text: str) -> None:
    for block in formats.get(name).blocks(text):
        origins, ends = list(block.origins), list(block.ends)
        assert len(origins) == len(block.plain) + 1
        assert len(ends) == len(block.plain)
        assert origins == sorted(origins)
        assert ends == sorted(ends)
        assert block.start <= origins[0] <= origins[-1] <= block.end
        assert all(a < b for a, b in zip(origins, ends, strict=False))
        assert block.plain == block.plain.strip()
        assert all(text.startswith(mark.raw, mark.start) for mark in block.inline)
        assert all(0 <= mark.position <= len(block.plain) for mark in block.inline)


@pytest.mark.parametrize("name", NAMES)
@given(text=TEXTS)
def test_a_document_without_replacements_comes_back_byte_for_byte(name: str, text: str) -> None:
    format_ = formats.get(name)
    assert (
        "".join(formats.splice(text, ((b, format_.render(b, text, [])) for b in format_.blocks(text))))
        == text
    )


@pytest.mark.parametrize("name", NAMES)
@given(text=TEXTS)
def test_identical_targets_give_the_document_back(name: str, text: str) -> None:
    format_ = formats.get(name)
    _, found = document(text, name)
    rendered = (
        (block, format_.render(block, text, [Replacement(s, s.plain) for s in inside]))
        for block, inside in found
    )
    assert "".join(formats.splice(text, rendered)) == text


LINKS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=12)
TARGETS = st.lists(st.sampled_from(["The", "cat", "sat.", "(yes)", "“word”,", "-", "x"]), max_size=8).map(
    " ".join
)


@pytest.mark.parametrize("name", ["html", "markdown"])
@given(text=TEXTS, target=TARGETS, links=LINKS)
def test_every_mark_of_a_replaced_segment_stays_once_and_nested(
    name: str, text: str, target: str, links: list[tuple[int, int]]
) -> None:
    format_ = formats.get(name)
    _, found = document(text, name)
    for block, inside in found:
        for segment in inside:
            marks = [m for m in block.inline if segment.start <= m.start < segment.end]
            rendered = format_.render(block, text, [Replacement(segment, target, links)])
            if target != segment.plain:
                assert Counter(m.raw for m in marks) <= _occurrences(rendered, {m.raw for m in marks})


def _occurrences(text: str, raws: set[str]) -> Counter[str]:
    return Counter({raw: text.count(raw) for raw in raws})


NEST = st.recursive(
    st.lists(st.sampled_from(["een", "twee", "drie,", "vier."]), min_size=1, max_size=3).map(" ".join),
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "a", "em"]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda node: f"<{node[0]}>{' '.join(node[1])}</{node[0]}>"),
    max_leaves=8,
)


@given(source=NEST, target=TARGETS, links=LINKS)
def test_tags_of_well_formed_html_stay_well_formed(
    source: str, target: str, links: list[tuple[int, int]]
) -> None:
    text = f"<p>nul {source} tien</p>"
    format_ = formats.get("html")
    [block] = format_.blocks(text)
    [segment] = formats.segments(block, text, [(0, len(block.plain))], 0)
    rendered = format_.render(block, text, [Replacement(segment, target, links)])
    tags = re.findall(r"</?\w+>", rendered)
    assert Counter(tags) + Counter(["<p>", "</p>"]) == Counter(re.findall(r"</?\w+>", text))
    stack: list[str] = []
    for tag in tags:
        if tag.startswith("</"):
            assert stack.pop() == tag[2:-1]
        else:
            stack.append(tag[1:-1])
    assert re.sub(r"</?\w+>", "", rendered) == (target if target != segment.plain else segment.plain)


@given(text=TEXTS)
def test_partners_are_nested_and_each_used_once(text: str) -> None:
    for block in formats.get("html").blocks(text):
        pairs = partners(block.inline)
        assert len(set(pairs.values())) == len(pairs)
        assert all(not (a < c < b < d) for a, b in pairs.items() for c, d in pairs.items())


@given(text=TEXTS, bom=st.booleans(), encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "cp1252"]))
def test_decode_gives_back_what_encode_wrote(text: str, bom: bool, encoding: str) -> None:
    written = formats.encode(text, encoding, bom)
    expected = text.encode(written.encoding)
    assert formats.encode(text, written.encoding).raw == expected
    if bom and encoding != "cp1252" and not text.startswith(("\ufeff", "\0")):
        decoded = formats.decode(written.raw)
        assert (decoded.text, decoded.encoding, decoded.bom) == (text, written.encoding, True)


@given(raw=st.binary(max_size=300))
def test_any_bytes_are_text_that_encodes_back_or_a_clear_error(raw: bytes) -> None:
    try:
        decoded = formats.decode(raw)
    except FormatError as error:
        refused = error
    else:
        assert formats.encode(decoded.text, decoded.encoding, decoded.bom).raw == raw
        return
    assert refused.hint


@settings(max_examples=50)
@given(chunks=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=8))
def test_a_stream_is_encoded_as_its_whole_text(chunks: list[str]) -> None:
    for encoding in ("cp1252", "utf-8", "utf-16-le"):
        notes: list[str] = []
        streamed = b"".join(formats.encode_stream(chunks, encoding, False, notes))
        assert streamed == formats.encode("".join(chunks), encoding).raw
