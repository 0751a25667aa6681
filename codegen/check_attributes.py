# SPDX-License-Identifier: Apache-2.0
"""Access, memory types, accessed and dirty: what rows set, and what leaves and held entries carry."""

from codegen.check_part import ALWAYS, ANY, WORDS, Part, features_text, names_in
from codegen.diagnostic import closest, expected_one_of, listed


def set_of(row):
    """What a row of access or memory sets, {field: node}."""
    return {key.text: node for key, node in row["set"].entries()} if "set" in row else {}


class Attributes(Part):
    def run(self):
        if self.sound("entry", "levels", "kinds"):
            self.check_attributes()

    def check_attributes(self):
        leaves = [at for at in self.at if at.role == "leaf"]
        access_fields = memory_fields = {}
        if self.sound("access"):
            access_fields = self.check_rows("access", leaves, self.access_meaning)
            self.check_clean(leaves)
        if self.sound("memory"):
            memory_fields = self.check_rows("memory", leaves, lambda row: f"memory type '{row['type'].value}'")
            normal = [row for row in self.doc["memory"].items if row["type"].value == "normal"]
            missing = self.missing(normal)
            if missing:
                self.error(self.doc.key("memory"), f"memory type 'normal' has no row for {missing}, expected one")
        for name, node in memory_fields.items():
            if name in access_fields:
                self.error(node, f"field '{name}' is set by access at line {access_fields[name].line} too, expected it "
                                 "in one of them")
        flags = {}
        for name in ("accessed", "dirty"):
            if self.sound(name):
                self.check_flag(name, leaves, {**access_fields, **memory_fields, **flags})
                flags[self.doc[name]["field"].value] = self.doc[name]["field"]
        if self.sound("access", "memory") and not self.broken & {"accessed", "dirty"}:
            self.check_variable_fields(access_fields, {**memory_fields, **flags})
        for held in (at for at in self.at if at.role == "held"):
            leaf = next((at for at in leaves if at.level is held.level), None)
            if leaf and leaf.complete and held.complete:
                for name in {**memory_fields, **flags}.keys() - access_fields.keys():
                    self.check_kept(leaf, held, name)

    def check_variable_fields(self, access_fields, kept_fields):
        """Something gives a value to every field that has none of its own."""
        set_by_rows = {**access_fields, **kept_fields}
        accessed = self.doc["accessed"]["field"].value if "accessed" in self.doc else None
        for at in self.at:
            allowed = {"table": [accessed], "held": kept_fields, "leaf": set_by_rows}[at.role]
            for row in at.rows:
                if row.what == "field" and not row.fixed and row.name not in allowed:
                    self.nothing_sets(at, row, set_by_rows)

    def nothing_sets(self, at, row, set_by_rows):
        if at.role == "leaf":
            expected = f"a value as in {{field: {row.name}, value: 0}}, or rows of access or memory that set it"
        elif row.name in set_by_rows:
            expected = f"a value as in {{field: {row.name}, value: 0}}: access rows set leaves only"
        else:
            expected = f"a value as in {{field: {row.name}, value: 0}}"
        guess = closest(row.name, (*WORDS, *set_by_rows)) if row.name not in set_by_rows else None
        guess = f" (did you mean '{guess}'?)" if guess else ""
        self.error(row.node, f"nothing sets field '{row.name}' of kind '{at.kind}', expected {expected}{guess}")

    def access_meaning(self, row):
        """The rights of an access row, in words; None if it does not say them."""
        columns = {name: row[name].value for name in ("read", "write", "exec", "kernel_exec", "user_exec")
                   if name in row}
        if "exec" in columns:
            for name in ("kernel_exec", "user_exec"):
                if name in columns:
                    self.error(row.key(name), f"column '{name}' stands beside 'exec', expected either 'exec' or "
                                              "'kernel_exec' and 'user_exec'")
                    return None
            columns["kernel_exec"] = columns["user_exec"] = columns.pop("exec")
        missing = [name for name in ("kernel_exec", "user_exec") if name not in columns]
        if missing:
            what = "'exec', or 'kernel_exec' and 'user_exec'" if len(missing) == 2 else f"'{missing[0]}' too"
            self.error(row, f"access row does not say whether it allows execution, expected {what}")
            return None
        if not any(columns.values()):
            self.error(row, "access row allows nothing, expected a row that allows something: memory without access "
                            "is what the held kind is for")
            return None
        names = [name for name in ("read", "write", "kernel_exec", "user_exec") if columns[name]]
        return "access " + " ".join(names)

    def check_rows(self, section, leaves, meaning):
        """Checks access or memory rows; returns {field: node of its first use}."""
        rows = self.doc[section].items
        fields = {}
        for row in rows:
            if "set" in row:
                for key, _ in row["set"].entries():
                    fields.setdefault(key.text, key)
        known = {row.name for at in leaves for row in at.rows if row.what == "field" and not row.fixed}
        for name, key in fields.items():
            self.check_row_field(section, name, key, leaves, known)
        for row in rows:
            self.check_row_any(row, leaves, set_of(row))
        codes, meanings = [], []
        for row in rows:
            values = set_of(row)
            for name in fields:
                if name not in values:
                    self.error(row.get("set") or row, f"{section} row does not set field '{name}', expected a value "
                                                      f"for it as in line {fields[name].line}")
            for name, node in values.items():
                self.check_row_value(name, node, leaves)
            words = meaning(row)
            code = {name: node.value for name, node in values.items()}
            for other, other_codes, other_words in zip(rows, codes, meanings):
                if not self.compatible(row, other):
                    continue
                if words is not None and words == other_words:
                    self.error(row, f"{words} is in line {other.line} already for {self.both(row, other)}, expected "
                                    "one row for it, or rows that exclude each other by 'with' and 'without'")
                    continue
                for place, mine in self.codes_of(row, code):
                    if mine in other_codes and set(mine) == set(fields):
                        self.error(place, f"{section} row encodes to the same bits as line {other.line} on "
                                          f"{self.both(row, other)}, expected bits of its own")
            codes.append([mine for _, mine in self.codes_of(row, code)])
            meanings.append(words)
        return fields

    @staticmethod
    def codes_of(row, code):
        """What a row encodes to, and where it says so."""
        yield row.get("set") or row, code
        if "clean" in row:
            yield row["clean"], {**code, **{key.text: node.value for key, node in row["clean"].entries()}}

    def check_clean(self, leaves):
        """Rows by which the CPU says that a leaf was written through: one bit, and no row that leaves it open."""
        rows = self.doc["access"].items
        clean = [row for row in rows if "clean" in row]
        if not clean:
            return
        hardware = self.doc["dirty"].get("hardware") if self.sound("dirty") else None
        names = names_in(hardware)
        if hardware is None:
            if "dirty" not in self.broken:
                self.error(clean[0].key("clean"), "'clean' without a dirty flag that some CPU sets, expected 'dirty' "
                                                  "with 'hardware'")
            return
        bits = [bit for bit in (self.clean_bit(row, leaves, names) for row in clean) if bit is not None]
        if len(bits) != len(clean):
            return
        for row, bit in zip(clean, bits):
            if bit != bits[0]:
                self.error(row["clean"], f"bit {bit[1]} of field '{bit[0]}' tells that a leaf was written through, "
                                         f"expected bit {bits[0][1]} of field '{bits[0][0]}' as in line {clean[0].line}")
        field, number = bits[0]
        for row in rows:
            if "clean" in row or names != [ALWAYS] and set(names) <= set(names_in(row.get("without"))):
                continue
            cpu = features_text(names[:1] if names != [ALWAYS] else (), ())
            if row["write"].value:
                self.error(row, f"access row allows writes on {cpu} and does not say what a clean leaf has, expected "
                                f"'clean' as in line {clean[0].line}, or 'without' what 'dirty' names")
            elif field in set_of(row) and set_of(row)[field].value >> number & 1:
                self.error(row["set"][field], f"bit {number} of field '{field}' is 1 without writes, expected 0: on {cpu} "
                                              "it says that the leaf was written through")

    def clean_bit(self, row, leaves, names):
        """(field, bit) that a clean row lacks; None after reporting what is wrong with it."""
        node, values = row["clean"], set_of(row)
        if not row["write"].value:
            self.error(row.key("clean"), "'clean' in a row that does not allow writes, expected it only where a leaf can be "
                                         "written through")
            return None
        if names != [ALWAYS] and not set(names) & set(names_in(row.get("with"))):
            self.error(row.key("clean"), f"'clean' in a row for CPUs that do not set the dirty flag, expected "
                                         f"{listed(names)} in its 'with'")
            return None
        for key, value in node.entries():
            if key.text not in values:
                self.error(key, f"'set' has no field '{key.text}', {expected_one_of(key.text, list(values))}")
                return None
            self.check_row_value(key.text, value, leaves)
        self.check_row_any(row, leaves, {**values, **{key.text: value for key, value in node.entries()}}, node)
        differ = [(key.text, bit) for key, value in node.entries()
                  for bit in range(64) if (value.value ^ values[key.text].value) >> bit & 1]
        if len(differ) != 1 or not values[differ[0][0]].value >> differ[0][1] & 1:
            self.error(node, f"'clean' and 'set' differ in {len(differ)} bits, expected one, which is 1 in 'set'"
                       if len(differ) != 1 else "'clean' has a bit that 'set' lacks, expected the CPU to set one bit")
            return None
        return differ[0]

    def check_row_field(self, section, name, key, leaves, known):
        if not any(at.field(name) for at in leaves):
            if all(at.complete for at in leaves):
                self.error(key, f"no leaf has a field '{name}', {expected_one_of(name, sorted(known))}")
            return
        for at in leaves:
            row = at.field(name)
            if row is None and at.complete:
                self.error_in_kind(self.doc["kinds"].key(at.kind), at, f"{{kind}} has no field '{name}', which rows of "
                                   f"{section} set, expected it in every leaf")
            elif row is not None and row.fixed:
                self.error(row.node["value"], f"field '{name}' has a value here, but rows of {section} set it, "
                                              "expected the name of the field alone")

    def check_row_value(self, name, node, leaves):
        for at in leaves:
            row = at.field(name)
            if row is None or row.fixed or not at.complete:
                continue
            if not self.fits(node, row.high - row.low + 1, f"field '{name}'", row.text):
                return
            when = self.kinds[at.kind]["when"].get(name)
            if when is None:
                continue
            if (when.value == "nonzero" and node.value == 0) or when.value not in ("nonzero", node.value):
                wanted = "a value that is not zero" if when.value == "nonzero" else f"{when.value:#x}"
                self.error_in_kind(node, at, f"value {node.value:#x} of field '{name}' makes no entry of {{kind}}, "
                                             f"expected {wanted} as its 'when' at line {when.line} says")

    def check_row_any(self, row, leaves, values, place=None):
        """A row that sets all fields of which one has to be nonzero sets one of them so."""
        values = {name: node.value for name, node in values.items()}
        for at in leaves:
            asked = self.kinds[at.kind]["when"].get(ANY)
            if asked is not None and all(values.get(item.value) == 0 for item in asked.items):
                names = listed((item.value for item in asked.items), "and")
                self.error_in_kind(place or row["set"], at, f"{names} are all 0, which makes no entry of {{kind}}, expected one "
                                                   f"that is not, as its 'when' at line {asked.line} says")

    def check_flag(self, section, leaves, taken):
        node = self.doc[section]["field"]
        name = node.value
        if name in taken:
            self.error(node, f"field '{name}' is set at line {taken[name].line} already, expected a field for the "
                             f"{section} flag alone")
            return
        if not any(at.field(name) for at in leaves):
            known = sorted({row.name for at in leaves for row in at.rows if row.what == "field" and not row.fixed})
            if all(at.complete for at in leaves):
                self.error(node, f"no leaf has a field '{name}', {expected_one_of(name, known)}")
            return
        for at in leaves:
            row = at.field(name)
            if row is None:
                if at.complete:
                    self.error_in_kind(self.doc["kinds"].key(at.kind), at, f"{{kind}} has no field '{name}', the "
                                       f"{section} flag, expected it in every leaf")
            elif row.fixed:
                self.error(row.node["value"], f"field '{name}' has a value here, but is the {section} flag, expected "
                                              "the name of the field alone")
            elif row.high != row.low:
                self.error(row.key, f"field '{name}', the {section} flag, has {row.high - row.low + 1} bits, expected "
                                    "one bit")

    def check_kept(self, leaf, held, name):
        """The held kind keeps at the same place what the leaf of its level carries."""
        inner, outer = held.field(name), leaf.field(name)
        if outer is None or outer.fixed:
            return
        if inner is None or inner.fixed or (inner.high, inner.low) != (outer.high, outer.low):
            row = inner or held.owner(outer.high)
            self.error_in_kind(row.key, held, f"{{kind}} does not keep field '{name}', expected '{name}' at {outer.text} "
                                              f"as in kind '{leaf.kind}'")
