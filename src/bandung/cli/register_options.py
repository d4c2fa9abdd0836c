"""The words that the commands of the register share: which register, which member, which file."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bandung.cli.options import console, notes
from bandung.codes import countries
from bandung.errors import CodeUnknownError, InputError
from bandung.register import places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from bandung.register.actor import Actor
    from bandung.register.exchange import Which

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder of the register; default: BANDUNG_DATA, else in the folder for user data.",
        show_default=False,
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="postgresql://user@host/name instead of a folder; default: BANDUNG_DATABASE.",
        show_default=False,
    ),
]
MemberOption = Annotated[
    str,
    typer.Option("--member", help="The member that is meant, as in BRA.", show_default=False),
]
AgencyOption = Annotated[
    str | None,
    typer.Option(
        "--agency", help="The agency of the member that is meant, by name.", show_default=False
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="File to write.", show_default=False)]
AcceptOption = Annotated[
    bool, typer.Option("--accept", help="Do it; without this nothing is changed.")
]
WhichOption = Annotated[
    str, typer.Option(help="Of each statement the revision that is working, shared or published.")
]
LangOption = Annotated[str, typer.Option(help="Language: en, fr, es, pt or ar.")]
EXTRA = "pip install 'bandung[register]'"
SETTINGS = "bandung.web.settings"
DEMONSTRATION = "BANDUNG_DEMO"
TOLD = (places.DATA, places.DATABASE, DEMONSTRATION)


@contextmanager
def told(
    data: Path | None, database: str | None, *, demonstration: bool = False, found: bool = False
) -> Iterator[dict[str, object]]:
    """Tell Django by the environment where the data are; return its settings of the database.

    The data folder is made, for its owner alone, unless a register has to be `found` in it.

    Raises
    ------
    InputError
        When both a folder and a database are named, an address is none, or the parts that the
        register needs are not installed.
    """
    if data is not None and database is not None:
        raise InputError("name one of --data and --database")
    before = {name: os.environ.get(name) for name in TOLD}
    if data is not None:
        os.environ[places.DATA] = str(data)
        os.environ.pop(places.DATABASE, None)
    if database is not None:
        os.environ[places.DATABASE] = database
    if demonstration:
        os.environ[DEMONSTRATION] = "1"
    try:
        address = os.environ.get(places.DATABASE, "")
        settings = places.database(address)
        if found and not address and not (places.data_folder() / places.SQLITE_FILE).is_file():
            raise InputError(
                f"there is no register in {places.data_folder()}: name its folder with --data"
            )
        if not (address and os.environ.get(places.SECRET_KEY)):
            private_folder(places.data_folder())
        _load_django()
        yield settings
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def register_at(
    data: Path | None, database: str | None, *, lists: bool = True, found: bool = False
) -> Iterator[None]:
    """Open a register until the block ends; its tables are made or updated first.

    Parameters
    ----------
    lists
        Whether the code lists of the package are installed too.
    found
        Whether a data folder without a register is refused; else one is begun there.
    """
    with told(data, database, found=found) as settings:
        from bandung.register.ops import opening  # noqa: PLC0415 - Django is loaded when asked for

        with opening.connected(settings):
            opening.prepare(lists=lists)
            yield


def private_folder(folder: Path) -> Path:
    """Make a data folder for its owner alone, where it is not there; return it.

    Raises
    ------
    InputError
        When it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be a data folder: {error.strerror}") from None
    return folder


def acting_for(member: str, agency: str | None = None) -> Actor:
    """Return the operator of this machine, acting for a member.

    Raises
    ------
    InputError
        When there is no such country, or no such agency of it.
    """
    from dataclasses import replace  # noqa: PLC0415

    from bandung.register.actor import Actor  # noqa: PLC0415 - Django is loaded when asked for
    from bandung.register.models import Agency  # noqa: PLC0415

    actor = Actor.operator(code_of(member))
    if agency is None:
        return actor
    names = dict(Agency.objects.filter(member=actor.member).values_list("name", "pk"))
    if agency not in names:
        raise CodeUnknownError(f"agency of {actor.member}", agency, names)
    return replace(actor, agency=Agency.objects.get(pk=names[agency]))


def code_of(member: str) -> str:
    """Return the alpha-3 code of a country given by code or name."""
    return countries.parse(member)


def which_of(text: str) -> Which:
    """Return which revision of each statement is meant.

    Raises
    ------
    CodeUnknownError
    """
    known: tuple[Which, ...] = ("working", "shared", "published")
    for which in known:
        if which == text:
            return which
    raise CodeUnknownError("revision", text, known)


def line(sentence: str) -> None:
    """Print a sentence as it stands: on one line, and none of its signs is markup."""
    console.print(sentence, highlight=False, markup=False, soft_wrap=True)


def readable(file: Path) -> Path:
    """Refuse a file that is not there.

    Raises
    ------
    InputError
    """
    if not file.is_file():
        raise InputError(f"there is no file {file}")
    return file


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file that is there whole when the block ends; else it stays as it was.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as out:
            yield out
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def counted(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how far something has come, on the standard error; the block is given who to tell."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=notes,
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _load_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    try:
        import django  # noqa: PLC0415 - the commands that need it load it

        django.setup()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("bandung"):
            raise
        raise InputError(
            f"the register needs {error.name}, which is not installed here: {EXTRA}"
        ) from None
