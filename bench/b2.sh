# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Both sample at once, from before to after the load, which keeps all CPUs busy for 14 s; both are
# stopped for 10 s of these. What perf lacks of the load's samples that ours has, it lost.
"$record" -a -F 999 --progress -o "$work/ours.pdiag" -o "$work/ours.folded" 2> "$work/log" &
ours=$!
perf record -q -e cpu-clock -F 999 -a -g -o "$work/perf.data" > /dev/null 2>&1 &
peer=$!
settle 3
burn 14
load_pid=$!
settle 2
kill -STOP $ours $peer
settle 10
kill -CONT $ours $peer
wait "$load_pid"
settle 1
kill -INT $ours $peer
wait $ours $peer
lost=$("$report" "$work/ours.pdiag" | awk '/^loss: none/ { print 0 } /^loss: [0-9]/ { gsub(",", ""); print $2 }')
kept=$(sum_folded "$work/ours.folded" '^(workload|spin);')
theirs=$(perf_samples "$work/perf.data" '^(workload|spin)$')
line B2 "samples lost, reader stopped 10 s, 999 Hz" "$lost" "$((kept - theirs))" "" "0"
line "" "  of so many" "$kept" "$(calc "100 * (1 - $theirs / $kept)") %" "" ""
