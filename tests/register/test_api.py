"""The API: what it takes, what it says, and how it refuses."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from bandung.register.actions import people, statements
from bandung.register.actor import Actor
from bandung.register.content import Content
from bandung.register.models import AuditEntry, Merge, Revision, Statement

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"


@pytest.fixture
def token_of(actors):
    """A function that makes a token of a member's focal point, with scopes."""

    def make(member: str = "BRA", *scopes: str) -> str:
        return people.add_token(actors[member], "test", scopes or ("read", "write"))[1]

    return make


@pytest.fixture
def call(token_of):
    """A function that calls the API as a member's focal point, or as anybody."""
    client = Client()
    tokens: dict[str, str] = {}

    def send(method, path, body=None, *, member="BRA", version=None, token=None, **headers):
        if member and token is None:
            token = tokens.get(member) or tokens.setdefault(member, token_of(member))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers=headers,
        )

    return send


def test_a_statement_goes_the_whole_way_by_the_api(call, content, people_of):
    """By the API alone two members cannot bring an activity before the public."""
    made = call("POST", "/statements", content.record())
    assert made.status_code == 201, made.content
    said = made.json()
    assert made["ETag"] == '"1"'
    assert Content.model_validate(said["content"]) == content
    path = f"/statements/{said['id']}"
    for step in ("approve", "share", "publish"):
        done = call("POST", f"{path}/steps/{step}", {}, version=said["version"])
        assert done.status_code == 200, done.content
        said = done.json()
    assert said["state"] == "published"
    assert call("GET", path, member="").status_code == 404

    answered = call(
        "POST", f"/activities/{said['activity']}/answer", {"of": said["id"]}, member="MOZ"
    )
    assert answered.status_code == 201, answered.content
    other = answered.json()
    for step in ("approve", "share", "publish"):
        other = call(
            "POST",
            f"/statements/{other['id']}/steps/{step}",
            {},
            member="MOZ",
            version=other["version"],
        ).json()
    public = call("GET", f"/activities/{said['activity']}", member="").json()
    assert [item["member"] for item in public["statements"]] == ["BRA", "MOZ"]
    assert public["statements"][0]["version"] is None
    assert public["comparisons"][0]["contribution_counts"]["agreed"] == 1
    assert [row["id"] for row in call("GET", "/activities", member="").json()["items"]] == [
        said["activity"]
    ]


def test_a_change_on_an_old_version_is_refused_with_who_and_when(call, content, actors):
    """A stale change overwrites the newer one, or the second person is not told by whom."""
    made = statements.create(actors["BRA"], content)
    newer = content.model_copy(update={"status": "cancelled"})
    assert call("PUT", f"/statements/{made.pk}", newer.record(), version=1).status_code == 200
    stale = call("PUT", f"/statements/{made.pk}", content.record(), version=1)
    assert stale.status_code == 412
    assert stale["Content-Type"] == PROBLEM
    assert "focal_point of BRA changed" in stale.json()["detail"]
    assert "version 2; you had version 1" in stale.json()["detail"]
    assert statements.said_in(Statement.objects.get()).status == "cancelled"
    missing = call("PUT", f"/statements/{made.pk}", content.record())
    assert (missing.status_code, missing.json()["type"].rpartition(":")[2]) == (
        428,
        "version-missing",
    )


def test_a_draft_is_discarded_and_a_shared_one_is_not(call, content, actors):
    """A draft cannot be discarded, or what a partner has seen can."""
    draft = statements.create(actors["BRA"], content)
    assert call("DELETE", f"/statements/{draft.pk}", version=draft.version).status_code == 204
    assert call("GET", f"/statements/{draft.pk}").status_code == 404
    shared = statements.create(actors["BRA"], content)
    for step in (statements.approve, statements.share):
        shared = step(actors["BRA"], shared.pk, expected_version=shared.version)
    refused = call("DELETE", f"/statements/{shared.pk}", version=shared.version)
    assert refused.status_code == 409
    assert "withdraw it instead" in refused.json()["detail"]


