"""The parts of the form a statement is entered with: few fields first, the rest one step away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bandung.codes.tables import LANGUAGES
from bandung.register import codelists
from bandung.register.content import MAX_ITEMS, MAX_NAME, MAX_TEXT, MONEY, new_key
from bandung.register.pages import localised, searching_codes, words
from bandung.register.pages.fields import CodeField, DayField, NumberField
from bandung.register.templatetags.register_text import language_name

if TYPE_CHECKING:
    from decimal import Decimal

Choices = list[tuple[str, Any]]
CODE_LENGTH = 40


def choices(kind: str) -> Choices:
    """Return the words of a kind to choose from."""
    return list(words.KINDS[kind].items())


def code_choices(name: str, empty: str) -> Choices:
    """Return the codes of a list to choose from, nothing first."""
    lang = localised.lang()
    return [("", empty), *((item.code, item.name(lang)) for item in codelists.active(name))]


def unit_choices(modality: str) -> Choices:
    """Return the units, those that a modality is counted in first."""
    lang = localised.lang()
    entry = codelists.find("modality", modality) if modality else None
    usual = list(entry.units) if entry else []
    every = {item.code: item.name(lang) for item in codelists.active("unit")}
    first = [(code, every[code]) for code in usual if code in every]
    others = [(code, name) for code, name in every.items() if code not in usual]
    if not first:
        return [("", _("Choose a unit")), *others]
    return [*first, (_("Other units"), others)]


def _line(label: Any, length: int = MAX_NAME, **options: Any) -> forms.CharField:  # noqa: ANN401 - lazy texts and Django's options
    return forms.CharField(label=label, max_length=length, required=False, **options)


def _long(label: Any, **options: Any) -> forms.CharField:  # noqa: ANN401 - lazy texts and Django's options
    area = forms.Textarea({"rows": 4})
    return forms.CharField(label=label, max_length=MAX_TEXT, required=False, widget=area, **options)


class Row(forms.Form):
    """One of several; a row whose `ASKED` fields are all empty is none."""

    ASKED: ClassVar[tuple[str, ...]] = ()

    def is_empty(self) -> bool:
        """Whether nothing was said in this row, or it is to be removed."""
        if not hasattr(self, "cleaned_data") or self.errors:
            return False
        said = self.cleaned_data
        return bool(said.get("DELETE")) or all(said.get(name) in (None, "") for name in self.ASKED)


class MainForm(forms.Form):
    """What is said once of an activity."""

    title = _line(gettext_lazy("Title of the activity"))
    language = forms.ChoiceField(label=gettext_lazy("Language of the title"), required=False)
    role = forms.ChoiceField(label=gettext_lazy("Your country’s part in it"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("How far is it?"), required=False)
    actual_start = DayField(label=gettext_lazy("Began on"), required=False)
    actual_end = DayField(label=gettext_lazy("Ended on"), required=False)
    planned_start = DayField(label=gettext_lazy("To begin on"), required=False)
    planned_end = DayField(label=gettext_lazy("To end on"), required=False)
    description = _long(
        gettext_lazy("Description"),
        help_text=gettext_lazy("A sentence or two, in the language of the title."),
    )
    adaptation = forms.ChoiceField(
        label=gettext_lazy("Adaptation to climate change"), required=False
    )
    mitigation = forms.ChoiceField(
        label=gettext_lazy("Mitigation of climate change"), required=False
    )
    reported_elsewhere = forms.MultipleChoiceField(
        label=gettext_lazy("Also reported to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    identifier = _line(
        gettext_lazy("Identifier"),
        help_text=gettext_lazy("The IATI identifier, if the activity has one."),
        widget=forms.TextInput({"dir": "ltr"}),
    )

    def __init__(self, *args: Any, tongues: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        unsaid = [("", _("Not said")), *choices("marker")]
        self.fields["language"].choices = tongue_choices(tongues)  # type: ignore[attr-defined]
        self.fields["role"].choices = choices("role")  # type: ignore[attr-defined]
        self.fields["status"].choices = choices("status")  # type: ignore[attr-defined]
        self.fields["adaptation"].choices = unsaid  # type: ignore[attr-defined]
        self.fields["mitigation"].choices = unsaid  # type: ignore[attr-defined]
        listed = code_choices("reported_elsewhere", "")[1:]
        kept = [(c, c) for c in self.initial.get("reported_elsewhere", ()) if c not in dict(listed)]
        self.fields["reported_elsewhere"].choices = listed + kept  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse an end before its start."""
        said = super().clean() or {}
        for start, end in (("actual_start", "actual_end"), ("planned_start", "planned_end")):
            if said.get(start) and said.get(end) and said[end] < said[start]:
                self.add_error(end, _("The end is before the start."))
        return said


class PartnerForm(Row):
    """A country that takes part."""

    ASKED = ("code",)
    code = CodeField("country", label=gettext_lazy("Partner"), required=False)


