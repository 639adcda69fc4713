# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What it costs to be there: 99 Hz for 10 s on all CPUs, busy.
burn 60
settle 1
# At the priority that pdiag-record takes. middle N: of the lines in $work/arm, the median of field N.
middle() { field "$1" "$work/arm" | sort -g | sed -n 4p; }
for hz in 99 999; do
	rm -f "$work/arm"
	for _ in 1 2 3 4 5 6 7; do
		nice -n -20 "$arm" $hz 0.3 "$work/first.pdiag" >> "$work/arm" || exit
	done
	line B8 "ms from nothing to armed, $hz Hz" "$(middle 1)" "" "" "5 or less"
	line "" "  to the first sample, taken a period of $(calc 1000 / $hz) later" "$(middle 6)" "" "" ""
done
# perf from its start to the first sample: by the sample's own time on the monotonic clock.
began=$(awk '{ print $1 }' /proc/uptime)
perf record -q -k CLOCK_MONOTONIC -e cpu-clock -F 99 -a -g -o "$work/perf.data" -- sleep 1 > /dev/null 2>&1
first=$(perf script -i "$work/perf.data" -F time 2> /dev/null | awk 'NR == 1 { print $1 + 0 }')
line "" "  perf, from exec to the first sample, ms" "" "$(calc "1000 * ($first - $began)")" "" ""
"$arm" 99 10 > "$work/arm"
"$used" "$work/ours" "$record" -a -F 99 -d 10 -o "$work/ours.pdiag"
"$used" "$work/peer" perf record -q -e cpu-clock -F 99 -a -g -o "$work/perf.data" -- sleep 10 > /dev/null 2>&1
line B8 "MB of memory, pages of the ring included" "$(calc "$(field 3 "$work/arm") / 1024")" \
	"$(calc "$(field 4 "$work/peer") / 1024")" "" "8 or less"
line "" "  (the ring alone is $(calc "$(field 4 "$work/arm") / 1024") MB; perf: its peak)" "" "" "" ""
cpu() { awk '{ print $2 + $3 }' "$1"; }
line B8 "s of CPU for 10 s, the library's part" "$(field 5 "$work/arm")" "$(cpu "$work/peer")" \
	"$(calc "$(cpu "$work/peer") / $(field 5 "$work/arm")") x" "5 x or more"
line "" "  pdiag-record, whole, with names written" "$(cpu "$work/ours")" "$(cpu "$work/peer")" \
	"$(calc "$(cpu "$work/peer") / $(cpu "$work/ours")") x" ""
