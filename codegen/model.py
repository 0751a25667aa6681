# SPDX-License-Identifier: Apache-2.0
"""What the templates need to know of a format, worked out from a checked specification.

Everything is decided here: masks, shifts, names, which rows apply at which level. The templates only
write it down. `build` takes plain data (see load.plain) of a file that passed every check.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from codegen.values import field_values

ACCESS_COLUMNS = ("read", "write", "kernel_exec", "user_exec")
CHANGES = (
    "make",
    "permissions_more",
    "permissions_less",
    "memory_type",
    "output_address",
    "split",
    "collapse",
    "contiguous_off",
    "remove_leaf",
    "remove_table",
    "fault",
)
FRAME_BYTES = 4096


def bit_range(text: str | int) -> tuple[int, int]:
    """`"51:12"` or `"7"` as (high, low)."""
    high, _, low = str(text).partition(":")
    return int(high), int(low or high)


def mask_of(high: int, low: int) -> int:
    return ((1 << (high - low + 1)) - 1) << low


def span_text(high: int, low: int) -> str:
    return f"bit {high}" if high == low else f"bits {high}:{low}"


@dataclass(frozen=True)
class Row:
    """One run of bits of an entry and what it is."""

    high: int
    low: int
    what: str  # address, zero, one, ignored, software, field
    name: str = ""  # of a field
    value: int | None = None  # of a field that is fixed

    @property
    def mask(self) -> int:
        return mask_of(self.high, self.low)

    @property
    def text(self) -> str:
        return span_text(self.high, self.low)


@dataclass(frozen=True)
class Piece:
    """Bits of an entry or register, and the bits of an address (or other number) that they hold."""

    high: int
    low: int
    output_high: int
    output_low: int

    @property
    def entry_mask(self) -> int:
        return mask_of(self.high, self.low)

    @property
    def output_mask(self) -> int:
        return mask_of(self.output_high, self.output_low)

    @property
    def shift(self) -> int:
        """How far left the output bits move to reach the entry; negative is right."""
        return self.low - self.output_low


@dataclass(frozen=True)
class Feature:
    name: str
    title: str
    manual: str
    bit: int

    @property
    def mask(self) -> int:
        return 1 << self.bit


@dataclass
class Condition:
    """Features that must be there and features that must not."""

    with_: list[str]
    without: list[str]
    with_mask: int
    without_mask: int

    def __bool__(self) -> bool:
        return bool(self.with_ or self.without)

    def holds(self, features: int) -> bool:
        return features & self.with_mask == self.with_mask and not features & self.without_mask


@dataclass
class LevelKind:
    """One kind of entry at one level, every bit accounted for."""

    kind: str
    role: str  # table, leaf, held
    level: "Level"
    rows: list[Row]
    condition: Condition
    equal_mask: int
    equal_value: int
    nonzero: list[int]  # masks, each of which must have a bit set
    model: "Model"

    def bits(self, *what: str) -> int:
        return sum(row.mask for row in self.rows if row.what in what)

    def field(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.what == "field" and row.name == name), None)

    @cached_property
    def address_mask(self) -> int:
        return self.bits("address")

    @cached_property
    def software_mask(self) -> int:
        return self.bits("software")

    @cached_property
    def zero_mask(self) -> int:
        return self.bits("zero")

    @cached_property
    def fixed_mask(self) -> int:
        return self.bits("one") | sum(r.mask for r in self.rows if r.what == "field" and r.value is not None)

    @cached_property
    def fixed_value(self) -> int:
        fields = sum(r.value << r.low for r in self.rows if r.what == "field" and r.value is not None)
        return self.bits("one") | fields

    @cached_property
    def reserved_mask(self) -> int:
        """Bits with one legal value, apart from those that tell the kind."""
        return self.zero_mask | self.fixed_mask

    @cached_property
    def used_mask(self) -> int:
        return self.bits("address", "software", "field", "one")

    @cached_property
    def variable(self) -> list[Row]:
        """Fields whose value an attribute or the hardware decides."""
        return [row for row in self.rows if row.what == "field" and row.value is None]

    def code(self, values: dict[str, int]) -> int:
        """Entry bits of the fields that an access or memory row sets (those that this kind has)."""
        bits = 0
        for name, value in values.items():
            row = self.field(name)
            if row is not None and row.value is None:
                bits |= value << row.low
        return bits

    def mask(self, names: list[str]) -> int:
        rows = (self.field(name) for name in names)
        return sum(row.mask for row in rows if row is not None and row.value is None)

    @cached_property
    def accessed_mask(self) -> int:
        return self.mask([self.model.accessed.field]) if self.model.accessed else 0

    @cached_property
    def dirty_mask(self) -> int:
        return self.mask([self.model.dirty.field]) if self.model.dirty else 0

    @cached_property
    def written_mask(self) -> int:
        """The bit that the CPU sets in a leaf that may be written, where access tells whether it was."""
        return self.code(self.model.written)

    @property
    def pieces(self) -> list[Piece]:
        """The address pieces, cut to the bits that are address here."""
        cut = []
        for piece in self.model.address:
            bits = piece.entry_mask & self.address_mask
            if bits:
                low = (bits & -bits).bit_length() - 1
                high = bits.bit_length() - 1
                cut.append(Piece(high, low, high - piece.shift, low - piece.shift))
        return cut

    @cached_property
    def table_value(self) -> int:
        """What a table's entry is made of beside the address: accessed, so that the CPU need not set it."""
        return self.fixed_value | self.accessed_mask

    @cached_property
    def plain_piece(self) -> Piece | None:
        """Of a table: the piece of its address beside which an entry is the table_value as a rule; other pieces hold
        what only addresses from 2^48 on have. None: there is no such piece."""
        lowest, *rest = sorted(self.pieces, key=lambda piece: piece.output_low)
        return None if any(piece.output_low < 48 for piece in rest) else lowest


