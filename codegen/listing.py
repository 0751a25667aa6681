# SPDX-License-Identifier: Apache-2.0
"""Formats and modes as a table for people."""

from codegen.words import gpa_bits_text, size_text

HEADINGS = ("format", "arch", "mode", "levels", "gpa bits", "leaf sizes")


def listing(models):
    """The lines of the table; '*' marks the mode that is taken when none is named."""
    rows = [HEADINGS]
    for model in models:
        for mode in model.modes:
            rows.append((model.name, model.arch, mode.name + ("*" if mode.is_default else ""), str(len(mode.levels)),
                         _gpa_bits(mode), _leaf_sizes(mode)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def _gpa_bits(mode):
    if mode.gpa_bits_min == mode.gpa_bits_max:
        return gpa_bits_text(mode)
    return f"{gpa_bits_text(mode)} ({mode.gpa_bits_preferred})"


def _leaf_sizes(mode):
    leaves = [(level.span, level.leaf.condition.with_) for level in reversed(mode.levels) if level.leaf]
    return ", ".join(size_text(size) + (f" ({' and '.join(needed)})" if needed else "") for size, needed in leaves)
