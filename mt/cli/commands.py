"""The command line as typer reads it: every option, every mistake, help and completion."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from inspect import Signature, signature
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import typer

from mt import __version__
from mt.cli import COMMANDS, module_of
from mt.cli.options import Argument, Option

Function = TypeVar("Function", bound=Callable[..., Any])


def for_typer(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that calls another one and whose parameters are annotated as typer reads them."""
    hints = {name: _hint(hint) for name, hint in get_type_hints(function, include_extras=True).items()}
    parameters = signature(function).parameters.values()

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named)

    call.__annotations__ = hints
    call.__dict__["__signature__"] = Signature([p.replace(annotation=hints[p.name]) for p in parameters])
    return call


def _hint(hint: Any) -> Any:
    kind, *said = get_args(hint) if hasattr(hint, "__metadata__") else (hint,)
    match said:
        case [Argument() as own]:
            return Annotated[kind, typer.Argument(help=own.help, metavar=own.metavar)]
        case [Option() as own]:
            option = typer.Option(*own.names, help=own.help, metavar=own.metavar, min=own.min)
            return Annotated[kind, option]
    return hint


class Commands(typer.Typer):
    """A typer application whose commands may use what :mod:`mt.cli.options` declares."""

    def command(self, *arguments: Any, **settings: Any) -> Callable[[Function], Function]:
        """Register a function as a command; see typer."""
        register = super().command(*arguments, **settings)

        def registered(function: Function) -> Function:
            register(for_typer(function))
            return function

        return registered


def build(only: str | None = None, alone: bool = False) -> typer.Typer:
    """The application with one command imported, or with all of them.

    Args:
        only: name of the only command to import; the others show their summary and cannot run.
        alone: leave the others out.
    """
    app = Commands(
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


def _attach(app: Commands, name: str, summary: str) -> None:
    module = import_module(module_of(name))
    if not hasattr(module, "app"):
        app.command(name, short_help=summary, epilog=module.EXAMPLE)(getattr(module, name))
        return
    own: typer.Typer = module.app
    if len(own.registered_commands) == 1 and not own.registered_callback:
        command = own.registered_commands[0]
        app.command(name, short_help=summary, epilog=command.epilog, cls=command.cls)(
            command.callback or _not_imported
        )
    else:
        app.add_typer(own, name=name, help=summary)


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


def call(words: list[str], called: str | None) -> Any:
    """Run the command that the words name; returns what it returns.

    Args:
        words: of the command line, the program's name left out.
        called: the first of them that is not an option; None to have every command at hand.
    """
    # The list of commands is looked at only where none is called or there is none of that name.
    alone = called in COMMANDS and words[0] == called
    command = typer.main.get_command(build(called, alone))
    return command.main(words, prog_name="mt", standalone_mode=False)
