# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the system tests share; they include it. From the environment: RECORD, REPORT and WATCH, the
# example programs, WORKLOAD, and BIN, where the other programs to look at are.
set -u
export LC_ALL=C

work=$(mktemp -d "${TMPDIR:-/tmp}/pdiag-test.XXXXXX") || exit 1
started=()
failed=0

# Whatever happens, nothing of the test lives on.
tidy() {
	local pid
	for pid in "${started[@]}"; do
		kill -CONT "$pid" 2> /dev/null
		kill -KILL "$pid" 2> /dev/null
	done
	wait 2> /dev/null
	type tidy_more > /dev/null 2>&1 && tidy_more
	rm -rf "$work"
}
trap tidy EXIT
trap 'exit 1' INT TERM HUP

# What has failed before stays failed.
skip() { [ $failed = 0 ] || exit 1; echo "skipped: $*"; exit 77; }
need_root() { [ "$(id -u)" = 0 ] || skip "$1 needs root"; }
need() { command -v "$1" > /dev/null || skip "$1 is not installed"; }

# Who samples the machine cannot tell one workload from another.
another_workload() { grep -qsx workload /proc/[0-9]*/comm; }
need_alone() { ! another_workload || skip "another workload runs on this machine"; }

# How much slower than others this machine is: what may take time may take so much more.
slow=${PDIAG_SLOW:-1}

# What each of a test's programs is started with: no test may hang.
bounded() { timeout --foreground -k 5 $((120 * slow)) "$@"; }

# start COMMAND...: in the background; its pid is in $!.
start() {
	"$@" < /dev/null &
	started+=($!)
}

# check TEXT COMMAND...: the command must succeed.
check() {
	local text=$1
	shift
	if "$@"; then
		echo "ok: $text"
	else
		echo "FAILED: $text"
		failed=1
	fi
}

finish() { exit $failed; }

# wait_for FILE: until it has something in it, at most 20 s.
wait_for() {
	local i
	for ((i = 0; i < 200 * slow; i++)); do
		[ -s "$1" ] && return 0
		sleep 0.1
	done
	echo "nothing came in $1" >&2
	return 1
}

# recording_begins FILE [OPTION...]: start pdiag-record; back when it samples, its pid in $recorder.
recording_begins() {
	local log=$1
	shift
	start "$RECORD" --progress "$@" 2> "$log"
	recorder=$!
	wait_for "$log"
}

# recording_ends: let pdiag-record write what it has.
recording_ends() {
	kill -INT "$recorder"
	wait "$recorder"
}

# Sum of the counts of all stacks in FILE that match the extended regular expression.
weight() { awk -v re="$2" '{ n = $NF; sub(/ [0-9]+$/, "") } $0 ~ re { sum += n }
	END { printf "%d\n", sum }' "$1"; }

# truth FILE FUNCTION...: seconds, all together.
truth() {
	local file=$1
	shift
	awk -v names=" $* " 'index(names, " " $1 " ") { sum += $2 } END { printf "%.6f\n", sum }' \
		"$file"
}

# On a machine that is that slow what was measured is told, and not judged: it shows other things.
excused() { [ "$slow" != 1 ] && echo "   not judged: this machine is $slow times slower"; }

# within A B PERCENT: A and B differ by no more than PERCENT of B.
within() {
	awk -v a="$1" -v b="$2" -v p="$3" 'BEGIN { d = a > b ? a - b : b - a
		printf "   %g, expected %g within %g %%\n", a, b, p; exit !(b > 0 && d <= b * p / 100) }' || excused
}

# at_least A B
at_least() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "   %g, expected %g or more\n", a, b
		exit !(a >= b) }' || excused
}

# has FILE REGEX: some stack matches. lacks: none does.
has() {
	grep -qE -- "$2" "$1" && return
	echo "   nothing like $2 in it:" >&2
	head -n 10 "$1" | cut -c 1-200 | sed 's/^/   | /' >&2
	return 1
}
lacks() { ! grep -E -m 3 -- "$2" "$1"; }
