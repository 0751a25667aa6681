# SPDX-License-Identifier: Apache-2.0
"""Says in words what an entry means."""

from codegen.words import size_text


def explain(model, level, entry, features=None):
    """The lines that explain an entry at a level. Without `features` (a set of names) every CPU is considered."""
    lines = [f"{model.name}, level {level.name}, entry {_hex(entry, model.entry_bits)}"]
    if entry == level.empty:
        return lines + ["kind      empty: nothing is here"]
    kind = next((kind for kind in level.kinds if _matches(kind, entry)), None)
    if kind is None:
        lines.append("kind      none that this level allows")
        return lines + [f"          no {other.kind}: {_mismatch(other, entry)}" for other in level.kinds]
    group = level.group if kind.role == "leaf" and _in_group(level.group, entry) else None
    lines.append(f"kind      {kind.kind}: {_role(model, level, kind)}")
    lines += _rows(kind, entry, group)
    if group:
        lines.append(f"group     {group.leaves} leaves side by side translate {size_text(group.size)}")
    lines.append(f"address   {_address(kind, entry & ~_cover(group)):#x}{_of_group(group)}")
    if kind.role == "leaf":
        lines.append(f"access    {_codes(kind, entry, model.access_codes, model.access_fields, features, _access)}")
    if kind.role != "table":
        lines.append(f"memory    {_codes(kind, entry, model.memory, model.memory_fields, features, _memory)}")
        if kind.accessed_mask:
            lines.append(f"accessed  {'yes' if entry & kind.accessed_mask else 'no'}")
        if kind.dirty_mask:
            lines.append(f"dirty     {'yes' if entry & kind.dirty_mask else _written(kind, entry, model, features)}")
    wrong = [f"bit {bit} must be {want}" for bit, want in _wrong_bits(kind, entry ^ (group.flip if group else 0))]
    if group and entry & _cover(group) != group.pattern_bits:
        wrong.append(f"the lowest address bits of a leaf in a group must be {group.pattern:#x}")
    if group and features is not None and not set(group.condition.with_) <= features:
        wrong.append(f"a group at this level needs {' and '.join(group.condition.with_)}")
    if kind.condition and features is not None and not set(kind.condition.with_) <= features:
        wrong.append(f"a {kind.kind} at this level needs {' and '.join(kind.condition.with_)}")
    return lines + [f"wrong     {text}" for text in wrong]


def _matches(kind, entry):
    return entry & kind.equal_mask == kind.equal_value and all(entry & mask for mask in kind.nonzero)


def _in_group(group, entry):
    return group is not None and entry & group.mark_mask == group.mark_value


def _cover(group):
    """The address bits that hold something else."""
    return group.low_mask if group and group.pattern is not None else 0


def _of_group(group):
    return " of the group: the leaf's own place in it is added" if _cover(group) else ""


def _mismatch(kind, entry):
    wrong = [row for row in kind.rows
             if row.mask & kind.equal_mask and (entry ^ kind.equal_value) & row.mask & kind.equal_mask]
    words = [f"{row.name} is {_field(row, entry)}, not {(kind.equal_value & row.mask) >> row.low:#x}" for row in wrong]
    for mask in kind.nonzero:
        if not entry & mask:
            names = [row.name for row in reversed(kind.rows) if row.mask & mask]
            words.append(f"{' and '.join(names)} {'are' if len(names) > 1 else 'is'} 0")
    return ", ".join(words)


def _role(model, level, kind):
    if kind.role == "table":
        return f"leads to a table of level {model.below(level).name}"
    if kind.role == "held":
        return f"translates nothing and keeps {size_text(level.span)}"
    return f"translates {size_text(level.span)}"


def _rows(kind, entry, group):
    spans = [(_span(row), row) for row in kind.rows]
    width = max(len(span) for span, _ in spans)
    names = max(len(row.name or row.what) for row in kind.rows)
    return [f"  {span:>{width}}  {row.name or row.what:<{names}}  {_field(row, entry)}{_note(row, entry, group)}"
            for span, row in spans]


def _note(row, entry, group):
    value = (entry & row.mask) >> row.low
    if row.what == "zero" and value:
        return "  reserved, must be 0"
    if row.what == "one" and value != row.mask >> row.low:
        return "  reserved, must be 1"
    if row.value is not None:
        wanted = group.values.get(row.name, row.value) if group else row.value
        if value != wanted:
            return f"  must be {wanted:#x}"
        return "  of a contiguous group" if wanted != row.value else ""
    return ""


def _wrong_bits(kind, entry):
    wrong = (entry ^ kind.fixed_value) & kind.reserved_mask
    return [(bit, kind.fixed_value >> bit & 1) for bit in range(wrong.bit_length()) if wrong >> bit & 1]


def _address(kind, entry):
    address = 0
    for piece in kind.pieces:
        address |= ((entry & piece.entry_mask) >> piece.low) << piece.output_low
    return address


def _found(kind, entry, rows, names, features):
    """The rows of access or memory that an entry is encoded by."""
    mask = kind.mask(names)
    found = [row for row in rows if entry & mask == kind.code(row.values)]
    if features is None:
        return found
    return [row for row in found if set(row.condition.with_) <= features and not set(row.condition.without) & features]


def _written(kind, entry, model, features):
    """Whether the access of a leaf says that it was written through."""
    if kind.role != "leaf" or not entry & kind.written_mask:
        return "no"
    found = _found(kind, entry, model.access, model.access_fields, features)
    by_access = [row for row in found if row.clean is not None]
    if not by_access:
        return "no"
    return "yes" + ("" if len(by_access) == len(found) else _condition(by_access[0].condition))


def _codes(kind, entry, rows, names, features, words):
    found = _found(kind, entry, rows, names, features)
    if features is not None:
        return words(found[0]) if found else "no legal code on this CPU"
    return " or ".join(words(row) + _condition(row.condition) for row in found) or "no legal code"


def _access(row):
    return row.words


def _memory(row):
    return row.type


def _condition(condition):
    parts = [f"with {name}" for name in condition.with_] + [f"without {name}" for name in condition.without]
    return f" ({', '.join(parts)})" if parts else ""


def _field(row, entry):
    return f"{(entry & row.mask) >> row.low:#x}"


def _span(row):
    return str(row.high) if row.high == row.low else f"{row.high}:{row.low}"


def _hex(value, bits):
    return f"{value:#0{bits // 4 + 2}x}"
