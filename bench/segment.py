"""Sentence boundaries against gold: ours beside pysbd, syntok, sentence-splitter and segtok, in one run.

    python bench/segment.py GOLD_DIR [--lang nl] [--errors]

GOLD_DIR holds ``*.jsonl``: a paragraph a line, a JSON list of its sentences; or ``*.tsv``: a sentence a line,
Dutch and English in two columns, articles parted by empty lines. The sentences are joined by one space and
segmented again. Precision, recall and F1 count inner boundaries by the number of characters that are not white
space before them.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter

from mt.segment import segment

Splitter = Callable[[str], Iterable[str]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("gold", type=Path, help="folder with *.jsonl")
    arguments.add_argument("--lang", default="nl")
    arguments.add_argument("--repeats", type=int, default=5, help="runs whose median time counts")
    arguments.add_argument("--errors", action="store_true", help="print every boundary that ours has wrong")
    options = arguments.parse_args()
    splitters = {"mt": ours(options.lang), **peers(options.lang)}
    sets = {path.stem: json_paragraphs(path) for path in sorted(options.gold.glob("*.jsonl"))}
    articles = [
        article for path in sorted(options.gold.glob("*.tsv")) for article in tsv_articles(path, options.lang)
    ]
    sets |= {f"{options.gold.name}-{options.lang}": articles} if articles else {}
    print(f"{'set':<18} {'segmenter':<18} {'P':>7} {'R':>7} {'F1':>7} {'sentences/s':>12}")
    for gold, paragraphs in sets.items():
        for name, splitter in splitters.items():
            report(gold, name, splitter, paragraphs, options.repeats)
        if options.errors:
            show_errors(splitters["mt"], paragraphs)


def json_paragraphs(path: Path) -> list[list[str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tsv_articles(path: Path, lang: str) -> list[list[str]]:
    """The sentences of each article; headlines and other lines without a mark are no sentences."""
    articles = path.read_text(encoding="utf-8").strip().split("\n\n")
    column = 0 if lang == "nl" else 1
    rows = [[line.split("\t")[column] for line in article.splitlines()[1:]] for article in articles]
    return [
        [row for row in article if row.rstrip("\"'”’“»)").endswith((".", "!", "?", "…"))] for article in rows
    ]


def report(gold: str, name: str, splitter: Splitter, paragraphs: list[list[str]], repeats: int) -> None:
    right = found = wanted = 0
    for sentences in paragraphs:
        truth, guess = boundaries(sentences), boundaries(splitter(" ".join(sentences)))
        right, found, wanted = right + len(truth & guess), found + len(guess), wanted + len(truth)
    precision, recall = right / found, right / wanted
    f1 = 2 * precision * recall / (precision + recall)
    speed = sum(map(len, paragraphs)) / median_seconds(splitter, paragraphs, repeats)
    print(f"{gold:<18} {name:<18} {precision:7.4f} {recall:7.4f} {f1:7.4f} {speed:12,.0f}")


def median_seconds(splitter: Splitter, paragraphs: list[list[str]], repeats: int) -> float:
    texts = [" ".join(sentences) for sentences in paragraphs]
    times = []
    for _ in range(repeats):
        start = perf_counter()
        for text in texts:
            list(splitter(text))
        times.append(perf_counter() - start)
    return statistics.median(times)


def boundaries(sentences: Iterable[str]) -> set[int]:
    """Inner boundaries of a paragraph, each as the number of non-space characters before it."""
    position, ends = 0, []
    for sentence in sentences:
        position += len("".join(sentence.split()))
        ends.append(position)
    return {end for end in ends if 0 < end < position}


def show_errors(splitter: Splitter, paragraphs: list[list[str]]) -> None:
    for sentences in paragraphs:
        text = " ".join(sentences)
        offsets = [index for index, character in enumerate(text) if not character.isspace()]
        truth, guess = boundaries(sentences), boundaries(splitter(text))
        for boundary in sorted(truth ^ guess):
            at = offsets[boundary]
            kind = "missed" if boundary in truth else "extra"
            print(f"  {kind:<7} {text[max(0, at - 50) : at]!r} | {text[at : at + 40]!r}")


def ours(lang: str) -> Splitter:
    return lambda text: [text[start:end] for start, end in segment(text, lang)]


def peers(lang: str) -> dict[str, Splitter]:
    """The segmenters that we compare with, each at its own best setting for the language."""
    import pysbd
    import segtok.segmenter
    import syntok.segmenter
    from sentence_splitter import SentenceSplitter

    pysbd_segmenter = pysbd.Segmenter(language=lang, clean=False)
    splitter = SentenceSplitter(language=lang)

    def syntok_split(text: str) -> Iterable[str]:
        for paragraph in syntok.segmenter.process(text):
            for sentence in paragraph:
                yield "".join(token.spacing + token.value for token in sentence)

    return {
        "pysbd": pysbd_segmenter.segment,
        "syntok": syntok_split,
        "sentence-splitter": splitter.split,
        "segtok": segtok.segmenter.split_single,
    }


if __name__ == "__main__":
    main()