class SectorForm(Row):
    """What it is for."""

    ASKED = ("code",)
    vocabulary = forms.ChoiceField(label=gettext_lazy("List"), required=False)
    code = forms.CharField(label=gettext_lazy("Sector"), required=False)
    share = NumberField(label=gettext_lazy("Share in percent"), required=False, low=0, high=100)

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        self.fields["vocabulary"].choices = choices("vocabulary")  # type: ignore[attr-defined]
        vocabulary = self["vocabulary"].value() or "crs"
        if vocabulary in {"crs", "dac3", "isic"}:
            self.fields["code"] = CodeField(
                f"sector_{vocabulary}", label=gettext_lazy("Sector"), required=False
            )

    def clean_vocabulary(self) -> str:
        """Return the list, that of purposes where none is chosen."""
        return str(self.cleaned_data.get("vocabulary") or "crs")


class TextForm(Row):
    """Title and description in a further language."""

    ASKED = ("title", "description")
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    title = _line(gettext_lazy("Title"))
    description = _long(gettext_lazy("Description"))

    def __init__(self, *args: Any, tongues: tuple[str, ...] = LANGUAGES, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        self.fields["language"].choices = tongue_choices(tongues)  # type: ignore[attr-defined]


class TargetForm(Row):
    """An SDG target or goal."""

    ASKED = ("code",)
    code = CodeField(
        searching_codes.TARGET,
        label=gettext_lazy("SDG target or goal"),
        required=False,
    )


class PlaceForm(Row):
    """Where it happens."""

    ASKED = ("name", "country", "latitude", "longitude")
    name = _line(gettext_lazy("Place"))
    country = CodeField("country", label=gettext_lazy("Country"), required=False)
    latitude = NumberField(
        label=gettext_lazy("Latitude, degrees north"),
        required=False,
        low=-90,
        high=90,
    )
    longitude = NumberField(
        label=gettext_lazy("Longitude, degrees east"),
        required=False,
        low=-180,
        high=180,
    )


class BodyForm(Row):
    """An organisation that takes part."""

    ASKED = ("name", "reference", "kind", "country")
    name = _line(gettext_lazy("Organisation"))
    role = forms.ChoiceField(label=gettext_lazy("What it does"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("What kind of organisation"), required=False)
    country = CodeField("country", label=gettext_lazy("Country"), required=False)
    reference = _line(gettext_lazy("Its identifier"), widget=forms.TextInput({"dir": "ltr"}))

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        self.fields["role"].choices = choices("body_role")  # type: ignore[attr-defined]
        kinds = _with_kept(self, "kind", code_choices("body_kind", _("Not said")))
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["role"].initial = "implementing"


class ContributionForm(Row):
    """What one party gave another: a quantity first, a value if somebody states one."""

    ASKED = (
        "modality", "quantity", "currency", "provider", "receiver", "provider_name",
        "receiver_name", "period_start", "period_end", "note", "valuation_amount",
    )  # fmt: skip
    key = forms.CharField(required=False, max_length=CODE_LENGTH, widget=forms.HiddenInput)
    modality = CodeField("modality", label=gettext_lazy("What was given"), required=False)
    quantity = NumberField(label=gettext_lazy("Quantity"), required=False)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    currency = CodeField(
        searching_codes.CURRENCY,
        label=gettext_lazy("Currency"),
        required=False,
    )
    provider = CodeField("country", label=gettext_lazy("Given by"), required=False)
    receiver = CodeField("country", label=gettext_lazy("Received by"), required=False)
    period_start = DayField(label=pgettext_lazy("first day of a period", "From"), required=False)
    period_end = DayField(label=gettext_lazy("To"), required=False)
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), required=False)
    provider_name = _line(gettext_lazy("Given by an organisation of no one country"))
    receiver_name = _line(gettext_lazy("Received by an organisation of no one country"))
    note = _long(gettext_lazy("Note"))
    valuation_amount = NumberField(
        label=gettext_lazy("Worth"),
        required=False,
        help_text=gettext_lazy(
            "Left empty with the method of the provider’s own table, it is taken from your table."
        ),
    )
    valuation_currency = CodeField(
        searching_codes.CURRENCY, label=gettext_lazy("In the currency"), required=False
    )
    valuation_price_date = DayField(label=gettext_lazy("At prices of"), required=False)
    valuation_method = forms.ChoiceField(label=gettext_lazy("By the method"), required=False)
    valuation_rate = NumberField(
        label=gettext_lazy("US dollars for one unit of the currency"), required=False
    )
    valuation_rate_source = _line(gettext_lazy("Source of the rate"))
    exclusion = forms.ChoiceField(
        label=gettext_lazy("Left out of SDG 17.3.1 because"), required=False
    )
    reference = _line(gettext_lazy("Your own reference"))

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        self.fields["stage"].choices = choices("stage")  # type: ignore[attr-defined]
        self.fields["stage"].initial = "delivered"
        self.fields["key"].initial = new_key()
        modality = f"#{self['modality'].auto_id}"
        self.fields["unit"].widget.attrs |= {
            "hx-get": reverse("code-units"),
            "hx-trigger": f"change from:{modality}",
            "hx-include": modality,
            "hx-vals": json.dumps({"name": self.add_prefix("unit")}),
            "hx-target": "this",
            "hx-swap": "innerHTML",
            "hx-sync": "this:queue last",
        }
        kept = _with_kept(self, "unit", unit_choices(self._modality()))
        self.fields["unit"].choices = kept  # type: ignore[attr-defined]
        for name, source, empty in (
            ("valuation_method", "valuation_method", _("Choose a method")),
            ("exclusion", "exclusion", _("It is counted")),
        ):
            listed = _with_kept(self, name, code_choices(source, empty))
            self.fields[name].choices = listed  # type: ignore[attr-defined]

    def _modality(self) -> str:
        text = str(self["modality"].data if self.is_bound else self.initial.get("modality", ""))
        try:
            return searching_codes.resolve("modality", text) if text else ""
        except ValidationError:
            return ""

    def clean_valuation_rate(self) -> Decimal | None:
        """Refuse a rate that is no price."""
        rate: Decimal | None = self.cleaned_data["valuation_rate"]
        if rate is not None and rate <= 0:
            raise ValidationError(_("A rate is above zero."))
        return rate

    def clean(self) -> dict[str, Any]:
        """Fill in the usual unit, and refuse what does not go together."""
        said = super().clean() or {}
        entry = codelists.find("modality", said.get("modality") or "")
        if entry and not said.get("unit") and entry.units:
            said["unit"] = entry.units[0]
        start, end = said.get("period_start"), said.get("period_end")
        if start and end and end < start:
            self.add_error("period_end", _("The end is before the start."))
        if self.is_empty():
            return said
        if said.get("unit") == MONEY and not said.get("currency") and "currency" in said:
            self.add_error("currency", _("An amount of money needs its currency, as in USD."))
        if said.get("unit") != MONEY and said.get("currency"):
            message = _(
                "The unit is not money: empty this field, or state the value under “More about "
                "this contribution”."
            )
            self.add_error("currency", message)
        if said.get("valuation_amount") is not None and not said.get("valuation_currency"):
            self.add_error("valuation_currency", _("A value needs its currency, as in USD."))
        if said.get("valuation_amount") is None and said.get("valuation_currency"):
            self.add_error(
                "valuation_amount", _("Say how much it is worth, or empty the currency.")
            )
        return said


