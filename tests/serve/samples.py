"""A store with an article whose pairs have findings, candidates, memory and hostile text."""

from __future__ import annotations

from mt.data import Candidate, Document, Finding, Origin, Pair, QualityScore, Segment, SegmentKind, Severity
from mt.store import PairRow, SettingsKey, Store
from tests.made import candidate

SETTINGS = SettingsKey("ctranslate2 4.5", "starter-nl-en", "00ff", "beam 4")

HOSTILE = "<script>document.title = 'pwned'</script><img src=x onerror=\"document.title='pwned'\">"

SENTENCES: tuple[tuple[str, str, float], ...] = (
    ("De trein naar Utrecht vertrekt om 9.30 uur.", "The train to Utrecht leaves at 9.13.", 0.12),
    ("Reizigers moeten rekening houden met vertraging.", "Travellers must take account of delay.", 0.71),
    (
        "Volgens ProRail ligt er een boom op het spoor.",
        "According to ProRail, there is a tree on the track.",
        0.83,
    ),
    ("Het 😀 regende de hele dag in Zwolle.", "It 😀 rained all day in Zwole.", 0.35),
    (f"Hij schreef {HOSTILE} op het bord.", f"He wrote {HOSTILE} on the board.", 0.22),
    ("De burgemeester wilde niet reageren.", "The mayor did not want to comment.", 0.91),
)


def findings(source: str, target: str) -> tuple[Finding, ...]:
    """What a check would see: the wrong number, and the misspelt name behind a character of two units."""
    found = []
    for check, word, severity in (("number", "9.13", Severity.ERROR), ("name", "Zwole", Severity.WARNING)):
        if (start := target.find(word)) >= 0:
            said = f"{word} is not in the source."
            found.append(Finding(check, severity, said, "target", (start, start + len(word))))
    if "9.30" in source:
        start = source.index("9.30")
        found.append(Finding("time", Severity.INFO, "A time of day.", "source", (start, start + 4)))
    return tuple(found)


def candidates(target: str) -> tuple[Candidate, ...]:
    """The one that was chosen and another."""
    other = target.replace("leaves", "departs").replace("9.13", "9.30")
    return (
        candidate(target, "beam", chosen=True, reason="the best of 4"),
        candidate(other, "wide-beam", reason="less probable"),
    )


def fill(store: Store, name: str = "treinen.txt", copies: int = 1) -> str:
    """Store the article; returns the identifier of its document."""
    sources = [source for source, _, _ in SENTENCES] * copies
    heading = "Treinen rijden niet"
    text = heading + "\n\n" + " ".join(sources[:3]) + "\n\n" + " ".join(sources[3:]) + "\n"
    document = Document("", "nl", text, name=name)
    identifier = store.put_document(document, "en")
    segments, start = [], 0
    for place, source in enumerate([heading, *sources]):
        start = text.index(source, start)
        kind = SegmentKind.HEADING if place == 0 else SegmentKind.SENTENCE
        block = 0 if place == 0 else 1 if place <= 3 else 2
        segments.append(Segment(source, start, start + len(source), kind, source, block))
        start += len(source)
    store.add_segments(identifier, segments)
    title = Pair(heading, "Trains are not running", score=QualityScore(0.66, "sample 1"))
    rows = [PairRow(0, title, SETTINGS, 12.5)]
    for place, (source, target, value) in enumerate(SENTENCES * copies, 1):
        score = QualityScore(value, "sample 1", findings(source, target), {"length": 1.04, "number": 0.5})
        pair = Pair(source, target, origin=Origin.ENGINE, score=score, candidates=candidates(target))
        rows.append(PairRow(place, pair, SETTINGS, 30.0))
    store.add_pairs(identifier, rows)
    return identifier


def judge(pair: Pair) -> QualityScore:
    """A score that an error lowers, with the findings of the sample's checks."""
    found = findings(pair.source, pair.target)
    wrong = any(one.severity is Severity.ERROR for one in found)
    return QualityScore(0.15 if wrong else 0.95, "sample 1", found, {"errors": float(wrong)})
