"""The engine, the translator and the store that the settings name.

What each function needs is imported when it is called: the engine sets itself up while the rest of the program is
still being imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mt.config import Config
    from mt.engines import DecodeOptions, Engine
    from mt.pipeline.judge import Judge
    from mt.pipeline.sentences import SentenceTranslator
    from mt.store import Store


def open_engine(settings: Config) -> Engine:
    """The engine of the settings, for their languages.

    Raises:
        UsageError: an unknown engine or model.
        EngineError: the model cannot be loaded, or translates between other languages.
    """
    from mt import engines
    from mt.errors import EngineError

    engine = engines.load(
        settings["model"], settings["engine"], settings["compute_type"], settings["threads"]
    )
    info = engine.info
    wanted = (settings["source_lang"], settings["target_lang"])
    if (info.source_lang, info.target_lang) != wanted:
        raise EngineError(
            f"Model {info.model} translates {info.source_lang}-{info.target_lang}, not {'-'.join(wanted)}.",
            "Choose another one with --model; `mt models list` shows them.",
        )
    return engine


def decode_options(settings: Config) -> DecodeOptions:
    """How the settings ask an engine to search."""
    from mt.engines import DecodeOptions

    return DecodeOptions(beam_size=settings["beam_size"], length_penalty=settings["length_penalty"])


def translator_of(
    engine: Engine, settings: Config, judge: Judge | None = None, rescues: bool = True
) -> SentenceTranslator:
    """A translator that searches as the settings say.

    Args:
        engine: what writes hypotheses.
        settings: how it searches.
        judge: what scores the pairs, or None.
        rescues: whether a translation with an error is searched again.
    """
    from mt.pipeline.sentences import SentenceTranslator

    return SentenceTranslator(engine, decode_options(settings), judge, rescues)


def open_store(settings: Config, read_only: bool = False) -> Store:
    """The store of the settings.

    Raises:
        StoreError: it cannot be opened.
    """
    from mt.store import Store

    return Store.open(settings["store"] or None, read_only=read_only)


def model_advice(name: str) -> str:
    """What a user should know before trusting a model's output; empty where there is nothing to say."""
    from mt.engines import models

    model = models.starter()
    if name != model.name:
        return ""
    bleu = "" if model.bleu is None else f" (BLEU {model.bleu:.1f} on FLORES-200 dev)"
    return f"{model.name} is a rough model{bleu}. A better one: mt models add {models.BETTER_MODEL}"
