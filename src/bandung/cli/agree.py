"""`bandung agree`: what members may do for each other so that nobody loses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from bandung.cli.searching import searching
from bandung.codes import countries, groups
from bandung.errors import InputError

if TYPE_CHECKING:
    from bandung.agree.agreement import Agreement
    from bandung.agree.journal import Journal
    from bandung.agree.stability import Stability
    from bandung.cli.options import Question


def agree(
    group: GroupArgument = None,
    members: MembersOption = None,
    principle: Annotated[
        str,
        typer.Option(
            help="How the gain is shared: egalitarian, nash, kalai-smorodinsky, utilitarian or "
            "fund."
        ),
    ] = "egalitarian",
    levers: Annotated[
        str, typer.Option(help="What may move, by commas: tariffs, corridors, transfers.")
    ] = "tariffs",
    corridor: Annotated[
        list[str] | None,
        typer.Option(
            help="What could be built, FIRST-SECOND:PERCENT:COST[:WHO]: by how much trade costs "
            "between two members can fall, million USD a year, who pays (equal, income, trade). "
            "May be given several times.",
            show_default=False,
        ),
    ] = None,
    floor: FloorOption = 0.0,
    least_cut: LeastCutOption = 0.0,
    most_cut: MostCutOption = 100.0,
    exclude: ExcludeOption = "",
    exempt: ExemptOption = "",
    by: ByOption = "line",
    formula: FormulaOption = "linear",
    most_sectors: MostSectorsOption = None,
    most_paid: MostPaidOption = 1.0,
    phase_in: Annotated[
        str,
        typer.Option(
            help="Years over which tariffs fall: 5, or LDC:10,ZAF:3,5.", show_default=False
        ),
    ] = "",
    threat: Annotated[
        str, typer.Option(help="What each has if talks fail: status-quo or standoff.")
    ] = "status-quo",
    robust: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="In what share of draws of the elasticities nobody may lose.",
            show_default=False,
        ),
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="How many draws that is.")] = 100,
    starts: Annotated[int, typer.Option(min=1, help="From how many points to search.")] = 1,
    seed: SeedOption = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the certificate to this file (JSON).", show_default=False),
    ] = None,
    world: WorldOption = EMBEDDED,
    on: OnOption = None,
    elasticities: ElasticitiesOption = None,
    deficits: DeficitsOption = FIXED,
    scheduler: SchedulerOption = None,
    workers: WorkersOption = None,
    *,
    bound: Annotated[
        bool, typer.Option("--bound", help="Say how much more everyone could gain at most.")
    ] = False,
    stability: Annotated[
        bool, typer.Option("--stability", help="Ask every coalition whether it would object.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, not where a search was cut off.")
    ] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Search for what members may do for each other so that nobody loses and the gain is shared."""
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
        most_paid,
        chosen.on,
    )
    words: dict[str, Any] = {
        "principle": principle,
        "levers": given.listed(levers),
        "corridors": given.corridors(corridor),
        "threat": threat,
        "robust": robust,
        "draws": draws,
        "starts": starts,
        "phase_in": given.phase_in(phase_in, chosen.members, chosen.on),
        "seed": seed,
        "deficits": deficits,
        **limits,
    }
    if bound and (threat != "status-quo" or robust is not None or "transfers" in words["levers"]):
        raise InputError(
            "--bound is for agreements on tariffs and corridors, from the status quo, that are not "
            "made robust"
        )
    found = _search(asked, words, scheduler, workers, fresh=fresh)
    record = found.to_dict()
    nearest = None
    if found.obstacle is not None and "transfers" not in found.talks.kinds and threat != "standoff":
        paying = {**words, "levers": [*found.talks.kinds, "transfers"], "robust": None}
        nearest = _search(asked, paying, scheduler, workers, fresh=fresh)
        record["with_transfers"] = nearest.to_dict()
    if bound and found.obstacle is None:
        record["bound"] = _bound(found)
    objections = None
    if stability:
        objections = _stability(found, scheduler, workers)
        record["stability"] = objections.to_dict()
    if out is not None:
        _certify(found, out, asked, draws)
    if not answer(as_json=as_json, as_csv=as_csv, record=record, table=found.to_table()):
        _show(found, record)
        _say(record, found, nearest, objections)
        remarks(asked)


