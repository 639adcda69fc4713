#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The probe sched-delay: a real-time program takes a CPU from another one.
# sets: short
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
. "$(dirname "$0")/../probes.sh" || exit 1
need_module
cp "$BIN/burn_one" "$work/victim" && cp "$BIN/burn_one" "$work/hog" || exit 1

check "silent on a quiet machine" silent sched-delay threshold=2s
start taskset -c 1 "$work/victim" 1000
victim=$!
check "begin" probe_begins "$work/events" -s 30 -o "$work/by.folded" sched-delay threshold=300ms
taskset -c 1 chrt -f 50 "$work/hog" 2 &
hog=$!
wait $hog
check "end" probe_ends
grep -E '^[0-9]+\.[0-9]+ cpu' "$work/events" | head -n 5
check "who waited, who ran instead" \
	event "$work/events" \
	"cpu 1 victim $victim/$victim [0-9.]+ ms by_pid=$hog by_tid=$hog by_comm=hog "
check "its priority" event "$work/events" 'by_comm=hog .*by_priority=49 priority=120'
# It is put off at the end of an interrupt or of a call to the system, of which it makes many; of the
# vdso, which keeps no frame pointers, nobody may know who called it.
check "where it ran" has "$work/by.folded" '^hog;(.*;main;)?(one_hot|clock_gettime)'
check "each event is in the histogram" \
	[ "$(events "$work/events")" = "$(grep -cE '^[0-9]+\.[0-9]+ cpu' "$work/events")" ]
check "begin, about another process" probe_begins "$work/other" -p $$ sched-delay threshold=300ms
taskset -c 1 chrt -f 50 "$work/hog" 1
check "end" probe_ends
check "nothing of the victim there" lacks "$work/other" ' victim '
finish
