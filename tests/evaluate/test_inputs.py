"""What can be scored: exchange files, documents that must be aligned, stored documents, reviews."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt import config, quality
from mt.data import Alignment, Bead, Document, Pair, QualityScore, Review, Segment, Verdict
from mt.errors import FormatError, UsageError
from mt.pipeline import score, score_judge
from mt.pipeline.judge import PairJudge, Use
from mt.pipeline.score_align import common_groups, grouped
from mt.pipeline.score_inputs import FileRequest, Inputs, from_files
from mt.pipeline.score_store import from_document, from_reviews
from mt.store import PairRow, SettingsKey, Store, default_location
from tests.evaluate.conftest import Mt

TMX = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4"><header creationtool="t" creationtoolversion="1" segtype="sentence" o-tmf="t" adminlang="en"
srclang="nl" datatype="plaintext"/><body>
<tu><tuv xml:lang="nl"><seg>De kat slaapt.</seg></tuv><tuv xml:lang="en"><seg>The cat sleeps.</seg></tuv></tu>
<tu><tuv xml:lang="nl"><seg>Het regent.</seg></tuv><tuv xml:lang="en"><seg>It rains &amp; pours.</seg></tuv></tu>
</body></tmx>
"""
XLIFF = """<?xml version="1.0" encoding="UTF-8"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file original="a" source-language="nl"
target-language="en" datatype="plaintext"><body>
<trans-unit id="1"><source>De kat slaapt.</source><target>The cat is asleep.</target></trans-unit>
<trans-unit id="2"><source>Het regent.</source><target>It is raining.</target></trans-unit>
</body></file></xliff>
"""
KEY = SettingsKey("ctranslate2-4", "starter", "0" * 64)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def write(folder: Path, **files: str) -> list[str]:
    paths = []
    for name, text in files.items():
        path = folder / name.replace("_", ".")
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    return paths


def test_tmx_and_xliff_are_parallel_and_bring_their_source(tmp_path: Path) -> None:
    xliff, tmx = write(tmp_path, new_xlf=XLIFF, ref_tmx=TMX)
    inputs = from_files(FileRequest([xliff], [tmx]))
    [stretch] = inputs.stretches()
    assert stretch.hypotheses == [["The cat is asleep.", "It is raining."]]
    assert stretch.references == [["The cat sleeps.", "It rains & pours."]]
    assert stretch.sources == ["De kat slaapt.", "Het regent."]


def test_a_tmx_without_the_languages_is_told(tmp_path: Path) -> None:
    [tmx] = write(tmp_path, ref_tmx=TMX)
    with pytest.raises(FormatError, match="no pairs nl-fr"):
        list(from_files(FileRequest([tmx], [tmx], langs=("nl", "fr"))).stretches())


def test_columns_of_one_file_are_several_systems(tmp_path: Path) -> None:
    [table] = write(tmp_path, all_tsv="source\treference\told\tnew\nDag.\tDay.\tA day.\tDay!\n")
    inputs = from_files(FileRequest([f"{table}#old", f"{table}#new"], [table], table))
    assert inputs.systems == ("all#old", "all#new")
    [stretch] = inputs.stretches()
    assert (stretch.hypotheses, stretch.references, stretch.sources) == (
        [["A day."], ["Day!"]],
        [["Day."]],
        ["Dag."],
    )


@pytest.mark.parametrize(
    ("lines", "said"), [(3, "3 segments and"), (5, "5 segments and"), (9000, "9,000 segments")]
)
def test_different_numbers_of_lines_are_an_error_with_both_counts_at_any_size(
    tmp_path: Path, lines: int, said: str
) -> None:
    new, ref = write(tmp_path, new_txt="x\n" * lines, ref_txt="y\n" * 4)
    with pytest.raises(UsageError) as error:
        list(from_files(FileRequest([new], [ref])).stretches())
    assert said in error.value.message
    assert "has 4." in error.value.message
    assert "--align" in error.value.hint


def test_systems_of_the_same_name_are_refused_until_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    [one] = write(tmp_path, out_txt="x\n")
    [two] = write(tmp_path / "b", out_txt="y\n")
    with pytest.raises(UsageError, match="2 systems are called 'out'"):
        from_files(FileRequest([one, two], [one]))
    assert from_files(FileRequest([one, two], [one], names=["a", "b"])).systems == ("a", "b")
    with pytest.raises(UsageError, match="1 names for 2 systems"):
        from_files(FileRequest([one, two], [one], names=["a"]))


def test_stretches_hold_all_segments_in_order_whatever_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mt.pipeline.score_inputs.STRETCH", 3)
    lines = [str(i) for i in range(10)]
    stretches = list(Inputs(("a",), [lines], [lines]).stretches())
    assert [len(stretch.hypotheses[0]) for stretch in stretches] == [3, 3, 3, 1]
    assert [line for stretch in stretches for line in stretch.references[0]] == lines


