"""Where a register keeps its data, and how it is told so.

Two ways: a folder on this machine (SQLite), or the address of a PostgreSQL database. The
environment carries the choice to Django: ``BANDUNG_DATA`` and ``BANDUNG_DATABASE``.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import platformdirs

from bandung.errors import InputError

DATA, DATABASE = "BANDUNG_DATA", "BANDUNG_DATABASE"
SECRET_KEY, HOSTS, SERVICE = "BANDUNG_SECRET_KEY", "BANDUNG_HOSTS", "BANDUNG_SERVICE"
SQLITE_FILE = "register.sqlite3"
LOCK_WAIT_S = 30
WITHOUT_JIT = "-c jit=off"
"""Asked of PostgreSQL: it would compile our queries for longer than it takes to answer them."""


def data_folder() -> Path:
    """Return the folder of this machine's register; it is made when something is put there."""
    given = os.environ.get(DATA)
    if given:
        return Path(given).expanduser().resolve()
    home = os.environ.get("BANDUNG_HOME")
    base = Path(home) if home else platformdirs.user_data_path("bandung")
    return base / "register"


def database(address: str = "", folder: Path | None = None) -> dict[str, object]:
    """Return Django's settings of a database.

    Parameters
    ----------
    address
        ``postgresql://user:password@host:port/name``; empty for SQLite in the data folder.
    folder
        The data folder; default: what the environment says.

    Raises
    ------
    InputError
        When the address is not one of PostgreSQL.

    Examples
    --------
    >>> database("postgresql://clerk:s%2Fw@db:5433/register")["PASSWORD"]
    's/w'
    """
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str((folder or data_folder()) / SQLITE_FILE),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": LOCK_WAIT_S,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    parts = urlsplit(address)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise InputError(
            f"{_without_password(address)!r} is no address of a PostgreSQL database; write it as "
            "postgresql://user:password@host:5432/name"
        )
    options = {"options": WITHOUT_JIT, **dict(parse_qsl(parts.query))}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def secret_key() -> str:
    """Return the key that signs sessions: from the environment, or made once in the data folder."""
    given = os.environ.get(SECRET_KEY)
    if given:
        return given
    file = data_folder() / "secret-key"
    if file.is_file():
        return file.read_text(encoding="ascii").strip()
    file.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_urlsafe(64)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(key)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    return key


def is_service() -> bool:
    """Whether this is a server behind a proxy, no laptop."""
    return os.environ.get(SERVICE, "") == "1"


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    if parts.password is None:
        return address
    return address.replace(f":{parts.password}@", ":…@")
