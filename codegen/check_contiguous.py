# SPDX-License-Identifier: Apache-2.0
"""Contiguous groups: how many leaves, told by which fields, and what an entry holds in place of its own address."""

from codegen.check_part import Part
from codegen.diagnostic import expected_one_of, listed
from codegen.ranges import bits_text, mask

GROUP_LEAVES_MAX = 128  # AXAS_GROUP_LEAVES_MAX


class Contiguous(Part):
    def run(self):
        if self.sound("entry", "levels", "kinds", "contiguous"):
            for key, group in self.doc["contiguous"].entries():
                self.check_group(key, group)

    def check_group(self, key, group):
        leaves = {at.level.name: at for at in self.at if at.role == "leaf"}
        at = leaves.get(key.text)
        if at is None:
            self.error(key, f"level '{key.text}' has no leaf, {expected_one_of(key.text, leaves)}")
            return
        count = self.check_count(group["leaves"], at.level)
        for name, value in group["set"].entries():
            self.check_mark(name, value, at)
        if count and "address" in group and self.sound("address") and self.shared.laid_out and at.complete:
            self.check_address(group["address"], at, count)

    def check_count(self, node, level):
        """The number of leaves; None if it is none that a group can have."""
        count = node.value
        most = min(1 << (level.high - level.low + 1), GROUP_LEAVES_MAX)
        if count >= 2 and count & (count - 1) == 0 and count <= most:
            return count
        self.error(node, f"a group of {count} leaves, expected a power of two from 2 to {most}: no more than a table "
                         f"of level '{level.name}' has and than the library breaks at once")
        return None

    def check_mark(self, name, value, at):
        row = at.field(name.text)
        fixed = [row.name for row in at.rows if row.what == "field" and row.fixed and not self.tells(row.name, at)]
        if row is None or not row.fixed:
            if at.complete:
                self.error(name, f"kind '{at.kind}' gives no value to a field '{name.text}', "
                                 f"{expected_one_of(name.text, fixed)}")
        elif self.tells(name.text, at):
            self.error(name, f"field '{name.text}' tells what kind an entry of level '{at.level.name}' is, expected a "
                             "field that no 'when' asks about")
        elif self.fits(value, row.high - row.low + 1, f"field '{name.text}'", row.text) and value.value == row.value:
            self.error(value, f"field '{name.text}' is {value.value:#x} in a leaf of no group too (line {row.key.line}), "
                              "expected another value")

    def tells(self, name, at):
        row = at.field(name)
        bits = mask(row.high, row.low)
        here = [other for other in self.at if other.level is at.level]
        return any(bits & (other.equal_mask | sum(other.nonzero)) for other in here)

    def check_address(self, node, at, count):
        (key, value), = node.entries()
        span = self.ranges.get(key, self.doc["entry"]["bits"].value, "an entry")
        if span is None:
            return
        outputs = range(at.level.low, at.level.low + count.bit_length() - 1)
        own = sorted(self.map[output] for output in outputs if output in self.map)
        if len(own) != len(outputs):
            return  # said where the kind's address is
        if list(range(span[1], span[0] + 1)) != own:
            self.error(key, f"{bits_text(*span)} of an entry in a group of {count} leaves, expected "
                            f"{bits_text(own[-1], own[0])}: what tells these leaves' addresses apart")
            return
        self.fits(value, span[0] - span[1] + 1, "the address", bits_text(*span))
