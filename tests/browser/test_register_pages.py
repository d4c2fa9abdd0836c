"""Every page of the register in a real Chromium: accessible, fit for a phone and for paper."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import axe_playwright_python
import pytest
from django.conf import settings as django_settings
from django.core.exceptions import SuspiciousOperation
from django.test import Client
from django.test.signals import template_rendered

import bandung.register
from bandung.register import exchange
from bandung.register.actions import codelists
from bandung.register.actor import Actor
from bandung.register.pages import exchange as exchange_page
from bandung.register.pages import members as members_page

sys.path.insert(0, str(Path(__file__).parent))
from register_pages import (
    FIRST,
    NOT_PAGES,
    SHOWN,
    SHUT_OUT,
    Record,
    Shown,
    entered,
    forget_second_factor,
    names,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("default::ResourceWarning"),
]
TEMPLATES = Path(bandung.register.__file__).parent / "templates"
DESK = {"width": 1280, "height": 900}
NARROWEST = {"width": 320, "height": 640}
GRAVE = ["critical", "serious", "moderate"]
ELSEWHERE = ["color-contrast", "html-has-lang", "html-lang-valid", "valid-lang", "target-size"]
"""What colours, language and size can break; the rest of the same pages is asked for in English."""
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text("utf-8")
PAPER = {"width": 680, "height": 1000}
"""A4 within its margins, in CSS pixels."""
ENGLISH, PRINTED = "en, light", "fr, and printed"
LOOKS = {
    ENGLISH: ((DESK, NARROWEST), "light"),
    "ar, dark, on a phone": ((NARROWEST,), "dark"),
    PRINTED: ((NARROWEST, PAPER), "light"),
}
"""How the pages are looked at: sizes, axe at the first, and what the reader's system prefers."""
RUN_AXE = """([grave, only]) => axe.run(document, {
  resultTypes: ["violations"], preload: false, ...(only.length ? {runOnly: only} : {})
}).then(
  found => found.violations.filter(rule => grave.includes(rule.impact))
    .map(rule => `${rule.id}: ${rule.nodes[0].html.slice(0, 200)}`)
)"""
HANGS_OVER = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const over = [...document.querySelectorAll("main *, header *, footer *")].filter(e => {
    const box = e.getBoundingClientRect();
    return (box.right > page.clientWidth + 1 || box.left < -1) && !e.closest(".scroll");
  });
  return [`${page.scrollWidth} px wide: ` + over.slice(0, 3).map(e => e.outerHTML.slice(0, 120))];
}"""
LEFT_ON_PAPER = """() => [
  ...document.querySelectorAll("nav, button, .button, form:not(.printed), .skip, .sticky"),
  ...[...document.querySelectorAll("thead")].filter(
    head => getComputedStyle(head).display !== "table-header-group"
  ),
].filter(e => e.checkVisibility()).map(e => `printed: ${e.outerHTML.slice(0, 160)}`)"""


def _for(look: str, shown: tuple[Shown, ...]) -> list[Shown]:
    """Return what is looked at so: each address once, its further states in one look or another."""
    seen: set[str] = set()
    found = []
    for at, item in enumerate(shown):
        its_turn = (at % 2 == 0) == (look == ENGLISH)
        if item.name not in seen or (look != PRINTED and (its_turn or item.of_a_row)):
            found.append(item)
        seen.add(item.name)
    return found


def _looked_at(page, look: str) -> list[str]:
    """Return what is wrong on a page, each fold opened."""
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    wrong = []
    sizes = LOOKS[look][0]
    # To lay a page out anew is most of the work: the next page begins where this one ends.
    for size in sizes if page.viewport_size == sizes[0] else reversed(sizes):
        page.set_viewport_size(size)
        if size == sizes[0] and look != PRINTED:
            wrong += page.evaluate(RUN_AXE, [GRAVE, [] if look == ENGLISH else ELSEWHERE])
        if size == PAPER:
            page.emulate_media(media="print")
            wrong += page.evaluate(LEFT_ON_PAPER)
        wrong += page.evaluate(HANGS_OVER)
        if size == PAPER:
            page.emulate_media(media="screen")
    return wrong


class Readers:
    """Those who look at the pages: a browser's page for each, signed in without the form."""

    def __init__(self, opened, server: str) -> None:
        self.opened, self.server = opened, server
        self.pages = {}

    def page(self, viewer: str, record: Record):
        """Return the viewer's page."""
        if viewer not in self.pages:
            page = self.opened(DESK)
            page.context.add_init_script(AXE)
            if viewer in record.people:
                client = Client()
                client.force_login(record.people[viewer])
                name = django_settings.SESSION_COOKIE_NAME
                self._give(page, name, client.cookies[name].value)
            self.pages[viewer] = page
        return self.pages[viewer]

    def wrong(self, every: tuple[Shown, ...], record: Record, look: str) -> list[str]:
        """Return what is wrong on pages, with their addresses."""
        sizes, scheme = LOOKS[look]
        shown = _for(look, every)
        for viewer in {item.viewer for item in shown}:
            page = self.page(viewer, record)
            page.set_viewport_size(sizes[0])
            page.emulate_media(color_scheme=scheme)
            self._give(page, django_settings.LANGUAGE_COOKIE_NAME, look[:2])
        found = []
        for item in shown:
            page, address = self.page(item.viewer, record), record.address(item)
            page.goto(self.server + address)
            said = [] if page.url == self.server + address else [f"led to {page.url}"]
            if item.then is not None:
                item.then(page)
            said += _looked_at(page, look)
            found += [f"{look}: {address[:80]}: {wrong}" for wrong in said]
        return found

    def _give(self, page, name: str, value: str) -> None:
        page.context.add_cookies([{"name": name, "value": value, "url": self.server}])


