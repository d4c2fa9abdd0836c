"""What machines that watch the server are told, and who may ask."""

from __future__ import annotations

import json
from http import HTTPStatus

import pytest
from django.db.migrations.recorder import MigrationRecorder

from bandung import __version__
from bandung.register import places
from bandung.register.ops import opening


def test_a_server_that_is_well_says_so(client, published):
    """A probe is not told that requests can be answered, or is told what is in the register."""
    answer = client.get("/health")
    assert answer.status_code == HTTPStatus.OK
    record = answer.json()
    assert record.pop("audit_sequence") > 0
    assert record == {
        "status": "ok",
        "version": __version__,
        "database": "reachable",
        "migrations": "applied",
    }
    assert "no-store" in answer["Cache-Control"]
    assert published.reference not in answer.content.decode()


def test_tables_that_are_behind_are_not_well(client, db):
    """A server whose tables lack a migration says that it can answer."""
    MigrationRecorder.Migration.objects.filter(app="register").delete()
    answer = client.get("/health")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json()["migrations"] == "pending"


def test_a_database_that_does_not_answer_is_not_well(client, unblocked):
    """A server without its database says that it can answer, or breaks."""
    with opening.connected(places.database("postgresql://clerk@127.0.0.1:1/register")):
        answer = client.get("/health")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json() == {
        "status": "unavailable",
        "version": __version__,
        "database": "unreachable",
        "migrations": "unknown",
        "audit_sequence": None,
    }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "192.0.2.7"}, False),
        ({"REMOTE_ADDR": ""}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_REAL_IP": "192.0.2.7"}, False),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "Bearer watch"}, True),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "Bearer "}, False),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "Bearer wátch"}, False),
    ],
)
def test_figures_are_for_this_machine_or_the_token(client, monkeypatch, asked, found):
    """Somebody else reads the figures, through a proxy perhaps, or the machine itself cannot."""
    monkeypatch.setenv("BANDUNG_METRICS_TOKEN", "watch")
    answer = client.get("/metrics", **asked)
    assert answer.status_code == (HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
    assert (b"django_http_requests" in answer.content) == found


def test_without_a_token_no_token_fits(client, monkeypatch):
    """An empty token in the environment lets everybody in."""
    monkeypatch.setenv("BANDUNG_METRICS_TOKEN", "")
    answer = client.get("/metrics", REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION="Bearer ")
    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_in_service_this_machine_needs_the_token_too(client, monkeypatch):
    """Behind a proxy that names nobody, the public reads the figures."""
    monkeypatch.setenv("BANDUNG_SERVICE", "1")
    monkeypatch.setenv("BANDUNG_METRICS_TOKEN", "watch")
    assert client.get("/metrics").status_code == HTTPStatus.NOT_FOUND
    answer = client.get("/metrics", HTTP_AUTHORIZATION="Bearer watch")
    assert answer.status_code == HTTPStatus.OK


def test_figures_say_nothing_of_members(client, published, actors):
    """What a member entered, or who reads it, is among the figures."""
    client.force_login(actors["BRA"].person)
    client.get(f"/api/v1/activities/{published.activity_id}")
    figures = client.get("/metrics").content.decode()
    for secret in (published.reference, str(published.activity_id), actors["BRA"].name, "Nampula"):
        assert secret not in figures


def test_only_reading_is_answered(client):
    """A probe's address takes what is sent to it."""
    for address in ("/health", "/metrics"):
        answer = client.post(address, json.dumps({}), content_type="application/json")
        assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
