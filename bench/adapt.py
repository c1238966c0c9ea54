"""Adaptation end to end: reviewers edit pairs of one subject, the model learns, held-out articles are scored.

    python bench/adapt.py corpora --subject economy-science --subject science --subject encyclopaedia

The reviewers are simulated: they edit the starter's translation of articles of the development split into the
references; other articles of that split are the general set. The subject's articles of the test split, which no
step sees, tell what was gained; all other articles of the test split tell what was forgotten.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from mt.data import Document, Pair, Review, Segment, Verdict
from mt.evaluate import compare
from mt.store import PairRow, Store
from mt.train.adapt import AdaptOptions, adapt
from mt.train.bitext import read_pairs
from mt.train.export import translations
from mt.train.versions import training_folder


class Lines:
    """Progress on stdout."""

    def progress(self, done: float, loss: float, tokens_per_second: float, seconds_left: float) -> None:
        """Nothing: the notes are enough."""

    def note(self, text: str) -> None:
        """One line."""
        print(text, flush=True)


def reviewed_store(path: Path, pairs: list[tuple[str, str]], drafts: list[str]) -> Store:
    """A store in which every draft was edited into its reference."""
    store = Store.open(path)
    text = "".join(f"{source}\n" for source, _ in pairs)
    position, segments = 0, []
    for source, _ in pairs:
        segments.append(Segment(source, position, position + len(source), plain=source))
        position += len(source) + 1
    document = store.put_document(Document("", "nl", text, name="subject.txt"), "en")
    store.add_segments(document, segments)
    store.add_pairs(document, [PairRow(i, Pair(s, drafts[i] or "?")) for i, (s, _) in enumerate(pairs)])
    for stored, (_, reference) in zip(list(store.pairs(document)), pairs, strict=True):
        store.record(Review(stored.id, Verdict.EDITED, reference, "simulated", datetime.now(UTC)))
    return store


def split(corpora: Path, part: str, subjects: list[str], inside: bool) -> list[tuple[str, str]]:
    """The pairs of a split's files that are, or are not, of the subjects."""
    files = [f for f in sorted((corpora / part).glob("*.tsv")) if (f.stem[:-4] in subjects) is inside]
    return [pair for file in files for pair in read_pairs(file)]


def main() -> None:
    """Adapt the starter in a home of its own and print what changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--subject", action="append", required=True)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--epochs", type=float, default=8.0)
    parser.add_argument("--replay-share", type=float, default=0.5)
    parser.add_argument("--blend", type=float, default=0.4)
    parser.add_argument("--method", default="full")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--matrix-rate", type=float, default=2e-3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        os.environ["MT_HOME"] = str(home)
        run(arguments, home)


def run(arguments: argparse.Namespace, home: Path) -> None:
    """Everything in one temporary home."""
    from mt.engines.models import starter

    base = training_folder(starter())
    pairs = split(arguments.corpora, "dev", arguments.subject, inside=True)[: arguments.pairs]
    options = AdaptOptions(
        model="starter-nl-en", epochs=arguments.epochs, replay=arguments.replay_share, method=arguments.method,
        rate=arguments.rate, matrix_rate=arguments.matrix_rate, blend=arguments.blend,
    )  # fmt: skip
    general = home / "general.tsv"
    others = split(arguments.corpora, "dev", arguments.subject, inside=False)[::2]
    general.write_text("".join(f"{source}\t{target}\n" for source, target in others), encoding="utf-8")
    drafts = translations(base, [source for source, _ in pairs])
    started = perf_counter()
    with reviewed_store(home / "store.db", pairs, drafts) as store:
        adapted = adapt(store, home / "run", arguments.corpora / "train", general, options, Lines())
    print(f"{len(pairs)} edited pairs, {adapted.pairs} trained on; {perf_counter() - started:.0f} s")
    for change in adapted.changes:
        print(f"{change.test_set} ({change.segments}) {change.old.metric}: {change.old.value:.2f} -> "
              f"{change.new.value:.2f}, p = {change.p_value:.3f}")  # fmt: skip
    print(adapted.reason)
    for name, inside in (("subject's test articles", True), ("other test articles", False)):
        test = split(arguments.corpora, "test", arguments.subject, inside)
        sources = [source for source, _ in test]
        systems = {"old": translations(base, sources), "new": translations(adapted.folder, sources)}
        result = compare(systems, [[t for _, t in test]], baseline="old", metrics=("bleu", "chrf2++"))
        for rows in result.rows.values():
            old, new = rows
            print(f"{name} ({len(test)}) {old.score.metric}: {old.score.value:.2f} -> {new.score.value:.2f}, "
                  f"p = {new.p_values['bootstrap']:.3f}  {old.score.signature}")  # fmt: skip


if __name__ == "__main__":
    main()
