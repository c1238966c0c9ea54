"""`mt segment` from outside."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import ARTICLE, Mt


def test_it_writes_one_segment_a_line_and_a_blank_line_between_paragraphs(mt: Mt) -> None:
    text = (
        "Kop zonder punt\n\nDe brug is open. De bouw kostte ca. 1.200 euro.\n\n„Wij zijn trots”, zei zij.\n"
    )
    assert mt("segment", input=text.encode()).stdout.decode() == (
        "Kop zonder punt\n\nDe brug is open.\nDe bouw kostte ca. 1.200 euro.\n\n„Wij zijn trots”, zei zij.\n"
    )


def test_it_reads_standard_input_without_a_file_or_with_a_dash(mt: Mt) -> None:
    text = b"Het regent. De kat slaapt."
    assert mt("segment", input=text).stdout.decode() == "Het regent.\nDe kat slaapt.\n"
    assert mt("segment", "-", input=text).stdout.decode() == "Het regent.\nDe kat slaapt.\n"


def test_several_files_follow_each_other_with_a_blank_line(mt: Mt, article: Path, tmp_path: Path) -> None:
    other = tmp_path / "ander.txt"
    other.write_text("Een andere tekst.", encoding="utf-8")
    assert mt("segment", article, other).stdout.decode().endswith("/brug.\n\nEen andere tekst.\n")


def test_json_has_offsets_into_the_file(mt: Mt, article: Path) -> None:
    records = [json.loads(line) for line in mt("segment", "--json", article).stdout.splitlines()]
    assert [ARTICLE[one["start"] : one["end"]] for one in records] == [one["text"] for one in records]
    assert [one["kind"] for one in records] == ["heading", "item", "item", *["sentence"] * 4]
    assert [one["block"] for one in records] == sorted(one["block"] for one in records)


def test_kind_is_a_column_before_the_segment(mt: Mt, article: Path) -> None:
    lines = mt("segment", "--kind", article).stdout.decode().splitlines()
    assert lines[0] == "heading\tMinister opent nieuwe brug"
    assert all(not line or line.count("\t") == 1 for line in lines)


def test_the_format_can_be_named_and_markup_is_left_out(mt: Mt) -> None:
    page = b"<p>Een <b>zin</b>. Nog een &amp; dat is het.</p><pre>code. Code.</pre>"
    segments = mt("segment", "--format", "html", input=page).stdout.decode()
    assert segments == "Een zin.\nNog een & dat is het.\n"


def test_the_language_decides_about_abbreviations(mt: Mt) -> None:
    text = b"It opens at 9 a.m. Bring a coat."
    assert mt("segment", "--lang", "en", input=text).stdout.count(b"\n") == 2


def test_another_encoding_is_detected_and_told(mt: Mt) -> None:
    done = mt("segment", input="Het café is open. Één tafel is vrij.".encode("cp1252"))
    assert done.stdout.decode() == "Het café is open.\nÉén tafel is vrij.\n"
    assert b"cp1252" in done.stderr


def test_a_missing_file_an_empty_one_and_a_wrong_name_are_told_in_one_line(mt: Mt, tmp_path: Path) -> None:
    empty = tmp_path / "leeg.txt"
    empty.touch()
    assert b"does not exist" in mt("segment", "weg.txt", code=2).stderr
    assert b"is empty" in mt("segment", empty, code=3).stderr
    assert b"no language code" in mt("segment", "--lang", "dutch", input=b"Ja.", code=2).stderr
    assert b"format" in mt("segment", "--format", "htm", input=b"Ja.", code=2).stderr
    assert b"Leave out --kind" in mt("segment", "--kind", "--json", input=b"Ja.", code=2).stderr
    assert mt("segment", empty, code=3).stdout == b""


def test_a_binary_file_is_refused(mt: Mt, tmp_path: Path) -> None:
    path = tmp_path / "plaatje.txt"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8)
    assert b"plaatje.txt" in mt("segment", path, code=3).stderr


def test_control_characters_and_direction_marks_change_no_boundary(mt: Mt) -> None:
    lines = mt(
        "segment", "--json", input="De kat\u200f slaapt 😀. Zij \x07 droomt.\n".encode()
    ).stdout.splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["De kat\u200f slaapt 😀.", "Zij \x07 droomt."]
