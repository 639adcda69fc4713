# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Portraits of tens of thousands of tasks every 10 s: 20,000 processes and 400 of 50 threads, of which
# some in a hundred do a little every second, with the library and, beside it, by reading stat, status
# and io of each process with stdio. CPU time of a look, of the ten seconds.
p1() { # WHAT PROCESSES THREADS ACTIVE
	"$build/bench/bench_portrait" "$2" "$3" "$4" 6 > "$work/p1" || return
	local ours peer
	ours=$(field 2 "$work/p1") peer=$(field 5 "$work/p1")
	line P1 "$1 (peer: stdio)" "$(calc "$ours / 100") %" "$(calc "$peer / 100") %" \
		"$(calc "$peer / $ours")" "1 %"
	line P1 "... the dearest look; the first; memory" "$(calc "$(field 4 "$work/p1") / 100") %" \
		"$(calc "$(field 3 "$work/p1")") ms" "$(calc "$(field 6 "$work/p1") / 1e6") MB" ""
}
p1 "20,000 processes, 1 in 100 active" 20000 1 1
p1 "20,000 processes, 10 in 100 active" 20000 1 10
# The peer does not look at threads.
p1 "400 processes of 50 threads, all active" 400 50 100