@dataclass
class Group:
    """Leaves side by side that a CPU may hold as one: what is in the entry of such a leaf, beside what is in any."""

    level: "Level"
    leaves: int
    condition: Condition
    values: dict[str, int]  # of fields
    pattern: int | None  # what the low address bits hold; None: the leaf's own address

    @property
    def size(self) -> int:
        return self.leaves * self.level.span

    @property
    def _fields(self) -> list[Row]:
        return [self.level.leaf.field(name) for name in self.values]

    @property
    def flip(self) -> int:
        """What differs between the marks of such a leaf and of one that is of no group."""
        return sum((row.value ^ self.values[row.name]) << row.low for row in self._fields)

    @property
    def mark_mask(self) -> int:
        return self.level.leaf.equal_mask | sum(row.mask for row in self._fields)

    @property
    def mark_value(self) -> int:
        return self.level.leaf.equal_value | sum(self.values[row.name] << row.low for row in self._fields)

    @property
    def low_mask(self) -> int:
        """The entry bits of the address that tell the leaves of a group apart."""
        mask = 0
        for piece in self.level.leaf.pieces:
            for bit in range(piece.low, piece.high + 1):
                if self.level.span <= 1 << (bit - piece.shift) < self.size:
                    mask |= 1 << bit
        return mask

    @property
    def pattern_bits(self) -> int:
        """What these bits hold instead, in its place; 0 where they hold the leaf's own address."""
        return 0 if self.pattern is None else self.pattern * (self.low_mask & -self.low_mask)


