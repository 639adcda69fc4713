# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The metrics of the machine at 10 Hz, with the library and, at the same time, by programs' usual
# way: each file opened, read by lines and taken apart with sscanf(). CPU time a metric.
"$build/bench/bench_metric" ours 30 > "$work/ours" &
ours=$!
"$build/bench/bench_metric" stdio 30 > "$work/stdio"
wait $ours
metrics=$(field 1 "$work/ours") theirs=$(field 1 "$work/stdio")
share=$(calc "$(field 3 "$work/ours") / $(field 2 "$work/ours") * 10 * 100")
peer=$(calc "$(field 3 "$work/stdio") / $(field 2 "$work/stdio") * 10 * 100")
line M1 "$metrics metrics at 10 Hz: of a CPU (peer: stdio, $theirs)" "$share %" "$peer %" \
	"$(calc "$peer / $theirs / ($share / $metrics)")" "0.2 % for 60"
line M1 "... their memory, with the history" "$(calc "$(field 4 "$work/ours") / 1e6") MB" "" "" \
	"2 MB"
