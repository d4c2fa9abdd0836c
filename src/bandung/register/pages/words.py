"""What codes of the register itself are called: roles, states, stages, verdicts, fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = dict[str, _StrPromise]

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
    "field": FIELD,
}


def word(kind: str, code: object) -> str:
    """Return what a code of the register itself is called; one it does not know names itself."""
    return str(KINDS[kind].get(str(code), code))
