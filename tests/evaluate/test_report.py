"""The analysis behind the scores and the reports made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.evaluate import DEFAULT_METRICS, QualityData, load_metric, tables
from mt.evaluate.analysis import Analysis, Texts, analyse
from mt.evaluate.buckets import Profile, has_name
from mt.evaluate.diff import word_diff
from mt.evaluate.html import page
from mt.evaluate.scorer import Scorer
from mt.evaluate.svg import Scale, histograms, interval_plot, scatter_plot

EVIL = "<script>alert('x')</script> & \"quotes\" </style>"


def analysed(
    systems: dict[str, Sequence[str]],
    reference: Sequence[str],
    quality: QualityData | None = None,
    metrics: Sequence[str] = DEFAULT_METRICS,
    texts: bool = True,
) -> Analysis:
    scorer = Scorer(tuple(systems), 1, [load_metric(name) for name in metrics])
    scorer.add(list(systems.values()), [reference])
    profile = Profile()
    profile.add(reference)
    samples = {"bootstrap": 50, "randomisation": 50}
    comparison = scorer.compare(None, list(samples), samples, 50)
    found = analyse(scorer, comparison, profile, quality, ["A note."], examples=3)
    shown = {
        i: Texts("Bron.", (reference[i],), {name: lines[i] for name, lines in systems.items()})
        for i in found.shown()
    }
    return replace(found, texts=shown) if texts else found


@pytest.fixture(scope="module")
def analysis(parallel: dict[str, list[str]]) -> Analysis:
    systems = {"old": parallel["hypotheses"], EVIL: parallel["other"]}
    count = len(parallel["reference"])
    nothing: list[dict[str, str]] = [{}] * (count - 2)
    quality = QualityData(
        {name: list(np.linspace(0.2, 0.9, count)) for name in systems},
        {name: [{"truncation": "cut"}, {"number": "7", "extra": "long"}, *nothing] for name in systems},
        "checks-1",
    )
    return analysed(systems, parallel["reference"], quality)


class Tags(HTMLParser):
    """Collects what a page holds, and checks that tags are closed in order."""

    VOID = frozenset({"meta", "br", "path", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.data.append(data)


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


def test_the_page_is_one_file_without_scripts_or_anything_from_outside(analysis: Analysis) -> None:
    html = page(analysis, "Scores", "today")
    tags = parsed(html)
    assert {"script", "link", "img", "iframe", "object"}.isdisjoint(tag for tag, _ in tags.seen)
    assert all(
        not (value or "").startswith(("http", "//", "javascript"))
        for _, a in tags.seen
        for value in a.values()
    )
    assert "url(" not in html
    assert "@import" not in html


def test_all_text_is_escaped_wherever_it_comes_from(parallel: dict[str, list[str]]) -> None:
    evil = [EVIL, *parallel["hypotheses"][1:]]
    made = analysed({EVIL: evil, "b": parallel["other"]}, [EVIL, *parallel["reference"][1:]])
    html = page(replace(made, notes=(EVIL,)), EVIL, EVIL, EVIL)
    assert "<script" not in html
    assert html.count("</style>") == 1
    assert "".join(parsed(html).data).count("<script>alert") >= 5


def test_every_plot_has_a_title_and_every_section_an_anchor(analysis: Analysis) -> None:
    tags = parsed(page(analysis, "Scores"))
    plots = sum(tag == "svg" and attributes.get("role") == "img" for tag, attributes in tags.seen)
    assert plots >= 6
    anchors = {attributes["id"] for tag, attributes in tags.seen if tag == "section"}
    links = {str(attributes["href"]).removeprefix("#") for tag, attributes in tags.seen if tag == "a"}
    assert links == anchors
    assert len(anchors) == 9


def test_the_page_names_what_a_decision_needs(analysis: Analysis) -> None:
    text = "".join(parsed(page(analysis, "Scores")).data)
    for wanted in (
        "baseline",
        "p = ",
        "nrefs:1|bs:50|ar:50|seed:12345",
        "Pearson",
        "A note.",
        "truncation",
        "Bron.",
    ):
        assert wanted in text


def test_without_texts_no_sentence_is_in_any_report(parallel: dict[str, list[str]]) -> None:
    systems = {"old": parallel["hypotheses"], "new": parallel["other"]}
    count = len(parallel["reference"])
    findings = [{"extra": "“quoted words” stand there"}] * count
    quality = QualityData({"new": [0.5] * count}, {"new": findings}, "checks-1")
    assert "quoted words" in page(analysed(systems, parallel["reference"], quality), "Scores")
    made = analysed(systems, parallel["reference"], quality, texts=False)
    written = page(made, "Scores") + tables.markdown(made) + json.dumps(tables.record(made))
    assert "quoted words" not in written
    for stream in parallel.values():
        assert all(line not in written for line in stream if len(line) > 5)
    assert "Segment 3" in written


@pytest.mark.parametrize("metrics", [["bleu"], ["ter"], ["chrf2", "bleu"]])
@pytest.mark.parametrize("count", [1, 2])
def test_tiny_sets_of_one_system_or_two_have_all_reports(metrics: list[str], count: int) -> None:
    systems = {f"s{i}": ["", "x y"] for i in range(count)}
    made = analysed(systems, ["a b", ""], metrics=metrics)
    parsed(page(made, "Scores"))
    json.dumps(tables.record(made), allow_nan=False)
    assert tables.latex(made.comparison).count("\\\\") == count + 1


def test_the_verdict_names_the_best_system_by_the_direction_of_the_metric(
    parallel: dict[str, list[str]],
) -> None:
    systems = {"bad": parallel["other"][::-1], "good": parallel["reference"]}
    for metrics in (["bleu"], ["ter"]):
        verdict = analysed(systems, parallel["reference"], metrics=metrics).verdict
        assert verdict.best == "good"
        assert verdict.sure
        assert verdict.headline == "Ship good"


def test_the_verdict_on_equal_systems_says_that_they_cannot_be_told_apart(
    parallel: dict[str, list[str]],
) -> None:
    systems = {"one": parallel["other"], "two": parallel["other"]}
    verdict = analysed(systems, parallel["reference"]).verdict
    assert not verdict.sure
    assert "cannot be told apart" in " ".join(verdict.sentences)


def test_buckets_of_shared_features_hold_every_segment_once(analysis: Analysis) -> None:
    for table in analysis.buckets[:4]:
        for system in analysis.segment_scores:
            assert sum(bucket.counts[system] for bucket in table.buckets) == analysis.comparison.segments
    numbers = next(table for table in analysis.buckets if table.title.startswith("Numbers"))
    assert numbers.buckets[0].counts["old"] == 2


def test_a_bucket_has_the_corpus_score_of_its_segments(parallel: dict[str, list[str]]) -> None:
    made = analysed({"a": parallel["other"]}, parallel["reference"], metrics=["bleu"])
    table = next(table for table in made.buckets if table.title.startswith("Numbers"))
    chosen = [i for i, line in enumerate(parallel["reference"]) if any(c.isdigit() for c in line)]
    scorer = Scorer(("a",), 1, [load_metric("bleu")])
    scorer.add([[parallel["other"][i] for i in chosen]], [[parallel["reference"][i] for i in chosen]])
    assert table.buckets[0].scores["a"] == scorer.compare(confidence=0).rows["BLEU"][0].score.value


def test_findings_make_buckets_and_suspects(analysis: Analysis) -> None:
    table = analysis.buckets[-1]
    assert [bucket.label for bucket in table.buckets] == ["none", "extra", "number", "truncation"]
    titles = {found.title.split(":")[0]: found for found in analysis.suspects}
    assert [e.index for e in titles["Omission"].examples] == [0]
    assert [(e.index, e.findings) for e in titles["Hallucination"].examples] == [(1, {"extra": "long"})]


def test_lists_are_sorted_and_differences_have_the_right_sign(analysis: Analysis) -> None:
    worst, best = analysis.worst[0].examples, analysis.best[0].examples
    assert [e.scores[0] for e in worst] == sorted(e.scores[0] for e in worst)
    assert best[0].scores[0] == max(analysis.segment_scores["old"])
    for found in analysis.differences:
        first, second = found.title.split(" better than ")
        for example in found.examples:
            by_name = dict(zip(example.systems, example.scores, strict=True))
            assert by_name[first] > by_name[second]


def test_records_are_json_with_every_interval_field_and_no_numpy(analysis: Analysis) -> None:
    loaded = json.loads(json.dumps(tables.record(analysis), allow_nan=False))
    fields = {
        "confidence_lower",
        "confidence_upper",
        "confidence_mean",
        "confidence_var",
        "p_values",
        "delta",
    }
    assert all(fields <= set(row) for row in loaded["scores"])
    assert loaded["quality"]["old"]["segments"] == 8


def test_markdown_and_latex_escape_names(analysis: Analysis) -> None:
    assert "\\<script\\>" in tables.markdown(analysis)
    assert "\\&" in tables.latex(analysis.comparison)
    rows = [line for line in tables.markdown(analysis).splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows[:4]}) == 1


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_diff_joins_to_both_texts_again(one: str, two: str) -> None:
    left, right = word_diff(one, two)
    assert "".join(piece.text for piece in left) == one
    assert "".join(piece.text for piece in right) == two


def test_a_diff_marks_what_changed_as_one_phrase() -> None:
    left, right = word_diff("The old grey cat sat.", "The young cat sat.")
    assert [piece.text.strip() for piece in left if not piece.shared] == ["old grey"]
    assert [piece.text.strip() for piece in right if not piece.shared] == ["young"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mayor of Utrecht spoke.", True),
        ("Yes. The mayor spoke.", False),
        ("So I went and I'm here.", False),
        ("He saw “Hamlet” there", True),
        ("NATO", False),
        ("", False),
    ],
)
def test_a_name_is_a_capital_inside_a_sentence(text: str, expected: bool) -> None:
    assert has_name(text.split()) == expected


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_lie_within_the_axis_and_are_few(low: float, width: float) -> None:
    ticks = Scale(low, low + width, 0, 100).ticks()
    assert 2 <= len(ticks) <= 14
    assert all(low - width * 1e-3 <= tick <= low + width * 1.01 for tick in ticks)


def test_plots_of_nothing_and_of_equal_values_are_drawn() -> None:
    for svg in (
        interval_plot("t", [("a", 50.0, None), ("b", 50.0, (50.0, 50.0))], "u"),
        interval_plot("t", [], "u"),
        scatter_plot("t", {"a": []}, "x", "y"),
        histograms("t", {"a": [0, 0]}, [0, 1, 2], "u"),
    ):
        parsed(svg)
        assert "nan" not in svg
