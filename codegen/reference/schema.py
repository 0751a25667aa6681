# SPDX-License-Identifier: Apache-2.0
"""The schema as a text about the language: what each key means, so that pages and editors say the same."""

from codegen.shape import SCHEMA


def values_of(*path):
    """What each word that a key may have means, by the names of the keys that lead there."""
    node = SCHEMA
    for name in path:
        node = _inner(node)["properties"][name]
    return _inner(node)["x-values"]


def _inner(node):
    """What a reference, a list or a mapping of names is about."""
    while True:
        if "$ref" in node:
            node = SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]
        elif "items" in node:
            node = node["items"]
        elif "properties" not in node and isinstance(node.get("additionalProperties"), dict):
            node = node["additionalProperties"]
        else:
            return node
