# SPDX-License-Identifier: Apache-2.0
"""Transitions: each change has exactly one row on every CPU, and asks for something that can be done."""

import itertools

from codegen.check_part import Part
from codegen.diagnostic import listed

CHANGES = ("make", "permissions_more", "permissions_less", "memory_type", "output_address", "split", "collapse",
           "contiguous_off", "remove_leaf", "remove_table", "fault")
BREAKABLE = ("permissions_more", "permissions_less", "memory_type", "output_address", "split", "collapse",
             "contiguous_off")
OFF = "contiguous_off"


class Transitions(Part):
    def run(self):
        if self.sound("transitions"):
            self.check_transitions()

    def check_transitions(self):
        rows = self.doc["transitions"].items
        if "contiguous" not in self.doc:
            for row in (row for row in rows if row["change"].value == OFF):
                self.error(row["change"], f"change '{OFF}' where no leaf is of a contiguous group, expected no row, or "
                                          "a section 'contiguous'")
        for change in CHANGES:
            if change == OFF and "contiguous" not in self.doc:
                continue
            mine = [row for row in rows if row["change"].value == change]
            for first, second in itertools.combinations(mine, 2):
                if self.compatible(first, second):
                    self.error(second, f"change '{change}' is in line {first.line} already for "
                               f"{self.both(first, second)}, expected rows that exclude each other by 'with' and "
                               "'without'")
            missing = self.missing(mine)
            if missing:
                self.error(self.doc.key("transitions"), f"change '{change}' has no row for {missing}, expected one")
        self.check_fault(rows)
        for row in rows:
            none = row["invalidate"].value == "none"
            breaks = "break" in row and row["break"].value
            if none and "reach" in row:
                self.error(row.key("reach"), "a reach without an invalidation, expected no 'reach' beside "
                                             "'invalidate: none'")
            if not none and "reach" not in row:
                self.error(row, f"'invalidate: {row['invalidate'].value}' does not say which CPUs it must reach, "
                                "expected 'reach: local' or 'reach: all'")
            if breaks and none:
                self.error(row.key("break"), "a break without an invalidation, expected 'invalidate' to be more than "
                                             "'none': a break is an invalidation between two stores")
            if breaks and row["change"].value not in BREAKABLE:
                self.error(row.key("break"), f"change '{row['change'].value}' has nothing to break, expected 'break' "
                                             f"only for {listed(BREAKABLE)}")

    def check_fault(self, rows):
        """Where a new entry needs an invalidation to be seen, so does one that another CPU made."""
        made = [row for row in rows if row["change"].value == "make" and row["invalidate"].value != "none"]
        kept = [row for row in rows if row["change"].value == "fault" and row["invalidate"].value == "none"]
        for make, fault in itertools.product(made, kept):
            if self.compatible(make, fault):
                self.error(fault["invalidate"], f"change 'fault' invalidates nothing for {self.both(make, fault)}, "
                           f"expected an invalidation as of 'make' at line {make.line}: else the CPU faults for ever "
                           "on what it still holds")