def test_faults_are_pointed_at(call):
    """A refusal of a body does not say where in it each fault stands."""
    sent = {
        "titles": {"EN": "x"},
        "partners": ["XXX"],
        "contributions": [{"modality": 3}],
        "more": 1,
    }
    refused = call("POST", "/statements", sent)
    assert (refused.status_code, refused["Content-Type"]) == (422, PROBLEM)
    pointers = {item["pointer"] for item in refused.json()["errors"]}
    assert {"#/partners/0", "#/contributions/0/modality", "#/more"} <= pointers
    asked = call("GET", "/activities?year_from=soon")
    assert [item["parameter"] for item in asked.json()["errors"]] == ["year_from"]


def test_an_incomplete_statement_says_each_problem(call, content, actors):
    """An approval is refused without saying what is missing and where."""
    made = statements.create(
        actors["BRA"], content.model_copy(update={"titles": {}, "partners": ()})
    )
    listed = call("GET", f"/statements/{made.pk}/problems").json()
    assert {"titles", "partners"} <= {item["field"] for item in listed if item["blocks"]}
    refused = call("POST", f"/statements/{made.pk}/steps/approve", {}, version=1)
    assert refused.status_code == 409
    assert {"#/titles", "#/partners"} <= {item["pointer"] for item in refused.json()["errors"]}


def test_what_is_no_token_is_refused(call, people_of):
    """Somebody who sends a wrong token is served as the public, without being told."""
    for sent in ("Bearer bdg_0_0", "Bearer ", "Basic YTpi", "Bearer bdg_ab\x00_c", "x" * 5000):
        refused = call("GET", "/activities", member="", Authorization=sent)
        assert (refused.status_code, refused["Content-Type"]) == (401, PROBLEM), sent
        assert refused["WWW-Authenticate"].startswith("Bearer")


def test_scopes_bind(call, token_of, content):
    """A token to read writes, or a token to write reads."""
    refused = call("POST", "/statements", content.record(), token=token_of("BRA", "read"))
    assert refused.status_code == 403
    assert "scope 'write'" in refused.json()["detail"]
    assert call("GET", "/activities", token=token_of("BRA", "write")).status_code == 403
    assert not Statement.objects.exists()


def test_a_session_is_no_token(people_of, content):
    """A page in somebody's browser can have the API write, past the check against forged forms."""
    client = Client()
    client.force_login(people_of["BRA"]["focal_point"])
    sent = client.post("/api/v1/statements", content.record(), content_type="application/json")
    assert sent.status_code == 401
    assert client.get("/api/v1/me").status_code == 401


def test_a_list_is_given_page_by_page(call, content, actors):
    """Following the cursor misses an activity, gives one twice, or does not end."""
    made = {
        str(
            statements.create(
                actors["BRA"], content.model_copy(update={"status": status})
            ).activity_id
        )
        for status in ("planned", "under_way", "closed", "cancelled", "suspended")
    }
    found, cursor = [], ""
    for _ in range(4):
        page = call("GET", f"/activities?limit=2&cursor={cursor}").json()
        found += [item["id"] for item in page["items"]]
        assert page["count"] == 5
        cursor = page["next"]
        if cursor is None:
            break
    assert (len(found), set(found), cursor) == (5, made, None)
    assert call("GET", "/activities?cursor=no").status_code == 400


FILTERS = (
    ("text=agricultura TROPICAL", True), ("text=Agrícult", True), ("text=agricultura minas", False),
    ("text=moçambique", True), ("partner=MOZ", True), ("partner=SEN", False), ("member=MOZ", False),
    ("modality=training&year_from=2023", True), ("modality=training&year_to=2022", False),
    ("sector=31181", True), ("sector=311", True), ("sector=322", False), ("sdg=2", True),
    ("sdg=2.5", False), ("status=closed", True), ("status=planned", False), ("state=draft", True),
    ("direction=given&partner=MOZ", True), ("direction=received", False), ("group=C", True),
    ("check=one_sided", True), ("check=objected", False), ("climate=mitigation", False),
)  # fmt: skip


