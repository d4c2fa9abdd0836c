"""A server that is killed while it writes: what it acknowledged is there, and nothing by halves."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connections

from bandung.register import audit
from bandung.register.actions import people
from bandung.register.actor import Actor
from bandung.register.models import (
    AuditEntry,
    Contribution,
    Person,
    Revision,
    RevisionPartner,
    Statement,
)

KIND = "postgresql" if os.environ.get("BANDUNG_DATABASE") else "sqlite"
PROGRAM = Path(sys.executable).with_name("bandung")
WRITES = int(os.environ.get("BANDUNG_TEST_WRITES", "160"))
"""Asked for in all; the server is killed after half of them. 1,000 take a minute or so."""
WRITERS = 4
WAIT_S = 120 + WRITES


@contextmanager
def served(place):
    """The register as a user starts it; the block is given the process and its address."""
    environment = {name: text for name, text in os.environ.items() if name != "BANDUNG_DATABASE"}
    server = subprocess.Popen(
        [PROGRAM, "register", "start", *place.words, "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    try:
        yield server, urlsplit(server.stdout.readline().strip())
    finally:
        server.kill()
        server.wait(WAIT_S)
        server.stdout.close()


class Writers:
    """Several writers at once; each remembers what the server acknowledged."""

    def __init__(self, address, token, content):
        self.address, self.token, self.content = address, token, content
        self.acknowledged = {}
        self.enough = threading.Event()

    def write(self, numbers, enough):
        """Enter one statement after another until the server is gone."""
        connection = http.client.HTTPConnection(self.address.netloc, timeout=WAIT_S)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        for number in numbers:
            said = {**self.content, "identifier": f"BR-{number}"}
            try:
                connection.request("POST", "/api/v1/statements", json.dumps(said), headers)
                answer = connection.getresponse()
                body = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                break
            assert answer.status == http.client.CREATED, body
            self.acknowledged[said["identifier"]] = body
            if len(self.acknowledged) >= enough:
                self.enough.set()
        connection.close()

    def start(self, numbers, enough):
        """Begin to write, the numbers shared out."""
        threads = [
            threading.Thread(target=self.write, args=(numbers[first::WRITERS], enough))
            for first in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        return threads


def _check(acknowledged):
    """Every acknowledged statement is there as it was sent; every one there is whole."""
    there = {row.identifier: row for row in Statement.objects.select_related("working")}
    for identifier, body in acknowledged.items():
        assert str(there[identifier].pk) == body["id"]
        assert there[identifier].reference == body["reference"]
        assert json.loads(there[identifier].working.content)["identifier"] == identifier
    for row in there.values():
        index = {"revision": row.working}
        assert Contribution.objects.filter(**index).count() == 1
        assert RevisionPartner.objects.filter(**index).count() == 1
        assert AuditEntry.objects.filter(object_id=str(row.pk)).count() == 1
    assert Revision.objects.count() == len(there)
    verdict = audit.verify()
    assert verdict.holds, verdict.problems
    return len(there)


def test_a_killed_server_loses_nothing_it_acknowledged(new_place, content):
    """After kill -9 an acknowledged write is gone, one is there by half, or the chain broke."""
    place = new_place(KIND)
    with place.opened():
        agency = people.add_agency(Actor.operator("BRA"), "BRA", "ABC")
        clerk = people.add_person(
            Actor.operator("BRA"), "c@example.org", "C", agency=agency, role=Person.Role.EDITOR
        )
        _, token = people.add_token(Actor.of(clerk), "writer", ["read", "write"])
        connections.close_all()
    writers = None
    numbers = list(range(WRITES))
    with served(place) as (server, address):
        writers = Writers(address, token, content.record())
        threads = writers.start(numbers, WRITES // 2)
        assert writers.enough.wait(WAIT_S)
        server.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join(WAIT_S)
    first = len(writers.acknowledged)
    assert WRITES // 2 <= first < WRITES
    with place.opened():
        there = _check(writers.acknowledged)
        assert first <= there <= first + WRITERS
        written = set(Statement.objects.values_list("identifier", flat=True))
        connections.close_all()
    with served(place) as (server, writers.address):
        rest = [number for number in numbers if f"BR-{number}" not in written]
        for thread in writers.start(rest, WRITES):
            thread.join(WAIT_S)
        server.terminate()
        assert server.wait(WAIT_S) == 0
    with place.opened():
        assert _check(writers.acknowledged) == WRITES
        connections.close_all()
