"""Which system to ship, how sure that is, and where the runner-up is better: what a reader in a hurry needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mt.evaluate import Comparison, SystemScore
from mt.evaluate.buckets import BucketTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIGNIFICANT = 0.05
"""Below this p-value a difference is taken to be more than chance."""

FEW = 200
"""Segments below which intervals are too wide to decide much."""

ENOUGH = 20
"""Segments below which a bucket says nothing about a system."""

TEST_NAMES = {"bootstrap": "paired bootstrap", "randomisation": "approximate randomisation"}


@dataclass(frozen=True, slots=True)
class Duel:
    """The best system against the runner-up under one metric.

    Attributes:
        metric: its name.
        best, other: their scores.
        gain: how much better the best system is, whatever the direction of the metric; negative where it is worse.
        p_value: of that difference, or None where it was not tested.
        test: which test it is from.
    """

    metric: str
    best: float
    other: float
    gain: float
    p_value: float | None
    test: str = ""

    @property
    def sure(self) -> bool:
        """Whether there is a difference that is hardly chance."""
        return self.p_value is not None and self.p_value < SIGNIFICANT and self.gain != 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which system to ship.

    Attributes:
        best: the system with the best first metric.
        runner_up: the second best, or empty.
        sure: whether the best is significantly better (p < 0.05) than the runner-up.
        headline: the decision in a few words.
        sentences: the reasons.
        duels: best against runner-up, a metric each.
        facts: what else bears on the decision.
    """

    best: str
    runner_up: str
    sure: bool
    headline: str
    sentences: tuple[str, ...]
    duels: tuple[Duel, ...] = ()
    facts: tuple[str, ...] = ()


def judge(comparison: Comparison, apart: Collection[str] = ()) -> Verdict:
    """Which system is best by the first metric, whether by chance, and whether the other metrics agree.

    Args:
        comparison: the scores.
        apart: systems out of competition, unless there are no others.
    """
    comparison = _without(comparison, apart)
    main = next(iter(comparison.rows))
    ranked = _ranked(comparison, main)
    best = ranked[0].system
    if len(ranked) == 1:
        row = ranked[0]
        about = "" if row.half_width is None else f" ± {row.half_width:.1f}"
        sentence = f"{main} is {row.score.value:.1f} over {comparison.segments:,} segments."
        return Verdict(best, "", False, f"{main} {row.score.value:.1f}{about}", (sentence, *_few(comparison)))
    second = ranked[1].system
    duels = tuple(_duel(comparison, metric, best, second) for metric in comparison.rows)
    sentences = (*_reasons(best, second, duels), *_others(comparison, best, duels), *_few(comparison))
    return Verdict(best, second, duels[0].sure, _headline(comparison, ranked, duels), sentences, duels)


def _without(comparison: Comparison, apart: Collection[str]) -> Comparison:
    rows = {
        metric: tuple(row for row in scores if row.system not in apart)
        for metric, scores in comparison.rows.items()
    }
    return replace(comparison, rows=rows) if all(rows.values()) else comparison


def facts(
    verdict: Verdict,
    metric: str,
    good: Mapping[str, NDArray[np.float64]],
    buckets: Sequence[BucketTable],
    higher_is_better: bool,
    suspects: Mapping[str, Mapping[str, int]],
) -> Iterator[str]:
    """What else bears on the decision between the best two systems.

    Args:
        verdict: names them.
        metric: of segments and buckets.
        good: by system a number for each segment, higher is better.
        buckets: ways to divide the segments.
        higher_is_better: of the metric.
        suspects: kind of suspicion to number of segments by system.
    """
    best, second = verdict.best, verdict.runner_up
    if second:
        won, lost = (int((good[a] > good[b]).sum()) for a, b in ((best, second), (second, best)))
        equal = len(good[best]) - won - lost
        yield (
            f"Segment by segment ({metric}) {best} is better {won:,} times, {second} {lost:,} times, "
            f"{equal:,} are equal."
        )
        ahead = list(_ahead(best, second, buckets, 1 if higher_is_better else -1))
        if ahead:
            yield f"{second} is ahead in: {'; '.join(ahead)}."
        elif buckets:
            yield f"{second} is ahead in no bucket of {ENOUGH} segments or more by length, numbers or names."
    for kind, counts in suspects.items():
        listed = ", ".join(f"{name} {counts[name]:,}" for name in (best, second) if name in counts)
        yield f"Suspected {kind.lower()}s, by the quality checks: {listed}."


