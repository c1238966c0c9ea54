"""Which Dutch word can mean which English one: a small table fitted on the project's own corpus.

The table says what a word usually becomes; it is too small to translate with, and large enough to see that a
clause has no counterpart. Fitted as IBM Model 1 (Brown et al. 1993, "The Mathematics of Statistical Machine
Translation") in both directions.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mt.quality.view import Side


class Table(Mapping[str, frozenset[str]]):
    """Words with their translations; most of a table is never looked up, so that words are split only when they are.

    Args:
        texts: word to its translations, parted by spaces.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._split: dict[str, frozenset[str]] = {}

    def __getitem__(self, word: str) -> frozenset[str]:
        found = self._split.get(word)
        if found is None:
            found = self._split[word] = frozenset(self._texts[word].split())
        return found

    def missing(self, word: str, other: frozenset[str]) -> bool | None:
        """Whether none of a word's translations are among others; None where it is unknown."""
        found = self._split.get(word)
        if found is None:
            if word not in self._texts:
                return None
            found = self[word]
        return found.isdisjoint(other)

    def get(self, word: str, default: Any = None) -> Any:
        """The translations of a word, or the default."""
        return self[word] if word in self._texts else default

    def __contains__(self, word: object) -> bool:
        return word in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


ROUNDS = 6
"""Rounds of expectation maximisation; the table hardly changes after five."""

LIKELY = 1e-4
"""Least product of both directions' probabilities: *niet* and *don't* have .001 and .5; a rare word that happened
to stand near *de* has a fair chance in one direction and none in the other."""

SEEN = 2
"""Times a word must have been seen: with one sighting every word of the pair is as likely."""


Pull = tuple[float, float]
"""What a word says about a pair: how much it raises the log-odds that the target lost a denial, and that it gained
one."""


class DenialWeights(NamedTuple):
    """What a logistic regression learnt about denials; see :func:`mt.quality.negation.pulls`.

    Attributes:
        marks: the pull of what was counted: ``1:0`` denials on the sides, ``lost``, ``added``, ``left over``, and of
            ``always``.
        source, target: that of words of each side.
    """

    marks: Mapping[str, Pull] = {}
    source: Mapping[str, Pull] = {}
    target: Mapping[str, Pull] = {}

    @classmethod
    def read(cls, data: Mapping[str, Mapping[str, Sequence[float]]]) -> DenialWeights:
        """Weights from their JSON form."""
        return cls(
            *({w: (p[0], p[1]) for w, p in data[name].items()} for name in ("marks", "source", "target"))
        )

    def swapped(self) -> DenialWeights:
        """The weights for pairs whose source and target change places: what was lost is then added."""
        names = {"lost": "added", "added": "lost"}
        marks = {
            names.get(name, ":".join(reversed(name.split(":")))): pull for name, pull in self.marks.items()
        }
        return DenialWeights(*(
            {name: (added, lost) for name, (lost, added) in part.items()}
            for part in (marks, self.target, self.source)
        ))  # fmt: skip


class Lexicon(NamedTuple):
    """Translations of words in lower case.

    Attributes:
        forward: source word to target words.
        backward: target word to source words.
        source_names, target_names: the words among them that are written with a capital inside a sentence.
        source_letters: how many characters of the translation each word of the source accounts for; see
            :func:`missing_letters`.
        target_letters: the same for words of the target and characters of the source.
        denials: which words go with a denial that the other side lacks.
    """

    forward: Table
    backward: Table
    source_names: frozenset[str] = frozenset()
    target_names: frozenset[str] = frozenset()
    source_letters: Mapping[str, float] = {}
    target_letters: Mapping[str, float] = {}
    denials: DenialWeights = DenialWeights()


@cache
def lexicon(source_lang: str, target_lang: str) -> Lexicon:
    """The shipped table for two languages; an empty one where there is none."""
    if (source_lang, target_lang) == ("nl", "en"):
        raw = files("mt.quality").joinpath("data/lexicon.json").read_text(encoding="utf-8")
        return from_entries(json.loads(raw))
    if (source_lang, target_lang) == ("en", "nl"):
        other = lexicon("nl", "en")
        return Lexicon(
            other.backward, other.forward, other.target_names, other.source_names,
            other.target_letters, other.source_letters, other.denials.swapped(),
        )  # fmt: skip
    return Lexicon(Table({}), Table({}))


def from_entries(data: Mapping[str, Any]) -> Lexicon:
    """A lexicon from what :func:`fit_entries` and ``fit_letters`` and ``fit_denials`` of mt.quality made."""
    return Lexicon(
        Table(data["entries"]),
        Table(data["reverse"]),
        frozenset(data["source_names"].split()),
        frozenset(data["target_names"].split()),
        data["source_letters"],
        data["target_letters"],
        DenialWeights.read(data["denials"]),
    )


