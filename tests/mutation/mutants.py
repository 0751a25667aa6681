# SPDX-License-Identifier: Apache-2.0
"""Every small lie that a specification could tell.

A mutant is the specification with one change. All of them follow from the tree that the generator's own
loader reads, so a new file gets its mutants by being there; no format is named here.
"""

import copy
import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from codegen import load


@dataclass(frozen=True)
class Mutant:
    format: str
    file: str  # as the repository names it
    line: int
    what: str  # "path: old -> new", the same wherever in the file it stands
    text: str  # the mutated specification: JSON, which is YAML too

    @property
    def id(self):
        return f"{self.file}:{self.line} {self.what}"

    @property
    def section(self):
        return self.what.partition(":")[0].partition(".")[0].partition("[")[0]


def mutants_of(path, shown):
    """All mutants of the specification in `path`, in the order of the file."""
    document, found = load.load(path)
    if document is None:
        raise SystemExit("\n".join(str(error) for error in found.sorted()))
    return sorted(_Mutator(document, shown).all(), key=lambda mutant: mutant.line)


def source(path):
    """The specification as it is, in the form in which mutants are written."""
    return json.dumps(load.plain(load.load(path)[0]))


def span_of(text):
    """`"51:12"` or `7` as [high, low]."""
    high, _, low = str(text).partition(":")
    return [int(high), int(low or high)]


def range_of(high, low):
    return str(high) if high == low else f"{high}:{low}"


def width_of(text):
    high, low = span_of(text)
    return high - low + 1


def short(value):
    if isinstance(value, int) and not isinstance(value, bool) and value > 9:
        return hex(value)
    return value if isinstance(value, str) else json.dumps(value).replace('"', "")


