# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the rows share; each is run in a shell of its own.
export LC_ALL=C
build=$PWD/build/bench
record=$build/examples/pdiag-record
report=$build/examples/pdiag-report
used=$build/bench/bench_usage
arm=$build/bench/bench_arm
load=$build/tests/support/workload
work=$build/work
mkdir -p "$work"

# Nothing that a row starts outlives it.
trap 'kill $(jobs -p) 2> /dev/null; wait 2> /dev/null; rm -rf "${work:?}"/*' EXIT

# line ROW WHAT OURS PERF RATIO ASKED
line() { printf '%-4s %-46s %12s %12s %9s  %s\n' "$@"; }

# calc EXPRESSION: by awk, four significant digits.
calc() { awk "BEGIN { printf \"%.4g\", $* }"; }

# field N FILE
field() { awk -v n="$1" '{ print $n }' "$2"; }

# sum_folded FILE [REGEX]: samples of the stacks that match.
sum_folded() { awk -v re="${2:-}" '{ n = $NF; sub(/ [0-9]+$/, "") } $0 ~ re { s += n } END { print s + 0 }' "$1"; }

# perf_samples FILE [REGEX of comm]: samples that perf recorded.
perf_samples() {
	perf script -i "$1" -F comm 2> /dev/null |
		awk -v re="${2:-}" '{ gsub(/^ +| +$/, "") } $0 ~ re { n++ } END { print n + 0 }'
}

# burn SECONDS: keep all CPUs busy in user space with known work.
burn() {
	local i
	for ((i = 0; i < $(nproc); i++)); do
		"$load" --only spin --seconds "$1" > /dev/null &
	done
}

# settle SECONDS: let what was started begin.
settle() { sleep "${1:-1}"; }
