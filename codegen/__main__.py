# SPDX-License-Identifier: Apache-2.0
"""The command line: generate, check, floors, list, explain, identify, reference, new."""

import argparse
import importlib.util
import os
import shlex
import signal
import sys
from pathlib import Path

PACKAGES = {"yaml": "python3-yaml", "jinja2": "python3-jinja2", "jsonschema": "python3-jsonschema"}
ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT / "pt_specs"
OUT = ROOT / "generated"
PAGES = ROOT / "build-reference"


def main(arguments=None):
    missing = {module: package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None}
    if missing:
        print(f"codegen: this Python has no {' and no '.join(missing)} (Debian: apt-get install "
              f"{' '.join(missing.values())}): {sys.executable}", file=sys.stderr)
        return 2
    options = _parser().parse_args(arguments)
    models, errors = _models(options.specs)
    for error in errors:
        print(error, file=sys.stderr)
    if errors:
        count = len(errors)
        print(f"codegen: {count} error{'s' if count > 1 else ''}", file=sys.stderr)
        return 1
    return options.run(options, models)


def _parser():
    parser = argparse.ArgumentParser(prog="python3 -m codegen", description="Turns page-table formats into C.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    generate = _command(commands, "generate", _generate, "write the C of every format")
    generate.add_argument("--format", metavar="NAME", help="write this format, and what all formats share, only")
    _out(generate)
    reference = _command(commands, "reference", _reference, "write the reference for people, as HTML")
    _out(reference, PAGES)
    _out(_command(commands, "check", _check, "say which generated files are not current"))
    floors = _command(commands, "floors", _floors, "write the straight-line C that the benchmarks compare with")
    floors.add_argument("--out", required=True, metavar="FILE", help="where to")
    _command(commands, "list", _list, "list formats and modes")
    explain = _command(commands, "explain", _explain, "say in words what an entry means")
    explain.add_argument("format", metavar="FORMAT")
    explain.add_argument("level", metavar="LEVEL", help="name, or number as the manual counts")
    explain.add_argument("entry", metavar="HEX", help="the entry, in hexadecimal")
    explain.add_argument("--features", metavar="A,B", help="what the CPU has; without it every CPU is considered")
    identify = _command(commands, "identify", _identify, "say in words what a CPU has, from its identification registers")
    identify.add_argument("format", metavar="FORMAT")
    identify.add_argument("registers", metavar="REGISTER=HEX", nargs="+", help="those that are left out count as 0")
    new = _command(commands, "new", _new, "start a specification, with comments that teach")
    new.add_argument("name", metavar="NAME", help="of the new format")
    new.add_argument("--like", metavar="FORMAT", required=True, help="the nearest format, which it begins as a copy of")
    new.add_argument("--out", metavar="FILE", help="default: pt_specs/NAME.yaml")
    return parser


def _command(commands, name, run, text):
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    command.add_argument("--specs", nargs="+", default=[_shown(SPECS)], metavar="FILE|DIR",
                         help="specifications, or directories of them (default: pt_specs)")
    return command


def _out(command, path=OUT):
    command.add_argument("--out", default=_shown(path), metavar="DIR", help=f"output directory (default: {path.name})")


def _shown(path):
    """A path as a person in this directory would write it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _models(specs):
    """The models of all specifications, or the errors of all of them."""
    from codegen import check, load, model
    from codegen.check_names import shared_names
    from codegen.diagnostic import Diagnostic

    errors, models, places, known = [], [], {}, []
    paths, missing = _paths(specs)
    errors += missing
    for path in paths:
        document, found = load.load(path)
        if document is not None:
            check.check(document, found)
        errors += found.sorted()
        if document is None or "format" not in document or len(found):
            continue
        data = load.plain(document)
        node = document["format"]
        if data["format"] in places:
            errors.append(Diagnostic(str(path), node.line, node.column, f"format '{data['format']}' is in "
                                     f"{places[data['format']]} already, expected a name of its own"))
            continue
        places[data["format"]] = f"{path}:{node.line}"
        for other in (other for other in known if shared_names(data, other)):
            errors.append(Diagnostic(str(path), node.line, node.column, f"formats '{data['format']}' and "
                                     f"'{other['format']}' have names in common in C, expected another name"))
        known.append(data)
        if not errors:
            models.append(model.build(data, _source(path)))
    return models, list(dict.fromkeys(errors))  # what several formats share is wrong once


def _paths(specs):
    from codegen.diagnostic import Diagnostic

    paths, errors = {}, []
    for spec in specs:
        path = Path(spec)
        if path.is_dir():
            inside = sorted(path.glob("*.yaml"))
            if not inside:
                errors.append(Diagnostic(spec, 1, 1, "no *.yaml in this directory, expected specifications"))
        else:
            inside = [path]
        for file in inside:
            paths.setdefault(file.resolve(), file)
    return list(paths.values()), errors


def _source(path):
    """The specification as generated files name it: the same wherever the repository lies."""
    path = Path(path).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def _generate(options, models):
    from codegen import render

    if _is_of_others(options):
        return 2
    files = render.render(models)
    if options.format is not None:
        names = [model.name for model in models]
        if options.format not in names:
            return _unknown("format", options.format, names)
        others = set(names) - {options.format}
        files = {path: text for path, text in files.items() if Path(path).stem not in others}
    return _write(files, options.out, all_formats=options.format is None)


def _is_of_others(options):
    """Whether the output directory holds formats that --specs leaves out, after saying so: they would be removed."""
    paths = {path.resolve() for path in _paths(options.specs)[0]}
    left_out = sorted(path.name for path in SPECS.glob("*.yaml") if path not in paths)
    if Path(options.out).resolve() != OUT or not left_out:
        return False
    print(f"codegen: {options.out} holds all formats of {_shown(SPECS)}, and --specs leaves out {left_out[0]}, "
          f"expected no --specs, which takes all that lies in {_shown(SPECS)}, or an --out of your own",
          file=sys.stderr)
    return True


def _reference(options, models):
    from codegen import reference

    return _write(reference.render(models), options.out, all_formats=True)


def _write(files, out, all_formats):
    from codegen import output

    gone = output.leftovers(files, out) if all_formats else []
    try:
        written = output.write(files, out)
        output.remove(gone, out)
    except OSError as error:
        print(f"codegen: cannot write {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    for path in written:
        print(f"wrote {Path(out) / path}")
    for path in gone:
        print(f"removed {Path(out) / path}")
    print(f"{out}: {len(files)} files, {len(written)} written, {len(gone)} removed")
    return 0


def _check(options, models):
    from codegen import output, render

    if _is_of_others(options):
        return 2
    files = render.render(models)
    wrong = output.differences(files, options.out)
    for path, what in wrong:
        print(f"{Path(options.out) / path} {what}", file=sys.stderr)
    if wrong:
        command = ["python3", "-m", "codegen", "generate"]
        command += ["--specs", *options.specs] if options.specs != [_shown(SPECS)] else []
        command += ["--out", options.out] if options.out != _shown(OUT) else []
        print(f"refresh with: {shlex.join(command)}", file=sys.stderr)
        return 1
    print(f"{options.out}: {len(files)} files are current")
    return 0


def _floors(options, models):
    from codegen import render

    try:
        Path(options.out).write_text(render.floors(models), encoding="utf-8")
    except OSError as error:
        print(f"codegen: cannot write {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _list(options, models):
    from codegen.listing import listing

    print("\n".join(listing(models)))
    return 0


def _explain(options, models):
    from codegen.explain import explain

    model = next((model for model in models if model.name == options.format), None)
    if model is None:
        return _unknown("format", options.format, [model.name for model in models])
    level = next((level for level in model.levels if options.level in (level.name, str(level.number))), None)
    if level is None:
        return _unknown("level", options.level, [level.name for level in model.levels])
    features = None
    if options.features is not None:
        features = set(filter(None, options.features.split(",")))
        names = [feature.name for feature in model.features]
        for name in sorted(features - set(names)):
            return _unknown("feature", name, names)
    try:
        entry = int(options.entry, 16)
    except ValueError:
        entry = -1
    if entry < 0 or entry >> model.entry_bits:
        print(f"codegen: '{options.entry}' is no entry, expected a hexadecimal number of {model.entry_bits} bits",
              file=sys.stderr)
        return 2
    print("\n".join(explain(model, level, entry, features)))
    return 0


def _identify(options, models):
    from codegen.identify import identify

    model = next((model for model in models if model.name == options.format), None)
    if model is None:
        return _unknown("format", options.format, [model.name for model in models])
    if model.capabilities is None:
        print(f"codegen: format '{model.name}' does not say how a CPU tells what it has", file=sys.stderr)
        return 2
    names = [register.name for register in model.capabilities.registers]
    values = {}
    for text in options.registers:
        name, _, value = text.partition("=")
        if name not in names:
            return _unknown("register", name, names)
        try:
            values[name] = int(value, 16)
        except ValueError:
            values[name] = -1
        if not 0 <= values[name] < 1 << 64:
            print(f"codegen: '{text}' gives no value, expected a hexadecimal number of 64 bits", file=sys.stderr)
            return 2
    print("\n".join(identify(model, values)))
    return 0


def _new(options, models):
    from codegen import load, new

    out = Path(options.out or _shown(SPECS / f"{options.name}.yaml"))
    names = [model.name for model in models]
    if options.like not in names:
        return _unknown("format", options.like, names)
    wrong = new.wrong_name(options.name) or options.name in names and (
        f"format '{options.name}' is there already, expected a name of its own")
    if wrong or out.exists():
        print(f"codegen: {wrong or f'{out} is there already, expected a file of its own'}", file=sys.stderr)
        return 2
    like = next(path for path in _paths(options.specs)[0] if load.load(path)[0]["format"].value == options.like)
    text = new.start(options.name, like, out)
    if text is None:
        print(f"codegen: {like} cannot be copied section by section, expected each key of it at the beginning of a "
              "line", file=sys.stderr)
        return 2
    try:
        with open(out, "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        print(f"codegen: cannot write {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"wrote {out}, a copy of {like} with comments; check it with: "
          f"{shlex.join(['python3', '-m', 'codegen', 'list', '--specs', str(out)])}")
    return 0


def _unknown(what, name, known):
    from codegen.diagnostic import expected_one_of

    print(f"codegen: unknown {what} '{name}', {expected_one_of(name, known)}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who reads the output may have had enough of it
    sys.exit(main())
