"""`bandung register …`, as a user types it."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bandung.errors import CodeUnknownError, InputError, RegisterError
from bandung.register import audit, places
from bandung.register.actions import codelists, people, statements
from bandung.register.actor import Actor
from bandung.register.content import Content, Contribution, Sector
from bandung.register.models import AuditEntry, Person, Statement
from bandung.register.ops import opening, tables

PASSWORD = "a long enough pass phrase"  # noqa: S105 - of people who exist in tests only
CONTENT = Content(
    identifier="BR-GOV-1",
    titles={"pt": "Formação em agricultura tropical"},
    descriptions={"pt": "Dois cursos."},
    role="provides",
    status="closed",
    partners=("MOZ",),
    actual_start=dt.date(2023, 3, 1),
    actual_end=dt.date(2023, 11, 30),
    sectors=(Sector(code="31181"),),
    contributions=(
        Contribution(
            key="courses",
            modality="training",
            provider="BRA",
            receiver="MOZ",
            quantity="120",
            unit="person_days",
            period_start=dt.date(2023, 3, 1),
            period_end=dt.date(2023, 11, 30),
        ),
    ),
)


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch, django_db_blocker):
    """These commands open databases of their own; passwords are hashed quickly."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.delenv("BANDUNG_DATABASE", raising=False)
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="session")
def templates(tmp_path_factory, django_db_blocker):
    """Three data folders: with nobody, with Brazil's agency, with its approved statement too."""
    bare, empty, filled = (tmp_path_factory.mktemp(name) for name in ("bare", "empty", "filled"))
    with django_db_blocker.unblock():
        with _at(bare):
            opening.prepare()
        shutil.copy(bare / places.SQLITE_FILE, empty)
        with _at(empty):
            people.add_agency(Actor.operator("BRA"), "BRA", "ABC", iati_reference="BR-GOV")
        shutil.copy(empty / places.SQLITE_FILE, filled)
        with _at(filled):
            made = statements.create(Actor.operator("BRA"), CONTENT)
            statements.approve(Actor.operator("BRA"), made.pk, expected_version=made.version)
    return {"bare": bare, "empty": empty, "filled": filled}


@pytest.fixture
def folder(templates, tmp_path):
    """Make data folders: with Brazil's statement, with its agency alone, with nobody."""

    def new(like: str = "filled"):
        made = tmp_path / f"data{len(list(tmp_path.glob('data*')))}"
        made.mkdir()
        shutil.copy(templates[like] / places.SQLITE_FILE, made)
        return made

    return new


def _at(folder):
    return opening.connected(places.database(folder=folder))


def _everything(folder):
    with _at(folder):
        return {tables.label(table): sorted(tables.lines(table)) for table in tables.tables()}


