"""Every address, as everybody: what is hidden is answered like what is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bandung.register import codelists
from bandung.register.actions import assessments, merging, pairing, responses, statements
from bandung.register.models import ImportPreview, MatchProposal, Statement

sys.path.insert(0, str(Path(__file__).parent))
from isolation import Address, Viewer, nowhere, operations, pages, token_of, viewers

pytestmark = pytest.mark.django_db


def further(actor, statement, *steps):
    """Take a statement some steps on."""
    for step in steps:
        act = getattr(statements, step)
        statement = act(actor, statement.pk, expected_version=statement.version)
    return statement


@pytest.fixture
def hidden(actors, people_of, content) -> dict[str, dict[str, str]]:
    """Things of Brazil's: a draft that nobody else sees, and what only Mozambique shares."""
    brazil, mozambique = actors["BRA"], actors["MOZ"]
    draft = statements.create(
        brazil, content.model_copy(update={"partners": ("MOZ", "TUV"), "identifier": "BR-DRAFT"})
    )
    preview = ImportPreview.objects.create(
        person=people_of["BRA"]["focal_point"],
        member_id="BRA",
        kind="iati",
        file_name="hidden.xml",
        file=b"<iati-activities/>",
        summary={"counts": dict.fromkeys(("added", "changed", "unchanged", "refused"), 0)},
    )
    given = further(brazil, statements.create(brazil, content), "approve", "share")
    response = responses.respond(
        mozambique,
        given.pk,
        kind="objects",
        expected_revision=given.shared.number,
        contribution_key="courses",
        reason="only 80 came",
    )
    indicator = codelists.active("indicator")[0].code
    answers = {indicator: assessments.Answer(3)}
    assessments.save(brazil, given.activity_id, answers, expected_version=0)
    turned = content.model_copy(
        update={"role": "receives", "partners": ("BRA",), "contributions": ()}
    )
    received = further(mozambique, statements.create(mozambique, turned), "approve", "share")
    match = pairing.propose(brazil, given.pk, received.pk)
    twins = [
        statements.create(brazil, content.model_copy(update={"identifier": name})) for name in "ab"
    ]
    merge = merging.merge(brazil, twins[0].pk, twins[1].pk, kept_version=1, absorbed_version=1)
    someone = people_of["BRA"]["viewer"]
    own = {
        "person": someone.pk,
        "agency": someone.agency_id,
        "merge": merge.pk,
        "response": response.pk,
        "preview": preview.pk,
        "match": match.pk,
        "member": "TUV",
    }
    return {
        "draft": _text({**own, "activity": draft.activity_id, "statement": draft.pk}),
        "shared": _text({**own, "activity": given.activity_id, "statement": given.pk}),
    }


def _text(keys: dict[str, object]) -> dict[str, str]:
    return {kind: str(key) for kind, key in keys.items()}


def _differences(viewer: Viewer, addresses: list[Address], keys: dict[str, str]) -> list[str]:
    """Return where a viewer is answered otherwise for what is hidden than for what is not there."""
    found = []
    for address in addresses:
        if not address.kinds or not (viewer.pages or address.of_api):
            continue
        present = _answer(viewer, address, keys)
        absent = _answer(viewer, address, nowhere(address.kinds))
        if present != absent:
            # The first one to be asked may have filled a cache.
            present = _answer(viewer, address, keys)
        if present != absent:
            found.append(
                f"{viewer.name}: {address.method} {address.path}: {absent[0]} in {absent[2]} "
                f"queries for what is not there, {present[0]} in {present[2]} for what is hidden"
            )
    return found


def _answer(viewer: Viewer, address: Address, keys: dict[str, str]) -> tuple[int, str, int]:
    status, text, queries = viewer.ask(address.filled(keys))
    return status, _without(text, keys), queries


def _without(text: str, keys: dict[str, str]) -> str:
    for kind, key in keys.items():
        text = text.replace(key, f"<{kind}>")
    return text


