"""From a content to the form it is changed with, and from what was typed to a content."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext as _
from pydantic import ValidationError

from bandung.codes.tables import LANGUAGES
from bandung.register import completeness
from bandung.register.actions import rates
from bandung.register.content import MAX_ITEMS, Content, new_key
from bandung.register.pages import localised
from bandung.register.pages.entry_forms import FORMSETS, ROWS, MainForm
from bandung.register.pages.entry_values import content_values, form_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django import forms
    from django.http import QueryDict

    from bandung.register.pages.entry_values import Values

OWN_TABLE = "provider_rates"
"""The method by which a value is a quantity times what its provider's table says of a unit."""
CENT = Decimal("0.01")
BEGUN_WITH = ("partners", "contributions", "sectors")
_FIRST_FIELD = {
    "titles": "title",
    "descriptions": "description",
    "partners": "partners-0-code",
    "sectors": "sectors-0-code",
    "contributions": "contributions-0-modality",
}


class Wrong(NamedTuple):
    """Something to be mended: the field's label and address on the page, and how."""

    label: str
    anchor: str
    message: str


class Entry:
    """The whole form of a statement, as it was loaded or as somebody filled it in.

    Parameters
    ----------
    member
        Alpha-3 code of the member whose statement it is.
    content
        What the statement says now; None for a new one.
    data
        What was typed; None to begin from the content.
    adding
        The kind of row to give one more of; then nothing is called wrong yet.
    """

    def __init__(
        self,
        member: str,
        content: Content | None = None,
        data: QueryDict | None = None,
        *,
        adding: str = "",
    ) -> None:
        self.member = member
        self.base = content or Content()
        self.quiet = bool(adding)
        self.advice: dict[str, list[str]] = {}
        self.adding = adding
        values = form_values(content, localised.lang())
        tongues = tuple(sorted(self.base.titles.keys() | self.base.descriptions.keys()))
        if data is not None and adding in ROWS:
            data = _one_more(data, adding)
        self.main = MainForm(data, initial=values["main"], tongues=tongues)
        self.rows: dict[str, forms.BaseFormSet[Any]] = {}
        for name, formset in FORMSETS.items():
            initial = values[name] or ([{}] if name in BEGUN_WITH else [])
            options: dict[str, Any] = {"tongues": tongues or LANGUAGES} if name == "texts" else {}
            self.rows[name] = formset(data, prefix=name, initial=initial, form_kwargs=options)
        self._kept: dict[str, list[int]] = {}

    def content(self) -> Content | None:
        """Return what was typed as a content; None when something is to be mended first."""
        if not self._are_valid():
            return None
        rows = {}
        for name, formset in self.rows.items():
            self._kept[name] = [at for at, row in enumerate(formset) if not row.is_empty()]
            rows[name] = [formset.forms[at].cleaned_data for at in self._kept[name]]
        said = content_values(self.main.cleaned_data, rows, self.base, self.member)
        if not self._priced(said["contributions"], rows["contributions"]):
            return None
        try:
            return Content.model_validate(said)
        except ValidationError as error:
            for problem in error.errors():
                self._put(tuple(problem["loc"]), str(problem["msg"]))
            return None

    def advise(self, content: Content) -> None:
        """Note beside each field what is still to be done before approval."""
        for problem in completeness.problems(content, self.member):
            message = str(problem)
            if dict(problem.values).get("code") == "":
                message = _("Choose an entry of the list.")
            self.advice.setdefault(self._html_name(problem.field.split(".")), []).append(message)

    def wrong(self) -> list[Wrong]:
        """Return everything to be mended, in the order of the page."""
        if self.quiet or not self.main.is_bound:
            return []
        return [Wrong(*item) for form in self._forms() for item in _errors_of(form)]

    def missing(self) -> list[Wrong]:
        """Return what is still to be done before approval, in the order of the page."""
        fields = {field.html_name: field for form in self._forms() for field in form}
        return [
            Wrong(str(fields[name].label), fields[name].auto_id, message)
            for name in fields
            for message in self.advice.get(name, [])
        ]

    def sections(self) -> dict[str, bool]:
        """Return which folded parts are to be open: those where something is to be mended."""
        opened = {name: self.adding == name for name in self.rows}
        for name, formset in self.rows.items():
            opened[name] |= not self.quiet and formset.is_bound and any(formset.errors)
        return opened

    def _forms(self) -> Iterable[forms.Form]:
        yield self.main
        for formset in self.rows.values():
            yield from formset.forms

    def _are_valid(self) -> bool:
        return all([self.main.is_valid(), *(rows.is_valid() for rows in self.rows.values())])

    def _priced(self, contributions: list[Values], rows: list[Values]) -> bool:
        """Take a value from the member's own table where that is its method and none is typed."""
        found_all = True
        for at, (item, row) in enumerate(zip(contributions, rows, strict=True)):
            if row["valuation_method"] != OWN_TABLE or row["valuation_amount"] is not None:
                continue
            day = row["valuation_price_date"] or item.get("period_end") or item.get("period_start")
            price = None
            if item.get("provider") == self.member and item.get("quantity") is not None:
                price = rates.unit_price(self.member, item["modality"], item.get("unit", ""), day)
            if price is None:
                told = _(
                    "Your own table has no price for a unit of this on that day: say what it is "
                    "worth, or bring the table in first. It is for what your country gives."
                )
                self._put(("contributions", at, "valuation", "amount"), told)
                found_all = False
                continue
            worth = (price.amount * item["quantity"]).quantize(CENT)
            item["valuation"] = {"amount": worth, "currency": price.currency, "method": OWN_TABLE}
            if day:
                item["valuation"]["price_date"] = day
        return found_all

    def _put(self, place: tuple[int | str, ...], message: str) -> None:
        """Put an error beside the field it is about, or on top where it is about none."""
        name = str(place[0]) if place else ""
        if name in self.rows and len(place) > 1:
            row = self.rows[name].forms[self._kept[name][int(place[1])]]
            field = "_".join(str(part) for part in place[2:])
            row.add_error(field if field in row.fields else None, message)
        else:
            field = _FIRST_FIELD.get(name, name)
            self.main.add_error(field if field in self.main.fields else None, message)

    def _html_name(self, place: list[str]) -> str:
        name, *rest = place
        if name not in self.rows or not rest:
            return _FIRST_FIELD.get(name, name)
        kept = self._kept.get(name)
        at = kept[int(rest[0])] if kept is not None else int(rest[0])
        field = "_".join(rest[1:]) or "code"
        return f"{name}-{at}-{field}"


def _one_more(data: QueryDict, name: str) -> QueryDict:
    copied = data.copy()
    said = copied.get(f"{name}-TOTAL_FORMS", "")
    count = min(int(said), MAX_ITEMS) if said.isascii() and said.isdigit() else 0
    copied[f"{name}-TOTAL_FORMS"] = str(count + 1)
    if name == "contributions":
        copied[f"{name}-{count}-key"] = new_key()
    return copied


def _errors_of(form: forms.Form) -> Iterable[tuple[str, str, str]]:
    for error in form.non_field_errors():
        yield "", "main", str(error)
    for field in form:
        for error in field.errors:
            yield str(field.label), field.auto_id, str(error)
