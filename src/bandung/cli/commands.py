"""The commands: one short function each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from bandung import __version__
from bandung.cli import register, world_commands
from bandung.cli.agree import agree
from bandung.cli.coalitions import coalitions
from bandung.cli.compare import compare
from bandung.cli.cooperation_source import cooperation
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
    console,
    day,
    names,
    notes,
    percent,
    question,
    remark,
    remarks,
    show,
)
from bandung.cli.schedules import schedules
from bandung.cli.simulate import simulate
from bandung.cli.standoff import standoff
from bandung.cli.verify import verify
from bandung.codes import countries, groups, sectors
from bandung.codes.tables import LANGUAGES
from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bandung.economy.baseline import Floats
    from bandung.find.dependence import Link

TOP = 10

app = typer.Typer(
    name="bandung",
    help="Find what countries can do for one another, agree on it, keep the shared record.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.add_typer(world_commands.app, name="world")
app.add_typer(register.app, name="register")
app.command()(simulate)
app.command()(agree)
app.command()(coalitions)
app.command()(compare)
app.command()(verify)
app.command()(standoff)
app.command()(schedules)


@app.callback(invoke_without_command=True)
def version(
    *, show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    """Find what countries can do for one another, agree on it, keep the shared record."""
    if show_version:
        typer.echo(__version__)
        raise typer.Exit


@app.command("groups")
def list_groups(
    on: OnOption = None, *, as_json: JsonOption = False, as_csv: CsvOption = False
) -> None:
    """List the groups and how many members each has."""
    when = day(on)
    rows = [
        {
            "code": each.code,
            "name": each.names["en"],
            "kind": each.kind,
            "founded": each.founded.isoformat(),
            "members": sum(spell.holds(when) for spell in groups.memberships(each.code)),
        }
        for each in groups.groups().values()
    ]
    if answer(as_json=as_json, as_csv=as_csv, record={"groups": rows}, table=pl.DataFrame(rows)):
        return
    show(
        f"Groups on {when.isoformat()}",
        ["Code", "Name", "Members"],
        [[str(row["code"]), str(row["name"]), str(row["members"])] for row in rows],
        left=2,
    )


@app.command("members")
def list_members(
    group: Annotated[str, typer.Argument(help="Code of a group.")],
    on: OnOption = None,
    lang: Annotated[str, typer.Option(help="Language of the names.")] = "en",
    *,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """List who is in a group on a day, since when, and on whose word."""
    language(lang)
    when = day(on)
    present = groups.members(group, when)
    rows = [
        {
            "code": spell.member,
            "name": countries.name(spell.member, lang),
            "joined": spell.joined,
            "source": spell.source,
            "note": spell.note,
            "notice": "; ".join(each.resolution for each in groups.measures(spell.member, when)),
        }
        for spell in groups.memberships(group)
        if spell.member in present and spell.holds(when)
    ]
    record = {"group": groups.group(group).code, "on": when.isoformat(), "members": rows}
    if answer(as_json=as_json, as_csv=as_csv, record=record, table=pl.DataFrame(rows)):
        return
    show(
        f"{groups.group(group).names[lang]} on {when.isoformat()}: {len(rows)} members",
        ["Code", "Name", "Since", "Source", "Security Council"],
        [[row[key] for key in ("code", "name", "joined", "source", "notice")] for row in rows],
        left=5,
    )


@app.command()
def reliance(
    group: GroupArgument = None,
    members: MembersOption = None,
    world: WorldOption = EMBEDDED,
    on: OnOption = None,
    south: SouthOption = groups.THE_SOUTH,
    *,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Show whose work a group's final demand is made of."""
    from bandung.find.reliance import reliance_of  # noqa: PLC0415 - numbers load when asked for

    asked = question(group, members, world, on, south)
    found = reliance_of(asked.world, asked.selection)
    if answer(as_json=as_json, as_csv=as_csv, record=found.to_dict(), table=found.to_table()):
        return
    rows = [["the group", *map(percent, found.group)]]
    rows += [
        [countries.name(code), *map(percent, row)]
        for code, row in zip(found.codes, found.members, strict=True)
    ]
    show(
        "Whose value added final demand is made of",
        ["", "own", "fellow members", "rest of the South", "rest of the world"],
        rows,
    )
    if found.unmeasured:
        remark(f"No domestic sales in the source: {', '.join(names(found.unmeasured))}.")
    if (found.coverage < 1).any():
        remark(
            "Only products whose domestic sales the source states are counted: between "
            f"{percent(float(found.coverage.min()))} and {percent(float(found.coverage.max()))} of "
            "each member's imports are of these."
        )
    remarks(asked)


