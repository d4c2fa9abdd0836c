"""Backup, restore, moving: what comes out is what went in, row for row, or nothing changes."""

from __future__ import annotations

import json
import os
import stat
import threading
import zipfile

import pytest
from django.db import connection, connections

from bandung.errors import InputError, RegisterError, SourceError
from bandung.register import audit
from bandung.register.actions import people, statements
from bandung.register.actor import Actor
from bandung.register.models import Agency, AuditEntry, Statement
from bandung.register.ops import archive, backups, opening, tables

KINDS = ("sqlite", "postgresql") if os.environ.get("BANDUNG_DATABASE") else ("sqlite",)
PAIRS = [(one, other) for one in KINDS for other in KINDS if KINDS[-1] in {one, other}]


def everything():
    """Every row of every table, as lines."""
    return {tables.label(table): sorted(tables.lines(table)) for table in tables.tables()}


@pytest.mark.parametrize(("kind", "other"), PAIRS)
def test_a_restored_register_is_the_original_row_for_row(kind, other, new_place, content, tmp_path):
    """A row is lost or differs after a restore, or the restored register cannot be gone on with."""
    file = tmp_path / "b.zip"
    with new_place(kind, filled=True).opened():
        before = everything()
        made = backups.backup(file)
    assert made.rows == sum(map(len, before.values())) > 600
    assert before["axes.accesslog"] == []
    with new_place(other).opened():
        assert backups.restore(file) == made
        assert everything() == before
        brazil = Actor.operator("BRA")
        statements.create(brazil, content.model_copy(update={"identifier": "BR-1"}))
        people.add_agency(brazil, "BRA", "Another")
        found = audit.verify()
        assert found.holds, found.problems
        assert found.entries > made.audit_sequence


@pytest.mark.parametrize(("kind", "other"), PAIRS)
def test_moving_copies_and_leaves_the_original(kind, other, new_place):
    """A moved register differs from the original, or the original was changed by it."""
    source, target = new_place(kind, filled=True), new_place(other)
    with source.opened():
        before = everything()
        backups.move(target.settings)
        assert everything() == before
    with target.opened():
        assert everything() == before


def test_a_register_that_is_not_empty_is_kept(new_place, tmp_path):
    """Restoring into a register with data replaces them unasked, or cannot be undone."""
    file, kept = tmp_path / "b.zip", tmp_path / "kept.zip"
    with new_place(KINDS[-1]).opened():
        opening.prepare()
        backups.backup(file)
    with new_place(KINDS[-1], filled=True).opened():
        before = everything()
        with pytest.raises(RegisterError, match="is not empty: restore into a new data folder"):
            backups.restore(file)
        assert everything() == before
        backups.restore(file, replace=kept)
        assert not Agency.objects.exists()
        backups.restore(kept)
        assert everything() == before


def _rewrite(file, change):
    """Write a backup anew with the contents of its files changed."""
    with zipfile.ZipFile(file) as archived:
        contents = {name: archived.read(name) for name in archived.namelist()}
    change(contents)
    with zipfile.ZipFile(file, "w") as archived:
        for name, content in contents.items():
            archived.writestr(name, content)


def _without_a_row(contents):
    name = "tables/register.statement.jsonl"
    contents[name] = contents[name].partition(b"\n")[2]


def _changed_value(contents):
    name = "tables/register.agency.jsonl"
    contents[name] = contents[name].replace(b"BRA", b"BRB", 1)


def _without_a_table(contents):
    del contents["tables/register.code.jsonl"]


def _no_json(contents):
    name = "tables/register.agency.jsonl"
    contents[name] = b"[" + contents[name]


def _newer_format(contents):
    contents["manifest.json"] = contents["manifest.json"].replace(b'version": 1', b'version": 2')


def _other_tables(contents):
    text = contents["manifest.json"]
    contents["manifest.json"] = text.replace(b"register.0001_initial", b"register.0099_later")


