"""Where the standard's own files are: schemas, ruleset and code lists of IATI 2.03.

They are IATI's and are not part of this package. Somebody points to a folder that has them, in the
layout of IATI's repositories or flat; or `fetch` brings them from IATI's public addresses into the
user's data folder.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import platformdirs
from lxml import etree

from bandung.errors import InputError, StoreError
from bandung.register.iati import parsing

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = "2.03"
VARIABLE = "BANDUNG_IATI_STANDARD"
HOME = "BANDUNG_HOME"
ACTIVITIES, ORGANISATIONS = "iati-activities-schema.xsd", "iati-organisations-schema.xsd"
SCHEMAS = (ACTIVITIES, ORGANISATIONS, "iati-common.xsd", "xml.xsd")
RULESET, MAPPING = "standard.json", "mapping.xml"
MAX_FILES = 5_000
MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_FETCHED_BYTES = 128 * 1024 * 1024
XSD = "{http://www.w3.org/2001/XMLSchema}"

Kind = Literal["activities", "organisations"]


class StandardMissingError(InputError):
    """No folder with the standard's files was found, or one of them is not there."""


@dataclass(frozen=True, slots=True)
class CodeList:
    """A code list of the standard; `complete` says that no other code is allowed."""

    name: str
    complete: bool
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where codes of a list stand in a document: an XPath, and the attribute at its end."""

    path: str
    attribute: str
    condition: str
    codelist: str


@dataclass(frozen=True)
class Standard:
    """The files of the standard in a folder.

    Attributes
    ----------
    folder : Path
        The folder that was pointed to.
    files : dict of str to Path
        The schemas, the ruleset, the mapping and every code list, by file name.
    """

    folder: Path
    files: dict[str, Path]
    lock: Lock = field(default_factory=Lock, compare=False, repr=False)

    @cached_property
    def ruleset(self) -> dict[str, dict[str, Any]]:
        """The standard ruleset: rules by context."""
        rules: dict[str, dict[str, Any]] = json.loads(self._file(RULESET).read_bytes())
        return rules

    @cached_property
    def codelists(self) -> dict[str, CodeList]:
        """Every code list in the folder, by name; empty where there is none."""
        found = (_codelist(path) for name, path in self.files.items() if name.endswith(".xml"))
        return {codelist.name: codelist for codelist in found if codelist}

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where codes stand; empty where the folder has no mapping."""
        path = self.files.get(MAPPING)
        return _places(path) if path else ()

    @cached_property
    def _schemas(self) -> dict[str, etree.XMLSchema]:
        return {}

    def schema(self, kind: Kind) -> etree.XMLSchema:
        """Return the XML Schema of a kind of document; take `lock` while validating with it.

        Raises
        ------
        StandardMissingError
            The folder has no such schema, or one that points outside the folder.
        """
        if kind not in self._schemas:
            path = self._file(ACTIVITIES if kind == "activities" else ORGANISATIONS)
            _check_references(path)
            try:
                self._schemas[kind] = etree.XMLSchema(parsing.tree(path))
            except (etree.XMLSchemaParseError, parsing.XmlRefusedError) as error:
                raise StandardMissingError(f"{path} is no usable schema: {error}") from error
        return self._schemas[kind]

    def _file(self, name: str) -> Path:
        if name not in self.files:
            raise StandardMissingError(
                f"{self.folder} has no {name}: point to a folder with the IATI {VERSION} schemas, "
                "rulesets and code lists"
            )
        return self.files[name]


def home() -> Path:
    """Return the folder of the user's data that holds a fetched or installed standard."""
    place = os.environ.get(HOME) or platformdirs.user_data_dir("bandung")
    return Path(place) / "iati-standard" / VERSION


