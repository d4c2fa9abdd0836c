"""The twenty questions on the quality of an activity, both parties' answers side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bandung.errors import NotAllowedError, RegisterError
from bandung.register import codelists, visibility
from bandung.register.actions import assessments
from bandung.register.actor import actor_of
from bandung.register.models import Person
from bandung.register.pages import localised
from bandung.register.pages.access import signed_in, version_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from bandung.register.actions.assessments import Answer, AssessmentView
    from bandung.register.actor import Actor
    from bandung.register.models import Activity

NOT_APPLICABLE = "na"
SCORES = ("0", "1", "2", "3", "4")


@dataclass(slots=True)
class Question:
    """An indicator: what is asked, what the partners answered, what stands in one's own field."""

    code: str
    name: str
    hint: str
    group: str
    others: list[tuple[str, Answer]]
    score: str = ""
    comment: str = ""
    wrong: str = ""


@dataclass(slots=True)
class Page:
    """The questions by dimension, and whose answers stand there."""

    questions: list[Question]
    own: AssessmentView | None
    others: list[AssessmentView]
    wrong: list[Question] = field(default_factory=list)

    def dimensions(self) -> list[tuple[str, list[Question]]]:
        """Return the questions under the names of their dimensions."""
        lang = localised.lang()
        return [
            (codelists.label("indicator_dimension", group, lang), list(questions))
            for group, questions in groupby(self.questions, key=lambda item: item.group)
        ]


@signed_in
@require_http_methods(["GET", "POST"])
def assessment(request: HttpRequest, key: str) -> HttpResponse:
    """Show the questions with the answers; take one's own."""
    actor = actor_of(request)
    activity = visibility.activity(actor, key)
    views = visibility.views(actor, activity)
    partners = {code for view in views for code in view.revision.said().partners}
    if not any(view.own for view in views) and actor.member not in partners:
        raise NotAllowedError(_("The parties of an activity assess it; yours is none of them."))
    page = _page(actor, activity)
    if request.method == "POST" and (response := _take(request, actor, activity, page)):
        return response
    context = {
        "activity": activity,
        "page": page,
        "revision": views[0].revision,
        "scores": SCORES,
        "may_write": actor.may(Person.Role.EDITOR),
        "may_share": actor.may(Person.Role.APPROVER),
        "version": page.own.version if page.own else assessments.NEW,
    }
    return render(request, "register/assessment.html", context)


def _page(actor: Actor, activity: Activity) -> Page:
    seen = assessments.seen(actor, activity)
    own = next((item for item in seen if item.own), None)
    others = [item for item in seen if not item.own]
    lang = localised.lang()
    questions = []
    for entry in codelists.active(assessments.INDICATORS):
        told = [(v.member, v.answers[entry.code]) for v in others if entry.code in v.answers]
        question = Question(entry.code, entry.name(lang), entry.hint(lang), entry.group, told)
        answer = own.answers.get(entry.code) if own else None
        if answer is not None:
            question.score = NOT_APPLICABLE if answer.score is None else str(answer.score)
            question.comment = answer.comment
        questions.append(question)
    return Page(questions, own, others)


def _take(
    request: HttpRequest, actor: Actor, activity: Activity, page: Page
) -> HttpResponse | None:
    version = version_in(request)
    doing = request.POST.get("do", "save")
    if doing == "withdraw":
        assessments.withdraw(actor, activity.pk, expected_version=version)
        messages.success(request, _("Your answers are no longer shown to the partners."))
        return redirect("assessment", key=activity.pk)
    answers = _read(request, page)
    if page.wrong:
        return None
    saved = assessments.save(actor, activity.pk, answers, expected_version=version)
    if doing == "share":
        assessments.share(actor, activity.pk, expected_version=saved.version)
        messages.success(request, _("Your answers are shared with the partners."))
    else:
        messages.success(request, _("Your answers are saved; the partners do not see them yet."))
    return redirect("assessment", key=activity.pk)


def _read(request: HttpRequest, page: Page) -> dict[str, Answer]:
    answers = {}
    for question in page.questions:
        question.score = request.POST.get(f"score-{question.code}", "")
        question.comment = request.POST.get(f"comment-{question.code}", "").strip()
        if question.score not in {"", NOT_APPLICABLE, *SCORES}:
            raise RegisterError(
                _("“%(score)s” is no score: choose one of those on the page.")
                % {"score": question.score[:20]}
            )
        if question.score:
            score = None if question.score == NOT_APPLICABLE else int(question.score)
            answers[question.code] = assessments.Answer(score, question.comment)
        elif question.comment:
            question.wrong = _("Choose a number, or “does not apply”, to go with the comment.")
            page.wrong.append(question)
    return answers
