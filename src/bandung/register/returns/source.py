"""The lines of a member's return, from the register: its own statements, once approved."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from bandung.errors import NotAllowedError
from bandung.register import codelists
from bandung.register.actions.merging import brought_keys
from bandung.register.content import Contribution, in_language
from bandung.register.excel.codebook import Codebook, Option
from bandung.register.excel.registered import LISTS
from bandung.register.models import ExchangeRate, Merge, Response, Revision
from bandung.register.returns.lines import Line, Modality
from bandung.register.returns.rates import Rate, Rates
from bandung.register.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from bandung.register.actor import Actor

APPROVED = (Revision.State.APPROVED, Revision.State.SHARED, Revision.State.PUBLISHED)
"""What a return is made from: what the member itself stands by, whether or not it is shared yet."""
CHUNK = 500
NAMED = {"exclusion": ("exclusion",), "account": ("account",)}
USED_LISTS = ("modality", "unit", "exclusion", "reported_elsewhere")


def lines(actor: Actor, lang: str = "en", years: Collection[int] | None = None) -> Iterator[Line]:
    """Return the contributions that the actor's member states in its approved revisions.

    Of each statement the latest revision that was approved counts, whatever is being drafted. What
    a merge that was taken apart had brought over counts where it stands again, and only there.

    Parameters
    ----------
    lang
        The language of titles, where a statement has it.
    years
        Years in which a period may end; contributions without a period are returned in any case.

    Raises
    ------
    NotAllowedError
        When the actor belongs to no member.
    """
    if not actor.member:
        raise NotAllowedError(
            _("%(name)s belongs to no member: a return is a member's own") % {"name": actor.name}
        )
    responses = _responses(actor.member)
    given_back = _given_back(actor.member)
    rows = (
        Revision.objects.filter(
            statement__member=actor.member, statement__standing=True, state__in=APPROVED
        )
        .order_by("statement__reference", "-number")
        .values_list("statement_id", "statement__reference", "statement__activity_id", "content")
    )
    last = None
    for statement, reference, activity, content in rows.iterator(chunk_size=CHUNK):
        if statement == last:
            continue
        last = statement
        said = json.loads(content)
        elsewhere = tuple(said.get("reported_elsewhere", ()))
        title = in_language(said.get("titles", {}), lang)
        for record in said.get("contributions", ()):
            if years is not None and _year(record) not in {None, *years}:
                continue
            item = Contribution.model_validate(record)
            if (statement, item.key) in given_back:
                continue
            objected = _objection(responses.get(statement, {}), item)
            yield Line(reference, str(activity), title, item, objected, elsewhere)


def rates() -> Rates:
    """Return the exchange rates that stand in the register."""
    standing = ExchangeRate.objects.filter(superseded_by=None).order_by("batch", "pk")
    return Rates.of(
        Rate(row.currency, row.year, row.on, row.usd_per_unit.normalize(), row.source)
        for row in standing.iterator(chunk_size=CHUNK)
    )


def modalities() -> Mapping[str, Modality]:
    """Return the register's modalities, withdrawn ones among them."""
    listing = codelists.standing().listing("modality")
    return {
        entry.code: Modality(
            code=entry.code,
            group=entry.group,
            exclusion=entry.exclusion,
            account=entry.properties.get("account", ""),
            account_received=entry.properties.get("account_received", ""),
        )
        for entry in listing.entries
    }


def names() -> Codebook:
    """Return the names of the codes that a return shows."""
    with codelists.held():
        standing = codelists.standing()
        return Codebook.of(
            {
                name: tuple(
                    Option(entry.code, entry.names)
                    for part in parts
                    for entry in standing.listing(part).entries
                )
                for name, parts in {**LISTS, **NAMED}.items()
            }
        )


def versions() -> Mapping[str, int]:
    """Return the versions of the code lists that a return is made with."""
    with codelists.held():
        return {name: codelists.version(name) for name in USED_LISTS}


def _responses(member: str) -> dict[object, dict[tuple[str, str], str | None]]:
    """Return the standing responses to a member's statements, by key and responding member.

    The reason of an objection; None where it accepts.
    """
    found: dict[object, dict[tuple[str, str], str | None]] = defaultdict(dict)
    standing = Response.objects.filter(statement__member=member, withdrawn_at=None)
    for row in standing.exclude(member=member).iterator(chunk_size=CHUNK):
        reason = row.reason if row.kind == Response.Kind.OBJECTS else None
        found[row.statement_id][row.contribution_key, row.member_id] = reason
    return found


def _given_back(member: str) -> set[tuple[object, str]]:
    """Return, by statement and key, contributions that have gone back to where they came from."""
    undone = Merge.objects.filter(
        kept__member=member, undone_at__isnull=False, absorbed__standing=True
    ).select_related("absorbed__working")
    return {(made.kept_id, key) for made in undone for key in brought_keys(made.absorbed)}


def _objection(of: Mapping[tuple[str, str], str | None], item: Contribution) -> str | None:
    """Return why the receiving member objects: to this contribution, else to all it receives."""
    receiver = item.receiver or ""
    own = (item.key, receiver)
    return of[own] if own in of else of.get(("", receiver))


def _year(record: Mapping[str, str]) -> int | None:
    day = record.get("period_end") or record.get("period_start")
    return int(day[:4]) if day else None
