"""Align texts that were translated already: documents through the store, files of lines, pairs of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mt import formats
from mt.align import (
    Encoder,
    Report,
    align_report,
    encoder_is_installed,
    load_encoder,
    score_chain,
    word_links,
)
from mt.align.beadfile import bead_lines
from mt.config import Config
from mt.data import Alignment, Bead, Document, Origin, Pair
from mt.engines import DecodeOptions, Engine
from mt.errors import FormatError, MissingExtraError, MTError, UsageError, unknown_name
from mt.formats import exchange
from mt.formats.exchange import PairRecord
from mt.pipeline.documents import output_stream, read_document, segments_of
from mt.pipeline.files import read_lines
from mt.pipeline.judge import Judge
from mt.pipeline.opening import open_engine
from mt.quality import identify
from mt.store import RunState, Store

SIGNALS = ("embeddings", "translation", "lengths", "numbers")

SAMPLE = 20_000
"""Characters that tell a text's language."""

DOUBTFUL = 0.5
"""Probability below which a bead is pointed out to the reader."""

VERSION = "1"
"""Of the way documents are aligned; another one is another method in the store."""


@dataclass(frozen=True, slots=True)
class Sides:
    """How the two sides are read and checked.

    Attributes:
        source_lang, target_lang: that they should be in.
        swap: take the first text as the target.
        force: align texts that do not look like a text and its translation.
        format_name: of the documents, or None to detect it.
        encoding: of both, or None to detect it.
    """

    source_lang: str = "nl"
    target_lang: str = "en"
    swap: bool = False
    force: bool = False
    format_name: str | None = None
    encoding: str | None = None

    @property
    def langs(self) -> tuple[str, str]:
        """Source and target language."""
        return self.source_lang, self.target_lang


class Aligner:
    """Aligns lists of segments by the best signals at hand.

    Args:
        settings: name the model that translates.
        signals: names in ``SIGNALS``; empty for the best ones: embeddings where the extra is installed, else
            the translation by the engine, with lengths and numbers.

    Raises:
        UsageError: an unknown signal.
        MissingExtraError: embeddings were asked for and are not installed.
    """

    def __init__(self, settings: Config, signals: Sequence[str] = ()) -> None:
        for name in signals:
            if name not in SIGNALS:
                raise unknown_name("signal", name, SIGNALS)
        if not signals:
            signals = ("embeddings" if encoder_is_installed() else "translation", "lengths", "numbers")
        elif "embeddings" in signals and not encoder_is_installed():
            raise MissingExtraError("The signal `embeddings`", "align")
        self.signals = tuple(name for name in SIGNALS if name in signals)
        self._settings = settings
        self._encoder: Encoder | None = None
        self._engine: Engine | None = None

    @property
    def method(self) -> str:
        """Name and version of what aligns, as the store keeps it."""
        return f"mt-align-{VERSION} {'+'.join(self.signals)}"

    def align(self, source: Sequence[str], target: Sequence[str]) -> Report:
        """The beads of two lists of segments, and what was noticed."""
        return align_report(
            source,
            target,
            encoder=self._open_encoder() if "embeddings" in self.signals else None,
            translation=self._translations(source) if "translation" in self.signals else None,
            lengths="lengths" in self.signals,
            numbers="numbers" in self.signals,
        )

    def score(self, source: Sequence[str], target: Sequence[str], beads: Sequence[Bead]) -> list[float]:
        """How likely each bead of a chain over these segments is, for beads that a human made."""
        return score_chain(
            source,
            target,
            beads,
            encoder=self._open_encoder() if "embeddings" in self.signals else None,
            translation=self._translations(source) if "translation" in self.signals else None,
        )

    def _open_encoder(self) -> Encoder:
        if self._encoder is None:
            self._encoder = load_encoder()
        return self._encoder

    def _translations(self, source: Sequence[str]) -> list[str]:
        """Greedy translations, good enough to compare words; nothing for what the model cannot read."""
        if self._engine is None:
            self._engine = open_engine(self._settings)
        engine = self._engine
        short = {text for text in source if len(engine.tokens(text)) <= engine.info.max_source_tokens}
        texts = sorted(short)
        written = engine.translate(texts, DecodeOptions(beam_size=1, max_decoding_length=256))
        known = {text: best.text for text, (best, *_) in zip(texts, written, strict=True)}
        return [known.get(text, "") for text in source]


