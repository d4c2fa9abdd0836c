"""Members, agencies, persons and their tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.codes import countries
from bandung.codes.tables import LANGUAGES
from bandung.errors import NotAllowedError, NotFoundError, RegisterError
from bandung.register import audit
from bandung.register.actions.turns import in_turn
from bandung.register.actor import SCOPES, WRITE, Actor
from bandung.register.models import Agency, ApiToken, Member, Person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

PREFIX_LENGTH = 8
Role = Person.Role


@in_turn
def add_agency(
    actor: Actor, member: str, name: str, *, kind: str = "", iati_reference: str = ""
) -> Agency:
    """Add one of a member's bodies: by its focal point, or the first one by an administrator.

    Raises
    ------
    NotAllowedError, RegisterError
    """
    _require_focal_point_or_administrator(actor, member, _("Adding an agency"))
    if not countries.is_code(member):
        raise RegisterError(_("“%(code)s” is no ISO 3166-1 alpha-3 code.") % {"code": member})
    name = _agency_name(member, name)
    row, _made = Member.objects.get_or_create(code=member)
    if row.joined_on is None:
        row.joined_on = timezone.now().date()
        row.save()
    agency = Agency.objects.create(member=row, name=name, kind=kind, iati_reference=iati_reference)
    said = {"member": member, "name": agency.name, "kind": kind, "iati_reference": iati_reference}
    audit.write(actor, [audit.Deed("add", "agency", str(agency.pk), None, said)])
    return agency


@in_turn
def change_agency(
    actor: Actor,
    agency: Agency,
    *,
    name: str | None = None,
    kind: str | None = None,
    iati_reference: str | None = None,
    active: bool | None = None,
) -> Agency:
    """Change what is said of an agency; what is None stays.

    Raises
    ------
    NotAllowedError, RegisterError
    """
    _require_focal_point_or_administrator(actor, agency.member_id, _("Changing an agency"))
    agency.refresh_from_db()
    if name is not None:
        name = _agency_name(agency.member_id, name, of=agency)
    given = {"name": name, "kind": kind, "iati_reference": iati_reference, "active": active}
    new = {field: value for field, value in given.items() if value is not None}
    old = {field: getattr(agency, field) for field in new}
    for field, value in new.items():
        setattr(agency, field, value)
    agency.save(update_fields=list(new))
    audit.write(actor, [audit.Deed("change", "agency", str(agency.pk), old, new)])
    return agency


@in_turn
def add_person(
    actor: Actor,
    email: str,
    name: str,
    *,
    agency: Agency | None,
    role: str = Role.VIEWER,
    password: str | None = None,
    language: str = "en",
) -> Person:
    """Add a person to an agency, or an administrator of the server where `agency` is None.

    Without a password the person can sign in only once one was set for it.

    Raises
    ------
    NotAllowedError, RegisterError
    """
    if agency is None:
        actor.require_administrator(_("Adding an administrator"))
    else:
        _refuse_administrators_inside(actor, agency)
        _require_focal_point_or_administrator(actor, agency.member_id, _("Adding a person"))
    name = _person_name(name)
    _check_role(role)
    _check_address(email, language)
    if Person.objects.filter(email__iexact=email).exists():
        raise RegisterError(
            _("Somebody with the e-mail address %(email)s is here already.") % {"email": email}
        )
    person = Person(
        email=email.lower(),
        name=name,
        agency=agency,
        role=role if agency else Role.VIEWER,
        is_administrator=agency is None,
        language=language,
    )
    _set_password(person, password)
    person.save()
    said = {
        "email": person.email,
        "name": person.name,
        "agency": str(agency.pk) if agency else None,
        "role": person.role,
        "administrator": person.is_administrator,
    }
    audit.write(actor, [audit.Deed("add", "person", str(person.pk), None, said)])
    return person


@in_turn
def change_person(
    actor: Actor,
    person: Person,
    *,
    name: str | None = None,
    role: str | None = None,
    active: bool | None = None,
    agency: Agency | None = None,
) -> Person:
    """Change a person's name, role, agency within the member, or whether it may sign in.

    Raises
    ------
    NotAllowedError, RegisterError
    """
    person.refresh_from_db()
    member = person.agency.member_id if person.agency else ""
    if member:
        _require_focal_point_or_administrator(actor, member, _("Changing a person"))
    else:
        actor.require_administrator(_("Changing an administrator"))
    if agency is not None and agency.member_id != member:
        raise NotAllowedError(
            _("%(agency)s is no agency of %(member)s.") % {"agency": agency.name, "member": member}
        )
    if name is not None:
        name = _person_name(name)
    if role is not None:
        _check_role(role)
    if person.pk == (actor.person.pk if actor.person else None) and (role or active is False):
        raise RegisterError(_("Nobody changes their own role or locks themselves out."))
    given = {"name": name, "role": role, "is_active": active, "agency": agency}
    new = {field: value for field, value in given.items() if value is not None}
    old = {field: str(getattr(person, field)) for field in new}
    for field, value in new.items():
        setattr(person, field, value)
    person.save(update_fields=list(new))
    after = {field: str(value) for field, value in new.items()}
    audit.write(actor, [audit.Deed("change", "person", str(person.pk), old, after)])
    return person


@in_turn
def set_password(actor: Actor, person: Person, password: str) -> None:
    """Set a password: one's own, or that of a person of one's member as its focal point.

    Raises
    ------
    NotAllowedError, RegisterError
    """
    if actor.person is None or person.pk != actor.person.pk:
        member = person.agency.member_id if person.agency else ""
        if member:
            _require_focal_point_or_administrator(actor, member, _("Setting a password"))
        else:
            actor.require_administrator(_("Setting an administrator's password"))
    _set_password(person, password)
    person.save(update_fields=["password"])
    audit.write(actor, [audit.Deed("set password", "person", str(person.pk))])


@in_turn
def set_language(actor: Actor, language: str) -> None:
    """Set the language a person reads pages in."""
    if actor.person is None or language not in LANGUAGES:
        raise RegisterError(
            _("“%(language)s” is none of %(languages)s.")
            % {"language": language, "languages": ", ".join(LANGUAGES)}
        )
    old = actor.person.language
    if old != language:
        actor.person.language = language
        actor.person.save(update_fields=["language"])
        done = audit.Deed("change", "person", str(actor.person.pk), {"language": old})
        audit.write(actor, [done])


@in_turn
def add_token(
    actor: Actor, name: str, scopes: Sequence[str], *, expires_at: dt.datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a key for a program that acts for a person; the second of the pair is shown once.

    Raises
    ------
    RegisterError
        When a scope is unknown.
    """
    if actor.person is None:
        raise NotAllowedError(_("A token is made by the person it acts for."))
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise RegisterError(
            _("The scopes are %(scopes)s; choose one or both.") % {"scopes": ", ".join(SCOPES)}
        )
    if not name.strip():
        raise RegisterError(_("Give the token a name that tells what it is for."))
    prefix, secret = secrets.token_hex(PREFIX_LENGTH // 2), secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        person=actor.person,
        name=name.strip()[:100],
        prefix=prefix,
        digest=_digest(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    said = {"name": token.name, "scopes": token.scopes, "prefix": prefix}
    audit.write(actor, [audit.Deed("add", "token", str(token.pk), None, said)])
    return token, f"bdg_{prefix}_{secret}"


@in_turn
def revoke_token(actor: Actor, key: UUID | str) -> None:
    """End a token of one's own.

    Raises
    ------
    NotFoundError
    """
    token = ApiToken.objects.filter(pk=key, person=actor.person).first()
    if token is None:
        raise NotFoundError(f"there is no token {key} of yours")
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save()
        audit.write(actor, [audit.Deed("revoke", "token", str(token.pk))])


def actor_of_token(secret: str) -> Actor | None:
    """Return the actor for a token that stands; None for any other text."""
    parts = secret.split("_", 2)
    if len(parts) != 3 or parts[0] != "bdg":
        return None
    token = ApiToken.objects.filter(prefix=parts[1]).select_related("person__agency").first()
    known = token.digest if token else _digest("")
    matches = secrets.compare_digest(known, _digest(parts[2]))
    now = timezone.now()
    if token is None or not matches or token.revoked_at or not token.person.is_active:
        return None
    if token.expires_at and token.expires_at <= now:
        return None
    if token.last_used_at is None or now - token.last_used_at > dt.timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return Actor.of(token.person, tuple(token.scopes))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _require_focal_point_or_administrator(actor: Actor, member: str, what: str) -> None:
    """Refuse others. An administrator who is a person acts for a member until somebody is there."""
    if actor.administrator and WRITE in actor.scopes:
        outside = actor.person is not None and _has_people(member)
    else:
        actor.require(Role.FOCAL_POINT, what)
        outside = actor.member != member
    if outside:
        raise NotAllowedError(
            _("%(deed)s of %(member)s is for the focal point of %(member)s.")
            % {"deed": what, "member": member}
        )


def _refuse_administrators_inside(actor: Actor, agency: Agency) -> None:
    """Keep an administrator out of a member: it adds the first person, who adds the others."""
    if actor.administrator and actor.person is not None and _has_people(agency.member_id):
        raise NotAllowedError(
            _("%(member)s has people here: its focal point adds the others.")
            % {"member": agency.member_id}
        )


def _has_people(member: str) -> bool:
    return Person.objects.filter(agency__member=member, is_active=True).exists()


def _agency_name(member: str, name: str, of: Agency | None = None) -> str:
    """Return the name of an agency, which no other one of the member may have."""
    name = name.strip()
    if not name:
        raise RegisterError(_("An agency needs a name."))
    same = Agency.objects.filter(member=member, name=name)
    if (same.exclude(pk=of.pk) if of else same).exists():
        raise RegisterError(
            _("%(member)s has an agency named “%(name)s” already.")
            % {"member": member, "name": name}
        )
    return name


def _person_name(name: str) -> str:
    if not name.strip():
        raise RegisterError(_("A person needs a name."))
    return name.strip()


def _check_role(role: str) -> None:
    if role not in Role.values:
        raise RegisterError(
            _("“%(role)s” is no role; the roles are %(roles)s.")
            % {"role": role, "roles": ", ".join(Role.values)}
        )


def _check_address(email: str, language: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise RegisterError(_("“%(email)s” is no e-mail address.") % {"email": email}) from None
    if language not in LANGUAGES:
        raise RegisterError(
            _("“%(language)s” is none of %(languages)s.")
            % {"language": language, "languages": ", ".join(LANGUAGES)}
        )


def _set_password(person: Person, password: str | None) -> None:
    if password is None:
        person.set_unusable_password()
        return
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise RegisterError(" ".join(error.messages)) from None
    person.set_password(password)
