"""Alignments and word links in files, scored against gold files."""

from __future__ import annotations

from pathlib import Path

from mt.errors import UsageError
from mt.evaluate import score_alignment, score_word_links
from mt.evaluate.gold import AlignmentScore, BeadIndices, LinkScore
from mt.evaluate.goldfiles import read_beads, read_links
from mt.pipeline.documents import read_document


def gold_alignment(gold: Path, test: Path) -> tuple[dict[str, AlignmentScore], int]:
    """Alignments against gold: two files, or two folders whose files are paired by name.

    Returns:
        The scores by definition and the number of documents.

    Raises:
        UsageError: a file is missing or has no partner.
        FormatError: a line is no bead.
    """
    pairs = _partners(gold, test)
    scores = score_alignment([_beads(one) for one, _ in pairs], [_beads(other) for _, other in pairs])
    return scores, len(pairs)


def gold_links(gold: Path, test: Path, form: str = "auto", swap: bool = False) -> tuple[LinkScore, int]:
    """Word links against a gold file.

    Args:
        gold: Pharaoh lines or an XL-WA table.
        test: likewise.
        form: of the gold file: ``pharaoh``, ``xlwa`` or ``auto``.
        swap: whether the test's links run from the gold's target to its source.

    Returns:
        The score and the number of sentences.

    Raises:
        UsageError: a file is missing, or the numbers of sentences differ.
        FormatError: a line has no links.
    """
    wanted = read_links(_lines(gold), form, str(gold))
    found = read_links(_lines(test), "auto", str(test))
    if swap:
        found = [links.swapped() for links in found]
    return score_word_links(wanted, found), len(wanted)


def _partners(gold: Path, test: Path) -> list[tuple[Path, Path]]:
    if gold.is_dir() != test.is_dir():
        raise UsageError(f"{gold} and {test} are not both folders.", "Give two files or two folders.")
    if not gold.is_dir():
        return [(gold, test)]
    wanted, found = (
        {path.name.split(".")[0]: path for path in _bead_files(folder)} for folder in (gold, test)
    )
    if missing := sorted(wanted.keys() ^ found.keys()):
        folder = test if missing[0] in wanted else gold
        raise UsageError(
            f"{folder} has no file for {missing[0]!r}; {len(missing)} of {len(wanted | found)} have no partner.",
            "Both folders need files of the same names, such as 001.gold and 001.beads.",
        )
    if not wanted:
        raise UsageError(f"{gold} holds no files with beads.", "A line of them is [0, 1]:[2].")
    return [(wanted[name], found[name]) for name in sorted(wanted)]


def _bead_files(folder: Path) -> list[Path]:
    """The files of a folder that begin with a bead; texts may lie beside them."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_file():
            with path.open("rb") as stream:
                head = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
            if head.startswith(b"[") and b"]" in head:
                found.append(path)
    return found


def _beads(path: Path) -> list[BeadIndices]:
    return read_beads(_lines(path), str(path))


def _lines(path: Path) -> list[str]:
    return read_document(path, format_name="text")[0].text.removesuffix("\n").split("\n")
