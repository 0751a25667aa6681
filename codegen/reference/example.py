# SPDX-License-Identifier: Apache-2.0
"""What the text of the worked example shows: parts of its files as they are, and what the generator says of them."""

from markupsafe import Markup

from codegen import check, load, model
from codegen.diagnostic import Diagnostics
from codegen.explain import explain
from codegen.listing import listing

SPEC = "examples/format/worked_example.yaml"
TEST = "tests/golden/worked_example.c"


class Example:
    def __init__(self, root):
        self.text = (root / SPEC).read_text(encoding="utf-8")
        self.tests = (root / TEST).read_text(encoding="utf-8")
        document, errors = self.read(self.text)
        if errors:
            raise ValueError("\n".join(errors))
        self.begins = [(key.text, key.line - 1) for key, _ in document.entries()]
        self.model = model.build(load.plain(document), SPEC)

    @staticmethod
    def read(text):
        found = Diagnostics(SPEC.rpartition("/")[2])
        document = load.parse(text, found)
        check.check(document, found)
        return document, [str(error) for error in found.sorted()]

    def source(self, *keys):
        """Sections of the specification."""
        lines = self.text.splitlines()
        ends = [line for _, line in self.begins[1:]] + [len(lines)]
        parts = [lines[line:end] for (key, line), end in zip(self.begins, ends) if key in keys]
        return "\n\n".join("\n".join(part).rstrip() for part in parts)

    def mistake(self, old, new):
        """What the generator says if a part of the specification is something else."""
        _, errors = self.read(self.text.replace(old, new))
        if not errors:
            raise ValueError(f"'{old}' can be '{new}' and nothing is wrong")
        return Markup('<pre class="error"><code>{}</code></pre>').format("\n".join(errors))

    def listing(self):
        return "\n".join(listing([self.model]))

    def explained(self, level, entry):
        level = next(one for one in self.model.levels if one.name == level)
        return "\n".join(explain(self.model, level, int(entry, 16)))

    def test(self, name):
        """One of the tests by its name."""
        begin = self.tests.index("Test(", self.tests.index(f", {name})") - 40)
        return self.tests[begin:self.tests.index("\n}", begin) + 2]

    def names(self):
        return {name: getattr(self, name) for name in ("source", "mistake", "listing", "explained", "test")}
