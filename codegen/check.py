# SPDX-License-Identifier: Apache-2.0
"""The semantic pass: everything about a specification that its shape cannot say.

Works on nodes, so that every complaint has a place. A part whose shape is wrong is left out, together
with what depends on it, so that one mistake is reported once.
"""

import itertools
from dataclasses import dataclass, field

from codegen import fault_check, shape
from codegen.diagnostic import closest, expected_one_of, listed
from codegen.load import Mapping, Scalar, Sequence
from codegen.ranges import Ranges, bits_text, bits_verb, mask
from codegen.words import size_text

FRAME_SHIFT = 12  # log2 of AXAS_FRAME_SIZE: tables are at least this large and aligned to it

WORDS = ("address", "zero", "one", "ignored", "software")
CHANGES = ("make", "permissions_more", "permissions_less", "memory_type", "output_address", "split", "collapse",
           "remove_leaf", "remove_table", "fault")
BREAKABLE = ("permissions_more", "permissions_less", "memory_type", "output_address", "split", "collapse")
SHARED_FILES = ("formats",)
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


def check(document, found):
    """Reports everything that is wrong with a specification to `found`."""
    _Checker(document, found, shape.check(document, found)).run()


def features_text(with_, without):
    """The CPUs that a condition means."""
    parts = [f"with '{name}'" for name in sorted(with_)] + [f"without '{name}'" for name in sorted(without)]
    return "a CPU " + " and ".join(parts) if parts else "every CPU"


def _names(node):
    return [item.value for item in node.items] if node is not None else []


