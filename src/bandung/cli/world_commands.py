"""``bandung world``: add a publisher's file, list, show and remove what is stored."""

from __future__ import annotations

import zipfile
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bandung.cli.options import print_json
from bandung.errors import InputError, SourceError
from bandung.world import harmonise
from bandung.world.sources import baci, icio_csv, icio_cubes, itpd_e
from bandung.world.store import Store, StoredWorld, Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bandung.world.model import World

ADJUSTMENTS_SHOWN = 10
COLUMNS_SHOWN = 8

app = typer.Typer(
    name="world",
    help="Worlds kept on this computer: add, list, show, remove.",
    no_args_is_help=True,
)


class Source(StrEnum):
    """Publishers' files that can be added."""

    ICIO = "icio"
    ICIO_CUBE = "icio-cube"
    ITPD_E = "itpd-e"
    BACI = "baci"


class By(StrEnum):
    """Sectors of a BACI world."""

    HS2 = "hs2"
    TOTAL = "total"


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="The publisher's file, as it was downloaded.")],
    name: Annotated[str, typer.Option(help="What to call the world: a-z, 0-9 and -.")],
    source: Annotated[
        Source | None, typer.Option(help="Whose file it is; told from its content if not given.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Which year, if the file has several.")] = None,
    gdp: Annotated[
        Path | None, typer.Option(help="BACI in total: CSV of iso3,gdp in USD for domestic sales.")
    ] = None,
    by: Annotated[
        By | None, typer.Option(help="BACI: HS chapters (hs2, the default) or one sector (total).")
    ] = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the world of this name.")
    ] = False,
) -> None:
    """Read a publisher's file, check it, and keep it as a world."""
    store = Store()
    store.require_free(name, replace_stored=replace)
    chosen = source or guess_source(file)
    if chosen is not Source.BACI and (gdp is not None or by is not None):
        raise InputError(f"--gdp and --by are for BACI files; {file} is read as {chosen.value}")
    with _progress() as say:
        say(f"reading {file.name} ({chosen.value})")
        world = _read(file, chosen, name=name, year=year, gdp=gdp, by=by)
        say(f"storing {name}")
        entry = store.add(world, name, replace_stored=replace)
    typer.echo(
        f"added {entry.name}: {entry.year}, {entry.members} members, {entry.sectors} sectors, "
        f"{entry.bytes / 1e6:.1f} MB"
    )
    typer.echo(f"file:  {world.origin.checksum}")
    typer.echo(f"world: {entry.checksum}")


