"""Code lists as the package brings them, and as administrators keep them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from defusedxml import ElementTree
from django.db import transaction

from bandung.codes.tables import LANGUAGES
from bandung.errors import (
    CodeUnknownError,
    EditConflictError,
    NotAllowedError,
    NotFoundError,
    RegisterError,
)
from bandung.register import audit, codelists
from bandung.register.actions import codelists as actions
from bandung.register.actor import Actor
from bandung.register.codelists import CodeEntry
from bandung.register.models import AuditEntry, Code, CodeList

OPERATOR = Actor.operator()
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "code-lists.md"
ARABIC = range(0x600, 0x700)
TARGETS = 169
NEW = CodeEntry(
    code="seed_bank",
    names={"en": "Seed bank deposit", "fr": "Dépôt de semences"},
    group="C",
    properties={"units": "items kilograms"},
)


@pytest.fixture
def installed(db):
    """The package's lists in the database."""
    actions.install_shipped(OPERATOR)


@pytest.mark.parametrize("name", codelists.names())
def test_every_code_has_a_name_in_five_languages_and_a_source(name):
    """A code without a name in one of the five languages, or without a source."""
    for code in codelists.shipped(name):
        assert set(code.names) == set(LANGUAGES), (name, code.code)
        assert code.source, (name, code.code)
        assert any(ord(letter) in ARABIC for letter in code.names["ar"]), (name, code.code)
        assert not set(code.hints) or "en" in code.hints


@pytest.mark.parametrize("name", codelists.names())
def test_no_two_codes_of_a_list_share_a_name(name):
    """A drop-down that shows two entries that nobody can tell apart."""
    for lang in LANGUAGES:
        named = [(code.parent, code.name(lang)) for code in codelists.shipped(name)]
        assert len(set(named)) == len(named)


@pytest.mark.parametrize("name", codelists.names())
def test_every_list_says_its_source_version_licence_and_date(name):
    """A list of which nobody can say where it comes from."""
    origin = codelists.origin(name)
    assert origin.version >= 1
    assert origin.source
    assert origin.licence
    assert origin.accessed


def test_every_modality_can_be_counted_valued_excluded_and_exported():
    """A modality with a unit, exclusion, account or group that the lists do not have."""
    lists = {
        name: {code.code for code in codelists.shipped(name)}
        for name in ("unit", "exclusion", "account", "modality_group")
    }
    used = set()
    for code in codelists.shipped("modality"):
        assert code.units
        assert set(code.units) <= lists["unit"], code.code
        assert code.exclusion in lists["exclusion"] | {""}, code.code
        assert code.group in lists["modality_group"]
        assert {code.properties["account"], code.properties["account_received"]} <= lists["account"]
        assert code.properties["finance_type"]
        assert code.properties["aid_type"]
        assert code.our_reading
        assert set(code.hints) == set(LANGUAGES)
        if code.group == "A":
            assert code.units == ("money",)
        if code.group == "C":
            assert "money" not in code.units
        used |= set(code.units)
    assert lists["unit"] - used <= {"litres", "hectares", "kilowatts", "square_metres"}


def test_each_of_the_seven_exclusions_has_the_modality_that_it_excludes():
    """An excluded flow that could not be entered, and so could not be listed with its reason."""
    excluded = [code.exclusion for code in codelists.shipped("modality") if code.exclusion]
    assert sorted(excluded) == sorted(code.code for code in codelists.shipped("exclusion"))
    assert len(excluded) == 7


def test_targets_sectors_and_indicators_stand_under_their_parents():
    """A target without a goal, a purpose code without a sector, an indicator of no dimension."""
    for child, parent in codelists.PARENT_LIST.items():
        above = {code.code for code in codelists.shipped(parent)}
        assert {code.parent for code in codelists.shipped(child)} <= above
        assert max(len(code.name("en")) for code in codelists.shipped(child)) <= 90
    assert len({code.parent for code in codelists.shipped("sdg_target")}) == 17
    assert len(codelists.shipped("sdg_target")) == TARGETS
    assert len(codelists.shipped("sdg_goal")) == 17
    indicators = codelists.shipped("indicator")
    assert len(indicators) == 20
    for dimension in codelists.shipped("indicator_dimension"):
        assert sum(code.group == dimension.code for code in indicators) == 4
    assert all(set(code.hints) == set(LANGUAGES) for code in indicators)


