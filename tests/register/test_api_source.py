"""`bandung brief --register`: what it asks a register, and what it takes for an answer."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bandung.brief.cooperation import Cooperation
from bandung.cli.cooperation_source import cooperation
from bandung.errors import InputError, SourceError
from bandung.register.actor import Actor
from bandung.register.together import together

MEMBERS = ["BRA", "MOZ", "ROW1"]


@pytest.fixture
def served():
    """A function that serves one answer on this machine and returns the address and the asked."""
    servers = []

    def serve(body: bytes, status: int = 200) -> tuple[str, list[str]]:
        asked: list[str] = []

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return f"http://127.0.0.1:{server.server_port}/below/", asked

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_running_register_is_asked_for_the_members(served, published):
    """Other members are asked for, or the answer is not what a register gives."""
    said = together(Actor.public(), ["BRA", "MOZ"])
    address, asked = served(json.dumps(said).encode())
    record, source = cooperation(address, MEMBERS)
    assert asked == ["/below/api/v1/together?members=BRA,MOZ"]
    assert source == address.rstrip("/")
    assert Cooperation.read(record, address=source).exchanges == (1, 0, 0)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b'{"detail": "the register says why"}', 422, "the register says why"),
        (b"<html></html>", 404, "answered 404"),
        (b"", 500, "answered 500"),
        (b"<html></html>", 200, "does not answer in JSON"),
        (b"[" * 100_000, 200, "does not answer in JSON"),
        (b"[]", 200, "answered no record"),
    ],
)
def test_what_is_no_register_is_said_so(served, body, status, said):
    """Another server's answer breaks the program, or becomes a page."""
    address, _ = served(body, status)
    with pytest.raises(SourceError, match=said):
        cooperation(address, MEMBERS)


def test_a_register_that_is_not_there_is_said_so(served, tmp_path):
    """A wrong address or folder ends in anything but a sentence."""
    with pytest.raises(SourceError, match="does not answer"):
        cooperation("http://127.0.0.1:9", MEMBERS)
    with pytest.raises(InputError, match="no folder"):
        cooperation(str(tmp_path / "absent"), MEMBERS)
    with pytest.raises(InputError, match="no register in"):
        cooperation(str(tmp_path), MEMBERS)
    with pytest.raises(InputError, match="no folder"):
        cooperation("file:///etc/passwd", MEMBERS)
    with pytest.raises(InputError, match="without name, password"):
        cooperation("https://clerk:secret@register.example.org", MEMBERS)
    with pytest.raises(InputError, match="two or more"):
        cooperation("https://register.example.org", ["BRA"])
