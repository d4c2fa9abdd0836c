"""Several files put into a folder together: all of them, or none."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bandung.errors import InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMED = 3


def write_all(out: Path, contents: Mapping[str, bytes], *, replace: bool) -> tuple[Path, ...]:
    """Write every file beside its place first, then put them there.

    Parameters
    ----------
    out
        Folder; made when missing.
    contents
        What each file holds, by its name.
    replace
        Whether files that are there already may be replaced.

    Raises
    ------
    InputError
        Where files are there already that may not be replaced; nothing is written.
    StoreError
        Where the folder cannot be written; what was there is there again.
    """
    there = [name for name in contents if (out / name).exists()]
    if there and not replace:
        more = f" and {len(there) - NAMED} more" if len(there) > NAMED else ""
        raise InputError(
            f"{out} has {', '.join(there[:NAMED])}{more} already; choose another folder, or "
            "replace them with --replace"
        )
    part: Path | None = None
    placed: list[str] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=out))
        new, old = part / "new", part / "old"
        new.mkdir()
        old.mkdir()
        for name, content in contents.items():
            (new / name).write_bytes(content)
        for name in contents:
            if (out / name).is_file():
                (out / name).replace(old / name)
            placed.append(name)
            (new / name).replace(out / name)
    except OSError as error:
        if part is not None:
            _put_back(out, part, placed)
        raise StoreError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
    return tuple(out / name for name in contents)


def _put_back(out: Path, part: Path, placed: list[str]) -> None:
    for name in placed:
        if not (part / "new" / name).exists():
            (out / name).unlink(missing_ok=True)
        if (part / "old" / name).exists():
            (part / "old" / name).replace(out / name)
