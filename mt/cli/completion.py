"""`mt completion`: the script that teaches a shell the commands and options."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mt.cli import report
from mt.cli.commands import Commands

app = Commands()


class Shell(StrEnum):
    """The shells that have a completion script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command(epilog="Example: mt completion bash >> ~/.bashrc")
def completion(shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")]) -> None:
    """Print the shell completion script; put it where your shell reads its settings."""
    from typer._completion_shared import get_completion_script

    report.out(get_completion_script(prog_name="mt", complete_var="_MT_COMPLETE", shell=shell.value))
