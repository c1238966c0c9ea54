"""Pairs with their scores, findings and candidates: storing, reading and finding them again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from mt.data import Candidate, Finding, Hypothesis, Origin, Pair, QualityScore
from mt.errors import StoreError
from mt.store import carried, reviews
from mt.store.clock import from_micros, now_micros
from mt.store.database import Row, Session
from mt.store.findings import (
    load_findings,
    order_score,
    plain_finding,
    put_findings,
    read_finding,
    score_columns,
)
from mt.store.records import REVIEWED, Added, MemoryMatch, PairRow, SettingsKey, Status, StoredPair

COLUMNS = (
    "p.id, d.id, p.position, p.source, p.target, p.source_lang, p.target_lang, p.origin, p.score,"
    " p.score_method, p.features, p.failure, p.status, p.version, p.settings, p.milliseconds, p.created,"
    " p.decided, p.reviewer"
)
SELECT = f"SELECT {COLUMNS} FROM pairs p JOIN documents d ON d.number = p.document"

INSERTED = (
    "id, document, position, standing, source, target, source_lang, target_lang, source_hash, origin, score,"
    " score_method, features, order_score, settings, run, milliseconds, failure, created, status, decided,"
    " reviewer, version"
)


def source_hash(source: str, source_lang: str, target_lang: str) -> int:
    """A signed 64-bit number by which equal sources of the same languages are found."""
    key = f"{source_lang}\0{target_lang}\0{source}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big", signed=True)


def fingerprint(settings: SettingsKey) -> str:
    """Checksum of an engine's settings."""
    parts = [settings.engine, settings.model, settings.model_sha256, settings.options]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def settings_id(session: Session, settings: SettingsKey) -> int | None:
    """The number of the settings in the store, or None where nothing was made with them yet."""
    found: int | None = session.value(
        "SELECT id FROM settings WHERE fingerprint = ?", (fingerprint(settings),)
    )
    return found


def put_settings(session: Session, settings: SettingsKey) -> int:
    """The number of the settings, stored if need be."""
    known = settings_id(session, settings)
    if known is not None:
        return known
    session.lock("settings")
    known = settings_id(session, settings)
    if known is not None:
        return known
    number = session.new_ids("settings", 1)[0]
    columns = (settings.engine, settings.model, settings.model_sha256, settings.options)
    session.insert(
        "settings",
        "id, fingerprint, engine, model, model_sha256, options",
        [(number, fingerprint(settings), *columns)],
    )
    return number


def add(session: Session, document: int, rows: Sequence[PairRow], run: int | None) -> Added:
    """Store a batch, leaving what is there already and what a human has decided."""
    keys = {key: put_settings(session, key) for key in {row.settings for row in rows} if key is not None}
    numbered = {row.position: (row, None if row.settings is None else keys[row.settings]) for row in rows}
    session.lock(f"document {document}")
    there = _standing(session, document, numbered)
    kept, replaced = set(), []
    for position, old in there.items():
        row, settings = numbered[position]
        if _stays(old, row.pair, settings):
            kept.add(position)
        else:
            replaced.append((old[1],))
    session.executemany("UPDATE pairs SET standing = 2 WHERE id = ?", replaced)
    new = [both for position, both in numbered.items() if position not in kept]
    insert(session, document, new, run)
    return Added(len(new) - len(replaced), len(replaced), len(rows) - len(new))


def append(session: Session, document: int, rows: Sequence[PairRow], run: int | None) -> Sequence[int]:
    """Store a batch behind everything that the document holds, in order; returns their identifiers."""
    session.lock(f"document {document}")
    last = session.value("SELECT max(position) FROM pairs WHERE document = ? AND standing < 2", (document,))
    first = 0 if last is None else last + 1
    placed = [(row._replace(position=first + k), None) for k, row in enumerate(rows)]
    return insert(session, document, placed, run)


def at(session: Session, document: int, positions: Sequence[int]) -> dict[int, StoredPair]:
    """The pairs at some positions of a document."""
    rows = session.rows_in(
        f"{SELECT} WHERE p.document = ? AND p.standing < 2 AND p.position IN ({{}})", positions, (document,)
    )
    return {one.position: one for one in load(session, list(rows))}


def with_sources(
    session: Session, document: int, hashes: Sequence[int], last: int
) -> dict[tuple[str, str], list[int]]:
    """Positions in a document by source and target, ascending, up to an identifier of a pair."""
    found: dict[tuple[str, str], list[int]] = {}
    for source, target, position in session.rows_in(
        "SELECT p.source, coalesce((SELECT r.target_before FROM reviews r WHERE r.pair = p.id"
        " ORDER BY r.id LIMIT 1), p.target), p.position FROM pairs p"
        " WHERE p.document = ? AND p.id <= ? AND p.standing < 2 AND p.source_hash IN ({}) ORDER BY p.position",
        hashes,
        (document, last),
    ):
        found.setdefault((source, target), []).append(position)
    return found


