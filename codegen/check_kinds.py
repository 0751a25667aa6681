# SPDX-License-Identifier: Apache-2.0
"""Kinds of entry: every bit declared once at each level, the address where it must be, no two kinds alike."""

import functools
import itertools

from codegen.check_part import ANY, FRAME_SHIFT, WORDS, LevelKind, Part, Row
from codegen.diagnostic import expected_one_of, listed
from codegen.load import Mapping, Scalar
from codegen.ranges import bits_text, bits_verb, mask, runs
from codegen.words import size_text


class Kinds(Part):
    """Fills in what each kind is at each of its levels."""

    def run(self):
        if self.sound("entry", "levels", "kinds"):
            self.check_kinds()
        if self.sound("entry", "levels", "empty"):
            self.check_empty()

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
        if self.sound("address") and self.shared.laid_out and self.at and self.lowest_output_fits():
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
            replace = bits_verb(first.high, first.low, "replace")
            self.error(first.key, f"{replace} a part of field '{row.name}' ({row.text}), expected rows for "
                                  "all of it")
        parts = []
        for _, run in itertools.groupby(enumerate(left), lambda pair: pair[1] - pair[0]):
            run = [bit for _, bit in run]
            parts.append(Row(run[-1], run[0], row.what, row.name, row.fixed, row.value, row.key, row.node))
        return parts

    def report_holes(self, name, kind, holes):
        same = len(set(holes.values())) == 1
        for level, hole in holes.items():
            for high, low in runs(hole):
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
                                       "in no piece of 'address', expected a piece that has it, or something else")
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

    def check_when(self, at):
        """Fills at.equal_mask, at.equal_value and at.nonzero; at.told says that they are right."""
        wrong = False
        when = self.kinds[at.kind]["when"]
        flags = {self.doc[name]["field"].value: name for name in ("accessed", "dirty") if self.sound(name)}
        fields = [row.name for row in at.rows if row.what == "field"]
        for key, node in when.entries():
            asked = node.items if key.text == ANY else [key]
            rows = [self.telling(at, name, fields, flags) for name in asked]
            if None in rows:
                wrong = True
                continue
            if key.text == ANY or node.value == "nonzero":
                at.nonzero.append(functools.reduce(int.__or__, (mask(row.high, row.low) for row in rows)))
                if all(row.fixed and row.value == 0 for row in rows):
                    named = "all of 'any' are" if key.text == ANY else f"field '{key.text}' is"
                    self.error_in_kind(key if key.text == ANY else node, at, f"{named} always 0 in {{kind}}, expected a "
                                                                             "value that is not zero")
                    wrong = True
                continue
            row = rows[0]
            bits = mask(row.high, row.low)
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

    def telling(self, at, name, fields, flags):
        """The row of a field that can tell a kind; None after reporting why there is none."""
        row = at.field(name.text)
        if row is None:
            if at.complete:
                self.error_in_kind(name, at, f"{{kind}} has no field '{name.text}', "
                                   f"{expected_one_of(name.text, dict.fromkeys(fields))}")
        elif not row.fixed and name.text in flags and at.role != "table":
            self.error(name, f"field '{name.text}' is the {flags[name.text]} flag, expected a field that the CPU does "
                             "not change")
        elif not row.fixed and at.role != "leaf":
            self.error_in_kind(name, at, f"field '{name.text}' has no value of its own in {{kind}}, expected a field that "
                                         "has: only rows of access and memory decide others, and only in leaves")
        else:
            return row
        return None

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
