"""What makes scores wrong although they can be computed, told instead of passed over in silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_LOOSE_MARK = re.compile(r" (?:[.,;:!?)\]]|'s|n't)(?= |$)")
_ENTITY = re.compile(r"&(?:#\d+|#x[\da-f]+|quot|amp|lt|gt|apos|nbsp);", re.I)
TOKENISED = 100
"""Lines that end in a loose full stop after which sacrebleu warns."""


@dataclass(slots=True)
class _Tally:
    """Counts of one system."""

    empty: int = 0
    tokenised: int = 0
    copies_of_reference: int = 0
    copies_of_source: int = 0
    escaped: int = 0


@dataclass(slots=True)
class InputChecks:
    """Counts suspicious segments while they stream by.

    Args:
        systems: their names.
    """

    systems: Sequence[str]
    segments: int = 0
    empty_references: int = 0
    tokenised_references: int = 0
    _tallies: dict[str, _Tally] = field(default_factory=dict)

    def add(
        self,
        hypotheses: Sequence[Sequence[str]],
        references: Sequence[Sequence[str]],
        sources: Sequence[str] | None = None,
    ) -> None:
        """Take in a stretch of segments, as :meth:`mt.evaluate.scorer.Scorer.add` does."""
        self.segments += len(references[0])
        self.empty_references += sum(
            not any(text.strip() for text in texts) for texts in zip(*references, strict=True)
        )
        self.tokenised_references += sum(map(looks_tokenised, references[0]))
        for system, texts in zip(self.systems, hypotheses, strict=True):
            tally = self._tallies.setdefault(system, _Tally())
            tally.empty += sum(not text.strip() for text in texts)
            tally.tokenised += sum(map(looks_tokenised, texts))
            tally.escaped += sum("&" in text and _ENTITY.search(text) is not None for text in texts)
            tally.copies_of_reference += sum(
                bool(text.strip()) and text in others
                for text, others in zip(texts, zip(*references, strict=True), strict=True)
            )
            if sources is not None:
                tally.copies_of_source += sum(
                    text == source and len(text.split()) > 3
                    for text, source in zip(texts, sources, strict=True)
                )

    def copies(self) -> list[str]:
        """The systems that are the reference itself."""
        return [system for system in self.systems if self._is_copy(self._tallies[system])]

    def _is_copy(self, tally: _Tally) -> bool:
        return tally.copies_of_reference == self.segments - self.empty_references > 0

    def warnings(self) -> list[str]:
        """One sentence for each thing that makes a score mean something else than it seems."""
        found = []
        if self.empty_references:
            found.append(f"Of the reference {_empty(self.empty_references)}.")
        if self._are_tokenised(self.tokenised_references):
            found.append("The reference looks tokenised; scores will not compare with published ones.")
        for system in self.systems:
            found += self._of_system(f"System {system}" if system else "The system", self._tallies[system])
        return found

    def _of_system(self, name: str, tally: _Tally) -> list[str]:
        found = []
        if tally.empty == self.segments:
            found.append(f"{name}: all {_lines(tally.empty)} are empty.")
        elif tally.empty:
            found.append(f"{name}: {_empty(tally.empty)}.")
        if self._are_tokenised(tally.tokenised):
            found.append(
                f"{name} looks tokenised (loose punctuation in {_lines(tally.tokenised)}); detokenise it, "
                "or its BLEU will not compare with that of others."
            )
        if tally.escaped:
            found.append(
                f"{name}: {_lines(tally.escaped)} with HTML character references such as &#39;, which cost score."
            )
        if self._is_copy(tally):
            found.append(f"{name} is the reference itself: every line is the same, so 100 BLEU says nothing.")
        elif self.segments >= 20 and tally.copies_of_reference > self.segments / 2:
            share = 100 * tally.copies_of_reference // self.segments
            found.append(
                f"{name}: {share}% of the lines are the reference's, word for word. Was it trained on it?"
            )
        if tally.copies_of_source > self.segments / 2:
            found.append(f"{name} copies the source, untranslated, in {_lines(tally.copies_of_source)}.")
        return found

    def _are_tokenised(self, lines: int) -> bool:
        return lines >= TOKENISED or lines > max(2, 0.5 * self.segments)


def looks_tokenised(text: str) -> bool:
    """Whether punctuation or a clitic stands loose after a word, as tokenisers write it."""
    found = _LOOSE_MARK.search(text)
    return found is not None


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'}"


def _empty(count: int) -> str:
    return f"{_lines(count)} {'is empty; it is' if count == 1 else 'are empty; they are'} kept and counted"
