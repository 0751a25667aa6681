# SPDX-License-Identifier: Apache-2.0
"""Says how many bytes of code each format is with one mode, built as CMake builds the library.

    codesize.py --build NAME DIR ... --out FILE.md     DIR has been configured, with compile commands
"""
import argparse
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))
from codegen import load, model, render  # noqa: E402

# What is built, and the bytes of text that a format with one mode may have then.
OPTIONS = {
    "-O2": ["-O2"],
    "-O2 AXAS_SMALL": ["-O2", "-DAXAS_SMALL"],
    "-Os": ["-Os"],
    "-O2 without groups": ["-O2", "-DAXAS_CONTIGUOUS=0"],
    "-Os without groups": ["-Os", "-DAXAS_CONTIGUOUS=0"],
}
LIMITS = {level: (8 if level.startswith("-Os") else 12) * 1024 for level in OPTIONS}


def with_one_mode(data, name):
    """The specification with that mode alone, and without the levels above its root."""
    mode = next(mode for mode in data["modes"] if mode["name"] == name)
    root = [level["name"] for level in data["levels"]].index(mode["root"])
    levels = data["levels"][root:]
    names = [level["name"] for level in levels]
    groups = {name: group for name, group in (data.get("contiguous") or {}).items() if name in names}
    cut = {**data, "modes": [{**mode, "default": True}], "levels": levels, "contiguous": groups}
    told = data.get("capabilities", {})
    if "modes" in told:
        cut["capabilities"] = {**told, "modes": {key: value for key, value in told["modes"].items() if key == name}}
    return cut


def subjects():
    """(format, mode, data): each mode alone, and all of a format where it has several."""
    for path in sorted((TOP / "pt_specs").glob("*.yaml")):
        document, errors = load.load(path)
        if document is None or len(errors):
            sys.exit("\n".join(map(str, errors.sorted())))
        data = load.plain(document)
        names = [mode["name"] for mode in data["modes"]]
        for name in names:
            yield data["format"], name, with_one_mode(data, name)
        if len(names) > 1:
            yield data["format"], f"all {len(names)}", data


def command_of(build):
    """The words that compile the library's sources there, but for files, warnings and level of optimisation."""
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    words = shlex.split(next(entry["command"] for entry in entries if entry["file"].endswith("/status.c")))
    kept = []
    while words:
        word = words.pop(0)
        if word in ("-o", "-c"):
            words.pop(0)
        elif not word.startswith(("-I", "-O", "-W")) and not word.endswith("/status.c"):
            kept.append(word)
    return kept


def section_bytes(command, level, source):
    """Bytes of text and of constants of that source."""
    headers = [f"-I{path}" for path in (TOP / "runtime/include", source.parent / "include")]
    with tempfile.NamedTemporaryFile(suffix=".o") as made:
        subprocess.run([*command, *OPTIONS[level], *headers, "-c", str(source), "-o", made.name], check=True)
        listing = subprocess.run(["llvm-size", "-A", made.name], check=True, capture_output=True, text=True).stdout
    text = constants = 0
    for line in listing.splitlines():
        words = line.split()
        if len(words) == 3 and words[1].isdigit():
            text += int(words[1]) if words[0].startswith(".text") else 0
            constants += int(words[1]) if words[0].startswith((".rodata", ".data.rel.ro", ".srodata")) else 0
    return text, constants


def runtime_bytes(command, level):
    """The same of what serves every format, and of spaces."""
    sizes = [section_bytes(command, level, source) for source in sorted((TOP / "runtime/src").glob("*.c"))]
    return tuple(map(sum, zip(*sizes)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", nargs=2, action="append", required=True, metavar=("NAME", "DIR"))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.md")
    arguments = parser.parse_args()
    commands = {name: command_of(Path(directory)) for name, directory in arguments.build}
    lines, over, alone = [], {level: 0 for level in LIMITS}, 0
    with tempfile.TemporaryDirectory() as temporary, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = []
        for form, mode, data in subjects():
            directory = Path(temporary) / f"{form}-{mode}".replace(" ", "-")
            for path, text in render.render([model.build(data, f"{form}.yaml")]).items():
                (directory / path).parent.mkdir(parents=True, exist_ok=True)
                (directory / path).write_text(text, encoding="utf-8")
            waiting.append((form, mode, [(level, pool.submit(section_bytes, command, level, directory / f"{form}.c"))
                                         for command in commands.values() for level in LIMITS]))
        waiting.append(("the runtime", "all files", [(level, pool.submit(runtime_bytes, command, level))
                                                     for command in commands.values() for level in LIMITS]))
        for form, mode, sizes in waiting:
            cells, constants = [], []
            single = not mode.startswith("all ")  # neither several modes nor the runtime
            for level, size in sizes:
                text, other = size.result()
                too_many = single and text > LIMITS[level]
                over[level] += too_many
                cells.append(f"**{text}**" if too_many else str(text))
                constants.append(other)
            alone += single * len(commands)
            lines.append((form, mode, *cells, str(max(constants))))
            print(f"\r{len(lines)} of {len(waiting)}: {form} {mode}".ljust(60), end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    head = ("format", "mode", *(f"{name} {level}" for name in commands for level in LIMITS), "constants, at most")
    words = [f"{alone - over[level]} of {alone} within {limit // 1024} KiB at {level}"
             for level, limit in LIMITS.items()]
    page = ["Bytes of text of each format with one mode (codec, walkers, registers, fault decoder), and of constants;",
            f"bold is too many: {', '.join(words)}.",
            "A format's modes share the code of their common lower levels, as its size with all of them shows; the last",
            "row is what all formats share.", ""]
    page += ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *lines)]
    arguments.out.write_text("\n".join(page) + "\n", encoding="utf-8")
    print(f"code size: {'; '.join(words)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
