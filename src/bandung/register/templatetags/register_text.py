"""Names, words, numbers and dates as the reader's language writes them.

In a template: ``{% load register_text %}``, then ``{{ "BRA"|member_name }}``,
``{{ code|code_label:"modality" }}``, ``{{ value|number }}``, ``{{ date|day }}``,
``{{ time|moment }}``, ``{{ state|word:"state" }}``, ``{{ contribution|amount }}``.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext as _

from bandung.codes import countries
from bandung.errors import EditConflictError, IncompleteError, NotAllowedError
from bandung.register import codelists
from bandung.register.content import MONEY, Content
from bandung.register.pages import localised, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import BoundField
    from django.utils.safestring import SafeString

    from bandung.register.pages.entry import Entry

register = template.Library()

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


class Counted(Protocol):
    """A quantity in a unit."""

    @property
    def quantity(self) -> Decimal | None:
        """How much."""

    @property
    def unit(self) -> str:
        """Code of the unit."""

    @property
    def currency(self) -> str:
        """Letters of the currency, where the unit is money."""


class Dated(Protocol):
    """Something given over a period."""

    @property
    def period_start(self) -> dt.date | None:
        """First day."""

    @property
    def period_end(self) -> dt.date | None:
        """Last day."""


@register.filter
def member_name(code: object) -> str:
    """Name a country in the page's language."""
    return countries.name(str(code), localised.lang()) if code else ""


@register.filter
def member_names(codes: Iterable[str]) -> str:
    """Name countries as a list, in the order of the language's alphabet."""
    return localised.member_names(str(code) for code in codes)


@register.filter
def code_label(code: object, name: str) -> str:
    """Return what a code of a code list is called in the page's language."""
    return codelists.label(name, str(code), localised.lang()) if code else ""


@register.filter
def unit_label(code: object) -> str:
    """Return what a unit is called in the middle of a line."""
    label = code_label(code, "unit")
    return label if label == code else label[:1].lower() + label[1:]


def counted(value: Decimal, unit: str) -> str:
    """Write a quantity: the number, and its unit in the form that the number asks for.

    Where the list of units has no form for the number, the unit is called by its name. Arabic says
    one and two by the form of the word, without a figure.
    """
    lang, form = localised.lang(), localised.plural_form(value)
    entry = codelists.find("unit", unit)
    said = entry.counted(form, lang) if entry else ""
    if said and (lang, form) in codelists.SAID_WITHOUT_FIGURE:
        return said
    label = said or unit_label(unit)
    return f"{number(value)}{localised.NO_BREAK}{label}" if label else number(value)


@register.filter
def unit_of(code: str, value: Decimal) -> str:
    """Return what a unit is called in a column beside that of the number."""
    lang, form = localised.lang(), localised.plural_form(value)
    entry = codelists.find("unit", code)
    beside = "other" if (lang, form) in codelists.SAID_WITHOUT_FIGURE else form
    return (entry.counted(beside, lang) if entry else "") or unit_label(code)


def measured(value: Decimal, unit: str) -> str:
    """Write a figure in what somebody measured it in: a unit of the list, or words of their own."""
    if codelists.find("unit", unit):
        return counted(value, unit)
    return f"{number(value)}{localised.NO_BREAK}{localised.isolated(unit)}".rstrip()


@register.filter
def sector_label(sector: object) -> str:
    """Name a sector (an object or pair of vocabulary and code)."""
    vocabulary, code = (
        sector
        if isinstance(sector, tuple)
        else (getattr(sector, "vocabulary"), getattr(sector, "code"))  # noqa: B009 - rows of the index and parts of a content alike
    )
    if vocabulary == "own":
        return str(code)
    return code_label(code, f"sector_{vocabulary}")


@register.filter
def target_label(code: object) -> str:
    """Name an SDG target or goal with its number."""
    text = str(code)
    name = code_label(text, "sdg_target" if "." in text else "sdg_goal")
    return f"{localised.digits(text)} {name}" if name != text else text


