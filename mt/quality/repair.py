"""Numbers that a translation changed, put right."""

from __future__ import annotations

import re

from mt.quality.numbers import Figure, changed_figures
from mt.quality.view import view

SWAPPED = str.maketrans(".,", ",.")
"""Dutch and English write thousands and decimals the other way round."""

AMOUNT = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d+)?|\d+,\d+|\d+\.\d+")
"""A figure whose separators part thousands or decimals; a clock time or a date has others."""


def restore_numbers(source: str, target: str, source_lang: str = "nl", target_lang: str = "en") -> str:
    """The target with every changed figure replaced by the source's, in the target language's notation.

    Only where each figure that the target changed stands opposite exactly one of the source, in order;
    otherwise the target comes back as it is.

    Args:
        source, target: plain text of one segment.
        source_lang, target_lang: BCP 47.
    """
    pair = view(source, target, source_lang, target_lang)
    here, there = changed_figures(pair.source, pair.target)
    if not here or len(here) != len(there):
        return target
    for right, wrong in reversed(list(zip(here, there, strict=True))):
        start, end = wrong.span
        target = target[:start] + _rewritten(right, source_lang, target_lang) + target[end:]
    return target


def _rewritten(figure: Figure, source_lang: str, target_lang: str) -> str:
    """A figure in the notation of the target language."""
    if "en" in (source_lang, target_lang) and source_lang != target_lang and AMOUNT.fullmatch(figure.text):
        return figure.text.translate(SWAPPED)
    return figure.text
