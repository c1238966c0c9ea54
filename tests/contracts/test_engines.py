"""What every engine promises, on the shipped model; and that CTranslate2 computes what transformers computes."""

from __future__ import annotations

import hashlib
import random
from functools import cache
from pathlib import Path

import pytest

from mt.data import Hypothesis
from mt.engines import DEFAULTS, ENGINES, DecodeOptions, Engine, load
from mt.errors import EngineError, UsageError

GREEDY = DecodeOptions(beam_size=1)
SENTENCES = [
    "De kat zit op de mat.",
    "Ja",
    "Het regent vandaag in Amsterdam, en morgen ook.",
    "De minister zei: ‘Wij hebben in 2023 ruim 1.200 woningen gebouwd, 3,5% meer dan vorig jaar.’",
    "WAAROM ZIJN ER ZO VEEL TEKEN IN HET BOS?",
    "Zie https://example.org/artikel?id=5 of mail naar info@example.org.",
    "Hij schreef </s> en <unk> op het bord, naast een € en een \U0001d538.",
    "12:30",
    "  Spaties   rondom  ",
]


@cache
def opened(name: str) -> Engine:
    return load(engine=name, compute_type="auto" if name == "echo" else "float32", threads=1)


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return opened(request.param)


@pytest.fixture(params=["ctranslate2", "transformers"])
def model_engine(request: pytest.FixtureRequest) -> Engine:
    return opened(request.param)


@pytest.fixture
def ctranslate2() -> Engine:
    return opened("ctranslate2")


@pytest.fixture
def transformers() -> Engine:
    return opened("transformers")


@pytest.fixture(scope="module")
def article(corpora: Path) -> list[str]:
    rows = sorted(corpora.glob("test/*.tsv"))[0].read_text(encoding="utf-8").splitlines()
    return [row.split("\t")[0] for row in rows][1:21]


def best(hypotheses: list[list[Hypothesis]]) -> list[Hypothesis]:
    return [row[0] for row in hypotheses]


# Every engine


def test_an_engine_is_what_the_protocol_says(engine: Engine) -> None:
    assert isinstance(engine, Engine)


def test_one_list_of_hypotheses_comes_back_for_every_source(engine: Engine) -> None:
    assert [len(row) for row in engine.translate(SENTENCES)] == [1] * len(SENTENCES)


def test_no_source_gives_no_result(engine: Engine) -> None:
    assert engine.translate([]) == []
    assert engine.score([]) == []


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u00a0"])
def test_an_empty_source_gives_one_empty_hypothesis_without_cost(engine: Engine, blank: str) -> None:
    [before, empty, after] = engine.translate(["Ja.", blank, "Nee."])
    assert [(hypothesis.text, hypothesis.log_prob) for hypothesis in empty] == [("", 0.0)]
    assert before[0].text
    assert after[0].text


def test_a_source_of_one_token_is_translated(engine: Engine) -> None:
    [[hypothesis]] = engine.translate(["Ja"])
    assert hypothesis.text
    assert len(hypothesis.source_tokens) == 1


def test_the_same_call_gives_the_same_result(engine: Engine) -> None:
    assert engine.translate(SENTENCES) == engine.translate(SENTENCES)


def test_the_order_of_a_batch_is_irrelevant(engine: Engine) -> None:
    order = list(range(len(SENTENCES)))
    random.Random(7).shuffle(order)
    straight = best(engine.translate(SENTENCES, GREEDY))
    shuffled = best(engine.translate([SENTENCES[index] for index in order], GREEDY))
    assert [shuffled[order.index(index)].text for index in range(len(order))] == [h.text for h in straight]


def test_the_size_of_a_batch_is_irrelevant(engine: Engine) -> None:
    together = best(engine.translate(SENTENCES, GREEDY))
    alone = [engine.translate([sentence], GREEDY)[0][0] for sentence in SENTENCES]
    small = best(engine.translate(SENTENCES, DecodeOptions(beam_size=1, batch_tokens=1)))
    assert [h.text for h in alone] == [h.text for h in together] == [h.text for h in small]
    assert [h.log_prob for h in alone] == pytest.approx([h.log_prob for h in together], abs=1e-3)


def test_n_best_are_distinct_and_sorted_by_normalised_probability(engine: Engine) -> None:
    for row in engine.translate(SENTENCES, DecodeOptions(beam_size=4, num_hypotheses=4)):
        values = [hypothesis.log_prob / (len(hypothesis.tokens) + 1) for hypothesis in row]
        assert len({hypothesis.tokens for hypothesis in row}) == len(row) == 4
        assert values == sorted(values, reverse=True) or row[0].engine.startswith("echo")


