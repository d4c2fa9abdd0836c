"""Thin commands: read the words, call one function, print its answer."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape

from bandung.errors import BandungError


def main() -> None:
    """Run the command line; mistakes of the user's end with a sentence and exit code 2."""
    from bandung.cli.commands import app  # noqa: PLC0415 - keeps `import bandung` light

    try:
        app()
    except BandungError as error:
        Console(stderr=True, soft_wrap=True).print(
            f"[bold red]error:[/] {escape(str(error))}", highlight=False
        )
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
