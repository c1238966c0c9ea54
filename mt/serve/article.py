"""A document as it reads: paragraphs of source and target sentences, and the file as it will be exported."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from mt.formats import encode_stream
from mt.review.article import exported_text, paragraphs
from mt.serve.call import Call
from mt.serve.desk import Desk
from mt.serve.records import Record, summary_record
from mt.store import DocumentInfo, Order, PairQuery

PAGE = 200


def article(desk: Desk, call: Call) -> Record:
    """A part of a document: blocks in order, each with its kind and its pairs."""
    info = desk.document(call.path["document"], fresh=False)
    offset = call.integer("offset", 0)
    query = PairQuery(documents=(info.id,))
    found = desk.store.search(query, Order.DOCUMENT, PAGE + 1, offset)
    return {
        "blocks": [
            {"block": one.block, "kind": one.kind, "pairs": list(map(summary_record, one.pairs))}
            for one in paragraphs(desk.store, info, found[:PAGE])
        ],
        "next": offset + PAGE if len(found) > PAGE else None,
        "lang": info.lang,
        "target_lang": info.target_lang,
    }


def exported(desk: Desk, call: Call) -> Response:
    """The translated document as its file will be, with every edit in place.

    With ``download=1`` it is a file in the encoding of the original, else plain text to look at.
    """
    info = desk.document(call.path["document"], fresh=False)
    if info.kind != "text":
        return Response(
            "This document is a list of pairs and has no text of its own.", 404, media_type="text/plain"
        )
    chunks = exported_text(desk.store, info, desk.linker)
    if call.text("download", "", 1) != "1":
        return Response("".join(chunks), media_type="text/plain")
    charrefs = info.format == "html"
    content = b"".join(encode_stream(chunks, info.encoding, info.bom, charrefs=charrefs))
    answer = Response(content, media_type="application/octet-stream")
    answer.headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(_file_name(info), safe='')}"
    return answer


def _file_name(info: DocumentInfo) -> str:
    """``article.nl.html`` becomes ``article.en.html``, ``article.txt`` becomes ``article.en.txt``."""
    name = info.base_name
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        return f"{name}.{info.target_lang}"
    return f"{stem.removesuffix('.' + info.lang)}.{info.target_lang}.{suffix}"
