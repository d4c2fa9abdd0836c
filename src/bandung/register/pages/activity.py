"""An activity: every statement of it that the reader sees, and what the reader may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bandung.errors import NotFoundError, RegisterError
from bandung.register import visibility
from bandung.register.actions import assessments, merging, pairing, responses, steps
from bandung.register.actor import actor_of
from bandung.register.models import Person
from bandung.register.pages import accounts_of, localised, words
from bandung.register.pages.access import signed_in
from bandung.register.pages.beside import Beside, alone, beside
from bandung.register.templatetags.register_text import code_label

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from bandung.register.actor import Actor
    from bandung.register.visibility import View


@dataclass(frozen=True, slots=True)
class Party:
    """A member of the activity, and how far it is as the reader may know.

    Attributes
    ----------
    state
        In words; a member whose statement the reader does not see has shared nothing.
    view
        None where the reader sees no statement of it.
    """

    member: str
    state: str
    css: str
    view: View | None
    answers: tuple[Answered, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """A response that stands, and what it is about in words."""

    standing: responses.Standing
    about: str

    @property
    def own(self) -> str:
        """Who made it."""
        return self.standing.response.member_id


@require_safe
def activity(request: HttpRequest, key: str) -> HttpResponse:
    """Show an activity; of one's own that was merged into another, that one."""
    actor = actor_of(request)
    try:
        found = visibility.activity(actor, key)
    except NotFoundError:
        merged = merging.merged_into(actor, key)
        if merged is None:
            raise
        told = _("What was entered there was merged into %(reference)s, which you see here.")
        messages.info(request, told % {"reference": merged.reference})
        return redirect("activity", key=merged.activity_id)
    views = visibility.views(actor, found)
    own = next((view for view in views if view.own), None)
    context = {
        "activity": found,
        "views": views,
        "own": own,
        "parties": _parties(actor, views),
        "comparisons": _comparisons(views),
        "alone": alone(views[0]) if len(views) == 1 else None,
        "steps": steps.possible(actor, own.statement) if own else (),
        "answerable": _to_answer(actor, views),
        "may_pair": actor.may(Person.Role.EDITOR),
        "joined": pairing.joined(actor, found) if actor.member else (),
        "may_respond": actor.may(Person.Role.APPROVER),
        "may_enter": actor.may(Person.Role.EDITOR) and own is None and _is_named(actor, views),
        "assessments": assessments.seen(actor, found),
        "may_assess": bool(actor.member) and (own is not None or _is_named(actor, views)),
    }
    return render(request, "register/activity.html", context)


@signed_in
@require_POST
def respond(request: HttpRequest, key: str) -> HttpResponse:
    """Accept or object to what a partner says it gave, or take one's word back."""
    actor = actor_of(request)
    statement = visibility.statement(actor, key)
    if "withdraw" in request.POST:
        responses.withdraw(actor, request.POST["withdraw"])
        messages.success(request, _("Your answer is withdrawn."))
        return redirect("activity", key=statement.activity_id)
    number = request.POST.get("expected_revision", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise RegisterError(
            _("The form does not say which revision was read: load the page again.")
        )
    made = responses.respond(
        actor,
        statement.pk,
        kind=request.POST.get("kind", ""),
        expected_revision=int(number),
        contribution_key=request.POST.get("contribution", ""),
        reason=request.POST.get("reason", ""),
    )
    if made.kind == "objects":
        messages.success(request, _("Your objection is recorded: it stays out of the return."))
    else:
        messages.success(request, _("Your acceptance is recorded."))
    return redirect("activity", key=statement.activity_id)


def _parties(actor: Actor, views: tuple[View, ...]) -> tuple[Party, ...]:
    """Return everybody who stated or is named, in the order of the language's alphabet."""
    by_member = {view.statement.member_id: view for view in views}
    named = {code for view in views for code in view.revision.said().partners}
    return tuple(
        _party(actor, code, by_member.get(code))
        for code in localised.alphabetical(by_member.keys() | named)
    )


def _party(actor: Actor, code: str, view: View | None) -> Party:
    if view is None:
        silent = (
            _("You have not answered yet") if code == actor.member else _("Has shared nothing yet")
        )
        return Party(code, silent, "one", None)
    if view.own:
        state = view.revision.state
        word = words.word("state", state)
    elif view.revision.pk == view.statement.published_id:
        state, word = "published", words.word("state", "published")
    else:
        state, word = "shared", _("Shared with you")
    return Party(code, word, str(state), view, _answers(actor, view))


def _answers(actor: Actor, view: View) -> tuple[Answered, ...]:
    titles = {
        item.key: code_label(item.modality, "modality")
        for item in view.revision.said().contributions
    }
    return tuple(
        Answered(item, titles.get(item.response.contribution_key, ""))
        for item in responses.standing(actor, view.statement)
    )


def _comparisons(views: tuple[View, ...]) -> tuple[Beside, ...]:
    return tuple(beside(views[0], other) for other in views[1:])


def _to_answer(
    actor: Actor, views: tuple[View, ...]
) -> tuple[tuple[View, tuple[accounts_of.Line, ...]], ...]:
    found = []
    for view in views:
        keys = responses.answerable(actor, view.statement)
        rows = tuple(
            accounts_of.Line(item.key, accounts_of.contribution(item))
            for item in view.revision.said().contributions
            if item.key in keys
        )
        if rows and not view.own and view.revision.pk == view.statement.shared_id:
            found.append((view, rows))
    return tuple(found)


def _is_named(actor: Actor, views: tuple[View, ...]) -> bool:
    return any(actor.member in view.revision.said().partners for view in views)
