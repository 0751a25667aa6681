# SPDX-License-Identifier: Apache-2.0
"""The page that holds the formats side by side."""

import itertools

from codegen.reference.format import flags_of, leaf_sizes
from codegen.reference.table import Column, Table, code, number
from codegen.words import condition_text, gpa_bits_text, listed, size_text


def tables(models):
    return [shape(models), access(models), memory(models), hardware(models)]


def shape(models):
    table = Table("Entries, levels and addresses", [
        code("Format"), Column("Entry"), Column("Modes"), number("Output address"), number("Largest root"),
        Column("Leaves")])
    for model in models:
        order = "big" if model.big_endian else "little"
        modes = [f"{mode.title}: {_levels(mode)}, {gpa_bits_text(mode)} bits" for mode in model.modes]
        root = max(model.root_bytes(mode, mode.gpa_bits_max) for mode in model.modes)
        table.rows.append([model.name, f"{model.entry_bits} bits, {order}-endian", modes, f"{model.output_bits} bits",
                           size_text(root), leaf_sizes(model)])
    return table


def _levels(mode):
    return f"{len(mode.levels)} level{'s' * (len(mode.levels) > 1)}"


def access(models):
    caption = ("Access that can be expressed: R read, W write, X execute, Xk execute for the guest's kernel alone, "
               "Xu for its user level alone")
    return _by_cpu(models, caption, lambda model: [(_letters(row.columns), row) for row in
                                                   sorted(model.access, key=lambda row: row.attr)])


def _letters(columns):
    kernel, user = columns["kernel_exec"], columns["user_exec"]
    execute = "X" if kernel and user else "Xk" if kernel else "Xu" if user else ""
    return "R" * columns["read"] + "W" * columns["write"] + execute


def memory(models):
    return _by_cpu(models, "Memory types that can be expressed",
                   lambda model: [(row.type, row) for row in model.memory])


def _by_cpu(models, caption, named):
    """What every CPU can express, and what only some can; `named` gives rows with the names of what they express."""
    table = Table(caption, [code("Format"), Column("On every CPU"), Column("On some CPUs")])
    for model in models:
        conditions = {}
        for name, row in named(model):
            conditions.setdefault(name, []).append(row.condition)
        groups = {}
        for name, rows in conditions.items():
            groups.setdefault(_where(rows), []).append(name)
        always = ", ".join(groups.pop("", []))
        table.rows.append([model.name, always, [f"{where}: {', '.join(names)}" for where, names in groups.items()]])
    return table


def _where(conditions):
    """On which CPUs one of these conditions holds; nothing for all."""
    asked = [1 << bit for bit in range(64) if any((c.with_mask | c.without_mask) >> bit & 1 for c in conditions)]
    cpus = (sum(chosen) for size in range(len(asked) + 1) for chosen in itertools.combinations(asked, size))
    if all(any(condition.holds(cpu) for condition in conditions) for cpu in cpus):
        return ""
    return " or ".join(condition_text(condition) for condition in conditions)


def hardware(models):
    table = Table("What the hardware does by itself, and its options", [
        code("Format"), Column("Accessed flag set by the CPU"), Column("Dirty flag set by the CPU"),
        Column("Changes that need a break"), Column("Features")])
    for model in models:
        flags = dict(flags_of(model))
        breaks = list(dict.fromkeys(row.change for row in model.transitions if row.breaks))
        table.rows.append([model.name, _flag(flags.get("accessed")), _flag(flags.get("dirty")), breaks or "none",
                           [feature.name for feature in model.features] or "none"])
    return table


def _flag(flag):
    if flag is None:
        return "no such flag"
    if flag.always:
        return "always"
    return f"with {listed(flag.hardware_names, 'or')}" if flag.hardware else "never"
