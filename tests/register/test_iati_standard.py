"""Where the standard's files are found, copied and fetched from."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from dataclasses import replace

import pytest

from bandung.errors import InputError, StoreError
from bandung.register.iati import standard


@pytest.fixture
def layout(shared_data, tmp_path):
    """The files of the standard, laid out as the test asks, in a folder of this run."""
    files = standard.find(shared_data / "iati_standard").files

    def laid(place_of) -> object:
        for name, path in files.items():
            target = tmp_path / "standard" / place_of(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        return tmp_path / "standard"

    return laid


def test_layouts_of_the_repositories_and_flat_ones_are_the_same_standard(shared_data, layout):
    """A folder without subfolders is not recognised, or has other lists than the repositories'."""
    theirs = standard.find(shared_data / "iati_standard")
    flat = standard.find(layout(lambda name: name))
    assert set(flat.files) == set(theirs.files) >= {*standard.SCHEMAS, "Sector.xml"}
    assert flat.ruleset == theirs.ruleset
    assert flat.codelists == theirs.codelists
    assert len(flat.places) == len(theirs.places) > 100


def test_layout_of_versions_side_by_side_takes_ours(layout):
    """Files of version 2.02 beside ours are taken for those of 2.03."""
    names = {"standard.json": "standard_ruleset.json", "mapping.xml": "codelist-mapping.xml"}

    def place_of(name: str) -> str:
        kind = "schemas" if name.endswith(".xsd") else "codelists"
        return f"2-03/{kind}/{names.get(name, name)}"

    folder = layout(place_of)
    older = folder / "2-02" / "codelists"
    older.mkdir(parents=True)
    (older / "Sector.xml").write_text('<codelist name="Sector" complete="1"/>')
    found = standard.find(folder)
    assert found.codelists["Sector"].codes
    assert found.ruleset
    assert found.places


def test_no_standard_says_what_to_do(store_home, monkeypatch):
    """A user without the files is told a traceback, not where to put them."""
    monkeypatch.delenv(standard.VARIABLE, raising=False)
    with pytest.raises(standard.StandardMissingError, match=standard.VARIABLE) as missing:
        standard.find()
    assert str(store_home) in str(missing.value)


def test_a_folder_that_lacks_a_schema_is_named(layout):
    """An incomplete folder is accepted, and the validator falls over later."""
    folder = layout(lambda name: name)
    (folder / "iati-common.xsd").unlink()
    with pytest.raises(standard.StandardMissingError, match=r"lacks iati-common\.xsd"):
        standard.find(folder)


def test_environment_names_the_folder(shared_data, monkeypatch):
    """BANDUNG_IATI_STANDARD is not looked at."""
    monkeypatch.setenv(standard.VARIABLE, str(shared_data / "iati_standard"))
    assert standard.find().folder == shared_data / "iati_standard"


def test_installed_is_found_again_and_replaced_whole(shared_data, store_home, monkeypatch):
    """What was installed is not found without being pointed to, or a second time breaks it."""
    monkeypatch.delenv(standard.VARIABLE, raising=False)
    for _ in range(2):
        installed = standard.install(shared_data / "iati_standard")
        assert installed.folder.is_relative_to(store_home)
        assert standard.find().files == installed.files
        assert installed.schema("activities") is not None
    left = [path.name for path in installed.folder.parent.iterdir()]
    assert left == [standard.VERSION]


def test_a_schema_that_reaches_outside_its_folder_is_refused(layout):
    """A schema brought by somebody makes the program open an address or another file."""
    folder = layout(lambda name: name)
    path = folder / standard.ACTIVITIES
    for elsewhere in ("http://127.0.0.1:9/xml.xsd", "../secret.xsd"):
        text = path.read_text("utf-8")
        path.write_text(text.replace('schemaLocation="xml.xsd"', f'schemaLocation="{elsewhere}"'))
        with pytest.raises(standard.StandardMissingError, match="refers to"):
            standard.find(folder).schema("activities")
        path.write_text(text)


@pytest.fixture
def server(shared_data):
    """IATI's addresses on this machine; what was asked for is remembered."""
    asked: list[str] = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    handler = functools.partial(Quiet, directory=str(shared_data / "iati_standard"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        base = f"http://127.0.0.1:{running.server_port}"
        yield (
            standard.Addresses(
                schemas=f"{base}/schemas",
                rulesets=f"{base}/rulesets/rulesets",
                codelists=f"{base}/codelists",
                others=f"{base}/codelists_nonembedded",
            ),
            asked,
        )
        running.shutdown()
        thread.join()


def test_fetched_is_the_standard_that_was_published(server, shared_data, store_home):
    """Fetching brings other files than those at the addresses, or not all that are mapped."""
    addresses, _ = server
    fetched = standard.fetch(addresses)
    theirs = standard.find(shared_data / "iati_standard")
    assert fetched.folder.is_relative_to(store_home)
    assert fetched.ruleset == theirs.ruleset
    mapped = {place.codelist for place in theirs.places} & set(theirs.codelists)
    assert {name: theirs.codelists[name] for name in mapped} == fetched.codelists


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schemas": "/nowhere"}, "there is no such file"),
        ({"rulesets": "/schemas"}, "there is no such file"),
    ],
)
def test_a_fetch_that_fails_leaves_what_was_there(server, shared_data, store_home, change, problem):
    """A missing file at an address leaves half a standard in the user's folder."""
    addresses, _ = server
    base = addresses.schemas.removesuffix("/schemas")
    before = standard.install(shared_data / "iati_standard").files
    wrong = replace(addresses, **{key: base + value for key, value in change.items()})
    with pytest.raises(StoreError, match=problem):
        standard.fetch(wrong)
    assert standard.find(store_home / "iati-standard" / standard.VERSION).files == before


def test_too_much_is_not_fetched(server, shared_data, store_home):
    """An address that sends without end fills the disk."""
    addresses, _ = server
    first = (shared_data / "iati_standard" / "schemas" / standard.ACTIVITIES).stat().st_size
    for limit, name in ((10_000, standard.ACTIVITIES), (first + 100, standard.ORGANISATIONS)):
        with pytest.raises(StoreError, match=f"{name}.*too large"):
            standard.fetch(addresses, limit=limit)
    assert not list(store_home.rglob("*.xsd"))


def test_an_address_nobody_answers_at_is_told(store_home):
    """No network ends in a traceback."""
    assert not store_home.exists()
    nobody = standard.Addresses(schemas="http://127.0.0.1:9")
    with pytest.raises(StoreError, match="cannot be reached"):
        standard.fetch(nobody, timeout=2)


def test_only_secure_addresses_are_fetched_from():
    """A file of the machine, or an address without encryption, is opened."""
    for address in ("file:///etc", "http://example.org"):
        with pytest.raises(InputError, match="only https"):
            standard.fetch(standard.Addresses(schemas=address))
