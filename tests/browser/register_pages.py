"""Every page of the register, who looks at it, and a record in which each has something to show."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.urls import get_resolver, reverse
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from bandung.register import codelists, previews
from bandung.register.actions import assessments, merging, pairing, people, responses, statements
from bandung.register.actor import Actor
from bandung.register.content import Body, Content, Contribution, Place, Sector, Valuation
from bandung.register.models import Agency, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

SHUT_OUT = "shut.out@example.org"
"""Who tried to sign in too often."""

NOT_PAGES = {
    "health": "JSON",
    "metrics": "text for a machine",
    "sign-out": "leads to the start",
    "language": "leads back to the page",
    "tokens": "leads to the account, or shows it",
    "account-password": "leads to the account, or shows it",
    "code-search": "a part of the form",
    "code-units": "a part of the form",
    "activity-answer": "leads to the form",
    "pair": "leads to the activity",
    "suggestion-decide": "leads to the suggestions",
    "merge-undo": "leads to the activity",
    "respond": "leads to the activity",
    "statement-step": "leads to the activity",
    **dict.fromkeys(
        (
            "activities-csv",
            "activities-xlsx",
            "template",
            "export",
            "return-file",
            "finance-file",
            "code-list-csv",
        ),
        "a file",
    ),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as somebody looks at it.

    Attributes
    ----------
    arguments
        What the address names: a key of `Record.keys`, or the word itself.
    then
        What is done on the page before it is looked at.
    of_a_row
        Whether it is there only after the one before it was looked at.
    """

    name: str
    viewer: str = "focal point"
    arguments: tuple[str, ...] = ()
    query: str = ""
    then: Callable[[Page], None] | None = None
    of_a_row: bool = False


@dataclass(slots=True)
class Record:
    """What was entered: who may look, and the keys of what there is."""

    people: dict[str, Person]
    keys: dict[str, str] = field(default_factory=dict)

    def address(self, shown: Shown) -> str:
        """Return the address of a page."""
        arguments = [self.keys.get(word, word) for word in shown.arguments]
        path = reverse(shown.name, args=arguments) if shown.name else f"/{arguments[0]}"
        return path + re.sub(r"<([^>]+)>", lambda found: self.keys[found[1]], shown.query)


def names(patterns=None, before: str = "") -> Iterator[str]:
    """Yield the name of every address that is not the API's."""
    for item in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(item.pattern)
        if route.startswith("api/"):
            continue
        if hasattr(item, "url_patterns"):
            yield from names(item.url_patterns, route)
        else:
            yield item.name


def _without_token(page: Page) -> None:
    page.eval_on_selector("main form input[name=csrfmiddlewaretoken]", "e => e.remove()")
    _submit(page)


def _submit(page: Page) -> None:
    with page.expect_navigation():
        page.eval_on_selector("main form", "e => e.submit()")


def _shut_out(page: Page) -> None:
    page.fill("#id_username", SHUT_OUT)
    page.fill("#id_password", "wrong")
    _submit(page)


def _large_file(page: Page) -> None:
    file = {"name": "a.xml", "mimeType": "text/xml", "buffer": b" " * 200_000}
    page.set_input_files("input[type=file]", file)
    _submit(page)


def _code_of_application(page: Page) -> None:
    device = TOTPDevice.objects.get(confirmed=False)
    page.fill("#id_code", f"{totp(device.bin_key):06d}")
    _submit(page)


def _wrong_quantity(page: Page) -> None:
    page.fill("#id_contributions-0-quantity", "twelve")
    page.keyboard.press("Enter")
    page.wait_for_selector(".mend:focus")


def _incomplete(page: Page) -> None:
    """Send a form that has to be mended, so that errors stand beside its fields."""
    page.eval_on_selector_all(
        "main form input:not([type=hidden], [type=checkbox])", "all => all.forEach(e => e.value='')"
    )
    page.eval_on_selector("main form button:last-of-type", "e => e.click()")
    page.wait_for_selector(".mend, .wrong")
    page.wait_for_load_state()


FIRST = (Shown("setup", "public"), Shown("setup", "public", then=_incomplete))
"""Before anybody is there."""

