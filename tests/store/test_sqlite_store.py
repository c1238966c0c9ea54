"""What is particular to a store in a SQLite file: where it lies, and what can be wrong with it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.data import Document, Pair, Review, Verdict
from mt.errors import StoreError, UsageError
from mt.store import PairRow, RunState, Store, default_location, disk
from mt.store.clock import from_micros
from mt.store.migrations import MIGRATIONS, migrate
from mt.store.sqlite import SqliteDatabase

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ARTICLE = Document("", "nl", "Dag allemaal.", name="dag.txt")


def fill(location: Path, count: int = 20) -> str:
    with Store.open(location) as store:
        document_id = store.put_document(ARTICLE, "en", kind="bitext")
        store.add_pairs(document_id, [PairRow(n, Pair(f"bron {n}", f"doel {n}")) for n in range(count)])
    return document_id


def test_without_a_location_the_store_lies_in_the_programs_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MT_HOME", str(tmp_path / "home"))
    with Store.open() as store:
        store.put_document(ARTICLE, "en")
    assert default_location() == tmp_path / "home" / "store.db"
    assert default_location().exists()


def test_without_a_home_the_store_lies_in_the_platforms_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    from platformdirs import user_data_path

    monkeypatch.delenv("MT_HOME", raising=False)
    assert default_location().parent == user_data_path("mt", appauthor=False)


def test_a_url_with_three_slashes_is_relative_and_with_four_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Store.open("sqlite:///near.db").close()
    Store.open(f"sqlite:///{tmp_path / 'far' / 'far.db'}").close()
    assert (tmp_path / "near.db").exists()
    assert (tmp_path / "far" / "far.db").exists()


def test_an_unknown_kind_of_store_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="postgres") as caught:
        Store.open("postgre://host/name")
    assert caught.value.exit_code == 2


def test_the_log_is_written_ahead_and_foreign_keys_hold(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as store, store.database.read() as session:
        assert session.value("PRAGMA journal_mode") == "wal"
        assert session.value("PRAGMA foreign_keys") == 1
        assert session.value("PRAGMA synchronous") == 1


def test_what_a_human_decided_waits_for_the_disk_and_other_writes_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    with Store.open(tmp_path / "a.db") as store:
        monkeypatch.setattr(disk, "_flush_file", lambda path: flushed.append(path.stat().st_size))
        document = store.put_document(Document("", "nl", "Een.", name="a.txt"))
        store.add_pairs(document, [PairRow(0, Pair("Een.", "One."))])
        assert flushed == []
        (pair,) = store.pairs(document)
        log = tmp_path / "a.db-wal"
        before = log.stat().st_size
        store.record(Review(pair.id, Verdict.ACCEPTED, "One.", "anna", NOW))
        assert len(flushed) == 1
        assert flushed[0] > before
        assert flushed[0] == log.stat().st_size


def test_a_disk_that_refuses_is_told_and_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    with Store.open(tmp_path / "a.db") as store:
        document = store.put_document(Document("", "nl", "Een.", name="a.txt"))
        store.add_pairs(document, [PairRow(0, Pair("Een.", "One."))])
        (pair,) = store.pairs(document)
        review = Review(pair.id, Verdict.ACCEPTED, "One.", "anna", NOW)
        monkeypatch.setattr(disk, "_flush_file", refuse)
        with pytest.raises(StoreError, match="No space left"):
            store.record(review)
        monkeypatch.undo()
        with pytest.raises(StoreError, match="No space left"):
            store.record(review)


def test_threads_that_come_while_the_disk_is_busy_share_the_next_flush(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, flushes = threading.Event(), threading.Event(), []

    def slow(path: Path) -> None:
        flushes.append(path)
        begun.set()
        assert go_on.wait(20)

    monkeypatch.setattr(disk, "_flush_file", slow)
    flush = disk.Flush(tmp_path / "log")
    threads = [threading.Thread(target=flush) for _ in range(9)]
    threads[0].start()
    assert begun.wait(20)
    for thread in threads[1:]:
        thread.start()
    while sum(thread.is_alive() for thread in threads) < 9 or len(flush._changed._waiters) < 8:
        time.sleep(0.01)
    assert len(flushes) == 1
    go_on.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert len(flushes) == 2


def test_a_file_that_is_not_a_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("These are notes, not a database. " * 50)
    before = file.read_bytes()
    with pytest.raises(StoreError, match="not a database") as caught:
        Store.open(file)
    assert caught.value.hint
    assert file.read_bytes() == before


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StoreError, match="another program"):
        Store.open(file)
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT name FROM sqlite_schema").fetchall() == [("recipes",)]


def test_a_folder_is_not_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        Store.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="folder of the store"):
        Store.open(tmp_path / "file" / "sub" / "store.db")


def test_a_place_where_no_file_can_be_made_is_named() -> None:
    with pytest.raises(StoreError, match="cannot be opened or made") as caught:
        Store.open("/proc/store.db")
    assert "--store PATH" in caught.value.hint


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    document_id = fill(tmp_path / "a.db")
    with Store.open(tmp_path / "a.db") as store, store.database.read() as session:
        session.execute("PRAGMA query_only = ON")
        store.database.begin = lambda *_: session  # type: ignore[method-assign]
        with pytest.raises(StoreError, match="cannot be written"):
            store.add_pairs(document_id, [PairRow(99, Pair("a", "b"))])


def test_reading_a_store_that_is_not_there_is_an_error_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store at"):
        Store.open(tmp_path / "a.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_locked_store_is_told_after_the_wait(tmp_path: Path) -> None:
    document_id = fill(tmp_path / "a.db")
    database = SqliteDatabase(tmp_path / "a.db", busy_seconds=0.1)
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other, Store(database) as store:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program has locked it") as caught:
            store.add_pairs(document_id, [PairRow(99, Pair("a", "b"))])
        assert "Wait until" in caught.value.hint
        assert len(list(store.pairs(document_id))) == 20
        other.execute("ROLLBACK")
        assert store.add_pairs(document_id, [PairRow(99, Pair("a", "b"))]).new == 1


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    document_id = fill(tmp_path / "a.db")
    with Store.open(tmp_path / "a.db") as store:
        with store.database.read() as session:
            pages = session.value("PRAGMA page_count")
            session.execute(f"PRAGMA max_page_count = {pages + 2}")
        large = [PairRow(100 + n, Pair("bron " * 200, "doel " * 200)) for n in range(50)]
        with pytest.raises(StoreError, match="the disk is full") as caught:
            store.add_pairs(document_id, large)
        assert "Make room" in caught.value.hint
        assert len(list(store.pairs(document_id))) == 20


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    document_id = fill(tmp_path / "a.db", 2000)
    size = (tmp_path / "a.db").stat().st_size
    with (tmp_path / "a.db").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\x5a" * (size - 4096 * 3))
    with pytest.raises(StoreError, match="damaged"), Store.open(tmp_path / "a.db") as store:
        list(store.pairs(document_id))


def test_a_connection_that_failed_serves_again(tmp_path: Path) -> None:
    document_id = fill(tmp_path / "a.db")
    with Store.open(tmp_path / "a.db") as store:
        with pytest.raises(StoreError, match="Unicode"):
            store.add_pairs(document_id, [PairRow(99, Pair("\udfff", "x"))])
        with store.database.write() as session:
            assert session.value("SELECT count(*) FROM pairs") == 20


def test_a_run_whose_process_was_killed_is_interrupted(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from mt.store import Store\n"
        "Store.open(sys.argv[1]).begin_run('translate', {})\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.db")], check=False)
    with Store.open(tmp_path / "a.db") as store:
        assert [run.state for run in store.runs()] == [RunState.INTERRUPTED]


def test_a_process_with_the_number_of_a_dead_one_is_not_taken_for_it(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as store:
        store.begin_run("translate")
        with store.database.write() as session:
            session.execute("UPDATE runs SET process_start = 'long ago'")
        assert [run.state for run in store.runs()] == [RunState.INTERRUPTED]


def test_a_store_on_a_medium_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    document_id = fill(tmp_path / "a.db")
    assert not (tmp_path / "a.db-wal").exists()
    with Store.open(tmp_path / "a.db", read_only=True) as store:
        assert len(list(store.pairs(document_id))) == 20


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as other:
        other.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreError, match="newer version of mt") as caught:
        Store.open(tmp_path / "a.db")
    assert "Upgrade mt" in caught.value.hint


def test_an_old_store_cannot_be_brought_up_to_date_while_only_reading(tmp_path: Path) -> None:
    fill(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as other:
        other.execute("PRAGMA user_version = 0")
    with pytest.raises(StoreError, match="older schema"):
        Store.open(tmp_path / "a.db", read_only=True)


def test_opening_a_store_that_is_up_to_date_changes_nothing(tmp_path: Path) -> None:
    fill(tmp_path / "a.db")
    database = SqliteDatabase(tmp_path / "a.db")
    assert migrate(database) == 0
    database.close()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=8))
def test_any_text_comes_back_character_for_character(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    location = tmp_path_factory.getbasetemp() / "any-text.db"
    with Store.open(location) as store:
        document_id = store.put_document(Document("", "nl", "".join(texts)), "en")
        store.add_pairs(document_id, [PairRow(n, Pair(text, text[::-1])) for n, text in enumerate(texts)])
        number = next(store.pairs(document_id)).id
        if not store.reviews([number]):
            store.record(Review(number, Verdict.ACCEPTED, texts[0][::-1], texts[-1], from_micros(0)))
        assert store.document(document_id).text == "".join(texts)
        stored = [one.pair for one in store.pairs(document_id)]
        assert len(stored) >= len(texts)
        if len(stored) == len(texts):
            assert all(one.target == one.source[::-1] for one in stored)


def test_opening_a_store_loads_no_database_library_but_sqlite() -> None:
    code = (
        "import sys; from mt.store import Store; Store.open().close()\n"
        "print({'psycopg', 'sqlalchemy', 'alembic'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == "set()"
