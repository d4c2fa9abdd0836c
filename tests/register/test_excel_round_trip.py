"""The workbook says what the contents say: written and read again, in every language."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from bandung.codes import countries
from bandung.codes.tables import LANGUAGES
from bandung.register import codelists
from bandung.register.content import (
    Body,
    Content,
    Contribution,
    Document,
    Place,
    Result,
    Sector,
    Valuation,
)
from bandung.register.excel import Codebook, Entry, Option, read, words, write, write_template
from bandung.register.excel.codebook import FIXED
from bandung.register.excel.layout import SHEETS
from bandung.register.excel.registered import LISTS

AWKWARD = (
    "=1+1",
    "+44 20",
    "-5",
    "@SUM(A1)",
    "#N/A",
    "_x0041_x0042_",
    "a\rb\r\nc",
    "\x01\x1f",
    "1.10",
)
"""Texts that spreadsheets are known to take for something else."""


def shipped_codebook() -> Codebook:
    """The package's own lists, without a database."""
    return Codebook.of(
        {
            name: [
                Option(entry.code, entry.names, group=entry.group)
                for part in parts
                for entry in codelists.shipped(part)
            ]
            for name, parts in LISTS.items()
        }
    )


CODES = shipped_codebook()


def code(name: str):
    """Any code of a list, so that labels in every language are written and read."""
    return st.sampled_from([option.code for option in CODES.offered(name)])


def stripped(most: int):
    """Text as a content keeps it: not empty, nothing around it."""
    plain = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=most)
    awkward = st.sampled_from(AWKWARD)
    return (plain | awkward).map(str.strip).filter(bool).filter(lambda text: "\x00" not in text)


days = st.dates(dt.date(1890, 1, 1), dt.date(2090, 12, 31))
numbers = st.decimals(-(10**17), 10**17, places=6) | st.integers(-(10**12), 10**12).map(Decimal)
texts = st.dictionaries(st.sampled_from([*LANGUAGES, "sw", "zh"]), stripped(60), max_size=3)
members = st.sampled_from(countries.codes())
optional_member = st.none() | members


@st.composite
def contributions(draw, key: str) -> Contribution:
    """A contribution, of money or in kind, valued or not."""
    money = draw(st.booleans())
    start, end = sorted(draw(st.tuples(days, days)))
    valuation = st.builds(
        Valuation,
        amount=numbers,
        currency=code("currency"),
        price_date=st.none() | days,
        method=st.just("") | code("valuation_method"),
        rate=st.none() | st.decimals("0.000001", "1000", places=6),
        rate_source=st.just("") | stripped(30),
    )
    return Contribution(
        key=key,
        modality=draw(code("modality")),
        stage=draw(st.sampled_from(FIXED["stage"])),
        provider=draw(optional_member),
        provider_name=draw(st.just("") | stripped(20)),
        receiver=draw(optional_member),
        receiver_name=draw(st.just("") | stripped(20)),
        quantity=draw(st.none() | numbers),
        unit="money" if money else draw(code("unit").filter(lambda unit: unit != "money")),
        currency=draw(code("currency")) if money else "",
        period_start=draw(st.sampled_from([None, start])),
        period_end=draw(st.sampled_from([None, end])),
        note=draw(st.just("") | stripped(80)),
        valuation=draw(st.none() | valuation),
        exclusion=draw(st.just("") | code("exclusion")),
        reference=draw(st.just("") | stripped(20)),
    )


@st.composite
def contents(draw) -> Content:
    """A content with parts of every kind."""
    start, end = sorted(draw(st.tuples(days, days)))
    keys = draw(st.lists(st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True), max_size=3, unique=True))
    vocabulary = st.sampled_from(["crs", "dac3", "isic"])
    sectors = vocabulary.flatmap(
        lambda name: st.builds(
            Sector,
            vocabulary=st.just(name),
            code=code(f"sector_{name}"),
            share=st.none() | st.decimals(0, 100, places=2),
        )
    ) | st.builds(Sector, vocabulary=st.just("own"), code=stripped(30))
    bodies = st.builds(
        Body,
        name=stripped(40),
        role=st.sampled_from(FIXED["body_role"]),
        reference=st.just("") | stripped(20),
        kind=st.just("") | code("body_kind"),
        country=optional_member,
    )
    places = st.builds(
        Place,
        name=st.just("") | stripped(20),
        country=optional_member,
        latitude=st.none() | st.decimals(-90, 90, places=5),
        longitude=st.none() | st.decimals(-180, 180, places=5),
    )
    results = st.builds(
        Result, title=texts, unit=st.just("") | stripped(9), target=st.none() | numbers
    )
    url = st.just("https://example.org/a?b=1")
    documents = st.builds(Document, title=texts, url=url, format=st.just("") | stripped(9))
    few = {"max_size": 2}
    return Content(
        titles=draw(texts),
        descriptions=draw(texts),
        role=draw(st.sampled_from(FIXED["role"])),
        status=draw(st.sampled_from(FIXED["status"])),
        partners=draw(st.lists(members, max_size=3, unique=True)),
        planned_start=draw(st.sampled_from([None, start])),
        planned_end=draw(st.sampled_from([None, end])),
        actual_start=draw(st.sampled_from([None, start])),
        actual_end=draw(st.sampled_from([None, end])),
        sectors=draw(st.lists(sectors, **few)),
        targets=draw(st.lists(code("sdg_target"), **few)),
        adaptation=draw(st.sampled_from([None, 0, 1, 2])),
        mitigation=draw(st.sampled_from([None, 0, 1, 2])),
        places=draw(st.lists(places, **few)),
        bodies=draw(st.lists(bodies, **few)),
        contributions=[draw(contributions(key)) for key in keys],
        results=draw(st.lists(results, **few)),
        documents=draw(st.lists(documents, **few)),
        reported_elsewhere=draw(st.lists(code("reported_elsewhere"), unique=True, **few)),
        identifier=draw(st.just("") | stripped(30)),
    )


