# SPDX-License-Identifier: Apache-2.0
"""Reads what Google Benchmark measured and says how far each work is from its floor.

    report.py --run COMPILER VERSION RESULTS ... --out DIR [--sizes FILE.md]

prints one table and a summary, and writes RESULTS.md, RESULTS.svg and results.json into DIR. RESULTS is a directory of
JSON files, one for each mode that was measured, and of Callgrind's files, which count the instructions.
"""
import argparse
import json
import platform
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Target:
    """Where the library has to be. The floor is a sum of terms: floors, or other rows of the work (with a slash).
    `less` is taken off the work before it is compared. A bound of None judges nothing. `gain` turns the ratio around:
    how many times the floor's speed, of which there has to be at least the bound."""

    work: str
    layer: str
    floor: tuple
    bound: float | None = None
    gain: bool = False
    below: bool = False  # the bound itself is not enough
    less: tuple = ()
    least: str | None = None  # the row of the least code that keeps the same promise in the same way

    @property
    def text(self):
        return "shown" if self.bound is None else f"{'>=' if self.gain else '<' if self.below else '<='} {self.bound:g}"

    @property
    def limit(self):
        """The bound as a multiple of the floor's time."""
        return None if self.bound is None else 1 / self.bound if self.gain else self.bound

    def met(self, ratio):
        return ratio >= self.bound if self.gain else ratio < self.bound or not self.below and ratio == self.bound


LOOKUP = ("lock-pair", "find-10")
TWO_CORES = 1.7  # times the faults of one thread, where both cores are there
SIZES = ("1g", "1g-chain", "16g", "16g-chain")
COUNTS = ("10", "1000", "100000")
# What the work is, by what its name begins with.
WORDS = {
    "W1": "map 1 GiB as smallest leaves, one call",
    "W2": "map 1 GiB page by page",
    "W3": "map 64 GiB as larger leaves, one call",
    "W4": "translate a random address",
    "W5": "unmap 1 GiB of smallest leaves",
    "W6": "write-protect 1 GiB of smallest leaves",
    "W8": "split 512 larger leaves",
    "W9": "lazy fault",
    "W10-find": "find an area",
    "W10-map": "map and unmap a small area",
    "W11": "read guest memory",
}
# The table layer is judged by W1 to W8, and page by page its walks in the caller's own code (axas/inline.h) by the same.
# The space is shown there, beside the same floors plus, where each call does one thing, a lock pair and a lookup of an
# area; it is judged by W9 to W11.
LAYERS = {"table": "called", "inline": "checked"}


def page_by_page(work, floor, bound):
    """By a call and in the caller's own code, each beside the least that makes the same checks. Of chains there is none:
    what a walk checks, the next one does not wait for."""
    for layer, way in LAYERS.items():
        yield Target(work, layer, (floor,), bound, least=None if "chain" in floor else f"{floor}/{way}")


TARGETS = (
    Target("W1", "table", ("fill",), 1.5),
    *page_by_page("W2-order", "store-order", 1.5),
    *page_by_page("W2-random", "store-random", 1.5),
    *page_by_page("W2-swap-order", "swap-order", 1.5),
    *page_by_page("W2-swap-random", "swap-random", 1.5),
    Target("W3", "table", ("fill-large",), 1.5, least="fill-large/checked"),
    *(target for size in SIZES for target in page_by_page(f"W4-{size}", f"walk-{size}", 1.2)),
    *(Target(f"W4-{size}-batch", "table", (f"W4-{size}/table",), 1, below=True) for size in ("1g", "16g")),
    Target("W5", "table", ("fill",), 0.3, least="fill-empty/floor"),
    Target("W6", "table", ("scan-plain",), 1.5, least="scan-plain/checked"),
    Target("W6-locked", "table", ("scan-locked",), 1.5),
    Target("W8", "table", ("fill-split",), 1.5),
    Target("W1", "space", ("fill",)),
    Target("W2-order", "space", ("store-order", "lock-pair", "find-100000")),  # each page is an area there
    Target("W2-random", "space", ("store-random", "lock-pair", "find-100000")),
    Target("W3", "space", ("fill-large",)),
    *(Target(f"W4-{size}", "space", (f"walk-{size}", *LOOKUP)) for size in SIZES),
    *(Target(f"W4-{size}-batch", "space", (f"W4-{size}/space",)) for size in ("1g", "16g")),
    Target("W5", "space", ("fill",)),
    Target("W6", "space", ("scan-plain",)),
    Target("W6-locked", "space", ("scan-locked",)),
    Target("W8", "space", ("fill-split",)),
    Target("W9-order", "space", ("swap-order", *LOOKUP), 2),
    Target("W9-random", "space", ("swap-random", *LOOKUP), 2),
    Target("W9-random-one-area", "space", ("swap-random", *LOOKUP)),
    Target("W9-zeroed-order", "space", ("swap-order", *LOOKUP), less=("get-frame",)),
    Target("W9-zeroed-random", "space", ("swap-random", *LOOKUP), less=("get-frame",)),
    Target("W9-threads-2", "space", ("W9-threads-1/space",), TWO_CORES, gain=True),
    Target("W9-threads-2-apart", "space", ("W9-threads-1/space",), gain=True),
    *(Target(f"W10-find-{n}", "space", (f"find-{n}",), 2 if n == "100000" else None) for n in COUNTS),
    *(Target(f"W10-map-{n}", "space", (f"W10-find-{n}/space",), 10) for n in COUNTS),
    *(Target(f"W11-{n}", "space", (f"memcpy-{n}",), None if n == "64" else 0.9, gain=True) for n in ("64", "4k", "1m")),
)

