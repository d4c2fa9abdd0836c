"""`bandung register start`: a register at once, in the browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from bandung.cli.options import notes, remark, show
from bandung.cli.register_options import DatabaseOption, DataOption, told
from bandung.errors import InputError
from bandung.register import places

DEFAULT_PORT = 1955
DEMONSTRATION_FOLDER = "demonstration"


def start(
    data: DataOption = None,
    database: DatabaseOption = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0: any that is free.")
    ] = DEFAULT_PORT,
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Show demonstration data, in a folder of their own.")
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address and open nothing.")
    ] = False,
) -> None:
    """Open a register on this machine and serve its pages until Ctrl-C."""
    on_server = bool(database or (data is None and os.environ.get(places.DATABASE)))
    if demo and on_server:
        raise InputError(
            "demonstration data are kept apart from real data, in a folder: leave out --database "
            f"and {places.DATABASE}"
        )
    if demo and data is None:
        data = places.data_folder().parent / DEMONSTRATION_FOLDER
    marked = demo or (not on_server and _is_marked(data))
    with told(data, database, demonstration=marked), ExitStack() as held:
        from bandung.register.actions import first_person  # noqa: PLC0415 - Django, when asked for
        from bandung.register.ops import demonstration, opening, serving  # noqa: PLC0415

        listener = held.enter_context(serving.listening(port))
        address = serving.address_of(listener)
        folder = None if on_server else places.data_folder()
        if folder:
            held.enter_context(serving.taken(folder, address))
        with notes.status("Opening the register …") as status:
            opening.prepare()
            if demo and folder:
                status.update("Writing demonstration data; the first time this takes a while …")
                demonstration.fill(folder)
            from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - loads Django

            application = get_wsgi_application()

        def ready() -> None:
            typer.echo(address)
            remark(f"Serving {opening.described()}. Ctrl-C stops it.")
            if marked:
                _introduce()
            elif first_person.is_needed() and places.is_service():
                remark(
                    f"Nobody is here yet; the page asks for this code: {first_person.setup_code()}"
                )
            if not no_browser and _has_screen():
                webbrowser.open(address)

        serving.serve(application, listener, ready=ready)
    remark("The register has stopped.")


def _is_marked(data: Path | None) -> bool:
    """Whether a folder's data are for demonstration: then every page goes on saying so."""
    from bandung.register.ops.demonstration import is_marked  # noqa: PLC0415

    return is_marked(data or places.data_folder())


def _introduce() -> None:
    from bandung.register.ops import demonstration  # noqa: PLC0415

    show("Demonstration: sign in as", ["Address", "Role", "Member"], demonstration.people(), left=3)
    typer.echo(f"Password: {demonstration.PASSWORD}")


def _has_screen() -> bool:
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform in {"darwin", "win32"} or bool(shown)
