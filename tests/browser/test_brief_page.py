"""The brief in a real Chromium: offline, silent, accessible, by keyboard, on a phone, on paper."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe

from bandung.brief import contents, negotiated, write_brief
from bandung.find import select

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default::ResourceWarning")]
DAY = dt.date(2026, 1, 1)
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
OVERHANG = 1  # CSS pixels: sub-pixel rounding of layout


@pytest.fixture(scope="module")
def briefs(embedded, eleven, tmp_path_factory):
    """The brief of the eleven in English and Arabic, its agreement by one share per member.

    Draws are few: the pages have the same parts as with many.
    """
    folder = tmp_path_factory.mktemp("briefs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANDUNG_HOME", str(folder / "home"))
        chosen = select(embedded, members=eleven, on=DAY)
        patch.setattr(negotiated, "PRINCIPLES", ("egalitarian",))
        patch.setattr(negotiated, "compare", partial(negotiated.compare, by="member"))
        for module in (contents, negotiated):
            patch.setattr(module, "DRAWS", 10)
        found = contents.gather(embedded, chosen)
        patch.setattr(contents, "gather", lambda *_, **__: found)
        for lang in ("en", "ar"):
            write_brief(embedded, chosen, lang=lang, out=folder / lang)
    return folder


@pytest.fixture
def opened(chromium, briefs):
    """Open a page from disk with the network off; requests and console errors are kept."""
    contexts = []

    def opens(lang: str, size: dict, **options):
        context = chromium.new_context(viewport=size, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append((message.type, message.text)))
        page.on("pageerror", lambda error: page.said.append(("error", str(error))))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto((briefs / lang / "brief.html").as_uri())
        return page

    yield opens
    for context in contexts:
        context.close()


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])
def test_it_opens_offline_without_an_error_or_a_request(opened, lang, size):
    """Nothing but the file itself is asked for, and the console stays empty."""
    page = opened(lang, size)
    assert page.said == []
    assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []
    assert len(page.asked) <= 2


@pytest.mark.parametrize(
    ("lang", "size", "scheme"),
    [
        pytest.param("en", DESK, "light", id="en-1280-light"),
        pytest.param("en", PHONE, "dark", id="en-390-dark"),
        pytest.param("ar", PHONE, "light", id="ar-390-light"),
        pytest.param("ar", DESK, "dark", id="ar-1280-dark"),
    ],
)
def test_axe_finds_nothing(opened, lang, size, scheme):
    """WCAG checks of axe-core, folds open: each language, size and scheme with each other."""
    page = opened(lang, size, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    options = {"resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found] == []


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])
def test_nothing_hangs_over_the_edge(opened, lang, size):
    """The page itself never scrolls sideways; wide tables scroll inside themselves."""
    page = opened(lang, size)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"] + OVERHANG


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_the_keyboard_reaches_every_table(opened, lang):
    """Tab opens nothing by itself: folds open with Enter, then every table has its turn."""
    page = opened(lang, DESK)
    tables = page.evaluate("document.querySelectorAll('.scroll').length")
    reached = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        where = page.evaluate(
            "(() => { const e = document.activeElement; return [e.tagName,"
            " [...document.querySelectorAll('.scroll')].indexOf(e),"
            " e.tagName == 'SUMMARY' && !e.parentElement.open] })()"
        )
        if where[0] == "SUMMARY" and where[2]:
            page.keyboard.press("Enter")
        if where[1] >= 0:
            reached.add(where[1])
        if where[0] == "BODY":
            break
    assert tables >= 10
    assert reached == set(range(tables))


def test_the_first_tab_offers_to_skip(opened):
    """A keyboard reader need not pass the contents each time."""
    page = opened("en", DESK)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_one_of_the_two_drawings_is_shown(opened, lang):
    """The wide one at a desk, the narrow one on a phone, never both or none."""
    for size, shown, hidden in ((DESK, "wide", "narrow"), (PHONE, "narrow", "wide")):
        page = opened(lang, size)
        seen = "[...document.querySelectorAll('.{}')].map(e => e.offsetParent !== null)"
        assert set(page.evaluate(seen.format(shown))) == {True}
        assert set(page.evaluate(seen.format(hidden))) == {False}


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_words_in_pictures_can_be_read(opened, lang):
    """No text of a drawing is under 10 CSS pixels nor cut off by its drawing."""
    for size in (DESK, PHONE):
        page = opened(lang, size)
        cut = page.evaluate(
            """() => [...document.querySelectorAll('figure svg')]
              .filter(svg => svg.getBoundingClientRect().width > 0)
              .flatMap(svg => { const box = svg.getBoundingClientRect();
                return [...svg.querySelectorAll('text')].filter(text => {
                  const t = text.getBoundingClientRect();
                  return t.width && (t.left < box.left - 2 || t.right > box.right + 2
                    || t.top < box.top - 2 || t.bottom > box.bottom + 2
                    || t.height < 10);
                }).map(text => text.textContent) })"""
        )
        assert cut == []


def test_it_prints(opened, tmp_path):
    """A PDF comes out, in light colours, with the tables that stand by themselves."""
    page = opened("en", DESK, color_scheme="dark")
    page.pdf(path=tmp_path / "brief.pdf", prefer_css_page_size=True)
    assert (tmp_path / "brief.pdf").read_bytes().startswith(b"%PDF")
    page.emulate_media(media="print")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(26, 26, 26)"
    assert not page.locator("nav").is_visible()


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_every_member_has_a_sheet_of_paper_of_its_own(opened, lang, eleven):
    """Folded as they are on the screen, the members' parts are printed, each on a new page."""
    page = opened(lang, DESK)
    page.emulate_media(media="print")
    sheets = page.locator("details.sheet")
    assert sheets.count() == len(eleven)
    for sheet in sheets.all():
        assert sheet.evaluate("e => e.open") is False
        assert sheet.evaluate("e => getComputedStyle(e).breakBefore") == "page"
        assert sheet.locator("table").last.bounding_box()["height"] > 0
    assert page.locator(".sheets").evaluate("e => getComputedStyle(e).breakAfter") == "page"
