"""The local store of worlds: a folder for each, listed and summed up by DuckDB over its Parquet.

It lies where the system keeps a user's data, or in the folder that ``BANDUNG_HOME`` names. A world
appears under its name whole or not at all: it is written beside and renamed; what a killed program
leaves behind begins with a dot, is never listed, and is cleared by the next change to the store.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import platformdirs
import polars as pl

from bandung.errors import CodeUnknownError, InputError, SourceError, StoreError
from bandung.world import embedded, parquet
from bandung.world.model import World
from bandung.world.origin import Adjustment, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = "BANDUNG_HOME"
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
LONGEST_NAME = 100
ADDING, REPLACED, REMOVED = ".adding-", ".replaced-", ".removed-"
LOCK = ".lock"
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@dataclass(frozen=True, slots=True)
class StoredWorld:
    """A line of the list: `members` and `sectors` are counts, `bytes` what its folder takes."""

    name: str
    year: int
    members: int
    sectors: int
    publisher: str
    vintage: str
    checksum: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What can be said of a stored world without loading it.

    Attributes
    ----------
    world : StoredWorld
    origin : Origin
    adjustments : tuple of Adjustment
    regions : dict of str to tuple of str
        Members that are not one country.
    services : tuple of str
    flows : int
        Cells of trade that are not zero.
    total_musd, domestic_musd, international_musd : float
        Sales, million USD of the world's year.
    domestic_cells_known, domestic_cells : int
        Members × sectors whose domestic sales the source states, and how many there are.
    without_domestic : tuple of str
        Members for which the source states no domestic sales at all.
    partly_domestic : tuple of str
        Members for which it states some sectors' and lacks others'.
    """

    world: StoredWorld
    origin: Origin
    adjustments: tuple[Adjustment, ...]
    regions: dict[str, tuple[str, ...]]
    services: tuple[str, ...]
    flows: int
    total_musd: float
    domestic_musd: float
    international_musd: float
    domestic_cells_known: int
    domestic_cells: int
    without_domestic: tuple[str, ...]
    partly_domestic: tuple[str, ...]


