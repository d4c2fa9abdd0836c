"""Each member's own answers to the indicators of quality, side by side once they are shared.

Answers are drafted, then shared; what was shared stays as it was while the next answers are being
drafted. Another's answers are seen only once it has shared them, and only by who is in the
activity with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from bandung.errors import EditConflictError, NotAllowedError, RegisterError
from bandung.register import audit, codelists, visibility
from bandung.register.actions.turns import in_turn
from bandung.register.models import Assessment, Person

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from uuid import UUID

    from bandung.register.actor import Actor
    from bandung.register.models import Activity

Role = Person.Role
INDICATORS = "indicator"
LOWEST, HIGHEST = 0, 4
MAX_COMMENT = 5_000
NEW = 0
"""The version to expect where the member has not assessed the activity yet."""


class Answer(NamedTuple):
    """An answer to one indicator; without a score it is said to be not applicable."""

    score: int | None
    comment: str = ""


Answers = dict[str, Answer]


@dataclass(frozen=True, slots=True)
class AssessmentView:
    """A member's assessment as a reader sees it.

    Attributes
    ----------
    member
        Alpha-3 code.
    own
        Whether it is the reader's own; then `answers` are the draft, else what was shared.
    answers, shared_answers
        By indicator; an indicator that was left out has not been answered.
    shared_at
        When it was shared last; None where it was not.
    version
        To be expected by the next change; None for another's.
    """

    member: str
    own: bool
    answers: Answers
    shared_answers: Answers | None
    shared_at: dt.datetime | None
    version: int | None


@in_turn
def save(
    actor: Actor,
    activity_key: UUID | str,
    answers: Mapping[str, Answer],
    *,
    expected_version: int,
) -> Assessment:
    """Write one's own answers as a draft; they replace those drafted before.

    Parameters
    ----------
    answers
        By code of the indicator; those not named are unanswered.
    expected_version
        `NEW` where there is none yet.

    Raises
    ------
    NotFoundError, NotAllowedError, RegisterError, EditConflictError
    """
    actor.require(Role.EDITOR, _("Assessing an activity"))
    activity = _of_ours(actor, activity_key)
    stored = _stored(answers)
    assessment = _locked(actor, activity, expected_version)
    before = {"answers": assessment.answers}
    if assessment.version != NEW and assessment.answers == stored:
        return assessment
    assessment.answers = stored
    return _write(actor, assessment, "save", before, {"answers": stored})


@in_turn
def share(actor: Actor, activity_key: UUID | str, *, expected_version: int) -> Assessment:
    """Show the drafted answers to the partners of the activity."""
    actor.require(Role.APPROVER, _("Sharing an assessment"))
    activity = _of_ours(actor, activity_key)
    assessment = _locked(actor, activity, expected_version)
    if not assessment.answers:
        raise RegisterError(_("There is nothing to share yet: answer at least one indicator."))
    before = {"shared": assessment.shared_answers}
    assessment.shared_answers = assessment.answers
    assessment.shared_at = timezone.now()
    return _write(actor, assessment, "share", before, {"shared": assessment.answers})


@in_turn
def withdraw(actor: Actor, activity_key: UUID | str, *, expected_version: int) -> Assessment:
    """Take the shared answers back from the partners; the draft stays."""
    actor.require(Role.APPROVER, _("Withdrawing an assessment"))
    activity = _of_ours(actor, activity_key)
    assessment = _locked(actor, activity, expected_version)
    if assessment.shared_answers is None:
        raise RegisterError(_("This assessment is not shared: there is nothing to withdraw."))
    before = {"shared": assessment.shared_answers}
    assessment.shared_answers = None
    assessment.shared_at = None
    return _write(actor, assessment, "withdraw", before, {"shared": None})


def seen(actor: Actor, activity: Activity) -> tuple[AssessmentView, ...]:
    """Return the assessments of an activity that a reader may see, its own first, then by code."""
    if not actor.member:
        return ()
    partners = _partners(actor, activity)
    found: list[AssessmentView] = []
    for item in activity.assessments.order_by("member_id"):
        if item.member_id == actor.member:
            found.insert(0, _view(item, own=True))
        elif item.shared_answers is not None and item.member_id in partners:
            found.append(_view(item, own=False))
    return tuple(found)


def _view(item: Assessment, *, own: bool) -> AssessmentView:
    shared = None if item.shared_answers is None else _read(item.shared_answers)
    return AssessmentView(
        member=item.member_id,
        own=own,
        answers=_read(item.answers) if own else shared or {},
        shared_answers=shared,
        shared_at=item.shared_at,
        version=item.version if own else None,
    )


def _of_ours(actor: Actor, key: UUID | str) -> Activity:
    """Return an activity that the actor's member is a party of, by its own word or a partner's."""
    activity = visibility.activity(actor, key)
    ours = activity.statements.filter(member=actor.member, standing=True).exists()
    if not ours and not _partners(actor, activity):
        raise NotAllowedError(
            _("%(member)s has no part in this activity: its parties assess it.")
            % {"member": actor.member}
        )
    return activity


def _partners(actor: Actor, activity: Activity) -> set[str]:
    """Members that shared a statement naming the reader's, or that the reader's shared names."""
    shared = activity.statements.filter(standing=True, shared__isnull=False)
    naming = shared.filter(shared__partners__member=actor.member)
    found = set(naming.values_list("member_id", flat=True))
    own = shared.filter(member=actor.member).values_list("shared__partners__member", flat=True)
    return (found | {code for code in own if code}) - {actor.member}


def _locked(actor: Actor, activity: Activity, expected_version: int) -> Assessment:
    """Return one's own assessment, locked, or a new one that is not written yet."""
    found = (
        Assessment.objects.select_for_update()
        .filter(activity=activity, member=actor.member)
        .first()
    )
    version = found.version if found is not None else NEW
    if version != expected_version:
        raise EditConflictError(
            _(
                "The assessment has version %(version)s; you had version %(expected)s: nothing of "
                "yours was saved; look at it again."
            )
            % {"version": version, "expected": expected_version}
        )
    return found or Assessment(activity=activity, member_id=actor.member, version=NEW)


