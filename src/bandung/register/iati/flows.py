"""Transactions and planned disbursements of a file, as contributions."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bandung.register.content import MAX_TEXT, MONEY, Contribution, Valuation
from bandung.register.iati import mapping, names, own, values
from bandung.register.iati.mapping import Flow
from bandung.register.translation import gettext as _

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from bandung.register.iati.parsing import Element
    from bandung.register.iati.values import Notebook

KEY_LENGTH = 12
PLANNED = Flow("planned disbursement", "planned")


@dataclass(frozen=True, slots=True)
class Side:
    """Who gives, or who receives: a member, and the name of an organisation."""

    member: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a transaction inherits from its activity.

    Attributes
    ----------
    identifier : str
        Of the activity.
    giver, taker : Side
        Who gives and who receives where a transaction does not say.
    """

    identifier: str
    giver: Side
    taker: Side


def contributions(activity: Element, setting: Setting, book: Notebook) -> tuple[Contribution, ...]:
    """Return the contributions of an activity, those of ours in the order they were in.

    Raises
    ------
    UnreadableError
        A date is none.
    pydantic.ValidationError
        Something cannot be kept.
    """
    reader = _Flows(activity, setting, book)
    ours = [
        (own.position_of(element), own.contribution(element))
        for element in activity.iterfind(f"{own.STATEMENT}/{own.CONTRIBUTION}")
    ]
    others: list[Contribution] = []
    for element in (*activity.iterfind("transaction"), *activity.iterfind("planned-disbursement")):
        mine = element.find(own.CONTRIBUTION)
        if mine is not None:
            ours.append((own.position_of(mine), _checked(mine, element, book)))
            continue
        read = reader.planned if element.tag == "planned-disbursement" else reader.transaction
        found = read(element)
        if found is not None:
            others.append(found)
    ours.sort(key=lambda pair: pair[0])
    return (*(item for _, item in ours), *others)


def _checked(mine: Element, element: Element, book: Notebook) -> Contribution:
    """Return our own contribution, with the amount of IATI's element where it was changed since."""
    item = own.contribution(mine)
    stated = own.amount(item)
    value = values.number(element.findtext("value"))
    if stated is None or value is None or stated[0] == value:
        return item
    book.note(
        element,
        _("the amount is %(value)s, no longer %(stated)s as it was exported; %(value)s was taken")
        % {"value": value, "stated": stated[0]},
    )
    return own.with_amount(item, value)


