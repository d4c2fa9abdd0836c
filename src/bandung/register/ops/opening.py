"""Opening a register: which database, whether this program fits its tables, making it ready."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from bandung.errors import RegisterError
from bandung.register.actions import codelists
from bandung.register.actor import Actor
from bandung.register.apps import RegisterConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

TURN = 0x62616E64
"""The PostgreSQL advisory lock under which tables are made: one program at a time."""


@contextmanager
def connected(database: dict[str, object]) -> Iterator[None]:
    """Have this thread, and those it starts, use another database until the end of the block.

    Parameters
    ----------
    database
        Django's settings of it, as `bandung.register.places.database` returns them.
    """
    settings = connections.settings
    before, ours = settings[DEFAULT_DB_ALIAS], connections[DEFAULT_DB_ALIAS]
    settings[DEFAULT_DB_ALIAS] = connections.configure_settings(
        {DEFAULT_DB_ALIAS: {**database, "TEST": before.get("TEST", {})}}
    )[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        yield
    finally:
        connection.close()
        settings[DEFAULT_DB_ALIAS] = before
        connections[DEFAULT_DB_ALIAS] = ours


def prepare(*, lists: bool = True) -> None:
    """Make or update the tables, and install the code lists that the package brings.

    Parameters
    ----------
    lists
        Whether code lists are installed too; not before a backup is restored.

    Raises
    ------
    RegisterError
        When the database cannot be reached, or is of a newer version of this program.
    """
    _reach()
    refuse_newer()
    if pending():
        with _turn():
            if pending():
                call_command("migrate", verbosity=0, interactive=False)
    if lists:
        codelists.install_shipped(Actor.operator())


def require_ready() -> None:
    """Refuse a database that cannot be read as it stands; nothing is changed in it.

    Raises
    ------
    RegisterError
        When it cannot be reached, or is of a newer or an older version of this program.
    """
    _reach()
    refuse_newer()
    if lacking := pending():
        raise RegisterError(
            f"{described()} was made by an older version of bandung (it lacks {lacking[-1]}): "
            "update it with 'bandung register prepare'"
        )


def refuse_newer() -> None:
    """Refuse a database whose tables a newer version of this program has made.

    Raises
    ------
    RegisterError
    """
    loader = MigrationLoader(connection)
    unknown = sorted(
        name
        for label, name in loader.applied_migrations or ()
        if label == RegisterConfig.label and (label, name) not in loader.disk_migrations
    )
    if unknown:
        raise RegisterError(
            f"{described()} was made by a newer version of bandung (it has {unknown[-1]}, which "
            "this version does not know): install that version or a later one"
        )


def pending() -> list[str]:
    """Return the migrations that the database still lacks."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def described() -> str:
    """Return the database in words, without its password."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"the register in {settings['NAME']}"
    host = settings["HOST"] or "this machine"
    return f"the register in the database {settings['NAME']} on {host}"


def _reach() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise RegisterError(f"{described()} cannot be opened: {str(error).strip()}") from None


@contextmanager
def _turn() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [TURN])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [TURN])
