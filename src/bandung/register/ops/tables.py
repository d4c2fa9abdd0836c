"""Every row of the register as a line of JSON, the same on every database.

What is kept: each table of the register, second factors and the log of sign-ins. What is not:
sessions (people sign in again) and the tables Django fills by itself.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Table = type[models.Model]
BATCH = 2_000
LEFT_OUT = {"admin", "auth", "contenttypes", "sessions"}
MODULUS = 2**256


class Tally:
    """How many rows there are, and a digest of them that does not depend on their order.

    Databases order texts each in its own way, so the digest is the sum of the rows' SHA-256.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, line: str) -> None:
        """Count a row."""
        self.rows += 1
        digest = hashlib.sha256(line.encode()).digest()
        self._sum = (self._sum + int.from_bytes(digest, "big")) % MODULUS

    @property
    def digest(self) -> str:
        """Digest of the rows counted so far."""
        return f"{self._sum:064x}"


def tables() -> tuple[Table, ...]:
    """Return the tables whose rows are kept, in the order of their names."""
    kept = (
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed  # noqa: SLF001 - Django's public name
        and not model._meta.proxy  # noqa: SLF001
        and model._meta.app_label not in LEFT_OUT  # noqa: SLF001
    )
    return tuple(sorted(kept, key=label))


def label(table: Table) -> str:
    """Return a table's name, as in ``"register.statement"``."""
    return table._meta.label_lower  # noqa: SLF001


def columns(table: Table) -> tuple[str, ...]:
    """Return a table's columns, as its lines have them."""
    return tuple(field.attname for field in table._meta.concrete_fields)  # noqa: SLF001


def lines(table: Table) -> Iterator[str]:
    """Return the rows of a table, each as a line of JSON; only some are in memory at a time."""
    rows = table._base_manager.order_by("pk").values_list(*columns(table))  # noqa: SLF001
    for row in rows.iterator(chunk_size=BATCH):
        said = [_plain(value) for value in row]
        yield json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def tally(table: Table) -> Tally:
    """Count the rows of a table as they are now."""
    found = Tally()
    for line in lines(table):
        found.add(line)
    return found


def write(table: Table, given: Iterable[str]) -> Iterator[int]:
    """Write lines as rows, and say after each batch how many it had."""
    fields = table._meta.concrete_fields  # noqa: SLF001
    quote = connection.ops.quote_name
    into = f"{quote(table._meta.db_table)} ({', '.join(quote(f.column) for f in fields)})"  # noqa: SLF001
    sql = f"INSERT INTO {into} VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608 - our names
    waiting = iter(given)
    with connection.cursor() as cursor:
        while batch := list(islice(waiting, BATCH)):
            rows = [
                [
                    field.get_db_prep_save(_value(field, said), connection)
                    for field, said in zip(fields, json.loads(line), strict=True)
                ]
                for line in batch
            ]
            cursor.executemany(sql, rows)
            yield len(batch)


def clear() -> None:
    """Remove every row of every table; references are checked when the transaction ends."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"DELETE FROM {quote(table._meta.db_table)}")  # noqa: S608, SLF001


def lock() -> None:
    """Keep every other program from reading or writing until the transaction ends.

    SQLite does so for writers from a transaction's beginning.
    """
    if connection.vendor == "postgresql":
        quote = connection.ops.quote_name
        named = ", ".join(quote(table._meta.db_table) for table in tables())  # noqa: SLF001
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {named} IN ACCESS EXCLUSIVE MODE")


def reset_sequences() -> None:
    """Have the next row numbered after the highest there is."""
    statements = connection.ops.sequence_reset_sql(no_style(), list(tables()))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    if value is None or isinstance(value, str | int | float | bool | dict | list):
        return value
    return str(value)


def _value(field: models.Field[Any, Any], said: Any) -> Any:  # noqa: ANN401
    if said is None or isinstance(field, models.JSONField):
        return said
    if isinstance(field, models.BinaryField):
        return base64.b64decode(said)
    return field.to_python(said)