def test_purpose_codes_and_targets_are_those_of_the_standard(shared_data):
    """A purpose code or target that IATI's lists do not have, or one in use that is missing."""
    folder = shared_data / "iati_standard" / "codelists_nonembedded" / "xml"
    theirs = _standard(folder / "Sector.xml")
    ours = {code.code for code in codelists.shipped("sector_crs")}
    assert ours <= theirs
    assert {code for code in theirs - ours if not code.startswith("9301")} == set()
    assert {code.code for code in codelists.shipped("sdg_target")} == _standard(
        folder / "UNSDG-Targets.xml"
    )
    kinds = {code.code for code in codelists.shipped("body_kind")}
    assert kinds == _standard(folder / "OrganisationType.xml")
    assert {code.code for code in codelists.shipped("sector_dac3")} <= _standard(
        folder / "SectorCategory.xml"
    )
    for field, file in (
        ("finance_type", "FinanceType.xml"),
        ("aid_type", "AidType.xml"),
        ("disbursement_channel", "DisbursementChannel.xml"),
    ):
        used = {code.properties[field] for code in codelists.shipped("modality")}
        assert used <= _standard(folder / file)


def _standard(path):
    items = ElementTree.parse(path).getroot().iter("codelist-item")
    return {item.findtext("code") for item in items if item.get("status", "active") == "active"}


def test_every_sector_is_mapped_to_a_section_of_isic(db):
    """A purpose code that no industry of ISIC is named for."""
    sections = {code.code for code in codelists.shipped("sector_isic")}
    assert len(sections) == 21
    with codelists.held():
        for name in ("sector_crs", "sector_dac3"):
            for code in codelists.shipped(name):
                assert codelists.isic_section(name.removeprefix("sector_"), code.code) in sections
        assert codelists.isic_section("crs", "31199") == "A"
        assert codelists.isic_section("own", "31199") == ""
        assert codelists.isic_section("isic", "q86") == "Q"


def test_installing_twice_changes_nothing(installed):
    """A second start that adds codes, raises versions or writes audit entries."""
    before = (list(CodeList.objects.values()), Code.objects.count(), AuditEntry.objects.count())
    assert actions.install_shipped(OPERATOR) == {}
    after = (list(CodeList.objects.values()), Code.objects.count(), AuditEntry.objects.count())
    assert after == before
    assert codelists.active("modality") == codelists.shipped("modality")
    assert audit.verify().holds


def test_a_list_that_was_not_installed_reads_as_shipped(db):
    """A register that knows no codes before somebody installed them."""
    assert codelists.active("unit") == codelists.shipped("unit")
    assert codelists.version("unit") == codelists.shipped_version("unit")


def test_a_newer_package_adds_its_codes_and_leaves_what_administrators_changed(installed):
    """An upgrade that brings a withdrawn code back, renames one, or forgets a new one."""
    renamed = replace(codelists.entry("unit", "people"), names={"en": "Persons"})
    actions.change_code(OPERATOR, "unit", renamed)
    actions.withdraw_code(OPERATOR, "unit", "litres")
    Code.objects.filter(list="unit", code="flights").delete()
    CodeList.objects.filter(name="unit").update(shipped_version=0)
    assert actions.install_shipped(OPERATOR) == {"unit": 1}
    assert codelists.label("unit", "people", "fr") == "Persons"
    assert not codelists.is_active("unit", "litres")
    assert codelists.entry("unit", "flights").since_version == codelists.version("unit") == 4


