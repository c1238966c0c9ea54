"""The figures of the reviews for the page, and their plots."""

from __future__ import annotations

from starlette.responses import Response

from mt.review.plots import PLOTS, THEMES
from mt.review.statistics import statistics_record
from mt.serve.call import Call
from mt.serve.desk import Desk, NotHereError
from mt.serve.records import Record


def statistics(desk: Desk, _call: Call) -> Record:
    """The figures as plain values, documents by name."""
    counted = desk.statistics()
    return {**statistics_record(counted.found, counted.names), "plots": list(PLOTS)}


def plot(desk: Desk, call: Call) -> Response:
    """One plot as an SVG file; with ``download=1`` as a download."""
    name = call.path["plot"].removesuffix(".svg")
    if name not in PLOTS:
        raise NotHereError(f"There is no plot {name}. Plots: {', '.join(PLOTS)}.")
    theme = call.choice("theme", THEMES, "light")
    counted = desk.statistics()
    answer = Response(PLOTS[name](counted.found, counted.names, theme).svg, media_type="image/svg+xml")
    answer.headers["cache-control"] = "no-store"
    if call.text("download", "", 1) == "1":
        answer.headers["content-disposition"] = f'attachment; filename="{name}.svg"'
    return answer
