# SPDX-License-Identifier: Apache-2.0
"""What came of the mutants, for people."""

from collections import Counter

from judges import JUDGES, METAL

CATCHERS = ("generator", "compiler", *dict.fromkeys(judge.name for judge in JUDGES), METAL)


def reason_of(outcome, explained):
    return next((one.reason for one in explained if one.fits(outcome.mutant)), None)


def row(name, outcomes, explained):
    count = Counter(outcome.judge for outcome in outcomes)
    survivors = [outcome for outcome in outcomes if outcome.judge is None]
    known = sum(reason_of(outcome, explained) is not None for outcome in survivors)
    generated = len(outcomes) - count["check"] - count["nothing"]
    caught = sum(count[catcher] for catcher in CATCHERS)
    share = f"{100 * caught / generated:.1f} %" if generated else "-"
    return [name, len(outcomes), count["check"], count["nothing"], *(count[catcher] for catcher in CATCHERS), share, known,
            len(survivors) - known]


HEADINGS = ["", "mutants", "refused by the checks", "change nothing", *CATCHERS, "caught of the rest", "survivors, explained", "survivors, not explained"]


def table(outcomes, explained, by=lambda mutant: mutant.format):
    """A table in Markdown: a row for each format, and one for all."""
    groups = {}
    for outcome in outcomes:
        groups.setdefault(by(outcome.mutant), []).append(outcome)
    rows = [row(name, group, explained) for name, group in groups.items()]
    if len(rows) > 1:
        rows.append(row("all", outcomes, explained))
    cells = [HEADINGS, *([str(cell) for cell in one] for one in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def lines(outcomes, explained):
    """The same in words, a line for each format."""
    for format in sorted({outcome.mutant.format for outcome in outcomes}):
        mine = [outcome for outcome in outcomes if outcome.mutant.format == format]
        cells = dict(zip(HEADINGS[1:], row(format, mine, explained)[1:]))
        refused, same = cells["refused by the checks"], cells["change nothing"]
        caught = sum(cells[catcher] for catcher in CATCHERS)
        yield (f"{format}: {len(mine)} mutants, {refused} refused by the checks, {same} the same, {caught} caught, "
               f"{cells['survivors, explained']} survivors explained, {cells['survivors, not explained']} not explained")


def commits(outcomes):
    """Where the outcomes are from: most are of one commit, and survivors may have been tried again later."""
    count = Counter(outcome.commit for outcome in outcomes)
    return ", ".join(f"{commit} ({number} mutants)" for commit, number in count.most_common())


def report(outcomes, explained):
    parts = [
        "# What the tests see of a wrong specification\n",
        f"Made by `tests/mutation/mutate.py --report` at commit {commits(outcomes)}. Each mutant is a specification with one change. "
        "The generator's checks refuse some, and some change nothing in the generated code (a field's name, say, or "
        "bits that every level says anew). The rest is compiled and shown to the tests, the cheapest first, until one "
        "fails; a column counts what that test was the first to catch. `tests/mutation/mutate.py --list` names every mutant, "
        "`--only ID --verbose` says what becomes of one.\n",
        table(outcomes, explained),
    ]
    parts.append("## Survivors\n")
    survivors = [outcome for outcome in outcomes if outcome.judge is None]
    reasons = {}
    for outcome in survivors:
        reasons.setdefault(reason_of(outcome, explained) or "Not explained.", []).append(outcome)
    for reason, group in reasons.items():
        parts.append(f"{reason}\n")
        parts.append("\n".join(f"- `{outcome.mutant.id}` ({outcome.how})" for outcome in group) + "\n")
    if not survivors:
        parts.append("None.\n")
    for format in dict.fromkeys(outcome.mutant.format for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.mutant.format == format]
        parts.append(f"## {format}\n")
        parts.append(table(mine, explained, by=lambda mutant: mutant.section))
        for catcher in CATCHERS:
            caught = [outcome.mutant.id for outcome in mine if outcome.judge == catcher]
            if caught and catcher != "golden":  # which are too many to look at
                parts.append(f"### {format}: caught first by the {catcher}\n")
                parts.append("```\n" + "\n".join(caught) + "\n```\n")
    return "\n".join(parts)