def require_two_sides(names: tuple[str, str], texts: tuple[str, str], sides: Sides) -> str:
    """Refuse two texts that cannot be a text and its translation.

    Args:
        names: of the files, for messages.
        texts: of both.
        sides: the languages they should be in.

    Returns:
        what a user should know all the same; empty where there is nothing to say.

    Raises:
        UsageError: they are equal, in one language, or the wrong way round.
    """
    if sides.force:
        return ""
    if texts[0] == texts[1]:
        raise UsageError(
            f"{names[0]} and {names[1]} hold the same text.", "To align them all the same: --force"
        )
    found = identify(texts[0][:SAMPLE]), identify(texts[1][:SAMPLE])
    if found == sides.langs[::-1]:
        raise UsageError(
            f"The sides are swapped: {names[0]} looks like {found[0]}, {names[1]} like {found[1]}.",
            "Exchange them, or pass --swap.",
        )
    if found[0] is not None and found[0] == found[1]:
        raise UsageError(
            f"{names[0]} and {names[1]} both look like {found[0]}.", "To align them all the same: --force"
        )
    strange = [
        f"{name} looks like {seen}, not {lang}"
        for name, seen, lang in zip(names, found, sides.langs, strict=True)
        if seen not in (None, lang)
    ]
    return f"{'; '.join(strange)}." if strange else ""


# Files of lines


def align_lines(
    paths: tuple[Path, Path], aligner: Aligner, sides: Sides, note: Callable[[str], None]
) -> Report:
    """Align two files with one segment a line.

    Args:
        paths: source and target, in the order in which the user gave them.
        aligner: does it.
        sides: languages and encoding.
        note: told what a user should know.

    Raises:
        UsageError: a file is missing, or the sides cannot belong together.
        FormatError: a file is empty, binary, or not in the encoding.
    """
    source_path, target_path = paths[::-1] if sides.swap else paths
    source, target = (_segments(path, sides.encoding) for path in (source_path, target_path))
    texts = "\n".join(source), "\n".join(target)
    if warning := require_two_sides((str(source_path), str(target_path)), texts, sides):
        note(warning)
    return aligner.align(source, target)


def _segments(path: Path, encoding: str | None) -> list[str]:
    lines = list(read_lines([path], encoding))
    if not any(lines):
        raise FormatError(f"{path} is empty.", "There is nothing to align in it.")
    return lines


# Documents


