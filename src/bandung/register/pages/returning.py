"""The return for SDG indicator 17.3.1, the table for the ministry of finance."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bandung.errors import InputError, NotAllowedError, NotFoundError
from bandung.register import codelists, exchange
from bandung.register.pages import filters, localised
from bandung.register.pages.access import signed_in
from bandung.register.pages.exchange import XLSX, attachment, of_a_member

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from bandung.register.returns.sdg import Cell, LeftOut, Return

FIRST_YEAR, LAST_YEAR = 1950, 2200
KINDS = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8"}
MOST_SHOWN = 200


class YearForm(forms.Form):
    """The year of a return."""

    year = forms.IntegerField(label=_("Year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)


class FinanceForm(forms.Form):
    """The fiscal year and currency of the table for the ministry."""

    year = forms.IntegerField(
        label=_("Fiscal year, by the year it begins in"),
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
    )
    first_month = forms.IntegerField(
        label=_("First month (1 to 12)"), min_value=1, max_value=12, initial=1
    )
    currency = forms.CharField(
        label=_("Currency of the country, three letters"), min_length=3, max_length=3
    )


@signed_in
@require_safe
@filters.with_lists
def sdg(request: HttpRequest) -> HttpResponse:
    """Show a member's return for a year."""
    actor = of_a_member(request)
    last = dt.datetime.now(tz=dt.UTC).year - 1
    form = YearForm(request.GET if "year" in request.GET else {"year": last})
    made = None
    if form.is_valid():
        made = exchange.sdg_return(actor, form.cleaned_data["year"], localised.lang())
    said = {
        "form": form,
        "finance_form": FinanceForm(initial={"year": last}),
        "made": made,
        "groups": _groups(made) if made else [],
        "left": _left(made) if made else [],
        "most": MOST_SHOWN,
    }
    return render(request, "register/returns.html", said)


@signed_in
@require_safe
@filters.with_lists
def sdg_file(request: HttpRequest, year: int, form: str) -> HttpResponse:
    """Send the return of a year as a workbook or CSV.

    Raises
    ------
    NotFoundError
        When the year cannot be.
    """
    actor, lang = of_a_member(request), localised.lang()
    if not FIRST_YEAR <= year <= LAST_YEAR or form not in KINDS:
        raise NotFoundError(f"there is no return of {year}")
    made = exchange.sdg_return(actor, year, lang)
    data = exchange.sdg_file(made, form, lang)  # type: ignore[arg-type]
    return attachment(data, f"sdg-17-3-1-{actor.member.lower()}-{year}.{form}", KINDS[form])


@signed_in
@require_safe
@filters.with_lists
def finance_file(request: HttpRequest, form: str) -> HttpResponse:
    """Send the table for the ministry of finance as a workbook or CSV."""
    actor, lang = of_a_member(request), localised.lang()
    asked = FinanceForm(request.GET)
    if form not in KINDS:
        raise NotFoundError("there is no such file")
    if not asked.is_valid():
        for field, errors in asked.errors.items():
            said = " ".join(str(error) for error in errors)
            told = {"label": asked.fields[field].label, "said": said}
            messages.error(request, _("%(label)s: %(said)s") % told)
        return redirect("return-17-3-1")
    given = asked.cleaned_data
    try:
        made = exchange.finance(
            actor,
            given["year"],
            given["currency"].upper(),
            first_month=given["first_month"],
            lang=lang,
        )
    except NotAllowedError:
        raise
    except InputError as error:
        messages.error(request, str(error))
        return redirect("return-17-3-1")
    data = exchange.finance_file(made, form, lang)  # type: ignore[arg-type]
    name = f"finance-{actor.member.lower()}-{made.fiscal_year.label.replace('/', '-')}.{form}"
    return attachment(data, name, KINDS[form])


def _groups(made: Return) -> list[tuple[str, str, list[Cell], list[Cell]]]:
    """Return the cells by group, with the group's totals."""
    lang = localised.lang()
    found = []
    for group in codelists.standing().listing("modality_group").entries:
        cells = [cell for cell in made.cells if cell.group == group.code]
        totals = [cell for cell in made.group_totals if cell.group == group.code]
        found.append((group.code, group.name(lang), cells, totals))
    return found


def _left(made: Return) -> list[tuple[str, str, list[tuple[LeftOut, str]]]]:
    """Return what does not count, by kind, each with its reason in words."""
    lang = localised.lang()
    reasons = reasons_in_words()
    excluded = [(one, codelists.label("exclusion", one.reason, lang)) for one in made.excluded]
    objected = [(one, one.reason) for one in made.objected]
    other = [(one, reasons[one.reason]) for one in made.left_out if one.reason != "not_provided"]
    return [
        ("objected", str(_("Objected to by the recipient")), objected),
        ("excluded", str(_("Excluded by the framework")), excluded),
        ("left_out", str(_("Not counted for another reason")), other),
    ]


def reasons_in_words() -> dict[str, str]:
    """Return why a contribution does not count."""
    return {
        "no_year": str(_("it has no period")),
        "not_delivered": str(_("it was not delivered yet")),
        "no_recipient": str(_("it names no receiving country")),
        "unknown_modality": str(_("its modality is not in the list")),
        "no_quantity": str(_("it has neither quantity nor value")),
        "not_provided": str(_("it was received, not given")),
    }
