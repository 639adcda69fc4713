# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A machine on its knees: from the call of the tool until its file is written, and what is in it.
storm() {
	timeout 90 stress-ng --quiet --cpu 64 --switch 16 --fork 8 --timeout 80 > /dev/null 2>&1 &
	settle 3
}
want=$((8 * 999 * $(nproc)))
storm
"$used" "$work/ours" "$record" -a -F 999 -d 8 -o "$work/ours.pdiag" -o "$work/ours.folded"
"$used" "$work/peer" perf record -q -e cpu-clock -F 999 -a -g -o "$work/perf.data" -- sleep 8 > /dev/null 2>&1
kill %1 2> /dev/null
wait 2> /dev/null
ours=$(field 1 "$work/ours") peer=$(field 1 "$work/peer")
line B9 "s for 8 s at a load of 40 a CPU, 999 Hz" "$ours" "$peer" "$(calc "$peer / $ours") x" "8.8 or less"
# Both end a little after 8 s, and each CPU is busy all the time.
kept=$(sum_folded "$work/ours.folded") theirs=$(perf_samples "$work/perf.data")
missing() { awk -v n="$1" -v want=$want 'BEGIN { m = 100 * (1 - n / want); printf "%.2f %%", m > 0 ? m : 0 }'; }
line B9 "of $want samples missing" "$(missing "$kept")" "$(missing "$theirs")" "" "nothing"
"$report" "$work/ours.pdiag" | sed -n 's/^loss: /     ledger: /p'