def test_the_first_of_the_n_best_is_the_single_best(engine: Engine) -> None:
    many = best(engine.translate(SENTENCES, DecodeOptions(beam_size=4, num_hypotheses=3)))
    assert [h.text for h in many] == [h.text for h in best(engine.translate(SENTENCES))]


def test_attention_has_a_row_for_each_target_token_and_a_column_for_each_source_token(engine: Engine) -> None:
    for hypothesis in best(engine.translate(SENTENCES, DecodeOptions(return_attention=True))):
        assert hypothesis.attention is not None
        assert len(hypothesis.attention) == len(hypothesis.tokens)
        assert {len(row) for row in hypothesis.attention} == {len(hypothesis.source_tokens)}
        assert all(0 <= sum(row) <= 1.001 for row in hypothesis.attention)


def test_attention_stays_away_where_it_was_not_asked_for(engine: Engine) -> None:
    assert engine.translate(["Ja"])[0][0].attention is None


def test_source_tokens_are_those_the_engine_says_it_reads(engine: Engine) -> None:
    read = [hypothesis.source_tokens for hypothesis in best(engine.translate(SENTENCES))]
    assert read == [tuple(engine.tokens(sentence)) for sentence in SENTENCES]


def test_probabilities_are_logarithms(engine: Engine) -> None:
    assert all(hypothesis.log_prob < 0 for hypothesis in best(engine.translate(SENTENCES)))
    for scored in engine.score([("Ja", "Yes"), ("Ja", "")]):
        assert all(value <= 0 for value in scored.log_probs)


def test_a_score_has_one_value_for_each_target_token_and_ends_with_the_end(engine: Engine) -> None:
    [scored, empty] = engine.score([("De kat slaapt.", "The cat sleeps."), ("Ja", "")])
    assert len(scored.tokens) == len(scored.log_probs) > 1
    assert scored.tokens[-1] == "</s>"
    assert empty.tokens == ("</s>",)


def test_a_source_beyond_the_model_is_an_error_and_is_never_cut(engine: Engine) -> None:
    limit = engine.info.max_source_tokens
    long = "kat " * (limit + 1)
    with pytest.raises(EngineError, match=f"the model reads {limit}"):
        engine.translate(["Ja.", long])


def test_a_source_of_exactly_the_models_length_is_translated(engine: Engine) -> None:
    source = "kat " * engine.info.max_source_tokens
    while len(engine.tokens(source)) > engine.info.max_source_tokens:
        source = source.removesuffix("kat ")
    assert engine.translate([source], DecodeOptions(beam_size=1, max_decoding_length=4))[0][0].text


def test_the_label_of_a_hypothesis_names_engine_and_version(engine: Engine) -> None:
    assert engine.translate(["Ja"])[0][0].engine == f"{engine.info.engine}-{engine.info.version}"


def test_the_checksum_is_that_of_the_weights(model_engine: Engine, starter: Path) -> None:
    weights = (starter / "model.safetensors").read_bytes()
    assert model_engine.info.model_sha256 == hashlib.sha256(weights).hexdigest()
    assert (model_engine.info.source_lang, model_engine.info.target_lang) == ("nl", "en")


# Engines with a model


def test_the_end_of_the_sentence_is_no_token_of_a_hypothesis(model_engine: Engine) -> None:
    for hypothesis in best(model_engine.translate(SENTENCES)):
        assert "</s>" not in hypothesis.tokens + hypothesis.source_tokens
        assert "<pad>" not in hypothesis.tokens
        assert "</s>" not in hypothesis.text


def test_an_engines_own_greedy_hypothesis_scores_what_it_said(model_engine: Engine) -> None:
    hypotheses = best(model_engine.translate(SENTENCES, GREEDY))
    pairs = [(source, h.text) for source, h in zip(SENTENCES, hypotheses, strict=True)]
    for scored, hypothesis in zip(model_engine.score(pairs), hypotheses, strict=True):
        # Text that was written in unusual pieces is read back in the usual ones, and scores otherwise.
        if scored.tokens[:-1] == hypothesis.tokens:
            assert scored.log_prob == pytest.approx(hypothesis.log_prob, abs=1e-3)
    assert (
        sum(s.tokens[:-1] == h.tokens for s, h in zip(model_engine.score(pairs), hypotheses, strict=True))
        >= 5
    )


def test_a_beam_finds_nothing_less_probable_than_greedy_on_the_whole(model_engine: Engine) -> None:
    def mean(options: DecodeOptions) -> float:
        rows = best(model_engine.translate(SENTENCES, options))
        return sum(h.log_prob / (len(h.tokens) + 1) for h in rows) / len(rows)

    assert mean(DEFAULTS) >= mean(GREEDY)


