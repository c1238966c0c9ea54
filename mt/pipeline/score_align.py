"""Documents that are not line by line, made parallel by alignment before they are scored."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from mt import align
from mt.data import Alignment
from mt.errors import FormatError
from mt.pipeline.documents import read_document, segments_of
from mt.pipeline.score_inputs import FileRequest, Inputs


def aligned(request: FileRequest, systems: tuple[str, ...], paths: Sequence[str]) -> Inputs:
    """Documents as parallel streams: all texts are aligned with the first reference and cut where all agree.

    Args:
        request: the references, source, languages and encoding.
        systems: names.
        paths: of their documents.

    Raises:
        UsageError: a file is missing.
        FormatError: a file is empty, binary or in another encoding.
    """
    source_lang, target_lang = request.langs

    def segments(text: str, lang: str) -> list[str]:
        document, _ = read_document(Path(text), lang=lang, encoding=request.encoding)
        return [segment.plain for segment in segments_of(document)]

    first, *others = [segments(text, target_lang) for text in request.references]
    if not first:
        raise FormatError(f"{request.references[0]} has no sentences.", "Give a document with text.")
    texts = [*(segments(text, target_lang) for text in paths), *others]
    alignments = [align.align(text, first, translation=text) for text in texts]
    source = None
    if request.source is not None:
        encoder = align.load_encoder() if align.encoder_is_installed() else None
        source = align.align(segments(request.source, source_lang), first, encoder=encoder)
        alignments.append(source)
    groups = common_groups(alignments, len(first))
    columns = [grouped(found, groups) for found in alignments]
    counted = ", ".join(f"{name} {len(text):,}" for name, text in zip(systems, texts, strict=False))
    note = (
        f"The texts were not given line by line: they were segmented and aligned with the reference by mt align "
        f"({counted}, reference {len(first):,} segments; {len(groups):,} were scored)."
    )
    count = len(systems)
    return Inputs(
        systems,
        columns[:count],
        [[" ".join(first[a:b]) for a, b in groups], *columns[count : count + len(others)]],
        columns[-1] if source else None,
        notes=[note],
    )


def common_groups(alignments: Sequence[Alignment], targets: int) -> list[tuple[int, int]]:
    """Stretches of target segments that no bead of any alignment crosses, as short as possible."""
    joined: set[int] = set()
    for alignment in alignments:
        for bead in alignment.beads:
            joined.update(bead.target[1:])
    starts = [index for index in range(targets) if index not in joined]
    return list(pairwise([*starts, targets]))


def grouped(alignment: Alignment, groups: Sequence[tuple[int, int]]) -> list[str]:
    """The source side of an alignment by groups of its targets; what stands alone goes with what is before it."""
    number = {index: group for group, (a, b) in enumerate(groups) for index in range(a, b)}
    found: list[list[str]] = [[] for _ in groups]
    current = 0
    for bead in alignment.beads:
        if bead.target:
            current = number[bead.target[0]]
        found[current] += (alignment.source[index] for index in bead.source)
    return [" ".join(texts) for texts in found]
