"""What members did together, from a running register or from a register's own data."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandung.cli.register_options import told
from bandung.codes import countries
from bandung.errors import InputError, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMEOUT_S = 60
MOST_BYTES = 32 * 2**20
WEB = ("http", "https")
DATABASE = ("postgresql", "postgres")
ANSWER = "/api/v1/together"


def cooperation(register: str, members: Sequence[str]) -> tuple[dict[str, Any], str]:
    """Return what is on record among members as the public sees it, and the register's address.

    Parameters
    ----------
    register
        ``https://…`` of a running register; ``postgresql://…``; or a register's data folder.

    Returns
    -------
    tuple of dict and str
        The values as `bandung.register.together` gives them; the address is empty for data.

    Raises
    ------
    InputError, SourceError
        When there is no such register, or it does not answer, or not as one.
    """
    codes = sorted(code for code in members if countries.is_code(code))
    if len(codes) < 2:
        raise InputError("--register asks what members did together: name a group of two or more")
    scheme = urllib.parse.urlsplit(register).scheme.lower()
    if scheme in WEB:
        return _asked(register, codes), register.rstrip("/")
    if scheme in DATABASE:
        return _read(codes, None, register), ""
    folder = Path(register).expanduser()
    if not folder.is_dir():
        raise InputError(
            f"{register} is no folder with a register's data: name one, or the address of a "
            "running register, as in https://register.example.org"
        )
    return _read(codes, folder, None), ""


def _read(codes: Sequence[str], folder: Path | None, database: str | None) -> dict[str, Any]:
    with told(folder, database, found=True) as settings:
        from bandung.register.actor import Actor  # noqa: PLC0415 - Django is loaded when asked for
        from bandung.register.ops import opening  # noqa: PLC0415
        from bandung.register.together import together  # noqa: PLC0415

        with opening.connected(settings):
            opening.require_ready()
            return together(Actor.public(), codes)


def _asked(register: str, codes: Sequence[str]) -> dict[str, Any]:
    parts = urllib.parse.urlsplit(register)
    if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
        raise InputError(
            "write the address of a register without name, password or question, as in "
            "https://register.example.org"
        )
    address = f"{register.rstrip('/')}{ANSWER}?members={','.join(codes)}"
    asked = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310 - http or https
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
            text = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise SourceError(f"{register} answered {error.code}: {_said(error)}") from error
    except urllib.error.URLError as error:
        raise SourceError(f"{register} does not answer: {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SourceError(f"{register} does not answer as it should: {error}") from error
    if len(text) > MOST_BYTES:
        raise SourceError(f"{register} answered more than {MOST_BYTES // 2**20} MiB: ask for fewer")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{register} is no register: it does not answer in JSON") from error
    if not isinstance(found, dict):
        raise SourceError(f"{register} is no register: it answered no record")
    return found


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(10_000))["detail"])[:500]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return f"{error.reason}; is it the address of a register?"
