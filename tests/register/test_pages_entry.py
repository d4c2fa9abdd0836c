"""The form of a statement: what is typed becomes a content, and nothing typed is ever lost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import translation

from bandung.register.actions import rates, statements
from bandung.register.content import Body, Content, Document, Place, Result, Sector, Valuation
from bandung.register.models import Statement
from bandung.register.pages import localised
from bandung.register.pages.entry import Entry
from bandung.register.pages.entry_forms import ROWS

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def editor(client, people_of):
    """A browser in which an editor of Brazil is signed in."""
    client.force_login(people_of["BRA"]["editor"], backend=BACKEND)
    return client


def typed(**fields) -> dict[str, str]:
    """Return what a form sends: the rows' counts, and some fields."""
    counts = {f"{name}-TOTAL_FORMS": "1" for name in ROWS}
    starts = {f"{name}-INITIAL_FORMS": "0" for name in ROWS}
    named = {name.replace("__", "-"): value for name, value in fields.items()}
    return {**counts, **starts, "role": "provides", "status": "under_way", **named}


def fields_of(entry: Entry) -> QueryDict:
    """Return what a browser sends back of a form that nobody touched."""
    sent = QueryDict(mutable=True)
    for form in [entry.main, *(row for rows in entry.rows.values() for row in rows.forms)]:
        for field in form:
            value = field.value()
            for item in value if isinstance(value, list) else [value]:
                if item is not None and item is not False and item != "":
                    sent.appendlist(field.html_name, str(item))
    for name, rows in entry.rows.items():
        sent[f"{name}-TOTAL_FORMS"] = str(len(rows.forms))
        sent[f"{name}-INITIAL_FORMS"] = str(len(rows.forms))
    return sent


@pytest.mark.parametrize("lang", ["en", "fr", "es", "pt", "ar"])
def test_a_content_comes_back_from_the_form_as_it_went_in(content, db, lang):
    """In every language, loading a full statement and saving it untouched changes nothing."""
    full = content.model_copy(
        update={
            "titles": {"de": "Lehrgang", **content.titles},
            "sectors": (
                Sector(code="31181", share=Decimal("62.5")),
                Sector(vocabulary="own", code="AGR-7", share=Decimal("37.5")),
            ),
            "adaptation": 0,
            "places": (Place(name="Nampula", country="MOZ", latitude="-15.1", longitude="39.26"),),
            "bodies": (Body(name="Embrapa", role="extending", kind="10", country="BRA"),),
            "results": (
                Result(title={"pt": "Técnicos", "en": "Workers"}, actual="40", target="1250.5"),
            ),
            "documents": (
                Document(title={"pt": "Acordo"}, url="https://example.org/a", format="pdf"),
            ),
            "reported_elsewhere": ("tossd",),
            "identifier": "BR-1-22",
            "contributions": (
                content.contributions[0].model_copy(
                    update={
                        "valuation": Valuation(
                            amount="1234.56",
                            currency="USD",
                            method="actual_cost",
                            price_date=dt.date(2023, 6, 1),
                        ),
                        "note": "Two rounds",
                        "reference": "PO 7",
                    }
                ),
            ),
        }
    )
    with translation.override(lang):
        again = Entry("BRA", full, fields_of(Entry("BRA", full)))
        said = again.content()
        assert again.wrong() == []
    assert said.record() == full.record()


@pytest.mark.parametrize(
    ("lang", "text", "number"),
    [
        ("fr", "1 250,5", "1250.5"),
        ("pt", "1.250,5", "1250.5"),
        ("en", "1,250.5", "1250.5"),
        ("en", "1,250", "1250"),
        ("fr", "1,250", "1.250"),
        ("es", "1.250", "1250"),
        ("ar", "١٬٢٥٠٫٥", "1250.5"),
        ("ar", "12.5", "12.5"),
        ("en", "0.125", "0.125"),
    ],
)
def test_numbers_are_read_as_the_language_writes_them(lang, text, number):
    """Decimal commas and points, thin spaces and Arabic figures mean what a reader of it means."""
    with translation.override(lang):
        assert localised.read_number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["twelve", "1.2.3", "12,34,5", "1-2", "1,2,3.4", ""])
def test_what_is_no_number_is_refused(text):
    """Nothing is guessed from a text that is no number."""
    with pytest.raises(ValueError, match=r".*"):
        localised.read_number(text)


