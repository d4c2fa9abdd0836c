"""`bandung simulate`: what a scenario would do."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bandung.cli.options import (
    CsvOption,
    ElasticitiesOption,
    JsonOption,
    SouthOption,
    answer,
    names,
    notes,
    number_or_name,
    percent,
    remark,
    show,
    signed,
)
from bandung.codes import countries, groups, sectors
from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bandung.agree.scenario import Scenario
    from bandung.agree.simulation import Simulation
    from bandung.world.model import World

SHOWN = 10
MOST_DIGITS = 4
NOTHING = 1e-9
PART_NAMES = {
    "terms_of_trade": "terms of trade",
    "volume_of_trade": "volume of trade",
    "trade_cost": "cost of trade",
    "productivity": "productivity",
    "deficit": "transfers and deficits",
}


def simulate(
    file: Annotated[
        Path | None, typer.Argument(help="A scenario, in TOML.", show_default=False)
    ] = None,
    example: Annotated[  # noqa: FBT002 - an option, by its name
        bool, typer.Option("--example", help="Print a scenario to begin from.")
    ] = False,
    world: Annotated[
        str | None,
        typer.Option(help="Another world than the file's, by name or folder.", show_default=False),
    ] = None,
    deficits: Annotated[
        str | None,
        typer.Option(help="Another rule for deficits than the file's.", show_default=False),
    ] = None,
    elasticities: ElasticitiesOption = None,
    draws: Annotated[
        int | None,
        typer.Option(min=1, help="How often to draw the elasticities.", show_default=False),
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option(
            help="Draw elasticities within this many per cent of the world's own, instead of from "
            "its published sets.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed, the same draws.", show_default=False)
    ] = None,
    south: SouthOption = groups.THE_SOUTH,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Solve once more by another method and compare.")
    ] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Show what a change of tariffs, trade costs, productivity or transfers would do to whom."""
    from bandung.agree.scenario import EXAMPLE, read  # noqa: PLC0415 - numbers load when asked for
    from bandung.agree.simulation import simulate as carry_out  # noqa: PLC0415
    from bandung.world.store import resolve  # noqa: PLC0415

    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    if file is None:
        raise InputError("name a scenario file; bandung simulate --example prints one")
    scenario = _with_options(read(file), deficits, elasticities, draws, spread, seed)
    found_world = resolve(world or scenario.world)
    with _progress() as progress:
        count = scenario.uncertainty.draws if scenario.uncertainty else 0
        task = progress.add_task("Drawing elasticities", total=count, visible=count > 0)
        found = carry_out(
            found_world,
            scenario,
            south=south,
            done=lambda number: progress.update(task, completed=number),
        )
    worst = _checked(found) if check else None
    if answer(as_json=as_json, as_csv=as_csv, record=found.to_dict(), table=found.to_table()):
        _say_check(worst)
        return
    _show_parties(found)
    _show_reasons(found)
    _show_outsiders(found)
    _show_reliance(found)
    _show_dependence(found)
    _remarks(found, found_world)
    _say_check(worst)


def _with_options(
    scenario: Scenario,
    deficits: str | None,
    elasticities: str | None,
    draws: int | None,
    spread: float | None,
    seed: int | None,
) -> Scenario:
    """Let options speak over the file."""
    from bandung.agree.scenario import Uncertainty  # noqa: PLC0415 - as above

    uncertainty = scenario.uncertainty
    if draws is not None:
        own = uncertainty or Uncertainty(draws=draws)
        uncertainty = replace(own, draws=draws)
    if (spread is not None or seed is not None) and uncertainty is None:
        raise InputError("--spread and --seed say how elasticities are drawn; give --draws as well")
    if uncertainty is not None and spread is not None:
        uncertainty = replace(uncertainty, spread_pct=spread)
    if uncertainty is not None and seed is not None:
        uncertainty = replace(uncertainty, seed=seed)
    return replace(
        scenario,
        deficits=deficits or scenario.deficits,
        elasticities=(
            scenario.elasticities if elasticities is None else number_or_name(elasticities)
        ),
        uncertainty=uncertainty,
    )


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=notes,
        transient=True,
    )


def _show_parties(found: Simulation) -> None:
    outcome, uncertain = found.outcome, found.spread
    columns = ["", "real income, %", "real wage, %", "tariff revenue, m USD", "after"]
    if uncertain is not None:
        columns[2:2] = ["between", "and", "gains in"]
    digits = _digits(found.change[code] for code in found.parties)
    rows = []
    for code in found.parties:
        at = found.world.index(code)
        row = [
            countries.name(code),
            signed(found.change[code], digits),
            signed(float(outcome.real_wage_change[at]), digits),
            f"{outcome.before.tariff_revenue[at]:,.0f}",
            f"{float(outcome.tariff_revenue[at]):,.0f}",
        ]
        if uncertain is not None:
            row[2:2] = [
                signed(float(uncertain.low[at]), digits),
                signed(float(uncertain.high[at]), digits),
                percent(float(uncertain.gaining[at]), 0),
            ]
        rows.append(row)
    show(found.scenario.title, columns, rows)


