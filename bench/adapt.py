"""Adaptation end to end: reviewers edit pairs of one subject, the model learns, held-out articles are scored.

    python bench/adapt.py corpora --subject sport-culture --subject registers --subject newspaper-long --edits house

The reviewers are simulated: they edit the starter's translation of articles of the development split into the
references, with --edits house brought to the style of a house that differs from the corpus (British spelling, single
quotes, figures for numbers, % and € as signs, units as symbols). They review every second of the other articles of
that split as well, which tells whether the model got worse there. The subject's articles of the test split in that
style, which no step sees, tell what was gained; all other articles of the test split tell what it does elsewhere, in
that style and as they are. In the end the new model, where it was installed, is rolled back.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from mt.data import Document, Pair, Review, Segment, Verdict
from mt.engines.models import resolve, starter
from mt.evaluate import compare
from mt.store import PairRow, Store
from mt.train.adapt import AdaptOptions, adapt
from mt.train.bitext import read_bitext
from mt.train.export import translations
from mt.train.recipe import Bitext
from mt.train.versions import rollback, training_folder

Pairs = list[tuple[str, str]]

SPELLINGS = {
    "color": "colour", "colors": "colours", "colored": "coloured", "coloring": "colouring",
    "favor": "favour", "favorite": "favourite", "honor": "honour", "honored": "honoured", "labor": "labour",
    "neighbor": "neighbour", "neighbors": "neighbours", "neighborhood": "neighbourhood",
    "neighborhoods": "neighbourhoods", "neighboring": "neighbouring", "harbor": "harbour",
    "behavior": "behaviour", "rumors": "rumours", "center": "centre", "centers": "centres",
    "theater": "theatre", "theaters": "theatres", "fiber": "fibre", "fibers": "fibres",
    "organize": "organise", "organized": "organised", "organizer": "organiser", "organizers": "organisers",
    "organization": "organisation", "organizations": "organisations", "recognize": "recognise",
    "recognized": "recognised", "realize": "realise", "realized": "realised", "criticize": "criticise",
    "criticized": "criticised", "analyze": "analyse", "analyzed": "analysed", "apologized": "apologised",
    "emphasized": "emphasised", "emphasizes": "emphasises", "specialized": "specialised",
    "traveled": "travelled", "travelers": "travellers", "traveling": "travelling", "canceled": "cancelled",
    "defense": "defence", "license": "licence", "program": "programme", "programs": "programmes",
    "gray": "grey", "aging": "ageing", "toward": "towards", "tumor": "tumour", "tumors": "tumours",
    "vapor": "vapour", "liter": "litre", "liters": "litres", "tons": "tonnes",
}  # fmt: skip
UNITS = {
    "kilometer": "km", "kilometers": "km", "meter": "m", "meters": "m", "centimeters": "cm",
    "kilograms": "kg", "hectares": "ha",
}  # fmt: skip
FIGURES = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20", "thirty": "30",
    "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
}  # fmt: skip


def house_style(text: str) -> str:
    """English of the corpus in the style of another house."""
    text = re.sub(r"(?<![\w-])[A-Za-z]+(?![\w-])", _house_word, text)
    text = re.sub(r"\b(\d[\d.,]*) percent\b", r"\1%", text)
    text = re.sub(r"\b(\d[\d.,]*(?: (?:million|billion))?) euros\b", r"€\1", text)
    return text.replace("“", "‘").replace("”", "’")


def _house_word(match: re.Match[str]) -> str:
    word = match[0]
    british = SPELLINGS.get(word.lower())
    if british:
        return british.capitalize() if word[0].isupper() else british
    return FIGURES.get(word) or UNITS.get(word) or word


class Lines:
    """Progress on stdout."""

    def progress(self, done: float, loss: float, tokens_per_second: float, seconds_left: float) -> None:
        """Nothing: the notes are enough."""

    def note(self, text: str) -> None:
        """One line."""
        print(text, flush=True)


def review_all(store: Store, base: Path, folder: str, articles: list[Pairs]) -> None:
    """Store every article as a document whose drafts were edited into their references."""
    left = iter(translations(base, [source for pairs in articles for source, _ in pairs]))
    for number, pairs in enumerate(articles):
        text = "".join(f"{source}\n" for source, _ in pairs)
        position, segments = 0, []
        for source, _ in pairs:
            segments.append(Segment(source, position, position + len(source), plain=source))
            position += len(source) + 1
        document = store.put_document(Document("", "nl", text, name=f"{folder}/{number}.txt"), "en")
        store.add_segments(document, segments)
        rows = [PairRow(i, Pair(source, next(left) or "?")) for i, (source, _) in enumerate(pairs)]
        store.add_pairs(document, rows)
        for stored, (_, reference) in zip(list(store.pairs(document)), pairs, strict=True):
            store.record(Review(stored.id, Verdict.EDITED, reference, "simulated", datetime.now(UTC)))


def articles_of(
    arguments: argparse.Namespace, part: str, inside: bool, styled: bool | None = None
) -> list[Pairs]:
    """The articles of a split that are of the subjects, or those that are not, in the reviewers' style."""
    styled = arguments.edits == "house" if styled is None else styled
    articles: list[Pairs] = []
    for file in sorted((arguments.corpora / part).glob("*.tsv")):
        if (file.stem[:-4] in arguments.subject) is not inside:
            continue
        for example in read_bitext(Bitext(file)):
            if not example.follows:
                articles.append([])
            articles[-1].append((example.source, house_style(example.target) if styled else example.target))
    return articles


