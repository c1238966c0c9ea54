"""The command line: a table of commands, each imported only when it is called."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from importlib import import_module
from keyword import iskeyword
from typing import Any, NoReturn

COMMANDS: dict[str, str] = {
    "translate": "Translate articles and store every sentence pair with its score.",
    "segment": "Split text into sentences, one a line.",
    "list": "List the documents in the store.",
    "show": "Show a document's pairs with scores and findings.",
    "align": "Align two existing texts; store beads and pairs with scores.",
    "judge": "Give pairs a calibrated score with reasons.",
    "score": "Score translations against references, with intervals and significance.",
    "gold": "Score alignments and word links against gold files.",
    "bench": "Run the installed models on a test set and print one table.",
    "train": "Train a model by a recipe.",
    "adapt": "Teach the model what reviewers corrected.",
    "review": "Review pairs in the terminal; show how the review goes.",
    "serve": "Review pairs in the browser.",
    "export": "Write pairs as TMX, XLIFF, TSV and more, or a document with every edit.",
    "import": "Take in pairs and reviews from TMX, XLIFF, TSV and more.",
    "models": "Add, list, inspect and remove translation models.",
    "doctor": "Tell what is installed, which model is used and where the store is.",
    "completion": "Print the shell completion script.",
}
"""Command name to the one line that `mt --help` shows."""

ALLOCATIONS = 100_000
"""Objects that are made before Python looks for garbage in cycles; its default is 700."""


SWITCH_SECONDS = 0.001
"""How long a thread waits for another one's Python code: what only hands work to the engine should not wait long."""


def module_of(name: str) -> str:
    """The module of a command; it has ``app``, or ``EXAMPLE`` and a function of the command's name.

    Such a function is called without typer where the command line is plain; see :mod:`mt.cli.options`.
    """
    return f"mt.cli.{name}{'_' if iskeyword(name) else ''}"


def main(arguments: list[str] | None = None) -> None:
    """Run `mt` and exit with the code of the design: 0, or that of the error."""
    # What imports and texts allocate is no garbage; looking for some costs a tenth of a short call.
    gc.set_threshold(ALLOCATIONS, *gc.get_threshold()[1:])
    sys.setswitchinterval(SWITCH_SECONDS)
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    debug = "--debug" in words or bool(os.environ.get("MT_DEBUG"))
    words = [word for word in words if word != "--debug"]
    called = next((word for word in words if not word.startswith("-")), "")
    completing = "_MT_COMPLETE" in os.environ
    from mt.cli import report

    code = report.run(lambda: _call(words, None if completing else called), debug=debug)
    if arguments is None:
        _leave(code)
    sys.exit(code)


def _call(words: list[str], called: str | None) -> Any:
    """Call the command without typer where that can be, else through it."""
    if called in COMMANDS and words[0] == called:
        module = import_module(module_of(called))
        if not hasattr(module, "app"):
            from mt.cli import plain

            function = getattr(module, called)
            given = plain.read(function, words[1:])
            if given is not None:
                return function(**given)
    from mt.cli import commands

    return commands.call(words, called)


def _leave(code: int) -> NoReturn:
    """End the process without taking every module and model apart first, a tenth of a short run's time."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
