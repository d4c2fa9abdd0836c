"""The server on this machine: its port, its data folder, and how it ends."""

from __future__ import annotations

import re
import socket

import pytest

from bandung.errors import InputError, RegisterError
from bandung.register.ops import serving


def test_a_port_that_is_taken_is_said_and_another_named():
    """A second server ends in a traceback, or names a port that is taken as well."""
    with serving.listening(0) as first:
        port = first.getsockname()[1]
        with pytest.raises(InputError, match=rf"port {port} cannot be used \(.*\)") as refused:
            serving.listening(port)
        free = int(re.search(r"--port (\d+)", str(refused.value))[1])
        assert free != port
        with serving.listening(free) as second:
            assert serving.address_of(second) == f"http://127.0.0.1:{free}/"


def test_only_this_machine_is_listened_to():
    """A register on a laptop answers the whole network."""
    with serving.listening(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_data_folder_has_one_server(tmp_path):
    """Two servers share a folder, or a folder stays taken after its server."""
    with (
        serving.taken(tmp_path, "http://127.0.0.1:1955/"),
        pytest.raises(RegisterError, match=r"served already, at http://127\.0\.0\.1:1955/"),
        serving.taken(tmp_path, "http://127.0.0.1:2/"),
    ):
        pass
    with serving.taken(tmp_path, "http://127.0.0.1:3/"):
        pass


def test_requests_wait_until_they_are_answered():
    """A browser that is opened early is refused."""
    with serving.listening(0) as listener, socket.create_connection(listener.getsockname()):
        pass
