#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Barriers around the maintenance instructions of runtime/src/cpu/aarch64.c and arm.c, on every path of the compiled
code.

An emulator runs TLBI, DC, IC and AT as if they were complete at once. The rules here are those of the Arm
Architecture Reference Manual (DDI 0487): D8.13 (TLB maintenance), D7.5 (cache maintenance), B2.6 (barriers). The
check then takes each barrier, and each TLBI of combined translations, out of the listing, one at a time, and has to
miss it. What is cleaned for observers that are not inner shareable needs DSB SY. ARMv7 has the same rules (DDI 0406:
B3.10, B2.2.6, A3.8.3) and no TLBI by IPA; its instructions are read as those of AArch64 that do the same.

    instructions.py CLANG INCLUDE_DIR aarch64.c|arm.c
"""

import re
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

FUNCTIONS = ("barrier", "invalidate", "table_write_back", "publish", "fault_registers")

OPTIONS = {
    "aarch64": ("--target=aarch64-none-elf", "-mgeneral-regs-only"),
    "arm": ("--target=armv7-none-eabi", "-mcpu=cortex-a15", "-mfloat-abi=soft", "-marm"),
}

# Of ARMv7, in the words of AArch64.
ARM = tuple((re.compile(pattern), replacement) for pattern, replacement in (
    (r"mcr p15, #0, \w+, c8, c3, #0", "tlbi vmalls12e1is"),  # TLBIALLIS
    (r"mcr p15, #0, \w+, c8, c7, #0", "tlbi vmalls12e1"),  # TLBIALL
    (r"mcr p15, #0, \w+, c7, c10, #1", "dc cvac"),  # DCCMVAC
    (r"mcr p15, #0, \w+, c7, c14, #1", "dc civac"),  # DCCIMVAC
    (r"mcr p15, #0, \w+, c7, c1, #0", "ic ialluis"),  # ICIALLUIS
    (r"mcr p15, #0, \w+, c7, c8, #0", "at s1e1r"),  # ATS1CPR
    (r"mcrr p15, #6, .*, c2", "msr vttbr_el2"),
    (r"mrrc p15, #0, .*, c7", "mrs par_el1"),
    (r"mcrr p15, #0, .*, c7", "msr par_el1"),
    (r"isb sy", "isb"),
    (r"bx lr|pop \{.*pc\}", "ret"),
    (r"b(eq|ne|hs|lo|hi|ls|ge|lt|gt|le|mi|pl) (.*)", r"b.\1 \2"),
))

# What is still to be done on a path:
#   stores      stores before the function that no DSB has ordered
#   stage2      TLBI by IPA that no DSB has completed
#   combined    TLBI by IPA without the TLBI of combined translations, VMALLE1, that has to follow
#   tlb         any TLBI that no DSB has completed; "is" if it was broadcast
#   cleaned     DC that no DSB has completed
#   fetch       IC that no DSB has completed
#   context     something that an ISB has to make visible to what follows
#   vttbr       VTTBR_EL2 was written and no ISB followed
#   translated  AT without the ISB that PAR_EL1 waits for
#   par         0: the guest's PAR_EL1 is there; 1: it was read; 2: overwritten; 3: put back
State = namedtuple("State", "stores stage2 combined tlb cleaned fetch context vttbr translated par")
START = State(True, "", False, "", False, False, False, False, False, 0)


class Wrong(Exception):
    """A path of the listing lacks a barrier."""


def in_words_of_aarch64(line):
    for pattern, replacement in ARM:
        if pattern.fullmatch(line):
            return pattern.sub(replacement, line)
    return line


def listing(clang, include, source):
    """The functions of the source, as lists of (label or instruction)."""
    command = [clang, *OPTIONS[Path(source).stem], "-O2", "-S", "-ffreestanding", "-I", include, source, "-o", "-"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    functions, current = {}, None
    for line in text.splitlines():
        line = re.split("//|@", line)[0].strip().lower()
        label = re.fullmatch(r"([\w.]+):", line)
        if label and not label[1].startswith("."):
            current = functions.setdefault(label[1], [])
        elif label and label[1].startswith(".lfunc_end"):
            current = None
        elif current is not None and line and (label or not line.startswith(".")):
            current.append(in_words_of_aarch64(" ".join(line.split())))
    return functions


def broadcast_dsb(kind):
    return kind in ("ish", "sy", "osh")


def step(line, state):
    """The state after an instruction; Wrong if it may not come yet."""
    name, _, operands = line.partition(" ")
    if name == "dsb":
        stores_only = operands in ("ishst", "nshst", "st", "oshst")
        reaches = broadcast_dsb(operands)
        state = state._replace(stores=False)
        if not stores_only:
            stage2 = state.stage2 if state.stage2 == "is" and not reaches else ""
            tlb = state.tlb if state.tlb == "is" and not reaches else ""
            fetch = state.fetch and not reaches
            state = state._replace(stage2=stage2, tlb=tlb, fetch=fetch,
                                   cleaned=state.cleaned and operands != "sy")
    elif name == "isb":
        if not (state.tlb or state.fetch):
            state = state._replace(context=False)
        state = state._replace(vttbr=False, translated=False)
    elif name == "tlbi":
        if state.stores:
            raise Wrong(f"{line}: no DSB after the stores before it")
        if state.vttbr:
            raise Wrong(f"{line}: no ISB after VTTBR_EL2 was written")
        kind = operands.split(",")[0]
        reach = "is" if kind.endswith("is") else "here"
        if kind.startswith("ipas2"):
            state = state._replace(stage2=reach, combined=True)
        elif state.stage2:
            raise Wrong(f"{line}: no DSB after the TLBI by IPA")
        else:
            state = state._replace(combined=False)
        state = state._replace(tlb=reach, context=True)
    elif name == "dc":
        state = state._replace(cleaned=True)
    elif name == "ic":
        if state.cleaned:
            raise Wrong(f"{line}: no DSB after the data was cleaned")
        state = state._replace(fetch=True, context=True)
    elif name == "at":
        if state.par != 1:
            raise Wrong(f"{line}: the guest's PAR_EL1 was not read before")
        state = state._replace(translated=True, par=2)
    elif name == "mrs" and "par_el1" in operands:
        if state.translated:
            raise Wrong(f"{line}: no ISB after AT")
        state = state._replace(par=1 if state.par == 0 else state.par)
    elif name == "msr" and operands.startswith("par_el1"):
        state = state._replace(par=3)
    elif name == "msr" and operands.startswith("vttbr_el2"):
        if state.tlb:
            raise Wrong(f"{line}: no DSB after the last TLBI")
        state = state._replace(vttbr=True, context=True)
    elif name == "bl" or name == "blr":
        raise Wrong(f"{line}: a call that this check cannot follow")
    return state


def finish(function, state):
    if state.tlb or state.stage2 or state.cleaned or state.fetch:
        raise Wrong(f"{function}: returns before its maintenance is complete")
    if state.combined:
        raise Wrong(f"{function}: combined translations stay")
    if state.context or state.vttbr:
        raise Wrong(f"{function}: returns without an ISB")
    if state.par == 2:
        raise Wrong(f"{function}: the guest's PAR_EL1 is lost")
    if function.endswith("_barrier") and state.stores:
        raise Wrong(f"{function}: no DSB")


def check(function, lines):
    """Follows every path, once for each state that it can be in."""
    labels = {line[:-1]: at for at, line in enumerate(lines) if line.endswith(":")}
    todo, seen = [(0, START)], set()
    while todo:
        at, state = todo.pop()
        if (at, state) in seen:
            continue
        seen.add((at, state))
        line = lines[at]
        name = line.split(" ")[0]
        if line.endswith(":"):
            todo.append((at + 1, state))
        elif name == "ret":
            finish(function, state)
        elif name == "b" or name.startswith("b.") or name in ("cbz", "cbnz", "tbz", "tbnz"):
            todo.append((labels[re.split(r"[ ,]+", line)[-1]], state))
            if name != "b":
                todo.append((at + 1, state))
        else:
            todo.append((at + 1, step(line, state)))


def main():
    functions = listing(*sys.argv[1:4])
    taken_out = missed = 0
    for name in FUNCTIONS:
        function = f"axas_{Path(sys.argv[3]).stem}_{name}"
        lines = functions[function]
        try:
            check(function, lines)
        except Wrong as wrong:
            sys.exit(f"{function}: {wrong}")
        for at, line in enumerate(lines):
            if line.split(" ")[0] not in ("dsb", "isb") and not line.startswith("tlbi vmalle1"):
                continue
            taken_out += 1
            try:
                check(function, lines[:at] + lines[at + 1:])
            except Wrong:
                continue
            missed += 1
            print(f"{function}: nothing is wrong without '{line}' (line {at})")
    print(f"{taken_out} instructions taken out, one at a time, {missed} of them unnoticed")
    sys.exit(1 if missed != 0 or taken_out < 10 else 0)


if __name__ == "__main__":
    main()
