"""What a content says, line by line in the reader's language, and where two contents differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext as _

from bandung.register.content import in_language
from bandung.register.pages import localised, words
from bandung.register.templatetags import register_text as text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bandung.register.content import Content, Contribution, Valuation

DATES = ("planned_start", "planned_end", "actual_start", "actual_end")


class Line(NamedTuple):
    """One thing said: its label, and what is said in words."""

    label: str
    said: str


class Difference(NamedTuple):
    """A thing said otherwise before and after; empty where nothing is said."""

    label: str
    before: str
    after: str


def lines(content: Content) -> tuple[Line, ...]:
    """Return everything a content says, in the order of the form."""
    said = (*_wording(content), *_facts(content), *_lists(content))
    return tuple(Line(str(label), str(text_said)) for label, text_said in said if text_said)


def differences(before: Content, after: Content) -> tuple[Difference, ...]:
    """Return what is said otherwise in the second of two contents."""
    old, new = _by_label(before), _by_label(after)
    labels = list(dict.fromkeys([*new, *old]))
    return tuple(
        Difference(label, "\n".join(old.get(label, ())), "\n".join(new.get(label, ())))
        for label in labels
        if old.get(label) != new.get(label)
    )


def contribution(item: Contribution) -> str:
    """Say a contribution in one line."""
    return " · ".join(parts(item))


def parts(item: Contribution) -> tuple[str, ...]:
    """Say a contribution part by part, its modality first."""
    said = (
        text.code_label(item.modality, "modality") or _("Contribution"),
        text.amount(item),
        between(item),
        text.period(item),
        words.word("stage", item.stage),
        value(item.valuation),
        text.code_label(item.exclusion, "exclusion"),
        localised.isolated(item.note),
        localised.isolated(item.reference),
    )
    return tuple(part for part in said if part)


def between(item: Contribution) -> str:
    """Say who gave it to whom."""
    giver = text.member_name(item.provider) or localised.isolated(item.provider_name)
    taker = text.member_name(item.receiver) or localised.isolated(item.receiver_name)
    if giver and taker:
        return _("%(giver)s to %(taker)s") % {"giver": giver, "taker": taker}
    if giver:
        return _("given by %(giver)s") % {"giver": giver}
    return _("received by %(taker)s") % {"taker": taker} if taker else ""


def value(item: Valuation | None) -> str:
    """Say what it is stated to be worth, and by which method."""
    if item is None:
        return ""
    amount = text.money(item.amount, item.currency)
    method = text.code_label(item.method, "valuation_method")
    if not method:
        return _("worth %(amount)s") % {"amount": amount}
    return _("worth %(amount)s (%(method)s)") % {"amount": amount, "method": method}


def _in(label: str, code: str) -> str:
    return _("%(field)s (%(language)s)") % {"field": label, "language": text.language_name(code)}


def _by_label(content: Content) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for label, said in lines(content):
        found[label] = (*found.get(label, ()), said)
    return found


def _sectors(content: Content) -> str:
    named = []
    for item in content.sectors:
        label = text.sector_label(item)
        if item.share is not None:
            label = _("%(sector)s, %(share)s") % {
                "sector": label,
                "share": localised.percent(item.share / 100),
            }
        named.append(label)
    return localised.joined(named)


def _place(place: object) -> str:
    name = getattr(place, "name", "")
    country = text.member_name(getattr(place, "country", None))
    latitude, longitude = getattr(place, "latitude", None), getattr(place, "longitude", None)
    where = localised.coordinates(latitude, longitude)
    return localised.parted((localised.isolated(name), country, where))


def _result(result: object) -> str:
    title = in_language(getattr(result, "title", {}), localised.lang())
    unit = str(getattr(result, "unit", ""))
    figures = [
        _("%(name)s %(figure)s") % {"name": str(label), "figure": text.measured(figure, unit)}
        for label, figure in (
            (_("before"), getattr(result, "baseline", None)),
            (_("aimed at"), getattr(result, "target", None)),
            (_("reached"), getattr(result, "actual", None)),
        )
        if figure is not None
    ]
    said = localised.joined(figures)
    if title and said:
        return _("%(label)s: %(said)s") % {"label": localised.isolated(title), "said": said}
    return said or str(title)


def _wording(content: Content) -> Iterator[tuple[object, str]]:
    for name, texts in (("title", content.titles), ("description", content.descriptions)):
        for code, said in sorted(texts.items()):
            yield _in(str(words.FIELD[name]), code), said


def _facts(content: Content) -> Iterator[tuple[object, str]]:
    field = words.FIELD
    yield field["role"], words.word("role", content.role)
    yield field["partners"], localised.member_names(content.partners)
    yield field["status"], words.word("status", content.status)
    for name in DATES:
        yield field[name], text.day(getattr(content, name))
    yield field["sectors"], _sectors(content)
    yield field["targets"], localised.joined(text.target_label(code) for code in content.targets)
    for name in ("adaptation", "mitigation"):
        value = getattr(content, name)
        yield field[name], words.word("marker", value) if value is not None else ""
    yield field["places"], localised.joined(_place(place) for place in content.places)


def _lists(content: Content) -> Iterator[tuple[object, str]]:
    field = words.FIELD
    for body in content.bodies:
        yield words.word("body_role", body.role), body.name or body.reference
    for number, item in enumerate(content.contributions, start=1):
        label = _("Contribution %(number)s") % {"number": localised.number(number)}
        yield label, contribution(item)
    for result in content.results:
        yield field["results"], _result(result)
    for document in content.documents:
        title = in_language(document.title, localised.lang())
        yield field["documents"], f"{title} {document.url}".strip()
    labels = [text.code_label(code, "reported_elsewhere") for code in content.reported_elsewhere]
    yield field["reported_elsewhere"], localised.joined(labels)
    yield field["identifier"], content.identifier