def test_filters(call, content, actors):
    """A filter lets through what does not fit, or keeps back what does."""
    statements.create(actors["BRA"], content)
    found = {asked: call("GET", f"/activities?{asked}").json()["count"] for asked, _ in FILTERS}
    assert found == {asked: int(fits) for asked, fits in FILTERS}


def test_code_lists_are_found_by_name_in_any_language(call, db):
    """A code is not found by its French name, or the answer is not in the language asked for."""
    found = call("GET", "/code-lists/modality?q=bourses&lang=es", member="").json()
    assert found["items"]
    assert found["items"][0]["name"] == found["items"][0]["names"]["es"]
    listed = {item["name"] for item in call("GET", "/code-lists", member="").json()}
    assert {"modality", "sector_crs", "sdg_target"} <= listed
    assert call("GET", "/code-lists/nonsense", member="").status_code == 404


def test_who_calls(call, people_of, token_of):
    """A program cannot tell whom it acts for, or within what."""
    said = call("GET", "/me", token=token_of("MOZ", "read")).json()
    assert (said["member"], said["role"], said["scopes"]) == ("MOZ", "focal_point", ["read"])
    assert call("GET", "/agencies").json()[0]["name"] == "Agency of BRA"
    assert {row["code"] for row in call("GET", "/members", member="").json()} == {
        "BRA",
        "MOZ",
        "SEN",
    }


def test_a_member_that_is_only_named_does_not_take_part(call, content, actors):
    """A draft that names a country as partner puts it on the list of members."""
    statements.create(actors["BRA"], content.model_copy(update={"partners": ("TUV",)}))
    assert "TUV" not in {row["code"] for row in call("GET", "/members", member="").json()}
    assert call("GET", "/members/TUV", member="").status_code == 404


def test_the_head_of_the_chain_is_the_last_entry(call, content, actors):
    """A witness writes down another digest than that of the last entry."""
    statements.create(actors["BRA"], content)
    call("GET", "/me")
    said = call("GET", "/audit/head").json()
    last = AuditEntry.objects.order_by("-sequence")[0]
    assert said == {"sequence": last.sequence, "digest": last.digest}
    assert call("GET", "/audit/head", member="").status_code == 401


def test_revisions_of_ones_own_and_of_anothers(call, content, actors):
    """A partner is shown revisions before the shared one, or one's own history has gaps."""
    made = statements.create(actors["BRA"], content)
    for step in (statements.approve, statements.share):
        made = step(actors["BRA"], made.pk, expected_version=made.version)
    statements.save(
        actors["BRA"],
        made.pk,
        content.model_copy(update={"status": "cancelled"}),
        expected_version=made.version,
    )
    own = call("GET", f"/statements/{made.pk}/revisions").json()
    assert [(row["number"], row["state"]) for row in own] == [(1, "shared"), (2, "draft")]
    assert own[1]["digest"] == Revision.objects.get(number=2).digest
    theirs = call("GET", f"/statements/{made.pk}/revisions", member="MOZ").json()
    assert [row["number"] for row in theirs] == [1]
    assert theirs[0]["modified_by"] is None


