"""`bandung register return`, `finance`, `rates`, `unit-rates`: what ministries are owed."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bandung.cli.options import JsonOption, notes, print_json, remark, show
from bandung.cli.register_options import (
    AcceptOption,
    DatabaseOption,
    DataOption,
    LangOption,
    MemberOption,
    OutOption,
    acting_for,
    line,
    readable,
    register_at,
    whole_file,
)
from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bandung.register.actions.rates import RatesPlan
    from bandung.register.exchange import Form
    from bandung.register.returns.rates import Rates
    from bandung.register.returns.sdg import Return
    from bandung.register.returns.tables import LineProblem

FEW = 5
"""Bad lines of a file that a message names."""
FORMS: tuple[Form, ...] = ("xlsx", "csv")
YearOption = Annotated[int, typer.Option("--year", help="The year.", show_default=False)]
RatesOption = Annotated[
    Path | None,
    typer.Option(
        "--rates",
        help="CSV of exchange rates that hold for this file, beside the register's own: "
        "currency,date,usd_per_unit,source.",
        show_default=False,
    ),
]


def sdg_return(
    member: MemberOption,
    year: YearOption,
    out: OutOption,
    data: DataOption = None,
    database: DatabaseOption = None,
    rates: RatesOption = None,
    lang: LangOption = "en",
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a member's return for SDG 17.3.1 of a year, as .xlsx or .csv."""
    kind = _kind(out)
    with register_at(data, database, found=True), notes.status("Adding up …"):
        from bandung.register import exchange  # noqa: PLC0415 - Django is loaded when asked for

        made = exchange.sdg_return(acting_for(member), year, lang, rates=_rates(rates))
        content = exchange.sdg_file(made, kind, lang)
    with whole_file(out) as file:
        file.write(content)
    _show_return(out, made, as_json=as_json)


