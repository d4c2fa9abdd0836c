"""Quantities, lists and labels are worded as each of the five languages words them."""

from __future__ import annotations

import ast
import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation

from bandung.codes.tables import LANGUAGES
from bandung.errors import SourceError
from bandung.register import codelists
from bandung.register.actions import codelists as acting
from bandung.register.actor import Actor
from bandung.register.content import Body, Content, Contribution, Place, Result
from bandung.register.excel import guard
from bandung.register.iati import parsing
from bandung.register.models import AuditEntry
from bandung.register.pages import accounts_of, beside, localised, reasons, words
from bandung.register.returns import rates
from bandung.register.templatetags import register_text as text

PACKAGE = Path(__file__).parents[2] / "src" / "bandung" / "register"
RECORDING = {"Deed", "deed", "_audit", "_write", "_decide", "_step", "_match_deed"}
"""Functions that write entries of the audit chain."""
COLON = re.compile(r"(?:\}\}|%\}|</\w+>): ")


def counted(lang: str, quantity: str, unit: str) -> str:
    with translation.override(lang):
        return text.amount(Contribution(key="k", modality="event", quantity=quantity, unit=unit))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lang", "quantity", "unit", "said"),
    [
        ("en", "1", "events", "1 event"),
        ("en", "1.000", "person_days", "1 person-day"),
        ("en", "1.5", "person_days", "1.5 person-days"),
        ("en", "21", "people", "21 people"),
        ("fr", "1", "events", "1 manifestation"),
        ("fr", "1.5", "person_days", "1,5 jour-personne"),
        ("fr", "2", "person_days", "2 jours-personnes"),
        ("es", "1", "events", "1 evento"),
        ("es", "2", "events", "2 eventos"),
        ("pt", "1", "missions", "1 missão"),
        ("pt", "2", "missions", "2 missões"),
        ("ar", "0", "days", "٠ يوم"),
        ("ar", "1", "days", "يوم واحد"),
        ("ar", "2", "days", "يومان"),
        ("ar", "3", "days", "٣ أيام"),
        ("ar", "11", "days", "١١ يوماً"),
        ("ar", "100", "days", "١٠٠ يوم"),
        ("ar", "103", "days", "١٠٣ أيام"),
    ],
)
def test_a_unit_stands_in_the_form_that_its_number_asks_for(lang, quantity, unit, said):
    """A page that says "1 eventos", or counts Arabic days in one form only."""
    assert counted(lang, quantity, unit).replace(localised.NO_BREAK, " ") == said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lang", "one", "two", "five"),
    [("es", "evento", "eventos", "eventos"), ("ar", "فعالية", "فعالية", "فعاليات")],
)
def test_a_unit_in_a_column_of_its_own_fits_the_number_beside_it(lang, one, two, five):
    """A table that says "1 | eventos", or in Arabic "1 | one event"."""
    with translation.override(lang):
        assert [text.unit_of("events", Decimal(n)) for n in (1, 2, 5)] == [one, two, five]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_unit_has_every_form_of_the_language(lang):
    """A unit added without its forms: one of it would be counted in the plural."""
    wanted = {"ar": ("one", "two", "many", "other")}.get(lang, ("one",))
    for unit in codelists.shipped("unit"):
        if unit.code != "money":
            assert all(unit.counted(form, lang) for form in wanted), unit.code


@pytest.mark.django_db
def test_a_unit_that_an_administrator_adds_without_forms_is_called_by_its_name():
    """A quantity without its unit."""
    acting.install_shipped(Actor.operator())
    herds = codelists.CodeEntry("herds", {"en": "Herds", "ar": "قطعان"}, source="a ministry")
    acting.add_code(Actor.operator(), "unit", herds)
    assert counted("en", "1", "herds") == f"1{localised.NO_BREAK}herds"
    assert counted("ar", "1", "herds") == f"١{localised.NO_BREAK}قطعان"
    told = codelists.CodeEntry("flocks", {"en": "Flocks"}, properties={"one_en": "flock"})
    acting.add_code(Actor.operator(), "unit", told)
    assert counted("en", "1", "flocks") == f"1{localised.NO_BREAK}flock"
    assert "one_en" in codelists.as_csv("unit").partition("\n")[0]


@pytest.mark.django_db
def test_results_are_counted_in_the_units_of_the_page(content):
    """A result in "people" on a page in Spanish, or in no unit at all."""
    result = Result(title={"es": "Personas formadas"}, unit="people", actual=Decimal(40))
    own = Result(title={"es": "Hogares"}, unit="أسرة", actual=Decimal(1))
    with translation.override("es"):
        assert (
            beside.shown("results", (result,)) == "Personas formadas: 40\N{NO-BREAK SPACE}personas"
        )
        assert "\u2068أسرة\u2069" in beside.shown("results", (own,))
        said = dict(accounts_of.lines(content.model_copy(update={"results": (result,)})))
        assert said["Resultados"].endswith("40\N{NO-BREAK SPACE}personas")


