# SPDX-License-Identifier: Apache-2.0
"""What the page of one format shows: its tables and diagrams."""

from dataclasses import dataclass, field

from codegen.reference.diagram import Diagram, Field, diagram
from codegen.reference.schema import values_of
from codegen.reference.table import Column, Table, code, number
from codegen.words import condition_text, gpa_bits_text, listed, size_text, span_text, value_text

@dataclass
class Kind:
    """One kind of entry."""

    name: str
    purpose: str
    told: str
    levels: str
    diagrams: list[Diagram]
    bits: Table


@dataclass
class Page:
    model: object
    facts: list[tuple[str, str]]
    walks: list[Diagram]
    levels: Table
    modes: Table
    kinds: list[Kind]
    address: Table
    access: Table
    memory: Table
    flags: Table
    features: Table
    contiguous: Table
    transitions: Table
    registers: list[tuple[object, Diagram, Table]]
    fault_registers: Table
    fault_fields: Table
    fault_when: str
    fault_rules: list[Table] = field(default_factory=list)
    capabilities: list[Table] = field(default_factory=list)


def page(model):
    return Page(
        model,
        facts(model),
        [walk(model, mode) for mode in model.modes],
        levels(model),
        modes(model),
        kinds(model),
        address(model),
        access(model),
        memory(model),
        flags(model),
        features(model),
        contiguous(model),
        transitions(model),
        [(register, register_diagram(register), register_table(register)) for register in model.registers],
        fault_registers(model),
        fault_fields(model),
        when_text(model.fault.when),
        fault_rules(model),
        capabilities(model) if model.capabilities else [],
    )


# --- The shape -------------------------------------------------------------------------------------------


def facts(model):
    """A line for each thing that one asks first."""
    order = "big" if model.big_endian else "little"
    lines = [
        ("Architecture", model.arch),
        ("Entry", f"{model.entry_bits} bits, {order}-endian"),
        ("Output address", f"{model.output_bits} bits"),
        ("Guest addresses", listed([f"{gpa_bits_text(mode)} bits ({mode.title})" for mode in model.modes])),
        ("Leaves", listed(leaf_sizes(model))),
    ]
    if model.root_tables > 1:
        lines.append(("Root", f"up to {model.root_tables} tables side by side"))
    return lines


def leaf_sizes(model):
    """Smallest first, each with what the CPU must have."""
    sizes = []
    for level in reversed(model.leaf_levels):
        condition = condition_text(level.leaf.condition)
        sizes.append(size_text(level.span) + (f" ({condition})" if condition else ""))
    return sizes


def walk(model, mode):
    """A guest physical address at the widest of a mode, and the level that each run of its bits leads through."""
    fields, high = [], mode.gpa_bits_max - 1
    for level in mode.levels:
        fields.append(Field(high, level.low, (f"index at level {level.name}", level.name), "index"))
        high = level.low - 1
    fields.append(Field(high, 0, ("byte in the page", "byte"), "offset"))
    return diagram(f"{mode.title}: a guest physical address of {mode.gpa_bits_max} bits", mode.gpa_bits_max, fields)


def levels(model):
    table = Table("Levels, root first", [
        code("Level"), number("In the manual"), code("Index"), number("Entries"), number("Table"),
        number("An entry covers"), Column("Kinds of entry"), code("Empty")])
    for level in model.levels:
        kinds_here = [kind.kind + (f" ({condition_text(kind.condition)})" if kind.condition else "")
                      for kind in level.kinds]
        table.rows.append([
            level.name, str(level.number), span_text(level.high, level.low), str(level.entries),
            size_text(model.table_bytes(level)), size_text(level.span), ", ".join(kinds_here), f"{level.empty:#x}"])
    return table


