# SPDX-License-Identifier: Apache-2.0
"""Checks the shape of a specification against schema/format.json, and says where it is wrong and how."""

import json
from pathlib import Path

import jsonschema

from codegen.diagnostic import closest, expected_one_of, listed
from codegen.load import Mapping, Sequence, plain

SCHEMA = json.loads((Path(__file__).parent / "schema" / "format.json").read_text(encoding="utf-8"))
NEEDED = [*SCHEMA["required"], *SCHEMA["anyOf"][1]["required"]]  # of a file that is whole in itself
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def check(document, found):
    """Reports every wrong shape to `found`; returns the top-level keys that are wrong or missing."""
    broken = set()
    for error in VALIDATOR.iter_errors(plain(document)):
        for part in _inner(error):
            broken |= _report(document, part, found)
    return broken


def _inner(error):
    """Of several alternatives the one that was meant, told by its type; else the error itself."""
    wanted = {dict: "object", list: "array"}.get(type(error.instance))
    if error.validator == "anyOf" and wanted:
        for number, option in enumerate(error.validator_value):
            if option.get("type") == wanted:
                for inner in error.context:
                    if inner.schema_path[0] == number:
                        yield from _inner(inner)
                return
    yield error


def _report(document, error, found):
    path = list(error.absolute_path)
    section = {path[0]} if path else set()
    node, key = _at(document, path)
    expected = _expected(error)
    name = _name(path)
    if "propertyNames" in error.schema_path:
        found.error(node.key(error.instance), f"key '{error.instance}' in {name}, expected {expected}")
    elif error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for extra in (key for key in error.instance if key not in known):
            found.error(node.key(extra), f"unknown key '{extra}' in {name}, {expected_one_of(extra, known)}")
    elif error.validator == "required":
        missing = [word for word in error.validator_value if word not in error.instance]
        section |= set() if path else set(missing)
        # One error for each missing key arrives here; it names only its own.
        word = next(word for word in missing if error.message.startswith(repr(word)))
        properties = error.schema.get("properties", SCHEMA["properties"])
        if any(closest(extra, [word]) for extra in error.instance if extra not in properties):
            return section  # said already: an unknown key that is probably this one
        found.error(key or node, f"{name} has no '{word}', expected {_wanted(error.schema, word)}")
    elif error.validator == "enum":
        found.error(node, f"{name} is {_shown(error.instance)}, expected {_choices(error.validator_value)}")
    elif error.validator in ("minItems", "minProperties"):
        found.error(key or node, f"{name} is {'too short' if error.instance else 'empty'}, expected {expected}")
    elif error.validator in ("maxItems", "maxProperties"):
        found.error(key or node, f"{name} has {len(error.instance)} items, expected {error.validator_value} at most")
    else:
        found.error(node, f"{name} is {_shown(error.instance)}, expected {expected}")
    return section


def _expected(error):
    """What the schema says that is expected; an alternative may leave it to what it is an alternative of."""
    return error.schema.get("x-expected") or (_expected(error.parent) if error.parent else "something else")


def _at(document, path):
    """The node that a path leads to, and the node of its key if it has one."""
    node, key = document, None
    for step in path:
        if isinstance(node, Mapping):
            node, key = node[step], node.key(step)
        elif isinstance(node, Sequence):
            node, key = node.items[step], None
    return node, key


def _name(path):
    if not path:
        return "the specification"
    if isinstance(path[-1], int):
        return f"an item of '{path[-2]}'" if isinstance(path[-2], str) else "an item"
    return f"'{path[-1]}'"


def _shown(value):
    if value == "" or value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"'{value}'" if isinstance(value, str) else str(value)


def _choices(values):
    return listed(values) if isinstance(values[0], str) else " or ".join(str(value) for value in values)


def _wanted(schema, word):
    """What belongs behind a key that is missing."""
    child = schema.get("properties", SCHEMA["properties"])[word]
    while "$ref" in child:
        child = SCHEMA["$defs"][child["$ref"].rpartition("/")[2]]
    return child.get("x-expected") or _choices(child["enum"])
