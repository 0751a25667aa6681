# SPDX-License-Identifier: Apache-2.0
"""Specifications that are right are taken, and the generator knows none of them by name."""

import re
import unittest

from codegen import check, check_names, load, model, render
from codegen.diagnostic import Diagnostics
from support import EXAMPLE, ROOT, SHIPPED, SPECS, changed, errors_of, model_of

SHIPPED_FILES = sorted(SHIPPED.glob("*.yaml"))
OK_FILES = [*sorted(SPECS.glob("ok_*.yaml")), EXAMPLE]


class Specifications(unittest.TestCase):
    def test_shipped_and_stretching_specifications_have_no_errors(self):
        self.assertTrue(SHIPPED_FILES)
        self.assertTrue(OK_FILES)
        for path in SHIPPED_FILES + OK_FILES:
            with self.subTest(path.name):
                document, found = load.load(path, path.name)
                check.check(document, found)
                self.assertEqual([str(diagnostic) for diagnostic in found.sorted()], [])

    def test_specifications_open_with_their_schema(self):
        for path in SHIPPED_FILES + OK_FILES:
            with self.subTest(path.name):
                named = re.search(r"^# yaml-language-server: \$schema=(\S+)$", path.read_text(), re.MULTILINE)
                self.assertIsNotNone(named)
                self.assertEqual((path.parent / named[1]).resolve(), ROOT / "codegen" / "schema" / "format.json")

    def test_a_list_may_say_that_every_cpu_sets_a_flag(self):
        old = "accessed: {field: accessed, otherwise: 1}"
        one, other = (changed(old, f"accessed: {{field: accessed, hardware: {who}}}", SPECS / "ok_narrow32.yaml")
                      for who in ("always", "[always]"))
        self.assertEqual(errors_of(other), [])
        flags = [model.build(load.plain(load.parse(text, Diagnostics(""))), "x.yaml").accessed for text in (one, other)]
        self.assertEqual(*flags)
        self.assertTrue(flags[0].always)

    def test_names_in_c_begin_with_what_the_check_of_names_knows(self):
        for path in SHIPPED_FILES + OK_FILES:
            with self.subTest(path.name):
                one = model_of(path)
                known = (*check_names.WORDS, *(level.name for level in one.levels), *(mode.name for mode in one.modes))
                known = tuple(f"{name}_" for name in known)
                text = "\n".join(render.render([one]).values())
                said = {name.lower() for name in re.findall(rf"\baxas_{one.name}_(\w+)", text, re.IGNORECASE)}
                self.assertGreater(len(said), 30)
                self.assertEqual([name for name in said if not f"{name}_".startswith(known)], [])

    def test_the_generator_names_no_format_no_level_and_no_feature(self):
        names = set()
        for path in SHIPPED_FILES:
            data = load.plain(load.load(path)[0])
            names |= {data["format"], data["arch"]} | set(data.get("features", {}))
            names |= {level["name"] for level in data["levels"]}
            names |= {register["name"] for register in data["root_registers"]}
        self.assertGreater(len(names), 10)
        sources = [*(ROOT / "codegen").rglob("*.py"), *(ROOT / "codegen" / "schema").iterdir(),
                   *(path for path in (ROOT / "templates").rglob("*") if path.is_file())]
        self.assertGreater(len(sources), 5)
        for path in sources:
            words = set(re.findall(r"[A-Za-z0-9_]+", path.read_text().lower()))
            self.assertEqual(words & names, set(), f"{path.name} names what only specifications know")


if __name__ == "__main__":
    unittest.main()