class _Mutator:
    def __init__(self, document, shown):
        self.nodes = document
        self.data = load.plain(document)
        self.shown = shown
        self.made = {json.dumps(self.data): "the specification"}
        self.mutants = []

    def all(self):
        for section in ("entry", "address", "levels", "root", "modes", "empty", "kinds", "access", "memory",
                        "flags", "contiguous", "transitions", "root_registers", "fault", "capabilities"):
            getattr(self, section)()
        self.conditions(())
        return self.mutants

    # --- Places: tuples of keys and indices, such as ("access", 0, "set", "xn") -------------------------

    def at(self, place, data=None):
        data = self.data if data is None else data
        for step in place:
            data = data[step]
        return data

    def has(self, place):
        try:
            self.at(place)
        except (KeyError, IndexError, TypeError):
            return False
        return True

    def line(self, place):
        node, line = self.nodes, 1
        for step in place:
            if isinstance(node, load.Mapping):
                line, node = node.key(step).line, node[step]
            else:
                node = node.items[step]
                line = node.line
        return line

    def name(self, place):
        """Items of lists go by their names, if they have any."""
        text, data = "", self.data
        for step in place:
            data = data[step]
            if isinstance(step, int):
                own = data.get("name") if isinstance(data, dict) else None
                text += f"[{own or step}]"
            else:
                text += f".{step}" if text else step
        return text

    # --- Making one -----------------------------------------------------------------------------------

    def add(self, place, old, new, change):
        """A mutant; `change` gets a copy of the whole specification to spoil. What is another file's has its
        mutants there."""
        line = self.line(place)
        if isinstance(line, load.Line) and line.file:
            return
        data = copy.deepcopy(self.data)
        change(data)
        text = json.dumps(data)
        if text in self.made:
            return
        what = f"{self.name(place)}: {short(old)} -> {short(new)}"
        self.made[text] = what
        self.mutants.append(Mutant(self.data["format"], self.shown, line, what, text))

    def put(self, place, new):
        def change(data):
            self.at(place[:-1], data)[place[-1]] = new

        self.add(place, self.at(place), new, change)

    def drop(self, place):
        def change(data):
            del self.at(place[:-1], data)[place[-1]]

        self.add(place, self.at(place), "(nothing)", change)

    def swap(self, place, other):
        """The two exchange what they hold."""
        def change(data):
            mine, theirs = self.at(place), self.at(other)
            self.at(place[:-1], data)[place[-1]] = theirs
            self.at(other[:-1], data)[other[-1]] = mine

        if self.at(place) != self.at(other):
            self.add(place, self.at(place), f"{short(self.at(other))}, and {self.name(other)} the other way", change)

    def bits(self, place, width):
        """Each bit of a number flipped."""
        for bit in range(width):
            self.put(place, self.at(place) ^ 1 << bit)

    def steps(self, place, least=0):
        """A number, one more and one less."""
        for new in (self.at(place) - 1, self.at(place) + 1):
            if new >= least:
                self.put(place, new)

    def shift(self, place):
        """A range of bits moved by one."""
        high, low = span_of(self.at(place))
        for by in (-1, 1):
            if low + by >= 0 and high + by < 64:
                self.put(place, range_of(high + by, low + by))

    def shorten(self, place):
        """A range of bits without its highest, and without its lowest bit."""
        high, low = span_of(self.at(place))
        if high > low:
            self.put(place, range_of(high - 1, low))
            self.put(place, range_of(high, low + 1))

    def others(self, place, words):
        for word in words:
            if word != self.at(place):
                self.put(place, word)

    # --- Entries and geometry -------------------------------------------------------------------------

    def entry(self):
        self.put(("entry", "endian"), "big" if self.data["entry"]["endian"] == "little" else "little")
        self.put(("entry", "bits"), 96 - self.data["entry"]["bits"])

    def address(self):
        for index, piece in enumerate(self.data["address"]):
            place = ("address", index)
            self.shift((*place, "entry"))
            self.shift((*place, "output"))
            (high, low), (out_high, out_low) = span_of(piece["entry"]), span_of(piece["output"])
            if high > low:
                self.put(place, {"entry": range_of(high - 1, low), "output": range_of(out_high - 1, out_low)})
                self.put(place, {"entry": range_of(high, low + 1), "output": range_of(out_high, out_low + 1)})
        for one, other in combinations(range(len(self.data["address"])), 2):
            self.swap(("address", one, "output"), ("address", other, "output"))

    def levels(self):
        levels = self.data["levels"]
        for index, level in enumerate(levels):
            place = ("levels", index)
            high, low = span_of(level["index"])
            if index == 0:
                self.put((*place, "index"), range_of(high + 1, low))
                self.put((*place, "index"), range_of(high - 1, low))
            if index == len(levels) - 1:
                self.put((*place, "index"), range_of(high, low + 1))
                self.put((*place, "index"), range_of(high, low - 1))
            else:
                self.level_border(index, 1)
                self.level_border(index, -1)
            if "number" in level:
                self.steps((*place, "number"))
            for kind in range(len(level["kinds"])):
                self.drop((*place, "kinds", kind))

    def level_border(self, index, by):
        """A level takes a bit from the next, or gives it one."""
        def change(data):
            upper, lower = data["levels"][index:index + 2]
            (high, low), (below_high, below_low) = span_of(upper["index"]), span_of(lower["index"])
            upper["index"] = range_of(high, low + by)
            lower["index"] = range_of(below_high + by, below_low)

        levels = self.data["levels"]
        _, low = span_of(levels[index]["index"])
        self.add(("levels", index, "index"), f"lowest bit {low}", low + by, change)

    def root(self):
        if self.has(("root", "tables")):
            tables = self.data["root"]["tables"]
            self.put(("root", "tables"), tables * 2)
            if tables > 1:
                self.put(("root", "tables"), tables // 2)

    def modes(self):
        for index, mode in enumerate(self.data["modes"]):
            place = ("modes", index)
            self.others((*place, "root"), [level["name"] for level in self.data["levels"]])
            if isinstance(mode["gpa_bits"], int):
                self.steps((*place, "gpa_bits"))
            else:
                for key, value in mode["gpa_bits"].items():
                    if key == "fewer":
                        self.steps((*place, "gpa_bits", key, "min"))
                        self.drop((*place, "gpa_bits", key))
                    elif isinstance(value, bool):
                        self.put((*place, "gpa_bits", key), not value)
                    else:
                        self.steps((*place, "gpa_bits", key))
            if self.has((*place, "physical_bits", "min")):
                self.steps((*place, "physical_bits", "min"))
                self.drop((*place, "physical_bits"))
            if mode.get("default"):
                for other in range(len(self.data["modes"])):
                    self.default_mode(index, other)

    def default_mode(self, index, other):
        def change(data):
            del data["modes"][index]["default"]
            data["modes"][other]["default"] = True

        if other != index:
            names = [self.data["modes"][at]["name"] for at in (index, other)]
            self.add(("modes", index, "default"), *names, change)

    def empty(self):
        if isinstance(self.data["empty"], int):
            for bit in (0, 1, 2, 4, 8, 16, 32, self.data["entry"]["bits"] - 1):
                self.put(("empty",), self.data["empty"] ^ 1 << bit)
        else:
            for level in self.data["empty"]:
                self.bits(("empty", level), 8)

    # --- Kinds of entries -----------------------------------------------------------------------------

    WORDS = {"zero": ("ignored", "one"), "one": ("ignored", "zero"), "ignored": ("zero",), "software": ("ignored",)}

    def kinds(self):
        for kind, body in self.data["kinds"].items():
            place = ("kinds", kind)
            for role in ("table", "leaf", "held"):
                if role != body["role"]:
                    self.put((*place, "role"), role)
            self.when((*place, "when"), lambda field, kind=kind: self.field_width(kind, field))
            self.rows((*place, "bits"))
            for level in body.get("at", {}):
                self.rows((*place, "at", level))
                self.drop((*place, "at", level))

    def field_width(self, kind, field):
        body = self.data["kinds"][kind]
        for rows in [body["bits"], *body.get("at", {}).values()]:
            for span, what in rows.items():
                if what == field or isinstance(what, dict) and what["field"] == field:
                    return width_of(span)
        return 1

    def rows(self, place):
        """The bits of a kind: what each run of them is, which value it has, and where it ends."""
        rows = self.at(place)
        for span, what in rows.items():
            row = (*place, span)
            if isinstance(what, dict):
                self.row_value(row, what["value"], width_of(span))
            else:
                for word in self.WORDS.get(what, ()):
                    self.put(row, word)
        for upper, lower in zip(rows, list(rows)[1:]):
            if span_of(upper)[1] == span_of(lower)[0] + 1:
                self.neighbours(place, upper, lower)

    def row_value(self, row, value, width):
        if isinstance(value, int):
            self.bits((*row, "value"), width)
        else:
            for level in value:
                self.bits((*row, "value", level), width)

    def neighbours(self, place, upper, lower):
        rows = self.at(place)
        (high, middle), (top, low) = span_of(upper), span_of(lower)
        if rows[upper] == rows[lower]:
            return

        def relaid(first, second):
            def change(data):
                new = {}
                for span, what in rows.items():
                    if span == upper:
                        new[first[0]] = first[1]
                        new[second[0]] = second[1]
                    elif span != lower:
                        new[span] = what
                self.at(place[:-1], data)[place[-1]] = copy.deepcopy(new)

            text = ", ".join(f"{span} {short(what)}" for span, what in (first, second))
            old = f"{upper} {short(rows[upper])}, {lower} {short(rows[lower])}"
            self.add((*place, upper), old, text, change)

        cut = low + (high - middle) + 1
        relaid((range_of(high, high - (top - low)), rows[lower]), (range_of(cut - 1, low), rows[upper]))
        if top > low:
            relaid((range_of(high, top), rows[upper]), (range_of(top - 1, low), rows[lower]))
        if high > middle:
            relaid((range_of(high, middle + 1), rows[upper]), (range_of(middle, low), rows[lower]))

    def when(self, place, width):
        """A condition on fields: each bit of each value flipped, values and fields left out."""
        for field, value in self.at(place).items():
            here = (*place, field)
            if field == "any":  # fields, one of which is not 0
                for index in range(len(value)):
                    self.drop((*here, index))
            elif value == "nonzero":
                self.put(here, 0)
            elif isinstance(value, list):
                for index, number in enumerate(value):
                    self.number_bits((*here, index), width(field))
                    if len(value) > 1:
                        self.drop((*here, index))
            else:
                self.number_bits(here, width(field))
            if len(self.at(place)) > 1:
                self.drop(here)

    def number_bits(self, place, width):
        """Flips in a wide field only the bits up to one above the highest that is set."""
        self.bits(place, min(width, max(self.at(place).bit_length() + 1, 6)))

    # --- Attributes -----------------------------------------------------------------------------------

    def set_rows(self, section):
        rows = range(len(self.data[section]))
        for index in rows:
            place = (section, index)
            for key in ("set", "clean"):
                for field in self.data[section][index].get(key, {}):
                    width = max(self.field_width(kind, field) for kind in self.data["kinds"])
                    self.bits((*place, key, field), width)
            if "clean" in self.data[section][index]:
                self.drop((*place, "clean"))
            if len(rows) > 1:
                self.drop(place)
        self.drop_clean(section)
        for one, other in combinations(rows, 2):
            if all("set" in self.data[section][index] for index in (one, other)):
                self.swap((section, one, "set"), (section, other, "set"))

    def drop_clean(self, section):
        """No row tells a write any more: new leaves look written, or stay clean for ever."""
        rows = [index for index, row in enumerate(self.data[section]) if "clean" in row]
        for what in ("written", "clean") if rows else ():
            def change(data, what=what):
                for index in rows:
                    code = data[section][index].pop("clean")
                    data[section][index]["set"].update(code if what == "clean" else {})

            self.add((section, rows[0], "clean"), "each row's", f"always {what}", change)

    def access(self):
        self.set_rows("access")
        for index, row in enumerate(self.data["access"]):
            for column in ("read", "write", "exec", "kernel_exec", "user_exec"):
                if column in row:
                    self.put(("access", index, column), 1 - row[column])

    def memory(self):
        self.set_rows("memory")

    def flags(self):
        flags = [name for name in ("accessed", "dirty") if name in self.data]
        for name in flags:
            flag = self.data[name]
            settings = [{"otherwise": value} for value in (0, 1)] + [{"hardware": "always"}]
            settings += [{"hardware": feature, "otherwise": value} for feature in self.data.get("features", ())
                         for value in (0, 1)]
            for setting in settings:
                self.put((name,), {"field": flag["field"], **setting})
            self.drop((name,))
        if len(flags) == 2:
            self.swap(("accessed", "field"), ("dirty", "field"))

    # --- Contiguous groups ----------------------------------------------------------------------------

    def contiguous(self):
        groups = self.data.get("contiguous", {})
        for level, group in groups.items():
            place = ("contiguous", level)
            self.put((*place, "leaves"), group["leaves"] * 2)
            self.put((*place, "leaves"), group["leaves"] // 2)
            for index, _ in enumerate(group["with"]):
                self.others((*place, "with", index), self.data["features"])
            for field in group["set"]:
                self.bits((*place, "set", field), max(self.field_width(kind, field) for kind in self.data["kinds"]))
                self.drop((*place, "set", field))
            self.group_address(place, level, group)
            if len(groups) > 1:
                self.drop(place)
        for level in self.data["levels"] if groups else ():
            kinds = [kind["kind"] if isinstance(kind, dict) else kind for kind in level["kinds"]]
            if level["name"] not in groups and any(self.data["kinds"][kind]["role"] == "leaf" for kind in kinds):
                self.more_groups(level["name"], next(iter(groups.values())))
        if groups:
            self.no_groups()

    def group_address(self, place, level, group):
        """Other bits in place of the leaf's own address, other bits' place, or none; or some where there are none."""
        if "address" not in group:
            span = self.address_span(level, group["leaves"])
            for value in (0, group["leaves"] // 2):
                self.add(place, "each its own address", f"address {{{span}: {short(value)}}}",
                         lambda data, value=value: self.at(place, data).update(address={span: value}))
            return
        for span in group["address"]:
            self.bits((*place, "address", span), width_of(span))
            high, low = span_of(span)
            for new in (range_of(high + 1, low + 1), range_of(high + 1, low), range_of(high, low + 1)):
                def change(data, new=new, span=span):
                    here = self.at((*place, "address"), data)
                    here[new] = here.pop(span)

                self.add((*place, "address"), span, new, change)
            for new, leaves in ((range_of(high + 1, low), group["leaves"] * 2), (range_of(high - 1, low), group["leaves"] // 2)):
                self.put(place, {**group, "leaves": leaves, "address": {new: leaves // 2}})
        self.drop((*place, "address"))

    def address_span(self, level, leaves):
        """The entry bits that tell the addresses of so many leaves apart."""
        _, low = span_of(next(row["index"] for row in self.data["levels"] if row["name"] == level))
        for piece in self.data["address"]:
            (_, entry), (high, output) = span_of(piece["entry"]), span_of(piece["output"])
            if output <= low <= high:
                entry += low - output
                return range_of(entry + leaves.bit_length() - 2, entry)
        raise KeyError(level)

    def more_groups(self, level, group):
        def change(data):
            data["contiguous"][level] = {key: value for key, value in group.items() if key != "address"}

        self.add(("contiguous",), f"no groups of {level}", f"{group['leaves']} leaves", change)

    def no_groups(self):
        def change(data):
            del data["contiguous"]
            data["transitions"] = [row for row in data["transitions"] if row["change"] != "contiguous_off"]

        self.add(("contiguous",), "groups", "none", change)

    # --- Changes --------------------------------------------------------------------------------------

    WEAKER = {"all": ("tables", "leaf", "none"), "tables": ("leaf", "none"), "leaf": ("none",), "none": ("leaf",)}

    def transitions(self):
        rows = self.data["transitions"]
        for index, row in enumerate(rows):
            place = ("transitions", index)
            if row.get("break"):
                self.drop((*place, "break"))
            for scope in self.WEAKER[row["invalidate"]]:
                self.invalidate(place, scope)
            if "reach" in row:
                self.put((*place, "reach"), "local" if row["reach"] == "all" else "all")
        for one, other in combinations(range(len(rows)), 2):
            if rows[one]["change"] == rows[other]["change"]:
                self.swap_effects(one, other)

    def invalidate(self, place, scope):
        def change(data):
            row = self.at(place, data)
            row["invalidate"] = scope
            if scope == "none":
                row.pop("reach", None)
            else:
                row.setdefault("reach", "local")

        self.add((*place, "invalidate"), self.at(place)["invalidate"], scope, change)

    def swap_effects(self, one, other):
        """Two rows of one change exchange the CPUs that they are for."""
        def change(data):
            rows = data["transitions"]
            for key in ("with", "without"):
                mine, theirs = self.data["transitions"][one].get(key), self.data["transitions"][other].get(key)
                for row, value in ((rows[one], theirs), (rows[other], mine)):
                    row.pop(key, None)
                    if value is not None:
                        row[key] = value

        self.add(("transitions", one), "its CPUs", f"those of transitions[{other}]", change)

    # --- Root registers -------------------------------------------------------------------------------

    def root_registers(self):
        for index, register in enumerate(self.data["root_registers"]):
            place = ("root_registers", index, "bits")
            for span, what in register["bits"].items():
                row = (*place, span)
                if isinstance(what, int):
                    self.bits(row, width_of(span))
                    continue
                for key in ("root", "vmid"):
                    if key in what:
                        self.shift((*row, key))
                if "feature" in what:
                    self.put(row, 0)
                    self.put(row, 1)
                    self.others((*row, "feature"), self.data["features"])
                for key in ("value", "otherwise"):
                    if key in what:
                        self.bits((*row, key), width_of(span))
                if "subtract_gpa_bits_from" in what:
                    self.steps((*row, "subtract_gpa_bits_from"))
                    if "signed" in what:
                        self.drop((*row, "signed"))
                for key in ("mode", "physical_bits"):
                    codes = list(what.get(key, ()))
                    for code in codes:
                        self.bits((*row, key, code), width_of(span))
                        if len(codes) > 1:
                            self.drop((*row, key, code))
                    for one, other in zip(codes, codes[1:]):
                        self.swap((*row, key, one), (*row, key, other))
            spans = list(register["bits"])
            for upper, lower in zip(spans, spans[1:]):
                self.neighbours(place, upper, lower)

    # --- Faults ---------------------------------------------------------------------------------------

    def fault(self):
        fault = self.data["fault"]
        names = [register["name"] for register in fault["registers"]]
        for index, register in enumerate(fault["registers"]):
            if "default" in register:
                self.bits(("fault", "registers", index, "default"), 1)
        for field in fault["fields"]:
            place = ("fault", "fields", field)
            self.shift((*place, "bits"))
            self.shorten((*place, "bits"))
            self.others((*place, "register"), names)
        self.when(("fault", "when"), self.fault_width)
        words = {"cause": ("unknown", "translation", "permission", "access_flag", "address_size", "misconfigured",
                           "conflict", "other"),
                 "access": ("read", "write", "exec", "none"), "level": tuple(fault["fields"])}
        for section in ("cause", "access", "level", "guest_walk", "gpa", "gva"):
            for index, row in enumerate(fault.get(section, ())):
                place = ("fault", section, index)
                self.drop(place)
                if "when" in row:
                    self.when((*place, "when"), self.fault_width)
                    self.drop((*place, "when"))
                if isinstance(row.get("is"), int):
                    self.steps((*place, "is"), least=-8)
                elif "is" in row:
                    self.others((*place, "is"), words[section])
                for number, _ in enumerate(row.get("from", ())):
                    piece = (*place, "from", number)
                    self.shift((*piece, "bits"))
                    self.shift((*piece, "output"))
                    self.others((*piece, "register"), names)
                    self.drop(piece)
                    self.narrow(piece)
            for one, (row, below) in enumerate(zip(fault.get(section, ()), fault.get(section, ())[1:])):
                if not self.exclude(row.get("when", {}), below.get("when", {})):
                    self.swap(("fault", section, one), ("fault", section, one + 1))

    @staticmethod
    def exclude(one, other):
        """No fault can be of both rows, so that their order says nothing."""
        def values(condition, field):
            value = condition[field]
            return set(value) if isinstance(value, list) else {value}

        both = [field for field in one if field in other and "nonzero" not in (one[field], other[field])]
        return any(not values(one, field) & values(other, field) for field in both)

    def narrow(self, place):
        """A piece of an address loses its highest or its lowest bit."""
        piece = self.at(place)
        (high, low), (out_high, out_low) = span_of(piece["bits"]), span_of(piece["output"])
        if high > low:
            self.put(place, {**piece, "bits": range_of(high - 1, low), "output": range_of(out_high - 1, out_low)})
            self.put(place, {**piece, "bits": range_of(high, low + 1), "output": range_of(out_high, out_low + 1)})

    def fault_width(self, field):
        return width_of(self.data["fault"]["fields"][field]["bits"])

    # --- What a CPU has -------------------------------------------------------------------------------

    def capabilities(self):
        section = self.data.get("capabilities", {})
        here = ("capabilities",)
        for field, body in section.get("fields", {}).items():
            place = (*here, "fields", field)
            self.shift((*place, "bits"))
            self.shorten((*place, "bits"))
            self.others((*place, "register"), [register["name"] for register in section["registers"]])
            self.put(place, {**body, "signed": not body.get("signed", False)})
        for name in ("needs", "physical_bits", "gpa_bits"):
            for index, row in enumerate(section.get(name, ())):
                place = (*here, name, index)
                self.drop(place)
                if "when" in row:
                    self.asked((*place, "when"))
                if "is" in row:
                    self.width_row(place, row)
        for name in ("features", "switched", "modes"):
            for item in section.get(name, ()):
                self.asked((*here, name, item))
                if name == "modes":
                    self.drop((*here, name, item))
                else:
                    self.elsewhere(name, item)
        if "probe" in section:
            self.drop((*here, "probe"))
            self.others((*here, "probe"), [register["name"] for register in self.data["root_registers"]])

    def width_row(self, place, row):
        if isinstance(row["is"], int):
            self.steps((*place, "is"))
        else:
            self.others((*place, "is"), self.data["capabilities"]["fields"])
        if "plus" in row:
            self.drop((*place, "plus"))
            self.steps((*place, "plus"), least=1)

    def asked(self, place):
        """A condition on fields of identification registers, or one of several."""
        condition = self.at(place)
        if isinstance(condition, list):
            for index, _ in enumerate(condition):
                rest = condition[:index] + condition[index + 1:]
                self.put(place, rest if len(rest) > 1 else rest[0])
                self.asked((*place, index))
            return
        for field, value in condition.items():
            here = (*place, field)
            width = width_of(self.data["capabilities"]["fields"][field]["bits"])
            if isinstance(value, dict):
                self.steps((*here, "at_least"))
            elif value == "nonzero":
                self.put(here, 0)
            elif isinstance(value, list):
                for index, _ in enumerate(value):
                    self.bits((*here, index), width)
                    if len(value) > 1:
                        self.drop((*here, index))
            else:
                self.bits(here, width)
            if len(condition) > 1:
                self.drop(here)

    def elsewhere(self, name, feature):
        """A feature that the host has to turn on, or no longer, or of which nothing is said."""
        def move(to):
            def change(data):
                section = data["capabilities"]
                condition = section[name].pop(feature)
                if not section[name]:
                    del section[name]
                if to == "untold":
                    section.setdefault(to, []).append(feature)
                else:
                    section.setdefault(to, {})[feature] = condition
            return change

        for to in ("features", "switched", "untold"):
            if to != name:
                self.add(("capabilities", name, feature), name, to, move(to))

    # --- Features -------------------------------------------------------------------------------------

    def conditions(self, place):
        """Wherever something depends on the CPU: not any more, or the other way round."""
        data = self.at(place)
        if isinstance(data, dict):
            for key, opposite in (("with", "without"), ("without", "with")):
                if key in data:
                    self.drop((*place, key))
                    if opposite not in data:
                        self.turn(place, key, opposite)
            for key in data:
                self.conditions((*place, key))
        elif isinstance(data, list):
            for index in range(len(data)):
                self.conditions((*place, index))

    def turn(self, place, key, opposite):
        def change(data):
            here = self.at(place, data)
            here[opposite] = here.pop(key)

        self.add((*place, key), f"{key} {short(self.at((*place, key)))}", opposite, change)


def all_mutants(specs, root):
    """The mutants of every file in a directory."""
    mutants = []
    for path in sorted(Path(specs).glob("*.yaml")):
        shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        mutants += mutants_of(path, shown)
    return mutants