@dataclass(frozen=True, slots=True)
class Job:
    """Two files that should be the same text in two languages, by the name that they share."""

    name: str
    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two documents that were aligned.

    Attributes:
        job: the files.
        identifier: of the alignment in the store.
        report: beads, and what was noticed.
        pairs: of the beads, None where a side is empty.
        again: whether the store had it already.
    """

    job: Job
    identifier: str
    report: Report
    pairs: tuple[Pair | None, ...]
    again: bool = False


def plan(inputs: Sequence[Path], sides: Sides, note: Callable[[str], None]) -> list[Job]:
    """Which files belong together.

    Args:
        inputs: a source and a target file; two folders; or one folder that holds both. In folders a name is the
            path without the ending and without a mark of the language: ``artikel.nl.txt`` is ``artikel``.
        sides: languages, and whether the first one is the target.
        note: told of files without a counterpart.

    Raises:
        UsageError: an input is missing, there are not two sides, or nothing belongs together.
    """
    for path in inputs:
        if not path.exists():
            raise UsageError(f"{path} does not exist.", "Check the path; quote it if it holds spaces.")
    if len(inputs) == 1 and inputs[0].is_dir():
        left, right = _marked(inputs[0], sides.source_lang), _marked(inputs[0], sides.target_lang)
    elif len(inputs) != 2 or inputs[0].is_dir() != inputs[1].is_dir():
        raise UsageError(
            f"Two sides are needed, {len(inputs)} given.",
            "Give two files, two folders, or a folder that holds both.",
        )
    elif not inputs[0].is_dir():
        source, target = inputs[::-1] if sides.swap else inputs
        return [Job(source.name, source, target)]
    else:
        folders = inputs[::-1] if sides.swap else inputs
        left, right = _named(folders[0], sides.source_lang), _named(folders[1], sides.target_lang)
    for name in sorted(set(left) ^ set(right)):
        note(f"{(left.get(name) or right.get(name))} has no counterpart. Left out.")
    jobs = [Job(name, left[name], right[name]) for name in sorted(set(left) & set(right))]
    if not jobs:
        raise UsageError(
            f"No files with matching names in {' and '.join(map(str, inputs))}.",
            f"artikel.{sides.source_lang}.txt belongs to artikel.{sides.target_lang}.txt.",
        )
    return jobs


def _articles(folder: Path) -> list[Path]:
    endings = formats.suffixes()
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in endings)


def _named(folder: Path, lang: str) -> dict[str, Path]:
    """The files of a folder by name."""
    return {_shared_name(path.relative_to(folder), lang): path for path in _articles(folder)}


def _marked(folder: Path, lang: str) -> dict[str, Path]:
    """The files of a folder that are marked as being in a language, by name."""
    return {
        _shared_name(path.relative_to(folder), lang): path
        for path in _articles(folder)
        if path.stem.endswith((f".{lang}", f"_{lang}", f"-{lang}"))
    }


def _shared_name(path: Path, lang: str) -> str:
    stem = path.stem
    for mark in (f".{lang}", f"_{lang}", f"-{lang}"):
        stem = stem.removesuffix(mark)
    return path.with_name(stem).as_posix()


class DocumentAligner:
    """Aligns documents and stores them; a pair of files that cannot be read does not stop the others.

    Args:
        store: where documents, beads and pairs go.
        aligner: joins segments.
        judge: scores the pairs.
        sides: how files are read and checked.
        note: told what a user should know, one line each.
    """

    def __init__(
        self, store: Store, aligner: Aligner, judge: Judge, sides: Sides, note: Callable[[str], None]
    ) -> None:
        self._store = store
        self._aligner = aligner
        self._judge = judge
        self._sides = sides
        self._note = note
        self.errors: list[MTError] = []

    def run(self, jobs: Sequence[Job]) -> Iterator[Aligned]:
        """Align in order; each is in the store before it is given out, and is not aligned again."""
        run = self._store.begin_run("align", {"inputs": [[str(job.source), str(job.target)] for job in jobs]})
        state, count = RunState.FAILED, 0
        try:
            for job in jobs:
                try:
                    aligned = self._align(job)
                except MTError as error:
                    if len(jobs) == 1:
                        raise
                    self.errors.append(error)
                    self._note(f"{job.name}: {error.message} Left out. {error.hint}".rstrip())
                    continue
                count += 1
                yield aligned
            state = RunState.FINISHED
        except (KeyboardInterrupt, GeneratorExit):
            state = RunState.INTERRUPTED
            raise
        finally:
            self._store.finish_run(run, state, {"documents": count})

    def _align(self, job: Job) -> Aligned:
        source = self._read(job.source, self._sides.source_lang)
        target = self._read(job.target, self._sides.target_lang)
        texts = _plain_text(source), _plain_text(target)
        if warning := require_two_sides((str(job.source), str(job.target)), texts, self._sides):
            self._note(warning)
        identifiers = self._put(source, self._sides.target_lang), self._put(target, self._sides.source_lang)
        known = self._store.find_alignment(*identifiers, self._aligner.method)
        if known is not None:
            return self._stored(job, known, source, target)
        left, right = ([s.plain for s in document.segments] for document in (source, target))
        report = self._aligner.align(left, right)
        pairs = judged_pairs(report.alignment, self._judge, self._sides.langs)
        identifier = self._store.put_alignment(
            *identifiers, report.alignment.beads, pairs, self._aligner.method
        )
        return Aligned(job, identifier, report, pairs)

    def _read(self, path: Path, lang: str) -> Document:
        document, notes = read_document(
            path, lang=lang, format_name=self._sides.format_name, encoding=self._sides.encoding
        )
        for text in notes:
            self._note(text)
        return document._replace(segments=tuple(segments_of(document)))

    def _put(self, document: Document, other_lang: str) -> str:
        identifier = self._store.put_document(document, other_lang)
        self._store.add_segments(identifier, document.segments)
        return identifier

    def _stored(self, job: Job, identifier: str, source: Document, target: Document) -> Aligned:
        """An alignment as it stands in the store, as people may have changed it."""
        beads = self._store.alignment(identifier).beads
        pairs = {stored.position: stored.pair for stored in self._store.pairs(identifier)}
        texts = [tuple(s.plain for s in document.segments) for document in (source, target)]
        report = Report(
            Alignment(texts[0], texts[1], tuple(beads.values())), (), frozenset(self._aligner.signals)
        )
        return Aligned(job, identifier, report, tuple(map(pairs.get, beads)), again=True)


def judged_pairs(alignment: Alignment, judge: Judge, langs: tuple[str, str]) -> tuple[Pair | None, ...]:
    """A scored pair for every bead with two sides, None for the others.

    Args:
        alignment: of two texts.
        judge: scores pairs.
        langs: source and target language.
    """
    texts = iter(alignment.pairs())
    pairs = [
        Pair(*next(texts), *langs, Origin.ALIGNED) if bead.source and bead.target else None
        for bead in alignment.beads
    ]
    scores = iter(judge([pair for pair in pairs if pair]))
    return tuple(pair._replace(score=next(scores)) if pair else None for pair in pairs)


def _plain_text(document: Document) -> str:
    return " ".join(segment.plain for segment in document.segments)


# What came out


def summary(aligned: Aligned) -> str:
    """One line: how many beads of which kind, how many are doubtful, how sure all are on the average."""
    beads = aligned.report.alignment.beads
    kinds = Counter(bead.kind for bead in beads)
    doubtful = sum(bead.score < DOUBTFUL for bead in beads)
    sure = sum(bead.score for bead in beads) / max(1, len(beads))
    where = f" (mt show {aligned.identifier})" if aligned.identifier else ""
    return (
        f"{'aligned before, ' if aligned.again else ''}{len(beads)} beads"
        f" ({', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}),"
        f" {doubtful} doubtful, mean probability {sure:.2f}{where}"
    )


def bead_rows(report: Report) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows for a reader: number and text of both sides, probability; a doubtful bead is marked ``?``."""
    source, target = report.alignment.source, report.alignment.target
    for bead in report.alignment.beads:
        yield (
            _numbers(bead.source),
            "\n".join(source[i] for i in bead.source),
            "\n".join(target[j] for j in bead.target),
            _numbers(bead.target),
            f"{bead.score:.2f}{'' if bead.score >= DOUBTFUL else ' ?'}",
        )


