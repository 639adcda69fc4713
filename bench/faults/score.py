#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scores runs: score.py RUN... ; a run is a folder with truth.json, events.json and others.

An alert is inside a fault if it was told between its begin and 10 s after its end. A fault is found
if an alert is inside. Culprits are those of the first event inside, as they were when it had ended;
"at once" are those it began with. Every figure has its Wilson interval of 95 %.
"""
import glob
import json
import math
import os
import statistics
import sys

AFTER_NS = 10 * 10**9
BEFORE_NS = 10 * 10**9
PROCESS, STACK = 1, 3
STRENGTHS = ["full", "3", "2", "1.5", "1.2"]


def wilson(hits, total):
    if not total:
        return 0.0, 1.0
    z, p = 1.959964, hits / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def percentile(values, part):
    """The smallest value that at least that part of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else math.nan


def share(hits, total):
    if not total:
        return "none"
    low, high = wilson(hits, total)
    return "%3.0f %% (%d/%d; %.0f-%.0f)" % (100 * hits / total, hits, total, 100 * low, 100 * high)


def read_lines(path):
    if not os.path.exists(path):
        return []
    with open(path, errors="replace") as file:
        return [json.loads(line) for line in file if line.strip().endswith("}")]


def gather(lines):
    """Of the lines of one kind of detector, alerts: as they began, and as they had ended."""
    alerts, open_ = [], {}
    for line in lines:
        key = line["who"], line.get("id", 0)
        if line["phase"] == "begun":
            open_[key] = {"first": line, "last": line, "told_ns": line["told_ns"]}
            alerts.append(open_[key])
        elif key in open_:
            open_[key]["last"] = line
            if line["phase"] != "updated":
                del open_[key]
        else:
            alerts.append({"first": line, "last": line, "told_ns": line["told_ns"]})
    return alerts


class Run:
    """Truth and alerts of one run; alerts of the warm-up do not count."""

    def __init__(self, folder):
        self.folder = folder
        truth = read_lines(os.path.join(folder, "truth.json"))
        self.skipped = [t for t in truth if t["skipped"]]
        self.faults = [t for t in truth if not t["skipped"]]
        with open(os.path.join(folder, "info.json")) as file:
            self.info = json.load(file)
        self.hours = (self.info["end_ns"] - self.info["counts_from_ns"]) / 3.6e12
        lines = []
        for name in sorted(glob.glob(os.path.join(folder, "*.json"))):
            if os.path.basename(name) not in ("truth.json", "info.json", "plan.json"):
                lines += read_lines(name)
        self.who = sorted({line["who"] for line in lines} | set(self.info.get("who", [])),
                          key=lambda who: (who != "libpdiag", who))
        self.alerts = {who: [a for a in gather([x for x in lines if x["who"] == who])
                             if self.info["counts_from_ns"] <= a["told_ns"] <= self.info["end_ns"]]
                       for who in self.who}

    def inside(self, fault, alert):
        return fault["begin_ns"] <= alert["told_ns"] <= fault["end_ns"] + AFTER_NS


def is_process(fault, culprit):
    return culprit["process"] == fault["process"] or culprit["pid"] == fault["pid"] > 0


def is_stack(fault, culprit):
    return is_process(fault, culprit) and bool(set(culprit["frames"]) & set(fault["functions"]))


def rank(fault, event, kind, fits):
    """From 1; 0: it is not among them."""
    of_kind = [c for c in event.get("culprits", []) if c["kind"] == kind]
    for place, culprit in enumerate(of_kind, 1):
        if fits(fault, culprit):
            return place
    return 0


class Found:
    """What one detector did about one fault."""

    def __init__(self, run, who, fault):
        self.run, self.fault = run, fault
        self.alerts = [a for a in run.alerts[who] if run.inside(fault, a)]
        self.found = bool(self.alerts)
        first = self.alerts[0] if self.alerts else None
        self.delay = (first["told_ns"] - fault["begin_ns"]) / 1e9 if first else math.nan
        self.first, self.last = (first["first"], first["last"]) if first else ({}, {})
        self.has_evidence = "culprits" in self.last
        self.process = rank(fault, self.last, PROCESS, is_process)
        self.stack = rank(fault, self.last, STACK, is_stack)
        self.process_at_once = rank(fault, self.first, PROCESS, is_process)
        self.stack_at_once = rank(fault, self.first, STACK, is_stack)
        self.before = self.last.get("before_ns", 0) >= BEFORE_NS
        self.onset_error = (first["first"]["onset_ns"] - fault["begin_ns"]) / 1e9 if first \
            else math.nan
        self.covering = None if first else next(
            (a for a in reversed(run.alerts[who]) if a["told_ns"] < fault["begin_ns"] and
             (a["last"]["phase"] == "begun" or a["last"]["end_ns"] > fault["begin_ns"])), None)


def row(title, ours, asked=""):
    print("  %-44s %-28s %s" % (title, ours, asked))


def strongest(found):
    return [f for f in found if f.fault["strength"] == "full"]


