"""From entry to publication by two members, in a real Chromium: quietly, and by keyboard."""

from __future__ import annotations

import pytest

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
SAVED_MS = 15_000
MOST_TABS = 60
FOCUS = """wanted => {
  const at = document.activeElement, drawn = getComputedStyle(at);
  const visible = drawn.outlineStyle !== "none" && parseFloat(drawn.outlineWidth) >= 2;
  return [at.matches(wanted), visible || at === document.body, at.outerHTML.slice(0, 150)];
}"""


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


def _sign_in(page, address, member, lang):
    page.goto(f"{address}/sign-in/?lang={lang}")
    page.fill("#id_username", f"focal@{member.lower()}.example.org")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/")


def _tab_to(page, wanted: str) -> None:
    """Go on by the Tab key until something has the focus, which is seen wherever it stands."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        there, visible, at = page.evaluate(FOCUS, wanted)
        assert visible, f"the focus is not seen on {at}"
        if there:
            return
    raise AssertionError(f"Tab does not lead to {wanted}; the focus is on {at}")


def _type_into(page, field: str, text: str) -> None:
    _tab_to(page, field)
    page.keyboard.type(text)


def _fits(page) -> bool:
    width = page.evaluate("document.documentElement.scrollWidth")
    return width <= page.viewport_size["width"] + OVERHANG


def _choose(page, field, text, wanted):
    """Type a name and choose what is found with the arrow keys and Enter."""
    _type_into(page, field, text)
    page.wait_for_selector(f"{field}_found [role=option]:first-child[data-value*='{wanted}']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert wanted in page.input_value(field)


def _entered_by_keyboard(page, address: str) -> Statement:
    """Go from signing in to a published statement without the pointer."""
    page.goto(f"{address}/sign-in/?lang=fr")
    _tab_to(page, ".skip")
    page.keyboard.press("Enter")
    _type_into(page, "#id_username", "focal@sen.example.org")
    _type_into(page, "#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/**")
    _tab_to(page, "a[href='/statements/new/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/statements/new/")
    _type_into(page, "#id_title", "Formation des vulgarisateurs")
    _choose(page, "#id_partners-0-code", "Marruecos", "Maroc")
    _tab_to(page, "button[value=partners]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_partners-1-code:focus")
    _choose(page, "#id_contributions-0-modality", "training courses", "ormation")
    usual = "#id_contributions-0-unit option:first-child[value=people]"
    page.wait_for_selector(usual, state="attached")
    _type_into(page, "#id_contributions-0-quantity", "1 250,5")
    _tab_to(page, "#id_contributions-0-unit")
    while page.input_value("#id_contributions-0-unit") != "person_days":
        page.keyboard.press("ArrowDown")
    _type_into(page, "#id_contributions-0-period_end", "30/11/2023")
    _type_into(page, "#id_actual_start", "01/03/2023")
    _choose(page, "#id_sectors-0-code", "31181", "31181")
    page.wait_for_selector("#saved:has-text('UTC')", timeout=SAVED_MS)
    assert "/edit/" in page.url
    statement = Statement.objects.get(member="SEN")
    _tab_to(page, "#entry .first")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/activities/{statement.activity_id}/")
    page.wait_for_selector("main:focus")
    for step in ("approve", "share", "publish"):
        _tab_to(page, f"form[action$='/{step}/'] button")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    return statement


def test_two_members_go_from_entry_to_publication(opened, live_server, focal_points):
    """Senegal enters in French by keyboard alone, Morocco answers in Arabic on a phone.

    The focus is seen wherever it stands, and is where one goes on when a part of the page was
    replaced. Codes are found by names in another language, drafts save themselves, and no page
    speaks to another server, fills the console or hangs over the edge.
    """
    sen = opened(DESK)
    statement = _entered_by_keyboard(sen, live_server.url)
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
