# SPDX-License-Identifier: Apache-2.0
"""Names that C can take, each once."""

from codegen.check_part import ALWAYS, Part

SHARED_FILES = ("formats",)  # that the generator writes for all formats together


class Names(Part):
    def run(self):
        if self.sound("format"):
            self.check_name(self.doc["format"], self.doc["format"].value, "format")
            if self.doc["format"].value in SHARED_FILES:
                self.error(self.doc["format"], f"format '{self.doc['format'].value}' has the name of a file that all "
                                               "formats share, expected another name")
        if self.sound("features"):
            for key, _ in self.doc["features"].entries():
                self.check_name(key, key.text, "feature")
                if key.text == ALWAYS:
                    self.error(key, f"feature '{ALWAYS}' has the name of what every CPU has, expected another name")
        if self.sound("kinds"):
            for key, _ in self.doc["kinds"].entries():
                self.check_name(key, key.text, "kind")
        for section, what in (("levels", "level"), ("modes", "mode"), ("root_registers", "register")):
            if self.sound(section):
                if self.check_list_names(self.doc[section], what):
                    self.broken.add(section)  # what names one of them may mean either
        for section in ("fault", "capabilities"):
            if self.sound(section):
                self.check_list_names(self.doc[section]["registers"], "register")
                for key, _ in self.doc[section]["fields"].entries():
                    self.check_name(key, key.text, "field")

    def check_list_names(self, sequence, what):
        """Whether a name stands for two."""
        seen = {}
        for item in sequence.items:
            node = item["name"]
            self.check_name(node, node.value, what)
            first = seen.setdefault(node.value, node)
            if first is not node:
                self.error(node, f"{what} '{node.value}' is there already at line {first.line}, "
                                 f"expected a name of its own")
        return len(seen) < len(sequence.items)
