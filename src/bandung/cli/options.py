"""The words that several commands share: whose question, about which world, how to answer."""

from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bandung.codes import countries, groups
from bandung.codes.tables import parse_date
from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

    from bandung.find.selection import Selection
    from bandung.world.model import World

GroupArgument = Annotated[
    str | None,
    typer.Argument(help="Code of a group, as `bandung groups` lists them.", show_default=False),
]
MembersOption = Annotated[
    str | None,
    typer.Option(
        "--members",
        help="Instead of a group: countries by code or name, separated by commas.",
        show_default=False,
    ),
]
WorldOption = Annotated[
    str, typer.Option("--world", help="A world by name (`bandung world list`) or its folder.")
]
OnOption = Annotated[
    str | None,
    typer.Option(
        "--on",
        help="The day whose membership counts, YYYY-MM-DD; default today.",
        show_default=False,
    ),
]
SouthOption = Annotated[
    str, typer.Option("--south", help="What 'the South' is: groups or countries, by commas.")
]
DeficitsOption = Annotated[
    str,
    typer.Option(
        "--deficits",
        help="What trade deficits do: fixed, share (of world value added), zero or proportional "
        "(to value added).",
        show_default=False,
    ),
]
ElasticitiesOption = Annotated[
    str | None,
    typer.Option(
        "--elasticities",
        help="Trade elasticities: a set in the world by name, or one figure for all sectors.",
        show_default=False,
    ),
]
EMBEDDED, FIXED = "embedded", "fixed"
"""What commands use where nothing else is asked: the world, and the rule for deficits."""
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV.")]

console = Console()
notes = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Question:
    """A group in a world, as the command line named them."""

    world: World
    selection: Selection


def question(
    group: str | None,
    members: str | None,
    world: str,
    on: str | None,
    south: str,
    elasticities: str | None = None,
) -> Question:
    """Load the world, with other elasticities where asked, and find the group in it."""
    from bandung.find.selection import select  # noqa: PLC0415 - numbers load when asked for
    from bandung.world.store import resolve  # noqa: PLC0415

    listed = [text for text in (members or "").split(",") if text.strip()]
    found = resolve(world)
    if elasticities is not None:
        found = found.select_elasticities(number_or_name(elasticities))
    return Question(found, select(found, group, members=listed or None, on=day(on), south=south))


def day(text: str | None) -> dt.date:
    """Read `--on`: the user's own today when it is not given."""
    return dt.date.today() if text is None else parse_date(text)  # noqa: DTZ011


def answer(*, as_json: bool, as_csv: bool, record: dict[str, Any], table: pl.DataFrame) -> bool:
    """Print JSON or CSV when asked to; return whether that was done."""
    if as_json and as_csv:
        raise InputError("choose one of --json and --csv")
    if as_json:
        print_json(record)
    if as_csv:
        sys.stdout.write(table.write_csv())
    return as_json or as_csv


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Print a JSON value, names in their own letters."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def show(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1
) -> None:
    """Print a table: the first `left` columns are words, the others figures."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position < left else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def remark(sentence: str) -> None:
    """Say something beside the answer, on stderr."""
    notes.print(sentence, highlight=False, markup=False)


def remarks(asked: Question) -> None:
    """Say what the data lack and which members a Security Council notice concerns."""
    chosen = asked.selection
    if chosen.missing:
        remark(f"Not in this world by themselves: {', '.join(names(chosen.missing))}.")
    for code in chosen.members:
        for measure in groups.measures(code, chosen.on):
            remark(
                f"{countries.name(code)}: measures of the Security Council, resolution "
                f"{measure.resolution}. {measure.text['en']}"
            )
    remark(
        f"World {asked.world.name} ({asked.world.year}), {asked.world.origin.publisher}; "
        f"membership on {chosen.on.isoformat()}; the South: {chosen.south_name}."
    )


def number_or_name(text: str) -> str | float:
    """Read `--elasticities`: a figure where it is one, else the name of a set."""
    try:
        return float(text)
    except ValueError:
        return text


def percent(share: float, digits: int = 1) -> str:
    """Write a share as percent."""
    return f"{100 * share:.{digits}f} %"


def signed(share: float, digits: int) -> str:
    """Write a change in per cent with its sign, without the unit."""
    return f"{100 * share:+.{digits}f}".replace("-", "−")


def names(codes: Iterable[str]) -> list[str]:
    """Return English names, for tables on a terminal."""
    return [countries.name(code) for code in codes]