def test_what_is_hidden_is_answered_like_what_is_not_there(hidden, people_of):
    """Some address tells an outsider that something hidden is there."""
    addresses = [*pages(), *operations()]
    before = list(Statement.objects.order_by("pk").values_list("pk", "version", "standing"))
    wrong = []
    for viewer in viewers(people_of, "SEN"):
        wrong += _differences(viewer, addresses, hidden["shared"])
    assert wrong == []
    assert before == [
        row
        for row in Statement.objects.order_by("pk").values_list("pk", "version", "standing")
        if row in before
    ]


def test_a_partner_is_not_told_of_a_draft_that_names_it(hidden, people_of):
    """A draft that names Mozambique answers Mozambique otherwise than one that is not there."""
    keys = {
        kind: key
        for kind, key in hidden["draft"].items()
        if kind in {"activity", "statement", "preview", "member"}
    }
    addresses = [item for item in (*pages(), *operations()) if item.kinds <= keys.keys()]
    people = people_of["MOZ"]
    wrong = []
    for role in ("viewer", "focal_point"):
        wrong += _differences(Viewer(role, people[role], token_of(people[role])), addresses, keys)
    assert wrong == []


READS = ("read_activity", "read_statement", "list_revisions")
EVERYBODY = ("viewer", "editor", "approver", "focal_point")


def test_what_each_may_read(hidden, people_of):
    """A member, its partner, an unrelated one or the public reads more, or less, than it may."""
    addresses = {item.name: item for item in operations()}
    seen = set()
    for viewer in viewers(people_of, "BRA", "MOZ", "SEN"):
        for which, keys in hidden.items():
            for name in READS:
                status, _, _ = viewer.ask(addresses[name].filled(keys))
                assert status in {200, 403, 404}
                if status == 200:
                    seen.add((viewer.name, which))
                assert (status == 403) == viewer.name.startswith("writing token"), viewer.name
    own = {f"{role} of BRA" for role in EVERYBODY} | {"reading token of BRA"}
    partner = {f"{role} of MOZ" for role in EVERYBODY} | {"reading token of MOZ"}
    assert seen == {(name, which) for name in own for which in hidden} | {
        (name, "shared") for name in partner
    }


def test_what_each_role_may_do(people_of, actors, content):
    """A role does by the API what it may not, or cannot do what it may."""
    addresses = {(item.name, item.path.rsplit("/", 1)[-1]): item for item in operations()}
    steps = {
        step: addresses["take_step", step] for step in ("approve", "return", "share", "publish")
    }
    needed = {"approve": "approver", "return": "approver", "share": "focal_point"}
    for viewer in viewers(people_of, "BRA", "MOZ"):
        role, _, member = viewer.name.partition(" of ")
        acts = role in EVERYBODY
        made = statements.create(actors["BRA"], content)
        keys = {"statement": str(made.pk), "activity": str(made.activity_id)}
        for step, least in needed.items():
            status, _, _ = viewer.ask(steps[step].filled(keys))
            may = acts and EVERYBODY.index(role) >= EVERYBODY.index(least)
            if not viewer.token:
                assert status == 401
            elif role == "writing token" or may:
                done = {200, 409} if member == "BRA" else {404}
                if step != "approve" and member == "BRA":
                    done |= {412}
                assert status in done, (viewer.name, step, status)
            else:
                assert status == 403, (viewer.name, step, status)
        row = Statement.objects.get(pk=made.pk)
        moved = row.version > 1
        assert moved == (member == "BRA" and role in {"approver", "focal_point", "writing token"})


def test_addresses_that_change_take_no_session(people_of, hidden):
    """An operation of the API that writes is done for a browser's session, without a token."""
    viewer = Viewer("session", people_of["BRA"]["focal_point"])
    done = [
        (address.method, address.path, status)
        for address in operations()
        if address.method != "GET"
        for status, _, _ in [viewer.ask(address.filled(hidden["draft"]))]
        if status != 401
    ]
    assert done == []
    assert MatchProposal.objects.get().state == "proposed"
