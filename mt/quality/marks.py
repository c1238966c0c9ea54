"""Marks that a translation keeps: quotes, brackets, addresses, markup and the mark at the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mt.data import Finding, Severity
from mt.quality.trivial import EMAIL, URL
from mt.quality.view import PairView

QUOTE = re.compile(r"[“”„‟«»\"]|(?<!\w)[‘‚‹'](?=\w)|(?<=[\w.,!?…])[’›'](?!\w)|''|``")
"""Double quotes of every kind; single ones where they stand at the edge of a word."""

TAG = re.compile(r"</?[A-Za-z][^<>]*>|\{\d+\}|\{\{[^{}]*\}\}|%\([a-z_]+\)[sd]|&[a-z]+;")
"""Tags, placeholders and entities."""

QUOTE_MARK = re.compile("[“”„‟«»\"‘‚‹’›'`]")
"""What every quotation mark has, and what is searched for much faster."""

ADDRESS = re.compile(f"{EMAIL.pattern}|{URL.pattern}", re.IGNORECASE)

ADDRESS_MARK = re.compile(r"[@:.](?:(?<=@)|(?<=:)//|(?<=www\.)|(?<=\.)[a-z]{2,4}\b)", re.IGNORECASE)
"""What every address has, most sentences have nothing of it: ``@``, ``://``, ``www.``, ``.nl``."""

ENDS = {".": ".", "…": ".", "!": "!", "?": "?", ":": ":", ";": ";"}


def urls(pair: PairView) -> Iterator[Finding]:
    """Web and mail addresses that are not the same on both sides."""
    source, target = pair.source.text, pair.target.text
    if not (ADDRESS_MARK.search(source) or ADDRESS_MARK.search(target)):
        return
    for address, span in _addresses(source):
        if address.lower() not in target.lower():
            yield Finding("url", Severity.ERROR, f"{address} is missing.", side="source", span=span)
    for address, span in _addresses(target):
        if address.lower() not in source.lower():
            yield Finding("url", Severity.ERROR, f"{address} is not in the source.", span=span)


def _addresses(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Mail and web addresses with their offsets, without the marks that follow them."""
    end = 0
    for match in ADDRESS.finditer(text):
        if match.start() >= end:
            address = match.group().rstrip(".,;:!?)'’\"”")
            end = match.start() + len(address)
            yield address, (match.start(), end)


def quotes(pair: PairView) -> Iterator[Finding]:
    """Quotation marks of the source that are lost, or that the source never had."""
    source, target = _quotes(pair.source.text), _quotes(pair.target.text)
    if len(source) >= 2 and not target:
        match = QUOTE.search(pair.source.text)
        yield Finding(
            "quote",
            Severity.WARNING,
            "The quotation marks are lost.",
            side="source",
            span=match and match.span(),
        )
    elif len(target) >= 2 and not source:
        match = QUOTE.search(pair.target.text)
        yield Finding(
            "quote",
            Severity.WARNING,
            "The source has no quotation marks.",
            span=match and match.span(),
        )


def _quotes(text: str) -> list[str]:
    return QUOTE.findall(text) if QUOTE_MARK.search(text) else []


BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))


def brackets(pair: PairView) -> Iterator[Finding]:
    """A bracket that was opened and not closed, and brackets that are lost or added altogether."""
    source, target = pair.source.text, pair.target.text
    for opening, closing in BRACKETS:
        if opening not in source + target and closing not in source + target:
            continue
        before = source.count(opening), source.count(closing)
        after = target.count(opening), target.count(closing)
        if before[0] == before[1] and after[0] != after[1]:
            at = target.rfind(opening if after[0] > after[1] else closing)
            message = f"The brackets {opening}{closing} do not match."
            yield Finding("bracket", Severity.WARNING, message, span=(at, at + 1))
        elif before != after:
            what = "lost" if sum(after) < sum(before) else "added"
            yield Finding("bracket", Severity.INFO, f"Brackets {opening}{closing} were {what}.")


def markup(pair: PairView) -> Iterator[Finding]:
    """Tags and placeholders that are not the same on both sides."""
    if not any(char in pair.source.text or char in pair.target.text for char in "<{%&"):
        return
    lost = Counter(TAG.findall(pair.source.text))
    lost.subtract(TAG.findall(pair.target.text))
    for tag, count in lost.items():
        if count:
            what = "is missing" if count > 0 else "was added"
            yield Finding(
                "markup", Severity.ERROR, f"{tag} {what}.", side="source" if count > 0 else "target"
            )


def end_punctuation(pair: PairView) -> Iterator[Finding]:
    """A question that is no question any more, and the like."""
    source, target = _end(pair.source.text), _end(pair.target.text)
    if source == target:
        return
    severity = Severity.WARNING if "?" in (source, target) else Severity.INFO
    end = len(pair.target.text.rstrip())
    yield Finding(
        "punctuation",
        severity,
        f"The source ends with {source or 'no mark'}, the target with {target or 'no mark'}.",
        span=(max(0, end - 1), end),
    )


def _end(text: str) -> str:
    bare = text.rstrip(" \t\n\r\xa0\"'”’»)]›")
    return ENDS.get(bare[-1:], "")


MOJIBAKE = re.compile(r"\ufffd|â€.|Ã[\u0080-\u00bf]|Â[\u00a0-\u00bf]|ï¿½")
"""A replacement character, or UTF-8 that was read as Windows-1252."""


def garbled(pair: PairView) -> Iterator[Finding]:
    """A broken character that the source does not have: half a character, or one of another encoding."""
    match = MOJIBAKE.search(pair.target.text)
    if match and match.group() not in pair.source.text:
        yield Finding("garbled", Severity.ERROR, "A character is broken.", span=match.span())
