"""Files of pairs as they occur in the wild, hostile files, and what other programs read of ours."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from mt.data import Finding, Severity, Verdict
from mt.errors import FormatError, UsageError
from mt.formats import exchange
from mt.formats.exchange import Code, ImportReport, PairRecord, ReviewRecord

CASES = json.loads(
    (Path(__file__).parents[1] / "cases" / "formats-exchange.json").read_text(encoding="utf-8")
)
AT = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
FULL = PairRecord(
    "De kat & de hond.",
    "The cat & the dog.",
    score=0.75,
    method="mt 1",
    status="edited",
    origin="engine",
    document="artikel.txt",
    index=3,
    findings=(Finding("number", Severity.WARNING, "3 is missing", "target", (0, 3)),),
    reviewer="Anna",
    created=AT,
    changed=AT,
    note="let op",
    previous="Ervoor.",
    following="Erna.",
    source_codes=(Code(3, "open", "1", "<b>"), Code(6, "close", "1", "</b>")),
    target_codes=(Code(4, "open", "1", "<b>"), Code(7, "close", "1", "</b>")),
    extra=(("domain", "pets"),),
    history=(ReviewRecord(Verdict.EDITED, "The cat.", "The cat & the dog.", "Anna", AT, "fout"),),
    id="u1",
)


def read(
    name: str, raw: bytes, source_lang: str = "nl", target_lang: str = "en"
) -> tuple[list[PairRecord], ImportReport]:
    report = ImportReport("file")
    return list(exchange.get(name).read(io.BytesIO(raw), source_lang, target_lang, report)), report


def written(name: str, *records: PairRecord) -> bytes:
    stream = io.BytesIO()
    exchange.get(name).write(records, stream, "nl", "en")
    return stream.getvalue()


def by_name() -> Iterator[Any]:
    for case in CASES:
        yield pytest.param(case, id=f"{case['format']}: {case['name']}")


@pytest.mark.parametrize("case", list(by_name()))
def test_files_are_read_as_the_case_says(case: dict[str, Any]) -> None:
    raw = case["content"].encode(case.get("encoding", "utf-8"))
    found, report = read(case["format"], raw, *case.get("langs", ["nl", "en"]))
    assert [[record.source, record.target] for record in found] == case["pairs"]
    assert report.summary() == case["summary"]
    for name, expected in case.get("fields", {}).items():
        value = getattr(found[0], name)
        if name.endswith("_codes"):
            value = [[code.position, code.kind, code.id, code.text] for code in value]
        assert json.loads(json.dumps(value, default=str)) == expected


@pytest.mark.parametrize("name", ["tmx", "xliff", "xliff2"])
@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("<tmx>\n<body>\n<tu>\n</body></tmx>", 4),
        ("<xliff>\n<file>\n</xliff>", 3),
        ("geen xml", 1),
        ("", 1),
        ("<html></html>", 1),
    ],
)
def test_a_broken_file_names_file_and_line(name: str, content: str, line: int) -> None:
    with pytest.raises(FormatError, match=f"file line {line}"):
        read(name, content.encode())


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize("name", ["tmx", "xliff", "xliff2"])
@pytest.mark.parametrize(
    "subset",
    [
        f'<!ENTITY l0 "lol">{BOMB}',
        '<!ENTITY l11 SYSTEM "file:///etc/passwd">',
        '<!ENTITY l11 SYSTEM "http://127.0.0.1:9/x">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p; <!ENTITY l11 "a">',
        '<!ENTITY l11 "a">',
    ],
)
def test_declared_entities_are_refused(name: str, subset: str) -> None:
    root = "tmx" if name == "tmx" else "xliff"
    body = "<body><tu><tuv xml:lang='nl'><seg>&l11;</seg></tuv></tu></body>"
    raw = f"<!DOCTYPE {root} [{subset}]><{root}>{body}</{root}>"
    with pytest.raises(FormatError, match="declares entities"):
        read(name, raw.encode())


def test_an_external_document_type_is_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "x.dtd").write_text('<!ENTITY e "gelezen">')
    raw = CASES[0]["content"].replace(
        "<tmx", f'<!DOCTYPE tmx SYSTEM "{(tmp_path / "x.dtd").as_uri()}"><tmx', 1
    )
    found, _ = read("tmx", raw.replace("<seg>", "<seg>&e;", 1).encode())
    assert "gelezen" not in found[0].source


def test_a_missing_file_is_told() -> None:
    with pytest.raises(UsageError, match="does not exist"):
        list(exchange.get("tmx").read(Path("nergens.tmx"), "nl", "en", ImportReport()))


@pytest.mark.parametrize("name", ["tmx", "xliff", "xliff2", "tsv", "jsonl", "docx"])
def test_everything_a_record_says_comes_back(name: str) -> None:
    untranslated = replace(FULL, id="u2", target="", target_codes=(), status="open")
    found, report = read(name, written(name, FULL, untranslated))
    assert found == [FULL, untranslated]
    assert report.skipped == 0


@pytest.mark.parametrize("name", ["tmx", "xliff", "xliff2"])
@pytest.mark.parametrize(
    "character", ["\0", "\x07", "\x0b", "\x1f", "\ufffe", "\ufeff", "\x85", "\u2028", "\ud800"]
)
def test_characters_that_xml_cannot_hold_come_back(name: str, character: str) -> None:
    record = replace(FULL, source=f"a{character}b", note=f"n{character}", source_codes=(), id=f"x{character}")
    raw = written(name, record)
    etree.fromstring(raw)
    assert read(name, raw)[0] == [record]


def test_a_tmx_that_is_written_has_what_its_definition_asks_for() -> None:
    root = etree.fromstring(written("tmx", FULL))
    header, body = root
    assert root.get("version") == "1.4"
    assert {
        "creationtool",
        "creationtoolversion",
        "segtype",
        "o-tmf",
        "adminlang",
        "srclang",
        "datatype",
    } <= set(header.attrib)
    [tu] = body
    assert (tu.get("tuid"), tu.get("changeid"), tu.get("creationdate")) == ("u1", "Anna", "20240501T123000Z")
    props = {prop.get("type"): prop.text for prop in tu.iter("prop")}
    assert (props["score-mt"], props["status"], props["file"]) == ("0.75", "edited", "artikel.txt")
    assert [child.tag for child in tu][-2:] == ["tuv", "tuv"]
    assert [etree.tostring(code, with_tail=False).decode() for code in tu.iter("bpt")] == [
        '<bpt i="1">&lt;b&gt;</bpt>'
    ] * 2


@pytest.mark.parametrize(
    ("status", "state", "approved", "state_2"),
    [
        ("open", "needs-review-translation", None, "translated"),
        ("accepted", "signed-off", "yes", "final"),
        ("edited", "signed-off", "yes", "final"),
        ("rejected", "needs-translation", None, "initial"),
        ("skipped", "needs-review-translation", None, "translated"),
        ("flagged", "needs-review-translation", None, "translated"),
    ],
)
def test_a_status_has_its_state_in_both_versions_of_xliff(
    status: str, state: str, approved: str | None, state_2: str
) -> None:
    record = replace(FULL, status=status)
    old, new = (etree.fromstring(written(name, record)) for name in ("xliff", "xliff2"))
    [unit] = old.iter("{*}trans-unit")
    assert unit.get("approved") == approved
    assert [target.get("state") for target in old.iter("{*}target")] == [state]
    assert [segment.get("state") for segment in new.iter("{*}segment")] == [state_2]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("xliff", "needs-review-translation", "final"), ("xliff2", "translated", "final")],
)
def test_a_state_that_another_program_changed_wins(name: str, before: str, after: str) -> None:
    raw = written(name, replace(FULL, status="flagged")).replace(
        f'"{before}"'.encode(), f'"{after}"'.encode()
    )
    assert [record.status for record in read(name, raw)[0]] == ["accepted"]


def test_units_with_the_same_identifier_get_numbers_in_xliff() -> None:
    records = [FULL, FULL, replace(FULL, id="")]
    for name in ("xliff", "xliff2"):
        raw = written(name, *records)
        units = [unit.get("id") for unit in etree.fromstring(raw).iter("{*}trans-unit", "{*}unit")]
        assert len(set(units)) == 3
        assert [record.id for record in read(name, raw)[0]] == ["u1", "u1", ""]


def test_xliff_2_refuses_a_second_pair_of_languages() -> None:
    with pytest.raises(FormatError, match="nl-fr"):
        written("xliff2", FULL, replace(FULL, target_lang="fr"))


@pytest.mark.parametrize("name", ["tmx", "xliff", "jsonl", "tsv"])
def test_pairs_of_other_languages_are_skipped_and_told(name: str) -> None:
    found, report = read(name, written(name, FULL), "nl", "fr")
    assert found == []
    assert (report.units, report.skipped) == (1, 1)


@pytest.mark.parametrize("name", ["tmx", "xliff", "xliff2", "tsv", "jsonl", "docx"])
def test_a_file_can_be_read_in_the_other_direction(name: str) -> None:
    [record], _ = read(name, written(name, FULL), "en", "nl")
    assert (record.source, record.target, record.source_lang) == (FULL.target, FULL.source, "en")
    assert record.source_codes == FULL.target_codes


def test_other_programs_read_a_tmx() -> None:
    from translate.storage.tmx import tmxfile

    unit = tmxfile.parsestring(written("tmx", replace(FULL, source_codes=(), target_codes=()))).units[0]
    assert (unit.source, unit.target) == (FULL.source, FULL.target)
    assert unit.getid() == "u1"


def test_other_programs_read_xliff() -> None:
    from translate.storage.xliff import xlifffile

    plain = replace(FULL, source_codes=(), target_codes=())
    unit = next(u for u in xlifffile.parsestring(written("xliff", plain)).units if u.istranslatable())
    assert (unit.source, unit.target, unit.isapproved()) == (FULL.source, FULL.target, True)
    assert "let op" in unit.getnotes()


def test_pairs_of_other_programs_are_read() -> None:
    from translate.storage.tmx import tmxfile

    memory = tmxfile()
    memory.addtranslation("De <kat>", "nl", "The <cat>", "en", comment="huisdier")
    stream = io.BytesIO()
    memory.serialize(stream)
    [record], report = read("tmx", stream.getvalue())
    assert (record.source, record.target, record.note) == ("De <kat>", "The <cat>", "huisdier")
    assert report.units == 1


def test_a_row_that_was_edited_in_a_word_processor_is_an_edit() -> None:
    raw = written("docx", FULL, replace(FULL, id="u2", status="open"))
    edited = _with_document(
        raw,
        lambda xml: xml.replace("The cat &amp; the dog.", "The cat, the dog.", 1).replace(
            ">open<", ">accepted<"
        ),
    )
    (first, second), report = read("docx", edited)
    assert (first.target, first.status, first.history) == ("The cat, the dog.", "edited", FULL.history)
    assert (second.target, second.status) == (FULL.target, "accepted")
    assert "1 row edited" in report.summary()


def test_rows_that_were_moved_or_deleted_keep_their_records() -> None:
    records = [replace(FULL, id=f"u{n}", source=f"Bron {n}") for n in range(4)]
    rows = _with_document(written("docx", *records), _reversed_without_second)
    assert [record.id for record in read("docx", rows)[0]] == ["u3", "u2", "u0"]


def test_tracked_changes_count_as_accepted() -> None:
    removed = "<w:del><w:r><w:delText>The</w:delText></w:r></w:del>"
    change = f"{removed}<w:ins><w:r><w:t>A</w:t></w:r></w:ins><w:r><w:t> cat</w:t></w:r>"
    raw = written("docx", replace(FULL, target="xyz", target_codes=()))
    edited = _with_document(raw, lambda xml: _replaced_run(xml, "xyz", change))
    assert read("docx", edited)[0][0].target == "A cat"


def test_a_word_processor_reads_the_table() -> None:
    from docx import Document

    [table] = Document(io.BytesIO(written("docx", FULL))).tables
    assert [cell.text for cell in table.rows[0].cells] == ["#", "nl", "en", "score", "status", "note"]
    assert [cell.text for cell in table.rows[1].cells] == [
        "1",
        FULL.source,
        FULL.target,
        "0.75",
        "edited",
        "let op",
    ]


@pytest.mark.parametrize("raw", [b"PK\x03\x04", b"geen zip", b""])
def test_what_is_no_docx_is_refused(raw: bytes) -> None:
    with pytest.raises(FormatError, match="no DOCX"):
        read("docx", raw)


def test_a_package_that_unpacks_to_far_more_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b" " * 20_000_000)
    with pytest.raises(FormatError, match="unpacks to"):
        read("docx", stream.getvalue())


def test_moses_files_of_different_length_are_refused(tmp_path: Path) -> None:
    (tmp_path / "c.nl").write_text("een\ntwee\n")
    (tmp_path / "c.en").write_text("one\n")
    with pytest.raises(FormatError, match=r"c\.en ends after line 1"):
        list(exchange.get("moses").read(tmp_path / "c.moses", "nl", "en", ImportReport()))


def test_an_unknown_exchange_format_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean tmx"):
        exchange.get("tmxx")


def test_reading_forgets_what_it_has_read(tmp_path: Path) -> None:
    path = tmp_path / "large.tmx"
    with path.open("wb") as stream:
        exchange.get("tmx").write((replace(FULL, id=str(n)) for n in range(3000)), stream, "nl", "en")
    from mt.formats.xmltext import elements

    sizes = [len(element.getparent()) for _, element in elements(path, "large", (), ("tu",))]
    assert len(sizes) == 3000
    assert max(sizes) < 300


def test_finished_groups_are_forgotten_too() -> None:
    from mt.formats.xmltext import elements

    unit = '<group id="{0}"><trans-unit id="{0}"><source>a</source></trans-unit></group>'
    raw = "<xliff><file><body>" + "".join(unit.format(n) for n in range(3000)) + "</body></file></xliff>"
    left = [
        len(e.getparent().getparent())
        for _, e in elements(io.BytesIO(raw.encode()), "x", (), ("trans-unit",))
    ]
    assert len(left) == 3000
    assert max(left) < 1500


def test_entities_of_html_are_decoded_where_a_document_type_is_named() -> None:
    raw = CASES[0]["content"].replace("<tmx", '<!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx', 1)
    found, _ = read("tmx", raw.replace("De kat", "caf&eacute; &onbekend;x", 1).encode())
    assert found[0].source == "café &onbekend;x"


def _with_document(raw: bytes, change: Any) -> bytes:
    """A package with its document changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as package, zipfile.ZipFile(stream, "w") as changed:
        for name in package.namelist():
            content = package.read(name)
            changed.writestr(
                name, change(content.decode()).encode() if name == "word/document.xml" else content
            )
    return stream.getvalue()


