"""From a drawing to a figure on the page: numbers by language, and clean, themed, safe SVG."""

from __future__ import annotations

import hashlib
import json
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode
from babel import Locale
from babel.core import UnknownLocaleError
from babel.numbers import format_decimal

from bandung.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WIDE = 720
NARROW = 340
FONTS = 'system-ui, "Segoe UI", Tahoma, "Noto Sans Arabic", "DejaVu Sans", sans-serif'
HATCH = "url(#hatch)"

OWN = "#0072B2"
FELLOW = "#009E73"
SOUTH = "#F0E442"
SOUTH_EDGE = "#8A8200"
REST = "#999999"

# Light and dark value of each CSS variable a figure asks for.
PALETTE: Mapping[str, tuple[str, str]] = {
    "ink": ("#1a1a1a", "#ececec"),
    "muted": ("#5b5b5b", "#b4b4b4"),
    "line": ("#0072B2", "#56B4E9"),
    "grid": ("#dddddd", "#444444"),
    "paper": ("#ffffff", "#161616"),
    "land": ("#e9e9e9", "#2e2e2e"),
    "tint": ("#b9e0d2", "#1d5747"),
    "amount-1": ("#efedf5", "#2c2640"),
    "amount-2": ("#dadaeb", "#40366a"),
    "amount-3": ("#bcbddc", "#5a4d92"),
    "amount-4": ("#9e9ac8", "#7d72b8"),
    "amount-5": ("#756bb1", "#aaa4d6"),
    "amount-6": ("#54278f", "#dedcf2"),
    "on-amount-1": ("#1a1a1a", "#ffffff"),
    "on-amount-2": ("#1a1a1a", "#ffffff"),
    "on-amount-3": ("#1a1a1a", "#ffffff"),
    "on-amount-4": ("#1a1a1a", "#0d0d0d"),
    "on-amount-5": ("#ffffff", "#0d0d0d"),
    "on-amount-6": ("#ffffff", "#0d0d0d"),
}

_SVG = "http://www.w3.org/2000/svg"
_AROUND = re.compile(r"[#0][#0,.]*")
_LAST_ZERO = re.compile(r"0(?!.*0)")
_NUMBER = re.compile(r"-?\d*\.?\d+(?:e[-+]?\d+)?")
_POLYGON = re.compile(r"[\d.,MLZe+-]*")
LEAST_DECIMALS = 6

