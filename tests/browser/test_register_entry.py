"""From entry to publication by two members, in a real Chromium: quiet, accessible, by keyboard."""

from __future__ import annotations

import os

import pytest
from axe_playwright_python.sync_playwright import Axe

from bandung.register.actions import codelists, people, statements
from bandung.register.actor import Actor
from bandung.register.content import Content
from bandung.register.models import Activity, Person, Statement

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("default::ResourceWarning"),
]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
OVERHANG = 1  # CSS pixels: sub-pixel rounding of layout
PASSWORD = "a long enough pass phrase"  # noqa: S105 - of people who exist in tests only
SERIOUS = {"serious", "critical"}
SAVED_MS = 15_000
# Playwright keeps an event loop in this thread, in which Django would refuse to work.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(autouse=True)
def quick_hashing(settings):
    """Argon2 is slow on purpose; what tests store in its place is thrown away."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def focal_points(quick_hashing, transactional_db) -> dict[str, Actor]:
    """A focal point of Senegal and one of Morocco."""
    codelists.install_shipped(Actor.operator())
    found = {}
    for member, lang in (("SEN", "fr"), ("MAR", "ar")):
        agency = people.add_agency(Actor.operator(member), member, f"Agency of {member}")
        person = people.add_person(
            Actor.operator(member),
            f"focal@{member.lower()}.example.org",
            f"Focal {member}",
            agency=agency,
            role=Person.Role.FOCAL_POINT,
            password=PASSWORD,
            language=lang,
        )
        found[member] = Actor.of(person)
    return found


@pytest.fixture
def opened(chromium, live_server):
    """Open a page; what the console says and what is asked of other servers is kept."""
    contexts = []

    def opens(size: dict, **options):
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.said, page.elsewhere = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: _note(page, request.url, live_server.url))
        return page

    yield opens
    for context in contexts:
        context.close()


def _note(page, url, own):
    if not url.startswith((own, "data:")):
        page.elsewhere.append(url)


def _sign_in(page, address, member, lang):
    page.goto(f"{address}/sign-in/?lang={lang}")
    page.fill("#id_username", f"focal@{member.lower()}.example.org")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/")


def _serious(page) -> list[tuple[str, str]]:
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page).response["violations"]
    return [(r["id"], r["nodes"][0]["html"][:200]) for r in found if r["impact"] in SERIOUS]


def _fits(page) -> bool:
    width = page.evaluate("document.documentElement.scrollWidth")
    return width <= page.viewport_size["width"] + OVERHANG


def _choose(page, field, text, wanted):
    """Type a name and choose what is found with the arrow keys and Enter."""
    page.focus(field)
    page.keyboard.type(text)
    page.wait_for_selector(f"{field}_found [role=option]:first-child[data-value*='{wanted}']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert wanted in page.input_value(field)


def test_two_members_go_from_entry_to_publication(opened, live_server, focal_points):
    """Senegal enters in French by keyboard, Morocco answers in Arabic on a phone; both publish.

    Codes are found by names in another language, drafts save themselves, and no page speaks to
    another server, fills the console or hangs over the edge.
    """
    sen = opened(DESK)
    _sign_in(sen, live_server.url, "SEN", "fr")
    sen.goto(f"{live_server.url}/statements/new/")
    sen.focus("#id_title")
    sen.keyboard.type("Formation des vulgarisateurs")
    _choose(sen, "#id_partners-0-code", "Marruecos", "Maroc")
    _choose(sen, "#id_contributions-0-modality", "training courses", "ormation")
    usual = "#id_contributions-0-unit option:first-child[value=people]"
    sen.wait_for_selector(usual, state="attached")
    sen.select_option("#id_contributions-0-unit", "person_days")
    sen.fill("#id_contributions-0-quantity", "1 250,5")
    sen.fill("#id_contributions-0-period_end", "30/11/2023")
    sen.fill("#id_actual_start", "01/03/2023")
    _choose(sen, "#id_sectors-0-code", "31181", "31181")
    sen.wait_for_selector("#saved:has-text('UTC')", timeout=SAVED_MS)
    assert "/edit/" in sen.url
    statement = Statement.objects.get(member="SEN")
    sen.focus("#id_title")
    sen.keyboard.press("Enter")
    sen.wait_for_url(f"**/activities/{statement.activity_id}/")
    for step in ("approve", "share", "publish"):
        sen.click(f"form[action$='/{step}/'] button")
        sen.wait_for_load_state()
    said = Statement.objects.get(member="SEN").published.said().contributions[0]
    assert (str(said.quantity), said.unit, said.provider, said.receiver) == (
        "1250.5",
        "person_days",
        "SEN",
        "MAR",
    )
    mar = opened(PHONE)
    _sign_in(mar, live_server.url, "MAR", "ar")
    mar.click(f"a[href='/activities/{statement.activity_id}/']")
    mar.click("form[action$='/answer/'] button")
    mar.wait_for_url("**/edit/")
    mar.fill("#id_contributions-0-quantity", "١٬٢٠٠٫٥")
    mar.locator("#entry .first").click()
    mar.wait_for_url(f"**/activities/{statement.activity_id}/")
    for step in ("approve", "share", "publish"):
        mar.click(f"form[action$='/{step}/'] button")
        mar.wait_for_load_state()
    assert mar.locator("html").get_attribute("dir") == "rtl"
    assert mar.locator("tr.differs").count() >= 1
    assert Activity.objects.get(pk=statement.activity_id).public
    for page in (sen, mar):
        assert page.elsewhere == []
        assert page.said == []
        assert _fits(page)


@pytest.mark.parametrize(("lang", "size"), [("fr", DESK), ("ar", PHONE)], ids=["fr", "ar"])
def test_axe_finds_nothing_serious(opened, live_server, focal_points, lang, size):
    """WCAG checks of axe-core on every page of a person, each fold opened."""
    actor = focal_points["SEN"]
    content = Content(titles={"fr": "Puits à Kayes"}, role="receives", partners=("MAR",))
    made = statements.create(actor, content)
    page = opened(size, color_scheme="dark" if lang == "ar" else "light")
    page.goto(f"{live_server.url}/sign-in/?lang={lang}")
    assert _serious(page) == []
    _sign_in(page, live_server.url, "SEN", lang)
    for path in (
        "/inbox/",
        "/statements/new/",
        f"/statements/{made.pk}/edit/",
        f"/statements/{made.pk}/history/",
        f"/activities/{made.activity_id}/",
        f"/activities/{made.activity_id}/assessment/",
        "/suggestions/",
        "/account/",
        "/second-factor/",
    ):
        page.goto(f"{live_server.url}{path}")
        assert (path, _serious(page)) == (path, [])
        assert (path, _fits(page)) == (path, True)
    assert page.elsewhere == []


def test_a_stale_form_is_told_and_keeps_what_was_typed(opened, live_server, focal_points):
    """Somebody else's save in between: nothing is overwritten, the typed text stays."""
    actor = focal_points["SEN"]
    made = statements.create(actor, Content(titles={"fr": "Puits"}, partners=("MAR",)))
    page = opened(DESK)
    _sign_in(page, live_server.url, "SEN", "fr")
    page.goto(f"{live_server.url}/statements/{made.pk}/edit/")
    other = Content(titles={"fr": "Puits de Kayes"}, partners=("MAR",))
    statements.save(actor, made.pk, other, expected_version=made.version)
    page.fill("#id_title", "Puits et pompes")
    page.locator("#entry .first").click()
    page.wait_for_selector("#conflict")
    assert page.input_value("#id_title") == "Puits et pompes"
    assert "Puits de Kayes" in page.inner_text("#conflict")
    assert Statement.objects.get(pk=made.pk).working.said().titles == {"fr": "Puits de Kayes"}
    page.click("button[value=overwrite]")
    page.wait_for_url(f"**/activities/{made.activity_id}/")
    assert Statement.objects.get(pk=made.pk).working.said().titles == {"fr": "Puits et pompes"}


