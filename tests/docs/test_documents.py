"""The documentation says what the program does: its console examples run, its lists are whole."""

from __future__ import annotations

import datetime as dt
import doctest
import re
import shlex
import subprocess
import sys
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer

import bandung
from bandung import World, agree, find
from bandung.agree.scenario import parse
from bandung.brief import contents, negotiated
from bandung.brief.contents import gather, members_table
from bandung.cli.commands import app
from bandung.find.dependence import Bond

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
PROGRAM = Path(sys.executable).with_name("bandung")
PROMPT = "$ "
MISTAKE = 2
PATIENCE_S = 120
LIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def console_blocks(pages=PAGES) -> list:
    """Every console block of the README and the documentation, named by its file and line."""
    found = []
    for path in pages:
        text = path.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            name = f"{path.relative_to(ROOT).as_posix()}:{line}"
            found.append(pytest.param(match[1], id=name))
    return found


def commands_in(block: str) -> list[tuple[str, str]]:
    """Each command of a block with the output that is shown for it."""
    made: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith(PROMPT):
            made.append((line.removeprefix(PROMPT).strip(), ""))
        else:
            assert made, f"the block begins with output, not with a command: {line!r}"
            made[-1] = (made[-1][0], made[-1][1] + line)
    return made


def words_of(command: str) -> list[str]:
    """What follows the program's name."""
    program, *words = shlex.split(command)
    assert program == "bandung", f"only bandung is run here, not {program!r}"
    return words


def variables(folder: Path) -> dict[str, str]:
    """A store, a home and a cache of its own; a narrow terminal without colours."""
    return {
        "BANDUNG_HOME": str(folder / "home"),
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }


@pytest.fixture
def run(program, tmp_path):
    """Run a command within this process, in a folder and with a store of its own."""
    return lambda command: program(*words_of(command), folder=tmp_path, env=variables(tmp_path))


def start(command: str, folder: Path) -> subprocess.CompletedProcess:
    """Run a command as a user would, in a folder and with a store of its own."""
    return subprocess.run(
        [str(PROGRAM), *words_of(command)],
        cwd=folder,
        env={**variables(folder), "PATH": str(PROGRAM.parent), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )


def disagreement(shown: str, done: subprocess.CompletedProcess) -> str:
    """What a page shows and the program does not print, or "" when they agree.

    A page may show the output alone, or the output with the remarks that follow it on stderr.
    """
    status = MISTAKE if shown.startswith("error:") else 0
    if done.returncode != status:
        return f"exit code {done.returncode}, not {status}\n{done.stdout}{done.stderr}"
    checker = doctest.OutputChecker()
    printed = (done.stdout, done.stdout + done.stderr)
    if any(checker.check_output(shown, text, LIKE) for text in printed):
        return ""
    return checker.output_difference(doctest.Example("", shown), printed[1], LIKE)


@pytest.mark.parametrize("block", console_blocks())
def test_a_console_example_prints_what_its_page_shows(block, run):
    """A command in the documentation fails, or prints something else than the page says."""
    for command, shown in commands_in(block):
        wrong = disagreement(shown, run(command))
        assert not wrong, f"{PROMPT}{command}\n{wrong}"


@pytest.mark.parametrize("block", console_blocks([ROOT / "README.md", DOCS / "index.md"]))
def test_the_installed_program_prints_what_the_first_pages_show(block, tmp_path):
    """What comes of a command here, and of the program that a user has installed, differs."""
    for command, shown in commands_in(block):
        wrong = disagreement(shown, start(command, tmp_path))
        assert not wrong, f"{PROMPT}{command}\n{wrong}"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("bandung --version", "99.9.9\n"),
        ("bandung --version", ""),
        ("bandung reliance ECOWSA", "0.1.0\n"),
        ("bandung --version", "error: ...\n"),
    ],
)
def test_a_wrong_example_is_noticed(command, shown, run):
    """The check above would pass whatever a page says."""
    assert disagreement(shown, run(command))


def test_there_are_console_examples_on_the_tutorial():
    """A change of the fences would leave nothing to check, in silence."""
    names = [parameter.id for parameter in console_blocks()]
    assert any(name.startswith("docs/tutorial/first-brief.md:") for name in names)