@dataclass
class Level:
    name: str
    index: int  # in the list of levels, root first
    number: int  # as the manual counts
    high: int
    low: int
    kinds: list[LevelKind]
    empty: int
    is_root: bool = False  # of some mode
    group: Group | None = None

    @property
    def bits(self) -> int:
        return self.high - self.low + 1

    @property
    def entries(self) -> int:
        return 1 << self.bits

    @property
    def span(self) -> int:
        return 1 << self.low

    def _role(self, role: str) -> LevelKind | None:
        return next((kind for kind in self.kinds if kind.role == role), None)

    @property
    def table(self) -> LevelKind | None:
        return self._role("table")

    @property
    def leaf(self) -> LevelKind | None:
        return self._role("leaf")

    @property
    def held(self) -> LevelKind | None:
        return self._role("held")

    @property
    def leaf_class(self) -> str:
        """Levels whose leaves carry their attributes at the same bits share their tables of codes."""
        return self._class

    _class: str = ""

    @property
    def keep_mask(self) -> int:
        """What a change of attribute leaves alone in a leaf or held leaf."""
        leaf = self.leaf
        return leaf.address_mask | leaf.accessed_mask | leaf.dirty_mask | self.software_mask

    @property
    def software_mask(self) -> int:
        """Bits that leaves and held leaves both leave to software."""
        return self.leaf.software_mask & self.held.software_mask if self.leaf else 0


@dataclass
class Mode:
    name: str
    title: str
    manual: str
    root: Level
    levels: list[Level]
    gpa_bits_min: int
    gpa_bits_max: int
    gpa_bits_preferred: int
    gpa_bits_fewer: int  # takes the place of gpa_bits_min ...
    fewer: Condition  # ... where this holds
    within_physical: bool
    physical_bits_min: int
    is_default: bool
    condition: Condition


@dataclass
class AccessRow:
    attr: int
    columns: dict[str, int]
    condition: Condition
    values: dict[str, int]
    clean: dict[str, int] | None = None  # the values while nothing was written, where access tells that

    @property
    def words(self) -> str:
        c = self.columns
        words = [name for name in ("read", "write") if c[name]]
        if c["kernel_exec"] and c["user_exec"]:
            words.append("execute")
        else:
            words += [text for name, text in (("kernel_exec", "kernel execute"), ("user_exec", "user execute")) if c[name]]
        return ", ".join(words)

    @property
    def c_attr(self) -> str:
        c = self.columns
        names = [f"AXAS_{name.upper()}" for name in ("read", "write") if c[name]]
        if c["kernel_exec"] and c["user_exec"]:
            names.append("AXAS_EXEC")
        else:
            names += [f"AXAS_{name.upper()}" for name in ("kernel_exec", "user_exec") if c[name]]
        return " | ".join(names)


@dataclass
class MemoryRow:
    type: str
    condition: Condition
    values: dict[str, int]

    @property
    def c_attr(self) -> str:
        return f"AXAS_MEM_{self.type.upper()}"


@dataclass
class Flag:
    """The accessed or the dirty bit."""

    field: str
    hardware: list[Feature]  # with any of which the CPU sets it by itself
    always: bool  # every CPU does
    otherwise: int

    @property
    def hardware_mask(self) -> int:
        return sum(feature.mask for feature in self.hardware)

    @property
    def hardware_names(self) -> list[str]:
        return [feature.name for feature in self.hardware]


@dataclass
class Transition:
    change: str
    breaks: bool
    scope: str
    local: bool
    condition: Condition
    manual: str


@dataclass
class RegisterRow:
    high: int
    low: int
    source: str  # value, vmid, root, mode, feature, physical_bits, gpa_bits
    condition: Condition
    value: Any = None
    output_high: int = 0
    output_low: int = 0
    min: int = 0  # of a vmid
    signed: bool = False  # of gpa_bits: what does not fit is cut off
    codes: tuple[int, int] = (1, 0)  # of a feature: if the CPU has it, and if not

    @property
    def width(self) -> int:
        return self.high - self.low + 1

    @property
    def output_mask(self) -> int:
        return mask_of(self.output_high, self.output_low)

    @property
    def text(self) -> str:
        return span_text(self.high, self.low)