def _standing(session: Session, document: int, positions: Iterable[int]) -> dict[int, Row]:
    """What stands at these positions: position, id, status, settings, failure, origin, source, target."""
    last = session.value("SELECT max(position) FROM pairs WHERE document = ? AND standing < 2", (document,))
    asked = [position for position in positions if last is not None and position <= last]
    found = session.rows_in(
        "SELECT position, id, status, settings, failure, origin, source, target FROM pairs"
        " WHERE document = ? AND standing < 2 AND position IN ({})",
        asked,
        (document,),
    )
    return {row[0]: row for row in found}


def _stays(old: Row, pair: Pair, settings: int | None) -> bool:
    """Whether the pair that is there is kept: a human decided on it, or the new one says nothing new."""
    _, _, status, old_settings, failure, origin, source, target = old
    if status in REVIEWED:
        return True
    if failure:
        return bool(pair.failure)
    if pair.failure:
        return True
    same_maker: bool = old_settings == settings and origin == pair.origin
    if settings is None:
        return same_maker and (source, target) == (pair.source, pair.target)
    return same_maker and source == pair.source


def insert(
    session: Session, document: int, rows: Sequence[tuple[PairRow, int | None]], run: int | None
) -> Sequence[int]:
    """Write pairs with their findings and candidates; returns their identifiers."""
    if not rows:
        return ()
    ids = session.new_ids("pairs", len(rows))
    created = now_micros()
    superseded = session.value("SELECT superseded_by FROM documents WHERE number = ?", (document,))
    standing = 0 if superseded is None else 1
    written = [
        (number, document, row.position, standing, *_columns(row.pair), settings, run)
        for number, (row, settings) in zip(ids, rows, strict=True)
    ]
    states = [reviews.state(row.reviews) for row, _ in rows]
    ends = [
        (row.milliseconds, row.pair.failure, created, *state)
        for (row, _), state in zip(rows, states, strict=True)
    ]
    session.insert("pairs", INSERTED, [(*row, *end) for row, end in zip(written, ends, strict=True)])
    session.index_text(ids[0], ids[-1])
    numbered = [(number, row.pair) for number, (row, _) in zip(ids, rows, strict=True)]
    judged = (
        (number, row.position, state[0], row.pair.score)
        for number, (row, _), state in zip(ids, rows, states, strict=True)
    )
    put_findings(
        session,
        (
            ((number, document, place, standing, status, order_score(score)), score.findings)
            for number, place, status, score in judged
            if score
        ),
    )
    reviews.insert(session, ((number, row) for number, (row, _) in zip(ids, rows, strict=True)))
    carried.put(
        session, ((number, row.carried) for number, (row, _) in zip(ids, rows, strict=True) if row.carried)
    )
    session.insert(
        "candidates",
        "pair, position, target, log_prob, engine, strategy, reason, chosen, findings",
        list(chain.from_iterable(_candidate_rows(number, pair.candidates) for number, pair in numbered)),
    )
    return ids


def _columns(pair: Pair) -> tuple[Any, ...]:
    """From source to order_score."""
    score = pair.score
    return (
        pair.source,
        pair.target,
        pair.source_lang,
        pair.target_lang,
        source_hash(pair.source, pair.source_lang, pair.target_lang),
        pair.origin.value,
        *score_columns(score),
        order_score(score),
    )


def _candidate_rows(pair: int, candidates: Sequence[Candidate]) -> Iterator[tuple[Any, ...]]:
    for position, one in enumerate(candidates):
        guess = one.hypothesis
        findings = json.dumps([plain_finding(finding) for finding in one.findings], ensure_ascii=False)
        how = (one.strategy, one.reason, int(one.chosen), findings)
        yield pair, position, guess.text, float(guess.log_prob), guess.engine, *how


def load(session: Session, rows: Sequence[Row]) -> list[StoredPair]:
    """Full pairs for rows of :data:`SELECT`."""
    ids = [row[0] for row in rows]
    findings = load_findings(session, ids)
    candidates: dict[int, list[Candidate]] = {}
    for pair, *columns in session.rows_in(
        "SELECT pair, target, log_prob, engine, strategy, reason, chosen, findings FROM candidates"
        " WHERE pair IN ({}) ORDER BY pair, position",
        ids,
    ):
        candidates.setdefault(pair, []).append(_candidate(columns))
    settings = load_settings(session, {row[14] for row in rows if row[14] is not None})
    return [
        _stored(row, findings.get(row[0], ()), tuple(candidates.get(row[0], ())), settings) for row in rows
    ]


def load_all(session: Session, ids: Sequence[int]) -> list[StoredPair]:
    """Pairs in the order of their identifiers as given; those that are not there are left out."""
    rows = {row[0]: row for row in session.rows_in(f"{SELECT} WHERE p.id IN ({{}})", ids)}
    return load(session, [rows[one] for one in ids if one in rows])


