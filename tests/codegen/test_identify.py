# SPDX-License-Identifier: Apache-2.0
"""Identification registers put together by hand, and what they mean in words."""

import unittest

from support import EXAMPLE, SHIPPED, SPECS, run


def identify(name, *arguments, specs=None):
    status, out, errors = run("identify", name, *arguments, "--specs", specs or SPECS / f"{name}.yaml")
    assert status == 0, errors
    return out.splitlines()


class Identify(unittest.TestCase):
    def test_what_a_cpu_has_and_lacks(self):
        # who: house 63, build 7:4 is 1, plan 3:0 is 3; what: reach 21:16 is 34, width 13:8 is 32
        self.assertEqual(identify("ok_strange", "who=8000000000000013", "what=0x222000"), [
            "ok_strange, who 0x8000000000000013 and what 0x222000",
            "format    here",
            "physical  32 bits",
            "guest     37 bits at most",
            "has       huge",
            "lacks     marks",
            "mode      house: guest addresses of 36 to 37 bits, if high keeps it",
            "mode      hut: guest addresses of 30 bits, if high keeps it",
        ])

    def test_what_has_to_be_turned_on_and_which_modes_are_not_there(self):
        # build 8 is -8, plan 5; the width is 31 and 13 more
        lines = identify("ok_strange", "who=8000000000000085", "what=1f00")
        self.assertIn("physical  44 bits", lines)
        self.assertIn("switched  marks", lines)
        self.assertIn("mode      hut: no, the CPU does not take it", lines)

    def test_why_the_format_is_not_there(self):
        self.assertIn('format    not here: the CPU is no "house"', identify("ok_strange", "who=3"))
        self.assertIn("format    not here: the CPU has no second stage",
                      identify("worked_example", "ident=1801", specs=EXAMPLE))

    def test_a_mode_may_want_more_than_the_cpu_has(self):
        # PARange 3: 42 bits
        lines = identify("aarch64_stage2", "id_aa64mmfr0_el1=3", specs=SHIPPED / "aarch64_stage2.yaml")
        self.assertIn("mode      3level: guest addresses of 31 to 42 bits", lines)
        self.assertIn("mode      4level: no, it needs 44 physical bits", lines)
        # guest addresses of 39 bits (MGAW) in tables for 48
        lines = identify("vtd_second_stage", "cap=d2008c40660462", "dmar_address_width=26",
                         specs=SHIPPED / "vtd_second_stage.yaml")
        self.assertIn("mode      4level: guest addresses of 39 bits", lines)
        # no page-walk length of 5
        lines = identify("x86_64_ept", "ia32_vmx_ept_vpid_cap=f0106734141", specs=SHIPPED / "x86_64_ept.yaml")
        self.assertIn("mode      5level: no, it needs walk_length_5", lines)

    def test_mistakes(self):
        for arguments, said in (
            (("ok_strang", "who=1"), "unknown format 'ok_strang', expected 'ok_strange'"),
            (("ok_strange", "whom=1"), "unknown register 'whom', expected 'who' or 'what' (did you mean 'who'?)"),
            (("ok_strange", "who=x"), "'who=x' gives no value, expected a hexadecimal number of 64 bits"),
            (("ok_strange", "who=10000000000000000"), "expected a hexadecimal number of 64 bits"),
        ):
            status, out, errors = run("identify", *arguments, "--specs", SPECS / "ok_strange.yaml")
            self.assertEqual((status, out), (2, ""))
            self.assertIn(said, errors)
        status, _, errors = run("identify", "ok_narrow32", "a=1", "--specs", SPECS / "ok_narrow32.yaml")
        self.assertEqual(status, 2)
        self.assertIn("does not say how a CPU tells what it has", errors)


if __name__ == "__main__":
    unittest.main()
