"""The judge of edits: loaded in the background, used by one request at a time."""

from __future__ import annotations

import threading

from mt.config import Config
from mt.data import Pair, QualityScore
from mt.errors import EngineError
from mt.pipeline.judge import PairJudge, Use, open_judge


class LateJudge:
    """Scores an edited pair as `mt translate` and `mt judge` do, with every signal that is installed.

    Args:
        settings: name the engine and the languages.
    """

    def __init__(self, settings: Config) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._judge: PairJudge | None = None

    def __call__(self, pair: Pair) -> QualityScore:
        with self._lock:
            return self._opened()([pair])[0]

    def warm(self) -> None:
        """Load everything now."""
        with self._lock:
            self._opened()

    def _opened(self) -> PairJudge:
        if self._judge is None:
            try:
                self._judge = open_judge(self._settings)
            except EngineError:
                # A score without the engine's signal says so in its method.
                self._judge = open_judge(self._settings, Use(engine=False))
        return self._judge
