"""Validate exports against the document type definition of TMX 1.4 and the schemas of XLIFF 1.2 and 2.

    python bench/validate_exports.py FOLDER [--pairs 2000] [--samples]

FOLDER holds dtd/tmx14.dtd and xsd/{x12s,x12t,x20}.xsd, which are not part of this project. The pairs are random
but the same each time: every field of a record, inline tags of every kind, characters that XML cannot hold. With
--samples every file of FOLDER/samples that can be imported is exported and validated too.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import etree

from mt.data import Finding, Severity, Verdict
from mt.errors import MTError
from mt.formats import exchange
from mt.formats.exchange import STATUSES, Code, ImportReport, PairRecord, ReviewRecord

WORDS = [
    "De",
    "kat",
    "<b>",
    "&",
    "\x07",
    "\ufffe",
    "]]>",
    "\r\n",
    "\t",
    '"',
    "'",
    "é",
    "😀",
    "\\u{7}",
    "a b",
    "--",
    "%",
]
ELEMENTS = ["", "", "hi", "it", "g", "mrk", "x", "bx", "pc", "sm", "ut"]
SCHEMAS = {"tmx": ["dtd/tmx14.dtd"], "xliff": ["xsd/x12s.xsd", "xsd/x12t.xsd"], "xliff2": ["xsd/x20.xsd"]}


def words(rng: random.Random, least: int = 0) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(least, 8)))


def codes(rng: random.Random, length: int) -> tuple[Code, ...]:
    """Pairs, crossing or nested, lone tags and empty ones, from every element that a file may have."""
    out = []
    for number in range(rng.randint(0, 4)):
        element = rng.choice(ELEMENTS)
        kept = (
            ("ctype", rng.choice(["bold", "x-html-em", "no type"])),
            ("mtype", rng.choice(["seg", "term", "?"])),
        )
        kept += (
            ("type", rng.choice(["fmt", "comment", "bold"])),
            ("subType", "a:b"),
            ("x", "1"),
            ("assoc", "b"),
        )
        ends = sorted(rng.choices(range(length + 1), k=2))
        shape = rng.choice(["pair", "lone", "empty"])
        native = rng.choice(["<b>", "", "\x07"])
        identifier = rng.choice([str(number), f"n {number}", f"{number}/x"])
        if shape == "empty":
            out.append(Code(ends[0], "empty", rng.choice(["", identifier]), native, element, kept))
            continue
        out.append(Code(ends[0], "open", identifier, native, element, kept))
        if shape == "pair":
            out.append(Code(ends[1], "close", identifier, native, element))
    return tuple(sorted(out, key=lambda code: code.position))


def record(rng: random.Random, number: int) -> PairRecord:
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=number, microseconds=rng.choice([0, 7]))
    source, target = f"De {words(rng)}", words(rng)
    finding = Finding(
        words(rng), rng.choice(list(Severity)), words(rng), "target", rng.choice([None, (0, 1)])
    )
    review = ReviewRecord(rng.choice(list(Verdict)), words(rng), words(rng), words(rng), at, words(rng))
    return PairRecord(
        source,
        target,
        score=rng.choice([None, rng.random()]),
        method=words(rng),
        status=rng.choice(STATUSES),
        origin=rng.choice(["", "engine", "memory"]),
        document=f"document {number // 50}" + words(rng) * (number % 50 == 0),
        index=number,
        findings=(finding,) * rng.randint(0, 2),
        reviewer=words(rng),
        created=at,
        changed=rng.choice([None, at]),
        note=words(rng),
        previous=words(rng),
        following=words(rng),
        source_codes=codes(rng, len(source)),
        target_codes=codes(rng, len(target)),
        extra=((words(rng), words(rng)), ("context:sourcefile", "x"), ("context:no type", "x"))[
            : rng.randint(0, 3)
        ],
        history=(review,) * rng.randint(0, 2),
        id=rng.choice(["", f"u{number}", "same", "mt-5", words(rng)]),
    )


def complaints(folder: Path, schema: str, raw: bytes) -> list[str]:
    """What a validator says about an export."""
    tree = etree.parse(io.BytesIO(raw))
    path = folder / schema
    validator: etree.DTD | etree.XMLSchema
    if path.suffix == ".dtd":
        with path.open("rb") as stream:
            validator = etree.DTD(stream)
    else:
        validator = etree.XMLSchema(etree.parse(str(path)))
    validator.validate(tree)
    return [str(error) for error in validator.error_log]


def check(folder: Path, name: str, what: str, records: list[PairRecord]) -> int:
    """Export, validate, read back; returns the number of complaints."""
    stream = io.BytesIO()
    exchange.get(name).write(records, stream, records[0].source_lang, records[0].target_lang)
    raw = stream.getvalue()
    stream.seek(0)
    langs = records[0].source_lang, records[0].target_lang
    back = list(exchange.get(name).read(stream, *langs, ImportReport(what)))
    texts = [(r.source, r.target, r.history, r.status) for r in records]
    lost = sum(
        a != b for a, b in zip(texts, ((r.source, r.target, r.history, r.status) for r in back), strict=True)
    )
    found = [error for schema in SCHEMAS[name] for error in complaints(folder, schema, raw)]
    print(
        f"{what:45} {name:8} {len(records):6} pairs, {len(found)} complaints, {lost} changed when read back"
    )
    for error in found[:5]:
        print(f"    {error}")
    return len(found) + lost


def sample(path: Path) -> list[PairRecord]:
    """The pairs of a sample in the first direction that it has."""
    for langs in (("nl", "en"), ("en-us", "fr-ca"), ("en-us", "en-gb"), ("en", "fr")):
        try:
            name = exchange.detect(path)
            found = list(exchange.get(name).read(path, *langs, ImportReport(path.name))) if name else []
        except MTError as error:
            print(f"{path.name}: {error}")
            return []
        if found:
            return found
    return []


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--samples", action="store_true")
    options = parser.parse_args()
    rng = random.Random(1)
    sets = {"random": [record(rng, number) for number in range(options.pairs)]}
    if options.samples:
        sets |= {
            p.name: sample(p) for p in sorted((options.folder / "samples").iterdir()) if p.suffix != ".md"
        }
    bad = sum(
        check(options.folder, name, what, found) for what, found in sets.items() if found for name in SCHEMAS
    )
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
