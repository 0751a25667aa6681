# SPDX-License-Identifier: Apache-2.0
"""The tests that mutants stand before.

What does not depend on the specifications is compiled once, with optimization. A mutant costs one run of the
generator, one compilation of one file and one link for each judge until one of them finds it out. The first judges
need the codec and the registers alone and find nearly all; the walkers, most of the file, are compiled for what is left.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from codegen import check, load, model, render
from codegen.diagnostic import Diagnostics

ROOT = Path(__file__).resolve().parent.parent.parent
RUNTIME = ROOT / "runtime"
TESTS = ROOT / "tests"
FLAGS = ["-std=c11", "-w", "-DAXAS_CONFIG_HEADER=<axas/hosted_config.h>",
         "-I", str(RUNTIME / "include"), "-I", str(RUNTIME / "hosted/include"),
         "-I", str(TESTS / "model"), "-I", str(TESTS / "failure")]
SEED = "1"
METAL = "metal"
PROBES = "2000"
# What the modes of a format have of the walkers.
WALKERS = re.compile(r"^ +\.(translate|translate_batch|find|empty_page|map_page|install_page|put_page|install|divide|map|"
                     r"change) = [a-z0-9_]+,\n", re.M)
QUICK = Path(__file__).resolve().parent / "quick"  # stands in for Criterion


@dataclass(frozen=True)
class Judge:
    name: str  # several may go by one
    sources: tuple  # below tests/; {format} stands for the format's name
    arguments: tuple = ()
    environment: tuple = ()
    libraries: tuple = ()
    include: Path | None = None
    walks: bool = True  # or else the codec and the registers are enough
    section: str | None = None  # of the specification, without which there is nothing to judge

    def of(self, format):
        """The sources; a new format may not have golden entries yet, and its survivors will show it."""
        return [TESTS / source.format(format=format) for source in self.sources]


INLINE = TESTS / "model/inline.c"  # of the format too: it holds walkers
MODEL = ("model/order.c", "model/runs.c", "model/tree.c", "model/world.c")
RIG = ("failure/rig.c", "model/order.c", "model/tree.c", "model/world.c")
CRITERION = {"arguments": ("-j1", "--fail-fast"), "libraries": ("-lcriterion",)}

# From the cheapest to the dearest.
JUDGES = (
    Judge("golden", ("golden/{format}.c", "mutation/quick/main.c"), include=QUICK, walks=False),
    Judge("golden", ("golden/contiguous.c", "mutation/quick/main.c"), include=QUICK, section="contiguous"),
    Judge("codec", ("codec/exhaustive.c",)),
    Judge("table model", ("model/table_model.c", *MODEL), ("{format}",), (("AXAS_STEPS", "12"),)),
    Judge("space model", ("model/space_model.c", *MODEL), ("{format}",), (("AXAS_STEPS", "12"),)),
    *(Judge("upstream", (f"upstream/{part}.c", *RIG), **CRITERION)
      for part in ("formats", "areas", "buffers", "sequence")),
    Judge("table model", ("model/table_model.c", *MODEL), ("{format}",)),
    Judge("space model", ("model/space_model.c", *MODEL), ("{format}",)),
)


class Refused(Exception):
    """The generator's checks do not take the specification."""


class Broken(Exception):
    """A judge does not work at all, so that nothing can be said about mutants."""


class Nowhere:
    line = column = 0


def nodes(data):
    """The tree that the loader would make of it; reading it from a text takes longer than all else here."""
    if isinstance(data, dict):
        mapping = load.Mapping(Nowhere)
        for key, value in data.items():
            mapping.add(load.Scalar(Nowhere, key, key), nodes(value))
        return mapping
    if isinstance(data, list):
        return load.Sequence(Nowhere, [nodes(item) for item in data])
    return load.Scalar(Nowhere, data, data if isinstance(data, str) else json.dumps(data))


def generate(text):
    """The C of the one format in `text`: relative path and text of each file."""
    found = Diagnostics("mutant")
    data = json.loads(text)
    check.check(nodes(data), found)
    if len(found):
        raise Refused(str(found.sorted()[0]))
    return render.render([model.build(data, "mutant")])


def without_comments(files):
    return {path: re.sub(r"/\*.*?\*/", "", text, flags=re.S) for path, text in files.items()}


