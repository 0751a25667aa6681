# SPDX-License-Identifier: Apache-2.0
"""Starts a specification from one that is there, with comments that teach."""

import os
import textwrap
from pathlib import Path

from codegen import check, load, shape
from codegen.diagnostic import Diagnostics

SCHEMA_FILE = Path(shape.__file__).parent / "schema" / "format.json"
TEACH = "##"
WIDTH = 100


def wrong_name(name):
    """Why a format cannot have a name, or None."""
    found = Diagnostics("")
    document = load.parse("format: x", found)
    document["format"].value = document["format"].text = name
    check.check(document, found)
    return next((one.message for one in found.sorted() if (one.line, one.column) == (1, 9)), None)


def start(name, like, out):
    """The text of a new specification; `like` is the file that it begins as a copy of, `out` where it will be."""
    text = _whole(Path(like))
    document = load.parse(text, Diagnostics(str(like)))
    begins = {key.line - 1: key.text for key, _ in document.entries()}
    result = _head(name, document["format"].value, out)
    comments = []  # they belong to the section that they stand before
    for number, line in enumerate(text.splitlines()):
        if number < min(begins) or not line.strip():
            continue
        if line.startswith("#"):
            comments.append(line)
            continue
        if number in begins:
            result += _lesson(begins[number])
            line = {"format": f"format: {name}", "title": f'title: "{name}"'}.get(begins[number], line)
        result += comments + [line]
        comments = []
    return "\n".join(result) + "\n"


def _whole(path):
    """The text of a specification, with the sections of the one that it takes them from."""
    text = path.read_text(encoding="utf-8")
    document = load.parse(text, Diagnostics(str(path)))
    if "like" not in document:
        return text
    mine = _sections(text)
    other = _sections((path.parent / f"{document['like'].value}.yaml").read_text(encoding="utf-8"))
    order = [*other, *(key for key in mine if key not in other and key != "like")]
    return "\n".join("\n".join(mine.get(key, other.get(key))) for key in order) + "\n"


def _sections(text):
    """The lines of each section, with the comments before it."""
    document = load.parse(text, Diagnostics(""))
    begins = {key.line - 1: key.text for key, _ in document.entries()}
    sections, waiting, lines = {}, [], []
    for number, line in enumerate(text.splitlines()):
        if number in begins:
            lines = sections[begins[number]] = waiting
            waiting = []
        elif not line.strip() or line.startswith("#"):
            waiting.append(line)
            continue
        lines += [*waiting, line]
        waiting = []
    return sections


def _head(name, like, out):
    schema = os.path.relpath(SCHEMA_FILE, Path(out).resolve().parent)
    return [
        f"# yaml-language-server: $schema={schema}",
        *_comment(f"{name}, begun as a copy of {like}. Everything below is still that format: replace it, section by "
                  "section, by what your manual says. Lines that begin with ## teach; delete them as you go."),
        TEACH,
        f"{TEACH} What is wrong with the file, or else what is in it:",
        f"{TEACH}     python3 -m codegen list --specs {out}",
        f"{TEACH} Pictures of its entries, to hold beside the manual's, and language.html with an example:",
        f"{TEACH}     python3 -m codegen reference --specs {out}",
        f"{TEACH} What an entry means:",
        f"{TEACH}     python3 -m codegen explain {name} LEVEL HEX --specs {out}",
    ]


def _lesson(key):
    node = shape.SCHEMA["properties"][key]
    needed = "" if key in shape.NEEDED else " May be left out."
    return ["", *_comment(f"{key}: {node['description']}{needed}", *filter(None, [node.get("x-advice")]))]


def _comment(*paragraphs):
    return [f"{TEACH} {line}" for text in paragraphs for line in textwrap.wrap(text, WIDTH - len(TEACH) - 1,
                                                                               break_on_hyphens=False)]
