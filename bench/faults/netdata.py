#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Another rival: netdata.py RUN SECONDS

Runs the netdata of Debian's package with its own alarms, on a port and with folders of this run
only, and writes netdata.json as the watch writes its events: each alarm that is raised, and each
that is cleared. It listens on the loopback, so a network namespace is a good place for it. Metrics
are kept in memory; nobody is notified.
"""
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zlib

STOCK = "/usr/lib/netdata/conf.d"
PORT = 19998
STEP_S = 0.5
START_S = 60

CONFIG = """[global]
	run as user = root
[directories]
	config = {folder}/config
	stock config = {stock}
	stock health config = {stock}/health.d
	health config = {folder}/config/health.d
	cache = {folder}/cache
	lib = {folder}/lib
	log = {folder}/log
[db]
	mode = ram
	retention = 3600
[web]
	bind to = 127.0.0.1
	default port = {port}
[logs]
	access = none
[health]
	script to execute on alarm = /bin/true
"""


def now():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def start(folder):
    for name in ("config/health.d", "cache", "lib", "log"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    path = os.path.join(folder, "netdata.conf")
    with open(path, "w") as file:
        file.write(CONFIG.format(folder=folder, stock=STOCK, port=PORT))
    # A group of its own: it starts helpers, which end with it.
    with open(os.path.join(folder, "out"), "w") as out:
        return subprocess.Popen(["netdata", "-D", "-c", path], stdout=out, stderr=out,
                                env=dict(os.environ, DISABLE_TELEMETRY="1"),
                                start_new_session=True)


def raised():
    """By the chart and name of each alarm that is raised now; None: no answer."""
    try:
        with urllib.request.urlopen("http://127.0.0.1:%d/api/v1/alarms" % PORT, timeout=5) as got:
            alarms = json.load(got)["alarms"]
    except (urllib.error.URLError, OSError, ValueError, KeyError):
        return None
    return {key: a for key, a in alarms.items() if a.get("status") in ("WARNING", "CRITICAL")}


class Log:
    def __init__(self, path):
        self.file, self.open = open(path, "w"), {}

    def tell(self, key, phase, told, sentence):
        line = {"who": "netdata", "id": zlib.crc32(key.encode()), "phase": phase,
                "told_ns": told, "onset_ns": self.open[key], "end_ns": now(), "alarm": key,
                "sentence": sentence}
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()

    def follow(self, alarms):
        at = now()
        for key, alarm in alarms.items():
            if key not in self.open:
                self.open[key] = at
                self.tell(key, "begun", at, "%s: %s, %s" % (
                    key, alarm.get("value_string", ""), alarm["status"].lower()))
        for key in [k for k in self.open if k not in alarms]:
            self.tell(key, "ended", at, key)
            del self.open[key]


def watch(process, log, end):
    answered, give_up = False, time.monotonic() + START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit("netdata.py: netdata ended: %d" % process.returncode)
        alarms = raised()
        if alarms is not None:
            if not answered:
                print("netdata answers")
            answered = True
            log.follow(alarms)
        elif not answered and time.monotonic() > give_up:
            sys.exit("netdata.py: no answer within %d s" % START_S)
        time.sleep(STEP_S)


def stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    end = time.monotonic() + float(sys.argv[2])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    log = Log(os.path.join(sys.argv[1], "netdata.json"))
    try:
        process = start(os.path.join(os.path.abspath(sys.argv[1]), "netdata"))
    except FileNotFoundError as missing:
        sys.exit("netdata.py: %s" % missing)
    try:
        watch(process, log, end)
    finally:
        stop(process)


if __name__ == "__main__":
    main()