def find(folder: str | Path | None = None) -> Standard:
    """Return the standard in a folder, or where the environment or the user's data have it.

    Parameters
    ----------
    folder
        Default: the folder that ``BANDUNG_IATI_STANDARD`` names, else the user's data folder.

    Raises
    ------
    StandardMissingError
        With what to do about it.
    """
    named = folder or os.environ.get(VARIABLE)
    place = Path(named) if named else home()
    if not place.is_dir():
        raise StandardMissingError(
            f"the files of the IATI standard are not in {place}: fetch them, or let {VARIABLE} "
            "name a folder that has the schemas, rulesets and code lists of IATI "
            f"{VERSION} (they are IATI's own and do not come with this program)"
        )
    standard = Standard(place, _recognised(place))
    missing = [name for name in (*SCHEMAS, RULESET) if name not in standard.files]
    if missing:
        raise StandardMissingError(
            f"{place} lacks {', '.join(missing)}: point to a folder with the IATI {VERSION} "
            "schemas, rulesets and code lists"
        )
    return standard


def install(folder_from: str | Path) -> Standard:
    """Copy the standard's files from a folder into the user's data folder and return them there.

    Raises
    ------
    StandardMissingError
        The folder lacks a schema or the ruleset.
    StoreError
        The user's data folder cannot be written.
    """
    source = find(folder_from)
    for kind in ("activities", "organisations"):
        source.schema(kind)
    return _kept({name: path.read_bytes() for name, path in source.files.items()})


def _kept(contents: dict[str, bytes]) -> Standard:
    """Write files into the user's data folder: all of them appear at once, or none."""
    target = home()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".adding-", dir=target.parent))
        try:
            for name, content in contents.items():
                (beside / name).write_bytes(content)
            find(beside)
            if target.exists():
                old = Path(tempfile.mkdtemp(prefix=".replaced-", dir=target.parent))
                target.rename(old / "old")
                beside.rename(target)
                shutil.rmtree(old)
            else:
                beside.rename(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error}") from error
    return find(target)


def _recognised(folder: Path) -> dict[str, Path]:
    """Schemas, ruleset and code lists under a folder, whatever its layout."""
    found: dict[str, Path] = {}
    for path in _below(folder):
        if path.suffix == ".xsd" and path.name in SCHEMAS and _is_version(path):
            found.setdefault(path.name, path)
        elif path.name in _NAMES:
            found.setdefault(_NAMES[path.name], path)
        elif path.suffix == ".xml" and (path.parent == folder or path.parent.name in _LIST_FOLDERS):
            found.setdefault(path.name, path)
    return found


_NAMES = {
    RULESET: RULESET,
    "standard_ruleset.json": RULESET,
    MAPPING: MAPPING,
    "codelist-mapping.xml": MAPPING,
}
_LIST_FOLDERS = {"xml", "codelists", "codelists_non_embedded", "codelists_nonembedded"}


def _below(folder: Path) -> list[Path]:
    """Files below a folder; those whose path names another version of the standard left out."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and (not _names_version(name) or name in _OURS)
        )
        found.extend(Path(place, name) for name in sorted(names))
        if len(found) > MAX_FILES:
            raise StandardMissingError(
                f"{folder} has more than {MAX_FILES:,} files: point to the folder of the IATI "
                "standard itself"
            )
    return found


_OURS = {"2.03", "2-03", "203"}


def _names_version(name: str) -> bool:
    return name[:1] in "12" and name[1:2] in {".", "-", "0"} and name[-1:].isdigit()


def _is_version(path: Path) -> bool:
    if path.name in {"xml.xsd", "iati-common.xsd"}:
        return True
    try:
        return parsing.tree(path, max_bytes=MAX_FILE_BYTES).getroot().get("version") == VERSION
    except parsing.XmlRefusedError:
        return False


def _check_references(path: Path) -> None:
    """Refuse a schema that would have libxml2 open anything but the files beside it."""
    todo, seen = [path], set[Path]()
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        root = parsing.tree(current, max_bytes=MAX_FILE_BYTES).getroot()
        for child in root:
            if child.tag in {XSD + "include", XSD + "import", XSD + "redefine"}:
                name = child.get("schemaLocation", "")
                if name not in SCHEMAS or not (current.parent / name).is_file():
                    raise StandardMissingError(
                        f"{current}, line {parsing.line_of(child)}: it refers to {name!r}, which "
                        "is not one of the standard's schemas beside it"
                    )
                todo.append(current.parent / name)


def _codelist(path: Path) -> CodeList | None:
    try:
        root = parsing.tree(path, max_bytes=MAX_FILE_BYTES).getroot()
    except parsing.XmlRefusedError:
        return None
    if root.tag != "codelist" or not root.get("name"):
        return None
    codes = (
        item.text.strip()
        for item in root.iterfind("codelist-items/codelist-item/code")
        if item.text
    )
    return CodeList(str(root.get("name")), root.get("complete") == "1", frozenset(codes))


def _places(path: Path) -> tuple[Place, ...]:
    found = []
    for mapping in parsing.tree(path, max_bytes=MAX_FILE_BYTES).getroot().iterfind("mapping"):
        whole = (mapping.findtext("path") or "").strip()
        codelist = mapping.find("codelist")
        element, _, end = whole.rpartition("/")
        if codelist is not None and element and (end.startswith("@") or end == "text()"):
            attribute = end.removeprefix("@") if end.startswith("@") else ""
            condition = (mapping.findtext("condition") or "").strip()
            found.append(Place(element, attribute, condition, str(codelist.get("ref"))))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the standard is published: a base address for each of IATI's repositories."""

    schemas: str = "https://raw.githubusercontent.com/IATI/IATI-Schemas/version-2.03"
    rulesets: str = "https://raw.githubusercontent.com/IATI/IATI-Rulesets/version-2.03/rulesets"
    codelists: str = "https://raw.githubusercontent.com/IATI/IATI-Codelists/version-2.03"
    others: str = "https://raw.githubusercontent.com/IATI/IATI-Codelists-NonEmbedded/master"