def test_without_javascript_everything_is_entered_too(opened, live_server, focal_points):
    """Rows are added by the server, codes read from what was typed, and nothing typed is lost."""
    page = opened(PHONE, java_script_enabled=False)
    _sign_in(page, live_server.url, "SEN", "fr")
    page.goto(f"{live_server.url}/statements/new/")
    page.fill("#id_title", "Échange de chercheurs")
    page.fill("#id_partners-0-code", "المغرب")
    page.click("button[value=partners]")
    page.fill("#id_partners-1-code", "Brasil")
    assert page.input_value("#id_title") == "Échange de chercheurs"
    page.fill("#id_contributions-0-quantity", "douze")
    page.locator("#entry .first").click()
    assert page.locator(".mend a[href='#id_contributions-0-quantity']").count() == 1
    page.fill("#id_contributions-0-quantity", "12")
    page.locator("#entry .first").click()
    page.wait_for_url("**/activities/**")
    assert set(Statement.objects.get().working.said().partners) == {"MAR", "BRA"}


def test_a_session_that_ended_costs_nothing_typed(opened, live_server, focal_points):
    """Signed out meanwhile, neither saving nor another row takes the typed text away."""
    page = opened(DESK)
    _sign_in(page, live_server.url, "SEN", "fr")
    page.goto(f"{live_server.url}/statements/new/")
    page.fill("#id_title", "Puits et pompes")
    page.context.clear_cookies(name="bandung_session")
    page.click("button[value=partners]")
    page.wait_for_selector("#saved .wrong")
    page.locator("#entry .first").click()
    page.wait_for_load_state("networkidle")
    assert page.input_value("#id_title") == "Puits et pompes"
    assert page.locator("#id_partners-0-code").count() == 1
    assert Statement.objects.count() == 0