def test_every_deed_that_is_recorded_has_words():
    """An audit that shows "import_rates unit_rates" to a reader of Arabic."""
    known = set(words.ACTION) | set(words.KIND)
    found = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in RECORDING:
                given = [*node.args[:3], *(k.value for k in node.keywords if k.arg == "action")]
                found |= {
                    item.value
                    for item in given
                    if isinstance(item, ast.Constant) and isinstance(item.value, str) and item.value
                }
    assert len(found) > 25
    assert found - known == set()


def _name(function) -> str:
    return getattr(function, "attr", None) or getattr(function, "id", "")


def test_the_audit_is_in_the_language_of_the_page(client, actors, content, published):
    """Actions and kinds in English on a page in another language."""
    client.force_login(actors["BRA"].person)
    client.post(reverse("language"), {"language": "fr"})
    page = client.get(reverse("audit")).content.decode()
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert 'Publication <span class="muted">Déclaration</span>' in rows
    shown = set(re.findall(r"<td>([a-z_]+) <span", rows))
    assert shown == set()
    assert AuditEntry.objects.filter(action="publish").exists()


def test_reasons_show_names_as_people_wrote_them():
    """A reason that names "sao tome" and "12.1,-16.2" where people wrote São Tomé and Kaolack."""
    ours = Content(
        titles={"pt": "Projeto BRA/04/043-A167"},
        role="provides",
        places=(
            Place(name="São Tomé"),
            Place(name="Kaolack", latitude=Decimal("14.15"), longitude=Decimal("-16.07")),
        ),
        bodies=(Body(name="EMBRAPA Café", role="implementing"),),
    )
    record = {"level": "same", "bits": 2, "ours": [], "theirs": []}
    said = reasons.sentences(
        [
            record | {"rule": "place", "shared": ["sao tome", "14.2,-16.1", "kaolack"]},
            record | {"rule": "body", "shared": ["embrapa cafe"]},
            record | {"rule": "reference", "shared": ["BRA04043A167"]},
        ],
        ours,
        ours,
    )[0]
    assert said == [
        "A place is the same: São Tomé and Kaolack.",
        "An organisation is the same: EMBRAPA Café.",
        "They carry the same number or reference: BRA/04/043-A167.",
    ]


def test_names_against_the_page_are_isolated_from_its_direction():
    """A Latin name in an Arabic sentence that turns the full stop and its neighbours round."""
    record = {"level": "same", "bits": 2, "ours": [], "theirs": [], "rule": "body"}
    content = Content(role="provides", bodies=(Body(name="EMBRAPA", role="implementing"),))
    with translation.override("ar"):
        assert (
            "\u2068EMBRAPA\u2069"
            in reasons.sentences([record | {"shared": ["embrapa"]}], content, content)[0][0]
        )


def test_file_sizes_and_endings_on_the_page_of_files(client, actors):
    """Latin digits among Arabic ones; a full stop on the wrong side of "xlsx"."""
    client.force_login(actors["BRA"].person)
    client.post(reverse("language"), {"language": "ar"})
    page = client.get(reverse("import")).content.decode()
    assert "٢٠" in page
    assert not re.search(r">\.\w+</a>", page)
    assert '<bdi dir="ltr">.xlsx</bdi>' in page


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "60%"), ("fr", "60\xa0%"), ("es", "60\xa0%"), ("pt", "60%"), ("ar", "٦٠٪\u061c")],
)
def test_a_share_is_written_with_the_sign_and_space_of_the_language(lang, said):
    """A share as "60%" on a French page, or a Latin sign behind Arabic digits."""
    with translation.override(lang):
        assert localised.percent(Decimal("0.6")) == said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_parts_of_a_line_have_the_comma_of_the_language(lang):
    """A Latin comma between Arabic words."""
    with translation.override(lang):
        wanted = "، " if lang == "ar" else ", "
        assert localised.parted(("a", "", "b")) == f"a{wanted}b"
        assert text.comma() == wanted


@pytest.mark.parametrize(
    "file", sorted((PACKAGE / "templates").rglob("*.html")), ids=lambda file: file.name
)
def test_no_template_counts_in_digits_of_another_script(file):
    """A number that is counted and shown as it is: "5" among Arabic digits."""
    for names in re.findall(
        r"blocktranslate count (\w+)=.*?endblocktranslate", file.read_text(encoding="utf-8")
    ):
        assert names == "n"
    shown = re.findall(r"\{\{ n \}\}", file.read_text(encoding="utf-8"))
    assert shown == []


