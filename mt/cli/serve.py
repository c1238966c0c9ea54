"""`mt serve`: review in the browser."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands

app = Commands()

EXAMPLE = """Examples:

mt serve

mt serve --host 0.0.0.0 --token "$(cat token.txt)" --certificate server.pem --key server.key
"""


@app.command(epilog=EXAMPLE)
def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8765,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="MT_TOKEN",
            show_envvar=True,
            help="What reviewers sign in with; needed on any address but loopback.",
        ),
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option("--reviewer", help="Name that the page proposes; default: your login name.")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", help="Another name of this server, as browsers ask for it."
        ),
    ] = None,
    certificate: Annotated[
        str | None, typer.Option("--certificate", metavar="FILE", help="Certificate chain for https, PEM.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="FILE", help="Private key for https, PEM.")
    ] = None,
    store: options.Store = None,
) -> None:
    """Review in the browser: several reviewers at once, on this machine or, with a token, from others."""
    from mt.serve import Access, Bind, require_extra
    from mt.serve import serve as run
    from mt.store import Store

    require_extra()
    settings = config.load({"store": store, "reviewer": reviewer})
    bind = Bind(host, port, tuple(allow_host or ()), certificate, key)
    access = Access(bind, token)
    with Store.open(settings["store"] or None) as opened:
        report.note(f"Reviewing {opened.location} at {bind.url}  (Ctrl-C stops)")
        if not bind.loopback and not certificate:
            report.note("Without --certificate the token and the texts travel unencrypted.")
        run(opened, access, settings["reviewer"] or getpass.getuser(), settings)
