"""Why a score is low, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mt.data import QualityScore
from mt.quality.scorer import Trees, shipped

GROUPS: dict[str, str] = {
    "engine_end": "the engine expects more text at the end",
    "engine": "the engine would hardly write this target",
    "source_cover": "words of the source have no close counterpart",
    "target_cover": "words of the target have no close counterpart",
    "cosine": "the sentences differ in meaning",
    "source_uncovered": "known words of the source are not translated",
    "target_uncovered": "words of the target do not come from the source",
    "length_ratio": "the lengths do not fit",
    "letters": "the lengths do not fit",
    "word_ratio": "the lengths do not fit",
    "sentences": "one side has more sentences",
    "clause_marks": "one side has more clauses",
    "denials": "one side denies more often",
    "names": "names differ",
    "foreign_target": "the target does not look like its language",
    "foreign_source": "the source does not look like its language",
    "shared_words": "the sides share words as they are",
    "capitals": "capitals differ",
    "repeated_words": "words come again",
}
"""Beginning of a feature's name to what it says; the longest beginning counts."""

SHARE = 0.08
"""Part of the distance between a typical pair's log-odds and this one's from which a reason is worth telling."""


def reasons(score: QualityScore) -> list[str]:
    """What lowered a score, the strongest reason first: each group of features is set to its typical value in turn.

    Findings are not repeated here.
    """
    model = shipped()
    kind = score.method.split(":")[1] if ":" in score.method else ""
    trees = model.trees.get(kind)
    if trees is None or not score.features:
        return []
    typical = model.typical[kind]
    lowered = dict(_lowered(score.features, typical, trees))
    worst = sum(lowered.values())
    found: dict[str, float] = {}
    for group, amount in lowered.items():
        found[GROUPS[group]] = found.get(GROUPS[group], 0.0) + amount
    ranked = sorted(found.items(), key=lambda entry: -entry[1])
    return [text for text, amount in ranked if amount > SHARE * worst][:4]


def _lowered(
    features: Mapping[str, float], typical: Mapping[str, float], trees: Trees
) -> Iterator[tuple[str, float]]:
    """By how much each group of features lowers the log-odds."""
    groups: dict[str, list[str]] = {}
    for name in trees.features:
        if group := _group(name):
            groups.setdefault(group, []).append(name)
    rows: list[Mapping[str, float]] = [features]
    for names in groups.values():
        rows.append({**features, **{name: typical[name] for name in names}})
    margins = trees.margins(rows)
    for group, margin in zip(groups, margins[1:], strict=True):
        if margin - margins[0] > 0.2:
            yield group, margin - margins[0]


def _group(name: str) -> str:
    fitting = [group for group in GROUPS if name.startswith(group)]
    return max(fitting, key=len, default="")
