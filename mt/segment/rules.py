"""Sentence boundaries by rules: a mark, the word before it, and what follows it."""

from __future__ import annotations

import re
from itertools import pairwise

from mt.segment.follower import EMOJI, INVISIBLE, QUOTES, Follower, Kind, follower
from mt.segment.language import Language, language

_CANDIDATE = re.compile(
    rf"[.!?…‽](?:[.!?…‽)\]}}²³¹⁰-⁹{QUOTES}{INVISIBLE}]|\[\d{{1,3}}\]|[ \u00a0]\.(?![\w.]))*+|\n\s*\n"
)
"""A mark with all that clings to it (more marks, closing quotes and brackets, footnote numbers), or a blank line.

What is matched is never given back, so that finding all candidates reads a text once, whatever is in it.
"""
_LATE_CLOSER = re.compile(
    rf"(?=\s)[^\S\n]*+\n?[^\S\n]*+(?P<closer>''|[\"”»«“)\]]|[{EMOJI}\u200d]++|[:;]-?[()DPp])(?=[\s.!?…,;:]|$)"
)
"""It never crosses a blank line, which is a boundary of its own."""
_PICTURE = re.compile(rf"\s*+[{EMOJI}]")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_NEXT_WORD = re.compile(r"\s+([^\W\d_][\w'’-]{0,40})")
_ENUMERATOR = re.compile(r"(?:\d{1,3}|[^\W\d_]|[ivx]{1,5}|[IVX]{1,5})(?:\.(?:\d{1,3}|[a-z]))*")
_ROMAN = re.compile(r"[IVXLC]+")
_EDGES = "\"'`´‘’‚‛“”„‟‹›«»([{*_–—―-,\u00ad\u200b\u200e\u200f\ufeff"
_OPENING = {"»": "«", "«": "»", "“": "„", ")": "(", "]": "[", "}": "{"}
_TOP_LEVEL_DOMAINS = frozenset(
    {"be", "com", "de", "edu", "eu", "fr", "gov", "info", "net", "nl", "org", "tv", "uk"}
)
_WINDOW = 80
"""How many characters before a mark are looked at: more than two long words."""


