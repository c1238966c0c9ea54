"""Which language a text is in, by its commonest words and its script, and words that were left untranslated."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from mt.data import Finding, Severity
from mt.quality.view import PairView, Side, once

FUNCTION_WORDS: dict[str, frozenset[str]] = {
    lang: frozenset(words.split())
    for lang, words in {
        "nl": "de het een en van ik te dat die in je niet zijn is was op aan met als voor er maar om hem dan zou of"
        " wat mijn men dit zo door over ze zich bij ook tot uit haar naar heb hoe heeft hebben deze nog wel geen"
        " waar werd worden wordt kan meer veel daar had hij wij ons onze jullie zij u uw toen na zonder omdat"
        " hier al moet moeten kunnen zal zullen tussen onder tegen waren wie iets niets alles sinds volgens",
        "en": "the of and to a in is that it was for on are as with his they at be this from have or by one had not"
        " but what were we when your can said there an which she do their if will up how about out them then"
        " these so some her would make him into has more its who been than no my our you i over after also"
        " only any could where most because through between while each such other just since without",
        "de": "der die das und ist nicht ein eine zu den von mit sich des auf für im dem es an auch als er sie wir"
        " ich aus bei nach wie wird sind war hat haben einer einen werden oder noch nur über durch kann wurde"
        " zum zur vor bis unter gegen mehr sehr dass diese dieser aber wenn",
        "fr": "le la les des et est un une du que qui dans pour pas sur ne se ce il elle au aux par plus avec son sa"
        " ses mais comme ont nous vous leur cette été sont était deux même aussi être fait tout sans où",
        "es": "el la los las de que y en un una es por con no para su al lo como más pero sus le ya o fue este ha"
        " sí porque esta son entre cuando muy sin sobre también hasta hay donde quien desde todo nos",
        "it": "il la di che e un una è per non sono con si da come anche dei del della nel alla più le gli ma lo"
        " questo ha i al su se o ed essere stato era due delle dal tra fra molto dopo",
        "pt": "o a os as de que e do da em um uma para com não por mais dos das como mas foi ao ele se na no seu"
        " sua ou ser quando muito há nos já está também só pelo pela até isso são",
        "da": "og i at det er en den til af på de med for ikke der som var et har fra jeg han hun vi men om sig kan"
        " blev efter også ved skal eller når havde mod over år",
        "sv": "och i att det är en som på de av för med den till inte om ett han var har jag men sig så från vi kan"
        " nu efter vid också eller när hade mot över år hon blev",
        "pl": "i w na z do się nie to że jest o jak po co ale za od tak przez być dla jego czy tylko może już jej są"
        " był który było oraz także",
    }.items()
}
"""The commonest words of languages that stand beside Dutch and English in newspapers."""

SCRIPTS = (
    ("ja", "぀", "ヿ"),
    ("zh", "㐀", "鿿"),
    ("ko", "가", "힯"),
    ("ru", "Ѐ", "ӿ"),
    ("el", "Ͱ", "Ͽ"),
    ("ar", "؀", "ۿ"),
    ("he", "֐", "׿"),
    ("hi", "ऀ", "ॿ"),
    ("th", "฀", "๿"),
)
"""A language that is common in each script with its first and last letter, most telling script first for those that
share one."""

ENOUGH_WORDS = 5
"""Function words that a text must have before it is called the wrong language; fewer may be a title or a quote."""

LEAD = 2.0
"""How many times more function words the wrong language must have than the right one."""


@cache
def _languages_of() -> dict[str, tuple[tuple[str, float], ...]]:
    """Function word to its languages, each with its share of the word."""
    languages: dict[str, tuple[str, ...]] = {}
    for lang, words in FUNCTION_WORDS.items():
        for word in words:
            languages[word] = (*languages.get(word, ()), lang)
    return {word: tuple((lang, 1 / len(langs)) for lang in langs) for word, langs in languages.items()}


@once
def function_words(text: Side) -> dict[str, float]:
    """How many function words of each language a text has; a word of n languages counts 1/n for each."""
    counts: dict[str, float] = {}
    known = _languages_of()
    for languages_of_word in [known[word] for word in text.lower if word in known]:
        for lang, share in languages_of_word:
            counts[lang] = counts.get(lang, 0.0) + share
    return counts


def identify(text: str) -> str | None:
    """The language of a text where that is clear, else None.

    Dutch, English and eight neighbours are told by their function words; other scripts by their letters.
    None is the honest answer for names, numbers, short headings and texts of two languages.

    Returns:
        BCP 47 primary subtag.
    """
    return _identified(Side(text, ""))


def _identified(text: Side) -> str | None:
    if not text.text.isascii() and (foreign := [char for char in text.text if char >= "Ͱ"]):
        most = 0.3 * sum(map(len, text.words))
        for lang, first, last in SCRIPTS if len(foreign) > most else ():
            if sum(first <= char <= last for char in foreign) > most:
                return lang
    counts = sorted(((n, lang) for lang, n in function_words(text).items()), reverse=True)
    if not counts or counts[0][0] < 0.08 * len(text.words):
        return None
    (most, lang), second = counts[0], counts[1][0] if len(counts) > 1 else 0.0
    return lang if most >= 2 and most > 1.5 * second else None


def languages(pair: PairView) -> Iterator[Finding]:
    """A side that is clearly in another language than it should be."""
    for name, text in (("source", pair.source), ("target", pair.target)):
        found = _identified(text)
        if found is None or found == text.lang or text.lang not in FUNCTION_WORDS:
            continue
        counts = function_words(text)
        sure = found not in counts or (
            counts[found] >= ENOUGH_WORDS and counts[found] >= LEAD * counts.get(text.lang, 0.0)
        )
        severity = Severity.ERROR if sure else Severity.WARNING
        yield Finding("language", severity, f"The {name} looks like {found}, not {text.lang}.", name)


def copied(pair: PairView) -> Iterator[Finding]:
    """A target that repeats the source word for word."""
    source, target = pair.source, pair.target
    if not source.words or source.lower != target.lower:
        return
    foreign = function_words(source)
    if foreign.get(source.lang, 0.0) > foreign.get(target.lang, 0.0) or len(source.words) > 8:
        yield Finding("copy", Severity.ERROR, "The target is an untranslated copy of the source.")
    elif any(word.islower() for word in source.words):
        yield Finding("copy", Severity.INFO, "The target equals the source.")


def untranslated_words(pair: PairView) -> Iterator[Finding]:
    """Words of the source language that stand in the target as they are."""
    source, target = pair.source, pair.target
    own = FUNCTION_WORDS.get(source.lang)
    if own is None or target.lang not in FUNCTION_WORDS or source.lower == target.lower:
        return
    kept = (source.vocabulary & target.vocabulary & own) - FUNCTION_WORDS[target.lang]
    if not kept:
        return
    for index, word in enumerate(target.lower):
        if word in kept and target.words[index].islower():
            yield Finding(
                "untranslated",
                Severity.WARNING,
                f"“{target.words[index]}” was left untranslated.",
                span=target.span(index),
            )
