"""The files for whoever runs the register as a service: they are read by what reads them there."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from bandung.register.ops import serving

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
PROGRAMS = Path(sys.executable).parent
WAIT_S = 90
KIND = "postgresql" if os.environ.get("BANDUNG_DATABASE") else "sqlite"
HOST = "register.example.org"


def _service(**more: str) -> dict[str, str]:
    """Return the environment that the example gives a service."""
    left_out = {"BANDUNG_DATABASE", "BANDUNG_DATA", "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return {
        **{name: text for name, text in os.environ.items() if name not in left_out},
        "BANDUNG_SERVICE": "1",
        "BANDUNG_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGHIJKL",
        "BANDUNG_HOSTS": HOST,
        **more,
    }


def test_the_service_configuration_passes_djangos_check(tmp_path):
    """`manage.py check --deploy` warns of the settings that a service has."""
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=_service(BANDUNG_DATA=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


def _asked(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": HOST, **headers})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def _up(server, port):
    """Wait until a server listens."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and server.poll() is None:
        try:
            return _asked(port, "/health")
        except OSError:
            time.sleep(0.1)
    raise AssertionError(server.communicate()[0])


def test_gunicorn_serves_with_the_settings_of_the_example(new_place, tmp_path):
    """With deploy/gunicorn.conf.py the register does not start, or answers without HTTPS."""
    place, port = new_place(KIND, filled=True), serving.free_port()
    where = "BANDUNG_DATA" if KIND == "sqlite" else "BANDUNG_DATABASE"
    environment = _service(
        **{where: place.words[1]},
        BANDUNG_BIND=f"127.0.0.1:{port}",
        BANDUNG_WORKERS="1",
        BANDUNG_METRICS_TOKEN="watch",  # noqa: S106 - of a test
        TMPDIR=str(tmp_path),
    )
    server = subprocess.Popen(
        [PROGRAMS / "gunicorn", "--config", DEPLOY / "gunicorn.conf.py"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        status, _, body = _up(server, port)
        assert (status, '"status": "ok"' in body) == (http.client.OK, True)
        status, headers, _ = _asked(port, "/sign-in/")
        assert (status, headers["Location"]) == (301, f"https://{HOST}/sign-in/")
        secure = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        status, headers, _ = _asked(port, "/api/v1/openapi.json", **secure)
        assert status == http.client.OK
        assert "max-age=" in headers["Strict-Transport-Security"]
        assert _asked(port, "/metrics")[0] == http.client.NOT_FOUND
        status, _, figures = _asked(port, "/metrics", Authorization="Bearer watch")
        assert (status, "django_http_requests" in figures) == (http.client.OK, True)
        assert _asked(port, "/health", Host="elsewhere.example.org")[0] == http.client.BAD_REQUEST
    finally:
        server.terminate()
        server.communicate(timeout=WAIT_S)
    assert server.returncode == 0


def test_every_setting_of_the_example_is_one():
    """The example names a variable that nothing reads, or one is read that it does not name."""
    text = (DEPLOY / "bandung.env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(BANDUNG_\w+)=", text, re.MULTILINE))
    sources = [
        *(ROOT / "src/bandung/web").glob("*.py"),
        *(ROOT / "src/bandung/register").rglob("*.py"),
    ]
    read = set(re.findall(r'"(BANDUNG_\w+)"', "".join(map(Path.read_text, sources))))
    of_laptops = {"BANDUNG_DATA", "BANDUNG_HOME", "BANDUNG_DEMO", "BANDUNG_IATI_STANDARD"}
    assert named <= read
    assert read - named <= of_laptops


def test_the_composition_hangs_together():
    """compose.yaml names a service, network, volume or file that is not there."""
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = composed["services"]
    assert services.keys() == {"database", "register", "proxy"}
    for service in services.values():
        assert set(service["networks"]) <= composed["networks"].keys()
        assert set(service.get("depends_on", ())) <= services.keys()
        for mounted in service.get("volumes", ()):
            source = mounted.partition(":")[0]
            if not source.startswith("."):
                assert source in composed["volumes"]
    assert "ports" not in services["database"]
    assert "ports" not in services["register"]
    assert composed["networks"]["inside"] == {"internal": True}
    built = services["register"]["build"]
    assert (DEPLOY / built["context"] / built["dockerfile"]).is_file()
    assert (DEPLOY / "nginx.compose.conf").is_file()


def test_the_image_copies_what_is_there():
    """The Dockerfile copies a file that the repository does not have."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(\S+) ", text, re.MULTILINE)
    assert copied
    assert all((ROOT / name).exists() for name in copied)


def test_systemd_takes_the_unit(tmp_path):
    """The unit is refused by systemd, or a setting of it is left out."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed here")
    text = (DEPLOY / "bandung.service").read_text(encoding="utf-8")
    unit = tmp_path / "bandung.service"
    unit.write_text(re.sub(r"/opt/bandung/bin/\w+", sys.executable, text), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if "bandung.service" in line]
    assert not said


@pytest.mark.parametrize("name", ["nginx.conf", "nginx.compose.conf"])
def test_nginx_sends_what_the_register_needs(name, tmp_path):
    """The proxy does not say that it speaks HTTPS, hands the figures out, or cannot be read."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    assert "proxy_set_header X-Forwarded-Proto https;" in text
    assert "proxy_set_header Host $host;" in text
    assert re.search(r"location = /metrics \{\s+return 404;", text)
    allowed = int(re.search(r"client_max_body_size (\d+)m;", text)[1]) * 2**20
    assert allowed <= serving.MAX_BODY_BYTES
    assert text.count("{") == text.count("}")
    if not shutil.which("nginx"):
        return
    plain = re.sub(r"\n\s+ssl_\w+ [^;]+;", "", text).replace(" ssl;", ";")
    (tmp_path / "site.conf").write_text(plain.replace("register:8000", "127.0.0.1:8000"))
    whole = f"pid {tmp_path}/pid; events {{}} http {{ include {tmp_path}/site.conf; }}\n"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    done = subprocess.run(
        ["nginx", "-t", "-e", "stderr", "-c", tmp_path / "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "syntax is ok" in done.stderr, done.stderr