@app.command("list")
def list_worlds(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """List the stored worlds."""
    entries = Store().list()
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    if not entries:
        typer.echo(
            "No world is stored. The embedded one is always there: bandung world show embedded"
        )
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "year", "members", "sectors", "MB", "publisher", "vintage"):
        right = title in {"year", "members", "sectors", "MB"}
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    for entry in entries:
        table.add_row(*_row(entry))
    Console().print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A stored world, or embedded.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show where a world comes from, its totals, what was changed and what it does not know."""
    summary = Store().summary(name)
    if as_json:
        print_json(asdict(summary))
        return
    for line in _lines(summary):
        typer.echo(line)


@app.command()
def remove(name: Annotated[str, typer.Argument(help="A stored world.")]) -> None:
    """Remove a stored world."""
    Store().remove(name)
    typer.echo(f"removed {name}")


def guess_source(file: Path) -> Source:
    """Tell whose file it is from its content.

    Raises
    ------
    InputError
        When it is none of the four, naming what was found.
    """
    if file.is_dir():
        if (file / baci.MATRIX).is_file():
            return Source.BACI
        raise InputError(f"{file} is a folder without {baci.MATRIX}; give the publisher's file")
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            if "X.npy" in archive.namelist():
                return Source.ICIO_CUBE
        raise InputError(f"{file} is an archive: unpack it and add the file inside")
    names = _columns(file)
    if {itpd_e.EXPORTER, itpd_e.IMPORTER} <= set(names):
        return Source.ITPD_E
    if set(baci.COLUMNS) <= set(names):
        return Source.BACI
    if any("_" in label and label.split("_")[-1] in icio_csv.FINAL_DEMAND for label in names):
        return Source.ICIO
    found = ", ".join(names[:COLUMNS_SHOWN]) + (" …" if len(names) > COLUMNS_SHOWN else "")
    options = ", ".join(source.value for source in Source)
    raise InputError(
        f"it is not clear whose file {file} is: its columns are {found}. Say it with --source "
        f"({options})"
    )


def _columns(file: Path) -> list[str]:
    if file.suffix != ".parquet":
        return harmonise.csv_header(file)
    try:
        return list(pl.read_parquet_schema(file))
    except FileNotFoundError:
        raise SourceError(f"{file} does not exist") from None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{file} is truncated or not a Parquet file: {error}") from error


def _read(
    file: Path, source: Source, *, name: str, year: int | None, gdp: Path | None, by: By | None
) -> World:
    if source is Source.ICIO:
        return icio_csv.read_world(file, name=name, year=year)
    if source is Source.ICIO_CUBE:
        return icio_cubes.read_world(file, name=name, year=year)
    if source is Source.ITPD_E:
        return itpd_e.read_world(file, name=name, year=year)
    sectors = by or By.HS2
    return baci.read_world(
        file, name=name, year=year, by="total" if sectors is By.TOTAL else "hs2", gdp=gdp
    )


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show what is being done on stderr; say nothing where that is no terminal."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=None)
        yield lambda text: progress.update(task, description=text)


def _row(entry: StoredWorld) -> list[str]:
    return [
        entry.name,
        str(entry.year),
        str(entry.members),
        str(entry.sectors),
        f"{entry.bytes / 1e6:.1f}",
        entry.publisher,
        entry.vintage,
    ]


def _lines(summary: Summary) -> list[str]:
    world, origin = summary.world, summary.origin
    lacking = summary.without_domestic
    lines = [
        (
            f"{world.name}: {world.year}, {world.members} members, {world.sectors} sectors "
            f"({len(summary.services)} of them services)"
        ),
        f"publisher:  {origin.publisher}",
        f"title:      {origin.title}",
        f"vintage:    {origin.vintage}",
        f"licence:    {origin.licence}",
        f"citation:   {origin.citation}",
        f"file:       {origin.checksum or 'no file'}",
        f"world:      {world.checksum}",
        f"note:       {origin.note}",
        "",
        f"sales:         {summary.total_musd:>18,.0f} million USD in {summary.flows:,} flows",
        f"international: {summary.international_musd:>18,.0f} million USD",
        (
            f"domestic:      {summary.domestic_musd:>18,.0f} million USD, stated for "
            f"{summary.domestic_cells_known:,} of {summary.domestic_cells:,} members and sectors"
        ),
        (
            "members with domestic sales of every sector: "
            f"{world.members - len(lacking) - len(summary.partly_domestic)}, "
            f"of some: {len(summary.partly_domestic)}, of none: {len(lacking)}"
        ),
    ]
    if lacking:
        lines.append("no domestic sales are known of: " + ", ".join(lacking))
    if summary.regions:
        made = [
            f"{code} ({' '.join(parts) or 'others'})" for code, parts in summary.regions.items()
        ]
        lines.append("members that are not one country: " + "; ".join(made))
    lines += ["", f"adjustments: {len(summary.adjustments)}"]
    for change in summary.adjustments[:ADJUSTMENTS_SHOWN]:
        was, now = ("" if value is None else f"{value:,.6g}" for value in (change.was, change.now))
        figures = f" {was} → {now}" if was else f" {now}" if now else ""
        lines.append(f"- {change.what}, {change.where}:{figures} ({change.why})")
    if len(summary.adjustments) > ADJUSTMENTS_SHOWN:
        rest = len(summary.adjustments) - ADJUSTMENTS_SHOWN
        lines.append(f"- and {rest} more: bandung world show {world.name} --json")
    return lines
