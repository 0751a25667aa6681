# SPDX-License-Identifier: Apache-2.0
"""What the tests of the generator share."""

import contextlib
import io
import os
from pathlib import Path

from codegen import __main__ as command
from codegen import check, load, model
from codegen.diagnostic import Diagnostics

ROOT = Path(__file__).resolve().parents[2]
SPECS = ROOT / "tests" / "specs"
SHIPPED = ROOT / "pt_specs"
EXAMPLE = ROOT / "examples" / "format" / "worked_example.yaml"


def run(*arguments, cwd=ROOT):
    """The command line in this process: (exit status, standard output, standard error)."""
    out, err = io.StringIO(), io.StringIO()
    before = os.getcwd()
    os.chdir(cwd)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = command.main([str(argument) for argument in arguments])
            except SystemExit as stop:  # argparse
                status = stop.code
    finally:
        os.chdir(before)
    return status, out.getvalue(), err.getvalue()


def snapshot(directory):
    """Everything below a directory, as {relative path: (content, time of change)}."""
    return {path.relative_to(directory).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in Path(directory).rglob("*") if path.is_file()}


def errors_of(text, name="x.yaml"):
    """The messages about a specification that is given as text."""
    found = Diagnostics(name)
    document = load.parse(text, found)
    if document is not None:
        check.check(document, found)
    return [str(diagnostic) for diagnostic in found.sorted()]


def changed(old, new, path):
    """The text of a specification that is right, with another text in one place."""
    text = path.read_text()
    assert text.count(old) == 1, old
    return text.replace(old, new)


def model_of(path):
    document, found = load.load(path)
    check.check(document, found)
    assert not len(found), [str(diagnostic) for diagnostic in found.sorted()]
    return model.build(load.plain(document), Path(path).name)