def modes(model):
    table = Table("Modes", [
        code("Mode"), Column("What it is"), code("Root at level"), number("Levels"), number("Guest address bits"),
        Column("Root"), Column("Conditions"), Column("Manual")])
    for mode in model.modes:
        least, most = (size_text(model.root_bytes(mode, bits)) for bits in (mode.gpa_bits_fewer, mode.gpa_bits_max))
        width = gpa_bits_text(mode)
        if mode.gpa_bits_min != mode.gpa_bits_max:
            width += f", {mode.gpa_bits_preferred} unless asked"
        conditions = [condition_text(mode.condition)] if mode.condition else []
        if mode.within_physical:
            conditions.append("guest addresses not wider than the CPU's physical addresses")
        if mode.physical_bits_min:
            conditions.append(f"a CPU with {mode.physical_bits_min} physical address bits or more")
        if mode.is_default:
            conditions.append("taken when none is named")
        table.rows.append([
            mode.name, mode.title, mode.root.name, str(len(mode.levels)), width,
            least if least == most else f"{least} to {most}", conditions, mode.manual])
    return table.without_empty_columns()


def address(model):
    table = Table("Where an entry holds the output address", [code("Bits of the entry"), code("Bits of the address")])
    for piece in model.address:
        table.rows.append([span_text(piece.high, piece.low), span_text(piece.output_high, piece.output_low)])
    return table


# --- Entries ---------------------------------------------------------------------------------------------


def kinds(model):
    """In the order of a walk: what leads on, what translates, what is held."""
    here = [kind for level in model.levels for kind in level.kinds]
    names = dict.fromkeys(kind.kind for role in values_of("kinds", "role") for kind in here if kind.role == role)
    return [entry_kind(model, [kind for kind in here if kind.kind == name])
            for name in names]


def entry_kind(model, at_levels):
    """One kind, as it is at each of its levels."""
    first = at_levels[0]
    groups = {}
    for kind in at_levels:
        groups.setdefault(tuple(kind.rows), []).append(kind)
    diagrams = []
    for rows, same in groups.items():
        where = listed([kind.level.name for kind in same])
        title = f"{first.kind} at level{'s' * (len(same) > 1)} {where}"
        diagrams.append(diagram(title, model.entry_bits, [entry_field(model, same[0], row) for row in rows]))
    conditions = {condition_text(kind.condition): kind.level.name for kind in at_levels if kind.condition}
    where = f"level{'s' * (len(at_levels) > 1)} {listed([kind.level.name for kind in at_levels])}"
    if conditions:
        where += "; " + "; ".join(f"{level} only {condition}" for condition, level in conditions.items())
    purpose = f"Role {first.role}: {values_of('kinds', 'role')[first.role]}"
    return Kind(first.kind, purpose, told(at_levels), where, diagrams, kind_bits(model, at_levels))


def told(at_levels):
    """How a walker tells the kind."""
    first = at_levels[0]
    terms = [f"{row.name} = {value_text((first.equal_value & row.mask) >> row.low, row.high - row.low + 1)}"
             for row in first.rows if row.mask & first.equal_mask]
    for mask in first.nonzero:
        terms.append(" or ".join(row.name for row in first.rows if row.mask & mask) + " \N{NOT EQUAL TO} 0")
    return listed(terms)


def output_text(kind, row):
    """The bits of the output address that a row of address holds."""
    spans = [(piece.output_high - max(0, piece.high - row.high), piece.output_low + max(0, row.low - piece.low))
             for piece in kind.pieces if piece.high >= row.low and row.high >= piece.low]
    return listed([span_text(*span) for span in spans])


def entry_field(model, kind, row):
    width = row.high - row.low + 1
    if row.what == "address":
        bits = output_text(kind, row)
        return Field(row.high, row.low, (f"output address {bits}", f"address {bits}", bits), "address")
    if row.what == "field" and row.value is not None:
        value = value_text(row.value, width)
        return Field(row.high, row.low, (f"{row.name} = {value}", f"{row.name}={value}"), "fixed")
    if row.what == "field":
        return Field(row.high, row.low, (row.name,), "field")
    if row.what in ("zero", "one"):
        return Field(row.high, row.low, ({"zero": "0", "one": "1"}[row.what],), "fixed")
    return Field(row.high, row.low, (row.what,), row.what)


