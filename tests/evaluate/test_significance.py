"""Intervals and p-values are sacrebleu's, from the same stream of random numbers, at every size of block."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest

from mt.errors import UsageError
from mt.evaluate import Comparison, compare, resample, score
from mt.evaluate.scorer import Scorer

CASES = json.loads((Path(__file__).parents[1] / "cases" / "evaluate.json").read_text(encoding="utf-8"))
SACREBLEU = {
    "bleu": lambda references: BLEU(force=True, references=references),
    "chrf2": lambda references: CHRF(references=references),
    "chrf2++": lambda references: CHRF(word_order=2, references=references),
    "ter": lambda references: TER(references=references),
}
METRICS = tuple(SACREBLEU)


@pytest.fixture(scope="module")
def corpus(corpora: Path) -> dict[str, list[str]]:
    """Two references and three systems made from them: words dropped, swapped, or taken from the line before."""
    rows = [line.split("\t") for path in sorted((corpora / "dev").glob("*-003.tsv"))[:3]
            for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line][:150]  # fmt: skip
    reference = [english for _, english in rows]
    words = [line.split() for line in reference]
    return {
        "reference": reference,
        "reference2": [line.replace(" the ", " that ").replace(" is ", " was ") for line in reference],
        "dropped": [" ".join(w for i, w in enumerate(line) if (i + n) % 7) for n, line in enumerate(words)],
        "swapped": [" ".join(line[n % 5 :] + line[: n % 5]) for n, line in enumerate(words)],
        "mixed": [" ".join(a[:-3] + b[-3:]) for a, b in zip(words, [words[-1], *words[:-1]], strict=True)],
    }


def theirs(
    systems: Sequence[tuple[str, Sequence[str]]], references: Sequence[Sequence[str]], test: str, samples: int
) -> tuple[dict[str, str], dict[str, list[object]]]:
    metrics = {name: make(references) for name, make in SACREBLEU.items()}
    signatures, scores = PairedTest(systems, metrics, None, test_type=test, n_samples=samples)()
    return {name: str(signature) for name, signature in signatures.items()}, scores


def check(ours: Comparison, test: str, expected: tuple[dict[str, str], dict[str, list[object]]]) -> None:
    signatures, scores = expected
    for metric, rows in ours.rows.items():
        assert rows[0].score.signature == signatures[metric]
        for row, result in zip(rows, scores[metric], strict=True):
            assert row.score.value == result.score
            assert row.p_values.get(test) == result.p_value
            if result.mean is not None:
                assert (row.mean, row.half_width) == (result.mean, result.ci)


@pytest.mark.parametrize("references", [["reference"], ["reference", "reference2"]])
@pytest.mark.parametrize(("test", "short"), [("bootstrap", "bs"), ("randomisation", "ar")])
def test_p_values_means_intervals_and_signatures_are_those_of_sacrebleu(
    corpus: dict[str, list[str]], references: list[str], test: str, short: str
) -> None:
    streams = [corpus[name] for name in references]
    systems = {name: corpus[name] for name in ("dropped", "swapped", "mixed")}
    ours = compare(systems, streams, metrics=METRICS, tests=[test], samples={test: 300}, confidence=0)
    check(ours, test, theirs(list(systems.items()), streams, short, 300))


def test_any_system_can_be_the_baseline(corpus: dict[str, list[str]]) -> None:
    systems = {name: corpus[name] for name in ("dropped", "swapped", "mixed")}
    ours = compare(systems, [corpus["reference"]], "mixed", metrics=["bleu"], samples={"bootstrap": 200})
    by_name = {row.system: row for row in ours.rows["BLEU"]}
    assert by_name["mixed"].delta is None
    assert not by_name["mixed"].p_values
    order = [("mixed", corpus["mixed"]), ("dropped", corpus["dropped"])]
    _, scores = theirs(order, [corpus["reference"]], "bs", 200)
    assert by_name["dropped"].p_values["bootstrap"] == scores["BLEU"][1].p_value
    assert by_name["dropped"].delta == by_name["dropped"].score.value - by_name["mixed"].score.value


def test_no_resamples_are_no_test_and_no_interval(corpus: dict[str, list[str]]) -> None:
    systems = {name: corpus[name] for name in ("dropped", "swapped")}
    made = compare(systems, [corpus["reference"]], metrics=["bleu"], samples={"bootstrap": 0}, confidence=0)
    for row in made.rows["BLEU"]:
        assert not row.p_values
        assert row.score.interval is None
    assert not made.pairwise["BLEU"]


def test_both_tests_at_once_give_what_each_gives_alone(corpus: dict[str, list[str]]) -> None:
    systems = {name: corpus[name] for name in ("dropped", "mixed")}
    samples = {"bootstrap": 100, "randomisation": 200}
    both, *alone = (
        compare(
            systems,
            [corpus["reference"]],
            metrics=["bleu", "ter"],
            tests=tests,
            samples=samples,
            confidence=0,
        )
        for tests in (["bootstrap", "randomisation"], ["bootstrap"], ["randomisation"])
    )
    for metric in ("BLEU", "TER"):
        merged = alone[0].rows[metric][1].p_values | alone[1].rows[metric][1].p_values
        assert both.rows[metric][1].p_values == merged


@pytest.mark.parametrize("cells", [1, 1 << 12])
def test_blocks_of_any_size_continue_one_stream(
    corpus: dict[str, list[str]], cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    systems = {name: corpus[name] for name in ("dropped", "mixed")}
    arguments = {"metrics": ["bleu", "ter"], "tests": ["bootstrap", "randomisation"]}
    samples = {"bootstrap": 70, "randomisation": 130}
    whole = compare(systems, [corpus["reference"]], samples=samples, **arguments)
    monkeypatch.setattr(resample, "CELLS", cells)
    assert compare(systems, [corpus["reference"]], samples=samples, **arguments) == whole


def test_sums_that_float32_rounds_are_added_in_the_order_of_sacrebleu() -> None:
    generator = np.random.default_rng(1)
    table = generator.integers(200_000, 400_000, size=(120, 3)).astype(np.float64)
    assert not resample.is_exact(table)
    [ours] = resample.bootstrap_totals([table], 25, 7)
    drawn = np.random.default_rng(7).choice(120, size=(25, 120), replace=True)
    assert np.array_equal(ours, np.stack([s.sum(0) for s in table.astype(np.float32)[drawn]]))


def test_the_interval_of_one_system_is_the_one_of_sacrebleu(corpus: dict[str, list[str]]) -> None:
    for name, make in SACREBLEU.items():
        metric = make([corpus["reference"]])
        expected = metric.corpus_score(corpus["mixed"], None, n_bootstrap=200)
        compared = compare({"mixed": corpus["mixed"]}, [corpus["reference"]], metrics=[name], confidence=200)
        [[row]] = compared.rows.values()
        assert (row.mean, row.half_width) == (expected._mean, expected._ci)
        assert row.score.signature == str(metric.get_signature())
        lower, upper = row.score.interval
        assert lower < row.score.value < upper
        assert (upper - lower) / 2 == pytest.approx(row.half_width)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_chrf_intervals_exist_on_tiny_sets_where_sacrebleu_crashes(count: int) -> None:
    hypotheses, references = ["x", "a b c", ""][:count], ["q", "a b d", "z"][:count]
    for ours in score(hypotheses, [references], ["chrf2", "chrf2++"], confidence=100):
        assert ours.interval is not None
        assert all(type(bound) is float and 0 <= bound <= 100 for bound in ours.interval)
    if count == 2:
        with pytest.raises(TypeError):
            CHRF().corpus_score(hypotheses, [references], n_bootstrap=100)


def test_interval_fields_are_there_also_where_the_score_is_zero() -> None:
    [ours] = score(["x y z w"], [["a b c d"]], ["bleu"], confidence=10)
    assert (ours.value, ours.interval) == (0.0, (0.0, 0.0))


def test_all_numbers_are_plain_python_so_json_takes_them(corpus: dict[str, list[str]]) -> None:
    from dataclasses import asdict

    systems = {name: corpus[name] for name in ("dropped", "mixed")}
    tests = ["bootstrap", "randomisation"]
    compared = compare(systems, [corpus["reference"]], tests=tests, samples=dict.fromkeys(tests, 20))
    rows = {metric: [asdict(row) for row in rows] for metric, rows in compared.rows.items()}
    assert json.loads(json.dumps(rows, allow_nan=False))["chrF2"][1]["mean"] == compared.rows["chrF2"][1].mean


def test_a_system_against_itself_is_not_different_and_a_clear_one_is(corpus: dict[str, list[str]]) -> None:
    systems = {"a": corpus["dropped"], "same": corpus["dropped"], "perfect": corpus["reference"]}
    tests = ["bootstrap", "randomisation"]
    compared = compare(
        systems, [corpus["reference"]], tests=tests, samples=dict.fromkeys(tests, 200), metrics=METRICS
    )
    for metric, (_, same, perfect) in compared.rows.items():
        assert same.delta == 0
        # sacrebleu's convention: no difference is never attributed to chance, so p is the smallest there is.
        assert same.p_values == dict.fromkeys(tests, 1 / 201)
        assert perfect.p_values == dict.fromkeys(tests, 1 / 201)
        assert (perfect.delta > 0) == compared.higher_is_better[metric]


def test_every_pair_of_systems_has_a_p_value(corpus: dict[str, list[str]]) -> None:
    systems = {name: corpus[name] for name in ("dropped", "swapped", "mixed")}
    compared = compare(systems, [corpus["reference"]], metrics=["bleu"], samples={"bootstrap": 100})
    assert set(compared.pairwise["BLEU"]) == {
        ("dropped", "swapped"),
        ("dropped", "mixed"),
        ("swapped", "mixed"),
    }
    baseline = {row.system: row.p_values.get("bootstrap") for row in compared.rows["BLEU"]}
    assert compared.pairwise["BLEU"]["dropped", "mixed"] == baseline["mixed"]


def test_the_seed_decides_and_none_is_another_one_each_time(corpus: dict[str, list[str]]) -> None:
    def interval(seed: int | None) -> tuple[float, float] | None:
        return score(corpus["mixed"], [corpus["reference"]], ["chrf2"], confidence=50, seed=seed)[0].interval

    assert interval(1) == interval(1)
    assert interval(1) != interval(2)
    assert interval(None) != interval(None)
    [free] = score(corpus["mixed"], [corpus["reference"]], ["bleu"], confidence=5, seed=None)
    assert "seed:none" in free.signature


def test_segments_taken_in_by_stretches_give_the_same_comparison(corpus: dict[str, list[str]]) -> None:
    from mt.evaluate import load_metric

    systems = {name: corpus[name] for name in ("dropped", "mixed")}
    whole = compare(systems, [corpus["reference"]], samples={"bootstrap": 50})
    scorer = Scorer(tuple(systems), 1, [load_metric(name) for name in METRICS])
    for start in range(0, 150, 40):
        part = slice(start, start + 40)
        scorer.add([texts[part] for texts in systems.values()], [corpus["reference"][part]])
    assert scorer.compare(samples={"bootstrap": 50}) == whole


def test_unknown_tests_and_baselines_are_errors_that_name_the_known(corpus: dict[str, list[str]]) -> None:
    systems = {"one": corpus["mixed"], "two": corpus["dropped"]}
    with pytest.raises(UsageError, match="Did you mean one"):
        compare(systems, [corpus["reference"]], "onee", metrics=["bleu"])
    with pytest.raises(UsageError, match="bootstrap"):
        compare(systems, [corpus["reference"]], metrics=["bleu"], tests=["bootstrp"])


@pytest.mark.parametrize(("test", "short"), [("bootstrap", "bs"), ("randomisation", "ar")])
def test_three_references_whose_mean_length_is_not_whole_have_the_sums_of_sacrebleu(
    corpus: dict[str, list[str]], test: str, short: str
) -> None:
    third = [line.replace(" a ", " ").replace(" of ", " ") for line in corpus["reference"]]
    # Systems that differ in few segments tie with the observed difference, and the last bit decides.
    both = zip(corpus["dropped"], corpus["swapped"], strict=True)
    almost = [other if n % 7 == 3 else line for n, (line, other) in enumerate(both)]
    systems = {"dropped": corpus["dropped"], "almost": almost}
    for count in (17, 25, 150):
        streams = [lines[:count] for lines in (corpus["reference"], corpus["reference2"], third)]
        few = {name: lines[:count] for name, lines in systems.items()}
        ours = compare(few, streams, metrics=["ter"], tests=[test], samples={test: 200}, confidence=0)
        check(ours, test, theirs(list(few.items()), streams, short, 200))