class Store:
    """Worlds kept on this computer.

    Parameters
    ----------
    home
        Folder of the store; default: ``BANDUNG_HOME``, or the system's place for user data.
    """

    def __init__(self, home: str | Path | None = None) -> None:
        place = home or os.environ.get(HOME) or platformdirs.user_data_dir("bandung")
        self.home = Path(place)
        self.worlds = self.home / "worlds"

    def add(self, world: World, name: str, *, replace_stored: bool = False) -> StoredWorld:
        """Keep a world under a name.

        Raises
        ------
        InputError
            For a name that cannot be used.
        StoreError
            When the name is taken, or the folder cannot be written (no space left, no
            permission). Nothing is left behind, and what was stored under the name stays.
        """
        self.require_free(name, replace_stored=replace_stored)
        try:
            with self._locked():
                self._clear()
                self.require_free(name, replace_stored=replace_stored)
                beside = Path(tempfile.mkdtemp(prefix=ADDING, dir=self.worlds))
                try:
                    replace(world, name=name).to_parquet(beside / name)
                    self._put(beside / name, self.worlds / name)
                finally:
                    shutil.rmtree(beside, ignore_errors=True)
        except (OSError, StoreError, pl.exceptions.PolarsError) as error:
            raise self._explained(error, name) from error
        return self._entry(self.worlds / name)

    def list(self) -> tuple[StoredWorld, ...]:
        """Return the stored worlds, by name."""
        return tuple(self._entry(self.worlds / name) for name in self.names())

    def names(self) -> tuple[str, ...]:
        """Return the names of the stored worlds, sorted."""
        try:
            found = [entry.name for entry in os.scandir(self.worlds) if entry.is_dir()]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(f"{self.worlds} cannot be read: {error.strerror or error}") from error
        return tuple(sorted(name for name in found if NAME.fullmatch(name)))

    def get(self, name: str) -> World:
        """Load a stored world; raises `CodeUnknownError` with near names."""
        folder = self._folder(name)
        return World.embedded() if name == embedded.NAME else World.from_parquet(folder)

    def remove(self, name: str) -> None:
        """Forget a stored world; raises `CodeUnknownError` with near names."""
        if name == embedded.NAME:
            raise InputError("the embedded world comes with the package and cannot be removed")
        self._folder(name)
        try:
            with self._locked():
                self._clear()
                away = Path(tempfile.mkdtemp(prefix=REMOVED, dir=self.worlds))
                self._folder(name).rename(away / name)
                shutil.rmtree(away, ignore_errors=True)
        except OSError as error:
            raise StoreError(
                f"world {name!r} cannot be removed: {error.strerror or error}"
            ) from error

    def summary(self, name: str) -> Summary:
        """Sum up a stored world, or the embedded one, without loading it."""
        folder = self._folder(name)
        facts = _facts(folder)
        entry = self._entry(folder)
        missing = "read_parquet($missing)"
        with _query(folder) as ask:
            (flows, total, domestic), *_ = ask(
                "SELECT count(*) FILTER (trade_value > 0), coalesce(sum(trade_value), 0), "
                "coalesce(sum(trade_value) FILTER (origin = destination), 0) "
                "FROM read_parquet($trade)"
            )
            lacking = dict(ask(f"SELECT member, count(*) FROM {missing} GROUP BY member"))  # noqa: S608 - no value of a user's is in the text
        return Summary(
            world=entry,
            origin=Origin.from_dict(facts["origin"]),
            adjustments=tuple(Adjustment(**record) for record in facts["adjustments"]),
            regions={code: tuple(parts) for code, parts in facts["regions"].items()},
            services=tuple(facts["services"]),
            flows=flows,
            total_musd=total,
            domestic_musd=domestic,
            international_musd=total - domestic,
            domestic_cells_known=entry.members * entry.sectors - sum(lacking.values()),
            domestic_cells=entry.members * entry.sectors,
            without_domestic=tuple(sorted(m for m, n in lacking.items() if n == entry.sectors)),
            partly_domestic=tuple(sorted(m for m, n in lacking.items() if n < entry.sectors)),
        )

    def years_like(self, world: World) -> tuple[str, ...]:
        """Return the stored worlds of other years with the same members and sectors, by year."""
        alike = []
        for name in self.names():
            folder = self.worlds / name
            year = int(_facts(folder)["year"])
            if year == world.year:
                continue
            with _query(folder) as ask:
                members = {row[0] for row in ask("SELECT member FROM read_parquet($members)")}
                sectors = {row[0] for row in ask("SELECT sector FROM read_parquet($sectors)")}
            if members == set(world.members) and sectors == set(world.sectors):
                alike.append((year, name))
        return tuple(name for _, name in sorted(alike))

    def require_free(self, name: str, *, replace_stored: bool = False) -> None:
        """Raise when a world cannot be added under this name."""
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise InputError(
                f"{name!r} cannot name a world: use a-z, 0-9 and -, beginning with a letter or "
                f"digit, at most {LONGEST_NAME} characters"
            )
        if name == embedded.NAME:
            raise InputError(
                "'embedded' is the world that comes with the package; choose another name"
            )
        if not replace_stored and (self.worlds / name).exists():
            raise StoreError(
                f"a world named {name!r} is stored already; choose another name, or replace it "
                "(--replace)"
            )

    def _folder(self, name: str) -> Path:
        if name == embedded.NAME:
            return Path(str(files("bandung.world") / "data" / embedded.NAME))
        if name not in self.names():
            raise CodeUnknownError("world", name, (*self.names(), embedded.NAME))
        return self.worlds / name

    def _entry(self, folder: Path) -> StoredWorld:
        facts = _facts(folder)
        with _query(folder) as ask:
            members = ask("SELECT count(*) FROM read_parquet($members)")[0][0]
            sectors = ask("SELECT count(*) FROM read_parquet($sectors)")[0][0]
        return StoredWorld(
            name=folder.name,
            year=int(facts["year"]),
            members=members,
            sectors=sectors,
            publisher=facts["origin"]["publisher"],
            vintage=facts["origin"]["vintage"],
            checksum=facts["checksum"],
            bytes=sum(path.stat().st_size for path in folder.iterdir()),
        )

    def _put(self, written: Path, target: Path) -> None:
        """Give the written world its name; the one it replaces comes back if that fails."""
        if not target.exists():
            written.rename(target)
            return
        away = Path(tempfile.mkdtemp(prefix=REPLACED, dir=self.worlds))
        try:
            target.rename(away / target.name)
            written.rename(target)
        finally:
            if not target.exists():
                (away / target.name).rename(target)
            shutil.rmtree(away, ignore_errors=True)

    def _clear(self) -> None:
        """Clear what a killed program left; only the holder of the lock may call this."""
        for left in self.worlds.iterdir():
            if left.name.startswith(REPLACED):
                for stored in left.iterdir():
                    if not (self.worlds / stored.name).exists():
                        stored.rename(self.worlds / stored.name)
            if left.name.startswith((ADDING, REPLACED, REMOVED)):
                shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One change at a time; the system lets go of the lock when a program ends."""
        self.worlds.mkdir(parents=True, exist_ok=True)
        with (self.worlds / LOCK).open("a+b") as handle:
            _lock(handle.fileno())
            yield

    def _explained(self, error: Exception, name: str) -> StoreError:
        cause = error.__cause__ if isinstance(error, StoreError) else error
        if _error_number(cause) in {errno.ENOSPC, errno.EDQUOT}:
            return StoreError(
                f"no space is left for world {name!r} in {self.worlds}; nothing was stored. Free "
                f"some, or let {HOME} name a folder on another disk"
            )
        if isinstance(error, StoreError):
            return error
        return StoreError(f"world {name!r} cannot be stored in {self.worlds}: {error}")


def resolve(name_or_path: str | Path, store: Store | None = None) -> World:
    """Return a world by what a user calls it: ``embedded``, a stored name, or a folder.

    Raises
    ------
    CodeUnknownError
        With near names, when it is neither.

    Examples
    --------
    >>> resolve("embedded").year
    2022
    """
    given = str(name_or_path)
    kept = store or Store()
    if given == embedded.NAME or given in kept.names():
        return kept.get(given)
    path = Path(name_or_path)
    if path.is_dir():
        return World.from_parquet(path)
    if path.is_file():
        raise InputError(
            f"{path} is a file, not a world: add it first, as in "
            f"`bandung world add {path} --name NAME`"
        )
    raise CodeUnknownError("world", given, (*kept.names(), embedded.NAME))


def _error_number(cause: BaseException | None) -> int | None:
    """Return the system's number of a failed write; Polars has it in its text only."""
    if isinstance(cause, OSError):
        return cause.errno
    found = re.search(r"\(os error (\d+)\)", str(cause))
    return int(found[1]) if found else None


