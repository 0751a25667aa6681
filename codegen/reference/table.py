# SPDX-License-Identifier: Apache-2.0
"""A table of a page, as the templates write it down."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    heading: str
    style: str = ""  # code, number, or nothing for words


@dataclass
class Table:
    """Rows of cells; a cell is a text, or a list of texts that stand one below the other."""

    caption: str
    columns: list[Column]
    rows: list[list] = field(default_factory=list)

    def without_empty_columns(self):
        """The same without the columns in which no row says anything."""
        keep = [number for number in range(len(self.columns)) if any(row[number] for row in self.rows)]
        return Table(self.caption, [self.columns[number] for number in keep],
                     [[row[number] for number in keep] for row in self.rows])


def code(heading):
    return Column(heading, "code")


def number(heading):
    return Column(heading, "number")
