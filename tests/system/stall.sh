#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sets: short
# The reader stands still for ten seconds at 999 Hz while all CPUs are busy: nothing is lost.
. "$(dirname "$0")/../support/system.sh" || exit 1
need_root "sampling the whole machine"
need_alone
hz=999

recording_begins "$work/log" -a -F $hz -o "$work/stall.folded" -o "$work/stall.pdiag"
for ((i = 0; i < $(nproc); i++)); do
	start "$WORKLOAD" --seconds 12 --only recurse,rw --truth "$work/truth$i"
	load=$!
done
sleep 1
kill -STOP "$recorder"
sleep 10
kill -CONT "$recorder"
wait "$load"
sleep 0.5
recording_ends

"$REPORT" "$work/stall.pdiag" > "$work/report" || exit 1
check "nothing lost" grep -q '^loss: none' "$work/report"
# The clock of a thread leaves interrupts out; those of a busy machine take some percent.
check "as many samples as CPU time" within \
	"$(weight "$work/stall.folded" ';(recurse_thread|rw_thread)(;|$)')" \
	"$(awk -v hz=$hz '$3 == "cpu" { sum += $2 } END { print sum * hz }' "$work"/truth*)" 10
finish
