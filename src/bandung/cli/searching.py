"""What a long search says while it goes on, and when it is cut off."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from bandung.cli.options import notes, percent, remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.status import Status

    from bandung.economy.baseline import Floats

INTERRUPTED = 130


@dataclass(slots=True)
class Told:
    """The line that shows how far a search is; `last` is what it said last."""

    status: Status
    last: str = ""

    def __call__(self, stage: str, step: int, gains: Floats) -> None:
        """Say the stage, the step and what the worst-off member gains."""
        self.last = f"{stage}, {step:,}"
        if gains.any():
            self.last += f": the smallest gain is {percent(float(gains.min()), 4)}"
        self.status.update(self.last)


@contextmanager
def searching(doing: str) -> Iterator[Told]:
    """Show progress; where the user interrupts, say that what was found is kept."""
    told = None
    try:
        with notes.status(doing) as status:
            told = Told(status)
            yield told
    except KeyboardInterrupt:
        where = told.last if told is not None and told.last else "before the first step"
        remark(f"Interrupted ({where}). The same command goes on there.")
        raise typer.Exit(INTERRUPTED) from None