class _Flows:
    """Reads the flows of one activity; equal ones are told apart by their order."""

    def __init__(self, activity: Element, setting: Setting, book: Notebook) -> None:
        self.activity = activity
        self.setting = setting
        self.book = book
        self.seen: Counter[str] = Counter()
        tags = [
            (tag.get("code") or "").strip()
            for tag in activity.iterfind("tag")
            if tag.get("vocabulary-uri") == own.MODALITY_URI
        ]
        self.tagged = tags[0] if len(tags) == 1 else ""

    def transaction(self, element: Element) -> Contribution | None:
        """Read a transaction; None, and counted, if it is none that gives."""
        kind = element.find("transaction-type")
        code = (kind.get("code") or "").strip() if kind is not None else ""
        flow = mapping.FLOWS.get(code)
        if flow is None:
            self.book.left_out["transaction of an unknown type"] += 1
            return None
        if flow.stage is None:
            self.book.left_out[f"transaction: {flow.name}"] += 1
            return None
        day = values.date(element.find("transaction-date"), self.book)
        self._count_extras(element)
        return self._contribution(element, flow, code, (day, day))

    def planned(self, element: Element) -> Contribution | None:
        """Read a planned disbursement."""
        start = values.date(element.find("period-start"), self.book)
        end = values.date(element.find("period-end"), self.book)
        return self._contribution(element, PLANNED, "planned", (start, end))

    def _count_extras(self, element: Element) -> None:
        for tag in ("recipient-region", "tied-status"):
            if element.find(tag) is not None:
                self.book.left_out[f"transaction/{tag}"] += 1

    def _contribution(
        self, element: Element, flow: Flow, code: str, period: tuple[dt.date | None, dt.date | None]
    ) -> Contribution | None:
        money = self._money(element)
        if money is None:
            return None
        amount, currency, value_date = money
        giver, taker = self._sides(element, flow)
        channel = _code(element, "disbursement-channel")
        in_kind = channel in mapping.IN_KIND_CHANNELS
        note = values.one_text(element.find("description"), self.book, MAX_TEXT)
        fields: dict[str, Any] = {
            "modality": self._modality(element, code, in_kind=in_kind),
            "stage": flow.stage,
            "provider": giver.member,
            "provider_name": giver.name,
            "receiver": taker.member,
            "receiver_name": taker.name,
            "period_start": period[0],
            "period_end": period[1],
            "note": note,
            "reference": values.fitting(element.get("ref") or "", element, self.book),
        }
        if in_kind:
            fields["valuation"] = Valuation(amount=amount, currency=currency, price_date=value_date)
        else:
            fields |= {"quantity": amount, "unit": MONEY, "currency": currency}
        fields["key"] = self._key(code, channel, fields)
        return Contribution.model_validate(fields)

    def _key(self, code: str, channel: str, fields: dict[str, Any]) -> str:
        """Return a key that the same flow of the same activity has in every import."""
        valued = fields.get("valuation")
        amount: Decimal = valued.amount if valued else fields["quantity"]
        told = [self.setting.identifier, code, channel, own.text(amount.normalize())]
        told += [
            own.text(fields.get(name))
            for name in (
                "currency",
                "period_start",
                "period_end",
                "provider",
                "provider_name",
                "receiver",
                "receiver_name",
                "reference",
                "note",
            )
        ]
        same = "\x1f".join(told)
        self.seen[same] += 1
        return hashlib.sha256(f"{same}\x1f{self.seen[same]}".encode()).hexdigest()[:KEY_LENGTH]

    def _money(self, element: Element) -> tuple[Decimal, str, dt.date | None] | None:
        value = element.find("value")
        text = (value.text or "").strip() if value is not None else ""
        amount = values.number(text)
        if value is None or amount is None:
            self.book.left_out["transaction whose value is no number"] += 1
            self.book.note(
                element,
                _("the value '%(value)s' is no number; the flow was left out")
                % {"value": text[:40]},
            )
            return None
        currency = (value.get("currency") or self.activity.get("default-currency") or "").strip()
        if not currency:
            self.book.left_out["transaction without a currency"] += 1
            self.book.note(
                element,
                _("%(amount)s is of no stated currency; the flow was left out")
                % {"amount": amount},
            )
            return None
        return amount, currency[:40], self._value_date(value)

    def _value_date(self, value: Element) -> dt.date | None:
        try:
            return values.date(value, self.book, "value-date")
        except values.UnreadableError as error:
            self.book.note(value, _("%(problem)s; it was left out") % {"problem": error.reason})
            self.book.left_out["value-date that is no date"] += 1
            return None

    def _sides(self, element: Element, flow: Flow) -> tuple[Side, Side]:
        giver, taker = self.setting.giver, self.setting.taker
        if flow.incoming and giver.member == self.book.member:
            giver, taker = Side(), giver
        country = element.find("recipient-country")
        if country is not None and not flow.incoming:
            found = names.member(country.get("code") or "")
            taker = Side(found) if found else taker
        return (
            self._side(element.find("provider-org"), giver),
            self._side(element.find("receiver-org"), taker),
        )

    def _side(self, element: Element | None, otherwise: Side) -> Side:
        """Return who an organisation stands for; a body stands for the member it acts for."""
        if element is None:
            return otherwise
        name = values.one_text(element, self.book)
        reference = values.fitting(element.get("ref") or "", element, self.book)
        found = names.organisation(name, reference)
        if found:
            return Side(found, "" if names.country(name) else name)
        if not name and not reference:
            return otherwise
        return Side(otherwise.member, name or reference)

    def _modality(self, element: Element, code: str, *, in_kind: bool) -> str:
        if self.tagged:
            return self.tagged[:40]
        finance, aid, flow = (
            _code(element, name) or _code(self.activity, f"default-{name}")
            for name in ("finance-type", "aid-type", "flow-type")
        )
        found = mapping.modality(finance, aid, flow, in_kind=in_kind, transaction=code)
        if not found:
            found = mapping.PLAIN
            self.book.left_out[
                f"finance type {finance} of a transaction"
                if finance
                else "kind of finance, which is not stated (read as a grant)"
            ] += 1
        return found


def _code(holder: Element, tag: str) -> str:
    for element in holder.iterfind(tag):
        if (element.get("vocabulary") or "1").strip() == "1":
            return (element.get("code") or "").strip()
    return ""