def kind_bits(model, at_levels):
    """Each run of bits once, with the levels where it is so."""
    table = Table("Bit by bit", [code("Bits"), code("Field"), Column("What it holds"), Column("At level")])
    where = {}
    for kind in at_levels:
        for row in kind.rows:
            what = content(model, kind, row)
            where.setdefault((-row.high, -row.low, row.name or row.what, what), []).append(kind.level.name)
    for (high, low, name, what), names in sorted(where.items(), key=lambda item: item[0][:2]):
        table.rows.append([span_text(-high, -low), name, what, "" if len(names) == len(at_levels) else listed(names)])
    return table.without_empty_columns()


def content(model, kind, row):
    if row.what == "address":
        return f"bits {output_text(kind, row)} of the output address"
    if row.what != "field":
        return values_of("kinds", "bits")[row.what]
    if row.value is not None:
        return f"always {value_text(row.value, row.high - row.low + 1)}"
    if row.name in model.access_fields:
        return "access"
    if row.name in model.memory_fields:
        return "memory type"
    return next(f"{name} flag" for name, flag in flags_of(model) if flag.field == row.name)


# --- Attributes ------------------------------------------------------------------------------------------


def flags_of(model):
    return [(name, flag) for name, flag in (("accessed", model.accessed), ("dirty", model.dirty)) if flag]


def field_columns(model, names):
    """A column for each field, with its bits where they are the same at all levels."""
    columns = []
    for name in names:
        rows = {(row.high, row.low) for level in model.leaf_levels if (row := level.leaf.field(name))}
        columns.append(code(f"{name} ({listed(sorted(span_text(*row) for row in rows), 'or')})"))
    return columns


def field_values(model, names, values):
    rows = [next(row for level in model.leaf_levels if (row := level.leaf.field(name))) for name in names]
    return [value_text(values[row.name], row.high - row.low + 1) if row.name in values else "" for row in rows]


def access_values(model, row):
    """The values of a row; where access tells whether a leaf was written through, those before and after."""
    after = field_values(model, model.access_fields, row.values)
    if row.clean is None:
        return after
    before = field_values(model, model.access_fields, row.clean)
    return [new if old == new else [f"clean {old}", f"written {new}"] for old, new in zip(before, after)]


def access(model):
    columns = ["Read", "Write", "Execute, kernel", "Execute, user"]
    table = Table("Combinations of access", [Column("Access"), *(Column(name, "mark") for name in columns),
                                             *field_columns(model, model.access_fields), Column("Condition")])
    for row in model.access:
        table.rows.append([row.words, *("yes" if allowed else "no" for allowed in row.columns.values()),
                           *access_values(model, row), condition_text(row.condition)])
    return table.without_empty_columns()


def memory(model):
    texts = values_of("memory", "type")
    table = Table("Memory types", [code("Type"), Column("What it is"), *field_columns(model, model.memory_fields),
                                   Column("Condition")])
    for row in model.memory:
        table.rows.append([row.type, texts[row.type], *field_values(model, model.memory_fields, row.values),
                           condition_text(row.condition)])
    return table.without_empty_columns()


def flags(model):
    table = Table("Accessed and dirty", [Column("Flag"), code("Field"), Column("The CPU sets it"),
                                         Column("A new leaf has")])
    for name, flag in flags_of(model):
        if flag.always:
            when, new = "always", "0"
        elif flag.hardware:
            when = f"with {listed(flag.hardware_names, 'or')}"
            new = f"0 {when}, else {flag.otherwise}"
        else:
            when, new = "never", str(flag.otherwise)
        by_access = model.written if name == "dirty" else ()
        table.rows.append([name, [flag.field, *by_access] if by_access else flag.field, when, new])
    return table


def features(model):
    table = Table("Features", [code("Feature"), Column("What the CPU can do"), Column("Manual")])
    table.rows = [[feature.name, feature.title, feature.manual] for feature in model.features]
    return table.without_empty_columns()


def contiguous(model):
    table = Table("Contiguous groups", [code("Level"), number("Leaves"), number("Together"), Column("A leaf of one has"),
                                        code("In place of its address"), Column("Condition")])
    for group in model.groups:
        marks = [f"{name} = {value_text(value, group.level.leaf.field(name).high - group.level.leaf.field(name).low + 1)}"
                 for name, value in group.values.items()]
        bits = group.low_mask
        high, low = bits.bit_length() - 1, (bits & -bits).bit_length() - 1
        pattern = "" if group.pattern is None else f"{span_text(high, low)} = {value_text(group.pattern, high - low + 1)}"
        table.rows.append([group.level.name, str(group.leaves), size_text(group.size), listed(marks, "and"), pattern,
                           condition_text(group.condition)])
    return table.without_empty_columns()


