# SPDX-License-Identifier: Apache-2.0
"""Writes models down as C through the templates; knows how C is spelled, and no format."""

from __future__ import annotations

import functools
from pathlib import Path

import jinja2

from .model import FaultRule, Feature, Level, LevelKind, Model, Piece, span_text

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def c64(value: int) -> str:
    """A 64-bit constant."""
    return f"UINT64_C({value:#x})" if value > 9 else f"UINT64_C({value})"


def boolean(value: object) -> str:
    return "true" if value else "false"


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def matches(kind: LevelKind, name: str = "entry") -> str:
    """The condition under which an entry is of that kind."""
    terms = []
    if kind.equal_mask:
        terms.append(equal(kind.equal_mask, kind.equal_value, name))
    terms += [f"({name} & {c64(mask)}) != 0" for mask in kind.nonzero]
    return " && ".join(terms)


def equal(mask: int, value: int, name: str = "entry") -> str:
    """Whether the bits of a mask have that value. It is taken off first, which a CPU with two operands needs no copy
    for; where the bits are others, so is what is left of them."""
    if value == mask and mask & (mask - 1) == 0:
        return f"({name} & {c64(mask)}) != 0"
    return f"({name if value == 0 else f'({name} - {c64(value)})'} & {c64(mask)}) == 0"


def leaf_in_group(level: Level) -> str:
    """Whether an entry that is a leaf is one of a contiguous group: by what does not make it a leaf."""
    mask = level.group.mark_mask & ~level.leaf.equal_mask
    return equal(mask, level.group.mark_value & mask)


def shifted(text: str, left: int) -> str:
    if left == 0:
        return text
    return f"({text} << {left})" if left > 0 else f"({text} >> {-left})"


def bare(text: str) -> str:
    """Without the parentheses around the whole of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for place, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0 and place < len(text) - 1:
            return text
    return text[1:-1]


def pieces_in(pieces: list[Piece], name: str = "hpa") -> str:
    """The entry bits that hold an address."""
    return " | ".join([shifted(f"({name} & {c64(piece.output_mask)})", piece.shift) for piece in pieces])


def pieces_out(pieces: list[Piece], name: str = "entry", mask: str = "{}") -> str:
    """The address that entry bits hold. `mask`: how a piece's constant is written."""
    masks = [mask.format(c64(piece.entry_mask)) for piece in pieces]
    return " | ".join([shifted(f"({name} & {bits})", -piece.shift) for piece, bits in zip(pieces, masks)])


def condition(row, macro: str) -> str:
    """Whether a row's features hold; `macro` begins the names of the format's features."""

    def names(features: list[str]) -> str:
        return " | ".join(f"{macro}_FEATURE_{name.upper()}" for name in features)

    terms = []
    with_, without = row.condition.with_, row.condition.without
    if len(with_) == 1:
        terms.append(f"(features & {names(with_)}) != 0")
    elif with_:
        terms.append(f"(features & ({names(with_)})) == ({names(with_)})")
    if without:
        mask = f"({names(without)})" if len(without) > 1 else names(without)
        terms.append(f"(features & {mask}) == 0")
    return " && ".join(terms)


def any_feature(features: list[Feature], macro: str) -> str:
    """A mask of features, by name if it is one."""
    if len(features) == 1:
        return f"{macro}_FEATURE_{features[0].name.upper()}"
    return c64(sum(feature.mask for feature in features))


def when(rule: FaultRule | list) -> str:
    """The condition of a row of the fault description; empty if it always holds."""
    terms = []
    conditions = rule.when if isinstance(rule, FaultRule) else rule
    for field, values in conditions:
        name = f"field_{field}"
        if values is None:
            terms.append(f"{name} != 0")
        else:
            alternatives = " || ".join(f"{name} == {value:#x}" if value > 9 else f"{name} == {value}" for value in values)
            terms.append(f"({alternatives})" if len(values) > 1 and len(conditions) > 1 else alternatives)
    return " && ".join(terms)


def fault_fields(model: Model) -> list:
    """The fields that some row asks for."""
    fault = model.fault
    used = {name for name, _ in fault.when}
    for rules in (fault.cause, fault.access, fault.level, fault.guest_walk, fault.gpa, fault.gva):
        for rule in rules:
            used |= {name for name, _ in rule.when}
    used |= {rule.result for rule in fault.level if isinstance(rule.result, str)}
    return [field for name, field in fault.fields.items() if name in used]


def register_bits(high: int, low: int, register: int) -> str:
    text = f"registers[{register}]"
    if low:
        text = f"({text} >> {low})"
    if high - low == 63:
        return text
    return f"{text} & {c64((1 << (high - low + 1)) - 1)}"


def fault_address(parts: list[tuple[int, Piece]]) -> str:
    terms = []
    for register, piece in parts:
        text = f"registers[{register}]"
        if piece.entry_mask != (1 << 64) - 1:
            text = f"({text} & {c64(piece.entry_mask)})"
        terms.append(shifted(text, -piece.shift))
    return bare(" | ".join(terms))


def asked(condition: list) -> str:
    """Whether fields of identification registers have one of the values that a condition leaves them."""
    alternatives = []
    for tests in condition:
        terms = [_in_runs(field, runs) for field, runs in tests]
        if len(terms) > 1:
            terms = [f"({term})" if " || " in term else term for term in terms]
        text = " && ".join(terms)
        alternatives.append(f"({text})" if len(condition) > 1 and " && " in text else text)
    return " || ".join(alternatives)