def _facts(folder: Path) -> dict[str, Any]:
    """Read ``world.json``."""
    try:
        facts = json.loads((folder / "world.json").read_text(encoding="utf-8"))
        complete = facts["format"] == parquet.FORMAT and {"year", "checksum", "origin"} <= set(
            facts
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from error
    if not complete:
        raise _damaged(folder, "world.json does not describe a world")
    return dict(facts)


@contextmanager
def _query(folder: Path) -> Iterator[Any]:
    """Give a function that asks DuckDB about the tables of a world, each under its own name."""
    tables = {
        "members": "members",
        "sectors": "sectors",
        "trade": "trade",
        "missing": "domestic_unknown",
    }
    paths = {key: str(folder / f"{table}.parquet") for key, table in tables.items()}
    with duckdb.connect(":memory:", config=OFFLINE) as connection:

        def ask(sql: str) -> list[tuple[Any, ...]]:
            used = {key: path for key, path in paths.items() if f"${key}" in sql}
            return connection.execute(sql, used).fetchall()

        try:
            yield ask
        except duckdb.Error as error:
            raise _damaged(folder, error) from error


def _damaged(folder: Path, error: object) -> SourceError:
    return SourceError(
        f"{folder} is damaged: {error}; remove it (bandung world remove {folder.name}) and add it "
        "again"
    )


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - only there on that system

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl  # noqa: PLC0415 - only there on the other systems

        fcntl.flock(descriptor, fcntl.LOCK_EX)
