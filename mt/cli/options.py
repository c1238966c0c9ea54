"""The options that several commands share, each written once."""

from __future__ import annotations

from typing import Annotated

import typer

Store = Annotated[
    str | None,
    typer.Option("--store", metavar="PATH|URL", help="Store to use; default: the one `mt doctor` names."),
]
Model = Annotated[
    str | None, typer.Option("--model", "-m", help="Installed model, its folder, or `auto` for the best one.")
]
EngineName = Annotated[str | None, typer.Option("--engine", help="ctranslate2, transformers or echo.")]
Threads = Annotated[
    int | None, typer.Option("--threads", min=0, help="Processor threads; 0 takes all cores.")
]
NoEngine = Annotated[bool, typer.Option("--no-engine", help="Leave out what the translation model says.")]
NoEmbeddings = Annotated[
    bool, typer.Option("--no-embeddings", help="Leave out what the sentence encoder says.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary on stderr.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
