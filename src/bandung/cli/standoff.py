"""`bandung standoff`: the tariffs among members if talks fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

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
    names,
    notes,
    percent,
    question,
    remark,
    remarks,
    show,
    signed,
)
from bandung.codes import countries, groups

if TYPE_CHECKING:
    from bandung.agree.standoff import Standoff

SAME = 1e-6
"""Ends of two starts that differ by less, as fractions, are the same."""


def standoff(
    group: GroupArgument = None,
    members: MembersOption = None,
    ceiling: Annotated[
        float, typer.Option(min=0, help="No tariff rises above this many per cent.")
    ] = 200.0,
    starts: Annotated[
        int, typer.Option(min=1, help="How many searches, each from tariffs of its own.")
    ] = 3,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the tariffs from which a fourth search and more begin.")
    ] = 0,
    world: WorldOption = EMBEDDED,
    on: OnOption = None,
    elasticities: ElasticitiesOption = None,
    deficits: DeficitsOption = FIXED,
    *,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Find the tariffs among members if talks fail: each its best against the others'."""
    from bandung.agree.standoff import standoff as find  # noqa: PLC0415 - loads when asked for

    asked = question(group, members, world, on, groups.THE_SOUTH, elasticities)
    with notes.status("Searching …") as status:
        found = find(
            asked.world,
            asked.selection.members,
            ceiling=ceiling / 100,
            starts=starts,
            seed=seed,
            deficits=deficits,
            progress=lambda rounds, gains: status.update(
                f"Round {rounds}: real incomes between {signed(float(gains.min()), 4)} and "
                f"{signed(float(gains.max()), 4)} %"
            ),
        )
    if answer(as_json=as_json, as_csv=as_csv, record=found.to_dict(), table=found.to_table()):
        return
    _show(found)
    remarks(asked)


def _show(found: Standoff) -> None:
    record = found.to_dict()
    show(
        "If talks fail: each member's best tariffs against the others'",
        [
            "",
            "real income, %",
            "tariff revenue, %",
            "tariff on members today, %",
            "in the standoff, %",
        ],
        [
            [
                countries.name(code),
                signed(own["welfare_change_pct"] / 100, 4),
                _or_none(own["tariff_revenue_change_pct"], "+.2f"),
                _or_none(own["mean_tariff_before_pct"], ".1f"),
                _or_none(own["mean_tariff_pct"], ".1f"),
            ]
            for code, own in record["members"].items()
        ],
    )
    gaining = [code for code in found.members if record["members"][code]["welfare_change_pct"] > 0]
    verb = "lose" if found.joint_gain_musd < 0 else "gain"
    remark(
        f"{len(found.members) - len(gaining)} of {len(found.members)} members are worse off than "
        f"today; together they {verb} {abs(found.joint_gain_musd):,.0f} million USD a year."
    )
    if gaining:
        remark(
            f"Better off than today: {', '.join(names(gaining))}. If failed talks end so, an "
            "agreement that gives them less than this is worse for them than none."
        )
    if record["outsiders"]:
        worst = min(record["outsiders"].items(), key=lambda item: item[1]["welfare_change_pct"])
        remark(
            f"Outside, {names([worst[0]])[0]} is affected worst: "
            f"{signed(worst[1]['welfare_change_pct'] / 100, 4)} %."
        )
    remark(
        f"By moving alone, no member was found to gain more than "
        f"{percent(float(found.regret.max()), 8)} of its real income. {_ends(found)}"
    )
    remark(
        "Tariffs on goods only; means are weighted with today's trade. Elasticities "
        f"{record['elasticities']}, deficits {record['deficits']}."
    )


def _ends(found: Standoff) -> str:
    """Say whether all starts ended at the same tariffs."""
    count = len(found.starts)
    if count == 1:
        return f"One start, {found.rounds} rounds."
    if found.apart <= SAME:
        return f"{count} starts end at the same tariffs, after {found.rounds} rounds."
    return (
        f"{count} starts end at tariffs that differ by up to {percent(found.apart, 4)}: there is "
        "more than one standoff, and this is the one reached from today's tariffs."
    )


def _or_none(figure: float | None, form: str) -> str:
    """Write a figure, or a dash where there is none."""
    return "–" if figure is None else f"{figure:{form}}".replace("-", "−")
