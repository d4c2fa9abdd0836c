"""Entering a statement, and taking it further."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bandung.errors import EditConflictError, IncompleteError, NotFoundError, RegisterError
from bandung.register import visibility
from bandung.register.actions import statements, steps
from bandung.register.actor import Actor, actor_of
from bandung.register.models import AuditEntry, Person, Statement
from bandung.register.pages import accounts_of, searching_codes
from bandung.register.pages.access import number_in, signed_in, version_in
from bandung.register.pages.entry import Entry
from bandung.register.pages.entry_forms import ROWS, unit_choices

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from bandung.register.content import Content

SAVE, AUTOSAVE, OVERWRITE = "save", "autosave", "overwrite"
CONFLICT = 409
_ACTIONS = {
    steps.APPROVE: statements.approve,
    steps.SHARE: statements.share,
    steps.PUBLISH: statements.publish,
}


@dataclass(slots=True)
class Sheet:
    """What the page of the form shows besides the form itself."""

    entry: Entry
    statement: Statement | None
    version: int
    conflict: tuple[accounts_of.Difference, ...] = ()
    conflict_by: str = ""
    conflict_version: int = 0


@signed_in
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Enter a statement of an activity that is not here yet."""
    actor = actor_of(request)
    actor.require(Person.Role.EDITOR, _("Entering a statement"))
    key = request.POST.get("statement", "")
    if key:
        return _edit(request, actor, visibility.own_statement(actor, key))
    if request.method == "POST":
        return _create(request, actor)
    return _page(request, Sheet(Entry(actor.member), None, 0))


@signed_in
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change a statement."""
    actor = actor_of(request)
    statement = visibility.own_statement(actor, key)
    if not statement.standing:
        raise NotFoundError(f"there is no statement {key} of yours")
    if request.method == "POST":
        return _edit(request, actor, statement)
    if steps.EDIT not in steps.possible(actor, statement):
        actor.require(Person.Role.EDITOR, _("Changing a statement"))
        raise RegisterError(
            _("%(reference)s is of another agency of your country.")
            % {"reference": statement.reference}
        )
    content = statements.said_in(statement)
    entry = Entry(actor.member, content)
    entry.advise(content)
    return _page(request, Sheet(entry, statement, statement.version))


@signed_in
@require_POST
def step(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """Approve, return, share, publish, withdraw or discard."""
    actor = actor_of(request)
    statement = visibility.own_statement(actor, key)
    version = version_in(request)
    if step == steps.DISCARD:
        statements.discard(actor, statement.pk, expected_version=version)
        messages.success(request, _("The draft is discarded."))
        return redirect("inbox")
    try:
        _take(actor, statement, step, version, request)
    except IncompleteError:
        messages.warning(request, _("Something is missing before it can be approved: see below."))
        return redirect("statement-edit", key=statement.pk)
    messages.success(request, _done(step, actor))
    return redirect("activity", key=statement.activity_id)


@signed_in
@require_POST
def answer(request: HttpRequest, key: str) -> HttpResponse:
    """Open one's own statement of an activity, filled in from a partner's."""
    made = statements.answer(actor_of(request), key, of=request.POST.get("of", ""))
    messages.success(
        request,
        _("This is your partner’s account turned round. Change what you see otherwise, then save."),
    )
    return redirect("statement-edit", key=made.pk)


@signed_in
@require_safe
def history(request: HttpRequest, key: str) -> HttpResponse:
    """Show every revision of one's own statement, and who did what."""
    actor = actor_of(request)
    statement = visibility.own_statement(actor, key)
    revisions = list(statement.revisions.select_related("modified_by").order_by("-number"))
    said = [revision.said() for revision in revisions]
    before: list[Content | None] = [*said[1:], None]
    rows = [
        {
            "revision": revision,
            "changes": accounts_of.differences(old, new) if old is not None else (),
        }
        for revision, new, old in zip(revisions, said, before, strict=True)
    ]
    entries = AuditEntry.objects.filter(kind="statement", object_id=str(statement.pk))
    context = {
        "statement": statement,
        "content": said[0] if said else None,
        "rows": rows,
        "entries": entries.select_related("person").order_by("-sequence"),
    }
    return render(request, "register/history.html", context)


@signed_in
@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """Return the units of a modality for the list of a contribution."""
    name = request.GET.get("name", "")
    text = request.GET.get(name.removesuffix("unit") + "modality", "")
    found = [item.code for item in searching_codes.search("modality", text)] if text else []
    modality = next((code for code in found if searching_codes.shown("modality", code) == text), "")
    listed = unit_choices(modality)
    single = [item for item in listed if not isinstance(item[1], list)]
    groups = [item for item in listed if isinstance(item[1], list)]
    chosen = request.GET.get(name, "")
    if modality and all(chosen != code for code, _label in single):
        chosen = single[0][0]
    context = {"single": single, "groups": groups, "chosen": chosen}
    return render(request, "register/parts/units.html", context)


