# SPDX-License-Identifier: Apache-2.0
"""new: a specification to begin with."""

import json
import tempfile
import unittest
from pathlib import Path

from codegen import load, shape
from support import EXAMPLE, ROOT, SHIPPED, SPECS, changed, errors_of, run

SCHEMA = ROOT / "codegen" / "schema" / "format.json"


class New(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.out = Path(temporary.name) / "mine.yaml"

    def new(self, *arguments):
        return run("new", *arguments, "--out", self.out)

    def test_a_copy_of_each_format_is_right_at_once_and_only_its_name_and_title_are_new(self):
        for path in [*SHIPPED.glob("*.yaml"), *SPECS.glob("ok_*.yaml"), EXAMPLE]:
            with self.subTest(path.name):
                self.out.unlink(missing_ok=True)
                status, said, errors = self.new("mine", "--like", path.stem, "--specs", path)
                self.assertEqual((status, errors), (0, ""))
                self.assertTrue(said.startswith(f"wrote {self.out}, a copy of {path} with comments"))
                text = self.out.read_text()
                self.assertEqual(errors_of(text), [])
                data, like = (load.plain(load.load(file)[0]) for file in (self.out, path))
                self.assertEqual(data, {**like, "format": "mine", "title": "mine"})

    def test_it_teaches_each_section_and_keeps_the_comments(self):
        self.new("mine", "--like", "ok_strange", "--specs", SPECS / "ok_strange.yaml")
        text = self.out.read_text()
        lines = text.splitlines()
        self.assertTrue(lines[0].startswith("# yaml-language-server: $schema="))
        self.assertEqual((self.out.parent / lines[0].partition("=")[2]).resolve(), SCHEMA)
        lessons = " ".join(line[3:] for line in lines if line.startswith("## "))
        for key in load.load(self.out)[0].names():
            node = shape.SCHEMA["properties"][key]
            self.assertIn(f"{key}: {node['description']}", lessons)
            self.assertIn(node.get("x-advice", ""), lessons)
            place = next(number for number, line in enumerate(lines) if line.startswith(f"{key}:"))
            self.assertTrue(any(line.startswith(f"## {key}: ") for line in lines[:place]))
        self.assertIn("# 512 MiB", text)  # behind a level
        self.assertIn("# a table of the cellar is 8 KiB", text)
        self.assertNotIn("Stretches the language", text)  # about the other file as a whole
        widths = [len(line) for line in lines if line.startswith("##") and str(self.out) not in line]
        self.assertLessEqual(max(widths), 100)

    def test_without_its_lessons_it_is_the_file_that_it_began_as(self):
        self.new("mine", "--like", "ok_strange", "--specs", SPECS / "ok_strange.yaml")
        mine = [line for line in self.out.read_text().splitlines()[1:] if line and not line.startswith("##")]
        like = (SPECS / "ok_strange.yaml").read_text()
        like = [line for line in like[like.index("format:"):].splitlines() if line]
        self.assertEqual(mine, ["format: mine" if line.startswith("format:") else 'title: "mine"'
                                if line.startswith("title:") else line for line in like])

    def test_the_commands_that_it_names_work(self):
        said = self.new("mine", "--like", "ok_strange", "--specs", SPECS / "ok_strange.yaml")[1]
        commands = [line.split("python3 -m codegen ")[1] for line in [said.strip(), *self.out.read_text().splitlines()]
                    if "python3 -m codegen " in line]
        self.assertEqual(len(commands), 4)
        for command in commands:
            words = command.replace("LEVEL", "attic").replace("HEX", "0").split()
            out = ["--out", self.out.parent / "pages"] if words[0] == "reference" else []
            self.assertEqual(run(*words, *out)[0], 0, command)

    def test_names_that_cannot_be(self):
        strange = ("--like", "ok_strange", "--specs", SPECS / "ok_strange.yaml")
        letters = "expected a name of small letters, digits and '_' that begins with a letter"
        for name, message in (
                ("Mine", f"'format' is 'Mine', {letters}"),
                ("mine\n", f"'format' is 'mine\\n', {letters}"),
                ("a: b", f"'format' is 'a: b', {letters}"),
                ("register", "format 'register' is a keyword of C or C++, expected a name that C can take"),
                ("formats", "format 'formats' has a name that the library has in C (axas_formats), expected another "
                            "name"),
                ("ok_strange", "format 'ok_strange' is there already, expected a name of its own")):
            with self.subTest(name):
                self.assertEqual(self.new(name, *strange), (2, "", f"codegen: {message}\n"))
                self.assertFalse(self.out.exists())

    def base(self, text):
        path = self.out.parent / "base.yaml"
        path.write_text(text)
        return path

    def test_a_title_over_several_lines_goes_as_a_whole(self):
        title = "title: Two levels of 12 and 8 bits with 32-bit entries"
        for other in ("title: one\n  two # three\n", "title: >-\n  one\n  # two\n", "title: 'one\n  two'",
                      "title:\n  one\n  two"):
            with self.subTest(other):
                self.out.unlink(missing_ok=True)
                like = self.base(changed(title, other, SPECS / "ok_narrow32.yaml"))
                self.assertEqual(self.new("mine", "--like", "ok_narrow32", "--specs", like)[2], "")
                data, like = (load.plain(load.load(file)[0]) for file in (self.out, like))
                self.assertEqual(data, {**like, "format": "mine", "title": "mine"})

    def test_what_has_no_sections_is_not_copied(self):
        data = load.plain(load.load(SPECS / "ok_strange.yaml")[0])
        flow, indented = json.dumps(data), "".join(f"  {key}: {json.dumps(data[key])}\n" for key in data)
        (self.out.parent / "other.yaml").write_text((SPECS / "ok_strange.yaml").read_text())
        for text in (flow, indented, "{format: variant, title: variant, like: other}"):
            with self.subTest(text[:40]):
                like = self.base(text)
                name = "variant" if "variant" in text else "ok_strange"
                self.assertEqual(self.new("mine", "--like", name, "--specs", like), (
                    2, "", f"codegen: {like} cannot be copied section by section, expected each key of it at the "
                    "beginning of a line\n"))
                self.assertFalse(self.out.exists())

    def test_a_file_that_is_there_is_left_alone(self):
        self.out.write_text("mine\n")
        self.assertEqual(self.new("mine", "--like", "ok_strange", "--specs", SPECS / "ok_strange.yaml"),
                         (2, "", f"codegen: {self.out} is there already, expected a file of its own\n"))
        self.assertEqual(self.out.read_text(), "mine\n")

    def test_an_unknown_format_and_a_place_that_is_not_there(self):
        specs = ("--specs", SPECS / "ok_strange.yaml")
        self.assertEqual(self.new("mine", "--like", "ok_stragne", *specs)[0], 2)
        self.out = self.out.parent / "nowhere" / "mine.yaml"
        status, _, errors = self.new("mine", "--like", "ok_strange", *specs)
        self.assertEqual((status, errors), (1, f"codegen: cannot write {self.out}: No such file or directory\n"))


if __name__ == "__main__":
    unittest.main()
