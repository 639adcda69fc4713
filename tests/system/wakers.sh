#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Who ended a wait, as the kernel module sees it: the workload has a thread that wakes another.
. "$(dirname "$0")/../support/system.sh" || exit 1
"$RECORD" --sources | grep -q '^kmod.*: available$' || skip "there is no kernel module"

bounded "$RECORD" --source kmod --budget 50 --off-cpu --wakers -o "$work/waits.folded" \
	-o "$work/waits.pdiag" -- "$WORKLOAD" --seconds 6 --only futex,sleep \
	--truth "$work/truth" 2> "$work/log"
woken=';futex_thread;futex_block;.*\[off-cpu: futex\];--;.*;futex_wake;futex_wake_thread;.*futex-wake'
check "woken by the thread that does it" has "$work/waits.folded" "$woken"
check "nearly all of the time" within "$(weight "$work/waits.folded" "$woken")" \
	"$(truth "$work/truth" futex_block | awk '{ print $1 * 1e6 }')" 10
# In an interrupt: whoever ran then is below it, which may be any thread.
check "a sleeper is woken by a timer" has "$work/waits.folded" \
	';sleep_thread;sleep_nap;.*\[off-cpu: sleep\];--;.*;hrtimer_wakeup;'
"$REPORT" -o "$work/again.folded" "$work/waits.pdiag" > /dev/null
check "the recording has the same" cmp "$work/waits.folded" "$work/again.folded"
finish
