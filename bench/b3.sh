# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# One load, sampled by both at once; then each makes folded stacks and a flame graph of its own
# file, names looked up on the way: ours is recorded without them here. Whole processes, the fastest
# of three, in turns; the ratio is of the times a sample.
rate=4999 seconds=$((160000 / 4999 / $(nproc)))
timeout $((seconds + 8)) stress-ng --quiet --cpu "$(nproc)" --switch 1 > /dev/null 2>&1 &
settle 1
"$arm" $rate $seconds "$work/bare.pdiag" > /dev/null &
bare=$!
"$record" -a -F $rate -d $seconds -o "$work/named.pdiag" &
named=$!
perf record -q -e cpu-clock -F $rate -a -g -m 4096 -o "$work/perf.data" -- sleep $seconds > /dev/null 2>&1
wait $bare $named
kill %1 2> /dev/null
settle 2

collapse() { perf script -i "$work/perf.data" > "$work/perf.txt" 2> /dev/null &&
	perl "$FLAMEGRAPH_DIR/stackcollapse-perf.pl" "$work/perf.txt" > "$work/perf.folded" 2> /dev/null; }
flamegraph=${FLAMEGRAPH_DIR:-}/flamegraph.pl
with=stackcollapse-perf.pl
if [ ! -f "${FLAMEGRAPH_DIR:-/nonexistent}/stackcollapse-perf.pl" ]; then
	flamegraph=$(dpkg -L libdevel-nytprof-perl | grep -m 1 '/flamegraph[.pl]*$')
	with="perf's own stackcollapse.py"
	collapse() { perf script -i "$work/perf.data" \
		-s /usr/lib/perf-core/scripts/python/stackcollapse.py > "$work/perf.folded" 2> /dev/null; }
fi
export -f collapse
export work FLAMEGRAPH_DIR

# took NAME COMMAND...: its wall time to the list NAME, its CPU time to NAME.cpu.
took() {
	local name=$1
	shift
	"$used" "$work/u" "$@" > "$work/out" 2> /dev/null || return
	field 1 "$work/u" >> "$work/$name"
	awk '{ print $2 + $3 }' "$work/u" >> "$work/$name.cpu"
}
fastest() { sort -g "$work/$1" | head -n 1; }

for _ in 1 2 3; do
	for kind in bare named; do
		took $kind "$report" "$work/$kind.pdiag" -o "$work/$kind.folded" -o "$work/$kind.svg"
	done
	took collapse bash -c collapse
	took draw perl "$flamegraph" "$work/perf.folded"
done
theirs=$(perf_samples "$work/perf.data")
peer=$(calc "$(fastest collapse) + $(fastest draw)")
for kind in bare named; do
	count=$(sum_folded "$work/$kind.folded")
	what="folded and SVG from $count samples"
	[ $kind = named ] && what="  the same of a recording that has the names"
	peer_cpu=$(calc "$(fastest collapse.cpu) + $(fastest draw.cpu)")
	line "$([ $kind = named ] || echo B3)" "$what" "$(fastest $kind) s" "$peer s" \
		"$(calc "($peer / $theirs) / ($(fastest $kind) / $count)") x" \
		"$([ $kind = named ] || echo '50 x or more')"
	line "" "  in CPU time" "$(fastest $kind.cpu) s" "$peer_cpu s" \
		"$(calc "($peer_cpu / $theirs) / ($(fastest $kind.cpu) / $count)") x" ""
done
line "" "  perf: $theirs samples; $with" "" "$(fastest collapse) s" "" ""
line "" "  flamegraph.pl" "" "$(fastest draw) s" "" ""
