"""Run a command with a PostgreSQL of its own, which is thrown away afterwards.

    python scripts/with_postgresql.py pytest tests/register

The command finds the database's address in BANDUNG_DATABASE. PostgreSQL's programs are looked for
on the path and where Debian puts them. As root, the server runs as the user postgres or nobody,
because PostgreSQL refuses root. With --if-installed a machine without PostgreSQL is told so, and
nothing is run.
"""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
NAME = "bandung"
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


def main() -> int:
    """Start the server, run the command, stop the server; return the command's exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--if-installed", action="store_true", help="run nothing without a server")
    parser.add_argument("--durable", action="store_true", help="write to disk as in service")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    if not asked.command:
        parser.error("name the command to run")
    programs = find_programs()
    if programs is None:
        print("PostgreSQL is not installed here, so nothing was tried on it.", file=sys.stderr)
        return 0 if asked.if_installed else 1
    user = unprivileged()
    with tempfile.TemporaryDirectory(prefix="bandung-postgresql-") as folder:
        place = Path(folder)
        if user:
            shutil.chown(place, user)
        return run(asked.command, programs, place, user, durable=asked.durable)


def run(command: list[str], programs: Path, place: Path, user: str | None, *, durable: bool) -> int:
    """Run the command beside a server whose files are in a folder."""
    data = place / "data"
    settings = QUICK[-1:] if durable else QUICK
    options = " ".join(["-k", str(place), *(f"-c {setting}" for setting in settings)])
    initdb = [programs / "initdb", "-D", data, "-U", NAME, "-A", "trust", "-E", "UTF8"]
    control = [programs / "pg_ctl", "-D", data, "-w", "-s"]
    _do([*initdb, "--locale=C.UTF-8", "--no-sync"], place, user)
    _do([*control, "-l", place / "log", "-o", options, "start"], place, user)
    try:
        _do([programs / "createdb", "-h", place, "-U", NAME, NAME], place, user)
        address = f"postgresql://{NAME}@/{NAME}?host={place}"
        environment = {**os.environ, "BANDUNG_DATABASE": address}
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - ours
    finally:
        _do([*control, "-m", "immediate", "stop"], place, user)


def find_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; of several versions the newest."""
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).resolve().parent
    folders = [folder / "bin" for folder in DEBIAN.glob("*") if (folder / "bin/pg_ctl").is_file()]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


def unprivileged() -> str | None:
    """Return whom the server runs as when we are root."""
    if os.geteuid() != 0:
        return None
    there = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in there)


def _do(words: list[str | Path], place: Path, user: str | None) -> None:
    groups: list[str] | None = [] if user else None
    done = subprocess.run(  # noqa: S603 - PostgreSQL's programs
        words, cwd=place, user=user, extra_groups=groups, stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        sys.exit(f"{words[0]} failed with exit code {done.returncode}")


if __name__ == "__main__":
    sys.exit(main())
