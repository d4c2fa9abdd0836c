"""What is missing or wrong in a statement before its member can approve it.

`Content` refuses what can never be right; here are the rules that a draft may break for a while,
and those that ask the register's code lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pycountry
from django.utils.translation import gettext_lazy as _

from bandung.register import codelists
from bandung.register.content import MONEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bandung.register.content import Content, Contribution, Valuation

WHOLE = Decimal(100)
ROUNDING = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend.

    Attributes
    ----------
    field
        Where, as in ``"contributions.0.unit"``.
    message
        A lazy sentence, with `values` still to be filled in.
    blocks
        Whether the statement cannot be approved with it; else it is advice.
    """

    field: str
    message: object
    values: tuple[tuple[str, str], ...] = ()
    blocks: bool = True

    def __str__(self) -> str:
        return str(self.message) % dict(self.values)


def problems(content: Content, member: str) -> tuple[Problem, ...]:
    """Return everything that is missing or wrong in a member's content.

    Parameters
    ----------
    member
        Alpha-3 code of the member whose statement it is.
    """
    with codelists.held():
        return (
            *_heading(content, member),
            *_classification(content),
            *(
                problem
                for place, item in enumerate(content.contributions)
                for problem in _contribution(item, f"contributions.{place}", content, member)
            ),
        )


def is_currency(code: str) -> bool:
    """Whether a text is an ISO 4217 currency code."""
    return len(code) == 3 and pycountry.currencies.get(alpha_3=code) is not None


def _heading(content: Content, member: str) -> Iterator[Problem]:
    if not any(content.titles.values()):
        yield Problem("titles", _("Give the activity a title, in any language."))
    if not any(content.descriptions.values()):
        yield Problem(
            "descriptions", _("Say in a sentence or two what is being done."), blocks=False
        )
    if not content.partners:
        yield Problem("partners", _("Name the partner."))
    if member in content.partners:
        yield Problem("partners", _("A member is not its own partner: name the other one."))
    if content.start is None:
        yield Problem("actual_start", _("Say when it began, or is to begin."))
    if not content.contributions:
        yield Problem(
            "contributions", _("Say what was given or received, if anything was."), blocks=False
        )


def _classification(content: Content) -> Iterator[Problem]:
    if not content.sectors:
        yield Problem("sectors", _("Name the sector."))
    yield from _sectors(content)
    for place, code in enumerate(content.targets):
        name = "sdg_target" if "." in code else "sdg_goal"
        if not codelists.is_active(name, code):
            yield _unknown(f"targets.{place}", code)
    for place, body in enumerate(content.bodies):
        if body.kind and not codelists.is_active("body_kind", body.kind):
            yield _unknown(f"bodies.{place}.kind", body.kind)
    for place, code in enumerate(content.reported_elsewhere):
        if not codelists.is_active("reported_elsewhere", code):
            yield _unknown(f"reported_elsewhere.{place}", code)


def _sectors(content: Content) -> Iterator[Problem]:
    for place, sector in enumerate(content.sectors):
        if sector.vocabulary != "own" and not codelists.is_active(
            f"sector_{sector.vocabulary}", sector.code
        ):
            yield _unknown(f"sectors.{place}.code", sector.code)
    for vocabulary in sorted({sector.vocabulary for sector in content.sectors}):
        shares = [s.share for s in content.sectors if s.vocabulary == vocabulary]
        stated = [share for share in shares if share is not None]
        if stated and (len(stated) < len(shares) or abs(sum(stated) - WHOLE) > ROUNDING):
            yield Problem(
                "sectors",
                _("The shares of the sectors add up to %(sum)s; they should add up to 100."),
                (("sum", str(sum(stated))),),
            )


def _contribution(
    item: Contribution, field: str, content: Content, member: str
) -> Iterator[Problem]:
    modality = codelists.find("modality", item.modality)
    if modality is None or not modality.active:
        yield _unknown(f"{field}.modality", item.modality)
    if item.quantity is None:
        yield Problem(f"{field}.quantity", _("Say how much, or how many."))
    elif item.quantity < 0:
        yield Problem(
            f"{field}.quantity",
            _("A quantity below zero: enter what was given back as a contribution of its own."),
        )
    if not codelists.is_active("unit", item.unit):
        yield _unknown(f"{field}.unit", item.unit)
    elif modality is not None and item.unit not in modality.units:
        yield Problem(
            f"{field}.unit",
            _("%(modality)s is not counted in %(unit)s; its units are %(units)s."),
            (
                ("modality", item.modality),
                ("unit", item.unit),
                ("units", ", ".join(modality.units)),
            ),
            blocks=False,
        )
    if item.unit == MONEY and not is_currency(item.currency):
        yield _no_currency(f"{field}.currency", item.currency)
    yield from _parties(item, field, content, member)
    if item.year is None:
        yield Problem(f"{field}.period_end", _("Say when it was, or is to be, given."))
    if item.exclusion and not codelists.is_active("exclusion", item.exclusion):
        yield _unknown(f"{field}.exclusion", item.exclusion)
    if item.valuation is not None:
        yield from _valuation(item.valuation, f"{field}.valuation")


def _parties(item: Contribution, field: str, content: Content, member: str) -> Iterator[Problem]:
    parties = {member, *content.partners}
    for side, code, name in (
        ("provider", item.provider, item.provider_name),
        ("receiver", item.receiver, item.receiver_name),
    ):
        if code is None and not name:
            yield Problem(f"{field}.{side}", _("Say who gave it, and who received it."))
        elif code is not None and code not in parties:
            yield Problem(
                f"{field}.{side}",
                _("%(member)s is no party of this activity: name it as a partner too."),
                (("member", code),),
            )
    if item.provider is not None and item.provider == item.receiver:
        yield Problem(f"{field}.receiver", _("Who gave it cannot be who received it."))


def _valuation(item: Valuation, field: str) -> Iterator[Problem]:
    if not is_currency(item.currency):
        yield _no_currency(f"{field}.currency", item.currency)
    if not codelists.is_active("valuation_method", item.method):
        yield Problem(
            f"{field}.method", _("Say by which method the value was found: every reader sees it.")
        )
    if item.amount < 0:
        yield Problem(f"{field}.amount", _("A value below zero."))


def _unknown(field: str, code: str) -> Problem:
    return Problem(
        field,
        _("“%(code)s” is not in the list: choose one of its entries."),
        (("code", code),),
    )


def _no_currency(field: str, code: str) -> Problem:
    return Problem(
        field,
        _("“%(code)s” is no currency: write its three letters, as in USD."),
        (("code", code),),
    )
