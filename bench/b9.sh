# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A machine on its knees: from the call of the tool until its file is written, and what is in it.
storm() {
	timeout 100 stress-ng --quiet --cpu 64 --switch 16 --fork 8 --timeout 90 > /dev/null 2>&1 &
	settle 3
}

# CPU time of the machine up to now, in ticks: all of it, and that in which something ran here.
ticks() { awk '$1 == "cpu" { print $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9, $2 + $3 + $4 + $7 + $8 }' \
	/proc/stat; }

# measure NAME COMMAND...: its usage, and the share of the time in which CPUs were at work.
measure() {
	local name=$1 before
	shift
	before=$(ticks)
	"$used" "$work/$name" "$@" > /dev/null 2>&1
	echo "$before $(ticks)" | awk '{ print ($4 - $2) / ($3 - $1) }' > "$work/$name.busy"
}

# missing SAMPLES SECONDS BUSY: of what CPUs at work for that time give at 999 Hz.
missing() {
	awk -v n="$1" -v s="$2" -v busy="$3" -v cpus="$(nproc)" 'BEGIN {
		m = 100 * (1 - n / (s * cpus * 999 * busy)); printf "%.2f %%", (m > 0 ? m : 0) }'
}

storm
measure ours "$record" -a -F 999 -d 8 -o "$work/ours.pdiag" -o "$work/ours.folded"
measure peer perf record -q -e cpu-clock -F 999 -a -g -o "$work/perf.data" -- sleep 8
kill %1 2> /dev/null
wait 2> /dev/null
ours=$(field 1 "$work/ours") peer=$(field 1 "$work/peer")
line B9 "s for 8 s at a load of 40 a CPU, 999 Hz" "$ours" "$peer" "$(calc "$peer / $ours") x" "8.8 or less"
kept=$(sum_folded "$work/ours.folded") theirs=$(perf_samples "$work/perf.data")
"$report" "$work/ours.pdiag" > "$work/report"
span=$(awk 'NR == 1 { for (i = 1; i < NF; i++) if ($i == "in") print $(i + 1) }' "$work/report")
peer_span=$(perf script -i "$work/perf.data" -F time 2> /dev/null |
	awk '{ t = $1 + 0 } NR == 1 || t < a { a = t } t > b { b = t } END { print b - a }')
line B9 "samples missing, of those of CPUs at work" "$(missing "$kept" "$span" "$(cat "$work/ours.busy")")" \
	"$(missing "$theirs" "$peer_span" "$(cat "$work/peer.busy")")" "" "nothing"
line "" "  samples; CPUs at work $(calc "100 * $(cat "$work/ours.busy")") %" "$kept" "$theirs" "" ""
line "" "  ledger: $(sed -n 's/^loss: //p' "$work/report")" "" "" "" ""