def test_a_newer_package_corrects_what_no_administrator_said(installed):
    """Wrong names that stay in every register which was set up before they were mended."""
    older = {code: {"en": f"Older {code}"} for code in ("people", "tonnes", "hours", "litres")}
    for code, names in older.items():
        Code.objects.filter(list="unit", code=code).update(names=names)
    actions.withdraw_code(OPERATOR, "unit", "tonnes")
    table = "code,name_en,name_fr\nhours,Hours here,Heures ici\n"
    actions.import_codes(OPERATOR, "unit", table.encode(), accept=True)
    CodeList.objects.filter(name="unit").update(shipped_version=0)
    assert actions.install_shipped(OPERATOR) == {"unit": 2}
    shipped = {item.code: item.names for item in codelists.shipped("unit")}
    for code, expected in (
        ("people", shipped["people"]),
        ("litres", shipped["litres"]),
        ("tonnes", older["tonnes"]),
    ):
        assert codelists.entry("unit", code).names == expected
    assert codelists.label("unit", "hours", "fr") == "Heures ici"
    entry = AuditEntry.objects.filter(action="install").order_by("-sequence").first()
    assert json.loads(entry.before)["codes"]["people"]["names"] == older["people"]
    assert set(json.loads(entry.after)["codes"]) == {"people", "litres"}
    assert audit.verify().holds


def test_every_change_raises_the_version_and_is_audited(installed):
    """A list changed without a new version, or without anybody knowing by whom."""
    versions = [codelists.version("modality")]
    actions.add_code(OPERATOR, "modality", NEW)
    versions.append(codelists.version("modality"))
    actions.change_code(OPERATOR, "modality", replace(NEW, names={"en": "Deposit of seeds"}))
    versions.append(codelists.version("modality"))
    actions.withdraw_code(OPERATOR, "modality", NEW.code, reason="never used")
    versions.append(codelists.version("modality"))
    actions.reinstate_code(OPERATOR, "modality", NEW.code)
    versions.append(codelists.version("modality"))
    assert versions == [1, 2, 3, 4, 5]
    done = list(
        AuditEntry.objects.filter(kind="code_list", object_id="modality")
        .order_by("sequence")
        .values_list("action", flat=True)
    )
    assert done == ["install", "add code", "change code", "withdraw code", "reinstate code"]
    assert audit.verify().holds


def test_saying_what_stands_there_changes_nothing(installed):
    """A version that rises although nobody said anything new."""
    actions.change_code(OPERATOR, "unit", codelists.entry("unit", "people"))
    assert codelists.version("unit") == 1


def test_a_withdrawn_code_is_still_read_and_was_active_before(installed):
    """A record of last year that can no longer be read, or a choice that is still offered."""
    actions.withdraw_code(OPERATOR, "modality", "volunteers")
    assert codelists.label("modality", "volunteers", "es") == "Voluntarios"
    assert "volunteers" not in {code.code for code in codelists.active("modality")}
    assert "volunteers" in {code.code for code in codelists.active("modality", on_version=1)}
    assert not codelists.search("modality", "voluntarios", "es")
    with pytest.raises(RegisterError, match="was withdrawn from the list modality in version 2"):
        actions.withdraw_code(OPERATOR, "modality", "volunteers")


def test_a_code_added_later_is_not_in_the_earlier_version(installed):
    """A return of an earlier year computed with a code that did not exist."""
    actions.add_code(OPERATOR, "modality", NEW)
    assert NEW.code not in {code.code for code in codelists.active("modality", on_version=1)}
    assert codelists.active("modality")[-1].code == NEW.code


@pytest.mark.parametrize(
    "actor",
    [
        Actor.public(),
        Actor(name="somebody", member="BRA"),
        Actor("a", administrator=True, scopes=("read",)),
    ],
    ids=["public", "member", "token that only reads"],
)
def test_only_administrators_and_the_operator_change_lists(installed, actor):
    """A member that rewrites the definitions for everybody."""
    deeds = (
        lambda: actions.install_shipped(actor),
        lambda: actions.add_code(actor, "modality", NEW),
        lambda: actions.change_code(actor, "modality", NEW),
        lambda: actions.withdraw_code(actor, "modality", "grant"),
        lambda: actions.reinstate_code(actor, "modality", "grant"),
        lambda: actions.import_codes(actor, "modality", b"code\n"),
    )
    for deed in deeds:
        with pytest.raises(NotAllowedError):
            deed()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"code": "two words"}, "is no code"),
        ({"code": ""}, "is no code"),
        ({"names": {}}, "needs a name"),
        ({"names": {"en": "=1+1"}}, "begins as a formula"),
        ({"names": {"de": "Saatgut"}}, "“de” is none of en, fr, es, pt, ar"),
        ({"names": {"en": "x" * 301}}, "301 characters"),
        ({"group": "D"}, "“D”, which is not in the list modality_group"),
        ({"properties": {}}, "needs its units"),
        (
            {"properties": {"units": "furlongs"}},
            "“furlongs”, which “seed_bank” names, is not in the list unit",
        ),
        ({"properties": {"units": "items", "exclusion": "whim"}}, "not in the list exclusion"),
        ({"properties": {"units": "items", "account": "9"}}, "not in the list account"),
        ({"code": "grant"}, "has the code “grant” already"),
    ],
)
def test_a_code_that_cannot_be_is_refused(installed, wrong, why):
    """A modality that nobody could count, or a name that a spreadsheet would execute."""
    with pytest.raises(RegisterError, match=why):
        actions.add_code(OPERATOR, "modality", replace(NEW, **wrong))
    assert codelists.version("modality") == 1


