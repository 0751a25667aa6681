# SPDX-License-Identifier: Apache-2.0
"""The schema as a text about the language: what each key means, so that pages and editors say the same."""

from dataclasses import dataclass

from codegen.reference.table import Column, Table, code
from codegen.shape import NEEDED, SCHEMA


@dataclass(frozen=True)
class Section:
    """One of the keys that a specification is made of."""

    name: str
    needed: bool
    description: str
    advice: str
    form: list[str]
    keys: Table


def sections():
    """In the order in which a specification has them."""
    result = []
    for name, node in SCHEMA["properties"].items():
        whole = _whole(node)
        table = Table(f"What stands in '{name}'", [code("Key"), Column("Needed"), Column("What it is"),
                                                   Column("What it may be")])
        table.rows = list(_keys(whole, "", set()))
        result.append(Section(name, name in NEEDED, whole["description"], whole.get("x-advice", ""),
                              _form(whole), table))
    return result


def values_of(*path):
    """What each word that a key may have means, by the names of the keys that lead there."""
    node = SCHEMA
    for name in path:
        node = _inner(node)["properties"][name]
    return _inner(node)["x-values"]


def _whole(node):
    """A node with what it refers to; what it says itself goes first."""
    while "$ref" in node:
        node = {**SCHEMA["$defs"][node["$ref"].rpartition("/")[2]],
                **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def _inner(node):
    """What a reference, a list or a mapping of names is about."""
    while True:
        if "$ref" in node:
            node = _whole(node)
        elif "items" in node:
            node = node["items"]
        elif "properties" not in node and isinstance(node.get("additionalProperties"), dict):
            node = node["additionalProperties"]
        else:
            return node


def _keys(node, prefix, seen):
    """A row for each key in a node, and in what it holds; what several keys share is told at the first of them."""
    if node.get("$ref") in seen:
        return
    if "$ref" in node:
        seen.add(node["$ref"])
        node = _whole(node)
    for option in node.get("anyOf", ()):
        yield from _keys(option, prefix, seen)
    if "items" in node:
        yield from _keys(node["items"], prefix, seen)
    for name, child in node.get("properties", {}).items():
        whole = _whole(child)
        yield [prefix + name, "yes" if name in node.get("required", ()) else "", whole["description"], _form(whole)]
        yield from _keys(child, f"{prefix}{name}.", seen)
    if isinstance(node.get("additionalProperties"), dict):
        names = _whole(node.get("propertyNames", {}))
        place = "BITS." if "anyOf" in names else "NAME."
        yield from _keys(node["additionalProperties"], prefix + place, seen)


def _form(node):
    """What may stand there, in words; each word of a choice with what it means."""
    inner = _inner(node)
    lines = [part["x-expected"] for part in (node, node.get("items", {})) if "x-expected" in part]
    meanings = inner.get("x-values", {}) if "properties" not in inner else {}
    if meanings:
        return lines + [f"{word}: {meaning}" for word, meaning in meanings.items()]
    if "enum" in node:
        return lines + [" or ".join(str(word) for word in node["enum"])]
    return lines
