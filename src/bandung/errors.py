"""What can go wrong, in one place.

::

    BandungError                the root: catch this one to catch everything ours
    ├── InputError              what the user gave cannot be used (exit code 2)
    │   ├── CellError           a cell of an array breaks a rule of the equilibrium
    │   ├── WorldError          a cell, shape or label of a world breaks a rule
    │   ├── CodeUnknownError    a member, group or sector nobody knows; near names are suggested
    │   ├── GroupEmptyError     a group with no member on that date, or none in the data
    │   ├── ScenarioError       a scenario that says what cannot be; names its file and line
    │   ├── SourceError         a file that is truncated, foreign or not what it says
    │   └── RegisterError       the register refuses what was asked of it
    │       ├── NotFoundError       nothing there that this person may see
    │       ├── NotAllowedError     the person's role or member does not allow it
    │       ├── EditConflictError   somebody else changed it since it was read
    │       └── IncompleteError     a statement that cannot be approved yet; carries each problem
    ├── StoreError              the local store cannot be read or written
    └── NotConvergedError       an iteration stopped short; carries iterations and residual
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class BandungError(Exception):
    """Root of every error this package raises on purpose."""


class InputError(BandungError, ValueError):
    """What the user gave cannot be used: the message says what, where and how to mend it."""


class CellError(InputError):
    """A cell of an array breaks a rule of the equilibrium.

    Parameters
    ----------
    problem, mend
        What is wrong, and how to mend it.
    cell
        Position in the array: of three, origin, destination, sector; of two, member, sector; of
        one, member.
    labels
        The words for these positions, where the caller knows them.
    """

    def __init__(
        self, problem: str, cell: tuple[int, ...], mend: str, labels: tuple[str, ...] = ()
    ) -> None:
        where = ", ".join(labels) if labels else f"position {cell}"
        super().__init__(f"{problem} at {where}: {mend}")
        self.problem = problem
        self.cell = cell
        self.mend = mend


class WorldError(InputError):
    """A cell, shape or label of a world breaks a rule."""


class CodeUnknownError(InputError):
    """A code or name nobody knows.

    Parameters
    ----------
    what
        The kind of thing looked for, as in ``"group"``.
    given
        What was asked for.
    known
        What could have been meant; the nearest are suggested.
    """

    def __init__(self, what: str, given: str, known: Iterable[str]) -> None:
        names = sorted(set(known))
        spelled = {name.casefold(): name for name in names}
        near = get_close_matches(given.casefold(), spelled, n=3, cutoff=0.6)
        hint = f" Did you mean {' or '.join(spelled[name] for name in near)}?" if near else ""
        super().__init__(f"unknown {what} {given!r}.{hint}")
        self.given = given
        self.suggestions = tuple(spelled[name] for name in near)


class GroupEmptyError(InputError):
    """A group that has no member on the date, or none in the data."""


class ScenarioError(InputError):
    """A scenario that cannot be read, or that a world cannot carry out.

    Parameters
    ----------
    problem
        What is wrong, with the values, and how to mend it.
    where
        ``FILE:LINE``, which the message begins with; empty where no file was read.
    path
        The key at fault from the top of the scenario, as in ``("change", 0, "origin")``.
    """

    def __init__(self, problem: str, *, where: str = "", path: tuple[str | int, ...] = ()) -> None:
        super().__init__(f"{where}: {problem}" if where else problem)
        self.problem = problem
        self.where = where
        self.path = path


class SourceError(InputError):
    """A file that is truncated, foreign or not what it says it is."""


class RegisterError(InputError):
    """The register refuses what was asked of it; nothing was changed."""


class NotFoundError(RegisterError):
    """Nothing there that this person may see: said alike of what is hidden and what is not."""


class NotAllowedError(RegisterError):
    """The person's role, or member, does not allow it."""


class EditConflictError(RegisterError):
    """Somebody else changed it since it was read."""


class IncompleteError(RegisterError):
    """A statement that cannot be approved yet.

    Parameters
    ----------
    message
        The sentence for people.
    problems
        Every problem, as `bandung.register.completeness.Problem`.
    """

    def __init__(self, message: str, problems: Iterable[object]) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class StoreError(BandungError):
    """The local store cannot be read or written."""


class NotConvergedError(BandungError):
    """An iteration stopped before its tolerance.

    Parameters
    ----------
    what
        What was being solved.
    iterations, residual, tolerance
        How far it came, and how far it should have come.
    """

    def __init__(self, what: str, *, iterations: int, residual: float, tolerance: float) -> None:
        super().__init__(
            f"{what} did not converge: residual {residual:.3e} after {iterations} iterations, "
            f"tolerance {tolerance:.1e}"
        )
        self.iterations = iterations
        self.residual = residual
        self.tolerance = tolerance
