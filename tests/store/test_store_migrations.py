"""The schema grows by steps: from a blank file, and from every older store with its content."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mt.data import Document, Pair
from mt.errors import StoreError
from mt.store import PairRow, Store
from mt.store.core import connect
from mt.store.migrations import MIGRATIONS, Migration, migrate

pytest_plugins = ["tests.stores"]

NOTE = Migration("notes", ("CREATE TABLE notes (id {id}, text TEXT NOT NULL, size {real}, data {bytes})",))
BROKEN = Migration("broken", ("CREATE TABLE half (id {id})", "CREATE TABLE half (id {id})"))


def schema(location: str) -> list[tuple[str, ...]]:
    """Tables and columns with their types, as the database itself tells them."""
    database = connect(location, read_only=True)
    with database.read() as session:
        if database.dialect == "sqlite":
            query = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name"
        else:
            query = (
                "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
                " WHERE table_schema = current_schema() ORDER BY 1, 2"
            )
        rows = session.rows(query)
    database.close()
    return rows


def test_a_blank_store_gets_every_step_once(store_location: str) -> None:
    database = connect(store_location, read_only=False)
    assert database.version() == 0
    assert migrate(database) == len(MIGRATIONS)
    assert database.version() == len(MIGRATIONS)
    assert migrate(database) == 0
    database.close()


@pytest.mark.parametrize("have", range(1, len(MIGRATIONS) + 1))
def test_an_old_store_becomes_the_same_as_a_blank_one_and_keeps_its_content(
    store_location: str, have: int, tmp_path: Path
) -> None:
    database = connect(store_location, read_only=False)
    migrate(database, MIGRATIONS[:have])
    with database.write() as session:
        (number,) = session.new_ids("documents", 1)
        (place,) = session.new_ids("pairs", 1)
        session.insert(
            "documents",
            "number, id, identity, name, kind, lang, target_lang,"
            " format, encoding, bom, sha256, length, created",
            [(number, "oud-1234", "f00", "oud.txt", "bitext", "nl", "en", "text", "utf-8", 0, "beef", 3, 0)],
        )
        session.insert(
            "pairs",
            "id, document, position, source, target, source_lang, target_lang, source_hash, origin, created",
            [(place, number, 0, "Een oude zin.", "An old sentence.", "nl", "en", 12, "engine", 0)],
        )
    database.close()
    with Store.open(store_location) as store:
        assert [one.pair.target for one in store.pairs("oud-1234")] == ["An old sentence."]
        store.put_document(Document("", "nl", "Nieuw.", name="nieuw.txt"), "en")
    if "://" not in store_location:
        blank = str(tmp_path / "blank.db")
        Store.open(blank).close()
        assert schema(store_location) == schema(blank)


def test_an_old_store_that_is_only_read_is_brought_up_to_date_first(store_location: str) -> None:
    database = connect(store_location, read_only=False)
    migrate(database, MIGRATIONS[:1])
    database.close()
    with Store.open(store_location, read_only=True) as store:
        assert store.documents() == []


def test_a_step_that_fails_leaves_the_store_as_it_was(store_location: str) -> None:
    database = connect(store_location, read_only=False)
    migrate(database)
    before = schema(store_location)
    with pytest.raises(StoreError):
        migrate(database, (*MIGRATIONS, NOTE, BROKEN))
    assert database.version() == len(MIGRATIONS) + 1
    database.close()
    assert {row for row in schema(store_location) if "half" in row} == set()
    assert set(before) < set(schema(store_location))


def test_processes_that_open_a_blank_store_at_once_make_one_schema(store_location: str) -> None:
    failures: list[Exception] = []

    def work() -> None:
        try:
            with Store.open(store_location) as store:
                name = threading.current_thread().name
                document_id = store.put_document(Document("", "nl", name, name=name), "en", kind="bitext")
                store.add_pairs(document_id, [PairRow(0, Pair("a", "b"))])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, name=f"document {n}") for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Store.open(store_location) as store:
        assert len(store.documents()) == 6
