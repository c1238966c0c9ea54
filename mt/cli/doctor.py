"""`mt doctor`: what is installed, which model is used, where the store is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands

app = Commands()


@app.command(epilog="Example: mt doctor --store news.db")
def doctor(
    store: options.Store = None,
    model: options.Model = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Tell what is installed, which model is used and where the store is; exit code 1 if something is broken."""
    from mt.pipeline.doctor import diagnose

    checks = list(diagnose(config.load({"store": store, "model": model})))
    if as_json:
        for check in checks:
            report.out_json(asdict(check))
    else:
        report.table(["", "what", "found"], [("ok" if c.ok else "!!", c.name, c.detail) for c in checks])
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
