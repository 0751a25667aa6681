# SPDX-License-Identifier: Apache-2.0
"""The benchmarks' report judges what it was told to: figures that are made up, verdicts worked out by hand."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import report  # noqa: E402


def run(name, nanoseconds, items=1, pauses=0, iterations=10):
    work, layer = name.split("/")
    return {"name": f"{work}/some/mode/{layer}/real_time", "run_type": "iteration", "iterations": iterations,
            "cpu_time": nanoseconds, "real_time": 2 * nanoseconds, "items": items, "pauses": pauses}


class Report(unittest.TestCase):
    def verdicts(self, *runs):
        """By work and layer: ratio and verdict."""
        with tempfile.TemporaryDirectory() as temporary:
            for i, one in enumerate(runs):  # each in a file of its own
                text = json.dumps({"context": {"date": f"2026-01-{i + 1:02}"}, "benchmarks": [one]})
                (Path(temporary) / f"{9 - i}.json").write_text(text, encoding="utf-8")
            context, times, _ = report.read(temporary)
            self.assertEqual(context["date"], "2026-01-01", "the first")
        rows = report.compare("cc", "some", "mode", times[("some", "mode")], {})
        return {f"{row.work}/{row.layer}": (row.ratio and round(row.ratio, 3), row.verdict) for row in rows}

    def test_a_bound_may_be_reached_and_not_passed(self):
        fill = run("fill/floor", 1000, items=1000)
        self.assertEqual(self.verdicts(fill, run("W1/table", 1500, items=1000)), {"W1/table": (1.5, "met")})
        self.assertEqual(self.verdicts(fill, run("W1/table", 1501, items=1000)), {"W1/table": (1.501, "NOT MET")})

    def test_the_space_is_shown_in_the_work_of_the_table_layer(self):
        runs = [run("walk-1g/floor", 5), run("lock-pair/floor", 3), run("find-10/floor", 2), run("W4-1g/space", 100)]
        self.assertEqual(self.verdicts(*runs), {"W4-1g/space": (10, "shown")})

    def test_a_fault_is_judged_beside_swap_lock_and_lookup(self):
        runs = [run("swap-order/floor", 5), run("lock-pair/floor", 3), run("find-10/floor", 2)]
        self.assertEqual(self.verdicts(*runs, run("W9-order/space", 20)), {"W9-order/space": (2, "met")})
        self.assertEqual(self.verdicts(*runs, run("W9-order/space", 21)), {"W9-order/space": (2.1, "NOT MET")})

    def test_a_gain_has_to_be_large(self):
        for nanoseconds, verdict in ((100 / 0.9, "met"), (112, "NOT MET")):
            got = self.verdicts(run("memcpy-4k/floor", 100), run("W11-4k/space", nanoseconds))
            self.assertEqual(got["W11-4k/space"][1], verdict)

    def test_two_threads_are_measured_by_the_clock(self):
        one, two = run("W9-threads-1/space", 0), run("W9-threads-2/space", 0)
        one["real_time"], two["real_time"] = 17, 10
        self.assertEqual(self.verdicts(one, two)["W9-threads-2/space"], (1.7, "met"))

    def test_a_batch_has_to_be_faster_than_one_by_one(self):
        runs = [run("walk-1g/floor", 10), run("W4-1g/table", 10)]
        self.assertEqual(self.verdicts(*runs, run("W4-1g-batch/table", 10))["W4-1g-batch/table"], (1, "NOT MET"))
        self.assertEqual(self.verdicts(*runs, run("W4-1g-batch/table", 9))["W4-1g-batch/table"], (0.9, "met"))

    def test_only_finding_among_many_areas_is_judged(self):
        runs = [run(f"{work}-{n}/{layer}", ns) for n in (10, 1000, 100000)
                for work, layer, ns in (("find", "floor", 10), ("W10-find", "space", 30), ("W10-map", "space", 300))]
        got = self.verdicts(*runs)
        self.assertEqual([got[f"W10-find-{n}/space"] for n in (10, 1000, 100000)],
                         [(3, "shown"), (3, "shown"), (3, "NOT MET")])
        self.assertEqual([got[f"W10-map-{n}/space"] for n in (10, 1000, 100000)], 3 * [(10, "met")])

    def test_what_stopping_the_clock_takes_is_taken_off(self):
        got = self.verdicts(run("pause/floor", 500, pauses=10), run("fill/floor", 1000, items=1000),
                            run("W1/table", 2000, items=1000, pauses=10))
        self.assertEqual(got, {"W1/table": (1.5, "met")})

    def test_a_mode_is_disturbed_where_what_is_the_same_in_all_is_slower(self):
        times = {("some", "calm"): {"find-1000/floor": [10, 10, 11], "W1/table": [10, 20, 90]},
                 ("some", "busy"): {"find-1000/floor": [16, 17, 18], "W1/table": [1, 1, 1]},
                 ("some", "then busy"): {"find-1000/floor": [10, 10, 10, 17]}}
        other = {("some", "busy"): {"find-1000/floor": [5, 6]}}
        self.assertEqual(report.paces(times)[("some", "then busy", "core")], 1.175)
        self.assertEqual(report.paces(times, other)[("some", "busy", "core")], 3.4)
        self.assertEqual(report.disturbed({"cc": times}), ["- cc, some busy: 70 % slower"])

    def test_two_threads_are_disturbed_where_no_second_core_was(self):
        times = {("some", "there"): {"W9-threads-1/space": [17, 17, 90], "W9-threads-2-apart/space": [6, 12, 12]},
                 ("some", "gone"): {"W9-threads-1/space": [16, 16, 16], "W9-threads-2-apart/space": [9, 9, 12],
                                    "W9-threads-2/space": [1, 1, 1]}}
        self.assertEqual(report.paces(times), {("some", "there", "threads"): 20 / 17, ("some", "gone", "threads"): 1.25})
        self.assertEqual(report.disturbed({"cc": times}), ["- cc, some gone, two threads: 25 % slower"])

    def test_repetitions_may_be_far_apart_where_guests_share(self):
        near, far = [100, 110, 125], [100, 110, 128]
        times = {("some", "near"): {"W4-16g/inline": near, "walk-16g/floor": near, "W4-1g/inline": [1, 9],
                                    "W11-4k/space": [100, 105, 110], "W11-64/space": [1, 9]},
                 ("some", "far"): {"W4-16g/inline": near, "walk-16g/floor": far, "memcpy-1m/floor": near},
                 ("no", "such"): {}}
        self.assertEqual(report.far_apart(times), {("some", "far", "16g"): 28 / 110, ("some", "far", "copies"): 25 / 110})

    def test_instructions_are_those_of_the_row_and_of_each_of_its_floors(self):
        text = "".join(f"desc: Trigger: Client Request: {name} {items}\n\nevents: Ir\nsummary: 0\n0 7\ntotals: {total}\n"
                       for name, items, total in (("swap-order/some/mode/floor", 10, 280), ("W9-order/some/mode/space", 4, 844),
                                                  ("lock-pair/some/mode/floor", 1, 9), ("find-10/some/mode/floor", 1, 50)))
        with tempfile.TemporaryDirectory() as temporary:
            (Path(temporary) / "some.mode.counts").write_text(text + "totals: 1183\n", encoding="utf-8")
            instructions = report.read_counts(temporary)[("some", "mode")]
        times = {name: [1] for name in instructions}
        (row,) = report.compare("cc", "some", "mode", times, instructions)
        self.assertEqual((row.work, row.instructions, row.floor_instructions), ("W9-order", 211, 28 + 9 + 50))
        del instructions["lock-pair/floor"]
        (row,) = report.compare("cc", "some", "mode", times, instructions)
        self.assertEqual((row.instructions, row.floor_instructions), (211, None))

    def reasons(self, paces, times, instructions):
        """By work and layer, of made-up medians and counts."""
        times = {name: [ns] for name, ns in times.items()}
        rows = list(report.compare("cc", "some", "mode", times, instructions))
        report.explain(rows, {("some", "mode", "core"): paces, **report.paces({("some", "mode"): times})})
        return {f"{row.work}/{row.layer}": row.reason for row in rows}

    def test_a_miss_has_a_reason(self):
        times = {"fill/floor": 1, "W1/table": 2}
        allowed, more = {"fill/floor": 2, "W1/table": 3}, {"fill/floor": 2, "W1/table": 3.1}
        self.assertEqual(self.reasons(1, times, more), {"W1/table": "instructions"})
        self.assertEqual(self.reasons(1.3, times, more), {"W1/table": "instructions"})
        self.assertEqual(self.reasons(1.3, times, allowed), {"W1/table": "busy"})
        self.assertEqual(self.reasons(1.2, times, allowed), {"W1/table": "waiting"})
        self.assertEqual(self.reasons(1, times, {"W1/table": 3}), {"W1/table": "uncounted"})
        self.assertEqual(self.reasons(1, {"fill/floor": 1, "W1/table": 1.5}, more), {"W1/table": ""})

    def test_two_threads_that_share_nothing_say_whether_it_was_the_lock(self):
        times = {"W9-threads-1/space": 17, "W9-threads-2/space": 11, "W9-threads-2-apart/space": 10.5}
        self.assertEqual(self.reasons(1, times, {})["W9-threads-2/space"], "two cores")
        times["W9-threads-2-apart/space"] = 10
        self.assertEqual(self.reasons(1, times, {})["W9-threads-2/space"], "waiting")

    def test_walks_in_the_callers_own_code_are_judged_by_the_same_floor(self):
        got = self.verdicts(run("walk-1g/floor", 10), run("W4-1g/table", 19), run("W4-1g/inline", 12))
        self.assertEqual(got, {"W4-1g/table": (1.9, "NOT MET"), "W4-1g/inline": (1.2, "met")})

    def test_a_row_that_no_target_speaks_of_is_shown(self):
        self.assertEqual(self.verdicts(run("W12/table", 1)), {"W12/table": (None, "shown")})


if __name__ == "__main__":
    unittest.main()
