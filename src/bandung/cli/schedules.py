"""`bandung schedules`: an agreement's text and every party's schedule, as files to take along."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bandung.cli.options import console, notes, remark

ENDINGS = {".csv", ".html", ".xlsx"}


def schedules(
    file: Annotated[Path, typer.Argument(help="A certificate, in JSON.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("schedules"),
    lang: Annotated[
        str | None,
        typer.Option(
            help="One language for the text and the tables: en, fr, es, pt or ar; default: the "
            "text in all five, the tables in English.",
            show_default=False,
        ),
    ] = None,
    world: Annotated[
        str | None,
        typer.Option(
            help="The certificate's world, by name or folder; default: by the name it gives.",
            show_default=False,
        ),
    ] = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace files that are there already.")
    ] = False,
) -> None:
    """Write the text of an agreement, and what each party lowers and obtains."""
    from bandung.agree.certificate import Certificate  # noqa: PLC0415 - numbers load when asked for
    from bandung.brief.schedules import write_schedules  # noqa: PLC0415
    from bandung.world.store import resolve  # noqa: PLC0415

    certificate = Certificate.read(file)
    with notes.status("Computing and writing the schedules …"):
        made = write_schedules(
            resolve(world or certificate.world.name), certificate, out, lang=lang, replace=replace
        )
    for path in made:
        console.print(str(path), highlight=False, markup=False, soft_wrap=True)
    others = sorted({each.name for each in out.iterdir() if each.suffix in ENDINGS} - _names(made))
    if others:
        remark(f"Also in {out}, not of this agreement: {', '.join(others)}.")


def _names(paths: tuple[Path, ...]) -> set[str]:
    return {path.name for path in paths}
