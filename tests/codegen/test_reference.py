# SPDX-License-Identifier: Apache-2.0
"""The reference for people: pages that are well formed, whole, and say what the specification says."""

import re
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

from codegen import load, shape
from support import EXAMPLE, SHIPPED, SPECS, errors_of, run, snapshot

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """What stands in a page; refuses tags that are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.words = [], [], [], []
        self.tables, self.pictures, self.resources = {}, {}, []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes["href"])
        elif tag == "script" or "src" in attributes or "href" in attributes:
            self.resources.append((tag, attributes))
        elif tag == "svg":
            assert attributes["role"] == "img"
            self.picture = self.pictures[attributes["aria-label"].split(":")[0]] = []
        elif tag == "rect":
            self.picture.append(([], []))
        elif tag == "text":
            self.target = self.picture[-1][attributes["class"] == "word"]
        elif tag == "table":
            self.rows = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> at {self.getpos()} closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.words.append(data)
        if "caption" in self.open:
            self.tables[data] = self.rows
        if set(self.open) & {"th", "td"} and data.strip():
            self.rows[-1][-1] += (" " if self.rows[-1][-1] else "") + data.strip()
        if self.open[-1:] == ["text"]:
            self.target.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def pages(*specs):
    with tempfile.TemporaryDirectory() as out:
        status, _, errors = run("reference", "--specs", *specs, "--out", out)
        assert (status, errors) == (0, ""), errors
        return {path.name: path.read_text() for path in Path(out).iterdir()}


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.specs = [*SHIPPED.glob("*.yaml"), *SPECS.glob("ok_*.yaml"), EXAMPLE]
        cls.texts = pages(*cls.specs)
        cls.pages = {name: Page(text) for name, text in cls.texts.items()}

    def test_each_format_has_a_page_and_so_have_all_and_the_language(self):
        formats = {f"{path.stem}.html" for path in self.specs}
        self.assertEqual(set(self.pages), formats | {"index.html", "language.html"})

    def test_identifiers_are_unique_and_links_lead_somewhere(self):
        for name, page in self.pages.items():
            with self.subTest(name):
                self.assertEqual(len(page.ids), len(set(page.ids)))
                self.assertTrue(page.links)
                for link in page.links:
                    there, _, anchor = link.partition("#")
                    self.assertIn(there or name, self.pages)
                    if anchor:
                        self.assertIn(anchor, self.pages[there or name].ids, link)

    def test_pages_need_nothing_but_themselves(self):
        for name, page in self.pages.items():
            self.assertEqual(page.resources, [("link", {"rel": "icon", "href": "data:,"})], name)
            self.assertNotIn("url(", self.texts[name])

    def test_a_page_leaves_out_no_word_of_its_specification(self):
        vocabulary = set(vocabulary_of(shape.SCHEMA)) | {"address", "zero", "one", "ignored", "software", "always"}
        for path in self.specs:
            text = self.pages[f"{path.stem}.html"].text
            for word in words_of(load.plain(load.load(path)[0])):
                if word not in vocabulary:
                    self.assertRegex(text, rf"(?<!\w){re.escape(word)}(?!\w)", path.name)

    def test_a_picture_shows_each_bit_once(self):
        for name, page in self.pages.items():
            for title, boxes in page.pictures.items():
                with self.subTest(f"{name}: {title}"):
                    bits = []
                    for numbers, words in boxes:
                        self.assertEqual(len(words), 1)
                        bits += range(int(numbers[0]), int(numbers[-1]) - 1, -1)
                    self.assertEqual(bits, list(range(bits[0], -1, -1)))

    def test_the_order_of_specifications_does_not_matter(self):
        self.assertEqual(pages(*reversed(self.specs)), self.texts)


class Command(unittest.TestCase):
    def test_a_second_run_touches_nothing_and_a_format_that_is_gone_loses_its_page(self):
        strange, narrow = SPECS / "ok_strange.yaml", SPECS / "ok_narrow32.yaml"
        with tempfile.TemporaryDirectory() as out:
            said = run("reference", "--specs", strange, narrow, "--out", out)[1]
            self.assertIn(f"wrote {out}/ok_strange.html\n", said)
            (Path(out) / "mine.html").write_text("<p>written by hand")
            before = snapshot(out)
            self.assertIn("0 written, 0 removed", run("reference", "--specs", narrow, strange, "--out", out)[1])
            self.assertEqual(snapshot(out), before)
            self.assertIn(f"removed {out}/ok_strange.html\n", run("reference", "--specs", narrow, "--out", out)[1])
            self.assertEqual(set(snapshot(out)), set(before) - {"ok_strange.html"})

    def test_a_wrong_specification_gives_no_page(self):
        with tempfile.TemporaryDirectory() as out:
            status, said, errors = run("reference", "--specs", SPECS / "err_keyword.yaml", "--out", out)
            self.assertEqual((status, said), (1, ""))
            self.assertIn("err_keyword.yaml:9:3: error: ", errors)
            self.assertEqual(snapshot(out), {})


class Content(unittest.TestCase):
    """Worked out by hand from tests/specs/ok_strange.yaml."""

    @classmethod
    def setUpClass(cls):
        cls.page = Page(pages(SPECS / "ok_strange.yaml")["ok_strange.html"])

    def test_levels(self):
        # 1024 entries of 8 bytes are 8 KiB; a table is one frame at least.
        self.assertEqual(self.page.tables["Levels, root first"][1:], [
            ["attic", "3", "36:29", "256", "4 KiB", "512 MiB", "table, leaf (with huge), held", "0x8000000000000000"],
            ["floor", "2", "28:22", "128", "4 KiB", "4 MiB", "table, leaf, held", "0x8000000000000000"],
            ["cellar", "1", "21:12", "1024", "8 KiB", "4 KiB", "leaf, held", "0x8000000000000000"],
        ])

    def test_modes(self):
        # 38 bits: 2^(38 - 29) entries of 8 bytes; 30 bits: 2^(30 - 22).
        self.assertEqual(self.page.tables["Modes"][1:], [
            ["house", "house", "attic", "3", "36 (33 with marks) to 38, 37 unless asked", "4 KiB", "taken when none is named"],
            ["hut", "hut", "floor", "2", "30", "4 KiB", ""],
        ])

    def test_the_picture_of_a_leaf(self):
        self.assertEqual(self.page.pictures["leaf at level floor"], [
            (["63"], ["invalid=0"]), (["62"], ["stop=1"]), (["61", "59"], ["access"]), (["58", "56"], ["software"]),
            (["55", "32"], ["output address 51:22"]), (["31", "26"], ["address 51:22"]), (["25", "16"], ["0"]),
            (["15", "14"], ["memory"]), (["13"], ["mark"]), (["12", "8"], ["0"]), (["7", "2"], ["ignored"]),
            (["1"], ["dirty"]), (["0"], ["accessed"]),
        ])

    def test_a_guest_address_is_shown_at_its_widest(self):
        self.assertEqual(self.page.pictures["house"], [
            (["37", "32"], ["attic"]), (["31", "29"], ["attic"]), (["28", "22"], ["index at level floor"]),
            (["21", "12"], ["index at level cellar"]), (["11", "0"], ["byte in the page"]),
        ])

    def test_how_a_kind_is_told_and_what_differs_between_levels(self):
        text = self.page.text
        self.assertIn("61:59 level always 0b011 attic 61:59 level always 0b010 floor", text)
        self.assertIn("It is told by invalid = 0 and stop = 1, and may stand at levels attic, floor and cellar; attic "
                      "only with huge.", text)

    def test_flags(self):
        # What was written is told by the mark, and kept in "dirty" where the leaf may not be written any more.
        self.assertEqual(self.page.tables["Accessed and dirty"][1:], [
            ["accessed", "accessed", "with marks", "0 with marks, else 1"],
            ["dirty", "dirty mark", "with marks", "0 with marks, else 1"],
        ])

    def test_access_and_memory(self):
        # The mark is bit 7 of a page and bit 13 of a larger leaf; the CPU sets it where it has "marks".
        written = ["clean 0", "written 1"]
        self.assertEqual(self.page.tables["Combinations of access"], [
            ["Access", "Read", "Write", "Execute, kernel", "Execute, user", "access (61:59)", "mark (13 or 7)",
             "Condition"],
            ["read", "yes", "no", "no", "no", "0b001", "0", ""],
            ["read, write", "yes", "yes", "no", "no", "0b110", " ".join(written), "with marks"],
            ["read, write", "yes", "yes", "no", "no", "0b110", "0", "without marks"],
            ["read, execute", "yes", "no", "yes", "yes", "0b010", "0", ""],
            ["read, write, execute", "yes", "yes", "yes", "yes", "0b101", " ".join(written), "with marks"],
            ["read, write, execute", "yes", "yes", "yes", "yes", "0b101", "0", "without marks"],
            ["execute", "no", "no", "yes", "yes", "0b000", "0", ""],
        ])
        self.assertEqual(self.page.tables["Memory types"][0], ["Type", "What it is", "memory (15:14 or 9:8)"])
        self.assertEqual([(row[0], row[2]) for row in self.page.tables["Memory types"][1:]],
                         [("normal", "0b10"), ("device", "0b01"), ("uncached", "0b00")])

    def test_registers(self):
        self.assertEqual(self.page.tables["high, bit by bit"][1:], [
            ["63:32", "bits 31:0 of the virtual machine's identifier"],
            ["31:29", "0b101 with marks, else 0b010"],
            ["28:9", "always 0"],
            ["8", "1 with huge, else 0"],
            ["7:4", "0b1001 in mode house 0b0110 in mode hut"],
            ["3:0", "44 less the bits of a guest physical address"],
        ])

    def test_changes(self):
        rows = {row[0]: row[2:] for row in self.page.tables["Changes to an entry"][1:]}
        self.assertEqual(rows["make"], ["no", "everything of the tree", "the calling CPU"])
        self.assertEqual(rows["collapse"], ["yes", "everything of the tree", "every CPU"])

    def test_faults(self):
        self.assertEqual(self.page.tables["The guest physical address"][1:],
                         [["kind ≠ 0", "bits 47:12 from where 63:28 bits 11:0 from where 11:0"]])
        self.assertEqual(self.page.tables["What was tried: the access"][1:],
                         [["kind = 1", "read"], ["kind = 2", "write"], ["kind = 3", "exec"], ["otherwise", "not told"]])
        self.assertIn("It is a fault of this format where present = 1.", self.page.text)

    def changed(self, old, new):
        """The page of the same format with another text in its specification."""
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "changed.yaml"
            text = (SPECS / "ok_strange.yaml").read_text()
            self.assertIn(old, text)
            path.write_text(text.replace(old, new))
            return Page(pages(path)["ok_strange.html"])

    def test_a_level_is_in_a_field_or_a_number(self):
        self.assertEqual(self.page.tables["Where in the walk: the level"][1:], [
            ["depth ≠ 0", "its number is in depth"], ["otherwise", "level -1"]])

    def test_the_signs_of_html_are_only_signs(self):
        self.assertIn("A <b> &amp; C, big-endian", self.changed("Three odd levels", "A <b> &amp; C").text)

    def test_an_address_in_two_rows(self):
        # Entry bits 55:16 hold output bits 51:12, so 39:26 hold 35:22.
        page = self.changed("      floor: {55:26: address,", "      floor: {55:40: address, 39:26: address,")
        self.assertEqual(page.pictures["leaf at level floor"][4:7], [
            (["55", "40"], ["output address 51:36"]), (["39", "32"], ["output address 35:22"]),
            (["31", "26"], ["address 35:22"])])

    def test_a_root_that_grows_with_the_address(self):
        # An entry of level2 covers 2^25: 2^(30 - 25) and 2^(40 - 25) entries of 8 bytes, a frame at least.
        rows = Page(pages(SPECS / "ok_split_address.yaml")["ok_split_address.html"]).tables["Modes"]
        self.assertEqual(rows[1][5], "4 KiB to 256 KiB")


class Index(unittest.TestCase):
    def test_formats_side_by_side(self):
        tables = Page(pages(SPECS / "ok_nonzero_empty.yaml", SPECS / "ok_strange.yaml")["index.html"]).tables
        rows = {row[0]: row[1:] for row in tables["Entries, levels and addresses"]}
        self.assertEqual(rows["ok_strange"], [
            "64 bits, big-endian", "house: 3 levels, 36 (33 with marks) to 38 bits hut: 2 levels, 30 bits", "52 bits", "4 KiB",
            "4 KiB 4 MiB 512 MiB (with huge)"])
        access = next(rows for caption, rows in tables.items() if caption.startswith("Access that"))
        rows = {row[0]: row[1:] for row in access}
        self.assertEqual(rows["ok_strange"], ["R, RW, X, RX, RWX", ""])
        self.assertEqual(rows["ok_nonzero_empty"], ["R, RW, RX, RWX", "with exec_levels: RXk, Xu, RXu"])
        memory = {row[0]: row[1:] for row in tables["Memory types that can be expressed"]}
        self.assertEqual(memory["ok_strange"], ["normal, device, uncached", ""])
        self.assertIn("with combining: write_combining", memory["ok_nonzero_empty"][1])

    def test_what_rows_hold_for_every_cpu_together_is_there_on_every_cpu(self):
        memory = Page(pages(SHIPPED)["index.html"]).tables["Memory types that can be expressed"]
        for name, always, _ in memory[1:]:
            self.assertIn("normal", always.split(", "), name)


class Language(unittest.TestCase):
    """The page about the language follows the schema and the example's file."""

    @classmethod
    def setUpClass(cls):
        cls.text = pages(EXAMPLE)["language.html"]
        cls.page = Page(cls.text)

    def test_every_key_of_the_language_has_a_place(self):
        for name, node in shape.SCHEMA["properties"].items():
            self.assertIn(f"key-{name}", self.page.ids)
            self.assertIn(node["description"], self.page.text)
        keys = {row[0].rpartition(".")[2] for rows in self.page.tables.values() for row in rows}
        for node in nodes_of(shape.SCHEMA):
            if node is not shape.SCHEMA:
                self.assertLessEqual(set(node.get("properties", {})), keys)

    def test_a_row_says_whether_a_key_is_needed_what_it_is_and_what_it_may_be(self):
        rows = {row[0]: row[1:] for row in self.page.tables["What stands in 'entry'"]}
        self.assertEqual(rows["endian"], ["yes", "Byte order of an entry in memory.", "little or big"])
        rows = {row[0]: row[1:] for row in self.page.tables["What stands in 'transitions'"]}
        self.assertEqual(rows["break"][0], "")
        self.assertEqual(rows["reach"][2], "local: the calling CPU all: every CPU")
        rows = {row[0]: row[1:] for row in self.page.tables["What stands in 'kinds'"]}
        self.assertEqual(rows["NAME.bits.BITS.field"][0], "yes")

    def test_the_example_shows_its_file_and_what_the_generator_says_of_mistakes_in_it(self):
        for line in EXAMPLE.read_text().partition("\nentry:")[2].splitlines():
            self.assertIn(line.replace('"', "&#34;"), self.text)
        self.assertIn("nothing sets field 'xwrr' of kind 'large'", self.page.text)
        text = EXAMPLE.read_text()
        shown = re.findall(r"worked_example\.yaml:\d+:\d+: error: [^<\n]+", self.text.replace("&#39;", "'"))
        self.assertGreaterEqual(len(shown), 3)
        self.assertIn(shown[0], errors_of(text.replace("kinds: [page, held]", "kinds: [page]"), "worked_example.yaml"))
        self.assertIn("access read, write memory normal accessed yes", self.page.text)

    def test_each_key_is_described(self):
        for node in nodes_of(shape.SCHEMA):
            for name, child in node.get("properties", {}).items():
                shared = shape.SCHEMA["$defs"].get(child.get("$ref", "").rpartition("/")[2], {})
                self.assertTrue(child.get("description") or shared.get("description"), name)


class Words(unittest.TestCase):
    def test_each_word_that_the_schema_explains_is_one_that_it_allows_and_no_other(self):
        explained = [node for node in nodes_of(shape.SCHEMA) if "x-values" in node and "enum" in node]
        self.assertGreater(len(explained), 5)
        for node in explained:
            self.assertEqual(list(node["x-values"]), node["enum"])


def words_of(node, path=()):
    """Names and texts that a specification brings along, and bits but those of entries, which a level may replace."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from words_of(key, path)
            yield from words_of(value, (*path, key))
    elif isinstance(node, list):
        for item in node:
            yield from words_of(item, path)
    elif isinstance(node, str) and ("kinds" not in path or not node[0].isdigit()):
        yield " ".join(node.split())


def nodes_of(schema):
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes_of(value)


def vocabulary_of(schema):
    """The words of the language itself."""
    for node in nodes_of(schema):
        yield from node.get("properties", {})
        yield from (str(word) for word in node.get("enum", []))
        yield from [node["const"]] if isinstance(node.get("const"), str) else []


if __name__ == "__main__":
    unittest.main()
