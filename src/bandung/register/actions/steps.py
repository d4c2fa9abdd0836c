"""Which steps a person may take with a statement now: what the page offers as buttons.

The actions decide when the step is taken; here is what they would say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandung.register.models import Person, Revision

if TYPE_CHECKING:
    from bandung.register.actor import Actor
    from bandung.register.models import Statement

State = Revision.State
Role = Person.Role
EDIT, APPROVE, RETURN, SHARE = "edit", "approve", "return", "share"
PUBLISH, WITHDRAW, DISCARD = "publish", "withdraw", "discard"


def possible(actor: Actor, statement: Statement) -> tuple[str, ...]:
    """Return the steps, the one that leads on first."""
    revision = statement.working
    if statement.member_id != actor.member or not statement.standing or revision is None:
        return ()
    if not actor.acts_for(statement.agency_id):
        return ()
    state = State(revision.state)
    approvable = {State.DRAFT}
    if actor.may(Role.FOCAL_POINT):
        approvable.add(State.AGENCY_APPROVED)
    shown = statement.shared is not None or statement.published is not None
    ever = shown or statement.revisions.filter(state__in=[State.SHARED, State.PUBLISHED]).exists()
    offered = (
        (APPROVE, Role.APPROVER, state in approvable),
        (SHARE, Role.FOCAL_POINT, state == State.APPROVED),
        (PUBLISH, Role.FOCAL_POINT, state == State.SHARED),
        (EDIT, Role.EDITOR, True),
        (RETURN, Role.APPROVER, state in {State.AGENCY_APPROVED, State.APPROVED}),
        (WITHDRAW, Role.FOCAL_POINT, shown),
        (DISCARD, Role.EDITOR, not ever),
    )
    return tuple(step for step, role, fits in offered if fits and actor.may(role))
