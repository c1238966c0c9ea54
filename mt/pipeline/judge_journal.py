"""What a run of the judge has found so far, beside its output, so that a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mt.data import Finding, QualityScore, Severity

Texts = Sequence[tuple[str, str]]


class Journal:
    """Scores of the batches of one run, one line a batch; they are read back in the same order.

    A line counts only where it is whole, was written by the same judge, and names the texts of the batch that is asked
    for. From the first line that does not, the file is written anew.

    Args:
        output: the file that the run makes; the journal lies beside it.
        judge: names everything that the scores depend on but the texts.
        features: whether the measured values are kept; they are most of the file.
    """

    def __init__(self, output: Path, judge: str, *, features: bool) -> None:
        self._path = output.with_name(f".{output.name}.judged")
        self._features = features
        self.reused = 0
        """Pairs that were judged by an earlier run."""
        self._added = 0
        self._stream = self._path.open("r+b" if self._path.exists() else "w+b")
        header = (json.dumps({"judge": judge, "features": features}) + "\n").encode()
        self._replaying = self._stream.readline() == header
        if not self._replaying:
            self._cut(0)
            self._write(header)

    def scores(self, texts: Texts) -> list[QualityScore] | None:
        """The scores of the next batch from an earlier run; None where it did not get there."""
        if not self._replaying:
            return None
        start = self._stream.tell()
        found = _read(self._stream.readline(), texts)
        if found is None:
            self._replaying = False
            self._cut(start)
        else:
            self.reused += len(found)
        return found

    def add(self, texts: Texts, scores: Sequence[QualityScore]) -> None:
        """Keep the scores of a batch that the journal did not have."""
        rows = [_row(score, self._features) for score in scores]
        self._added += len(rows)
        self._write((json.dumps([_digest(texts), rows], ensure_ascii=False) + "\n").encode())

    def close(self, *, done: bool) -> None:
        """Close the file, and remove it where the output is complete or nothing was judged."""
        self._stream.close()
        if done or not self.reused + self._added:
            self._path.unlink(missing_ok=True)

    def _write(self, line: bytes) -> None:
        self._stream.write(line)
        self._stream.flush()

    def _cut(self, end: int) -> None:
        self._stream.seek(end)
        self._stream.truncate()


def _digest(texts: Texts) -> str:
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()[:32]


def _row(score: QualityScore, features: bool) -> list[Any]:
    findings = [[f.check, f.severity.value, f.message, f.side, f.span] for f in score.findings]
    return [score.value, score.method, findings, dict(score.features) if features else {}]


def _read(line: bytes, texts: Texts) -> list[QualityScore] | None:
    """The scores in a line; None where it is torn or belongs to other texts."""
    try:
        digest, rows = json.loads(line)
    except ValueError:
        return None
    return [_score(*row) for row in rows] if digest == _digest(texts) else None


def _score(value: float, method: str, findings: list[Any], features: dict[str, float]) -> QualityScore:
    found = tuple(
        Finding(check, Severity(severity), message, side, None if span is None else (span[0], span[1]))
        for check, severity, message, side, span in findings
    )
    return QualityScore(value, method, found, features)