def table_by_strength(who, found):
    kinds = sorted({f.fault["kind"] for f in found})
    strengths = [s for s in STRENGTHS if any(f.fault["strength"] == s for f in found)]
    print("\n  found by %s, kind by strength" % who)
    print("  %-12s %s" % ("", " ".join("%9s" % s for s in strengths + ["all"])))
    for kind in kinds + ["all"]:
        cells = []
        for strength in strengths + ["all"]:
            of = [f for f in found if kind in (f.fault["kind"], "all") and
                  strength in (f.fault["strength"], "all")]
            cells.append("%d/%d" % (sum(f.found for f in of), len(of)) if of else "-")
        print("  %-12s %s" % (kind, " ".join("%9s" % c for c in cells)))


def delays(what, found):
    of = [f.delay for f in found if f.found]
    row("injection to alert, %s: median" % what,
        "%.1f s" % statistics.median(of) if of else "none", "2 s")
    row("  95th percentile", "%.1f s" % percentile(of, 0.95) if of else "none", "5 s")


def figures(runs, who, found):
    alerts = [(r, a) for r in runs for a in r.alerts.get(who, [])]
    inside = sum(any(r.inside(f, a) for f in r.faults) for r, a in alerts)
    hours = sum(r.hours for r in runs)
    full = strongest(found)
    print("\n== %s: %d faults, %d alerts, %.2f h" % (who, len(found), len(alerts), hours))
    row("faults found, at full strength", share(sum(f.found for f in full), len(full)), "95 %")
    row("faults found, all", share(sum(f.found for f in found), len(found)))
    row("alerts inside a fault", share(inside, len(alerts)), "90 %")
    row("alerts outside, an hour", "%.1f" % ((len(alerts) - inside) / hours if hours else 0))
    hits = [len(f.alerts) for f in found if f.found]
    row("alerts a fault that was found", "%.2f" % (sum(hits) / len(hits)) if hits else "none",
        "1.2 or fewer")
    delays("at full strength", full)
    delays("all", found)


def culprits(found):
    of = [f for f in found if f.has_evidence]
    if not of:
        return
    count = len(of)
    row("the process is first", share(sum(f.process == 1 for f in of), count), "90 %")
    row("the process is among three", share(sum(0 < f.process <= 3 for f in of), count), "98 %")
    row("  at once first", share(sum(f.process_at_once == 1 for f in of), count))
    row("its stack is first", share(sum(f.stack == 1 for f in of), count), "80 %")
    row("its stack is among three", share(sum(0 < f.stack <= 3 for f in of), count), "95 %")
    row("  at once first", share(sum(f.stack_at_once == 1 for f in of), count))
    row("10 s or more of samples from before", share(sum(f.before for f in of), count), "100 %")
    errors = [abs(f.onset_error) for f in of]
    row("onset, off by (median, 95th percentile)", "%.1f s, %.1f s" % (
        statistics.median(errors), percentile(errors, 0.95)))


def name_of(run, ns):
    return "%s at %.0f s" % (os.path.basename(run.folder.rstrip("/")),
                             (ns - run.info["begin_ns"]) / 1e9)


def list_misses(found):
    print("\n  missed")
    for f in found:
        if not f.found:
            why = "an event of before went on (%s)" % f.covering["first"]["sentence"] \
                if f.covering else "nothing told"
            print("    %s: %s %s, %.0f s: %s" % (
                name_of(f.run, f.fault["begin_ns"]), f.fault["kind"], f.fault["strength"],
                (f.fault["end_ns"] - f.fault["begin_ns"]) / 1e9, why))


def told(event, kind):
    of = [c["process"] + (":" + ";".join(c["frames"][1:4]) if kind == STACK else "")
          for c in event.get("culprits", []) if c["kind"] == kind]
    return ", ".join(of[:3]) or "nobody"


def list_wrong(found):
    print("\n  found, and the wrong one named first, or none")
    for f in found:
        if f.has_evidence and f.process != 1:
            print("    %s: %s %s: %s; told: %s" % (
                name_of(f.run, f.fault["begin_ns"]), f.fault["kind"], f.fault["strength"],
                told(f.last, PROCESS), f.last["sentence"]))
        elif f.has_evidence and f.stack != 1:
            print("    %s: %s %s, its stack: %s" % (
                name_of(f.run, f.fault["begin_ns"]), f.fault["kind"], f.fault["strength"],
                told(f.last, STACK)))


def list_outside(runs, who):
    print("\n  alerts outside of faults")
    for r in runs:
        for a in r.alerts.get(who, []):
            if not any(r.inside(f, a) for f in r.faults):
                ago = [(a["told_ns"] - f["end_ns"]) / 1e9 for f in r.faults
                       if f["end_ns"] < a["told_ns"]]
                print("    %s (%s): %s [%s]" % (
                    name_of(r, a["told_ns"]),
                    "%.0f s after a fault" % min(ago) if ago else "before the first",
                    a["first"]["sentence"], told(a["first"], PROCESS)))


def list_skipped(runs):
    skipped = sorted({(t["kind"], t["skipped"]) for r in runs for t in r.skipped})
    for kind, why in skipped:
        print("skipped: %s: %s" % (kind, why))


def report(runs):
    everybody = sorted({who for r in runs for who in r.who}, key=lambda w: (w != "libpdiag", w))
    list_skipped(runs)
    for who in everybody:
        found = [Found(r, who, f) for r in runs if who in r.who for f in r.faults]
        figures([r for r in runs if who in r.who], who, found)
        culprits(found)
        table_by_strength(who, found)
        if who == "libpdiag":
            list_misses(found)
            list_wrong(found)
            list_outside(runs, who)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    report([Run(folder) for folder in sys.argv[1:]])
