"""Numbers by value: 1.200 is 1,200, 3,5 is 3.5, drie is three, 10.30 uur is 10:30.

Every number is read in all the ways it can be meant; a number of one side has a counterpart where the two
share a reading. Digits that are left over are compared piece by piece, and last as one string of digits, so
that a telephone number may be grouped in another way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from mt.data import Finding, Severity
from mt.quality.numerals import clock_times, numerals
from mt.quality.view import PairView, Side, once

Reading = tuple[float, ...]
"""The values of a number's parts: one for 1.200, two for 10:30, three for 12-03-2024."""

VULGAR = {
    "½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4, "⅕": 1 / 5, "⅖": 2 / 5, "⅗": 3 / 5, "⅘": 4 / 5,
    "⅙": 1 / 6, "⅚": 5 / 6, "⅛": 1 / 8, "⅜": 3 / 8, "⅝": 5 / 8, "⅞": 7 / 8,
}  # fmt: skip

SPACES = " \u00a0\u2009\u202f"

FIGURE = re.compile(
    rf"(?:\d{{1,3}}(?:[{SPACES}]\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,:/]\d+)*)(?:\s?[{''.join(VULGAR)}])?"
    rf"|[{''.join(VULGAR)}]"
)
"""A number in figures with its separators; groups of three may be parted by a space."""

MULTIPLIERS = {
    "honderd": 10**2, "duizend": 10**3, "miljoen": 10**6, "miljard": 10**9, "mld": 10**9, "mrd": 10**9,
    "biljoen": 10**12, "hundred": 10**2, "thousand": 10**3, "million": 10**6, "mln": 10**6, "billion": 10**9,
    "bn": 10**9, "trillion": 10**12, "tn": 10**12,
}  # fmt: skip
"""Words after a figure that multiply it."""

MAYBE_MULTIPLIERS = {"ton": 10**5, "k": 10**3, "m": 10**6, "mn": 10**6, "b": 10**9}
"""Words after a figure that may multiply it and may be a unit."""

AFTER = re.compile(r"[\s-]?([^\W\d_]+)")
"""The word after a figure."""

SUPERSCRIPT = re.compile(r"[²³23](?:(?<=[²³])|(?:(?<=\bm[23])|(?<=\b[ckd]m[23]))\b)")
"""An exponent, also where it is written on the line: km2."""

EXPONENT_WORDS = re.compile(
    r"square|cubic|cubed|\bsq\b|\bcu\b|vierkant|kubiek|kwadraat|\bhectare|\bcc\b", re.I
)

UNITS: dict[str, re.Pattern[str]] = {
    "%": re.compile(r"%|procent|percent|per cent|\bpct\b", re.I),
    "€": re.compile(r"€|\beuro|\bEUR\b|\bcent", re.I),
    "$": re.compile(r"\$|dollar|\bUSD\b", re.I),
    "£": re.compile(r"£|pound|\bpond\b|\bGBP\b|sterling", re.I),
}
"""A sign beside numbers to all the ways it is written."""


class Figure(NamedTuple):
    """A number in figures.

    Attributes:
        text: as written.
        start: its offset.
        readings: what it can mean in its language.
        foreign: what it would mean in the other language's notation.
        power: what a word after it multiplies it by, 1 where there is none.
    """

    text: str
    start: int
    readings: frozenset[Reading]
    foreign: frozenset[Reading]
    power: int = 1

    @property
    def digits(self) -> str:
        """The digits without separators; a vulgar fraction by itself stands for its own digit."""
        return "".join(char for char in self.text if char.isdecimal()) or self.text

    @property
    def span(self) -> tuple[int, int]:
        """Offsets in its side's text."""
        return self.start, self.start + len(self.text)


@once
def figures(text: Side) -> list[Figure]:
    """The numbers in figures of a side, in order; exponents left out."""
    found = []
    exponents = {match.start() for match in SUPERSCRIPT.finditer(text.text)}
    for match in FIGURE.finditer(text.text):
        if match.start() not in exponents:
            found.append(_figure(text, match))
    return found


