"""Indexes that each database writes its own way: words of accounts, and their start.

SQLite searches texts without an index, and keeps what has no start behind the rest by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import migrations

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

WORDS = """
CREATE INDEX register_revision_words ON register_revision
USING gin (to_tsvector('simple', search_text))
"""
START = "CREATE INDEX register_revision_start ON register_revision (start DESC {}, id DESC)"


def make(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make what the database can use."""
    del apps
    postgresql = editor.connection.vendor == "postgresql"
    if postgresql:
        editor.execute(WORDS)
    editor.execute(START.format("NULLS LAST" if postgresql else ""))


def remove(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove it."""
    del apps
    editor.execute("DROP INDEX register_revision_start")
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX register_revision_words")


class Migration(migrations.Migration):
    """Runs after the tables are there."""

    dependencies: ClassVar = [("register", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(make, remove)]