def test_unknown_lists_and_codes_are_told(installed):
    """A typing error in a name that is taken for an empty list."""
    with pytest.raises(CodeUnknownError, match="Did you mean modality"):
        codelists.active("modalty")
    with pytest.raises(CodeUnknownError, match="unknown code of the list unit 'peple'"):
        codelists.entry("unit", "peple")
    with pytest.raises(NotFoundError, match="no code list “colours”"):
        actions.add_code(OPERATOR, "colours", NEW)
    with pytest.raises(NotFoundError, match="no code “peple”"):
        actions.withdraw_code(OPERATOR, "unit", "peple")
    assert codelists.label("unit", "peple", "fr") == "peple"


def test_the_second_of_two_administrators_is_told(installed):
    """A change made on a list that somebody else has changed since."""
    actions.add_code(OPERATOR, "modality", NEW, expected_version=1)
    with pytest.raises(EditConflictError, match=r"in version 2 now \(you had version 1\)"):
        actions.withdraw_code(OPERATOR, "modality", "grant", expected_version=1)
    assert codelists.is_active("modality", "grant")


def test_what_was_rolled_back_is_not_remembered(installed):
    """A list kept in memory although the change that it holds was undone."""
    with transaction.atomic():
        actions.add_code(OPERATOR, "modality", NEW)
        assert codelists.is_active("modality", NEW.code)
        transaction.set_rollback(True)
    assert not codelists.is_active("modality", NEW.code)
    other = replace(NEW, code="gene_bank")
    actions.add_code(OPERATOR, "modality", other)
    assert codelists.is_active("modality", other.code)
    assert not codelists.is_active("modality", NEW.code)


def test_a_request_asks_for_the_versions_once(installed, django_assert_num_queries):
    """A page with two hundred labels that asks the database two hundred times."""
    codelists.active("modality")
    with django_assert_num_queries(1), codelists.held():
        for code in codelists.active("modality"):
            with codelists.held():
                codelists.label("modality", code.code, "ar")
            codelists.search("modality", code.names["pt"], "pt")


def test_a_change_within_a_request_is_seen_in_it(installed):
    """A page that shows the list as it was before the change it has just made."""
    with codelists.held():
        codelists.active("modality")
        actions.add_code(OPERATOR, "modality", NEW)
        assert codelists.is_active("modality", NEW.code)


@pytest.mark.parametrize(
    ("text", "lang", "code"),
    [
        ("becas", "es", "scholarships"),
        ("BOURSES D'ETUDES", "ar", "scholarships"),
        ("منح دراسية", "fr", "scholarships"),
        ("brigadas medicas", "en", "medical_brigade"),
        ("experts", "en", "experts"),
        ("ligne credit", "fr", "line_of_credit"),
        ("isótopos blablabla", "pt", None),
    ],
)
def test_a_name_in_any_language_finds_the_code(installed, text, lang, code):
    """A desk officer who types a name in her own language, without accents, and finds nothing."""
    found = codelists.search("modality", text, lang)
    assert (found[0].code if found else None) == code


