"""What a model says about itself: languages, licence and measured scores, read from its files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

_METRICS = ("BLEU", "chrF2++", "chrF++", "chrF2", "chrF", "chr-F", "COMET")
_LICENCE_LINE = re.compile(
    r"(?im)^license:\s*['\"]?([\w.+-]+)|\blicen[cs]e:?\s+([A-Z][\w.+-]*\d[\w.+-]*|MIT)"
)
_LANGUAGE_PAIR = re.compile(r"(?:^|[-_/])([a-z]{2,3})[-_]([a-z]{2,3})(?:$|[-_/.])")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


class Score(NamedTuple):
    """One measured value as a model's card states it.

    Attributes:
        test_set: as the card names it.
        metric: as the card's column names it.
        value: on the metric's own scale.
        note: how it was measured, as far as the card tells.
    """

    test_set: str
    metric: str
    value: float
    note: str = ""


def read_scores(card: str) -> tuple[Score, ...]:
    """The scores in the tables of a card: every table that has a column named like a metric."""
    scores: list[Score] = []
    header: list[str] = []
    for line in card.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if "|" in line else []
        if not cells:
            header = []
        elif any(cell in _METRICS for cell in cells):
            header = cells
        elif header and len(cells) == len(header):
            scores += _row(header, cells)
    return tuple(scores)


def _row(header: list[str], cells: list[str]) -> list[Score]:
    notes = ", ".join(cell for head, cell in zip(header[1:], cells[1:], strict=True) if head not in _METRICS)
    return [
        Score(cells[0], head, float(cell), notes)
        for head, cell in zip(header, cells, strict=True)
        if head in _METRICS and re.fullmatch(r"\d+(\.\d+)?", cell)
    ]


def read_licence(card: str) -> str:
    """The licence that a card states, or empty."""
    found = _LICENCE_LINE.search(card)
    return (found[1] or found[2]).rstrip(".") if found else ""


def read_languages(name: str, settings: dict[str, Any] | None = None) -> tuple[str, str]:
    """Source and target language, each empty where unknown.

    Args:
        name: a name such as ``opus-mt-nl-en``.
        settings: the contents of tokenizer_config.json.
    """
    source, target = ((settings or {}).get(key) or "" for key in ("source_lang", "target_lang"))
    if source and target:
        return source, target
    pairs = _LANGUAGE_PAIR.findall(name.removeprefix("opus-mt-").removeprefix("opus"))
    return pairs[-1] if pairs else ("", "")


def first_paragraph(card: str) -> str:
    """The first paragraph of prose, for people."""
    for block in _FRONT_MATTER.sub("", card).split("\n\n"):
        text = block.strip()
        if text and not text.startswith(("#", "|", "-", "*", "<", "!")):
            return " ".join(text.split())
    return ""


def read_card(folder: Path) -> str:
    """The text of README.md, or empty."""
    path = folder / "README.md"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
