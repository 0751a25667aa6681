# SPDX-License-Identifier: Apache-2.0
"""The part of the semantic pass that is about how the hardware reports a fault."""

from codegen.check_part import Part
from codegen.diagnostic import expected_one_of
from codegen.load import Scalar
from codegen.ranges import bits_text, bits_verb

NONZERO = "nonzero"


class Fault(Part):
    def __init__(self, shared):
        super().__init__(shared)
        self.fault = self.registers = None
        self.widths = {}  # field -> bits; None where its range is wrong

    def run(self):
        if self.sound("fault"):
            self.fault = self.doc["fault"]
            self.registers = [item["name"].value for item in self.fault["registers"].items]
            self.check_fault(self.levels[-1].low if self.sound("levels") else None)

    def check_fault(self, page):
        """`page`: log2 of the smallest page, None if it is not known."""
        for key, node in self.fault["fields"].entries():
            self.check_register(node["register"])
            span = self.ranges.get(node["bits"], 64, "a register of 64 bits")
            self.widths[key.text] = span and span[0] - span[1] + 1
        always = self.check_when(self.fault["when"]) or {}
        for name in ("cause", "level", "access", "guest_walk", "gpa", "gva"):
            if name in self.fault:
                self.check_rows(self.fault[name], always)
        for name in ("cause", "access"):
            last = self.fault[name].items[-1]
            if "when" in last:
                self.error(last.key("when"), f"the last row of '{name}' does not always hold, expected a last row "
                                             "without 'when'")
        for row in self.fault["level"].items if "level" in self.fault else ():
            if isinstance(row["is"].value, str):
                self.check_field(row["is"])
        for name in ("gpa", "gva"):
            for row in self.fault[name].items if name in self.fault else ():
                self.check_pieces(row["from"], page if name == "gpa" else None)

    def check_register(self, node):
        if node.value not in self.registers:
            self.error(node, f"unknown register '{node.value}', {expected_one_of(node.value, self.registers)}")

    def check_field(self, node):
        if node.text not in self.widths:
            self.error(node, f"unknown field '{node.text}', {expected_one_of(node.text, self.widths)}")
            return False
        return True

    def check_when(self, when):
        """{field: set of values, or NONZERO}; None if a field is unknown or cannot have a value."""
        result = {}
        sound = True
        for key, node in when.entries():
            if not self.check_field(key):
                sound = False
                continue
            if isinstance(node, Scalar) and node.value == NONZERO:
                result[key.text] = NONZERO
                continue
            values = [node] if isinstance(node, Scalar) else node.items
            width = self.widths[key.text]
            for value in values:
                if width is not None and value.value >> width:
                    self.error(value, f"value {value.value:#x} is too wide for field '{key.text}', expected "
                                      f"{(1 << width) - 1:#x} at most")
                    sound = False
            result[key.text] = {value.value for value in values}
        return result if sound else None

    def check_rows(self, rows, always):
        earlier = []
        for row in rows.items:
            when = self.check_when(row["when"]) if "when" in row else {}
            if when is None:
                continue
            for name, values in when.items():
                if name in always and self.disjoint(values, always[name]):
                    self.error(row["when"].key(name), f"this row never holds: the fault's 'when' at line "
                               f"{self.fault['when'].key(name).line} asks for other values of '{name}', expected one "
                               "of those")
            for other, other_when in earlier:
                if all(name in when and self.within(when[name], values) for name, values in other_when.items()):
                    self.error(row, f"this row is never reached, expected it above the row at line {other.line}, which "
                                    "holds whenever this one does")
                    break
            earlier.append((row, when))

    @staticmethod
    def disjoint(one, other):
        if NONZERO in (one, other):
            rest = other if one == NONZERO else one
            return rest == {0}
        return not one & other

    @staticmethod
    def within(one, other):
        """Whether all values of one are values of the other."""
        if one == NONZERO:
            return other == NONZERO
        return 0 not in one if other == NONZERO else one <= other

    def check_pieces(self, pieces, page):
        spans = []
        for piece in pieces.items:
            self.check_register(piece["register"])
            bits = self.ranges.get(piece["bits"], 64, "a register of 64 bits")
            output = self.ranges.get(piece["output"], 64, "an address")
            if bits is None or output is None:
                return
            if bits[0] - bits[1] != output[0] - output[1]:
                self.error(piece["output"], f"{bits_text(*output)} of the address are {output[0] - output[1] + 1} "
                           f"bits, expected {bits[0] - bits[1] + 1} as in {bits_text(*bits)} of the register")
                return
            for other in spans:
                if output[0] >= other[1] and other[0] >= output[1]:
                    self.error(piece["output"], f"address {bits_verb(*output, 'overlap')} {bits_text(*other)} of another "
                                                "piece, expected each bit once")
            spans.append(output)
        spans.sort(key=lambda span: span[1])
        for lower, upper in zip(spans, spans[1:]):
            if upper[1] > lower[0] + 1:
                self.error(pieces, f"{bits_verb(upper[1] - 1, lower[0] + 1, 'are')} in no piece of the address, expected "
                                   "pieces that leave no hole")
        if page is not None and spans[0][1] > page:
            self.error(pieces, f"{bits_verb(spans[0][1] - 1, page, 'are')} in no piece of the address, expected pieces "
                               f"down to bit {page}, where the smallest page ends")