@register.filter
def word(code: object, kind: str) -> str:
    """Return what a role, state, stage, status or field is called."""
    return words.word(kind, code) if code not in (None, "") else ""


@register.filter
def number(value: object, decimals: int | None = None) -> str:
    """Write a number; without `decimals` with those it has."""
    if value is None or value == "":
        return ""
    return localised.number(
        value if isinstance(value, Decimal | float) else Decimal(str(value)), decimals
    )


@register.filter
def percent(share: object, decimals: int = 0) -> str:
    """Write a share of one as percent."""
    return "" if share is None else localised.percent(Decimal(str(share)), decimals)


@register.filter
def year(value: object) -> str:
    """Write a year, without a separator of thousands."""
    return "" if value is None else localised.digits(str(value))


@register.filter
def day(value: object) -> str:
    """Write a date."""
    if isinstance(value, dt.datetime):
        value = value.date()
    return localised.day(value) if isinstance(value, dt.date) else ""


@register.filter
def moment(value: object) -> str:
    """Write a day and time of day."""
    return localised.moment(value) if isinstance(value, dt.datetime) else ""


@register.filter
def clock(value: object) -> str:
    """Write a time of day."""
    return localised.clock(value) if isinstance(value, dt.datetime) else ""


@register.filter
def money(value: object, currency: str) -> str:
    """Write an amount with the letters of its currency."""
    return "" if value is None else f"{number(value)}{localised.NO_BREAK}{currency}"


@register.filter
def amount(item: Counted) -> str:
    """Write how much was given: the number and its unit, or the amount and its currency."""
    if item.quantity is None:
        return ""
    if item.unit == MONEY:
        return money(item.quantity, item.currency)
    return counted(item.quantity, item.unit)


@register.filter
def period(item: Dated) -> str:
    """Write the days from which and to which something was given."""
    start, end = day(item.period_start), day(item.period_end)
    if start and end and start != end:
        return _("%(start)s to %(end)s") % {"start": start, "end": end}
    return start or end


@register.filter
def title_of(said: object) -> SafeString | str:
    """Return the title of a content or revision, marked with the language it is in."""
    content = said if isinstance(said, Content) else said.said()  # type: ignore[attr-defined]
    return text_in(content.titles)


@register.filter
def text_in(texts: dict[str, str]) -> SafeString | str:
    """Return a text in the page's language, else in another, marked with the language it is in."""
    lang = localised.lang()
    for code in (lang, "en", *sorted(texts)):
        if texts.get(code):
            direction = "rtl" if code in RIGHT_TO_LEFT else "ltr"
            if code == lang:
                return texts[code]
            return format_html('<bdi lang="{}" dir="{}">{}</bdi>', code, direction, texts[code])
    return ""


@register.filter
def language_name(code: str) -> str:
    """Name a language in that language."""
    return words.LANGUAGE_NAMES.get(code, code)


@register.filter
def refusal(error: Exception) -> str:
    """Say in the page's language what kind of refusal it is."""
    if isinstance(error, EditConflictError):
        return _(
            "Somebody else changed it since you loaded the page. Nothing of yours was saved: "
            "load it again, look at what is there now, and then decide."
        )
    if isinstance(error, NotAllowedError):
        return _("Your role or your agency does not allow it. Nothing was changed.")
    if isinstance(error, IncompleteError):
        return _("Something is still missing or wrong. Nothing was changed.")
    return _("Nothing was changed. The register’s reason:")


@register.simple_tag
def comma() -> str:
    """Write the comma of the page's language, with the space after it."""
    return localised.comma()


@register.inclusion_tag("register/parts/entry_field.html")
def entry_field(entry: Entry, field: BoundField, css: str = "") -> dict[str, object]:
    """Show a field of the form of a statement with what is wrong or missing there."""
    return {
        "field": field,
        "css": css,
        "wrong": () if entry.quiet else field.errors,
        "advice": entry.advice.get(field.html_name, ()),
    }
