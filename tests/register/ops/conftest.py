"""Registers of their own, apart from the one that other tests share: folders and databases."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django_otp.plugins.otp_totp.models import TOTPDevice

from bandung.register import places
from bandung.register.actions import people, statements
from bandung.register.actor import Actor
from bandung.register.models import Assessment, ImportPreview
from bandung.register.ops import opening

sys.path.insert(0, str(Path(__file__).parents[1]))
from steps_on import TRAINING, further

PASSWORD = "a long enough pass phrase"  # noqa: S105 - of people who exist in tests only
SERVER = os.environ.get(places.DATABASE, "")
KINDS = ("sqlite", "postgresql") if SERVER else ("sqlite",)
"""The databases there are here: PostgreSQL when the suite is run with one."""


def pytest_configure(config):
    """Name the tests that are worth running on every kind of database."""
    config.addinivalue_line("markers", "database: opens the register's database")


def pytest_collection_modifyitems(items):
    """Mark every test that opens the database, wherever it stands."""
    for item in items:
        named = {"db", "transactional_db", "unblocked"} & set(getattr(item, "fixturenames", ()))
        if named or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)


@dataclass(frozen=True)
class Place:
    """Where a register is: Django's settings of it, and the words that name it to a command."""

    settings: dict[str, object]
    words: tuple[str, str]

    def opened(self):
        """Use it until the block ends."""
        return opening.connected(self.settings)


@pytest.fixture
def unblocked(django_db_blocker):
    """These tests open databases of their own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, django_db_blocker):
    """By kind of database, a register with its tables, and one with data: to be copied."""
    made = {}
    for kind in KINDS:
        for filled in (False, True):
            name = f"prepared_{uuid.uuid4().hex}"
            source = made.get((kind, False))
            place = _copied(kind, tmp_path_factory.mktemp(name), name, source)
            with django_db_blocker.unblock(), place.opened():
                opening.prepare(lists=filled)
                if filled:
                    fill()
            made[kind, filled] = place
    yield made
    for place in made.values():
        _drop(place)


@pytest.fixture
def new_place(prepared, tmp_path, unblocked):
    """Make places with a register of either kind of database, empty or filled."""
    made = []

    def new(kind: str, *, filled: bool = False) -> Place:
        name = f"place_{uuid.uuid4().hex}"
        folder = tmp_path / name
        folder.mkdir()
        made.append(_copied(kind, folder, name, prepared[kind, filled]))
        return made[-1]

    yield new
    for place in made:
        _drop(place)


def fill() -> None:
    """Enter what a register may hold, of every kind of column."""
    actors = {}
    for member in ("BRA", "MOZ"):
        agency = people.add_agency(Actor.operator(member), member, f"Agência de {member} «é»")
        person = people.add_person(
            Actor.operator(member),
            f"{member.lower()}@example.org",
            "عائشة بنت محمد",
            agency=agency,
            role="focal_point",
            password=PASSWORD,
        )
        actors[member] = Actor.of(person)
    given = statements.create(actors["BRA"], TRAINING)
    given = further(actors["BRA"], given, "approve", "share", "publish")
    statements.answer(actors["MOZ"], given.activity_id, of=given.pk)
    people.add_token(actors["BRA"], "reports", ["read"])
    TOTPDevice.objects.create(user=actors["BRA"].person, name="app")
    ImportPreview.objects.create(
        person=actors["MOZ"].person,
        member_id="MOZ",
        kind="excel",
        file_name="a.xlsx",
        file=bytes(range(256)),
        summary={"counts": {"added": 1}, "b": [None, 0.25]},
    )
    Assessment.objects.create(
        activity_id=given.activity_id,
        member_id="BRA",
        answers={"ownership-1": {"score": 3, "comment": 'say "yes"\n\u2028'}},
        changed_at=given.changed_at,
    )


def _copied(kind: str, folder: Path, name: str, source: Place | None) -> Place:
    if kind == "sqlite":
        if source:
            shutil.copy(source.settings["NAME"], folder / places.SQLITE_FILE)
        return Place(places.database(folder=folder), ("--data", str(folder)))
    like = f" TEMPLATE {source.settings['NAME']}" if source else ""
    _on_server(f"CREATE DATABASE {name}{like}")
    before, _, after = SERVER.partition("?")
    address = f"{before.rpartition('/')[0]}/{name}" + (f"?{after}" if after else "")
    return Place(places.database(address), ("--database", address))


def _drop(place: Place) -> None:
    if place.words[0] == "--database":
        _on_server(f"DROP DATABASE {place.settings['NAME']} WITH (FORCE)")


def _on_server(statement: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(statement)
