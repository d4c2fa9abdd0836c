"""People, agencies and members: who takes part, and what each may do."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bandung.codes import countries
from bandung.codes.tables import LANGUAGES
from bandung.errors import EditConflictError, NotAllowedError, NotFoundError, RegisterError
from bandung.register import codelists
from bandung.register.actions import people as acting
from bandung.register.actor import actor_of
from bandung.register.models import Agency, Member, Person
from bandung.register.pages import filters, localised, words
from bandung.register.pages.access import signed_in
from bandung.register.pages.words import LANGUAGE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from bandung.register.actor import Actor

METHODS = ["GET", "HEAD", "POST"]


class AgencyForm(forms.Form):
    """What is said of an agency."""

    name = forms.CharField(label=gettext_lazy("Name of the agency"), max_length=300)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    iati_reference = forms.CharField(
        label=gettext_lazy("IATI organisation identifier"),
        help_text=gettext_lazy("As in XM-DAC-12345; empty if it has none."),
        max_length=120,
        required=False,
    )

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        kinds = codelists.active("body_kind")
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *((kind.code, kind.name(localised.lang())) for kind in kinds),
        ]


class PersonForm(forms.Form):
    """A person to be added to an agency, or as administrator where there is no agency."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    email = forms.EmailField(label=gettext_lazy("E-mail address"))
    agency = forms.ModelChoiceField(
        label=gettext_lazy("Agency"), queryset=Agency.objects.none(), empty_label=None
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"))
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    password = forms.CharField(
        label=gettext_lazy("First password"),
        help_text=gettext_lazy(
            "Twelve characters or more. Hand it over in person; no message is sent."
        ),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, agencies: QuerySet[Agency], *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]
        self.fields["role"].choices = roles()  # type: ignore[attr-defined]
        self.fields["language"].choices = [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES]  # type: ignore[attr-defined]
        self.fields["language"].initial = localised.lang()


class ChangeForm(forms.Form):
    """What may change of a person."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    agency = forms.ModelChoiceField(
        label=gettext_lazy("Agency"), queryset=Agency.objects.none(), empty_label=None
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"))
    active = forms.BooleanField(label=gettext_lazy("May sign in"), required=False)
    password = forms.CharField(
        label=gettext_lazy("New password"),
        help_text=gettext_lazy("Empty: the password stays."),
        strip=False,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, agencies: QuerySet[Agency], *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]
        self.fields["role"].choices = roles()  # type: ignore[attr-defined]


class MemberForm(forms.Form):
    """A country that is to take part, by its first agency."""

    country = forms.ChoiceField(label=gettext_lazy("Country"))
    name = forms.CharField(label=gettext_lazy("Name of its first agency"), max_length=300)

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        lang = localised.lang()
        self.fields["country"].choices = [  # type: ignore[attr-defined]
            (code, countries.name(code, lang)) for code in localised.alphabetical(countries.codes())
        ]


def roles() -> list[tuple[str, str]]:
    """Return the roles with their names."""
    return [(role, words.word("person_role", role)) for role in Person.Role.values]


@signed_in
@sensitive_post_parameters("password")
@require_http_methods(METHODS)
@filters.with_lists
def people(request: HttpRequest) -> HttpResponse:
    """List the people of one's member, and add one."""
    actor = managing(request)
    agencies = agencies_of(actor)
    form = PersonForm(agencies, request.POST or None)

    def add(said: dict[str, Any]) -> str:
        person = acting.add_person(
            actor,
            said["email"],
            said["name"],
            agency=said["agency"],
            role=said["role"],
            password=said["password"],
            language=said["language"],
        )
        return _("%(name)s was added.") % {"name": person.name}

    if done(request, form, add):
        return redirect("people")
    listed = Person.objects.filter(agency__in=agencies).select_related("agency")
    if actor.administrator:
        # Who is in a member is the member's affair once somebody is there.
        listed = Person.objects.filter(is_administrator=True)
    said = {"people": listed, "form": form, "here": "people", "has_agencies": agencies.exists()}
    return render(request, "register/people.html", said, status=status_of(form))


@signed_in
@sensitive_post_parameters("password")
@require_http_methods(METHODS)
@filters.with_lists
def person(request: HttpRequest, key: UUID) -> HttpResponse:
    """Change a person of one's member.

    Raises
    ------
    NotFoundError
        When there is none, or it is of another member.
    """
    actor = managing(request)
    inside = Q(agency__member=actor.member) if actor.member else Q(is_administrator=True)
    found = Person.objects.filter(inside, pk=key).select_related("agency").first()
    if found is None:
        raise NotFoundError(f"there is no person {key} of yours")
    start = {
        "name": found.name,
        "agency": found.agency,
        "role": found.role,
        "active": found.is_active,
    }
    form = ChangeForm(agencies_of(actor), request.POST or None, initial=start)
    if not actor.member:
        del form.fields["agency"], form.fields["role"]
    itself = actor.person is not None and found.pk == actor.person.pk
    if itself:
        form.fields.pop("role", None)
        del form.fields["active"], form.fields["password"]

    def change(said: dict[str, Any]) -> str:
        given = {name: said[name] for name in ("name", "agency", "role", "active") if name in said}
        changed = {name: value for name, value in given.items() if value != start[name]}
        if changed:
            acting.change_person(actor, found, **changed)
        if said.get("password"):
            acting.set_password(actor, found, said["password"])
        return _("%(name)s was changed.") % {"name": found.name}

    if done(request, form, change):
        return redirect("people")
    said = {"person": found, "form": form, "here": "people", "itself": itself}
    return render(request, "register/person.html", said, status=status_of(form))


@signed_in
@require_http_methods(METHODS)
@filters.with_lists
def agencies(request: HttpRequest) -> HttpResponse:
    """List the agencies of one's member, and add one."""
    actor = managing(request)
    if not actor.member:
        return redirect("manage-members")
    form = AgencyForm(request.POST or None)

    def add(said: dict[str, Any]) -> str:
        agency = acting.add_agency(
            actor,
            actor.member,
            said["name"],
            kind=said["kind"],
            iati_reference=said["iati_reference"],
        )
        return _("%(name)s was added.") % {"name": agency.name}

    if done(request, form, add):
        return redirect("agencies")
    listed = Agency.objects.filter(member=actor.member).annotate(
        inside=Count("people", filter=Q(people__is_active=True))
    )
    said = {"agencies": listed, "form": form, "here": "agencies"}
    return render(request, "register/agencies.html", said, status=status_of(form))


@signed_in
@require_http_methods(METHODS)
@filters.with_lists
def agency(request: HttpRequest, key: UUID) -> HttpResponse:
    """Change an agency of one's member.

    Raises
    ------
    NotFoundError
        When there is none, or it is another member's.
    """
    actor = managing(request)
    found = Agency.objects.filter(pk=key, member=actor.member or None).first()
    if found is None:
        raise NotFoundError(f"there is no agency {key} of yours")
    start = {"name": found.name, "kind": found.kind, "iati_reference": found.iati_reference}
    form = AgencyForm(request.POST or None, initial=start)
    form.fields["active"] = forms.BooleanField(
        label=_("In use"), required=False, initial=found.active
    )

    def change(said: dict[str, Any]) -> str:
        acting.change_agency(actor, found, **said)
        return _("%(name)s was changed.") % {"name": said["name"]}

    if done(request, form, change):
        return redirect("agencies")
    said = {"agency": found, "form": form, "here": "agencies"}
    return render(request, "register/agency.html", said, status=status_of(form))


@signed_in
@require_http_methods(METHODS)
@filters.with_lists
def members(request: HttpRequest) -> HttpResponse:
    """List the members, and let the administrator take one in by its first agency."""
    actor = actor_of(request)
    actor.require_administrator(_("Taking in members"))
    form = MemberForm(request.POST or None)

    def add(said: dict[str, Any]) -> str:
        acting.add_agency(actor, said["country"], said["name"])
        name = countries.name(said["country"], localised.lang())
        return _("%(name)s takes part now. Add its first person under People.") % {"name": name}

    if done(request, form, add):
        return redirect("manage-members")
    joined = Member.objects.exclude(joined_on=None).annotate(
        bodies=Count("agencies", distinct=True),
        inside=Count("agencies__people", filter=Q(agencies__people__is_active=True), distinct=True),
    )
    said = {"members": joined, "form": form, "here": "members"}
    return render(request, "register/manage_members.html", said, status=status_of(form))


def managing(request: HttpRequest) -> Actor:
    """Return who asks, if it manages people: a focal point, or an administrator of the server.

    Raises
    ------
    NotAllowedError
    """
    actor = actor_of(request)
    if not actor.administrator:
        actor.require(Person.Role.FOCAL_POINT, _("Managing people and agencies"))
    return actor


def agencies_of(actor: Actor) -> QuerySet[Agency]:
    """Return the agencies that an actor may add people to.

    A focal point its member's own; an administrator those of members where nobody is yet.
    """
    active = Agency.objects.filter(active=True)
    if actor.member:
        return active.filter(member=actor.member)
    taken = Person.objects.filter(is_active=True, agency__isnull=False)
    return active.exclude(member__in=taken.values("agency__member"))


def done(request: HttpRequest, form: forms.Form, act: Callable[[dict[str, Any]], str]) -> bool:
    """Do what a form asks; a refusal of the register stands above the form."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        messages.success(request, act(form.cleaned_data))
    except (NotAllowedError, NotFoundError, EditConflictError):
        raise
    except RegisterError as error:
        form.add_error(None, str(error))
        return False
    return True


def status_of(form: forms.Form) -> HTTPStatus:
    """Return the status of a page with a form: bad request once something is to be mended."""
    return HTTPStatus.BAD_REQUEST if form.is_bound and form.errors else HTTPStatus.OK
