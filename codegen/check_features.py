# SPDX-License-Identifier: Apache-2.0
"""Features: declared, used, and asked for in a way that can hold."""

from codegen.check_part import ALWAYS, Part, items_of, names_in
from codegen.diagnostic import expected_one_of
from codegen.load import Mapping, Sequence


class Features(Part):
    def run(self):
        declared = self.doc["features"].names() if self.sound("features") else []
        if "features" in self.doc and not self.sound("features"):
            return
        for mapping in self.mappings(self.doc):
            self.check_condition(mapping, declared)
        for name in ("accessed", "dirty"):
            if self.sound(name):
                self.check_flag(name, declared)
        if self.sound("root_registers"):
            for register in self.doc["root_registers"].items:
                for _, value in register["bits"].entries():
                    if isinstance(value, Mapping) and "feature" in value:
                        self.use_features(value["feature"], declared)
        self.check_unused()

    def check_flag(self, name, declared):
        """Accessed or dirty: set by the CPU with a feature, always, or never."""
        flag = self.doc[name]
        hardware = flag.get("hardware")
        always = names_in(hardware) == [ALWAYS]
        if hardware is not None and not always:
            self.use_features(hardware, declared)
        if always and "otherwise" in flag:
            self.error(flag.key("otherwise"), f"'{name}' has 'otherwise' beside 'hardware: {ALWAYS}', expected none: no CPU "
                                              "leaves the flag to software")
        elif not always and "otherwise" not in flag:
            self.error(self.doc.key(name), f"'{name}' has no 'otherwise', expected 0 or 1: what a new leaf has on a CPU "
                                           "that does not set the flag")

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
            self.use_features(names, declared)
            for item in names.items:
                if seen.setdefault(item.value, which) != which:
                    self.error(item, f"feature '{item.value}' is asked for both by 'with' and by 'without', "
                                     "expected one of them: this never holds")

    def use_features(self, node, declared):
        seen = set()
        for item in items_of(node):
            self.use_feature(item, declared)
            if item.value in seen:
                self.error(item, f"feature '{item.value}' is listed twice, expected it once")
            seen.add(item.value)

    def use_feature(self, node, declared):
        self.shared.used_features.add(node.value)
        if node.value not in declared:
            self.error(node, f"unknown feature '{node.value}', {expected_one_of(node.value, declared)}")

    def check_unused(self):
        if not self.sound("features") or self.broken & set(self.doc.names()):
            return
        for key, _ in self.doc["features"].entries():
            if key.text not in self.shared.used_features:
                self.error(key, f"feature '{key.text}' is used nowhere, expected a row that depends on it")