class RuleSegmenter:
    """Splits behind a full stop, exclamation or question mark or ellipsis, unless what stands around it forbids.

    A colon or semicolon never ends a sentence; a blank line always does. A decision looks at a bounded number
    of characters and every character is scanned a fixed number of times, so that the time is linear.

    Args:
        lang: primary language subtag in lower case.
    """

    def __init__(self, lang: str) -> None:
        self._language = language(lang)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Half-open offsets of the sentences, as :func:`mt.segment.segment` describes them."""
        scan = _Scan(text, self._language)
        ends = [end for match in _CANDIDATE.finditer(text) if (end := scan.end_of_segment(match)) is not None]
        spans = []
        for start, end in pairwise([0, *ends, len(text)]):
            piece = text[start:end]
            begin = start + len(piece) - len(piece.lstrip())
            if stripped := piece.strip():
                spans.append((begin, begin + len(stripped)))
        return spans


class _Scan:
    """One pass over the candidates of a text; it knows where the current segment and its first word begin."""

    def __init__(self, text: str, words: Language) -> None:
        self._text = text
        self._words = words
        self._begin = 0
        self._first_word = self._find_word(0)
        self._counted = 0
        self._counts = dict.fromkeys('"«»„“', 0)
        # Writers who use no capitals still use full stops; a cell or heading in lower case seldom ends in one.
        self._uncapitalised = text.rstrip().endswith((".", "!", "?")) and text == text.lower()

    def end_of_segment(self, match: re.Match[str]) -> int | None:
        """Offset where the segment ends that the candidate closes, or None where it goes on."""
        if match[0][0] == "\n":
            self._begin = match.end()
            if self._first_word < self._begin:
                self._first_word = self._find_word(self._begin)
            return match.start()
        end = match.end()
        if self._first_word >= match.start() or not self._text[end : end + 1].isspace():
            return None
        end = self._behind_late_closers(end)
        following = follower(self._text, end)
        if following is None or not self._closes(match, following):
            return None
        first_word = self._find_word(end)
        self._first_word = first_word
        if first_word == len(self._text):
            return None
        self._begin = end
        return end

    def _find_word(self, position: int) -> int:
        found = _LETTER_OR_DIGIT.search(self._text, position)
        return found.start() if found else len(self._text)

    def _behind_late_closers(self, end: int) -> int:
        """Closing quotes, brackets and smileys that a space parts from the mark belong to its sentence."""
        while late := _LATE_CLOSER.match(self._text, end):
            closer = late["closer"]
            if closer in ('"', "»", "«", "“") and not self._is_open(closer, late.start("closer")):
                break
            # A picture before every item is its bullet.
            if _PICTURE.match(closer) and _PICTURE.match(self._text, self._begin):
                break
            end = late.end()
        return end

    def _is_open(self, closer: str, position: int) -> bool:
        """Whether a quotation is open at `position` that this mark can close; positions only grow."""
        for mark in self._counts:
            self._counts[mark] += self._text.count(mark, self._counted, position)
        self._counted = max(self._counted, position)
        if closer == '"':
            return self._counts[closer] % 2 == 1
        return self._counts[_OPENING[closer]] > self._counts[closer]

    def _closes(self, match: re.Match[str], following: Follower) -> bool:
        """Whether the sentence ends at the mark, given what follows."""
        if following.kind is Kind.OTHER:
            return False
        start, marks = match.start(), match[0]
        if marks == "." and self._text[start - 1].isspace():
            return True
        if following.kind is Kind.SMALL and not self._uncapitalised:
            return False
        ellipsis = marks.startswith(("..", "…", ". .", ".\u00a0."))
        if not ellipsis and self._is_in_insertion(start, marks):
            return self._is_starter(following)
        if not {"!", "?", "‽"}.isdisjoint(marks):
            return self._closes_after_exclamation(start, marks, following)
        return ellipsis or self._closes_after_full_stop(start, following)

    def _is_in_insertion(self, start: int, marks: str) -> bool:
        """Whether a bracket that was opened inside the sentence is closed behind the mark: "(ret.)", "(?)"."""
        last = marks.rstrip(_EDGES)[-1]
        if last not in ")]}":
            return False
        return self._text.rfind(_OPENING[last], max(self._first_word, start - _WINDOW), start) >= 0

    def _closes_after_exclamation(self, start: int, marks: str, following: Follower) -> bool:
        words = self._text[max(self._begin, start - _WINDOW) : start].split()
        name = bool(words) and words[-1].strip(_EDGES) + marks[0] in self._words.marked_names
        return not name or self._is_starter(following)

    def _closes_after_full_stop(self, start: int, following: Follower) -> bool:
        window = self._text[max(self._begin, start - _WINDOW) : start]
        words = window.split()
        token = words[-1].strip(_EDGES) if words else ""
        previous = words[-2] if len(words) > 1 else ""
        if not token:
            return True
        first = self._first_word >= start - len(words[-1])
        if (first or previous.endswith((":", ";"))) and _ENUMERATOR.fullmatch(token):
            return False
        if token[-1].isdecimal():
            return not self._is_ordinal(token, previous, following)
        listed = self._closes_after_listed(token, following)
        if listed is not None:
            return listed
        if _is_initials(token):
            label = len(token) == 1 and previous.lower() in self._words.lettered
            return label or (self._is_starter(following) and not self._is_surname(following))
        if len(token) == 1 and token.islower():
            unit = previous[-1:].isdecimal() and following.kind is Kind.CAPITAL
            return unit or self._is_starter(following)
        if _is_dotted(token):
            return self._is_starter(following)
        return True

    def _closes_after_listed(self, token: str, following: Follower) -> bool | None:
        """What the lists say about an abbreviation; None for a word in no list."""
        words = self._words
        for form in _forms(token, following.word):
            if form in words.at_end:
                return True
            if form in words.clock:
                return not self._is_time_of_day(following)
            if form in words.before_name:
                return self._is_starter(following)
            if form in words.before_word:
                return False
            if form in words.before_number:
                return not (following.kind is Kind.NUMBER or self._is_numeral(following))
        return None

    def _is_starter(self, following: Follower) -> bool:
        if following.kind is Kind.SMALL or following.dash:
            return False
        return following.elided or following.word.lower() in self._words.starters

    def _is_time_of_day(self, following: Follower) -> bool:
        """Whether what follows goes on with a time of day: "Monday", "Eastern", "Dutch time", a dash."""
        if following.dash or following.kind is Kind.NUMBER:
            return True
        further = _NEXT_WORD.match(self._text, following.end)
        words = {following.word, further[1]} if further else {following.word}
        return not words.isdisjoint(self._words.after_clock) and not self._is_starter(following)

    def _is_numeral(self, following: Follower) -> bool:
        """Whether it is a Roman numeral or a single letter, as in "afb. B"."""
        word = following.word
        numeral = _ROMAN.fullmatch(word) or (len(word) == 1 and word.isalpha())
        return bool(numeral) and not self._is_starter(following)

    def _is_ordinal(self, number: str, previous: str, following: Follower) -> bool:
        """Whether the full stop makes an ordinal of the number, as in "het 3. Reich"."""
        if len(number) > 2 or following.kind is not Kind.CAPITAL:
            return False
        if following.word in self._words.after_ordinal:
            return True
        return previous.lower() in self._words.articles and not self._is_starter(following)

    def _is_surname(self, following: Follower) -> bool:
        """Whether a particle with a capital begins a surname, as in "J. De Vries"."""
        word, end = following.word, following.end
        for _ in range(3):
            if word.lower() not in self._words.particles:
                break
            further = _NEXT_WORD.match(self._text, end)
            if further is None:
                return False
            word, end = further[1], further.end()
        return end != following.end and word[0].isupper()


def _forms(token: str, next_word: str) -> tuple[str, ...]:
    """The forms of an abbreviation that the lists may have, the exact one first.

    Capitals count as small letters only beside another word in capitals: "MR. JANSEN", but "de VS. Hij".
    """
    if token.islower():
        tail = token.rpartition("-")[2]
        return (token,) if tail == token else (token, tail)
    if len(token) == 1:
        return (token,)
    if token.isupper() and "." not in token:
        return (token, token.lower()) if next_word.isupper() and len(next_word) > 1 else (token,)
    return token, token[0].lower() + token[1:], token.rpartition("-")[2]


def _is_initials(token: str) -> bool:
    """Whether it looks like "J", "J.P", "A.F.Th" or "J.-P", its last full stop left out."""
    parts = token.replace("-", "").split(".")
    limit = 1 if len(parts) == 1 else 3
    return all(
        part[:1].isupper() and len(part) <= limit and (len(part) == 1 or part[1:].islower()) for part in parts
    )


def _is_dotted(token: str) -> bool:
    """Whether it looks like an abbreviation of several words, such as "o.l.v", and not like an address."""
    parts = token.split(".")
    short = len(parts) > 1 and all(0 < len(part) <= 4 and part.isalpha() for part in parts)
    return short and parts[-1].lower() not in _TOP_LEVEL_DOMAINS
