# SPDX-License-Identifier: Apache-2.0
"""The registers that hold the root: every bit declared once, root and vmid whole."""

from codegen.check_part import FRAME_SHIFT, Part
from codegen.diagnostic import expected_one_of, listed
from codegen.load import Mapping, Scalar
from codegen.ranges import bits_text, bits_verb, mask, runs


class Registers(Part):
    holds_root = False

    def run(self):
        if self.sound("root_registers"):
            self.check_root_registers()

    def check_root_registers(self):
        registers = self.doc["root_registers"].items
        sets = {}
        for register in registers:
            sets.setdefault(register["set"].value if "set" in register else None, []).append(register)
        if len(sets) > 1:
            for register in sets.get(None, []):
                self.error(register, f"register '{register['name'].value}' is of no set, expected "
                                     f"{listed(name for name in sets if name)}")
        held = [(name, *self.check_set(members)) for name, members in sets.items()]
        (first, *spans), others = held[0], held[1:]
        for name, *more in others:
            for what, here, there in zip(("root", "vmid"), more, spans):
                if here != there and (what == "vmid" or here and there):
                    self.error(sets[name][0], f"the registers of set '{name}' hold other bits of the {what} than those of "
                                              f"set '{first}', expected the same")

    def check_set(self, registers):
        """Checks registers that are used together; gives the bits of root and vmid that they hold."""
        vmid, root = [], []
        self.holds_root = False
        for register in registers:
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
            for high, low in runs(hole) if complete else ():
                self.error(register.key("bits"), f"{bits_verb(high, low, 'are')} not declared in register "
                                                 f"'{register['name'].value}', expected a number (0 for reserved bits)")
        self.check_tiling(vmid, "vmid", 0)
        lowest = self.root_alignment()
        self.check_tiling(root, "root", lowest)
        if not self.holds_root:
            of_set = f" of set '{registers[0]['set'].value}'" if "set" in registers[0] else ""
            where = registers[0] if of_set else self.doc.key("root_registers")
            self.error(where, f"no register{of_set} holds the root, expected a row such as 51:12: {{root: 51:12}}")
        return _union(span for span, _ in root), _union(span for span, _ in vmid)

    def check_register_row(self, node, span, vmid, root):
        width = span[0] - span[1] + 1
        where = bits_text(*span)
        if isinstance(node, Scalar):
            self.fits(node, width, "the register", where)
            return
        beside = ("with", "min", "signed", "value", "otherwise")
        sources = [name for name in node.names() if name not in beside]
        if len(sources) != 1:
            self.error(node, f"{bits_verb(*span, 'hold')} {len(sources)} things, "
                             "expected one of 'root', 'vmid', 'mode', 'feature', "
                             "'physical_bits' or 'subtract_gpa_bits_from'")
            return
        source, value = sources[0], node[sources[0]]
        self.holds_root |= source == "root"
        if "with" in node and source != "vmid":
            self.error(node.key("with"), f"'with' beside '{source}', expected it only beside 'vmid'")
        if "signed" in node and source != "subtract_gpa_bits_from":
            self.error(node.key("signed"), f"'signed' beside '{source}', expected it only beside "
                                           "'subtract_gpa_bits_from'")
        if "min" in node and source != "vmid":
            self.error(node.key("min"), f"'min' beside '{source}', expected it only beside 'vmid'")
        for key in ("value", "otherwise"):
            if key in node and source != "feature":
                self.error(node.key(key), f"'{key}' beside '{source}', expected it only beside 'feature'")
        if source == "vmid" and "min" in node:
            self.fits(node["min"], width, "the vmid", where)
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
            self.check_register_feature(node, value, width, where)
        elif source == "physical_bits":
            seen = {}
            for key, code in value.entries():
                first = seen.setdefault(int(key.text), key)
                if first is not key:
                    self.error(key, f"physical width {key.text} is there already at line {first.line}, expected it "
                                    "once")
                if not FRAME_SHIFT <= int(key.text) <= 64:
                    self.error(key, f"physical width {key.text}, expected a number of bits from {FRAME_SHIFT} to 64")
                self.fits(code, width, "the register", where)
        else:
            signed = "signed" in node and node["signed"].value
            self.check_register_subtraction(value, width, where, signed)

    def check_register_feature(self, node, value, width, where):
        codes = [key for key in ("value", "otherwise") if key in node]
        if not codes and width != 1:
            self.error(value, f"a feature in {where}, expected one bit, or 'value' and 'otherwise' beside it")
        if len(codes) == 1:
            other = "otherwise" if codes == ["value"] else "value"
            self.error(node.key(codes[0]), f"'{codes[0]}' without '{other}', expected both or none")
        fits = [self.fits(node[key], width, "the register", where) for key in codes]
        if len(codes) == 2 and all(fits) and node["value"].value == node["otherwise"].value:
            self.error(node.key("otherwise"), f"{node['value'].value:#x} with the feature and without, expected a number "
                                              "instead")

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

    def check_register_subtraction(self, value, width, where, signed):
        if not self.sound("modes"):
            return
        for mode in self.doc["modes"].items:
            least, most = self.gpa_bits(mode)
            name = mode["name"].value
            if signed:
                half = 1 << (width - 1)
                for number in dict.fromkeys((least, most)):
                    if not -half <= value.value - number < half:
                        self.error(value, f"{value.value} less the {number} address bits of mode '{name}' is "
                                          f"{value.value - number}, expected a number from {-half} to {half - 1}, which "
                                          f"{where} can hold with a sign")
            elif most > value.value:
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
            shifts.append(max(FRAME_SHIFT, self.gpa_bits(mode)[0] - root.low + entry_shift))
        return min(shifts)

    @staticmethod
    def gpa_bits(mode):
        """The fewest on any CPU, and the most."""
        bits = mode["gpa_bits"]
        if not isinstance(bits, Mapping):
            return bits.value, bits.value
        least = bits["fewer"] if "fewer" in bits else bits
        return least["min"].value, bits["max"].value


def _union(spans):
    bits = 0
    for high, low in spans:
        bits |= mask(high, low)
    return bits
