"""A lexical shortlist: for each source piece the target pieces it can become, so that the decoder scores few words.

The softmax over the whole vocabulary is the largest part of decoding with a small model. A shortlist from word
translation probabilities (IBM Model 1, Brown et al. 1993) leaves a few hundred to a few thousand rows of it
(Jean et al. 2015, L'Hostis et al. 2016). CTranslate2 reads it from ``vmap.txt``.
"""

from __future__ import annotations

import gzip
import lzma
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mt.engines.storage import read_json
from mt.engines.tokenizer import MarianTokenizer
from mt.errors import UsageError

FILE = "vmap.txt"
FREQUENT = 800
"""Target pieces that are always allowed, the most frequent ones: articles, endings, punctuation."""
BEST = 30
"""Target pieces for each source piece: more cost speed, fewer cost BLEU."""
MOST_PAIRS = 100_000
"""Pairs that are read, spread over the whole bitext; more of them change the table little."""

_ITERATIONS = 3
_LONGEST = 60
_SMALLEST = 1e-3
_CHUNK = 10_000

Ids = NDArray[np.int64]


def build(folder: Path, bitext: Path, best: int = BEST, frequent: int = FREQUENT) -> int:
    """Write the shortlist of a model beside its weights.

    Args:
        folder: a CTranslate2 folder with its SentencePiece models.
        bitext: ``source TAB target`` a line, plain, .gz or .xz, or a folder of such ``.tsv`` files.
        best: target pieces for each source piece.
        frequent: target pieces that are always allowed.

    Returns:
        the number of source pieces in the list.

    Raises:
        UsageError: the bitext is missing, empty, or not two columns.
    """
    tokenizer = MarianTokenizer(folder)
    pairs = list(_spread(read_bitext(bitext), MOST_PAIRS))
    sources, source_ids = _numbered(tokenizer.encode_sources([source for source, _ in pairs]))
    targets, target_ids = _numbered(tokenizer.encode_targets([target for _, target in pairs]))
    keys, probabilities = translation_table(source_ids, target_ids, len(targets))
    # The token that starts the decoder must be a candidate like any other.
    start = read_json(folder / "config.json")["decoder_start_token"]
    common = [start, *_common(targets, target_ids, frequent)]
    rules = _rules(keys, probabilities, sources, targets, best, set(common))
    unfinished = folder / f".{FILE}.unfinished"
    with unfinished.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("\t" + " ".join(common) + "\n")
        for source, allowed in rules.items():
            stream.write(f"{source}\t{' '.join(allowed)}\n")
    unfinished.replace(folder / FILE)
    return len(rules)


def read_bitext(path: Path) -> Iterator[tuple[str, str]]:
    """The pairs of a file with two columns, or of a folder of them.

    Blank lines, and lines with an empty side, are left out.

    Raises:
        UsageError: no such file, no pair, or a line that has not two columns.
    """
    found = False
    for file in sorted(path.glob("*.tsv*")) if path.is_dir() else [path]:
        for pair in _read_file(file):
            found = True
            yield pair
    if not found:
        raise UsageError(f"{path}: holds no pairs.", "Give source TAB target on each line.")


def _read_file(path: Path) -> Iterator[tuple[str, str]]:
    opener: Any = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                columns = line.rstrip("\n").split("\t")
                if columns != [""] and len(columns) != 2:
                    raise UsageError(
                        f"{path} line {number}: {len(columns)} columns.",
                        "Give source TAB target on each line.",
                    )
                if all(column.strip() for column in columns):
                    yield columns[0], columns[1]
    except (OSError, EOFError, UnicodeDecodeError, lzma.LZMAError) as error:
        raise UsageError(f"{path}: cannot be read ({error}).", "Give a UTF-8 file of pairs.") from error


def _spread(pairs: Iterable[tuple[str, str]], most: int) -> Iterator[tuple[str, str]]:
    """At most ``most`` pairs, evenly from the whole."""
    everything = list(pairs)
    step = max(1.0, len(everything) / most)
    return (everything[int(index * step)] for index in range(min(most, len(everything))))


def _numbered(rows: Sequence[Sequence[str]]) -> tuple[list[str], list[Ids]]:
    """The pieces that occur, and the distinct ones of each row as indices into them."""
    numbers: dict[str, int] = {}
    ids = [
        np.unique(
            np.array([numbers.setdefault(piece, len(numbers)) for piece in row[:_LONGEST]], dtype=np.int64)
        )
        for row in rows
    ]
    return list(numbers), ids


