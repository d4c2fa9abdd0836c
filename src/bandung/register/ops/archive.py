"""The file of a backup: a ZIP of one file of JSON lines per table, and a manifest.

The manifest comes last and says how many rows each table has and what their digest is, so that a
file that was cut short, or changed, is known for one.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bandung.errors import InputError, SourceError
from bandung.register.ops.tables import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT, FORMAT_VERSION = "bandung register backup", 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class TableSummary:
    """What the manifest says of a table."""

    columns: tuple[str, ...]
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    made_at
        ISO 8601, UTC.
    program
        The version of bandung that made it.
    migrations
        The state of the tables, as ``"register.0001_initial"``.
    audit_sequence, audit_head
        Where the audit chain ended.
    tables
        By the table's name.
    """

    made_at: str
    program: str
    database: str
    migrations: tuple[str, ...]
    audit_sequence: int
    audit_head: str
    tables: dict[str, TableSummary]

    @property
    def rows(self) -> int:
        """How many rows it holds altogether."""
        return sum(table.rows for table in self.tables.values())


class Writer:
    """Writes a backup, one table after another."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.tables: dict[str, TableSummary] = {}

    def table(self, name: str, columns: tuple[str, ...], lines: Iterator[str]) -> int:
        """Write a table, and return how many rows it had."""
        tally = Tally()
        with self._archive.open(_member(name), "w", force_zip64=True) as out:
            for line in lines:
                tally.add(line)
                out.write(line.encode() + b"\n")
        self.tables[name] = TableSummary(columns, tally.rows, tally.digest)
        return tally.rows

    def close(self, manifest: Manifest) -> None:
        """Write the manifest."""
        said = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(manifest)}
        self._archive.writestr(MANIFEST, json.dumps(said, indent=1, ensure_ascii=False))


class Reader:
    """Reads a backup."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, path: Path) -> None:
        self._archive = archive
        self._path = path
        self.manifest = manifest

    def lines(self, name: str) -> Iterator[str]:
        """Return a table's lines.

        Raises
        ------
        SourceError
            When they are not what the manifest says, at the latest after the last of them.
        """
        tally = Tally()
        expected = self.manifest.tables[name]
        try:
            with self._archive.open(_member(name)) as raw:
                for line in io.TextIOWrapper(raw, encoding="utf-8", newline="\n"):
                    text = line.rstrip("\n")
                    tally.add(text)
                    yield text
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
            raise SourceError(f"{self._path}: {name} cannot be read: {error}") from None
        if (tally.rows, tally.digest) != (expected.rows, expected.digest):
            raise SourceError(
                f"{self._path}: {name} has {tally.rows} rows that are not the {expected.rows} the "
                "manifest tells of: the file was changed or damaged; use another backup"
            )


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Open a backup to be written; it is there whole when the block ends, or not at all.

    Only the owner may read it, for it holds password hashes and drafts.

    Raises
    ------
    InputError
        When there is such a file already, or it cannot be written.
    """
    if path.exists():
        raise InputError(f"{path} exists already: choose another name for the backup")
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                yield Writer(archive)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Open a backup to be read.

    Raises
    ------
    InputError, SourceError
        When there is no such file, or it is no backup that this version can read.
    """
    if not path.is_file():
        raise InputError(f"there is no backup {path}")
    try:
        with zipfile.ZipFile(path) as archive:
            yield Reader(archive, _manifest(archive, path), path)
    except zipfile.BadZipFile as error:
        raise SourceError(f"{path} is no backup of a register, or was cut short: {error}") from None


def now() -> str:
    """Return the time, as manifests have it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        said = json.loads(archive.read(MANIFEST))
        if said.pop("format") != FORMAT:
            raise SourceError(f"{path} is no backup of a register")
        version = said.pop("format_version")
        if version != FORMAT_VERSION:
            raise SourceError(
                f"{path} has version {version} of the format; this version of bandung reads "
                f"{FORMAT_VERSION}: install the one that made it ({said.get('program')}) or later"
            )
        listed = said.pop("tables").items()
        tables = {
            name: TableSummary(tuple(row["columns"]), int(row["rows"]), str(row["digest"]))
            for name, row in listed
        }
        return Manifest(**{**said, "migrations": tuple(said["migrations"]), "tables": tables})
    except (KeyError, TypeError, ValueError, AttributeError, zlib.error) as error:
        raise SourceError(f"{path} is no backup of a register: {error!r}") from None


def _member(name: str) -> str:
    return f"tables/{name}.jsonl"
