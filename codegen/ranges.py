# SPDX-License-Identifier: Apache-2.0
"""Bits and runs of bits as a specification writes them: `63`, `51:12`."""


def mask(high, low):
    return ((1 << (high - low + 1)) - 1) << low


def bits_text(high, low):
    return f"bit {high}" if high == low else f"bits {high}:{low}"


def bits_verb(high, low, verb):
    """The bits as the subject of a verb in the plural: "bits 9:8 are", "bit 8 is"."""
    if high != low:
        return f"{bits_text(high, low)} {verb}"
    return f"{bits_text(high, low)} {'is' if verb == 'are' else verb + 's'}"


def runs(bits):
    """The runs of ones in a mask as (high, low), lowest first."""
    low = 0
    while bits >> low:
        if bits >> low & 1:
            high = low
            while bits >> (high + 1) & 1:
                high += 1
            yield high, low
            low = high
        low += 1


class Ranges:
    """Reads ranges and reports those that make no sense."""

    def __init__(self, found):
        self._found = found

    def get(self, node, limit, what):
        """(high, low), or None after reporting why not; `what` has `limit` bits."""
        high, _, low = node.text.partition(":")
        if isinstance(node.value, int):
            high, low = node.value, ""
        high = int(high)
        low = int(low) if low else high
        if high < low:
            mirrored = f"{limit - 1 - high}:{limit - 1 - low}"
            other_end = f", or {mirrored} if the manual calls the highest bit 0" if low < limit else ""
            self._found.error(node, f"range {high}:{low} begins with the lower bit, expected {low}:{high}{other_end}")
            return None
        if high >= limit:
            self._found.error(node, f"bit {high} is outside {what}, expected {limit - 1} at most")
            return None
        return high, low
