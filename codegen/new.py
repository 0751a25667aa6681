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
    """The text of a new specification; `like` is the file that it begins as a copy of, `out` where it will be.

    None if `like` is not written section by section.
    """
    text = _whole(Path(like))
    if text is None:
        return None
    document = load.parse(text, Diagnostics(str(like)))
    begins = {key.line - 1: key.text for key, _ in document.entries()}
    own = {"format": f"format: {name}", "title": f'title: "{name}"'}
    result = _head(name, document["format"].value, out)
    comments = []  # they belong to the section that they stand before
    section = None
    for number, line in enumerate(text.splitlines()):
        section = begins.get(number, section)
        if section is None or not line.strip():
            continue
        if line.startswith("#"):
            comments.append(line)
            continue
        if number in begins:
            result += _lesson(section)
            line = own.get(section, line)
        elif section in own:
            continue  # the rest of a long title
        result += comments + [line]
        comments = []
    text = "\n".join(result) + "\n"
    return text if _is_copy(text, name, like) else None


def _is_copy(text, name, like):
    document = load.parse(text, Diagnostics(""))
    wanted = {**load.plain(load.load(like)[0]), "format": name, "title": name}
    return document is not None and load.plain(document) == wanted


def _whole(path):
    """The text of a specification, with the sections of the one that it takes them from; None if it has no sections."""
    text = path.read_text(encoding="utf-8")
    document = load.parse(text, Diagnostics(str(path)))
    if "like" not in document:
        return text if _has_sections(document) else None
    text_of_other = (path.parent / f"{document['like'].value}.yaml").read_text(encoding="utf-8")
    if not _has_sections(document) or not _has_sections(load.parse(text_of_other, Diagnostics(""))):
        return None
    mine, other = _sections(text), _sections(text_of_other)
    order = [*other, *(key for key in mine if key not in other and key != "like")]
    return "\n".join("\n".join(mine.get(key, other.get(key))) for key in order) + "\n"


def _has_sections(document):
    """Whether each key begins a line."""
    return all(key.column == 1 for key, _ in document.entries())


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
