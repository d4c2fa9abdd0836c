"""Who acts or looks: a person, a program acting for one, the machine's operator, or the public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from django.utils.translation import gettext as _

from bandung.errors import NotAllowedError
from bandung.register.models import Person

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from bandung.register.models import Agency

ORDER = (
    Person.Role.VIEWER,
    Person.Role.EDITOR,
    Person.Role.APPROVER,
    Person.Role.FOCAL_POINT,
)
READ, WRITE = "read", "write"
SCOPES = (READ, WRITE)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts or looks.

    Attributes
    ----------
    name
        How the audit names it.
    member
        Alpha-3 code of the member it belongs to; empty for the public, administrators and an
        operator who acts for no member.
    role
        The most it may do for that member; None when it may only look at what is public.
    administrator
        Whether it may change code lists, members and agencies.
    """

    name: str
    member: str = ""
    role: Person.Role | None = None
    person: Person | None = None
    agency: Agency | None = None
    administrator: bool = False
    scopes: tuple[str, ...] = SCOPES

    @classmethod
    def of(cls, person: Person, scopes: tuple[str, ...] = SCOPES) -> Self:
        """Return a person as actor, within the scopes of its token if it came by one."""
        return cls(
            name=person.email,
            member=person.agency.member_id if person.agency else "",
            role=Person.Role(person.role) if person.agency else None,
            person=person,
            agency=person.agency,
            administrator=person.is_administrator,
            scopes=scopes,
        )

    @classmethod
    def operator(cls, member: str = "") -> Self:
        """Return who works at the machine's command line, acting for a member or for none."""
        return cls(
            name="operator",
            member=member,
            role=Person.Role.FOCAL_POINT if member else None,
            administrator=True,
        )

    @classmethod
    def public(cls) -> Self:
        """Return anybody."""
        return cls(name="public", scopes=(READ,))

    def may(self, role: Person.Role) -> bool:
        """Whether it may do what this role may, for its member."""
        return (
            self.role is not None
            and WRITE in self.scopes
            and ORDER.index(self.role) >= ORDER.index(role)
        )

    def acts_for(self, agency: UUID | None) -> bool:
        """Whether what an agency of its member has entered is its to change.

        That is what its own agency has entered, or none; the focal point changes everything.
        """
        own = self.agency is None or agency in {None, self.agency.pk}
        return own or self.may(Person.Role.FOCAL_POINT)

    def require(self, role: Person.Role, what: str) -> None:
        """Refuse unless it may do what this role may.

        Raises
        ------
        NotAllowedError
        """
        if not self.may(role):
            if WRITE not in self.scopes:
                raise NotAllowedError(
                    _("%(deed)s needs a token with the scope 'write'.") % {"deed": what}
                )
            if self.role is None:
                raise NotAllowedError(_("%(deed)s is for people of a member.") % {"deed": what})
            raise NotAllowedError(
                _("%(deed)s needs the role “%(needed)s”; yours is “%(role)s”.")
                % {"deed": what, "needed": role_word(role), "role": role_word(self.role)}
            )

    def require_administrator(self, what: str) -> None:
        """Refuse unless it administers the server.

        Raises
        ------
        NotAllowedError
        """
        if not self.administrator or WRITE not in self.scopes:
            raise NotAllowedError(
                _("%(deed)s is for the administrator of this register.") % {"deed": what}
            )


def role_word(role: str) -> str:
    """Return a role in the words of the language in use."""
    return {
        Person.Role.VIEWER: _("viewer"),
        Person.Role.EDITOR: _("editor"),
        Person.Role.APPROVER: _("approver"),
        Person.Role.FOCAL_POINT: _("focal point"),
    }[Person.Role(role)]


def actor_of(request: HttpRequest) -> Actor:
    """Return who a request comes from."""
    user = getattr(request, "user", None)
    if isinstance(user, Person) and user.is_active:
        return Actor.of(user)
    return Actor.public()