LEGEND = """\
Nanoseconds for one entry, call, address, fault or byte: the median of the repetitions, and how far apart the fastest
and the slowest were. *Ratio* is that over the floor, measured in the same process with the same flags; a target with
`>=` is a gain, the floor over the work (of `memcpy`'s speed, or of one thread's). *Shown* rows are not judged:

- The space in W1 to W8, whose floor is the table layer's plus a lock pair and the lookup of an area. Where one call
  does many entries, that pair and lookup would be less than 0.1 ns of each and are left out.
- `W9-zeroed`: frames come from the benchmark's HAL and are cleared, which by itself takes many times what the rest of
  the fault does. What is compared is the difference from getting and clearing as many frames alone (`get-frame`), which
  is small and lies between two large figures. `W9-order` and `W9-random` are the same faults on memory that a backend
  has ready, and are judged.
- `W9-random-one-area`: all of the memory in one area, which the next fault finds again; `W9-random` jumps between 10.
- `W9-threads-1`: the faults of `W9-order`, measured with the two threads, and by the clock as they are.
- `W9-threads-2-apart`: two threads that fault in a space each and share nothing that is written. What they are short
  of twice the faults of one, other guests of the machine take, or the core that both run on.
- `W10-find` among 10 and 1 000 areas, and `W11` below 4 KiB.

`fill` is a loop of stores over the same table bytes, `store` and `swap` a walk in straight lines that ends in a store
or in a compare-and-swap, `scan` a read-modify-write of each entry, plain or locked (`W6-locked`: the hardware writes
entries too), `find` a binary search in an array, `pause` what stopping the clock takes, which is taken off every row
that does. `W10-map` is beside the library's own find, batches beside one address at a time. A mode that cannot hold
as much as its work asks for has the most that fits, its floor too.

The layer *inline* is the table layer's work page by page by `axas/inline.h`, where the mode is known when the caller is
compiled and the walk is straight lines in its loop, as the floor's is. It is the same work with what the floor leaves
out: bounds, alignment, whether each entry is a table or a leaf, whether the place is empty. Pages in random order are
mapped there by the function for such. *Table* is the same by a call of `axas/table.h` for each page.

*Least* is what a target that is missed is to be held against: the floor with no more checks than keep the promise, as a
multiple of the floor. Beside *inline* they are in the loop itself (`checked`): addresses are in bounds and aligned, each
entry on the way is a table, the last one is a leaf, or empty where a page is made. Beside *table* they are behind a call
for each page, which has to look at its size and its attribute too (`called`). A page is looked for in the table of the
page before, unless who maps says that pages are in no order: a call does not know the next one, and is the same in any
order. Where a new entry has to be told of, they do so. In order and in the loop a table is emptied when its first page
comes, as each has to be that is made; it is there and linked already, there is one mode, and no other way to go where a
check fails. Compilers make of it what they make: here and there the library takes less. Of whole ranges there is one

- beside W3: what the new tables have beside its leaves is emptied by `memset`; where the root holds the leaves there is
  no new table, and all entries are asked whether they are empty before the first is stored, as a call that fails
  changes nothing;
- beside W5 of a mode with one level, whose table stays: a store to each entry (`fill-empty`);
- beside W6: each entry is asked whether it is the leaf that it should be, four at a time; and where the format wants a
  break, is emptied, and after 128 of them made again.

*Instructions* are of the same thing, counted by Callgrind on smaller work of the same kind, so that they are the same on
every machine, however busy it is: where the time is more of the floor than they are, it went into waiting for memory or
for a locked operation, or to somebody else. What `memcpy` and `memset` take there is not what they take on the CPU.

The floor `find-1000` is the same instructions on the same data in every mode. Where it took on average over 20 % longer
than its fastest repetition of all, something else ran on that core, and the mode was measured again, up to three times;
its calmest run is shown. So it was with two threads, of which there are three times the repetitions, where
`W9-threads-2-apart` was on average below 1.7 times one: two cores were not there. What waits for the cache and the
memory that all guests of the machine share had twice as many repetitions more where these, or those of the floors, were
far apart: over 25 % in the tables of 16 GiB, over 10 % in faults in random order, splits, areas and copies. The medians
are of all of them."""
# By what a calm machine is known, and how much longer than there that may take for each part of the rows.
ALIKE, APART, ONE = "find-1000/floor", "W9-threads-2-apart/space", "W9-threads-1/space"
DISTURBED = {"core": 1.2, "threads": 2 / TWO_CORES}
# What waits for the cache and the memory that all guests of the machine share, by what its rows' names begin with, and
# how far apart repetitions may be before more are made.
FAR_APART = {
    "16g": (("W4-16g", "walk-16g"), 0.25),
    "faults": (("W9-random/", "swap-random/", "lock-pair/", "find-10/"), 0.1),
    "splits": (("W8/table", "fill-split/"), 0.1),
    "areas": (("W10-", "find-10"), 0.1),
    "copies": (("W11-4k", "W11-1m", "memcpy-4k", "memcpy-1m"), 0.1),
}