class _Checker:
    def __init__(self, document, found, broken):
        self.doc = document
        self.found = found
        self.error = found.error
        self.broken = broken
        self.ranges = Ranges(found)
        self.levels = []
        self.kinds = {}  # name -> Mapping
        self.at = []  # LevelKind
        self.map = {}  # output bit -> entry bit
        self.used_features = set()
        self.tiled = True  # the levels' indexes
        self.repeated = {}  # (node, levels in question, message) -> levels found

    def sound(self, *sections):
        return all(section in self.doc and section not in self.broken for section in sections)

    def run(self):
        self.check_names()
        self.check_features()
        if self.sound("kinds"):
            self.kinds = {key.text: value for key, value in self.doc["kinds"].entries()}
        if self.sound("levels"):
            self.check_levels()
        if self.sound("entry", "address"):
            self.check_address()
        if self.sound("entry", "levels", "kinds"):
            self.check_kinds()
        if self.sound("entry", "levels", "empty"):
            self.check_empty()
        if self.sound("entry", "levels", "kinds"):
            self.check_attributes()
        if self.sound("levels", "modes") and ("root" not in self.doc or self.sound("root")):
            self.check_modes()
        if self.sound("transitions"):
            self.check_transitions()
        if self.sound("root_registers"):
            self.check_root_registers()
        if self.sound("fault"):
            page = self.levels[-1].low if self.sound("levels") else None
            fault_check.check(self.doc["fault"], page, self.ranges, self.found)
        self.check_unused_features()
        self.report_repeated()

    def error_at_level(self, node, level, levels, message):
        """Reports `message` once for all levels where it holds; {at} is where its words about them go."""
        names = tuple(one.name for one in levels)
        self.repeated.setdefault((node, names, message), []).append(level.name)

    def report_repeated(self):
        for (node, names, message), found in self.repeated.items():
            found = list(dict.fromkeys(found))
            at = "" if set(found) == set(names) else f" at level{'s' * (len(found) > 1)} {listed(found, 'and')}"
            self.error(node, message.replace("{at}", at))

    def error_in_kind(self, node, at, message):
        """The same for one kind at its levels; {kind} is its name and where."""
        levels = [other.level for other in self.at if other.kind == at.kind]
        self.error_at_level(node, at.level, levels, message.replace("{kind}", f"kind '{at.kind}'{{at}}"))

    # Names

    def check_names(self):
        if self.sound("format"):
            self.check_name(self.doc["format"], self.doc["format"].value, "format")
            if self.doc["format"].value in SHARED_FILES:
                self.error(self.doc["format"], f"format '{self.doc['format'].value}' has the name of a file that all "
                                               "formats share, expected another name")
        if self.sound("features"):
            for key, _ in self.doc["features"].entries():
                self.check_name(key, key.text, "feature")
        if self.sound("kinds"):
            for key, _ in self.doc["kinds"].entries():
                self.check_name(key, key.text, "kind")
        for section, what in (("levels", "level"), ("modes", "mode"), ("root_registers", "register")):
            if self.sound(section):
                self.check_list_names(self.doc[section], what)
        if self.sound("fault"):
            self.check_list_names(self.doc["fault"]["registers"], "register")
            for key, _ in self.doc["fault"]["fields"].entries():
                self.check_name(key, key.text, "field")

    def check_list_names(self, sequence, what):
        seen = {}
        for item in sequence.items:
            node = item["name"]
            self.check_name(node, node.value, what)
            first = seen.setdefault(node.value, node)
            if first is not node:
                self.error(node, f"{what} '{node.value}' is there already at line {first.line}, "
                                 f"expected a name of its own")

    def check_name(self, node, name, what):
        if name in KEYWORDS and what != "mode":  # a mode's name never stands alone in C
            self.error(node, f"{what} '{name}' is a keyword of C or C++, expected a name that C can take")

    # Features

    def check_features(self):
        declared = self.doc["features"].names() if self.sound("features") else []
        if "features" in self.doc and not self.sound("features"):
            return
        for mapping in self.mappings(self.doc):
            self.check_condition(mapping, declared)
        for name in ("accessed", "dirty"):
            if self.sound(name) and "hardware" in self.doc[name]:
                self.use_feature(self.doc[name]["hardware"], declared)
        if self.sound("root_registers"):
            for register in self.doc["root_registers"].items:
                for _, value in register["bits"].entries():
                    if isinstance(value, Mapping) and "feature" in value:
                        self.use_feature(value["feature"], declared)

    def mappings(self, node):
        """Every mapping of the sections that are sound."""
        if isinstance(node, Mapping):
            yield node
            for key, value in node.entries():
                if node is not self.doc or self.sound(key.text):
                    yield from self.mappings(value)
        elif isinstance(node, Sequence):
            for item in node.items:
                yield from self.mappings(item)

    def check_condition(self, mapping, declared):
        lists = [mapping.get(name) for name in ("with", "without")]
        seen = {}
        for which, names in zip(("with", "without"), lists):
            if not isinstance(names, Sequence):
                continue
            for item in names.items:
                self.use_feature(item, declared)
                first = seen.setdefault(item.value, which)
                if first != which:
                    self.error(item, f"feature '{item.value}' is asked for both by 'with' and by 'without', "
                                     "expected one of them: this never holds")
                elif sum(other.value == item.value for other in names.items) > 1 and item is not names.items[0]:
                    self.error(item, f"feature '{item.value}' is listed twice, expected it once")

    def use_feature(self, node, declared):
        self.used_features.add(node.value)
        if node.value not in declared:
            self.error(node, f"unknown feature '{node.value}', {expected_one_of(node.value, declared)}")

    def check_unused_features(self):
        if not self.sound("features") or self.broken & set(self.doc.names()):
            return
        for key, _ in self.doc["features"].entries():
            if key.text not in self.used_features:
                self.error(key, f"feature '{key.text}' is used nowhere, expected a row that depends on it")

    @staticmethod
    def compatible(first, second):
        """Whether there is a CPU for which both rows hold."""
        with_ = set(_names(first.get("with"))) | set(_names(second.get("with")))
        without = set(_names(first.get("without"))) | set(_names(second.get("without")))
        return not with_ & without

    @staticmethod
    def both(first, second):
        """The CPUs for which both rows hold, in words."""
        return features_text(set(_names(first.get("with"))) | set(_names(second.get("with"))),
                             set(_names(first.get("without"))) | set(_names(second.get("without"))))

    def missing(self, rows):
        """The CPUs for which none of the rows holds, in words; None if there are none."""
        rows = [(set(_names(row.get("with"))), set(_names(row.get("without")))) for row in rows]
        names = sorted(set().union(*(with_ | without for with_, without in rows))) if rows else []
        for size in range(len(names) + 1):
            for present in itertools.combinations(names, size):
                absent = set(names) - set(present)
                if not any(with_ <= set(present) and without <= absent for with_, without in rows):
                    return features_text(present, absent)
        return None

    # Levels

    def check_levels(self):
        wrong = False
        numbers = {}
        for index, node in enumerate(self.doc["levels"].items):
            level = Level(index, node["name"].value, node)
            span = self.ranges.get(node["index"], 64, "a guest physical address")
            if span is None:
                wrong = True
            else:
                level.high, level.low = span
            number = node["number"].value if "number" in node else index
            if number in numbers:
                self.error(node.get("number") or node["name"],
                           f"level '{level.name}' has the number {number} as level '{numbers[number]}' has, "
                           "expected a number of its own")
            numbers[number] = level.name
            self.levels.append(level)
        if wrong:
            self.broken.add("levels")
            return
        for upper, lower in zip(self.levels, self.levels[1:]):
            self.tiled &= lower.high == upper.low - 1
            if lower.high >= upper.low:
                self.error(lower.node["index"], f"level '{lower.name}' has index {bits_text(lower.high, lower.low)}, which overlaps or is above index "
                           f"{bits_text(upper.high, upper.low)} of level '{upper.name}', "
                           f"expected it to begin at bit {upper.low - 1}")
            elif lower.high < upper.low - 1:
                self.error(lower.node["index"], f"level '{lower.name}' has index {bits_text(lower.high, lower.low)}, which leaves out "
                           f"{bits_text(upper.low - 1, lower.high + 1)} below level '{upper.name}', "
                           f"expected it to begin at bit {upper.low - 1}")
        last = self.levels[-1]
        if last.low < FRAME_SHIFT:
            self.tiled = False
            self.error(last.node["index"], f"index of the last level ends at bit {last.low}, which makes pages of "
                       f"{1 << last.low} bytes, expected bit {FRAME_SHIFT} or above: pages of 4096 bytes at least")
        if self.sound("kinds"):
            for level in self.levels:
                self.check_level_kinds(level)
            self.check_unused_kinds()

    def check_level_kinds(self, level):
        roles = {}
        wrong = False
        last = level is self.levels[-1]
        for use in level.node["kinds"].items:
            name_node = use["kind"] if isinstance(use, Mapping) else use
            name = name_node.value
            if name not in self.kinds:
                self.error(name_node, f"unknown kind '{name}', {expected_one_of(name, self.kinds)}")
                wrong = True
                continue
            role = self.kinds[name]["role"].value
            if role in roles:
                what = "is listed twice" if roles[role] == name else f"has the role of '{roles[role]}', {role}"
                self.error(name_node, f"kind '{name}' {what}, expected one kind of each role at level "
                                      f"'{level.name}'")
                continue
            roles[role] = name
            level.kinds.append(name)
            if isinstance(use, Mapping) and (role != "leaf" or last):
                reason = "the last level's leaf is there on every CPU" if last else "only leaves depend on features"
                self.error(use.key("with"), f"kind '{name}' depends on features, expected it without 'with': {reason}")
        if wrong:
            return
        node = level.node["kinds"]
        if last and "table" in roles:
            level.kinds.remove(roles["table"])
            self.error(node, f"last level '{level.name}' allows kind '{roles['table']}' with the role table, expected "
                             "none: there is no level for it to lead to")
        if not last and "table" not in roles:
            below = self.levels[level.index + 1].name
            self.error(node, f"level '{level.name}' allows no kind with the role table, expected one: nothing leads "
                             f"to level '{below}'")
        if last and "leaf" not in roles:
            self.error(node, f"last level '{level.name}' allows no kind with the role leaf, expected one")
        if "leaf" in roles and "held" not in roles:
            self.error(node, f"level '{level.name}' allows a leaf and no kind with the role held, expected one: memory "
                             "without access keeps its place there")
        if "held" in roles and "leaf" not in roles and not last:
            self.error(node, f"level '{level.name}' allows kind '{roles['held']}' with the role held and no leaf, "
                             "expected a leaf that it can stand for")

    def check_unused_kinds(self):
        listed_kinds = {(use["kind"] if isinstance(use, Mapping) else use).value
                        for level in self.levels for use in level.node["kinds"].items}
        if not listed_kinds <= set(self.kinds):
            return  # one of them is probably this one
        for key, _ in self.doc["kinds"].entries():
            if key.text not in listed_kinds:
                self.error(key, f"kind '{key.text}' stands at no level, expected a level that lists it")

    # Address

    def check_address(self):
        width = self.doc["entry"]["bits"].value
        pieces = []
        wrong = False
        for node in self.doc["address"].items:
            entry = self.ranges.get(node["entry"], width, f"an entry of {width} bits")
            output = self.ranges.get(node["output"], 64, "an address")
            if entry is None or output is None:
                wrong = True
                continue
            if entry[0] - entry[1] != output[0] - output[1]:
                self.error(node["output"], f"{output[0] - output[1] + 1} bits of the output ({bits_text(*output)}), "
                           f"expected {entry[0] - entry[1] + 1} as in {bits_text(*entry)} of the entry")
                wrong = True
                continue
            for other, other_entry, other_output in pieces:
                if entry[0] >= other_entry[1] and other_entry[0] >= entry[1]:
                    self.error(node["entry"], f"entry {bits_verb(*entry, 'overlap')} entry {bits_text(*other_entry)} of "
                               f"the piece at line {other.line}, expected each bit once")
                    wrong = True
                if output[0] >= other_output[1] and other_output[0] >= output[1]:
                    self.error(node["output"], f"output {bits_verb(*output, 'overlap')} output "
                               f"{bits_text(*other_output)} of the piece at line {other.line}, expected each bit once")
                    wrong = True
            pieces.append((node, entry, output))
        if wrong:
            self.broken.add("address")
            return
        pieces.sort(key=lambda piece: piece[2][1])
        for (_, _, lower), (node, _, upper) in zip(pieces, pieces[1:]):
            if upper[1] > lower[0] + 1:
                self.error(node["output"], f"output {bits_verb(upper[1] - 1, lower[0] + 1, 'are')} in no piece, expected "
                           "pieces that leave no hole in the output address")
                self.broken.add("address")
        self.map = {out: entry[1] + out - output[1] for _, entry, output in pieces
                    for out in range(output[1], output[0] + 1)}

    # Kinds

    def check_kinds(self):
        width = self.doc["entry"]["bits"].value
        for name, kind in self.kinds.items():
            levels = [level for level in self.levels if name in level.kinds]
            rows, complete = self.rows(kind["bits"], levels, width)
            base = rows, self.check_overrides(name, kind, levels) and complete
            holes = {}
            for level in levels:
                at = self.level_kind(name, kind, level, base, width)
                self.at.append(at)
                declared = sum(mask(row.high, row.low) for row in at.rows) if at.complete else mask(width - 1, 0)
                holes[level.name] = mask(width - 1, 0) & ~declared
                at.complete = at.complete and not holes[level.name]
            self.report_holes(name, kind, holes)
        if self.sound("address") and self.tiled and self.at and self.lowest_output_fits():
            for at in self.at:
                if at.complete:
                    self.check_kind_address(at)
        for at in self.at:
            self.check_when(at)
        for level in self.levels:
            here = [at for at in self.at if at.level is level and at.told]
            for first, second in itertools.combinations(here, 2):
                self.check_apart(first, second)

    def check_overrides(self, name, kind, levels):
        """Whether every override is about a level of the kind."""
        known = [level.name for level in self.levels]
        mine = [level.name for level in levels]
        names = kind["at"].names() if "at" in kind else []
        for level in names:
            key = kind["at"].key(level)
            if level not in known:
                self.error(key, f"unknown level '{level}', {expected_one_of(level, known)}")
            elif level not in mine:
                self.error(key, f"kind '{name}' does not stand at level '{level}', expected {listed(mine)}")
        return set(names) <= set(mine)

    def rows(self, bits, levels, width):
        """The rows of a mapping of bits as (rows, complete)."""
        rows, complete = [], True
        for key, node in bits.entries():
            span = self.ranges.get(key, width, f"an entry of {width} bits")
            if span is None:
                complete = False
                continue
            for other in rows:
                if span[0] >= other.low and other.high >= span[1]:
                    self.error(key, f"{bits_verb(*span, 'overlap')} {other.text} of line {other.key.line}, expected each "
                                    "bit once")
                    complete = False
            rows.append(self.row(key, node, span, levels))
        return rows, complete

    def row(self, key, node, span, levels):
        if isinstance(node, Mapping):
            name = node["field"].value
            if name in WORDS:
                self.error(node["field"], f"field '{name}' has the name of something else, expected a name other "
                                          f"than {listed(WORDS)}")
            self.check_name(node["field"], name, "field")
            values = self.per_level(node["value"], levels, span[0] - span[1] + 1, f"field '{name}'", bits_text(*span))
            return Row(*span, "field", name, True, values, key, node)
        if node.value in WORDS:
            return Row(*span, node.value, "", False, None, key, node)
        self.check_name(node, node.value, "field")
        return Row(*span, "field", node.value, False, None, key, node)

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
            self.error(node, f"{what} has no value for level '{missing[0]}', expected one for each of {listed(names, 'and')}")
        return {key.text: value.value for key, value in node.entries()
                if key.text in names and value.value >> width == 0}

    def fits(self, node, width, what, where):
        if node.value >> width:
            self.error(node, f"value {node.value:#x} is too wide for {what} ({where}), expected "
                             f"{(1 << width) - 1:#x} at most")
            return False
        return True

    def level_kind(self, name, kind, level, base, width):
        rows, complete = base
        special = kind["at"].get(level.name) if "at" in kind else None
        if special is not None:
            new, new_complete = self.rows(special, [level], width)
            complete = complete and new_complete
            parts = [part for row in rows for part in self.remains(row, new)]
            complete = complete and not any(part.what == "field" and part not in rows for part in parts)
            rows = new + parts
        at = LevelKind(name, kind["role"].value, level, [], complete)
        seen = {}
        for row in sorted(rows, key=lambda row: -row.high):
            value = row.value.get(level.name) if row.fixed else None
            row = Row(row.high, row.low, row.what, row.name, row.fixed, value, row.key, row.node)
            at.rows.append(row)
            if row.what == "field":
                first = seen.setdefault(row.name, row)
                if first is not row:
                    at.complete = False
                    later = max(first, row, key=lambda one: (one.key.line, one.key.column))
                    other = row if later is first else first
                    self.error(later.key, f"field '{row.name}' stands at {other.text} already, expected one run of "
                                          "bits")
        return at

    def remains(self, row, new):
        """What rows of a level leave of a row that stands for all levels."""
        covered = sum(mask(other.high, other.low) for other in new) & mask(row.high, row.low)
        if not covered:
            return [row]
        left = [bit for bit in range(row.low, row.high + 1) if not covered >> bit & 1]
        if row.what == "field" and left:
            first = next(other for other in new if other.high >= row.low and row.high >= other.low)
            self.error(first.key, f"{bits_verb(first.high, first.low, 'replace')} a part of field '{row.name}' ({row.text}), expected rows for "
                                  "all of it")
        parts = []
        for _, run in itertools.groupby(enumerate(left), lambda pair: pair[1] - pair[0]):
            run = [bit for _, bit in run]
            parts.append(Row(run[-1], run[0], row.what, row.name, row.fixed, row.value, row.key, row.node))
        return parts

    def report_holes(self, name, kind, holes):
        same = len(set(holes.values())) == 1
        for level, hole in holes.items():
            for high, low in _runs(hole):
                special = kind["at"].get(level) if "at" in kind else None
                key = kind["at"].key(level) if special is not None and not same else kind.key("bits")
                place = f"kind '{name}'" if same else f"kind '{name}' at level '{level}'"
                self.error(key, f"{bits_verb(high, low, 'are')} not declared in {place}, expected a field or "
                                f"{listed(WORDS)}")

    def check_kind_address(self, at):
        """Every output bit that the kind needs is address, and nothing else is."""
        lowest = self.lowest_output(at)
        needed_from = max(lowest, FRAME_SHIFT)
        what = "a table" if at.role == "table" else "a leaf"
        output = {entry: out for out, entry in self.map.items()}
        for row in at.rows:
            bits = range(row.low, row.high + 1)
            if row.what == "address":
                stray = [bit for bit in bits if bit not in output]
                low = [bit for bit in bits if output.get(bit, lowest) < lowest]
                if stray:
                    self.error_in_kind(row.key, at, f"{bits_verb(stray[-1], stray[0], 'are')} 'address' in {{kind}}, but "
                                       "in no piece of 'address', expected something else")
                if low:
                    self.error(row.key, f"{bits_verb(low[-1], low[0], 'are')} 'address' in kind '{at.kind}' at level "
                               f"'{at.level.name}', but {what} {'behind' if at.role == 'table' else 'of'} that level is "
                               f"aligned to {size_text(1 << lowest)}, expected 'zero' or 'ignored'")
                continue
            needed = [bit for bit in bits if output.get(bit, -1) >= needed_from]
            if needed:
                is_what = f"field '{row.name}'" if row.what == "field" else f"'{row.what}'"
                outs = sorted(output[bit] for bit in needed)
                self.error_in_kind(row.key, at, f"{bits_verb(needed[-1], needed[0], 'are')} {is_what} in {{kind}}, but "
                                   f"must hold output {bits_text(outs[-1], outs[0])} of {what}, expected 'address'")

    def lowest_output(self, at):
        """The lowest bit of an address that the kind holds."""
        if at.role != "table":
            return at.level.low
        below = self.levels[at.level.index + 1] if at.level.index + 1 < len(self.levels) else at.level
        entry_shift = (self.doc["entry"]["bits"].value // 8).bit_length() - 1
        return below.high - below.low + 1 + entry_shift

    def lowest_output_fits(self):
        """The pieces go down to the lowest bit that some kind holds, and not further."""
        lowest = min(self.map)
        needed = min(max(self.lowest_output(at), FRAME_SHIFT) for at in self.at)
        allowed = min(self.lowest_output(at) for at in self.at)
        piece = min(self.doc["address"].items, key=lambda node: self.ranges.get(node["output"], 64, "an address")[1])
        smallest = "expected pieces down to bit {}: the smallest page or table is {}"
        if lowest > needed:
            self.error(piece["output"], f"output {bits_verb(lowest - 1, needed, 'are')} in no piece, "
                                        + smallest.format(needed, size_text(1 << needed)))
        if lowest < allowed:
            self.error(piece["output"], f"output {bits_verb(allowed - 1, lowest, 'are')} used by no kind, "
                                        + smallest.format(allowed, size_text(1 << allowed)))
        return allowed <= lowest <= needed

    # What tells kinds apart

    def check_when(self, at):
        """Fills at.equal_mask, at.equal_value and at.nonzero; at.told says that they are right."""
        wrong = False
        when = self.kinds[at.kind]["when"]
        flags = {self.doc[name]["field"].value: name for name in ("accessed", "dirty") if self.sound(name)}
        fields = [row.name for row in at.rows if row.what == "field"]
        for key, node in when.entries():
            row = at.field(key.text)
            if row is None:
                if at.complete:
                    self.error_in_kind(key, at, f"{{kind}} has no field '{key.text}', "
                                       f"{expected_one_of(key.text, dict.fromkeys(fields))}")
                wrong = True
                continue
            if not row.fixed and key.text in flags and at.role != "table":
                self.error(key, f"field '{key.text}' is the {flags[key.text]} flag, expected a field that the CPU does "
                                "not change")
                wrong = True
                continue
            bits = mask(row.high, row.low)
            if node.value == "nonzero":
                at.nonzero.append(bits)
                if row.fixed and row.value == 0:
                    self.error_in_kind(node, at, f"field '{key.text}' is always 0 in {{kind}}, expected a value that "
                                                 "is not zero")
                    wrong = True
                continue
            if not self.fits(node, row.high - row.low + 1, f"field '{key.text}'", row.text):
                wrong = True
                continue
            if row.fixed and row.value is not None and row.value != node.value:
                self.error_in_kind(node, at, f"field '{key.text}' is always {row.value:#x} in {{kind}}, expected the "
                                             "same in 'when'")
                wrong = True
                continue
            at.equal_mask |= bits
            at.equal_value |= node.value << row.low
        at.told = not wrong

    def check_apart(self, first, second):
        differ = (first.equal_value ^ second.equal_value) & first.equal_mask & second.equal_mask
        if differ or self.excludes(first, second) or self.excludes(second, first):
            return
        key = self.kinds[second.kind].key("when")
        both = [level for level in self.levels if {first.kind, second.kind} <= set(level.kinds)]
        self.error_at_level(key, first.level, both, f"kinds '{first.kind}' and '{second.kind}' cannot be told apart{{at}}, "
                            "expected a bit that is 0 by the 'when' of one and 1 by the other's")

    @staticmethod
    def excludes(one, other):
        """One forces bits to 0 of which the other demands that they are not all 0."""
        zero = one.equal_mask & ~one.equal_value
        return any(bits & ~zero == 0 for bits in other.nonzero)

    def check_empty(self):
        width = self.doc["entry"]["bits"].value
        node = self.doc["empty"]
        values = self.per_level(node, self.levels, width, "'empty'", bits_text(width - 1, 0))
        for at in self.at:
            value = values.get(at.level.name)
            if value is None or not at.told:
                continue
            if value & at.equal_mask == at.equal_value and all(value & bits for bits in at.nonzero):
                where = node if isinstance(node, Scalar) else node[at.level.name]
                self.error_in_kind(where, at, f"empty value {value:#x} is an entry of {{kind}}, expected a value that is "
                                              "of no kind")

    # Access, memory, accessed, dirty

    def check_attributes(self):
        leaves = [at for at in self.at if at.role == "leaf"]
        access_fields = memory_fields = {}
        if self.sound("access"):
            access_fields = self.check_rows("access", leaves, self.access_meaning)
        if self.sound("memory"):
            memory_fields = self.check_rows("memory", leaves, lambda row: f"memory type '{row['type'].value}'")
            normal = [row for row in self.doc["memory"].items if row["type"].value == "normal"]
            missing = self.missing(normal)
            if missing:
                self.error(self.doc.key("memory"), f"memory type 'normal' has no row for {missing}, expected one")
        for name, node in memory_fields.items():
            if name in access_fields:
                self.error(node, f"field '{name}' is set by access at line {access_fields[name].line} too, expected it "
                                 "in one of them")
        flags = {}
        for name in ("accessed", "dirty"):
            if self.sound(name):
                self.check_flag(name, leaves, {**access_fields, **memory_fields, **flags})
                flags[self.doc[name]["field"].value] = self.doc[name]["field"]
        if self.sound("access", "memory") and not self.broken & {"accessed", "dirty"}:
            self.check_variable_fields(access_fields, {**memory_fields, **flags})
        for held in (at for at in self.at if at.role == "held"):
            leaf = next((at for at in leaves if at.level is held.level), None)
            if leaf and leaf.complete and held.complete:
                for name in {**memory_fields, **flags}.keys() - access_fields.keys():
                    self.check_kept(leaf, held, name)

    def check_variable_fields(self, access_fields, kept_fields):
        """Something gives a value to every field that has none of its own."""
        set_by_rows = {**access_fields, **kept_fields}
        for at in self.at:
            allowed = {"table": {}, "held": kept_fields, "leaf": set_by_rows}[at.role]
            for row in at.rows:
                if row.what == "field" and not row.fixed and row.name not in allowed:
                    self.nothing_sets(at, row, set_by_rows)

    def nothing_sets(self, at, row, set_by_rows):
        if at.role == "leaf":
            expected = f"a value as in {{field: {row.name}, value: 0}}, or rows of access or memory that set it"
        elif row.name in set_by_rows:
            expected = f"a value as in {{field: {row.name}, value: 0}}: access rows set leaves only"
        else:
            expected = f"a value as in {{field: {row.name}, value: 0}}"
        guess = closest(row.name, (*WORDS, *set_by_rows))
        guess = f" (did you mean '{guess}'?)" if guess else ""
        self.error(row.node, f"nothing sets field '{row.name}' of kind '{at.kind}', expected {expected}{guess}")

    def access_meaning(self, row):
        """The rights of an access row, in words; None if it does not say them."""
        columns = {name: row[name].value for name in ("read", "write", "exec", "kernel_exec", "user_exec")
                   if name in row}
        if "exec" in columns:
            for name in ("kernel_exec", "user_exec"):
                if name in columns:
                    self.error(row.key(name), f"column '{name}' stands beside 'exec', expected either 'exec' or "
                                              "'kernel_exec' and 'user_exec'")
                    return None
            columns["kernel_exec"] = columns["user_exec"] = columns.pop("exec")
        missing = [name for name in ("kernel_exec", "user_exec") if name not in columns]
        if missing:
            what = "'exec', or 'kernel_exec' and 'user_exec'" if len(missing) == 2 else f"'{missing[0]}' too"
            self.error(row, f"access row does not say whether it allows execution, expected {what}")
            return None
        if not any(columns.values()):
            self.error(row, "access row allows nothing, expected a row that allows something: memory without access "
                            "is what the held kind is for")
            return None
        names = [name for name in ("read", "write", "kernel_exec", "user_exec") if columns[name]]
        return "access " + " ".join(names)

    def check_rows(self, section, leaves, meaning):
        """Checks access or memory rows; returns {field: node of its first use}."""
        rows = self.doc[section].items
        fields = {}
        for row in rows:
            if "set" in row:
                for key, _ in row["set"].entries():
                    fields.setdefault(key.text, key)
        known = {row.name for at in leaves for row in at.rows if row.what == "field" and not row.fixed}
        for name, key in fields.items():
            self.check_row_field(section, name, key, leaves, known)
        codes, meanings = [], []
        for row in rows:
            values = {key.text: value for key, value in row["set"].entries()} if "set" in row else {}
            for name in fields:
                if name not in values:
                    self.error(row.get("set") or row, f"{section} row does not set field '{name}', expected a value "
                                                      f"for it as in line {fields[name].line}")
            for name, node in values.items():
                self.check_row_value(name, node, leaves)
            words = meaning(row)
            code = {name: node.value for name, node in values.items()}
            for other, other_code, other_words in zip(rows, codes, meanings):
                if not self.compatible(row, other):
                    continue
                if words is not None and words == other_words:
                    self.error(row, f"{words} is in line {other.line} already for {self.both(row, other)}, expected "
                                    "one row for it, or rows that exclude each other by 'with' and 'without'")
                elif code == other_code and set(code) == set(fields):
                    self.error(row.get("set") or row, f"{section} row encodes to the same bits as line {other.line} on "
                               f"{self.both(row, other)}, expected bits of its own")
            codes.append(code)
            meanings.append(words)
        return fields

    def check_row_field(self, section, name, key, leaves, known):
        if not any(at.field(name) for at in leaves):
            if all(at.complete for at in leaves):
                self.error(key, f"no leaf has a field '{name}', {expected_one_of(name, sorted(known))}")
            return
        for at in leaves:
            row = at.field(name)
            if row is None and at.complete:
                self.error_in_kind(self.doc["kinds"].key(at.kind), at, f"{{kind}} has no field '{name}', which rows of "
                                   f"{section} set, expected it in every leaf")
            elif row is not None and row.fixed:
                self.error(row.node["value"], f"field '{name}' has a value here, but rows of {section} set it, "
                                              "expected the name of the field alone")

    def check_row_value(self, name, node, leaves):
        for at in leaves:
            row = at.field(name)
            if row is None or row.fixed or not at.complete:
                continue
            if not self.fits(node, row.high - row.low + 1, f"field '{name}'", row.text):
                return
            when = self.kinds[at.kind]["when"].get(name)
            if when is None:
                continue
            if (when.value == "nonzero" and node.value == 0) or when.value not in ("nonzero", node.value):
                wanted = "a value that is not zero" if when.value == "nonzero" else f"{when.value:#x}"
                self.error_in_kind(node, at, f"value {node.value:#x} of field '{name}' makes no entry of {{kind}}, "
                                             f"expected {wanted} as its 'when' at line {when.line} says")

    def check_flag(self, section, leaves, taken):
        node = self.doc[section]["field"]
        name = node.value
        if name in taken:
            self.error(node, f"field '{name}' is set at line {taken[name].line} already, expected a field for the "
                             f"{section} flag alone")
            return
        if not any(at.field(name) for at in leaves):
            known = sorted({row.name for at in leaves for row in at.rows if row.what == "field" and not row.fixed})
            if all(at.complete for at in leaves):
                self.error(node, f"no leaf has a field '{name}', {expected_one_of(name, known)}")
            return
        for at in leaves:
            row = at.field(name)
            if row is None:
                if at.complete:
                    self.error_in_kind(self.doc["kinds"].key(at.kind), at, f"{{kind}} has no field '{name}', the "
                                       f"{section} flag, expected it in every leaf")
            elif row.fixed:
                self.error(row.node["value"], f"field '{name}' has a value here, but is the {section} flag, expected "
                                              "the name of the field alone")
            elif row.high != row.low:
                self.error(row.key, f"field '{name}', the {section} flag, has {row.high - row.low + 1} bits, expected "
                                    "one bit")

    def check_kept(self, leaf, held, name):
        """The held kind keeps at the same place what the leaf of its level carries."""
        inner, outer = held.field(name), leaf.field(name)
        if outer is None or outer.fixed:
            return
        if inner is None or inner.fixed or (inner.high, inner.low) != (outer.high, outer.low):
            row = inner or held.owner(outer.high)
            self.error_in_kind(row.key, held, f"{{kind}} does not keep field '{name}', expected '{name}' at {outer.text} "
                                              f"as in kind '{leaf.kind}'")

    # Modes

    def check_modes(self):
        modes = self.doc["modes"]
        tables = self.doc["root"]["tables"].value if "root" in self.doc else 1
        extra = tables.bit_length() - 1
        defaults = [mode for mode in modes.items if "default" in mode and mode["default"].value]
        if not defaults:
            self.error(modes, "no mode is the default, expected 'default: true' in one of them")
        for mode in defaults[1:]:
            self.error(mode.key("default"), f"mode '{defaults[0]['name'].value}' is the default already, expected one "
                                            "default")
        highest, needed, sound = len(self.levels), 0, True
        for mode in modes.items:
            names = [level.name for level in self.levels]
            root = next((level for level in self.levels if level.name == mode["root"].value), None)
            if root is None:
                self.error(mode["root"], f"unknown level '{mode['root'].value}', {expected_one_of(mode['root'].value, names)}")
                sound = False
                continue
            highest = min(highest, root.index)
            needed = max(needed, self.check_mode_bits(mode, root, extra))
            if "physical_bits" in mode and self.map and self.sound("address"):
                node = mode["physical_bits"]["min"]
                if node.value > max(self.map) + 1:
                    self.error(node, f"mode '{mode['name'].value}' needs {node.value} physical bits, expected "
                                     f"{max(self.map) + 1} at most: entries hold no wider address")
        if not sound:
            return
        for level in self.levels[:highest]:
            self.error(level.node["name"], f"level '{level.name}' is used by no mode, expected a mode whose root is "
                                           "there or above")
        if needed < extra:
            self.error(self.doc["root"]["tables"], f"no mode needs a root of more than {1 << needed} tables, expected "
                                                   f"{1 << needed}" + (" or no 'root' at all" if not needed else ""))

    def check_mode_bits(self, mode, root, extra):
        """Returns log2 of the tables that the widest root of the mode is made of."""
        node = mode["gpa_bits"]
        name = mode["name"].value
        if isinstance(node, Mapping):
            least, most, preferred = node["min"], node["max"], node["preferred"]
            if least.value > most.value:
                self.error(least, f"mode '{name}' has {least.value} address bits at least and {most.value} at most, "
                                  "expected min not above max")
                return extra
            if not least.value <= preferred.value <= most.value:
                self.error(preferred, f"mode '{name}' prefers {preferred.value} address bits, expected a number from "
                                      f"{least.value} to {most.value}")
        else:
            least = most = node
        top = root.high + 1
        if most.value > top + extra:
            tables = f" of {1 << extra} tables" if extra else ""
            self.error(most, f"mode '{name}' has {most.value} address bits, but a root{tables} at level '{root.name}' "
                             f"has entries for {top + extra}, expected {top + extra} at most")
        if least.value < root.low + 1:
            self.error(least, f"mode '{name}' has {least.value} address bits, which leaves one entry or less at level "
                              f"'{root.name}', expected {root.low + 1} at least")
        return max(0, min(most.value - top, extra))

    # Transitions

    def check_transitions(self):
        rows = self.doc["transitions"].items
        for change in CHANGES:
            mine = [row for row in rows if row["change"].value == change]
            for first, second in itertools.combinations(mine, 2):
                if self.compatible(first, second):
                    self.error(second, f"change '{change}' is in line {first.line} already for "
                               f"{self.both(first, second)}, expected rows that exclude each other by 'with' and "
                               "'without'")
            missing = self.missing(mine)
            if missing:
                self.error(self.doc.key("transitions"), f"change '{change}' has no row for {missing}, expected one")
        for row in rows:
            none = row["invalidate"].value == "none"
            breaks = "break" in row and row["break"].value
            if none and "reach" in row:
                self.error(row.key("reach"), "a reach without an invalidation, expected no 'reach' beside "
                                             "'invalidate: none'")
            if not none and "reach" not in row:
                self.error(row, f"'invalidate: {row['invalidate'].value}' does not say which CPUs it must reach, "
                                "expected 'reach: local' or 'reach: all'")
            if breaks and none:
                self.error(row.key("break"), "a break without an invalidation, expected 'invalidate' to be more than "
                                             "'none': a break is an invalidation between two stores")
            if breaks and row["change"].value not in BREAKABLE:
                self.error(row.key("break"), f"change '{row['change'].value}' has nothing to break, expected 'break' "
                                             f"only for {listed(BREAKABLE)}")

    # Root registers

    def check_root_registers(self):
        vmid, root = [], []
        for register in self.doc["root_registers"].items:
            rows = []
            complete = True
            for key, node in register["bits"].entries():
                span = self.ranges.get(key, 64, "a register of 64 bits")
                if span is None:
                    complete = False
                    continue
                for other, other_key in rows:
                    if span[0] >= other[1] and other[0] >= span[1]:
                        self.error(key, f"{bits_verb(*span, 'overlap')} {bits_text(*other)} of line {other_key.line}, "
                                        "expected each bit once")
                rows.append((span, key))
                self.check_register_row(node, span, vmid, root)
            hole = mask(63, 0) & ~_union(span for span, _ in rows)
            for high, low in _runs(hole) if complete else ():
                self.error(register.key("bits"), f"{bits_verb(high, low, 'are')} not declared in register "
                                                 f"'{register['name'].value}', expected a number (0 for reserved bits)")
        self.check_tiling(vmid, "vmid", 0)
        lowest = self.root_alignment()
        if not root:
            if not self.broken & {"root_registers"}:
                self.error(self.doc.key("root_registers"), "no register holds the root, expected a row such as "
                                                           "51:12: {root: 51:12}")
        else:
            self.check_tiling(root, "root", lowest)

    def check_register_row(self, node, span, vmid, root):
        width = span[0] - span[1] + 1
        where = bits_text(*span)
        if isinstance(node, Scalar):
            self.fits(node, width, "the register", where)
            return
        sources = [name for name in node.names() if name != "with"]
        if len(sources) != 1:
            self.error(node, f"{bits_verb(*span, 'hold')} {len(sources)} things, expected one of 'root', 'vmid', 'mode', 'feature', "
                             "'physical_bits' or 'subtract_gpa_bits_from'")
            return
        source, value = sources[0], node[sources[0]]
        if "with" in node and source != "vmid":
            self.error(node.key("with"), f"'with' beside '{source}', expected it only beside 'vmid'")
        if source in ("vmid", "root"):
            limit, what = (32, "a vmid of 32 bits") if source == "vmid" else (64, "an address")
            held = self.ranges.get(value, limit, what)
            if held is None:
                return
            if held[0] - held[1] + 1 != width:
                self.error(value, f"{held[0] - held[1] + 1} bits of the {source} ({bits_text(*held)}), expected "
                                  f"{width} as in {where} of the register")
                return
            (vmid if source == "vmid" else root).append((held, value))
        elif source == "mode":
            self.check_register_modes(value, width, where)
        elif source == "feature":
            if width != 1:
                self.error(value, f"a feature in {where}, expected one bit")
        elif source == "physical_bits":
            for key, code in value.entries():
                if not FRAME_SHIFT <= int(key.text) <= 64:
                    self.error(key, f"physical width {key.text}, expected a number of bits from {FRAME_SHIFT} to 64")
                self.fits(code, width, "the register", where)
        else:
            self.check_register_subtraction(value, width, where)

    def check_register_modes(self, value, width, where):
        if not self.sound("modes"):
            return
        modes = [mode["name"].value for mode in self.doc["modes"].items]
        for key, code in value.entries():
            if key.text not in modes:
                self.error(key, f"unknown mode '{key.text}', {expected_one_of(key.text, modes)}")
            self.fits(code, width, "the register", where)
        for mode in modes:
            if mode not in value:
                self.error(value, f"no value for mode '{mode}', expected one for each mode")

    def check_register_subtraction(self, value, width, where):
        if not self.sound("modes"):
            return
        for mode in self.doc["modes"].items:
            bits = mode["gpa_bits"]
            least, most = (bits["min"].value, bits["max"].value) if isinstance(bits, Mapping) else [bits.value] * 2
            name = mode["name"].value
            if most > value.value:
                self.error(value, f"{value.value} less the {most} address bits of mode '{name}' is negative, expected "
                                  f"{most} or more")
            elif (value.value - least) >> width:
                self.error(value, f"{value.value} less the {least} address bits of mode '{name}' is "
                                  f"{value.value - least}, too wide for {where}, expected a smaller number")

    def check_tiling(self, pieces, what, lowest):
        pieces = sorted(pieces, key=lambda piece: piece[0][1])
        if pieces and lowest is not None and pieces[0][0][1] > lowest:
            (high, low), node = pieces[0]
            self.error(node, f"{bits_verb(low - 1, lowest, 'are')} in no register for the {what}, expected pieces from bit "
                             f"{lowest}")
        for ((high, _), first), ((_, low), node) in zip(pieces, pieces[1:]):
            if low <= high:
                later, other = (node, first) if (node.line, node.column) > (first.line, first.column) else (first, node)
                self.error(later, f"bits of the {what} overlap those of line {other.line}, expected each bit once")
            elif low > high + 1:
                self.error(node, f"{bits_verb(low - 1, high + 1, 'are')} in no register for the {what}, expected pieces "
                                 "that leave no hole")

    def root_alignment(self):
        """log2 of what every root is aligned to; None if that cannot be said."""
        if not self.sound("levels", "modes", "entry"):
            return None
        entry_shift = (self.doc["entry"]["bits"].value // 8).bit_length() - 1
        shifts = []
        for mode in self.doc["modes"].items:
            root = next((level for level in self.levels if level.name == mode["root"].value), None)
            if root is None:
                return None
            bits = mode["gpa_bits"]
            least = bits["min"].value if isinstance(bits, Mapping) else bits.value
            shifts.append(max(FRAME_SHIFT, least - root.low + entry_shift))
        return min(shifts)


def _runs(bits):
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


def _union(spans):
    bits = 0
    for high, low in spans:
        bits |= mask(high, low)
    return bits
