"""`bandung verify`: every claim of a certificate, computed once more by another method."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandung.cli.options import JsonOption, console, notes, print_json, remark, show
from bandung.errors import CodeUnknownError, InputError

if TYPE_CHECKING:
    from bandung.agree.certificate import Certificate
    from bandung.agree.verification import Verification
    from bandung.world.model import World

FEW = 8
"""Draws that are solved before more processes would have started."""


def verify(
    file: Annotated[Path, typer.Argument(help="A certificate, in JSON.", show_default=False)],
    world: Annotated[
        str | None,
        typer.Option(
            help="The certificate's world, by name or folder; default: by the name it gives.",
            show_default=False,
        ),
    ] = None,
    *,
    skip_draws: Annotated[
        bool,
        typer.Option(
            "--skip-draws",
            help="Leave the draws of the elasticities out; then robustness does not hold.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compute every claim of a certificate once more by another method, and check its limits."""
    from bandung.agree.certificate import Certificate  # noqa: PLC0415 - numbers load when asked for
    from bandung.agree.verification import verify as check  # noqa: PLC0415

    certificate = Certificate.read(file)
    asked = _world(file, certificate, world)
    count = 0 if skip_draws or certificate.robustness is None else certificate.robustness.draws
    with notes.status("Solving …") as status:
        found = check(
            certificate,
            asked,
            draws=not skip_draws,
            jobs=(os.cpu_count() or 1) if count > FEW else 1,
            done=lambda number, total: status.update(f"Equilibrium {number} of {total} …"),
        )
    if as_json:
        print_json({"file": str(file), **found.to_dict()})
    else:
        _show(file, found)
    if not found.holds:
        raise typer.Exit(1)


def _world(file: Path, certificate: Certificate, given: str | None) -> World:
    """Find the world that the user names, or else the one of the name in the file."""
    from bandung.world.store import resolve  # noqa: PLC0415 - as above

    if given is not None:
        return resolve(given)
    name = certificate.world.name
    try:
        return resolve(name)
    except CodeUnknownError as error:
        raise InputError(
            f"{file}: world.name is {name!r}, and no world of that name is stored. Name the world "
            f"of {certificate.world.year} with {certificate.world.checksum} (--world). {error}"
        ) from error


def _show(file: Path, found: Verification) -> None:
    record = found.to_dict()
    rows = []
    for group, counted in record["groups"].items():
        if counted["checked"]:
            apart = counted["largest_deviation"].items()
            rows.append(
                [
                    group,
                    f"{counted['checked']:,}",
                    f"{counted['failed']:,}",
                    "; ".join(f"{distance:.1e} {unit}" for unit, distance in apart),
                ]
            )
    verdict = "every claim holds" if found.holds else "not every claim holds"
    console.print(f"{file}: {verdict}", highlight=False, markup=False, soft_wrap=True)
    show("What was checked", ["", "checked", "do not hold", "largest deviation"], rows)
    for each in found.failed:
        console.print(each.sentence, highlight=False, markup=False, soft_wrap=True)
    certificate = found.certificate
    remark(
        f"World {certificate.world.name} ({certificate.world.year}); deficits "
        f"{certificate.deficits}. Recomputed by Newton on market clearing."
    )
