"""Runs: what was started, with which arguments, and how it ended."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from platform import node
from typing import Any

from mt.errors import StoreError
from mt.store.clock import from_micros, now_micros
from mt.store.database import Session
from mt.store.records import Run, RunState


def begin(session: Session, command: str, arguments: Mapping[str, Any]) -> Run:
    """Note that a run has started, after noting which earlier ones broke off."""
    note_interrupted(session)
    number = session.new_ids("runs", 1)[0]
    started = now_micros()
    written = json.dumps(dict(arguments), ensure_ascii=False, default=str)
    process = os.getpid()
    me = (node(), process, _process_start(process))
    session.insert(
        "runs",
        "id, command, arguments, started, state, counts, host, process, process_start",
        [(number, command, written, started, RunState.RUNNING.value, "{}", *me)],
    )
    return Run(number, command, json.loads(written), from_micros(started))


def finish(session: Session, run: int, state: RunState, counts: Mapping[str, float]) -> None:
    """Note how a run ended."""
    changed = session.execute(
        "UPDATE runs SET finished = ?, state = ?, counts = ? WHERE id = ?",
        (now_micros(), state.value, json.dumps(dict(counts)), run),
    )
    if not changed:
        raise StoreError(f"There is no run {run} in the store.")


def note_interrupted(session: Session) -> None:
    """Mark the runs of this machine whose process has gone without saying how they ended."""
    rows = session.rows(
        "SELECT id, process, process_start FROM runs WHERE state = ? AND host = ?",
        (RunState.RUNNING.value, node()),
    )
    gone = [number for number, process, start in rows if not _lives(process, start)]
    session.executemany(
        "UPDATE runs SET state = ? WHERE id = ?", [(RunState.INTERRUPTED.value, number) for number in gone]
    )


def listed(session: Session) -> list[Run]:
    """Every run, the newest first."""
    rows = session.rows(
        "SELECT id, command, arguments, started, finished, state, counts FROM runs ORDER BY id DESC"
    )
    return [_run(row) for row in rows]


def _run(row: Sequence[Any]) -> Run:
    return Run(
        row[0],
        row[1],
        json.loads(row[2]),
        from_micros(row[3]),
        None if row[4] is None else from_micros(row[4]),
        RunState(row[5]),
        json.loads(row[6]),
    )


def _lives(process: int, start: str) -> bool:
    """Whether the process still runs and is not another one that was given the same number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return _process_start(process) == start


def _process_start(process: int) -> str:
    """When the process started, in clock ticks since boot, or empty where the system does not tell."""
    with suppress(OSError, IndexError):
        # The command's name, in brackets, may hold spaces; what follows it does not.
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return ""
