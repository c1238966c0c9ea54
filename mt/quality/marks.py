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

ENDS = {".": ".", "…": ".", "!": "!", "?": "?", ":": ":", ";": ";"}


def urls(pair: PairView) -> Iterator[Finding]:
    """Web and mail addresses that are not the same on both sides."""
    source, target = pair.source.text, pair.target.text
    if "@" not in source + target and "/" not in source + target and "." not in source:
        return
    for name, pattern in (("mail address", EMAIL), ("web address", URL)):
        for match in pattern.finditer(source):
            address = match.group().rstrip(".,;:!?)'’\"”")
            if address.lower() not in target.lower():
                span = (match.start(), match.start() + len(address))
                yield Finding(
                    "url", Severity.ERROR, f"The {name} {address} is missing.", side="source", span=span
                )


def quotes(pair: PairView) -> Iterator[Finding]:
    """Quotation marks of the source that are lost, or that the source never had."""
    source, target = QUOTE.findall(pair.source.text), QUOTE.findall(pair.target.text)
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


def brackets(pair: PairView) -> Iterator[Finding]:
    """Brackets that are lost or added."""
    for opening, closing in ("()", "[]", "{}"):
        before = pair.source.text.count(opening), pair.source.text.count(closing)
        after = pair.target.text.count(opening), pair.target.text.count(closing)
        if before != after:
            what = "lost" if sum(after) < sum(before) else "added"
            yield Finding("bracket", Severity.WARNING, f"A bracket {opening}{closing} was {what}.")


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


def garbled(pair: PairView) -> Iterator[Finding]:
    """A replacement character that the source does not have: the model wrote half a character."""
    place = pair.target.text.find("\ufffd")
    if place >= 0 and "\ufffd" not in pair.source.text:
        message = "A character is broken."
        yield Finding("garbled", Severity.ERROR, message, span=(place, place + 1))