def _reversed_without_second(xml: str) -> str:
    head, *rows = xml.split("<w:tr>")
    last, tail = rows[-1].split("</w:tbl>")
    rows[-1] = last
    title, *pairs = rows
    del pairs[1]
    return "<w:tr>".join([head, title, *reversed(pairs)]) + "</w:tbl>" + tail


def _replaced_run(xml: str, text: str, run: str) -> str:
    at = xml.index(f">{text}<")
    start, end = xml.rindex("<w:r>", 0, at), xml.index("</w:r>", at) + len("</w:r>")
    return xml[:start] + run + xml[end:]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx version="1.4">', "tmx"),
        ("\ufeff<tmx>".encode("utf-16-be"), "tmx"),
        (b'<xliff version="2.0">', "xliff"),
        (b"PK\x03\x04", "docx"),
        (b'\xef\xbb\xbf{"nl": "a"}', "jsonl"),
        (b"Dag\tHello\n", "tsv"),
        (b"Dag\nHello\tWorld\n", None),
        (b"\x89PNG\t\x00\x00", None),
        (b"", None),
    ],
)
def test_a_format_is_known_by_how_a_file_begins(head: bytes, name: str | None) -> None:
    assert exchange.sniff(head) == name


def test_the_ending_of_a_packed_file_is_the_one_before() -> None:
    assert exchange.detect(Path("a.tmx.gz")) == "tmx"
    assert exchange.detect(Path("a.gz")) is None


def test_a_date_that_another_program_changed_wins_over_the_exact_one() -> None:
    at = AT.replace(microsecond=250_000)
    raw = written("tmx", replace(FULL, created=at, changed=at))
    assert read("tmx", raw)[0][0].changed == at
    moved = raw.replace(b'changedate="20240501T123000Z"', b'changedate="20240601T000000Z"')
    (record,), _ = read("tmx", moved)
    assert (record.created, record.changed) == (at, datetime(2024, 6, 1, tzinfo=UTC))