# Why a target was missed, as far as figures tell; in the order in which they are asked.
REASONS = {
    "checks": "the least code that keeps the same promise in the same way missed it too (see *least*)",
    "instructions": "has more instructions than the target leaves it of its floor's",
    "two cores": "two threads in a space each, which share nothing, missed it too",
    "busy": "the core was disturbed (see `find-1000`), and the instructions are within the target",
    "waiting": "the instructions are within the target: the time went to memory, to a locked operation, to what is "
               "mispredicted, or to another guest",
    "uncounted": "there is no count of instructions",
}


@dataclass
class Row:
    compiler: str
    format: str
    mode: str
    work: str
    layer: str
    ns: float
    spread: float
    floor: str
    floor_ns: float | None
    ratio: float | None
    target: str
    verdict: str
    limit: float | None = None
    instructions: float | None = None
    floor_instructions: float | None = None
    least: float | None = None  # of the floor
    reason: str = ""

    def figures(self):
        verdict = f"{self.verdict}: {self.reason}" if self.reason else self.verdict
        return (number(self.ns), percent(self.spread), number(self.floor_ns), number(self.ratio, 2),
                number(self.least, 2), verdict, number(self.instructions, 1), number(self.floor_instructions, 1))


def number(value, places=3):
    return "-" if value is None else f"{value:.{places}f}"


def spread_of(values):
    return (max(values) - min(values)) / statistics.median(values)


def middle(values):
    return number(statistics.median(values) if values else None, 2)


def percent(value):
    return f"{100 * value:.0f} %"