def _search(
    asked: Question,
    words: dict[str, Any],
    scheduler: str | None,
    workers: int | None,
    *,
    fresh: bool,
) -> Agreement:
    """Search with progress; cut off, keep what there is and say how to go on."""
    from bandung.agree.bargain import bargain  # noqa: PLC0415 - numbers load when asked for

    journal = _journal(asked, words)
    if fresh:
        journal.clear()
    with searching("Searching …") as told:
        found = bargain(
            asked.world,
            asked.selection.members,
            journal=journal,
            scheduler=scheduler,
            workers=workers,
            progress=told,
            **words,
        )
    journal.clear()
    return found


def _journal(asked: Question, words: dict[str, Any]) -> Journal:
    from dataclasses import asdict  # noqa: PLC0415

    from bandung.agree.journal import Journal  # noqa: PLC0415

    plain = {**words, "corridors": [asdict(each) for each in words["corridors"]]}
    return Journal.for_question(
        {
            "what": "agreement",
            "world": asked.world.checksum,
            "trade_elasticity": asked.world.trade_elasticity.tolist(),
            "members": asked.selection.members,
            **plain,
        }
    )


def _bound(found: Agreement) -> dict[str, Any]:
    from bandung.agree.bound import upper_bound  # noqa: PLC0415

    with notes.status("Bounding …"):
        bound = upper_bound(found)
    return {
        "smallest_gain_at_most_pct": 100 * bound.at_most,
        "reached": bound.reached,
        "tops_pct": [100 * float(top) for top in bound.tops],
        "gap_pct": 100 * bound.gap,
    }


def _stability(found: Agreement, scheduler: str | None, workers: int | None) -> Stability:
    from bandung.agree.coalitions import coalition_values, question  # noqa: PLC0415
    from bandung.agree.journal import Journal  # noqa: PLC0415
    from bandung.agree.stability import stability  # noqa: PLC0415

    none = found.threat_gains * 0
    with searching("Coalitions …") as told:
        values = coalition_values(
            found.talks,
            seed=found.seed,
            scheduler=scheduler,
            workers=workers,
            journal=Journal.for_question(question(found.talks)),
            done=lambda done, total: told(f"coalitions valued, of {total:,}", done, none),
        )
        return stability(
            found,
            values,
            scheduler=scheduler,
            workers=workers,
            done=lambda done, total: told(f"coalitions tried, of {total:,}", done, none),
        )


def _certify(found: Agreement, out: Path, asked: Question, draws: int) -> None:
    from bandung.agree.certifying import certify  # noqa: PLC0415
    from bandung.agree.robustness import SAMPLES  # noqa: PLC0415
    from bandung.agree.scenario import Uncertainty  # noqa: PLC0415

    several = len(asked.world.elasticity_sets) > 1
    tried = Uncertainty(draws=draws, seed=found.seed + SAMPLES) if several else None
    with notes.status("Certifying …") as status:
        certificate = certify(
            found,
            on=asked.selection.on,
            robustness=tried,
            done=lambda done: status.update(f"Draw {done:,} of {draws:,} …"),
        )
    certificate.write(out)
    remark(f"The certificate is {out}; check it with: bandung verify {out}")


def _show(found: Agreement, record: dict[str, Any]) -> None:
    table = found.to_table()
    paid = record.get("transfers_musd")
    show(
        f"An agreement by the principle {found.principle}",
        [
            "",
            "real income, %",
            "tariff revenue, %",
            "tariffs lowered",
            *(["receives, million USD"] if paid else []),
        ],
        [
            [
                countries.name(code),
                signed(own["welfare_change_pct"] / 100, 4),
                signed(own["tariff_revenue_change_pct"] / 100, 2),
                f"{(table['destination'] == code).sum():,}",
                *([signed(paid[code] / 100, 1)] if paid else []),
            ]
            for code, own in record["members"].items()
        ],
    )


