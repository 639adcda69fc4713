#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays a plan: play.py PLAN BIN WORK TRUTH

Starts the background and the faults by the clock, and writes to TRUTH, for the scorer alone, what
really happened: a JSON object a line for each fault, with its times on CLOCK_MONOTONIC as the fault
itself has told them. Whatever it started ends with it.
"""
import json
import os
import signal
import subprocess
import sys
import time

GRACE_S = 8


def now():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def link(folder, program, name):
    """Processes are called by the name of the file they were started by."""
    path = os.path.join(folder, name)
    if not os.path.lexists(path):
        os.symlink(program, path)
    return path


class Player:
    def __init__(self, plan, programs, work, truth):
        self.work, self.truth = work, truth
        self.links = os.path.join(work, "bin")
        self.inject = os.path.join(programs, "faults_inject")
        self.background = os.path.join(programs, "faults_background")
        os.makedirs(self.links, exist_ok=True)
        self.left = sorted(
            [(f["start"], 0, n, f) for n, f in enumerate(plan["faults"])] +
            [(b["start"], 1, n, b) for n, b in enumerate(plan["background"])])
        self.running, self.seconds = [], plan["seconds"]

    def start_fault(self, number, fault):
        out = open(os.path.join(self.work, "fault-%d" % number), "w+")
        process = subprocess.Popen(
            [link(self.links, self.inject, fault["kind"]), "--strength", fault["strength"],
             "--seconds", str(fault["length"]), "--work", self.work],
            stdout=out, stderr=subprocess.STDOUT)
        return process, lambda: self.write_truth(number, fault, process, out)

    def start_background(self, role):
        process = subprocess.Popen(
            [link(self.links, self.background, role["role"]), role["role"], self.work,
             role["levels"]], stdout=subprocess.DEVNULL)
        return process, None

    def write_truth(self, number, fault, process, out):
        out.seek(0)
        lines = [line.split() for line in out.read().splitlines()]
        line = {"number": number, "kind": fault["kind"], "strength": fault["strength"],
                "process": "bg-net" if fault["kind"] == "loss" else fault["kind"],
                "realtime_ns": time.time_ns(), "exit": process.returncode, "skipped": ""}
        for words in lines:
            if words[:1] == ["begin"]:
                line.update(begin_ns=int(words[1]), pid=int(words[2]),
                            functions=words[3].split(","))
            elif words[:1] == ["end"]:
                line["end_ns"] = int(words[1])
        if process.returncode or "begin_ns" not in line:
            line["skipped"] = " ".join(sum(lines, []))[:300] or "it ended badly"
        with open(self.truth, "a") as file:
            file.write(json.dumps(line) + "\n")

    def reap(self):
        for entry in list(self.running):
            if entry[0].poll() is not None:
                self.running.remove(entry)
                if entry[1]:
                    entry[1]()

    def play(self):
        begin = now()
        while (now() - begin) / 1e9 < self.seconds:
            while self.left and self.left[0][0] <= (now() - begin) / 1e9:
                _, is_background, number, what = self.left.pop(0)
                self.running.append(self.start_background(what) if is_background else
                                    self.start_fault(number, what))
            self.reap()
            time.sleep(0.05)

    def stop(self):
        end = time.monotonic() + GRACE_S
        for process, _ in self.running:
            process.terminate()
        while self.running and time.monotonic() < end:
            self.reap()
            time.sleep(0.05)
        for process, _ in self.running:
            process.kill()


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        player = Player(json.load(file), *(os.path.abspath(p) for p in sys.argv[2:]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        player.play()
    finally:
        player.stop()


if __name__ == "__main__":
    main()
