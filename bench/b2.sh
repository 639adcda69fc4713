# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Both sample a busy machine at once; both are stopped for 10 s and go on. What perf lacks of the
# samples that ours has from the same time and at the same rate, it lost.
burn 16
"$record" -a -F 999 -o "$work/ours.pdiag" -o "$work/ours.folded" &
ours=$!
perf record -q -e cpu-clock -F 999 -a -g -o "$work/perf.data" > /dev/null 2>&1 &
peer=$!
settle 2
kill -STOP $ours $peer
settle 10
kill -CONT $ours $peer
settle 1
kill -INT $ours $peer
wait $ours $peer
lost=$("$report" "$work/ours.pdiag" | awk '/^loss: none/ { print 0 } /^loss: [0-9]/ { gsub(",", ""); print $2 }')
kept=$(sum_folded "$work/ours.folded" '^(workload|spin)')
theirs=$(perf_samples "$work/perf.data" '^(workload|spin)')
line B2 "samples lost, reader stopped 10 s, 999 Hz" "$lost" \
	"$(calc "100 * (1 - $theirs / $kept)") %" "" "0"
