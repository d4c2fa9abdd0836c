"""Contributions as IATI's transactions and planned disbursements, where IATI can hold them.

A transaction demands an amount of money and a day that has come; a contribution without them
stands in the register's own element only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from bandung.codes import countries
from bandung.register.content import MONEY
from bandung.register.iati import mapping, own
from bandung.register.iati.mapping import Terms

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from bandung.register.content import Content, Contribution
    from bandung.register.iati.parsing import Element

BILATERAL, TRIANGULAR = "1", "8"
NO_TERMS = Terms()


def add_flows(
    activity: Element,
    statement: Element,
    content: Content,
    member: str,
    today: dt.date,
    terms: Mapping[str, Terms],
) -> None:
    """Write collaboration type, defaults, planned disbursements and transactions, in this order.

    Contributions that IATI cannot hold are added to the statement.
    """
    collaboration = _collaboration(content)
    if collaboration:
        etree.SubElement(activity, "collaboration-type", code=collaboration)
    _defaults(activity, content, terms)
    placed = [
        (position, item, _place(item, today)) for position, item in enumerate(content.contributions)
    ]
    for position, item, place in placed:
        if place == "planned":
            _planned(activity, item, position)
    for position, item, place in placed:
        if place == "transaction":
            _transaction(activity, item, position, member, terms.get(item.modality, NO_TERMS))
        elif place == "statement":
            own.add_contribution(statement, item, position)


def _collaboration(content: Content) -> str:
    """Triangular: the account is a third party's, or several members give to another one."""
    receivers = {item.receiver for item in content.contributions if item.receiver}
    givers = {item.provider for item in content.contributions if item.provider} - receivers
    if content.role == "facilitates" or (len(givers) > 1 and receivers):
        return TRIANGULAR
    return BILATERAL if content.partners else ""


def _defaults(activity: Element, content: Content, terms: Mapping[str, Terms]) -> None:
    known = [terms.get(item.modality, NO_TERMS) for item in content.contributions]
    finance = {item.finance_type for item in known}
    aid = {item.aid_type for item in known}
    if len(finance) == 1 and "" not in finance:
        etree.SubElement(activity, "default-finance-type", code=finance.pop())
    if len(aid) == 1 and "" not in aid:
        etree.SubElement(activity, "default-aid-type", vocabulary="1", code=aid.pop())


def _place(item: Contribution, today: dt.date) -> str:
    if own.amount(item) is None:
        return "statement"
    if item.stage == "planned":
        return "planned" if item.period_start else "statement"
    day = item.period_end or item.period_start
    return "transaction" if day and day <= today else "statement"


def _planned(activity: Element, item: Contribution, position: int) -> None:
    element = etree.SubElement(activity, "planned-disbursement", type="1")
    start = item.period_start
    if start is None:
        return
    etree.SubElement(element, "period-start", {"iso-date": start.isoformat()})
    if item.period_end:
        etree.SubElement(element, "period-end", {"iso-date": item.period_end.isoformat()})
    _value(element, item, start)
    _sides(element, item)
    own.add_contribution(element, item, position)


def _transaction(
    activity: Element, item: Contribution, position: int, member: str, terms: Terms
) -> None:
    day = item.period_end or item.period_start
    if day is None:
        return
    incoming = item.receiver == member and item.provider != member
    types = mapping.INCOMING_TYPES if incoming else mapping.OUTGOING_TYPES
    element = etree.SubElement(activity, "transaction")
    etree.SubElement(element, "transaction-type", code=types[item.stage])
    etree.SubElement(element, "transaction-date", {"iso-date": day.isoformat()})
    _value(element, item, day)
    _sides(element, item)
    in_kind = terms.disbursement_channel in mapping.IN_KIND_CHANNELS and item.unit != MONEY
    if in_kind:
        etree.SubElement(element, "disbursement-channel", code=terms.disbursement_channel)
    if terms.finance_type:
        etree.SubElement(element, "finance-type", code=terms.finance_type)
    if terms.aid_type:
        etree.SubElement(element, "aid-type", vocabulary="1", code=terms.aid_type)
    own.add_contribution(element, item, position)


def _value(element: Element, item: Contribution, day: dt.date) -> None:
    """Write the amount, as of its price date unless that is after the day itself."""
    stated = own.amount(item)
    if stated is None:
        return
    amount, currency = stated
    priced = item.valuation.price_date if item.unit != MONEY and item.valuation else None
    of = priced if priced and priced <= day else day
    value = etree.SubElement(element, "value", {"currency": currency, "value-date": of.isoformat()})
    value.text = own.text(amount)


def _sides(element: Element, item: Contribution) -> None:
    for tag, code, name in (
        ("provider-org", item.provider, item.provider_name),
        ("receiver-org", item.receiver, item.receiver_name),
    ):
        said = name or (countries.name(code) if code else "")
        if said:
            side = etree.SubElement(element, tag)
            etree.SubElement(side, "narrative").text = said
