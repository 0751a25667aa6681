# SPDX-License-Identifier: Apache-2.0
"""Names that C can take, each once.

What a format adds to C is called axas_FORMAT_..., in small letters or large ones. The first word behind that is one
of WORDS, or belongs to the name of a level or of a mode.
"""

import functools
import re
from pathlib import Path

from codegen.check_part import ALWAYS, Part

ROOT = Path(__file__).resolve().parent.parent
WORDS = ("capabilities", "each", "encode", "entry", "fault", "feature", "from", "id", "inline", "leaf", "mode", "root",
         "table")
FIRST = {"level": ("each", "fault", "feature", "id", "inline", "mode", "root"), "mode": ("entry", "from", "inline")}
LAST = ("empty", "entries", "is", "shift")  # behind the name of a level, which may be one of WORDS: what belongs to it


class Names(Part):
    def run(self):
        if self.sound("format"):
            self.check_format(self.doc["format"])
        if self.sound("features"):
            for key, _ in self.doc["features"].entries():
                self.check_name(key, key.text, "feature")
                self.check_words(key, key.text, "feature")
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

    def check_format(self, node):
        self.check_name(node, node.value, "format")
        taken = next((name for name in _names_of_the_library() if _begins(name, node.value)), None)
        if taken:
            self.error(node, f"format '{node.value}' has a name that the library has in C (axas_{taken}), expected "
                             "another name")

    def check_words(self, node, name, what):
        """Whether a name gets in C what something else of the format may have there."""
        words = name.split("_")
        if what == "level" and len(words) == 1:
            return
        if words[0] in FIRST.get(what, ()):
            self.error(node, f"{what} '{name}' begins with '{words[0]}', as something else of the format does in C, "
                             "expected another name")
        elif words[-1] in LAST and (what == "level" or len(words) == 1):
            self.error(node, f"{what} '{name}' ends in '{words[-1]}', as what belongs to a level does in C, expected "
                             "another name")

    def check_list_names(self, sequence, what):
        """Whether a name stands for two."""
        seen = {}
        for item in sequence.items:
            node = item["name"]
            self.check_name(node, node.value, what)
            self.check_words(node, node.value, what)
            first = seen.setdefault(node.value, node)
            if first is not node:
                self.error(node, f"{what} '{node.value}' is there already at line {first.line}, "
                                 f"expected a name of its own")
        return len(seen) < len(sequence.items)


def shared_names(one, other):
    """Whether two formats, as plain data, may both have a name in C: one's own begins with all of the other's."""
    if len(one["format"]) > len(other["format"]):
        one, other = other, one
    rest = other["format"].removeprefix(one["format"] + "_")
    mine = (*WORDS, *(level["name"] for level in one["levels"]), *(mode["name"] for mode in one["modes"]))
    return rest != other["format"] and any(_begins(rest, name) or _begins(name, rest) for name in mine)


def _begins(name, words):
    return f"{name}_".startswith(f"{words}_")


@functools.cache
def _names_of_the_library():
    """What begins with axas_ in the runtime and in what all formats share, without that; comments name formats."""
    files = [*sorted((ROOT / "runtime").rglob("*.[ch]")), *sorted((ROOT / "templates").glob("*.j2"))]
    texts = [re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL) for file in files]
    names = [name for text in texts for name in re.findall(r"\b(?:axas|AXAS)_(\w+)", text)]
    return list(dict.fromkeys(name.lower().rstrip("_") for name in names))
