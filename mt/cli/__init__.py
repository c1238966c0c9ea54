"""The command line: a table of commands, each imported only when it is called."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from importlib import import_module
from keyword import iskeyword
from typing import Annotated, NoReturn

import typer

from mt import __version__

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
"""Command name to the one line that `mt --help` shows; the module is ``mt.cli.<name>``, a keyword gets a ``_``."""

ALLOCATIONS = 100_000
"""Objects that are made before Python looks for garbage in cycles; its default is 700."""


SWITCH_SECONDS = 0.001
"""How long a thread waits for another one's Python code: what only hands work to the engine should not wait long."""


def build(only: str | None = None, alone: bool = False) -> typer.Typer:
    """The application with one command imported, or with all of them.

    Args:
        only: name of the only command to import; the others show their summary and cannot run.
        alone: leave the others out.
    """
    app = typer.Typer(
        name="mt",
        help="A translator's workbench for Dutch to English.",
        epilog="Example: mt translate artikel.txt -o artikel.en.txt",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name, summary in COMMANDS.items():
        if only in (None, name):
            _attach(app, name, summary)
        elif not alone:
            app.command(name, help=summary)(_not_imported)
    return app


def _attach(app: typer.Typer, name: str, summary: str) -> None:
    module: typer.Typer = import_module(f"mt.cli.{name}{'_' if iskeyword(name) else ''}").app
    alone = len(module.registered_commands) == 1 and not module.registered_callback
    if alone:
        command = module.registered_commands[0]
        app.command(name, short_help=summary, epilog=command.epilog, cls=command.cls)(
            command.callback or _not_imported
        )
    else:
        app.add_typer(module, name=name, help=summary)


def _not_imported() -> None:
    """Stands in the command list for a command that this call does not run."""


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"mt {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """A translator's workbench for Dutch to English."""


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
    # The list of commands is looked at only where none is called or there is none of that name.
    alone = called in COMMANDS and words[0] == called
    command = typer.main.get_command(build(None if completing else called, alone))

    from mt.cli import report

    code = report.run(lambda: command.main(words, prog_name="mt", standalone_mode=False), debug=debug)
    if arguments is None:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> NoReturn:
    """End the process without taking every module and model apart first, a tenth of a short run's time."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