def write(files, directory):
    for path, text in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def compile(cc, source, target, include, *more):
    """The compiler's complaint, or None."""
    command = [cc, *FLAGS, "-I", str(include), *more, "-c", str(source), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else first_line(done.stderr)


def first_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "no output"


def not_sources(directory, names):
    """What a copy of the project leaves out: the repository and whatever is built in it."""
    directories = [name for name in names if (Path(directory) / name).is_dir()]
    return [name for name in directories if name.startswith((".git", "build")) or name == "__pycache__"]


def run(command, environment, limit, directory):
    """The exit status, or None after `limit` seconds; with the output's end."""
    process = subprocess.Popen(command, cwd=directory, env={**os.environ, "AXAS_SEED": SEED, **dict(environment)},
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    try:
        output, _ = process.communicate(timeout=limit)
        return process.returncode, "\n".join(output.decode(errors="replace").splitlines()[-40:])
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, ""


class Court:
    """Everything about one format that does not change from mutant to mutant."""

    # Of optimization. At the first, functions that nobody calls take no time; at the second, code takes the least.
    LEVEL = {False: "-O1", True: "-O0"}

    def __init__(self, format, text, cc, directory, judges):
        self.format = format
        self.cc = cc
        self.directory = Path(directory) / format
        self.shared = Path(directory) / "shared"
        self.shared.mkdir(parents=True, exist_ok=True)
        self.judges = [judge for judge in judges if all(source.exists() for source in judge.of(format))
                       and (judge.section is None or judge.section in json.loads(text))]
        self.limits = {}
        self.files = files = generate(text)
        self.generated = without_comments(files)
        self.base = self.directory / "base"
        write(files, self.base)
        self.define = f"-DAXAS_WITH_{format.upper()}=1"
        self.objects = self.compile_all([*sorted((RUNTIME / "src").glob("*.c")), RUNTIME / "hosted/src/hosted.c"])
        self.objects += self.compile_all([self.base / "formats.c"], self.base)
        self.programs = {judge: self.compile_all(judge.of(format), include=judge.include) for judge in self.judges}
        write(self.without_walkers(files), self.base)
        self.original = {walks: self.compile_all(self.sources(walks, self.base), self.base, self.LEVEL[walks])
                         for walks in (False, True)}

    def compile_all(self, sources, directory=None, optimize="-O1", include=None):
        """The objects; those in the shared directory serve every format."""
        more = [self.define, optimize, *(["-I", str(include)] if include else [])]
        objects = []
        for source in sources:
            target = (directory or self.shared) / f"{source.parent.name}_{source.stem}.o"
            if not target.exists():
                problem = compile(self.cc, source, target, self.base / "include", *more)
                if problem:
                    raise Broken(f"{source}: {problem}")
            objects.append(target)
        return objects

    def source(self, walks):
        return f"{self.format}.c" if walks else f"{self.format}_codec.c"

    def sources(self, walks, directory):
        """What of the format a judge is linked with."""
        return [directory / self.source(walks), *([INLINE] if walks else [])]

    def without_walkers(self, files):
        """The format with no walkers, which the compiler then leaves out."""
        return {self.source(False): WALKERS.sub("", files[self.source(True)])}

    def limit_of(self, judge, directory):
        """How long a judge may take. It must first acquit the specification as it is."""
        if judge not in self.limits:
            began = time.monotonic()
            verdict = self.ask(judge, self.original[judge.walks], directory, None)
            if verdict:
                raise Broken(f"{self.format}: {judge.name} fails for the specification as it is: {verdict}")
            self.limits[judge] = max(10, 10 * (time.monotonic() - began))
        return self.limits[judge]

    def has_metal(self):
        return re.search(rf"^[\w |]*\b{self.format}\b[\w |]*\)$", (TESTS / "metal/run.sh").read_text(encoding="utf-8"), re.M) is not None

    def ask_metal(self, files, name):
        """The walker of an emulated CPU, which runs a copy of the project with other generated files."""
        tree = self.directory / f"tree{name}"
        if not tree.exists():
            shutil.copytree(ROOT, tree, ignore=not_sources)
            verdict = self.run_metal(tree, self.files, None)
            if verdict:
                raise Broken(f"{self.format}: {METAL} fails for the specification as it is: {verdict}")
        return self.run_metal(tree, files, 60)

    def run_metal(self, tree, files, limit):
        write({path: text for path, text in files.items() if Path(path).stem == self.format}, tree / "generated")
        command = [str(tree / "tests/metal/run.sh"), self.format, "--probes", PROBES, "--build", str(tree / "build")]
        status, output = run(command, (), limit, tree)
        return None if status == 0 else output or "hangs"

    def ask(self, judge, objects, directory, limit):
        """Why this judge condemns the objects, or None."""
        program = directory / "judge"
        link = [self.cc, *map(str, self.programs[judge]), *map(str, objects), *map(str, self.objects),
                "-o", str(program), *judge.libraries, "-lpthread"]
        done = subprocess.run(link, capture_output=True, text=True)
        if done.returncode != 0:
            return f"does not link: {first_line(done.stderr)}"
        arguments = [argument.format(format=self.format) for argument in judge.arguments]
        status, output = run([str(program), *arguments], judge.environment, limit, directory)
        if status == 0:
            return None
        if status is None:
            return "hangs"
        if status < 0:
            return f"dies of {signal.Signals(-status).name}"
        return output or f"exit status {status}"

    def try_mutant(self, mutant, name, metal):
        """(who caught it, how it showed): None if nobody did, "nothing" if there is nothing to catch. `metal`:
        whether to build for the emulated CPU too, if nobody else sees it."""
        directory = self.directory / f"worker{name}"
        directory.mkdir(exist_ok=True)
        try:
            files = generate(mutant.text)
        except Refused as refusal:
            return "check", str(refusal)
        except Exception as error:  # whatever a mutant does to the generator, the others are to be tried
            return "generator", f"{type(error).__name__}: {error}"
        if without_comments(files) == self.generated:
            return "nothing", "the generated code is the same"
        shutil.rmtree(directory)
        directory.mkdir()
        write({**files, **self.without_walkers(files)}, directory)
        unchanged = []
        for walks in (False, True):
            objects = []
            for source in self.sources(walks, directory):
                objects.append(directory / f"{source.stem}_walks{walks}.o")
                problem = compile(self.cc, source, objects[-1], directory / "include", self.define, self.LEVEL[walks])
                if problem:
                    return "compiler", problem
            if all(now.read_bytes() == before.read_bytes() for now, before in zip(objects, self.original[walks])):
                unchanged.append(walks)
                continue
            for judge in self.judges:
                verdict = judge.walks == walks and self.ask(judge, objects, directory, self.limit_of(judge, directory))
                if verdict:
                    return judge.name, verdict
        if len(unchanged) == 2:
            return "nothing", "the machine code is the same"
        verdict = self.ask_metal(files, name) if metal and self.has_metal() else None
        if verdict:
            return METAL, verdict
        return None, "no judge sees it"
