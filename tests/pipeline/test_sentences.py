"""Batches of segments to pairs: copying, cutting, searching again, failing one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from mt.data import Hypothesis, Origin, Pair
from mt.engines import DecodeOptions, EngineInfo, TokenScores, load
from mt.pipeline.sentences import SentenceTranslator

Write = Callable[[str, DecodeOptions], str]


class ScriptedEngine:
    """An engine that writes what a function says, so that a known failure can be staged; it counts its inputs."""

    def __init__(self, write: Write, limit: int = 100) -> None:
        self.info = EngineInfo("scripted", "1", "scripted", "0" * 64, "nl", "en", "float32", limit)
        self.read: list[str] = []
        self._write = write

    def translate(
        self, sources: Sequence[str], options: DecodeOptions = DecodeOptions()
    ) -> list[list[Hypothesis]]:
        self.read += sources
        written = [self._write(source, options) for source in sources]
        return [[Hypothesis(text, -float(len(text)), "scripted-1", tuple(text.split()))] for text in written]

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        return [TokenScores((), ()) for _ in pairs]

    def tokens(self, source: str) -> list[str]:
        return source.split()


def pairs_of(engine: ScriptedEngine, sources: Sequence[str]) -> list[Pair]:
    with SentenceTranslator(engine, DecodeOptions()) as translator:
        return [timed.pair for timed in translator.translate(sources)]


def chosen(pair: Pair) -> str:
    return next(candidate.strategy for candidate in pair.candidates if candidate.chosen)


def test_equal_sources_are_read_once_and_order_is_kept() -> None:
    engine = ScriptedEngine(lambda text, _: {"De kat.": "The cat.", "De hond.": "The dog."}[text])
    pairs = pairs_of(engine, ["De kat.", "De hond.", "De kat."])
    assert [pair.target for pair in pairs] == ["The cat.", "The dog.", "The cat."]
    assert engine.read == ["De kat.", "De hond."]


@pytest.mark.parametrize(
    "source", ["2023", "10:57", "https://www.voorbeeld.nl/a?b=c", "jan@voorbeeld.nl", "***", ""]
)
def test_what_holds_nothing_to_translate_is_copied(source: str) -> None:
    engine = ScriptedEngine(lambda text, _: "nonsense")
    [pair] = pairs_of(engine, [source])
    assert (pair.target, pair.origin, engine.read) == (source, Origin.COPY, [])


def test_a_heading_in_capitals_is_read_in_sentence_case_and_set_in_capitals_again() -> None:
    engine = ScriptedEngine(lambda text, _: "Minister opens bridge" if text[1:].islower() else "XQZT")
    [pair] = pairs_of(engine, ["MINISTER OPENT BRUG"])
    assert pair.target == "MINISTER OPENS BRIDGE"
    assert chosen(pair) == "recase"


def test_a_loop_is_searched_again_without_repeats() -> None:
    def write(text: str, options: DecodeOptions) -> str:
        return (
            "It is a good plan." if options.no_repeat_ngram_size else "It is a " + "good plan good plan " * 9
        )

    [pair] = pairs_of(ScriptedEngine(write), ["Het is een goed plan."])
    assert pair.target == "It is a good plan."
    assert chosen(pair) == "no-repeat"
    assert [candidate.strategy for candidate in pair.candidates if not candidate.chosen] == ["beam"]
    assert all(candidate.reason for candidate in pair.candidates)


def test_a_lost_number_is_searched_again_with_a_wider_beam() -> None:
    def write(text: str, options: DecodeOptions) -> str:
        return "There were 1,200 people." if options.beam_size > 4 else "There were people."

    [pair] = pairs_of(ScriptedEngine(write), ["Er waren 1.200 mensen."])
    assert (pair.target, chosen(pair)) == ("There were 1,200 people.", "wide-beam")


def test_a_changed_number_is_put_right_and_told() -> None:
    [pair] = pairs_of(ScriptedEngine(lambda *_: "There were 12,000 people."), ["Er waren 1.200 mensen."])
    assert (pair.target, chosen(pair)) == ("There were 1,200 people.", "restore-numbers")
    assert "restored" in [finding.check for finding in pair.candidates[0].findings]


def test_an_address_that_is_lost_is_copied_into_place() -> None:
    def write(text: str, options: DecodeOptions) -> str:
        return {"Kijk op": "Look at"}.get(text, "Look at the site.")

    [pair] = pairs_of(ScriptedEngine(write), ["Kijk op https://www.voorbeeld.nl/brug."])
    assert pair.target == "Look at https://www.voorbeeld.nl/brug."


def test_a_dropped_tail_is_cut_at_its_clause_marks() -> None:
    first = "De minister opende de nieuwe brug over de rivier,"
    second = "en daarna sprak zij lang met de bewoners van het dorp."
    english = {
        first: "The minister opened the new bridge over the river,",
        second: "and then she spoke for a long time with the people of the village.",
    }
    engine = ScriptedEngine(lambda text, _: english.get(text, "The minister."))
    [pair] = pairs_of(engine, [f"{first} {second}"])
    assert pair.target == " ".join(english.values())
    assert chosen(pair) == "split"


def test_a_source_above_the_limit_is_cut_and_recorded_and_nothing_is_lost() -> None:
    words = [f"w{i}" for i in range(450)]
    engine = ScriptedEngine(lambda text, _: text.upper(), limit=100)
    [pair] = pairs_of(engine, [" ".join(words)])
    assert " ".join(engine.read[: len(engine.read)]).split()[:450] == words
    assert max(len(text.split()) for text in engine.read) <= 100
    assert "over-length" in [f.check for candidate in pair.candidates for f in candidate.findings]


def test_one_segment_that_fails_does_not_take_the_others_with_it() -> None:
    def write(text: str, _: DecodeOptions) -> str:
        if "kapot" in text:
            raise RuntimeError("no memory")
        return "fine"

    good, bad, last = pairs_of(ScriptedEngine(write), ["goed", "kapot", "best"])
    assert (good.target, last.target) == ("fine", "fine")
    assert (bad.target, bad.failure) == ("", "RuntimeError: no memory")


@pytest.fixture(scope="module")
def starter_pairs() -> Iterator[Callable[[Sequence[str]], list[Pair]]]:
    """The starter model behind a translator."""
    with SentenceTranslator(load("starter-nl-en"), DecodeOptions()) as translator:
        yield lambda sources: [timed.pair for timed in translator.translate(sources)]


def test_the_starter_model_keeps_numbers_and_addresses(
    starter_pairs: Callable[[Sequence[str]], list[Pair]],
) -> None:
    sources = ["Op 20 september 2023 kwamen 1.200 mensen naar www.voorbeeld.nl/brug kijken."]
    [pair] = starter_pairs(sources)
    assert all(piece in pair.target for piece in ("20", "2023", "1,200", "www.voorbeeld.nl/brug"))
