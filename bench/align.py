"""Alignment against gold: every set and every kind of signals, word links, time and memory.

    python bench/align.py ../shared/gold --corpus corpora/train
    python bench/align.py ../shared/gold --only sets --sets textberg_dev

GOLD_DIR holds alignment/SET/NNN.{source,target,gold} and word_alignment/*.tsv. The baseline is vecalign (Thompson and
Koehn 2019) with the same encoder: its own code where the package sentweave, which holds it, is installed, and else
its cost in a search of ours: cosine distance normalised by random pairs, times the numbers of segments, deletions at
a percentile of random costs, runs of segments encoded as joined text.
"""

from __future__ import annotations

import argparse
import random
import resource
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from align_documents import Maker, articles, translations

from mt.align import Encoder, align, links_from_attention, load_encoder, word_links
from mt.align.band import full_band
from mt.align.search import Scores, viterbi
from mt.align.threads import one_thread
from mt.align.usem3 import Usem3Encoder
from mt.engines import Engine, load
from mt.evaluate import roc_auc, score_alignment, score_word_links
from mt.evaluate.goldfiles import read_beads, read_links

Beads = list[tuple[tuple[int, ...], tuple[int, ...]]]
Answer = tuple[Beads, list[float]]
"""Beads and their scores; no scores where the method has none."""

ENDINGS = {".gold": (".nl", ".en"), ".defr": (".de", ".fr")}


@dataclass
class Texts:
    """One document of a gold set."""

    source: list[str]
    target: list[str]
    gold: Beads


def read_set(folder: Path) -> list[Texts]:
    """The documents of a set, by name."""
    found = []
    for path in sorted(p for p in folder.iterdir() if p.suffix in ENDINGS):
        sides = [
            path.with_suffix(ending).read_text(encoding="utf-8").splitlines()
            for ending in ENDINGS[path.suffix]
        ]
        found.append(Texts(sides[0], sides[1], read_beads(path.read_text(encoding="utf-8").splitlines())))
    return found


class Remembering:
    """An encoder that reads every list of texts once."""

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.plain = encoder
        self._known: dict[tuple[str, ...], list[np.ndarray]] = {}

    def encode(self, texts: list[str]) -> np.ndarray:
        return self.encode_spans(texts, 1)[0].astype(np.float32)

    def encode_spans(self, texts: list[str], longest: int) -> list[np.ndarray]:
        key = tuple(texts)
        if key not in self._known:
            self._known[key] = self.plain.encode_spans(texts, 4)
        return self._known[key][:longest]


def vecalign(encoder: Encoder, texts: Texts, largest: int, seed: int = 42) -> Answer:
    """The beads of lowest cost as vecalign defines it, searched in full.

    Args:
        encoder: for joined texts.
        texts: both sides.
        largest: most segments in a bead, both sides together.
        seed: of the random pairs.
    """
    rng = np.random.default_rng(seed)
    sides = []
    for segments in (texts.source, texts.target):
        runs = range(1, largest)
        sides.append(
            [
                encoder.encode([" ".join(segments[i : i + a]) for i in range(len(segments) - a + 1)])
                for a in runs
            ]
        )
    pools = [np.concatenate(levels) for levels in sides]
    samples = [pool[rng.integers(len(pool), size=100)] for pool in pools]
    usual = [
        [1 - (level @ sample.T).mean(axis=1) for level in levels]
        for levels, sample in zip(sides, samples[::-1], strict=True)
    ]
    n, m = len(texts.source), len(texts.target)
    kinds = tuple((a, b) for a in range(1, largest) for b in range(1, largest) if a + b <= largest)
    band = full_band(n, m)
    rows, columns = band.positions(0, n + 1)
    joined = np.full((len(kinds), band.cells), -np.inf, dtype=np.float32)
    for k, (a, b) in enumerate(kinds):
        norm = 0.5 * (usual[0][a - 1][:, None] + usual[1][b - 1][None, :])
        cost = a * b * (1 - sides[0][a - 1] @ sides[1][b - 1].T) / norm
        fits = (rows >= a) & (columns >= b)
        joined[k, fits] = -cost[rows[fits] - a, columns[fits] - b]
        if (a, b) == (1, 1):
            penalty = float(np.percentile(rng.choice(cost.ravel(), 20_000), 20))
    chain = viterbi(Scores(joined, np.full(n, -penalty), np.full(m, -penalty)), band, kinds)
    return [(tuple(range(i, k)), tuple(range(j, end))) for i, k, j, end in chain], []


