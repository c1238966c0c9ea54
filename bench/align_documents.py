"""Documents with a known alignment, made from the articles of the corpus."""

from __future__ import annotations

import pickle
import random
import re
from collections.abc import Iterable
from pathlib import Path

from mt.align.search import KINDS
from mt.engines import DecodeOptions, load

Pair = tuple[str, str]
Sides = tuple[list[str], list[str]]
Made = tuple[list[str], list[str], list[tuple[int, int, int, int]]]
"""Segments of both sides and the gold beads, as ``(source start, source end, target start, target end)``."""

LEVELS = {"light": (0.10, 0.08, 0.03), "middle": (0.2, 0.15, 0.07), "heavy": (0.3, 0.2, 0.13)}
"""Chances of joining neighbours, of cutting a sentence and of losing something."""


def translations(segments: Iterable[str], cache: Path | None, longest: int) -> dict[str, str]:
    """Greedy translations by the starter model; those in the file are not made again.

    Args:
        segments: what to translate.
        cache: file that keeps the translations between runs.
        longest: pieces of a translation at most.
    """
    known: dict[str, str] = pickle.loads(cache.read_bytes()) if cache and cache.exists() else {}
    sources = sorted(set(segments) - set(known))
    engine = load("starter-nl-en", threads=1) if sources else None
    options = DecodeOptions(beam_size=1, max_decoding_length=longest)
    for start in range(0, len(sources), 500):
        batch = sources[start : start + 500]
        known |= zip(batch, (best.text for best, *_ in engine.translate(batch, options)), strict=True)
        if cache:
            cache.write_bytes(pickle.dumps(known))
    return known


def articles(folder: Path) -> list[list[Pair]]:
    """The articles of all TSV files as lists of sentence pairs."""
    found = []
    for path in sorted(folder.glob("*.tsv")):
        for block in path.read_text(encoding="utf-8").split("\n\n"):
            rows = [tuple(line.split("\t")) for line in block.splitlines() if line.count("\t") == 1]
            if rows:
                found.append(rows)
    return found


class Maker:
    """Makes documents with a known alignment out of articles.

    Sentences are joined, cut at clauses, shifted over borders and lost in runs; some segments of another
    article stand on one side only. In free translations words of the target are missing.
    """

    def __init__(self, pool: list[list[Pair]], rng: random.Random) -> None:
        self._pool = pool
        self._rng = rng

    def make(self, rows: list[Pair], level: str, freedom: float = 0.0) -> Made:
        """Segments of both sides and the gold chain.

        Args:
            rows: sentence pairs.
            level: name in ``LEVELS``.
            freedom: largest share of the target's words that may be missing.
        """
        join, cut, lose = LEVELS[level]
        source, target, gold = [], [], []
        at, lost = 0, False
        while at < len(rows):
            chance = self._rng.random()
            taken, beads = 1, [([rows[at][0]], [rows[at][1]])]
            if chance < lose and not lost:
                taken, beads = self._lost(rows[at:])
            elif chance < lose + join:
                taken = self._rng.choice((2, 2, 2, 2, 3, 3, 4))
                beads = [self._regrouped(rows[at : at + taken])]
            elif chance < lose + join + cut:
                beads = [self._cut(rows[at])]
            at += taken
            lost = not all(left and right for left, right in beads)
            for left, right in beads:
                gold.append((len(source), len(source) + len(left), len(target), len(target) + len(right)))
                source += left
                target += [self._shortened(text, freedom) for text in right]
        return source, target, gold

    def _lost(self, rows: list[Pair]) -> tuple[int, list[Sides]]:
        """Sentences of these rows, or of a stranger's, on one side only; how many rows that takes."""
        run = 1 if self._rng.random() < 0.75 else self._rng.randint(2, 6)
        strange = self._rng.random() < 0.25
        lost = [self._rng.choice(self._rng.choice(self._pool)) for _ in range(run)] if strange else rows[:run]
        on_source = self._rng.random() < 0.5
        return 0 if strange else run, [([s], []) if on_source else ([], [t]) for s, t in lost]

    def _cut(self, row: Pair) -> Sides:
        """A pair with one side cut into clauses."""
        if self._rng.random() < 0.5:
            return self._clauses(row[0]), [row[1]]
        return [row[0]], self._clauses(row[1])

    def _regrouped(self, rows: list[Pair]) -> Sides:
        """Several pairs with one side as one segment, or with the borders of one side moved."""
        left, right = [s for s, _ in rows], [t for _, t in rows]
        shape = self._rng.random()
        if shape < 0.42:
            return [" ".join(left)], right
        if shape < 0.84:
            return left, [" ".join(right)]
        parts = [part for text in left for part in self._clauses(text)]
        borders = sorted(self._rng.sample(range(1, len(parts)), len(left) - 1))
        moved = [" ".join(parts[a:b]) for a, b in zip([0, *borders], [*borders, len(parts)], strict=True)]
        if moved == left or (len(left), len(right)) not in KINDS:
            return [" ".join(left)], right
        return moved, right

    def _clauses(self, text: str) -> list[str]:
        """The sentence cut at one mark, or at two, not near its ends; itself where there is none."""
        marks = [match.end() for match in re.finditer(r"[,;:.!?–](?= )", text)]
        marks = [cut for cut in marks if 15 < cut < len(text) - 15]
        if not marks:
            return [text]
        cuts = sorted(self._rng.sample(marks, min(len(marks), 1 if self._rng.random() < 0.85 else 2)))
        return [text[a:b].strip() for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    def _shortened(self, text: str, freedom: float) -> str:
        """The text without some of its words."""
        share = self._rng.random() * freedom
        kept = [word for word in text.split() if self._rng.random() >= share]
        return " ".join(kept) or text


def make_documents(folder: Path, count: int, seed: int, longest: int) -> list[Made]:
    """Documents of at most ``longest`` pairs, their levels in turn, every third one freely translated."""
    rng = random.Random(seed)
    pool = articles(folder)
    rng.shuffle(pool)
    maker = Maker(pool, rng)
    sentences = [row for article in pool for row in article]
    found = []
    for number in range(count):
        rows = sentences[number * longest % len(sentences) :][:longest]
        level = list(LEVELS)[number // 3 % len(LEVELS)]
        found.append(maker.make(rows, level, 0.4 if number % 3 == 1 else 0.0))
    return found
