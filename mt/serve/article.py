"""A document as it reads: paragraphs of source and target sentences, and the file as it will be exported."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from mt.formats import encode_stream
from mt.pipeline.translate import translated_text
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
    places = _places(desk, info)
    blocks: list[dict[str, Any]] = []
    for (block, kind), pairs in groupby(
        found[:PAGE], key=lambda one: places.get(one.position, (one.id, "sentence"))
    ):
        blocks.append({"block": block, "kind": kind, "pairs": [summary_record(one) for one in pairs]})
    return {
        "blocks": blocks,
        "next": offset + PAGE if len(found) > PAGE else None,
        "lang": info.lang,
        "target_lang": info.target_lang,
    }


def _places(desk: Desk, info: DocumentInfo) -> dict[int, tuple[int, str]]:
    """Block and kind of every segment; none for documents that are lists of pairs."""
    if info.kind != "text":
        return {}
    segments = desk.store.document(info.id).segments
    return {place: (one.block, one.kind.value) for place, one in enumerate(segments)}


def exported(desk: Desk, call: Call) -> Response:
    """The translated document as its file will be, with every edit in place.

    With ``download=1`` it is a file in the encoding of the original, else plain text to look at.
    """
    info = desk.document(call.path["document"])
    if info.kind != "text":
        return Response(
            "This document is a list of pairs and has no text of its own.", 404, media_type="text/plain"
        )
    document = desk.store.document(info.id, with_segments=False)
    chunks = translated_text(document, desk.store.targets(info.id), desk.linker.whole)
    if call.text("download", "", 1) != "1":
        return Response("".join(chunks), media_type="text/plain")
    charrefs = document.format == "html"
    content = b"".join(encode_stream(chunks, document.encoding, document.bom, charrefs=charrefs))
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
