# SPDX-License-Identifier: Apache-2.0
"""Modes: a root that fits the guest addresses, and one default."""

from codegen.check_part import Part, names_in
from codegen.diagnostic import expected_one_of
from codegen.load import Mapping


class Modes(Part):
    def run(self):
        if self.sound("levels", "modes") and ("root" not in self.doc or self.sound("root")):
            self.check_modes()

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
                self.error(mode["root"], f"unknown level '{mode['root'].value}', "
                                         f"{expected_one_of(mode['root'].value, names)}")
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
            if "fewer" in node:
                fewer = node["fewer"]["min"]
                if set(names_in(node["fewer"]["with"])) <= set(names_in(mode.get("with"))):
                    self.error(node.key("fewer"), f"mode '{name}' is there only with what 'fewer' asks for, expected "
                                                  f"min: {fewer.value} and no 'fewer'")
                if fewer.value >= least.value:
                    self.error(fewer, f"mode '{name}' has {fewer.value} address bits at least with more features and "
                                      f"{least.value} without, expected {least.value - 1} at most")
                else:
                    least = fewer
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