def finance(
    member: MemberOption,
    year: YearOption,
    currency: Annotated[
        str, typer.Option(help="The country's currency, as in BRL.", show_default=False)
    ],
    out: OutOption,
    data: DataOption = None,
    database: DatabaseOption = None,
    first_month: Annotated[
        int, typer.Option(min=1, max=12, help="Month in which the fiscal year begins.")
    ] = 1,
    accounts: Annotated[
        Path | None,
        typer.Option(
            help="CSV of the ministry's chart of accounts: modality,direction,account,name.",
            show_default=False,
        ),
    ] = None,
    rates: RatesOption = None,
    lang: LangOption = "en",
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a member's fiscal year by account for the ministry of finance, as .xlsx or .csv."""
    kind = _kind(out)
    with register_at(data, database, found=True), notes.status("Adding up …"):
        from bandung.register import exchange  # noqa: PLC0415 - Django is loaded when asked for
        from bandung.register.returns import finance as accounting  # noqa: PLC0415

        chart = None
        if accounts is not None:
            reading = accounting.read_accounts(readable(accounts))
            _refuse_lines(accounts, reading.problems)
            chart = reading.accounts
        made = exchange.finance(
            acting_for(member),
            year,
            currency.upper(),
            first_month=first_month,
            lang=lang,
            rates=_rates(rates),
            accounts=chart,
        )
        content = exchange.finance_file(made, kind, lang)
    with whole_file(out) as file:
        file.write(content)
    without = sum(1 for entry in made.entries if entry.national is None)
    if as_json:
        record = {"member": made.member, "year": made.fiscal_year.label, "rows": len(made.entries)}
        print_json({"file": str(out), **record, "without_amount": without})
        return
    line(f"{out}: {len(made.entries):,} contributions in {made.fiscal_year.label}")
    if without:
        remark(f"Without an amount in {made.currency}: {without:,}; the file says why of each.")


def rates(
    file: Annotated[
        Path, typer.Argument(help="CSV: currency,date,usd_per_unit,source.", show_default=False)
    ],
    data: DataOption = None,
    database: DatabaseOption = None,
    *,
    accept: AcceptOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a file of exchange rates would add to the register; with --accept do it."""
    readable(file)
    with register_at(data, database):
        from bandung.register.actions import rates as actions  # noqa: PLC0415 - Django, when asked
        from bandung.register.actor import Actor  # noqa: PLC0415

        made = actions.import_exchange_rates(Actor.operator(), file, accept=accept)
    _show_plan(file, made, accept=accept, as_json=as_json)


def unit_rates(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: modality,unit,amount,currency,valid_from,source.", show_default=False
        ),
    ],
    member: MemberOption,
    data: DataOption = None,
    database: DatabaseOption = None,
    *,
    accept: AcceptOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a member's own table of what a unit costs it would add; with --accept do it."""
    readable(file)
    with register_at(data, database):
        from bandung.register.actions import rates as actions  # noqa: PLC0415 - Django, when asked

        made = actions.import_unit_rates(acting_for(member), file, accept=accept)
    _show_plan(file, made, accept=accept, as_json=as_json)


def _rates(file: Path | None) -> Rates:
    """Return the register's exchange rates, and those of a file, which come before them."""
    from bandung.register.returns import rates as rating  # noqa: PLC0415 - as above
    from bandung.register.returns import source  # noqa: PLC0415

    standing = source.rates()
    if file is None:
        return standing
    reading = rating.read_exchange_rates(readable(file))
    _refuse_lines(file, reading.problems)
    by_day = chain.from_iterable(standing.by_day.values())
    return rating.Rates.of([*by_day, *standing.by_year.values(), *reading.rates])


def _refuse_lines(file: Path, problems: Sequence[LineProblem]) -> None:
    if problems:
        said = "; ".join(f"line {each.line}: {each.message}" for each in problems[:FEW])
        more = f"; and {len(problems) - FEW:,} more" if len(problems) > FEW else ""
        raise InputError(f"{file}: {said}{more}")


def _kind(out: Path) -> Form:
    for kind in FORMS:
        if out.suffix.lower() == f".{kind}":
            return kind
    names = " or ".join(f".{kind}" for kind in FORMS)
    raise InputError(f"{out}: write to a file whose name ends in {names}")


def _show_return(out: Path, made: Return, *, as_json: bool) -> None:
    counts = {
        "counted": len(made.counted),
        "excluded": len(made.excluded),
        "objected": len(made.objected),
        "left_out": len(made.left_out),
        "without_rate": len(made.without_rate),
    }
    if as_json:
        about = {"member": made.member, "year": made.year, "checksum": made.checksum}
        print_json({"file": str(out), **about, **counts, "totals": _totals(made)})
        return
    line(f"{out}: return of {made.member} for {made.year}")
    rows = [[name.replace("_", " "), f"{count:,}"] for name, count in counts.items()]
    show("Contributions", ["", "number"], rows)
    totals = [
        [row["group"], row["measure"], row["unit"], f"{row['total']}"] for row in _totals(made)
    ]
    show("Sums", ["Group", "Measure", "Unit", "Total"], totals, left=3)
    if made.without_rate:
        remark("Contributions without a rate stand in no sum of US dollars: bring --rates.")


def _totals(made: Return) -> list[dict[str, Any]]:
    return [
        {
            "group": cell.group,
            "measure": cell.measure,
            "unit": cell.unit,
            "total": f"{cell.total:f}",
        }
        for cell in made.group_totals
    ]


def _show_plan(file: Path, made: RatesPlan[Any], *, accept: bool, as_json: bool) -> None:
    if as_json:
        refusals = [
            {"line": each.line, "column": each.column, "reason": each.message, "value": each.value}
            for each in made.refused
        ]
        about = {"file": str(file), "accepted": accept}
        print_json({**about, **made.counts(), "refusals": refusals})
        return
    show(str(file), ["", "lines"], [[name, f"{n:,}"] for name, n in made.counts().items()])
    for each in made.refused:
        line(f"refused line {each.line}, {each.column}: {each.message}")
    line("Taken in." if accept else "Nothing was changed; --accept takes this in.")
