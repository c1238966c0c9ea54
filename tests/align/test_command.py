"""`mt align`: what it prints, writes and stores, and what it says about bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mt.formats import exchange
from mt.store import Store
from tests.align.conftest import DUTCH, ENGLISH, Call


def write_lines(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_two_articles_are_printed_side_by_side(call: Call, sides: tuple[Path, Path]) -> None:
    done = call(*sides)
    assert done.code == 0
    assert re.search(r"1\s+De burgemeester opende .*The mayor opened .*\s1\s+(0\.9|1\.0)", done.out)
    assert "5 beads (5 1-1), 0 doubtful" in done.err


def test_beads_and_scored_pairs_are_stored(call: Call, sides: tuple[Path, Path], tmp_path: Path) -> None:
    call(*sides, "-q")
    with Store.open(tmp_path / "store.db") as store:
        [info] = [info for info in store.documents() if info.kind == "alignment"]
        beads = list(store.alignment(info.id).beads.values())
        pairs = [stored.pair for stored in store.pairs(info.id)]
    assert [(bead.source, bead.target) for bead in beads] == [((i,), (i,)) for i in range(5)]
    assert [(pair.source, pair.target) for pair in pairs] == list(zip(DUTCH, ENGLISH, strict=True))
    assert all(pair.score and 0 <= pair.score.value <= 1 and pair.origin == "aligned" for pair in pairs)


def test_documents_that_are_stored_are_not_aligned_again(call: Call, sides: tuple[Path, Path]) -> None:
    first, second = call(*sides, "--json"), call(*sides, "--json")
    assert "aligned before" in second.err
    assert second.out == first.out


def test_another_set_of_signals_is_another_alignment(call: Call, sides: tuple[Path, Path]) -> None:
    call(*sides, "-q")
    assert "aligned before" not in call(*sides, "--signals", "lengths,numbers").err


def test_json_has_every_bead_with_its_texts(call: Call, sides: tuple[Path, Path]) -> None:
    records = [json.loads(line) for line in call(*sides, "--json").out.splitlines()]
    assert [record["source_text"] for record in records] == DUTCH
    assert {record["kind"] for record in records} == {"1-1"}
    assert all(0 <= record["score"] <= 1 and 0 <= record["quality"] <= 1 for record in records)


@pytest.mark.parametrize("name", ["tmx", "tsv", "jsonl", "xliff"])
def test_the_pairs_are_written_in_the_format_of_the_ending(
    call: Call, sides: tuple[Path, Path], tmp_path: Path, name: str
) -> None:
    path = tmp_path / f"out{exchange.EXCHANGE[name][1][0]}"
    assert call(*sides, "-o", path).out == ""
    records = list(exchange.get(name).read(path, "nl", "en", exchange.ImportReport()))
    assert [(record.source, record.target) for record in records] == list(zip(DUTCH, ENGLISH, strict=True))


def test_folders_are_aligned_by_matching_names(call: Call, sides: tuple[Path, Path], tmp_path: Path) -> None:
    for lang, sentences in (("nl", DUTCH), ("en", ENGLISH)):
        folder = tmp_path / lang
        folder.mkdir()
        write_lines(folder / "een.txt", sentences)
        write_lines(folder / f"twee.{lang}.md", sentences[::-1])
    write_lines(tmp_path / "nl" / "alleen.txt", DUTCH)
    done = call(tmp_path / "nl", tmp_path / "en", "--json")
    assert done.code == 0
    assert {json.loads(line)["document"] for line in done.out.splitlines()} == {"een", "twee"}
    assert "alleen.txt has no counterpart" in done.err


def test_one_folder_may_hold_both_sides(call: Call, sides: tuple[Path, Path], tmp_path: Path) -> None:
    assert "artikel: 5 beads" in call(sides[0].parent).err


def test_an_unreadable_pair_does_not_stop_the_others(
    call: Call, sides: tuple[Path, Path], tmp_path: Path
) -> None:
    for lang in ("nl", "en"):
        (tmp_path / f"kapot.{lang}.txt").write_bytes(b"")
    done = call(tmp_path)
    assert done.code == 3
    assert "artikel: 5 beads" in done.err
    assert "kapot.nl.txt is empty" in done.err


def test_lines_give_a_bead_file(call: Call, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "a", DUTCH)
    target = write_lines(tmp_path / "b", [*ENGLISH[:2], f"{ENGLISH[2]} {ENGLISH[3]}", ENGLISH[4]])
    done = call("--lines", source, target, "--beads", tmp_path / "beads")
    assert (done.code, done.out) == (0, "")
    lines = (tmp_path / "beads").read_text().splitlines()
    assert [line.rpartition(":")[0] for line in lines] == ["[0]:[0]", "[1]:[1]", "[2, 3]:[2]", "[4]:[3]"]
    assert all(0 < float(line.rpartition(":")[2]) <= 1 for line in lines)


def test_an_empty_line_is_left_out_or_belongs_to_the_bead_around_it(call: Call, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "a", ["", *DUTCH[:2], "", DUTCH[2], " ", *DUTCH[3:]])
    target = write_lines(tmp_path / "b", [*ENGLISH[:2], f"{ENGLISH[2]} {ENGLISH[3]}", ENGLISH[4], ""])
    call("--lines", source, target, "--beads", tmp_path / "beads")
    lines = (tmp_path / "beads").read_text().splitlines()
    assert [line.rpartition(":")[0] for line in lines] == [
        "[0]:[]", "[1]:[0]", "[2]:[1]", "[3]:[]", "[4, 5, 6]:[2]", "[7]:[3]", "[]:[4]"
    ]  # fmt: skip
    assert lines[0].endswith(":1.0000")


def test_words_of_a_table_are_linked_one_pair_a_line(call: Call, tmp_path: Path) -> None:
    table = write_lines(tmp_path / "pairs.tsv", ["De kat slaapt\tThe cat sleeps\textra", "\t", "Ja\tYes"])
    done = call("--words", table)
    assert done.out.splitlines() == ["0-0 1-1 2-2", "", "0-0"]


def test_words_of_two_files_of_lines_are_linked(call: Call, tmp_path: Path) -> None:
    source, target = write_lines(tmp_path / "a", DUTCH), write_lines(tmp_path / "b", ENGLISH)
    assert len(call("--words", source, target).out.splitlines()) == 5


def test_moved_paragraphs_are_reported(call: Call, tmp_path: Path) -> None:
    dutch = [
        *DUTCH,
        "Winkeliers vrezen dat hun klanten voortaan wegblijven.",
        "De bakker deelde gratis ijsjes uit.",
    ]
    english = [
        "Shopkeepers fear that their customers will stay away from now on.",
        "The baker handed out free ice cream.",
    ]
    source = write_lines(tmp_path / "a", dutch)
    target = write_lines(tmp_path / "b", [*english, *ENGLISH])
    assert "Source segment 6-7 stands elsewhere in the target: 1-2" in call("--lines", source, target).err


def test_swapped_sides_are_told_and_swap_exchanges_them(call: Call, sides: tuple[Path, Path]) -> None:
    refused = call(*sides[::-1])
    assert refused.code == 2
    assert "swapped" in refused.err
    assert "--swap" in refused.err
    assert json.loads(call(*sides[::-1], "--swap", "--json").out.splitlines()[0])["source_text"] == DUTCH[0]


def test_two_texts_in_one_language_are_told(call: Call, sides: tuple[Path, Path], tmp_path: Path) -> None:
    other = write_lines(tmp_path / "b", DUTCH[::-1])
    refused = call(sides[0], other)
    assert refused.code == 2
    assert "both look like nl" in refused.err
    assert call(sides[0], other, "--force").code == 0


def test_identical_documents_are_told(call: Call, sides: tuple[Path, Path]) -> None:
    refused = call(sides[0], sides[0])
    assert refused.code == 2
    assert "hold the same text" in refused.err
    forced = call(sides[0], sides[0], "--force", "--json")
    assert {json.loads(line)["kind"] for line in forced.out.splitlines()} == {"1-1"}


def test_another_language_than_expected_is_told_but_aligned(call: Call, tmp_path: Path) -> None:
    german = [
        "Die Katze schläft auf dem Sofa, und der Hund ist nicht da.",
        "Das ist gut, weil wir es so wollen.",
    ]
    english = [
        "The cat is sleeping on the couch and the dog is not there.",
        "That is good because we want it so.",
    ]
    paths = write_lines(tmp_path / "a", german), write_lines(tmp_path / "b", english)
    done = call("--lines", *paths)
    assert done.code == 0
    assert "looks like de, not nl" in done.err
    assert "looks like" not in call("--lines", *paths, "--source-lang", "de").err


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b" \n\n", "is empty"), (b"\x00\x01\x02\xff\xfe\x00PK\x03\x04" * 20, "binary")],
)
def test_one_side_without_text_is_an_error_that_names_the_file(
    call: Call, sides: tuple[Path, Path], content: bytes, message: str
) -> None:
    sides[1].write_bytes(content)
    for options in ([], ["--lines"]):
        done = call(*sides, *options)
        assert done.code == 3
        assert f"{sides[1].name}" in done.err
        assert message in done.err


def test_line_aligned_files_of_different_length_are_named_with_their_counts(
    call: Call, tmp_path: Path
) -> None:
    source, target = write_lines(tmp_path / "a", DUTCH), write_lines(tmp_path / "b", ENGLISH[:3])
    done = call("--words", source, target)
    assert done.code == 2
    assert re.search(r"/a has 5 lines, .*/b has 3", done.err)


def test_a_table_line_without_tab_is_named(call: Call, tmp_path: Path) -> None:
    done = call("--words", write_lines(tmp_path / "pairs.tsv", ["a\tb", "no tab"]))
    assert done.code == 3
    assert "line 2" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.txt", "other.txt"], "missing.txt does not exist"),
        (["."], "No files with matching names"),
        ([".", "artikel.nl.txt"], "Two sides are needed"),
        (["artikel.nl.txt"], "Two sides are needed"),
        (["--lines", "artikel.nl.txt"], "takes two"),
        (["artikel.nl.txt", "artikel.en.txt", "--signals", "embedding"], "Did you mean embeddings"),
        (["artikel.nl.txt", "artikel.en.txt", "-o", "out.doc"], "no ending of a format"),
        (["artikel.nl.txt", "artikel.en.txt", "-o", "artikel.nl.txt"], "is also the input"),
    ],
)
def test_a_wrong_call_says_what_to_type(
    call: Call, sides: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(sides[0].parent)
    if arguments == ["."]:
        sides[1].unlink()
    done = call(*arguments)
    assert done.code == 2
    assert message in done.err


def test_without_the_extra_the_translation_takes_the_place_of_embeddings(
    call: Call, sides: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mt.pipeline.align.encoder_is_installed", lambda: False)
    done = call(*sides)
    assert done.code == 0
    assert "5 beads (5 1-1)" in done.err
    assert "mt-workbench[align]" in done.err
    refused = call(*sides, "--signals", "embeddings")
    assert refused.code == 4
    assert "pip install 'mt-workbench[align]'" in refused.err
