# SPDX-License-Identifier: Apache-2.0
"""What the generator has to say about a specification: one line for each defect, with its place."""

import difflib
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One defect: what is wrong, and what was expected instead."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self):
        return f"{self.file}:{self.line}:{self.column}: error: {self.message}"


def _on_one_line(text):
    """What a specification says may be anything; its error is a line, and can be printed."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


class Diagnostics:
    """Collects the defects of one file; the same words about the same place count once."""

    def __init__(self, file):
        self.file = file
        self._found = set()

    def error(self, node, message):
        """A node of another file keeps that file's name."""
        self._found.add(Diagnostic(node.line.file or self.file, int(node.line), node.column, _on_one_line(message)))

    def error_at(self, line, column, message):
        self._found.add(Diagnostic(self.file, line, column, _on_one_line(message)))

    def __len__(self):
        return len(self._found)

    def sorted(self):
        return sorted(self._found)


MANY = 6


def closest(word, known):
    """The known name that was probably meant, or None."""
    match = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return match[0] if match else None


def expected_one_of(word, known):
    """What an unknown word should have been: "expected 'a' or 'b' (did you mean 'b'?)"."""
    known = list(known)
    guess = closest(word, known)
    if guess is None or len(known) == 1:
        return f"expected {listed(known)}"
    if len(known) > MANY:
        return f"expected '{guess}' perhaps"
    return f"expected {listed(known)} (did you mean '{guess}'?)"


def listed(names, last="or"):
    """'a', 'b' or 'c'"""
    quoted = [f"'{name}'" for name in names]
    if not quoted:
        return "none"
    if len(quoted) == 1:
        return quoted[0]
    return ", ".join(quoted[:-1]) + f" {last} " + quoted[-1]
