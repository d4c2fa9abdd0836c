"""Backing a register up, restoring it, and moving it to another database, row for row."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from bandung import __version__
from bandung.errors import BandungError, RegisterError
from bandung.register import audit
from bandung.register.models import Activity, Agency, ChainHead, Member, Person
from bandung.register.ops import archive, opening, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bandung.register.ops.archive import Manifest, Reader


def _silent(_table: str, _rows: int) -> None:
    pass


def backup(path: Path, progress: Callable[[str, int], None] = _silent) -> Manifest:
    """Write the whole register to a file, as it is at one moment, while others go on writing.

    Parameters
    ----------
    path
        The file to make; there must be none yet. It holds password hashes, second factors and
        drafts, and only its owner may read it.
    progress
        Is told a table's name and how many rows of it were written.

    Raises
    ------
    InputError
        When the file is there already or cannot be written.
    """
    with _snapshot():
        return _write(path, progress)


def restore(
    path: Path,
    *,
    replace: Path | None = None,
    progress: Callable[[str, int], None] = _silent,
) -> Manifest:
    """Fill an empty register from a backup: all of it, or nothing.

    Every table is read again after it was written, and the audit chain is followed.

    Parameters
    ----------
    replace
        Where to put a backup of what is there now, which is then replaced; None refuses a
        register in which there is anything.

    Raises
    ------
    SourceError
        When the file is damaged or no backup.
    RegisterError
        When the register is not empty, the backup is of other tables, or a check fails.
    """
    with archive.reading(path) as source:
        _refuse_other_tables(source.manifest, path)
        try:
            with transaction.atomic():
                tables.lock()
                if replace is not None:
                    _write(replace, progress)
                elif not is_empty():
                    raise RegisterError(
                        f"{opening.described()} is not empty: restore into a new data folder or "
                        "database, or have what is there replaced"
                    )
                tables.clear()
                _load(source, progress)
                _check(source.manifest)
        except BandungError:
            raise
        except (DatabaseError, ValidationError, ValueError, TypeError) as error:
            raise RegisterError(
                f"{path} cannot be restored into {opening.described()}: {str(error).strip()}; "
                "nothing was changed"
            ) from None
    return source.manifest


def move(target: dict[str, object], progress: Callable[[str, int], None] = _silent) -> Manifest:
    """Copy this register into another, empty database, by way of a backup.

    Parameters
    ----------
    target
        Django's settings of the other database, as `bandung.register.places.database` returns them.

    Raises
    ------
    RegisterError
        As `restore` does; the register that is copied is not changed in any case.
    """
    with tempfile.TemporaryDirectory(prefix="bandung-") as folder:
        file = Path(folder) / "register.zip"
        backup(file, progress)
        with opening.connected(target):
            opening.prepare(lists=False)
            return restore(file, progress=progress)


def is_empty() -> bool:
    """Whether nobody has entered anything; code lists that came with the program do not count."""
    return not any(model.objects.exists() for model in (Member, Agency, Person, Activity))


def _write(path: Path, progress: Callable[[str, int], None]) -> Manifest:
    with archive.writing(path) as out:
        for table in tables.tables():
            name = tables.label(table)
            progress(name, out.table(name, tables.columns(table), tables.lines(table)))
        head = ChainHead.objects.filter(id=1).first()
        manifest = archive.Manifest(
            made_at=archive.now(),
            program=__version__,
            database=connection.vendor,
            migrations=_migrations(),
            audit_sequence=head.sequence if head else 0,
            audit_head=head.digest if head else audit.START,
            tables=out.tables,
        )
        out.close(manifest)
    return manifest


def _load(source: Reader, progress: Callable[[str, int], None]) -> None:
    for table in tables.tables():
        name = tables.label(table)
        for rows in tables.write(table, source.lines(name)):
            progress(name, rows)
    tables.reset_sequences()


def _check(manifest: Manifest) -> None:
    for table in tables.tables():
        found, expected = tables.tally(table), manifest.tables[tables.label(table)]
        if (found.rows, found.digest) != (expected.rows, expected.digest):
            raise RegisterError(
                f"{tables.label(table)} would not be the same here as in the backup "
                f"({found.rows} rows here, {expected.rows} there): {opening.described()} cannot "
                "keep a value as it was; nothing was changed"
            )
    verdict = audit.verify()
    if not verdict.holds or verdict.head != manifest.audit_head:
        problems = verdict.problems or (f"it ends at {verdict.head}, not {manifest.audit_head}",)
        few = "; ".join(problems[:3])
        raise RegisterError(f"the backup's audit chain does not hold, nothing was changed: {few}")


def _refuse_other_tables(manifest: Manifest, path: Path) -> None:
    ours, theirs = set(_migrations()), set(manifest.migrations)
    columns = {tables.label(table): tables.columns(table) for table in tables.tables()}
    named = {name: table.columns for name, table in manifest.tables.items()}
    if ours != theirs or columns != named:
        differing = sorted(ours ^ theirs) or sorted(
            name for name in columns.keys() | named.keys() if columns.get(name) != named.get(name)
        )
        raise RegisterError(
            f"{path} was made by bandung {manifest.program} from other tables than these "
            f"({', '.join(differing[:3])}): restore it with that version, then update bandung"
        )


def _migrations() -> tuple[str, ...]:
    labels = {tables.label(table).partition(".")[0] for table in tables.tables()}
    applied = MigrationRecorder(connection).applied_migrations()
    return tuple(sorted(f"{app}.{name}" for app, name in applied if app in labels))


@contextmanager
def _snapshot() -> Iterator[None]:
    """Read everything as it is at one moment; on no database does this keep writers waiting."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