def _figure(text: Side, match: re.Match[str]) -> Figure:
    written = match.group()
    after = AFTER.match(text.text, match.end())
    readings, foreign, power = _meaning(written, after.group(1).lower() if after else "", text.lang == "en")
    return Figure(written, match.start(), readings, foreign, power)


@lru_cache(maxsize=1 << 12)
def _meaning(written: str, word: str, english: bool) -> tuple[frozenset[Reading], frozenset[Reading], int]:
    """What a figure before a word can mean in its language, what in the other one's notation, and the word's power."""
    grouping, decimal = (",", ".") if english else (".", ",")
    plain = _readings(written, grouping, decimal)
    foreign = _readings(written, decimal, grouping) - plain
    power = MULTIPLIERS.get(word, 1)
    readings = frozenset(_in_context(plain, word, power, clock="," not in written))
    if power != 1:
        foreign = frozenset((reading[0] * power,) for reading in foreign if len(reading) == 1)
    return readings, foreign, power


def _readings(written: str, grouping: str, decimal: str) -> frozenset[Reading]:
    """What a figure means where `grouping` parts thousands and `decimal` starts the fraction."""
    extra = 0.0
    if written[-1] in VULGAR:
        extra = VULGAR[written[-1]]
        written = written[:-1].strip()
        if not written:
            return frozenset([(round(extra, 6),)])
    if written.isdecimal():
        return frozenset([(round(int(written) + extra, 6) if extra else int(written),)])
    parts = re.split(r"[^\d]", written)
    separators = [char for char in written if not char.isdigit()]
    head, tail = (separators[:-1], parts[-1]) if separators[-1] == decimal else (separators, "")
    groups = parts[:-1] if tail else parts
    grouped = len(set(head)) <= 1 and all(char == grouping or char in SPACES for char in head)
    if grouped and len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]):
        whole = int("".join(groups))
        return frozenset(
            [(round(whole + int(tail) / 10 ** len(tail) + extra, 6) if tail else whole + extra,)]
        )
    found: set[Reading] = {tuple(_piece(part) for part in parts)}
    if separators == ["/"] and int(parts[1]):
        found.add((round(int(parts[0]) / int(parts[1]), 6),))
    return frozenset(found)


def _piece(digits: str) -> int:
    """The value of a run of digits; three zeros and more are no minutes: 12:000 is not 12.00."""
    return int(digits) if len(digits) < 3 or int(digits) else -len(digits)


def _in_context(readings: Iterable[Reading], word: str, power: int, clock: bool) -> Iterator[Reading]:
    """The readings, changed by the word after the figure: a multiplier, an hour, a decade."""
    for reading in readings:
        if power != 1 and len(reading) == 1:
            yield (round(reading[0] * power, 6),)
            continue
        yield reading
        if word in MAYBE_MULTIPLIERS and len(reading) == 1:
            yield (round(reading[0] * MAYBE_MULTIPLIERS[word], 6),)
        if word == "s" and len(reading) == 1 and 1700 <= reading[0] < 2100:
            yield (reading[0] % 100,)
        if clock and (len(reading) == 2 or word in ("uur", "u", "h")) and 0 <= reading[0] <= 24:
            yield from _hours(reading)


def _hours(reading: Reading) -> Iterator[Reading]:
    """The same time on a clock of twelve hours, and without its minutes at the full hour."""
    hour, minutes = reading[0], reading[1:]
    hours = {hour, hour % 12, hour % 12 or 12}
    for other in hours:
        yield (other, *minutes)
        if minutes in ((0,), ()):
            yield (other,)


def numbers(pair: PairView) -> Iterator[Finding]:
    """Numbers of one side that the other side does not have."""
    source, target = pair.source, pair.target
    if _has_figures(source.text) or _has_figures(target.text):
        yield from _figures_compared(source, target)
        yield from _signs_compared(source, target)
    elif source.lang in ("nl", "en") and target.lang in ("nl", "en"):
        yield from _words_compared(source, target)