@dataclass
class Register:
    name: str
    set: str  # of several ways to write the root down, the one that it belongs to; empty if there is one way
    manual: str
    rows: list[RegisterRow]


@dataclass
class FaultRegister:
    name: str
    title: str
    initial: int


@dataclass
class FaultField:
    name: str
    register: int
    high: int
    low: int


@dataclass
class FaultRule:
    when: list[tuple[str, list[int] | None]]  # field, values; None: not zero
    result: Any


@dataclass
class Fault:
    registers: list[FaultRegister]
    fields: dict[str, FaultField]
    when: list[tuple[str, list[int] | None]]
    cause: list[FaultRule]
    access: list[FaultRule]
    level: list[FaultRule]
    guest_walk: list[FaultRule]
    gpa: list[FaultRule]
    gva: list[FaultRule]


@dataclass
class IdField:
    """A part of an identification register."""

    name: str
    register: int
    high: int
    low: int
    signed: bool

    @property
    def most(self) -> int:
        return (1 << (self.high - self.low + 1)) - 1


# Fields and the runs of values (lowest, highest) that they may have; of several such lists one has to hold.
Asked = list[list[tuple[IdField, list[tuple[int, int]]]]]


@dataclass
class IdRegister:
    name: str
    title: str
    manual: str


@dataclass
class Need:
    asked: Asked
    otherwise: str


@dataclass
class Width:
    """Of physical addresses, or of guest addresses."""

    asked: Asked  # empty: always
    field: IdField | None
    number: int  # alone, or what is added to the field


@dataclass
class Probe:
    """A root register that shows by what it keeps which modes the CPU has."""

    register: str
    mask: int
    codes: list[tuple["Mode", int]]


@dataclass
class Capabilities:
    registers: list[IdRegister]
    fields: list[IdField]
    needs: list[Need]
    physical_bits: list[Width]
    gpa_bits: list[Width]
    features: list[tuple[Feature, Asked]]
    switched: list[tuple[Feature, Asked]]
    untold: list[Feature]
    modes: list[tuple["Mode", Asked]]
    probe: Probe | None


