# SPDX-License-Identifier: Apache-2.0
"""Reads what Google Benchmark measured and says how far each work is from its floor.

    report.py COMPILER=RESULT.json ... [--markdown FILE]
"""
import argparse
import json
import statistics
import sys

# Where the library has to be: work, layers, the terms of the floor, the bound of the ratio. A term is 1 if it is part
# of the floor, and -1 if it is taken off the work before that is compared. A term with a slash is another row of the
# work; those with -clock are its time by the clock, beside which two threads are measured.
LOCK = {"lock-pair": 1, "find-10": 1}
LOCK_MANY = {"lock-pair": 1, "find-100000": 1}  # each page is an area there
TARGETS = (
    ("W1", ("table", "space"), {"fill": 1}, 1.5),
    ("W2-order", ("table",), {"store-order": 1}, 1.5),
    ("W2-random", ("table",), {"store-random": 1}, 1.5),
    ("W2-order", ("space",), {"store-order": 1, **LOCK_MANY}, 1.5),
    ("W2-random", ("space",), {"store-random": 1, **LOCK_MANY}, 1.5),
    ("W2-swap-order", ("table",), {"swap-order": 1}, 1.5),
    ("W2-swap-random", ("table",), {"swap-random": 1}, 1.5),
    ("W3", ("table", "space"), {"fill-large": 1}, 1.5),
    *((f"W4-{size}", ("table",), {f"walk-{size}": 1}, 1.2)
      for size in ("1g", "1g-chain", "16g", "16g-chain")),
    *((f"W4-{size}", ("space",), {f"walk-{size}": 1, **LOCK}, 1.2)
      for size in ("1g", "1g-chain", "16g", "16g-chain")),
    ("W5", ("table", "space"), {"fill": 1}, 0.3),
    ("W6", ("table", "space"), {"scan-plain": 1}, 1.5),
    ("W6-locked", ("table", "space"), {"scan-locked": 1}, 1.5),
    ("W8", ("table", "space"), {"fill": 1}, 1.5),
    ("W9-order", ("space",), {"swap-order": 1, **LOCK}, 2),
    ("W9-random", ("space",), {"swap-random": 1, **LOCK}, 2),
    ("W9-zeroed-order", ("space",), {"swap-order": 1, **LOCK, "memset-frame": -1}, 2),
    ("W9-zeroed-random", ("space",), {"swap-random": 1, **LOCK, "memset-frame": -1}, 2),
    ("W9-threads-2", ("space",), {"W9-order-clock/space": 1}, 1 / 1.7),
    *((f"W10-find-{n}", ("space",), {f"find-{n}": 1}, 2) for n in ("10", "1000", "100000")),
    *((f"W10-map-{n}", ("space",), {f"W10-find-{n}/space": 1}, 10) for n in ("10", "1000", "100000")),
    ("W11-64", ("space",), {"memcpy-64": 1}, None),
    ("W11-4k", ("space",), {"memcpy-4k": 1}, 1 / 0.9),
    ("W11-1m", ("space",), {"memcpy-1m": 1}, 1 / 0.9),
)


def read(path):
    """Nanoseconds for each row as (median, spread), by (format, mode), then work/layer."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    times = {}
    for run in document["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        work, form, mode, layer = run["name"].split("/")[:4]
        # The CPU's time leaves out what others do on the same core; two threads are measured by the clock.
        clock = "real_time" if "threads" in work else "cpu_time"
        rows = times.setdefault((form, mode), {})
        rows.setdefault(f"{work}/{layer}", []).append(run[clock] / run["items"])
        rows.setdefault(f"{work}-clock/{layer}", []).append(run["real_time"] / run["items"])
    return {
        subject: {row: (statistics.median(ns), (max(ns) - min(ns)) / statistics.median(ns))
                  for row, ns in rows.items()}
        for subject, rows in times.items()
    }


def table(rows):
    """Lines of: work, layer, ns, spread, floor, its ns, ratio, target, met or not."""
    for work, layers, terms, bound in TARGETS:
        for layer in layers:
            if f"{work}/{layer}" not in rows:
                continue
            names = [name if "/" in name else f"{name}/floor" for name in terms]
            if any(name not in rows for name in names):
                continue
            parts = [(rows[name][0], sign) for name, sign in zip(names, terms.values())]
            floor = sum(part for part, sign in parts if sign > 0)
            ns, spread = rows[f"{work}/{layer}"]
            ratio = (ns - sum(part for part, sign in parts if sign < 0)) / floor
            label = " + ".join(name for name, sign in terms.items() if sign > 0)
            label += "".join(f" ({name} taken off)" for name, sign in terms.items() if sign < 0)
            yield (work, layer, f"{ns:.3f}", f"{100 * spread:.0f} %", label, f"{floor:.3f}", f"{ratio:.2f}",
                   "-" if bound is None else f"<= {bound:.2f}",
                   "-" if bound is None else "met" if ratio <= bound else "NOT MET")


HEAD = ("work", "layer", "ns", "spread", "floor", "floor ns", "ratio", "target", "")


def floors(rows):
    return [(row.split("/")[0], f"{ns:.3f}", f"{100 * spread:.0f} %")
            for row, (ns, spread) in rows.items() if row.endswith("/floor") and "-clock" not in row]


def plain(head, lines):
    widths = [max(len(line[i]) for line in (head, *lines)) for i in range(len(head))]
    for line in (head, *lines):
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()


def markdown(head, lines):
    for line in (head, ["---"] * len(head), *lines):
        yield "| " + " | ".join(line) + " |"


def cpu_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown CPU"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("results", nargs="+", metavar="COMPILER=RESULT.json")
    parser.add_argument("--markdown", metavar="FILE", help="write the same there as Markdown")
    arguments = parser.parse_args()
    pages = ["# Results", "", f"Written by `scripts/bench.sh` on: {cpu_name()}. Nanoseconds for one entry, call, address, "
             "fault or byte; the median of the repetitions, and how far apart the fastest and the slowest were."]
    for result in arguments.results:
        compiler, path = result.rsplit("=", 1)
        print(f"\n== {compiler}")
        pages += ["", f"## {compiler}"]
        for (form, mode), rows in read(path).items():
            lines = list(table(rows))
            met = sum(line[-1] == "met" for line in lines)
            judged = sum(line[-1] != "-" for line in lines)
            title = f"{form} {mode}: {met} of {judged} targets met"
            print(f"\n{title}", *plain(HEAD, lines), sep="\n")
            pages += ["", f"### {title}", "", *markdown(HEAD, lines)]
            pages += ["", *markdown(("floor", "ns", "spread"), floors(rows))]
    if arguments.markdown:
        with open(arguments.markdown, "w", encoding="utf-8") as file:
            file.write("\n".join(pages) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
