"""Files in and out of a register: Excel and IATI, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandung.cli.options import JsonOption, console, notes, print_json, remark, show
from bandung.cli.register_options import (
    AcceptOption,
    AgencyOption,
    DatabaseOption,
    DataOption,
    LangOption,
    MemberOption,
    OutOption,
    WhichOption,
    acting_for,
    counted,
    line,
    readable,
    register_at,
    which_of,
    whole_file,
)
from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bandung.register.actor import Actor
    from bandung.register.exchange import FilePlan
    from bandung.register.iati.standard import Standard
    from bandung.register.iati.validating import Finding

MOST_CHANGES = 50
"""Changed statements that are listed on a terminal; --json has all."""
FileArgument = Annotated[Path, typer.Argument(help="File to read.", show_default=False)]


def export_iati(
    member: MemberOption,
    out: OutOption,
    data: DataOption = None,
    database: DatabaseOption = None,
    agency: AgencyOption = None,
    which: WhichOption = "published",
) -> None:
    """Write a member's statements as a file of IATI 2.03 activities."""
    with register_at(data, database, found=True):
        from bandung.register import exchange  # noqa: PLC0415 - Django is loaded when asked for

        actor = acting_for(member, agency)
        with notes.status("Writing …"), whole_file(out) as file:
            written = exchange.export_iati(actor, file, which=which_of(which), agency=actor.agency)
    _written(out, written.count)
    for refusal in written.refused:
        remark(f"Left out, {refusal.identifier}: {refusal.reason}")


