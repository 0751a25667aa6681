# SPDX-License-Identifier: Apache-2.0
"""The part of the semantic pass that is about what a CPU says of itself."""

from codegen.check_part import Part
from codegen.diagnostic import closest, expected_one_of
from codegen.load import Mapping, Scalar, Sequence
from codegen.ranges import bits_text
from codegen.values import field_values, overlap, within

FEATURE_SECTIONS = ("features", "switched", "untold")
WIDTH_SECTIONS = ("physical_bits", "gpa_bits")


class Capabilities(Part):
    def __init__(self, shared):
        super().__init__(shared)
        self.section = self.registers = None
        self.fields = {}  # name -> (width, signed); None where the range is wrong
        self.used = set()  # fields

    def run(self):
        if not self.sound("capabilities"):
            return
        self.section = self.doc["capabilities"]
        self.registers = [item["name"].value for item in self.section["registers"].items]
        for key, node in self.section["fields"].entries():
            self.check_field(key, node)
        for row in self.rows("needs"):
            self.check_condition(row["when"])
        for name in WIDTH_SECTIONS:
            self.check_widths(name)
        for name in ("features", "switched", "modes"):
            for _, node in self.section[name].entries() if name in self.section else ():
                self.check_condition(node)
        self.check_features()
        self.check_modes()
        self.check_unused()

    def rows(self, name):
        return self.section[name].items if name in self.section else []

    def check_field(self, key, node):
        if node["register"].value not in self.registers:
            name = node["register"].value
            self.error(node["register"], f"unknown register '{name}', {expected_one_of(name, self.registers)}")
        span = self.ranges.get(node["bits"], 64, "a register of 64 bits")
        signed = "signed" in node and node["signed"].value
        if span and signed and span[0] == span[1]:
            self.error(node["bits"], f"{bits_text(*span)} alone has no sign, expected two bits or more")
            signed = False
        self.fields[key.text] = span and (span[0] - span[1] + 1, signed)

    # --- Conditions -----------------------------------------------------------------------------------

    def check_condition(self, node):
        """What holds where it does: a list of {field: values}; None if that cannot be said."""
        if isinstance(node, Mapping):
            result = self.check_values(node)
            return None if result is None else [result]
        results = [self.check_values(item) for item in node.items]
        for number, (item, result) in enumerate(zip(node.items, results)):
            for other, earlier in zip(node.items[:number], results[:number]):
                if result is None or earlier is None:
                    continue
                for less, more, said in ((result, earlier, other), (earlier, result, item)):
                    if self.implies(less, more):
                        self.error(item if less is result else other, "this condition holds only where that at line "
                                   f"{said.line} does, expected it to be left out")
                        break
        return None if None in results else results

    def check_values(self, node):
        """{field: values} of one mapping; None if it makes no sense."""
        result = {}
        for key, value in node.entries():
            if key.text not in self.fields:
                self.unknown_field(key)
                result = None
                continue
            self.used.add(key.text)
            shape = self.fields[key.text]
            sound = shape is not None and self.check_value(key.text, value, *shape)
            if not sound:
                result = None
            elif result is not None:
                result[key.text] = field_values(value, *shape)
        return result

    def check_value(self, name, node, width, signed):
        most = (1 << (width - signed)) - 1
        least = node["at_least"] if isinstance(node, Mapping) else None
        numbers = [least] if least is not None else node.items if isinstance(node, Sequence) else [node]
        sound = True
        for number in numbers:
            if isinstance(number, Scalar) and number.value != "nonzero" and number.value > most:
                with_sign = " with a sign" if signed else ""
                self.error(number, f"value {number.value:#x} is too wide for field '{name}'{with_sign}, expected "
                                   f"{most:#x} at most")
                sound = False
        if least is not None and least.value == 0 and not signed:
            self.error(least, f"field '{name}' is always 0 or more, expected 1 or more")
            sound = False
        return sound

    def unknown_field(self, node):
        """The field that was meant, if one can tell, is used all the same."""
        self.error(node, f"unknown field '{node.text}', {expected_one_of(node.text, self.fields)}")
        self.used.add(closest(node.text, self.fields))

    @staticmethod
    def implies(less, more):
        """Wherever the first holds, the second does."""
        return all(name in less and within(less[name], values) for name, values in more.items())

    @staticmethod
    def exclude(one, other):
        return any(name in other and not overlap(values, other[name]) for name, values in one.items())

    # --- What follows ---------------------------------------------------------------------------------

    def check_widths(self, name):
        rows = self.rows(name)
        earlier = []
        for row in rows:
            if "plus" in row and isinstance(row["is"].value, int):
                self.error(row.key("plus"), "'plus' beside a number, expected it only beside a field")
            if isinstance(row["is"].value, str):
                self.check_width(row)
            holds = self.check_condition(row["when"]) if "when" in row else [{}]
            for other, other_holds in earlier if holds is not None else ():
                if all(any(self.implies(one, more) for more in other_holds) for one in holds):
                    self.error(row, f"this row is never reached, expected it above the row at line {other.line}, which "
                                    "holds whenever this one does")
                    break
            if holds is not None:
                earlier.append((row, holds))
        if rows and "when" in rows[-1]:
            self.error(rows[-1].key("when"), f"the last row of '{name}' does not always hold, expected a last row "
                                             "without 'when'")

    def check_width(self, row):
        name = row["is"].value
        if name not in self.fields:
            self.unknown_field(row["is"])
            return
        self.used.add(name)
        shape = self.fields[name]
        if shape is not None and shape[0] > 8:
            self.error(row["is"], f"field '{name}' has {shape[0]} bits, expected 8 at most for a number of bits")

    def check_features(self):
        if "features" in self.doc and not self.sound("features"):
            return
        features = self.doc["features"] if "features" in self.doc else None
        declared = features.names() if features else []
        seen = {}
        for section in FEATURE_SECTIONS:
            if section not in self.section:
                continue
            node = self.section[section]
            names = node.items if isinstance(node, Sequence) else [key for key, _ in node.entries()]
            for name in names:
                if name.text not in declared:
                    self.error(name, f"unknown feature '{name.text}', {expected_one_of(name.text, declared)}")
                    seen.setdefault(closest(name.text, declared), name)
                elif name.text in seen:
                    self.error(name, f"feature '{name.text}' is there already at line {seen[name.text].line}, expected "
                                     "it once")
                seen.setdefault(name.text, name)
        for key, _ in features.entries() if features else ():
            if key.text not in seen:
                place = self.doc.key("capabilities") if key.line.file else key
                self.error(place, f"nothing in 'capabilities' says whether a CPU has feature '{key.text}', expected it in "
                                  "'features', 'switched' or 'untold' there")

    def check_modes(self):
        if "modes" in self.section and self.sound("modes"):
            modes = [mode["name"].value for mode in self.doc["modes"].items]
            for key, _ in self.section["modes"].entries():
                if key.text not in modes:
                    self.error(key, f"unknown mode '{key.text}', {expected_one_of(key.text, modes)}")
        if "probe" in self.section and self.sound("root_registers"):
            self.check_probe(self.section["probe"])

    def check_probe(self, node):
        registers = {register["name"].value: register for register in self.doc["root_registers"].items}
        if node.value not in registers:
            self.error(node, f"unknown root register '{node.value}', {expected_one_of(node.value, registers)}")
            return
        rows = [value for _, value in registers[node.value]["bits"].entries()]
        if not any(isinstance(value, Mapping) and "mode" in value for value in rows):
            self.error(node, f"root register '{node.value}' says nothing of the mode, expected one with a row of 'mode'")

    def check_unused(self):
        read = {node["register"].value for _, node in self.section["fields"].entries()}
        for item in self.section["registers"].items:
            if item["name"].value not in read:
                self.error(item["name"], f"register '{item['name'].value}' has no field, expected one that is used")
        for key, _ in self.section["fields"].entries():
            if key.text not in self.used:
                self.error(key, f"field '{key.text}' is used nowhere, expected a condition on it")
