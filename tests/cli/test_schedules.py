"""`bandung schedules`, as a user types it."""

from __future__ import annotations

import csv
import dataclasses
from typing import TYPE_CHECKING

import pytest

from bandung.agree.bargain import bargain
from bandung.agree.certifying import certify
from bandung.cli.commands import app
from bandung.errors import BandungError, InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def certificate(embedded):
    """A small agreement in the world that every user has."""
    return certify(bargain(embedded, ["CIV", "MAR", "SEN"], by="member"))


@pytest.fixture
def file(certificate, tmp_path) -> Path:
    return certificate.write(tmp_path / "three.json")


def test_the_folder_holds_the_text_and_every_schedule(run, file, certificate, tmp_path):
    """A delegation finds no file of its own, or no text in its language."""
    done = run("schedules", file.name, "--out", "table", "--lang", "fr")
    members = ("CIV", "MAR", "SEN")
    wanted = {"agreement.fr.html", "all.csv"}
    wanted |= {f"{code}.{ending}" for code in members for ending in ("csv", "xlsx")}
    assert {path.name for path in (tmp_path / "table").iterdir()} == wanted
    assert {line.removeprefix("table/") for line in done.stdout.split()} == wanted
    with (tmp_path / "table" / "all.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == len(certificate.tariffs)
    assert {row["origin_name"] for row in rows} == {"Côte d’Ivoire", "Maroc", "Sénégal"}
    assert 'lang="fr"' in (tmp_path / "table" / "agreement.fr.html").read_text(encoding="utf-8")


def call(*words) -> None:
    """Run the command in this process: what it raises is what ends a call with exit code 2."""
    app(["schedules", *map(str, words)], standalone_mode=False)


def test_files_are_kept_unless_replacing_is_asked_for(file, tmp_path, capsys):
    """A second call overwrites what somebody has worked on, or never can."""
    words = (file, "--out", tmp_path / "table", "--lang", "en")
    call(*words)
    (tmp_path / "table" / "XXX.csv").write_text("another agreement's")
    with pytest.raises(InputError, match="--replace"):
        call(*words)
    call(*words, "--replace")
    assert "not of this agreement: XXX.csv" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize(
    ("given", "options", "says"),
    [
        ("nowhere.json", (), "nowhere.json"),
        ("three.json", ("--lang", "de"), "unknown language 'de'"),
        ("three.json", ("--world", "nowhere"), "nowhere"),
    ],
)
def test_mistakes_end_with_a_sentence(file, given, options, says):
    """A mistake ends with a traceback, or leaves files behind."""
    out = file.parent / "table"
    with pytest.raises(BandungError, match=says):
        call(file.with_name(given), "--out", out, *options)
    assert not out.exists()


def test_a_certificate_of_another_world_is_refused(certificate, tmp_path):
    """Figures of one world are printed for an agreement about another."""
    other = dataclasses.replace(certificate.world, checksum="sha256:0")
    file = dataclasses.replace(certificate, world=other, digests={}).write(tmp_path / "other.json")
    with pytest.raises(InputError, match="sha256:0"):
        call(file, "--out", tmp_path / "table")
