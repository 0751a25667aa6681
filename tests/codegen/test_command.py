# SPDX-License-Identifier: Apache-2.0
"""generate, check and list, as a person at a terminal meets them."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import ROOT, SHIPPED, SPECS, changed, run, snapshot

NARROW, STRANGE = SPECS / "ok_narrow32.yaml", SPECS / "ok_strange.yaml"


class Directory(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.out = Path(temporary.name) / "out"

    def generate(self, *specs, **more):
        status, said, errors = run("generate", "--specs", *specs, "--out", self.out, **more)
        self.assertEqual((status, errors), (0, ""))
        return said

    def check(self, *specs):
        return run("check", "--specs", *specs, "--out", self.out)


class Generate(Directory):
    def test_it_writes_every_format_and_says_what(self):
        said = self.generate(NARROW, STRANGE)
        for name in snapshot(self.out):
            self.assertIn(f"wrote {self.out / name}\n", said)
        self.assertLessEqual({"ok_narrow32.c", "ok_strange.c", "formats.c", "formats.cmake",
                              "include/axas/formats/ok_narrow32.h"}, set(snapshot(self.out)))

    def test_a_second_run_touches_nothing(self):
        self.generate(NARROW)
        before = snapshot(self.out)
        self.assertIn("0 written, 0 removed", self.generate(NARROW))
        self.assertEqual(snapshot(self.out), before)

    def test_the_output_does_not_depend_on_the_directory_or_the_order(self):
        self.generate(NARROW, STRANGE)
        first = {name: content for name, (content, _) in snapshot(self.out).items()}
        shutil.rmtree(self.out)
        self.generate("ok_strange.yaml", "ok_narrow32.yaml", cwd=SPECS)
        self.assertEqual({name: content for name, (content, _) in snapshot(self.out).items()}, first)

    def test_a_format_that_is_gone_loses_its_files_and_nobody_else_does(self):
        self.generate(NARROW, STRANGE)
        (self.out / "mine.c").write_text("/* written by hand */\n")
        said = self.generate(NARROW)
        self.assertIn(f"removed {self.out / 'ok_strange.c'}\n", said)
        left = set(snapshot(self.out))
        self.assertFalse([name for name in left if "ok_strange" in name])
        self.assertIn("mine.c", left)

    def test_one_format_can_be_written_alone(self):
        self.generate(NARROW, STRANGE)
        for name in ("ok_narrow32.c", "ok_strange.c"):
            (self.out / name).write_text("stale")
        said = run("generate", "--format", "ok_strange", "--specs", NARROW, STRANGE, "--out", self.out)[1]
        self.assertIn(f"wrote {self.out / 'ok_strange.c'}\n", said)
        self.assertEqual((self.out / "ok_narrow32.c").read_text(), "stale")
        self.assertNotEqual((self.out / "ok_strange.c").read_text(), "stale")

    def test_an_unknown_format_is_refused(self):
        status, _, errors = run("generate", "--format", "ok_strnge", "--specs", NARROW, STRANGE, "--out", self.out)
        self.assertEqual(status, 2)
        self.assertEqual(errors, "codegen: unknown format 'ok_strnge', expected 'ok_narrow32' or 'ok_strange' (did you "
                                 "mean 'ok_strange'?)\n")
        self.assertFalse(self.out.exists())

    def test_one_bad_file_among_good_ones_stops_everything(self):
        status, _, errors = run("generate", "--specs", NARROW, SPECS / "err_keyword.yaml", "--out", self.out)
        self.assertEqual(status, 1)
        self.assertIn("err_keyword.yaml:9:3: error: ", errors)
        self.assertFalse(self.out.exists())

    def test_two_files_with_one_format_are_refused(self):
        copy = self.out.parent / "copy.yaml"
        shutil.copy(STRANGE, copy)
        status, _, errors = run("generate", "--specs", STRANGE, copy, "--out", self.out)
        self.assertEqual(status, 1)
        self.assertEqual(errors.splitlines()[0], f"{copy}:7:9: error: format 'ok_strange' is in {STRANGE}:7 already, "
                                                 "expected a name of its own")

    def test_two_formats_whose_names_in_c_may_be_the_same_are_refused(self):
        for name, taken in (("ok_narrow32_entry", True), ("ok_narrow32_page_table", True), ("ok_narrow32_short", True),
                            ("ok_narrow32_lpa2", False), ("ok_narrow32_pages", False), ("ok_narrow", False)):
            with self.subTest(name):
                longer = self.out.parent / "longer.yaml"
                longer.write_text(changed("format: ok_narrow32", f"format: {name}", NARROW))
                for specs in ((NARROW, longer), (longer, NARROW)):
                    names = ["ok_narrow32" if path == NARROW else name for path in specs]
                    status, _, errors = run("list", "--specs", *specs)
                    expected = [f"{specs[1]}:6:9: error: formats '{names[1]}' and '{names[0]}' have names in common in "
                                "C, expected another name", "codegen: 1 error"]
                    self.assertEqual((status, errors.splitlines()), (1, expected) if taken else (0, []))

    def test_what_is_generated_of_all_formats_is_not_lost_to_one(self):
        before = snapshot(ROOT / "generated")
        first, second, *_ = sorted(SHIPPED.glob("*.yaml"))
        for arguments in (("generate",), ("generate", "--format", second.stem), ("check",)):
            self.assertEqual(run(*arguments, "--specs", second.relative_to(ROOT)), (
                2, "", f"codegen: generated holds all formats of pt_specs, and --specs leaves out {first.name}, "
                "expected no --specs, which takes all that lies in pt_specs, or an --out of your own\n"))
        self.assertEqual(snapshot(ROOT / "generated"), before)
        self.assertEqual(run("check", "--specs", *SHIPPED.glob("*.yaml"))[0], 0)

    def test_a_file_named_twice_counts_once(self):
        self.generate(STRANGE, STRANGE)

    def test_a_directory_without_specifications_is_an_error(self):
        self.out.mkdir()
        status, _, errors = run("list", "--specs", self.out)
        self.assertEqual(status, 1)
        self.assertIn("no *.yaml in this directory, expected specifications", errors)

    def test_an_output_that_cannot_be_written_is_an_error_and_leaves_nothing(self):
        self.out.write_text("a file where a directory should be")
        status, said, errors = run("generate", "--specs", NARROW, "--out", self.out)
        self.assertEqual((status, said), (1, ""))
        self.assertIn("codegen: cannot write ", errors)
        self.assertEqual([path.name for path in self.out.parent.iterdir()], ["out"])


class Check(Directory):
    def test_current_output_is_current(self):
        self.generate(NARROW)
        status, said, errors = self.check(NARROW)
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("are current", said)

    def test_it_says_what_is_stale_missing_or_left_over_and_how_to_refresh(self):
        self.generate(NARROW, STRANGE)
        (self.out / "formats.cmake").unlink()
        text = (self.out / "ok_narrow32.c").read_text().splitlines(keepends=True)
        text[2] = "changed\n"
        (self.out / "ok_narrow32.c").write_text("".join(text))
        before = snapshot(self.out)
        status, _, errors = self.check(NARROW)
        self.assertEqual(status, 1)
        lines = errors.splitlines()
        self.assertIn(f"{self.out / 'formats.cmake'} is missing", lines)
        self.assertIn(f"{self.out / 'ok_narrow32.c'} is stale: line 3 differs", lines)
        self.assertIn(f"{self.out / 'ok_strange.c'} belongs to no specification", lines)
        command = ["python3", "-m", "codegen", "generate", "--specs", str(NARROW), "--out", str(self.out)]
        self.assertEqual(lines[-1], "refresh with: " + shlex.join(command))
        self.assertEqual(snapshot(self.out), before)

    def test_the_command_that_it_names_helps(self):
        self.generate(NARROW)
        (self.out / "formats.c").write_text("")
        command = shlex.split(self.check(NARROW)[2].splitlines()[-1])
        self.assertEqual(command[:6], ["refresh", "with:", "python3", "-m", "codegen", "generate"])
        self.assertEqual(run(*command[5:])[0], 0)
        self.assertEqual(self.check(NARROW)[0], 0)

    def test_one_byte_matters(self):
        self.generate(NARROW)
        path = self.out / "formats.c"
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n", 1))
        self.assertEqual(self.check(NARROW)[0], 1)


class Floors(Directory):
    def test_they_are_c_for_every_width_byte_order_and_split_of_an_address(self):
        specs = sorted(SPECS.glob("ok_*.yaml"))
        file = self.out.with_suffix(".c")
        self.assertEqual(run("floors", "--specs", *specs, "--out", file)[0], 0)
        compiler = next(name for name in ("cc", "gcc", "clang") if shutil.which(name))
        formats = [f"-DAXAS_WITH_{spec.stem.upper()}=1" for spec in specs]
        done = subprocess.run([compiler, "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsyntax-only",
                               f"-I{ROOT / 'bench'}", *formats, file], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_file_that_cannot_be_written_is_an_error(self):
        status, _, errors = run("floors", "--specs", NARROW, "--out", self.out / "none" / "floors.c")
        self.assertEqual(status, 1)
        self.assertIn("codegen: cannot write", errors)


class List(unittest.TestCase):
    def test_formats_modes_and_leaf_sizes(self):
        status, said, _ = run("list", "--specs", SPECS / "ok_split_address.yaml", STRANGE)
        self.assertEqual(status, 0)
        self.assertEqual(said.splitlines(), [
            "format            arch     mode     levels  gpa bits                       leaf sizes",
            "ok_split_address  example  2level*  2       30 to 40 (36)                  16 KiB, 32 MiB",
            "ok_split_address  example  3level   3       40 to 47 (47)                  16 KiB, 32 MiB",
            "ok_strange        example  house*   3       36 (33 with marks) to 38 (37)  4 KiB, 4 MiB, 512 MiB (huge)",
            "ok_strange        example  hut      2       30                             4 KiB, 4 MiB",
        ])


class Process(unittest.TestCase):
    """As a process of its own: the exit status is what a build sees."""

    def codegen(self, *arguments, **environment):
        return subprocess.run([sys.executable, "-B", "-m", "codegen", *map(str, arguments)], cwd=ROOT, text=True,
                              capture_output=True, env={**os.environ, **environment})

    def test_the_status_of_a_good_and_of_a_bad_run(self):
        self.assertEqual(self.codegen("list").returncode, 0)
        bad = self.codegen("list", "--specs", SPECS / "err_tab.yaml")
        self.assertEqual(bad.returncode, 1)
        self.assertEqual(bad.stdout, "")
        self.assertIn("err_tab.yaml:9:1: error: ", bad.stderr)

    def test_it_says_nothing_more_where_nobody_reads_any_more(self):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([sys.executable, "-B", "-m", "codegen", "list"], cwd=ROOT, stdout=write,
                              stderr=subprocess.PIPE)
        os.close(write)
        self.assertEqual(done.stderr, b"")

    def test_a_missing_module_is_named_with_its_package(self):
        # -S: no directory of installed packages, so that only the standard library is found.
        run = subprocess.run([sys.executable, "-B", "-S", "-E", "-m", "codegen", "list"], cwd=ROOT, text=True,
                             capture_output=True)
        self.assertEqual(run.returncode, 2)
        for package in ("python3-yaml", "python3-jinja2", "python3-jsonschema"):
            self.assertIn(package, run.stderr)


if __name__ == "__main__":
    unittest.main()