DIGIT = re.compile(rf"[\d{''.join(VULGAR)}]")
"""What every figure has; a search for one character is much faster than one for a figure."""


def _has_figures(text: str) -> bool:
    return DIGIT.search(text) is not None and FIGURE.search(text) is not None


def _figures_compared(source: Side, target: Side) -> Iterator[Finding]:
    here, there = figures(source), figures(target)
    if [f.readings for f in here] == [f.readings for f in there]:
        return
    here, there = _unmatched(here, there, lambda s, t: bool(s.readings & t.readings))
    before = there
    here, there = _unmatched(here, there, _copied)
    for figure in before:
        if figure not in there and source.lang != target.lang and not _same_code(figure, source):
            message = f"{figure.text} is not written the way of the target language."
            yield Finding("number", Severity.WARNING, message, span=figure.span)
    if _same_pieces(here, there) or _same_digits(here, there):
        return
    if here:
        here = _not_in_words(here, source, target)
    if there:
        there = _not_in_words(there, target, source)
    if here or there:
        yield from _left_over(here, there)


def _copied(source: Figure, target: Figure) -> bool:
    """Whether the target keeps the source's notation: the same digits, read by the other language's rules."""
    return source.digits == target.digits and bool(
        source.readings & target.foreign or source.foreign & target.readings
    )


def changed_figures(source: Side, target: Side) -> tuple[list[Figure], list[Figure]]:
    """The figures of both sides without a counterpart in figures or words, in order."""
    here, there = _unmatched(figures(source), figures(target), lambda s, t: bool(s.readings & t.readings))
    here, there = _unmatched(here, there, _copied)
    return _not_in_words(here, source, target), _not_in_words(there, target, source)


def _same_code(figure: Figure, source: Side) -> bool:
    """Whether the source has the same figure and it is a number of a section or version, not an amount: 2.3."""
    groups = re.split(r"\D", figure.text)
    return figure.text in source.text and "," not in figure.text and any(len(g) != 3 for g in groups[1:])


def _unmatched(
    here: Sequence[Figure], there: Sequence[Figure], same: Callable[[Figure, Figure], bool]
) -> tuple[list[Figure], list[Figure]]:
    """What is left of both lists when every figure has taken the first one that is the same."""
    left, rest = [], list(there)
    for figure in here:
        for index, other in enumerate(rest):
            if same(figure, other):
                del rest[index]
                break
        else:
            left.append(figure)
    return left, rest


def _not_in_words(left: Sequence[Figure], own: Side, other: Side) -> list[Figure]:
    """The figures of one side whose value the other side does not have in words either.

    Words that have their own counterpart do not count: the 9 of "9 september" is not in "September".
    """
    words = list(numerals(other))
    for numeral in numerals(own):
        same = next((word for word in words if set(word.values) & set(numeral.values)), None)
        if same is not None:
            words.remove(same)
    values: list[Reading] = [(value,) for numeral in words for value in numeral.values]
    if other.lang == "nl":
        for hour, minute in clock_times(other.text.lower()):
            values += [(hour, minute), (hour + 12, minute), (12, minute)]
    for word in other.words:
        if len(word) > 1 and set(word) <= set(ROMAN):
            values.append((_roman(word),))
    return [figure for figure in left if not figure.readings.intersection(values)]


ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def _roman(word: str) -> int:
    values = [ROMAN[char] for char in word]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _left_over(here: list[Figure], there: list[Figure]) -> Iterator[Finding]:
    """Findings for the figures without a counterpart, unless their pieces or all their digits are the same."""
    if _same_pieces(here, there):
        return
    if _digits(here) == _digits(there):
        for source, target in zip(here, there, strict=False):
            if source.power != 1 and target.power != 1:
                message = f"{source.text} became {target.text} of another magnitude."
                yield Finding("number", Severity.ERROR, message, span=target.span)
        return
    for source, target in zip(here, there, strict=False):
        message = f"{source.text} became {target.text}."
        yield Finding("number", Severity.ERROR, message, span=target.span)
    for source in here[len(there) :]:
        message = f"{source.text} is missing in the target."
        yield Finding("number", Severity.ERROR, message, side="source", span=source.span)
    for target in there[len(here) :]:
        message = f"{target.text} is not in the source."
        yield Finding("number", Severity.ERROR, message, span=target.span)


