#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The scorer and the planner, by made logs whose figures are known."""
import io
import contextlib
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import plan  # noqa: E402
import score  # noqa: E402

S = 10**9


def fault(number, kind, strength, begin, end, **more):
    return dict({"number": number, "kind": kind, "strength": strength, "process": kind,
                 "pid": 100 + number, "functions": ["burn_in_circles"], "skipped": "",
                 "begin_ns": begin * S, "end_ns": end * S}, **more)


def culprit(kind, process, pid=0, frames=()):
    return {"kind": kind, "process": process, "pid": pid, "frames": [""] + list(frames)}


def event(number, phase, told, onset, end=0, culprits=(), before=15, who="libpdiag"):
    return {"who": who, "id": number, "phase": phase, "told_ns": int(told * S),
            "onset_ns": int(onset * S), "end_ns": int(end * S), "sentence": "s%d" % number,
            "culprits": list(culprits), "before_ns": before * S}


GUILTY = [culprit(1, "hog", 100), culprit(3, "hog", 100, ["burn_in_circles", "main"])]
TRUTH = [fault(0, "hog", "full", 100, 110), fault(1, "hog", "1.2", 200, 220),
         fault(2, "loss", "full", 300, 310, process="bg-net"),
         fault(3, "vforker", "full", 400, 410), fault(4, "hog", "2", 0, 0, skipped="no")]
EVENTS = [
    event(1, "begun", 20, 19), event(1, "ended", 30, 19, 28),       # in the warm-up
    event(2, "begun", 102, 100, culprits=[culprit(1, "other", 7)] + GUILTY),
    event(2, "updated", 117, 100, culprits=[culprit(1, "other", 7)]),
    event(2, "ended", 125, 100, 112, culprits=GUILTY),
    event(3, "begun", 118, 117, culprits=[]),                        # again, inside the same
    event(3, "ended", 119, 117, 118),
    event(4, "begun", 150, 149, before=5), event(4, "ended", 170, 149, 160),  # outside
    event(5, "begun", 309.5, 309, culprits=[culprit(1, "a"), culprit(1, "bg-net")], before=5),
    event(5, "ended", 450, 309, 440, culprits=[culprit(1, "a"), culprit(1, "bg-net")],
          before=5),                                                 # covers the next
    event(1, "begun", 235, 235, who="load"),                         # more than 10 s late
]


class Scored(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name, lines in (("truth", TRUTH), ("events", EVENTS)):
            with open(os.path.join(self.folder.name, name + ".json"), "w") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)
                file.write('{"cut of')
        with open(os.path.join(self.folder.name, "info.json"), "w") as file:
            json.dump({"begin_ns": 0, "counts_from_ns": 90 * S, "end_ns": 500 * S,
                       "who": ["psi"]}, file)
        self.run_ = score.Run(self.folder.name)

    def found(self, who="libpdiag"):
        return [score.Found(self.run_, who, f) for f in self.run_.faults]

    def test_who_was_there_is_known_even_if_silent(self):
        self.assertEqual(self.run_.who, ["libpdiag", "load", "psi"])
        self.assertEqual([len(self.run_.alerts[w]) for w in self.run_.who], [4, 1, 0])

    def test_found_from_begin_to_10_s_after_the_end(self):
        self.assertEqual([f.found for f in self.found()], [True, False, True, False])
        self.assertEqual([f.found for f in self.found("load")], [False] * 4)

    def test_delay_is_from_injection_to_the_telling(self):
        self.assertAlmostEqual(self.found()[0].delay, 2.0)

    def test_culprits_are_the_last_ones_and_at_once_the_first(self):
        first = self.found()[0]
        self.assertEqual((first.process, first.stack, first.process_at_once), (1, 1, 2))
        self.assertEqual((self.found()[2].process, self.found()[2].stack), (2, 0))

    def test_a_stack_of_somebody_else_does_not_count(self):
        f = TRUTH[0]
        self.assertFalse(score.is_stack(f, culprit(3, "x", 7, ["burn_in_circles"])))
        self.assertFalse(score.is_stack(f, culprit(3, "hog", 100, ["main"])))

    def test_evidence_of_before(self):
        self.assertEqual([f.before for f in self.found()], [True, False, False, False])

    def test_who_went_on_is_told_of_a_miss(self):
        self.assertEqual(self.found()[3].covering["first"]["id"], 5)
        self.assertIsNone(self.found()[1].covering)

    def test_the_report_has_it_all(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            score.report([self.run_])
        text = out.getvalue()
        for part in ("skipped: hog: no", "libpdiag: 4 faults, 4 alerts",
                     " 67 % (2/3;", " 75 % (3/4;", "1.50", "an event of before went on (s5)",
                     "hog 1.2, 20 s: nothing told", "40 s after a fault"):
            self.assertIn(part, text)


class Arithmetic(unittest.TestCase):
    def test_wilson(self):
        low, high = score.wilson(81, 263)
        self.assertAlmostEqual(low, 0.2553, 4)
        self.assertAlmostEqual(high, 0.3662, 4)
        self.assertEqual(score.wilson(0, 0), (0.0, 1.0))
        self.assertAlmostEqual(score.wilson(10, 10)[1], 1.0)

    def test_percentile(self):
        self.assertEqual(score.percentile([3, 1, 2], 0.95), 3)
        self.assertEqual(score.percentile(range(1, 101), 0.95), 95)


class Planned(unittest.TestCase):
    def options(self, *words):
        return plan.parser().parse_args(list(words))

    def test_a_seed_is_a_plan(self):
        one = plan.plan(self.options("--seed", "5"))
        self.assertEqual(one, plan.plan(self.options("--seed", "5")))
        self.assertNotEqual(one, plan.plan(self.options("--seed", "6")))

    def test_faults_keep_their_distance_and_lengths(self):
        for seed in range(50):
            made = plan.plan(self.options("--seed", str(seed), "--minutes", "20"))
            at = made["warmup"]
            for f in made["faults"]:
                self.assertGreaterEqual(f["start"], at)
                self.assertTrue(5 <= f["length"] <= 60)
                at = f["start"] + f["length"] + 24.9
            self.assertLessEqual(at - 10, made["seconds"])

    def test_every_kind_comes(self):
        made = plan.plan(self.options("--minutes", "60"))
        self.assertEqual({f["kind"] for f in made["faults"]}, set(plan.KINDS))

    def test_unknown_kinds_are_misuse(self):
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit):
            self.options("--kinds", "hog,dragon")

    def test_servers_always_run_but_for_restarts(self):
        made = plan.plan(self.options("--seed", "3"))
        for role in plan.SERVERS:
            ends = 0
            for b in made["background"]:
                if b["role"] == role:
                    self.assertTrue(b["start"] - ends <= 4.1)
                    ends = b["start"] + b["length"]
            self.assertGreaterEqual(ends, made["seconds"] - 4.1)


if __name__ == "__main__":
    unittest.main()