def _numbers(indices: tuple[int, ...]) -> str:
    """Numbers from 1 on, as a range: ``3-4``."""
    if not indices:
        return ""
    return str(indices[0] + 1) if len(indices) == 1 else f"{indices[0] + 1}-{indices[-1] + 1}"


def moved_lines(report: Report) -> Iterator[str]:
    """One line for each stretch that stands elsewhere in the other text."""
    for moved in report.moved:
        source, target = (_numbers(tuple(range(*span))) for span in (moved.source, moved.target))
        yield f"Source segment {source} stands elsewhere in the target: {target} (similarity {moved.similarity:.2f})."


def bead_records(report: Report, pairs: Sequence[Pair | None] = ()) -> Iterator[dict[str, object]]:
    """Every bead as plain values for JSON; ``quality`` is the score of its pair."""
    source, target = report.alignment.source, report.alignment.target
    for number, bead in enumerate(report.alignment.beads):
        pair = pairs[number] if pairs else None
        yield {
            "source": list(bead.source),
            "target": list(bead.target),
            "kind": bead.kind,
            "score": bead.score,
            "source_text": " ".join(source[i] for i in bead.source),
            "target_text": " ".join(target[j] for j in bead.target),
            "quality": pair.score.value if pair and pair.score else None,
        }