def test_names_in_the_readers_language_come_first(installed):
    """A search in French that shows first what only the Portuguese name is like."""
    assert codelists.search("sector_crs", "salud", "es")[0].name("es").startswith("Salud")
    assert codelists.search("sector_crs", "education", "fr")[0].code == "11240"
    assert codelists.search("sector_crs", "education", "en")[0].code == "11110"
    assert len(codelists.search("sector_crs", "a", "en", limit=7)) == 7
    assert codelists.search("unit", "", "en", limit=3) == codelists.active("unit")[:3]


def test_a_list_exported_and_imported_is_unchanged(installed):
    """A round trip through a file that loses or alters a code."""
    for name in codelists.names():
        report = actions.import_codes(OPERATOR, name, codelists.as_csv(name).encode("utf-8-sig"))
        assert report.refused == ()
        assert (report.added, report.changed) == ((), ())
        assert len(report.unchanged) == len(codelists.active(name))


def test_an_import_shows_first_and_then_does_once(installed):
    """A file whose preview and effect differ, or that adds something the second time."""
    rows = list(csv.DictReader(io.StringIO(codelists.as_csv("unit"))))
    rows[0]["name_en"] = "Cash"
    rows.append(dict.fromkeys(rows[0], "") | {"code": "bags", "name_en": "Bags"})
    file = _file(rows)
    shown = actions.import_codes(OPERATOR, "unit", file)
    assert (shown.added, shown.changed) == (("bags",), ("money",))
    assert codelists.version("unit") == 1
    done = actions.import_codes(OPERATOR, "unit", file, accept=True)
    assert done == shown
    assert codelists.version("unit") == 2
    assert codelists.label("unit", "money", "en") == "Cash"
    again = actions.import_codes(OPERATOR, "unit", file, accept=True)
    assert (again.added, again.changed) == ((), ())
    assert codelists.version("unit") == 2
    assert audit.verify().holds


def test_an_import_with_a_bad_line_changes_nothing(installed):
    """Half a file taken in, or a line refused without its number and reason."""
    file = b"code,name_en,group,units\nok,Fine,C,items\nno way,Bad,C,items\nok,Again,C,items\nq,Q\n"
    shown = actions.import_codes(OPERATOR, "modality", file)
    assert [(item.line, item.code) for item in shown.refused] == [
        (3, "no way"),
        (4, "ok"),
        (5, "q"),
    ]
    with pytest.raises(
        RegisterError, match="3 lines cannot be taken, the first of them line 3: “no way”"
    ):
        actions.import_codes(OPERATOR, "modality", file, accept=True)
    assert not codelists.is_active("modality", "ok")


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"name\nx\n", "one of them is “code”"),
        (b"", "one of them is “code”"),
        (b"code,code\n", "each once"),
        ("code,name_en\nx,é\n".encode("latin-1"), "of the file is not UTF-8"),
        (b'code,name_en\nx,"unclosed\n', "is no CSV"),
        (b"code\n" + b"x" * (2 * 2**20), "at most 2,097,152"),
        (b"code,name_en\n" + b"x,y\n" * 20_001, "more than 20,000 lines"),
    ],
)
def test_a_file_that_is_no_list_is_refused(installed, file, why):
    """An upload that takes the server down, or is taken for an empty list."""
    with pytest.raises(RegisterError, match=why):
        actions.import_codes(OPERATOR, "unit", file, accept=True)


def _file(rows):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_the_reference_page_shows_the_lists_as_they_are():
    """A page that names a modality, a unit or a count that the lists no longer have."""
    page = PAGE.read_text(encoding="utf-8")
    for code in codelists.shipped("modality"):
        line = next(row for row in page.splitlines() if row.startswith(f"| `{code.code}` |"))
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        excluded = f"`{code.exclusion}`" if code.exclusion else ""
        fields = ("finance_type", "aid_type", "disbursement_channel")
        assert cells[1:] == [
            code.names["en"],
            code.group,
            " ".join(f"`{unit}`" for unit in code.units),
            *(code.properties[field] for field in fields),
            excluded,
            code.properties["account"],
            code.properties["account_received"],
        ]
    assert "| `modality_group` | A, B, C |" in page
    for name in set(codelists.names()) - {"modality_group"}:
        row = next(row for row in page.splitlines() if f"`{name}`" in row.split(" | ")[0])
        assert str(len(codelists.shipped(name))) in row.split(" | ")[1].split(", "), name