def original_vecalign(encoder: Encoder, texts: Texts, largest: int) -> Answer:
    """The beads of vecalign itself, as the package sentweave holds it."""
    import sentweave

    found = sentweave.align(texts.source, texts.target, encoder, alignment_max_size=largest)
    return [(tuple(bead.src_indices), tuple(bead.tgt_indices)) for bead in found.alignments], []


def ours(texts: Texts, **signals: object) -> Answer:
    """The beads of the aligner and their scores."""
    beads = align(texts.source, texts.target, **signals).beads
    return [(bead.source, bead.target) for bead in beads], [bead.score for bead in beads]


class Translations:
    """Greedy translations of the source segments, made when they are first asked for.

    Args:
        texts: all documents.
        cache: file that keeps them between runs.
    """

    def __init__(self, texts: list[Texts], cache: Path | None) -> None:
        self._texts = texts
        self._cache = cache
        self._known: dict[str, str] = {}

    def of(self, one: Texts) -> list[str]:
        """The translations of one document's source segments."""
        if not self._known:
            segments = (segment for text in self._texts for segment in text.source)
            self._known = translations(segments, self._cache, longest=256)
        return [self._known[source] for source in one.source]


def report_set(name: str, method: str, texts: list[Texts], answer: Callable[[Texts], Answer]) -> None:
    """One line: strict and lax P, R, F1 as vecalign and as SentAlign define them, and AUC of the scores."""
    started = perf_counter()
    answers = [answer(one) for one in texts]
    seconds = perf_counter() - started
    rates = score_alignment([one.gold for one in texts], [beads for beads, _ in answers])
    cells = []
    for definition in ("vecalign", "sentalign"):
        for kind in (rates[definition].strict, rates[definition].lax):
            cells.append(f"{kind.precision:.3f} {kind.recall:.3f} {kind.f1:.3f}")
    labels = [bead in set(one.gold) for one, (beads, _) in zip(texts, answers, strict=True) for bead in beads]
    scores = [score for _, found in answers for score in found]
    area = roc_auc(labels, scores) if scores and 0 < sum(labels) < len(labels) else float("nan")
    print(f"| {name} | {method} | {' | '.join(cells)} | {area:.3f} | {seconds:.1f} |", flush=True)


def report_sets(options: argparse.Namespace, encoder: Encoder) -> None:
    """All sets with all methods, or those that were asked for."""
    print("| set | signals | strict P R F1 | lax P R F1 | strict P R F1 (S) | lax P R F1 (S) | AUC | s |")
    print("|---|---|---|---|---|---|---|---|")
    remembering = Remembering(encoder)
    folders = [p for p in (options.gold / "alignment").iterdir() if p.is_dir()]
    for path in sorted(p for p in folders if p.name in (options.sets or [p.name])):
        texts = read_set(path)
        for method, answer in methods(texts, remembering, (path / "000.nl").exists(), options.cache):
            if not options.methods or method in options.methods:
                with one_thread():
                    report_set(path.name, method, texts, answer)


def methods(
    texts: list[Texts], encoder: Remembering, dutch: bool, cache: Path | None
) -> Iterator[tuple[str, Callable[[Texts], Answer]]]:
    """Every way to align, by name; translation only where the engine knows the languages."""
    yield "embeddings, lengths, numbers", lambda one: ours(one, encoder=encoder)
    yield "embeddings", lambda one: ours(one, encoder=encoder, lengths=False, numbers=False)
    yield "lengths, numbers", ours
    if dutch:
        written = Translations(texts, cache)
        yield "translation, lengths, numbers", lambda one: ours(one, translation=written.of(one))
        yield "all four", lambda one: ours(one, encoder=encoder, translation=written.of(one))
    original = find_spec("sentweave") is not None
    for largest in (4, 6, 8):
        name = f"{'vecalign' if original else 'cost of vecalign'} {largest}"
        method = original_vecalign if original else vecalign
        yield name, partial(method, encoder.plain, largest=largest)


