"""Learning from reviews: what is learned from, how it is judged, and what is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mt.data import Document, MetricScore, Pair, Review, Segment, Verdict
from mt.engines import load
from mt.engines.models import resolve
from mt.engines.replacements import Replacements
from mt.errors import UsageError
from mt.evaluate import score
from mt.store import PairRow, Store
from mt.train import train
from mt.train.adapt import AdaptOptions, Change, adapt, judged
from mt.train.recipe import Recipe
from mt.train.reviews import MINIMUM, deal
from mt.train.versions import replace_model, rollback, versions


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MT_HOME", str(tmp_path / "home"))


def bitext(path: Path, pairs: Sequence[tuple[str, str]]) -> Path:
    """A TSV file of pairs."""
    path.write_text("".join(f"{s}\t{t}\n" for s, t in pairs), encoding="utf-8")
    return path


def fill(store: Store, name: str, pairs: Sequence[tuple[str, str]], verdict: Verdict) -> None:
    """Store pairs with a rough target, and the decision of a reviewer who knows the right one."""
    text = "".join(f"{source}\n" for source, _ in pairs)
    starts = [0]
    for source, _ in pairs:
        starts.append(starts[-1] + len(source) + 1)
    segments = [Segment(s, at, at + len(s), plain=s) for (s, _), at in zip(pairs, starts, strict=False)]
    identifier = store.put_document(Document("", "nl", text, name=name), "en")
    store.add_segments(identifier, segments)
    store.add_pairs(identifier, [PairRow(i, Pair(s, f"rough {t}")) for i, (s, t) in enumerate(pairs)])
    for stored, (_, target) in zip(list(store.pairs(identifier)), pairs, strict=True):
        chosen = target if verdict is Verdict.EDITED else stored.pair.target
        store.record(Review(stored.id, verdict, chosen, "An", datetime.now(UTC)))


@pytest.fixture
def pairs(lines: list[str]) -> list[tuple[str, str]]:
    """Sentence pairs of the corpus, each source once."""
    split = [tuple(line.split("\t")) for line in lines]
    return list({source: (source, target) for source, target in split}.values())


def change(test_set: str, metric: str, old: float, new: float, p: float) -> Change:
    return Change(test_set, 50, MetricScore(old, metric, "s"), MetricScore(new, metric, "s"), p)


def test_too_few_reviewed_pairs_are_refused_and_the_number_needed_is_told(
    pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    with Store.open(tmp_path / "s.db") as store:
        fill(store, "a.txt", pairs[:30], Verdict.EDITED)
        fill(store, "b.txt", pairs[30:200], Verdict.REJECTED)
        with pytest.raises(UsageError, match=f"30 accepted or edited pairs.*takes {MINIMUM}") as caught:
            adapt(store, tmp_path / "run", tmp_path / "none.tsv")
    assert f"Review {MINIMUM - 30} more" in caught.value.hint


def test_a_style_is_not_told_from_a_subject_by_few_documents(
    pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    with Store.open(tmp_path / "s.db") as store:
        fill(store, "a.txt", pairs[:60], Verdict.EDITED)
        fill(store, "b.txt", pairs[60:120], Verdict.EDITED)
        with pytest.raises(UsageError, match=r"Reviews of 2 documents.*takes 4") as caught:
            adapt(store, tmp_path / "run", options=AdaptOptions(model="starter-nl-en"))
    assert "--method full" in caught.value.hint


def test_fine_tuning_without_general_bitext_is_refused(pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db") as store:
        fill(store, "a.txt", pairs[:120], Verdict.EDITED)
        with pytest.raises(UsageError, match="needs general bitext") as caught:
            adapt(store, tmp_path / "run", options=AdaptOptions(model="starter-nl-en", method="full"))
    assert "--replay" in caught.value.hint


def house(target: str) -> str:
    """A target in the style of a house that the starter was not trained in."""
    return target.replace(" and ", " & ").replace("The ", "Ye ").replace(" is ", " be ")


def reviewed_in_two_folders(store: Store, pairs: list[tuple[str, str]]) -> None:
    """Four documents of a subject, whose edits are in the house's style, and others that are so too."""
    styled = [(source, house(target)) for source, target in pairs]
    for number in range(4):
        fill(store, f"subject/{number}.txt", styled[number * 30 : number * 30 + 30], Verdict.EDITED)
        fill(store, f"other/{number}.txt", styled[120 + number * 25 : 145 + number * 25], Verdict.EDITED)


