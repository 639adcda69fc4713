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

# What has ended or called exec a second before the freeze, in a mount namespace that is gone, too.
of_the_past() {
	[ "$(id -u)" = 0 ] || { echo "not run: sampling the whole machine needs root"; return; }
	recording_begins "$work/log" "${how[@]}" -a --user -F 999 --flight $((8 * slow)) \
		-o "$work/past.folded" -o "$work/past.pdiag"
	cp "$BIN/burn_one" "$work/past_one"
	cp "$BIN/burn_two" "$work/past_two"
	"$work/past_one" 0.5 "$work/past_two" 0.5
	unshare -m bash -c "mount -t tmpfs none /mnt && cp '$work/past_one' /mnt/past_away &&
		/mnt/past_away 0.5"
	sleep 1
	kill -USR1 "$recorder"
	check "$1: ended by SIGUSR1" wait "$recorder"
	check "$1: before its exec" has "$work/past.folded" "^past_one;.*one_hot"
	check "$1: after it" has "$work/past.folded" "^past_two;.*two_hot"
	check "$1: on a file system that is gone" has "$work/past.folded" "^past_away;.*one_hot"
	check "$1: under no other name" lacks "$work/past.folded" "^\\[exited\\];.*(one|two)_hot"
	"$REPORT" -o "$work/again.folded" "$work/past.pdiag" > /dev/null
	check "$1: the recording has the same" cmp "$work/past.folded" "$work/again.folded"
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
	of_the_past $source
done
finish
