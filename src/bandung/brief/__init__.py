"""The brief: one page about a group, with its figures as JSON and CSV."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from bandung.brief import contents as brief_contents
from bandung.brief import page, sections
from bandung.brief.languages import language
from bandung.errors import StoreError

if TYPE_CHECKING:
    from bandung.agree import Certificate
    from bandung.agree.climb import Progress
    from bandung.brief.contents import Contents
    from bandung.brief.cooperation import Cooperation
    from bandung.find.selection import Selection
    from bandung.world.model import World

__all__ = ["write_brief"]

SCHEDULE = ("origin", "destination", "sector", "tariff_pct", "tariff_new_pct")
"""Columns of the agreement's schedule."""
CERTIFICATE = "agreement.json"
LISTED_OPPORTUNITIES = 200
"""How many the JSON lists; the CSV has all."""


def write_brief(
    world: World,
    chosen: Selection,
    *,
    lang: str = "en",
    out: str | Path = "brief",
    deficits: str = "fixed",
    agreement: bool | None = None,
    progress: Progress = lambda *_: None,
    cooperation: Cooperation | None = None,
) -> tuple[Path, ...]:
    """Write ``brief.html``, ``brief.json``, the tables, scenario and certificate into a folder.

    Parameters
    ----------
    world, chosen
        A world and the selection of members in it (:func:`bandung.find.select`).
    lang
        Language of the page: en, fr, es, pt or ar. JSON and CSV are the same in all.
    out
        Folder; made when missing. Files of an earlier brief are replaced, all or none.
    deficits
        The rule for trade deficits in an equilibrium, as :func:`bandung.solve` has it.
    agreement
        Whether to search for an agreement that leaves nobody worse off; by default for up to 12
        members, as the search takes minutes for thirty.
    progress
        Called during that search, as :func:`bandung.agree.compare` calls it.
    cooperation
        What the members did together, as a register answers
        (:meth:`bandung.brief.cooperation.Cooperation.read`); without it the section is left out.

    Returns
    -------
    tuple of Path
        What was written, the page first.

    Raises
    ------
    StoreError
        When the folder cannot be written; an earlier brief is left as it was.
    """
    found = brief_contents.gather(
        world,
        chosen,
        deficits=deficits,
        agreement=agreement,
        progress=progress,
        cooperation=cooperation,
    )
    tongue = language(lang)
    title = sections.title(found, tongue)
    texts = {
        "brief.html": page.render(title, sections.build(found, tongue), found, tongue),
        "brief.json": json.dumps(_record(found, lang, title), ensure_ascii=False, indent=1) + "\n",
        **{f"{name}.csv": table.write_csv() for name, table in _tables(found).items()},
    }
    if found.elimination is not None:
        texts["elimination.toml"] = found.elimination.scenario.to_toml()
    certificate = None if found.agreement is None else found.agreement.certificate
    return _write_all(Path(out), texts, certificate)


def _record(found: Contents, lang: str, title: str) -> dict[str, Any]:
    table = brief_contents.members_table(found)
    return {
        "title": title,
        "lang": lang,
        "command": page.command(found, lang),
        "versions": page.versions(),
        "world": {
            "name": found.world.name,
            "year": found.world.year,
            "checksum": found.world.checksum,
            "origin": found.world.origin.to_dict(),
            "satellite_origins": {
                key: origin.to_dict() for key, origin in found.world.satellite_origins.items()
            },
            "adjustments": [made.to_dict() for made in found.world.adjustments],
        },
        "members": table.to_dicts(),
        "missing": list(found.selection.missing),
        "reliance": found.reliance.to_dict(),
        "dependence": found.dependence.to_dict(),
        "complementarity": found.complementarity.to_dict(LISTED_OPPORTUNITIES)
        if found.complementarity
        else None,
        "elimination": found.elimination.to_dict() if found.elimination else None,
        "agreement": found.agreement.to_dict() if found.agreement else None,
        "trend": {str(year): reliance.to_dict()["group"] for year, reliance in found.trend},
        "cooperation": found.cooperation.record if found.cooperation else None,
    }


def _tables(found: Contents) -> dict[str, pl.DataFrame]:
    tables = {
        "members": brief_contents.members_table(found),
        "reliance": found.reliance.to_table(),
        "dependence": found.dependence.to_table(),
        "bonds": pl.DataFrame(found.dependence.bonds),
    }
    if found.complementarity is not None:
        tables["complementarity"] = found.complementarity.to_table()
    if found.elimination is not None:
        tables["elimination"] = found.elimination.to_table()
    if found.agreement is not None:
        tables["comparison"] = found.agreement.comparison.to_table()
        if found.agreement.schedules is not None:
            tables["agreement"] = found.agreement.schedules.lines.select(SCHEDULE)
    if found.cooperation is not None and found.cooperation.lines:
        tables["cooperation"] = found.cooperation.table()
    if found.trend:
        tables["trend"] = brief_contents.trend_table(found)
    return tables


def _write_all(
    out: Path, texts: dict[str, str], certificate: Certificate | None
) -> tuple[Path, ...]:
    """Write every file beside its place first, then put them there."""
    names = [*texts] if certificate is None else [*texts, CERTIFICATE]
    part: Path | None = None
    try:
        out.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=out))
        for name, text in texts.items():
            (part / name).write_text(text, encoding="utf-8")
        if certificate is not None:
            certificate.write(part / CERTIFICATE)
        for name in names:
            os.replace(part / name, out / name)  # noqa: PTH105 - Path.replace reads the same
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
    return tuple(out / name for name in names)