def read(directory):
    """The context of the first of Google Benchmark's files; for each (format, mode) nanoseconds of each repetition by
    work/layer; the same for what the rows counted."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in Path(directory).glob("*.json")]
    documents.sort(key=lambda document: document["context"]["date"])
    runs = [run for document in documents for run in document["benchmarks"] if run["run_type"] == "iteration"]
    times, counters, pause = {}, {}, {}
    for run in runs:
        work, form, mode, layer = run["name"].split("/")[:4]
        if work == "pause":
            for clock in ("cpu_time", "real_time"):
                pause.setdefault((form, mode, clock), []).append(run[clock])
    for run in runs:
        work, form, mode, layer = run["name"].split("/")[:4]

        def each(clock):
            """Nanoseconds for one thing, without what stopping the clock took."""
            stopped = run["pauses"] / run["iterations"] * statistics.median(pause.get((form, mode, clock), [0]))
            return (run[clock] - (stopped if work != "pause" else 0)) / run["items"]

        # The CPU's time leaves out what others do on the same core; two threads are measured by the clock.
        rows = times.setdefault((form, mode), {})
        rows.setdefault(f"{work}/{layer}", []).append(each("real_time" if "threads" in work else "cpu_time"))
        counters.setdefault((form, mode), {})[f"{work}/{layer}"] = run
    return documents[0]["context"], times, counters


def read_counts(directory):
    """For each (format, mode) instructions for one thing by work/layer, of Callgrind's files. After each row they say
    what it was, and how many things one iteration did, then what was counted."""
    instructions, row = {}, None
    for path in Path(directory).glob("*.counts"):
        for line in path.read_text(encoding="utf-8").splitlines():
            start, _, rest = line.partition(": ")
            if line.startswith("desc: Trigger: Client Request: "):
                row = rest.removeprefix("Trigger: Client Request: ").split()
            elif start == "totals" and row:
                work, form, mode, layer = row[0].split("/")
                instructions.setdefault((form, mode), {})[f"{work}/{layer}"] = int(rest) / int(row[1])
                row = None
    return instructions


def compare(compiler, form, mode, times, instructions):
    """A Row for each work, in the order of the targets, then those that no target speaks of."""
    median = {name: statistics.median(ns) for name, ns in times.items()}

    def row(work, layer, *compared, terms=(), least=None):
        name = f"{work}/{layer}"
        floor = [instructions.get(term) for term in terms]
        return Row(compiler, form, mode, work, layer, median[name], spread_of(times[name]), *compared, instructions.get(name),
                   sum(floor) if floor and None not in floor else None, least)

    named = lambda terms: [term if "/" in term else f"{term}/floor" for term in terms]  # noqa: E731
    for target in TARGETS:
        name = f"{target.work}/{target.layer}"
        if name not in times or any(term not in times for term in named(target.floor + target.less)):
            continue
        floor = sum(median[term] for term in named(target.floor))
        ns = median[name] - sum(median[term] for term in named(target.less))
        ratio = floor / ns if target.gain else ns / floor
        label = " + ".join(target.floor) + "".join(f" (less {term})" for term in target.less)
        verdict = "shown" if target.bound is None else "met" if target.met(ratio) else "NOT MET"
        yield row(target.work, target.layer, label, floor, ratio, target.text, verdict, target.limit,
                  terms=named(target.floor), least=median[target.least] / floor if target.least in median else None)
    known = {f"{target.work}/{target.layer}" for target in TARGETS}
    for name in times:
        work, layer = name.split("/")
        if layer not in ("floor", *LAYERS.values()) and name not in known:
            yield row(work, layer, "-", None, None, "shown", "shown", None)


def explain(rows, paces_of):
    """Gives each row of one compiler that missed its target a reason. `paces_of`: how disturbed each mode was."""
    for row in rows:
        if row.verdict != "NOT MET":
            continue
        allowed = row.limit * row.floor_instructions if row.floor_instructions else None
        if row.work == "W9-threads-2":  # of the clock's time, not of instructions
            gone = paces_of[(row.format, row.mode, "threads")] > DISTURBED["threads"]
            row.reason = "two cores" if gone else "waiting"
        elif row.least is not None and row.least > row.limit:
            row.reason = "checks"
        elif row.instructions is None or allowed is None:
            row.reason = "uncounted"
        elif row.instructions > allowed:
            row.reason = "instructions"
        elif paces_of[(row.format, row.mode, "core")] > DISTURBED["core"]:
            row.reason = "busy"
        else:
            row.reason = "waiting"


def missing(rows):
    """Targets of a mode that nothing was measured for."""
    there = {(row.work, row.layer) for row in rows}
    return [f"{target.work} ({target.layer})" for target in TARGETS if (target.work, target.layer) not in there]


def paces(times, *others):
    """For each (format, mode, part of the rows) of `times` how many times longer than on a calm machine something took:
    the floor that is the same in all modes, than at its fastest there or in other runs; two threads that share nothing,
    than half of the time of one. Means, which tell of each disturbed repetition."""
    alike = [min(of_mode[ALIKE]) for run in (times, *others) for of_mode in run.values() if ALIKE in of_mode]
    result = {}
    for (form, mode), of_mode in times.items():
        if ALIKE in of_mode:
            result[(form, mode, "core")] = statistics.mean(of_mode[ALIKE]) / min(alike)
        if APART in of_mode:
            result[(form, mode, "threads")] = 2 * statistics.mean(of_mode[APART]) / statistics.median(of_mode[ONE])
    return result


def far_apart(times):
    """For each (format, mode, part of the rows) how far its repetitions are apart at most, where that is too much."""
    result = {}
    for (form, mode), of_mode in times.items():
        for part, (names, most) in FAR_APART.items():
            spread = max((spread_of(ns) for name, ns in of_mode.items() if name.startswith(names)), default=0)
            if spread > most:
                result[(form, mode, part)] = spread
    return result


def disturbed(times):
    """Lines for what was."""
    what = {"core": "", "threads": ", two threads"}
    return [f"- {compiler}, {form} {mode}{what[part]}: {100 * (pace - 1):.0f} % slower"
            for compiler, of_compiler in times.items() for (form, mode, part), pace in paces(of_compiler).items()
            if pace > DISTURBED[part]]


def plain(head, lines):
    widths = [max(len(line[i]) for line in (head, *lines)) for i in range(len(head))]
    for line in (head, *lines):
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()


def markdown(head, lines):
    for line in (head, ["---"] * len(head), *lines):
        yield "| " + " | ".join(line) + " |"


def side_by_side(rows, compilers, first):
    """One line for each work, `first` naming its columns; the figures of each compiler beside each other."""
    lines = {}
    for row in rows:
        lines.setdefault(tuple(getattr(row, name) for name in (*first, "floor", "target")), {})[row.compiler] = row
    figures = ("ns", "spread", "floor ns", "ratio", "least", "", "instructions", "floor's")
    head = (*first, *(f"{compiler} {name}".strip() for compiler in compilers for name in figures), "target", "floor")
    return head, [(*key[:-2], *(cell for compiler in compilers
                                for cell in (by[compiler].figures() if compiler in by else ("-",) * len(figures))),
                   key[-1], key[-2]) for key, by in lines.items()]


def summary(rows, compilers):
    """Format, mode, how many targets each compiler met."""
    lines = []
    for form, mode in dict.fromkeys((row.format, row.mode) for row in rows):
        judged = [row for row in rows if (row.format, row.mode) == (form, mode) and row.limit is not None]
        by = [[row.verdict for row in judged if row.compiler == compiler] for compiler in compilers]
        lines.append((form, mode, *(f"{verdicts.count('met')} of {len(verdicts)}" for verdicts in by)))
    return ("targets met", "mode", *compilers), lines


def missed(rows, compilers):
    """Work, layer, target, and for each compiler in how many modes it was missed, by how much there in the median, of
    time and of instructions, the worst, and how often for which reason."""
    lines = []
    not_met = {(row.work, row.layer, row.target) for row in rows if row.verdict == "NOT MET"}
    for work, layer, target in dict.fromkeys((target.work, target.layer, target.text) for target in TARGETS):
        if (work, layer, target) not in not_met:
            continue
        cells = []
        for compiler in compilers:
            of_work = [row for row in rows
                       if (row.work, row.layer, row.target, row.compiler) == (work, layer, target, compiler)]
            late = [row for row in of_work if row.verdict == "NOT MET"]
            worst = (min if target.startswith(">=") else max)(late, key=lambda row: row.ratio, default=None)
            more = [row.instructions / row.floor_instructions for row in late if row.floor_instructions]
            cells += [f"{len(late)} of {len(of_work)}", middle([row.ratio for row in late]), middle(more),
                      f"{worst.ratio:.2f} {worst.format} {worst.mode}" if worst else "-", reasons_of(late)]
        lines.append((work, layer, target, *cells))
    columns = ("modes", "median", "instructions", "worst", "reasons")
    return ("targets missed", "layer", "target", *(f"{c} {column}" for c in compilers for column in columns)), lines


def reasons_of(late):
    count = {reason: sum(row.reason == reason for row in late) for reason in REASONS}
    return ", ".join(f"{of} {reason}" for reason, of in count.items() if of) or "-"


HOLDING = {
    "W1/space": "W1: 1 GiB of smallest leaves",
    "W3/space": "W3: 64 GiB of larger leaves",
    "W10-find-100000/space": "100 000 areas",
}


def frames(counters):
    """What tables and records of areas took: (format, mode, work, areas, table frames, record frames, put aside)."""
    for (form, mode), rows in counters.items():
        for name, what in HOLDING.items():
            if name in rows:
                numbers = (rows[name][use] for use in ("areas", "table_frames", "record_frames", "reserve_frames"))
                yield (form, mode, what, *(f"{count:.0f}" for count in numbers))


def cpu_name():
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown CPU"


def kernel():
    """Its version, without what a distributor or a host calls its own build."""
    return platform.release().split("-")[0]


def page(rows, compilers, contexts, times, counters, sizes):
    """RESULTS.md."""
    runs = (f"{version}, {context['date'][:16].replace('T', ' ')}" for version, context in contexts.values())
    yield from ("# Results", "", "Written by `scripts/bench.sh`.", "", f"- {cpu_name()}, Linux {kernel()}",
                *(f"- {run}" for run in runs), "",
                "![Times over their floors, by work and format](RESULTS.svg)", "", "## Targets", "",
                *markdown(*summary(rows, compilers)), "", *markdown(*missed(rows, compilers)), "",
                *markdown(("reason", ""), REASONS.items()), "")
    if disturbed(times):
        yield from ("Something else ran on a core however often these were measured (see `find-1000` below):", "",
                    *disturbed(times), "")
    yield from ("## How to read it", "", *markdown(("work", ""), WORDS.items()), "", LEGEND, "")
    notes = HERE / "NOTES.md"
    if notes.exists():
        yield from (notes.read_text(encoding="utf-8").rstrip(), "")
    if sizes:
        yield from ("## Code size", "", *sizes, "")
    yield from ("## Frames", "",
                "Frames of 4 KiB that a space takes. Those put aside are for removals when the HAL has none.", "",
                *markdown(("format", "mode", "holding", "areas", "for tables", "for records", "put aside"),
                          list(frames(counters))), "")
    for form in dict.fromkeys(row.format for row in rows):
        yield from (f"## {form}", "")
        for mode in dict.fromkeys(row.mode for row in rows if row.format == form):
            of_mode = [row for row in rows if (row.format, row.mode) == (form, mode)]
            yield from (f"### {form}, {mode}", "", *markdown(*side_by_side(of_mode, compilers, ("work", "layer"))), "")
            if missing(of_mode):
                yield from (f"Not there: {', '.join(missing(of_mode))}.", "")
            floors = {}
            for compiler in compilers:
                for name, ns in times[compiler].get((form, mode), {}).items():
                    if name.endswith("/floor"):
                        figures = (number(statistics.median(ns)), percent(spread_of(ns)))
                        floors.setdefault(name.split("/")[0], {})[compiler] = figures
            yield from markdown(("floor", *(f"{c} {what}" for c in compilers for what in ("ns", "spread"))),
                                [(name, *(cell for c in compilers for cell in by.get(c, ("-", "-"))))
                                 for name, by in floors.items()])
            yield ""


def main():
    import chart  # only here is a library for drawing needed

    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--run", nargs=3, action="append", required=True,
                        metavar=("COMPILER", "VERSION", "RESULTS"))
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--sizes", type=Path, metavar="FILE.md", help="a table of code sizes to show")
    arguments = parser.parse_args()
    rows, contexts, times, counters = [], {}, {}, {}
    for compiler, version, path in arguments.run:
        context, times[compiler], counted = read(path)
        contexts[compiler] = (version, context)
        instructions = read_counts(path)
        counters = counters or counted
        judged = [row for (form, mode), of_mode in times[compiler].items()
                  for row in compare(compiler, form, mode, of_mode, instructions.get((form, mode), {}))]
        explain(judged, paces(times[compiler]))
        rows += judged
    compilers = list(contexts)
    arguments.out.mkdir(parents=True, exist_ok=True)
    sizes = arguments.sizes.read_text(encoding="utf-8").splitlines() if arguments.sizes else []
    text = "\n".join(page(rows, compilers, contexts, times, counters, sizes))
    (arguments.out / "RESULTS.md").write_text(text.rstrip() + "\n", encoding="utf-8")
    document = {"cpu": cpu_name(), "kernel": kernel(),
                "compilers": {name: {"version": version, "date": context["date"]}
                              for name, (version, context) in contexts.items()},
                "rows": [asdict(row) for row in rows]}
    (arguments.out / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    words = {target.work: next(text for start, text in reversed(WORDS.items()) if target.work.startswith(start))
             for target in TARGETS}
    chart.draw(rows, compilers, words, arguments.out / "RESULTS.svg")
    print(*plain(*side_by_side(rows, compilers, ("format", "mode", "work", "layer"))), sep="\n")
    print("", *plain(*missed(rows, compilers)), sep="\n")
    print("", *plain(*summary(rows, compilers)), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
