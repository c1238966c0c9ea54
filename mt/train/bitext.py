"""Bitext from files: read, cleaned, freed of duplicates and of everything that is in a test set."""

from __future__ import annotations

import gzip
import itertools
import lzma
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from mt.errors import FormatError, UsageError
from mt.train.recipe import Bitext, Cleaning

Quality = Callable[[Sequence[tuple[str, str]]], Sequence[float]]
"""The probability in 0..1 that a reviewer accepts each ``(source, target)``."""

OVERLAP = 7
"""Words in a row that a training pair may not share with a test set: shorter ones are common phrases."""

_WORD = re.compile(r"\w+")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence pair on its way into training.

    Attributes:
        source, target: clean text.
        group: name of the body, and of the source within it: ``body/source``.
        follows: whether it follows the one before it in the same text.
    """

    source: str
    target: str
    group: str
    follows: bool = False


@dataclass(slots=True)
class Counts:
    """What became of the pairs; ``read`` equals ``kept`` plus the sum of ``dropped``.

    Attributes:
        read: pairs in the files.
        kept: pairs that are trained on, by group.
        dropped: pairs left out, by reason.
    """

    read: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)

    def summary(self) -> str:
        """One line for people."""
        reasons = ", ".join(f"{reason} {count}" for reason, count in self.dropped.most_common())
        return f"{self.read} pairs read, {self.kept.total()} kept" + (
            f"; left out: {reasons}" if reasons else ""
        )


def read_bitext(bitext: Bitext) -> Iterator[Example]:
    """The pairs of a body as they are in its files, blank lines left out.

    Raises:
        FormatError: a line with another number of columns, or two files with different numbers of lines;
            both counts are told.
    """
    name = bitext.name or bitext.path.name.partition(".")[0]
    if bitext.kind == "lines":
        if bitext.target is None:
            raise UsageError(
                f"{bitext.path}: no target side is named.", 'Bitext of kind "lines" needs target.'
            )
        yield from _read_lines(bitext.path, bitext.target, name)
        return
    columns = 3 if bitext.kind == "sourced-tsv" else 2
    for file in sorted(bitext.path.glob("*.tsv*")) if bitext.path.is_dir() else [bitext.path]:
        yield from _read_tsv(file, columns, name)


def read_pairs(path: Path, target: Path | None = None, limit: int = 0) -> list[tuple[str, str]]:
    """The pairs of a development or test set.

    Args:
        path: TSV file or folder, or the source side where ``target`` is given.
        target: the target side.
        limit: at most so many, spread evenly over the set; 0 for all.

    Raises:
        FormatError: as :func:`read_bitext`; also where a side is empty, since scores would be wrong.
        UsageError: there are none.
    """
    bitext = Bitext(path, target, kind="lines" if target else "tsv")
    pairs = [(example.source, example.target) for example in read_bitext(bitext)]
    for number, (source, reference) in enumerate(pairs, 1):
        if not source.strip() or not reference.strip():
            raise FormatError(f"{path}: pair {number} has an empty side.", "Every pair needs both sides.")
    if not pairs:
        raise UsageError(
            f"{path}: holds no pairs.", "Give a TSV file, source<TAB>target, or a folder of them."
        )
    step = max(1, -(-len(pairs) // limit)) if limit else 1
    return pairs[::step]


def _read_lines(source: Path, target: Path, name: str) -> Iterator[Example]:
    with _opened(source) as first, _opened(target) as second:
        counts = [0, 0]
        for one, other in itertools.zip_longest(first, second):
            counts[0] += one is not None
            counts[1] += other is not None
            if one is not None and other is not None:
                yield Example(one.rstrip("\r\n"), other.rstrip("\r\n"), name)
    if counts[0] != counts[1]:
        raise FormatError(
            f"{source} has {counts[0]} lines and {target} has {counts[1]}.",
            "They must be parallel; nothing was cut off.",
        )


def _read_tsv(file: Path, columns: int, name: str) -> Iterator[Example]:
    follows = False
    with _opened(file) as stream:
        for number, line in enumerate(stream, 1):
            cells = line.rstrip("\r\n").split("\t")
            if cells == [""]:
                follows = False
                continue
            if len(cells) != columns:
                raise FormatError(
                    f"{file} line {number}: {len(cells)} columns instead of {columns}.",
                    "A line is source<TAB>target, or name<TAB>source<TAB>target for sourced-tsv.",
                )
            group = f"{name}/{cells[0]}" if columns == 3 else name
            yield Example(cells[-2], cells[-1], group, follows and columns == 2)
            follows = True


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    openers: dict[str, Callable[..., IO[str]]] = {".xz": lzma.open, ".gz": gzip.open}
    try:
        with openers.get(path.suffix, open)(path, "rt", encoding="utf-8", newline="\n") as stream:
            yield stream
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: is not UTF-8 ({error.reason}).", "Convert it to UTF-8.") from error
    except (lzma.LZMAError, gzip.BadGzipFile, EOFError) as error:
        raise FormatError(f"{path}: is damaged ({error}).", "Fetch it again.") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}.", "Give a file that can be read.") from error


def clean(
    examples: Iterable[Example],
    cleaning: Cleaning,
    forbidden: frozenset[int] = frozenset(),
    quality: Quality | None = None,
    counts: Counts | None = None,
) -> Iterator[Example]:
    """Leave out what would teach the wrong thing; spaces are joined, nothing else is rewritten.

    Left out are pairs with an empty side, without letters, with equal sides, with lengths too different, seen
    before, sharing a 7-gram with a test set, or with a low quality score.

    Args:
        examples: in the order of their texts.
        cleaning: the limits.
        forbidden: from :func:`ngrams_of`, of the test sets.
        quality: scores pairs; needed where ``cleaning.min_quality`` is above 0.
        counts: is filled.
    """
    counts = counts if counts is not None else Counts()
    seen: set[int] = set()
    for block in _blocks(examples, 4096):
        tidy = [Example(_tidy(e.source), _tidy(e.target), e.group, e.follows) for e in block]
        reasons = [_reason(example, cleaning, forbidden, seen) for example in tidy]
        if quality is not None and cleaning.min_quality > 0:
            open_ones = [i for i, reason in enumerate(reasons) if not reason]
            values = quality([(tidy[i].source, tidy[i].target) for i in open_ones])
            for i, value in zip(open_ones, values, strict=True):
                reasons[i] = "low quality" if value < cleaning.min_quality else ""
        for example, reason in zip(tidy, reasons, strict=True):
            counts.read += 1
            if reason:
                counts.dropped[reason] += 1
            else:
                counts.kept[example.group] += 1
                yield example


def _blocks(examples: Iterable[Example], size: int) -> Iterator[tuple[Example, ...]]:
    iterator = iter(examples)
    while block := tuple(itertools.islice(iterator, size)):
        yield block


def _tidy(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _reason(example: Example, cleaning: Cleaning, forbidden: frozenset[int], seen: set[int]) -> str:
    """Why a pair is left out, or empty."""
    source, target = example.source, example.target
    if not source or not target:
        return "empty side"
    if not any(map(str.isalpha, source)) or not any(map(str.isalpha, target)):
        return "no letters"
    if source == target and len(source.split()) > 3:
        return "not translated"
    shorter, longer = sorted((len(source), len(target)))
    if longer > cleaning.max_ratio * shorter + 10:
        return "lengths differ"
    key = hash((source.lower(), target.lower()))
    if key in seen:
        return "duplicate"
    seen.add(key)
    if forbidden and not forbidden.isdisjoint([*ngrams(source), *ngrams(target)]):
        return "in a test set"
    return ""


def ngrams(text: str, size: int = OVERLAP) -> Iterator[int]:
    """Hashes of the text's n-grams of lower-cased words."""
    words = _WORD.findall(text.lower())
    for start in range(len(words) - size + 1):
        yield hash(tuple(words[start : start + size]))


def ngrams_of(paths: Iterable[Path]) -> frozenset[int]:
    """The 7-grams of test sets: text files and TSV files, or folders of them, either language."""
    found: set[int] = set()
    for path in paths:
        for file in sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]:
            with _opened(file) as stream:
                for line in stream:
                    for cell in line.rstrip("\r\n").split("\t"):
                        found.update(ngrams(cell))
    return frozenset(found)
