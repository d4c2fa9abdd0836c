"""The brief: one file that asks nothing of anyone, sentences made from the numbers."""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser

import polars as pl
import pytest

from bandung.brief import contents, negotiated, write_brief
from bandung.codes.tables import LANGUAGES
from bandung.errors import StoreError
from bandung.find import reliance, select
from bandung.world.store import Store

DAY = dt.date(2026, 1, 1)
LARGEST = 3_000_000  # bytes: asked for
FEW = ["CIV", "COD", "NGA", "SEN"]
pytestmark = pytest.mark.usefixtures("store_home")


class Reader(HTMLParser):
    """Collects what a page refers to, its identifiers, and the text in the page's language.

    Style, code, and what is marked as being in another language are not the page's own words.
    """

    EMPTY = frozenset({"meta", "link", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references, self.ids, self.labels, self.text = [], [], [], []
        self.tags: dict[str, int] = {}
        self.html: dict[str, str | None] = {}
        self.foreign: list[bool] = []
        self.findings: list[str] = []
        self.finding = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag == "html":
            self.html = given
        elif tag not in self.EMPTY:
            self.foreign.append(tag in {"style", "code"} or "lang" in given)
        if given.get("class") == "finding":
            self.finding = True
            self.findings.append("")
        self.ids += [given["id"]] if "id" in given else []
        self.labels += (given.get("aria-labelledby") or "").split()
        self.references += [given[key] for key in ("src", "href", "xlink:href") if given.get(key)]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.EMPTY:
            self.foreign.pop()

    def handle_endtag(self, tag):
        if tag not in self.EMPTY and self.foreign:
            self.foreign.pop()
        self.finding = self.finding and tag != "p"

    def handle_data(self, data):
        if self.finding:
            self.findings[-1] += data
        if data.strip() and not any(self.foreign):
            self.text.append(data.strip())


@pytest.fixture(scope="module")
def chosen(embedded):
    return select(embedded, members=FEW, on=DAY)


@pytest.fixture(scope="module")
def gathered(embedded, chosen, tmp_path_factory):
    """What the pages are made of, with the agreement that a page lays out and no other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANDUNG_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(negotiated, "PRINCIPLES", (negotiated.SHOWN,))
        return contents.gather(embedded, chosen)


@pytest.fixture(scope="module")
def written(embedded, chosen, gathered, tmp_path_factory):
    """A brief in English and one in Arabic."""
    folder = tmp_path_factory.mktemp("briefs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents, "gather", lambda *_, **__: gathered)
        for lang in ("en", "ar"):
            write_brief(embedded, chosen, lang=lang, out=folder / lang)
    return folder


@pytest.fixture(scope="module")
def of_uemoa(embedded, tmp_path_factory):
    """What a page on several countries is made of, without an agreement."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANDUNG_HOME", str(tmp_path_factory.mktemp("home")))
        return contents.gather(embedded, select(embedded, "UEMOA", on=DAY), agreement=False)


def page_of(folder, lang: str) -> Reader:
    return Reader((folder / lang / "brief.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_the_page_is_one_file_that_asks_nothing_of_anyone(written, lang):
    """No script, style sheet, font or picture from elsewhere; small enough to send."""
    text = (written / lang / "brief.html").read_text(encoding="utf-8")
    page = Reader(text)
    assert all(ref.startswith(("#", "data:")) for ref in page.references), page.references
    assert not re.search(r"@import|url\((?!#|['\"]?#)", text)
    assert not {"script", "iframe", "img", "object"} & set(page.tags)
    assert len(text.encode()) < LARGEST


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_every_reference_inside_the_page_is_kept(written, lang):
    """Identifiers are unique, and every label and link finds its target."""
    page = page_of(written, lang)
    assert len(page.ids) == len(set(page.ids))
    assert set(page.labels) <= set(page.ids)
    inner = {ref[1:] for ref in page.references if ref.startswith("#")}
    assert inner <= set(page.ids)


def test_arabic_reads_from_right_to_left_in_its_own_words(written):
    """Direction, language and digits; nothing of the English page is left over."""
    page = page_of(written, "ar")
    assert page.html["dir"] == "rtl"
    assert page.html["lang"] == "ar"
    english = page_of(written, "en")
    assert english.html["dir"] == "ltr"
    assert {text for text in english.text if len(text) > 12} & set(page.text) == set()


def test_the_findings_are_made_from_the_numbers(written, embedded):
    """The reliance finding says the shares that `reliance` returns, in the language's digits."""
    shares = reliance(embedded, members=FEW, on=DAY).group
    [finding] = [text for text in page_of(written, "en").findings if "Of every 100 dollars" in text]
    assert re.findall(r"\d+\.\d", finding) == [f"{100 * share:.1f}" for share in shares]
    digits = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")
    arabic = page_of(written, "ar").findings[1]
    for share in shares:
        assert f"{100 * share:.1f}".translate(digits) in arabic


def test_security_council_notices_are_shown_where_members_could_trade(written):
    """A member under measures carries its notice among the members and in the plan."""
    text = " ".join(page_of(written, "en").text)
    assert text.count("1533 (2004)") >= 2


def test_the_json_and_the_tables_hold_the_same_figures(written, embedded):
    """What a statistician takes away is what the page shows."""
    record = json.loads((written / "en" / "brief.json").read_text(encoding="utf-8"))
    assert record["world"]["checksum"] == embedded.checksum
    assert record["world"]["origin"]["licence"]
    assert record["command"].startswith("bandung brief --members CIV,COD,NGA,SEN --on 2026-01-01")
    table = pl.read_csv(written / "en" / "reliance.csv")
    row = table.filter(of="member", code="SEN").row(0, named=True)
    assert row["own_share"] == pytest.approx(record["reliance"]["members"]["SEN"]["own"])
    best = pl.read_csv(written / "en" / "complementarity.csv").row(0, named=True)
    assert best["sector"] == record["complementarity"]["opportunities"][0]["sector"]
    assert {path.name for path in (written / "en").iterdir()} == {
        "brief.html", "brief.json", "members.csv", "reliance.csv", "dependence.csv",
        "bonds.csv", "complementarity.csv", "elimination.csv", "elimination.toml",
        "comparison.csv", "agreement.csv", "agreement.json",
    }  # fmt: skip


def test_the_same_question_gives_the_same_page(written, embedded, chosen, tmp_path, monkeypatch):
    """No date of the day, no random identifier: byte for byte."""
    monkeypatch.setattr(negotiated, "PRINCIPLES", (negotiated.SHOWN,))
    write_brief(embedded, chosen, out=tmp_path)
    for name in ("brief.html", "brief.json", "agreement.json"):
        assert (tmp_path / name).read_bytes() == (written / "en" / name).read_bytes()


def test_every_pictured_figure_has_words_and_a_table(written):
    """Text alternatives and data tables for every picture."""
    page = page_of(written, "en")
    assert page.tags["figure"] >= 7
    assert page.tags["svg"] == 2 * page.tags["figure"]
    assert page.tags["desc"] == page.tags["svg"]
    assert page.tags["table"] >= page.tags["figure"] + 3


def test_a_full_disk_keeps_the_earlier_brief(gathered, tmp_path, monkeypatch, leave_blank):
    """Nothing half-written: the earlier files stay as they were."""
    (tmp_path / "brief.html").write_text("earlier", encoding="utf-8")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(contents, "gather", lambda *_, **__: gathered)
        leave_blank(patch)
        patch.setattr("pathlib.Path.write_text", full)
        with pytest.raises(StoreError, match="No space left on device"):
            write_brief(gathered.world, gathered.selection, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["brief.html"]
    assert (tmp_path / "brief.html").read_text(encoding="utf-8") == "earlier"


def test_a_single_member_gets_a_brief_too(embedded, tmp_path):
    """Without anyone to supply, the other sections stand."""
    alone = select(embedded, members=["SEN"], on=DAY)
    write_brief(embedded, alone, lang="fr", out=tmp_path)
    page = Reader((tmp_path / "brief.html").read_text(encoding="utf-8"))
    assert "potential" not in page.ids
    assert "reliance" in page.ids


def test_years_in_the_store_become_a_trend(embedded, tmp_path, monkeypatch, leave_blank):
    """With another year of the same economies at hand, the page shows how reliance changed."""
    earlier = embedded.replace(trade_value=embedded.trade_value * 0.9, year=2021)
    Store().add(earlier, "icio-2021")
    leave_blank(monkeypatch)
    chosen = select(embedded, members=FEW, on=DAY)
    write_brief(embedded, chosen, out=tmp_path, agreement=False)
    assert "trend" in json.loads((tmp_path / "brief.json").read_text(encoding="utf-8"))
    table = pl.read_csv(tmp_path / "trend.csv")
    assert table["year"].unique().sort().to_list() == [2021, 2022]
    assert set(table["code"]) == {"group", *FEW}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_brief_can_be_written_in_every_language(of_uemoa, lang, tmp_path, monkeypatch):
    """A message that cannot be filled would stop the page."""
    monkeypatch.setattr(contents, "gather", lambda *_, **__: of_uemoa)
    write_brief(of_uemoa.world, of_uemoa.selection, lang=lang, out=tmp_path)
    page = Reader((tmp_path / "brief.html").read_text(encoding="utf-8"))
    assert page.html["lang"] == lang
    assert "{" not in " ".join(page.text)


def test_a_world_that_names_no_supplier_still_gets_a_page(embedded, tmp_path):
    """One member and the rest of the world: nobody can be named, and the page says so."""
    others = [code for code in embedded.members if code != "TUN"]
    small = embedded.aggregate(members={"OTHERS": others})
    write_brief(small, select(small, members=["TUN"], on=DAY), lang="en", out=tmp_path)
    page = Reader((tmp_path / "brief.html").read_text(encoding="utf-8"))
    assert "The data name no single country from which members buy." in page.findings