def _say(
    record: dict[str, Any],
    found: Agreement,
    nearest: Agreement | None,
    objections: Stability | None,
) -> None:
    for sentence in (
        *_obstacle(found, nearest),
        *_result(record, found),
        *([] if objections is None else [_objecting(objections)]),
    ):
        remark(sentence)


def _obstacle(found: Agreement, nearest: Agreement | None) -> list[str]:
    """Say why not everybody gains, and what transfers would do."""
    if found.obstacle is None:
        return []
    said = [
        "The search found no step from today's tariffs after which everybody gains; nothing is "
        "lowered."
        if found.talks.is_today(found.position)
        else "Under these limits not everybody can gain."
    ]
    if found.obstacle.proven:
        weights = ", ".join(
            f"{name} {percent(weight, 1)}"
            for name, weight in zip(names(found.members), found.obstacle.weight, strict=True)
            if weight > 0
        )
        said.append(
            "To first order there is none: no small move raises the sum of gains under these "
            f"weights: {weights}."
        )
    if nearest is not None:
        most = max(
            zip(nearest.members, nearest.transfers, strict=True), key=lambda pair: abs(pair[1])
        )
        said.append(
            f"With transfers everyone could gain {percent(nearest.smallest_gain, 4)}: "
            f"{sum(abs(nearest.transfers)) / 2:,.1f} million USD a year change hands, the largest "
            f"part to or from {names([most[0]])[0]} (--levers tariffs,transfers)."
            if nearest.obstacle is None
            else "Not with transfers either: together, too, members would gain nothing."
        )
    return said


def _result(record: dict[str, Any], found: Agreement) -> list[str]:
    height = found.to_table().height
    outside = min(
        ((own["welfare_change_pct"], code) for code, own in record["outsiders"].items()),
        default=None,
    )
    first = (
        f"Smallest gain {percent(found.smallest_gain, 4)}, all together "
        f"{found.joint_gain_musd:,.1f} million USD a year; {height:,} of "
        f"{len(found.talks.cells):,} tariffs fall"
    )
    if outside is not None:
        worst, code = outside
        first += f"; outside, {names([code])[0]} is affected worst: {signed(worst / 100, 4)} %"
    first += "."
    said = [first]
    if found.years:
        least = found.path().min(axis=1)
        year = int(least.argmin())
        said.append(
            f"Phased in over {found.years} years; the smallest gain of any year is "
            f"{percent(float(least[year]), 4)}, in year {year + 1}."
        )
    if "bound" in record:
        bound = record["bound"]
        said.append(
            f"No schedule can give everyone more than "
            f"{bound['smallest_gain_at_most_pct']:.4f} %, unless the weighted sum of gains has a "
            f"higher top than the {len(bound['tops_pct'])} climbs found: "
            f"{percent(bound['reached'], 1)} of that is reached."
        )
    if len(found.starts) > 1:
        said.append(
            f"{len(found.starts)} starts reached smallest gains from "
            f"{percent(float(found.starts.min()), 4)} to {percent(float(found.starts.max()), 4)}."
        )
    said.append(
        f"{found.steps} steps; the slopes still promise {percent(found.foretold, 6)}. Elasticities "
        f"{record['elasticities']}, deficits {record['deficits']}."
    )
    return said


def _objecting(found: Stability) -> str:
    asked = "every coalition" if found.exhaustive else f"{found.coalitions:,} sampled coalitions"
    if found.stable:
        return f"Asked {asked}: none would do better alone."
    if found.side_payments and found.worst is not None:
        return (
            f"Asked {asked}: {len(found.objections):,} could gain more alone, most of all "
            f"{', '.join(names(found.worst.members))}: {found.worst.excess_musd:,.1f} million USD "
            "a year more together."
        )
    first = found.deviations[0]
    return (
        f"Asked {asked}: {', '.join(names(first.members))} could give each of themselves more by "
        "lowering tariffs among themselves alone."
    )
