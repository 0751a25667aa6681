# SPDX-License-Identifier: Apache-2.0
"""What words of a file become, and where they were."""

import unittest

import support  # noqa: F401  (the path of the package)
from codegen import load
from codegen.diagnostic import Diagnostics


def read(text):
    found = Diagnostics("x.yaml")
    document = load.parse(text, found)
    return document, [str(diagnostic) for diagnostic in found.sorted()]


def plain(text):
    document, errors = read(text)
    assert not errors, errors
    return load.plain(document)


class OtherFiles(unittest.TestCase):
    def test_sections_that_are_not_here_come_from_the_other_file_and_keep_their_place(self):
        path = support.SPECS / "err_like_field.yaml"
        document, found = load.load(path, path.name)
        self.assertEqual(len(found), 0)
        self.assertNotIn("like", document)
        self.assertEqual(document["format"].value, "err_like_field")
        self.assertEqual([row["type"].value for row in document["memory"].items], ["normal", "device"])
        other, _ = load.load(support.SPECS / "ok_narrow32.yaml")
        self.assertEqual(load.plain(document["access"]), load.plain(other["access"]))
        place = document["access"].items[0].line
        self.assertEqual(f"{place}", f"{other['access'].items[0].line} of ok_narrow32.yaml")
        self.assertIsNone(document["memory"].line.file)


class Words(unittest.TestCase):
    def test_a_range_of_bits_stays_a_string(self):
        self.assertEqual(plain("index: 47:39"), {"index": "47:39"})

    def test_words_that_yaml_1_1_takes_for_booleans_stay_strings(self):
        self.assertEqual(plain("[on, off, yes, no, y, n, True]".join(["a: ", ""])),
                         {"a": ["on", "off", "yes", "no", "y", "n", "True"]})

    def test_true_and_false_are_booleans(self):
        self.assertIs(plain("a: true")["a"], True)
        self.assertIs(plain("a: false")["a"], False)

    def test_integers_have_four_spellings(self):
        self.assertEqual(plain("a: [10, 0x1F, 0b101, 0o17, 0, -3]"), {"a": [10, 31, 5, 15, 0, -3]})

    def test_quotes_make_strings(self):
        self.assertEqual(plain("a: ['10', \"true\"]"), {"a": ["10", "true"]})

    def test_fractions_dates_and_null_are_no_types_of_their_own(self):
        self.assertEqual(plain("a: [29.3, 2024-04-11, null, 1e3]"), {"a": ["29.3", "2024-04-11", "null", "1e3"]})

    def test_a_key_is_a_string_whatever_it_looks_like(self):
        self.assertEqual(plain("{63: zero, 51:12: address, true: x}".join(["a: ", ""])),
                         {"a": {"63": "zero", "51:12": "address", "true": "x"}})

    def test_block_keys_may_be_ranges(self):
        self.assertEqual(plain("bits:\n  51:12: address\n  0: {field: v, value: 1}\n"),
                         {"bits": {"51:12": "address", "0": {"field": "v", "value": 1}}})


class Places(unittest.TestCase):
    def test_keys_and_values_know_line_and_column(self):
        document, _ = read("# comment\nlevels:\n  - {name: a, index: 20:12}\n")
        item = document["levels"].items[0]
        self.assertEqual((document.key("levels").line, document.key("levels").column), (2, 1))
        self.assertEqual((item.line, item.column), (3, 5))
        self.assertEqual((item.key("index").line, item.key("index").column), (3, 15))
        self.assertEqual((item["index"].line, item["index"].column), (3, 22))

    def test_every_duplicate_is_reported_and_the_first_value_holds(self):
        document, errors = read("a: 1\nb: {c: 1, c: 2}\na: 3\n")
        self.assertEqual(errors, ["x.yaml:2:11: error: duplicate key 'c', expected it once (first at line 2)",
                                  "x.yaml:3:1: error: duplicate key 'a', expected it once (first at line 1)"])
        self.assertEqual(load.plain(document), {"a": 1, "b": {"c": 1}})

    def test_a_list_as_a_key_is_refused(self):
        self.assertEqual(read("[1, 2]: x\n")[1],
                         ["x.yaml:1:1: error: a key that is a list or a mapping, expected a word"])

    def test_a_directive_is_refused(self):
        self.assertEqual(read("%YAML 1.1\n---\na: 1\n")[1],
                         ["x.yaml:1:1: error: directive '%YAML', expected a document without directives"])

    def test_a_list_is_no_specification(self):
        self.assertEqual(read("- a\n")[1], ["x.yaml:1:1: error: the document is no mapping, expected keys such as "
                                            "'format', 'entry' and 'levels'"])

    def test_a_tab_is_called_by_its_name(self):
        self.assertEqual(read("a: 1\t# one\n")[1], ["x.yaml:1:5: error: tab, expected spaces"])
        self.assertEqual(read("a:\n  \tb: 1\n\tc: 2\n")[1],
                         ["x.yaml:2:3: error: tab in the indentation, expected spaces",
                          "x.yaml:3:1: error: tab in the indentation, expected spaces"])

    def test_a_tab_in_a_comment_or_in_quotes_harms_nobody(self):
        self.assertEqual(plain("# a\tcomment\na: 'x\ty'\n"), {"a": "x\ty"})

    def test_an_escape_that_is_no_character(self):
        for number in ("00110000", "FFFFFFFF"):
            self.assertEqual(read(f'a: "x\\U{number}"\n')[1],
                             ["x.yaml:1:8: error: no character has this number, expected U+10FFFF at most"])

    def test_a_file_that_cannot_be_read_is_an_error_like_others(self):
        document, found = load.load(support.SPECS / "there_is_no_such_file.yaml", "x.yaml")
        self.assertIsNone(document)
        self.assertEqual([str(one) for one in found.sorted()],
                         ["x.yaml:1:1: error: cannot read the file (No such file or directory), expected a "
                          "specification"])


if __name__ == "__main__":
    unittest.main()
