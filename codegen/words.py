# SPDX-License-Identifier: Apache-2.0
"""Numbers as people read them."""


def size_text(size):
    for shift, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >> shift:
            return f"{size >> shift} {unit}"
    return f"{size} bytes"


def span_text(high, low):
    """Bits without the word: 51:12, or 63."""
    return str(high) if high == low else f"{high}:{low}"


def value_text(value, bits):
    """The value of a field: small ones bit by bit, as manuals have them."""
    if bits == 1:
        return str(value)
    return f"0b{value:0{bits}b}" if bits <= 8 else f"{value:#x}"


def condition_text(condition):
    """Features that a row asks for; nothing if it holds on every CPU."""
    parts = [f"with {' and '.join(condition.with_)}"] if condition.with_ else []
    parts += [f"without {' and '.join(condition.without)}"] if condition.without else []
    return ", ".join(parts)


def gpa_bits_text(mode):
    """How wide guest physical addresses may be."""
    if mode.gpa_bits_min == mode.gpa_bits_max:
        return str(mode.gpa_bits_max)
    fewer = f" ({mode.gpa_bits_fewer} {condition_text(mode.fewer)})" if mode.fewer else ""
    return f"{mode.gpa_bits_min}{fewer} to {mode.gpa_bits_max}"


def listed(words, last="and"):
    """a, b and c"""
    words = list(words)
    return ", ".join(words[:-1]) + f" {last} {words[-1]}" if len(words) > 1 else "".join(words)
