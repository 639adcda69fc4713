# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# One load, sampled by both at once; then each makes folded stacks and a flame graph of its own
# file. Times are of whole processes; the ratio is of the times a sample.
rate=4999 seconds=$((160000 / 4999 / $(nproc)))
timeout $((seconds + 6)) stress-ng --quiet --cpu "$(nproc)" --switch 1 > /dev/null 2>&1 &
settle 1
"$record" -a -F $rate -d $seconds -o "$work/ours.pdiag" &
perf record -q -e cpu-clock -F $rate -a -g -m 4096 -o "$work/perf.data" -- sleep $seconds > /dev/null 2>&1
wait -n $! 2> /dev/null
wait %2 2> /dev/null
kill %1 2> /dev/null
settle 1

perf_fold() { perf script -i "$work/perf.data" 2> /dev/null > "$work/perf.txt" &&
	perl "$FLAMEGRAPH_DIR/stackcollapse-perf.pl" "$work/perf.txt" > "$work/perf.folded" 2> /dev/null; }
what="folded and SVG from %s samples"
flamegraph=${FLAMEGRAPH_DIR:-}/flamegraph.pl
if [ ! -f "${FLAMEGRAPH_DIR:-/nonexistent}/stackcollapse-perf.pl" ]; then
	flamegraph=$(dpkg -L libdevel-nytprof-perl | grep -m 1 '/flamegraph[.pl]*$')
	perf_fold() { perf script -i "$work/perf.data" \
		-s /usr/lib/perf-core/scripts/python/stackcollapse.py > "$work/perf.folded" 2> /dev/null; }
fi
for _ in 1 2 3; do
	"$used" "$work/u" "$report" "$work/ours.pdiag" -o "$work/ours.folded" -o "$work/ours.svg" > /dev/null
	field 1 "$work/u" >> "$work/times"
done
ours=$(sort -n "$work/times" | sed -n 2p)
export -f perf_fold
export work FLAMEGRAPH_DIR
"$used" "$work/u" bash -c perf_fold
fold=$(field 1 "$work/u")
"$used" "$work/u" perl "$flamegraph" "$work/perf.folded" > "$work/perf.svg" 2> /dev/null
draw=$(field 1 "$work/u")
count=$(sum_folded "$work/ours.folded")
theirs=$(perf_samples "$work/perf.data")
# shellcheck disable=SC2059
line B3 "$(printf "$what" "$count")" "$ours s" "$(calc "$fold + $draw") s" \
	"$(calc "(($fold + $draw) / $theirs) / ($ours / $count)") x" "50 x or more"
line "" "  (perf: $theirs samples, fold $fold s, draw $draw s)" "" "" "" \
	"$([ -n "${FLAMEGRAPH_DIR:-}" ] && echo stackcollapse-perf.pl || echo stackcollapse.py of perf)"
