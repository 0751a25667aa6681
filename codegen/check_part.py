# SPDX-License-Identifier: Apache-2.0
"""What the parts of the semantic pass share: the specification as far as it is understood, and the helpers."""

from dataclasses import dataclass, field

from codegen.diagnostic import Diagnostics, expected_one_of, listed
from codegen.load import Mapping, Scalar, Sequence
from codegen.ranges import Ranges, bits_text

FRAME_SHIFT = 12  # log2 of AXAS_FRAME_SIZE: tables are at least this large and aligned to it

ANY = "any"  # of several fields one is not zero, where a 'when' could name a field
ALWAYS = "always"  # every CPU, where the name of a feature could stand
WORDS = ("address", "zero", "one", "ignored", "software")
KEYWORDS = frozenset("""
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class
    co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype
    default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline
    int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public
    register reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast
    struct switch template this thread_local throw true try typedef typeid typename typeof typeof_unqual union
    unsigned using virtual void volatile wchar_t while xor xor_eq
""".split())


@dataclass
class Level:
    index: int
    name: str
    node: Mapping
    high: int = 0
    low: int = 0
    kinds: list = field(default_factory=list)  # names


@dataclass
class Row:
    """A run of bits of one kind at one level."""

    high: int
    low: int
    what: str  # one of WORDS, or "field"
    name: str  # of the field
    fixed: bool
    value: int | None  # of a fixed field; None also if it is wrong
    key: Scalar
    node: object

    @property
    def text(self):
        return bits_text(self.high, self.low)


@dataclass
class LevelKind:
    kind: str
    role: str
    level: Level
    rows: list
    complete: bool  # every bit is declared once
    equal_mask: int = 0  # what 'when' asks for
    equal_value: int = 0
    nonzero: list = field(default_factory=list)  # masks
    told: bool = False  # 'when' makes sense

    def field(self, name):
        return next((row for row in self.rows if row.what == "field" and row.name == name), None)

    def owner(self, bit):
        return next((row for row in self.rows if row.low <= bit <= row.high), None)


@dataclass
class Shared:
    """One specification. Each part fills in what it has understood, for the parts after it."""

    doc: Mapping
    found: Diagnostics
    broken: set  # top-level keys that are wrong, so that what depends on them is left out
    levels: list = field(default_factory=list)  # Level
    laid_out: bool = True  # the indexes of the levels leave no gap and do not overlap, and their kinds are known
    kinds: dict = field(default_factory=dict)  # name -> Mapping
    at: list = field(default_factory=list)  # LevelKind
    map: dict = field(default_factory=dict)  # output bit -> entry bit
    used_features: set = field(default_factory=set)
    repeated: dict = field(default_factory=dict)  # (node, levels in question, message) -> levels found


def features_text(with_, without):
    """The CPUs that a condition means."""
    parts = [f"with '{name}'" for name in sorted(with_)] + [f"without '{name}'" for name in sorted(without)]
    return "a CPU " + " and ".join(parts) if parts else "every CPU"


def items_of(node):
    """The nodes of a list, or the one that stands in its place."""
    return node.items if isinstance(node, Sequence) else [node]


def names_in(node):
    return [item.value for item in items_of(node)] if node is not None else []


def _holds_none(rows):
    """Which features a CPU has, of those that matter, so that none of the rows holds; None if there is no such CPU.

    Begins with a row that leaves the least choice, for many features that exclude each other in turn.
    """
    if not rows:
        return {}
    with_, without = min(rows, key=lambda row: len(row[0] | row[1]))
    if not with_ | without:
        return None
    name = min(with_ | without)
    for has in (False, True):
        rest = [(one - {name}, other - {name}) for one, other in rows if name not in (other if has else one)]
        found = _holds_none(rest)
        if found is not None:
            return {**found, name: has}
    return None


class Part:
    """A part of the pass."""

    def __init__(self, shared):
        self.shared = shared
        self.doc = shared.doc
        self.error = shared.found.error
        self.broken = shared.broken
        self.ranges = Ranges(shared.found)
        self.levels = shared.levels
        self.kinds = shared.kinds
        self.at = shared.at
        self.map = shared.map

    def sound(self, *sections):
        return all(section in self.doc and section not in self.broken for section in sections)

    def error_at_level(self, node, level, levels, message):
        """Reports `message` once for all levels where it holds; {at} is where its words about them go."""
        names = tuple(one.name for one in levels)
        self.shared.repeated.setdefault((node, names, message), []).append(level.name)

    def error_in_kind(self, node, at, message):
        """The same for one kind at its levels; {kind} is its name and where."""
        levels = [other.level for other in self.at if other.kind == at.kind]
        self.error_at_level(node, at.level, levels, message.replace("{kind}", f"kind '{at.kind}'{{at}}"))

    def check_name(self, node, name, what):
        if name in KEYWORDS and what != "mode":  # a mode's name never stands alone in C
            self.error(node, f"{what} '{name}' is a keyword of C or C++, expected a name that C can take")

    @staticmethod
    def compatible(first, second):
        """Whether there is a CPU for which both rows hold."""
        with_ = set(names_in(first.get("with"))) | set(names_in(second.get("with")))
        without = set(names_in(first.get("without"))) | set(names_in(second.get("without")))
        return not with_ & without

    @staticmethod
    def both(first, second):
        """The CPUs for which both rows hold, in words."""
        return features_text(set(names_in(first.get("with"))) | set(names_in(second.get("with"))),
                             set(names_in(first.get("without"))) | set(names_in(second.get("without"))))

    def missing(self, rows):
        """The CPUs for which none of the rows holds, in words; None if there are none."""
        rows = [(set(names_in(row.get("with"))), set(names_in(row.get("without")))) for row in rows]
        has = _holds_none(rows)
        if has is None:
            return None
        names = set().union(*(with_ | without for with_, without in rows))
        present = {name for name in names if has.get(name)}
        return features_text(present, names - present)

    def per_level(self, node, levels, width, what, where):
        """A number, or a mapping from levels to numbers, as {level name: number}."""
        if isinstance(node, Scalar):
            fits = self.fits(node, width, what, where)
            return {level.name: node.value for level in levels} if fits else {}
        names = [level.name for level in levels]
        for key, value in node.entries():
            if key.text not in names:
                self.error(key, f"{what} has a value for level '{key.text}', {expected_one_of(key.text, names)}")
            else:
                self.fits(value, width, what, where)
        missing = [name for name in names if name not in node]
        if missing:
            self.error(node, f"{what} has no value for level '{missing[0]}', expected one for each of "
                             f"{listed(names, 'and')}")
        return {key.text: value.value for key, value in node.entries()
                if key.text in names and value.value >> width == 0}

    def fits(self, node, width, what, where):
        if node.value >> width:
            self.error(node, f"value {node.value:#x} is too wide for {what} ({where}), expected "
                             f"{(1 << width) - 1:#x} at most")
            return False
        return True
