"""What a long search has found so far, kept on disk so that it goes on where it was cut off.

One file of arrays for each key, written beside and renamed: it is there whole or not at all. What
is damaged all the same counts as not there.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from platformdirs import user_cache_path

from bandung import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

ENDING, UNFINISHED = ".npz", ".writing-"
DAMAGED = (
    ValueError,
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    RuntimeError,
    struct.error,
)
"""What reading a file raises that is cut off, altered, or none of ours."""


class Journal:
    """Arrays by key, in a folder.

    Where the folder cannot be written, nothing is kept and the work goes on; `trouble` says why.

    Parameters
    ----------
    folder
        Made when something is first put there.

    Attributes
    ----------
    folder : Path
    trouble : OSError or None
        What kept the last entry from being written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     journal = Journal(folder)
    ...     journal.put("CIV+SEN", value=[1.5, 2.0])
    ...     journal.get("CIV+SEN")["value"].tolist(), journal.get("CIV+MAR")
    ([1.5, 2.0], None)
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.trouble: OSError | None = None

    @classmethod
    def for_question(cls, parts: Mapping[str, object]) -> Journal:
        """Return the journal of one question, in the user's cache folder.

        Another world, other members, limits or another release of this package: another journal.

        Parameters
        ----------
        parts
            All that the answer depends on, as JSON can say it: the world's checksum, members,
            limits, principle. The release is added.

        Raises
        ------
        TypeError, ValueError
            For what JSON cannot say, NaN and infinity among it.
        """
        whole = json.dumps(
            {"parts": dict(parts), "release": __version__},
            sort_keys=True,
            separators=(",", ":"),
            allow_nan=False,
        )
        name = hashlib.sha256(whole.encode()).hexdigest()
        return cls(user_cache_path("bandung") / "journals" / name)

    def under(self, name: str) -> Journal:
        """Return a journal within this one: what clears this clears it too."""
        return Journal(self.folder / name)

    def get(self, key: str) -> dict[str, NDArray[np.float64]] | None:
        """Return the arrays put under a key, or None where there are none that can be read."""
        try:
            with zipfile.ZipFile(self._path(key)) as archive:
                return {
                    name.removesuffix(".npy"): np.lib.format.read_array(
                        io.BytesIO(archive.read(name)), allow_pickle=False
                    )
                    for name in archive.namelist()
                }
        except (OSError, *DAMAGED):
            return None

    def put(self, key: str, **arrays: ArrayLike) -> None:
        """Keep arrays under a key, in place of what was there.

        Raises
        ------
        ValueError
            For what is not an array of numbers or letters.
        """
        entry = io.BytesIO()
        np.savez(entry, allow_pickle=False, **{k: np.asarray(a) for k, a in arrays.items()})
        unfinished = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, unfinished = tempfile.mkstemp(prefix=UNFINISHED, dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(entry.getbuffer())
            Path(unfinished).replace(self._path(key))
        except OSError as error:
            self.trouble = error
        finally:
            if unfinished is not None:
                Path(unfinished).unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, key: str) -> Path:
        return self.folder / (hashlib.sha256(key.encode()).hexdigest() + ENDING)
