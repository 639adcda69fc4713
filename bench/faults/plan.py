#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What will happen in a run, by a seed: the same seed gives the same plan.

A plan is JSON: its seconds, the faults with start, length, kind and strength, and the background
with start, length, role and levels. Only who plays it and who scores it read it.
"""
import argparse
import json
import random
import sys

KINDS = ["hog", "sysstorm", "convoy", "forkstorm", "vforker", "thrasher", "stuckreader", "loss"]
STRENGTHS = ["full", "3", "2", "1.5", "1.2"]
SERVERS = ["bg-web", "bg-store", "bg-cron", "bg-net"]
LOOK_ALIKES = ["bg-build", "bg-rotate", "bg-flurry"]


def faults(rng, options):
    """Every kind comes before one comes again; two of five are at full strength."""
    found, at, round_ = [], options.warmup + rng.uniform(0, options.gap[1]), []
    weights = [0.4] + [0.6 / (len(options.strengths) - 1)] * (len(options.strengths) - 1) \
        if len(options.strengths) > 1 else [1]
    while True:
        if not round_:
            round_ = rng.sample(options.kinds, len(options.kinds))
        length = rng.uniform(*options.length)
        if at + length + 15 > options.warmup + options.minutes * 60:
            return found
        found.append({"start": round(at, 3), "length": round(length, 3), "kind": round_.pop(),
                      "strength": rng.choices(options.strengths, weights)[0]})
        at += length + rng.uniform(*options.gap)


def levels(rng, seconds):
    """Ramps between levels, now and then a burst."""
    points, at, level = [], 0.0, rng.uniform(0.7, 1.3)
    while at < seconds:
        points.append((at, level))
        at += rng.uniform(20, 180)
        if rng.random() < 0.3:
            high = level * rng.uniform(1.3, 1.8)
            points += [(at, level), (at + 1, high)]
            at += rng.uniform(3, 10)
            points += [(at, high), (at + 1, level)]
            at += 1
        level = rng.uniform(0.6, 1.5)
    points = [p for p in points if p[0] < seconds] + [(seconds, level)]
    return ",".join("%.1f:%.2f" % p for p in points)


def servers(rng, seconds):
    """Each runs all the time, but for short restarts."""
    found = []
    for role in SERVERS:
        at = 0.0
        while at < seconds:
            length = seconds - at
            if role in ("bg-web", "bg-store"):
                length = min(length, rng.uniform(150, 500))
            found.append({"start": round(at, 1), "length": round(length, 1), "role": role,
                          "levels": levels(rng, length)})
            at += length + rng.uniform(1, 4)
    return found


def look_alikes(rng, seconds):
    found, at = [], rng.uniform(5, 40)
    while at < seconds - 5:
        found.append({"start": round(at, 1), "length": 4.0, "role": rng.choice(LOOK_ALIKES),
                      "levels": "0:1,4:1"})
        at += rng.uniform(30, 120)
    return found


def crowd(options, seconds):
    if not options.crowd:
        return []
    return [{"start": 0.0, "length": seconds, "role": "bg-crowd",
             "levels": "0:%d,%.1f:%d" % (options.crowd, seconds, options.crowd)}]


def plan(options):
    rng = random.Random(options.seed)
    seconds = options.warmup + options.minutes * 60
    return {"seed": options.seed, "seconds": seconds, "warmup": options.warmup,
            "faults": faults(rng, options),
            "background": sorted(servers(rng, seconds) + look_alikes(rng, seconds) +
                                 crowd(options, seconds), key=lambda b: b["start"])}


def words(text, known):
    found = text.split(",")
    for word in found:
        if word not in known:
            raise argparse.ArgumentTypeError("%s is none of %s" % (word, " ".join(known)))
    return found


def span(text):
    low, high = (float(part) for part in text.split("-"))
    if not 0 < low <= high:
        raise argparse.ArgumentTypeError("%s is not LOW-HIGH" % text)
    return low, high


def parser():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--minutes", type=float, default=30, help="after the warm-up")
    p.add_argument("--warmup", type=float, default=300, help="s")
    p.add_argument("--kinds", type=lambda t: words(t, KINDS), default=KINDS)
    p.add_argument("--strengths", type=lambda t: words(t, STRENGTHS), default=STRENGTHS)
    p.add_argument("--length", type=span, default=(5, 60), help="s, LOW-HIGH")
    p.add_argument("--crowd", type=int, default=0, help="processes a CPU that never rest")
    p.add_argument("--gap", type=span, default=(25, 60), help="s, LOW-HIGH")
    return p


if __name__ == "__main__":
    json.dump(plan(parser().parse_args()), sys.stdout, indent=1)
    print()