_STRAIGHT = re.compile(r"([ML])([^,MLZ]+),([^,MLZ]+)|Z")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_GEOMETRY = ("d", "transform", "x", "y", "x1", "y1", "x2", "y2", "width", "height", "stroke-width")
_DROPPED = ("role", "class", "pointer-events", "font-family")
_DIGITS = "0123456789"
# The numerals of the numbering systems that the pages use.
_NUMERALS = {"latn": _DIGITS, "arab": "٠١٢٣٤٥٦٧٨٩"}
# d3 asks for a currency; no figure prints one.
_NO_CURRENCY = ["", ""]


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture, drawn twice for the page to choose from by a media query.

    Attributes
    ----------
    wide, narrow
        A complete inline ``<svg>`` element, drawn at 720 and at 340 CSS pixels.
    """

    wide: str
    narrow: str


@dataclass(frozen=True, slots=True)
class Caption:
    """What a reader who does not see the picture is told.

    Attributes
    ----------
    title, description
        Become ``<title>`` and ``<desc>``, already in the page's language.
    key
        Tells apart two figures of one page that are otherwise the same.
    """

    title: str
    description: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How one language writes numbers, by CLDR.

    Attributes
    ----------
    lang
        Language tag as Babel knows it.
    rtl
        Whether the page runs from right to left.
    system
        Numbering system, as in ``"latn"`` or ``"arab"``.
    decimal, grouping, plus, minus, percent_sign
        Symbols.
    percent_pattern
        Number pattern with a percent sign, as in ``"#,##0%"``.
    numerals
        The ten digits.

    Examples
    --------
    >>> NumberStyle.of("pt").percent(0.1234, 1), NumberStyle.of("es").number(1955000)
    ('12,3%', '1.955.000')
    """

    lang: str
    rtl: bool
    system: str
    decimal: str
    grouping: str
    plus: str
    minus: str
    percent_sign: str
    percent_pattern: str
    numerals: tuple[str, ...]

    @classmethod
    def of(cls, lang: str) -> NumberStyle:
        """Build the style of a language, such as ``"en"`` or ``"ar"``, with its own numerals.

        Raises
        ------
        InputError
            If CLDR does not know the language.
        """
        try:
            locale = Locale.parse(lang, sep="-" if "-" in lang else "_")
        except (ValueError, UnknownLocaleError) as error:
            raise InputError(
                f"language {lang!r} is not in CLDR; give a tag such as 'en' or 'ar'"
            ) from error
        native = locale.other_numbering_systems.get("native", "latn")
        system = native if native in _NUMERALS else "latn"
        symbols = locale.number_symbols[system]
        return cls(
            lang=str(locale),
            rtl=locale.text_direction == "rtl",
            system=system,
            decimal=symbols["decimal"],
            grouping=symbols["group"],
            plus=symbols["plusSign"],
            minus=symbols["minusSign"],
            percent_sign=symbols["percentSign"],
            percent_pattern=locale.percent_formats[None].pattern,
            numerals=tuple(_NUMERALS[system]),
        )

    def percent(self, share: float, digits: int = 0) -> str:
        """Write a fraction as percent with so many decimals."""
        before, after = _AROUND.split(self.percent_pattern, maxsplit=1)
        return f"{before}{self.number(share * 100, digits)}{after}".replace("%", self.percent_sign)

    def small_percent(self, share: float) -> str:
        """Write a fraction as percent, one decimal or, below one percent, two figures that count.

        Examples
        --------
        >>> NumberStyle.of("en").small_percent(0.173), NumberStyle.of("en").small_percent(0.00057)
        ('17.3%', '0.057%')
        """
        percent = abs(share) * 100
        below = -math.floor(math.log10(percent)) if 0 < percent < 1 else 0
        return self.percent(share, min(1 + below, LEAST_DECIMALS))

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with grouping and so many decimals."""
        return self._written(value, "#,##0", digits)

    def signed(self, value: float, digits: int = 0) -> str:
        """Write a number with its sign; one that rounds to zero has none.

        Examples
        --------
        >>> NumberStyle.of("fr").signed(0.1234, 2), NumberStyle.of("en").signed(-0.001, 2)
        ('+0,12', '0.00')
        """
        even = _even(value, digits)
        return (self.plus if even > 0 else "") + self.number(even, digits)

    def signed_percent(self, share: float, digits: int = 0) -> str:
        """Write a fraction as percent with its sign; one that rounds to zero has none.

        Examples
        --------
        >>> NumberStyle.of("en").signed_percent(0.001234, 2)
        '+0.12%'
        """
        even = _even(100 * share, digits)
        return (self.plus if even > 0 else "") + self.percent(even / 100, digits)

    def year(self, year: int) -> str:
        """Write a year: no grouping."""
        return self._written(year, "0", 0)

    def digits(self, text: str) -> str:
        """Write the digits of a text, such as a date, with this language's numerals."""
        return text.translate(str.maketrans(_DIGITS, "".join(self.numerals)))

    def _written(self, value: float, pattern: str, digits: int) -> str:
        # Babel sets the separators of a numbering system, not its numerals or minus.
        exact = _LAST_ZERO.sub("0." + "0" * digits, pattern) if digits else pattern
        plain = format_decimal(
            round(value, 9) + 0.0, exact, locale=self.lang, numbering_system=self.system
        )
        return self.digits(plain).replace("-", self.minus)

    def for_axes(self) -> dict[str, Any]:
        """Return the number locale that d3, and so every axis, reads."""
        before, _, after = self.percent(0).partition(self.numerals[0])
        return {
            "decimal": self.decimal,
            "thousands": self.grouping,
            "grouping": [3],
            "currency": _NO_CURRENCY,
            "numerals": list(self.numerals),
            "percent": after or before,
            "minus": self.minus,
        }