def test_no_ngram_comes_twice_where_that_is_forbidden(model_engine: Engine) -> None:
    options = DecodeOptions(beam_size=1, no_repeat_ngram_size=2)
    [[hypothesis]] = model_engine.translate(["De kat en de kat en de kat en de kat en de kat."], options)
    pairs = list(zip(hypothesis.tokens, hypothesis.tokens[1:], strict=False))
    assert len(set(pairs)) == len(pairs)


def test_the_probability_is_the_models_own_also_where_repetition_is_punished(model_engine: Engine) -> None:
    options = DecodeOptions(beam_size=1, repetition_penalty=1.5)
    [[hypothesis]] = model_engine.translate([SENTENCES[2]], options)
    [scored] = model_engine.score([(SENTENCES[2], hypothesis.text)])
    assert scored.tokens[:-1] == hypothesis.tokens
    assert scored.log_prob == pytest.approx(hypothesis.log_prob, abs=1e-3)


def test_a_hypothesis_ends_at_the_limit(model_engine: Engine) -> None:
    options = DecodeOptions(beam_size=2, max_decoding_length=3)
    rows = best(model_engine.translate([SENTENCES[3]], options))
    assert [len(hypothesis.tokens) for hypothesis in rows] == [3]
    [scored] = model_engine.score([(SENTENCES[3], rows[0].text)])
    assert scored.log_prob == pytest.approx(rows[0].log_prob, abs=1e-3)


# CTranslate2 against transformers


def test_both_read_the_same_pieces(ctranslate2: Engine, transformers: Engine, article: list[str]) -> None:
    texts = SENTENCES + article + ["ﬁ ½ № \u200b\u00ad – ‑", "1.000.000", "É e\u0301", "a\x00b"]
    assert [ctranslate2.tokens(text) for text in texts] == [transformers.tokens(text) for text in texts]


def test_both_write_the_same_greedy_hypotheses(
    ctranslate2: Engine, transformers: Engine, article: list[str]
) -> None:
    ours = best(ctranslate2.translate(SENTENCES + article, GREEDY))
    theirs = best(transformers.translate(SENTENCES + article, GREEDY))
    assert [h.tokens for h in ours] == [h.tokens for h in theirs]
    assert [h.text for h in ours] == [h.text for h in theirs]
    assert [h.log_prob for h in ours] == pytest.approx([h.log_prob for h in theirs], abs=1e-3)


def test_both_score_given_targets_the_same(
    ctranslate2: Engine, transformers: Engine, article: list[str]
) -> None:
    pairs = [(source, "The cat </s> sat on 12% of the mats.") for source in article[:8]] + [("Ja", "")]
    for ours, theirs in zip(ctranslate2.score(pairs), transformers.score(pairs), strict=True):
        assert ours.tokens == theirs.tokens
        assert list(ours.log_probs) == pytest.approx(list(theirs.log_probs), abs=1e-3)


def test_both_attend_to_the_same_source_tokens(ctranslate2: Engine, transformers: Engine) -> None:
    options = DecodeOptions(beam_size=1, return_attention=True)
    for ours, theirs in zip(
        best(ctranslate2.translate(SENTENCES, options)),
        best(transformers.translate(SENTENCES, options)),
        strict=True,
    ):
        assert ours.attention is not None
        assert theirs.attention is not None
        for our_row, their_row in zip(ours.attention, theirs.attention, strict=True):
            assert our_row == pytest.approx(their_row, abs=1e-3)


# Wrong calls


def test_an_unknown_engine_names_the_nearest_known_one() -> None:
    with pytest.raises(UsageError, match="Did you mean ctranslate2"):
        load(engine="ctranslate")


def test_an_unknown_compute_type_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="int8"):
        load(compute_type="int7")


def test_transformers_says_what_it_cannot_do() -> None:
    with pytest.raises(UsageError, match="float32"):
        load(engine="transformers", compute_type="int8")
    with pytest.raises(UsageError, match="coverage_penalty"):
        opened("transformers").translate(["Ja"], DecodeOptions(coverage_penalty=0.2))


@pytest.mark.parametrize(
    "wrong",
    [
        {"beam_size": 0},
        {"num_hypotheses": 5, "beam_size": 4},
        {"repetition_penalty": 0},
        {"no_repeat_ngram_size": -1},
        {"max_length_factor": 0},
        {"max_decoding_length": 0},
        {"batch_tokens": 0},
    ],
)
def test_impossible_decode_options_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        DecodeOptions(**wrong)


def test_the_key_of_the_options_changes_with_what_changes_a_hypothesis_and_with_nothing_else() -> None:
    assert DecodeOptions(batch_tokens=64, return_attention=True).key() == DEFAULTS.key()
    assert DecodeOptions(beam_size=2).key() != DEFAULTS.key()
    assert "beam_size=2" in DecodeOptions(beam_size=2).key()
