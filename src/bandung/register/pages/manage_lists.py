"""Code lists, exchange rates and the audit chain: to be read, and by administrators changed."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from bandung.codes.tables import LANGUAGES
from bandung.errors import InputError, NotAllowedError, NotFoundError, RegisterError
from bandung.register import codelists
from bandung.register.actions import codelists as acting
from bandung.register.actions import rates as rating
from bandung.register.actor import actor_of
from bandung.register.codelists import CodeEntry
from bandung.register.models import AuditEntry, ChainHead, ExchangeRate, Person, UnitRate
from bandung.register.pages import filters, localised, words
from bandung.register.pages.access import signed_in, version_in
from bandung.register.pages.exchange import attachment, of_a_member, refuse_size, too_large
from bandung.register.pages.manage import METHODS, done, status_of
from bandung.register.pages.words import LANGUAGE_NAMES
from bandung.register.templatetags import register_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest, HttpResponse

PER_PAGE = 100
MOST_FILE = 2 * 2**20
MOST_RATES = 500
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Effects:
    """What a file of codes or rates would do, in texts."""

    added: list[str]
    changed: list[str]
    unchanged: int
    refused: list[tuple[int, str, str]]


class CodeForm(forms.Form):
    """What is said of a code."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=40)
    group = forms.CharField(label=gettext_lazy("Group"), max_length=40, required=False)
    parent = forms.CharField(label=gettext_lazy("Code above it"), max_length=40, required=False)
    source = forms.CharField(label=gettext_lazy("Source"), max_length=300)
    our_reading = forms.BooleanField(
        label=gettext_lazy("The source leaves it to the reader: this is a reading of it"),
        required=False,
    )

    def __init__(self, properties: Iterable[str], *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        for lang in LANGUAGES:
            name = LANGUAGE_NAMES[lang]
            self.fields[f"name_{lang}"] = forms.CharField(
                label=_("Name in %(language)s") % {"language": name},
                max_length=300,
                required=lang == "en",
            )
        for key in properties:
            self.fields[f"property_{key}"] = forms.CharField(
                label=words.property_word(key), max_length=300, required=False
            )

    def entry(self, before: CodeEntry | None) -> CodeEntry:
        """Return the code that the form says."""
        said = self.cleaned_data
        names = {lang: said[f"name_{lang}"] for lang in LANGUAGES if said[f"name_{lang}"]}
        properties = {
            name.removeprefix("property_"): value
            for name, value in said.items()
            if name.startswith("property_") and value
        }
        base = before or CodeEntry(said["code"], names)
        return replace(
            base,
            names=names,
            group=said["group"],
            parent=said["parent"],
            source=said["source"],
            our_reading=said["our_reading"],
            properties=properties,
        )


class UploadForm(forms.Form):
    """A file of codes or rates."""

    file = forms.FileField(
        label=gettext_lazy("CSV file, UTF-8"), widget=forms.FileInput({"accept": ".csv,text/csv"})
    )


@require_safe
@filters.with_lists
def codes(request: HttpRequest) -> HttpResponse:
    """List the code lists with their versions and sources; for everybody."""
    standing = codelists.standing()
    shipped = set(codelists.names())
    listed = [
        {
            "name": name,
            "title": _title(name),
            "listing": standing.listing(name),
            "origin": codelists.origin(name) if name in shipped else None,
        }
        for name in standing.names()
    ]
    return render(request, "register/codes.html", {"lists": listed, "here": "codes"})


@require_safe
@filters.with_lists
def code_list(request: HttpRequest, name: str) -> HttpResponse:
    """Show a list, its codes and what was changed in it; for everybody."""
    listing = _listing(name)
    history = AuditEntry.objects.filter(kind=acting.KIND, object_id=name).order_by("-sequence")
    properties = codelists.columns_of(listing.entries)
    own = {"code", "group", "parent", "source", "our_reading"}
    said = {
        "name": name,
        "title": _title(name),
        "listing": listing,
        "origin": codelists.origin(name) if name in codelists.names() else None,
        "properties": [
            key for key in properties if key not in own and not key.startswith(("name_", "hint_"))
        ],
        "rows": [(entry, _properties(entry), _above(name, entry)) for entry in listing.entries],
        "history": [_told(entry) for entry in history[:PER_PAGE]],
        "here": "codes",
    }
    return render(request, "register/code_list.html", said)


@require_safe
@filters.with_lists
def code_list_csv(request: HttpRequest, name: str) -> HttpResponse:
    """Send a list as a file that can be brought back; for everybody."""
    del request
    _listing(name)
    return attachment(codelists.as_csv(name).encode("utf-8-sig"), f"{name}.csv", CSV)


@signed_in
@require_http_methods(METHODS)
@filters.with_lists
def code(request: HttpRequest, name: str, code: str = "") -> HttpResponse:
    """Add a code to a list, or change, withdraw or reinstate one.

    Raises
    ------
    NotFoundError
        When there is no such list or code.
    """
    actor = actor_of(request)
    actor.require_administrator(_("Changing code lists"))
    listing = _listing(name)
    before = listing.by_code.get(code)
    if code and before is None:
        raise NotFoundError(f"there is no code {code} in {name}")
    properties = dict.fromkeys(key for item in listing.entries for key in item.properties)
    form = CodeForm(properties, request.POST or None, initial=_initial(before))
    if before:
        form.fields["code"].disabled = True
    stepping = request.method == "POST" and {"withdraw", "reinstate"} & request.POST.keys()
    if before and stepping:
        step = acting.withdraw_code if "withdraw" in request.POST else acting.reinstate_code
        step(actor, name, code, expected_version=version_in(request))
        messages.success(request, _("The list was changed."))
        return redirect("code-list", name=name)

    def write(_said: dict[str, Any]) -> str:
        act = acting.change_code if before else acting.add_code
        act(actor, name, form.entry(before), expected_version=version_in(request))
        return _("The list was changed.")

    if done(request, form, write):
        return redirect("code-list", name=name)
    said = {
        "name": name,
        "title": _title(name),
        "entry": before,
        "form": form,
        "version": listing.version,
        "here": "codes",
    }
    return render(request, "register/code.html", said, status=status_of(form))


@csrf_exempt
def import_codes(request: HttpRequest, name: str) -> HttpResponse:
    """Bring a file of codes: its effects first, then done."""
    if too_large(request):
        return refuse_size(request)
    return _import_codes(request, name)


@csrf_protect
@signed_in
@require_http_methods(METHODS)
@filters.with_lists
def _import_codes(request: HttpRequest, name: str) -> HttpResponse:
    actor = actor_of(request)
    actor.require_administrator(_("Importing codes"))
    _listing(name)

    def act(data: bytes, *, accept: bool) -> Effects:
        report = acting.import_codes(actor, name, data, accept=accept)
        return Effects(
            list(report.added),
            list(report.changed),
            len(report.unchanged),
            [(row.line, row.code, row.reason) for row in report.refused],
        )

    said = {"title": _title(name), "back": "code-list", "name": name, "here": "codes"}
    return _file_page(request, act, said)


@signed_in
@require_safe
@filters.with_lists
def rates(request: HttpRequest) -> HttpResponse:
    """Show the exchange rates, and the unit rates of one's member."""
    actor = actor_of(request)
    standing = ExchangeRate.objects.filter(superseded_by=None).order_by("currency", "-year", "-on")
    own = UnitRate.objects.filter(member=actor.member or None, superseded_by=None)
    said = {
        "rates": standing[:MOST_RATES],
        "count": standing.count(),
        "most": MOST_RATES,
        "unit_rates": own.order_by("modality", "unit", "-valid_from"),
        "may_price": actor.may(Person.Role.FOCAL_POINT),
        "here": "rates",
    }
    return render(request, "register/rates.html", said)


@csrf_exempt
def import_rates(request: HttpRequest, kind: str) -> HttpResponse:
    """Bring a file of rates: its effects first, then done."""
    if too_large(request):
        return refuse_size(request)
    return _import_rates(request, kind)


@csrf_protect
@signed_in
@require_http_methods(METHODS)
@filters.with_lists
def _import_rates(request: HttpRequest, kind: str) -> HttpResponse:
    actor = actor_of(request)
    if kind == "exchange":
        actor.require_administrator(_("Importing exchange rates"))
    elif kind == "units":
        actor.require(Person.Role.FOCAL_POINT, _("Importing a table of unit rates"))
    else:
        raise NotFoundError(f"there are no rates {kind}")

    def act(data: bytes, *, accept: bool) -> Effects:
        reader: Callable[..., Any] = (
            rating.import_exchange_rates if kind == "exchange" else rating.import_unit_rates
        )
        plan = reader(actor, data, accept=accept)
        return Effects(
            [_rate_said(rate) for rate in plan.added],
            [_rate_said(rate) for rate in plan.changed],
            len(plan.unchanged),
            [(row.line, row.column, row.message) for row in plan.refused],
        )

    title = _("Exchange rates") if kind == "exchange" else _("Unit rates of your country")
    columns = {
        "exchange": "currency,date,usd_per_unit,source",
        "units": "modality,unit,amount,currency,valid_from,source",
    }[kind]
    said = {"title": title, "back": "rates", "here": "rates", "columns": columns}
    return _file_page(request, act, said)


@signed_in
@require_safe
@filters.with_lists
def audit(request: HttpRequest) -> HttpResponse:
    """Show what people of one's member did, newest first, and the head of the whole chain."""
    actor = actor_of(request)
    if not actor.administrator:
        of_a_member(request)
    rows = AuditEntry.objects.filter(member=actor.member or None).order_by("-sequence")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    said = {
        "entries": [_told(entry) for entry in page.object_list],
        "page": page,
        "head": ChainHead.objects.filter(id=1).first(),
        "here": "audit",
    }
    return render(request, "register/audit.html", said)


def _file_page(
    request: HttpRequest, act: Callable[..., Effects], said: dict[str, Any]
) -> HttpResponse:
    """Take a file, show its effects, and do them once they are accepted.

    The file travels in the page between the two steps; nothing of it is kept here.
    """
    form = UploadForm(request.POST or None, request.FILES or None)
    kept = request.POST.get("kept", "")
    effects, status = None, HTTPStatus.OK
    if request.method == "POST":
        try:
            data = _data(form, kept)
            effects = act(data, accept="accept" in request.POST)
        except NotAllowedError:
            raise
        except InputError as error:
            form.add_error(None, str(error))
            status = HTTPStatus.BAD_REQUEST
        else:
            if "accept" in request.POST:
                messages.success(request, _("The file was taken in."))
                arguments = [said["name"]] if "name" in said else []
                return redirect(said["back"], *arguments)
            kept = base64.b64encode(data).decode("ascii")
    shown = {**said, "form": form, "effects": effects, "kept": kept if effects else ""}
    return render(request, "register/file_effects.html", shown, status=status)


def _data(form: UploadForm, kept: str) -> bytes:
    """Return the file: as it is handed in, or as the page of its effects kept it.

    Raises
    ------
    RegisterError
    """
    if kept:
        form.errors.clear()
        try:
            data = base64.b64decode(kept, validate=True)
        except (binascii.Error, ValueError):
            told = _("The page was changed on its way: bring the file again.")
            raise RegisterError(told) from None
    elif form.is_valid():
        data = form.cleaned_data["file"].read(MOST_FILE + 1)
    else:
        raise RegisterError(_("Choose a file."))
    if len(data) > MOST_FILE:
        raise RegisterError(_("The file is larger than two megabytes: split it."))
    return data


def _listing(name: str) -> codelists.Listing:
    standing = codelists.standing()
    if name not in standing.names():
        raise NotFoundError(f"there is no code list {name}")
    return standing.listing(name)


def _properties(entry: CodeEntry) -> list[tuple[str, str]]:
    """Return what a list says of a code, in words; forms of a unit in the page's language only."""
    here = localised.lang()
    return [
        (words.property_word(key), _property_said(key, value))
        for key, value in entry.properties.items()
        if words.language_of(key) in {"", here}
    ]


def _property_said(key: str, value: str) -> str:
    if key == "units":
        return localised.joined(register_text.unit_label(code) for code in value.split())
    listed = {"exclusion": "exclusion", "account": "account", "account_received": "account"}
    if key in listed:
        return register_text.code_label(value, listed[key])
    return value


def _above(name: str, entry: CodeEntry) -> str:
    """Return under what a code stands, by its name where that stands in a list."""
    if entry.parent:
        return register_text.code_label(entry.parent, codelists.PARENT_LIST.get(name, name))
    if name in codelists.GROUP_LIST:
        return register_text.code_label(entry.group, codelists.GROUP_LIST[name])
    return words.word("quantity_kind", entry.group) if name == "unit" else entry.group


def _title(name: str) -> str:
    return {
        "account": _("Accounts"),
        "body_kind": _("Kinds of organisations"),
        "exclusion": _("Reasons to be left out of SDG 17.3.1"),
        "indicator": _("Indicators of quality"),
        "indicator_dimension": _("Dimensions of quality"),
        "modality": _("Modalities"),
        "modality_group": _("Groups of modalities"),
        "reported_elsewhere": _("Other systems reported to"),
        "sdg_goal": _("Sustainable Development Goals"),
        "sdg_target": _("SDG targets"),
        "sector_crs": _("Purposes (CRS)"),
        "sector_dac3": _("Sectors (DAC, three digits)"),
        "sector_isic": _("Branches of the economy (ISIC)"),
        "unit": _("Units"),
        "valuation_method": _("Methods of valuation"),
    }.get(name, name)


def _initial(entry: CodeEntry | None) -> dict[str, Any]:
    if entry is None:
        return {}
    return {
        "code": entry.code,
        "group": entry.group,
        "parent": entry.parent,
        "source": entry.source,
        "our_reading": entry.our_reading,
        **{f"name_{lang}": text for lang, text in entry.names.items()},
        **{f"property_{key}": value for key, value in entry.properties.items()},
    }


def _rate_said(rate: Any) -> str:  # noqa: ANN401 - a rate of either kind
    if hasattr(rate, "usd_per_unit"):
        when = register_text.day(rate.on) or register_text.year(rate.year)
        label = localised.parted((rate.currency, when))
        said = register_text.money(rate.usd_per_unit, "USD")
    else:
        modality = register_text.code_label(rate.modality, "modality")
        unit = register_text.unit_label(rate.unit)
        label = localised.parted((modality, unit, localised.day(rate.valid_from)))
        said = register_text.money(rate.amount, rate.currency)
    return _("%(label)s: %(said)s") % {"label": label, "said": said}


def _told(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry of the chain for a table: what it is about, without what it holds."""
    after = json.loads(entry.after) if entry.after else None
    said = after if isinstance(after, dict) else {}
    return {
        "entry": entry,
        "about": said.get("reference") or entry.object_id,
        "activity": said.get("activity", ""),
        "version": said.get("version"),
        "code": said.get("code", ""),
    }