def paint(name: str) -> str:
    """Return the CSS variable of a palette colour with its light value to fall back on.

    Examples
    --------
    >>> paint("ink")
    'var(--ink, #1a1a1a)'
    """
    return f"var(--{name}, {PALETTE[name][0]})"


def style_sheet() -> str:
    """Return the CSS a page needs once: light and dark values of every variable of figures.

    Paper is always white: the dark values hold on screens alone.
    """
    light, dark = (
        " ".join(f"--{name}: {values[mode]};" for name, values in PALETTE.items())
        for mode in (0, 1)
    )
    return (
        f":root {{ {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    )


def render(
    build: Callable[[int], alt.LayerChart],
    caption: Caption,
    style: NumberStyle,
    data: Mapping[str, Any] | None = None,
) -> Figure:
    """Draw a chart at both widths as clean SVG; the same input gives the same bytes.

    Parameters
    ----------
    build
        Makes the chart for a width in CSS pixels.
    caption
        Title and description for readers who do not see it.
    style
        How the axes write numbers.
    data
        Data sets the chart calls by name (a map, say).
    """
    # Checking every mark against the schema takes most of the time; the tests do it instead.
    with debug_mode(False):  # noqa: FBT003 - Altair's own signature
        return Figure(
            wide=_draw(build(WIDE), WIDE, caption, style, data or {}),
            narrow=_draw(build(NARROW), NARROW, caption, style, data or {}),
        )


def _even(value: float, digits: int) -> float:
    """Return 0 for what rounds to it."""
    return 0.0 if round(value, digits) == 0 else value


def _draw(
    chart: alt.LayerChart,
    width: int,
    caption: Caption,
    style: NumberStyle,
    data: Mapping[str, Any],
) -> str:
    themed = chart.configure(background="transparent", view=alt.ViewConfig(stroke=None))
    spec = themed.to_dict(validate=False)
    spec["datasets"] = {**spec.get("datasets", {}), **data}
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    drawn = vl_convert.vegalite_to_svg(
        spec, vl_version=version, allowed_base_urls=[], format_locale=style.for_axes()
    )
    del spec["datasets"]
    seed = json.dumps([spec, caption.title, caption.description, caption.key], sort_keys=True)
    mark = f"f{hashlib.sha256(seed.encode()).hexdigest()[:10]}"
    return _finish(drawn, width, caption, style, mark)


def _finish(drawn: str, width: int, caption: Caption, style: NumberStyle, mark: str) -> str:
    """Turn Vega's SVG into ours: named, themed, unique in its ids and without ballast."""
    root = ET.fromstring(drawn)  # noqa: S314 - our own converter wrote it
    _clean(root)
    body = ET.Element("g", {"aria-hidden": "true"})
    body.extend(list(root))
    box = root.get("viewBox", "")
    svg = ET.Element(
        "svg",
        {
            "xmlns": _SVG,
            "role": "img",
            "lang": style.lang.replace("_", "-"),
            "viewBox": box,
            "aria-labelledby": f"{mark}-t {mark}-d",
            "style": f"direction:ltr;display:block;width:100%;max-width:{width}px;height:auto;"
            f"font-family:{FONTS.replace(chr(34), chr(39))}",
        },
    )
    ET.SubElement(svg, "title", {"id": f"{mark}-t"}).text = caption.title
    ET.SubElement(svg, "desc", {"id": f"{mark}-d"}).text = caption.description
    hatched = any(node.get("fill") == HATCH for node in body.iter())
    if hatched:
        svg.append(_hatching())
    svg.append(body)
    _rename(svg, mark)
    return ET.tostring(svg, encoding="unicode")


def _clean(node: ET.Element) -> None:
    """Drop what only Vega needs, round coordinates and fold groups that do nothing."""
    for child in list(node):
        child.tag = child.tag.rpartition("}")[2]
        if child.get("class") in {"background", "foreground"} or child.get("display") == "none":
            node.remove(child)
            continue
        _clean_attributes(child)
        _clean(child)
        empty = {
            "g": len(child) == 0,
            "path": not child.get("d"),
            "text": not child.text,
            "defs": len(child) == 0,
        }
        if empty.get(child.tag, False):
            node.remove(child)
        elif child.tag == "g" and not child.attrib:
            place = list(node).index(child)
            node.remove(child)
            for offset, grandchild in enumerate(list(child)):
                node.insert(place + offset, grandchild)


def _clean_attributes(node: ET.Element) -> None:
    for name in list(node.attrib):
        if name in _DROPPED or name.startswith("aria-"):
            del node.attrib[name]
    if node.get("opacity") == "1":
        del node.attrib["opacity"]
    for name in _GEOMETRY:
        value = node.get(name)
        if value is not None:
            node.set(name, _rounded(value, path=name == "d"))
    if node.get("transform") == "translate(0,0)":
        del node.attrib["transform"]
    if node.tag == "text":
        if node.get("text-anchor") == "start":
            del node.attrib["text-anchor"]
        if node.get("stroke"):
            node.set("paint-order", "stroke")


def _rounded(value: str, *, path: bool) -> str:
    """Round to tenths of a pixel; outlines of straight lines are also coded as steps."""
    if path and _POLYGON.fullmatch(value):
        return _steps(value)
    return _NUMBER.sub(lambda found: _short(round(float(found[0]) * 10)), value)


def _steps(outline: str) -> str:
    """Code an outline as differences in tenths, points that coincide left out."""
    parts: list[str] = []
    here = start = (0, 0)
    for found in _STRAIGHT.finditer(outline):
        if found[0] == "Z":
            parts.append("z")
            here = start
            continue
        there = (round(float(found[2]) * 10), round(float(found[3]) * 10))
        if found[1] == "M":
            parts.append(f"M{_short(there[0])},{_short(there[1])}")
            start = there
        elif there != here:
            across, down = _short(there[0] - here[0]), _short(there[1] - here[1])
            parts.append(f"l{across}{'' if down.startswith('-') else ','}{down}")
        here = there
    return "".join(parts)


def _short(tenths: int) -> str:
    sign = "-" if tenths < 0 else ""
    whole, rest = divmod(abs(tenths), 10)
    if rest:
        return f"{sign}{whole or ''}.{rest}"
    return f"{sign}{whole}" if whole else "0"


def _hatching() -> ET.Element:
    defs = ET.Element("defs")
    size = {"width": "4", "height": "4"}
    pattern = ET.SubElement(
        defs,
        "pattern",
        {
            "id": "hatch",
            "patternUnits": "userSpaceOnUse",
            "patternTransform": "rotate(45)",
            **size,
        },
    )
    ET.SubElement(pattern, "rect", {"fill": paint("paper"), **size})
    ET.SubElement(pattern, "rect", {"fill": paint("grid"), "width": "1.4", "height": "4"})
    return defs


def _rename(svg: ET.Element, mark: str) -> None:
    """Give every id of the drawing, and what points to it, the figure's own mark."""
    names: dict[str, str] = {}
    for node in svg.iter():
        name = node.get("id")
        if name is not None and not name.startswith(f"{mark}-"):
            names[name] = f"{mark}-{len(names) + 1}"
            node.set("id", names[name])
    for node in svg.iter():
        for key, value in node.attrib.items():
            found = _REFERENCE.fullmatch(value)
            if found:
                node.set(key, f"url(#{names[found[1]]})")
