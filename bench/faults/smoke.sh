#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The bench of faults itself: one process uses all CPUs after half a minute of background, and the
# log of what really happened and the watch's own log are both there and can be scored. Whether it
# was found is the bench's business: a machine that is busy already has no such fault.
# From the environment: BUILD, RUN.
set -u
skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "network namespaces and samples of the whole machine need root"
for tool in python3 ip unshare; do
	command -v $tool > /dev/null || skip "$tool is not installed"
done
unshare --net true 2> /dev/null || skip "no network namespace can be made here"
out=$(mktemp -d "${TMPDIR:-/tmp}/pdiag-test.XXXXXX") || exit 1
trap 'kill $(jobs -p) 2> /dev/null; wait; rm -rf "$out"' EXIT
trap 'exit 1' INT TERM HUP

"$RUN" --build "$BUILD" --out "$out" --no-netdata --warmup 30 --minutes 0.6 --kinds hog \
	--strengths full --length 8-9 --gap 10-12 > "$out/log" 2>&1 || { cat "$out/log"; exit 1; }
cat "$out/log"
failed=0
expect() { grep -qE "$2" "$1" || { echo "FAILED: no \"$2\" in ${1##*/}"; failed=1; }; }
expect "$out/seed-1/truth.json" '"kind": "hog".*"pid": [1-9].*"end_ns": [1-9]'
expect "$out/seed-1/watch.log" '^source (perf|kmod|), [1-9][0-9]* metrics'
expect "$out/log" '^== libpdiag: [12] faults'
expect "$out/log" '^== ewma: '
[ "$(wc -l < "$out/seed-1/looks.tsv")" -ge 50 ] || { echo "FAILED: fewer than 50 looks"; failed=1; }
pgrep -f "$out/seed-1/work" && { echo "FAILED: something lives on"; failed=1; }
exit $failed