def fit_entries(pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> dict[str, Any]:
    """The table from pairs that translate each other: ``entries``, ``reverse``, ``source_names``, ``target_names``.

    An entry is a source word with its target words, parted by spaces; the reverse has them by target word.

    Args:
        pairs: the words of both sides as they are written.
    """
    lower = [([w.lower() for w in source], [w.lower() for w in target]) for source, target in pairs]
    forward = _chances(lower)
    backward = _chances([(target, source) for source, target in lower])
    entries: dict[str, list[str]] = {}
    for (source, target), chance in sorted(forward.items()):
        if chance * backward.get((target, source), 0.0) >= LIKELY:
            entries.setdefault(source, []).append(target)
    reverse: dict[str, list[str]] = {}
    for source, targets in entries.items():
        for target in targets:
            reverse.setdefault(target, []).append(source)
    return {
        "entries": {source: " ".join(targets) for source, targets in entries.items()},
        "reverse": {target: " ".join(sources) for target, sources in reverse.items()},
        "source_names": " ".join(sorted(_capitalised(source for source, _ in pairs) & entries.keys())),
        "target_names": " ".join(sorted(_capitalised(target for _, target in pairs) & reverse.keys())),
    }


WORDS, LETTERS, ALWAYS = "", " ", "  "
"""Keys of the shares of any word, of any character and of any text; no word looks like these."""


def missing_letters(text: Side, other: Side, letters: Mapping[str, float]) -> float:
    """By how many standard deviations the other side is longer or shorter than the words of a text say.

    ``Ziektekostenverzekering`` becomes two long words and ``Vandaag`` one, so that the expected length is
    nearer than a mere ratio. The variance of a length grows with it (Gale and Church 1993).

    Args:
        text: whose words say it.
        other: whose length is looked at.
        letters: characters on the other side for each known word, beside those for any word and character.

    Returns:
        0 where nothing is known of the languages.
    """
    if not letters:
        return 0.0
    expected = letters[ALWAYS] + letters[WORDS] * len(text.lower) + letters[LETTERS] * len(text.text)
    expected += sum([letters[word] for word in text.lower if word in letters])
    return (len(other.text) - expected) / math.sqrt(max(expected, 1.0) + 10)


def _capitalised(texts: Iterable[Sequence[str]]) -> set[str]:
    """Words that nearly always have a capital where they do not open the text."""
    upper: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    for text in texts:
        for word in text[1:]:
            (upper if word[0].isupper() else lower)[word.lower()] += 1
    return {word for word, count in upper.items() if count > 9 * lower[word]}


def _chances(pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> dict[tuple[str, str], float]:
    """Model 1 without an empty word: ``(word, translation)`` to its probability, for words seen often enough."""
    import numpy as np

    sources, targets = _index(s for s, _ in pairs), _index(t for _, t in pairs)
    links: list[int] = []
    events: list[int] = []
    event = 0
    width = len(targets)
    for source, target in pairs:
        here = [sources[word] * width for word in source]
        for word in target:
            links += [base + targets[word] for base in here]
            events += [event] * len(here)
            event += 1
    cells, cell = np.unique(np.asarray(links, dtype=np.int64), return_inverse=True)
    rows = cells // width
    chance = np.ones(len(cells))
    owner = np.asarray(events)
    for _ in range(ROUNDS):
        weight = chance[cell]
        weight /= np.bincount(owner, weights=weight, minlength=event)[owner]
        counts = np.bincount(cell, weights=weight, minlength=len(cells))
        chance = counts / np.bincount(rows, weights=counts, minlength=len(sources))[rows]
    often = Counter(word for source, _ in pairs for word in source)
    from_word, to_word = list(sources), list(targets)
    return {
        (from_word[rows[position]], to_word[cells[position] % width]): float(chance[position])
        for position in np.flatnonzero(chance >= LIKELY)
        if often[from_word[rows[position]]] >= SEEN
    }


def _index(texts: Iterable[Sequence[str]]) -> dict[str, int]:
    """Every distinct word to its number, in order of first sight."""
    return {word: number for number, word in enumerate(dict.fromkeys(w for text in texts for w in text))}


def uncovered(words: Sequence[str], other: frozenset[str], table: Table) -> list[bool | None]:
    """For each word whether none of its translations stand on the other side; None where that is unknown.

    A word that stands on the other side as it is counts as covered.
    """
    return [False if word in other else table.missing(word, other) for word in words]
