#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# All probes at once, several times each, on a busy machine: started, ended and killed at any
# moment, while a CPU goes off and on. Nothing is left.
# sets: short
# limit: 300
. "$(dirname "$0")/../guest.sh" || exit 1
. "$(dirname "$0")/../probes.sh" || exit 1
need_module
cpu=/sys/devices/system/cpu/cpu1/online
rounds=8
! $short || rounds=3

"$PROBE" > "$work/list" || exit 1
mapfile -t probes < <(awk -F : '/^[a-z]/ { print $1 }' "$work/list")
check "the list has all" at_least ${#probes[@]} 4
check "all work here" lacks "$work/list" 'does not work here'

# With the budget that is the default: eight at once must not take the machine.
unload
insmod "$KO"

storm() {
	local round probe pids
	for ((round = 0; round < rounds; round++)); do
		pids=()
		for probe in "${probes[@]}" "${probes[@]}"; do
			"$PROBE" -q -d 1 "$probe" threshold=1000 > /dev/null 2>&1 < /dev/null &
			pids+=($!)
		done
		sleep "0.$((RANDOM % 9))"
		[ ! -w $cpu ] || echo 0 > $cpu
		kill -KILL "${pids[0]}" "${pids[3]}" "${pids[5]}" 2> /dev/null
		[ ! -w $cpu ] || echo 1 > $cpu
		wait "${pids[@]}" 2> /dev/null
	done
	return 0
}
check "storm" under_stress 250 storm
check "no session is left" [ "$(cat /sys/module/pdiag/refcnt)" = 0 ]
refused() { ! "$PROBE" -d 1 "$@" 2> /dev/null; }
check "refused: no such probe" refused none
check "refused: a parameter out of its range" refused irq-delay period=1
check "refused: no such parameter" refused irq-delay color=1
check "the module goes" unload
finish
