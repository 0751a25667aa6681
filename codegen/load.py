# SPDX-License-Identifier: Apache-2.0
"""Reads YAML 1.2 (core schema) and remembers where each key and value stood.

PyYAML resolves plain words as YAML 1.1 does: `47:39` becomes a number to the base 60 and `on` a boolean.
Here only its scanner, parser and composer are used, and plain words become

    true false          boolean
    12 0xc 0b1100 0o14  integer
    everything else     string (fractions too: a manual's section 29.3 is no number)

Anchors, aliases, tags, directives, merge keys and duplicate keys are refused: a specification says each
thing once, where it is used. Only whole sections may come from another file beside it (`like: NAME`).
"""

import re
from pathlib import Path

import yaml
from yaml.composer import Composer, ComposerError
from yaml.events import AliasEvent, ScalarEvent
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from codegen.diagnostic import Diagnostics

_INTEGER = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0b[01]+|0o[0-7]+")
_BASES = {"0x": 16, "0b": 2, "0o": 8}
_NAME = re.compile(r"[a-z][a-z0-9_]*")  # of a format, as the schema has it
_DEEPEST = 20  # more than twice as deep as anything that the schema knows

OWN = ("format", "title")  # what no other file can say for a format


class Line(int):
    """A line's number; of another file than the one at hand, it says which when written into a text."""

    file = None

    def __format__(self, spec):
        number = format(int(self), spec)
        return f"{number} of {self.file}" if self.file else number


class Node:
    """A place in the file; line and column count from 1."""

    __slots__ = ("line", "column")

    def __init__(self, mark):
        self.line = Line(mark.line + 1)
        self.column = mark.column + 1


class Scalar(Node):
    __slots__ = ("value", "text")

    def __init__(self, mark, value, text):
        super().__init__(mark)
        self.value = value
        self.text = text


class Sequence(Node):
    __slots__ = ("items",)

    def __init__(self, mark, items):
        super().__init__(mark)
        self.items = items


class Mapping(Node):
    """Keys are strings, whatever they look like: `63: zero` has the key "63"."""

    __slots__ = ("_entries",)

    def __init__(self, mark):
        super().__init__(mark)
        self._entries = {}

    def add(self, key, value):
        self._entries[key.text] = (key, value)

    def drop(self, name):
        del self._entries[name]

    def __contains__(self, name):
        return name in self._entries

    def __getitem__(self, name):
        return self._entries[name][1]

    def get(self, name):
        entry = self._entries.get(name)
        return entry[1] if entry else None

    def key(self, name):
        """The node of the key itself."""
        return self._entries[name][0]

    def names(self):
        return list(self._entries)

    def entries(self):
        """(key node, value node), in the order of the file."""
        return list(self._entries.values())


class _Refused(ComposerError):
    """Well-formed YAML that no specification needs."""

    def __init__(self, message, mark):
        super().__init__(None, None, message, mark)


class _Composer(Reader, Scanner, Parser, Composer, BaseResolver):
    def __init__(self, text):
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self.refused = []
        self.depth = 0

    def compose_node(self, parent, index):
        event = self.peek_event()
        if isinstance(event, AliasEvent):
            raise _Refused(f"alias '*{event.anchor}', expected the value itself", event.start_mark)
        if self.depth == _DEEPEST:
            raise _Refused(f"lists and mappings {_DEEPEST} deep, expected fewer in each other", event.start_mark)
        if isinstance(event, ScalarEvent) and event.style is None and _is_too_wide(event.value):
            raise _Refused("number of more than 64 bits, expected a smaller one, or quotes around a text",
                           event.start_mark)
        if event.anchor is not None:
            self.refused.append((event.start_mark, f"anchor '&{event.anchor}', expected a plain value: "
                                                   "nothing can refer to it"))
        if getattr(event, "tag", None) is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.refused.append((event.start_mark, f"tag '{tag}', expected a plain value"))
            event.tag = None
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def load(path, shown=None):
    """Returns (Mapping or None, diagnostics); `shown` is the name that messages use."""
    document, found = _load(path, shown or str(path))
    if document is not None and "like" in document and not _take_sections(document, Path(path), found):
        return None, found
    return document, found


def _load(path, shown):
    found = Diagnostics(shown)
    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8")
    except OSError as error:
        found.error_at(1, 1, f"cannot read the file ({error.strerror}), expected a specification")
        return None, found
    except UnicodeDecodeError as error:
        before = error.object[:error.start]
        found.error_at(before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1,
                       f"byte 0x{error.object[error.start]:02x} is not UTF-8, expected UTF-8 text")
        return None, found
    return parse(text, found), found