def _create(request: HttpRequest, actor: Actor) -> HttpResponse:
    adding = _adding(request)
    entry = Entry(actor.member, None, request.POST, adding=adding)
    sheet = Sheet(entry, None, 0)
    if adding:
        return _page(request, sheet)
    content = entry.content()
    if content is not None and not content.titles:
        entry.main.add_error("title", _("Give the activity a title: it is how others find it."))
        content = None
    if content is None:
        return _not_saved(request, sheet)
    statement = statements.create(actor, content)
    return _saved(request, statement)


def _edit(request: HttpRequest, actor: Actor, statement: Statement) -> HttpResponse:
    now = statements.said_in(statement)
    adding = _adding(request)
    entry = Entry(actor.member, now, request.POST, adding=adding)
    doing = request.POST.get("do", SAVE)
    version = version_in(request)
    sheet = Sheet(entry, statement, version)
    if adding:
        return _page(request, sheet)
    content = entry.content()
    if content is None:
        return _not_saved(request, sheet)
    if doing == OVERWRITE:
        version = number_in(request.POST.get("seen_version", ""))
    try:
        statement = statements.save(actor, statement.pk, content, expected_version=version)
    except EditConflictError:
        statement.refresh_from_db()
        return _conflict(request, sheet, content)
    except RegisterError as error:
        if content.identifier and content.identifier != statement.identifier:
            entry.main.add_error("identifier", str(error))
            return _not_saved(request, sheet)
        raise
    return _saved(request, statement)


def _conflict(request: HttpRequest, sheet: Sheet, typed: Content) -> HttpResponse:
    statement = sheet.statement
    if statement is None:
        raise NotFoundError("there is no such statement of yours")
    revision = statements.working(statement)
    if request.POST.get("do") == AUTOSAVE:
        context = {"by": revision.modified_by, "at": revision.modified_at}
        return render(request, "register/parts/not_saved.html", context)
    sheet.conflict = accounts_of.differences(revision.said(), typed)
    sheet.conflict_by = str(revision.modified_by or "")
    sheet.conflict_version = statement.version
    return _page(request, sheet, status=CONFLICT)


def _saved(request: HttpRequest, statement: Statement) -> HttpResponse:
    address = reverse("statement-edit", args=[statement.pk])
    if request.POST.get("do") == AUTOSAVE:
        context = {"statement": statement, "at": timezone.now()}
        response = render(request, "register/parts/saved.html", context)
        response.headers["HX-Replace-Url"] = address
        return response
    messages.success(request, _("The draft is saved."))
    return redirect("activity", key=statement.activity_id)


def _not_saved(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    if request.POST.get("do") == AUTOSAVE:
        context = {"wrong": sheet.entry.wrong()}
        return render(request, "register/parts/not_saved.html", context)
    return _page(request, sheet)


def _page(request: HttpRequest, sheet: Sheet, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"sheet": sheet, "entry": sheet.entry, "statement": sheet.statement}
    return render(request, "register/entry.html", context, status=status)


def _take(
    actor: Actor, statement: Statement, step: str, version: int, request: HttpRequest
) -> None:
    if step == steps.RETURN:
        remark = request.POST.get("remark", "")
        statements.return_to_draft(actor, statement.pk, remark=remark, expected_version=version)
    elif step == steps.WITHDRAW:
        also = request.POST.get("also_from_partners") == "1"
        statements.withdraw(actor, statement.pk, expected_version=version, also_from_partners=also)
    elif step in _ACTIONS:
        _ACTIONS[step](actor, statement.pk, expected_version=version)
    else:
        raise NotFoundError(f"there is no step {step}")


def _done(step: str, actor: Actor) -> str:
    if step == steps.APPROVE and not actor.may(Person.Role.FOCAL_POINT):
        return _("Approved for your agency. The focal point approves it for the country.")
    return {
        steps.APPROVE: _("Approved. Sharing shows it to the partners it names."),
        steps.SHARE: _("Shared: the partners see it now."),
        steps.PUBLISH: _("Published. The public sees it once every party has published."),
        steps.RETURN: _("Returned to its editors with your remark."),
        steps.WITHDRAW: _("Withdrawn."),
    }[step]


def _adding(request: HttpRequest) -> str:
    asked = request.POST.get("add", "")
    return asked if asked in ROWS else ""