def write_beads(report: Report, path: Path) -> None:
    """Write the beads, one a line.

    Raises:
        UsageError: the file cannot be written.
    """
    with output_stream(path) as stream:
        for line in bead_lines(report.alignment.beads):
            stream.write(line.encode() + b"\n")


def write_pairs(aligned: Sequence[Aligned], path: Path, langs: tuple[str, str]) -> int:
    """Write the pairs of alignments in the exchange format that the file's ending names; returns how many.

    Raises:
        UsageError: the ending belongs to no format, or the file cannot be written.
    """
    format_ = exchange.get(require_exchange(path))
    records = (record for one in aligned for record in pair_records(one))
    with output_stream(path) as stream:
        return format_.write(records, stream, *langs)


def require_exchange(path: Path) -> str:
    """The exchange format of a file that will be written.

    Raises:
        UsageError: the ending belongs to no format.
    """
    name = exchange.detect(path)
    if name is None:
        endings = [ending for _, (_, known) in exchange.EXCHANGE.items() for ending in known]
        raise UsageError(f"{path} has no ending of a format for pairs.", f"Known: {', '.join(endings)}.")
    return name


def pair_records(aligned: Aligned) -> Iterator[PairRecord]:
    """The pairs of an alignment for an exchange format, bead and probability as properties."""
    for index, (bead, pair) in enumerate(zip(aligned.report.alignment.beads, aligned.pairs, strict=True)):
        if pair is None:
            continue
        yield PairRecord(
            pair.source,
            pair.target,
            pair.source_lang,
            pair.target_lang,
            score=pair.score.value if pair.score else None,
            method=pair.score.method if pair.score else "",
            origin=pair.origin,
            document=aligned.job.name,
            index=index,
            findings=pair.score.findings if pair.score else (),
            extra=(("bead", bead.kind), ("bead-score", f"{bead.score:.4f}")),
        )


# Words


def read_pairs(paths: Sequence[Path], encoding: str | None) -> Iterator[tuple[str, str]]:
    """Pairs from a table, source and target in the first two columns, or from two files of lines.

    Raises:
        UsageError: the two files have different numbers of lines.
        FormatError: a line of the table has no second column.
    """
    if len(paths) == 1:
        for number, line in enumerate(read_lines(paths, encoding), 1):
            cells = line.split("\t")
            if len(cells) < 2:
                raise FormatError(
                    f"{paths[0]} line {number}: no tab, so no target.", "A line is source, tab, target."
                )
            yield cells[0], cells[1]
        return
    source, target = (list(read_lines([path], encoding)) for path in paths)
    if len(source) != len(target):
        raise UsageError(
            f"{paths[0]} has {len(source)} lines, {paths[1]} has {len(target)}.",
            "Line-aligned files need equal counts; align them first: mt align --lines",
        )
    yield from zip(source, target, strict=True)


def word_link_lines(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """For each pair its links ``i-j`` over white-space tokens, 0-based, separated by spaces."""
    encoder = load_encoder() if encoder_is_installed() else None
    for source, target in pairs:
        links = word_links(source.split(), target.split(), encoder=encoder)
        yield " ".join(f"{i}-{j}" for i, j in links)