@pytest.fixture
def rendered():
    """The names of the templates that are rendered."""
    found = Counter()

    def note(template, **_):
        found[template.name] += 1

    template_rendered.connect(note)
    yield found
    template_rendered.disconnect(note)


@pytest.fixture
def refusing(monkeypatch):
    """A server that takes small files only, and breaks at the page of Morocco."""
    monkeypatch.setattr(exchange, "MOST_BYTES", 50_000)
    monkeypatch.setattr(exchange_page, "FORM_BYTES", 100_000)
    actor_of = members_page.actor_of

    def breaks(request):
        if "MAR" not in request.path:
            return actor_of(request)
        if request.user.is_authenticated:
            raise SuspiciousOperation("no browser sends this")
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(members_page, "actor_of", breaks)


def test_every_address_is_looked_at_or_is_no_page():
    """An address was added that no check of the pages below opens."""
    looked_at = {item.name for item in (*FIRST, *SHOWN)} - {""}
    assert looked_at & NOT_PAGES.keys() == set()
    assert looked_at | NOT_PAGES.keys() == set(names())


def test_every_page_is_accessible_and_fits_a_phone(
    opened, live_server, quick_hashing, rendered, refusing, settings
):
    """axe-core finds something from moderate upwards, or a page scrolls sideways at 320 pixels.

    In English on a desk, in Arabic on a phone in the dark; the widths in French too, and there
    what is of no use on paper is printed, or hangs over its edge. At the end every page that has a
    template has been seen.
    """
    settings.DEMONSTRATION = True
    codelists.install_shipped(Actor.operator())
    readers = Readers(opened, live_server.url)
    wrong = []
    for look in LOOKS:
        wrong += readers.wrong(FIRST, Record({}), look)
    record = entered()
    for _ in range(django_settings.AXES_FAILURE_LIMIT):
        Client().post("/sign-in/", {"username": SHUT_OUT, "password": "wrong"})
    for look in LOOKS:
        wrong += readers.wrong(SHOWN, record, look)
        forget_second_factor()
    assert wrong == []
    pages = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}
    assert {name for name in pages - rendered.keys() if "/parts/" not in name} == set()
    assert {
        viewer: page.elsewhere for viewer, page in readers.pages.items() if page.elsewhere
    } == {}
