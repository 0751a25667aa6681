# SPDX-License-Identifier: Apache-2.0
"""Entries put together by hand, and what they mean in words."""

import unittest

from support import SPECS, run


def explain(name, *arguments):
    status, out, errors = run("explain", name, *arguments, "--specs", SPECS / f"{name}.yaml")
    assert status == 0, errors
    return out.splitlines()


class Explain(unittest.TestCase):
    def test_a_leaf(self):
        # 0x12300000, and from the low end: type 2, memory 3, permission 3, never 1, accessed 1, dirty 0
        self.assertEqual(explain("ok_narrow32", "section", "123000fe"), [
            "ok_narrow32, level section, entry 0x123000fe",
            "kind      block: translates 1 MiB",
            "  31:20  address     0x123",
            "  19:10  zero        0x0",
            "      9  software    0x0",
            "      8  dirty       0x0",
            "      7  accessed    0x1",
            "      6  never       0x1",
            "    5:4  permission  0x3",
            "    3:2  memory      0x3",
            "    1:0  type        0x2",
            "address   0x12300000",
            "access    read, write",
            "memory    normal",
            "accessed  yes",
            "dirty     no",
        ])

    def test_an_address_in_two_pieces(self):
        # Output bit 51 is entry bit 9, output bit 14 is entry bit 14; never 2, used, permission 1, memory 1;
        # loose, in no group.
        lines = explain("ok_split_address", "level3", "0x0048000000004647")
        self.assertIn("address   0x8000000004000", lines)
        self.assertIn("access    read", lines)
        self.assertIn("memory    device", lines)
        self.assertIn("accessed  yes", lines)
        self.assertFalse([line for line in lines if line.startswith(("wrong", "dirty"))])

    def test_a_leaf_of_a_contiguous_group(self):
        # Bits 52:51 are 10, 15:14 are 01 for a group of four; else as above, 0x8000000010000 being the group's.
        lines = explain("ok_split_address", "level3", "0x0050000000014647")
        self.assertIn("     52  bundle      0x1  of a contiguous group", lines)
        self.assertIn("group     4 leaves side by side translate 64 KiB", lines)
        self.assertIn("address   0x8000000010000 of the group: the leaf's own place in it is added", lines)
        self.assertFalse([line for line in lines if line.startswith("wrong")])
        lines = explain("ok_split_address", "level3", "0x0050000000010647")
        self.assertIn("wrong     the lowest address bits of a leaf in a group must be 0x1", lines)
        # Of blocks eight, each with its own address.
        lines = explain("ok_split_address", "level2", "0x0058000002000645")
        self.assertIn("group     8 leaves side by side translate 256 MiB", lines)
        self.assertIn("address   0x8000002000000", lines)

    def test_a_field_that_holds_another_value_at_each_level(self):
        # A table of the floor at 0x4000: bits 55:16 hold 4, bits 61:59 should hold 2 and hold 3.
        lines = explain("ok_strange", "floor", "1800000000040000")
        self.assertIn("kind      table: leads to a table of level cellar", lines)
        self.assertIn("  61:59  level    0x3  must be 0x2", lines)
        self.assertIn("address   0x4000", lines)
        self.assertEqual(lines[-1], "wrong     bit 59 must be 0")

    def test_a_leaf_whose_access_says_that_it_was_written_through(self):
        # Access 6 and, where the CPU has "marks", the mark at bit 7; memory 2; accessed. Software's bit 1 is clear.
        lines = explain("ok_strange", "cellar", "7000000000010281")
        self.assertIn("access    read, write (with marks)", lines)
        self.assertEqual(lines[-2:], ["accessed  yes", "dirty     yes"])
        # Bit 7 clear: clean there, and on another CPU a leaf of which nobody knows.
        lines = explain("ok_strange", "cellar", "7000000000010201")
        self.assertIn("access    read, write (with marks) or read, write (without marks)", lines)
        self.assertEqual(lines[-1], "dirty     no")
        # A mark in a leaf that may not be written is no code of any row; bit 1 says dirty whatever the access.
        lines = explain("ok_strange", "cellar", "4800000000010283")
        self.assertIn("access    no legal code", lines)
        self.assertEqual(lines[-1], "dirty     yes")

    def test_reserved_bits(self):
        # A large leaf with a bit set below its size: output bit 12 is entry bit 10.
        lines = explain("ok_nonzero_empty", "middle", "800000000000040a")
        self.assertIn("  18:10  zero      0x1  reserved, must be 0", lines)
        self.assertEqual(lines[-1], "wrong     bit 10 must be 0")

    def test_a_bit_that_must_be_one(self):
        lines = explain("ok_nonzero_empty", "middle", "1")
        self.assertEqual(lines[-1], "wrong     bit 2 must be 1")

    def test_empty_is_told_by_the_level(self):
        self.assertEqual(explain("ok_nonzero_empty", "bottom", "ffffffffffffffff")[1],
                         "kind      empty: nothing is here")
        self.assertEqual(explain("ok_nonzero_empty", "top", "ffffffffffffffff")[1:], [
            "kind      none that this level allows",
            "          no table: type is 0x3, not 0x1",
            "          no leaf: type is 0x3, not 0x2",
            "          no held: type is 0x3, not 0x0",
        ])

    def test_a_kind_of_which_one_of_several_fields_is_not_zero(self):
        self.assertIn("          no leaf: see and run are 0", explain("ok_nonzero_empty", "bottom", "8000000000000002"))
        self.assertEqual(explain("ok_nonzero_empty", "bottom", "8000000000000022")[1],
                         "kind      leaf: translates 4 KiB")

    def test_a_zero_word_is_a_held_leaf_where_empty_is_something_else(self):
        self.assertEqual(explain("ok_nonzero_empty", "bottom", "0")[1],
                         "kind      held: translates nothing and keeps 4 KiB")

    def test_codes_that_depend_on_features(self):
        # see 0b01 at bits 4:3, run 0b01 at bits 6:5, memory 1 at bits 62:61
        entry = "a00000000000002a"
        lines = explain("ok_nonzero_empty", "bottom", entry)
        self.assertIn("access    read, kernel execute (with exec_levels)", lines)
        self.assertIn("memory    write_combining (with combining)", lines)
        lines = explain("ok_nonzero_empty", "bottom", entry, "--features", "combining")
        self.assertIn("access    no legal code on this CPU", lines)
        self.assertIn("memory    write_combining", lines)

    def test_a_leaf_that_this_cpu_does_not_have(self):
        lines = explain("ok_nonzero_empty", "top", "800000000000000a", "--features", "exec_levels")
        self.assertEqual(lines[-1], "wrong     a leaf at this level needs combining")

    def test_a_code_without_a_row(self):
        self.assertIn("access    no legal code", explain("ok_nonzero_empty", "bottom", "8000000000000012"))

    def test_a_level_is_named_or_numbered_as_the_manual_does(self):
        self.assertEqual(explain("ok_strange", "3", "0")[0], explain("ok_strange", "attic", "0")[0])

    def test_bad_arguments_say_what_would_be_good(self):
        specs = ("--specs", SPECS / "ok_strange.yaml")
        for arguments, message in (
                (("ok_stragne", "attic", "0"), "codegen: unknown format 'ok_stragne', expected 'ok_strange'\n"),
                (("ok_strange", "atic", "0"), "codegen: unknown level 'atic', expected 'attic', 'floor' or 'cellar' "
                                              "(did you mean 'attic'?)\n"),
                (("ok_strange", "attic", "xyz"), "codegen: 'xyz' is no entry, expected a hexadecimal number of 64 "
                                                 "bits\n"),
                (("ok_strange", "attic", "1" + "0" * 16), f"codegen: '1{'0' * 16}' is no entry, expected a hexadecimal "
                                                          "number of 64 bits\n"),
                (("ok_strange", "attic", "0", "--features", "large"), "codegen: unknown feature 'large', expected "
                                                                      "'huge' or 'marks'\n")):
            with self.subTest(arguments):
                self.assertEqual(run("explain", *arguments, *specs), (2, "", message))


if __name__ == "__main__":
    unittest.main()
