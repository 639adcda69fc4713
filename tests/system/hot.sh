#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The workload, seen by libpdiag and by perf at once: as shares of all samples, the ten functions
# that perf has hottest are within two points of perf's share, and the workload's own account of
# its time is met within two points. With 2 CPUs, 999 Hz and 10 s there are 19,000 samples: for a
# share of 30 % the difference of two such counts has a standard error of 0.5 points at the most.
. "$(dirname "$0")/../support/system.sh" || exit 1
need_root "perf on the whole machine"
need perf
seconds=10
ours='^(workload|spin|recurse|rw|pool.*|children|exec.*|futex.*|sleep.*)$'

# From perf script to "COMM;LEAF COUNT", a line a sample.
perf_leaves() {
	perf script -i "$1" -F comm,ip,sym 2> /dev/null | awk '
		/^[^\t ]/ { comm = $0; sub(/ *$/, "", comm); leaf = 0; next }
		/^[\t ]+[0-9a-f]+ / && !leaf { leaf = 1; sub(/^[\t ]+[0-9a-f]+ /, "")
			print comm ";" $0 " 1" }'
}

# leaves FILE: "LEAF SHARE" of the workload's threads, in percent, hottest first.
leaves() {
	awk -v re="$ours" '{ n = $NF; sub(/ [0-9]+$/, ""); split($0, f, ";")
		if (f[1] !~ re) next
		sub(/.*;/, ""); count[$0] += n; sum += n }
		END { for (leaf in count) printf "%.3f %s\n", 100 * count[leaf] / sum, leaf }' "$1" |
		sort -rn
}

# Ten hottest of perf's against ours.
compare_perf() {
	awk 'NR == FNR { share = $1; $1 = ""; a[$0] = share; next }
		FNR <= 10 { share = $1; $1 = ""; d = a[$0] - share; if (d < 0) d = -d
			printf "   %6.2f %6.2f %s%s\n", a[$0], share, $0, (d > 2 ? "  <-- differs" : "")
			bad += (d > 2); n++ }
		END { exit !(n == 10 && !bad) }' <(leaves "$1") <(leaves "$2")
}

# Shares of the functions of the workload by its own clock, against ours.
compare_truth() {
	local f total seen=0 ok=0
	local functions=(spin_a spin_b spin_c recurse_leaf read_write pool_task child_burn exec_burn)
	total=$(truth "$2" "${functions[@]}")
	for f in "${functions[@]}"; do seen=$((seen + $(weight "$1" ";$f(;|\$)"))); done
	for f in "${functions[@]}"; do
		awk -v f="$f" -v a="$(weight "$1" ";$f(;|\$)")" -v seen="$seen" -v b="$(truth "$2" "$f")" \
			-v total="$total" 'BEGIN { a *= 100 / seen; b *= 100 / total; d = a - b
			bad = d > 2 || d < -2
			printf "   %6.2f %6.2f  %s%s\n", a, b, f, bad ? "  <-- differs" : ""; exit bad }' ||
			ok=1
	done
	# All of it together, a sample being 1/999 s. The clock of a thread leaves interrupts out.
	within "$(awk -v n="$seen" 'BEGIN { print n / 999 }')" "$total" 10 || ok=1
	return $ok
}

# case_of NAME OPTION...: sample with both; the options say what pdiag-record samples.
case_of() {
	local name=$1 out=$work/$1.folded perf=$work/$1.perf
	shift
	start perf record -q -e cpu-clock -F 999 -a -g -m 4096 -o "$perf" -- sleep 1000
	local peer=$!
	until [ -s "$perf" ]; do sleep 0.1; done
	sleep 1 # perf writes its header before it samples
	"${name}_target" || return 1
	kill -INT "$peer"
	wait "$peer"
	perf_leaves "$perf" > "$perf.leaves"
	check "$name: ten hottest functions as perf has them" compare_perf "$out" "$perf.leaves"
	check "$name: the workload's own account" compare_truth "$out" "$work/truth"
	check "$name: nothing lost" nothing_lost "$work/$name.pdiag"
}

nothing_lost() { "$REPORT" "$1" | grep -q '^loss: none'; }

workload=("$WORKLOAD" --seconds $seconds --truth "$work/truth")

command_target() {
	bounded "$RECORD" -F 999 -o "$work/command.folded" -o "$work/command.pdiag" \
		-- "${workload[@]}" 2> /dev/null
}

# The process is sampled before it is the workload, and all threads come later.
process_target() {
	start sh -c 'until [ -e "$0" ]; do sleep 0.1; done; exec "$@"' "$work/go" "${workload[@]}"
	local shell=$!
	recording_begins "$work/log" -p $shell -F 999 -o "$work/process.folded" \
		-o "$work/process.pdiag"
	touch "$work/go"
	wait "$recorder"
}

system_target() {
	need_alone
	recording_begins "$work/log" -a -F 999 -o "$work/system.folded" -o "$work/system.pdiag"
	"${workload[@]}"
	need_alone
	recording_ends
}

for name in command process system; do
	rm -f "$work/log"
	case_of "$name"
done
finish
