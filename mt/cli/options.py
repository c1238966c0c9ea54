"""How a command says which options it takes, and the options that several commands share, each written once.

    Output = Annotated[str | None, Option("--output", "-o", metavar="FILE", help="None is stdout.")]

    def command(inputs: Inputs = None, output: Output = None) -> None: ...

Nothing here needs typer, which takes as long to import as the starter model to load: :mod:`mt.cli.plain` reads a
command line that holds nothing out of the ordinary, :mod:`mt.cli.commands` hands the same words to typer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

Named = TypeVar("Named", "str", "Path")


class Argument:
    """A positional parameter.

    Args:
        help: one sentence.
        metavar: what the help calls it.
    """

    def __init__(self, *, help: str, metavar: str | None = None) -> None:
        self.help = help
        self.metavar = metavar


class Option:
    """A parameter with a name; a flag where its type is bool.

    Args:
        names: ``--long``, ``-s``, or ``--on/--off`` for a flag that can be switched off.
        help: one sentence.
        metavar: what the help calls its value.
        min: the smallest number that it takes.
    """

    def __init__(
        self, *names: str, help: str, metavar: str | None = None, min: int | float | None = None
    ) -> None:
        self.names = names
        self.help = help
        self.metavar = metavar
        self.min = min


Store = Annotated[
    str | None,
    Option("--store", metavar="PATH|URL", help="Store to use; default: the one `mt doctor` names."),
]
Model = Annotated[
    str | None, Option("--model", "-m", help="Installed model, its folder, or `auto` for the best one.")
]
EngineName = Annotated[str | None, Option("--engine", help="ctranslate2, transformers or echo.")]
Threads = Annotated[int | None, Option("--threads", min=0, help="Processor threads; 0 takes all cores.")]
NoEngine = Annotated[bool, Option("--no-engine", help="Leave out what the translation model says.")]
NoEmbeddings = Annotated[bool, Option("--no-embeddings", help="Leave out what the sentence encoder says.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="No progress and no summary on stderr.")]
Json = Annotated[bool, Option("--json", help="Print JSON instead of text.")]
InputFormat = Annotated[
    str | None, Option("--format", help="text, markdown or html; by default it is detected.")
]
InputEncoding = Annotated[
    str | None, Option("--encoding", help="Of the input, for example cp1252; by default it is detected.")
]


def named(path: Named | None) -> Named | None:
    """The path that was named; None for ``-``, which stands for stdin or stdout, as leaving it out does."""
    return None if str(path) == "-" else path
