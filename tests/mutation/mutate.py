#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks the specifications, one change at a time, and shows whether the tests notice.

    mutate.py                        every mutant of every file in pt_specs/
    mutate.py --sample 40 --seed 7   forty of them
    mutate.py --only '*root_registers*' --verbose
    mutate.py --sample 40 --judge metal   what this judge would see alone; always succeeds
    mutate.py --report               every mutant, and what came of it in REPORT.md
    mutate.py --report --known FILE  the same; what FILE knows from a run before is not tried again, but for survivors

The exit status is 0 only if each survivor is explained in survivors.yaml and each explanation is needed.
"""

import argparse
import json
import multiprocessing
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import judges  # noqa: E402
import mutants as breeding  # noqa: E402
import report  # noqa: E402
from codegen import load  # noqa: E402


@dataclass(frozen=True)
class Outcome:
    mutant: breeding.Mutant
    judge: str | None  # who caught it
    how: str
    commit: str


@dataclass
class Explanation:
    pattern: str
    reason: str
    line: int

    def fits(self, mutant):
        pattern = ".*".join(re.escape(part) for part in self.pattern.split("*"))
        return re.fullmatch(pattern, f"{mutant.format} {mutant.what}") is not None


def explanations(path):
    document, found = load.load(path, path.name)
    if document is None:
        raise SystemExit("\n".join(str(error) for error in found.sorted()))
    explained = []
    for row in document["survivors"].items:
        reason = " ".join(row["because"].value.split())
        patterns = row["mutants"].items
        explained += [Explanation(pattern.value, reason, pattern.line) for pattern in patterns]
    return explained


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--format", metavar="F", help="mutants of this format only")
    parser.add_argument("--only", metavar="GLOB", help="mutants whose id fits ('*' stands for anything)")
    parser.add_argument("--sample", type=int, metavar="N", help="so many, chosen at random")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the choice (default: 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="J", help="at once (default: one for each CPU)")
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"), help="compiler (default: $CC, or cc)")
    parser.add_argument("--judge", choices=report.CATCHERS[2:], help="ask this one alone: what would it see without the others?")
    parser.add_argument("--known", type=Path, metavar="FILE", help="outcomes for these specifications, a line each; those of this run are added")
    parser.add_argument("--list", action="store_true", help="print the ids and do nothing")
    parser.add_argument("--verbose", action="store_true", help="a line for each mutant, with what gave it away")
    parser.add_argument("--report", action="store_true", help="write REPORT.md; goes with every mutant")
    chosen = parser.parse_args()
    if chosen.report and (chosen.format or chosen.only or chosen.sample or chosen.judge):
        parser.error("--report needs every mutant")
    return chosen


def choose(everything, chosen):
    mutants = everything
    if chosen.format:
        mutants = [mutant for mutant in mutants if mutant.format == chosen.format]
    if chosen.only:
        pattern = re.compile(".*".join(re.escape(part) for part in chosen.only.split("*")))
        mutants = [mutant for mutant in mutants if pattern.fullmatch(mutant.id)]
    if chosen.sample and chosen.sample < len(mutants):
        mutants = random.Random(chosen.seed).sample(mutants, chosen.sample)
    return mutants


courts = {}
bred = []


def try_one(index):
    """Runs in a worker, which inherited the courts."""
    mutant, metal = bred[index]
    judge, how = courts[mutant.format].try_mutant(mutant, os.getpid(), metal)
    return index, judge, how


class Progress:
    def __init__(self, total):
        self.total = total
        self.began = self.said = time.monotonic()
        self.results = Counter()

    def note(self, outcome, verbose):
        self.results[{None: "survived", "nothing": "same"}.get(outcome.judge, "caught")] += 1
        if verbose or outcome.judge is None:
            print(f"{outcome.judge or 'SURVIVED'}: {outcome.mutant.id} ({judges.first_line(outcome.how)})", flush=True)
        done = self.results.total()
        now = time.monotonic()
        if now - self.said >= 5 or done == self.total:
            left = (now - self.began) / done * (self.total - done)
            print(f"{done} of {self.total} mutants: {self.results['caught']} caught, {self.results['survived']} survived, "
                  f"{self.results['same']} change nothing; {left / 60:.1f} min left", flush=True)
            self.said = now


def known_outcomes(file, mutants):
    """By number, those of the mutants that somebody caught: more tests can only catch more."""
    outcomes = {}
    number = {mutant.id: index for index, mutant in enumerate(mutants)}
    for line in file.read_text(encoding="utf-8").splitlines() if file and file.exists() else ():
        id, judge, how, at = json.loads(line)
        if judge is not None and id in number:
            outcomes[number[id]] = Outcome(mutants[number[id]], judge, how, at)
    return outcomes


def run(mutants, explained, complete, chosen, directory, at):
    outcomes = known_outcomes(chosen.known, mutants)
    untried = [index for index in range(len(mutants)) if index not in outcomes]
    sources = {path: breeding.source(path) for path in sorted((ROOT / "pt_specs").glob("*.yaml"))}
    for format in dict.fromkeys(mutants[index].format for index in untried):
        path = next(ROOT / mutant.file for mutant in mutants if mutant.format == format)
        print(f"{format}: preparing", flush=True)
        asked = [judge for judge in judges.JUDGES if chosen.judge in (None, judge.name)]
        courts[format] = judges.Court(format, sources[path], chosen.cc, directory, asked)
    # In a sample what is known to survive need not go all the way.
    bred[:] = [(mutant, chosen.judge == judges.METAL or chosen.judge is None
                and (complete or not any(one.fits(mutant) for one in explained))) for mutant in mutants]
    progress = Progress(len(untried))
    with multiprocessing.get_context("fork").Pool(chosen.jobs) as pool:
        for index, judge, how in pool.imap_unordered(try_one, untried):
            outcomes[index] = Outcome(mutants[index], judge, how, at)
            progress.note(outcomes[index], chosen.verbose)
            if chosen.known:
                with chosen.known.open("a", encoding="utf-8") as file:
                    print(json.dumps([mutants[index].id, judge, how, at]), file=file)
    return [outcomes[index] for index in range(len(mutants))]


def verdict(outcomes, everything, explained, complete):
    """Prints what is not as it should be; the exit status."""
    bad = 0
    for outcome in outcomes:
        if outcome.judge is None and not any(one.fits(outcome.mutant) for one in explained):
            print(f"not explained: {outcome.mutant.id} ({outcome.how})")
            bad += 1
    survivors = [outcome.mutant for outcome in outcomes if outcome.judge is None]
    for one in explained:
        if not any(one.fits(mutant) for mutant in (survivors if complete else everything)):
            print(f"survivors.yaml:{one.line}: '{one.pattern}' fits no {'survivor' if complete else 'mutant'}")
            bad += 1
    return 1 if bad else 0


def commit():
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def main():
    chosen = options()
    everything = breeding.all_mutants(ROOT / "pt_specs", ROOT)
    mutants = choose(everything, chosen)
    if chosen.list:
        print("\n".join(mutant.id for mutant in mutants))
        return 0
    if not mutants:
        print("no such mutant")
        return 1
    explained = explanations(HERE / "survivors.yaml")
    complete = len(mutants) == len(everything)
    at = commit()
    print(f"{len(mutants)} of {len(everything)} mutants, seed {chosen.seed}")
    with tempfile.TemporaryDirectory(prefix="axas-mutation-") as directory:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # mutants crash
        try:
            outcomes = run(mutants, explained, complete, chosen, directory, at)
        except judges.Broken as broken:
            print(broken)
            return 2
    print("\n" + report.table(outcomes, explained))
    print("\n".join(report.lines(outcomes, explained)))
    if chosen.report:
        (HERE / "REPORT.md").write_text(report.report(outcomes, explained), encoding="utf-8")
    if chosen.judge:
        return 0
    return verdict(outcomes, everything, explained, complete)


if __name__ == "__main__":
    sys.exit(main())