@dataclass
class Model:
    name: str
    arch: str
    title: str
    manual: dict[str, str]
    entry_bits: int
    big_endian: bool
    features: list[Feature] = field(default_factory=list)
    address: list[Piece] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    modes: list[Mode] = field(default_factory=list)
    root_tables: int = 1
    access_fields: list[str] = field(default_factory=list)
    memory_fields: list[str] = field(default_factory=list)
    access: list[AccessRow] = field(default_factory=list)
    memory: list[MemoryRow] = field(default_factory=list)
    accessed: Flag | None = None
    dirty: Flag | None = None
    transitions: list[Transition] = field(default_factory=list)
    registers: list[Register] = field(default_factory=list)
    fault: Fault | None = None
    capabilities: Capabilities | None = None
    source: str = ""  # file name, for the header comment

    @property
    def prefix(self) -> str:
        return f"axas_{self.name}"

    @property
    def macro(self) -> str:
        return f"AXAS_{self.name.upper()}"

    @property
    def entry_bytes(self) -> int:
        return self.entry_bits // 8

    @property
    def output_bits(self) -> int:
        return max(piece.output_high for piece in self.address) + 1

    @property
    def one_piece(self) -> bool:
        """The address field of neighbouring leaves grows by a constant."""
        return len(self.address) == 1

    @property
    def lowest_piece(self) -> Piece:
        """Of the address: the one in which neighbouring leaves differ."""
        return min(self.address, key=lambda piece: piece.output_low)

    @property
    def roots(self) -> list[Level]:
        """Where the walks of the modes begin."""
        return [level for level in self.levels if level.is_root]

    @property
    def told_of(self) -> list[Transition]:
        """The rows by which somebody has to be told of a new entry."""
        return [row for row in self.transitions if row.change == "make" and row.scope != "none"]

    @property
    def tells_with_all_features(self) -> bool:
        return any(not row.condition.without for row in self.told_of)

    def serves_faults_from(self, root: Level) -> bool:
        """Faults find and put their pages by walks of their own from that root. Where addresses are in pieces those of
        a fifth level would be more code than a mode is to have."""
        return self.one_piece or len(self.levels) - self.levels.index(root) < 5

    @property
    def leaf_levels(self) -> list[Level]:
        return [level for level in self.levels if level.leaf]

    @property
    def groups(self) -> list[Group]:
        return [level.group for level in self.levels if level.group]

    @property
    def groups_above(self) -> bool:
        """There are groups of leaves that can be split."""
        return any(group.level is not self.last for group in self.groups)

    @property
    def patterns(self) -> list[Group]:
        """Groups whose leaves do not hold their own addresses."""
        return [group for group in self.groups if group.pattern is not None]

    @property
    def leaf_classes(self) -> list[Level]:
        """One level of each class."""
        seen: dict[str, Level] = {}
        for level in self.leaf_levels:
            seen.setdefault(level.leaf_class, level)
        return list(seen.values())

    @property
    def last(self) -> Level:
        return self.levels[-1]

    @property
    def hardware_features(self) -> int:
        mask = 0
        for flag in (self.accessed, self.dirty):
            mask |= flag.hardware_mask if flag else 0
        return mask

    @property
    def hardware_always(self) -> bool:
        return any(flag.always for flag in (self.accessed, self.dirty) if flag)

    @property
    def access_codes(self) -> list[AccessRow]:
        """The rows as entries have them: one that tells clean from written through is two, and new leaves are clean."""
        rows = []
        for row in self.access:
            rows += [row] if row.clean is None else [replace(row, values=row.clean), row]
        return rows

    @cached_property
    def written(self) -> dict[str, int]:
        """The bit by which rows of access tell a leaf that was written through, {field: value}; empty if none do."""
        row = next((row for row in self.access if row.clean is not None), None)
        if row is None:
            return {}
        return {name: value ^ row.clean[name] for name, value in row.values.items() if value != row.clean[name]}

    @property
    def has_flags(self) -> bool:
        return self.accessed is not None or self.dirty is not None

    def feature(self, name: str) -> Feature:
        return next(feature for feature in self.features if feature.name == name)

    def table_bytes(self, level: Level) -> int:
        return max(FRAME_BYTES, level.entries * self.entry_bytes)

    def root_bytes(self, mode: Mode, gpa_bits: int) -> int:
        return max(FRAME_BYTES, self.entry_bytes << (gpa_bits - mode.root.low))

    def below(self, level: Level) -> Level:
        return self.levels[level.index + 1]

    def moves(self, upper: LevelKind, lower: LevelKind) -> tuple[int, list[tuple[int, int]]]:
        """How an entry's attributes reach those of its children: the mask of bits that stay where they
        are, and (mask, left shift) of fields that stand elsewhere in the child."""
        same = upper.software_mask & lower.software_mask
        moved = []
        for row in lower.variable:
            source = upper.field(row.name)
            if source is None or source.value is not None:
                continue
            if source.low == row.low:
                same |= row.mask
            else:
                moved.append((source.mask, row.low - source.low))
        return same, moved