def _ahead(best: str, second: str, buckets: Sequence[BucketTable], sign: int) -> Iterator[str]:
    """Buckets in which the runner-up is better, where both have the same segments in them."""
    for table in buckets:
        for bucket in table.buckets:
            one, other = bucket.scores.get(best), bucket.scores.get(second)
            if not table.shared or one is None or other is None or bucket.counts[best] < ENOUGH:
                continue
            lead = sign * (other - one)
            if round(lead, 1) > 0:
                yield f"{table.title.lower()}, {bucket.label} (by {lead:.1f}, {bucket.counts[best]:,} segments)"


def _duel(comparison: Comparison, metric: str, best: str, second: str) -> Duel:
    rows = {row.system: row for row in comparison.rows[metric]}
    one, other = rows[best].score.value, rows[second].score.value
    gain = one - other if comparison.higher_is_better[metric] else other - one
    return Duel(metric, one, other, gain, *_tested(comparison, metric, best, second))


def _tested(comparison: Comparison, metric: str, one: str, two: str) -> tuple[float | None, str]:
    """The p-value of two systems, and the test: the bootstrap has all pairs, others those with the baseline."""
    pairs = comparison.pairwise[metric]
    found = pairs.get((one, two), pairs.get((two, one)))
    if found is not None:
        return found, "bootstrap"
    other = two if one == comparison.baseline else one
    row = next(row for row in comparison.rows[metric] if row.system == other)
    if comparison.baseline in (one, two) and row.p_values:
        test, p = next(iter(row.p_values.items()))
        return p, test
    return None, ""


def _ranked(comparison: Comparison, metric: str) -> list[SystemScore]:
    sign = -1 if comparison.higher_is_better[metric] else 1
    return sorted(comparison.rows[metric], key=lambda row: sign * row.score.value)


def _headline(comparison: Comparison, ranked: Sequence[SystemScore], duels: Sequence[Duel]) -> str:
    best, main = ranked[0].system, duels[0]
    against = [duel.metric for duel in duels[1:] if duel.gain < 0 and duel.sure]
    if main.p_value is None:
        return f"{best} has the best {main.metric}" if main.gain else "No difference"
    if main.sure:
        return f"{best} by {main.metric}, not by {_listed(against)}" if against else f"Ship {best}"
    if not against and len(duels) > 1 and all(duel.sure and duel.gain > 0 for duel in duels[1:]):
        return f"Probably {best}"
    close = [row.system for row in ranked[1:] if not _duel(comparison, main.metric, best, row.system).sure]
    return f"Too close to call: {_listed([best, *close], 'or')}"


def _reasons(best: str, second: str, duels: Sequence[Duel]) -> Iterator[str]:
    main = duels[0]
    if not main.gain:
        yield f"{best} and {second} have the same {main.metric}, {main.best:.1f}."
    else:
        tested = "" if main.p_value is None else f" (p = {main.p_value:.4f}, {TEST_NAMES[main.test]})"
        yield (
            f"{best} has the best {main.metric}, {main.best:.1f}: {abs(main.gain):.1f} better than "
            f"{second}{tested}."
        )
    if main.p_value is None:
        yield "Whether a difference is chance was not tested."
    elif main.sure:
        yield "A difference like that is unlikely to be chance, as far as these segments tell."
    else:
        yield f"On these segments {best} and {second} cannot be told apart by {main.metric}."


def _others(comparison: Comparison, best: str, duels: Sequence[Duel]) -> Iterator[str]:
    """What the other metrics say."""
    favourites = {duel.metric: _ranked(comparison, duel.metric)[0].system for duel in duels[1:]}
    agreeing = [metric for metric, favourite in favourites.items() if favourite == best]
    if agreeing:
        yield f"{_listed(agreeing)} agree{'' if agreeing[1:] else 's'} on {best}."
    for metric, favourite in favourites.items():
        if favourite != best:
            p, _ = _tested(comparison, metric, best, favourite)
            yield f"{metric} prefers {favourite}{'' if p is None else f' (p = {p:.4f})'}."


def _few(comparison: Comparison) -> Iterator[str]:
    if comparison.segments < FEW:
        count = f"{comparison.segments:,} segment{'s are' if comparison.segments > 1 else ' is'}"
        yield f"{count} few; several hundred make intervals narrow enough to decide."


def _listed(names: Sequence[str], last: str = "and") -> str:
    return f" {last} ".join((", ".join(names[:-1]), names[-1]) if names[1:] else names)
