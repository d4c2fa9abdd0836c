"""`bandung register members`, `add-agency`, `add-person`, `set-password`: who is in a register."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from bandung.cli.options import JsonOption, console, print_json, remark, show
from bandung.cli.register_options import (
    DatabaseOption,
    DataOption,
    MemberOption,
    acting_for,
    code_of,
    register_at,
)
from bandung.codes import countries
from bandung.errors import InputError


def members(
    data: DataOption = None, database: DatabaseOption = None, *, as_json: JsonOption = False
) -> None:
    """List the members that take part, with their agencies and how much they have entered."""
    with register_at(data, database):
        from bandung.register.models import Agency, Person, Statement  # noqa: PLC0415 - Django

        rows: list[dict[str, Any]] = []
        for code in Agency.objects.order_by("member").values_list("member", flat=True).distinct():
            statements = Statement.objects.filter(member=code, standing=True)
            rows.append(
                {
                    "code": code,
                    "name": countries.name(code),
                    "agencies": list(
                        Agency.objects.filter(member=code).values_list("name", flat=True)
                    ),
                    "people": Person.objects.filter(agency__member=code, is_active=True).count(),
                    "statements": statements.count(),
                    "published": statements.filter(published__isnull=False).count(),
                }
            )
    if as_json:
        print_json({"members": rows})
        return
    show(
        "Who takes part",
        ["Code", "Name", "Agencies", "People", "Statements", "Published"],
        [
            [
                row["code"],
                row["name"],
                "; ".join(row["agencies"]),
                str(row["people"]),
                str(row["statements"]),
                str(row["published"]),
            ]
            for row in rows
        ],
        left=3,
    )
    if not rows:
        remark(
            "Nobody takes part yet: the first focal point is added on the page, or by add-agency."
        )


def add_agency(
    name: Annotated[str, typer.Argument(help="Its name.", show_default=False)],
    member: MemberOption,
    data: DataOption = None,
    database: DatabaseOption = None,
    kind: Annotated[str, typer.Option(help="Code of the list body_kind.")] = "",
    iati_reference: Annotated[str, typer.Option(help="Its organisation identifier in IATI.")] = "",
) -> None:
    """Add one of a member's bodies; its first one makes the member take part."""
    with register_at(data, database):
        from bandung.register.actions import people  # noqa: PLC0415 - Django is loaded when asked for

        actor = acting_for(member)
        added = people.add_agency(
            actor, actor.member, name, kind=kind, iati_reference=iati_reference
        )
        console.print(f"{actor.member}: {added.name}", highlight=False, markup=False)


def add_person(
    email: Annotated[str, typer.Argument(help="E-mail address.", show_default=False)],
    name: Annotated[str, typer.Option(help="Name.", show_default=False)],
    data: DataOption = None,
    database: DatabaseOption = None,
    member: Annotated[
        str | None, typer.Option(help="The member of the agency.", show_default=False)
    ] = None,
    agency: Annotated[
        str | None,
        typer.Option(help="The agency; needed where the member has several.", show_default=False),
    ] = None,
    role: Annotated[
        str, typer.Option(help="viewer, editor, approver or focal_point.")
    ] = "focal_point",
    language: Annotated[str, typer.Option(help="en, fr, es, pt or ar.")] = "en",
    *,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="Of the server, and of no member.")
    ] = False,
) -> None:
    """Add a person, with a password that is asked for, or read from the standard input."""
    if administrator == (member is not None):
        raise InputError("name a --member that the person is of, or say --administrator")
    with register_at(data, database):
        from bandung.register.actions import people  # noqa: PLC0415 - Django is loaded when asked for
        from bandung.register.actor import Actor  # noqa: PLC0415

        actor = Actor.operator() if member is None else acting_for(member, _agency(member, agency))
        added = people.add_person(
            actor,
            email,
            name,
            agency=actor.agency,
            role=role,
            language=language,
            password=_password(),
        )
        where = f"{actor.agency}, {added.role}" if actor.agency else "administrator"
        console.print(f"{added.email}: {where}", highlight=False, markup=False)


def set_password(
    email: Annotated[str, typer.Argument(help="E-mail address.", show_default=False)],
    data: DataOption = None,
    database: DatabaseOption = None,
    *,
    second_factor: Annotated[
        bool,
        typer.Option("--remove-second-factor", help="Also remove a second factor that was lost."),
    ] = False,
) -> None:
    """Set a person's password, asked for or read from the standard input."""
    with register_at(data, database, found=True):
        from bandung.register.actions import recovery  # noqa: PLC0415 - Django, when asked for
        from bandung.register.actor import Actor  # noqa: PLC0415
        from bandung.register.models import Person  # noqa: PLC0415

        person = Person.objects.filter(email__iexact=email).first()
        if person is None:
            raise InputError(f"nobody here has the e-mail address {email}")
        removed = recovery.readmit(
            Actor.operator(), person, _password(), remove_second_factor=second_factor
        )
        console.print(f"{person.email}: the password was set", highlight=False, markup=False)
        if second_factor:
            remark(f"Devices of a second factor that were removed: {removed}.")


def setup_code(data: DataOption = None, database: DatabaseOption = None) -> None:
    """Print the code that the page asks the first focal point for, in service."""
    with register_at(data, database):
        from bandung.register.actions import first_person  # noqa: PLC0415 - Django, when asked for

        if not first_person.is_needed():
            raise InputError("this register has people already; they add others on its pages")
        console.print(first_person.setup_code(), highlight=False)


def _agency(member: str, named: str | None) -> str:
    from bandung.register.models import Agency  # noqa: PLC0415 - Django is loaded when asked for

    if named is not None:
        return named
    names = list(Agency.objects.filter(member=code_of(member)).values_list("name", flat=True))
    if len(names) != 1:
        known = f"has several: {'; '.join(names)}" if names else "has none: add it with add-agency"
        raise InputError(f"name the --agency; {code_of(member)} {known}")
    return names[0]


def _password() -> str:
    if sys.stdin.isatty():
        answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return answer
    return sys.stdin.readline().rstrip("\r\n")