def test_from_has_two_senses():
    """One word for "from the day" and for "from these statements"."""
    with translation.override("ar"):
        day = translation.pgettext("first day of a period", "From")
        made_of = translation.pgettext("statements that a sum is made of", "From")
    assert day != made_of
    assert "From" not in {day, made_of}


@pytest.mark.parametrize(
    "file", sorted((PACKAGE / "templates").rglob("*.html")), ids=lambda f: f.name
)
def test_no_template_has_a_colon_outside_of_a_message(file):
    """A colon without the space that French sets before it."""
    bare = re.sub(
        r"\{% blocktranslate.*?endblocktranslate %\}",
        "",
        file.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    assert COLON.findall(bare) == []


@pytest.mark.parametrize(
    ("names", "said", "chosen"),
    [
        (["Brasil", "India"], "Brasil e India", "Brasil o India"),
        (["Brasil", "Cuba", "Irán"], "Brasil, Cuba e Irán", "Brasil, Cuba o Irán"),
        (["agua", "hierro"], "agua y hierro", "agua o hierro"),
        (["aguja", "hilo"], "aguja e hilo", "aguja o hilo"),
        (["India", "Brasil"], "India y Brasil", "India o Brasil"),
        (["Cuba", "Honduras"], "Cuba y Honduras", "Cuba u Honduras"),
        (["Yemen", "Omán"], "Yemen y Omán", "Yemen u Omán"),
        (["Italia"], "Italia", "Italia"),
    ],
)
def test_spanish_joins_names_by_their_sound(names, said, chosen):
    """A list that says "Brasil y India", or "Cuba o Honduras"."""
    with translation.override("es"):
        assert localised.joined(names) == said
        assert localised.either(names) == chosen
    with translation.override("pt"):
        assert " e " in localised.joined(["Brasil", "Índia"])


def test_a_list_of_members_is_joined_by_the_same_rule():
    """Names of countries joined by another rule than other lists."""
    with translation.override("es"):
        assert localised.member_names(["IND", "BRA"]) == "Brasil e India"


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_the_return_is_called_alike_on_pages_and_in_files(lang):
    """A workbook called otherwise than the page it is taken from."""
    with translation.override(lang):
        page = translation.gettext("Return for SDG indicator 17.3.1")
    with (PACKAGE / "returns" / "words.csv").open(encoding="utf-8", newline="") as file:
        sheet = {row["key"]: row[lang] for row in csv.DictReader(file)}["sheet.return"]
    assert sheet.removeprefix("ال") in page


def test_properties_of_codes_have_words():
    """A raw key, as "disbursement_channel", on the page of a list."""
    known = set()
    for name in codelists.names():
        for entry in codelists.shipped(name):
            known |= entry.properties.keys()
    assert len(known) > 15
    for lang in LANGUAGES:
        with translation.override(lang):
            for key in known:
                assert words.property_word(key) != key
                assert "_" not in words.property_word(key)


@pytest.mark.django_db
def test_a_page_of_codes_says_properties_in_words(client):
    """Codes of units, and of accounts, where their names are known."""
    page = client.get(reverse("code-list", args=["modality"])).content.decode()
    assert "Counted in</span> <bdi>person-days, person-months" in page
    assert "disbursement_channel" not in page
    units = client.get(reverse("code-list", args=["unit"])).content.decode()
    assert "For one, in English</span> <bdi>person-day</bdi>" in units
    assert "jour-personne" not in units


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (lambda: rates.read_exchange_rates(b"currency,date\n"), "colonne"),
        (lambda: guard.checked(b"plain"), "classeur"),
        (lambda: parsing.tree(b"<a><b></a>"), "bien formé"),
        (lambda: parsing.tree(b""), "vide"),
    ],
    ids=["rates", "workbook", "xml", "empty"],
)
def test_refusals_of_files_are_in_the_language_of_the_page(refused, said):
    """A page in French that refuses a file in English."""
    with translation.override("fr"), pytest.raises(SourceError, match=said):
        refused()
    with pytest.raises(SourceError) as error:
        refused()
    assert said not in str(error.value)


def test_a_line_of_rates_is_refused_in_the_language_of_the_page():
    """The reason beside a line in English."""
    file = b"currency,date,usd_per_unit,source\nXXY,2024,0.2,bank\nBRL,soon,0.2,bank\n"
    with translation.override("es"):
        problems = rates.read_exchange_rates(file).problems
    assert [problem.message for problem in problems] == [
        "«XXY» no es un código ISO 4217, como USD",
        "«soon» no es una fecha: escriba AAAA-MM-DD",
    ]