def transitions(model):
    changes, scopes, reaches = (values_of("transitions", key) for key in ("change", "invalidate", "reach"))
    table = Table("Changes to an entry", [code("Change"), Column("What it is"), Column("Condition"),
                                          Column("Break first"), Column("Invalidate"), Column("On"), Column("Manual")])
    for row in model.transitions:
        reach = "" if row.scope == "none" else reaches["local" if row.local else "all"]
        table.rows.append([row.change, changes[row.change], condition_text(row.condition),
                           "yes" if row.breaks else "no", scopes[row.scope], reach, row.manual])
    return table.without_empty_columns()


# --- Registers -------------------------------------------------------------------------------------------


def register_words(row):
    """(the words for a box, the longest first; what the bits hold, for the table)"""
    bits = span_text(row.output_high, row.output_low)
    if row.source == "value":
        value = value_text(row.value, row.width) if row.value else "0"
        return (value,), f"always {value}"
    if row.source == "root":
        return (f"address of the root {bits}", f"root {bits}"), f"bits {bits} of the root's address"
    if row.source == "vmid":
        least = f", {row.min} or more" if row.min else ""
        condition = f" {condition_text(row.condition)}, else 0" if row.condition else ""
        return (f"vmid {bits}", "vmid"), f"bits {bits} of the virtual machine's identifier{least}{condition}"
    if row.source == "mode":
        return ("mode",), [f"{value_text(value, row.width)} in mode {name}" for name, value in row.value.items()]
    if row.source == "feature":
        there, absent = (value_text(code, row.width) for code in row.codes)
        names = listed([feature.name for feature in row.value], "or")
        return (names,), f"{there} with {names}, else {absent}"
    if row.source == "physical_bits":
        return ("physical width", "width"), [
            f"{value_text(value, row.width)} for a physical width of up to {width} bits" for width, value in row.value]
    text = f"{row.value} \N{MINUS SIGN} address bits"
    return (text, "address bits"), f"{row.value} less the bits of a guest physical address"


def register_diagram(register):
    fields = [Field(row.high, row.low, register_words(row)[0], "fixed" if row.source == "value" else
                    "address" if row.source == "root" else "field") for row in by_bits(register.rows)]
    return diagram(register.name, 64, fields)


def register_table(register):
    of_set = f", of set {register.set}" if register.set else ""
    table = Table(f"{register.name}{of_set}, bit by bit", [code("Bits"), Column("What they hold")])
    table.rows = [[span_text(row.high, row.low), register_words(row)[1]] for row in by_bits(register.rows)]
    return table


def by_bits(rows):
    return sorted(rows, key=lambda row: -row.high)


# --- Faults ----------------------------------------------------------------------------------------------


def fault_registers(model):
    table = Table("What the hypervisor reads after a fault", [code("Register"), Column("What it is"),
                                                              code("If not given")])
    table.rows = [[register.name, register.title, f"{register.initial:#x}" if register.initial else "0"]
                  for register in model.fault.registers]
    return table


def fault_fields(model):
    table = Table("Fields of these registers", [code("Field"), code("Register"), code("Bits")])
    table.rows = [[name, model.fault.registers[field_.register].name, span_text(field_.high, field_.low)]
                  for name, field_ in model.fault.fields.items()]
    return table


def when_text(when):
    terms = []
    for name, values in when:
        wanted = [f"{value:#x}" if value > 9 else str(value) for value in values or []]
        terms.append(f"{name} = {listed(wanted, 'or')}" if wanted else f"{name} \N{NOT EQUAL TO} 0")
    return listed(terms)