def report_words(path: Path, encoder: Encoder) -> None:
    """Word links by embeddings, by the shipped model's attention to the given target, and without either."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    gold = read_links(path.read_text(encoding="utf-8").splitlines())
    print("\n| word links | P | R | F1 |\n|---|---|---|---|")
    methods: dict[str, Callable[[list[str]], list[tuple[int, int]]]] = {
        "embeddings of words in context": lambda row: word_links(
            row[0].split(), row[1].split(), encoder=encoder
        ),
        "cross attention of the starter model": Attention(load("starter-nl-en", threads=1)).links,
        "spelling and position": lambda row: word_links(row[0].split(), row[1].split()),
    }
    for name, method in methods.items():
        found = [" ".join(f"{i}-{j}" for i, j in method(row)) for row in rows]
        result = score_word_links(gold, read_links(found, form="pharaoh"))
        print(f"| {name} | {result.precision:.3f} | {result.recall:.3f} | {result.f1:.3f} |", flush=True)


class Attention:
    """Links from the attention that a model pays to the Dutch side while it is made to write the English one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def links(self, row: list[str]) -> list[tuple[int, int]]:
        """Links of an English-Dutch row."""
        english, dutch = row[0], row[1]
        source = self._engine.tokens(dutch)
        [scored] = self._engine.score([(dutch, english)])
        target = list(scored.tokens[:-1])
        [answer] = self._engine._translator.translate_batch(
            [[*source, "</s>"]], target_prefix=[target], return_attention=True, beam_size=1,
            max_decoding_length=len(target) + 1,
        )  # fmt: skip
        attention = [weights[: len(source)] for weights in answer.attention[0][: len(target)]]
        return sorted((j, i) for i, j in links_from_attention(target, source, attention, dutch, english))


class Repeating(Usem3Encoder):
    """The encoder, which does not read a text again that comes again; a long document made of few articles has many."""

    def _sums(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        number = {text: index for index, text in enumerate(dict.fromkeys(texts))}
        sums, counts = super()._sums(list(number))
        places = [number[text] for text in texts]
        return sums[places], counts[places]


def report_size(corpus: Path, encoder: Encoder | None, size: int, sample: int) -> None:
    """Time and memory of two documents of ``size`` segments, beside the encoder's own time for them.

    Args:
        corpus: of the articles that they are made from.
        encoder: None aligns by lengths and numbers.
        size: segments.
        sample: every how manieth segment the encoder reads alone, to estimate its own time.
    """
    rng = random.Random(3)
    pool = articles(corpus)
    maker = Maker(pool, rng)
    source, target, gold = [], [], set()
    while min(len(source), len(target)) < size:
        left, right, beads = maker.make(rng.choice(pool), "light", 0.15)
        gold |= {
            (tuple(range(i + len(source), k + len(source))), tuple(range(j + len(target), m + len(target))))
            for i, k, j, m in beads
        }
        source += left
        target += right
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if encoder:
        encoder.encode(source[:50])
    clocks = [(perf_counter(), process_time())]
    if encoder:
        encoder._encoder.encode(source[::sample])
        encoder._encoder.encode(target[::sample])
    clocks.append((perf_counter(), process_time()))
    beads = [(bead.source, bead.target) for bead in align(source, target, encoder=encoder).beads]
    clocks.append((perf_counter(), process_time()))
    wall, cpu = ([b[k] - a[k] for a, b in pairwise(clocks)] for k in (0, 1))
    wall[0], cpu[0] = wall[0] * sample, cpu[0] * sample
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    right = len(set(beads) & gold)
    print(f"\n{len(source)} x {len(target)} segments:")
    print(f"alignment {wall[1]:.1f} s (CPU {cpu[1]:.1f}); peak memory {peak:.0f} MB, {before:.0f} MB before")
    if encoder:
        print(f"encoder alone {wall[0]:.1f} s (CPU {cpu[0]:.1f}), from every {sample}th segment")
        print(f"ratio {wall[1] / wall[0]:.2f} (CPU {cpu[1] / cpu[0]:.2f})")
    print(f"strict P {right / len(beads):.3f} R {right / len(gold):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gold", type=Path, metavar="GOLD_DIR")
    parser.add_argument("--corpus", type=Path, help="TSV articles to make long documents from")
    parser.add_argument("--size", type=int, default=20_000, help="segments of the long documents")
    parser.add_argument("--sample", type=int, default=1, help="the encoder alone reads every so manieth one")
    parser.add_argument(
        "--encode", choices=["all", "once", "none"], default="all",
        help="segments that the encoder reads for --only size; once: those that come again not again",
    )  # fmt: skip
    parser.add_argument("--sets", nargs="*", default=[], help="names of the alignment sets, by default all")
    parser.add_argument("--methods", nargs="*", default=[], help="names in the second column, by default all")
    parser.add_argument("--cache", type=Path, help="file that keeps the translations between runs")
    parser.add_argument("--only", choices=["sets", "words", "size"], help="one part of the report")
    options = parser.parse_args()
    encoder = load_encoder()
    if options.corpus and options.only in (None, "size"):
        readers = {"all": encoder, "once": Repeating(), "none": None}
        report_size(options.corpus, readers[options.encode], options.size, options.sample)
    if options.only in (None, "words"):
        for path in sorted((options.gold / "word_alignment").glob("*.tsv")):
            report_words(path, encoder)
    if options.only in (None, "sets"):
        report_sets(options, encoder)


if __name__ == "__main__":
    main()