def translation_table(
    sources: Sequence[Ids], targets: Sequence[Ids], target_count: int
) -> tuple[Ids, NDArray[np.float32]]:
    """Train IBM Model 1 on the distinct pieces of each pair.

    Args:
        sources, targets: indices of the pieces of each pair.
        target_count: number of different target pieces.

    Returns:
        the pairs of pieces that occur, as ``source * target_count + target`` in ascending order, and for each
        the probability of the target given the source.
    """
    chunks = [
        _cells(sources[start : start + _CHUNK], targets[start : start + _CHUNK], target_count)
        for start in range(0, len(sources), _CHUNK)
    ]
    keys = _seen_twice(np.unique(cells, return_counts=True) for cells, _ in chunks)
    probabilities = np.ones(len(keys), dtype=np.float32)
    for _ in range(_ITERATIONS):
        expected = np.zeros(len(keys), dtype=np.float64)
        for cells, groups in chunks:
            where, known = _find(cells, keys)
            share = probabilities[where] * known
            total = np.bincount(groups, weights=share, minlength=int(groups[-1]) + 1)
            share = np.divide(share, total[groups], out=np.zeros_like(share), where=total[groups] > 0)
            expected += np.bincount(where, weights=share, minlength=len(keys))
        rows = keys // target_count
        sums = np.bincount(rows, weights=expected)
        probabilities = (expected / np.maximum(sums[rows], 1e-12)).astype(np.float32)
    return keys, probabilities


def _cells(sources: Sequence[Ids], targets: Sequence[Ids], target_count: int) -> tuple[Ids, Ids]:
    """Every source with every target piece of each pair, and for each cell the number of its target token."""
    cells, groups, group = [], [], 0
    for source, target in zip(sources, targets, strict=True):
        cells.append((source[None, :] * target_count + target[:, None]).ravel())
        groups.append(np.repeat(np.arange(group, group + len(target)), len(source)))
        group += len(target)
    return np.concatenate(cells), np.concatenate(groups)


def _seen_twice(counted: Iterable[tuple[Ids, Ids]]) -> Ids:
    """The keys with a count of two or more over all chunks; all of them where that leaves none."""
    parts = list(counted)
    keys, where = np.unique(np.concatenate([part for part, _ in parts]), return_inverse=True)
    counts = np.bincount(where, weights=np.concatenate([count for _, count in parts]))
    return keys[counts >= 2] if np.any(counts >= 2) else keys


def _find(cells: Ids, keys: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    where = np.minimum(np.searchsorted(keys, cells), len(keys) - 1)
    return where, keys[where] == cells


def _common(targets: list[str], rows: Sequence[Ids], frequent: int) -> list[str]:
    """The most frequent target pieces, and everything that spells: letters, digits, signs, bytes."""
    counts = np.bincount(np.concatenate(rows), minlength=len(targets))
    top = [targets[index] for index in np.argsort(-counts, kind="stable")[:frequent]]
    spelling = [piece for piece in targets if len(piece.lstrip("▁")) <= 1 or piece.startswith("<0x")]
    return list(dict.fromkeys(top + spelling))


def _rules(
    keys: Ids,
    probabilities: NDArray[np.float32],
    sources: list[str],
    targets: list[str],
    best: int,
    common: set[str],
) -> dict[str, list[str]]:
    """For each source piece its best targets, itself (names are copied), and both in the other case.

    What is allowed everywhere takes no place here.
    """
    known = set(targets) - common
    order = np.lexsort((-probabilities, keys // len(targets)))
    taken: Counter[int] = Counter()
    rules: dict[str, list[str]] = {source: [source] for source in sources}
    for index in order:
        source, target = divmod(int(keys[index]), len(targets))
        if probabilities[index] >= _SMALLEST and taken[source] < best and targets[target] in known:
            taken[source] += 1
            rules[sources[source]].append(targets[target])
    return {
        source: [piece for piece in dict.fromkeys(_with_other_case(allowed)) if piece in known]
        for source, allowed in rules.items()
    }


def _with_other_case(pieces: Iterable[str]) -> Iterator[str]:
    """Each piece, and the same with its first letter in the other case."""
    for piece in pieces:
        yield piece
        start = len(piece) - len(piece.lstrip("▁"))
        yield piece[:start] + piece[start : start + 1].swapcase() + piece[start + 1 :]
