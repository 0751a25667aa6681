# SPDX-License-Identifier: Apache-2.0
"""Levels and address: which bits of a guest address lead where, and which bits of an entry hold the output."""

from codegen.check_part import FRAME_SHIFT, Level, Part
from codegen.diagnostic import expected_one_of
from codegen.load import Mapping
from codegen.ranges import bits_text, bits_verb

INDEX_MOST = 20  # bits: of a root, 64 such tables of 8 MiB are a frame that a CPU of 32 bits can address


class Layout(Part):
    """Fills in the levels, the kinds by name, and the map of the address."""

    def run(self):
        if self.sound("kinds"):
            self.kinds.update((key.text, value) for key, value in self.doc["kinds"].entries())
        if self.sound("levels"):
            self.check_levels()
        if self.sound("entry", "address"):
            self.check_address()

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
                self.check_width(level)
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
            if lower.high == upper.low - 1:
                continue
            self.shared.laid_out = False
            what = f"overlaps or is above index {bits_text(upper.high, upper.low)} of"
            if lower.high < upper.low:
                what = f"leaves out {bits_text(upper.low - 1, lower.high + 1)} below"
            self.error(lower.node["index"], f"level '{lower.name}' has index {bits_text(lower.high, lower.low)}, which "
                       f"{what} level '{upper.name}', expected it to begin at bit {upper.low - 1}")
        last = self.levels[-1]
        if last.low < FRAME_SHIFT:
            self.shared.laid_out = False
            self.error(last.node["index"], f"index of the last level ends at bit {last.low}, which makes pages of "
                       f"{1 << last.low} bytes, expected bit {FRAME_SHIFT} or above: pages of 4096 bytes at least")
        if self.sound("kinds"):
            for level in self.levels:
                self.check_level_kinds(level)
            uses = [use["kind"] if isinstance(use, Mapping) else use
                    for level in self.levels for use in level.node["kinds"].items]
            if not all(use.value in self.kinds for use in uses):  # an unknown one is probably what would be missed
                self.shared.laid_out = False
                return
            self.check_leaves_below()
            self.check_unused_kinds({use.value for use in uses})

    def check_width(self, level):
        width = level.high - level.low + 1
        if width > INDEX_MOST:
            self.error(level.node["index"], f"index of level '{level.name}' has {width} bits, expected {INDEX_MOST} at "
                                            "most, for tables that can be allocated")

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

    def check_leaves_below(self):
        """A leaf is split into leaves of the level below."""
        upper = None
        for level in self.levels[:-1]:  # what the last one has to have is said there
            if any(self.kinds[name]["role"].value == "leaf" for name in level.kinds):
                upper = level.name
            elif upper is not None:
                self.error(level.node["kinds"], f"level '{level.name}' allows no kind with the role leaf, expected "
                                                f"one: a leaf of level '{upper}' above is split one level at a time")

    def check_unused_kinds(self, listed_kinds):
        for key, _ in self.doc["kinds"].entries():
            if key.text not in listed_kinds:
                self.error(key, f"kind '{key.text}' stands at no level, expected a level that lists it")

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
        self.map.update((out, entry[1] + out - output[1]) for _, entry, output in pieces
                        for out in range(output[1], output[0] + 1))
