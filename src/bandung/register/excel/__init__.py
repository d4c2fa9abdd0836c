"""The workbook of activities: its template, statements written to it, and reading it.

Everything here is pure: contents in, a file out, and the other way round. What a file would change
is decided by the importer, from the `Reading`.
"""

from bandung.register.excel.codebook import Codebook, Option
from bandung.register.excel.findings import Problem, Reading, Row
from bandung.register.excel.reading import read
from bandung.register.excel.writing import Entry, write, write_template

__all__ = [
    "Codebook",
    "Entry",
    "Option",
    "Problem",
    "Reading",
    "Row",
    "read",
    "write",
    "write_template",
]
