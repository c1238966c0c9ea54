"""A lexical shortlist: learned from pairs, read by the decoder, and quick where it is used."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.engines import DecodeOptions, load
from mt.engines.convert import convert
from mt.engines.install import add
from mt.engines.shortlist import FILE, build, read_bitext, translation_table
from mt.errors import UsageError

PAIRS = [
    ("de kat slaapt", "the cat sleeps"),
    ("de hond slaapt", "the dog sleeps"),
    ("de kat eet", "the cat eats"),
    ("een hond eet", "a dog eats"),
    ("een kat", "a cat"),
]


def table(pairs: list[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """The translation table over whole words, with their names."""
    sources = sorted({word for source, _ in pairs for word in source.split()})
    targets = sorted({word for _, target in pairs for word in target.split()})
    keys, probabilities = translation_table(
        [np.unique([sources.index(word) for word in source.split()]) for source, _ in pairs],
        [np.unique([targets.index(word) for word in target.split()]) for _, target in pairs],
        len(targets),
    )
    named = zip(keys.tolist(), probabilities.tolist(), strict=True)
    return {(sources[key // len(targets)], targets[key % len(targets)]): value for key, value in named}


@pytest.fixture(scope="module")
def bitext(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first articles of the project's own corpus, as pairs."""
    path = tmp_path_factory.mktemp("bitext") / "bitext.tsv"
    rows = [
        line
        for file in sorted(corpora.glob("train/*.tsv"))[:20]
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.count("\t") == 1
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(starter: Path, bitext: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter with a shortlist beside it."""
    target = tmp_path_factory.mktemp("model") / "quick-nl-en"
    target.mkdir()
    convert(starter, target)
    build(target, bitext)
    return target


def rules(folder: Path) -> dict[str, list[str]]:
    lines = (folder / FILE).read_text(encoding="utf-8").split("\n")[:-1]
    return {key: allowed.split(" ") for key, _, allowed in (line.partition("\t") for line in lines)}


def test_words_that_go_together_become_translations_of_each_other() -> None:
    learned = table(PAIRS)
    for source, target in [("kat", "cat"), ("hond", "dog"), ("slaapt", "sleeps"), ("de", "the")]:
        likeliest = max((pair for pair in learned if pair[0] == source), key=lambda pair: learned[pair])
        assert likeliest == (source, target)


@given(st.lists(st.tuples(st.text("abc ", min_size=1), st.text("xyz ", min_size=1)), min_size=1, max_size=20))
def test_the_probabilities_of_a_source_word_sum_to_one(pairs: list[tuple[str, str]]) -> None:
    pairs = [("a " + source, "x " + target) for source, target in pairs]
    sums: dict[str, float] = {}
    for (source, _), value in table(pairs).items():
        sums[source] = sums.get(source, 0.0) + value
    assert all(value == pytest.approx(1, abs=1e-4) or value == 0 for value in sums.values())
    assert sums["a"] == pytest.approx(1, abs=1e-4)


def test_every_source_piece_of_the_bitext_has_a_line(folder: Path, bitext: Path) -> None:
    allowed = rules(folder)
    pieces = load(folder).tokens(bitext.read_text(encoding="utf-8").split("\t")[0])
    assert set(pieces) <= set(allowed)
    assert len(allowed[""]) > 500


def test_the_token_that_starts_the_decoder_is_always_a_candidate(folder: Path) -> None:
    assert rules(folder)[""][0] == "<pad>"


def test_no_candidate_is_listed_twice(folder: Path) -> None:
    common = set(rules(folder)[""])
    for source, allowed in rules(folder).items():
        assert len(allowed) == len(set(allowed))
        assert source == "" or not common & set(allowed)


def test_a_model_with_a_shortlist_translates_batch_after_batch_with_allowed_pieces_only(
    folder: Path, bitext: Path
) -> None:
    sources = [line.split("\t")[0] for line in bitext.read_text(encoding="utf-8").splitlines()[:60]]
    allowed = rules(folder)
    engine = load(folder)
    for row in engine.translate(sources, DecodeOptions(beam_size=1, batch_tokens=64)):
        assert row[0].text
    [[hypothesis]] = engine.translate(sources[:1])
    candidates = set(allowed[""]).union(*(allowed.get(piece, []) for piece in hypothesis.source_tokens))
    assert set(hypothesis.tokens) <= candidates


def test_the_shortlist_can_be_left_out_of_a_call(folder: Path, starter: Path) -> None:
    sources = ["De kat zit op de mat.", "Het regent vandaag in Amsterdam, en morgen ook."]
    without = load(folder).translate(sources, DecodeOptions(shortlist=False))
    assert [row[0].text for row in without] == [row[0].text for row in load(starter).translate(sources)]


def test_a_model_is_installed_with_a_shortlist(
    starter: Path, bitext: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MT_HOME", str(tmp_path))
    model = add(starter, name="quick", quantization="int8", shortlist=bitext)
    assert model.shortlist
    assert (model.path / FILE).is_file()


def test_a_shortlist_is_added_to_a_model_that_is_installed_already(
    starter: Path, bitext: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MT_HOME", str(tmp_path))
    before = add(starter, name="quick", quantization="int8")
    after = add(starter, name="quick", shortlist=bitext)
    assert (before.shortlist, after.shortlist) == (False, True)
    assert after.installed_at == before.installed_at
    assert (after.path / FILE).is_file()


def test_a_folder_of_articles_with_blank_lines_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("kat\tcat\n\nhond\tdog\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("vis\tfish\n", encoding="utf-8")
    assert list(read_bitext(tmp_path)) == [("kat", "cat"), ("hond", "dog"), ("vis", "fish")]


@pytest.mark.parametrize(("suffix", "opener"), [("", open), (".gz", gzip.open), (".xz", lzma.open)])
def test_a_bitext_is_read_plain_and_packed(tmp_path: Path, suffix: str, opener: object) -> None:
    path = tmp_path / f"pairs.tsv{suffix}"
    with opener(path, "wt", encoding="utf-8") as stream:  # type: ignore[operator]
        stream.write("kat\tcat\n\tnothing\nhond\tdog\n")
    assert list(read_bitext(path)) == [("kat", "cat"), ("hond", "dog")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\tb\nonly one\n", "line 2: 1 columns"),
        (b"a\tb\tc\n", "line 1: 3 columns"),
        (b"", "holds no pairs"),
        (b"\t\n", "holds no pairs"),
        (b"caf\xe9\tcoffee\n", "cannot be read"),
    ],
)
def test_a_bitext_that_is_none_says_where(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "pairs.tsv").write_bytes(content)
    with pytest.raises(UsageError, match=message):
        list(read_bitext(tmp_path / "pairs.tsv"))


def test_a_missing_bitext_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.tsv: cannot be read"):
        list(read_bitext(tmp_path / "none.tsv"))


def test_a_packed_bitext_that_is_not_packed_is_an_error(tmp_path: Path) -> None:
    for suffix in (".gz", ".xz"):
        (tmp_path / f"pairs.tsv{suffix}").write_bytes(b"kat\tcat\n")
        with pytest.raises(UsageError, match="cannot be read"):
            list(read_bitext(tmp_path / f"pairs.tsv{suffix}"))
