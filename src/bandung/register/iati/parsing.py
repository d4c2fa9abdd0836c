"""XML from strangers: no document type, no entities, no network, limits on size and depth."""

from __future__ import annotations

import io
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree as Prolog  # type: ignore[import-untyped]
from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from lxml import etree

from bandung.errors import SourceError
from bandung.register.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator

Source = bytes | str | Path
Element = etree._Element  # noqa: SLF001 - lxml has no public name for the type

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 64
LINES_OF_ELEMENTS = 65_535
SPACE = "{http://www.w3.org/XML/1998/namespace}"


class XmlRefusedError(SourceError):
    """A document that is not read: not well-formed, too large, too deep, or with a document type.

    Parameters
    ----------
    problem
        What is wrong and how to mend it.
    name
        The file; empty calls it the document.
    line
        Line of the problem where known, else 0.
    """

    def __init__(self, problem: str, *, name: str = "", line: int = 0) -> None:
        told = {"name": name or _("the document"), "line": line, "problem": problem}
        said = _("%(name)s, line %(line)s: %(problem)s") if line else _("%(name)s: %(problem)s")
        super().__init__(said % told)
        self.problem = problem
        self.line = line


def name_of(source: Source) -> str:
    """Return what messages call the source."""
    return _("the document") if isinstance(source, bytes) else Path(source).name


@contextmanager
def opened(source: Source, max_bytes: int = MAX_BYTES) -> Iterator[IO[bytes]]:
    """Open a document whose size and first lines have been looked at.

    Raises
    ------
    XmlRefusedError
        Larger than `max_bytes`, empty, absent, or with a document type declaration.
    """
    name = name_of(source)
    if isinstance(source, bytes):
        size = len(source)
    else:
        try:
            with Path(source).open("rb") as file:
                size = file.seek(0, io.SEEK_END)
        except OSError as error:
            problem = _("cannot be read (%(problem)s)") % {"problem": error.strerror}
            raise XmlRefusedError(problem, name=name) from error
    if size > max_bytes:
        raise XmlRefusedError(
            _(
                "%(bytes)s bytes are more than the %(most)s that are read at once: split it into "
                "several files"
            )
            % {"bytes": f"{size:,}", "most": f"{max_bytes:,}"},
            name=name,
        )
    if not size:
        raise XmlRefusedError(_("it is empty"), name=name)
    with io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as stream:
        _look_at_prolog(stream, name)
        stream.seek(0)
        yield stream


def _look_at_prolog(stream: IO[bytes], name: str) -> None:
    try:
        next(iter(Prolog.iterparse(stream, events=("start",), forbid_dtd=True)), None)
    except DefusedXmlException as error:
        raise XmlRefusedError(
            _(
                "it has a document type declaration, with which a file can pull in other files or "
                "grow without end; IATI needs none: take the <!DOCTYPE …> out"
            ),
            name=name,
        ) from error
    except ParseError as error:
        line = error.position[0]
        problem = _("it is not well-formed XML (%(problem)s)") % {"problem": error}
        raise XmlRefusedError(problem, name=name, line=line) from None
    except (LookupError, UnicodeError, ValueError) as error:
        problem = _("its encoding cannot be read (%(problem)s): save it as UTF-8")
        raise XmlRefusedError(problem % {"problem": error}, name=name) from error


def refused(error: etree.XMLSyntaxError, name: str) -> XmlRefusedError:
    """Return our error for one of lxml's, with its line."""
    line = error.lineno or 0
    text = (error.msg or "unknown").split(" (<")[0]
    problem = _("it is not well-formed XML (%(problem)s)") % {"problem": text}
    return XmlRefusedError(problem, name=name, line=line)


def tree(source: Source, *, max_bytes: int = MAX_BYTES) -> etree._ElementTree:
    """Parse a whole document.

    Raises
    ------
    XmlRefusedError
        Anything that `opened` refuses, not well-formed, or deeper than `MAX_DEPTH`.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    with opened(source, max_bytes) as stream:
        try:
            document = etree.parse(stream, parser)
        except etree.XMLSyntaxError as error:
            raise refused(error, name_of(source)) from error
    _check_depth(document.getroot(), name_of(source))
    return document


def _check_depth(root: Element, name: str) -> None:
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise XmlRefusedError(
                _("elements lie %(depth)s deep in each other, deeper than IATI ever goes")
                % {"depth": MAX_DEPTH},
                name=name,
                line=line_of(element),
            )


def elements(
    source: Source, tag: str, root: str, *, max_bytes: int = MAX_BYTES
) -> Iterator[Element]:
    """Yield the elements of a name under the root one by one; each is forgotten after its turn.

    The root element itself comes first, without its children.

    Raises
    ------
    XmlRefusedError
        Anything that `tree` refuses, or a document whose root is not `root`.
    """
    name = name_of(source)
    with opened(source, max_bytes) as stream:
        events = etree.iterparse(
            stream,
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        try:
            yield from _walk(events, tag, root, name)
        except etree.XMLSyntaxError as error:
            raise refused(error, name) from error


def _walk(
    events: Iterator[tuple[str, Element]], tag: str, root: str, name: str
) -> Iterator[Element]:
    depth = 0
    for event, element in events:
        if event == "start":
            depth += 1
            if depth == 1:
                if element.tag != root:
                    raise XmlRefusedError(
                        _(
                            "its first element is <%(found)s>, not <%(wanted)s>: this is no file "
                            "of IATI activities"
                        )
                        % {"found": element.tag, "wanted": root},
                        name=name,
                        line=line_of(element),
                    )
                yield element
            if depth > MAX_DEPTH:
                raise XmlRefusedError(
                    _("elements lie %(depth)s deep in each other, deeper than IATI ever goes")
                    % {"depth": MAX_DEPTH},
                    name=name,
                    line=line_of(element),
                )
            continue
        depth -= 1
        if depth == 1:
            if element.tag == tag:
                yield element
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]


def line_of(element: Element) -> int:
    """Return the line an element begins on, 0 where unknown.

    libxml2 keeps 16 bits for an element's line; beyond, it gives the line its first text ends on.
    """
    line = cast("int | None", element.sourceline) or 0
    return line - (element.text or "").count("\n") if line >= LINES_OF_ELEMENTS else line


def select(document: etree._ElementTree, path: str) -> list[Element]:
    """Return the elements that an XPath from the root of a document selects."""
    return cast("list[Element]", document.xpath(path))
