"""The text of an agreement: whole in every language, from one page that asks nothing of anyone."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

import bandung.brief.schedules
from bandung import World
from bandung.agree.solve import solve
from bandung.brief.languages import language
from bandung.brief.schedules.agreement_text import to_html
from bandung.brief.schedules.concessions import Schedules
from bandung.codes.tables import LANGUAGES

HOME = Path(bandung.brief.schedules.__file__).parent
HOLES = re.compile(r"\{[^}]*\}")


class Page(HTMLParser):
    """What a page says, in which order, and what it makes a browser fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.silent = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.silent = tag == "style"

    def handle_endtag(self, tag):
        self.silent = self.silent and tag != "style"

    def handle_data(self, data):
        if not self.silent and data.strip():
            self.texts.append(re.sub(r"[ \n]+", " ", data).strip(" "))

    @property
    def text(self) -> str:
        return " ".join(self.texts)


@pytest.fixture(scope="module")
def pages(schedules) -> dict[str, Page]:
    return {lang: Page(to_html(schedules, language(lang))) for lang in LANGUAGES}


def with_certificate(found: Schedules, **changes) -> Schedules:
    """The same schedules under another certificate; what was computed stays."""
    return Schedules(
        outcome=found.outcome, certificate=dataclasses.replace(found.certificate, **changes)
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_all_parties_are_named_in_the_order_of_the_alphabet(pages, schedules, lang):
    """A party is missing at the head of the text, or where it signs, or stands before its turn."""
    tongue = language(lang)
    parties = [tongue.country(code) for code in tongue.alphabetical(schedules.members)]
    places = [at for at, text in enumerate(pages[lang].texts) if text in parties]
    named = [pages[lang].texts[at] for at in places]
    assert named[: len(parties)] == parties
    for table in ("signatures", "annex"):
        assert named.count(parties[0]) >= 3, table
    html_signatures = to_html(schedules, tongue).split('id="signatures"')[1].split("</section>")[0]
    assert re.findall(r'<th scope="row">([^<]*)</th>', html_signatures) == parties


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_no_sentence_is_left_in_english(pages, lang):
    """A message is not translated, or is glued together in the code."""
    messages = [
        message
        for _, _, message, _, _ in extract_from_dir(
            HOME, keywords={"say": None}, method_map=[("**.py", "python")]
        )
        if isinstance(message, str)
    ]
    english = [
        max(HOLES.split(message), key=len).strip()
        for message in messages
        if len(message.split()) > 3
    ]
    pieces = [piece for piece in english if len(piece.split()) > 3]
    assert len(pieces) > 60
    assert not [piece for piece in pieces if piece in pages[lang].text]
    assert sum(piece in pages["en"].text for piece in pieces) > 60


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_same_articles_and_tables(pages, lang):
    """A party signs a text that lacks what another's has."""
    shape = [
        (tag, attrs.get("id"))
        for tag, attrs in pages[lang].tags
        if tag in {"section", "table", "tr", "p", "li"}
    ]
    assert shape == [
        (tag, attrs.get("id"))
        for tag, attrs in pages["en"].tags
        if tag in {"section", "table", "tr", "p", "li"}
    ]
    assert sum(name is not None and name.startswith("article-") for _, name in shape) > 12


def test_arabic_runs_from_right_to_left_with_its_own_numerals(pages):
    """An Arabic text that has to be read backwards, or with articles in foreign numerals."""
    first = dict(pages["ar"].tags)["html"]
    assert (first["lang"], first["dir"]) == ("ar", "rtl")
    assert dict(pages["en"].tags)["html"]["dir"] == "ltr"
    assert "المادة ٢" in pages["ar"].texts
    assert not [text for text in pages["ar"].texts if re.fullmatch(r"[\d.,%]+", text, re.ASCII)]


def test_the_first_article_is_named_as_french_does(pages):
    """A French text without « premier », or whose colon begins a line."""
    assert "Article premier" in pages["fr"].texts
    text = pages["fr"].text.replace("sha256:", "")
    assert text.count("\u00a0:") > 10
    assert not re.search(r"[^\u00a0][:;?!»]", text)
    assert not re.search(r"«[^\u00a0]", text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_asks_nothing_of_anyone(schedules, lang):
    """Opening the text tells another machine who reads it."""
    html = to_html(schedules, language(lang))
    assert not re.search(r"https?:|//[a-z]|@import|url\(", html)
    for tag, attrs in Page(html).tags:
        assert tag not in {"script", "img", "iframe", "object"}
        if tag == "link":
            assert attrs["href"] == "data:,"
        if tag == "a":
            assert attrs["href"].startswith("#")


def test_the_figures_are_the_certificates(pages, schedules, certificate):
    """The annex states another gain, revenue or code than was certified."""
    text, tongue = pages["en"].text, language("en")
    gains = {code: claim.welfare_change_pct for code, claim in certificate.claims.members.items()}
    least = min(gains, key=lambda code: gains[code])
    assert f"The smallest gain is that of {tongue.country(least)}: {gains[least]:.1f}%" in text
    assert certificate.world.checksum in text
    assert f"gain {certificate.claims.joint_gain_musd:,.1f} million US dollars a year" in text
    for code, gain in gains.items():
        assert f"{gain:+.4f}%" in pages["en"].texts, code
        change = certificate.claims.members[code].tariff_revenue_change_musd
        assert f"{change:+.1f}" in pages["en"].texts
    assert f"{certificate.robustness.draws} draws" in text
    lines = [tongue.number(schedules.lowers(code).height) for code in certificate.members]
    assert set(lines) <= set(pages["en"].texts)


def test_what_the_certificate_holds_has_its_article(pages, certificate):
    """Transfers, corridors, sectors left out or steps that were agreed are not in the text."""
    text = pages["en"].text
    for amount in certificate.transfers_musd.values():
        assert f"{abs(amount):.3f}" in pages["en"].texts
    for cut in certificate.corridors:
        assert f"{-cut.trade_cost_change_pct:.1f}%" in pages["en"].texts
        assert f"{cut.cost_musd:.3f}" in pages["en"].texts
    assert "The tariffs of all Parties on the following products are not reduced: banks" in text
    assert "Egypt: farms" in text
    assert "No Party is required to reduce a tariff below 2.0%." in text
    assert "Côte d’Ivoire: 5 steps" in text
    assert "are not required to reduce tariffs themselves: Angola" in text


def test_what_the_certificate_lacks_has_no_article(schedules):
    """A text promises transfers, corridors or steps that nobody agreed."""
    bare = with_certificate(
        schedules,
        transfers_musd={},
        corridors=(),
        phase_in_years={},
        robustness=None,
        limits=dataclasses.replace(schedules.certificate.limits, exclude=(), exempt=(), floor=0.0),
    )
    page = Page(to_html(bare, language("en")))
    for words in ("Transfers", "Corridors", "not reduced", "equal yearly steps", "below", "draws"):
        assert not [text for text in page.texts if words in text], words
    assert "The reductions are made in full on the day this Agreement enters into force." in (
        page.text
    )
    labels = [text for text in page.texts if re.fullmatch(r"Article \d+", text)]
    assert labels == [f"Article {number}" for number in range(1, len(labels) + 1)]


def test_least_developed_parties_are_named_as_such(five, schedules):
    """An exemption that the Enabling Clause foresees is granted without its reason."""
    dated = World.from_arrays(
        name="five",
        year=2022,
        members=five.members,
        sectors=five.sectors,
        trade_value=five.trade_value,
        tariff=five.tariff,
        input_share=five.input_share,
        trade_elasticity=five.trade_elasticity,
    )
    levers = schedules.certificate.levers(dated)
    found = Schedules(
        outcome=solve(
            dated,
            tariff_new=levers.tariff_new,
            trade_cost_change=levers.trade_cost_change,
            transfers=levers.transfers,
        ),
        certificate=schedules.certificate,
    )
    text = Page(to_html(found, language("en"))).text
    assert "As least developed countries, the following Parties" in text
    assert "applied in 2022" in text


def test_names_are_text_and_never_markup(five, certificate, schedules):
    """A sector whose name is markup changes the page."""
    sly = "<b>banks</b>"
    limits = dataclasses.replace(certificate.limits, exclude=(sly,))
    html = to_html(with_certificate(schedules, limits=limits), language("en"))
    assert sly not in html
    assert "&lt;b&gt;banks&lt;/b&gt;" in html
    assert five.sectors
