# SPDX-License-Identifier: Apache-2.0
"""Bit diagrams: where each box, number and word of a picture stands. The template only writes them down.

A diagram has a line for each 32 bits, the highest first, so that one bit is wide enough for its number. A
field that crosses from one line into the next has a box in both. Words that are too wide for their box stand
upright, and the line is as high as the longest of them asks for.
"""

from dataclasses import dataclass

LINE_BITS = 32
BIT = 28  # width of one bit, in the units of the picture
CHARACTER = 8.2  # width of a letter of the words in the boxes, at most
FONT = 13
NUMBERS = 16  # height of the line of bit numbers
LOW = 30  # height of a box whose word lies
GAP = 12  # between two lines


@dataclass(frozen=True)
class Field:
    """A run of bits. The first of its words that fits the box lies in it; if none does, the last stands upright."""

    high: int
    low: int
    words: tuple[str, ...]
    style: str


@dataclass(frozen=True)
class Box:
    x: int
    y: int
    width: int
    height: int
    style: str
    word: str
    upright: bool
    numbers: list[tuple[int, str, str]]  # x, anchor, number
    numbers_y: int

    @property
    def middle(self):
        """Where the baseline of the word crosses the middle of the box, and its turn around that point."""
        x, y = self.x + self.width / 2, self.y + self.height / 2
        return (x + FONT / 3, y) if self.upright else (x, y + FONT / 3)


@dataclass(frozen=True)
class Diagram:
    title: str
    description: str
    width: int
    height: int
    boxes: list[Box]


def diagram(title, bits, fields):
    """The picture of a word of `bits` bits; `fields` account for every bit, the highest first."""
    boxes, y = [], 0
    columns = min(bits, LINE_BITS)
    for top in range((bits - 1) // LINE_BITS, -1, -1):
        parts = [_cut(field, top) for field in fields if _cut(field, top)]
        words = [_word(field, high - low + 1) for field, high, low in parts]
        height = max([LOW] + [_length(word) for word, upright in words if upright])
        for (field, high, low), (word, upright) in zip(parts, words):
            left = (top * LINE_BITS + columns - 1 - high) * BIT
            width = (high - low + 1) * BIT
            boxes.append(Box(left, y + NUMBERS, width, height, field.style, word, upright,
                             _numbers(high, low, left, width), y + NUMBERS - 4))
        y += NUMBERS + height + GAP
    described = "; ".join(f"{_span(field)} {field.words[0]}" for field in fields)
    return Diagram(title, described, columns * BIT, y - GAP + 1, boxes)


def _cut(field, line):
    high, low = min(field.high, (line + 1) * LINE_BITS - 1), max(field.low, line * LINE_BITS)
    return (field, high, low) if high >= low else None


def _length(word):
    return round(len(word) * CHARACTER) + 8


def _word(field, bits):
    for word in field.words:
        if _length(word) <= bits * BIT:
            return word, False
    return field.words[-1], True


def _numbers(high, low, left, width):
    if high == low:
        return [(left + width // 2, "middle", str(high))]
    return [(left + 3, "start", str(high)), (left + width - 3, "end", str(low))]


def _span(field):
    return f"bit {field.high}" if field.high == field.low else f"bits {field.high}:{field.low}"
