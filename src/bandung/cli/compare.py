"""`bandung compare`: today, no tariffs at all, and an agreement by each principle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bandung.cli import agreement_options as given
from bandung.cli.agreement_options import (
    ByOption,
    ExcludeOption,
    ExemptOption,
    FloorOption,
    FormulaOption,
    LeastCutOption,
    MostCutOption,
    MostPaidOption,
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
    SouthOption,
    WorldOption,
    answer,
    names,
    question,
    remark,
    remarks,
    show,
    signed,
)
from bandung.cli.searching import searching
from bandung.codes import countries, groups

if TYPE_CHECKING:
    from bandung.agree.comparison import Alternative, Comparison


def compare(
    group: GroupArgument = None,
    members: MembersOption = None,
    principles: Annotated[
        str,
        typer.Option(
            help="Which agreements, by commas; default: one by each principle.", show_default=False
        ),
    ] = "",
    floor: FloorOption = 0.0,
    least_cut: LeastCutOption = 0.0,
    most_cut: MostCutOption = 100.0,
    exclude: ExcludeOption = "",
    exempt: ExemptOption = "",
    by: ByOption = "line",
    formula: FormulaOption = "linear",
    most_sectors: MostSectorsOption = None,
    most_paid: MostPaidOption = 1.0,
    seed: SeedOption = 0,
    world: WorldOption = EMBEDDED,
    on: OnOption = None,
    south: SouthOption = groups.THE_SOUTH,
    elasticities: ElasticitiesOption = None,
    deficits: DeficitsOption = FIXED,
    scheduler: SchedulerOption = None,
    workers: WorkersOption = None,
    *,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Put today, no tariffs at all, and an agreement by each principle side by side."""
    from bandung.agree import comparison  # noqa: PLC0415 - numbers load when asked for
    from bandung.agree.bargain import PRINCIPLES  # noqa: PLC0415
    from bandung.agree.journal import Journal  # noqa: PLC0415

    asked = question(group, members, world, on, south, elasticities)
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
        most_paid,
        chosen.on,
    )
    journal = Journal.for_question(
        {
            "what": "comparison",
            "world": asked.world.checksum,
            "trade_elasticity": asked.world.trade_elasticity.tolist(),
            "members": chosen.members,
            "deficits": deficits,
            "seed": seed,
            **limits,
        }
    )
    with searching("Comparing …") as told:
        found = comparison.compare(
            asked.world,
            chosen.members,
            given.listed(principles) or PRINCIPLES,
            selection=chosen,
            deficits=deficits,
            seed=seed,
            scheduler=scheduler,
            workers=workers,
            journal=journal,
            progress=told,
            **limits,
        )
    journal.clear()
    if answer(as_json=as_json, as_csv=as_csv, record=found.to_dict(), table=found.to_table()):
        return
    _show(found)
    for principle, reason in found.left_out.items():
        remark(f"Without {principle}: {reason}")
    remarks(asked)


def _show(found: Comparison) -> None:
    rows = [
        [countries.name(code), *(signed(float(each.gains[at]), 4) for each in found.alternatives)]
        for at, code in enumerate(found.members)
    ]
    rows += [[name, *map(figure, found.alternatives)] for name, figure in MEASURES]
    show(
        "What members could agree on: change of real income, %, and what else it means",
        ["", *(each.name for each in found.alternatives)],
        rows,
    )


def _hit(each: Alternative) -> str:
    if not each.outsiders:
        return "–"
    code, gain = next(iter(each.outsiders.items()))
    return f"{names([code])[0]} {signed(gain, 4)}"


MEASURES = (
    ("smallest gain, %", lambda each: signed(float(each.gains.min()), 4)),
    ("members that lose", lambda each: str(len(each.losers))),
    ("all together, million USD", lambda each: signed(each.joint_gain_musd / 100, 1)),
    ("Gini of gains", lambda each: "–" if each.gini is None else f"{each.gini:.2f}"),
    ("outsiders, million USD", lambda each: signed(each.outsiders_musd / 100, 1)),
    ("worst off outside, %", _hit),
    ("earned by fellow members, %", lambda each: f"{100 * each.fellow_share:.3f}"),
    ("tariff revenue, million USD", lambda each: signed(each.revenue_change_musd / 100, 1)),
    (
        "emissions, %",
        lambda each: "–" if each.emissions_change is None else signed(each.emissions_change, 4),
    ),
    ("tariffs that fall, %", lambda each: f"{100 * each.lines_cut:.1f}"),
)
"""What the table says of each alternative, below the members."""
