"""BLEU, chrF2, chrF2++ and TER are sacrebleu's numbers, to the last bit, and stay so at the edges."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.metrics.lib_ter import translation_edit_rate

from mt.errors import UsageError
from mt.evaluate import DEFAULT_METRICS, load_metric, score, segment_scores
from mt.evaluate.ter import edits

CASES = json.loads((Path(__file__).parents[1] / "cases" / "evaluate.json").read_text(encoding="utf-8"))
PARALLEL = CASES["parallel"]
SACREBLEU = {
    "bleu": lambda: BLEU(force=True),
    "chrf2": CHRF,
    "chrf2++": lambda: CHRF(word_order=2),
    "ter": TER,
}

texts = st.lists(
    st.one_of(
        st.sampled_from(
            ["a", "b", "cat", "3.5", "1,000", "4-5", "...", "(x)", "&quot;", "a.b", "é", "\x01", "I."]
        ),
        st.text(max_size=4),
    ),
    max_size=9,
).map(" ".join)
corpora = st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=6)
symbols = st.lists(st.sampled_from("abcde"), max_size=14)


@pytest.mark.parametrize("metric", DEFAULT_METRICS)
@pytest.mark.parametrize("references", [["reference"], ["reference", "reference2"]])
def test_a_corpus_score_is_the_one_of_sacrebleu(metric: str, references: list[str]) -> None:
    streams = [PARALLEL[name] for name in references]
    [ours] = score(PARALLEL["hypotheses"], streams, [metric])
    theirs = SACREBLEU[metric]()
    assert ours.value == theirs.corpus_score(PARALLEL["hypotheses"], streams).score
    assert ours.signature == str(theirs.get_signature())
    assert ours.interval is None


@pytest.mark.parametrize("metric", DEFAULT_METRICS)
@settings(deadline=None, max_examples=60)
@given(corpus=corpora, two=st.booleans())
def test_statistics_are_those_of_sacrebleu_for_any_text(
    metric: str, corpus: list[tuple[str, str, str]], two: bool
) -> None:
    hypotheses, *references = map(list, zip(*corpus, strict=True))
    references = references if two else references[:1]
    ours = load_metric(metric).against(references)(hypotheses)
    theirs = np.array(SACREBLEU[metric]()._extract_corpus_statistics(hypotheses, references))
    assert np.array_equal(ours, theirs)


@settings(deadline=None, max_examples=300)
@given(hypothesis=symbols, reference=symbols)
def test_edits_with_shifts_are_those_of_tercom(hypothesis: list[str], reference: list[str]) -> None:
    assert edits(hypothesis, reference) == translation_edit_rate(hypothesis, reference)[0]


@pytest.mark.parametrize(("length", "step"), [(40, 7), (60, 1), (90, 13)])
def test_edits_of_long_texts_keep_to_tercoms_beam(length: int, step: int) -> None:
    reference = [f"w{i % 11}" for i in range(length)]
    for cut in range(0, length, 9):
        hypothesis = reference[cut::step] + reference[:cut] + ["x"] * (cut // 4)
        assert edits(hypothesis, reference) == translation_edit_rate(hypothesis, reference)[0]


def test_a_segment_with_more_different_words_than_a_key_holds_is_counted_all_the_same() -> None:
    words = [f"w{i}" for i in range(70_000)]
    text, turned = " ".join(words), " ".join([*words[1:], words[0]])
    for references in ([[text]], [[text], [turned[:9000]]]):
        counted = load_metric("bleu").against(references)([turned])[0]
        assert counted.tolist() == BLEU(force=True)._extract_corpus_statistics([turned], references)[0]


@pytest.mark.parametrize("metric", DEFAULT_METRICS)
def test_more_segments_than_one_stretch_give_the_same_statistics(
    metric: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = load_metric(metric).against([PARALLEL["reference"]])(PARALLEL["hypotheses"])
    monkeypatch.setattr("mt.evaluate.ngrams.STRETCH", 3)
    assert np.array_equal(load_metric(metric).against([PARALLEL["reference"]])(PARALLEL["hypotheses"]), whole)


def test_a_perfect_system_has_100_and_not_a_hair_more() -> None:
    text = ["Five words are in here .", "And a few more of them here ."]
    assert BLEU(force=True).corpus_score(text, [text]).score > 100
    values = {s.metric: s.value for s in score(text, [text], confidence=50)}
    assert values == {"BLEU": 100.0, "chrF2": 100.0, "chrF2++": 100.0, "TER": 0.0}
    intervals = [s.interval for s in score(text, [text], confidence=50)]
    assert intervals == [(100.0, 100.0)] * 3 + [(0.0, 0.0)]


def test_sentence_bleu_has_effective_order_so_short_segments_do_not_get_zero() -> None:
    assert segment_scores(["Ja."], [["Ja."]], "bleu") == pytest.approx([100.0])
    theirs = BLEU(effective_order=True)
    for hypothesis, reference in zip(PARALLEL["hypotheses"], PARALLEL["reference"], strict=True):
        [ours] = segment_scores([hypothesis], [[reference]], "bleu")
        assert ours == theirs.sentence_score(hypothesis, [reference]).score


@pytest.mark.parametrize("metric", ["chrf2", "chrf2++", "ter"])
def test_segment_scores_are_those_of_sacrebleu(metric: str) -> None:
    ours = segment_scores(PARALLEL["hypotheses"], [PARALLEL["reference"], PARALLEL["reference2"]], metric)
    lines = zip(PARALLEL["hypotheses"], PARALLEL["reference"], PARALLEL["reference2"], strict=True)
    theirs = SACREBLEU[metric]()
    assert ours == [theirs.sentence_score(h, refs).score for h, *refs in lines]


def test_empty_lines_are_counted_and_cost_the_system_its_score() -> None:
    reference = ["One line is here.", "Another line is there."]
    [full] = score(reference, [reference], ["chrf2"])
    [half] = score([reference[0], ""], [reference], ["chrf2"])
    assert half.value < full.value
    assert segment_scores([reference[0], ""], [reference], "chrf2")[1] == 0


@pytest.mark.parametrize("metric", DEFAULT_METRICS)
def test_all_empty_hypotheses_and_references_have_numbers(metric: str) -> None:
    for hypotheses, references in ((["", ""], ["a b", "c"]), (["a b", "c"], ["", ""]), ([""], [""])):
        [ours] = score(hypotheses, [references], [metric], confidence=20)
        assert np.isfinite([ours.value, *(ours.interval or ())]).all()
        assert ours.value == SACREBLEU[metric]().corpus_score(hypotheses, [references]).score


@pytest.mark.parametrize(("hypotheses", "references"), [(["a"], ["a", "b"]), (["a", "b", "c"], ["a", "b"])])
def test_different_numbers_of_lines_are_an_error_with_both_counts(
    hypotheses: list[str], references: list[str]
) -> None:
    with pytest.raises(UsageError) as error:
        score(hypotheses, [references])
    assert f"has {len(hypotheses)} segment" in error.value.message
    assert str(len(references)) in error.value.message


def test_a_second_reference_of_another_length_is_an_error() -> None:
    with pytest.raises(UsageError, match="reference 2 has 1 segment and the first reference has 2"):
        score(["a", "b"], [["a", "b"], ["a"]])


def test_no_segments_and_no_references_are_errors() -> None:
    with pytest.raises(UsageError, match="no segments"):
        score([], [[]])
    with pytest.raises(UsageError, match="nothing to score"):
        score(["a"], [])


def test_an_unknown_metric_names_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        score(["a"], [["a"]], ["blue"])
    assert "bleu" in error.value.hint


@pytest.mark.parametrize("lang", ["", "und", "en", "en-GB", "qqq"])
def test_an_undefined_language_takes_the_13a_tokeniser(lang: str) -> None:
    [ours] = score(["a b"], [["a b"]], ["bleu"], lang=lang)
    assert "tok:13a" in ours.signature


def test_chinese_takes_its_own_tokeniser_and_the_same_score_as_sacrebleu() -> None:
    [ours] = score(["我爱你们, 北京 2008."], [["我爱你, 北京 2008."]], ["bleu"], lang="zh-Hans")
    theirs = BLEU(trg_lang="zh")
    assert ours.value == theirs.corpus_score(["我爱你们, 北京 2008."], [["我爱你, 北京 2008."]]).score
    assert ours.signature == str(theirs.get_signature())


def test_a_text_with_line_breaks_is_tokenised_as_a_whole() -> None:
    hypotheses, references = ["The end-\nless road,\nby car .", "No."], ["The endless road, by car.", "Yes."]
    [ours] = score(hypotheses, [references], ["bleu"])
    assert ours.value == BLEU(force=True).corpus_score(hypotheses, [references]).score


@pytest.mark.parametrize("metric", DEFAULT_METRICS)
def test_the_numbers_are_those_that_the_sacrebleu_command_prints(metric: str, tmp_path: Path) -> None:
    for name in ("hypotheses", "reference", "reference2"):
        (tmp_path / name).write_text("\n".join(PARALLEL[name]) + "\n", encoding="utf-8")
    flags = {
        "bleu": ["bleu"],
        "chrf2": ["chrf"],
        "chrf2++": ["chrf", "--chrf-word-order", "2"],
        "ter": ["ter"],
    }
    command = [sys.executable, "-m", "sacrebleu", "reference", "reference2", "-i", "hypotheses"]
    printed = subprocess.run(
        [*command, "-m", *flags[metric], "-w", "6", "-f", "json"],
        cwd=tmp_path, check=True, capture_output=True, text=True, env=os.environ | {"SACREBLEU": str(tmp_path)},
    ).stdout  # fmt: skip
    theirs = json.loads(printed)
    [ours] = score(PARALLEL["hypotheses"], [PARALLEL["reference"], PARALLEL["reference2"]], [metric])
    assert (ours.metric, f"{ours.value:.6f}") == (theirs["name"], f"{theirs['score']:.6f}")
    assert ours.signature == theirs["signature"]
