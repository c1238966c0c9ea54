"""Fit what words go with a denial that the other side lacks, on right pairs and pairs that lost or gained one.

scikit-learn is needed here and in :mod:`mt.quality.fitting` and nowhere else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from mt.errors import MissingExtraError
from mt.quality.lexicon import Lexicon, Table
from mt.quality.negation import ALWAYS, denials, marks
from mt.quality.noise import NOISES, Article, Place
from mt.quality.view import PairView, Side

Name = tuple[str, str]
"""A part of the weights (marks, source, target) and a name in it."""

CONSTANT = ("marks", ALWAYS)

SPARSE = 0.2
"""Inverse strength of the L1 penalty on the words' weights: some hundred words keep one."""

SEEN_IN = 10
"""Articles whose right pairs a word must stand in before it can have a weight."""


def denial_samples(articles: Sequence[Article], seed: int) -> list[DenialSample]:
    """Every right pair, and what becomes of it where a denial is taken away from either side or added to the target.

    Args:
        articles: pairs that are right.
        seed: of the choice of places.
    """
    dice = random.Random(seed)
    found = []
    for number, article in enumerate(articles):
        for index, right in enumerate(article):
            made = {right: "real"}
            for kind, name, times in DENIAL_NOISES:
                for _ in range(times):
                    spoilt = NOISES[name](Place(articles, number, index, dice))
                    if spoilt and all(text.strip() for text in spoilt):
                        made.setdefault(spoilt, kind)
            found += [DenialSample(number, kind, _denial_names(*pair)) for pair, kind in made.items()]
    return found


DENIAL_NOISES = (
    ("lost", "negation_dropped", 3),
    ("added", "negation_added", 1),
    ("added", "source_negation_dropped", 1),
)
"""What a pair with that noise is an example of, and how often it is made: a sentence may deny three times."""


class DenialSample(NamedTuple):
    """A pair as the regression on denials sees it.

    Attributes:
        article: its number.
        kind: ``real``, ``lost`` or ``added``.
        names: the parts of the weights, and the names in them, that the pair has.
    """

    article: int
    kind: str
    names: frozenset[Name]


def _denial_names(source: str, target: str) -> frozenset[Name]:
    pair = PairView(Side(source, "nl"), Side(target, "en"), Lexicon(Table({}), Table({})))
    return frozenset(
        [
            *(("marks", mark) for mark in marks(denials(pair))),
            *(("source", word) for word in pair.source.vocabulary),
            *(("target", word) for word in pair.target.vocabulary),
        ]
    )


def fit_denials(samples: Sequence[DenialSample]) -> dict[str, dict[str, list[float]]]:
    """Two logistic regressions, lost against right and added against right; see :func:`mt.quality.negation.pulls`.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    articles: dict[Name, set[int]] = {}
    for sample in samples:
        if sample.kind == "real":
            for name in sample.names:
                articles.setdefault(name, set()).add(sample.article)
    common = {n for n, seen in articles.items() if len(seen) >= SEEN_IN or n[0] == CONSTANT[0]} - {CONSTANT}
    found: dict[str, dict[str, list[float]]] = {"marks": {}, "source": {}, "target": {}}
    for place, kind in enumerate(("lost", "added")):
        for (part, word), weight in _sparse_weights([s for s in samples if s.kind in ("real", kind)], common):
            found[part].setdefault(word, [0.0, 0.0])[place] = weight
    return {part: dict(sorted(weights.items())) for part, weights in found.items()}


def _sparse_weights(
    samples: Sequence[DenialSample], common: AbstractSet[Name]
) -> Iterator[tuple[Name, float]]:
    """The names that keep a weight when right pairs are told from the others, both counting the same."""
    try:
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtraError("Fitting the score", "train") from error
    import numpy as np

    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform([dict.fromkeys(sample.names & common, 1.0) for sample in samples])
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    regression = LogisticRegression(
        C=SPARSE, l1_ratio=1.0, solver="liblinear", class_weight="balanced", max_iter=500, random_state=0
    )
    regression.fit(matrix, [sample.kind != "real" for sample in samples])
    for name, weight in zip(vectorizer.feature_names_, regression.coef_[0], strict=True):
        if rounded := round(float(weight), 2):
            yield name, rounded
    yield CONSTANT, round(float(regression.intercept_[0]), 2)