def test_documents_that_are_not_line_by_line_are_aligned_and_that_is_told(tmp_path: Path) -> None:
    reference = (
        "The council met on Tuesday evening. It approved the budget for 2024. The mayor thanked everybody.\n\n"
        "Work on the bridge begins in May. It will take 14 months."
    )
    hypothesis = (
        "The council met on Tuesday evening and it approved the budget for 2024. The mayor thanked all.\n\n"
        "The work on the bridge starts in May. It takes 14 months."
    )
    other = hypothesis.replace(" and it", ". It")
    new, old, ref = write(tmp_path, new_txt=hypothesis, old_txt=other, ref_txt=reference)
    inputs = from_files(FileRequest([new, old], [ref], align=True))
    [stretch] = inputs.stretches()
    assert stretch.references[0][0] == "The council met on Tuesday evening. It approved the budget for 2024."
    assert (
        stretch.hypotheses[0][0] == "The council met on Tuesday evening and it approved the budget for 2024."
    )
    assert stretch.hypotheses[1][0] == "The council met on Tuesday evening. It approved the budget for 2024."
    assert [line[-10:] for line in stretch.hypotheses[0]][-1] == "14 months."
    analysis = score.run(inputs, score.ScoreOptions(samples=20, tests=()))
    assert "aligned with the reference" in analysis.notes[0]
    assert analysis.comparison.segments == len(stretch.references[0])


beads = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)).filter(any), min_size=1, max_size=8)


