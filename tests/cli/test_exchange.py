"""`mt export` and `mt import` as a user calls them."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mt.formats import exchange
from mt.formats.exchange import PairRecord
from mt.store import Store
from tests.cli.conftest import Mt

PAIRS = [PairRecord("De kat slaapt.", "The cat sleeps."), PairRecord("Het kost 3 euro.", "It costs 4 euros.")]
HEADER = '<tmx version="1.4"><header creationtool="x" creationtoolversion="1" segtype="sentence" '
HEADER += 'o-tmf="x" adminlang="en" srclang="nl" datatype="plaintext"/><body>\n'


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    path = tmp_path / "memory.tmx"
    exchange.get("tmx").write(PAIRS, path, "nl", "en")
    return path


def test_import_tells_what_it_saw_and_export_writes_it_out_again(
    mt: Mt, memory: Path, tmp_path: Path
) -> None:
    done = mt("import", memory)
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert lines[0] == f"{memory}: 2 TUs"
    assert "2 new (2 open); 1 with errors" in lines[1]
    assert "2 there already" in mt("import", memory).stderr.decode()
    out = mt("export", "-o", "out.tmx").stderr.decode()
    assert out == "2 pairs (2 open) -> out.tmx (tmx)\n"
    assert "2 there already" in mt("import", "out.tmx").stderr.decode()


@pytest.mark.parametrize("ending", ["xlf", "docx", "html"])
def test_the_ending_names_the_format(mt: Mt, memory: Path, tmp_path: Path, ending: str) -> None:
    mt("import", memory, "-q", "--score", "none")
    mt("export", "-o", f"out.{ending}", "-q")
    if ending == "html":
        assert "<table>" in (tmp_path / "out.html").read_text()
    else:
        assert "2 there already" in mt("import", f"out.{ending}").stderr.decode()
    assert list(tmp_path.glob(".*")) == []


def test_stdout_is_the_file_and_nothing_else(mt: Mt, memory: Path) -> None:
    mt("import", memory, "-q")
    raw = mt("export", "--format", "jsonl", "-o", "-").stdout
    assert [json.loads(line)["target"] for line in raw.splitlines()] == [pair.target for pair in PAIRS]
    assert mt("import", "-", "--format", "jsonl", input=raw).stderr.decode().count("2 there already") == 1


def test_stdin_is_looked_at(mt: Mt, memory: Path) -> None:
    assert "2 new" in mt("import", input=memory.read_bytes()).stderr.decode()
    assert "2 there already" in mt("import", input=memory.read_bytes()).stderr.decode()


def test_a_moses_corpus_is_two_files(mt: Mt, memory: Path, tmp_path: Path) -> None:
    mt("import", memory, "-q")
    assert b"corpus.nl, corpus.en (moses)" in mt("export", "-o", "corpus.moses").stderr
    assert (tmp_path / "corpus.nl").read_text().splitlines() == [pair.source for pair in PAIRS]
    told = mt("import", "corpus.nl", "corpus.en", "--store", "other.db").stderr.decode()
    assert "corpus.moses: 2 pairs" in told
    assert "2 new" in told


def test_an_article_comes_out_with_the_edits_in_place(mt: Mt, article: Path, tmp_path: Path) -> None:
    translated = mt("translate", article, "-q").stdout.decode()
    assert mt("export", "artikel.nl.txt", "-q").stdout.decode() == translated
    mt("export", "artikel.nl.txt", "-o", "out.xlf", "-q")
    (found,) = [
        record
        for record in exchange.get("xliff").read(tmp_path / "out.xlf", "nl", "en", exchange.ImportReport())
        if record.source.startswith("Minister")
    ]
    raw = (tmp_path / "out.xlf").read_text(encoding="utf-8")
    edited = raw.replace(f">{found.target}</target>", ">A minister opens the bridge</target>", 1)
    (tmp_path / "out.xlf").write_text(edited, encoding="utf-8")
    told = mt("import", "out.xlf", "--reviewer", "anna").stderr.decode()
    assert "1 updated" in told
    after = mt("export", "artikel.nl.txt", "-q").stdout.decode()
    assert after == translated.replace(found.target, "A minister opens the bridge", 1)
    shown = mt("export", "--filter", "reviewer:anna", "--format", "tsv", "-q").stdout.decode().splitlines()
    assert len(shown) == 2
    mt("export", "artikel.nl.txt", "-o", "out.txt")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == after


def test_a_packed_file_is_read(mt: Mt, memory: Path, tmp_path: Path) -> None:
    (tmp_path / "packed.tmx.gz").write_bytes(gzip.compress(memory.read_bytes()))
    assert "2 new" in mt("import", "packed.tmx.gz").stderr.decode()


def test_json_has_every_count(mt: Mt, memory: Path) -> None:
    (line,) = mt("import", memory, "--json").stdout.splitlines()
    found = json.loads(line)
    assert (found["units"], found["new"], found["known"], found["conflicts"]) == (2, 2, 0, 0)
    assert found["document"].startswith("memory-")


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("leeg.tmx", b"", 3, "leeg.tmx is empty"),
        ("stuk.tmx", HEADER.encode() + b"<tu><tuv>\n</tu></body></tmx>", 3, "stuk.tmx line 3"),
        ("half.tmx", HEADER.encode(), 3, "half.tmx line 2"),
        ("geen.tmx", b"<html></html>", 3, "no <tmx> element"),
        ("plaatje.tsv", b"\x89PNG\r\n\x1a\n\xff\xfe", 3, "line 1: not valid UTF-8"),
        ("iets.xyz", b"gewone tekst", 3, "is none of tmx"),
        ("stuk.docx", b"PK\x03\x04....", 3, "is no DOCX document"),
        ("stuk.tmx.gz", gzip.compress(b"<tmx>")[:-9], 3, "stuk.tmx.gz"),
        ("ent.tmx", b'<!DOCTYPE tmx [<!ENTITY a "b">]><tmx version="1.4"/>', 3, "declares entities"),
        ("stuk.jsonl", b'{"nl": "a", "en": "b"}\n{"nl": ', 3, "line 2: not JSON"),
    ],
)
def test_a_bad_file_says_what_and_where(
    mt: Mt, tmp_path: Path, name: str, content: bytes, code: int, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    told = mt("import", name, code=code).stderr.decode()
    assert message in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["import", "nergens.tmx"], 2, "nergens.tmx does not exist"),
        (["import", "memory.tmx", "--format", "tmxx"], 2, "Did you mean tmx"),
        (["import", "memory.tmx", "--score", "veel"], 2, "Known: checks, full, none"),
        (["import", "leeg/"], 2, "holds no files of pairs"),
        (["import", "a.nl"], 2, "a.nl does not exist"),
        (["export", "nergens"], 2, "No document is called 'nergens'"),
        (["export", "-o", "x.pdf"], 2, "names no format"),
        (["export"], 2, "The format is not named"),
        (["export", "memory"], 2, "The format is not named"),
        (["export", "--format", "document", "memory"], 2, "is a list of pairs"),
        (["export", "--filter", "chek:number", "-o", "x.tmx"], 2, "Did you mean check"),
        (["export", "--status", "accepted", "-o", "x.tmx"], 2, "No pair fits"),
        (["export", "-o", "memory.tmx/x.tmx"], 2, "cannot be written"),
        (["export", "-o", "x.tmx", "--target-lang", "fr"], 2, "not in fr"),
    ],
)
def test_a_wrong_call_says_what_to_type(
    mt: Mt, memory: Path, tmp_path: Path, words: list[str], code: int, message: str
) -> None:
    mt("import", memory, "-q", "--score", "none")
    (tmp_path / "leeg").mkdir()
    (tmp_path / "leeg" / "changelog.gz").write_bytes(b"")
    assert message in mt(*words, code=code).stderr.decode()


def test_a_file_of_other_languages_says_which(mt: Mt, memory: Path) -> None:
    told = mt("import", memory, "--source-lang", "fr", "--target-lang", "de").stderr.decode()
    assert "2 TUs without fr text skipped" in told
    assert "The file is in nl, en" in told


def killed(command: list[str], environment: dict[str, str], folder: Path, seconds: float) -> None:
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_an_import_killed_again_and_again_doubles_nothing(
    mt: Mt, environment: dict[str, str], home: Path, tmp_path: Path
) -> None:
    count = 6000
    pairs = [
        PairRecord(f"Zin {n % 5000}.", f"Sentence {n % 5000}.", id=f"u{n}" * (n % 2)) for n in range(count)
    ]
    exchange.get("tmx").write(pairs, tmp_path / "a.tmx", "nl", "en")
    command = [sys.executable, "-m", "mt", "import", "a.tmx", "-q", "--score", "none"]
    for seconds in (0.4, 0.5, 0.6, 0.8):
        killed(command, environment, tmp_path, seconds)
    mt("import", "a.tmx", "-q", "--score", "none")
    with Store.open(home / "store.db") as store:
        (info,) = store.documents()
        assert [one.pair.source for one in store.pairs(info.id)] == [pair.source for pair in pairs]


@pytest.mark.slow
def test_an_export_killed_at_any_moment_leaves_the_old_file_or_the_new_one(
    mt: Mt, environment: dict[str, str], tmp_path: Path
) -> None:
    pairs = [PairRecord(f"Zin {n}.", f"Sentence {n}.") for n in range(5000)]
    exchange.get("jsonl").write(pairs, tmp_path / "a.jsonl", "nl", "en")
    mt("import", "a.jsonl", "-q", "--score", "none")
    mt("export", "-o", "new.tmx", "-q")
    new, old = (tmp_path / "new.tmx").read_bytes(), b"old"
    command = [sys.executable, "-m", "mt", "export", "-o", "out.tmx", "-q"]
    for seconds in (0.3, 0.4, 0.5, 0.6, 0.8, 1.2):
        (tmp_path / "out.tmx").write_bytes(old)
        killed(command, environment, tmp_path, seconds)
        assert (tmp_path / "out.tmx").read_bytes() in (old, new)
    mt("export", "-o", "out.tmx", "-q")
    assert (tmp_path / "out.tmx").read_bytes() == new
    assert list(tmp_path.glob(".*.part")) == []