@app.command()
def dependence(
    group: GroupArgument = None,
    members: MembersOption = None,
    world: WorldOption = EMBEDDED,
    on: OnOption = None,
    south: SouthOption = groups.THE_SOUTH,
    top: Annotated[int, typer.Option(min=1, help="How many suppliers to name.")] = TOP,
    elasticities: ElasticitiesOption = None,
    deficits: DeficitsOption = FIXED,
    *,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Show the suppliers whose loss would hurt most, and whether the bond is equal."""
    from bandung.find.dependence import GROUP, dependence_of  # noqa: PLC0415 - as above

    asked = question(group, members, world, on, south, elasticities)
    with notes.status("Computing what each loss costs …"):
        found = dependence_of(asked.world, asked.selection, top=top, deficits=deficits)
    if answer(as_json=as_json, as_csv=as_csv, record=found.to_dict(), table=found.to_table()):
        return
    whole, single = found.suppliers_of(GROUP), found.of(GROUP)
    computed = found.equilibrium
    _show_losses("Suppliers whose loss would hurt the group most", whole, computed=computed)
    _show_losses("The same by product", single, computed=computed)
    show(
        "Each member and the partner it depends on most",
        ["Member", "Partner", "spent here, earned there", "spent there, earned here"],
        [
            [
                countries.name(bond.member),
                countries.name(bond.partner),
                percent(bond.member_on_partner, 2),
                percent(bond.partner_on_member, 4),
            ]
            for code in found.codes
            for bond in [each for each in found.bonds if each.member == code][:1]
        ],
        left=2,
    )
    if computed:
        remark(
            "Once buyers switch: fall of real income in equilibrium, trade elasticities "
            f"{asked.world.elasticities}, deficits {deficits}."
        )
        if any(link.loss_buyers_switch is None for link in (*whole, *single)):
            remark("no one else: a member has no other supplier to switch to; no equilibrium.")
    else:
        remark(
            "Once buyers switch: not computed; the source does not state the domestic sales of "
            "every member and sector."
        )
    remarks(asked)


@app.command()
def complementarity(
    group: GroupArgument = None,
    members: MembersOption = None,
    world: WorldOption = EMBEDDED,
    on: OnOption = None,
    south: SouthOption = groups.THE_SOUTH,
    top: Annotated[int, typer.Option(min=1, help="How many to list on the terminal.")] = TOP,
    growth: Annotated[
        Path | None,
        typer.Option(
            help="CSV of projected growth: member,growth (GDP then over GDP now).",
            show_default=False,
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Show what members could supply to one another."""
    from bandung.find.complementarity import complementarity_of  # noqa: PLC0415 - as above

    asked = question(group, members, world, on, south)
    projected = None if growth is None else read_growth(growth)
    found = complementarity_of(asked.world, asked.selection, growth=projected)
    if answer(as_json=as_json, as_csv=as_csv, record=found.to_dict(), table=found.to_table()):
        return
    show(
        "What members could supply to one another (million USD a year)",
        ["Supplier", "Buyer", "Product", "more than now", "now", "advantage", "tariff"],
        [
            [
                countries.name(each.supplier),
                countries.name(each.buyer),
                sectors.name(each.sector),
                f"{each.unrealised_musd:,.0f}",
                f"{each.current_musd:,.0f}",
                f"{each.advantage:.1f}",
                percent(each.tariff),
            ]
            for each in found.opportunities[:top]
        ],
        left=3,
    )
    if not found.opportunities:
        remark("No good is sold outside the group by one member and bought there by another.")
    remarks(asked)


@app.command()
def brief(
    group: GroupArgument = None,
    members: MembersOption = None,
    world: WorldOption = EMBEDDED,
    on: OnOption = None,
    south: SouthOption = groups.THE_SOUTH,
    lang: Annotated[str, typer.Option(help="Language of the page: en, fr, es, pt or ar.")] = "en",
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("brief"),
    elasticities: ElasticitiesOption = None,
    deficits: DeficitsOption = FIXED,
    *,
    agreement: Annotated[
        bool | None,
        typer.Option(
            help="Search for an agreement that leaves no member worse off; default: for up to 12 "
            "members.",
            show_default=False,
        ),
    ] = None,
    register_address: Annotated[
        str | None,
        typer.Option(
            "--register",
            help="Say what the members did together, from a register: its address (https://…), "
            "its data folder, or postgresql://….",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write one page about a group: brief.html, brief.json and the tables."""
    from bandung.brief import write_brief  # noqa: PLC0415 - charts are slow to import
    from bandung.brief.cooperation import Cooperation  # noqa: PLC0415
    from bandung.brief.negotiated import QUICK  # noqa: PLC0415

    language(lang)
    asked = question(group, members, world, on, south, elasticities)
    done_together = None
    if register_address is not None:
        with notes.status("Asking the register …"):
            everybody = (*asked.selection.members, *asked.selection.missing)
            record, address = cooperation(register_address, everybody)
            done_together = Cooperation.read(record, address=address)
    with notes.status("Computing and drawing the brief …") as status:

        def progress(stage: str, step: int, gains: Floats) -> None:
            least = percent(float(gains.min()), 4)
            status.update(f"Agreement, {stage}, step {step:,}: the smallest gain is {least}")

        made = write_brief(
            asked.world,
            asked.selection,
            lang=lang,
            out=out,
            deficits=deficits,
            agreement=agreement,
            progress=progress,
            cooperation=done_together,
        )
    for path in made:
        console.print(str(path), highlight=False)
    remark(f"Open {made[0]} in a browser.")
    if agreement is None and len(asked.selection.members) > QUICK:
        remark(
            f"No agreement was searched for, as the group has more than {QUICK} members; "
            "--agreement does so, in minutes."
        )


def _show_losses(title: str, links: Sequence[Link], *, computed: bool) -> None:
    show(
        title,
        [
            "Supplier",
            "Product",
            "lost if nobody switches",
            "lost once buyers switch",
            "share of purchases",
        ],
        [
            [
                countries.name(link.supplier),
                sectors.name(link.sector) or "everything",
                percent(link.loss_nobody_switches, 2),
                _once_buyers_switch(link, computed=computed),
                percent(link.purchases_share),
            ]
            for link in links
        ],
        left=2,
    )


def _once_buyers_switch(link: Link, *, computed: bool) -> str:
    if not computed:
        return "not computed"
    loss = link.loss_buyers_switch
    return "no one else" if loss is None else percent(loss, 2)


def read_growth(path: Path) -> dict[str, float]:
    """Read projected growth by member from a CSV with the columns member and growth."""
    try:
        table = pl.read_csv(path, schema_overrides={"member": pl.String, "growth": pl.Float64})
        return dict(table.select("member", "growth").drop_nulls().iter_rows())
    except FileNotFoundError:
        raise InputError(f"--growth {path}: there is no such file") from None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"--growth {path} cannot be read: {error}. It is a CSV with the columns member and "
            "growth, as in NGA,1.16"
        ) from error


def language(lang: str) -> None:
    """Refuse a language the page is not written in."""
    if lang not in LANGUAGES:
        raise InputError(f"no language {lang!r}; there are {', '.join(LANGUAGES)}")