class _Fetcher:
    """Fetches within a limit of bytes for all files together."""

    def __init__(self, timeout: float, limit: int) -> None:
        self.timeout = timeout
        self.left = limit

    def get(self, address: str) -> bytes | None:
        """Return what stands at an address, or None where there is nothing."""
        if not address.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise InputError(f"{address}: only https addresses are fetched from")
        most = min(self.left, MAX_FILE_BYTES)
        try:
            with urllib.request.urlopen(address, timeout=self.timeout) as answer:  # noqa: S310 - the scheme was checked above
                content: bytes = answer.read(most + 1)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == http.client.NOT_FOUND:
                    return None
                raise StoreError(f"{address} answered {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            raise StoreError(
                f"{address} cannot be reached ({error}): bring the files yourself and let "
                f"{VARIABLE} name their folder"
            ) from error
        if len(content) > most:
            raise StoreError(f"{address}: more than {most:,} bytes, too large for a file of IATI's")
        self.left -= len(content)
        return content

    def need(self, address: str) -> bytes:
        """Return what stands at an address, which has to be there."""
        content = self.get(address)
        if content is None:
            raise StoreError(f"{address}: there is no such file")
        return content


def fetch(
    addresses: Addresses | None = None, *, timeout: float = 30, limit: int = MAX_FETCHED_BYTES
) -> Standard:
    """Fetch the standard from IATI's public addresses into the user's data folder.

    Parameters
    ----------
    addresses
        Base addresses; default: IATI's public repositories.
    timeout
        Seconds to wait for each file.
    limit
        Bytes for all files together.

    Raises
    ------
    StoreError
        An address cannot be reached, a file is missing or too large, or the folder cannot be
        written. What was there before stays.
    """
    base, fetcher = addresses or Addresses(), _Fetcher(timeout, limit)
    contents = {name: fetcher.need(f"{base.schemas}/{name}") for name in SCHEMAS}
    contents[RULESET] = fetcher.need(f"{base.rulesets}/{RULESET}")
    contents[MAPPING] = fetcher.need(f"{base.codelists}/{MAPPING}")
    for name in _list_names(contents[MAPPING]):
        content = fetcher.get(f"{base.codelists}/xml/{name}") or fetcher.get(
            f"{base.others}/xml/{name}"
        )
        if content is not None:
            contents[name] = content
    return _kept(contents)


def _list_names(mapping: bytes) -> Iterable[str]:
    found = parsing.tree(mapping).getroot().iterfind("mapping/codelist")
    refs = {str(item.get("ref")) for item in found}
    return sorted(f"{ref}.xml" for ref in refs if ref.replace("-", "").isalnum())
