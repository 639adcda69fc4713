#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A flight recorder has the last seconds, and nothing of before, with each source that works here.
. "$(dirname "$0")/../support/system.sh" || exit 1

# The command's end is the end of the window: all of the third phase, some of the second.
at_its_end() {
	bounded "$RECORD" "${how[@]}" --user -F 999 --flight 2 -o "$work/end.folded" \
		-o "$work/end.pdiag" -- "$BIN/phases" 1.5 1.5 1 > "$work/truth" 2> "$work/log"
	check "$1: written" test -s "$work/end.folded"
	check "$1: two seconds were held" grep -q "the last 2.0 s$" "$work/log"
	check "$1: nothing of what is too old" lacks "$work/end.folded" phase_first
	check "$1: some of what is older" has "$work/end.folded" phase_second
	check "$1: all of the last second" within "$(weight "$work/end.folded" phase_third)" \
		"$(truth "$work/truth" phase_third | awk '{ print $1 * 999 }')" "$2"
	"$REPORT" -o "$work/again.folded" "$work/end.pdiag" > /dev/null
	check "$1: the recording has the same" cmp "$work/end.folded" "$work/again.folded"
}

# A signal freezes and ends it; what is sampled goes on.
by_signal() {
	start "$BIN/burn_one" 60
	local target=$!
	recording_begins "$work/log" "${how[@]}" --user --flight 1 -p $target \
		-o "$work/signal.folded"
	sleep 1.5
	kill -USR1 "$recorder"
	check "$1: ended by SIGUSR1" wait "$recorder"
	check "$1: a second was held" grep -q "the last 1.0 s$" "$work/log"
	check "$1: of a process" has "$work/signal.folded" one_hot
	check "$1: it goes on" kill -0 $target
	kill $target
}

for source in perf kmod; do
	"$RECORD" --sources | grep -q "^$source.*: available$" ||
		{ echo "not run with $source: it is not available"; continue; }
	how=(--source $source)
	tolerance=8
	# Emulation is slow, and perf does not make up for a tick that comes late.
	[ "${PDIAG_VM:-}" != 1 ] || tolerance=$([ $source = perf ] && echo 70 || echo 30)
	[ $source = perf ] || how+=(--budget 50)
	at_its_end $source $tolerance
	by_signal $source
done
finish
