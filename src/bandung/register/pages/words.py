"""What codes of the register itself are called: roles, states, stages, verdicts, fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = dict[str, _StrPromise]

LANGUAGE_NAMES = {
    "ar": "العربية",
    "en": "English",
    "es": "español",
    "fr": "français",
    "pt": "português",
}
ROLE: Words = {
    "provides": _("Provides"),
    "receives": _("Receives"),
    "both": _("Provides and receives"),
    "facilitates": _("Facilitates (triangular cooperation)"),
}
STATUS: Words = {
    "planned": pgettext_lazy("status of an activity", "Planned"),
    "under_way": pgettext_lazy("status of an activity", "Under way"),
    "finishing": pgettext_lazy("status of an activity", "Being wound up"),
    "closed": pgettext_lazy("status of an activity", "Closed"),
    "cancelled": pgettext_lazy("status of an activity", "Cancelled"),
    "suspended": pgettext_lazy("status of an activity", "Suspended"),
}
STAGE: Words = {
    "planned": pgettext_lazy("stage of a contribution", "Planned"),
    "committed": pgettext_lazy("stage of a contribution", "Committed"),
    "delivered": pgettext_lazy("stage of a contribution", "Delivered"),
}
STATE: Words = {
    "draft": pgettext_lazy("state of a statement", "Draft"),
    "agency_approved": pgettext_lazy("state of a statement", "Approved by the agency"),
    "approved": pgettext_lazy("state of a statement", "Approved"),
    "shared": pgettext_lazy("state of a statement", "Shared with the partners"),
    "published": pgettext_lazy("state of a statement", "Published"),
}
BODY_ROLE: Words = {
    "funding": pgettext_lazy("role of an organisation", "Funds it"),
    "accountable": pgettext_lazy("role of an organisation", "Answers for it"),
    "extending": pgettext_lazy("role of an organisation", "Manages it"),
    "implementing": pgettext_lazy("role of an organisation", "Carries it out"),
}
PERSON_ROLE: Words = {
    "viewer": pgettext_lazy("role of a person", "Viewer"),
    "editor": pgettext_lazy("role of a person", "Editor"),
    "approver": pgettext_lazy("role of a person", "Approver"),
    "focal_point": pgettext_lazy("role of a person", "Focal point"),
}
MARKER: Words = {
    "0": pgettext_lazy("climate marker", "Not an aim"),
    "1": pgettext_lazy("climate marker", "A significant aim"),
    "2": pgettext_lazy("climate marker", "The principal aim"),
}
VOCABULARY: Words = {
    "crs": _("Purpose (CRS)"),
    "dac3": _("Sector, three digits (DAC)"),
    "isic": _("Branch of the economy (ISIC)"),
    "own": _("The member’s own list"),
}
RESPONSE: Words = {
    "accepts": pgettext_lazy("response", "Accepted"),
    "objects": pgettext_lazy("response", "Objected to"),
}
VERDICT: Words = {
    "agreed": pgettext_lazy("comparison", "Agreed"),
    "differs": pgettext_lazy("comparison", "Differs"),
    "only_ours": pgettext_lazy("comparison", "One side only"),
    "only_theirs": pgettext_lazy("comparison", "One side only"),
    "not_compared": pgettext_lazy("comparison", "Not compared"),
}
ACTION: Words = {
    "create": pgettext_lazy("what was done", "Entered"),
    "save": pgettext_lazy("what was done", "Changed"),
    "approve": pgettext_lazy("what was done", "Approved"),
    "return": pgettext_lazy("what was done", "Returned with a remark"),
    "share": pgettext_lazy("what was done", "Shared with the partners"),
    "publish": pgettext_lazy("what was done", "Published"),
    "withdraw": pgettext_lazy("what was done", "Withdrawn"),
    "discard": pgettext_lazy("what was done", "Discarded"),
    "import": pgettext_lazy("what was done", "Imported"),
    "merge": pgettext_lazy("what was done", "Merged"),
    "take_apart": pgettext_lazy("what was done", "Taken apart again"),
    "accepts": pgettext_lazy("what was done", "Accepted"),
    "objects": pgettext_lazy("what was done", "Objected to"),
    "propose": pgettext_lazy("what was done", "Proposed"),
    "accept": pgettext_lazy("what was done", "Accepted"),
    "refuse": pgettext_lazy("what was done", "Refused"),
    "leave": pgettext_lazy("what was done", "Left"),
    "dismiss": pgettext_lazy("what was done", "Dismissed"),
    "pair": pgettext_lazy("what was done", "Put together"),
    "set_apart": pgettext_lazy("what was done", "Set apart"),
    "unpair": pgettext_lazy("what was done", "Taken back"),
    "add": pgettext_lazy("what was done", "Added"),
    "change": pgettext_lazy("what was done", "Changed"),
    "set password": pgettext_lazy("what was done", "Password set"),
    "add second factor": pgettext_lazy("what was done", "Second factor set up"),
    "remove second factor": pgettext_lazy("what was done", "Second factor removed"),
    "revoke": pgettext_lazy("what was done", "Revoked"),
    "install": pgettext_lazy("what was done", "Installed"),
    "add code": pgettext_lazy("what was done", "Code added"),
    "change code": pgettext_lazy("what was done", "Code changed"),
    "withdraw code": pgettext_lazy("what was done", "Code withdrawn"),
    "reinstate code": pgettext_lazy("what was done", "Code taken into use again"),
    "import codes": pgettext_lazy("what was done", "Codes imported"),
    "import_rates": pgettext_lazy("what was done", "Rates imported"),
}
KIND: Words = {
    "statement": pgettext_lazy("what something was done to", "Statement"),
    "response": pgettext_lazy("what something was done to", "Answer"),
    "assessment": pgettext_lazy("what something was done to", "Assessment"),
    "match": pgettext_lazy("what something was done to", "Match"),
    "pairing": pgettext_lazy("what something was done to", "Pair of contributions"),
    "suggestion": pgettext_lazy("what something was done to", "Suggestion"),
    "merge": pgettext_lazy("what something was done to", "Merger of two statements"),
    "person": pgettext_lazy("what something was done to", "Person"),
    "agency": pgettext_lazy("what something was done to", "Agency"),
    "token": pgettext_lazy("what something was done to", "Token"),
    "code_list": pgettext_lazy("what something was done to", "Code list"),
    "exchange_rates": pgettext_lazy("what something was done to", "Exchange rates"),
    "unit_rates": pgettext_lazy("what something was done to", "Unit rates"),
}
QUANTITY_KIND: Words = {
    "money": pgettext_lazy("kind of quantity", "Money"),
    "time": pgettext_lazy("kind of quantity", "Time"),
    "people": pgettext_lazy("kind of quantity", "People"),
    "count": pgettext_lazy("kind of quantity", "Number"),
    "mass": pgettext_lazy("kind of quantity", "Mass"),
    "volume": pgettext_lazy("kind of quantity", "Volume"),
    "length": pgettext_lazy("kind of quantity", "Length"),
    "area": pgettext_lazy("kind of quantity", "Area"),
    "power": pgettext_lazy("kind of quantity", "Power"),
}
PROPERTY: Words = {
    "units": pgettext_lazy("property of a code", "Counted in"),
    "finance_type": pgettext_lazy("property of a code", "Finance type (IATI)"),
    "aid_type": pgettext_lazy("property of a code", "Aid type (IATI)"),
    "disbursement_channel": pgettext_lazy("property of a code", "Disbursement channel (IATI)"),
    "flow": pgettext_lazy("property of a code", "Flow type (IATI)"),
    "exclusion": pgettext_lazy("property of a code", "Left out of SDG 17.3.1 as"),
    "account": pgettext_lazy("property of a code", "Provider’s account"),
    "account_received": pgettext_lazy("property of a code", "Receiver’s account"),
    "isic": pgettext_lazy("property of a code", "ISIC section"),
}
FORM: Words = {
    "one": pgettext_lazy("form of a unit", "For one, in %(language)s"),
    "two": pgettext_lazy("form of a unit", "For two, in %(language)s"),
    "few": pgettext_lazy("form of a unit", "For a few, in %(language)s"),
    "many": pgettext_lazy("form of a unit", "For eleven to ninety-nine, in %(language)s"),
    "other": pgettext_lazy("form of a unit", "For other numbers, in %(language)s"),
}
FIELD: Words = {
    "title": _("Title"),
    "titles": _("Title"),
    "description": _("Description"),
    "descriptions": _("Description"),
    "role": _("Role"),
    "parties": _("Parties"),
    "partners": _("Partners"),
    "status": _("Status"),
    "planned_start": _("Planned start"),
    "planned_end": _("Planned end"),
    "actual_start": _("Actual start"),
    "actual_end": _("Actual end"),
    "sectors": _("Sectors"),
    "sectors_crs": _("Sectors (CRS)"),
    "sectors_dac3": _("Sectors (DAC, three digits)"),
    "sectors_isic": _("Branches (ISIC)"),
    "targets": _("SDG targets"),
    "adaptation": _("Adaptation to climate change"),
    "mitigation": _("Mitigation of climate change"),
    "places": _("Places"),
    "bodies": _("Organisations"),
    "contributions": _("Contributions"),
    "results": _("Results"),
    "documents": _("Documents"),
    "reported_elsewhere": _("Reported elsewhere"),
    "identifier": _("Identifier"),
    "modality": _("Modality"),
    "stage": _("Stage"),
    "unit": _("Unit"),
    "currency": _("Currency"),
    "quantity": _("Quantity"),
    "period_start": _("From the day"),
    "period_end": _("To the day"),
    "provider": _("Given by"),
    "receiver": _("Received by"),
    "note": _("Note"),
    "exclusion": _("Left out of SDG 17.3.1"),
    "valuation": _("Value"),
    "valuation_amount": _("Value"),
    "valuation_currency": _("Currency of the value"),
    "valuation_price_date": _("Price date"),
    "valuation_method": _("Method of valuation"),
}
KINDS: dict[str, Words] = {
    "role": ROLE,
    "status": STATUS,
    "stage": STAGE,
    "state": STATE,
    "body_role": BODY_ROLE,
    "person_role": PERSON_ROLE,
    "marker": MARKER,
    "vocabulary": VOCABULARY,
    "response": RESPONSE,
    "verdict": VERDICT,
    "action": ACTION,
    "kind": KIND,
    "quantity_kind": QUANTITY_KIND,
    "field": FIELD,
}


def property_word(key: str) -> str:
    """Return what a property of a code is called; one that the register does not know by its key.

    Examples
    --------
    >>> property_word("aid_type"), property_word("one_fr"), property_word("colour")
    ('Aid type (IATI)', 'For one, in français', 'colour')
    """
    lang = language_of(key)
    if lang:
        form = str(FORM[key.removesuffix(f"_{lang}")])
        return form % {"language": LANGUAGE_NAMES[lang]}
    return str(PROPERTY.get(key, key))


def language_of(key: str) -> str:
    """Return the language of a form of a unit; empty for any other property."""
    form, _rest, lang = key.partition("_")
    return lang if form in FORM and lang in LANGUAGE_NAMES else ""


def word(kind: str, code: object) -> str:
    """Return what a code of the register itself is called; one it does not know names itself."""
    return str(KINDS[kind].get(str(code), code))