def _show_reasons(found: Simulation) -> None:
    parts = {code: found.parts(code) for code in found.parties}
    used = [name for name in PART_NAMES if any(abs(p[name]) > NOTHING for p in parts.values())]
    digits = _digits(part[name] for part in parts.values() for name in used)
    show(
        "Where each change of real income comes from, % of income",
        ["", *(PART_NAMES[name] for name in used), "most of it by trade with", "in"],
        [
            [
                countries.name(code),
                *(signed(parts[code][name], digits) for name in used),
                *_main(found, code),
            ]
            for code in found.parties
        ],
    )


def _main(found: Simulation, code: str) -> tuple[str, str]:
    first = found.largest(code, 1)
    return (countries.name(first[0].partner), sectors.name(first[0].sector)) if first else ("", "")


def _show_outsiders(found: Simulation) -> None:
    if not found.outsiders:
        return
    listed = found.outsiders[:SHOWN]
    digits = _digits(found.change[code] for code in listed)
    show(
        "Those outside, least developed first, the worst off first",
        ["", "real income, %"],
        [
            [
                countries.name(code)
                + (" (least developed)" if code in found.least_developed else ""),
                signed(found.change[code], digits),
            ]
            for code in listed
        ],
    )


def _show_reliance(found: Simulation) -> None:
    before, after = found.reliance_before, found.reliance_after
    show(
        "Whose value added final demand is made of, %, before → after",
        ["", "own", "fellow members", "rest of the South", "rest of the world"],
        [
            [
                "the parties" if code is None else countries.name(code),
                *(f"{100 * a:.2f} → {100 * b:.2f}" for a, b in zip(was, now, strict=True)),
            ]
            for code, was, now in [
                (None, before.group, after.group),
                *zip(before.codes, before.members, after.members, strict=True),
            ]
        ],
    )


def _show_dependence(found: Simulation) -> None:
    before, after = found.dependence_before, found.dependence_after
    show(
        "Dependence on suppliers from outside each country, before → after",
        ["", "concentration", "gravest supplier to lose", "lost if nobody switches, %"],
        [
            [
                countries.name(code),
                f"{was:.3f} → {now:.3f}",
                countries.name(old.supplier)
                + (f" → {countries.name(new.supplier)}" if new.supplier != old.supplier else ""),
                f"{100 * old.loss_nobody_switches:.2f} → {100 * new.loss_nobody_switches:.2f}",
            ]
            for code, was, now in zip(
                before.codes, before.concentration, after.concentration, strict=True
            )
            for old, new in zip(
                before.suppliers_of(code)[:1], after.suppliers_of(code)[:1], strict=False
            )
        ],
    )


def _remarks(found: Simulation, world: World) -> None:
    losers = found.losers
    if losers:
        remark(f"Worse off by it: {', '.join(names(losers))}.")
    for group, missing in found.scenario.missing(world).items():
        remark(f"{group}: not in this world by themselves: {', '.join(names(missing))}.")
    remark(
        f"World {world.name} ({world.year}), {world.origin.publisher}; deficits "
        f"{found.outcome.deficits}; elasticities {found.outcome.elasticities}; "
        f"{found.outcome.iterations} iterations to a residual of {found.outcome.residual:.1e}."
    )


def _checked(found: Simulation) -> float:
    """Solve by market clearing and return the largest difference of any result."""
    from bandung.economy.market_clearing import clear  # noqa: PLC0415 - as above

    outcome = found.outcome
    other = clear(outcome.before, outcome.levers, deficits=outcome.deficits)
    return max(
        float(np.abs(getattr(other, name) / getattr(outcome.after, name) - 1.0).max())
        for name in ("wage", "price", "income")
    )


def _say_check(worst: float | None) -> None:
    if worst is not None:
        remark(f"Newton on market clearing gives the same to {worst:.1e}.")


def _digits(changes: Iterable[float]) -> int:
    """Return as many decimals of per cent as show the smallest change, within reason."""
    sizes = [100 * abs(change) for change in changes if abs(change) > NOTHING]
    return min(max(2, 1 - math.floor(math.log10(min(sizes, default=1.0)))), MOST_DIGITS)