def test_what_reviewers_always_write_is_learned_measured_installed_and_taken_back(
    pairs: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # It takes no extra.
    options = AdaptOptions(model="starter-nl-en", documents=("subject/*",), threads=1)
    with Store.open(tmp_path / "s.db") as store:
        reviewed_in_two_folders(store, pairs)
        adapted = adapt(store, tmp_path / "run", options=options)
    assert adapted.installed is not None
    assert adapted.pairs == 120
    changes = {(c.test_set, c.old.metric): c for c in adapted.changes}
    assert changes["reviewed", "BLEU"].segments == 120
    assert changes["general", "BLEU"].segments == 100
    assert min(c.delta for c in changes.values() if c.old.metric == "BLEU") > 1
    assert changes["reviewed", "BLEU"].p_value < 0.025
    test = [(source, house(target)) for source, target in pairs[220:300]]
    old, new = (
        [best.text for best, *_ in load(model, threads=1).translate([source for source, _ in test])]
        for model in ("starter-nl-en", "starter-nl-en-adapted")
    )
    [before], [after] = (score(texts, [[t for _, t in test]], ("bleu",)) for texts in (old, new))
    assert after.value > before.value + 1
    assert "| `and` | `&` | 4 |" in (adapted.folder / "README.md").read_text(encoding="utf-8")
    assert resolve("auto").name == "starter-nl-en-adapted"
    assert [version.current for version in versions("starter-nl-en-adapted")] == [True]
    assert rollback("starter-nl-en-adapted").name == "starter-nl-en"


@pytest.mark.slow
def test_a_model_that_is_adapted_again_keeps_what_it_learned_and_both_versions_can_be_gone_back_to(
    pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    options = AdaptOptions(model="starter-nl-en", documents=("subject/*",), threads=1, significance=0.5)
    late = [(source, house(target).replace(" in ", " within ")) for source, target in pairs]
    general = bitext(tmp_path / "general.tsv", late[120:220])
    with Store.open(tmp_path / "s.db") as store:
        reviewed_in_two_folders(store, pairs)
        first = adapt(store, tmp_path / "run", options=options).installed
        for number in range(4):
            fill(store, f"late/{number}.txt", late[220 + number * 30 :][:30], Verdict.EDITED)
        again = replace(options, model="starter-nl-en-adapted", documents=("late/*",))
        second = adapt(store, tmp_path / "second", None, general, again).installed
    assert first is not None
    assert second is not None
    learned = {item.old: item.new for item in Replacements.read(second.path).items}
    assert learned.items() >= {" and": " &", " in": " within"}.items()
    assert rollback("starter-nl-en-adapted").sha256 == first.sha256
    assert rollback("starter-nl-en-adapted").name == "starter-nl-en"


def test_reviews_in_the_style_that_the_model_writes_teach_nothing_and_the_model_is_kept(
    pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    replay = bitext(tmp_path / "replay.tsv", pairs[120:240])
    options = AdaptOptions(model="starter-nl-en", threads=1)
    with Store.open(tmp_path / "s.db") as store:
        for number in range(4):
            fill(store, f"{number}.txt", pairs[number * 30 : number * 30 + 30], Verdict.EDITED)
        adapted = adapt(store, tmp_path / "run", replay, options=options)
    assert adapted.installed is None
    assert "not significantly better" in adapted.reason
    assert resolve("auto").name == "starter-nl-en"


def test_a_style_that_general_texts_do_not_have_is_refused(
    pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    general = bitext(tmp_path / "general.tsv", pairs[120:240])
    options = AdaptOptions(model="starter-nl-en", documents=("subject/*",), threads=1)
    with Store.open(tmp_path / "s.db") as store:
        reviewed_in_two_folders(store, pairs)
        adapted = adapt(store, tmp_path / "run", None, general, options)
    assert adapted.installed is None
    assert "significantly worse in general" in adapted.reason


def test_only_the_documents_that_are_asked_for_count(pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db") as store:
        fill(store, "news/a.txt", pairs[:120], Verdict.EDITED)
        fill(store, "sport/b.txt", pairs[120:130], Verdict.ACCEPTED)
        with pytest.raises(UsageError, match="10 accepted or edited pairs"):
            adapt(store, tmp_path / "run", options=AdaptOptions(documents=("sport/*",)))


def test_a_document_is_dealt_whole_into_folds_of_like_size_whatever_the_order(
    pairs: list[tuple[str, str]],
) -> None:
    documents = [pairs[i * 10 : i * 10 + 4 + i] for i in range(9)]
    folds = deal(documents, 4)
    assert sorted(map(sorted, (d for fold in folds for d in fold))) == sorted(map(sorted, documents))
    assert max(sum(map(len, f)) for f in folds) <= min(sum(map(len, f)) for f in folds) + 12
    assert deal(documents[::-1], 4) == folds
    assert [len(fold) for fold in deal([pairs[:10]], 4)] == [3, 3, 2, 2]


def test_a_model_that_is_better_and_no_worse_in_general_is_to_be_installed() -> None:
    helps, reason = judged(
        [
            change("reviewed", "BLEU", 10, 10.1, 0.3),
            change("reviewed", "chrF2++", 40, 43, 0.01),
            change("general", "BLEU", 10, 9.9, 0.4),
            change("general", "chrF2++", 40, 40.1, 0.4),
        ],
        0.05,
    )
    assert helps
    assert "+3.00 (p = 0.010)" in reason


@pytest.mark.parametrize(
    ("bleu", "p"), [(9.9, 0.01), (10.1, 0.04)], ids=["one metric falls", "each of two has half the level"]
)
def test_a_metric_that_rises_is_not_enough(bleu: float, p: float) -> None:
    changes = [
        change("reviewed", "BLEU", 10, bleu, 0.4),
        change("reviewed", "chrF2++", 40, 43, p),
        change("general", "BLEU", 10, 10, 0.4),
    ]
    assert judged(changes, 0.05)[0] is False


@pytest.mark.parametrize(
    ("reviewed", "general", "why"),
    [
        ((40.0, 43.0, 0.01), (40.0, 38.0, 0.01), "significantly worse in general"),
        ((40.0, 40.5, 0.2), (40.0, 40.0, 0.5), "not significantly better"),
        ((40.0, 35.0, 0.01), (40.0, 40.0, 0.5), "not significantly better"),
    ],
)
def test_a_model_that_does_not_help_is_not_installed(
    reviewed: tuple[float, float, float], general: tuple[float, float, float], why: str
) -> None:
    helps, reason = judged(
        [change("reviewed", "chrF2++", *reviewed), change("general", "chrF2++", *general)], 0.05
    )
    assert not helps
    assert why in reason
    assert "kept" in reason


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "lorra"}, "Unknown method"),
        ({"replay": 1.0}, "replay"),
        ({"folds": 1}, "folds"),
        ({"epochs": 0.0}, "epochs"),
    ],
)
def test_options_out_of_range_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        AdaptOptions(**values)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["bias", "full", "lora"])
def test_a_model_that_did_not_get_better_is_kept(
    recipe: Recipe, pairs: list[tuple[str, str]], tmp_path: Path, method: str
) -> None:
    base = replace_model(train(recipe, tmp_path / "base").model, "tiny")
    replay = bitext(tmp_path / "replay.tsv", pairs[130:260])
    options = AdaptOptions(
        model="tiny", method=method, evidence=3, folds=4 if method == "bias" else 2, significance=1e-9, epochs=0.5,
        batch_tokens=1024, threads=1, rate=1e-8, matrix_rate=1e-8,
    )  # fmt: skip
    with Store.open(tmp_path / "s.db") as store:
        for number in range(4):
            fill(store, f"{number}.txt", pairs[number * 30 : number * 30 + 30], Verdict.EDITED)
        adapted = adapt(store, tmp_path / "run", replay, options=options)
    assert adapted.installed is None
    assert "The old one is kept" in adapted.reason
    assert resolve("tiny").sha256 == base.sha256
    assert {c.test_set for c in adapted.changes} == {"reviewed", "general"}
    assert all(c.old.signature for c in adapted.changes)
    assert [c.segments for c in adapted.changes if c.test_set == "reviewed"] == [120, 120]


@pytest.mark.slow
def test_a_model_that_helps_is_installed_as_a_new_version_and_can_be_taken_back(
    recipe: Recipe, pairs: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mt.train.adapt.judged", lambda changes, significance: (True, "It helps."))
    base = replace_model(train(recipe, tmp_path / "base").model, "tiny")
    replay = bitext(tmp_path / "replay.tsv", pairs[130:260])
    options = AdaptOptions(model="tiny", method="full", epochs=0.5, batch_tokens=1024, threads=1, folds=2)
    with Store.open(tmp_path / "s.db") as store:
        fill(store, "a.txt", pairs[:120], Verdict.EDITED)
        adapted = adapt(store, tmp_path / "run", replay, options=options)
    assert adapted.installed is not None
    assert resolve("tiny").sha256 == adapted.installed.sha256 != base.sha256
    card = (adapted.folder / "README.md").read_text(encoding="utf-8")
    assert "0.4 of the fine-tuned and 0.6 of the old model" in card
    assert "pieces have a bias that was fitted to" in card
    assert adapted.installed.sha256 in card
    assert rollback("tiny").sha256 == base.sha256