@pytest.mark.parametrize(
    ("lang", "text", "day"),
    [
        ("fr", "31/03/2024", (2024, 3, 31)),
        ("en", "03/31/2024", (2024, 3, 31)),
        ("en", "31.3.2024", (2024, 3, 31)),
        ("ar", "٢٠٢٤-٠٣-٣١", (2024, 3, 31)),
    ],
)
def test_days_are_read_as_the_language_writes_them(lang, text, day):
    """Day first or month first as the language has it; year first always."""
    with translation.override(lang):
        assert localised.read_day(text) == dt.date(*day)


def test_a_new_draft_is_entered_with_names_in_any_language(editor):
    """Codes are read from names; who gave and the unit follow from the rest."""
    sent = typed(
        title="Training",
        language="en",
        partners__0__code="Moçambique",
        contributions__0__modality="Cours de formation",
        contributions__0__quantity="120",
        contributions__0__key="k1",
        sectors__0__code="31181",
    )
    response = editor.post(reverse("statement-new"), sent)
    made = Statement.objects.get()
    assert response.status_code == 302
    said = made.working.said()
    assert said.partners == ("MOZ",)
    item = said.contributions[0]
    assert (item.modality, item.unit, item.provider, item.receiver, item.key) == (
        "training",
        "people",
        "BRA",
        "MOZ",
        "k1",
    )


TABLE = b"""modality,unit,amount,currency,valid_from,source
experts,person_days,900.50,BRL,2024-01-01,decree 7
experts,person_days,950,BRL,2025-01-01,decree 8
"""


@pytest.mark.parametrize(
    ("fields", "worth"),
    [
        ({"period_end": "2024-06-30"}, ("10806", "BRL", "2024-06-30")),
        ({"period_end": "2025-06-30"}, ("11400", "BRL", "2025-06-30")),
        (
            {"period_end": "2025-06-30", "valuation_price_date": "2024-12-31"},
            ("10806", "BRL", "2024-12-31"),
        ),
        (
            {"period_end": "2025-06-30", "valuation_amount": "7", "valuation_currency": "USD"},
            ("7", "USD", "None"),
        ),
        ({"period_end": "2023-06-30"}, None),
        ({"period_end": "2024-06-30", "unit": "people"}, None),
        ({"period_end": "2024-06-30", "provider": "MOZ", "receiver": "BRA"}, None),
    ],
)
def test_a_value_comes_from_the_table_of_who_gives(editor, actors, fields, worth):
    """A value of another day's price, of another's table, in place of one typed, or of nothing."""
    rates.import_unit_rates(actors["BRA"], TABLE, accept=True)
    rates.import_unit_rates(actors["MOZ"], TABLE, accept=True)
    row = {
        "modality": "experts",
        "unit": "person_days",
        "quantity": "12",
        "key": "k1",
        "valuation_method": "provider_rates",
        **fields,
    }
    sent = typed(title="Experts", language="en", partners__0__code="MOZ")
    sent |= {f"contributions-0-{name}": text for name, text in row.items()}
    response = editor.post(reverse("statement-new"), sent)
    if worth is None:
        assert "Your own table has no price" in response.content.decode()
        assert not Statement.objects.exists()
        return
    (item,) = Statement.objects.get().working.said().contributions
    said = item.valuation
    assert (f"{said.amount:f}", said.currency, str(said.price_date)) == worth
    assert said.method == "provider_rates"


UNREADABLE = {
    "contributions-0-quantity": "a dozen",
    "contributions-0-period_end": "2024-13-45",
    "partners-0-code": "Atlantis",
    "sectors-0-share": "140",
    "documents-0-url": "www.example.org",
    "contributions-0-currency": "XXX?",
    "results-0-actual": "½",
}


def test_nothing_typed_is_lost_on_an_error(editor):
    """The form comes back with every text as it was typed, each error beside its field."""
    sent = typed(
        title="Training",
        language="en",
        description="<b>bold</b> words",
        documents__0__title="Agreement",
        contributions__0__modality="training",
        contributions__0__note="by hand",
    )
    for field, text in UNREADABLE.items():
        page = editor.post(reverse("statement-new"), {**sent, field: text}).content.decode()
        assert Statement.objects.count() == 0
        assert f'href="#id_{field}"' in page
        assert f'id="id_{field}_error"' in page
        for kept in ("&lt;b&gt;bold&lt;/b&gt; words", "Agreement", "by hand", text):
            assert kept in page


def test_another_row_keeps_what_was_typed_and_calls_nothing_wrong(editor):
    """Without JavaScript a row is added by the server."""
    sent = typed(title="", partners__0__code="Atlantis", add="partners")
    page = editor.post(reverse("statement-new"), sent).content.decode()
    assert 'id="id_partners-1-code"' in page
    assert 'value="Atlantis"' in page
    assert 'class="wrong"' not in page
    assert Statement.objects.count() == 0