SHOWN = (
    Shown("inbox"),
    Shown("activities"),
    Shown("activities", query="?text=nothing+of+the+kind&year_from=2020"),
    Shown("activity", arguments=("activity",)),
    Shown("activity", arguments=("to answer",)),
    Shown("assessment", arguments=("activity",)),
    Shown("statement-new"),
    Shown("statement-edit", arguments=("statement",), then=_wrong_quantity),
    Shown("statement-history", arguments=("statement",)),
    Shown("suggestions"),
    Shown("suggestions", query="?look=duplicates"),
    Shown("merge", query="?kept=<twin>&absorbed=<other twin>"),
    Shown("overview"),
    Shown("import"),
    Shown("import", then=_incomplete),
    Shown("import", then=_large_file),
    Shown("import-preview", arguments=("preview",)),
    Shown("return-17-3-1", query="?year=2023"),
    Shown("account"),
    Shown("people"),
    Shown("person", arguments=("person",)),
    Shown("agencies"),
    Shown("agency", arguments=("agency",)),
    Shown("codes"),
    Shown("code-list", arguments=("valuation_method",)),
    Shown("rates"),
    Shown("import-rates", arguments=("unit",)),
    Shown("audit"),
    Shown("inbox", "administrator"),
    Shown("people", "administrator"),
    Shown("manage-members", "administrator"),
    Shown("code-list", "administrator", ("exclusion",)),
    Shown("import-codes", "administrator", ("modality",)),
    Shown("add-code", "administrator", ("modality",)),
    Shown("code", "administrator", ("modality", "training")),
    Shown("import-rates", "administrator", ("exchange",)),
    Shown("start", "public"),
    Shown("sign-in", "public"),
    Shown("sign-in", "public", then=_incomplete),
    Shown("sign-in", "public", then=_shut_out),
    Shown("sign-in", "public", then=_without_token),
    Shown("activity", "public", ("activity",)),
    Shown("members", "public"),
    Shown("member", "public", ("SEN",)),
    # What the server refuses.
    Shown("", arguments=("nowhere/",)),
    Shown("manage-members"),
    Shown("member", "public", ("MAR",)),
    Shown("member", arguments=("MAR",)),
    # The second factor: set up, in use, asked for at the next sign-in.
    Shown("second-factor", "careful"),
    Shown("second-factor", "careful", then=_code_of_application, of_a_row=True),
    Shown("second-factor", "careful", of_a_row=True),
    Shown("second-factor", "careful again", of_a_row=True),
)


def entered() -> Record:
    """Enter a small record: every list of every page has something in it, some of it long."""
    record = Record({})
    senegal, morocco = (_member(record, code) for code in ("SEN", "MAR"))
    record.people["administrator"] = people.add_person(
        Actor.operator(), "administrator@example.org", "Administrator", agency=None
    )
    agency = Agency.objects.get(member="SEN")
    careful = people.add_person(senegal, "c@example.org", "Aïssatou Diémé", agency=agency)
    record.people["careful"] = record.people["careful again"] = careful
    people.add_token(senegal, "The ministry's programme of statistics", ["read"])
    given = further(senegal, statements.create(senegal, WELLS), "approve", "share", "publish")
    theirs = statements.answer(morocco, given.activity_id, of=given.pk)
    said = statements.said_in(theirs)
    fewer = [
        item.model_copy(update={"quantity": item.quantity - 1}) for item in said.contributions[:-1]
    ]
    said = said.model_copy(update={"contributions": tuple(fewer)})
    theirs = statements.save(morocco, theirs.pk, said, expected_version=theirs.version)
    further(morocco, theirs, "approve", "share", "publish")
    _between(senegal, morocco, given)
    twins = [statements.create(senegal, WELLS.model_copy(update={"identifier": i})) for i in "ab"]
    others = [statements.create(senegal, WELLS.model_copy(update={"identifier": i})) for i in "cd"]
    merging.merge(senegal, others[0].pk, others[1].pk, kept_version=1, absorbed_version=1)
    turned = WELLS.model_copy(update={"role": "receives", "partners": ("SEN",), "identifier": ""})
    proposed = further(morocco, statements.create(morocco, turned), "approve", "share")
    twin = further(senegal, twins[0], "approve", "share")
    pairing.propose(morocco, proposed.pk, twin.pk)
    record.keys = {
        "activity": str(given.activity_id),
        "statement": str(given.pk),
        "to answer": str(proposed.activity_id),
        "twin": str(twin.pk),
        "other twin": str(twins[1].pk),
        "agency": str(agency.pk),
        "person": str(careful.pk),
        "preview": str(previews.keep_preview(senegal, "a-file-of-ours.xml", IATI, "en").pk),
    }
    return record