BODIES = (
    (b"{", "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b'{"titles": {"en": "\\ud800"}}', "application/json", 400),
    ('{"titles": "é"}'.encode("latin-1"), "application/json", 400),
    (b'{"contributions": [{"modality": "training", "quantity": 1e999}]}', "application/json", 422),
    (b'{"adaptation": ' + b"9" * 5000 + b"}", "application/json", 400),
    (b"<a/>", "text/xml", 415),
    (b"[]", "application/json", 422),
    (b"", "application/json", 422),
    (b" " * (6 * 2**20), "application/json", 413),
)


def test_bodies_that_are_none(token_of):
    """A damaged, enormous or nested body is answered by an error of the server."""
    headers = {"Authorization": f"Bearer {token_of()}"}
    for body, kind, status in BODIES:
        sent = Client().post("/api/v1/statements", body, content_type=kind, headers=headers)
        assert (sent.status_code, sent["Content-Type"]) == (status, PROBLEM), sent.content
    assert not Statement.objects.exists()


def test_nul_in_a_text_is_left_out(call, token_of):
    """A NUL reaches the database, where PostgreSQL refuses it."""
    made = call("POST", "/statements", {"titles": {"en": "a\x00b"}})
    assert made.json()["content"]["titles"] == {"en": "ab"}
    assert call("GET", "/activities?text=a%00b").status_code == 200
    for path in ("/members/%00", "/code-lists/%00", "/nothing/%00"):
        assert call("GET", path).status_code == 404


def _twins(call, content) -> list[dict]:
    named = [content.model_copy(update={"identifier": name}) for name in "ab"]
    return [call("POST", "/statements", item.record()).json() for item in named]


def test_two_statements_are_merged_and_taken_apart(call, content):
    """A merge by the API that is not the pages': contributions lost, or no way back."""
    kept, absorbed = _twins(call, content)
    body = {"kept": kept["id"], "kept_version": 1, "absorbed": absorbed["id"]}
    merged = call("POST", "/merges", body | {"absorbed_version": 1, "bring": ["courses"]})
    assert merged.status_code == 201, merged.content
    made = merged.json()
    assert call("GET", "/merges").json() == [made]
    now = call("GET", f"/statements/{kept['id']}").json()
    assert (now["version"], len(now["content"]["contributions"])) == (made["kept_version"], 2)
    undo = f"/merges/{made['id']}/undo"
    assert call("POST", undo).status_code == 428
    assert call("POST", undo, version=1).status_code == 412
    undone = call("POST", undo, version=made["kept_version"])
    assert undone.status_code == 200, undone.content
    assert undone.json()["undone_at"] is not None
    assert call("GET", "/merges").json() == []
    for item in (kept, absorbed):
        assert call("GET", f"/statements/{item['id']}").json()["content"] == item["content"]
    assert call("POST", undo, version=made["kept_version"] + 1).status_code == 404


def test_merging_is_for_ones_own_focal_point_on_the_version_that_was_read(
    call, token_of, people_of, content
):
    """Another member, another role, a token that only reads, or an old version merges or undoes."""
    kept, absorbed = _twins(call, content)
    body = {
        "kept": kept["id"],
        "kept_version": 1,
        "absorbed": absorbed["id"],
        "absorbed_version": 1,
    }
    approver = people_of["BRA"]["approver"]
    of_approver = people.add_token(Actor.of(approver), "test", ("read", "write"))[1]
    for expected, options in (
        (404, {"member": "MOZ"}),
        (403, {"token": token_of("BRA", "read")}),
        (403, {"token": of_approver}),
        (401, {"member": ""}),
    ):
        assert call("POST", "/merges", body, **options).status_code == expected
    assert call("POST", "/merges", body | {"kept_version": 2}).status_code == 412
    assert call("POST", "/merges", body | {"absorbed": kept["id"]}).status_code == 409
    assert call("POST", "/merges", body | {"bring": ["nothing"]}).status_code == 404
    assert not Merge.objects.exists()
    made = call("POST", "/merges", body).json()
    undo = f"/merges/{made['id']}/undo"
    for expected, options in (
        (404, {"member": "MOZ"}),
        (403, {"token": token_of("BRA", "read")}),
        (403, {"token": of_approver}),
    ):
        assert call("POST", undo, version=made["kept_version"], **options).status_code == expected
    assert call("GET", "/merges", member="MOZ").json() == []
    assert call("GET", "/merges", token=of_approver).json() == [made]
    assert Merge.objects.get().undone_at is None
