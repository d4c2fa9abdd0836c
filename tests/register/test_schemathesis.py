"""Requests made from the API's own description, valid and not: none may break the server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

sys.path.insert(0, str(Path(__file__).parent))
from isolation import token_of

from bandung.web.wsgi import application

EXAMPLES = 5
"""Of each operation and caller; derandomised, so they are the same every time."""
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EVERY_TIME = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def one_connection():
    """Keep the test's transaction: between requests Django would close its connection."""
    both = (request_started, request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield
    for signal in both:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("caller", ["anybody", "a focal point"])
def test_no_request_breaks_the_server(people_of, published, caller):
    """Some request is answered by an error of the server, or not as the description says."""
    headers = {}
    if caller != "anybody":
        headers["Authorization"] = f"Bearer {token_of(people_of['BRA']['focal_point'])}"
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 30

    for operation in operations:

        @EVERY_TIME
        @given(case=operation.as_strategy())
        def ask(case) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        ask()