@given(st.lists(beads, min_size=1, max_size=3))
def test_groups_lose_no_segment_and_cross_no_bead(shapes: list[list[tuple[int, int]]]) -> None:
    targets = max(sum(t for _, t in shape) for shape in shapes)
    alignments = []
    for shape in shapes:
        made, s, t = [], 0, 0
        for wide, high in [*shape, (0, targets - sum(t for _, t in shape))]:
            if wide or high:
                made.append(Bead(tuple(range(s, s + wide)), tuple(range(t, t + high)), 1.0))
            s, t = s + wide, t + high
        alignments.append(Alignment(tuple(f"s{i}" for i in range(s)), ("",) * targets, tuple(made)))
    groups = common_groups(alignments, targets)
    assert [i for a, b in groups for i in range(a, b)] == list(range(targets))
    for alignment in alignments if groups else []:
        assert " ".join(grouped(alignment, groups)).split() == list(alignment.source)
        starts = {a for a, _ in groups}
        assert all(not starts.intersection(bead.target[1:]) for bead in alignment.beads)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with one document of four pairs by an engine."""
    sources = ["De kat slaapt.", "Het regent.", "Zij komt morgen.", "Dat is alles."]
    targets = ["The cat sleeps.", "It rain.", "She comes tomorrow.", "That is all."]
    text = "\n".join(sources)
    segments = tuple(Segment(s, text.index(s), text.index(s) + len(s), plain=s) for s in sources)
    with Store.open(tmp_path / "news.db") as opened:
        document = opened.put_document(Document("", "nl", text, name="artikel.txt"), "en")
        opened.add_segments(document, segments)
        rows = [
            PairRow(i, Pair(s, t, score=QualityScore(0.9 - 0.1 * i, "checks-9")), KEY)
            for i, (s, t) in enumerate(zip(sources, targets, strict=True))
        ]
        opened.add_pairs(document, rows)
        yield opened


def test_a_stored_document_is_scored_with_its_stored_scores(store: Store, tmp_path: Path) -> None:
    [ref] = write(tmp_path, ref_txt="The cat is asleep.\nIt is raining.\nShe comes tomorrow.\nThat is all.\n")
    inputs = from_document(store, "artikel.txt", FileRequest([], [ref]))
    analysis = score.run(inputs, score.ScoreOptions(samples=20))
    assert inputs.systems == ("starter",)
    assert analysis.quality.method == "checks-9"
    assert analysis.agreements["starter"].segments == 4
    assert analysis.texts[1].source == "Het regent."


def test_a_document_without_reference_or_of_another_length_is_an_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no reference"):
        from_document(store, "artikel.txt", FileRequest([], []))
    [ref] = write(tmp_path, ref_txt="One line.\n")
    with pytest.raises(UsageError, match=r"has 4 segments and .*ref\.txt has 1"):
        list(from_document(store, "artikel.txt", FileRequest([], [ref])).stretches())
    with pytest.raises(UsageError):
        from_document(store, "nothing.txt", FileRequest([], [ref]))


def review(store: Store, position: int, verdict: Verdict, target: str) -> None:
    stored = list(store.pairs(store.documents()[0].id))[position]
    judged = quality.score([(stored.pair.source, target)])[0] if verdict is Verdict.EDITED else None
    made = Review(stored.id, verdict, target, "ann", NOW)
    assert store.record(made, stored.version, judged).saved


def test_reviews_are_references_for_what_the_engine_wrote(store: Store) -> None:
    with pytest.raises(UsageError, match="accepted or edited"):
        from_reviews(store)
    review(store, 0, Verdict.ACCEPTED, "The cat sleeps.")
    review(store, 1, Verdict.EDITED, "It is raining.")
    review(store, 2, Verdict.REJECTED, "She comes tomorrow.")
    inputs = from_reviews(store)
    [stretch] = inputs.stretches()
    assert stretch.hypotheses == [["The cat sleeps.", "It rain."]]
    assert stretch.references == [["The cat sleeps.", "It is raining."]]
    assert "1 accepted and 1 edited" in inputs.notes[0]
    analysis = score.run(inputs, score.ScoreOptions(samples=20))
    stored, judged = analysis.quality.scores["starter"]
    assert stored == pytest.approx(0.9)
    assert judged == quality.score([("Het regent.", "It rain.")])[0].value
    assert analysis.quality.method.startswith("checks-9; mt-quality")
    assert analysis.quality.method.endswith("for the 1 without a stored score")


def test_the_reviews_of_the_default_store_are_scored_where_store_stands_alone(
    store: Store, tmp_path: Path, mt: Mt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MT_HOME", str(tmp_path / "home"))
    mt("score", "--store", code=5)
    review(store, 1, Verdict.EDITED, "It is raining.")
    store.close()
    default_location().parent.mkdir(parents=True)
    shutil.copy(tmp_path / "news.db", default_location())
    for words in (["--store"], ["--store", "news.db"]):
        found = json.loads(mt("score", *words, "--json", "-m", "bleu", "--no-judge").stdout)
        assert (found["segments"], found["scores"][0]["system"]) == (1, "starter")


def test_stored_scores_stay_out_when_all_is_judged_anew_or_nothing_may_be(store: Store) -> None:
    review(store, 0, Verdict.ACCEPTED, "The cat sleeps.")
    review(store, 1, Verdict.EDITED, "It is raining.")
    anew = score.run(from_reviews(store), score.ScoreOptions(samples=0, judge=True))
    assert anew.quality.method == quality.score([("Het regent.", "It rain.")])[0].method
    assert anew.agreements["starter"].segments == 2
    never = score.run(from_reviews(store), score.ScoreOptions(samples=0, judge=False))
    assert never.agreements["starter"].segments == 1


def test_hypotheses_are_judged_with_the_translation_model_where_there_is_one() -> None:
    sources = ["Het regent in Utrecht.", "De kat slaapt op de bank.", "Zij komt morgen."]
    targets = ["It is raining in Utrecht.", "The cat sleeps.", "She is coming tomorrow."]
    inputs = Inputs(("new",), [targets], [targets], sources)
    told = []
    analysis = score.run(
        inputs,
        score.ScoreOptions(samples=0),
        judge=score_judge.opener(config.load({"threads": 1}), Use(encoder=False), strict=True),
        judged=lambda done, total: told.append((done, total)),
    )
    assert analysis.quality.method == "mt-quality-3:checks+engine"
    assert "Judged without the sentence encoder." in analysis.notes
    assert told == [(3, 3)]
    assert len(analysis.quality.scores["new"]) == 3


def test_an_engine_that_cannot_be_loaded_is_told_and_left_out_unless_asked_for() -> None:
    settings = config.load({"model": "no-such-model"})
    judge, notes = score_judge.opener(settings, Use(encoder=False), strict=False)()
    assert isinstance(judge, PairJudge)
    assert "no-such-model" in notes[0]
    with pytest.raises(UsageError, match="no-such-model"):
        score_judge.opener(settings, Use(encoder=False), strict=True)()


def test_hypotheses_with_a_source_are_judged_and_compared_with_the_metric(
    parallel: dict[str, list[str]],
) -> None:
    sources = ["Dit is een zin."] * len(parallel["reference"])
    inputs = Inputs(("new",), [parallel["other"]], [parallel["reference"]], sources)
    analysis = score.run(inputs, score.ScoreOptions(samples=10))
    assert analysis.agreements["new"].segments == len(sources)
    assert analysis.quality.method
    assert [found.title.split(":")[0] for found in analysis.suspects] == ["Hallucination", "Omission"]


def test_too_many_pairs_are_not_judged_unless_asked_and_that_is_told(
    parallel: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_judge, "JUDGED", 3)
    inputs = Inputs(("new",), [parallel["other"]], [parallel["reference"]], parallel["reference2"])
    free = score.run(inputs, score.ScoreOptions(samples=0))
    assert not free.agreements
    assert any("were not judged" in note for note in free.notes)
    assert score.run(inputs, score.ScoreOptions(samples=0, judge=True)).agreements


def test_judging_without_source_is_an_error(parallel: dict[str, list[str]]) -> None:
    inputs = Inputs(("new",), [parallel["other"]], [parallel["reference"]])
    with pytest.raises(UsageError, match="without their source"):
        score.run(inputs, score.ScoreOptions(judge=True))


def test_texts_stay_out_of_an_analysis_that_may_not_hold_them(parallel: dict[str, list[str]]) -> None:
    inputs = Inputs(("new",), [parallel["other"]], [parallel["reference"]])
    assert score.run(inputs, score.ScoreOptions(samples=0, texts=False)).texts == {}
    assert len(score.run(inputs, score.ScoreOptions(samples=0)).texts) == len(parallel["reference"])