def neighbours(session: Session, pair_id: int, count: int) -> tuple[list[StoredPair], list[StoredPair]]:
    """Up to ``count`` pairs on each side of one in its document."""
    place = session.row("SELECT document, position FROM pairs WHERE id = ?", (pair_id,))
    if place is None:
        return [], []
    where = "WHERE p.standing < 2 AND p.document = ? AND p.position"
    before = session.rows(f"{SELECT} {where} < ? ORDER BY p.position DESC LIMIT {count}", place)
    after = session.rows(f"{SELECT} {where} > ? ORDER BY p.position LIMIT {count}", place)
    found = load(session, [*before[::-1], *after])
    return found[: len(before)], found[len(before) :]


def load_one(session: Session, pair_id: int) -> StoredPair:
    """One pair.

    Raises:
        StoreError: there is none with this identifier.
    """
    rows = session.rows(f"{SELECT} WHERE p.id = ?", (pair_id,))
    if not rows:
        raise StoreError(f"There is no pair {pair_id} in the store.", "See what there is: mt list")
    return load(session, rows)[0]


def _candidate(columns: Sequence[Any]) -> Candidate:
    target, log_prob, engine, strategy, reason, chosen, findings = columns
    seen = tuple(read_finding(columns) for columns in json.loads(findings))
    return Candidate(Hypothesis(target, log_prob, engine), strategy, seen, bool(chosen), reason)


def load_settings(session: Session, numbers: Iterable[int]) -> dict[int, SettingsKey]:
    """Engine settings by number."""
    rows = session.rows_in(
        "SELECT id, engine, model, model_sha256, options FROM settings WHERE id IN ({})", list(numbers)
    )
    return {row[0]: SettingsKey(*row[1:]) for row in rows}


def _stored(
    row: Row,
    findings: tuple[Finding, ...],
    candidates: tuple[Candidate, ...],
    settings: dict[int, SettingsKey],
) -> StoredPair:
    score = None
    if row[8] is not None:
        score = QualityScore(row[8], row[9], findings, json.loads(row[10]) if row[10] else {})
    pair = Pair(row[3], row[4], row[5], row[6], Origin(row[7]), score, candidates, row[11])
    return StoredPair(
        id=row[0],
        document=row[1],
        position=row[2],
        pair=pair,
        status=Status(row[12]),
        version=row[13],
        settings=settings.get(row[14]),
        milliseconds=row[15],
        created=from_micros(row[16]),
        decided=None if row[17] is None else from_micros(row[17]),
        reviewer=row[18],
    )


def done(session: Session, document: int, settings: SettingsKey | None) -> set[int]:
    """Positions that a run with these settings leaves alone."""
    number = None if settings is None else settings_id(session, settings)
    rows = session.rows(
        "SELECT position, status, settings FROM pairs WHERE document = ? AND standing < 2 AND failure = ''",
        (document,),
    )
    return {
        position
        for position, status, made_by in rows
        if status in REVIEWED or made_by is None or settings is None or made_by == number
    }


def translated(
    session: Session, sources: Sequence[str], source_lang: str, target_lang: str, settings: SettingsKey
) -> dict[str, Pair]:
    """What an engine with these settings already made of these sources, the newest of each."""
    number = settings_id(session, settings)
    if number is None:
        return {}
    wanted = {source_hash(source, source_lang, target_lang): source for source in sources}
    rows = session.rows_in(
        SELECT + " WHERE p.settings = ? AND p.failure = '' AND p.origin = 'engine' AND p.status <> 'edited'"
        " AND p.source_hash IN ({}) ORDER BY p.id",
        list(wanted),
        (number,),
    )
    newest = {row[3]: row for row in rows if row[5:7] == (source_lang, target_lang)}
    return {stored.pair.source: stored.pair for stored in load(session, list(newest.values()))}


def remembered(
    session: Session, sources: Sequence[str], source_lang: str, target_lang: str
) -> dict[str, MemoryMatch]:
    """Accepted and edited pairs with exactly these sources, the newest decision of each."""
    wanted = {source_hash(source, source_lang, target_lang): source for source in sources}
    asked = set(sources)
    rows = session.rows_in(
        "SELECT p.source, p.target, p.status, p.id, d.id, p.reviewer, p.decided, p.source_lang, p.target_lang"
        " FROM pairs p JOIN documents d ON d.number = p.document"
        " WHERE p.status IN ('accepted', 'edited') AND p.source_hash IN ({}) ORDER BY p.decided, p.id",
        list(wanted),
    )
    found: dict[str, MemoryMatch] = {}
    for source, target, status, pair, document, reviewer, decided, *langs in rows:
        if source in asked and langs == [source_lang, target_lang]:
            found[source] = MemoryMatch(
                source, target, 1.0, Status(status), pair, document, reviewer, from_micros(decided)
            )
    return found
