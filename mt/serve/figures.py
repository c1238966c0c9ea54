"""The figures of the reviews for the page, and their plots."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from mt.data import MetricScore
from mt.review import ReviewStatistics
from mt.serve.call import Call
from mt.serve.desk import Desk, NotHereError
from mt.serve.plots import PLOTS, THEMES
from mt.serve.records import Record


def statistics(desk: Desk, _call: Call) -> Record:
    """The figures as plain values, documents by name."""
    counted = desk.statistics()
    found, names = counted.found, counted.names
    return {
        "progress": [
            {"document": document, "name": names.get(document, document), "counts": dict(counts)}
            for document, counts in found.progress.items()
        ],
        "reviewers": [_work(found, name) for name in found.reviewers],
        "documents": [_score(names.get(name, name), one) for name, one in found.documents.items()],
        "engines": [_score(name, one) for name, one in found.engines.items()],
        "agreement": [asdict(one) for one in found.agreement],
        "checks": [{**asdict(one), "value": one.value} for one in found.checks],
        "days": found.days,
        "plots": list(PLOTS),
    }


def plot(desk: Desk, call: Call) -> Response:
    """One plot as an SVG file; with ``download=1`` as a download."""
    name = call.path["plot"].removesuffix(".svg")
    if name not in PLOTS:
        raise NotHereError(f"There is no plot {name}. Plots: {', '.join(PLOTS)}.")
    theme = call.choice("theme", THEMES, "light")
    counted = desk.statistics()
    answer = Response(PLOTS[name](counted.found, counted.names, theme), media_type="image/svg+xml")
    answer.headers["cache-control"] = "no-store"
    if call.text("download", "", 1) == "1":
        answer.headers["content-disposition"] = f'attachment; filename="{name}.svg"'
    return answer


def _work(found: ReviewStatistics, name: str) -> dict[str, Any]:
    work = found.reviewers[name]
    return {
        "name": name,
        "verdicts": {verdict.value: number for verdict, number in work.verdicts.items()},
        "hours": work.hours,
        "pairs_per_hour": work.pairs_per_hour,
        "edits": _score(name, work.edits) if work.edits else None,
    }


def _score(name: str, score: MetricScore) -> dict[str, Any]:
    return {"name": name, "value": score.value, "metric": score.metric, "signature": score.signature}