def split(arguments: argparse.Namespace, part: str, inside: bool, styled: bool | None = None) -> Pairs:
    """The pairs of :func:`articles_of`."""
    return [pair for article in articles_of(arguments, part, inside, styled) for pair in article]


def main() -> None:
    """Adapt the starter in a home of its own and print what changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--subject", action="append", required=True)
    parser.add_argument("--edits", choices=("references", "house"), default="references")
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--evidence", type=float, default=3.0)
    parser.add_argument("--epochs", type=float, default=8.0)
    parser.add_argument("--replay-share", type=float, default=0.5)
    parser.add_argument("--blend", type=float, default=0.4)
    parser.add_argument("--method", default="replacements")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--matrix-rate", type=float, default=2e-3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        os.environ["MT_HOME"] = str(home)
        run(arguments, home)


def run(arguments: argparse.Namespace, home: Path) -> None:
    """Everything in one temporary home."""
    base = training_folder(starter())
    articles, count = [], 0
    for article in articles_of(arguments, "dev", inside=True):
        articles.append(article[: arguments.pairs - count])
        count += len(articles[-1])
        if count == arguments.pairs:
            break
    options = AdaptOptions(
        model="starter-nl-en", documents=("subject/*",), epochs=arguments.epochs, replay=arguments.replay_share,
        method=arguments.method, rate=arguments.rate, matrix_rate=arguments.matrix_rate, blend=arguments.blend,
        evidence=arguments.evidence,
    )  # fmt: skip
    replay = None if arguments.method == "replacements" else arguments.corpora / "train"
    with Store.open(home / "store.db") as store:
        review_all(store, base, "subject", articles)
        review_all(store, base, "other", articles_of(arguments, "dev", inside=False)[::2])
        started = perf_counter()
        adapted = adapt(store, home / "run", replay, options=options, listener=Lines())
    print(f"{adapted.pairs} edited pairs of {len(articles)} articles; {perf_counter() - started:.0f} s")
    for change in adapted.changes:
        print(f"{change.test_set} ({change.segments}) {change.old.metric}: {change.old.value:.2f} -> "
              f"{change.new.value:.2f}, p = {change.p_value:.3f}")  # fmt: skip
    print(adapted.reason)
    measure(arguments, base, adapted.folder)
    if adapted.installed is not None:
        print(
            f"{resolve('auto').name} is what auto stands for; after rollback {rollback(adapted.installed.name).name}"
        )


def measure(arguments: argparse.Namespace, base: Path, new_model: Path) -> None:
    """Print the scores of both models on the test split."""
    tests = {
        "subject's test articles": split(arguments, "test", True),
        "other test articles": split(arguments, "test", False),
    }
    if arguments.edits == "house":
        tests["other test articles, as they are"] = split(arguments, "test", False, styled=False)
    for name, test in tests.items():
        sources = [source for source, _ in test]
        systems = {"old": translations(base, sources), "new": translations(new_model, sources)}
        result = compare(systems, [[t for _, t in test]], baseline="old", metrics=("bleu", "chrf2++"))
        for rows in result.rows.values():
            old, new = rows
            print(f"{name} ({len(test)}) {old.score.metric}: {old.score.value:.2f} -> {new.score.value:.2f}, "
                  f"p = {new.p_values['bootstrap']:.3f}  {old.score.signature}")  # fmt: skip


if __name__ == "__main__":
    main()