def _same_digits(here: Sequence[Figure], there: Sequence[Figure]) -> bool:
    """Whether all digits in a row are the same, and no figure is multiplied."""
    return _digits(here) == _digits(there) and all(figure.power == 1 for figure in (*here, *there))


def _digits(found: Sequence[Figure]) -> str:
    """All digits in a row."""
    return "".join(figure.digits for figure in found)


def _same_pieces(here: Sequence[Figure], there: Sequence[Figure]) -> bool:
    """Whether the figures have the same pieces in any order: 12-3-2024 and 3/12/2024, 2023/24 and 2023-2024."""
    if any(figure.power != 1 for figure in (*here, *there)):
        return False
    left = [piece for figure in here for piece in re.findall(r"\d+", figure.text)]
    rest = [piece for figure in there for piece in re.findall(r"\d+", figure.text)]
    if len(left) != len(rest) or len(left) < 2:
        return False
    for piece in left:
        match = next((other for other in rest if _same_piece(piece, other)), None)
        if match is None:
            return False
        rest.remove(match)
    return True


def _same_piece(piece: str, other: str) -> bool:
    """Whether two runs of digits are the same number, or one is the end of a year: 24 and 2024."""
    short, full = sorted((piece, other), key=len)
    return _piece(piece) == _piece(other) or (
        len(short) == 2 and len(full) == 4 and full.endswith(short) and full[:2] in ("18", "19", "20")
    )


def _signs_compared(source: Side, target: Side) -> Iterator[Finding]:
    """Percentages, currencies and exponents that only one side has."""
    here, there = _signs(source.text), _signs(target.text)
    gained = [match for sign, match in there.items() if sign not in here and sign != "%"]
    for sign, match in here.items():
        if sign in there:
            continue
        if gained and sign != "%":
            message = f"“{match.group()}” became “{gained[0].group()}”."
            yield Finding("number", Severity.ERROR, message, span=gained[0].span())
        else:
            message = f"“{match.group()}” is lost."
            yield Finding("number", Severity.WARNING, message, side="source", span=match.span())
    power = SUPERSCRIPT.search(source.text)
    if power and not SUPERSCRIPT.search(target.text) and not EXPONENT_WORDS.search(target.text):
        message = f"The exponent {power.group()} is lost."
        yield Finding("number", Severity.WARNING, message, side="source", span=power.span())


UNIT_HINTS = ("%", "cent", "€", "eur", "$", "dollar", "£", "pct", "pond", "pound", "usd", "gbp", "sterling")
"""Some letters of everything in :data:`UNITS`, which are found faster."""


def _signs(text: str) -> dict[str, re.Match[str]]:
    """The signs beside numbers that a text has, with the first place where each stands."""
    small = text.lower()
    for hint in UNIT_HINTS:
        if hint in small:
            break
    else:
        return {}
    return {sign: match for sign, pattern in UNITS.items() if (match := pattern.search(text))}


def _words_compared(source: Side, target: Side) -> Iterator[Finding]:
    """One number word of each side that has no counterpart: it was changed."""
    if not (here := numerals(source)) or not (there := numerals(target)):
        return
    if source.lang == "nl" and any(clock_times(source.text.lower())):
        return
    left = [n for n in here if n.exact and not any(n.values & other.values for other in there)]
    rest = [n for n in there if n.exact and not any(n.values & other.values for other in here)]
    if len(left) == 1 and len(rest) == 1 and min(max(left[0].values), max(rest[0].values)) > 2:
        start, _ = target.span(rest[0].first)
        _, end = target.span(rest[0].last)
        before = " ".join(source.words[left[0].first : left[0].last + 1])
        message = f"“{before}” became “{target.text[start:end]}”."
        yield Finding("number", Severity.WARNING, message, span=(start, end))
