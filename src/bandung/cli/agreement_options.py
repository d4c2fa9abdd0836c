"""The words that the commands on agreements share: what may move, and under which limits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from bandung.codes import groups
from bandung.errors import CodeUnknownError, InputError

if TYPE_CHECKING:
    from bandung.agree.corridors import Corridor
    from bandung.agree.limits import LimitsOptions

FloorOption = Annotated[
    float, typer.Option(min=0, help="No tariff falls below this many per cent.")
]
LeastCutOption = Annotated[
    float,
    typer.Option(min=0, max=100, help="Every tariff that may fall does so by this many per cent."),
]
MostCutOption = Annotated[
    float, typer.Option(min=0, max=100, help="No tariff falls by more than this many per cent.")
]
ExcludeOption = Annotated[
    str, typer.Option(help="Sectors left out, by commas: C29, or of one member, ZAF:C29.")
]
ExemptOption = Annotated[
    str, typer.Option(help="Members that lower nothing, by commas; LDC: the least developed.")
]
ByOption = Annotated[
    str, typer.Option(help="What moves on its own: line, sector, mfn, member or all.")
]
FormulaOption = Annotated[
    str, typer.Option(help="How tariffs by member or all fall: linear or swiss.")
]
MostSectorsOption = Annotated[
    int | None,
    typer.Option(min=1, help="In how many sectors a member opens at most.", show_default=False),
]
MostPaidOption = Annotated[
    float,
    typer.Option(min=0, help="What a member pays at most in transfers, per cent of its income."),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        help="Address of a Dask scheduler; default: processes on this computer.",
        show_default=False,
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(min=0, help="How many processes; default: one a core.", show_default=False),
]
SeedOption = Annotated[int, typer.Option(min=0, help="The same seed gives the same answer.")]


def limits(
    members: tuple[str, ...],
    floor: float,
    least_cut: float,
    most_cut: float,
    exclude: str,
    exempt: str,
    by: str,
    formula: str,
    most_sectors: int | None,
    most_paid: float,
    on: dt.date,
) -> LimitsOptions:
    """Read the limits, from per cent and words."""
    return {
        "floor": floor / 100,
        "least_cut": least_cut / 100,
        "most_cut": most_cut / 100,
        "exclude": listed(exclude),
        "exempt": _exempt(members, exempt, on),
        "by": by,
        "formula": formula,
        "most_sectors": most_sectors,
        "most_paid": most_paid / 100,
    }


def corridors(words: list[str] | None) -> list[Corridor]:
    """Read `--corridor`, as often as it is given."""
    from bandung.agree.corridors import Corridor  # noqa: PLC0415 - numbers load when asked for

    return [Corridor.parse(word) for word in words or []]


def phase_in(text: str, members: tuple[str, ...], on: dt.date) -> dict[str, int]:
    """Read ``5`` or ``LDC:10,ZAF:3,5``: years for some members, and for all others."""
    least = groups.least_developed(on)
    named: dict[str, int] = {}
    others = 0
    for word in listed(text):
        who, colon, years = word.rpartition(":")
        if not years.isdecimal():
            raise InputError(
                f"{word!r} is no number of years: write 5, or LDC:10,ZAF:3,5 for some members and "
                "all others"
            )
        if not colon:
            others = int(years)
        elif who == groups.LEAST_DEVELOPED:
            named |= {code: int(years) for code in members if code in least and code not in named}
        elif who in members:
            named[who] = int(years)
        else:
            raise CodeUnknownError("member", who, members)
    return {code: named.get(code, others) for code in members}


def listed(text: str) -> list[str]:
    """Split words at commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _exempt(members: tuple[str, ...], text: str, on: dt.date) -> list[str]:
    """Read members, and `LDC` as those of them that are least developed."""
    words = listed(text)
    if groups.LEAST_DEVELOPED not in words:
        return words
    least = groups.least_developed(on)
    some = [code for code in members if code in least]
    return [word for word in words if word != groups.LEAST_DEVELOPED] + some
