# SPDX-License-Identifier: Apache-2.0
"""The values that a condition leaves to a field: runs (lowest, highest), in order and apart.

A field with a sign is taken as its bits: what is below 0 lies in the upper half.
"""

from codegen.load import Node, plain


def field_values(node, width, signed=False):
    """What a number, a list of numbers, 'nonzero' or {at_least: N} leaves to a field of that width."""
    value = plain(node) if isinstance(node, Node) else node
    most = (1 << width) - 1
    if value == "nonzero":
        return [(1, most)]
    if isinstance(value, dict):
        return [(value["at_least"], (1 << (width - signed)) - 1)]
    runs = []
    for number in sorted(set(value if isinstance(value, list) else [value])):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


def within(one, other):
    """Whether all values of one are values of the other."""
    return all(any(low <= first and last <= high for low, high in other) for first, last in one)


def overlap(one, other):
    return any(low <= last and first <= high for first, last in one for low, high in other)