def test_every_command_and_option_is_in_the_reference():
    """A command or an option that the reference of commands does not know."""
    text = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    sections = dict(
        re.findall(r"^## `(bandung[^`]*)`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    )
    wanted = set(leaves(typer.main.get_command(app), "bandung"))
    assert {name for name, _ in wanted} == set(sections)
    missing = [f"{name} {option}" for name, option in wanted if f"`{option}" not in sections[name]]
    assert not missing


def leaves(command, name: str):
    """Each command with each of its options and arguments, by the names a user types."""
    if hasattr(command, "commands"):
        for word, inner in command.commands.items():
            yield from leaves(inner, f"{name} {word}")
        return
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            yield name, parameter.name.upper()
        else:
            yield name, parameter.opts[0]


def test_every_public_name_is_in_the_reference():
    """Something that users may import, or a part of a world, that no page describes."""
    text = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    public = {*bandung.__all__, *find.__all__, *agree.__all__, *World.__dataclass_fields__}
    public |= {name for name in vars(agree.Outcome) if not name.startswith("_")}
    public |= {name for name in vars(World) if not name.startswith("_")}
    assert not [name for name in sorted(public) if f"`{name}" not in text]


@pytest.mark.usefixtures("store_home", "quick_search")
def test_every_key_and_column_is_in_the_formats(embedded):
    """A key of the JSON or a column of the CSV that no page explains."""
    text = (DOCS / "reference" / "formats.md").read_text(encoding="utf-8")
    asked = {"members": ["KHM", "LAO", "VNM"], "on": dt.date(2022, 1, 1)}
    relied, depends, could = (
        find.reliance(embedded, **asked),
        find.dependence(embedded, **asked, top=1),
        find.complementarity(embedded, **asked),
    )
    gathered = gather(embedded, relied.selection)
    names = {key for found in (relied, depends, could) for key in found.to_dict()}
    names |= {name for found in (relied, depends, could) for name in found.to_table().columns}
    names |= set(members_table(gathered).columns) | set(Bond.__dataclass_fields__)
    names |= set(gathered.agreement.to_dict())
    change = agree.Change("tariff", origin=("LAO",), destination=("VNM",), cut_pct=10)
    done = agree.simulate(
        embedded,
        agree.Scenario("A", changes=(change,), uncertainty=agree.Uncertainty(draws=2)),
    )
    names |= {*done.to_dict(), *done.to_dict()["members"]["LAO"], *done.to_table().columns}
    names |= {*agree.Scenario.__dataclass_fields__} - {"changes", "uncertainty", "source"}
    names |= {*agree.Change.__dataclass_fields__, *agree.Uncertainty.__dataclass_fields__}
    assert not [name for name in sorted(names) if f"`{name}`" not in text]


def test_scenarios_in_the_documentation_can_be_carried_out(embedded):
    """A scenario that a page shows is refused."""
    shown = [
        (path, block)
        for path in PAGES
        for block in re.findall(r"^```toml\n(.*?)^```$", path.read_text(), re.DOTALL | re.MULTILINE)
        if "[[change]]" in block
    ]
    assert shown
    for path, block in shown:
        assert parse(block, source=path.name).levers(embedded) is not None


@pytest.fixture
def quick_search(monkeypatch):
    """Let a brief search with one principle and one share for each member: fields are the same."""
    monkeypatch.setattr(negotiated, "PRINCIPLES", (negotiated.SHOWN,))
    monkeypatch.setattr(negotiated, "compare", partial(negotiated.compare, by="member"))
    for module in (contents, negotiated):
        monkeypatch.setattr(module, "DRAWS", 2)


class _Fetched(HTMLParser):
    """Collects what a page makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "link" and "href" in given:
            self.addresses.append(given["href"])
        elif tag != "a" and "src" in given:
            self.addresses.append(given["src"])


def test_the_site_builds_and_asks_nothing_of_anyone(tmp_path):
    """A page that is not in the menu, a dead link, or a request to another machine."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) >= len(PAGES) - 1
    for page in pages:
        reader = _Fetched()
        reader.feed(page.read_text(encoding="utf-8"))
        assert reader.addresses
        assert not [each for each in reader.addresses if re.match(r"(\w+:)?//", each)], page.name