def _edited_with_care(contents):
    """Change what the audit says and every count and digest but the chain's own."""
    name = "tables/register.auditentry.jsonl"
    contents[name] = contents[name].replace(b'"operator"', b'"nobody"', 1)
    tally = tables.Tally()
    for line in contents[name].decode().splitlines():
        tally.add(line)
    manifest = json.loads(contents["manifest.json"])
    manifest["tables"]["register.auditentry"]["digest"] = tally.digest
    contents["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_without_a_row, "changed or damaged"),
        (_changed_value, "changed or damaged"),
        (_without_a_table, "register.code cannot be read"),
        (_no_json, "changed or damaged"),
        (_newer_format, "has version 2 of the format"),
        (_other_tables, r"from other tables than these \(register.0001_initial"),
        (_edited_with_care, "audit chain does not hold, nothing was changed: entry 1 "),
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_is_half_restored(
    change, says, new_place, tmp_path
):
    """A backup that was changed is restored, or leaves something behind when it is refused."""
    file = tmp_path / "b.zip"
    with new_place("sqlite", filled=True).opened():
        backups.backup(file)
    _rewrite(file, change)
    with new_place(KINDS[-1]).opened():
        before = everything()
        with pytest.raises(InputError, match=says):
            backups.restore(file)
        assert everything() == before


def test_a_backup_cut_short_is_known_for_one(new_place, tmp_path):
    """A truncated file, or something else altogether, is taken for a backup."""
    file = tmp_path / "b.zip"
    with new_place("sqlite", filled=True).opened():
        backups.backup(file)
        whole = file.read_bytes()
        for content in (whole[:-100], whole[: len(whole) // 2], b"", b"PK\x05\x06" + bytes(18)):
            file.write_bytes(content)
            with pytest.raises(SourceError, match=r"b\.zip is no backup of a register"):
                backups.restore(file)
        with pytest.raises(InputError, match="there is no backup"):
            backups.restore(tmp_path / "other.zip")


@pytest.mark.parametrize("kind", KINDS[-1:])
def test_a_backup_is_of_one_moment_while_others_write(kind, new_place, content, tmp_path):
    """What is written during a backup gets into it in part, or has to wait for its end."""
    file = tmp_path / "b.zip"
    written = []

    def write():
        made = statements.create(
            Actor.operator("BRA"), content.model_copy(update={"identifier": "BR-LATE"})
        )
        written.append(made.reference)
        connections.close_all()

    def meanwhile(table, _rows):
        if table == "register.activity":
            other = threading.Thread(target=write)
            other.start()
            other.join(20)

    with new_place(kind, filled=True).opened():
        before = everything()
        backups.backup(file, meanwhile)
        assert written
        assert Statement.objects.filter(identifier="BR-LATE").exists()
    with new_place("sqlite").opened():
        backups.restore(file)
        assert everything() == before


def test_a_backup_is_for_its_owner_alone_and_whole_or_not_there(new_place, tmp_path):
    """Others may read the hashes in it, a file is overwritten, or a broken-off one stays."""
    file = tmp_path / "b.zip"

    def stop(_table, _rows):
        raise KeyboardInterrupt

    with new_place(KINDS[-1], filled=True).opened():
        with pytest.raises(KeyboardInterrupt):
            backups.backup(file, stop)
        assert not list(tmp_path.glob("*b.zip*"))
        backups.backup(file)
        assert stat.S_IMODE(file.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
        kept = file.read_bytes()
        with pytest.raises(InputError, match="exists already"):
            backups.backup(file)
        assert file.read_bytes() == kept
        with pytest.raises(InputError, match="cannot be written"):
            backups.backup(tmp_path / "nowhere" / "b.zip")


def test_a_value_that_the_other_database_cannot_keep_is_found(new_place, tmp_path):
    """A restore whose rows differ from the backup's goes unnoticed."""
    file = tmp_path / "b.zip"
    with new_place("sqlite", filled=True).opened():
        backups.backup(file)

    def rounded(contents):
        name = "tables/register.contribution.jsonl"
        contents[name] = contents[name].replace(b'"120.000000"', b'"123456789012.123456"')
        tally = tables.Tally()
        for line in contents[name].decode().splitlines():
            tally.add(line)
        manifest = json.loads(contents["manifest.json"])
        manifest["tables"]["register.contribution"]["digest"] = tally.digest
        contents["manifest.json"] = json.dumps(manifest).encode()

    _rewrite(file, rounded)
    with new_place("sqlite").opened():
        with pytest.raises(RegisterError, match=r"register.contribution would not be the same"):
            backups.restore(file)
        assert backups.is_empty()


@pytest.mark.parametrize("kind", KINDS[-1:])
def test_a_database_of_a_newer_version_is_refused(kind, new_place):
    """An older program opens a register of a newer one and may spoil it."""
    with new_place(kind).opened():
        opening.prepare()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) "
                "VALUES ('register', '9999_later', CURRENT_TIMESTAMP)"
            )
        with pytest.raises(RegisterError, match=r"newer version of bandung \(it has 9999_later"):
            opening.prepare()


def test_a_register_that_is_only_read_is_not_updated(new_place):
    """The brief makes tables in somebody's register, or reads one that lacks them."""
    gone = "DELETE FROM django_migrations WHERE app = 'register' AND name = '0002_search'"
    with new_place(KINDS[-1]).opened():
        opening.require_ready()
        with connection.cursor() as cursor:
            cursor.execute(gone)
        lacking = opening.pending()
        with pytest.raises(
            RegisterError, match=r"older version of bandung \(it lacks register.0002"
        ):
            opening.require_ready()
        assert opening.pending() == lacking


def test_opening_again_changes_nothing(new_place):
    """Opening a register twice writes into it twice."""
    with new_place(KINDS[-1]).opened():
        opening.prepare()
        entries = AuditEntry.objects.count()
        assert entries
        opening.prepare()
        assert AuditEntry.objects.count() == entries


def test_a_database_that_does_not_answer_is_said(new_place):
    """An unreachable server ends in a traceback, or its password is shown."""
    from bandung.register import places  # noqa: PLC0415 - beside its use

    away = places.database("postgresql://clerk:secret@127.0.0.1:1/register")
    with opening.connected(away), pytest.raises(RegisterError, match="cannot be opened") as refused:
        opening.prepare()
    assert "the database register on 127.0.0.1" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_manifest_says_what_is_in_it(new_place, tmp_path):
    """The counts, the head of the chain or the state of the tables are not in the manifest."""
    file = tmp_path / "b.zip"
    with new_place(KINDS[-1], filled=True).opened():
        backups.backup(file)
        head = AuditEntry.objects.order_by("-sequence").first()
        with archive.reading(file) as source:
            manifest = source.manifest
            assert list(source.lines("register.member"))
        assert (manifest.audit_sequence, manifest.audit_head) == (head.sequence, head.digest)
        assert manifest.tables["register.statement"].rows == Statement.objects.count() == 2
        assert "register.0001_initial" in manifest.migrations
