"""`bandung agree`: tariffs among members under which nobody loses."""

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
    from bandung.agree.agreement import Agreement


def agree(
    group: GroupArgument = None,
    members: MembersOption = None,
    principle: Annotated[
        str,
        typer.Option(
            help="What is shared how: egalitarian, nash, kalai-smorodinsky or utilitarian."
        ),
    ] = "egalitarian",
    floor: Annotated[
        float, typer.Option(min=0, help="No tariff falls below this many per cent.")
    ] = 0.0,
    exclude: Annotated[
        str,
        typer.Option(help="Sectors left out, by commas: C29, or of one member, ZAF:C29."),
    ] = "",
    exempt: Annotated[str, typer.Option(help="Members that lower nothing, by commas.")] = "",
    by: Annotated[
        str, typer.Option(help="What moves on its own: line, sector, member or all.")
    ] = "line",
    world: WorldOption = EMBEDDED,
    on: OnOption = None,
    elasticities: ElasticitiesOption = None,
    deficits: DeficitsOption = FIXED,
    *,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Search for tariffs among members under which nobody loses and the gain is shared."""
    from bandung.agree.bargain import bargain  # noqa: PLC0415 - numbers load when asked for

    asked = question(group, members, world, on, groups.THE_SOUTH, elasticities)
    with notes.status("Searching …") as status:
        found = bargain(
            asked.world,
            asked.selection.members,
            principle,
            floor=floor / 100,
            exclude=_listed(exclude),
            exempt=_listed(exempt),
            by=by,
            deficits=deficits,
            progress=lambda _, step, gains: status.update(
                f"Step {step}: the smallest gain is {percent(float(gains.min()), 4)}"
            ),
        )
    if answer(as_json=as_json, as_csv=as_csv, record=found.to_dict(), table=found.to_table()):
        return
    _show(found)
    remarks(asked)


def _show(found: Agreement) -> None:
    record = found.to_dict()
    table = found.to_table()
    show(
        f"An agreement by the principle {found.principle}",
        ["", "real income, %", "tariff revenue, %", "tariffs lowered"],
        [
            [
                countries.name(code),
                signed(own["welfare_change_pct"] / 100, 4),
                signed(own["tariff_revenue_change_pct"] / 100, 2),
                f"{(table['destination'] == code).sum():,}",
            ]
            for code, own in record["members"].items()
        ],
    )
    worst = min(record["outsiders"].items(), key=lambda item: item[1]["welfare_change_pct"])
    if not table.height:
        remark("No step from today's tariffs leaves nobody worse off; nothing is lowered.")
    remark(
        f"Smallest gain {percent(found.smallest_gain, 4)}; {table.height:,} of "
        f"{len(found.talks.cells):,} tariffs fall; outside, {names([worst[0]])[0]} is affected "
        f"worst: {signed(worst[1]['welfare_change_pct'] / 100, 4)} %."
    )
    remark(
        f"{found.steps} steps; the slopes still promise {percent(found.foretold, 6)}. Elasticities "
        f"{record['elasticities']}, deficits {record['deficits']}."
    )


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