def written(entries, lang: str = "en") -> bytes:
    """The workbook of some statements."""
    out = io.BytesIO()
    write(entries, out, lang, CODES)
    return out.getvalue()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(contents(), min_size=1, max_size=3), st.sampled_from(LANGUAGES))
def test_what_is_written_is_read_again(drawn, lang):
    """Some content, in some language, changes on its way through the workbook."""
    entries = [Entry(f"BRA-2024-{at:05}", content) for at, content in enumerate(drawn)]
    identifiers = [content.identifier for content in drawn if content.identifier]
    reading = read(written(entries, lang), CODES)
    if len(set(identifiers)) == len(identifiers):
        assert reading.problems == ()
        assert [row.reference for row in reading.rows] == [entry.reference for entry in entries]
        for row, entry in zip(reading.rows, entries, strict=True):
            assert row.content == entry.content
            assert row.content.digest() == entry.content.digest()
    else:
        assert {problem.rule for problem in reading.problems} == {"repeated"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_template_has_drop_downs_hints_and_its_language(lang):
    """The template is in one language only, has no drop-downs, or its examples are taken in."""
    out = io.BytesIO()
    write_template(out, lang, CODES)
    reading = read(out.getvalue(), CODES, lang)
    assert (reading.rows, reading.problems, reading.refused) == ((), (), ())
    assert reading.examples > 3
    book = load_workbook(io.BytesIO(out.getvalue()))
    say = words.excel().say
    assert book.sheetnames[0] == say(lang, "sheet.readme")
    for sheet in SHEETS:
        found = book[say(lang, f"sheet.{sheet.name}")]
        assert found.sheet_view.rightToLeft is (lang == "ar")
        assert found.freeze_panes == "B3"
        headings = [cell.value for cell in found[1]]
        assert headings[0] == f"{say(lang, 'col.reference')} *"
        assert found["A2"].value == say(lang, "hint.reference")
        ruled = {
            str(rule.sqref).rstrip("0123456789")[0]
            for rule in found.data_validations.dataValidation
        }
        listed = [column for column in sheet.columns if column.codes]
        assert len(found.data_validations.dataValidation) == len(listed)
        assert ruled or not listed
    contributions_sheet = book[say(lang, "sheet.contributions")]
    rule = contributions_sheet.data_validations.dataValidation[0]
    name, cells = rule.formula1.rsplit("!", 1)
    values = [cell.value for (cell,) in book[name.strip("'")][cells.replace("$", "")]]
    assert f"grant – {CODES.name('modality', 'grant', lang)}" in values
    assert len(values) == len(CODES.offered("modality"))


def test_headings_and_sheet_names_tell_columns_apart_in_every_language():
    """Two columns of a sheet, or two sheets, share a name in some language."""
    for sheet in SHEETS:
        owner = {}
        for column in sheet.columns:
            for heading in words.excel().texts[f"col.{column.word}"].values():
                folded = countries.folded(heading)
                assert owner.setdefault(folded, column.field) == column.field, heading
    known = words.excel().known("sheet")
    assert len(set(known.values())) == len(SHEETS) + 2
    for texts_of in words.excel().named("sheet").values():
        assert all(len(title) <= 31 for title in texts_of.values())


def test_every_text_is_there_in_every_language():
    """A text is missing in a language, or names a value that its English does not."""
    for table in ("bandung.register.excel", "bandung.register.returns"):
        for key, said in words.table(table).texts.items():
            marks = {lang: sorted(_marks(text)) for lang, text in said.items()}
            assert all(said.values()), key
            assert len({tuple(mark) for mark in marks.values()}) == 1, key


def _marks(text: str) -> list[str]:
    return [part.split("}")[0] for part in text.split("{")[1:]]


def test_withdrawn_code_is_read_and_not_offered():
    """A code that was withdrawn stays on the drop-down, or a statement with it no longer reads."""
    options = [
        Option(one.code, one.names, withdrawn=one.code == "experts")
        for one in CODES.offered("modality")
    ]
    codes = Codebook({**CODES.lists, "modality": tuple(options)})
    content = Content(contributions=(Contribution(key="1", modality="experts", unit="people"),))
    out = io.BytesIO()
    write([Entry("BRA-2024-00001", content)], out, "fr", codes)
    assert read(out.getvalue(), codes).rows[0].content == content
    assert "experts" not in [option.code for option in codes.offered("modality")]
