"""What a front end needs beside a store: a judge, a linker of words and a scorer of beads, each loaded late.

All of them may be called from any thread; none loads anything before it is first wanted.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mt.config import Config
from mt.data import Bead, Pair, QualityScore
from mt.errors import EngineError
from mt.pipeline.judge import PairJudge, Use, open_judge
from mt.pipeline.links import Links, WordLinker

if TYPE_CHECKING:
    from mt.pipeline.align import Aligner

KEPT = 2000
"""Pairs whose scores or word links are kept."""


class LateJudge:
    """Scores an edited pair as `mt translate` and `mt judge` do, with every signal that is installed.

    Args:
        settings: name the engine and the languages.
    """

    def __init__(self, settings: Config) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._judge: PairJudge | None = None
        self._known: OrderedDict[tuple[str, ...], QualityScore] = OrderedDict()

    def __call__(self, pair: Pair) -> QualityScore:
        key = (pair.source, pair.target, pair.source_lang, pair.target_lang)
        with self._lock:
            if key not in self._known:
                self._known[key] = self._opened()([pair])[0]
                if len(self._known) > KEPT:
                    self._known.popitem(last=False)
            return self._known[key]

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


class LateLinker:
    """Links the words of pairs, and keeps the links of the last ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._linker: WordLinker | None = None
        self._known: OrderedDict[tuple[str, str], Links] = OrderedDict()

    def __call__(self, source: str, target: str) -> Links:
        """Which white-space tokens of a pair translate one another, as indices."""
        # The encoder is not shared between threads at the same time.
        with self._lock:
            if (source, target) not in self._known:
                self._known[source, target] = self._opened().links([(source, target)])[0]
                if len(self._known) > KEPT:
                    self._known.popitem(last=False)
            return self._known[source, target]

    def warm(self) -> None:
        """Load everything now."""
        self("een", "one")

    @property
    def whole(self) -> WordLinker:
        """The linker itself, for a document's worth of pairs."""
        with self._lock:
            return self._opened()

    def _opened(self) -> WordLinker:
        if self._linker is None:
            self._linker = WordLinker()
        return self._linker


class LateBeadScorer:
    """Scores beads that a reviewer split or merged, by the signals that `mt align` uses.

    Args:
        settings: name the model that translates where no encoder is installed.
    """

    def __init__(self, settings: Config) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._aligner: Aligner | None = None

    def __call__(self, source: Sequence[str], target: Sequence[str], beads: Sequence[Bead]) -> list[float]:
        """How likely each bead of a chain over these segments is right.

        Raises:
            EngineError: the signal is the model's, and it cannot be loaded.
        """
        with self._lock:
            if self._aligner is None:
                from mt.pipeline.align import Aligner

                self._aligner = Aligner(self._settings)
            return self._aligner.score(source, target, beads)