def _take_sections(document, path, found):
    """Adds the sections that another format has and this one lacks; `like` goes. False if there is no such format."""
    like = document["like"]
    if not isinstance(like, Scalar) or not isinstance(like.value, str) or not _NAME.fullmatch(like.value):
        return True  # the shape says what is expected
    file = f"{like.value}.yaml"
    shown = str(Path(found.file).parent / file)
    other, complaints = _load(path.parent / file, shown)
    if len(complaints):
        first = complaints.sorted()[0]
        found.error(like, f"'{file}' cannot be read, at {first.line}:{first.column}: {first.message}")
        return False
    if "like" in other:
        found.error(like, f"'{file}' takes sections of another file itself, expected one that is whole")
        return False
    for key, node in other.entries():
        if key.text not in document and key.text not in OWN:
            _mark(key, shown)
            _mark(node, shown)
            document.add(key, node)
    document.drop("like")
    return True


def _mark(node, file):
    node.line.file = file
    if isinstance(node, Sequence):
        for item in node.items:
            _mark(item, file)
    elif isinstance(node, Mapping):
        for key, value in node.entries():
            _mark(key, file)
            _mark(value, file)


def parse(text, found):
    """The document in `text` as a Mapping, or None; what is wrong goes to `found`."""
    for number, line in enumerate(text.splitlines(), 1):
        indent = line[:len(line) - len(line.lstrip())]
        if "\t" in indent and line.strip():
            found.error_at(number, indent.index("\t") + 1, "tab in the indentation, expected spaces")
        if line.startswith("%"):
            found.error_at(number, 1, f"directive '{line.split()[0]}', expected a document without directives")
    if len(found):
        return None
    composer = None
    try:
        composer = _Composer(text)
        root = composer.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not YAML"
        if problem == "but found another document":
            problem = "a second document, expected one specification for each file"
        elif "'\\t'" in problem:
            problem = "tab, expected spaces"
        elif not isinstance(error, _Refused):
            context = f" {error.context}" if error.context and error.context != problem else ""
            problem = f"not YAML: {problem}{context}, expected well-formed YAML"
        found.error_at(mark.line + 1, mark.column + 1, problem)
        return None
    except (OverflowError, ValueError):  # of chr: PyYAML takes the number of any escape for a character's
        mark = composer.get_mark()
        found.error_at(mark.line + 1, mark.column + 1, "no character has this number, expected U+10FFFF at most")
        return None
    except yaml.reader.ReaderError as error:
        before = text[:error.position]
        found.error_at(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1,
                       f"character U+{ord(text[error.position]):04X}, expected printable text")
        return None
    for mark, message in composer.refused:
        found.error_at(mark.line + 1, mark.column + 1, message)
    if root is None:
        found.error_at(1, 1, "the file is empty, expected a mapping that begins with 'format: NAME'")
        return None
    document = _convert(root, found)
    if not isinstance(document, Mapping):
        found.error(document, "the document is no mapping, expected keys such as 'format', 'entry' and 'levels'")
        return None
    return document


def _convert(node, found):
    mark = node.start_mark
    if isinstance(node, yaml.ScalarNode):
        return Scalar(mark, _resolve(node, found), node.value)
    if isinstance(node, yaml.SequenceNode):
        return Sequence(mark, [_convert(item, found) for item in node.value])
    mapping = Mapping(mark)
    for key_node, value_node in node.value:
        value = _convert(value_node, found)
        if not isinstance(key_node, yaml.ScalarNode):
            found.error(Node(key_node.start_mark), "a key that is a list or a mapping, expected a word")
            continue
        key = Scalar(key_node.start_mark, key_node.value, key_node.value)
        if key.text == "<<" and key_node.style is None:
            found.error(key, "merge key '<<', expected the keys themselves")
        elif key.text in mapping:
            first = mapping.key(key.text)
            found.error(key, f"duplicate key '{key.text}', expected it once (first at line {first.line})")
        else:
            mapping.add(key, value)
    return mapping


def _resolve(node, found):
    text = node.value
    if node.style is not None:
        return text
    if text in ("true", "false"):
        return text == "true"
    if not _INTEGER.fullmatch(text):
        return text
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and text[:2] not in _BASES:
        found.error(Node(node.start_mark), f"number '{text}' begins with 0, expected {int(digits)} for a decimal "
                                           f"number or 0o{digits.lstrip('0') or '0'} for an octal one")
    return _integer(text)


def _integer(text):
    return int(text[2:], _BASES[text[:2]]) if text[:2] in _BASES else int(text)


def _is_too_wide(text):
    """Whether it is a number that no entry and no register can hold; Python converts no number of any length."""
    return _INTEGER.fullmatch(text) is not None and (len(text) > 70 or abs(_integer(text)) >> 64 != 0)


def plain(node):
    """The same without places: dict (keys are strings), list, str, int, bool."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries()}