def _names(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


class _Builder:
    def __init__(self, data: dict[str, Any], source: str):
        self.data = data
        manual = data.get("manual", {})
        self.model = Model(
            name=data["format"],
            arch=data["arch"],
            title=data.get("title", data["format"]),
            manual={key: str(value) for key, value in manual.items()} if isinstance(manual, dict) else {"name": manual},
            entry_bits=data["entry"]["bits"],
            big_endian=data["entry"]["endian"] == "big",
            source=source,
        )

    def condition(self, row: dict[str, Any]) -> Condition:
        with_, without = _names(row.get("with")), _names(row.get("without"))
        mask = lambda names: sum(self.model.feature(name).mask for name in names)  # noqa: E731
        return Condition(with_, without, mask(with_), mask(without))

    def build(self) -> Model:
        data, model = self.data, self.model
        for bit, (name, value) in enumerate((data.get("features") or {}).items()):
            value = value or {}
            model.features.append(Feature(name, value.get("title", name), str(value.get("manual", "")), bit))
        for piece in data["address"]:
            model.address.append(Piece(*bit_range(piece["entry"]), *bit_range(piece["output"])))
        self.flags()
        self.levels()
        model.root_tables = (data.get("root") or {}).get("tables", 1)
        self.modes()
        self.attributes()
        self.classes()
        self.groups()
        for row in data["transitions"]:
            model.transitions.append(
                Transition(
                    row["change"],
                    bool(row.get("break", False)),
                    row["invalidate"],
                    row.get("reach", "all") == "local",
                    self.condition(row),
                    str(row.get("manual", "")),
                )
            )
        for register in data["root_registers"]:
            rows = [self.register_row(bits, value) for bits, value in register["bits"].items()]
            model.registers.append(
                Register(register["name"], register.get("set", ""), str(register.get("manual", "")), rows)
            )
        self.fault()
        if "capabilities" in data:
            self.capabilities()
        return model

    def flags(self) -> None:
        for name in ("accessed", "dirty"):
            value = self.data.get(name)
            if value:
                hardware = _names(value.get("hardware"))
                always = hardware == ["always"]
                features = [] if always else [self.model.feature(one) for one in hardware]
                flag = Flag(value["field"], features, always, value.get("otherwise", 0))
                setattr(self.model, name, flag)

    def levels(self) -> None:
        empty = self.data.get("empty", 0)
        for index, entry in enumerate(self.data["levels"]):
            high, low = bit_range(entry["index"])
            value = empty[entry["name"]] if isinstance(empty, dict) else empty
            level = Level(entry["name"], index, entry.get("number", index), high, low, [], value)
            for use in entry["kinds"]:
                use = {"kind": use} if isinstance(use, str) else use
                level.kinds.append(self.level_kind(use["kind"], level, self.condition(use)))
            self.model.levels.append(level)

    def level_kind(self, name: str, level: Level, condition: Condition) -> LevelKind:
        kind = self.data["kinds"][name]
        special = (kind.get("at") or {}).get(level.name) or {}
        rows = [self.row(bits, value, level) for bits, value in special.items()]
        taken = sum(row.mask for row in rows)
        for bits, value in kind["bits"].items():
            row = self.row(bits, value, level)
            if not row.mask & taken:
                rows.append(row)
                continue
            for high, low in self.remains(row, taken):
                rows.append(Row(high, low, row.what, row.name, row.value))
        rows.sort(key=lambda row: -row.high)
        equal_mask = equal_value = 0
        nonzero = []
        result = LevelKind(name, kind["role"], level, rows, condition, 0, 0, nonzero, self.model)
        for field_name, value in (kind.get("when") or {}).items():
            if field_name == "any":
                nonzero.append(sum(result.field(one).mask for one in value))
                continue
            row = result.field(field_name)
            if isinstance(value, dict):
                value = value[level.name]
            if value == "nonzero":
                nonzero.append(row.mask)
            else:
                equal_mask |= row.mask
                equal_value |= value << row.low
        result.equal_mask, result.equal_value = equal_mask, equal_value
        return result

    @staticmethod
    def remains(row: Row, taken: int) -> list[tuple[int, int]]:
        """The runs of a row's bits that nothing else took."""
        runs: list[tuple[int, int]] = []
        bit = row.high
        while bit >= row.low:
            if taken >> bit & 1:
                bit -= 1
                continue
            high = bit
            while bit > row.low and not taken >> (bit - 1) & 1:
                bit -= 1
            runs.append((high, bit))
            bit -= 1
        return runs

    def row(self, bits: str, value: Any, level: Level) -> Row:
        high, low = bit_range(bits)
        if isinstance(value, dict):
            fixed = value.get("value")
            if isinstance(fixed, dict):
                fixed = fixed[level.name]
            return Row(high, low, "field", value["field"], fixed)
        if value in ("address", "zero", "one", "ignored", "software"):
            return Row(high, low, value)
        return Row(high, low, "field", value)

    def modes(self) -> None:
        model = self.model
        for entry in self.data["modes"]:
            root = next(level for level in model.levels if level.name == entry["root"])
            root.is_root = True
            bits = entry["gpa_bits"]
            bits = {"min": bits, "max": bits} if isinstance(bits, int) else bits
            model.modes.append(
                Mode(
                    entry["name"],
                    entry.get("title", entry["name"]),
                    str(entry.get("manual", "")),
                    root,
                    model.levels[root.index :],
                    bits["min"],
                    bits["max"],
                    bits.get("preferred", bits["max"]),
                    bits.get("fewer", bits)["min"],
                    self.condition(bits.get("fewer", {})),
                    bool(bits.get("within_physical", False)),
                    (entry.get("physical_bits") or {}).get("min", 0),
                    bool(entry.get("default", False)),
                    self.condition(entry),
                )
            )

    def attributes(self) -> None:
        model = self.model
        for row in self.data["access"]:
            columns = {
                "read": row.get("read", 0),
                "write": row.get("write", 0),
                "kernel_exec": row.get("exec", row.get("kernel_exec", 0)),
                "user_exec": row.get("exec", row.get("user_exec", 0)),
            }
            attr = sum(columns[name] << bit for bit, name in enumerate(ACCESS_COLUMNS))
            clean = {**row["set"], **row["clean"]} if "clean" in row else None
            model.access.append(AccessRow(attr, columns, self.condition(row), dict(row["set"]), clean))
            model.access_fields += [name for name in row["set"] if name not in model.access_fields]
        for row in self.data["memory"]:
            model.memory.append(MemoryRow(row["type"], self.condition(row), dict(row.get("set") or {})))
            model.memory_fields += [name for name in row.get("set") or {} if name not in model.memory_fields]

    def classes(self) -> None:
        """Groups the leaf levels by where their attributes stand."""
        model = self.model
        names = model.access_fields + model.memory_fields
        names += [flag.field for flag in (model.accessed, model.dirty) if flag]
        classes: dict[tuple, str] = {}
        for level in model.leaf_levels:
            key = tuple((row.high, row.low) if (row := level.leaf.field(name)) else None for name in names)
            level._class = classes.setdefault(key, level.name)

    def groups(self) -> None:
        for name, entry in (self.data.get("contiguous") or {}).items():
            level = next(level for level in self.model.levels if level.name == name)
            pattern = next(iter(entry["address"].values())) if "address" in entry else None
            level.group = Group(level, entry["leaves"], self.condition(entry), dict(entry["set"]), pattern)

    def register_row(self, bits: str, value: Any) -> RegisterRow:
        high, low = bit_range(bits)
        if isinstance(value, int):
            return RegisterRow(high, low, "value", self.condition({}), value)
        condition = self.condition(value)
        for source in ("vmid", "root"):
            if source in value:
                output = bit_range(value[source])
                return RegisterRow(high, low, source, condition, None, *output, value.get("min", 0))
        if "mode" in value:
            return RegisterRow(high, low, "mode", condition, dict(value["mode"]))
        if "feature" in value:
            codes = value.get("value", 1), value.get("otherwise", 0)
            features = [self.model.feature(name) for name in _names(value["feature"])]
            return RegisterRow(high, low, "feature", condition, features, codes=codes)
        if "physical_bits" in value:
            codes = sorted((int(width), code) for width, code in value["physical_bits"].items())
            return RegisterRow(high, low, "physical_bits", condition, codes)
        return RegisterRow(high, low, "gpa_bits", condition, value["subtract_gpa_bits_from"],
                           signed=value.get("signed", False))

    def conditions(self, when: dict[str, Any] | None) -> list[tuple[str, list[int] | None]]:
        result = []
        for name, value in (when or {}).items():
            if value == "nonzero":
                result.append((name, None))
            else:
                result.append((name, list(value) if isinstance(value, list) else [value]))
        return result

    def fault(self) -> None:
        data = self.data["fault"]
        registers = [
            FaultRegister(entry["name"], entry.get("title", entry["name"]), entry.get("default", 0))
            for entry in data["registers"]
        ]
        index = {register.name: number for number, register in enumerate(registers)}
        fields = {
            name: FaultField(name, index[value["register"]], *bit_range(value["bits"]))
            for name, value in data["fields"].items()
        }

        def rules(key: str) -> list[FaultRule]:
            return [FaultRule(self.conditions(row.get("when")), row.get("is")) for row in data.get(key) or []]

        def sources(key: str) -> list[FaultRule]:
            result = []
            for row in data.get(key) or []:
                pieces = [
                    (index[piece["register"]], Piece(*bit_range(piece["bits"]), *bit_range(piece["output"])))
                    for piece in row["from"]
                ]
                result.append(FaultRule(self.conditions(row.get("when")), pieces))
            return result

        self.model.fault = Fault(
            registers,
            fields,
            self.conditions(data.get("when")),
            rules("cause"),
            rules("access"),
            rules("level"),
            rules("guest_walk"),
            sources("gpa"),
            sources("gva"),
        )

    def capabilities(self) -> None:
        data, model = self.data["capabilities"], self.model
        registers = [IdRegister(entry["name"], entry["title"], str(entry.get("manual", ""))) for entry in data["registers"]]
        index = {register.name: number for number, register in enumerate(registers)}
        fields = {
            name: IdField(name, index[value["register"]], *bit_range(value["bits"]), value.get("signed", False))
            for name, value in data["fields"].items()
        }

        def asked(condition: Any) -> Asked:
            result = []
            for when in condition if isinstance(condition, list) else [condition]:
                tests = []
                for name, value in when.items():
                    one = fields[name]
                    tests.append((one, field_values(value, one.high - one.low + 1, one.signed)))
                result.append(tests)
            return result

        def widths(section: str) -> Any:
            for row in data.get(section, ()):
                when = asked(row["when"]) if "when" in row else []
                if isinstance(row["is"], int):
                    yield Width(when, None, row["is"])
                else:
                    yield Width(when, fields[row["is"]], row.get("plus", 0))

        def by_feature(section: str) -> list[tuple[Feature, Asked]]:
            return [(model.feature(name), asked(value)) for name, value in data.get(section, {}).items()]

        modes = {mode.name: mode for mode in model.modes}
        model.capabilities = Capabilities(
            registers,
            list(fields.values()),
            [Need(asked(row["when"]), row["otherwise"]) for row in data.get("needs", ())],
            list(widths("physical_bits")),
            list(widths("gpa_bits")),
            by_feature("features"),
            by_feature("switched"),
            [model.feature(name) for name in data.get("untold", ())],
            [(modes[name], asked(value)) for name, value in data.get("modes", {}).items()],
            self.probe(data["probe"]) if "probe" in data else None,
        )

    def probe(self, name: str) -> Probe:
        register = next(register for register in self.model.registers if register.name == name)
        rows = [row for row in register.rows if row.source == "mode"]
        codes = [(mode, sum(row.value[mode.name] << row.low for row in rows)) for mode in self.model.modes]
        return Probe(name, sum(mask_of(row.high, row.low) for row in rows), codes)


def build(data: dict[str, Any], source: str = "") -> Model:
    """The model of one checked specification; `source` is the file's name."""
    return _Builder(data, source).build()
