"""What the tests of isolation share: every address there is, who asks, and what is hidden."""

from __future__ import annotations

import json
import re
import uuid
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from bandung.register.actions import people
from bandung.register.actor import Actor
from bandung.register.api.application import api
from bandung.register.models import ApiToken, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "api/v1/"
WATCHED = {"metrics", "health"}
"""Asked for by the machine that watches the server: numbers of requests, nothing of the record."""

# How the arguments of each address are filled: which kind of thing each of them names, or one of
# the words it takes. An address that is not here fails the test: say here what it shows.
PAGES: dict[str, dict[str, str | tuple[str, ...]]] = {
    "activities/<key>/": {"key": "activity"},
    "activities/<key>/answer/": {"key": "activity"},
    "activities/<key>/assessment/": {"key": "activity"},
    "activities/<key>/pairing/": {"key": "activity"},
    "suggestions/merge/<key>/undo/": {"key": "merge"},
    "statements/<key>/edit/": {"key": "statement"},
    "statements/<key>/history/": {"key": "statement"},
    "statements/<key>/respond/": {"key": "statement"},
    "statements/<key>/<step>/": {
        "key": "statement",
        "step": ("approve", "return", "share", "publish", "withdraw", "discard"),
    },
    "exchange/import/<key>/": {"key": "preview"},
    "exchange/statements.<form>": {"form": ("xlsx", "xml")},
    "returns/<year>.<form>": {"year": ("2023",), "form": ("xlsx", "csv")},
    "returns/finance.<form>": {"form": ("xlsx", "csv")},
    "members/<code>/": {"code": "member"},
    "manage/people/<key>/": {"key": "person"},
    "manage/agencies/<key>/": {"key": "agency"},
    **{
        f"manage/codes/<name>/{rest}": {"name": ("modality",)}
        for rest in ("", "list.csv", "import/", "add/")
    },
    "manage/codes/<name>/code/<code>/": {"name": ("modality",), "code": ("training",)},
    "manage/rates/import/<kind>/": {"kind": ("exchange", "unit")},
}
API_ARGUMENTS: dict[str, str | tuple[str, ...]] = {
    "activity": "activity",
    "statement": "statement",
    "response_id": "response",
    "preview": "preview",
    "match": "match",
    "merge": "merge",
    "member": "member",
    "name": ("modality",),
}
API_WORDS: dict[str, tuple[str, ...]] = {
    "take_step": ("approve", "return", "share", "publish", "withdraw"),
    "step_assessment": ("share", "withdraw"),
    "step_match": ("accept", "refuse", "withdraw", "leave"),
}
# What each operation is sent. An operation with a body that is not here fails the test.
BODIES: dict[str, object] = {
    "create_statement": {"titles": {"en": "x"}},
    "save_statement": {"titles": {"en": "x"}},
    "take_step": {"remark": "again"},
    "answer": {"of": "<statement>"},
    "create_response": {"kind": "objects", "revision": 1, "reason": "not so"},
    "save_assessment": {"ownership_1": {"score": 1}},
    "step_assessment": {},
    "put_pairing": {
        "own": "<statement>",
        "own_contribution": "courses",
        "other": "<statement>",
        "other_contribution": "courses",
        "same": True,
    },
    "create_match": {"own": "<statement>", "other": "<statement>"},
    "dismiss_suggestion": {"own": "<statement>", "other": "<statement>"},
    "create_merge": {
        "kept": "<statement>",
        "kept_version": 1,
        "absorbed": "ffffffff-ffff-4fff-bfff-ffffffffffff",
        "absorbed_version": 1,
    },
    "create_import": b"<iati-activities/>",
}
QUERIES = {"sdg_return": "?year=2023", "read_together": "?members=BRA,MOZ,SEN,TUV"}
_CONVERTER = re.compile(r"<\w+:(\w+)>")
_VARIES = re.compile(
    r'(nonce="[^"]*")|(name="csrfmiddlewaretoken" value="[^"]*")'
    r'|(generated-datetime="[^"]*")|(<dcterms:(created|modified)[^<]*)'
    r'|(value="[0-9a-f]{12}")'
    r"|(\"X-CSRFToken\": ?\"[^\"]*\")|(&quot;X-CSRFToken&quot;: ?&quot;[^&]*&quot;)",
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address that can be asked for: with `<kind>` where something is named."""

    name: str
    method: str
    path: str
    body: object = None

    @property
    def kinds(self) -> set[str]:
        """Which kinds of things it names, in the path or in the body."""
        return set(re.findall(r"<(\w+)>", self.path + json.dumps(self.body, default=repr)))

    @property
    def of_api(self) -> bool:
        """Whether it is one of the API's."""
        return self.path.startswith("/" + API)

    def filled(self, keys: dict[str, str]) -> Address:
        """Return it with the things named."""

        def put(text: str) -> str:
            return re.sub(r"<(\w+)>", lambda found: keys[found[1]], text)

        body = self.body
        if isinstance(body, dict):
            body = json.loads(put(json.dumps(body)))
        return Address(self.name, self.method, put(self.path), body)


@dataclass
class Viewer:
    """Somebody who asks, on the pages by a session and of the API by a token.

    A token alone is nobody on the pages: `pages` says whether to ask for them.
    """

    name: str
    person: Person | None = None
    token: str = ""
    pages: bool = True
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        if self.person is not None:
            self.client.force_login(self.person)

    def ask(self, address: Address) -> tuple[int, str, int]:
        """Return status, what was said, and how many queries it took."""
        headers = {"If-Match": '"1"'}
        if address.of_api and self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        with CaptureQueriesContext(connection) as queries:
            if isinstance(address.body, bytes):
                file = BytesIO(address.body)
                file.name = "file.xml"
                answer = self.client.post(address.path, {"file": file}, headers=headers)
            elif address.of_api:
                sent = b"" if address.body is None else json.dumps(address.body).encode()
                answer = self.client.generic(
                    address.method, address.path, sent, "application/json", headers=headers
                )
            elif address.method == "POST":
                answer = self.client.post(address.path, address.body or {}, headers=headers)
            else:
                answer = self.client.get(address.path, headers=headers)
            said = text_of(answer)
        return answer.status_code, said, len(queries)


def text_of(answer) -> str:
    """Return what an answer says, the parts of a workbook unpacked, without what always varies."""
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(BytesIO(raw)) as book:
            raw = b"\n".join(book.read(name) for name in sorted(book.namelist()))
    said = raw.decode("utf-8", "replace") + answer.headers.get("Location", "")
    return _VARIES.sub("", said)


def routes(patterns=None, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield every address of the site that is not the API's, with its name."""
    for item in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(item.pattern)
        if route.startswith(API):
            continue
        if hasattr(item, "url_patterns"):
            yield from routes(item.url_patterns, route)
        else:
            yield _CONVERTER.sub(r"<\1>", route), item.name


def pages() -> list[Address]:
    """Return every page, to be read and to be sent a form."""
    found = []
    for route, name in routes():
        if name in WATCHED:
            continue
        arguments = re.findall(r"<(\w+)>", route)
        if arguments and route not in PAGES:
            raise AssertionError(f"{route} is not in PAGES: say what its arguments name")
        for path in _paths("/" + route, PAGES.get(route, {})):
            found += [
                Address(str(name), "GET", path),
                Address(str(name), "POST", path, {"expected_version": "1", "version": "1"}),
            ]
    return found


def operations() -> list[Address]:
    """Return every operation of the API."""
    found = []
    document = api.get_openapi_schema(path_prefix="/" + API)
    for route, methods in document["paths"].items():
        for method, said in methods.items():
            name = said["operationId"]
            if "requestBody" in said and name not in BODIES:
                raise AssertionError(f"{name} is not in BODIES: say what it is sent")
            words = {"step": API_WORDS[name]} if name in API_WORDS else {}
            places = re.findall(r"{(\w+)}", route)
            unknown = set(places) - API_ARGUMENTS.keys() - words.keys()
            if unknown:
                raise AssertionError(f"{route}: {unknown} are not in API_ARGUMENTS")
            path = re.sub(r"{(\w+)}", r"<\1>", route) + QUERIES.get(name, "")
            arguments = {place: (API_ARGUMENTS | words)[place] for place in places}
            found += [
                Address(name, method.upper(), filled, BODIES.get(name))
                for filled in _paths(path, arguments)
            ]
    return found


def _paths(route: str, arguments: dict[str, str | tuple[str, ...]]) -> list[str]:
    paths = [route]
    for argument, kind in arguments.items():
        values = (f"<{kind}>",) if isinstance(kind, str) else kind
        paths = [path.replace(f"<{argument}>", value) for path in paths for value in values]
    return paths


def token_of(person: Person, *scopes: str) -> str:
    """Return a token of a person, used just now so that its use is not written down again."""
    token, secret = people.add_token(Actor.of(person), "test", scopes or ("read", "write"))
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    return secret


def viewers(people_of, *members: str) -> list[Viewer]:
    """Return everybody of some members, an administrator and the public."""
    found = [Viewer("public")]
    administrator = people.add_person(
        Actor.operator(), "administrator@example.org", "Administrator", agency=None
    )
    found.append(Viewer("administrator", administrator, token_of(administrator)))
    for member in members:
        for role, person in people_of[member].items():
            found.append(Viewer(f"{role} of {member}", person, token_of(person)))
        person = people_of[member]["focal_point"]
        found += [
            Viewer(f"{scope} token of {member}", person, token_of(person, kind), pages=False)
            for scope, kind in (("reading", "read"), ("writing", "write"))
        ]
    return found


def nowhere(kinds: set[str]) -> dict[str, str]:
    """Return keys of things that are not there."""
    return {kind: "PLW" if kind == "member" else str(uuid.uuid4()) for kind in kinds}
