"""Learning from reviews: what is learned from, how it is judged, and what is installed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mt.data import Document, MetricScore, Pair, Review, Segment, Verdict
from mt.engines import DecodeOptions, load
from mt.engines.models import resolve
from mt.errors import UsageError
from mt.store import PairRow, Store
from mt.train import train
from mt.train.adapt import MINIMUM, AdaptOptions, Change, adapt, judged, split_reviews
from mt.train.recipe import Recipe
from mt.train.versions import replace_model, rollback


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MT_HOME", str(tmp_path / "home"))


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


def test_a_style_is_not_told_from_a_subject_by_one_document(
    pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    with Store.open(tmp_path / "s.db") as store:
        fill(store, "a.txt", pairs[:120], Verdict.EDITED)
        with pytest.raises(UsageError, match="Reviews of 1 documents") as caught:
            adapt(store, tmp_path / "run", tmp_path / "none.tsv", options=AdaptOptions(model="starter-nl-en"))
    assert "--method full" in caught.value.hint


def test_the_starter_learns_the_style_of_a_house_from_its_edits(
    pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    marked = [(source, target.replace(" and ", " plus ")) for source, target in pairs[:150]]
    general = tmp_path / "general.tsv"
    general.write_text("".join(f"{s}\t{t}\n" for s, t in pairs[150:190]), encoding="utf-8")
    replay = tmp_path / "replay.tsv"
    replay.write_text("".join(f"{s}\t{t}\n" for s, t in pairs[190:290]), encoding="utf-8")
    options = AdaptOptions(model="starter-nl-en", threads=1, significance=1e-9)
    with Store.open(tmp_path / "s.db") as store:
        for number in range(5):
            fill(store, f"{number}.txt", marked[number * 30 : number * 30 + 30], Verdict.EDITED)
        adapted = adapt(store, tmp_path / "run", replay, general, options)
    sources = [source for source, target in marked if " plus " in target]
    old, new = (
        " ".join(one.text for [one, *_] in load(model, threads=1).translate(sources, DecodeOptions()))
        for model in ("starter-nl-en", str(adapted.folder))
    )
    assert new.count(" plus ") > old.count(" plus ") + 5
    assert new.count(" and ") < old.count(" and ")
    assert "pieces have a bias" in (adapted.folder / "README.md").read_text(encoding="utf-8")
    assert adapted.installed is None, "no difference is significant at such a level"


def test_only_the_documents_that_are_asked_for_count(pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db") as store:
        fill(store, "news/a.txt", pairs[:120], Verdict.EDITED)
        fill(store, "sport/b.txt", pairs[120:130], Verdict.ACCEPTED)
        with pytest.raises(UsageError, match="10 accepted or edited pairs"):
            adapt(store, tmp_path / "run", tmp_path / "none", options=AdaptOptions(documents=("sport/*",)))


def test_a_source_stays_on_its_side_when_more_is_reviewed(pairs: list[tuple[str, str]]) -> None:
    taught, measured = split_reviews(pairs[:100], 0.25)
    assert sorted([*taught, *measured]) == sorted(pairs[:100])
    assert 10 < len(measured) < 40
    more_taught, more_measured = split_reviews(pairs[:200], 0.25)
    assert set(taught) <= set(more_taught)
    assert set(measured) <= set(more_measured)


def test_a_model_that_is_better_and_no_worse_in_general_is_to_be_installed() -> None:
    helps, reason = judged(
        [
            change("reviewed", "BLEU", 10, 9, 0.3),
            change("reviewed", "chrF2++", 40, 43, 0.01),
            change("general", "BLEU", 10, 9.9, 0.4),
            change("general", "chrF2++", 40, 40.1, 0.4),
        ],
        0.05,
    )
    assert helps
    assert "+3.00 (p = 0.010)" in reason


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
        ({"held_out": 0.0}, "held_out"),
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
    replay = tmp_path / "replay.tsv"
    replay.write_text("".join(f"{s}\t{t}\n" for s, t in pairs[130:260]), encoding="utf-8")
    options = AdaptOptions(
        model="tiny", method=method, evidence=4, significance=1e-9, epochs=0.5, batch_tokens=1024, threads=1, rate=1e-8,
        matrix_rate=1e-8,
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
    assert adapted.pairs + next(c.segments for c in adapted.changes if c.test_set == "reviewed") == 120


@pytest.mark.slow
def test_a_model_that_helps_is_installed_as_a_new_version_and_can_be_taken_back(
    recipe: Recipe, pairs: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mt.train.adapt.judged", lambda changes, significance: (True, "It helps."))
    base = replace_model(train(recipe, tmp_path / "base").model, "tiny")
    replay = tmp_path / "replay.tsv"
    replay.write_text("".join(f"{s}\t{t}\n" for s, t in pairs[130:260]), encoding="utf-8")
    options = AdaptOptions(model="tiny", method="full", epochs=0.5, batch_tokens=1024, threads=1)
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
