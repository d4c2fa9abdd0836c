"""An activity's statements compared for a reader, with what people said of their contributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandung.register import codelists, visibility
from bandung.register.models import Pairing
from bandung.register.reconcile import Comparison, compare

if TYPE_CHECKING:
    from bandung.register.actor import Actor
    from bandung.register.models import Activity
    from bandung.register.reconcile import KeyPair
    from bandung.register.visibility import View


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Our statement and another member's of one activity.

    Attributes
    ----------
    ours, theirs
        The two as the reader sees them.
    comparison
        Field by field; our word on a pair goes before theirs, and both before the register's.
    paired_by_us, paired_by_them
        Keys of contributions, ours first, that each says are one.
    parted_by_us, parted_by_them
        Those that each says are two.
    """

    ours: View
    theirs: View
    comparison: Comparison
    paired_by_us: frozenset[KeyPair]
    paired_by_them: frozenset[KeyPair]
    parted_by_us: frozenset[KeyPair]
    parted_by_them: frozenset[KeyPair]

    @property
    def paired_by_both(self) -> frozenset[KeyPair]:
        """Pairs that both sides say are one: these are agreed."""
        return self.paired_by_us & self.paired_by_them


def side_by_side(actor: Actor, activity: Activity) -> tuple[SideBySide, ...]:
    """Return the reader's own statement beside each other one that it may see.

    Nothing where the reader's member has no statement of the activity.
    """
    seen = visibility.views(actor, activity)
    own = [view for view in seen if view.own]
    return tuple(beside(view, other) for view in own for other in seen if not other.own)


def beside(ours: View, theirs: View) -> SideBySide:
    """Compare two statements as a reader sees them.

    What people said of contributions is between the two: a third party sees the register's pairs.
    """
    we_pair, we_part = _words(ours, theirs) if ours.own else (frozenset(), frozenset())
    said, unsaid = _words(theirs, ours) if ours.own else (frozenset(), frozenset())
    they_pair, they_part = (frozenset((b, a) for a, b in pairs) for pairs in (said, unsaid))
    with codelists.held():
        comparison = compare(
            ours.revision.said(),
            theirs.revision.said(),
            members=(ours.statement.member_id, theirs.statement.member_id),
            group_of=_group_of,
            pairs=we_pair | {pair for pair in they_pair - we_part if _is_free(pair, we_pair)},
            apart=we_part | (they_part - we_pair),
        )
    return SideBySide(ours, theirs, comparison, we_pair, they_pair, we_part, they_part)


def _words(own: View, other: View) -> tuple[frozenset[KeyPair], frozenset[KeyPair]]:
    """Return the pairs that the first one's member says are one, and those it says are two."""
    rows = Pairing.objects.filter(
        member=own.statement.member_id, own=own.statement, other=other.statement
    )
    said = list(rows.values_list("own_key", "other_key", "same"))
    return (
        frozenset((a, b) for a, b, same in said if same),
        frozenset((a, b) for a, b, same in said if not same),
    )


def _is_free(pair: KeyPair, ours: frozenset[KeyPair]) -> bool:
    return all(pair[0] != a and pair[1] != b for a, b in ours)


def _group_of(modality: str) -> str:
    """Return a modality's group (A, B, C); one that no list knows is a group of its own."""
    found = codelists.find("modality", modality)
    return found.group if found and found.group else modality
