#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# emulated: no, what waits for a child is mostly waiting for a CPU
# Waits: their causes, and their time against what the waiting threads measure themselves.
. "$(dirname "$0")/../support/system.sh" || exit 1
need_root "off-CPU sampling"
seconds=6

# Waits on a futex and asleep, from the first to the last.
bounded "$RECORD" --off-cpu -o "$work/waits.folded" -o "$work/waits.pdiag" \
	-- "$WORKLOAD" --seconds $seconds --only futex,sleep --truth "$work/truth" 2> /dev/null
check "blocked on a futex" within \
	"$(weight "$work/waits.folded" ';futex_thread;futex_block;.*\[off-cpu: futex\]$')" \
	"$(truth "$work/truth" futex_block | awk '{ print $1 * 1e6 }')" 3
check "asleep" within \
	"$(weight "$work/waits.folded" ';sleep_thread;sleep_nap;.*\[off-cpu: sleep\]$')" \
	"$(truth "$work/truth" sleep_nap | awk '{ print $1 * 1e6 }')" 3
check "no other wait in these functions" lacks "$work/waits.folded" \
	';(futex_block|sleep_thread;sleep_nap);.*off-cpu: (sleep.*futex|pipe|i/o|poll|blocked)'
check "no wait on the other's account" lacks "$work/waits.folded" \
	'futex_block.*off-cpu: sleep|sleep_nap.*off-cpu: futex'

# A pipe, an end of a child, and time without a CPU: three burners on one CPU get a third each.
cat > "$work/mix" << 'END'
sleep "$1" | cat > /dev/null &
for i in 1 2 3; do taskset -c 0 "$2" 1 & done
wait
END
begin=$(date +%s.%N)
bounded "$RECORD" --off-cpu -o "$work/mix.folded" -o "$work/mix.pdiag" \
	-- bash "$work/mix" $seconds "$BIN/burn_one" 2> /dev/null
elapsed=$(awk -v a="$(date +%s.%N)" -v b="$begin" 'BEGIN { print a - b }')
check "waiting for a pipe" within \
	"$(weight "$work/mix.folded" '^cat;.*\[off-cpu: pipe\]$')" ${seconds}000000 3
check "waiting for a child" within \
	"$(weight "$work/mix.folded" '^bash;.*\[off-cpu: child\]$')" \
	"$(awk -v s="$elapsed" 'BEGIN { print s * 1e6 }')" 10
check "preempted, two thirds of the time or more" at_least \
	"$(weight "$work/mix.folded" '^burn_one;.*\[off-cpu: preempted\]$')" 3000000

# Both kinds of samples in one capture: CPU time and waits together are the time that passed.
bounded "$RECORD" --off-cpu -F 999 -o "$work/both.folded" -o "$work/both.pdiag" \
	-- "$WORKLOAD" --seconds $seconds --only spin,sleep 2> /dev/null > /dev/null
for thread in spin sleep-0; do
	check "running and waiting of $thread are all its time" within \
		"$(weight "$work/both.folded" "^$thread;")" ${seconds}000000 3
done
for name in waits mix both; do
	check "$name: nothing lost" sh -c '"$0" "$1" | grep -q "^loss: none"' "$REPORT" \
		"$work/$name.pdiag"
done
finish