def test_a_removed_row_is_gone(editor, actors, content):
    """A ticked row leaves the statement, the others stay."""
    made = statements.create(actors["BRA"], content)
    sent = fields_of(Entry("BRA", content))
    sent["contributions-0-DELETE"] = "on"
    sent["expected_version"] = "1"
    editor.post(reverse("statement-edit", args=[made.pk]), sent)
    made.refresh_from_db()
    assert made.working.said().contributions == ()
    assert made.working.said().sectors == content.sectors


def test_a_draft_saves_itself_and_tells_when(editor):
    """The first autosave makes the draft, the next one changes it; the answer has the version."""
    sent = typed(title="Training", language="en", do="autosave", expected_version="0")
    first = editor.post(reverse("statement-new"), sent, headers={"hx-request": "true"})
    made = Statement.objects.get()
    assert first.headers["HX-Replace-Url"] == reverse("statement-edit", args=[made.pk])
    assert "UTC" in first.content.decode()
    sent |= {"title": "Training of trainers", "statement": str(made.pk), "expected_version": "1"}
    second = editor.post(reverse("statement-new"), sent, headers={"hx-request": "true"})
    assert 'value="2"' in second.content.decode()
    assert Statement.objects.get().working.said().titles == {"en": "Training of trainers"}


def test_a_stale_form_overwrites_nothing_and_shows_both(editor, actors):
    """The second of two editors is told; what was typed stays, and both are shown."""
    made = statements.create(actors["BRA"], Content(titles={"en": "Wells"}))
    statements.save(
        actors["BRA"], made.pk, Content(titles={"en": "Deep wells"}), expected_version=1
    )
    sent = typed(title="Wells and pumps", language="en", expected_version="1")
    address = reverse("statement-edit", args=[made.pk])
    told = editor.post(address, sent)
    page = told.content.decode()
    assert told.status_code == 409
    assert "Deep wells" in page
    assert 'value="Wells and pumps"' in page
    assert Statement.objects.get().working.said().titles == {"en": "Deep wells"}
    quiet = editor.post(address, {**sent, "do": "autosave"}).content.decode()
    assert "focal_point of BRA" in quiet
    editor.post(address, {**sent, "do": "overwrite", "seen_version": "2"})
    assert Statement.objects.get().working.said().titles == {"en": "Wells and pumps"}


def test_what_is_missing_for_approval_stands_beside_its_field(editor, actors):
    """A draft says at each field what is still to be done, with links from the top."""
    made = statements.create(actors["BRA"], Content(titles={"en": "Wells"}))
    page = editor.get(reverse("statement-edit", args=[made.pk])).content.decode()
    assert 'href="#id_partners-0-code"' in page
    assert page.count('class="advice"') >= 3


@pytest.mark.parametrize(
    ("source", "text", "code"),
    [
        ("country", "مصر", "Egypt"),
        ("currency", "euro", "EUR"),
        ("modality", "especialistas", "Experts sent"),
        ("target", "4.4", "4.4"),
    ],
)
def test_codes_are_found_by_a_name_in_any_language(client, db, source, text, code):
    """What is typed in one language finds the entry, shown in the page's."""
    page = client.get(reverse("code-search"), {"list": source, "name": "f", "f": text})
    assert f'data-value="{code}' in page.content.decode()


def test_no_other_list_is_searched(client, db):
    """A list that no field uses is not there."""
    assert client.get(reverse("code-search"), {"list": "account"}).status_code == 404


STRANGE = [
    {},
    {"add": "partners", "partners-TOTAL_FORMS": "many"},
    {"title": "A\x00B", "language": "xx", "role": "owns", "adaptation": "9"},
    {"statement": "nobody", "expected_version": "1"},
    {"contributions-0-unit": "furlongs", "contributions-0-quantity": "9" * 40},
    {"results-0-origin": "-1", "results-0-title": "R", "results-0-period_end": "0000-01-01"},
    {"texts-0-language": "fr", "texts-0-title": "x" * 600},
]


def test_what_no_browser_sends_is_no_error_of_the_server(editor):
    """Fields that are missing, foreign or far too long are refused, and nothing is entered."""
    for strange in STRANGE:
        sent = {**typed(title="Wells", language="en"), **strange} if strange else strange
        answered = editor.post(reverse("statement-new"), sent)
        assert (strange, answered.status_code in {200, 404}) == (strange, True)
    assert Statement.objects.count() == 0
