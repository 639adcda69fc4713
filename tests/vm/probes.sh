# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the tests of probes share; they include it, after guest.sh.
PROBE=$EXAMPLES/pdiag-probe
FAULT=/pdiag/build/fault/pdiag_fault.ko
fault=/sys/module/pdiag_fault/parameters

tidy_more() { [ ! -d /sys/module/pdiag_fault ] || rmmod pdiag_fault; }
need_fault() { [ -e "$FAULT" ] && insmod "$FAULT" || skip "no module for faults"; }

# probe_begins FILE ARG...: in the background; back when it is on. Its output goes to FILE.
probe_begins() {
	local file=$1
	shift
	: > "$work/err"
	start_to "$file" "$PROBE" "$@"
	prober=$!
	wait_for "$work/err" || return 1
	grep -q 'is on$' "$work/err" || { cat "$work/err"; return 1; }
}
start_to() {
	local file=$1
	shift
	"$@" > "$file" 2> "$work/err" < /dev/null &
	started+=($!)
}
probe_ends() {
	sleep 1
	kill -INT "$prober"
	wait "$prober"
}

# of the histogram's first line: values measured, and those at or above the threshold.
measured() { awk '/ measured, / { print $1 }' "$1"; }
events() { awk '/ measured, / { print $3 }' "$1"; }

# silent PROBE [PARAM...]: for 3 s, no event at all.
silent() {
	bounded "$PROBE" -d 3 "$@" > "$work/silent" || return 1
	[ "$(events "$work/silent")" = 0 ] || { cat "$work/silent"; return 1; }
}

# event FILE REGEX: some event matches; shown otherwise.
event() {
	grep -E -- "$2" "$1" > /dev/null && return 0
	echo "   nothing like $2 in:"
	head -n 60 "$1"
	return 1
}