class ResultForm(Row):
    """What was achieved."""

    ASKED = ("title", "unit", "baseline", "target", "actual")
    origin = forms.IntegerField(required=False, widget=forms.HiddenInput)
    title = _line(gettext_lazy("Result"))
    unit = _line(gettext_lazy("Measured in"))
    baseline = NumberField(label=gettext_lazy("Before"), required=False)
    target = NumberField(label=gettext_lazy("Aimed at"), required=False)
    actual = NumberField(label=gettext_lazy("Reached"), required=False)
    period_start = DayField(label=pgettext_lazy("first day of a period", "From"), required=False)
    period_end = DayField(label=gettext_lazy("To"), required=False)


class DocumentForm(Row):
    """A document that stands elsewhere."""

    ASKED = ("title", "url")
    origin = forms.IntegerField(required=False, widget=forms.HiddenInput)
    title = _line(gettext_lazy("Document"))
    url = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=2_000,
        widget=forms.TextInput({"dir": "ltr", "inputmode": "url"}),
        validators=[
            RegexValidator(
                r"^https?://\S+$", gettext_lazy("An address begins with http:// or https://.")
            )
        ],
    )
    format = _line(gettext_lazy("Format"))

    def clean(self) -> dict[str, Any]:
        """Ask for the address, without which there is nothing to open."""
        said = super().clean() or {}
        if said.get("title") and not said.get("url") and "url" in said:
            self.add_error("url", _("Give the address of the document."))
        return said


ROWS: dict[str, type[Row]] = {
    "partners": PartnerForm,
    "contributions": ContributionForm,
    "sectors": SectorForm,
    "texts": TextForm,
    "targets": TargetForm,
    "places": PlaceForm,
    "bodies": BodyForm,
    "results": ResultForm,
    "documents": DocumentForm,
}
FORMSETS = {
    name: forms.formset_factory(
        form, extra=0, can_delete=True, max_num=MAX_ITEMS, absolute_max=MAX_ITEMS
    )
    for name, form in ROWS.items()
}


def tongue_choices(tongues: tuple[str, ...]) -> Choices:
    """Return languages to choose from: the five, and others that are in use already."""
    return [(code, language_name(code)) for code in dict.fromkeys((*LANGUAGES, *tongues))]


def _with_kept(form: Row, name: str, listed: Choices) -> Choices:
    """Keep a code that is no longer in the list, so that saving does not lose it."""
    code = str(form.initial.get(name) or "")
    known = {key for key, value in listed if not isinstance(value, list)}
    known |= {key for _key, value in listed if isinstance(value, list) for key, _name in value}
    return listed if code in known or not code else [*listed, (code, code)]