def import_iati(
    file: FileArgument,
    member: MemberOption,
    data: DataOption = None,
    database: DatabaseOption = None,
    agency: AgencyOption = None,
    lang: LangOption = "en",
    *,
    accept: AcceptOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a file of IATI activities would add and change; with --accept do it."""

    def plan(actor: Actor) -> FilePlan:
        from bandung.register import exchange  # noqa: PLC0415 - Django is loaded when asked for

        return exchange.plan_iati(actor, file, language=lang)

    readable(file)
    with register_at(data, database):
        _take(acting_for(member, agency), plan, file, accept=accept, as_json=as_json)


def export_excel(
    member: MemberOption,
    out: OutOption,
    data: DataOption = None,
    database: DatabaseOption = None,
    lang: LangOption = "en",
    which: WhichOption = "working",
) -> None:
    """Write a member's statements as a workbook, in the form of the template."""
    with register_at(data, database, found=True):
        from bandung.register import exchange  # noqa: PLC0415 - Django is loaded when asked for

        actor = acting_for(member)
        with notes.status("Writing …"), whole_file(out) as file:
            written = exchange.export_excel(actor, file, lang, which=which_of(which))
    _written(out, written)


def import_excel(
    file: FileArgument,
    member: MemberOption,
    data: DataOption = None,
    database: DatabaseOption = None,
    agency: AgencyOption = None,
    lang: LangOption = "en",
    *,
    accept: AcceptOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a workbook would add and change; with --accept do it."""

    def plan(actor: Actor) -> FilePlan:
        from bandung.register import exchange  # noqa: PLC0415 - Django is loaded when asked for

        return exchange.plan_excel(actor, file, lang=lang)

    readable(file)
    with register_at(data, database):
        _take(acting_for(member, agency), plan, file, accept=accept, as_json=as_json)


def template(
    out: OutOption,
    data: DataOption = None,
    database: DatabaseOption = None,
    lang: LangOption = "en",
) -> None:
    """Write the empty workbook to be filled in, with the code lists as they stand."""
    with register_at(data, database):
        from bandung.register import exchange  # noqa: PLC0415 - Django is loaded when asked for

        with whole_file(out) as file:
            exchange.excel_template(file, lang)
    console.print(str(out), highlight=False, markup=False)


def iati_standard(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Folder with IATI's schemas, rulesets, code lists.", show_default=False
        ),
    ] = None,
    *,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch the files from IATI's public addresses.")
    ] = False,
) -> None:
    """Say where IATI's schemas, ruleset and code lists are; copy or fetch them before."""
    from bandung.register.iati import standard  # noqa: PLC0415 - lxml is loaded when asked for

    if folder is not None and fetch:
        raise InputError("choose one of --from and --fetch")
    if folder is not None:
        found = standard.install(folder)
    elif fetch:
        with notes.status("Fetching from IATI …"):
            found = standard.fetch()
    else:
        found = standard.find()
    console.print(f"{found.folder}: {len(found.files)} files", highlight=False, markup=False)


def validate_iati(
    file: FileArgument,
    standard_folder: Annotated[
        Path | None,
        typer.Option("--standard", help="Folder with the standard's files.", show_default=False),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check a file against IATI's schema, ruleset and code lists; exit code 1 on a breach."""
    from bandung.register.iati import standard, validating  # noqa: PLC0415 - as above

    readable(file)
    against: Standard = standard.find(standard_folder)
    with notes.status(f"Checking {file} …"):
        found = validating.validate(file, against)
    valid, clean = validating.is_valid(found), validating.is_clean(found)
    if as_json:
        said = [_finding(each) for each in found]
        print_json({"file": str(file), "valid": valid, "clean": clean, "findings": said})
    else:
        _show_findings(file, found, valid=valid, clean=clean)
    if not clean:
        raise typer.Exit(1)


def _take(
    actor: Actor,
    plan: Callable[[Actor], FilePlan],
    file: Path,
    *,
    accept: bool,
    as_json: bool,
) -> None:
    """Plan what a file would do, show it, and do it where that was asked for."""
    from bandung.register import exchange  # noqa: PLC0415 - Django is loaded when asked for

    with notes.status(f"Reading {file} …"):
        planned = plan(actor)
    if not as_json:
        _show_plan(planned, file)
    if accept:
        counts = planned.plan.counts()
        with counted("Writing", counts["added"] + counts["changed"]) as progress:
            exchange.accept(actor, planned, source=file.name, progress=progress)
    if as_json:
        print_json(_plan_record(actor, planned, file, accepted=accept))
    elif accept:
        console.print("Taken in.")
    else:
        console.print("Nothing was changed; --accept takes this in.")


def _show_plan(planned: FilePlan, file: Path) -> None:
    counts = planned.plan.counts()
    show(str(file), ["", "activities"], [[name, f"{count:,}"] for name, count in counts.items()])
    changed = planned.plan.changed
    for change in changed[:MOST_CHANGES]:
        fields = ", ".join(change.fields)
        line(f"changes {change.statement.reference} ({change.item.where}): {fields}")
    if len(changed) > MOST_CHANGES:
        line(f"… and {len(changed) - MOST_CHANGES:,} more changes; --json has all")
    for found in planned.findings:
        what = "refused" if found.refuses else "note"
        parts = [found.where, found.name, found.column, found.value and repr(found.value)]
        line(f"{what} {', '.join(part for part in parts if part)}: {found.message}")
    for kind, count in planned.left_out.items():
        remark(f"Not taken in, as the register has no place for it: {kind} ({count:,}).")


def _plan_record(
    actor: Actor, planned: FilePlan, file: Path, *, accepted: bool
) -> dict[str, object]:
    def said(*, refuses: bool) -> list[dict[str, str]]:
        return [
            {
                "where": found.where,
                "name": found.name,
                "column": found.column,
                "value": found.value,
                "reason": found.message,
            }
            for found in planned.findings
            if found.refuses == refuses
        ]

    return {
        "file": str(file),
        "member": actor.member,
        "accepted": accepted,
        **planned.plan.counts(),
        "changes": [
            {
                "where": change.item.where,
                "reference": change.statement.reference,
                "fields": list(change.fields),
            }
            for change in planned.plan.changed
        ],
        "refusals": said(refuses=True),
        "notes": said(refuses=False),
        "left_out": planned.left_out,
    }


def _show_findings(file: Path, found: tuple[Finding, ...], *, valid: bool, clean: bool) -> None:
    for each in found:
        who = f" {each.identifier}" if each.identifier else ""
        line(f"{each.level}: line {each.line}{who}, {each.rule}: {each.message}")
    if clean:
        verdict = "valid, and keeps every rule"
    else:
        verdict = "valid, but breaks rules" if valid else "not valid"
    line(f"{file}: {verdict}; {len(found):,} findings")


def _finding(found: Finding) -> dict[str, object]:
    return {
        "line": found.line,
        "identifier": found.identifier,
        "rule": found.rule,
        "message": found.message,
        "level": found.level,
    }


def _written(out: Path, count: int) -> None:
    line(f"{out}: {count:,} statements")
