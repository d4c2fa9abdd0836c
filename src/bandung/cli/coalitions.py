"""`bandung coalitions`: what coalitions could gain, and what each member adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bandung.cli import agreement_options as given
from bandung.cli.agreement_options import (
    ByOption,
    ExcludeOption,
    ExemptOption,
    FloorOption,
    FormulaOption,
    LeastCutOption,
    MostCutOption,
    MostSectorsOption,
    SchedulerOption,
    SeedOption,
    WorkersOption,
)
from bandung.cli.options import (
    EMBEDDED,
    FIXED,
    CsvOption,
    DeficitsOption,
    ElasticitiesOption,
    GroupArgument,
    JsonOption,
    MembersOption,
    OnOption,
    WorldOption,
    answer,
    notes,
    question,
    remark,
    remarks,
    show,
    signed,
)
from bandung.cli.searching import INTERRUPTED
from bandung.codes import countries, groups

if TYPE_CHECKING:
    from bandung.agree.coalitions import CoalitionValues, Shapley
    from bandung.agree.talks import Talks


def coalitions(
    group: GroupArgument = None,
    members: MembersOption = None,
    floor: FloorOption = 0.0,
    least_cut: LeastCutOption = 0.0,
    most_cut: MostCutOption = 100.0,
    exclude: ExcludeOption = "",
    exempt: ExemptOption = "",
    by: ByOption = "line",
    formula: FormulaOption = "linear",
    most_sectors: MostSectorsOption = None,
    orders: Annotated[
        int | None,
        typer.Option(
            help="In how many orders of joining to sample coalitions, an even number; default: "
            "every coalition up to 12 members, 200 orders beyond.",
            show_default=False,
        ),
    ] = None,
    seed: SeedOption = 0,
    world: WorldOption = EMBEDDED,
    on: OnOption = None,
    elasticities: ElasticitiesOption = None,
    deficits: DeficitsOption = FIXED,
    scheduler: SchedulerOption = None,
    workers: WorkersOption = None,
    *,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget the values that are kept, and begin anew.")
    ] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Show what coalitions of members could gain by lowering tariffs, and what each one adds."""
    from bandung.agree.coalitions import shapley  # noqa: PLC0415 - numbers load when asked for
    from bandung.agree.limits import Limits  # noqa: PLC0415
    from bandung.agree.talks import open_talks  # noqa: PLC0415

    asked = question(group, members, world, on, groups.THE_SOUTH, elasticities)
    chosen = asked.selection
    limits = given.limits(
        chosen.members,
        floor,
        least_cut,
        most_cut,
        exclude,
        exempt,
        by,
        formula,
        most_sectors,
        0.0,
        chosen.on,
    )
    talks = open_talks(asked.world, chosen.members, limits=Limits.of(**limits), deficits=deficits)
    values = _values(talks, orders, seed, scheduler, workers, fresh=fresh)
    shares = shapley(values)
    record = _record(talks, values, shares, seed)
    if answer(as_json=as_json, as_csv=as_csv, record=record, table=values.to_table()):
        return
    _show(record)
    remarks(asked)


def _values(
    talks: Talks,
    orders: int | None,
    seed: int,
    scheduler: str | None,
    workers: int | None,
    *,
    fresh: bool,
) -> CoalitionValues:
    """Value coalitions with progress; cut off, say how to go on."""
    from bandung.agree.coalitions import coalition_values, question  # noqa: PLC0415
    from bandung.agree.journal import Journal  # noqa: PLC0415

    journal = Journal.for_question(question(talks))
    if fresh:
        journal.clear()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=notes,
        transient=True,
    )
    try:
        with bar:
            task = bar.add_task("Coalitions", total=None)
            values = coalition_values(
                talks,
                orders=orders,
                seed=seed,
                scheduler=scheduler,
                workers=workers,
                journal=journal,
                done=lambda count, total: bar.update(task, completed=count, total=total),
            )
    except KeyboardInterrupt:
        kept = "kept" if journal.trouble is None else f"lost ({journal.trouble})"
        remark(f"Interrupted. Values found so far are {kept}; the same command goes on there.")
        raise typer.Exit(INTERRUPTED) from None
    if journal.trouble is not None:
        remark(f"The values could not be kept: {journal.trouble}.")
    return values


def _record(talks: Talks, values: CoalitionValues, shares: Shapley, seed: int) -> dict[str, Any]:
    """Return the answer, for JSON."""
    income = talks.before.income[talks.at]
    error = shares.standard_error_musd
    return {
        "members": {
            code: {
                "shapley_musd": float(shares.musd[at]),
                "shapley_pct": 100 * float(shares.musd[at] / income[at]),
                "standard_error_musd": None if error is None else float(error[at]),
            }
            for at, code in enumerate(values.members)
        },
        "whole_musd": values.whole_musd,
        "coalitions": len(values.coalitions) - 1,
        "exhaustive": values.exhaustive,
        "orders": shares.orders,
        "seed": seed,
        "short_of_parts": values.short_of_parts,
        "limits": talks.limits.to_dict(),
        "deficits": talks.deficits,
        "elasticities": talks.world.elasticities,
        "world": {"name": talks.world.name, "checksum": talks.world.checksum},
    }


def _show(record: dict[str, Any]) -> None:
    sampled = bool(record["orders"])
    show(
        "What each member adds to coalitions of the others (Shapley value)",
        ["", "million USD a year", *(["± standard error"] if sampled else []), "% of income"],
        [
            [
                countries.name(code),
                f"{own['shapley_musd']:,.3f}",
                *([f"{own['standard_error_musd']:,.3f}"] if sampled else []),
                signed(own["shapley_pct"] / 100, 4),
            ]
            for code, own in record["members"].items()
        ],
    )
    of_all = "" if record["exhaustive"] else f", along {record['orders']} orders of joining"
    remark(
        f"All together could gain {record['whole_musd']:,.3f} million USD a year; "
        f"{record['coalitions']:,} coalitions were valued{of_all}."
    )
    if record["short_of_parts"]:
        remark(
            f"In {record['short_of_parts']:,} cases two coalitions have more apart than together: "
            "what one lowers costs the other some trade."
        )
    remark(f"Elasticities {record['elasticities']}, deficits {record['deficits']}.")
