"""Segments that hold nothing to translate."""

from __future__ import annotations

import re

URL = re.compile(
    r"(?:https?://|ftp://|www\.)[^\s<>\"“”„«»]+"
    r"|\b(?:[a-z0-9-]+\.)+(?:nl|com|org|net|eu|be|de|info|io)\b(?:/\S*)?",
    re.IGNORECASE,
)
"""A web address, with its scheme, with ``www.`` or as a bare host of a common domain."""

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")

REFERENCE = re.compile(r"(?<!\w)[@#][\w-]*[^\W\d][\w-]*")
"""A user name or tag."""

UNIT = r"(?:%|°C|°|km|cm|mm|m|kg|g|l|[€$£])"
"""Units that are written the same in both languages."""

NUMBER = re.compile(rf"(?<!\w)[+−-]?{UNIT}?\s?\d[\d.,:/  '’–-]*\s?{UNIT}?[²³]?(?!\w)")


def trivial(text: str) -> str:
    """Why a segment needs no translation, or an empty string where it may need one.

    Names are not decidable without a list of all names, so a text with any other letters is not trivial:
    "Parijs" must become "Paris".

    Returns:
        ``empty``, ``url``, ``email``, ``tag``, ``number`` or ``punctuation``.
    """
    rest = text.strip()
    if not rest:
        return "empty"
    reasons = []
    for reason, pattern in (("email", EMAIL), ("url", URL), ("tag", REFERENCE), ("number", NUMBER)):
        rest, count = pattern.subn(" ", rest)
        if count:
            reasons.append(reason)
    if any(char.isalnum() for char in rest):
        return ""
    return reasons[0] if reasons else "punctuation"
