"""Numbers written as words, in Dutch and English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from mt.quality.view import Side


class Item(NamedTuple):
    """One morpheme of a number.

    Attributes:
        kind: ``unit`` (below 100), ``hundred``, ``power`` (a thousand or more), ``ordinal``, ``part`` (a
            fraction), ``scale`` (a measure), ``loose`` (a word such as *twice* that implies a number), ``month``.
        value: what it stands for.
    """

    kind: str
    value: float


class Numeral(NamedTuple):
    """A number in words.

    Attributes:
        values: what it can mean: *derde* is 3 and a third.
        first, last: indices of its words.
        exact: whether the number is what the words are about, as in *drie* and not in *beide*.
    """

    values: frozenset[float]
    first: int
    last: int
    exact: bool


DUTCH_BELOW_TWENTY = (
    "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien"
    " achttien negentien"
)
DUTCH_TENS = "twintig dertig veertig vijftig zestig zeventig tachtig negentig"
DUTCH_MONTHS = "januari februari maart april mei juni juli augustus september oktober november december"
ENGLISH_BELOW_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ENGLISH_DECADES = "twenties thirties forties fifties sixties seventies eighties nineties"
ENGLISH_MONTHS = "january february march april may june july august september october november december"


def _counted(words: str, start: int = 0, step: int = 1) -> dict[str, int]:
    """Words in order to the numbers ``start``, ``start + step`` and so on."""
    return {word: start + step * index for index, word in enumerate(words.split())}


DUTCH_UNITS = _counted(DUTCH_BELOW_TWENTY) | {"één": 1, "eén": 1} | _counted(DUTCH_TENS, 20, 10)
ENGLISH_UNITS = (
    _counted(ENGLISH_BELOW_TWENTY) | _counted(ENGLISH_TENS, 20, 10) | _counted(ENGLISH_DECADES, 20, 10)
)

DUTCH_ORDINALS = {
    "nulde": 0, "eerste": 1, "tweede": 2, "derde": 3, "vierde": 4, "vijfde": 5, "zesde": 6, "zevende": 7,
    "achtste": 8, "negende": 9, "tiende": 10, "elfde": 11, "twaalfde": 12,
}  # fmt: skip

DUTCH_LOOSE = {
    "beide": 2, "beiden": 2, "allebei": 2, "dubbel": 2, "dubbele": 2, "tweeling": 2, "drieling": 3, "paar": 2,
    "dozijn": 12, "eenmaal": 1, "tweemaal": 2, "driemaal": 3, "viermaal": 4, "decennium": 10, "decennia": 10,
    "eeuw": 100, "etmaal": 24, "tientallen": 10, "honderden": 100, "duizenden": 1000, "miljoenen": 10**6,
    "miljarden": 10**9, "enige": 1, "solo": 1, "duo": 2, "trio": 3, "eeuwfeest": 100, "tiener": 10,
    "kerstdag": 25, "middernacht": 0,
    "verdubbeld": 2, "verdubbelde": 2, "verdubbelen": 2, "halveren": 0.5, "gehalveerd": 0.5, "halveerde": 0.5,
}  # fmt: skip
"""Words that imply a number; the other side may write it in figures."""

DUTCH_SCALES = {"ton": 10**5, "kwartier": 15, "ons": 100, "pond": 500}
"""Colloquial measures; the other side may have the amount: acht ton, 800,000 euros."""

DUTCH_MORPHEME = re.compile(
    "|".join(sorted([*DUTCH_UNITS, "honderd", "duizend", "en", "ën", "ëen"], key=len, reverse=True))
)

DUTCH_ENDINGS = re.compile(
    r"(?P<ordinal>de|ste)?(?P<rest>n|r|e|en|s|-?(?:jarig|voudig|daags|delig|koppig|talig|zijdig|hoekig|weekse?|urig|ledig"
    r"|maandelijks|jaarlijks|dubbel|persoons|sterren|baans|puntig|kamer|cijferig|letterig|traps)\w*|maal|keer|tal"
    r"|jaars|tallen|mijl|daagse|kamp\w*|sprong|hoek\w*|luik|voud|eneen)?$"
)
"""What may follow a number inside a Dutch word."""

ENGLISH_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14,
    "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20,
    "thirtieth": 30, "fortieth": 40, "fiftieth": 50, "sixtieth": 60, "seventieth": 70, "eightieth": 80,
    "ninetieth": 90, "hundredth": 100, "thousandth": 1000, "millionth": 10**6,
}  # fmt: skip

ENGLISH_LOOSE = {
    "both": 2, "twice": 2, "double": 2, "doubled": 2, "doubling": 2, "twin": 2, "twins": 2, "pair": 2, "pairs": 2,
    "couple": 2, "duo": 2, "thrice": 3, "triple": 3, "tripled": 3, "trio": 3, "triplets": 3, "quadruple": 4,
    "dozen": 12, "dozens": 12, "once": 1, "single": 1, "solo": 1, "decade": 10, "decades": 10, "century": 100,
    "centuries": 100, "fortnight": 14, "tens": 10, "hundreds": 100, "thousands": 1000, "millions": 10**6,
    "billions": 10**9, "halved": 0.5, "halve": 0.5, "halving": 0.5, "bicentennial": 200, "centenary": 100,
    "quarterfinal": 0.25, "semifinal": 0.5, "biennial": 2, "score": 20, "teenager": 10,
    "noon": 12, "midday": 12, "midnight": 0,
}  # fmt: skip

MONTHS = {"nl": _counted(DUTCH_MONTHS, 1), "en": _counted(ENGLISH_MONTHS, 1)}

MONTH_SHORTS = {"jan": 1, "feb": 2, "febr": 2, "mar": 3, "mrt": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
                "sept": 9, "okt": 10, "oct": 10, "nov": 11, "dec": 12}  # fmt: skip


@lru_cache(maxsize=1 << 16)
def dutch(word: str) -> tuple[Item, ...]:
    """The parts of a Dutch number word in lower case, empty for any other word."""
    if word in DUTCH_LOOSE:
        return (Item("loose", DUTCH_LOOSE[word]),)
    if word in DUTCH_ORDINALS:
        return (Item("ordinal", DUTCH_ORDINALS[word]),)
    if word in ("half", "halve", "helft", "halverwege"):
        return (Item("part", 0.5),)
    if word in DUTCH_SCALES:
        return (Item("scale", DUTCH_SCALES[word]),)
    if word in ("kwart", "kwartaal", "kwarten"):
        return (Item("part", 0.25),)
    if word == "driekwart":
        return (Item("part", 0.75),)
    if word.startswith("anderhal"):
        return (Item("part", 1.5),)
    if word in ("miljoen", "mln"):
        return (Item("power", 10**6),)
    if word in ("miljard", "mld", "mrd"):
        return (Item("power", 10**9),)
    if word in MONTHS["nl"]:
        return (Item("month", MONTHS["nl"][word]),)
    if word in MONTH_SHORTS:
        return (Item("month", MONTH_SHORTS[word]),)
    return _dutch_compound(word)


def _dutch_compound(word: str) -> tuple[Item, ...]:
    """``tweeëntwintigduizend``: units before tens, hundreds and thousands multiply what stands before."""
    total = current = 0.0
    position = 0
    seen = False
    while match := DUTCH_MORPHEME.match(word, position):
        part = match.group()
        if part in ("en", "ën", "ëen"):
            if not seen:
                break
        elif part == "honderd":
            current = 100 * (current or 1)
        elif part == "duizend":
            total, current = total + 1000 * (current or 1), 0.0
        else:
            current += DUTCH_UNITS[part]
        seen = seen or part not in ("en", "ën")
        position = match.end()
    if not seen:
        return ()
    for fraction, value in (("ënhalf", 0.5), ("ënhalve", 0.5), ("enhalf", 0.5), ("enhalve", 0.5), ("half", 0.5),
                            ("halve", 0.5)):  # fmt: skip
        if word[position:] == fraction or (
            word[position - 2 : position] in ("ën", "en") and word[position:] in ("half", "halve")
        ):
            return (Item("unit", total + current + value),)
    return _dutch_ending(word, position, total + current)


def _dutch_ending(word: str, position: int, value: float) -> tuple[Item, ...]:
    ordinal_stem = next((stem for stem in DUTCH_ORDINALS if word.endswith(stem)), None)
    end = DUTCH_ENDINGS.match(word, position)
    if end is None:
        if ordinal_stem is not None and len(ordinal_stem) < len(word):
            before = _dutch_compound(word.removesuffix(ordinal_stem))
            if before:
                return (Item("ordinal", before[0].value + DUTCH_ORDINALS[ordinal_stem]),)
        return ()
    if end["ordinal"]:
        return (Item("ordinal", value),)
    if word == "een":
        return ()
    kind = "power" if value >= 1000 and word.endswith("duizend") and value == 1000 else "unit"
    return (Item("hundred", 100) if word == "honderd" else Item(kind, value),)


@lru_cache(maxsize=1 << 16)
def english(word: str) -> tuple[Item, ...]:
    """The parts of an English number word in lower case, empty for any other word."""
    items: list[Item] = []
    for part in word.replace("-and-a-half", "-half").split("-"):
        item = _english_part(part)
        if item is None:
            break
        items.append(item)
    return tuple(items)


def _english_part(part: str) -> Item | None:
    for table, kind in ((ENGLISH_UNITS, "unit"), (ENGLISH_ORDINALS, "ordinal"), (ENGLISH_LOOSE, "loose")):
        if part in table:
            return Item(kind, table[part])
    if part in ("half", "halves", "halfway", "mid"):
        return Item("part", 0.5)
    if part in ("quarter", "quarters"):
        return Item("part", 0.25)
    if part == "hundred":
        return Item("hundred", 100)
    powers = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
    if part in powers:
        return Item("power", powers[part])
    if part.endswith("fold") and part[:-4] in ENGLISH_UNITS:
        return Item("unit", ENGLISH_UNITS[part[:-4]])
    if part.endswith("s") and part[:-1] in ENGLISH_ORDINALS and part != "seconds":
        return Item("ordinal", ENGLISH_ORDINALS[part[:-1]])
    if part in MONTHS["en"]:
        return Item("month", MONTHS["en"][part])
    return Item("month", MONTH_SHORTS[part]) if part in MONTH_SHORTS else None


WORDS: dict[str, Callable[[str], tuple[Item, ...]]] = {"nl": dutch, "en": english}
"""Language to what reads one word of it."""


def numerals(text: Side) -> list[Numeral]:
    """The numbers in words of a side, in order; none for a language without a table."""
    read = WORDS.get(text.lang)
    if read is None or not any(map(read, text.lower)):
        return []
    found: list[Numeral] = []
    group: list[Item] = []
    first = last = 0
    for index, items in [(i, items) for i, word in enumerate(text.lower) if (items := read(word))]:
        if group:
            last = _last_joined(text.lower, last, group[-1])
        for item in items:
            if group and index <= last + 1 and _continues(group[-1], item):
                group.append(item)
            else:
                if group:
                    found.append(_numeral(group, first, last))
                group, first = [item], index
            last = index
    if group:
        found.append(_numeral(group, first, _last_joined(text.lower, last, group[-1])))
    return found


def _last_joined(words: Sequence[str], last: int, before: Item) -> int:
    """The last word that only joins two parts of a number, where an "and" follows the word `last`."""
    index = last + 1
    if words[index : index + 1] != ["and"]:
        return last
    if words[index + 1 : index + 3] == ["a", "half"]:
        return index + 1
    return index if before.kind in ("hundred", "power") else index - 1


def _continues(before: Item, item: Item) -> bool:
    """Whether two morphemes belong to one number."""
    if {"loose", "month"} & {before.kind, item.kind}:
        return False
    if before.kind in ("ordinal", "part"):
        return item.kind == "power"
    if item.kind == "unit":
        return before.kind != "unit" or (before.value >= 20 and before.value % 10 == 0 and item.value < 10)
    return item.kind != "ordinal" or item.value > 1


def _numeral(group: Sequence[Item], first: int, last: int) -> Numeral:
    total = current = 0.0
    values: set[float] = set()
    for item in group:
        if item.kind == "hundred":
            current = 100 * (current or 1)
        elif item.kind == "scale":
            values.add(round((current or 1), 6))
            current = (current or 1) * item.value
        elif item.kind == "power":
            total, current = total + (current or 1) * item.value, 0.0
        elif item.kind == "ordinal" and item.value > 1:
            values |= {round((current or 1) / item.value, 6), item.value} | ({current} if current else set())
            current += item.value
        elif item.kind == "part" and current:
            values.add(current + item.value)
            current *= item.value
        else:
            current += item.value
    values.add(round(total + current, 6))
    exact = not any(item.kind in ("loose", "month", "part", "scale") for item in group)
    return Numeral(frozenset(values), first, last, exact)


CLOCK = re.compile(
    r"\b(?:(?P<minutes>vijf|tien|kwart) (?P<side>voor|over) )?(?P<half>half )?"
    r"(?P<hour>een|één|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf)\b"
)
"""A Dutch time in words: half elf, kwart over zes, vijf voor half zes."""


def clock_times(text: str) -> Iterator[tuple[int, int]]:
    """Hour (0 to 11) and minute of the Dutch times in words."""
    for match in CLOCK.finditer(text):
        if not (match["half"] or match["minutes"]):
            continue
        minute = -30 if match["half"] else 0
        if match["minutes"]:
            shift = {"vijf": 5, "tien": 10, "kwart": 15}[match["minutes"]]
            minute += shift if match["side"] == "over" else -shift
        hour = DUTCH_UNITS[match["hour"]]
        moment = (60 * hour + minute) % 720
        yield moment // 60, moment % 60
