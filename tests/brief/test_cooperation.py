"""What members did together: both sides' figures stand on the page as the register gave them."""

from __future__ import annotations

import copy
from xml.etree import ElementTree as ET

import pytest

from bandung.brief import cooperation, cooperation_chart
from bandung.brief.cooperation import Cooperation
from bandung.brief.figure import Caption
from bandung.brief.languages import language
from bandung.codes.tables import LANGUAGES
from bandung.errors import SourceError

NOTHING = {
    "version": 1,
    "members": ["BRA", "MOZ"],
    "seen_by": "public",
    "since": None,
    "until": None,
    "activities": 0,
    "years": [],
    "goals": [],
    "exchanges": {"agree": 0, "differ": 0, "one_side": 0},
    "pairs": [],
    "names": {"modality": {}, "unit": {}},
}


def said(quantity, value=None):
    return {
        "contributions": 1,
        "quantity": quantity,
        "without_quantity": int(quantity is None),
        "value_usd": value,
        "with_value": int(value is not None),
    }


@pytest.fixture
def record() -> dict:
    """Brazil gave Mozambique three things; of one, the two sides say different amounts."""
    names = {lang: f"training in {lang}" for lang in LANGUAGES}
    line = {
        "modality": "training",
        "unit": "person_days",
        "currency": "",
        "provider_says": said("1200", "45000.5"),
        "receiver_says": said("1000.25"),
        "exchanges": {"agree": 1, "differ": 1, "one_side": 0},
    }
    money = {
        "modality": "grant",
        "unit": "money",
        "currency": "BRL",
        "provider_says": said("70"),
        "receiver_says": {**said(None), "contributions": 0},
        "exchanges": {"agree": 0, "differ": 0, "one_side": 1},
    }
    pair = {"provider": "BRA", "receiver": "MOZ", "activities": 3, "lines": [line, money]}
    return {
        **NOTHING,
        "activities": 3,
        "years": [{"year": 2021, "activities": 1}, {"year": 2023, "activities": 2}],
        "goals": [{"goal": "2", "activities": 1}, {"goal": "13", "activities": 3}],
        "exchanges": {"agree": 1, "differ": 1, "one_side": 1},
        "pairs": [{**pair, "exchanges": {"agree": 1, "differ": 1, "one_side": 1}}],
        "names": {"modality": {"training": names}, "unit": {}},
    }


def test_the_section_says_what_the_register_gave(record):
    """A count, a quantity or a value on the page is not the register's, or a side is swapped."""
    made = cooperation.section(Cooperation.read(record), language("en"))
    assert made.finding == (
        "3 exchanges between members are on record. Recorded alike by both sides: 1; recorded "
        "differently: 1; recorded by one side only: 1."
    )
    (paragraph,) = made.paragraphs
    assert paragraph == (
        "3 activities of these members are on record. The first was delivered in 2021, the last in "
        "2023. Sustainable Development Goals that the activities name most often: 13 and 2."
    )
    (picture,) = made.pictures
    assert picture.table.rows == (
        ("From Brazil to Mozambique", "grant", "money (BRL)", "70", "–", "–", "–"),
        (
            "From Brazil to Mozambique",
            "training in en",
            "person_days",
            "1,200",
            "1,000.25",
            "45,000.50",
            "–",
        ),
    )
    assert "what the public sees" in " ".join(made.method)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_on_record_says_how_to_begin(lang):
    """A page without a record is empty, or stays in English."""
    tongue = language(lang)
    made = cooperation.section(Cooperation.read(NOTHING), tongue)
    assert not made.pictures
    assert [item.text for item in made.commands] == ["bandung register start"]
    assert made.paragraphs
    assert (made.finding == "Nothing that these members did together is on record yet.") == (
        lang == "en"
    )


def test_planned_activities_are_not_nothing(record):
    """Activities in which nothing was delivered yet are passed over in silence."""
    record |= {"pairs": [], "years": [], "exchanges": NOTHING["exchanges"]}
    made = cooperation.section(Cooperation.read(record), language("en"))
    assert made.finding.startswith("3 activities of these members are on record, and nothing yet")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_bars_show_every_count_in_both_widths(record, lang):
    """A count is missing from the picture, or the drawing is no image of its own."""
    tongue = language(lang)
    (picture,) = cooperation.section(Cooperation.read(record), tongue).pictures
    for drawing in (picture.figure.wide, picture.figure.narrow):
        root = ET.fromstring(drawing)  # noqa: S314 - our own drawing
        words = [
            (text.text or "").strip("\u2067\u2069")
            for text in root.iter("{http://www.w3.org/2000/svg}text")
        ]
        assert words.count(tongue.number(1)) == 3
        assert any(tongue.number(3) in word for word in words)
        assert any(tongue.country("MOZ") in word for word in words)


def test_only_the_largest_are_drawn_and_the_rest_is_counted(record):
    """A group of many pairs makes a picture without end, or pairs are dropped in silence."""
    (pair,) = record["pairs"]
    codes = (
        "AGO",
        "CPV",
        "GNB",
        "STP",
        "TLS",
        "SEN",
        "MLI",
        "GHA",
        "KEN",
        "EGY",
        "IND",
        "CUB",
        "VNM",
    )
    record["pairs"] = [{**copy.deepcopy(pair), "receiver": code} for code in codes]
    (picture,) = cooperation.section(Cooperation.read(record), language("en")).pictures
    assert picture.note.endswith("shows the 12 largest; 1 more is in the table.")
    assert len(picture.table.rows) == 26


def test_one_row_fills_the_plot():
    """The longest bar leaves the drawing."""
    figure = cooperation_chart.recorded(
        [cooperation_chart.Recorded("From A to B", (100_000, 0, 1))],
        ("alike", "differ", "one side"),
        Caption("t", "d"),
        language("en").style,
    )
    assert "100,000" in figure.wide
    assert "100,001" in figure.narrow


def test_the_table_of_the_file_keeps_exact_figures(record):
    """The file rounds what the page rounds for reading."""
    table = Cooperation.read(record).table()
    assert table["quantity_receiver_says"].to_list() == ["1000.25", None]
    assert table["value_usd_provider_says"].to_list() == ["45000.5", None]
    assert table["one_side"].to_list() == [0, 1]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.update(version=2),
        lambda record: record.pop("pairs"),
        lambda record: record["pairs"][0]["lines"][0]["provider_says"].update(quantity="many"),
        lambda record: record["pairs"][0]["lines"][0]["provider_says"].update(quantity="NaN"),
        lambda record: record.update(years=[{"year": "soon", "activities": 1}]),
        lambda record: record.update(pairs=7),
    ],
)
def test_another_answer_is_refused(record, spoil):
    """Another program's answer, or one of another version, becomes figures on the page."""
    spoil(record)
    with pytest.raises(SourceError, match=r"version|cannot be read"):
        Cooperation.read(record)