def _write(
    actor: Actor,
    assessment: Assessment,
    action: str,
    before: dict[str, object],
    after: dict[str, object],
) -> Assessment:
    assessment.version += 1
    assessment.changed_at = timezone.now()
    assessment.save()
    told = {"activity": str(assessment.activity_id), "version": assessment.version, **after}
    audit.write(actor, [audit.Deed(action, "assessment", str(assessment.pk), before, told)])
    return assessment


def _stored(answers: Mapping[str, Answer]) -> dict[str, dict[str, object]]:
    """Return answers as they are kept, each checked."""
    stored: dict[str, dict[str, object]] = {}
    for code, answer in sorted(answers.items()):
        score, comment = answer.score, answer.comment.replace("\x00", "").strip()
        if not codelists.is_active(INDICATORS, code):
            raise RegisterError(
                _("“%(code)s” is no indicator in use: see the code list of indicators.")
                % {"code": code}
            )
        whole = isinstance(score, int) and not isinstance(score, bool)
        if score is not None and not (whole and LOWEST <= score <= HIGHEST):
            raise RegisterError(
                _(
                    "%(score)s is no score of %(code)s: it goes from %(lowest)s to %(highest)s, or "
                    "is left out where the indicator does not apply."
                )
                % {"score": score, "code": code, "lowest": LOWEST, "highest": HIGHEST}
            )
        if len(comment) > MAX_COMMENT:
            raise RegisterError(
                _("The comment on %(code)s has %(count)s characters; %(most)s are allowed.")
                % {"code": code, "count": len(comment), "most": MAX_COMMENT}
            )
        stored[code] = {"score": score, "comment": comment}
    return stored


def _read(stored: Mapping[str, Mapping[str, object]]) -> Answers:
    found: Answers = {}
    for code, answer in stored.items():
        score = answer.get("score")
        found[code] = Answer(
            score if isinstance(score, int) else None, str(answer.get("comment", ""))
        )
    return found
