# SPDX-License-Identifier: Apache-2.0
"""Draws how many times its floor each work takes: a panel for each compiler, a mark for each format.

`words` says what each work is, in the order in which they are drawn.
"""
import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "axas", "font.family": "sans-serif"})
from matplotlib import pyplot  # noqa: E402

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # told apart by everybody
MARKS = "os^Dv<>PX"


def styles(formats):
    """A colour for each architecture, with which a format's name begins, and a mark for each of its formats."""
    families = {}
    for form in formats:
        families.setdefault(form.split("_")[0], []).append(form)
    return {form: {"color": COLOURS[number % len(COLOURS)], "marker": MARKS[place % len(MARKS)]}
            for number, members in enumerate(families.values()) for place, form in enumerate(members)}


def label(row):
    """The work, and its layer where that is not the one that most of it is done in."""
    return f"{row.work} {row.layer}" if row.layer == "inline" else row.work


def draw(rows, compilers, words, path):
    judged = [row for row in rows if row.limit is not None]
    works = sorted({(label(row), row.limit) for row in judged},
                   key=lambda work: (list(words).index(work[0].split()[0]), work[0]))
    formats = sorted({row.format for row in judged})
    style = styles(formats)
    columns = min(4, len(formats))
    above, body, below = 0.55, 0.21 * len(works), 0.55 + 0.18 * -(-len(formats) // columns)  # inches
    height = above + body + below
    figure, panels = pyplot.subplots(1, len(compilers), sharey=True, squeeze=False,
                                     figsize=(4 + 3.4 * len(compilers), height))
    figure.subplots_adjust(left=3.7 / figure.get_figwidth(), right=1 - 0.15 / figure.get_figwidth(), wspace=0.06,
                           top=1 - above / height, bottom=below / height)
    for panel, compiler in zip(panels[0], compilers):
        for place, (work, limit) in enumerate(works):
            panel.barh(place, 1e6, left=limit, height=0.9, color="#f4dddd", zorder=0)
            panel.plot([limit, limit], [place - 0.45, place + 0.45], color="black", linewidth=1.4, zorder=2)
        for number, form in enumerate(formats):
            worst = {}
            for row in judged:
                if (row.compiler, row.format) == (compiler, form):
                    # As times: a gain is turned around.
                    times = 1 / row.ratio if row.target.startswith(">=") else row.ratio
                    work = (label(row), row.limit)
                    worst[work] = max(worst.get(work, 0), times)
            shift = (number - (len(formats) - 1) / 2) * 0.6 / len(formats)
            panel.scatter(list(worst.values()), [works.index(work) + shift for work in worst], s=17, linewidths=0.4,
                          edgecolors="white", zorder=3, label=form, **style[form])
        every = [1 / row.ratio if row.target.startswith(">=") else row.ratio for row in judged]
        panel.set_xscale("log")
        panel.set_xlim(min(every) / 1.5, max(*every, 10) * 1.5)
        panel.set_ylim(len(works) - 0.4, -0.6)
        panel.set_yticks(range(len(works)), [work for work, _ in works], fontsize=8)
        panel.tick_params(axis="y", length=0)
        panel.set_title(compiler, fontsize=10)
        panel.set_xlabel("time over floor (log)")
        panel.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        panel.grid(axis="x", color="#dddddd", linewidth=0.6, zorder=1)
        panel.spines[["top", "right", "left"]].set_visible(False)
    said = [words[work.split()[0]] for work, _ in works]
    for place, text in enumerate(said):
        if place == 0 or text != said[place - 1]:
            panels[0][0].annotate(text, (0.1 / figure.get_figwidth(), place), fontsize=8, va="center",
                                  xycoords=("figure fraction", "data"), annotation_clip=False)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=columns, frameon=False, fontsize=8)
    figure.suptitle("Time over floor: each format's worst mode. The black line is where the work has to be.",
                    fontsize=10, y=1 - 0.1 / height, va="top")
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