def forget_second_factor() -> None:
    """Let the careful person set it up again."""
    TOTPDevice.objects.all().delete()
    StaticDevice.objects.all().delete()


def further(actor: Actor, statement, *steps: str):
    """Take a statement some steps on."""
    for step in steps:
        act = getattr(statements, step)
        statement = act(actor, statement.pk, expected_version=statement.version)
    return statement


def _member(record: Record, code: str) -> Actor:
    operator = Actor.operator(code)
    name = f"Direction générale de la coopération internationale ({code})"
    agency = people.add_agency(operator, code, name)
    person = people.add_person(
        operator,
        f"responsable.de.la.cooperation.internationale@{code.lower()}.example.org",
        f"Marie-Antoinette Ndiaye-Benkirane ({code})",
        agency=agency,
        role=Person.Role.FOCAL_POINT,
    )
    record.people.setdefault("focal point", person)
    return Actor.of(person)


def _between(senegal: Actor, morocco: Actor, given) -> None:
    responses.respond(
        morocco,
        given.pk,
        kind="objects",
        expected_revision=given.shared.number,
        contribution_key="courses",
        reason="Only eighty came; the list of those who were there is with the ministry.",
    )
    indicator = codelists.active("indicator")[0].code
    for actor, score in ((senegal, 3), (morocco, 1)):
        answers = {indicator: assessments.Answer(score, "Planned together, in Kayes.")}
        assessments.save(actor, given.activity_id, answers, expected_version=0)
    assessments.share(morocco, given.activity_id, expected_version=1)


WELLS = Content(
    titles={
        "fr": "Formation des vulgarisateurs et des institutrices aux techniques agroforestières",
        "en": "Wells and orchards at https://example.org/wells-and-orchards-of-the-upper-valley/",
        "ar": "تدريب المرشدين الزراعيين والمعلمات على تقنيات الحراجة الزراعية في الوادي الأعلى",
    },
    descriptions={"en": "Two courses for extension workers, and twelve wells."},
    role="provides",
    status="closed",
    partners=("MAR",),
    actual_start=dt.date(2023, 3, 1),
    actual_end=dt.date(2023, 11, 30),
    sectors=(Sector(code="31181"), Sector(code="14030")),
    targets=("2.4", "6.1"),
    adaptation=2,
    places=(Place(name="Kayes", country="MAR", latitude="14.4", longitude="-11.4"),),
    bodies=(Body(name="Union des coopératives", role="implementing"),),
    contributions=(
        Contribution(
            key="courses",
            modality="training",
            provider="SEN",
            receiver="MAR",
            quantity="1250.5",
            unit="person_days",
            period_start=dt.date(2023, 3, 1),
            period_end=dt.date(2023, 11, 30),
            note="In two rounds.",
            valuation=Valuation(amount="1234567.89", currency="XOF", method="actual_cost"),
        ),
        Contribution(
            key="experts",
            modality="experts",
            provider="SEN",
            receiver="MAR",
            quantity="40",
            unit="person_days",
            period_end=dt.date(2023, 11, 30),
        ),
    ),
    identifier="SN-WELLS",
)
IATI = b"""<iati-activities version="2.03">
<iati-activity default-currency="USD"><iati-identifier>SN-NEW</iati-identifier>
<reporting-org ref="SN" type="10"><narrative>Senegal</narrative></reporting-org>
<title><narrative>Solar pumps</narrative></title>
<activity-status code="2"/><activity-date type="2" iso-date="2024-02-30"/>
<recipient-country code="MA"/></iati-activity>
<iati-activity><iati-identifier>SN-WELLS</iati-identifier>
<title><narrative>Wells of the upper valley</narrative></title>
<activity-status code="4"/><activity-date type="2" iso-date="2023-03-01"/>
<recipient-country code="MA"/></iati-activity>
<iati-activity><iati-identifier>SN-OTHER</iati-identifier>
<title><narrative>Orchards</narrative></title>
<activity-status code="2"/><activity-date type="2" iso-date="2024-02-03"/>
<recipient-country code="MA"/></iati-activity>
</iati-activities>"""
