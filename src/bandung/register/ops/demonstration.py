"""A data folder of demonstration data: marked as one, so that its pages always say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandung.errors import RegisterError

if TYPE_CHECKING:
    from pathlib import Path

MARK = "demonstration"
PASSWORD = "south-south cooperation"  # noqa: S105 - known to everybody, of people who do not exist
SAYS = "The register in this folder holds demonstration data; every page says so.\n"


def is_marked(folder: Path) -> bool:
    """Whether a folder's register holds demonstration data."""
    return (folder / MARK).is_file()


def fill(folder: Path) -> None:
    """Load the demonstration data where there are none yet; Django has the database open.

    Raises
    ------
    RegisterError
        When the folder's register holds something else.
    """
    from bandung.register import demo  # noqa: PLC0415 - asked before Django is loaded
    from bandung.register.ops.backups import is_empty  # noqa: PLC0415

    empty = is_empty()
    if not empty and not is_marked(folder):
        raise RegisterError(
            f"the register in {folder} holds data that are no demonstration: leave out --demo, or "
            "name another folder with --data"
        )
    (folder / MARK).write_text(SAYS, encoding="ascii")
    if empty:
        demo.load(password=PASSWORD)


def people() -> list[tuple[str, str, str]]:
    """Return who can sign in, with the password `PASSWORD`: address, role and member.

    Everybody of the first member, the focal points of the others, the administrator.
    """
    from bandung.register.models import Person  # noqa: PLC0415

    rows = Person.objects.select_related("agency").order_by("agency__member", "email")
    found = [
        (row.email, row.role.replace("_", " "), row.agency.member_id if row.agency else "")
        for row in rows
    ]
    first = next((member for _, _, member in found if member), "")
    shown = [row for row in found if row[2] == first or row[1] == "focal point"]
    return [*shown, *((email, "administrator", "") for email, _, member in found if not member)]