def _in_runs(field, runs: list[tuple[int, int]]) -> str:
    name = f"field_{field.name}"
    terms = []
    for low, high in runs:
        if low == high:
            terms.append(f"{name} == {_number(low)}")
        elif low == 1 and high == field.most:
            terms.append(f"{name} != 0")
        elif low == 0:
            terms.append(f"{name} <= {_number(high)}")
        elif high == field.most:
            terms.append(f"{name} >= {_number(low)}")
        else:
            terms.append(f"({name} >= {_number(low)} && {name} <= {_number(high)})")
    return " || ".join(terms)


def _number(value: int) -> str:
    return f"{value:#x}" if value > 9 else str(value)


def any_of(rules: list[FaultRule]) -> str:
    """Whether one of the rows holds."""
    if len(rules) == 1:
        return when(rules[0])
    return " || ".join(f"({when(rule)})" for rule in rules) or "false"


def fault_statements(rule: FaultRule, target: str) -> list[str]:
    """What a row of the fault description sets."""
    if target == "cause":
        return [f"fault->cause = AXAS_CAUSE_{rule.result.upper()};"]
    if target == "access":
        return ["fault->access = " + ("0;" if rule.result == "none" else f"AXAS_{rule.result.upper()};")]
    if target == "level":
        number = f"(int8_t)field_{rule.result}" if isinstance(rule.result, str) else str(rule.result)
        return [f"fault->level = {number};"]
    place = "fault->gpa.raw" if target == "gpa" else "fault->gva"
    return [f"fault->{target}_known = true;", f"{place} = {fault_address(rule.result)};"]


def fault_chain(rules: list[FaultRule], target: str) -> str:
    """The rows as one chain of conditions; the first that holds decides."""
    lines = []
    for number, rule in enumerate(rules):
        test = when(rule)
        if test:
            lines.append(("} else " if number else "") + f"if ({test}) {{")
        elif number:
            lines.append("} else {")
        inner = "    " if test or number else ""
        lines += [inner + statement for statement in fault_statements(rule, target)]
        if not test:
            break
    if lines and lines[0].endswith("{"):
        lines.append("}")
    return "\n".join("    " + line for line in lines)


def codes(classes: list[Level], row) -> list[str]:
    """The entry bits that a row of the access or memory table sets in leaves of each class."""
    return [c64(level.leaf.code(row.values)) for level in classes]


def alike_kinds(levels: list[Level]) -> list[list[Level]]:
    """Levels whose entries tell their kinds in the same way."""
    groups: dict[tuple, list[Level]] = {}
    for level in levels:
        key = level.empty, *((kind.role, matches(kind)) for kind in level.kinds)
        groups.setdefault(key, []).append(level)
    return list(groups.values())


def size(value: int) -> str:
    """A number of bytes as people write it."""
    for unit in ("", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if value < 1024:
            return f"{value} {unit or 'bytes'}"
        value //= 1024
    return f"{value} EiB"


def shifted_constant(value: int, left: int) -> str:
    return c64(value << left if left >= 0 else value >> -left)


def moved(moves: list[tuple[int, int]]) -> str:
    """What an entry's children take over from it elsewhere than where it is."""
    return bare(" | ".join(shifted(f"(entry & {c64(mask)})", left) for mask, left in moves)) or "0"


def mask_text(mask: int) -> str:
    """One run of bits."""
    return span_text(mask.bit_length() - 1, (mask & -mask).bit_length() - 1)


LINE = 120


def signature(head: str, parameters: list[str], tail: str = "") -> str:
    """A function's head, a line for each parameter if they do not fit into one."""
    line = f"{head}({', '.join(parameters)}){tail}"
    if len(line) <= LINE:
        return line
    inner = ",\n".join(f"        {parameter}" for parameter in parameters)
    return f"{head}(\n{inner}){tail}"


def kinds_mask(level: Level) -> int:
    order = {"table": 1, "leaf": 2, "held": 3}
    return 1 | sum(1 << order[kind.role] for kind in level.kinds)


@functools.cache
def environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters.update(
        c64=c64,
        boolean=boolean,
        quoted=quoted,
        matches=matches,
        leaf_in_group=leaf_in_group,
        pieces_in=pieces_in,
        pieces_out=pieces_out,
        condition=condition,
        any_feature=any_feature,
        when=when,
        kinds_mask=kinds_mask,
        size=size,
        shifted_constant=shifted_constant,
        moved=moved,
        any_of=any_of,
        bare=bare,
        asked=asked,
        fault_chain=fault_chain,
        codes=codes,
        alike_kinds=alike_kinds,
        shifted=shifted,
        signature=signature,
        mask_text=mask_text,
    )
    env.globals.update(fault_fields=fault_fields, register_bits=register_bits, span_text=span_text)
    return env


def render(models: list[Model]) -> dict[str, str]:
    """Relative path and text of every file that the models make."""
    env = environment()
    models = sorted(models, key=lambda model: model.name)
    files = {}
    for model in models:
        files[f"include/axas/formats/{model.name}.h"] = env.get_template("format.h.j2").render(m=model)
        files[f"include/axas/inline/{model.name}.h"] = env.get_template("inline_format.h.j2").render(m=model)
        files[f"{model.name}.c"] = env.get_template("format.c.j2").render(m=model)
    arches: dict[str, list[Model]] = {}
    for model in models:
        arches.setdefault(model.arch, []).append(model)
    for template in ("formats.c", "formats.cmake", "include/axas/formats.h", "include/axas/inline.h"):
        name = Path(template).name + ".j2"
        files[template] = env.get_template(name).render(models=models, arches=arches)
    return files


def floors(models: list[Model]) -> str:
    """The straight-line C that the benchmarks compare the library with; no part of it."""
    models = sorted(models, key=lambda model: model.name)
    return environment().get_template("floors.c.j2").render(models=models)
