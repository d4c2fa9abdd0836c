"""`bandung register prepare`, `backup`, `restore`, `migrate`, `verify-audit`."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandung.cli.options import JsonOption, console, notes, print_json, remark
from bandung.cli.register_options import (
    DatabaseOption,
    DataOption,
    OutOption,
    line,
    private_folder,
    readable,
    register_at,
)
from bandung.register import places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bandung.register.ops.archive import Manifest

SECRETS = "It holds password hashes, second factors and drafts: only its owner may read it."


def prepare(data: DataOption = None, database: DatabaseOption = None) -> None:
    """Make or update the tables and code lists, as a service does before it starts."""
    with register_at(data, database):
        from bandung.register.ops import opening  # noqa: PLC0415 - Django is loaded when asked for

        console.print(f"Ready: {opening.described()}", highlight=False, markup=False)


def backup(
    out: OutOption,
    data: DataOption = None,
    database: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the whole register to one file, while it is being used."""
    with register_at(data, database, found=True), _progress("Backing up") as progress:
        from bandung.register.ops import backups  # noqa: PLC0415 - Django is loaded when asked for

        made = backups.backup(out, progress)
    if as_json:
        print_json(_record(out, made))
        return
    _say(f"{out}: {_sum(made)}", made)
    remark(SECRETS)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.", show_default=False)],
    data: DataOption = None,
    database: DatabaseOption = None,
    *,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace what is there now; a backup of it is made first."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Fill an empty register from a backup: all of it, or nothing."""
    readable(file)
    with register_at(data, database, lists=False), _progress("Restoring") as progress:
        from bandung.register.ops import backups  # noqa: PLC0415 - Django is loaded when asked for

        kept = None
        if replace:
            stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
            kept = file.parent / f"before-restore-{stamp}.zip"
        made = backups.restore(file, replace=kept, progress=progress)
    if as_json:
        print_json(_record(file, made) | {"replaced": str(kept) if kept else None})
        return
    _say(f"{file}: {_sum(made)} restored; counts, rows and the audit chain were checked", made)
    if kept:
        remark(f"What was there before is in {kept}.")


def migrate(
    to: Annotated[
        str,
        typer.Option(
            "--to", help="postgresql://user@host/name, or a data folder.", show_default=False
        ),
    ],
    data: DataOption = None,
    database: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Copy a register into another, empty database: from SQLite to PostgreSQL, or back."""
    with register_at(data, database, found=True), _progress("Copying") as progress:
        from bandung.register.ops import backups  # noqa: PLC0415 - Django is loaded when asked for

        made = backups.move(_target(to), progress)
    if as_json:
        print_json(_record(None, made))
        return
    _say(f"{_sum(made)} copied; counts, rows and the audit chain were checked", made)
    remark(
        "The register that was copied is as it was: stop serving it before people use the other."
    )


def verify_audit(
    data: DataOption = None,
    database: DatabaseOption = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="A digest noted earlier, which must be in the chain.", show_default=False
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Follow the audit chain from its first entry: exit code 1 when something was changed."""
    with register_at(data, database, found=True), notes.status("Following the audit chain …"):
        from bandung.register import audit  # noqa: PLC0415 - Django is loaded when asked for
        from bandung.register.models import AuditEntry  # noqa: PLC0415

        found = audit.verify()
        problems = list(found.problems)
        if head is not None and not AuditEntry.objects.filter(digest=head.lower()).exists():
            problems.append(f"no entry has the digest {head}: the chain is not the one it was then")
    record = {"holds": not problems, "entries": found.entries, "head": found.head}
    if as_json:
        print_json({**record, "problems": problems})
    else:
        verdict = "the audit chain does not hold" if problems else "the audit chain holds"
        console.print(f"{verdict}: {found.entries:,} entries", highlight=False)
        console.print(f"head {found.head}", highlight=False, soft_wrap=True)
        for problem in problems:
            line(problem)
    if problems:
        raise typer.Exit(1)


def _target(to: str) -> dict[str, object]:
    if "://" in to:
        return places.database(to)
    return places.database(folder=private_folder(Path(to).resolve()))


def _sum(made: Manifest) -> str:
    tables = sum(1 for table in made.tables.values() if table.rows)
    return f"{made.rows:,} rows of {tables} tables"


def _say(sentence: str, made: Manifest) -> None:
    line(sentence)
    remark(f"The audit chain ends at entry {made.audit_sequence:,}, {made.audit_head}.")


def _record(file: Path | None, made: Manifest) -> dict[str, object]:
    return {
        "file": str(file) if file else None,
        "made_at": made.made_at,
        "program": made.program,
        "audit": {"sequence": made.audit_sequence, "head": made.audit_head},
        "tables": {name: table.rows for name, table in made.tables.items()},
    }


@contextmanager
def _progress(doing: str) -> Iterator[Callable[[str, int], None]]:
    with notes.status(f"{doing} …") as status:
        done = 0

        def tell(table: str, rows: int) -> None:
            nonlocal done
            done += rows
            status.update(f"{doing}: {done:,} rows, {table} …")

        yield tell
