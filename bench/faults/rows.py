#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rows for faults_replay, of what runs recorded in metrics.tsv.

As it was: rows.py --as-is RUN. Or hours of a machine that is well and never the same: seconds
between the faults of all runs (truth.json tells which) are drawn in pieces of 20 to 90 s and put one
after the other. The hour, services that wander, restart and have jobs to do each ten minutes, and
a heavy tail now and then make more or less of them.
"""
import argparse
import json
import math
import os
import random
import sys

AFTER_S = 15
BEGIN_S = 10
CPU = "system.cpu.time."
MODES = ["user", "nice", "system", "iowait", "irq", "softirq", "steal"]
# How things grow with what is done: queues and waits faster than work.
POWERS = {"system.cpu.run_delay": 2, "system.pressure.cpu.some": 2, "system.pressure.io.some": 1.5,
          "system.disk.queue_time": 1.5}
# Of the load average, when the kernel mixes it with what it counts each 5 s.
KEPT = 1884 / 2048
AS_THEY_ARE = {"system.cpu.count", "system.memory.utilization", "system.cpu.utilization",
               "system.cpu.utilization.max", CPU + "idle", CPU + "steal"}
# It is not known while samples are taken out.
SAMPLED = "system.cpu.process.max"
TAILS = ["system.disk.io.write", "system.disk.io.read", "system.paging.faults.minor",
         "system.network.packets.receive", "system.threads.created"]


def read(folder):
    """Names, and for each ms a row; only what all metrics that are known at all have."""
    columns = {}
    with open(os.path.join(folder, "metrics.tsv")) as file:
        for line in file:
            name, *points = line.rstrip("\n").split("\t")
            if points and name.startswith("system."):
                columns[name] = dict((int(ms), float(v)) for ms, v in (p.split() for p in points))
    most = max(len(c) for c in columns.values())
    sampled = columns.pop(SAMPLED, None)
    columns = {n: c for n, c in columns.items() if len(c) > most - 5}
    times = sorted(set.intersection(*(set(c) for c in columns.values())))
    if sampled:
        columns[SAMPLED] = {ms: sampled.get(ms, math.nan) for ms in times}
    return columns, times


def faults(folder):
    path = os.path.join(folder, "truth.json")
    if not os.path.exists(path):
        return []
    with open(path) as file:
        truth = [json.loads(line) for line in file]
    return [(t["begin_ns"] / 1e6 - 1000, t["end_ns"] / 1e6 + AFTER_S * 1000) for t in truth
            if "begin_ns" in t and "end_ns" in t]


def quiet(folder):
    """Stretches of rows, each a dict, in which nothing was made to go wrong."""
    columns, times = read(folder)
    bad, stretches = faults(folder), [[]]
    for before, ms in zip([0] + times, times):
        if any(a <= ms <= b for a, b in bad) or ms - times[0] < BEGIN_S * 1000 or \
                ms - before > 1500:
            stretches.append([])
        if not any(a <= ms <= b for a, b in bad) and ms - times[0] >= BEGIN_S * 1000:
            stretches[-1].append({n: c[ms] for n, c in columns.items()})
    return [s for s in stretches if len(s) >= 20]


class Machine:
    def __init__(self, stretches, rng):
        self.rng, self.stretches = rng, stretches
        self.weights = [len(s) for s in stretches]
        self.piece, self.wander, self.restart, self.slow, self.burst = [], 0.0, -1000, 0, 0
        self.high, self.load = 1.0, 1.0

    def recorded(self):
        if not self.piece:
            of = self.rng.choices(self.stretches, self.weights)[0]
            length = min(len(of), int(self.rng.uniform(20, 90)))
            begin = self.rng.randrange(len(of) - length + 1)
            self.piece = list(reversed(of[begin:begin + length]))
        return self.piece.pop()

    def level(self, second):
        rng = self.rng
        self.wander = 0.998 * self.wander + 0.01 * rng.gauss(0, 1)
        level = math.exp(self.wander + 0.2 * math.sin(2 * math.pi * second / 86400))
        if rng.random() < 1 / 7200:
            self.restart = second
        since = second - self.restart
        if since < 15:
            level *= 0.5 if since < 4 else 1.3
        if self.burst <= 0 and rng.random() < 1 / 600:
            self.burst, self.high = rng.randint(2, 8), min(rng.paretovariate(3), 2.0)
        self.burst -= 1
        return level * (self.high if self.burst > 0 else 1)

    def second(self, second):
        row, level = dict(self.recorded()), self.level(second)
        cpus = row["system.cpu.count"]
        for name in row:
            if name not in AS_THEY_ARE and "load_average" not in name:
                row[name] *= level ** POWERS.get(name, 1) * math.exp(self.rng.gauss(0, 0.08))
        for name in TAILS:
            if name in row and self.rng.random() < 0.01:
                row[name] *= min(self.rng.paretovariate(2), 5)
        if second % 600 < 3:
            row["system.threads.created"] += 30
            row[CPU + "user"] += 0.3
        busy = sum(row[CPU + m] for m in MODES if m != "iowait")
        if busy > cpus:
            for mode in MODES:
                row[CPU + mode] *= cpus / busy
            busy = cpus
        row[CPU + "iowait"] = min(row[CPU + "iowait"], cpus - busy)
        row[CPU + "idle"] = cpus - busy - row[CPU + "iowait"]
        most = row["system.cpu.utilization.max"] * level
        row["system.cpu.utilization"] = busy / cpus
        if SAMPLED in row:
            row[SAMPLED] = min(row[SAMPLED], busy)
        row["system.cpu.utilization.max"] = min(max(most, busy / cpus), 1, busy)
        for name in ("system.threads.runnable", "system.threads.blocked"):
            row[name] = int(row[name] + self.rng.random())
        if second % 5 == 0:
            active = row["system.threads.runnable"] + row["system.threads.blocked"]
            self.load = KEPT * self.load + (1 - KEPT) * active
        row["system.cpu.load_average.1m"] = round(self.load, 2)
        for name in row:
            if "pressure" in name:
                row[name] = min(row[name], 0.98)
        return row


def write(rows):
    names = None
    for ms, row in rows:
        if names is None:
            names = sorted(row)
            print("\t".join(["ms"] + names))
        print("\t".join([str(ms)] + ["%.6g" % row[n] for n in names]))


def as_is(folder):
    columns, times = read(folder)
    return ((ms, {n: c[ms] for n, c in columns.items()}) for ms in times)


def hours(folders, seed, seconds):
    stretches = [s for f in folders for s in quiet(f)]
    if not stretches:
        sys.exit("rows.py: no quiet stretch of 20 s or more")
    print("%d quiet seconds recorded" % sum(map(len, stretches)), file=sys.stderr)
    machine = Machine(stretches, random.Random(seed))
    return ((1000000 + 1000 * s, machine.second(s)) for s in range(seconds))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--as-is", action="store_true", help="the one run, from begin to end")
    p.add_argument("--hours", type=float, default=8)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("run", nargs="+")
    o = p.parse_args()
    write(as_is(o.run[0]) if o.as_is else hours(o.run, o.seed, int(o.hours * 3600)))


if __name__ == "__main__":
    main()
