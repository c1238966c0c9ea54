"""Bytes become text by the right encoding, and what is no text is refused."""

from __future__ import annotations

from random import Random

import pytest

from mt import formats
from mt.errors import FormatError, UsageError

DUTCH = "Eén coördinator beëindigt de ruïne: „reünie” kost € 5 – ’s avonds."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_decides(encoding: str) -> None:
    raw = formats.encode(DUTCH, encoding, bom=True).raw
    decoded = formats.decode(raw)
    assert (decoded.text, decoded.encoding, decoded.bom, decoded.notes) == (DUTCH, encoding, True, ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_byte_order_mark_is_found_and_told(encoding: str) -> None:
    decoded = formats.decode(DUTCH.encode(encoding))
    assert (decoded.text, decoded.encoding, decoded.bom) == (DUTCH, encoding, False)
    assert encoding.upper() in decoded.notes[0]


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_a_code_page_is_found_by_its_dutch_letters_and_told(encoding: str) -> None:
    decoded = formats.decode(DUTCH.encode(encoding))
    assert (decoded.text, decoded.encoding) == (DUTCH, encoding)
    assert decoded.notes == (f"Not UTF-8; read as {encoding}.",)


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_quotes_and_dashes_do_not_make_one_code_page_look_like_another(encoding: str) -> None:
    text = "Het café was vol, zei hij.\n‘Ja’ – zei “één van hen”, foto’s à €5.\n"
    assert formats.decode(text.encode(encoding)).encoding == encoding


def test_a_dos_code_page_is_found_by_its_dutch_letters() -> None:
    text = "Eén coördinator beëindigt de ruïne."
    assert formats.decode(text.encode("cp850")).text == text


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_one_accented_letter_is_enough(encoding: str) -> None:
    assert formats.decode("De reünie is afgelopen.".encode(encoding)).text == "De reünie is afgelopen."


def test_a_declaration_in_html_decides_before_guessing() -> None:
    raw = '<meta charset="iso-8859-15"><p>€ 5'.encode("iso-8859-15")
    decoded = formats.decode(raw)
    assert decoded.text.endswith("€ 5")
    assert decoded.encoding == "iso8859-15"


def test_an_encoding_that_was_asked_for_is_used() -> None:
    assert formats.decode(b"\xe9", "latin-1").text == "é"
    assert formats.decode(b"\xef\xbb\xbfa", "utf-8").bom


def test_an_encoding_that_does_not_fit_names_the_line() -> None:
    with pytest.raises(FormatError, match="Line 2, byte 2"):
        formats.decode(b"a\n\xe9\n", "utf-8")


def test_an_unknown_encoding_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="utf-8"):
        formats.decode(b"a", "utf-88")
    with pytest.raises(UsageError):
        formats.decode(b"a", "base64")


def test_utf_8_with_one_broken_line_is_refused_with_its_line() -> None:
    raw = (DUTCH + "\n").encode() * 20 + b"caf\xe9\n"
    with pytest.raises(FormatError, match="Line 21"):
        formats.decode(raw)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"%PDF-1.7 abc", "PDF"),
        (b"PK\x03\x04abc", "ZIP"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (bytes(range(256)) * 8, "binary"),
        (Random(1).randbytes(3000), "binary"),
        (Random(2).randbytes(100_000), "binary"),
        (b"tekst " * 20_000 + bytes(range(32)) * 4_000, "binary"),
    ],
)
def test_what_is_no_text_is_refused_and_named(raw: bytes, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        formats.decode(raw)


def test_nul_and_control_characters_are_kept_and_told() -> None:
    decoded = formats.decode(b"De kat\0 zit\x07 op\x1b de mat en blijft daar de hele dag zitten.")
    assert decoded.text.count("\0") == 1
    assert decoded.notes == (
        "1 NUL characters are kept as they are.",
        "2 control characters are kept as they are.",
    )


def test_a_character_that_the_encoding_lacks_makes_the_file_utf_8_and_is_told() -> None:
    encoded = formats.encode("geen ☃", "cp1252")
    assert encoded.encoding == "utf-8"
    assert encoded.raw.decode() == "geen ☃"
    assert "cp1252" in encoded.notes[0]


def test_html_keeps_its_encoding_with_character_references() -> None:
    assert formats.encode("é ☃", "cp1252", charrefs=True).raw == b"\xe9 &#9731;"


def test_line_ends_are_untouched() -> None:
    raw = b"a\r\nb\rc\n\r\n"
    decoded = formats.decode(raw)
    assert formats.encode(decoded.text, decoded.encoding, decoded.bom).raw == raw