def test_other_commands_do_not_load_django():
    """Somebody without the register's parts cannot use bandung, or waits for them to load."""
    code = (
        "import sys; import bandung; import bandung.cli.commands as c; "
        "from typer.testing import CliRunner; "
        "assert CliRunner().invoke(c.app, ['groups']).exit_code == 0; "
        "assert CliRunner().invoke(c.app, ['register', '--help']).exit_code == 0; "
        "print([n for n in ('django', 'ninja', 'lxml', 'waitress', 'psycopg') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_without_the_extra_the_command_names_it():
    """A missing part ends in a traceback that says nothing of what to install."""
    code = (
        "import sys; sys.modules['django'] = None; sys.argv = ['bandung', 'register', 'members']; "
        "from bandung.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'bandung[register]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_folder_becomes_a_register_of_its_owner(within, tmp_path):
    """A command needs a register to be there first, or makes one that others may read."""
    place = tmp_path / "new" / "register"
    code, said, _ = within("register", "members", "--data", str(place), "--json")
    assert (code, json.loads(said)) == (0, {"members": []})
    assert stat.S_IMODE(place.stat().st_mode) == stat.S_IRWXU
    with _at(place):
        assert codelists.codelists.names()
        assert AuditEntry.objects.exists()


def test_a_register_that_has_to_be_there_is_not_begun(within, tmp_path):
    """A mistyped folder is backed up, copied, verified or exported as if it were a register."""
    export = ("--member", "BRA", "--out", "b.xlsx")
    for words in (
        ("backup", "--out", "b.zip"),
        ("verify-audit",),
        ("migrate", "--to", "x"),
        ("export-excel", *export),
        ("export-iati", *export),
        ("return", *export, "--year", "2023"),
        ("finance", *export, "--year", "2023", "--currency", "BRL"),
        ("set-password", "a@example.org"),
    ):
        with pytest.raises(InputError, match=r"there is no register in .*gone"):
            within("register", *words, "--data", str(tmp_path / "gone"))
    assert not (tmp_path / "gone").exists()


def test_one_register_is_named(within, tmp_path):
    """Of a folder and a database one is taken silently, or a bad address shows its password."""
    both = ("--data", str(tmp_path), "--database", "postgresql://a@b/c")
    with pytest.raises(InputError, match="name one of --data and --database"):
        within("register", "members", *both)
    with pytest.raises(InputError, match="no address of a PostgreSQL database") as refused:
        within("register", "members", "--database", "mysql://clerk:secret@db/register")
    assert "secret" not in str(refused.value)
    with pytest.raises(InputError, match="are kept apart from real data"):
        within("register", "start", "--demo", "--database", "postgresql://a@b/c")


def test_members_are_listed_with_what_they_entered(within, folder):
    """The list lacks who takes part, or counts wrongly."""
    place = str(folder())
    members = json.loads(within("register", "members", "--data", place, "--json")[1])["members"]
    assert members == [
        {
            "code": "BRA",
            "name": "Brazil",
            "agencies": ["ABC"],
            "people": 0,
            "statements": 1,
            "published": 0,
        }
    ]
    assert "Brazil" in within("register", "members", "--data", place)[1]


def test_iati_goes_out_and_in_again(within, folder, tmp_path):
    """A preview changes something, a second import does, or a change is not counted as one."""
    source, target = folder(), folder("empty")
    out = tmp_path / "a.xml"
    words = ("--member", "BRA", "--data", str(source), "--which", "working")
    assert "1 statements" in within("register", "export-iati", *words, "--out", str(out))[1]
    taken = ("register", "import-iati", str(out), "--member", "Brazil", "--data", str(target))
    before = _everything(target)
    _, said, _ = within(*taken)
    assert "Nothing was changed; --accept takes this in." in said
    record = json.loads(within(*taken, "--json")[1])
    counts = ("added", "changed", "unchanged", "refused")
    assert [record[name] for name in counts] == [1, 0, 0, 0], record["refusals"]
    assert not record["accepted"]
    assert _everything(target) == before
    record = json.loads(within(*taken, "--accept", "--agency", "ABC", "--json")[1])
    assert (record["added"], record["accepted"]) == (1, True)
    with _at(target):
        row = Statement.objects.get()
        assert row.agency.name == "ABC"
        assert row.working.said().contributions[0].quantity == 120
        assert AuditEntry.objects.get(action="import").actor == "operator"
    after = _everything(target)
    record = json.loads(within(*taken, "--accept", "--json")[1])
    assert [record[name] for name in counts] == [0, 0, 1, 0]
    assert _everything(target) == after
    out.write_text(out.read_text(encoding="utf-8").replace("Dois cursos.", "Três cursos."), "utf-8")
    _, said, _ = within(*taken, "--accept")
    assert "changes BRA-" in said
    assert "descriptions" in said
    assert "Taken in." in said
    with _at(target):
        assert Statement.objects.get().working.said().descriptions == {"pt": "Três cursos."}
        assert audit.verify().holds


def test_an_import_that_is_interrupted_leaves_nothing(within, folder, tmp_path, monkeypatch):
    """After Ctrl-C some of a file's activities are in the record and some are not."""
    source, target = folder(), folder("empty")
    out = tmp_path / "a.xml"
    words = ("--member", "BRA", "--data", str(source), "--which", "working")
    within("register", "export-iati", *words, "--out", str(out))
    before = _everything(target)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("bandung.register.audit.write", interrupted)
    taken = ("register", "import-iati", str(out), "--member", "BRA", "--data", str(target))
    code, said, _ = within(*taken, "--accept")
    assert code == 130
    assert "Taken in" not in said
    assert _everything(target) == before


def test_excel_goes_out_and_in_again(within, folder, tmp_path):
    """The file that was exported changes something, or a wrong cell is not told with its place."""
    place, out = str(folder()), tmp_path / "a.xlsx"
    words = ("--member", "BRA", "--data", place)
    assert within("register", "export-excel", *words, "--out", str(out))[0] == 0
    taken = ("register", "import-excel", str(out), *words, "--json")
    record = json.loads(within(*taken)[1])
    assert (record["added"], record["unchanged"], record["refused"]) == (0, 1, 0)
    book = load_workbook(out)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    wrong = [cell for cell in cells if cell.value == 120]
    assert wrong
    for cell in wrong:
        cell.value = "many"
    book.save(out)
    record = json.loads(within(*taken)[1])
    assert (record["unchanged"], record["refused"]) == (0, 1)
    assert any("many" in refusal["value"] for refusal in record["refusals"])
    assert all(refusal["where"] and refusal["reason"] for refusal in record["refusals"])
    _, said, _ = within("register", "import-excel", str(out), *words)
    assert "refused" in said
    assert "'many'" in said


def test_a_template_is_written_in_a_language(within, folder, tmp_path):
    """The template is not there, or is English whatever was asked for."""
    titles = {}
    place = str(folder("empty"))
    for lang in ("en", "fr"):
        out = tmp_path / f"{lang}.xlsx"
        within("register", "template", "--data", place, "--lang", lang, "--out", str(out))
        titles[lang] = load_workbook(io.BytesIO(out.read_bytes())).sheetnames
        assert stat.S_IMODE(out.stat().st_mode) & stat.S_IRUSR
    assert titles["en"] != titles["fr"]


def test_what_cannot_be_written_or_read_is_said(within, folder, tmp_path):
    """A file that is not there ends in a traceback, or a broken-off one stays."""
    place = ("--member", "BRA", "--data", str(folder()))
    with pytest.raises(InputError, match="there is no file"):
        within("register", "import-iati", str(tmp_path / "gone.xml"), *place)
    with pytest.raises(InputError, match="cannot be written"):
        within("register", "export-excel", *place, "--out", str(tmp_path / "gone" / "a.xlsx"))
    with pytest.raises(CodeUnknownError, match="revision 'late'"):
        within("register", "export-iati", *place, "--which", "late", "--out", str(tmp_path / "a"))
    with pytest.raises(CodeUnknownError, match=r"agency of BRA 'ABD'.*Did you mean ABC"):
        within("register", "import-iati", __file__, *place, "--agency", "ABD")
    assert not list(tmp_path.glob("*a"))


def test_the_return_of_a_year(within, folder, tmp_path):
    """The return lacks what was given in the year, or is of another year."""
    place = ("--member", "BRA", "--data", str(folder()))
    out = tmp_path / "r.csv"
    words = ("register", "return", *place, "--out", str(out), "--json")
    record = json.loads(within(*words, "--year", "2023")[1])
    assert (record["member"], record["year"], record["counted"]) == ("BRA", 2023, 1)
    assert {"group": "C", "measure": "quantity", "unit": "person_days", "total": "120"} in record[
        "totals"
    ]
    assert "BRA-" in out.read_text(encoding="utf-8-sig")
    assert json.loads(within(*words, "--year", "2024")[1])["counted"] == 0
    book = tmp_path / "r.xlsx"
    assert "return of BRA" in within(*words[:-3], "--out", str(book), "--year", "2023")[1]
    assert load_workbook(book).sheetnames
    with pytest.raises(InputError, match=r"ends in \.xlsx or \.csv"):
        within(*words[:-3], "--year", "2023", "--out", str(tmp_path / "r.pdf"))


def test_rates_are_previewed_and_used(within, folder, tmp_path):
    """Rates are taken in unasked, a bad line is not named, or a file of its own is not used."""
    place = ("--data", str(folder()))
    file, out = tmp_path / "rates.csv", tmp_path / "f.csv"
    file.write_text("currency,date,usd_per_unit,source\nBRL,2023,0.2,bank\n", encoding="utf-8")
    taken = ("register", "rates", str(file), *place, "--json")
    for accept, count in ((), "added"), (("--accept",), "added"), (("--accept",), "unchanged"):
        assert json.loads(within(*taken, *accept)[1])[count] == 1
    asked = ("register", "finance", "--member", "BRA", *place, "--out", str(out), "--json")
    named = ("--year", "2023", "--currency", "brl", "--rates", str(file))
    record = json.loads(within(*asked, *named)[1])
    assert (record["rows"], record["without_amount"]) == (1, 1)
    file.write_text("currency,date,usd_per_unit,source\nBRL,2023,none,bank\n", encoding="utf-8")
    refused = json.loads(within(*taken)[1])
    assert (refused["refused"], refused["refusals"][0]["line"]) == (1, 2)
    with pytest.raises(InputError, match=r"rates\.csv: line 2: "):
        within(*asked, *named)


def test_backup_restore_and_move(within, folder, tmp_path):
    """A command brings back less than there was, or overwrites what is there."""
    source, target = folder(), folder("bare")
    file = tmp_path / "b.zip"
    words = ("register", "backup", "--data", str(source), "--out", str(file), "--json")
    made = json.loads(within(*words)[1])
    assert made["tables"]["register.statement"] == 1
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    _, said, noted = within("register", "restore", str(file), "--data", str(target))
    assert "counts, rows and the audit chain were checked" in said
    assert made["audit"]["head"] in noted
    assert _everything(target) == _everything(source)
    with pytest.raises(RegisterError, match="is not empty"):
        within("register", "restore", str(file), "--data", str(target))
    _, _, noted = within("register", "restore", str(file), "--data", str(target), "--replace")
    kept = next(tmp_path.glob("before-restore-*.zip"))
    assert str(kept) in noted.replace(" ", "") or kept.name in noted
    moved = folder("bare")
    assert "copied" in within("register", "migrate", "--data", str(source), "--to", str(moved))[1]
    assert _everything(moved) == _everything(source)


def test_a_changed_record_is_found(within, folder):
    """Somebody changes the record past the register, and nobody hears of it."""
    place = folder()
    words = ("register", "verify-audit", "--data", str(place))
    code, said, _ = within(*words, "--json")
    head = json.loads(said)["head"]
    assert code == 0
    assert within(*words, "--head", head)[0] == 0
    code, said, _ = within(*words, "--head", "f" * 64)
    assert code == 1
    assert "no entry has the digest" in said
    with _at(place):
        AuditEntry.objects.filter(sequence=3).update(actor="somebody")
    code, said, _ = within(*words)
    assert code == 1
    assert "entry 3 " in said


def test_people_are_let_in_and_in_again(within, folder, monkeypatch):
    """The first focal point cannot be added or sign in, or a lost password is lost for good."""
    place = ("--data", str(folder("empty")))

    def run(*words, password=PASSWORD):
        monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
        return _invoke("register", *words, *place, password=password)

    added = run("add-person", "ana@example.org", "--name", "Ana", "--member", "BRA")
    assert "ana@example.org: ABC, focal_point" in added
    run("add-agency", "Outra", "--member", "BRA")
    with pytest.raises(InputError, match="name the --agency; BRA has several: ABC; Outra"):
        run("add-person", "b@example.org", "--name", "B", "--member", "BRA")
    with pytest.raises(InputError, match="MOZ has none"):
        run("add-person", "b@example.org", "--name", "B", "--member", "MOZ")
    with pytest.raises(RegisterError, match="too short"):
        run("set-password", "ANA@example.org", password="short")  # noqa: S106
    run("set-password", "ANA@example.org", password=PASSWORD + " too")
    run("add-person", "root@example.org", "--name", "R", "--administrator")
    with pytest.raises(InputError, match="nobody here has"):
        run("set-password", "gone@example.org")
    with _at(Path(place[1])):
        assert Person.objects.get(email="ana@example.org").check_password(PASSWORD + " too")
        assert Person.objects.get(email="root@example.org").is_administrator
        assert AuditEntry.objects.filter(action="set password").count() == 1


def _invoke(*words, password):
    from typer.testing import CliRunner  # noqa: PLC0415 - beside its use

    from bandung.cli.commands import app  # noqa: PLC0415

    done = CliRunner().invoke(app, words, input=password + "\n")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_iati_files_are_checked_against_the_standard(within, folder, shared_data, tmp_path):
    """What is exported is not valid, a breach is not told, or the standard cannot be brought."""
    standard = shared_data / "iati_standard"
    os.environ["BANDUNG_HOME"] = str(tmp_path / "home")
    try:
        assert "files" in within("register", "iati-standard", "--from", str(standard))[1]
        out = tmp_path / "a.xml"
        words = ("--member", "BRA", "--data", str(folder()), "--which", "working")
        within("register", "export-iati", *words, "--out", str(out))
        code, said, _ = within("register", "validate-iati", str(out))
        assert code == 0, said
        out.write_text(out.read_text(encoding="utf-8").replace("<title>", "<titel>", 1), "utf-8")
        code, said, _ = within("register", "validate-iati", str(out), "--json")
        record = json.loads(said)
        assert (code, record["valid"]) == (1, False)
        assert record["findings"][0]["line"] > 0
    finally:
        del os.environ["BANDUNG_HOME"]
