"""Lay out three articles of the test split as documents with their references, in corpora/articles/.

usage: python corpora/build_articles.py
"""

from __future__ import annotations

from html import escape
from pathlib import Path

HERE = Path(__file__).parent
SENTENCES_A_PARAGRAPH = 4
ARTICLES = [
    ("clustermunitie", "txt", "world-002", 0),
    ("magazijnen", "md", "netherlands-002", 0),
    ("teken", "html", "encyclopaedia-002", 5),
]
"""Name, format, file in the test split and the article's number in that file."""


def rows(file: str, number: int) -> list[tuple[str, str]]:
    """The pairs of one article, headline first."""
    articles = (HERE / "test" / f"{file}.tsv").read_text(encoding="utf-8").strip().split("\n\n")
    return [(nl, en) for nl, en in (line.split("\t") for line in articles[number].splitlines())]


def layout(sentences: list[str], kind: str, lang: str) -> str:
    """One article as a document of the given kind."""
    headline, body = sentences[0], sentences[1:]
    paragraphs = [
        " ".join(body[i : i + SENTENCES_A_PARAGRAPH]) for i in range(0, len(body), SENTENCES_A_PARAGRAPH)
    ]
    if kind == "md":
        return "\n\n".join([f"# {headline}", *paragraphs]) + "\n"
    if kind == "html":
        lines = [f"<h1>{escape(headline, quote=False)}</h1>"]
        lines += [f"<p>{escape(p, quote=False)}</p>" for p in paragraphs]
        head = f'<!DOCTYPE html>\n<html lang="{lang}">\n<head><meta charset="utf-8">'
        return (
            f"{head}<title>{escape(headline, quote=False)}</title></head>\n<body>\n"
            + "\n".join(lines)
            + "\n</body>\n</html>\n"
        )
    return "\n\n".join([headline, *paragraphs]) + "\n"


def main() -> None:
    """Write every article in both languages."""
    folder = HERE / "articles"
    folder.mkdir(exist_ok=True)
    for name, kind, file, number in ARTICLES:
        pairs = rows(file, number)
        for side, lang in enumerate(("nl", "en")):
            text = layout([pair[side] for pair in pairs], kind, lang)
            (folder / f"{name}.{lang}.{kind}").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