def fault_rules(model):
    """A table for each thing that is worked out; of its rows the first that holds decides."""
    fault = model.fault
    causes = values_of("fault", "cause", "is")
    tables = [
        rules("Why: the cause", fault.cause, lambda rule: f"{rule.result}: {causes[rule.result]}"),
        rules("What was tried: the access", fault.access,
              lambda rule: "not told" if rule.result == "none" else rule.result),
        rules("Where in the walk: the level", fault.level, level_text),
        rules("Walk of the guest's own tables", fault.guest_walk,
              lambda rule: "the access was made by the walk of the guest's own tables"),
        rules("The guest physical address", fault.gpa, lambda rule: pieces_text(fault, rule)),
        rules("The guest virtual address", fault.gva, lambda rule: pieces_text(fault, rule)),
    ]
    return [table for table in tables if table.rows]


def rules(caption, rows, result):
    table = Table(caption, [Column("When"), Column("Then")])
    for place, rule in enumerate(rows):
        table.rows.append([when_text(rule.when) or ("otherwise" if place else "always"), result(rule)])
    return table


def level_text(rule):
    """The field that holds the level's number, or the number itself."""
    return f"level {rule.result}" if isinstance(rule.result, int) else f"its number is in {rule.result}"


def pieces_text(fault, rule):
    return [f"bits {span_text(piece.output_high, piece.output_low)} from {fault.registers[register].name} "
            f"{span_text(piece.high, piece.low)}" for register, piece in rule.result]


# --- What a CPU has --------------------------------------------------------------------------------------


def capabilities(model):
    """Registers and fields, then a table for each thing that follows from them."""
    what = model.capabilities
    registers = Table("Identification registers", [code("Register"), Column("What it is"), Column("Manual")])
    registers.rows = [[register.name, register.title, register.manual] for register in what.registers]
    fields = Table("Fields of the identification registers", [code("Field"), code("Register"), code("Bits"), Column("Note")])
    fields.rows = [[field_.name, what.registers[field_.register].name, span_text(field_.high, field_.low),
                    "has a sign" if field_.signed else ""] for field_ in what.fields]
    needs = Table("What a CPU has to have", [Column("Needed"), Column("Otherwise")])
    needs.rows = [[asked_text(need.asked), need.otherwise] for need in what.needs]
    tables = [registers.without_empty_columns(), fields.without_empty_columns(), needs,
              widths("Width of the CPU's physical addresses", what.physical_bits),
              widths("Width of the guest addresses that the CPU takes at most", what.gpa_bits),
              told_features(what), told_modes(model, what)]
    return [table for table in tables if table.rows]


def widths(title, rows):
    table = Table(f"{title}; the first row that holds decides", [Column("When"), Column("Then")])
    for place, row in enumerate(rows):
        more = f" + {row.number}" if row.field and row.number else ""
        bits = f"{row.field.name}{more} bits" if row.field else f"{row.number} bits"
        table.rows.append([asked_text(row.asked) if row.asked else "otherwise" if place else "always", bits])
    return table


def told_features(what):
    table = Table("Which features the CPU has", [code("Feature"), Column("When"), Column("Turned on")])
    for rows, how in ((what.features, "nothing has to be, but what the root registers say"),
                      (what.switched, "by the host, elsewhere")):
        table.rows += [[feature.name, asked_text(condition), how] for feature, condition in rows]
    table.rows += [[feature.name, "no register says", ""] for feature in what.untold]
    return table.without_empty_columns()


def told_modes(model, what):
    table = Table("Which modes the CPU takes", [code("Mode"), Column("When")])
    for mode in model.modes:
        when = [asked_text(condition) for other, condition in what.modes if other is mode]
        if what.probe:
            when.append(f"{what.probe.register} keeps it when it is written there")
        if when:
            table.rows.append([mode.name, when])
    return table


def asked_text(condition):
    """A condition on fields of identification registers."""
    alternatives = [listed([f"{field_.name} {runs_text(field_, runs)}" for field_, runs in tests])
                    for tests in condition]
    return alternatives[0] if len(alternatives) == 1 else [f"or {text}" if place else text
                                                           for place, text in enumerate(alternatives)]


def runs_text(field_, runs):
    if runs == [(1, field_.most)] and field_.most > 1:
        return "\N{NOT EQUAL TO} 0"
    terms = [str(low) if low == high else f"{low} to {high}" for low, high in runs]
    return f"= {listed(terms, 'or')}"
